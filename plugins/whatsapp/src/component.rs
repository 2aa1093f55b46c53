//! The contract's side.

use crate::{read, write};
use saker_channel::{
    Result, Tongue,
    call::{Call, segment},
    clock, descriptor, fault,
    file::{Taken, Wanted, enclosed, field},
    form, inbound, json, message, needed, once, outbound, proof, setup,
    types::{Attachment, Attrs, DeliveryState, HttpMethod, PluginError},
    worded,
};
use serde_json::Value;
use std::{cell::Cell, collections::VecDeque};

struct WhatsApp;
saker_channel::bindings::export!(WhatsApp with_types_in saker_channel::bindings);

/// Files of one call: each is two requests, and a call has sixty.
const MOST_FILES: u32 = 30;
/// What has to be left of a call's time behind its last file, in milliseconds.
const FOR_THE_END: u32 = 2_000;

impl descriptor::Guest for WhatsApp {
    fn describe() -> descriptor::Description {
        saker_channel::description(
            "saker.whatsapp",
            "WhatsApp",
            env!("CARGO_PKG_VERSION"),
            "Messages to a WhatsApp number become requests, and answers go back in the same chat.",
            1 << 20,
            write::LARGEST_FILE,
        )
    }
}

impl setup::Guest for WhatsApp {
    fn check() -> Result<()> {
        number().map(drop)
    }

    /// Meta is told by hand; this says what, and whose the number is.
    fn connect(hook_url: String) -> Result<Attrs> {
        let number = number()?;
        let named = |name: &str| json::text(&number, name).unwrap_or_default();
        Ok(vec![
            ("number".to_owned(), named("display_phone_number")),
            ("name".to_owned(), named("verified_name")),
            ("callback-url".to_owned(), hook_url),
        ])
    }

    fn disconnect() -> Result<()> {
        Ok(())
    }
}

impl inbound::Guest for WhatsApp {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        if req.method == HttpMethod::Get {
            return verified(&req);
        }
        let mac = proof::header(&req, "x-hub-signature-256").strip_prefix("sha256=").and_then(proof::from_hex);
        proof::signed("app-secret", &req.body, mac)?;
        let call = json::read(&req.body)?;
        let tongue = Tongue::of_account();
        let (taken, updates) = read::call(&call, &needed("number")?, tongue);
        let files = Cell::new(0);
        // What one call has no room for would not fit the next time either: Meta brings all of it again.
        let fetch = |file: &Wanted| {
            let at = files.replace(files.get() + 1);
            if at >= MOST_FILES || clock::remaining_ms() <= FOR_THE_END {
                return Err(no_file());
            }
            fetch(file)
        };
        let complete = |taken: Taken| {
            let new = taken.is_new(req.received_at);
            taken.complete(tongue, || new, fetch)
        };
        let messages = taken.into_iter().map(complete).collect::<Result<_>>()?;
        Ok(message::taken(messages, updates))
    }
}

impl outbound::Guest for WhatsApp {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt> {
        let to = Some(message::conversation(&msg)).filter(|to| !to.is_empty());
        let to = to.unwrap_or_else(|| message::recipient(&msg)).to_owned();
        let answered = msg.thread.as_ref().and_then(|thread| thread.in_reply_to.clone());
        msg.attachments.iter().try_for_each(write::fits)?;
        let pieces = once::pieces(&msg, write::LONGEST);
        // All files are handed over before anything is said: one that Meta refuses must not stand behind a text that arrived.
        let mut handed_over: Option<VecDeque<String>> = None;
        once::each(&msg, &pieces, DeliveryState::Sent, |piece, first| {
            let ids = match &mut handed_over {
                Some(ids) => ids,
                none => none.insert(once::files_from(&pieces, piece).map(hand_over).collect::<Result<_>>()?),
            };
            let body = match piece {
                once::Piece::Text(text) => write::text(&to, text, answered.as_deref().filter(|_| first)),
                once::Piece::File(file) => write::file(&to, &ids.pop_front().ok_or_else(no_file)?, file),
            };
            write::sent(&ours("messages")?.json(&body).write()?)
        })
    }

    fn lookup(idempotency_key: String) -> Result<Option<outbound::Receipt>> {
        once::lookup(&idempotency_key, DeliveryState::Sent)
    }
}

/// Meta asks whether the address is ours (…/webhooks/getting-started#verification-requests).
fn verified(req: &inbound::Webhook) -> Result<inbound::Outcome> {
    let asked = form::read(req.query.as_bytes());
    proof::knows("verify-token", form::field(&asked, "hub.verify_token"))?;
    let word = form::field(&asked, "hub.challenge");
    let plain = word.len() <= 200 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if form::field(&asked, "hub.mode") != "subscribe" || word.is_empty() || !plain {
        return Err(fault::rejected(
            "no-challenge",
            &worded!("det er ikke slik Meta spør", "this is not how Meta asks"),
        ));
    }
    Ok(message::told(message::reply(200, "text/plain", word)))
}

fn bearer(call: Call) -> Call {
    call.header("authorization", "Bearer {{secret:token}}")
}

/// Something of this number.
fn ours(what: &str) -> Result<Call> {
    Ok(bearer(Call::post(format!("{}/{}/{what}", needed("server")?, segment(&needed("number")?)))))
}

fn number() -> Result<Value> {
    let url =
        format!("{}/{}?fields=display_phone_number,verified_name", needed("server")?, segment(&needed("number")?));
    write::result(&bearer(Call::get(url)).read()?)
}

/// A file is fetched in two calls: where it lies for the next five minutes, and then its bytes
/// (…/cloud-api/reference/media#get-media-url).
fn fetch(file: &Wanted) -> Result<Call> {
    let asked = bearer(Call::get(format!("{}/{}", needed("server")?, segment(&file.at))));
    let url = json::text(&write::result(&asked.read()?)?, "url");
    let call = bearer(Call::get(url.ok_or_else(no_file)?));
    Ok(call.within(clock::remaining_ms().saturating_sub(FOR_THE_END).max(1)))
}

fn no_file() -> PluginError {
    fault::permanent("no-file", &worded!("WhatsApp gir ikke fra seg filen", "WhatsApp does not give the file"))
}

/// A file is handed over before it is sent; WhatsApp forgets it after 30 days if it is not.
fn hand_over(file: &Attachment) -> Result<String> {
    let parts = vec![field("messaging_product", "whatsapp"), field("type", &file.mime), enclosed("file", file)];
    let said = write::result(&ours("media")?.parts(parts).read()?)?;
    json::text(&said, "id").ok_or_else(|| {
        fault::retryable("no-answer", &worded!("WhatsApp tok ikke imot filen", "WhatsApp did not take the file"))
    })
}
