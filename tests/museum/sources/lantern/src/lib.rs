//! All that a channel may have, with nobody at the other end: a piece of the museum. It tells who is there and how the line is,
//! takes what is posted, finds one message by looking, and remembers what it sent.

use exports::saker::plugin::{
    descriptor,
    inbound::{self, Outcome, Reply, Webhook},
    outbound::{self, Message, Receipt},
    poller::{self, Page},
    setup,
};
use saker::plugin::{
    presence, state,
    types::{
        Attrs, Batch, BodyFormat, DeliveryState, Failure, HttpMethod, InboundMessage, MessageBody, Party, PluginError, Role,
        ThreadRef,
    },
};
use serde_json::{Value, json};

wit_bindgen::generate!({ path: "wit", world: "channel-live" });

struct Lantern;
export!(Lantern);

impl descriptor::Guest for Lantern {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "com.example.lantern".into(),
            name: "Lantern".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "All that a channel may have.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl setup::Guest for Lantern {
    fn check() -> Result<(), PluginError> {
        Ok(())
    }

    fn connect(hook_url: String) -> Result<Attrs, PluginError> {
        Ok(vec![("called-at".into(), hook_url)])
    }

    fn disconnect() -> Result<(), PluginError> {
        Ok(())
    }
}

impl inbound::Guest for Lantern {
    /// A GET asks: who is there, and how a conversation stands. A POST says something: `{"id", "chat", "text"}`.
    fn handle_webhook(req: Webhook) -> Result<Outcome, PluginError> {
        if req.method == HttpMethod::Get {
            let told = if req.query.is_empty() { there() } else { standing(&req.query) };
            return Ok(outcome(vec![], told.map_err(|why| rejected(&why))?));
        }
        let said: Value = serde_json::from_slice(&req.body).map_err(|why| rejected(&why.to_string()))?;
        let field = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        if field("id").is_empty() {
            return Err(rejected("a message has an id"));
        }
        Ok(outcome(vec![message(field("id"), field("chat"), field("text"))], json!({})))
    }
}

impl poller::Guest for Lantern {
    /// Each look is one further; the second finds something.
    fn poll(cursor: Option<String>, _: u32) -> Result<Page, PluginError> {
        let looks: u32 = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let found = (looks == 1).then(|| message("lamp-1".into(), "lamp".into(), "The lamp is lit".into()));
        Ok(Page {
            batch: Batch { messages: found.into_iter().collect(), updates: vec![] },
            next_cursor: looks.saturating_add(1).to_string(),
            more: false,
            poll_after_ms: None,
        })
    }
}

impl outbound::Guest for Lantern {
    fn send(msg: Message) -> Result<Receipt, PluginError> {
        let thread = msg.thread.ok_or_else(|| rejected("there is nobody to answer"))?;
        let text = msg.bodies.first().map(|body| body.text.clone()).unwrap_or_default();
        let kept = json!({ "chat": thread.conversation, "text": text }).to_string();
        let lost = |_| PluginError::Retryable(failure("it is not remembered"));
        state::put(&format!("sent/{}", msg.idempotency_key), kept.as_bytes(), &state::Expect::Any, None).map_err(lost)?;
        Ok(receipt(msg.idempotency_key, thread, false))
    }

    fn lookup(idempotency_key: String) -> Result<Option<Receipt>, PluginError> {
        let kept = state::get(&format!("sent/{idempotency_key}")).map_err(|_| PluginError::Unsupported)?;
        let Some(kept) = kept else { return Ok(None) };
        let kept: Value = serde_json::from_slice(&kept.value).map_err(|_| PluginError::Unsupported)?;
        let chat = kept["chat"].as_str().unwrap_or_default().to_owned();
        Ok(Some(receipt(idempotency_key, thread(chat), true)))
    }
}

fn there() -> Result<Value, String> {
    let hours = presence::hours()?;
    Ok(json!({
        "open": hours.open,
        "changes-at": hours.changes_at,
        "offset-minutes": hours.offset_minutes,
        "time-zone": hours.time_zone,
        "agents": presence::agents()?,
    }))
}

fn standing(chat: &str) -> Result<Value, String> {
    let standing = presence::conversation(chat)?;
    Ok(standing.map_or(Value::Null, |standing| {
        json!({ "state": standing.state, "before": standing.before, "writing": standing.writing })
    }))
}

fn outcome(messages: Vec<InboundMessage>, told: Value) -> Outcome {
    let body = told.to_string().into_bytes();
    Outcome { batch: Batch { messages, updates: vec![] }, reply: Reply { status: 200, headers: vec![], body } }
}

fn message(id: String, chat: String, text: String) -> InboundMessage {
    InboundMessage {
        external_id: id,
        sent_at: None,
        sender: Party { address: chat.clone(), display_name: None, role: Role::Customer, attrs: vec![] },
        thread: thread(chat),
        recipients: vec![],
        subject: None,
        bodies: vec![MessageBody { format: BodyFormat::Plain, text }],
        attachments: vec![],
        locale: None,
        attrs: vec![],
    }
}

fn thread(conversation: String) -> ThreadRef {
    ThreadRef { conversation, in_reply_to: None, references: vec![], reply_token: None }
}

fn receipt(external_id: String, thread: ThreadRef, duplicate: bool) -> Receipt {
    Receipt { external_id, state: DeliveryState::Sent, thread, duplicate, attrs: vec![] }
}

fn rejected(message: &str) -> PluginError {
    PluginError::Rejected(failure(message))
}

fn failure(message: &str) -> Failure {
    Failure { code: "lantern".into(), message: message.into(), remote_status: None, retry_after_ms: None }
}
