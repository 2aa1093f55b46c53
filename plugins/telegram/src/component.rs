//! The contract's side.

use crate::{
    look, read,
    write::{self, Place},
};
use exports::saker::plugin::poller;
use saker_channel::{
    Result, Tongue,
    call::{Answer, Call, pairs, segment},
    clock, descriptor, fault,
    file::{Taken, Wanted},
    inbound, json, message, needed, once, outbound, proof, setting, setup,
    state::{self, Expect},
    types::{Attachment, Attrs, Batch, DeliveryState, InboundMessage},
    worded,
};
use serde_json::Value;

wit_bindgen::generate!({
    path: "../../wit",
    inline: r#"
        package saker:telegram;

        world asks {
            export saker:plugin/poller@0.1.0;
        }
    "#,
    world: "saker:telegram/asks",
    with: { "saker:plugin/types@0.1.0": saker_channel::types },
});

struct Telegram;
saker_channel::bindings::export!(Telegram with_types_in saker_channel::bindings);
export!(Telegram);

/// Messages of one look that Telegram gives at most.
const MOST: u32 = 100;
/// What has to be left of a look's time so that a message with files is begun, and what is left behind its last file, in
/// milliseconds.
const FOR_FILES: u32 = 8_000;
const FOR_THE_END: u32 = 2_000;
/// How long nobody has to look while Telegram calls, in milliseconds.
const NEVER_MIND: u32 = 3_600_000;
/// What a group became, and what a supergroup was before, in the account's memory.
const MOVED: &str = "moved/";
const BEFORE: &str = "before/";

impl descriptor::Guest for Telegram {
    fn describe() -> descriptor::Description {
        saker_channel::description(
            "saker.telegram",
            "Telegram",
            env!("CARGO_PKG_VERSION"),
            "Messages to a Telegram bot become requests, and answers go back in the same chat.",
            1 << 20,
            write::LARGEST_FILE,
        )
    }
}

impl setup::Guest for Telegram {
    fn check() -> Result<()> {
        who().map(drop)
    }

    fn connect(hook_url: String) -> Result<Attrs> {
        let bot = ("bot".to_owned(), format!("@{}", json::text(&who()?, "username").unwrap_or_default()));
        if asks() {
            write::result(&Call::post(method("deleteWebhook")?).read()?)?;
            return Ok(vec![bot]);
        }
        let query = pairs(&[("url", &hook_url), ("allowed_updates", read::KINDS)]);
        let url = method(&format!("setWebhook?{query}&secret_token={{{{secret:hook-word}}}}"))?;
        write::result(&Call::post(url).read()?)?;
        Ok(vec![bot, ("webhook".to_owned(), hook_url)])
    }

    fn disconnect() -> Result<()> {
        write::result(&Call::post(method("deleteWebhook")?).read()?).map(drop)
    }
}

impl inbound::Guest for Telegram {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        proof::knows("hook-word", &proof::header(&req, "x-telegram-bot-api-secret-token"))?;
        let update = json::read(&req.body)?;
        follow(&update);
        let taken = read::update(&update, Tongue::of_account()).map(|taken| complete(taken, req.received_at));
        Ok(message::taken(taken.transpose()?.into_iter().collect(), vec![]))
    }
}

impl poller::Guest for Telegram {
    fn poll(cursor: Option<String>, max_messages: u32) -> Result<poller::Page> {
        if !asks() {
            return Ok(page(vec![], cursor.unwrap_or_default(), false, Some(NEVER_MIND)));
        }
        // Whoever was called before goes on with what waits, and Telegram knows where that begins.
        let from: Option<i64> = cursor.map(|cursor| cursor.parse().unwrap_or(0));
        // The last one alone says where "from now on" begins.
        let offset = from.unwrap_or(-1).to_string();
        let limit = if from.is_some() { max_messages.clamp(1, MOST) } else { 1 };
        let query = pairs(&[("offset", &offset), ("limit", &limit.to_string()), ("allowed_updates", read::KINDS)]);
        let updates = write::result(&Call::get(method(&format!("getUpdates?{query}"))?).read()?)?;
        let updates = updates.as_array().cloned().unwrap_or_default();
        updates.iter().for_each(follow);
        let last = updates.iter().filter_map(|update| json::whole(update, "update_id")).max();
        let next = last.map_or(from.unwrap_or(0), |last| last + 1);
        if from.is_none() {
            return Ok(page(vec![], next.to_string(), false, None));
        }
        let look = look::take(&updates, Tongue::of_account(), |taken| {
            let in_time = taken.files.is_empty() || clock::remaining_ms() >= FOR_FILES;
            in_time.then(|| complete(taken, clock::now())).transpose()
        })?;
        let more = look.left.is_some() || updates.len() >= limit as usize;
        Ok(page(look.messages, look.left.unwrap_or(next).to_string(), more, None))
    }
}

