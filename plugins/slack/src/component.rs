//! The contract's side.

use crate::{
    read::{self, Event},
    text,
    write::{self, Place},
};
use saker_channel::{
    Result, Tongue,
    call::Call,
    clock, descriptor, fault,
    file::{Taken, Wanted, plain_name},
    inbound, json, message, needed, once, outbound, proof, setup,
    state::{self, Expect},
    types::{Attachment, AttachmentBody, Attrs, DeliveryState, InboundMessage},
    worded,
};
use serde_json::{Value, json};

struct Slack;
saker_channel::bindings::export!(Slack with_types_in saker_channel::bindings);

/// Slack waits three seconds for an answer: so long may a name and a file take, in milliseconds.
const FOR_A_NAME: u32 = 1_000;
const FOR_A_FILE: u32 = 1_500;
/// And all of them together: later, files and others' names stand as they are.
const FOR_ALL: f64 = 2_000.0;
/// A call that is seen so much later was kept: Slack itself waits for three seconds.
const KEPT: f64 = 3_000.0;
/// How long a name is remembered, in seconds.
const A_DAY: u32 = 86_400;
/// Slack brings a message three times more. From this time on it is taken even without its file.
const PATIENCE: u32 = 2;

impl descriptor::Guest for Slack {
    fn describe() -> descriptor::Description {
        saker_channel::description(
            "saker.slack",
            "Slack",
            env!("CARGO_PKG_VERSION"),
            "Messages in Slack become requests, one for each thread, and answers go back into it.",
            1 << 20,
            write::LARGEST_FILE,
        )
    }
}

impl setup::Guest for Slack {
    fn check() -> Result<()> {
        who().map(drop)
    }

    /// Slack is told by hand; this says what, and whose the token is.
    fn connect(hook_url: String) -> Result<Attrs> {
        let bot = who()?;
        let named = |name: &str| json::text(&bot, name).unwrap_or_default();
        Ok(vec![
            ("workspace".to_owned(), named("team")),
            ("bot".to_owned(), format!("@{}", named("user"))),
            ("request-url".to_owned(), hook_url),
        ])
    }

    fn disconnect() -> Result<()> {
        Ok(())
    }
}

impl inbound::Guest for Slack {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        proven(&req)?;
        let call = json::read(&req.body)?;
        let tongue = Tongue::of_account();
        match read::event(&call, tongue) {
            Event::Challenge(word) => Ok(message::told(message::reply(200, "text/plain", &word))),
            Event::Nothing => Ok(message::taken(vec![], vec![])),
            Event::Said { taken, user } => {
                let again: u32 = proof::header(&req, "x-slack-retry-num").parse().unwrap_or(0);
                let (received, now) = (req.received_at, clock::now());
                // Nobody waits for a call that was kept and is seen later, and nobody brings it again.
                let is_kept = now > received + KEPT;
                let patient = again < PATIENCE && !is_kept;
                let began = if is_kept { now } else { received };
                let said = complete(*taken, &user, tongue, patient, began + FOR_ALL)?;
                Ok(message::taken(vec![said], vec![]))
            }
        }
    }
}

impl outbound::Guest for Slack {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt> {
        let place = Place::of(message::conversation(&msg))?;
        msg.attachments.iter().try_for_each(write::fits)?;
        let pieces = once::pieces(&msg, write::LONGEST);
        once::each(&msg, &pieces, DeliveryState::Sent, |piece, _| match piece {
            once::Piece::Text(text) => {
                let sent = write::result(&method("chat.postMessage")?.json(&place.text(text)).write()?)?;
                Ok(place.name(&json::text(&sent, "ts").unwrap_or_default()))
            }
            once::Piece::File(file) => share(&place, file),
        })
    }

    fn lookup(idempotency_key: String) -> Result<Option<outbound::Receipt>> {
        once::lookup(&idempotency_key, DeliveryState::Sent)
    }
}

/// docs.slack.dev/authentication/verifying-requests-from-slack: `v0:TIME:BODY` under the signing secret, five minutes old at most.
fn proven(req: &inbound::Webhook) -> Result<()> {
    let time = proof::header(req, "x-slack-request-timestamp");
    let fresh = time.parse().is_ok_and(|at| proof::is_fresh(at, req.received_at));
    if !fresh {
        return Err(fault::rejected(
            "old",
            &worded!(
                "kallet er for gammelt, eller sier ikke når det ble sendt",
                "the call is too old, or says no time"
            ),
        ));
    }
    let mac = proof::header(req, "x-slack-signature").strip_prefix("v0=").and_then(proof::from_hex);
    proof::signed("signing-secret", &[format!("v0:{time}:").as_bytes(), &req.body].concat(), mac)
}

fn method(name: &str) -> Result<Call> {
    Ok(Call::post(format!("{}/{name}", needed("server")?)).header("authorization", "Bearer {{secret:token}}"))
}

/// `auth.test`.
fn who() -> Result<Value> {
    write::result(&method("auth.test")?.read()?)
}

