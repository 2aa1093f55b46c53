//! What is sent, and what Teams says to it.

use saker_channel::{
    Result,
    call::Answer,
    fault, json,
    markup::{HTML, Marks, write},
    types::PluginError,
    worded,
};
use serde_json::{Value, json};

/// The longest text, in letters: Teams takes about 28 kB of UTF-16 with everything around it.
pub const LONGEST: usize = 9_000;
/// The largest picture that can stand in a message, in bytes
/// (learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages#picture-messages).
pub const LARGEST_PICTURE: u32 = 1 << 20;

/// The HTML that Teams shows in a bot's text.
const MARKS: Marks = Marks { newline: "<br>", ..HTML };

/// An activity with a text.
pub fn text(markdown: &str) -> Value {
    json!({ "type": "message", "textFormat": "xml", "text": write(markdown, &MARKS) })
}

/// An activity with a picture, its bytes in Base64.
pub fn picture(mime: &str, name: &str, base64: &str) -> Value {
    let content = format!("data:{mime};base64,{base64}");
    json!({ "type": "message", "attachments": [{ "contentType": mime, "contentUrl": content, "name": name }] })
}

/// Whether a file can stand in a message.
pub fn is_picture(mime: &str, size: u32) -> bool {
    matches!(mime, "image/png" | "image/jpeg" | "image/gif") && size <= LARGEST_PICTURE
}

/// What Teams says: its name for what was sent, or why not.
///
/// # Errors
/// By the status, and the word in `error.code`.
pub fn sent(answer: &Answer) -> Result<String> {
    let said = answer.json();
    match answer.status() {
        200..=299 => Ok(json::text(&said, "id").unwrap_or_default()),
        401 => Err(fault::auth("refused", &worded!("Teams godtar ikke boten", "Teams refuses the bot"))),
        429 => Err(answer.fault("Teams", None)),
        // "412 Precondition Failed" and "502", "504" are said to be tried again, like 500 and 503.
        408 | 412 | 500 | 502 | 504 => Err(fault::retryable("busy", &worded!("Teams kan ikke nå", "Teams can’t now"))),
        400..=499 => {
            let word = json::text(&said, "error.code").unwrap_or_default();
            Err(refusal(&word, &json::text(&said, "error.message").unwrap_or_default()))
        }
        _ => Err(answer.fault("Teams", json::text(&said, "error.message"))),
    }
}

fn refusal(word: &str, words: &str) -> PluginError {
    match word {
        "ConversationBlockedByUser" => fault::permanent(
            word,
            &worded!("Mottakeren har blokkert boten i Teams", "They have blocked the bot in Teams"),
        ),
        "BotNotInConversationRoster" | "ConversationNotFound" => fault::permanent(
            word,
            &worded!(
                "Boten er ikke lenger i den samtalen i Teams",
                "The bot is not in that conversation in Teams any more"
            ),
        ),
        "BotDisabledByAdmin" => fault::config(
            word,
            &worded!(
                "Boten er slått av i administrasjonssenteret for Teams",
                "The bot is switched off in Teams’ admin centre"
            ),
        ),
        "MessageSizeTooBig" => {
            fault::permanent(word, &worded!("Den er for stor for Teams", "It is too large for Teams"))
        }
        word => fault::permanent(
            word,
            &worded!("Teams tar den ikke imot ({word}): {words}", "Teams does not take it ({word}): {words}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_picture, refusal, text};
    use saker_channel::types::PluginError;
    use serde_json::json;

    #[test]
    fn a_text_is_in_the_letters_of_teams() {
        assert_eq!(
            text("**Hei** <du>\nder [side](https://a.example/?a&b)"),
            json!({ "type": "message", "textFormat": "xml",
                "text": "<b>Hei</b> &lt;du&gt;<br>der <a href=\"https://a.example/?a&amp;b\">side</a>" })
        );
        assert!(is_picture("image/png", 9) && !is_picture("image/png", 2 << 20) && !is_picture("application/pdf", 9));
    }

    #[test]
    fn teams_words_say_what_comes_next() {
        assert!(matches!(refusal("ConversationBlockedByUser", ""), PluginError::Permanent(_)));
        assert!(matches!(refusal("BotDisabledByAdmin", ""), PluginError::Config(_)));
        assert!(matches!(refusal("Other", "why"), PluginError::Permanent(failure) if failure.message.contains("why")));
    }
}
