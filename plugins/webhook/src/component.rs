//! The contract's side.

use crate::taken::{MOST_ENCLOSED, Places, is_under};
use saker_channel::{
    Result, Tongue,
    call::{Answer, Call},
    clock, config,
    content::Content,
    descriptor, fault,
    file::{Taken, Wanted, enclose, kept, named_by_kind},
    inbound,
    markup::{PLAIN, write},
    message::{self, conversation, recipient, words},
    on_trial, outbound, parts, proof, secrets, setting, setup,
    types::{Attachment, AttachmentBody, Attrs, DeliveryState, InboundMessage, PluginError},
    worded,
    wording::Wording,
};
use serde_json::json;

struct Webhook;
saker_channel::bindings::export!(Webhook with_types_in saker_channel::bindings);

/// What has to be left of a call's time behind its last file, in milliseconds.
const FOR_THE_END: u32 = 1_000;
/// What can be filled in in an answer.
const PLACES: [&str; 9] = ["text", "plain", "to", "to_name", "from", "subject", "conversation", "id", "in_reply_to"];

impl descriptor::Guest for Webhook {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.webhook".into(),
            name: "Webhook".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Takes requests from anything that can post JSON or a form.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl setup::Guest for Webhook {
    fn check() -> Result<()> {
        let tongue = Tongue::of_reader();
        if !matches!(raw("signature").as_str(), "" | "none") {
            let missing = tongue.pick(
                "word: må fylles ut når kall skal vise hvem de er",
                "word: has to be filled in for calls to prove who they are",
            );
            secrets::matches("word", "-").map_err(|_| fault::config("no-word", missing))?;
        }
        if raw("body").is_empty() {
            return Ok(());
        }
        if raw("reply-address").is_empty() {
            let words = tongue.pick(
                "reply-address: må fylles ut når innholdet er beskrevet",
                "reply-address: has to be filled in where a body is",
            );
            return Err(fault::config("no-address", words));
        }
        match wording(raw("reply-address")).flaw(&PLACES, tongue) {
            Some(flaw) => Err(fault::config("nonsense", &flaw)),
            None => Ok(()),
        }
    }

    fn connect(hook_url: String) -> Result<Attrs> {
        Ok(vec![("webhook".to_owned(), hook_url)])
    }

    fn disconnect() -> Result<()> {
        Ok(())
    }
}

impl inbound::Guest for Webhook {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        proof::believed(&req, &raw("signature"), &raw("signature-header"), "word")?;
        let tongue = Tongue::of_reader();
        let (mut content, places) = (Content::of(&req)?, places());
        let files = content.take_files();
        let taken = places.read(content, &req.delivery_id, tongue)?;
        let names: Vec<&str> = taken.iter().map(|taken| taken.message.external_id.as_str()).collect();
        let answer = if places.list.is_empty() { json!({ "taken": names.first() }) } else { json!({ "taken": names }) };
        let reply = message::reply(200, "application/json", &answer.to_string());
        let complete = |taken: Taken| match on_trial() {
            true => Ok(named(taken)),
            false => taken.complete(tongue, || false, fetch),
        };
        let mut messages = taken.into_iter().map(complete).collect::<Result<Vec<_>>>()?;
        // A form is one message.
        if let Some(message) = messages.first_mut() {
            let keep = |file: &parts::File| match on_trial() {
                true => Ok(by_name(file.name.clone(), file.mime.clone())),
                false => kept(file),
            };
            enclose(message, &files, MOST_ENCLOSED, tongue, keep);
        }
        Ok(inbound::Outcome { reply, ..message::taken(messages, vec![]) })
    }
}

