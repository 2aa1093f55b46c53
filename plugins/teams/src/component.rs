//! The contract's side.

use crate::{
    cloud,
    key::{self, Key, keys},
    read::{self, Event},
    time::{FOR_A_FILE, FOR_A_TOKEN, FOR_AN_ADDRESS, FOR_KEYS, Time},
    write,
};
use saker_channel::{
    Result, Tongue, blobs,
    call::{Call, segment},
    clock, descriptor, fault,
    file::{Taken, Wanted, plain_name},
    inbound, json,
    jwt::Token,
    message, needed, once, outbound, proof, setup,
    state::{self, Expect},
    types::{Attachment, AttachmentBody, Attrs, DeliveryState, InboundMessage, PluginError},
    worded,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

struct Teams;
saker_channel::bindings::export!(Teams with_types_in saker_channel::bindings);

/// How long keys are believed without asking again, in seconds: Microsoft says a day.
const A_DAY: u32 = 86_400;
/// How long nobody is asked again for a key that there is not, in milliseconds.
const AN_HOUR: f64 = 3_600_000.0;
/// A token is given up so long before it ends, in seconds.
const MARGIN: i64 = 300;

impl descriptor::Guest for Teams {
    fn describe() -> descriptor::Description {
        saker_channel::description(
            "saker.teams",
            "Microsoft Teams",
            env!("CARGO_PKG_VERSION"),
            "Messages to a bot in Teams become requests, and answers go back in the same conversation.",
            28 << 10,
            write::LARGEST_PICTURE,
        )
    }
}

impl setup::Guest for Teams {
    fn check() -> Result<()> {
        fresh_token(FOR_A_TOKEN).map(drop)
    }

    /// Azure is told by hand; this says what.
    fn connect(hook_url: String) -> Result<Attrs> {
        fresh_token(FOR_A_TOKEN)?;
        Ok(vec![("messaging-endpoint".to_owned(), hook_url)])
    }

    fn disconnect() -> Result<()> {
        Ok(())
    }
}

impl inbound::Guest for Teams {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        let time = Time::of(clock::remaining_ms());
        let header = proof::header(&req, "authorization");
        let token = Token::read(header.strip_prefix("Bearer ").unwrap_or_default(), "RS256")?;
        let activity = json::read(&req.body)?;
        let key = key_of(&token, req.received_at)?;
        let connector = cloud::connector(&needed("keys")?);
        key::is_from_connector(&token, &key, (connector, &needed("app")?), &activity, req.received_at)?;
        let tenant = needed("tenant")?;
        // A name in place of an id is a bot for several organisations.
        let tenant = Some(tenant.as_str()).filter(|tenant| !tenant.contains('.'));
        let tongue = Tongue::of_account();
        match read::activity(&activity, tenant, tongue) {
            Event::Nothing => Ok(message::taken(vec![], vec![])),
            Event::Invoked => Ok(message::told(message::reply(501, "text/plain", ""))),
            Event::Said(taken) => Ok(message::taken(vec![complete(*taken, &activity, tongue, time)?], vec![])),
        }
    }
}

impl outbound::Guest for Teams {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt> {
        let thread = msg.thread.clone().ok_or_else(nowhere)?;
        let service = thread.reply_token.clone().ok_or_else(nowhere)?;
        let other = |file: &Attachment| !write::is_picture(&file.mime, file.size.unwrap_or(u32::MAX));
        if msg.attachments.iter().any(other) {
            return Err(fault::permanent(
                "no-files",
                &worded!(
                    "En bot i Teams kan sende bilder på høyst 1 MB og ingen andre filer: send den uten, eller legg en lenke i teksten",
                    "A bot in Teams can send pictures of at most 1 MB and no other files: send it without, or put a link in the text"
                ),
            ));
        }
        let url =
            format!("{}/v3/conversations/{}/activities", service.trim_end_matches('/'), segment(&thread.conversation));
        let pieces = once::pieces(&msg, write::LONGEST);
        once::each(&msg, &pieces, DeliveryState::Sent, |piece, _| {
            let body = match piece {
                once::Piece::Text(text) => write::text(text),
                once::Piece::File(file) => write::picture(&file.mime, &plain_name(file), &proof::base64(&bytes(file)?)),
            };
            let answer = bearer(Call::post(url.clone()), FOR_A_TOKEN)?.json(&body).write()?;
            if answer.status() == 401 {
                // It may have been taken back before its time; the next one is a new one.
                let _ = state::delete(TOKEN, &Expect::Any);
            }
            Ok(format!("{}|{}", thread.conversation, write::sent(&answer)?))
        })
    }

