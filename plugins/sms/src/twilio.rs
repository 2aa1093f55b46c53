//! Twilio (www.twilio.com/docs/messaging/guides/webhook-request, …/docs/usage/security, …/docs/messaging/api/message-resource).

use crate::{Letter, News, number};
use saker_channel::{
    Result,
    call::{Answer, Call, segment},
    fault,
    file::Wanted,
    form::field,
    inbound::Webhook,
    json,
    message::update,
    types::{DeliveryState, HttpMethod, PluginError},
    worded,
};

/// The longest text, in letters.
pub const LONGEST: usize = 1_600;
/// Its usual address.
pub const SERVER: &str = "https://api.twilio.com";

/// Where a call's form stands: by GET, which a number can be set to as well, behind `?`.
pub fn said(req: &Webhook) -> &[u8] {
    if req.method == HttpMethod::Get { req.query.as_bytes() } else { &req.body }
}

/// A form, believed.
pub fn read(fields: &[(String, String)]) -> News {
    let id = ["MessageSid", "SmsSid"].iter().map(|name| field(fields, name)).find(|id| !id.is_empty());
    let Some(id) = id.map(str::to_owned) else { return News::Nothing };
    let state = match field(fields, "MessageStatus") {
        "" | "received" | "receiving" => return text(id, fields),
        "sent" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "undelivered" | "failed" | "canceled" => DeliveryState::Failed,
        _ => return News::Nothing,
    };
    let code = field(fields, "ErrorCode");
    let error = (state == DeliveryState::Failed).then(|| (code.to_owned(), why(code.parse().unwrap_or(0), "")));
    News::Update(update(id, state, None, error))
}

fn text(id: String, fields: &[(String, String)]) -> News {
    let from = field(fields, "From");
    let count = field(fields, "NumMedia").parse::<usize>().unwrap_or(0).min(10);
    let files: Vec<Wanted> = (0..count)
        .map(|at| Wanted {
            mime: field(fields, &format!("MediaContentType{at}")).to_owned(),
            page: Some(field(fields, &format!("MediaUrl{at}")).to_owned()),
            ..Wanted::default()
        })
        .collect();
    let text = field(fields, "Body").to_owned();
    if from.is_empty() || (text.trim().is_empty() && files.is_empty()) {
        return News::Nothing;
    }
    News::Text { id, from: number::written(from, ""), text, at: None, files }
}

/// The request that sends one. A sender that begins with `MG` is a messaging service.
pub fn send(server: &str, account: &str, letter: Letter<'_>) -> Call {
    let sender = if letter.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
    let mut fields = vec![("To", letter.to), (sender, letter.from), ("Body", letter.text)];
    fields.extend(letter.hook.map(|hook| ("StatusCallback", hook)));
    Call::post(format!("{server}/2010-04-01/Accounts/{}/Messages.json", segment(account)))
        .header("authorization", &format!("Basic {{{{basic:{account}:twilio-token}}}}"))
        .form(&fields)
}

/// Twilio's name for what was sent.
///
/// # Errors
/// By Twilio's code.
pub fn sent(answer: &Answer) -> Result<String> {
    let said = answer.json();
    if (200..=299).contains(&answer.status()) {
        return json::text(&said, "sid").ok_or_else(|| {
            fault::unclear(&worded!("Twilio tok den imot uten å gi den et navn", "Twilio took it and gave it no name"))
        });
    }
    let words = json::text(&said, "message");
    match json::whole(&said, "code") {
        Some(code) if !answer.is_unclear() => {
            Err(refusal(code, words.unwrap_or_default().as_str(), answer.retry_after_ms()))
        }
        _ => Err(answer.fault("Twilio", words)),
    }
}

fn refusal(code: i64, words: &str, after_ms: Option<u32>) -> PluginError {
    match code {
        20003 | 20005 | 20006 => fault::auth(
            "bad-token",
            &worded!("Twilio godtar ikke nøkkelen: {words}", "Twilio refuses the key: {words}"),
        ),
        20404 | 21606 | 21603 | 21659 | 21660 => fault::config(
            "sender",
            &worded!("Twilio godtar ikke avsenderen: {words}", "Twilio does not take the sender: {words}"),
        ),
        20429 | 14107 | 21611 | 30022 => {
            fault::limited(&worded!("Twilio vil ha det saktere", "Twilio wants it slower"), after_ms)
        }
        // "Internal Server Error": nobody says that nothing was sent.
        20500 => fault::unclear(&worded!(
            "Twilio feilet, og sier ikke om den ble sendt",
            "Twilio failed and does not say whether it was sent"
        )),
        20503 => fault::retryable("busy", &worded!("Twilio kan ikke nå", "Twilio can’t now")),
        _ => fault::permanent(&code.to_string(), &why(code, words)),
    }
}