/// With names in place of ids, and with its files, as far as there is time until a moment in Unix milliseconds.
fn complete(mut taken: Taken, user: &str, tongue: Tongue, patient: bool, until: f64) -> Result<InboundMessage> {
    // Milliseconds, none where they are too few to begin anything.
    let left = || Some(until - clock::now()).filter(|left| *left >= 100.0).map(|left| left as u32);
    let profile = match profile(user) {
        Ok(profile) => profile,
        Err(why) if patient && fault::passes(&why) => return Err(why),
        Err(_) => Value::Null,
    };
    taken.message.sender.display_name = json::text(&profile, "name");
    if let Some(email) = json::text(&profile, "email") {
        message::reached_by(&mut taken.message.sender, email, true);
    }
    if let Some(body) = taken.message.bodies.first_mut() {
        let others: Vec<(String, Option<String>)> = text::mentioned(&body.text)
            .into_iter()
            .take(5)
            .map(|id| {
                let name = left().and_then(|_| profile_name(&id));
                (id, name)
            })
            .collect();
        let name = |id: &str| others.iter().find(|(other, _)| other == id).and_then(|(_, name)| name.clone());
        body.text = text::plain(&body.text, name);
    }
    // One that took too long because of others before it is named with its link, and so are those behind it.
    let patient = || patient && left().is_some();
    let Taken { mut message, files } = taken;
    for file in files {
        let file = match known(&file, tongue, left) {
            Ok(known) => known,
            Err(why) if fault::passes(&why) && patient() => return Err(why),
            Err(_) => file,
        };
        message = Taken { message, files: vec![file] }.complete(tongue, patient, |file| fetch(file, left()))?;
    }
    Ok(message)
}

/// A file with all that is known of it: of another organisation's, Slack tells when it is asked (`files.info`).
fn known(file: &Wanted, tongue: Tongue, left: impl Fn() -> Option<u32>) -> Result<Wanted> {
    let Some(id) = read::asked_for(file) else { return Ok(file.clone()) };
    let Some(left_ms) = left() else { return Ok(file.clone()) };
    let call = method("files.info")?.form(&[("file", id)]).within(left_ms.min(FOR_A_NAME));
    let told = write::result(&call.read()?)?;
    Ok(told.get("file").map_or_else(|| file.clone(), |told| read::file(told, tongue)))
}

fn profile_name(user: &str) -> Option<String> {
    json::text(&profile(user).ok()?, "name")
}

/// Name and address of a user (`users.info`), remembered for a day. The address only where the app may see it.
fn profile(user: &str) -> Result<Value> {
    let key = format!("user/{user}");
    if let Ok(Some(kept)) = state::get(&key) {
        return Ok(serde_json::from_slice(&kept.value).unwrap_or_default());
    }
    let call = method("users.info")?.form(&[("user", user)]).within(FOR_A_NAME);
    let said = write::result(&call.read()?)?;
    let name = ["user.profile.real_name", "user.real_name", "user.name"];
    let profile = json!({
        "name": name.iter().find_map(|path| json::text(&said, path)),
        "email": json::text(&said, "user.profile.email"),
    });
    let _ = state::put(&key, profile.to_string().as_bytes(), &Expect::Any, Some(A_DAY));
    Ok(profile)
}

fn fetch(file: &Wanted, left_ms: Option<u32>) -> Result<Call> {
    let Some(left_ms) = left_ms else {
        return Err(fault::permanent("late", &worded!("Slack venter ikke så lenge", "Slack does not wait so long")));
    };
    if file.at.is_empty() || read::asked_for(file).is_some() {
        return Err(fault::permanent(
            "elsewhere",
            &worded!("filen ligger ikke i Slack", "the file does not lie in Slack"),
        ));
    }
    let call = Call::get(file.at.clone()).header("authorization", "Bearer {{secret:token}}");
    Ok(call.within(left_ms.min(FOR_A_FILE)))
}

/// A file is handed over in three calls; only the last one shows it to anybody.
fn share(place: &Place, file: &Attachment) -> Result<String> {
    let size = file.size.unwrap_or_default();
    let name = plain_name(file);
    let asked = method("files.getUploadURLExternal")?.form(&[("filename", &name), ("length", &size.to_string())]);
    let place_for_it = write::result(&asked.read()?)?;
    let at = |path: &str| {
        json::text(&place_for_it, path).ok_or_else(|| {
            fault::retryable(
                "no-answer",
                &worded!("Slack gir ingen plass til filen", "Slack gives no place for the file"),
            )
        })
    };
    let (url, id) = (at("upload_url")?, at("file_id")?);
    let AttachmentBody::Stored(blob) = &file.body else {
        return Err(fault::permanent("no-file", &worded!("filen er ikke der", "the file is not there")));
    };
    Call::post(url).blob(blob.clone()).read()?.good("Slack", "error")?;
    write::result(&method("files.completeUploadExternal")?.json(&place.file(&id, &name)).write()?)?;
    Ok(place.name(&id))
}
