//! What Meta brings: the webhook of a WhatsApp Business account
//! (developers.facebook.com/docs/whatsapp/cloud-api/webhooks).

use crate::write::{group, is_number, why};
use saker_channel::{
    Tongue,
    file::{Taken, Wanted},
    json,
    message::{add_line, customer, moment, said, update},
    types::{DeliveryState, DeliveryUpdate, InboundMessage},
};
use serde_json::Value;

/// Kinds of messages that are a file.
const FILES: [&str; 5] = ["image", "document", "audio", "video", "sticker"];
/// What happens in a chat without anybody saying something.
const SILENT: [&str; 3] = ["reaction", "system", "request_welcome"];

/// Everything in a call that is about this number; Meta calls one address for all numbers of an app.
pub fn call(call: &Value, number: &str, tongue: Tongue) -> (Vec<Taken>, Vec<DeliveryUpdate>) {
    let (mut taken, mut updates) = (vec![], vec![]);
    for entry in json::items(call, "entry") {
        for change in json::items(entry, "changes") {
            let Some(value) = change.get("value") else { continue };
            let ours = json::text(value, "metadata.phone_number_id").as_deref() == Some(number);
            if !ours || json::text(change, "field").as_deref() != Some("messages") {
                continue;
            }
            taken.extend(json::items(value, "messages").iter().filter_map(|one| message(one, value, tongue)));
            updates.extend(json::items(value, "statuses").iter().filter_map(status));
        }
    }
    (taken, updates)
}

fn message(message: &Value, value: &Value, tongue: Tongue) -> Option<Taken> {
    let id = json::text(message, "id")?;
    let kind = json::text(message, "type").unwrap_or_default();
    if SILENT.contains(&kind.as_str()) {
        return None;
    }
    let number = json::text(message, "from");
    // Somebody who hides their number has a name of Meta's instead.
    let from = number.clone().or_else(|| json::text(message, "from_user_id"))?;
    let mut sender = customer(from.clone(), name(value, &from));
    let digits = number.filter(|number| number.len() > 5 && is_number(number));
    sender.attrs.extend(digits.map(|digits| ("phone".to_owned(), format!("+{}", digits.trim_start_matches('+')))));
    // What is said among others is answered among them.
    let conversation = json::text(message, "group_id").map_or(from, |id| group(&id));
    let read = InboundMessage {
        sent_at: json::whole(message, "timestamp").and_then(moment),
        ..said(id, conversation, sender, words(message, &kind).unwrap_or_default())
    };
    let files = if FILES.contains(&kind.as_str()) { message.get(&kind).and_then(file) } else { None };
    let mut taken = Taken { message: read, files: files.into_iter().collect() };
    for line in beside(message, tongue) {
        add_line(&mut taken.message, &line);
    }
    Some(taken.never_empty(tongue))
}

fn name(value: &Value, from: &str) -> Option<String> {
    let contacts = json::items(value, "contacts");
    let named = |key: &str| contacts.iter().find(|contact| json::text(contact, key).as_deref() == Some(from));
    named("wa_id").or_else(|| named("user_id")).and_then(|contact| json::text(contact, "profile.name"))
}

/// What somebody wrote, or chose.
fn words(message: &Value, kind: &str) -> Option<String> {
    let places: &[&str] = match kind {
        "text" => &["text.body"],
        "button" => &["button.text", "button.payload"],
        "interactive" => {
            &["interactive.button_reply.title", "interactive.list_reply.title", "interactive.nfm_reply.body"]
        }
        "order" => &["order.text"],
        _ => return json::text(message, &format!("{kind}.caption")),
    };
    let words = filled_in(message).or_else(|| places.iter().find_map(|place| json::text(message, place)));
    match json::text(message, "interactive.list_reply.description") {
        Some(more) => words.map(|words| format!("{words}\n{more}")),
        None => words,
    }
}

