//! Says what a company's own address book knows about whoever asks: what they do, where they sit, how to reach them. Saker shows
//! it beside their name, and asks again after a day.

use exports::saker::plugin::{
    descriptor,
    enricher::{self, Fact},
};
use saker::plugin::{
    clock, config, http,
    types::{Attrs, Failure, Header, HttpBody, HttpMethod, HttpRequest, HttpResponse, Party, PluginError},
};
use serde_json::Value;

wit_bindgen::generate!({ path: "wit", world: "enrich" });

struct Book;
export!(Book);

/// How long it holds what the book says, in milliseconds: a day.
const HOLDS: f64 = 86_400_000.0;

impl descriptor::Guest for Book {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "com.example.spyglass".into(),
            name: "Spyglass".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Shows what the company's own address book knows about a person.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl enricher::Guest for Book {
    /// The context of a call has the person's language, and their organisation and telephone number where these are known; this
    /// book is asked by the address alone. Its answer is `{"title", "department", …}`, and 404 for whom it does not know.
    fn enrich(who: Party, _: Attrs) -> Result<Vec<Fact>, PluginError> {
        let address = who.address.trim().to_lowercase();
        if !is_ours(&address) {
            return Ok(vec![]);
        }
        let book = server()?;
        let answer = asked(format!("{book}/v1/people?email={}", encoded(&address)))?;
        // Not everybody stands in it.
        if answer.status == 404 {
            return Ok(vec![]);
        }
        let nonsense = |_| PluginError::Permanent(failure("spyglass", "the address book's answer is no JSON", None));
        let person: Value = serde_json::from_slice(&good(answer)?.body).map_err(nonsense)?;
        let (source, expires_at) = (book.rsplit("://").next().unwrap_or_default(), clock::now() + HOLDS);
        let fact = |(field, key): (String, String)| {
            let value = person[field].as_str().map(str::trim).filter(|value| !value.is_empty())?;
            Some(Fact { key, value: value.into(), source: source.into(), expires_at: Some(expires_at) })
        };
        Ok(fields().into_iter().filter_map(fact).collect())
    }
}

/// Nobody's address leaves the house but those of its own domains.
fn is_ours(address: &str) -> bool {
    let Some((name, domain)) = address.rsplit_once('@') else { return false };
    let domains = setting("domains").to_lowercase();
    !name.is_empty() && !domain.is_empty() && domains.split(',').any(|ours| ours.trim() == domain)
}

/// The book's fields that are shown, and what they are called: `department = Department`, a line each.
fn fields() -> Vec<(String, String)> {
    let field = |line: &str| match line.split('=').map(str::trim).collect::<Vec<_>>()[..] {
        [field, key] if !field.is_empty() && !key.is_empty() => Some((field.to_owned(), key.to_owned())),
        _ => None,
    };
    setting("fields").lines().filter_map(field).collect()
}

/// Where the book is: everybody has their own.
fn server() -> Result<String, PluginError> {
    match setting("server").trim_end_matches('/') {
        "" => Err(PluginError::Config(failure("setting-missing", "server: Where is the address book?", None))),
        address => Ok(address.to_owned()),
    }
}

fn setting(name: &str) -> String {
    config::get(name).unwrap_or_default().trim().to_owned()
}

/// The book's answer, whatever it is.
fn asked(url: String) -> Result<HttpResponse, PluginError> {
    let key = Header { name: "authorization".into(), value: b"Bearer {{secret:token}}".to_vec() };
    let (method, body) = (HttpMethod::Get, HttpBody::Empty);
    let request = HttpRequest { method, url, headers: vec![key], body, timeout_ms: None };
    http::fetch(&request).map_err(|why| match why {
        http::HttpError::Denied(words) | http::HttpError::Invalid(words) => {
            PluginError::Config(failure("not-allowed", &words, None))
        }
        http::HttpError::TooLarge => {
            PluginError::Permanent(failure("too-large", "what the address book answers is too large", None))
        }
        _ => PluginError::Retryable(failure("not-reached", "the address book was not reached", None)),
    })
}

/// An answer that is a yes, and what the status says of any other.
fn good(answer: HttpResponse) -> Result<HttpResponse, PluginError> {
    let why = |code, message| failure(code, message, Some(answer.status));
    match answer.status {
        200..300 => Ok(answer),
        401 | 403 => Err(PluginError::Auth(why("refused", "the address book does not know the token"))),
        429 => Err(PluginError::RateLimited(why("too-fast", "the address book wants it slower"))),
        408 | 500.. => Err(PluginError::Retryable(why("busy", "the address book can't now"))),
        _ => Err(PluginError::Permanent(why("refused", "the address book does not want it"))),
    }
}

fn failure(code: &str, message: &str, remote_status: Option<u16>) -> Failure {
    Failure { code: code.into(), message: message.into(), remote_status, retry_after_ms: None }
}

/// As a piece of an address.
fn encoded(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(letter).collect()
}
