//! What is sent to a chat, and what Telegram says to it.

use saker_channel::{
    Result,
    call::{Answer, pause},
    fault,
    file::{enclosed, field},
    json,
    markup::{HTML, write},
    types::{Attachment, Part, PluginError},
    worded,
};
use serde_json::{Value, json};

/// The longest text of a message, in letters (core.telegram.org/bots/api#sendmessage).
pub const LONGEST: usize = 4_096;
/// The largest photo and the largest file that a bot may send (…#sending-files), in bytes.
const LARGEST_PHOTO: u32 = 10 << 20;
/// The same for any other file.
pub const LARGEST_FILE: u32 = 50 << 20;

/// Where something is said: a chat, a topic in it, and the message that is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    chat: String,
    topic: Option<String>,
    /// The chat that it is in, and its name there.
    answers: Option<(String, i64)>,
}

impl Place {
    /// From the conversation's name and the name of the message that is answered, as [`crate::read`] gave them.
    ///
    /// # Errors
    /// For names that are not of Telegram.
    pub fn of(conversation: &str, in_reply_to: Option<&str>) -> Result<Self> {
        let (chat, topic) = match conversation.split_once('/') {
            Some((chat, topic)) => (chat, Some(topic.to_owned())),
            None => (conversation, None),
        };
        if chat.parse::<i64>().is_err() {
            return Err(fault::permanent(
                "no-chat",
                &worded!("det er ingen chat å svare i", "there is no chat to answer in"),
            ));
        }
        let named = |name: &str| {
            let mut parts = name.split(':');
            Some((parts.next()?.to_owned(), parts.next()?.parse().ok()?))
        };
        let answers = in_reply_to.and_then(named);
        Ok(Self { chat: chat.to_owned(), topic, answers })
    }

    /// The same, without quoting what is answered: for the pieces after the first.
    pub fn further(&self) -> Self {
        Self { answers: None, ..self.clone() }
    }

    /// The same in the supergroup that the chat became.
    pub fn moved(self, chat: String) -> Self {
        Self { chat, ..self }
    }

    /// The chat.
    pub fn chat(&self) -> &str {
        &self.chat
    }

    /// Whether the chat may have become another one: a group that is none of the large ones, whose numbers begin behind
    /// -1,000,000,000,000 (core.telegram.org/api/bots/ids).
    pub fn may_have_moved(&self) -> bool {
        self.chat.parse().is_ok_and(|chat: i64| (-999_999_999_999..0).contains(&chat))
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = vec![("chat_id", json!(self.chat))];
        fields.extend(self.topic.as_ref().map(|topic| ("message_thread_id", json!(topic))));
        // In a chat that became another one numbers begin anew, and the same one is another message.
        let answers = self.answers.as_ref().filter(|(chat, _)| *chat == self.chat);
        // Gone in the meantime, it is answered all the same.
        fields.extend(
            answers
                .map(|(_, id)| ("reply_parameters", json!({ "message_id": id, "allow_sending_without_reply": true }))),
        );
        fields
    }

    /// `sendMessage`.
    pub fn text(&self, markdown: &str) -> Value {
        let mut body: Value = self.fields().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        body["text"] = write(markdown, &HTML).into();
        // …#html-style
        body["parse_mode"] = "HTML".into();
        body["link_preview_options"] = json!({ "is_disabled": true });
        body
    }

    /// `sendPhoto`, with its parts; none for what is no photo.
    pub fn photo(&self, file: &Attachment) -> Option<(&'static str, Vec<Part>)> {
        let photo = matches!(file.mime.as_str(), "image/jpeg" | "image/png");
        let fits = file.size.unwrap_or_default() <= LARGEST_PHOTO;
        (photo && fits).then(|| ("sendPhoto", self.parts("photo", file)))
    }

    /// `sendDocument`, with its parts.
    pub fn document(&self, file: &Attachment) -> (&'static str, Vec<Part>) {
        ("sendDocument", self.parts("document", file))
    }

    fn parts(&self, name: &str, file: &Attachment) -> Vec<Part> {
        let fields = self.fields().into_iter().map(|(name, value)| match value {
            Value::String(text) => field(name, &text),
            other => field(name, &other.to_string()),
        });
        fields.chain([enclosed(name, file)]).collect()
    }
}

/// Whether a file is one that a bot may send.
///
/// # Errors
/// That it is too large.
pub fn fits(file: &Attachment) -> Result<()> {
    if file.size.unwrap_or_default() <= LARGEST_FILE {
        return Ok(());
    }
    Err(fault::permanent(
        "too-large",
        &worded!("Telegram tar filer på høyst 50 MB", "Telegram takes files of at most 50 MB"),
    ))
}

/// What Telegram says: its result, or why there is none. Telegram writes why into the body, whatever the status.
///
/// # Errors
/// By the code that Telegram gives.
pub fn result(answer: &Answer) -> Result<Value> {
    let said = answer.json();
    if said.get("ok") == Some(&Value::Bool(true)) {
        return Ok(said.get("result").cloned().unwrap_or_default());
    }
    let code = json::whole(&said, "error_code").unwrap_or_else(|| i64::from(answer.status()));
    let words = json::text(&said, "description").unwrap_or_default();
    if answer.is_unclear() {
        return Err(answer.fault("Telegram", Some(words).filter(|words| !words.is_empty())));
    }
    Err(refusal(code, &words, json::whole(&said, "parameters.retry_after")))
}

/// The supergroup that a group became, where that is why Telegram takes nothing for it (…#responseparameters).
pub fn moved(answer: &Answer) -> Option<String> {
    let said = answer.json();
    let refused = said.get("ok") == Some(&Value::Bool(false));
    json::text(&said, "parameters.migrate_to_chat_id").filter(|_| refused)
}