/// What somebody filled in (a flow), a line for each field: its text of its own is the same for all.
fn filled_in(message: &Value) -> Option<String> {
    let written = json::text(message, "interactive.nfm_reply.response_json")?;
    let Ok(Value::Object(fields)) = serde_json::from_str(&written) else { return Some(written) };
    let fields = fields.iter().filter(|(name, _)| *name != "flow_token");
    let lines: Vec<String> = fields.filter_map(|(name, value)| Some(format!("{name}: {}", answer(value)?))).collect();
    Some(lines.join("\n")).filter(|lines| !lines.is_empty())
}

/// What stands in a field, on one line; none for nothing.
fn answer(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(items) => {
            Some(items.iter().filter_map(answer).collect::<Vec<_>>().join(", ")).filter(|items| !items.is_empty())
        }
        other => Some(other.to_string()),
    }
}

fn file(file: &Value) -> Option<Wanted> {
    Some(Wanted {
        at: json::text(file, "id")?,
        name: json::text(file, "filename"),
        // "audio/ogg; codecs=opus"
        mime: json::text(file, "mime_type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned(),
        size: None,
        page: None,
    })
}

/// What is neither text nor a file.
fn beside(message: &Value, tongue: Tongue) -> Vec<String> {
    let mut lines = vec![];
    let at = |path: &str| json::at(message, path).and_then(Value::as_f64);
    if let (Some(north), Some(east)) = (at("location.latitude"), at("location.longitude")) {
        let place = ["location.name", "location.address"].iter().filter_map(|path| json::text(message, path));
        let place: String = place.map(|part| format!("{part}, ")).collect();
        lines.push(format!("{}: {place}{north}, {east}", tongue.pick("Sted", "Place")));
    }
    for contact in json::items(message, "contacts") {
        let name = json::text(contact, "name.formatted_name").unwrap_or_default();
        let numbers = json::items(contact, "phones").iter().filter_map(|phone| json::text(phone, "phone"));
        let numbers = numbers.collect::<Vec<_>>().join(", ");
        lines.push(format!("{}: {name} {numbers}", tongue.pick("Kontakt", "Contact")));
    }
    for item in json::items(message, "order.product_items") {
        let (what, count) = (json::text(item, "product_retailer_id"), json::text(item, "quantity"));
        lines.push(format!("{} × {}", count.unwrap_or_default(), what.unwrap_or_default()));
    }
    let all = |places: &[&str]| places.iter().filter_map(|place| json::text(message, place)).collect::<Vec<_>>();
    let came_from = all(&["referral.headline", "referral.source_url"]);
    if !came_from.is_empty() {
        lines.push(format!("{}: {}", tongue.pick("Kom fra", "Came from"), came_from.join(", ")));
    }
    let product = all(&["context.referred_product.product_retailer_id", "context.referred_product.catalog_id"]);
    if !product.is_empty() {
        lines.push(format!("{}: {}", tongue.pick("Vare, katalog", "Product, catalog"), product.join(", ")));
    }
    lines
}

fn status(status: &Value) -> Option<DeliveryUpdate> {
    let state = match json::text(status, "status")?.as_str() {
        "sent" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" | "played" => DeliveryState::Read,
        "failed" => DeliveryState::Failed,
        _ => return None,
    };
    let error = json::at(status, "errors.0").map(|error| {
        let code = json::whole(error, "code").unwrap_or_default();
        let words = ["error_data.details", "message", "title"].iter().find_map(|path| json::text(error, path));
        (code.to_string(), why(code, &words.unwrap_or_default()))
    });
    Some(update(json::text(status, "id")?, state, json::whole(status, "timestamp"), error))
}

#[cfg(test)]
mod tests {
    use super::call;
    use saker_channel::{Tongue, file::Taken, types::DeliveryState};
    use serde_json::{Value, json};

    // Forms as documented at developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples, and at
    // docs.360dialog.com/docs/waba-basics/webhook-events-and-notifications; numbers are Meta's own examples.
    fn change(value: Value) -> Value {
        let mut whole = json!({ "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "16505551111", "phone_number_id": "123456123" } });
        whole.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        json!({ "object": "whatsapp_business_account",
            "entry": [{ "id": "0", "changes": [{ "field": "messages", "value": whole }] }] })
    }

    fn written(more: Value) -> Value {
        let mut message = json!({ "from": "16315551181", "id": "wamid.ABGGFlA5Fpa", "timestamp": "1795510800" });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        change(json!({ "contacts": [{ "profile": { "name": "test user name" }, "wa_id": "16315551181" }],
            "messages": [message] }))
    }

    fn read(value: &Value) -> Option<Taken> {
        call(value, "123456123", Tongue::En).0.pop()
    }

    fn text(more: Value) -> String {
        read(&written(more)).unwrap().message.bodies[0].text.clone()
    }

    #[test]
    fn a_text_is_read_with_who_and_which_number() {
        let taken = read(&written(json!({ "type": "text", "text": { "body": "this is a text message" } }))).unwrap();
        let message = taken.message;
        assert_eq!(message.bodies[0].text, "this is a text message");
        assert_eq!(
            (message.external_id.as_str(), message.thread.conversation.as_str()),
            ("wamid.ABGGFlA5Fpa", "16315551181")
        );
        assert_eq!(message.sender.display_name.as_deref(), Some("test user name"));
        assert_eq!(message.sender.attrs, [("phone".to_owned(), "+16315551181".to_owned())]);
        assert_eq!(message.sent_at, Some(1_795_510_800_000.0));
    }

    #[test]
    fn who_hides_their_number_is_somebody_and_a_group_is_a_conversation_of_its_own() {
        let hidden = json!({ "from": null, "from_user_id": "NO.13491208655302741918", "type": "text", "text": { "body": "Hei" } });
        let message = read(&written(hidden)).unwrap().message;
        assert_eq!(message.thread.conversation, "NO.13491208655302741918");
        assert!(message.sender.attrs.is_empty(), "it is no number");
        let among = json!({ "group_id": "Y2FwaV9ncm91cDox", "type": "text", "text": { "body": "Hei alle" } });
        let message = read(&written(among)).unwrap().message;
        assert_eq!(
            (message.thread.conversation.as_str(), message.sender.address.as_str()),
            ("group/Y2FwaV9ncm91cDox", "16315551181")
        );
    }

    #[test]
    fn files_are_wanted_with_their_words() {
        let image = json!({ "type": "image", "image": { "caption": "Her", "mime_type": "image/jpeg", "sha256": "x", "id": "1003383421387256" } });
        let taken = read(&written(image)).unwrap();
        assert_eq!((taken.message.bodies[0].text.as_str(), taken.files[0].at.as_str()), ("Her", "1003383421387256"));
        let document = json!({ "type": "document", "document": { "filename": "a.pdf", "mime_type": "application/pdf", "id": "2" } });
        assert_eq!(read(&written(document)).unwrap().files[0].name.as_deref(), Some("a.pdf"));
        let voice =
            json!({ "type": "audio", "audio": { "mime_type": "audio/ogg; codecs=opus", "id": "3", "voice": true } });
        assert_eq!(read(&written(voice)).unwrap().files[0].mime, "audio/ogg");
    }

    #[test]
    fn what_is_chosen_is_what_was_said() {
        let button = json!({ "type": "button", "button": { "text": "No", "payload": "No-Button-Payload" }, "context": { "id": "wamid.x" } });
        assert_eq!(text(button), "No");
        let reply = json!({ "type": "interactive", "interactive": { "type": "button_reply", "button_reply": { "id": "a", "title": "Ja" } } });
        assert_eq!(text(reply), "Ja");
        let list = json!({ "type": "interactive", "interactive": { "type": "list_reply",
            "list_reply": { "id": "a", "title": "Skriver", "description": "Som ikke virker" } } });
        assert_eq!(text(list), "Skriver\nSom ikke virker");
    }

    #[test]
    fn what_is_filled_in_is_said_field_by_field() {
        let flow = |written: &str| {
            text(json!({ "type": "interactive", "interactive": { "type": "nfm_reply",
                "nfm_reply": { "name": "flow", "body": "Sent", "response_json": written } } }))
        };
        let fields = r#"{"flow_token":"t","problem":"Skriveren\nvirker ikke","rooms":["A1","A2"],"floor":3,"note":"","none":null}"#;
        assert_eq!(flow(fields), "floor: 3\nproblem: Skriveren\nvirker ikke\nrooms: A1, A2");
        assert_eq!(flow(r#"{"flow_token":"t"}"#), "Sent");
        assert_eq!(flow("no json"), "no json");
    }

    #[test]
    fn where_somebody_comes_from_is_said_beside() {
        let advert = json!({ "type": "text", "text": { "body": "Hei" }, "referral": { "source_url": "https://fb.me/1",
            "source_id": "1", "source_type": "ad", "body": "This is a great product", "headline": "Our new product" } });
        assert_eq!(text(advert), "Hei\nCame from: Our new product, https://fb.me/1");
        let product = json!({ "type": "text", "text": { "body": "Finnes den?" }, "context": { "from": "16505551111", "id": "wamid.x",
            "referred_product": { "catalog_id": "194836987003835", "product_retailer_id": "di9ozbzfi4" } } });
        assert_eq!(text(product), "Finnes den?\nProduct, catalog: di9ozbzfi4, 194836987003835");
    }

    #[test]
    fn places_contacts_and_what_is_not_known_are_said_in_words() {
        let place =
            json!({ "type": "location", "location": { "latitude": 59.9, "longitude": 10.7, "name": "Torget" } });
        assert_eq!(text(place), "Place: Torget, 59.9, 10.7");
        let contact = json!({ "type": "contacts", "contacts": [{ "name": { "formatted_name": "Test" }, "phones": [{ "phone": "+47 00" }] }] });
        assert_eq!(text(contact), "Contact: Test +47 00");
        let unsupported =
            json!({ "type": "unsupported", "errors": [{ "code": 131051, "title": "Message type unknown" }] });
        assert!(text(unsupported).starts_with('['));
        assert!(text(json!({})).starts_with('['));
    }

    #[test]
    fn statuses_are_news_and_a_closed_window_is_told_plainly() {
        let status = |name: &str| {
            let mut status =
                json!({ "id": "wamid.x", "status": name, "timestamp": "1795510800", "recipient_id": "16315551181" });
            if name == "failed" {
                status["errors"] = json!([{ "code": 131047, "title": "Re-engagement message", "message": "Re-engagement message",
                    "error_data": { "details": "Message failed to send because more than 24 hours have passed since the customer last replied to this number." } }]);
            }
            call(&change(json!({ "statuses": [status] })), "123456123", Tongue::En).1
        };
        for (name, state) in [
            ("sent", DeliveryState::Sent),
            ("delivered", DeliveryState::Delivered),
            ("read", DeliveryState::Read),
            ("failed", DeliveryState::Failed),
        ] {
            assert_eq!(status(name)[0].state, state);
        }
        let why = status("failed")[0].error.clone().unwrap();
        assert!(why.code == "131047" && why.message.contains("24 hours"), "{why:?}");
        assert!(status("something").is_empty());
    }

    #[test]
    fn what_is_not_for_us_is_nothing() {
        let other = |value: &Value| call(value, "another", Tongue::En).0.len();
        assert_eq!(other(&written(json!({ "type": "text", "text": { "body": "x" } }))), 0);
        for nothing in [
            json!(null),
            json!([]),
            json!({ "entry": "x" }),
            json!({ "entry": [{ "changes": [null, { "field": "messages" }] }] }),
            json!({ "entry": [{ "changes": [{ "field": "account_update", "value": { "metadata": { "phone_number_id": "123456123" }, "messages": [{ "id": "1", "from": "2" }] } }] }] }),
            change(json!({ "messages": [{}, 7, { "id": "1" }] })),
            written(json!({ "type": "reaction", "reaction": { "message_id": "wamid.x", "emoji": "👍" } })),
            written(json!({ "type": "system", "system": { "body": "changed number" } })),
        ] {
            let (taken, updates) = call(&nothing, "123456123", Tongue::En);
            assert!(taken.is_empty() && updates.is_empty(), "{nothing}");
        }
    }
}
