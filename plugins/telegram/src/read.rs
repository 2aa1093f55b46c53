//! What Telegram brings: `Update` of the Bot API (core.telegram.org/bots/api#update).

use saker_channel::{
    Tongue,
    file::{Taken, Wanted},
    json,
    message::{add_line, customer, moment, said},
    types::InboundMessage,
};
use serde_json::Value;

/// What an update asks Telegram for, so that nothing else comes.
pub const KINDS: &str = r#"["message","edited_message"]"#;

/// Kinds of files that a message carries one of, and what they are where Telegram does not say.
const FILES: [(&str, &str); 7] = [
    ("document", "application/octet-stream"),
    ("voice", "audio/ogg"),
    ("audio", "audio/mpeg"),
    ("video", "video/mp4"),
    ("video_note", "video/mp4"),
    ("animation", "video/mp4"),
    ("sticker", "image/webp"),
];

/// A message of a person; none for anything else that happens in a chat, and for `/start`, which Telegram writes itself
/// when somebody opens the chat.
pub fn update(update: &Value, tongue: Tongue) -> Option<Taken> {
    let (message, edited) = match (update.get("message"), update.get("edited_message")) {
        (Some(message), _) => (message, false),
        (None, Some(message)) => (message, true),
        (None, None) => return None,
    };
    let from = message.get("from").filter(|from| from.get("is_bot") != Some(&Value::Bool(true)))?;
    let (chat, id, user) =
        (json::text(message, "chat.id")?, json::text(message, "message_id")?, json::text(from, "id")?);
    let text = json::text(message, "text").or_else(|| json::text(message, "caption")).unwrap_or_default();
    if text.split_whitespace().next() == Some("/start") {
        return None;
    }
    // Who shares where they are on their way moves all the time, and says nothing by it.
    if edited && text.is_empty() && message.get("location").is_some() {
        return None;
    }
    let files = files(message);
    let text = if edited { format!("{}: {text}", tongue.pick("Rettet", "Corrected")) } else { text };
    let mut name = format!("{chat}:{id}");
    if edited {
        // An edit has the id of what it corrects; each correction is news of its own.
        name.push_str(&format!(":{}", json::text(message, "edit_date").unwrap_or_default()));
    }
    let mut sender = customer(user, person(from));
    sender.attrs.extend(json::text(from, "username").map(|name| ("username".to_owned(), name)));
    let at = json::whole(message, if edited { "edit_date" } else { "date" });
    let mut read = InboundMessage {
        sent_at: at.and_then(moment),
        locale: json::text(from, "language_code"),
        ..said(name, conversation(&chat, message), sender, text)
    };
    for line in beside(message, tongue) {
        add_line(&mut read, &line);
    }
    // Something that this does not know: it is better to show that than to lose it.
    if files.is_empty() && read.bodies.iter().all(|body| body.text.is_empty()) {
        if is_service(message) {
            return None;
        }
        add_line(&mut read, tongue.pick("[En melding som ikke kan vises her]", "[A message that can’t be shown here]"));
    }
    // A corrected caption comes with the file that was there before.
    Some(Taken { message: read, files: if edited { vec![] } else { files } })
}

/// A group that became a supergroup, and that supergroup: said in both, once each (…/bots/api#message).
pub fn moved(update: &Value) -> Option<(String, String)> {
    let message = update.get("message")?;
    let here = json::text(message, "chat.id")?;
    match (json::text(message, "migrate_from_chat_id"), json::text(message, "migrate_to_chat_id")) {
        (Some(old), _) => Some((old, here)),
        (None, Some(new)) => Some((here, new)),
        (None, None) => None,
    }
}

/// The conversation of a chat that became another one, by the name that it began with. `before` says what a chat was.
pub fn renamed(conversation: &str, before: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (chat, topic) = match conversation.split_once('/') {
        Some((chat, topic)) => (chat, Some(topic)),
        None => (conversation, None),
    };
    // Only supergroups were something else before.
    chat.parse().ok().filter(|chat: &i64| *chat <= -1_000_000_000_000)?;
    let old = before(chat)?;
    Some(topic.map_or_else(|| old.clone(), |topic| format!("{old}/{topic}")))
}

/// A chat, and where it is a forum, the topic.
fn conversation(chat: &str, message: &Value) -> String {
    let topic = message.get("is_topic_message") == Some(&Value::Bool(true));
    match json::text(message, "message_thread_id").filter(|_| topic) {
        Some(topic) => format!("{chat}/{topic}"),
        None => chat.to_owned(),
    }
}

fn person(from: &Value) -> Option<String> {
    let names = ["first_name", "last_name"].iter().filter_map(|part| json::text(from, part));
    let name = names.collect::<Vec<_>>().join(" ");
    Some(name).filter(|name| !name.is_empty()).or_else(|| json::text(from, "username"))
}