    fn lookup(idempotency_key: String) -> Result<Option<outbound::Receipt>> {
        once::lookup(&idempotency_key, DeliveryState::Sent)
    }
}

fn nowhere() -> PluginError {
    fault::permanent(
        "no-conversation",
        &worded!("det er ingen samtale i Teams å svare i", "there is no conversation in Teams to answer in"),
    )
}

/// What is remembered of Microsoft's keys.
#[derive(Default, Serialize, Deserialize)]
struct Ring {
    keys: Vec<Key>,
    /// Unix milliseconds.
    at: f64,
}

const KEYS: &str = "keys";
const TOKEN: &str = "token";
/// A call that is seen so much later than it came was kept, since nobody waits so long; milliseconds.
const KEPT: f64 = 15_000.0;

/// The key that a token names: one that is known, or one that Microsoft tells of now.
fn key_of(token: &Token, received_at: f64) -> Result<Key> {
    let unknown = || {
        fault::rejected(
            "not-proven",
            &worded!(
                "tokenet er signert med en nøkkel som Microsoft ikke kjenner",
                "the token is signed with a key that Microsoft does not know"
            ),
        )
    };
    let kid = json::text(&token.head, "kid").ok_or_else(unknown)?;
    let known: Option<Ring> = state::get(KEYS).ok().flatten().and_then(|kept| serde_json::from_slice(&kept.value).ok());
    let now = clock::now();
    if let Some(ring) = &known {
        if let Some(key) = ring.keys.iter().find(|key| key.kid == kid) {
            return Ok(key.clone());
        }
        if now - ring.at < AN_HOUR {
            return Err(unknown());
        }
    }
    // Teams does not bring a call again that was not taken; one that nobody could judge is kept, and judged later: as often as it
    // takes, so only the first time is it said not to be clear.
    let is_kept = now > received_at + KEPT;
    let asked = |url: String| {
        let read = Call::get(url).within(FOR_KEYS).read().and_then(|answer| answer.good("Microsoft", "error"));
        read.map_err(|why| match fault::passes(&why) {
            true if !is_kept => {
                fault::unclear(&worded!("Microsofts nøkler svarer ikke nå", "Microsoft’s keys don’t answer now"))
            }
            _ => why,
        })
    };
    let document = asked(format!("{}/openidconfiguration", needed("keys")?))?;
    let at = json::text(&document, "jwks_uri").ok_or_else(|| {
        fault::config(
            "keys",
            &worded!(
                "keys: dette fører ikke til dokumentet hos Microsoft",
                "the setting keys does not lead to Microsoft’s document"
            ),
        )
    })?;
    let ring = Ring { keys: keys(&asked(at)?), at: now };
    if let Ok(json) = serde_json::to_vec(&ring) {
        let _ = state::put(KEYS, &json, &Expect::Any, Some(A_DAY));
    }
    ring.keys.into_iter().find(|key| key.kid == kid).ok_or_else(unknown)
}

/// What the bot shows to Teams: remembered until it ends.
fn token(within_ms: u32) -> Result<String> {
    if let Ok(Some(kept)) = state::get(TOKEN) {
        return Ok(String::from_utf8_lossy(&kept.value).into_owned());
    }
    fresh_token(within_ms)
}

