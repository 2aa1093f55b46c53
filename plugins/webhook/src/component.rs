//! The contract's side.

use crate::{map::text, prove};
use exports::saker::plugin::{descriptor, inbound, outbound};
use saker::plugin::{config, http, secrets, types};
use saker_channel::proof;
use serde_json::{Value, json};

wit_bindgen::generate!({ path: "../../wit", world: "channel-webhook" });

struct Webhook;
export!(Webhook);

impl descriptor::Guest for Webhook {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.webhook".into(),
            name: "Webhook".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Takes requests from anything that can post JSON.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl inbound::Guest for Webhook {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome, types::PluginError> {
        proven(&req)?;
        let json: Value = serde_json::from_slice(&req.body).map_err(|why| refused("not-json", &why.to_string()))?;
        let at = |setting: &str| config::get(setting).and_then(|path| text(&json, &path));
        let Some(words) = at("text") else {
            return Err(refused("no-text", "there is no text where the settings say that it stands"));
        };
        let id = at("id").unwrap_or_else(|| req.delivery_id.clone());
        let (name, email, phone) = (at("name"), at("email"), at("phone"));
        let address = at("address").or_else(|| email.clone()).or_else(|| phone.clone()).unwrap_or_default();
        let mut attrs = vec![];
        attrs.extend(email.map(|email| ("email".to_owned(), email)));
        attrs.extend(phone.map(|phone| ("phone".to_owned(), phone)));
        let message = types::InboundMessage {
            external_id: id.clone(),
            sent_at: None,
            thread: types::ThreadRef {
                conversation: at("conversation").unwrap_or_default(),
                in_reply_to: None,
                references: vec![],
                reply_token: None,
            },
            sender: types::Party { address, display_name: name, role: types::Role::Customer, attrs },
            recipients: vec![],
            subject: at("subject"),
            bodies: vec![types::MessageBody { format: types::BodyFormat::Plain, text: words }],
            attachments: vec![],
            locale: None,
            attrs: vec![],
        };
        let answer = json!({ "taken": id }).to_string().into_bytes();
        Ok(inbound::Outcome {
            batch: types::Batch { messages: vec![message], updates: vec![] },
            reply: inbound::Reply {
                status: 200,
                headers: vec![types::Header { name: "content-type".into(), value: b"application/json".to_vec() }],
                body: answer,
            },
        })
    }
}

impl outbound::Guest for Webhook {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt, types::PluginError> {
        let address = config::get("reply-address").filter(|address| !address.is_empty());
        let address = address.ok_or_else(|| {
            failed(types::PluginError::Permanent, "no-address", "no address for answers is set", None)
        })?;
        let thread = msg.thread.clone().unwrap_or(types::ThreadRef {
            conversation: String::new(),
            in_reply_to: None,
            references: vec![],
            reply_token: None,
        });
        let body = json!({
            "id": msg.idempotency_key,
            "conversation": thread.conversation,
            "in_reply_to": thread.in_reply_to,
            "to": msg.recipients.first().map(|party| party.address.clone()),
            "from": msg.sender.display_name,
            "subject": msg.subject,
            "text": msg.bodies.first().map(|body| body.text.clone()),
        })
        .to_string()
        .into_bytes();
        let header = |name: &str, value: String| types::Header { name: name.into(), value: value.into_bytes() };
        let mut headers = vec![
            header("content-type", "application/json".into()),
            header("idempotency-key", msg.idempotency_key.clone()),
        ];
        if let Ok(mac) = secrets::hmac_sha256("word", &body) {
            headers.push(header("x-signature", format!("sha256={}", proof::hex(&mac))));
        }
        let request = types::HttpRequest {
            method: types::HttpMethod::Post,
            url: address,
            headers,
            body: types::HttpBody::Bytes(body),
            timeout_ms: None,
        };
        let answer = http::fetch(&request).map_err(|why| unreached(&why))?;
        match answer.status {
            200..=299 => Ok(outbound::Receipt {
                external_id: serde_json::from_slice::<Value>(&answer.body)
                    .ok()
                    .and_then(|json| text(&json, "id"))
                    .unwrap_or(msg.idempotency_key),
                state: types::DeliveryState::Sent,
                thread,
                duplicate: false,
                attrs: vec![],
            }),
            status @ (401 | 403) => {
                Err(failed(types::PluginError::Auth, "refused", "the other side does not let us in", Some(status)))
            }
            status @ 429 => {
                Err(failed(types::PluginError::RateLimited, "too-fast", "the other side wants it slower", Some(status)))
            }
            status @ (408 | 425 | 500..=599) => {
                Err(failed(types::PluginError::Retryable, "busy", "the other side can't now", Some(status)))
            }
            status => {
                Err(failed(types::PluginError::Permanent, "refused", "the other side does not want it", Some(status)))
            }
        }
    }

    fn lookup(_: String) -> Result<Option<outbound::Receipt>, types::PluginError> {
        Err(types::PluginError::Unsupported)
    }
}

/// Whether a call comes from whom it should.
fn proven(req: &inbound::Webhook) -> Result<(), types::PluginError> {
    let how = config::get("signature").unwrap_or_default();
    if how.is_empty() || how == "none" {
        return Ok(());
    }
    let name = config::get("signature-header").unwrap_or_default();
    let header = req.headers.iter().find(|header| header.name.eq_ignore_ascii_case(&name));
    let header = header.map(|header| String::from_utf8_lossy(&header.value).into_owned()).unwrap_or_default();
    let good = match how.as_str() {
        "hmac" => match prove::mac(&header) {
            Some(mac) => secrets::verify_hmac_sha256("word", &req.body, &mac).map_err(|why| unset(&why))?,
            None => false,
        },
        _ => secrets::matches("word", &header).map_err(|why| unset(&why))?,
    };
    if good { Ok(()) } else { Err(refused("not-proven", "the call does not prove who it is from")) }
}

fn unset(why: &str) -> types::PluginError {
    failed(types::PluginError::Config, "no-word", why, None)
}

fn refused(code: &str, message: &str) -> types::PluginError {
    failed(types::PluginError::Rejected, code, message, None)
}

fn failed(
    kind: impl Fn(types::Failure) -> types::PluginError,
    code: &str,
    message: &str,
    remote_status: Option<u16>,
) -> types::PluginError {
    kind(types::Failure { code: code.into(), message: message.into(), remote_status, retry_after_ms: None })
}

fn unreached(why: &http::HttpError) -> types::PluginError {
    match why {
        http::HttpError::Denied(why) | http::HttpError::Invalid(why) => {
            failed(types::PluginError::Config, "not-allowed", why, None)
        }
        _ => failed(types::PluginError::Retryable, "not-reached", "the other side was not reached", None),
    }
}
