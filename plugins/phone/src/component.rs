//! The contract's side.

use crate::{State, Turn, own, phones, placetel, said::Said, sipgate, twilio};
use exports::saker::plugin::{descriptor, inbound, setup};
use saker::plugin::{config, secrets, state, types};
use saker_channel::{form, number, proof, worded};

wit_bindgen::generate!({
    path: "../../wit",
    inline: r#"
        package saker:phone;

        world phone {
            include saker:plugin/channel-base@0.1.0;
            export saker:plugin/setup@0.1.0;
            export saker:plugin/inbound@0.1.0;
        }
    "#,
    world: "saker:phone/phone",
    generate_all,
});

struct Phone;
export!(Phone);

type Result<T> = std::result::Result<T, types::PluginError>;

const WORD: &str = "word";
/// Twilio's Auth Token, which it signs with.
const TOKEN: &str = "twilio-token";
/// Where the account is called, as [`setup::Guest::connect`] was told.
const HOOK: &str = "hook-url";

impl descriptor::Guest for Phone {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.phone".into(),
            name: "Telephone exchange".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Shows who calls when the phone rings, and remembers missed calls.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl setup::Guest for Phone {
    fn check() -> Result<()> {
        let country = setting("country");
        let digits = country.trim_start_matches('+');
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(fault(
                types::PluginError::Config,
                "setting",
                &worded!("country: skriv tall, som 47", "country: write digits, such as 47"),
            ));
        }
        let missing = match setting("proof").as_str() {
            "address" => None,
            "twilio" => secrets::reveal(TOKEN).is_err().then_some(TOKEN),
            _ => secrets::matches(WORD, "").is_err().then_some(WORD),
        };
        if let Some(name) = missing {
            return Err(fault(
                types::PluginError::Config,
                "setting",
                &worded!("{name}: må fylles ut", "{name}: has to be filled in"),
            ));
        }
        Ok(())
    }

    /// The exchange is told by hand; sipgate has to hear the address with every call.
    fn connect(hook_url: String) -> Result<types::Attrs> {
        Self::check()?;
        // Without memory only sipgate's further news are missing, and that is said where they are needed.
        let _ = state::put(HOOK, hook_url.as_bytes(), &state::Expect::Any, None);
        Ok(vec![("URL".into(), hook_url)])
    }

    fn disconnect() -> Result<()> {
        Ok(())
    }
}

impl inbound::Guest for Phone {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        proven(&req)?;
        let Some(said) = Said::read(&req.body, &req.query) else {
            return Err(fault(
                types::PluginError::Rejected,
                "not-read",
                &worded!("dette er verken JSON eller et skjema", "this is neither JSON nor a form"),
            ));
        };
        let exchange = setting("exchange");
        let turn = match exchange.as_str() {
            "placetel" => placetel::read(&said),
            "twilio" => twilio::read(&said),
            "own" => own::read(&said, &setting),
            _ => sipgate::read(&said),
        };
        if turn.as_ref().is_some_and(|turn| turn.call.is_empty()) {
            return Err(fault(
                types::PluginError::Rejected,
                "no-name",
                &worded!("samtalen har ikke noe navn", "the call has no name"),
            ));
        }
        let ringing = turn.as_ref().is_some_and(|turn| turn.state == State::Ringing);
        let messages = turn.iter().map(|turn| message(turn, &exchange, req.received_at)).collect();
        let reply = match (exchange.as_str(), ringing) {
            ("sipgate", true) => told("application/xml", sipgate::reply(&hook(&req)?)),
            ("twilio", _) => told("text/xml", "<Response/>".to_owned()),
            _ => told("text/plain", String::new()),
        };
        Ok(inbound::Outcome { batch: types::Batch { messages, updates: vec![] }, reply })
    }
}

