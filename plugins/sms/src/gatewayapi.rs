//! GatewayAPI (gatewayapi.com/docs/apis/rest, …/docs/webhooks). Its token carries all of the call, so that nothing but the
//! token is read.

use crate::{Letter, News, number};
use saker_channel::{
    Result,
    call::{Answer, Call},
    fault, json,
    jwt::Token,
    message::update,
    types::DeliveryState,
    worded,
};
use serde_json::{Value, json};

/// The longest text, in letters.
pub const LONGEST: usize = 1_500;
/// Its usual address.
pub const SERVER: &str = "https://gatewayapi.com";

/// What a token says, believed.
pub fn read(claims: &Value) -> News {
    let (Some(id), Some(number)) = (json::text(claims, "id"), json::text(claims, "msisdn")) else {
        return News::Nothing;
    };
    let Some(status) = json::text(claims, "status") else {
        let Some(text) = json::text(claims, "message") else { return News::Nothing };
        let at = json::whole(claims, "senttime");
        return News::Text { id, from: number::written(&number, ""), text, at, files: vec![] };
    };
    let state = match status.as_str() {
        "ENROUTE" | "ACCEPTED" => DeliveryState::Sent,
        "DELIVERED" => DeliveryState::Delivered,
        "EXPIRED" => DeliveryState::Expired,
        "UNDELIVERABLE" | "REJECTED" | "DELETED" | "SKIPPED" => DeliveryState::Failed,
        _ => return News::Nothing,
    };
    let failed = matches!(state, DeliveryState::Failed | DeliveryState::Expired);
    let error = failed.then(|| {
        let words = json::text(claims, "error").map(|words| format!(": {words}")).unwrap_or_default();
        (
            json::text(claims, "code").unwrap_or_default(),
            worded!("Den ble ikke levert ({status}){words}", "It was not delivered ({status}){words}"),
        )
    });
    News::Update(update(id, state, json::whole(claims, "time"), error))
}

/// What a sample says: the token that a call carries, or what stands in one.
///
/// # Errors
/// For what is neither.
pub fn sample(body: &[u8]) -> Result<Value> {
    match Token::read(&String::from_utf8_lossy(body), "HS256") {
        Ok(token) => Ok(token.claims),
        Err(_) => json::read(body),
    }
}

/// The request that sends one.
pub fn send(server: &str, letter: Letter<'_>) -> Call {
    let recipient = number::digits(letter.to);
    let msisdn = recipient.parse::<u64>().map_or_else(|_| recipient.into(), Value::from);
    let mut body = json!({ "sender": number::digits(letter.from), "message": letter.text, "userref": letter.key,
        "recipients": [{ "msisdn": msisdn }] });
    if !number::is_plain(letter.text) {
        body["encoding"] = "UCS2".into();
    }
    if let Some(hook) = letter.hook {
        body["callback_url"] = hook.into();
    }
    Call::post(format!("{server}/rest/mtsms")).header("authorization", "Token {{secret:token}}").json(&body)
}

/// GatewayAPI's name for what was sent.
///
/// # Errors
/// By the status.
pub fn sent(answer: &Answer) -> Result<String> {
    let said = answer.json();
    match answer.status() {
        200..=299 => json::text(&said, "ids.0").ok_or_else(|| {
            fault::unclear(&worded!(
                "GatewayAPI tok den imot uten å gi den et navn",
                "GatewayAPI took it and gave it no name"
            ))
        }),
        // "Insufficient credit" (…/docs/apis/rest, error codes).
        403 if json::text(&said, "code").as_deref() == Some("0x0216") => Err(fault::config(
            "no-money",
            &worded!("Kontoen hos GatewayAPI er tom for penger", "The account at GatewayAPI has no money left"),
        )),
        _ => Err(answer.fault("GatewayAPI", json::text(&said, "message"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{read, send};
    use crate::{Letter, News};
    use saker_channel::types::{DeliveryState, HttpBody};
    use serde_json::{Value, json};

    #[test]
    fn a_message_is_read_and_so_are_news() {
        // gatewayapi.com/docs/webhooks
        let call = json!({ "id": 1000001, "msisdn": 4587654321u64, "receiver": 451204, "message": "foo Hello World",
            "senttime": 1795510800, "webhook_label": "test", "country_code": "DK", "country_prefix": 45 });
        assert!(matches!(read(&call), News::Text { id, from, text, at, .. }
            if id == "1000001" && from == "+4587654321" && text == "foo Hello World" && at == Some(1_795_510_800)));
        let status = |name: &str| {
            read(
                &json!({ "id": 1000001, "msisdn": 4587654321u64, "time": 1795510800, "status": name, "error": "Unknown subscriber",
                "code": "0x1", "userref": "foobar" }),
            )
        };
        assert!(
            matches!(status("DELIVERED"), News::Update(update) if update.state == DeliveryState::Delivered && update.error.is_none())
        );
        assert!(
            matches!(status("UNDELIVERABLE"), News::Update(update) if update.error.as_ref().unwrap().message.contains("Unknown subscriber"))
        );
        assert!(matches!(status("EXPIRED"), News::Update(update) if update.state == DeliveryState::Expired));
        assert!(matches!(status("BUFFERED"), News::Nothing));
        for nothing in [json!({}), json!(7), json!({ "id": 1 }), json!({ "id": 1, "msisdn": 2 })] {
            assert!(matches!(read(&nothing), News::Nothing), "{nothing}");
        }
    }

    #[test]
    fn one_is_sent_as_json_and_with_letters_that_need_it_in_the_larger_alphabet() {
        let body = |text: &str| {
            let letter = Letter { to: "+4740000000", from: "Butikken", text, key: "k", hook: Some("https://h/x") };
            let HttpBody::Bytes(body) = send("https://gatewayapi.com", letter).request().body else {
                panic!("no body")
            };
            serde_json::from_slice::<Value>(&body).unwrap()
        };
        assert_eq!(
            body("Hei på deg"),
            json!({ "sender": "Butikken", "message": "Hei på deg", "userref": "k", "recipients": [{ "msisdn": 4740000000u64 }],
                "callback_url": "https://h/x" })
        );
        assert_eq!(body("Hei 😀")["encoding"], "UCS2");
    }
}
