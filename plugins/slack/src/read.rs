//! What Slack brings: the Events API (docs.slack.dev/apis/events-api), `message` and `app_mention`.

use saker_channel::{
    Tongue,
    file::{Taken, Wanted},
    json,
    message::{add_line, customer, moment, said},
    types::InboundMessage,
};
use serde_json::Value;

/// What a call is.
#[derive(Debug)]
pub enum Event {
    /// Slack asks whether this address is ours; it wants the word back.
    Challenge(String),
    /// Somebody wrote something.
    Said {
        /// Its text is still as Slack writes it, and its sender an id.
        taken: Box<Taken>,
        /// Who wrote it.
        user: String,
    },
    /// Nobody said anything that is for us.
    Nothing,
}

/// Messages with a subtype that people write all the same.
const WRITTEN: [&str; 4] = ["file_share", "thread_broadcast", "me_message", "message_replied"];
/// Slack's own voice, which says what nobody asks.
const SLACKBOT: &str = "USLACKBOT";

/// Reads the JSON of a call.
pub fn event(call: &Value, tongue: Tongue) -> Event {
    match json::text(call, "type").as_deref() {
        Some("url_verification") => json::text(call, "challenge").map_or(Event::Nothing, Event::Challenge),
        Some("event_callback") => call.get("event").and_then(|event| message(event, tongue)).unwrap_or(Event::Nothing),
        _ => Event::Nothing,
    }
}

fn message(event: &Value, tongue: Tongue) -> Option<Event> {
    if !matches!(json::text(event, "type").as_deref(), Some("message" | "app_mention")) {
        return None;
    }
    let (message, edited) = match json::text(event, "subtype").as_deref() {
        None => (event, None),
        Some(subtype) if WRITTEN.contains(&subtype) => (event, None),
        Some("message_changed") => {
            let message = event.get("message")?;
            // A link that got its preview is a change too, and nobody's.
            let edited = json::text(message, "edited.ts")?;
            if message.get("text") == json::at(event, "previous_message.text") {
                return None;
            }
            (message, Some(edited))
        }
        Some(_) => return None,
    };
    // What bots write is either ours, or no request.
    if message.get("bot_id").is_some_and(|bot| !bot.is_null()) {
        return None;
    }
    let (channel, ts, user) = (json::text(event, "channel")?, json::text(message, "ts")?, json::text(message, "user")?);
    let text = json::text(message, "text").unwrap_or_default();
    let text = match &edited {
        Some(_) => format!("{}: {text}", tongue.pick("Rettet", "Corrected")),
        None => text,
    };
    let name = match &edited {
        Some(edited) => format!("{channel}:{ts}:{edited}"),
        None => format!("{channel}:{ts}"),
    };
    let thread = json::text(message, "thread_ts");
    let mut read = InboundMessage {
        sent_at: edited.as_ref().unwrap_or(&ts).split('.').next().and_then(|s| s.parse().ok()).and_then(moment),
        ..said(name, conversation(event, &channel, thread.as_deref(), &ts), customer(user.clone(), None), text)
    };
    let mut files = vec![];
    if edited.is_none() {
        files.extend(json::items(message, "files").iter().map(|one| file(one, tongue)));
        for share in json::items(message, "attachments").iter().filter(|one| is_share(one)) {
            let theirs = json::items(share, "files");
            add_line(&mut read, &forwarded(share, theirs.is_empty(), tongue));
            files.extend(theirs.iter().map(|one| file(one, tongue)));
        }
    }
    let taken = Taken { message: read, files };
    if taken.is_empty() && user == SLACKBOT {
        return None;
    }
    Some(Event::Said { taken: Box::new(taken.never_empty(tongue)), user })
}

/// Whether somebody forwards a message with theirs; what else hangs on one is the preview of an address in it.
fn is_share(attachment: &Value) -> bool {
    attachment.get("is_share") == Some(&Value::Bool(true))
}

/// Who wrote what is forwarded, and what; Slack's own line about it where there is nothing else.
fn forwarded(share: &Value, alone: bool, tongue: Tongue) -> String {
    let author = ["author_name", "author_subname"].iter().find_map(|name| json::text(share, name));
    let who = author.map(|author| format!(" {} {author}", tongue.pick("fra", "from"))).unwrap_or_default();
    let text = json::text(share, "text").or_else(|| json::text(share, "fallback").filter(|_| alone));
    let what = text.map(|text| format!(": {text}")).unwrap_or_default();
    format!("{}{who}{what}", tongue.pick("Videresendt", "Forwarded"))
}

/// A thread; in a direct conversation, where people write one line after the other, all that stands outside of threads.
fn conversation(event: &Value, channel: &str, thread: Option<&str>, ts: &str) -> String {
    let direct = json::text(event, "channel_type").as_deref() == Some("im") || channel.starts_with('D');
    match thread {
        None if direct => channel.to_owned(),
        thread => format!("{channel}:{}", thread.unwrap_or(ts)),
    }
}