impl outbound::Guest for Telegram {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt> {
        let answered = msg.thread.as_ref().and_then(|thread| thread.in_reply_to.as_deref());
        let mut place = Place::of(message::conversation(&msg), answered)?;
        if place.may_have_moved()
            && let Some(chat) = remembered(MOVED, place.chat())
        {
            place = place.moved(chat);
        }
        msg.attachments.iter().try_for_each(write::fits)?;
        let pieces = once::pieces(&msg, write::LONGEST);
        once::each(&msg, &pieces, DeliveryState::Sent, |piece, first| {
            if !first {
                place = place.further();
            }
            let mut answer = say(&place, piece)?;
            if let Some(chat) = write::moved(&answer) {
                remember(place.chat(), &chat);
                place = place.clone().moved(chat);
                answer = say(&place, piece)?;
            }
            let sent = write::result(&answer)?;
            Ok(format!("{}:{}", place.chat(), json::text(&sent, "message_id").unwrap_or_default()))
        })
    }

    fn lookup(idempotency_key: String) -> Result<Option<outbound::Receipt>> {
        once::lookup(&idempotency_key, DeliveryState::Sent)
    }
}

fn say(place: &Place, piece: &once::Piece) -> Result<Answer> {
    match piece {
        once::Piece::Text(text) => Call::post(method("sendMessage")?).json(&place.text(text)).write(),
        once::Piece::File(file) => share(place, file),
    }
}

/// Remembers where a group went, where an update says so.
fn follow(update: &Value) {
    if let Some((old, new)) = read::moved(update) {
        remember(&old, &new);
    }
}

/// Keeps both ways: answers go to the new chat, and what is said there belongs where the old one was. Where no memory was granted,
/// Telegram says it again with each answer.
fn remember(old: &str, new: &str) {
    let _ = state::put(&format!("{MOVED}{old}"), new.as_bytes(), &Expect::Any, None);
    let _ = state::put(&format!("{BEFORE}{new}"), old.as_bytes(), &Expect::Any, None);
}

fn remembered(kind: &str, chat: &str) -> Option<String> {
    String::from_utf8(state::get(&format!("{kind}{chat}")).ok()??.value).ok()
}

/// A picture goes as a photo; one that Telegram does not take as such, as those that are very long, as any other file.
fn share(place: &Place, file: &Attachment) -> Result<Answer> {
    let send = |(how, parts)| Call::post(method(how)?).parts(parts).write();
    match place.photo(file).map(send).transpose()? {
        Some(answer) if answer.status() != 400 || write::moved(&answer).is_some() => Ok(answer),
        _ => send(place.document(file)),
    }
}

fn asks() -> bool {
    setting("mode").as_deref() == Some("ask")
}

/// The bot itself.
fn who() -> Result<Value> {
    write::result(&Call::get(method("getMe")?).read()?)
}

fn method(name: &str) -> Result<String> {
    Ok(format!("{}/bot{{{{secret:token}}}}/{name}", needed("server")?))
}

/// With its files. Telegram brings nothing else before a message was taken: one that is older goes without them.
fn complete(taken: Taken, now_ms: f64) -> Result<InboundMessage> {
    let (new, mut taken) = (taken.is_new(now_ms), taken);
    let conversation = &mut taken.message.thread.conversation;
    if let Some(old) = read::renamed(conversation, |chat| remembered(BEFORE, chat)) {
        *conversation = old;
    }
    taken.complete(Tongue::of_account(), || new, fetch)
}

/// A file is fetched in two calls: where it lies, and then its bytes (…/bots/api#getfile).
fn fetch(file: &Wanted) -> Result<Call> {
    let url = method(&format!("getFile?{}", pairs(&[("file_id", &file.at)])))?;
    let path = json::text(&write::result(&Call::get(url).read()?)?, "file_path");
    let path = path.ok_or_else(|| {
        fault::permanent("no-file", &worded!("Telegram gir ikke fra seg filen", "Telegram does not give the file"))
    })?;
    let path: Vec<String> = path.split('/').map(segment).collect();
    let call = Call::get(format!("{}/file/bot{{{{secret:token}}}}/{}", needed("server")?, path.join("/")));
    // What is cut off by the end of the look would take with it what came before.
    Ok(call.within(clock::remaining_ms().saturating_sub(FOR_THE_END).max(1)))
}

fn page(messages: Vec<InboundMessage>, next: String, more: bool, after: Option<u32>) -> poller::Page {
    poller::Page { batch: Batch { messages, updates: vec![] }, next_cursor: next, more, poll_after_ms: after }
}
