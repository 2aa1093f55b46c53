//! Hears it when a customer writes again and again and nobody answers: after so many messages the request gets a tag, a priority
//! and a comment. A rule in Saker sees one event at a time; this counts.

pub mod sdk;

use exports::saker::plugin::{
    automation::{self, Action, Event},
    descriptor,
};
use saker::plugin::{
    config,
    state::{self, Expect, StateError},
    types::{Failure, PluginError},
};

wit_bindgen::generate!({ path: "wit", world: "automate" });

struct Bell;
export!(Bell);

/// How long it is known who waits, in seconds: thirty days.
const KEPT_S: u32 = 2_592_000;

impl descriptor::Guest for Bell {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "com.example.doorbell".into(),
            name: "Doorbell".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Marks requests whose customers write again and again without an answer.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl automation::Guest for Bell {
    /// Called for every event on every request, but for what plugins did themselves. What it gives back is done under this
    /// plugin's name: all of it, or nothing.
    fn on_event(e: Event) -> Result<Vec<Action>, PluginError> {
        let name = format!("waiting/{}", e.ticket.number);
        if ["replied", "closed"].contains(&e.kind.as_str()) {
            state::delete(&name, &Expect::Any).map_err(lost)?;
            return Ok(vec![]);
        }
        let times = setting("times").parse().unwrap_or(0);
        if times == 0 || !is_from_customer(&e) {
            return Ok(vec![]);
        }
        let before = state::get(&name).map_err(lost)?;
        let text = before.as_ref().map(|kept| String::from_utf8_lossy(&kept.value));
        let mut rings: Vec<&str> = text.as_deref().map(|text| text.split(' ').collect()).unwrap_or_default();
        // An event may come twice: it counts once, and is answered as it was before.
        if rings.len() < times && !rings.contains(&e.id.as_str()) {
            rings.push(&e.id);
            // Two may come at once: who writes second is called again, and counts both.
            let expect = before.as_ref().map_or(Expect::Absent, |kept| Expect::Etag(kept.etag.clone()));
            state::put(&name, rings.join(" ").as_bytes(), &expect, Some(KEPT_S)).map_err(lost)?;
        }
        Ok(if rings.get(times - 1) == Some(&e.id.as_str()) { proposals(times) } else { vec![] })
    }
}

fn is_from_customer(e: &Event) -> bool {
    let by = sdk::attr(&e.data, "actor-kind");
    e.kind == "enquiry-received" || (e.kind == "ticket-opened" && by != Some("agent"))
}

/// What is left empty in the settings is not proposed. What else can be stands in README.md.
fn proposals(times: usize) -> Vec<Action> {
    let all = [
        ("add-tag", "tag", setting("tag")),
        ("set-priority", "priority", setting("priority")),
        ("comment", "text", setting("comment").replace("{times}", &times.to_string())),
    ];
    let wanted = all.into_iter().filter(|(_, _, value)| !value.is_empty());
    wanted.map(|(kind, name, value)| Action { kind: kind.into(), args: vec![sdk::pair(name, value)] }).collect()
}

/// What the memory said, in the contract's words.
fn lost(why: StateError) -> PluginError {
    let failure = |code: &str, message: &str| Failure {
        code: code.into(),
        message: message.into(),
        remote_status: None,
        retry_after_ms: None,
    };
    match why {
        StateError::Conflict | StateError::Unavailable => {
            PluginError::Retryable(failure("not-now", "the memory can't now"))
        }
        StateError::Quota | StateError::TooLarge => {
            PluginError::Permanent(failure("doorbell", "there is no room in the memory"))
        }
    }
}

fn setting(name: &str) -> String {
    config::get(name).unwrap_or_default().trim().to_owned()
}
