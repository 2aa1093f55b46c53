//! What is sent, and what Slack says to it.

use crate::text::escaped;
use saker_channel::{
    Result,
    call::Answer,
    fault, json,
    markup::{Marks, STARS, write},
    types::{Attachment, PluginError},
    worded,
};
use serde_json::{Value, json};

/// What Slack recommends for a message's text, in letters (docs.slack.dev/reference/methods/chat.postMessage).
pub const LONGEST: usize = 4_000;
/// The largest file that is handed over, in bytes: the host's limit, not Slack's.
pub const LARGEST_FILE: u32 = 45 << 20;

/// `mrkdwn`.
const MARKS: Marks = Marks {
    block: ("```\n", "\n```"),
    escape: escaped,
    link: |url, words| if words.is_empty() || words == url { format!("<{url}>") } else { format!("<{url}|{words}>") },
    ..STARS
};

/// Where something is said: a channel, and the thread in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    channel: String,
    thread: Option<String>,
}

impl Place {
    /// From the conversation's name, as [`crate::read`] gave it.
    ///
    /// # Errors
    /// For a name that is not of Slack.
    pub fn of(conversation: &str) -> Result<Self> {
        let (channel, thread) = match conversation.split_once(':') {
            Some((channel, thread)) => (channel, Some(thread.to_owned())),
            None => (conversation, None),
        };
        if channel.len() < 2 || !channel.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            return Err(fault::permanent(
                "no-channel",
                &worded!("det er ingen samtale i Slack å svare i", "there is no conversation in Slack to answer in"),
            ));
        }
        Ok(Self { channel: channel.to_owned(), thread })
    }

    /// `chat.postMessage`.
    pub fn text(&self, markdown: &str) -> Value {
        let mut body = json!({ "channel": self.channel, "text": write(markdown, &MARKS), "unfurl_links": false });
        self.in_thread(&mut body);
        body
    }

    /// `files.completeUploadExternal`.
    pub fn file(&self, id: &str, title: &str) -> Value {
        let mut body = json!({ "channel_id": self.channel, "files": [{ "id": id, "title": title }] });
        self.in_thread(&mut body);
        body
    }

    /// The name of a message in this channel, as [`crate::read`] gives it.
    pub fn name(&self, ts: &str) -> String {
        format!("{}:{ts}", self.channel)
    }

    fn in_thread(&self, body: &mut Value) {
        if let Some(thread) = &self.thread {
            body["thread_ts"] = thread.as_str().into();
        }
    }
}

/// Whether a file is one that can be handed over.
///
/// # Errors
/// That it is too large.
pub fn fits(file: &Attachment) -> Result<()> {
    if file.size.unwrap_or_default() <= LARGEST_FILE {
        return Ok(());
    }
    Err(fault::permanent(
        "too-large",
        &worded!("filer til Slack kan være på høyst 45 MB", "files of at most 45 MB go to Slack"),
    ))
}

/// What Slack says: its JSON, or why not. A no comes with status 200, and its word in `error`.
///
/// # Errors
/// By that word.
pub fn result(answer: &Answer) -> Result<Value> {
    let said = answer.json();
    if said.get("ok") == Some(&Value::Bool(true)) {
        return Ok(said);
    }
    match json::text(&said, "error") {
        Some(word) => {
            let why = refusal(&word, json::text(&said, "needed").as_deref(), answer.retry_after_ms());
            Err(answer.judged(why))
        }
        None => Err(answer.fault("Slack", None)),
    }
}

fn refusal(word: &str, needed: Option<&str>, after_ms: Option<u32>) -> PluginError {
    match word {
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => fault::auth(
            word,
            &worded!("Slack godtar ikke botens token ({word})", "Slack refuses the bot token ({word})"),
        ),
        "missing_scope" => {
            let scope = needed.map_or_else(|| worded!("et område (scope)", "a scope"), str::to_owned);
            fault::auth(
                word,
                &worded!(
                    "Appen i Slack mangler {scope}: legg det til, og installer appen på nytt",
                    "The app in Slack lacks {scope}: add it, and install the app again"
                ),
            )
        }
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
            fault::limited(&worded!("Slack vil ha det saktere", "Slack wants it slower"), after_ms)
        }
        // "It's possible some aspect of the operation succeeded before the error was raised."
        "internal_error" | "fatal_error" => fault::unclear(&worded!(
            "Slack feilet underveis: den kan ha kommet fram",
            "Slack failed in the middle: it may have arrived"
        )),
        "service_unavailable" | "request_timeout" | "team_added_to_org" => {
            fault::retryable(word, &worded!("Slack kan ikke nå", "Slack can’t now"))
        }
        "not_in_channel" | "channel_not_found" => fault::permanent(
            word,
            &worded!(
                "Boten er ikke lenger i den kanalen i Slack: inviter den på nytt",
                "The bot is not in that channel in Slack any more: invite it again"
            ),
        ),
        "is_archived" => {
            fault::permanent(word, &worded!("Kanalen i Slack er arkivert", "The channel in Slack is archived"))
        }
        word => fault::permanent(word, &worded!("Slack tar den ikke imot ({word})", "Slack does not take it ({word})")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, refusal, result};
    use saker_channel::{
        call::Answer,
        fault,
        types::{HttpResponse, PluginError},
    };
    use serde_json::json;

    #[test]
    fn an_answer_goes_into_its_thread() {
        let place = Place::of("C024BE91L:1795510800.000016").unwrap();
        assert_eq!(
            place.text("**Hei** <@U1> [side](https://a.example/?a&b)"),
            json!({ "channel": "C024BE91L", "text": "*Hei* &lt;@U1&gt; <https://a.example/?a&amp;b|side>", "unfurl_links": false,
                "thread_ts": "1795510800.000016" })
        );
        assert_eq!(place.file("F1", "a.pdf")["thread_ts"], "1795510800.000016");
        assert!(Place::of("D024BE91L").unwrap().text("x").get("thread_ts").is_none());
        for strange in ["", "c-1", "../x", "C"] {
            assert!(Place::of(strange).is_err(), "{strange}");
        }
    }

    #[test]
    fn slacks_words_say_what_comes_next() {
        assert!(matches!(refusal("invalid_auth", None, None), PluginError::Auth(_)));
        assert!(
            matches!(refusal("missing_scope", Some("files:write"), None), PluginError::Auth(why) if why.message.contains("files:write"))
        );
        assert!(
            matches!(refusal("ratelimited", None, Some(30_000)), PluginError::RateLimited(why) if why.retry_after_ms == Some(30_000))
        );
        assert!(fault::is_unclear(&refusal("fatal_error", None, None)));
        assert!(matches!(refusal("not_in_channel", None, None), PluginError::Permanent(_)));
        assert!(matches!(refusal("something_new", None, None), PluginError::Permanent(_)));
        let unclear = |status, body: &str, once| {
            let said = HttpResponse { status, headers: vec![], body: body.as_bytes().to_vec(), truncated: false };
            fault::is_unclear(&result(&Answer::new(said, once)).unwrap_err())
        };
        assert!(unclear(502, "<html>", true) && !unclear(503, "", true) && !unclear(502, "<html>", false));
        let failed = r#"{"ok":false,"error":"internal_error"}"#;
        assert!(unclear(200, failed, true) && !unclear(200, failed, false), "a place for a file is asked for again");
    }
}
