//! What comes in and goes out, in the contract's records.

use crate::{
    bindings::exports::saker::plugin::{
        inbound::{Outcome, Reply},
        outbound::{Message, Receipt},
    },
    types::{
        Batch, BodyFormat, DeliveryState, DeliveryUpdate, Failure, Header, InboundMessage, MessageBody, Party, Role,
        ThreadRef,
    },
};

/// A message of plain text from somebody who asks. `id` and the account are the key against doubles.
pub fn said(id: String, conversation: String, sender: Party, text: String) -> InboundMessage {
    InboundMessage {
        external_id: id,
        sent_at: None,
        thread: thread(conversation),
        sender,
        recipients: vec![],
        subject: None,
        bodies: vec![MessageBody { format: BodyFormat::Plain, text }],
        attachments: vec![],
        locale: None,
        attrs: vec![],
    }
}

/// A conversation, and nothing more about where in it.
pub fn thread(conversation: String) -> ThreadRef {
    ThreadRef { conversation, in_reply_to: None, references: vec![], reply_token: None }
}

/// Somebody who asks.
pub fn customer(address: String, name: Option<String>) -> Party {
    Party { address, display_name: name, role: Role::Customer, attrs: vec![] }
}

/// Says where else somebody is reached. `sure` is whether the remote knows that the address is theirs: otherwise agents are told
/// that it is only what somebody typed.
pub fn reached_by(party: &mut Party, email: String, sure: bool) {
    party.attrs.push(("email".to_owned(), email));
    if sure {
        party.attrs.push(("email-sure".to_owned(), "yes".to_owned()));
    }
}

/// Adds a line to a message's text.
pub fn add_line(message: &mut InboundMessage, line: &str) {
    if let Some(body) = message.bodies.first_mut() {
        if !body.text.is_empty() {
            body.text.push('\n');
        }
        body.text.push_str(line);
    }
}

/// Messages, and an answer for a remote that wants nothing but to be told that they were taken.
pub fn taken(messages: Vec<InboundMessage>, updates: Vec<DeliveryUpdate>) -> Outcome {
    Outcome { batch: Batch { messages, updates }, reply: reply(200, "text/plain", "") }
}

/// An answer, and no messages.
pub fn told(reply: Reply) -> Outcome {
    Outcome { batch: Batch { messages: vec![], updates: vec![] }, reply }
}

/// What a remote is told.
pub fn reply(status: u16, mime: &str, body: &str) -> Reply {
    let mime = Header { name: "content-type".to_owned(), value: mime.as_bytes().to_vec() };
    Reply { status, headers: vec![mime], body: body.as_bytes().to_vec() }
}

/// How far something is that was sent. `why` is for one that failed.
pub fn update(id: String, state: DeliveryState, at_s: Option<i64>, why: Option<(String, String)>) -> DeliveryUpdate {
    DeliveryUpdate {
        external_id: id,
        state,
        at: at_s.and_then(moment),
        error: why.map(|(code, message)| Failure { code, message, remote_status: None, retry_after_ms: None }),
    }
}

/// The contract's moment from Unix seconds; none for what is no moment.
pub fn moment(seconds: i64) -> Option<f64> {
    (0..=253_402_300_799).contains(&seconds).then_some(seconds as f64 * 1_000.0)
}

/// What the remote said to a message: its name for the first piece, which later news are about.
pub fn receipt(ids: &[String], state: DeliveryState, message: &Message) -> Receipt {
    Receipt {
        external_id: ids.first().cloned().unwrap_or_else(|| message.idempotency_key.clone()),
        state,
        thread: message.thread.clone().unwrap_or_else(|| thread(String::new())),
        duplicate: false,
        attrs: vec![],
    }
}

/// What the agent wrote: Markdown.
pub fn words(message: &Message) -> &str {
    message.bodies.last().map_or("", |body| body.text.as_str())
}

/// The conversation that is answered in.
pub fn conversation(message: &Message) -> &str {
    message.thread.as_ref().map_or("", |thread| thread.conversation.as_str())
}

/// Whom it is for.
pub fn recipient(message: &Message) -> &str {
    message.recipients.first().map_or("", |party| party.address.as_str())
}
