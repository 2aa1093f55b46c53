//! What Teams brings: `Activity` of the Bot Framework (github.com/microsoft/botframework-sdk, specs/botframework-activity).

use saker_channel::{
    Tongue,
    file::{Taken, Wanted},
    json,
    message::{customer, said},
    types::InboundMessage,
};
use serde_json::Value;

/// How the names of bots begin.
const BOT: &str = "28:";

/// What a call is.
#[derive(Debug)]
pub enum Event {
    /// Somebody wrote something.
    Said(Box<Taken>),
    /// It wants an answer that only whoever asked for it could give.
    Invoked,
    /// Nobody said anything that is for us.
    Nothing,
}

/// Reads an activity, of this tenant where one is named.
pub fn activity(activity: &Value, tenant: Option<&str>, tongue: Tongue) -> Event {
    let theirs = ["conversation.tenantId", "channelData.tenant.id"].iter().find_map(|path| json::text(activity, path));
    if let (Some(tenant), Some(theirs)) = (tenant, theirs)
        && !tenant.eq_ignore_ascii_case(&theirs)
    {
        return Event::Nothing;
    }
    match json::text(activity, "type").as_deref() {
        Some("message") => message(activity, None, tongue).map_or(Event::Nothing, Event::Said),
        Some("messageUpdate") if json::text(activity, "channelData.eventType").as_deref() == Some("editMessage") => {
            let at = json::text(activity, "timestamp").unwrap_or_default();
            message(activity, Some(at), tongue).map_or(Event::Nothing, Event::Said)
        }
        Some("invoke") => Event::Invoked,
        _ => Event::Nothing,
    }
}

fn message(activity: &Value, edited: Option<String>, tongue: Tongue) -> Option<Box<Taken>> {
    let (id, conversation) = (json::text(activity, "id")?, json::text(activity, "conversation.id")?);
    let user = json::text(activity, "from.id")?;
    if json::text(activity, "from.role").as_deref() == Some("bot") {
        return None;
    }
    let text = words(activity);
    let files: Vec<Wanted> = match &edited {
        Some(_) => vec![],
        None => json::items(activity, "attachments").iter().filter_map(file).collect(),
    };
    // Without anything to show, only what a person wrote is told of: no correction, no button, no bot.
    let pressed = activity.get("value").is_some_and(|value| !value.is_null());
    if text.is_empty() && files.is_empty() && (edited.is_some() || pressed || user.starts_with(BOT)) {
        return None;
    }
    let (name, text) = match edited {
        Some(at) => (format!("{conversation}|{id}|{at}"), format!("{}: {text}", tongue.pick("Rettet", "Corrected"))),
        None => (format!("{conversation}|{id}"), text),
    };
    let mut sender = customer(json::text(activity, "from.aadObjectId").unwrap_or_else(|| user.clone()), None);
    sender.display_name = json::text(activity, "from.name");
    let mut read = InboundMessage { locale: json::text(activity, "locale"), ..said(name, conversation, sender, text) };
    // Where it came from is where it is answered.
    read.thread.reply_token = json::text(activity, "serviceUrl");
    Some(Box::new(Taken { message: read, files }.never_empty(tongue)))
}

/// The text without what calls the bot, and with others' names in place of their marks.
fn words(activity: &Value) -> String {
    let mut text = json::text(activity, "text").unwrap_or_default();
    let bot = json::text(activity, "recipient.id");
    for entity in json::items(activity, "entities") {
        let Some(mark) = json::text(entity, "text").filter(|mark| mark.starts_with("<at")) else { continue };
        let ours = bot.is_some() && json::text(entity, "mentioned.id") == bot;
        let name = json::text(entity, "mentioned.name").unwrap_or_default();
        text = text.replace(&mark, if ours { "" } else { &name });
    }
    let text = text.replace("&nbsp;", " ").replace('\u{a0}', " ");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").trim().to_owned()
}

/// A file in somebody's SharePoint, or a picture in the text; what else hangs on a message is the same text again.
fn file(attachment: &Value) -> Option<Wanted> {
    let kind = json::text(attachment, "contentType")?;
    let (page, name) = (json::text(attachment, "contentUrl"), json::text(attachment, "name"));
    if kind == "application/vnd.microsoft.teams.file.download.info" {
        return Some(Wanted { at: json::text(attachment, "content.downloadUrl")?, name, page, ..Wanted::default() });
    }
    let picture = kind.starts_with("image/");
    let mime = if kind == "image/*" { "image/png".to_owned() } else { kind };
    Some(Wanted { at: page?, name, mime, ..Wanted::default() }).filter(|_| picture)
}

#[cfg(test)]
mod tests {
    use super::{Event, activity};
    use saker_channel::{Tongue, file::Taken};
    use serde_json::{Value, json};