/// A turn of a call, in the attrs that the host knows calls by.
fn message(turn: &Turn, exchange: &str, received_at: f64) -> types::InboundMessage {
    let country = setting("country");
    // sipgate and Twilio write whole numbers, with or without the plus.
    let whole = matches!(exchange, "sipgate" | "twilio");
    let (theirs, ours) = if turn.outward { (&turn.to, &turn.from) } else { (&turn.from, &turn.to) };
    let theirs = number::written(theirs, &country, whole).unwrap_or_default();
    let ours = number::written(ours, &country, whole).unwrap_or_else(|| ours.clone());
    let mut attrs = vec![
        attr("call", turn.state.name()),
        attr("direction", if turn.outward { "out" } else { "in" }),
        attr("line", &ours),
    ];
    attrs.extend(turn.phones.first().map(|phone| attr("extension", phone)));
    attrs.extend(phones::agents(&setting("agents"), &turn.phones).iter().map(|agent| attr("agent", agent)));
    attrs.extend(turn.seconds.map(|seconds| attr("duration-s", &seconds.to_string())));
    let wished = turn.state == State::Missed && !turn.outward && setting("missed") == "request";
    if wished {
        attrs.push(attr("request", "yes"));
    }
    let english = setting("language") == "en";
    let who = match (theirs.is_empty(), english) {
        (false, _) => theirs.clone(),
        (true, true) => "a hidden number".to_owned(),
        (true, false) => "skjult nummer".to_owned(),
    };
    let subject = if english { format!("Missed call from {who}") } else { format!("Tapt anrop fra {who}") };
    let about = if theirs.is_empty() { vec![] } else { vec![attr("phone", &theirs)] };
    let part = if turn.leg.is_empty() { String::new() } else { format!("/{}", turn.leg) };
    types::InboundMessage {
        external_id: format!("{}{part}/{}", turn.call, turn.state.name()),
        sent_at: Some(received_at),
        thread: types::ThreadRef {
            conversation: turn.call.clone(),
            in_reply_to: None,
            references: vec![],
            reply_token: None,
        },
        sender: types::Party {
            address: theirs,
            display_name: Some(turn.name.clone()).filter(|name| !name.is_empty()),
            role: types::Role::Customer,
            attrs: about,
        },
        recipients: vec![],
        subject: wished.then(|| subject.clone()),
        bodies: vec![types::MessageBody { format: types::BodyFormat::Plain, text: subject }],
        attachments: vec![],
        locale: None,
        attrs,
    }
}

fn attr(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Whether a call comes from whom it should.
fn proven(req: &inbound::Webhook) -> Result<()> {
    let header = |name: &str| {
        let found = req.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(&header.value).trim().to_owned()).unwrap_or_default()
    };
    let good = match setting("proof").as_str() {
        "query" => secrets::matches(WORD, form::field(&form::read(req.query.as_bytes()), "word")),
        "header" => secrets::matches(WORD, &header(&setting("proof-header"))),
        "hmac" => {
            let said = header(&setting("proof-header"));
            let said = said.strip_prefix("sha256=").unwrap_or(&said);
            match proof::from_hex(said).or_else(|| proof::from_base64(said)) {
                Some(mac) => secrets::verify_hmac_sha256(WORD, &req.body, &mac),
                None => Ok(false),
            }
        }
        "twilio" => match secrets::reveal(TOKEN) {
            Ok(key) => {
                let (url, fields) = (format!("{}{}{}", kept_hook()?, req.path, query(req)), form::read(&req.body));
                Ok(proof::is_signed_form(&key, &url, &fields, &header("x-twilio-signature")))
            }
            Err(why) => Err(why),
        },
        _ => Ok(true),
    };
    match good {
        Ok(true) => Ok(()),
        Ok(false) => Err(fault(
            types::PluginError::Rejected,
            "not-proven",
            &worded!("kallet viser ikke hvem det er fra", "the call does not prove who it is from"),
        )),
        Err(_) => {
            let name = if setting("proof") == "twilio" { TOKEN } else { WORD };
            let words = worded!(
                "{name}: må fylles ut, og utvidelsen må ha fått lov til å bruke den",
                "{name}: has to be filled in, and the plugin allowed to use it"
            );
            Err(fault(types::PluginError::Config, "no-word", &words))
        }
    }
}

/// The account's address, with the word behind it where it proves itself by that.
fn hook(req: &inbound::Webhook) -> Result<String> {
    Ok(format!("{}{}", kept_hook()?, query(req)))
}

/// What stands behind an address.
fn query(req: &inbound::Webhook) -> String {
    if req.query.is_empty() { String::new() } else { format!("?{}", req.query) }
}

fn kept_hook() -> Result<String> {
    match state::get(HOOK) {
        Ok(Some(kept)) => Ok(String::from_utf8_lossy(&kept.value).into_owned()),
        _ => {
            let words = worded!(
                "koble til kontoen først: sipgate får vite adressen, og Twilio signerer den",
                "connect the account first: sipgate is told its address, and Twilio signs it"
            );
            Err(fault(types::PluginError::Config, "not-connected", &words))
        }
    }
}

fn setting(name: &str) -> String {
    config::get(name).unwrap_or_default().trim().to_owned()
}

fn told(mime: &str, body: String) -> inbound::Reply {
    let mime = types::Header { name: "content-type".into(), value: mime.as_bytes().to_vec() };
    inbound::Reply { status: 200, headers: vec![mime], body: body.into_bytes() }
}

fn fault(kind: impl Fn(types::Failure) -> types::PluginError, code: &str, message: &str) -> types::PluginError {
    kind(types::Failure { code: code.into(), message: message.into(), remote_status: None, retry_after_ms: None })
}
