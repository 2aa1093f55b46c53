//! What Telegram brings: `Update` of the Bot API (core.telegram.org/bots/api#update).

use crate::links;
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

/// What happens in a chat without anybody saying something: fields whose names begin so (…/bots/api#message).
const SERVICE: [&str; 27] = [
    "new_chat_",
    "left_chat_",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "migrate_",
    "pinned_message",
    "forum_topic_",
    "general_forum_topic_",
    "video_chat_",
    "voice_chat_",
    "boost_added",
    "chat_background_set",
    "chat_owner_",
    "chat_shared",
    "users_shared",
    "connected_website",
    "write_access_allowed",
    "proximity_alert_triggered",
    "giveaway_created",
    "giveaway_completed",
    "checklist_tasks_",
    "direct_message_price_changed",
    "paid_message_price_changed",
    "suggested_post_",
];

/// A message of a person; none for anything else that happens in a chat, and for `/start` as Telegram writes it itself
/// when somebody opens the chat.
pub fn update(update: &Value, tongue: Tongue) -> Option<Taken> {
    let (message, edited) = match (update.get("message"), update.get("edited_message")) {
        (Some(message), _) => (message, false),
        (None, Some(message)) => (message, true),
        (None, None) => return None,
    };
    let from = from(message)?;
    let (chat, id, user) =
        (json::text(message, "chat.id")?, json::text(message, "message_id")?, json::text(from, "id")?);
    let text = text(message);
    if is_opening(&text) {
        return None;
    }
    // Who shares where they are on their way moves all the time, and says nothing by it.
    if edited && text.is_empty() && message.get("location").is_some() {
        return None;
    }
    let files = files(message);
    let text = match edited {
        true => format!("{}: {text}", tongue.pick("Rettet", "Corrected")).trim_end().to_owned(),
        false => text,
    };
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
    // A correction may have another file: Telegram does not say whether it is the one that was there before.
    let taken = Taken { message: read, files };
    if taken.is_empty() && is_service(message) { None } else { Some(taken.never_empty(tongue)) }
}

/// Who wrote: somebody who writes as their group or channel is named by that, and a bot stands in their place. Other bots, and
/// what a channel hands on to its group by itself, are nobody.
fn from(message: &Value) -> Option<&Value> {
    if message.get("is_automatic_forward") == Some(&Value::Bool(true)) {
        return None;
    }
    let from = message.get("from")?;
    let bot = from.get("is_bot") == Some(&Value::Bool(true));
    match message.get("sender_chat").filter(|chat| chat.get("id").is_some()) {
        Some(chat) => Some(chat),
        None => Some(from).filter(|_| !bot),
    }
}

/// The text, or what stands below a file, with the addresses that words lead to.
fn text(message: &Value) -> String {
    let places = [("text", "entities"), ("caption", "caption_entities")];
    let found = places.iter().find_map(|(text, entities)| Some((json::text(message, text)?, *entities)));
    found.map_or_else(String::new, |(text, entities)| links::shown(&text, json::items(message, entities)))
}

/// Whether Telegram wrote it: `/start`, in a group with the bot's name, and at most the one word that a link brings along
/// (…/bots/features#deep-linking).
fn is_opening(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let command = words.next().and_then(|word| word.split('@').next());
    let brought =
        |word: &str| word.len() <= 64 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    command == Some("/start") && words.next().is_none_or(brought) && words.next().is_none()
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
    let name = Some(name).filter(|name| !name.is_empty());
    name.or_else(|| json::text(from, "title")).or_else(|| json::text(from, "username"))
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
    let service = |name: &String| SERVICE.iter().any(|kind| name.starts_with(kind));
    message.as_object().is_some_and(|fields| fields.keys().any(service))
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
    fn a_correction_brings_its_file() {
        let mut edit = message(json!({ "photo": [{ "file_id": "new" }], "edit_date": 1795510860 }));
        edit["edited_message"] = edit.as_object_mut().unwrap().remove("message").unwrap();
        let taken = read(&edit).unwrap();
        assert_eq!((text(&taken), taken.files[0].at.as_str()), ("Corrected:", "new"));
    }

    #[test]
    fn who_writes_as_their_group_or_channel_is_somebody() {
        let group = json!({ "id": -100200, "type": "supergroup", "title": "Drift" });
        let anonymous = message(json!({ "text": "Hei", "chat": group, "sender_chat": group,
            "from": { "id": 1087968824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot" } }));
        let sender = read(&anonymous).unwrap().message.sender;
        assert_eq!((sender.address.as_str(), sender.display_name.as_deref()), ("-100200", Some("Drift")));
        let channel = json!({ "id": -100300, "type": "channel", "title": "Nytt", "username": "nytt" });
        let by_channel = json!({ "text": "Hei", "chat": group, "sender_chat": channel,
            "from": { "id": 136817688, "is_bot": true, "first_name": "Channel", "username": "Channel_Bot" } });
        let sender = read(&message(by_channel)).unwrap().message.sender;
        assert_eq!((sender.address.as_str(), sender.display_name.as_deref()), ("-100300", Some("Nytt")));
        assert_eq!(sender.attrs, [("username".to_owned(), "nytt".to_owned())]);
        let handed_on = json!({ "text": "Hei", "chat": group, "sender_chat": channel, "is_automatic_forward": true,
            "from": { "id": 777000, "is_bot": false, "first_name": "Telegram" } });
        assert!(read(&message(handed_on)).is_none());
    }

    #[test]
    fn addresses_behind_words_are_shown_in_texts_and_below_files() {
        let link =
            |offset: u32| json!([{ "type": "text_link", "offset": offset, "length": 3, "url": "https://a.example/" }]);
        let said = message(json!({ "text": "👍 her", "entities": link(3) }));
        assert_eq!(text(&read(&said).unwrap()), "👍 her (https://a.example/)");
        let below = message(json!({ "caption": "Se her", "caption_entities": link(3), "photo": [{ "file_id": "a" }] }));
        assert_eq!(text(&read(&below).unwrap()), "Se her (https://a.example/)");
    }

    #[test]
    fn what_is_not_known_is_said_so() {
        for kind in ["dice", "checklist", "giveaway", "something_new"] {
            assert_eq!(
                text(&read(&message(json!({ kind: {} }))).unwrap()),
                "[A message that can’t be shown here]",
                "{kind}"
            );
        }
    }

    #[test]
    fn what_is_asked_behind_start_is_a_message() {
        for said in ["/start my printer is broken", "/start hjelp!", "/starte", "start"] {
            assert_eq!(text(&read(&message(json!({ "text": said }))).unwrap()), said);
        }
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
            message(json!({ "text": "/start@hjelp_bot a_b-1" })),
            message(json!({ "new_chat_members": [{ "id": 2 }] })),
            message(json!({ "pinned_message": {} })),
            message(json!({ "forum_topic_created": {} })),
            message(json!({ "video_chat_ended": {} })),
            message(json!({ "text": "x", "from": { "id": 2, "is_bot": true, "first_name": "Bot" } })),
        ] {
            assert!(read(&nothing).is_none(), "{nothing}");
        }
    }
}