/// The file of a message: of a photo, the largest of its sizes, which is the last.
fn files(message: &Value) -> Vec<Wanted> {
    let photo = json::items(message, "photo").last().and_then(|photo| wanted(photo, "image/jpeg"));
    // An animation comes as a document too.
    let other = FILES.iter().filter(|(kind, _)| *kind != "document" || message.get("animation").is_none());
    let other = other.filter_map(|(kind, mime)| wanted(message.get(kind)?, mime));
    photo.into_iter().chain(other).collect()
}

fn wanted(file: &Value, mime: &str) -> Option<Wanted> {
    Some(Wanted {
        at: json::text(file, "file_id")?,
        name: json::text(file, "file_name"),
        mime: json::text(file, "mime_type").unwrap_or_else(|| mime.to_owned()),
        size: json::whole(file, "file_size"),
        page: None,
    })
}

/// What is neither text nor a file.
fn beside(message: &Value, tongue: Tongue) -> Vec<String> {
    let mut lines = vec![];
    if let (Some(north), Some(east)) = (at(message, "location.latitude"), at(message, "location.longitude")) {
        let place = json::text(message, "venue.title").map(|title| format!("{title}, ")).unwrap_or_default();
        lines.push(format!("{}: {place}{north}, {east}", tongue.pick("Sted", "Place")));
    }
    if let Some(number) = json::text(message, "contact.phone_number") {
        let name = message.get("contact").and_then(person).unwrap_or_default();
        lines.push(format!("{}: {name} {number}", tongue.pick("Kontakt", "Contact")));
    }
    if let Some(question) = json::text(message, "poll.question") {
        lines.push(format!("{}: {question}", tongue.pick("Avstemning", "Poll")));
    }
    lines
}

fn at(message: &Value, path: &str) -> Option<f64> {
    json::at(message, path).and_then(Value::as_f64)
}

/// Somebody came, left, pinned something: nobody said anything.
fn is_service(message: &Value) -> bool {
    const SAID: [&str; 4] = ["dice", "game", "story", "paid_media"];
    !SAID.iter().any(|kind| message.get(kind).is_some())
}

#[cfg(test)]
mod tests {
    use super::{moved, renamed, update};
    use saker_channel::{Tongue, file::Taken};
    use serde_json::{Value, json};

