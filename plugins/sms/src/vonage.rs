//! Vonage, the Messages API (developer.vonage.com/en/api/messages, …/getting-started/concepts/webhooks#signed-webhooks).

use crate::{Letter, News, number};
use saker_channel::{
    Result,
    call::{Answer, Call},
    fault, json,
    jwt::Token,
    message::update,
    proof,
    types::DeliveryState,
    worded,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The longest text, in letters.
pub const LONGEST: usize = 1_000;
/// Its usual address.
pub const SERVER: &str = "https://api.nexmo.com";

/// Whether a token that was signed by Vonage is about these bytes, and of now.
///
/// # Errors
/// That it is not.
pub fn is_about(token: &Token, body: &[u8], received_ms: f64) -> Result<()> {
    let hash = proof::hex(&Sha256::digest(body));
    if json::text(&token.claims, "payload_hash").map(|said| said.to_ascii_lowercase()) != Some(hash) {
        return Err(fault::rejected(
            "not-proven",
            &worded!("tokenet gjelder et annet innhold", "the token is about another body"),
        ));
    }
    let fresh = json::whole(&token.claims, "iat").is_some_and(|at| proof::is_fresh(at, received_ms));
    if fresh {
        token.is_current(received_ms)
    } else {
        Err(fault::rejected("old", &worded!("kallet er for gammelt", "the call is too old")))
    }
}

/// A call, believed.
pub fn read(call: &Value) -> News {
    let Some(id) = json::text(call, "message_uuid") else { return News::Nothing };
    if json::text(call, "channel").is_some_and(|channel| channel != "sms") {
        return News::Nothing;
    }
    let Some(status) = json::text(call, "status") else {
        let (from, text) = (json::text(call, "from"), json::text(call, "text"));
        let (Some(from), Some(text)) = (from, text) else { return News::Nothing };
        return News::Text { id, from: number::written(&from, ""), text, at: None, files: vec![] };
    };
    let state = match status.as_str() {
        "submitted" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "rejected" | "undeliverable" => DeliveryState::Failed,
        _ => return News::Nothing,
    };
    let error = (state == DeliveryState::Failed).then(|| {
        let code = json::text(call, "error.title").unwrap_or_default();
        let words = json::text(call, "error.detail").map(|words| format!(": {words}")).unwrap_or_default();
        (
            code.clone(),
            worded!("Den ble ikke levert (Vonage {code}){words}", "It was not delivered (Vonage {code}){words}"),
        )
    });
    News::Update(update(id, state, None, error))
}

/// The request that sends one.
pub fn send(server: &str, key: &str, letter: Letter<'_>) -> Call {
    let mut body = json!({ "message_type": "text", "channel": "sms", "to": number::digits(letter.to),
        "from": number::digits(letter.from), "text": letter.text, "client_ref": letter.key });
    if let Some(hook) = letter.hook {
        body["webhook_url"] = hook.into();
    }
    Call::post(format!("{server}/v1/messages"))
        .header("authorization", &format!("Basic {{{{basic:{key}:token}}}}"))
        .header("accept", "application/json")
        .json(&body)
}

/// Vonage's name for what was sent.
///
/// # Errors
/// By the status (RFC 9457).
pub fn sent(answer: &Answer) -> Result<String> {
    match answer.status() {
        200..=299 => json::text(&answer.json(), "message_uuid").ok_or_else(|| {
            fault::unclear(&worded!("Vonage tok den imot uten å gi den et navn", "Vonage took it and gave it no name"))
        }),
        402 => Err(fault::config(
            "no-money",
            &worded!("Kontoen hos Vonage er tom for penger", "The account at Vonage has no money left"),
        )),
        _ => Err(answer.fault("Vonage", json::text(&answer.json(), "detail"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_about, read, send};
    use crate::{Letter, News};
    use saker_channel::{
        jwt::Token,
        proof,
        types::{DeliveryState, HttpBody},
    };
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};

    #[test]
    fn a_message_is_read_and_so_are_news() {
        // developer.vonage.com/en/api/messages#inbound-sms
        let call = json!({ "to": "447700900000", "from": "447700900001", "channel": "sms",
            "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", "timestamp": "2026-11-24T14:00:00.000Z",
            "usage": { "price": "0.0333", "currency": "EUR" }, "message_type": "text", "text": "Nexmo Verification code: 12345",
            "sms": { "num_messages": "2", "keyword": "HELLO" }, "origin": { "network_code": "12345" } });
        assert!(
            matches!(read(&call), News::Text { from, text, .. } if from == "+447700900001" && text.starts_with("Nexmo"))
        );
        let status = |name: &str| {
            read(
                &json!({ "message_uuid": "a", "to": "447700900000", "from": "447700900001", "channel": "sms", "status": name,
                "timestamp": "2026-11-24T14:00:00.000Z",
                "error": { "type": "https://developer.nexmo.com/api-errors/messages-olympus#1000", "title": 1000, "detail": "Throttled" } }),
            )
        };
        assert!(matches!(status("delivered"), News::Update(update) if update.state == DeliveryState::Delivered));
        assert!(
            matches!(status("rejected"), News::Update(update) if update.error.as_ref().unwrap().message.contains("1000"))
        );
        assert!(matches!(status("new"), News::Nothing));
        for nothing in [
            json!({}),
            json!(null),
            json!({ "message_uuid": "a" }),
            json!({ "message_uuid": "a", "channel": "viber", "from": "1", "text": "x" }),
        ] {
            assert!(matches!(read(&nothing), News::Nothing), "{nothing}");
        }
    }

    #[test]
    fn a_token_is_about_its_body_and_of_now() {
        let token = |claims: Value| Token { head: Value::Null, claims, signed: vec![], mac: vec![] };
        let hash = proof::hex(&Sha256::digest(b"body"));
        let now = 1_795_510_800_000.0;
        let good = json!({ "iat": 1_795_510_800, "payload_hash": hash });
        assert!(is_about(&token(good.clone()), b"body", now).is_ok());
        assert!(is_about(&token(good.clone()), b"other", now).is_err());
        assert!(is_about(&token(good), b"body", now + 301_000.0).is_err());
        assert!(is_about(&token(json!({ "payload_hash": hash })), b"body", now).is_err());
        assert!(is_about(&token(json!({ "iat": 1_795_510_800 })), b"body", now).is_err());
    }

    #[test]
    fn one_is_sent_as_json() {
        let letter = Letter { to: "+4740000000", from: "+4700000001", text: "Hei", key: "k", hook: None };
        let HttpBody::Bytes(body) = send("https://api.nexmo.com", "key", letter).request().body else {
            panic!("no body")
        };
        assert_eq!(
            serde_json::from_slice::<Value>(&body).unwrap(),
            json!({ "message_type": "text", "channel": "sms", "to": "4740000000", "from": "4700000001", "text": "Hei", "client_ref": "k" })
        );
    }
}