/// Why one did not arrive, in words for whoever wrote it (www.twilio.com/docs/api/errors).
fn why(code: i64, words: &str) -> String {
    match code {
        21610 => worded!(
            "Mottakeren har svart STOP: Twilio leverer ingenting mer før de svarer START",
            "They have answered STOP: Twilio delivers nothing more to them until they answer START"
        ),
        21211 | 21614 | 30005 | 30006 => {
            worded!("Dette nummeret kan ikke få SMS", "This number can’t get text messages")
        }
        21612 | 21408 => worded!(
            "Twilio sender ikke til dette landet fra dette nummeret",
            "Twilio does not send to this country from this number"
        ),
        21617 => worded!("Teksten er for lang", "The text is too long"),
        30003 => worded!("Telefonen er slått av eller uten dekning", "The phone is switched off or out of reach"),
        30004 => worded!("Telefonen blokkerer meldingen", "The phone blocks the message"),
        30007 => {
            worded!("Nettet holder meldingen tilbake som søppelpost", "The network holds the message back as spam")
        }
        0 => worded!("Den ble ikke levert", "It was not delivered"),
        _ if words.is_empty() => worded!("Den ble ikke levert (Twilio {code})", "It was not delivered (Twilio {code})"),
        _ => worded!("Den ble ikke levert (Twilio {code}): {words}", "It was not delivered (Twilio {code}): {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{read, refusal, said, send, sent};
    use crate::{Letter, News};
    use saker_channel::{
        call::Answer,
        fault, form,
        inbound::Webhook,
        types::{DeliveryState, HttpBody, HttpMethod, HttpResponse, PluginError},
    };

    #[test]
    fn a_message_is_read_and_so_are_news() {
        let body = b"ToCountry=NO&SmsMessageSid=SM1&NumMedia=1&SmsSid=SM1&SmsStatus=received&Body=Hei+%C3%B8&To=%2B4700000001&NumSegments=1\
            &MessageSid=SM1&AccountSid=AC1&From=%2B4740000000&ApiVersion=2010-04-01&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fx&MediaContentType0=image%2Fjpeg";
        let News::Text { id, from, text, files, .. } = read(&form::read(body)) else { panic!("no text") };
        assert_eq!((id.as_str(), from.as_str(), text.as_str()), ("SM1", "+4740000000", "Hei ø"));
        assert_eq!(files[0].page.as_deref(), Some("https://api.twilio.com/x"));
        let news = |status: &str, more: &str| {
            read(&form::read(
                format!("SmsSid=SM2&SmsStatus={status}&MessageStatus={status}&To=%2B4740000000&MessageSid=SM2{more}")
                    .as_bytes(),
            ))
        };
        assert!(
            matches!(news("delivered", ""), News::Update(update) if update.state == DeliveryState::Delivered && update.external_id == "SM2")
        );
        assert!(
            matches!(news("undelivered", "&ErrorCode=30003"), News::Update(update) if update.error.as_ref().unwrap().message.contains("out of reach"))
        );
        assert!(matches!(news("queued", ""), News::Nothing));
        for nothing in ["", "a=b", "MessageSid=SM1", "MessageSid=SM1&From=%2B47&Body=+"] {
            assert!(matches!(read(&form::read(nothing.as_bytes())), News::Nothing), "{nothing}");
        }
    }

    #[test]
    fn a_number_that_is_set_to_get_says_it_in_the_address() {
        let call = |method, query: &str, body: &str| Webhook {
            method,
            path: String::new(),
            query: query.to_owned(),
            headers: vec![],
            body: body.as_bytes().to_vec(),
            remote_addr: String::new(),
            received_at: 0.0,
            delivery_id: String::new(),
        };
        let form = "MessageSid=SM1&From=%2B4740000000&Body=Hei+du";
        for call in [call(HttpMethod::Get, form, ""), call(HttpMethod::Post, "MessageSid=SM9", form)] {
            assert!(
                matches!(read(&form::read(said(&call))), News::Text { id, text, .. } if id == "SM1" && text == "Hei du")
            );
        }
    }

    #[test]
    fn one_is_sent_as_a_form() {
        let letter =
            Letter { to: "+4740000000", from: "+4700000001", text: "Hei & hå", key: "k", hook: Some("https://h/x") };
        let request = send("https://api.twilio.com", "AC1", letter).request();
        assert_eq!(request.url, "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
        let HttpBody::Bytes(body) = request.body else { panic!("no form") };
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "To=%2B4740000000&From=%2B4700000001&Body=Hei+%26+h%C3%A5&StatusCallback=https%3A%2F%2Fh%2Fx"
        );
        assert!(matches!(refusal(21610, "", None), PluginError::Permanent(why) if why.message.contains("STOP")));
        assert!(matches!(refusal(20003, "", None), PluginError::Auth(_)));
        assert!(matches!(refusal(20429, "", Some(1)), PluginError::RateLimited(_)));
    }

    #[test]
    fn what_may_have_been_taken_is_not_sent_again() {
        let unclear = |status, body: &str| {
            let said = HttpResponse { status, headers: vec![], body: body.as_bytes().to_vec(), truncated: false };
            fault::is_unclear(&sent(&Answer::new(said, true)).unwrap_err())
        };
        for (status, body) in [
            (500, r#"{"code": 20500, "message": "An internal server error has occurred", "status": 500}"#),
            (502, "<html>Bad Gateway</html>"),
            (504, ""),
        ] {
            assert!(unclear(status, body), "{status}");
        }
        assert!(!unclear(503, r#"{"code": 20503, "status": 503}"#) && !unclear(503, ""));
        assert!(!unclear(429, r#"{"code": 20429, "status": 429}"#));
    }
}