/// A file of a message. One of another organisation (Slack Connect) is a name that Slack has to be asked about
/// ([`asked_for`]), and until then nothing is known of it.
pub fn file(file: &Value, tongue: Tongue) -> Wanted {
    if json::text(file, "file_access").as_deref() == Some("check_file_info") {
        let name = tongue.pick("en fil fra en annen organisasjon", "a file of another organisation");
        let at = json::text(file, "id").unwrap_or_default();
        return Wanted { at, name: Some(name.to_owned()), ..Wanted::default() };
    }
    let there = matches!(json::text(file, "mode").as_deref(), None | Some("hosted" | "snippet" | "space"));
    let at = json::text(file, "url_private_download").or_else(|| json::text(file, "url_private"));
    Wanted {
        at: at.filter(|_| there).unwrap_or_default(),
        name: json::text(file, "name").or_else(|| json::text(file, "title")),
        mime: json::text(file, "mimetype").unwrap_or_default(),
        size: json::whole(file, "size"),
        page: json::text(file, "permalink"),
    }
}

/// The name of a file that has to be asked about before it can be fetched; none for one that says where it lies.
pub fn asked_for(file: &Wanted) -> Option<&str> {
    Some(file.at.as_str()).filter(|at| !at.is_empty() && at.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::{Event, asked_for, event, file};
    use saker_channel::{Tongue, file::Taken};
    use serde_json::{Value, json};

    // Forms as documented at docs.slack.dev/apis/events-api and …/reference/events/message, and as recorded in the tests of
    // slackapi/bolt-python (tests/scenario_tests); ids are Slack's own examples.
    fn callback(event: Value) -> Value {
        json!({ "token": "verification-token", "team_id": "T061EG9R6", "api_app_id": "A0PNCHHK2", "type": "event_callback",
            "event_id": "Ev0PV52K21", "event_time": 1795510800, "event": event })
    }

    fn written(more: Value) -> Value {
        let mut event = json!({ "type": "message", "channel": "C024BE91L", "user": "U061F7AUR", "text": "Skriveren virker ikke",
            "ts": "1795510800.000016", "event_ts": "1795510800.000016", "channel_type": "channel" });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        callback(event)
    }

    fn read(call: &Value) -> Option<Taken> {
        match event(call, Tongue::En) {
            Event::Said { taken, .. } => Some(*taken),
            _ => None,
        }
    }

    #[test]
    fn the_challenge_is_given_back() {
        let call = json!({ "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", "type": "url_verification" });
        assert!(matches!(event(&call, Tongue::En), Event::Challenge(word) if word.starts_with("3eZ")));
    }

    #[test]
    fn a_thread_is_a_conversation_and_so_is_what_begins_one() {
        let first = read(&written(json!({}))).unwrap().message;
        assert_eq!(first.external_id, "C024BE91L:1795510800.000016");
        assert_eq!(first.thread.conversation, "C024BE91L:1795510800.000016");
        assert_eq!(first.sender.address, "U061F7AUR");
        assert_eq!(first.sent_at, Some(1_795_510_800_000.0));
        let answer = json!({ "ts": "1795510900.000100", "thread_ts": "1795510800.000016" });
        assert_eq!(read(&written(answer)).unwrap().message.thread.conversation, first.thread.conversation);
    }

    #[test]
    fn a_direct_conversation_is_one() {
        let direct = json!({ "channel": "D024BE91L", "channel_type": "im" });
        assert_eq!(read(&written(direct.clone())).unwrap().message.thread.conversation, "D024BE91L");
        let mut thread = direct;
        thread["thread_ts"] = "1.2".into();
        assert_eq!(read(&written(thread)).unwrap().message.thread.conversation, "D024BE91L:1.2");
    }

    #[test]
    fn a_mention_is_the_message_that_it_stands_in() {
        let mention = read(&written(json!({ "type": "app_mention" }))).unwrap();
        assert_eq!(mention.message.external_id, read(&written(json!({}))).unwrap().message.external_id);
    }

    #[test]
    fn files_come_with_their_message() {
        let shared = json!({ "subtype": "file_share", "text": "", "files": [
            { "id": "F1", "name": "skjerm.png", "mimetype": "image/png", "mode": "hosted", "size": 12,
                "url_private": "https://files.slack.com/files-pri/T1-F1/skjerm.png",
                "url_private_download": "https://files.slack.com/files-pri/T1-F1/download/skjerm.png",
                "permalink": "https://example.slack.com/files/U1/F1/skjerm.png" },
            { "id": "F2", "name": "Ark", "mode": "external", "url_private": "https://docs.example.com/1", "permalink": "p" },
        ] });
        let taken = read(&written(shared)).unwrap();
        assert_eq!(taken.files[0].at, "https://files.slack.com/files-pri/T1-F1/download/skjerm.png");
        assert_eq!((taken.files[1].at.as_str(), taken.files[1].page.as_deref()), ("", Some("p")));
    }

    #[test]
    fn what_is_forwarded_comes_with_who_wrote_it_and_its_files() {
        let shared = json!({ "text": "", "attachments": [
            { "is_share": true, "is_msg_unfurl": true, "author_name": "Per", "text": "Den piper <https://a.example>", "ts": "1.2",
                "fallback": "[November 24th] Per: Den piper", "files": [
                { "id": "F1", "name": "lyd.mp3", "mode": "hosted", "url_private": "https://files.slack.com/lyd.mp3" }] },
            { "title": "A preview", "text": "of a page", "from_url": "https://a.example" },
        ] });
        let taken = read(&written(shared)).unwrap();
        assert_eq!(taken.message.bodies[0].text, "Forwarded from Per: Den piper <https://a.example>");
        assert_eq!(taken.files[0].name.as_deref(), Some("lyd.mp3"));
        let with_words = json!({ "text": "Se her", "attachments": [{ "is_share": true, "fallback": "[No preview]" }] });
        assert_eq!(read(&written(with_words)).unwrap().message.bodies[0].text, "Se her\nForwarded: [No preview]");
    }

    #[test]
    fn a_file_of_another_organisation_is_asked_about() {
        let shared = json!({ "subtype": "file_share", "text": "", "files": [
            { "id": "F123ABC456", "mode": "file_access", "file_access": "check_file_info", "created": 0, "user": "" }] });
        let taken = read(&written(shared)).unwrap();
        assert_eq!(asked_for(&taken.files[0]), Some("F123ABC456"));
        assert_eq!(taken.files[0].name.as_deref(), Some("a file of another organisation"));
        let told = json!({ "id": "F123ABC456", "name": "a.pdf", "mode": "hosted", "file_access": "visible",
            "url_private": "https://files.slack.com/files-pri/T1-F1/a.pdf" });
        let known = file(&told, Tongue::En);
        assert_eq!((asked_for(&known), known.name.as_deref()), (None, Some("a.pdf")));
        assert_eq!(asked_for(&file(&json!({ "mode": "external" }), Tongue::En)), None);
    }

    #[test]
    fn what_can_not_be_shown_is_said_so() {
        for strange in [json!({ "text": "" }), json!({ "text": "", "blocks": [{ "type": "video" }], "files": [] })] {
            let taken = read(&written(strange)).unwrap();
            assert_eq!(taken.message.bodies[0].text, "[A message that can’t be shown here]");
        }
    }

    #[test]
    fn a_correction_is_told_and_a_preview_is_not() {
        let changed = |text: &str, edited: Value| {
            let mut message =
                json!({ "type": "message", "user": "U061F7AUR", "text": text, "ts": "1795510800.000016" });
            if !edited.is_null() {
                message["edited"] = edited;
            }
            callback(
                json!({ "type": "message", "subtype": "message_changed", "channel": "C024BE91L", "channel_type": "channel",
                "ts": "1795510860.000001", "message": message,
                "previous_message": { "type": "message", "user": "U061F7AUR", "text": "før", "ts": "1795510800.000016" } }),
            )
        };
        let edited = json!({ "user": "U061F7AUR", "ts": "1795510860.000000" });
        let taken = read(&changed("etter", edited.clone())).unwrap();
        assert_eq!(taken.message.external_id, "C024BE91L:1795510800.000016:1795510860.000000");
        assert_eq!(taken.message.bodies[0].text, "Corrected: etter");
        assert_eq!(taken.message.thread.conversation, "C024BE91L:1795510800.000016");
        assert!(read(&changed("før", edited)).is_none());
        assert!(read(&changed("etter", Value::Null)).is_none());
    }

    #[test]
    fn what_is_not_for_us_is_nothing() {
        for nothing in [
            json!({}),
            json!([1]),
            json!({ "type": "app_rate_limited", "minute_rate_limited": 1518467820 }),
            callback(json!({ "type": "reaction_added" })),
            callback(json!({ "type": "message" })),
            callback(json!("x")),
            written(json!({ "bot_id": "B1" })),
            written(json!({ "subtype": "bot_message" })),
            written(json!({ "subtype": "channel_join" })),
            written(json!({ "subtype": "message_deleted", "deleted_ts": "1.2" })),
            written(json!({ "text": "", "user": "USLACKBOT" })),
        ] {
            assert!(read(&nothing).is_none(), "{nothing}");
        }
    }
}