impl outbound::Guest for Webhook {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt> {
        let address = raw("reply-address");
        if address.is_empty() {
            // Nobody takes answers at the other end: the host puts this one into a letter.
            return Err(fault::permanent(
                "by-mail",
                &worded!("det er ikke oppgitt noen adresse for svar", "no address for answers is set"),
            ));
        }
        if !msg.attachments.is_empty() {
            return Err(fault::permanent(
                "no-files",
                &worded!("En webhook kan ikke ha filer: send den uten", "A webhook carries no files: send it without"),
            ));
        }
        let call = match raw("body").is_empty() {
            true => usual(address, &msg),
            false => mapped(address, &msg),
        };
        let mac = secrets::hmac_sha256("word", call.body());
        let call = call.header("idempotency-key", &msg.idempotency_key);
        let call = match mac {
            Ok(mac) => call.header("x-signature", &format!("sha256={}", proof::hex(&mac))),
            Err(_) => call,
        };
        // Who takes our own form knows its key; of others somebody has to say that they take nothing twice.
        let once = raw("body").is_empty() || raw("once") == "true";
        let answer = if once { call.read() } else { call.write() }?;
        let id = sent(&answer)?.unwrap_or_else(|| msg.idempotency_key.clone());
        Ok(message::receipt(&[id], DeliveryState::Sent, &msg))
    }

    fn lookup(_: String) -> Result<Option<outbound::Receipt>> {
        Err(PluginError::Unsupported)
    }
}

/// A setting's text as it stands.
fn raw(name: &str) -> String {
    config::get(name).map(|text| text.trim().to_owned()).unwrap_or_default()
}

fn places() -> Places {
    Places {
        list: raw("list"),
        text: raw("text"),
        id: raw("id"),
        conversation: raw("conversation"),
        subject: raw("subject"),
        name: raw("name"),
        email: raw("email"),
        sure: raw("sure") == "true",
        phone: raw("phone"),
        address: raw("address"),
        time: raw("time"),
        files: raw("files"),
    }
}

/// Only from where the settings say: an address in a call is anybody's.
fn fetch(file: &Wanted) -> Result<Call> {
    let place = setting("files-from").unwrap_or_default();
    if !is_under(&file.at, &place) {
        return Err(fault::permanent("elsewhere", &worded!("den ligger et annet sted", "it lies elsewhere")));
    }
    let left = clock::remaining_ms().saturating_sub(FOR_THE_END);
    if left == 0 {
        return Err(fault::permanent("late", &worded!("det er ikke tid til den", "there is no time for it")));
    }
    Ok(Call::get(file.at.clone()).within(left))
}

/// Files by their names alone, where nothing is fetched.
fn named(taken: Taken) -> InboundMessage {
    let named = |file: Wanted| by_name(file.name.unwrap_or_else(|| named_by_kind(&file.mime)), file.mime);
    InboundMessage { attachments: taken.files.into_iter().map(named).collect(), ..taken.message }
}

fn by_name(name: String, mime: String) -> Attachment {
    Attachment { filename: Some(name), mime, size: None, content_id: None, body: AttachmentBody::Inline(vec![]) }
}

/// An answer in our own form.
fn usual(address: String, msg: &outbound::Message) -> Call {
    let body = json!({
        "id": msg.idempotency_key,
        "conversation": conversation(msg),
        "in_reply_to": msg.thread.as_ref().and_then(|thread| thread.in_reply_to.clone()),
        "to": msg.recipients.first().map(|party| party.address.clone()),
        "from": msg.sender.display_name,
        "subject": msg.subject,
        "text": words(msg),
    });
    Call::post(address).text(body.to_string()).header("content-type", "application/json")
}

/// An answer as the settings say.
fn mapped(address: String, msg: &outbound::Message) -> Call {
    let plain = write(words(msg), &PLAIN);
    let to_name = msg.recipients.first().and_then(|party| party.display_name.as_deref()).unwrap_or_default();
    let values = [
        ("text", words(msg)),
        ("plain", plain.as_str()),
        ("to", recipient(msg)),
        ("to_name", to_name),
        ("from", msg.sender.display_name.as_deref().unwrap_or_default()),
        ("subject", msg.subject.as_deref().unwrap_or_default()),
        ("conversation", conversation(msg)),
        ("id", msg.idempotency_key.as_str()),
        ("in_reply_to", msg.thread.as_ref().and_then(|thread| thread.in_reply_to.as_deref()).unwrap_or_default()),
    ];
    wording(address).call(&values)
}

fn wording(address: String) -> Wording {
    Wording::of_account(address)
}

/// The other side's name for what it took, where it has one.
fn sent(answer: &Answer) -> Result<Option<String>> {
    match answer.status() {
        200..=299 => Ok(answer.content().text(&raw("answer-id"))),
        _ => Err(answer.fault(&worded!("Den andre siden", "The other side"), None)),
    }
}
