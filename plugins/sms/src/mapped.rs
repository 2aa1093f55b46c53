//! A company that is mapped, as the account's settings say ([`crate::gateway`]).

use crate::{
    Letter,
    gateway::{PLACES, Said, Told},
    number,
};
use saker_channel::{
    Result, Tongue, config, fault, needed, proof, secrets, setting, template,
    types::{HttpMethod, PluginError},
    worded,
    wording::{Shape, Wording},
};

/// What is added to the account's address where the company reports how far a message is.
pub const REPORTS: &str = "/status";

/// A setting's text as it stands.
pub fn raw(name: &str) -> String {
    config::get(name).map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// The longest text, in letters.
pub fn longest() -> usize {
    raw("longest").parse().unwrap_or(1_000)
}

/// How one is handed over to a company that is mapped.
fn wording() -> Wording {
    Wording::of_account(format!("{}{}", setting("server").unwrap_or_default(), raw("path")))
}

fn said() -> Said {
    Said {
        id: raw("answer-id"),
        refused: raw("refused-at"),
        refused_when: raw("refused-when"),
        why: raw("refused-why"),
        once: raw("once") == "true",
    }
}

/// Where things stand in what it calls with.
pub fn told() -> Told {
    Told {
        list: raw("in-list"),
        from: raw("in-from"),
        country: raw("country"),
        text: raw("in-text"),
        id: raw("in-id"),
        time: raw("in-time"),
        report: raw("report-id"),
        status: raw("report-status"),
        delivered: raw("delivered"),
        failed: raw("failed"),
        why: raw("report-why"),
    }
}

/// Hands one over; the company's name for it.
///
/// # Errors
/// As [`Said::sent`].
pub fn send(letter: Letter<'_>) -> Result<String> {
    let (wording, said) = (wording(), said());
    // Only a template that names it has the code look at it.
    let password =
        match [&wording.body, &wording.headers, &wording.address].iter().any(|text| template::has(text, "password")) {
            true => secrets::reveal("password").map_err(|_| fault::no_secret("password"))?,
            false => String::new(),
        };
    let reports = letter.hook.map(|hook| format!("{hook}{REPORTS}")).unwrap_or_default();
    let values = [
        ("to", letter.to),
        ("to_digits", number::digits(letter.to)),
        ("from", letter.from),
        ("from_digits", number::digits(letter.from)),
        ("text", letter.text),
        ("id", letter.key),
        ("report_url", &reports),
        ("password", &password),
    ];
    let answer = wording.call(&values).write().map_err(|why| said.unanswered(why))?;
    said.sent(&answer, letter.key)
}

/// Whether the company knows one that may have been sent; its name for it.
///
/// # Errors
/// [`PluginError::Unsupported`] where nobody can tell.
pub fn asked_after(key: &str) -> Result<Option<String>> {
    let path = raw("ask-path");
    if path.is_empty() {
        return Err(PluginError::Unsupported);
    }
    let wording = wording();
    let address = format!("{}{path}", needed("server")?);
    let ask = Wording { method: HttpMethod::Get, address, shape: Shape::Query, body: String::new(), ..wording };
    let answer = ask.call(&[("id", key)]).read().map_err(|_| PluginError::Unsupported)?;
    Said::known(&answer, &raw("ask-id"))
}

/// Whether a secret is there that is needed.
///
/// # Errors
/// That it is not, by its name.
pub fn secret(name: &str) -> Result<()> {
    if proof::has(name) { Ok(()) } else { Err(fault::no_secret(name)) }
}

/// Whether it is mapped far enough.
///
/// # Errors
/// What is missing or wrong, beginning with the setting's name.
pub fn check() -> Result<()> {
    let tongue = Tongue::of_reader();
    if !raw("country").trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit()) {
        let words = worded!("country: skriv tall, som 47", "country: write digits, such as 47");
        return Err(fault::config("country", &words));
    }
    for name in ["server", "body", "in-from", "in-text"] {
        if raw(name).is_empty() {
            return Err(fault::missing(name));
        }
    }
    if !raw("ask-path").is_empty() && raw("ask-id").is_empty() {
        return Err(fault::missing("ask-id"));
    }
    if !matches!(raw("proof").as_str(), "" | "none") {
        if raw("proof-name").is_empty() {
            return Err(fault::missing("proof-name"));
        }
        secret("signing-secret")?;
    }
    let wording = wording();
    let all = [&wording.body, &wording.headers, &wording.address];
    if all.iter().any(|text| template::has(text, "password")) {
        secret("password")?;
    }
    if all.iter().any(|text| template::has_secret(text) && text.contains("token}}")) {
        secret("token")?;
    }
    if let Some(flaw) = wording.flaw(&PLACES, tongue) {
        return Err(fault::config("nonsense", &flaw));
    }
    for (setting, text, places) in [("path", raw("path"), &PLACES[..]), ("ask-path", raw("ask-path"), &["id"])] {
        if let Some(name) = template::stranger(&text, places) {
            let words = tongue.pick("finnes ikke her", "is not known here");
            return Err(fault::config("nonsense", &format!("{setting}: {{{name}}} {words}")));
        }
    }
    for (place, setting) in [("to", "to_digits"), ("text", "text")] {
        let all = format!("{}{}", wording.body, wording.address);
        if !template::has(&all, place) && !template::has(&all, setting) {
            let words = tongue.pick("må stå i det som sendes", "has to stand in what is sent");
            return Err(fault::config("nonsense", &format!("body: {{{place}}} {words}")));
        }
    }
    Ok(())
}
