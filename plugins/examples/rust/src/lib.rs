//! A channel for a chat service called Parrot: it posts messages to us, and takes answers at its API.

use exports::saker::plugin::{descriptor, inbound, outbound};
use saker::plugin::{config, http, secrets, types};
use serde_json::{Value, json};

wit_bindgen::generate!({ path: "wit", world: "channel-webhook" });

struct Channel;
export!(Channel);

impl descriptor::Guest for Channel {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "com.example.parrot".into(),
            name: "Parrot".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Messages from Parrot, and answers to it.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl inbound::Guest for Channel {
    /// One call by Parrot: `{"id", "chat", "user", "name", "text"}`, signed in `x-parrot-signature`.
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome, types::PluginError> {
        check_signature(&req)?;
        let call: Value = serde_json::from_slice(&req.body).map_err(|why| rejected(&why.to_string()))?;
        let field = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
        if field("id").is_empty() || field("text").is_empty() {
            return Err(rejected("a message has an id and a text"));
        }
        let message = types::InboundMessage {
            // With the account, this is how the host knows that it has seen a message before.
            external_id: field("id"),
            sent_at: None,
            thread: types::ThreadRef {
                conversation: field("chat"),
                in_reply_to: None,
                references: vec![],
                reply_token: None,
            },
            sender: types::Party {
                address: field("user"),
                display_name: Some(field("name")),
                role: types::Role::Customer,
                attrs: vec![],
            },
            recipients: vec![],
            subject: None,
            bodies: vec![types::MessageBody { format: types::BodyFormat::Plain, text: field("text") }],
            attachments: vec![],
            locale: None,
            attrs: vec![],
        };
        Ok(inbound::Outcome {
            batch: types::Batch { messages: vec![message], updates: vec![] },
            reply: inbound::Reply { status: 200, headers: vec![], body: vec![] },
        })
    }
}

impl outbound::Guest for Channel {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt, types::PluginError> {
        let thread = msg.thread.ok_or_else(|| permanent("there is no chat to answer in"))?;
        let words = msg.bodies.first().map(|body| body.text.clone()).unwrap_or_default();
        let greeting = config::get("greeting").unwrap_or_default();
        let body = json!({ "chat": thread.conversation, "text": format!("{greeting}{words}"), "key": msg.idempotency_key });
        let answer = http::fetch(&types::HttpRequest {
            method: types::HttpMethod::Post,
            url: "https://api.parrot.example/v1/messages".into(),
            headers: vec![
                header("content-type", "application/json"),
                // Filled in by the host.
                header("authorization", "Bearer {{secret:token}}"),
            ],
            body: types::HttpBody::Bytes(body.to_string().into_bytes()),
            timeout_ms: None,
        })
        .map_err(|_| retryable("Parrot was not reached"))?;
        match answer.status {
            200..=299 => {
                let sent: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                Ok(outbound::Receipt {
                    external_id: sent["id"].as_str().unwrap_or(&msg.idempotency_key).to_owned(),
                    state: types::DeliveryState::Sent,
                    thread,
                    duplicate: false,
                    attrs: vec![],
                })
            }
            401 | 403 => Err(types::PluginError::Auth(failure("Parrot does not know the token"))),
            429 => Err(types::PluginError::RateLimited(failure("Parrot wants it slower"))),
            500..=599 => Err(retryable("Parrot can't now")),
            _ => Err(permanent("Parrot does not want it")),
        }
    }

    /// Parrot can't be asked whether it has seen a key; a person then decides.
    fn lookup(_: String) -> Result<Option<outbound::Receipt>, types::PluginError> {
        Err(types::PluginError::Unsupported)
    }
}

fn check_signature(req: &inbound::Webhook) -> Result<(), types::PluginError> {
    let header = req.headers.iter().find(|header| header.name.eq_ignore_ascii_case("x-parrot-signature"));
    let mac = header.and_then(|header| from_hex(&header.value)).ok_or_else(|| rejected("the call is not signed"))?;
    match secrets::verify_hmac_sha256("signing-key", &req.body, &mac) {
        Ok(true) => Ok(()),
        Ok(false) => Err(rejected("the signature is wrong")),
        Err(why) => Err(types::PluginError::Config(failure(&why))),
    }
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    if text.len() % 2 != 0 || !text.is_ascii() {
        return None;
    }
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()).collect()
}

fn header(name: &str, value: &str) -> types::Header {
    types::Header { name: name.into(), value: value.into() }
}

fn failure(message: &str) -> types::Failure {
    types::Failure { code: "parrot".into(), message: message.into(), remote_status: None, retry_after_ms: None }
}

fn rejected(message: &str) -> types::PluginError {
    types::PluginError::Rejected(failure(message))
}

fn permanent(message: &str) -> types::PluginError {
    types::PluginError::Permanent(failure(message))
}

fn retryable(message: &str) -> types::PluginError {
    types::PluginError::Retryable(failure(message))
}