    // Forms as documented at learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations and …/bots-filesv4, and as
    // recorded in the tests of botbuilder-js (libraries/botbuilder/tests); ids are Microsoft's own examples.
    fn written(more: Value) -> Value {
        let mut activity = json!({ "type": "message", "id": "1485983408511", "timestamp": "2026-11-24T21:10:07.437Z",
            "serviceUrl": "https://smba.trafficmanager.net/emea/", "channelId": "msteams",
            "from": { "id": "29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB39ATiQWA85g", "name": "Test Person", "aadObjectId": "7faf8bfc-0000-4000-8000-000000000000" },
            "conversation": { "conversationType": "personal", "tenantId": "72f988bf-0000-4000-8000-000000000000", "id": "a:17I0kl8EkpE1O9PH5TWrzrLNwnWWcfrU7QZjKR0WSfOpzbfcAg2IaydGElSo10tVr4C7Fc6" },
            "recipient": { "id": "28:c9e8c047-2a34-40a1-b28a-b162d5f5327c", "name": "Teams TestBot" },
            "textFormat": "plain", "text": "Skriveren virker ikke", "locale": "nb-NO",
            "entities": [{ "locale": "nb-NO", "country": "NO", "platform": "Windows", "type": "clientInfo" }],
            "channelData": { "tenant": { "id": "72f988bf-0000-4000-8000-000000000000" } } });
        activity.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        activity
    }

    fn read(value: &Value) -> Option<Taken> {
        match activity(value, None, Tongue::En) {
            Event::Said(taken) => Some(*taken),
            _ => None,
        }
    }

    #[test]
    fn a_text_is_read_with_who_and_where() {
        let message = read(&written(json!({}))).unwrap().message;
        assert_eq!(message.bodies[0].text, "Skriveren virker ikke");
        assert!(message.external_id.ends_with("|1485983408511") && message.thread.conversation.starts_with("a:17"));
        assert_eq!(message.sender.address, "7faf8bfc-0000-4000-8000-000000000000");
        assert_eq!(message.thread.reply_token.as_deref(), Some("https://smba.trafficmanager.net/emea/"));
    }

    #[test]
    fn what_calls_the_bot_is_no_part_of_what_is_said() {
        let mentions = json!({ "text": "<at>Teams TestBot</at>&nbsp;spør <at>Test Annen</at> om 1 &lt; 2", "entities": [
            { "type": "mention", "text": "<at>Teams TestBot</at>", "mentioned": { "id": "28:c9e8c047-2a34-40a1-b28a-b162d5f5327c", "name": "Teams TestBot" } },
            { "type": "mention", "text": "<at>Test Annen</at>", "mentioned": { "id": "29:x", "name": "Test Annen" } },
        ] });
        assert_eq!(read(&written(mentions)).unwrap().message.bodies[0].text, "spør Test Annen om 1 < 2");
    }

    #[test]
    fn files_and_pictures_are_wanted_and_the_text_again_is_not() {
        let attachments = json!({ "text": "", "attachments": [
            { "contentType": "text/html", "content": "<div>x</div>" },
            { "contentType": "application/vnd.microsoft.teams.file.download.info", "name": "a.txt",
                "contentUrl": "https://example.sharepoint.com/personal/a.txt",
                "content": { "downloadUrl": "https://example.sharepoint.com/download?x", "uniqueId": "1", "fileType": "txt" } },
            { "contentType": "image/*", "contentUrl": "https://smba.trafficmanager.net/emea/v3/attachments/1/views/original" },
        ] });
        let files = read(&written(attachments)).unwrap().files;
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].at, "https://example.sharepoint.com/download?x");
        assert_eq!((files[1].mime.as_str(), files[1].page.as_deref()), ("image/png", None));
    }

    #[test]
    fn what_can_not_be_shown_is_said_so() {
        let card =
            json!({ "text": "", "attachments": [{ "contentType": "application/vnd.microsoft.card.codesnippet" }] });
        for strange in [json!({ "text": " " }), card] {
            let taken = read(&written(strange)).unwrap();
            assert_eq!(taken.message.bodies[0].text, "[A message that can’t be shown here]");
        }
    }

    #[test]
    fn a_correction_is_a_message_of_its_own() {
        let edit = json!({ "type": "messageUpdate", "channelData": { "eventType": "editMessage" } });
        let message = read(&written(edit)).unwrap().message;
        assert!(message.external_id.ends_with("|2026-11-24T21:10:07.437Z"));
        assert_eq!(message.bodies[0].text, "Corrected: Skriveren virker ikke");
    }

    #[test]
    fn another_tenant_is_not_ours() {
        let of = |tenant: &str| matches!(activity(&written(json!({})), Some(tenant), Tongue::En), Event::Said(_));
        assert!(of("72F988BF-0000-4000-8000-000000000000") && !of("00000000-0000-4000-8000-000000000000"));
    }

    #[test]
    fn what_is_not_for_us_is_nothing() {
        for nothing in [
            json!({}),
            json!("x"),
            json!({ "type": "message" }),
            written(json!({ "type": "conversationUpdate" })),
            written(json!({ "type": "messageReaction" })),
            written(json!({ "type": "messageUpdate", "channelData": { "eventType": "undeleteMessage" } })),
            written(json!({ "type": "messageDelete" })),
            written(json!({ "text": "", "value": { "choice": "1" } })),
            written(json!({ "text": "", "from": { "id": "28:x" } })),
            written(json!({ "text": "", "type": "messageUpdate", "channelData": { "eventType": "editMessage" } })),
            written(json!({ "text": "", "type": "typing" })),
            written(json!({ "from": { "id": "28:x", "role": "bot" } })),
        ] {
            assert!(read(&nothing).is_none(), "{nothing}");
        }
        assert!(matches!(activity(&written(json!({ "type": "invoke" })), None, Tongue::En), Event::Invoked));
    }
}