/// RFC 6749, section 4.4, with the secret in the header (section 2.3.1): so it never enters here.
fn fresh_token(within_ms: u32) -> Result<String> {
    let (login, tenant, app) = (needed("login")?, needed("tenant")?, needed("app")?);
    let answer = Call::post(format!("{login}/{}/oauth2/v2.0/token", segment(&tenant)))
        .header("authorization", &format!("Basic {{{{basic:{app}:password}}}}"))
        .form(&[("grant_type", "client_credentials"), ("scope", &cloud::scope(&needed("keys")?))])
        .within(within_ms)
        .read()?;
    let said = answer.json();
    if let 400 | 401 = answer.status() {
        let words = json::text(&said, "error_description").unwrap_or_default();
        let first = words.lines().next().unwrap_or_default().to_owned();
        return Err(fault::auth(
            "bad-secret",
            &worded!("Microsoft gir ikke boten noe token: {first}", "Microsoft gives the bot no token: {first}"),
        ));
    }
    let said = answer.good("Microsoft", "error_description")?;
    let token = json::text(&said, "access_token").ok_or_else(|| {
        fault::retryable(
            "no-token",
            &worded!("Microsoft gir ikke boten noe token nå", "Microsoft gives the bot no token now"),
        )
    })?;
    let lasts = json::whole(&said, "expires_in").unwrap_or(0) - MARGIN;
    if let Ok(seconds @ 1..) = u32::try_from(lasts) {
        let _ = state::put(TOKEN, token.as_bytes(), &Expect::Any, Some(seconds));
    }
    Ok(token)
}

fn bearer(call: Call, within_ms: u32) -> Result<Call> {
    Ok(call.header("authorization", &format!("Bearer {}", token(within_ms)?)))
}

/// With the sender's address, and with its files, as far as there is time.
fn complete(mut taken: Taken, activity: &Value, tongue: Tongue, time: Time) -> Result<InboundMessage> {
    if let Some(email) = email(activity, time) {
        message::reached_by(&mut taken.message.sender, email, true);
    }
    let service = json::text(activity, "serviceUrl").unwrap_or_default();
    // Teams does not bring it again: what can't be had now is named with its link.
    taken.complete(tongue, || false, |file| fetch(file, &service, time))
}

/// The address of whoever wrote, as their organisation has it (`…/conversations/ID/members/ID`), remembered for a day. Not
/// known, they are somebody without one.
fn email(activity: &Value, time: Time) -> Option<String> {
    let (user, chat) = (json::text(activity, "from.id")?, json::text(activity, "conversation.id")?);
    let key = format!("user/{user}");
    if let Ok(Some(kept)) = state::get(&key) {
        return Some(String::from_utf8_lossy(&kept.value).into_owned()).filter(|email| !email.is_empty());
    }
    let service = json::text(activity, "serviceUrl")?;
    let url =
        format!("{}/v3/conversations/{}/members/{}", service.trim_end_matches('/'), segment(&chat), segment(&user));
    let call = bearer(Call::get(url), left(time, FOR_A_TOKEN)?).ok()?.within(left(time, FOR_AN_ADDRESS)?);
    let member = call.read().ok()?.good("Teams", "error.message").ok()?;
    let email = json::text(&member, "email").unwrap_or_default();
    let _ = state::put(&key, email.as_bytes(), &Expect::Any, Some(A_DAY));
    Some(email).filter(|email| !email.is_empty())
}

/// A picture lies with Teams and wants the bot's token; a file lies in SharePoint, at an address that is its own key.
fn fetch(file: &Wanted, service: &str, time: Time) -> Result<Call> {
    let late = || fault::permanent("late", &worded!("Teams venter ikke så lenge", "Teams does not wait so long"));
    let mut call = Call::get(file.at.clone());
    let theirs = !service.is_empty() && file.at.starts_with(service.trim_end_matches('/'));
    if theirs && file.page.is_none() {
        call = bearer(call, left(time, FOR_A_TOKEN).ok_or_else(late)?)?;
    }
    Ok(call.within(left(time, FOR_A_FILE).ok_or_else(late)?))
}

/// How long something may take that begins now.
fn left(time: Time, most: u32) -> Option<u32> {
    time.for_one(clock::remaining_ms(), most)
}

fn bytes(file: &Attachment) -> Result<Vec<u8>> {
    match &file.body {
        AttachmentBody::Inline(bytes) => Ok(bytes.clone()),
        AttachmentBody::Stored(id) => blobs::read(id, 0, write::LARGEST_PICTURE).map_err(|why| {
            fault::permanent("no-file", &worded!("et bilde er ikke der: {why}", "a picture is not there: {why}"))
        }),
        AttachmentBody::Deferred(_) => {
            Err(fault::permanent("no-file", &worded!("et bilde er ikke der", "a picture is not there")))
        }
    }
}
