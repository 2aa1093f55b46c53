//! The contract's side.

use crate::{address, facts};
use exports::saker::plugin::{descriptor, enricher};
use saker::plugin::{clock, config, http, types};

wit_bindgen::generate!({ path: "../../wit", world: "enrich" });

/// Companies change seldom: thirty days, in milliseconds.
const STAYS: f64 = 30.0 * 24.0 * 3_600_000.0;

struct Register;
export!(Register);

impl descriptor::Guest for Register {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.register".into(),
            name: "Norwegian register of enterprises".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Shows what the register knows about a company.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl enricher::Guest for Register {
    fn enrich(_: types::Party, context: types::Attrs) -> Result<Vec<enricher::Fact>, types::PluginError> {
        let organisation = context.iter().find(|(name, _)| name == "organisation").map(|(_, value)| value.trim());
        let Some(organisation) = organisation.filter(|name| !name.is_empty()) else { return Ok(vec![]) };
        let register = config::get("address").filter(|address| !address.is_empty());
        let request = types::HttpRequest {
            method: types::HttpMethod::Get,
            url: address(register.as_deref().unwrap_or("https://data.brreg.no"), organisation),
            headers: vec![types::Header { name: "accept".into(), value: b"application/json".to_vec() }],
            body: types::HttpBody::Empty,
            timeout_ms: None,
        };
        let answer = http::fetch(&request)
            .map_err(|_| later(told("registeret svarte ikke", "the register was not reached"), None))?;
        match answer.status {
            200..=299 => {}
            404 => return Ok(vec![]),
            429 | 500..=599 => {
                return Err(later(told("registeret kan ikke nå", "the register can’t now"), Some(answer.status)));
            }
            status => {
                return Err(types::PluginError::Permanent(failure(
                    told("registeret svarer ikke på det", "the register does not answer that"),
                    Some(status),
                )));
            }
        }
        let json = serde_json::from_slice(&answer.body).map_err(|why| {
            let words = told("svaret kan ikke leses", "the answer can’t be read");
            types::PluginError::Permanent(failure(&format!("{words}: {why}"), None))
        })?;
        let expires = clock::now() + STAYS;
        let fact = |(key, value): (&'static str, String)| enricher::Fact {
            key: key.to_owned(),
            value,
            source: "data.brreg.no".to_owned(),
            expires_at: Some(expires),
        };
        Ok(facts(&json, organisation).into_iter().map(fact).collect())
    }
}

/// In the language that the settings say.
fn told<'a>(nb: &'a str, en: &'a str) -> &'a str {
    if config::get("language").as_deref() == Some("en") { en } else { nb }
}

fn failure(message: &str, status: Option<u16>) -> types::Failure {
    types::Failure {
        code: "register".to_owned(),
        message: message.to_owned(),
        remote_status: status,
        retry_after_ms: None,
    }
}

fn later(message: &str, status: Option<u16>) -> types::PluginError {
    types::PluginError::Retryable(failure(message, status))
}