fn refusal(code: i64, words: &str, retry_after: Option<i64>) -> PluginError {
    match code {
        // A wrong token is "Unauthorized", one that is no token "Not Found".
        401 | 404 => fault::auth(
            "bad-token",
            &worded!("Telegram kjenner ikke botens token", "Telegram does not know the bot’s token"),
        ),
        403 => fault::permanent(
            "blocked",
            &worded!("Telegram leverer den ikke: {words}", "Telegram does not deliver it: {words}"),
        ),
        409 => fault::config(
            "two-ways",
            &worded!("Koble til kontoen på nytt: {words}", "Connect the account again: {words}"),
        ),
        429 => fault::limited(
            &worded!("Telegram vil ha det saktere", "Telegram wants it slower"),
            retry_after.and_then(pause),
        ),
        500.. => fault::retryable("busy", &worded!("Telegram kan ikke nå", "Telegram can’t now")),
        _ => fault::permanent(
            "refused",
            &worded!("Telegram tar den ikke imot: {words}", "Telegram does not take it: {words}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, fits, moved, refusal, result};
    use saker_channel::{
        call::Answer,
        fault,
        types::{Attachment, AttachmentBody, HttpResponse, PartContent, PluginError},
    };
    use serde_json::json;

    #[test]
    fn a_text_goes_into_its_chat_and_answers_its_message() {
        let place = Place::of("1111", Some("1111:1365:1795510860")).unwrap();
        assert_eq!(
            place.text("**Hei** <du>"),
            json!({ "chat_id": "1111", "text": "<b>Hei</b> &lt;du&gt;", "parse_mode": "HTML",
                "link_preview_options": { "is_disabled": true },
                "reply_parameters": { "message_id": 1365, "allow_sending_without_reply": true } })
        );
        let topic = Place::of("-100200/7", None).unwrap().further();
        assert_eq!(topic.text("x")["message_thread_id"], "7");
        assert!(topic.text("x").get("reply_parameters").is_none());
        for strange in ["", "x", "c-1", "/7"] {
            assert!(matches!(Place::of(strange, None), Err(PluginError::Permanent(_))), "{strange}");
        }
    }

    #[test]
    fn a_group_that_became_a_supergroup_is_followed_there() {
        let said = |body: &str| {
            let said = HttpResponse { status: 400, headers: vec![], body: body.as_bytes().to_vec(), truncated: false };
            moved(&Answer::new(said, true))
        };
        let upgraded = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat",
            "parameters":{"migrate_to_chat_id":-1002233445566}}"#;
        assert_eq!(said(upgraded).as_deref(), Some("-1002233445566"));
        assert_eq!(said(r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#), None);
        let place = Place::of("-4001", Some("-4001:7")).unwrap();
        assert!(place.may_have_moved() && place.text("x")["reply_parameters"]["message_id"] == 7);
        let place = place.moved("-1002233445566".to_owned());
        assert!(!place.may_have_moved() && place.text("x")["chat_id"] == "-1002233445566");
        assert!(place.text("x").get("reply_parameters").is_none());
        // What was said there is answered there.
        let there = Place::of("-4001", Some("-1002233445566:7")).unwrap().moved("-1002233445566".to_owned());
        assert_eq!(there.text("x")["reply_parameters"]["message_id"], 7);
        assert!(!Place::of("1111", None).unwrap().may_have_moved());
    }

    #[test]
    fn a_picture_is_a_photo_and_anything_else_a_document() {
        let file = |mime: &str, size: u32| Attachment {
            filename: Some("a.bin".to_owned()),
            mime: mime.to_owned(),
            size: Some(size),
            content_id: None,
            body: AttachmentBody::Stored("blob-0".to_owned()),
        };
        let place = Place::of("1", Some("1:2")).unwrap();
        let (method, parts) = place.photo(&file("image/png", 9)).unwrap();
        assert_eq!(method, "sendPhoto");
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["chat_id", "reply_parameters", "photo"]);
        assert!(matches!(&parts[2].content, PartContent::Blob(id) if id == "blob-0"));
        assert!(place.photo(&file("image/png", 11 << 20)).is_none());
        assert!(place.photo(&file("application/pdf", 9)).is_none());
        // The same picture, where Telegram does not take it as a photo.
        let (method, parts) = place.document(&file("image/png", 9));
        assert_eq!((method, parts[2].name.as_str()), ("sendDocument", "document"));
        assert!(fits(&file("application/pdf", 9)).is_ok() && fits(&file("application/pdf", 51 << 20)).is_err());
    }

    #[test]
    fn what_telegram_says_no_with_is_understood() {
        assert!(matches!(refusal(401, "Unauthorized", None), PluginError::Auth(_)));
        assert!(
            matches!(refusal(403, "Forbidden: bot was blocked by the user", None), PluginError::Permanent(why) if why.message.contains("blocked"))
        );
        assert!(
            matches!(refusal(429, "Too Many Requests: retry after 5", Some(5)), PluginError::RateLimited(why) if why.retry_after_ms == Some(5_000))
        );
        assert!(matches!(refusal(502, "Bad Gateway", None), PluginError::Retryable(_)));
        assert!(matches!(refusal(400, "Bad Request: chat not found", None), PluginError::Permanent(_)));
        // Who knows whether it was sent before that.
        let unclear = |status, once| {
            let body = format!(r#"{{"ok":false,"error_code":{status},"description":"Bad Gateway"}}"#).into_bytes();
            let said = HttpResponse { status, headers: vec![], body, truncated: false };
            fault::is_unclear(&result(&Answer::new(said, once)).unwrap_err())
        };
        assert!(unclear(502, true) && unclear(500, true) && !unclear(502, false) && !unclear(429, true));
    }
}