    // Forms as documented at core.telegram.org/bots/api and as recorded in the tests of python-telegram-bot
    // (tests/test_update.py, tests/auxil) and grammY; names and numbers are made up.
    fn message(more: Value) -> Value {
        let mut message = json!({
            "message_id": 1365,
            "from": { "id": 1111, "is_bot": false, "first_name": "Test", "last_name": "Person", "username": "tester",
                "language_code": "nb" },
            "chat": { "id": 1111, "type": "private", "first_name": "Test", "last_name": "Person", "username": "tester" },
            "date": 1795510800,
        });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "update_id": 10000, "message": message })
    }

    fn read(value: &Value) -> Option<Taken> {
        update(value, Tongue::En)
    }

    fn text(taken: &Taken) -> &str {
        &taken.message.bodies[0].text
    }

    #[test]
    fn a_text_is_read_with_who_and_where() {
        let taken = read(&message(json!({ "text": "Hei\nder" }))).unwrap();
        assert_eq!(text(&taken), "Hei\nder");
        assert_eq!(taken.message.external_id, "1111:1365");
        assert_eq!(taken.message.thread.conversation, "1111");
        assert_eq!(taken.message.sender.address, "1111");
        assert_eq!(taken.message.sender.display_name.as_deref(), Some("Test Person"));
        assert_eq!(taken.message.sent_at, Some(1_795_510_800_000.0));
        assert_eq!(taken.message.locale.as_deref(), Some("nb"));
    }

    #[test]
    fn of_a_photo_the_largest_size_is_wanted() {
        let taken = read(&message(json!({ "caption": "Slik ser det ut", "photo": [
            { "file_id": "small", "file_unique_id": "a", "width": 90, "height": 51, "file_size": 1101 },
            { "file_id": "large", "file_unique_id": "b", "width": 1280, "height": 720, "file_size": 110100 },
        ] })))
        .unwrap();
        assert_eq!(text(&taken), "Slik ser det ut");
        assert_eq!(taken.files.len(), 1);
        assert_eq!((taken.files[0].at.as_str(), taken.files[0].mime.as_str()), ("large", "image/jpeg"));
    }

    #[test]
    fn documents_and_voices_are_wanted_and_an_animation_once() {
        let file =
            json!({ "file_id": "f", "file_name": "faktura.pdf", "mime_type": "application/pdf", "file_size": 12 });
        let taken = read(&message(json!({ "document": file }))).unwrap();
        assert_eq!(taken.files[0].name.as_deref(), Some("faktura.pdf"));
        assert_eq!(taken.files[0].size, Some(12));
        let taken = read(&message(json!({ "voice": { "file_id": "v", "duration": 3 } }))).unwrap();
        assert_eq!(taken.files[0].mime, "audio/ogg");
        let taken = read(&message(json!({ "animation": { "file_id": "g" }, "document": { "file_id": "g" } }))).unwrap();
        assert_eq!(taken.files.len(), 1);
    }

    #[test]
    fn places_contacts_and_what_is_not_known_are_said_in_words() {
        let place = json!({ "venue": { "title": "Torget" }, "location": { "latitude": 59.9, "longitude": 10.7 } });
        assert_eq!(text(&read(&message(place)).unwrap()), "Place: Torget, 59.9, 10.7");
        let contact = json!({ "contact": { "phone_number": "+4700000000", "first_name": "Test" } });
        assert_eq!(text(&read(&message(contact)).unwrap()), "Contact: Test +4700000000");
        let dice = json!({ "dice": { "emoji": "🎲", "value": 3 } });
        assert!(text(&read(&message(dice)).unwrap()).starts_with('['));
    }

    #[test]
    fn a_correction_is_a_message_of_its_own_each_time() {
        let mut edit = message(json!({ "text": "Hei der", "edit_date": 1795510860 }));
        edit["edited_message"] = edit.as_object_mut().unwrap().remove("message").unwrap();
        let taken = read(&edit).unwrap();
        assert_eq!(taken.message.external_id, "1111:1365:1795510860");
        assert_eq!(text(&taken), "Corrected: Hei der");
        assert_eq!(taken.message.thread.conversation, "1111");
    }

    #[test]
    fn who_moves_about_says_so_once() {
        let place = json!({ "location": { "latitude": 59.9, "longitude": 10.7, "live_period": 3_600 } });
        assert_eq!(text(&read(&message(place.clone())).unwrap()), "Place: 59.9, 10.7");
        let mut moved = message(place);
        moved["edited_message"] = moved.as_object_mut().unwrap().remove("message").unwrap();
        assert!(read(&moved).is_none());
    }

    #[test]
    fn a_topic_of_a_forum_is_a_conversation() {
        let topic = json!({ "text": "x", "chat": { "id": -100200, "type": "supergroup" }, "message_thread_id": 7,
            "is_topic_message": true });
        assert_eq!(read(&message(topic)).unwrap().message.thread.conversation, "-100200/7");
        let answer = json!({ "text": "x", "chat": { "id": -100200, "type": "supergroup" }, "message_thread_id": 7 });
        assert_eq!(read(&message(answer)).unwrap().message.thread.conversation, "-100200");
    }

    #[test]
    fn a_group_that_became_a_supergroup_keeps_its_conversation() {
        let left = message(json!({ "chat": { "id": -4001, "type": "group", "title": "Drift" },
            "migrate_to_chat_id": -1_002_233_445_566_i64 }));
        let came = message(json!({ "chat": { "id": -1_002_233_445_566_i64, "type": "supergroup", "title": "Drift" },
            "migrate_from_chat_id": -4001 }));
        let both = Some(("-4001".to_owned(), "-1002233445566".to_owned()));
        assert_eq!((moved(&left), moved(&came)), (both.clone(), both));
        assert!(read(&left).is_none() && read(&came).is_none(), "nobody said anything");
        assert_eq!(moved(&message(json!({ "text": "x" }))), None);
        let before = |chat: &str| (chat == "-1002233445566").then(|| "-4001".to_owned());
        assert_eq!(renamed("-1002233445566", before).as_deref(), Some("-4001"));
        assert_eq!(renamed("-1002233445566/7", before).as_deref(), Some("-4001/7"));
        for other in ["-1009999999999", "1111", "-4001", "x", ""] {
            assert_eq!(renamed(other, before), None, "{other}");
        }
    }

    #[test]
    fn what_nobody_said_is_nothing() {
        for nothing in [
            json!({}),
            json!([]),
            json!(null),
            json!({ "update_id": 1, "my_chat_member": {} }),
            json!({ "update_id": 1, "callback_query": { "id": "1", "data": "x" } }),
            json!({ "update_id": 1, "channel_post": { "message_id": 1, "chat": { "id": 1 }, "text": "x" } }),
            json!({ "update_id": 1, "message": { "message_id": 1, "chat": { "id": 1 }, "text": "x" } }),
            json!({ "update_id": 1, "message": "x" }),
            message(json!({ "text": "/start" })),
            message(json!({ "text": "/start abc" })),
            message(json!({ "new_chat_members": [{ "id": 2 }] })),
            message(json!({ "text": "x", "from": { "id": 2, "is_bot": true, "first_name": "Bot" } })),
        ] {
            assert!(read(&nothing).is_none(), "{nothing}");
        }
    }
}
