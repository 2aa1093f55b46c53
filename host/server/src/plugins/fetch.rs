//! The way out for plugins. An address is judged by its name against the grants, resolved once, judged again by where it
//! leads, and exactly that place is connected to. Redirects are answers like any other, and nothing is ever unpacked.

use super::{
    call::Call,
    contract::{
        http::HttpError,
        types::{HttpRequest, Part},
    },
};
use crate::hook::{Reach, reachable, speak_counted};
use base64::{Engine, engine::general_purpose::STANDARD};
use desk::model::Want;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::Bytes,
    header::{self, HeaderName, HeaderValue},
};
use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::time::timeout;
use url::Url;

/// Until the line stands.
const TO_CONNECT: Duration = Duration::from_secs(3);
/// Until the first byte of an answer, once everything has left.
const TO_BEGIN: Duration = Duration::from_secs(10);
/// Bytes a second that a request leaves with at least.
const SLOWEST: u64 = 512 << 10;
/// From one piece of an answer to the next.
const BETWEEN: Duration = Duration::from_secs(5);
/// All of it.
const TOTAL: Duration = Duration::from_secs(30);
/// Headers that a plugin may not write: they say where a request goes, how long it is and who it is from.
const OURS: [&str; 14] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "keep-alive",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "cookie",
    "via",
];
/// Headers of one request, and bytes of all of them.
pub const MOST_HEADERS: usize = 64;
const LARGEST_HEAD: usize = 32 << 10;
/// Bytes of an address.
pub const LONGEST_ADDRESS: usize = 64 << 10;

/// A request that may be made.
pub struct Judged {
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Default)]
pub struct Body {
    pub bytes: Vec<u8>,
    pub mime: Option<String>,
}

/// What came back.
pub struct Outcome {
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub truncated: bool,
    /// Bytes of the body.
    pub received: u64,
}

/// Host and path as the plugin wrote them, for the ledger: before secrets were filled in.
pub fn shown(url: &str) -> (String, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (rest[..at].to_owned(), rest[at..].to_owned())
}

/// Whether a request is of a size that is looked at: what is done with it costs the host more than the plugin that wrote it.
pub fn fits_on_the_line(req: &HttpRequest) -> Result<(), HttpError> {
    let invalid = |words: &str| Err(HttpError::Invalid(words.to_owned()));
    if req.url.len() > LONGEST_ADDRESS {
        return invalid("the address is too long");
    }
    if req.headers.len() > MOST_HEADERS {
        return invalid("too many headers");
    }
    if req.headers.iter().map(|field| field.name.len() + field.value.len()).sum::<usize>() > LARGEST_HEAD {
        return invalid("the headers are too large");
    }
    Ok(())
}

/// Whether the plugin may make this request, and what it is with its secrets filled in.
pub fn judge(call: &Call, req: &HttpRequest) -> Result<Judged, HttpError> {
    fits_on_the_line(req)?;
    let invalid = |words: &str| HttpError::Invalid(words.to_owned());
    let (scheme, _) = req.url.split_once("://").ok_or_else(|| invalid("the address is not absolute"))?;
    let (authority, rest) = shown(&req.url);
    if authority.contains(['{', '}', '@', '\\']) {
        return Err(invalid("an address names its server plainly"));
    }
    let origin = Url::parse(&format!("{scheme}://{authority}/")).map_err(|_| invalid("this is no address"))?;
    let rules = matching_rules(call, &origin, &rest)?;
    let rest = if rest.starts_with('/') { rest } else { format!("/{rest}") };
    let filled = fill(call, &rules, &rest, encoded).map_err(HttpError::Denied)?;
    let url = Url::parse(&format!("{scheme}://{authority}{filled}")).map_err(|_| invalid("this is no address"))?;
    if url.origin() != origin.origin() || !url.username().is_empty() || url.fragment().is_some() {
        return Err(invalid("an address has neither a password nor a fragment"));
    }
    // What `..` and the like made of the path must still be what was granted.
    if matching_rules(call, &url, url.path())? != rules {
        return Err(HttpError::Denied("the path leads elsewhere".to_owned()));
    }
    let (mut headers, mut size) = (vec![], 0);
    for field in &req.headers {
        let name = field.name.to_ascii_lowercase();
        if OURS.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-") {
            continue;
        }
        let value = match std::str::from_utf8(&field.value) {
            Ok(text) => fill(call, &rules, text, str::to_owned).map_err(HttpError::Denied)?.into_bytes(),
            Err(_) => field.value.clone(),
        };
        let field = (HeaderName::try_from(name), HeaderValue::try_from(value));
        let (Ok(name), Ok(value)) = field else { return Err(invalid("a header can't be written like that")) };
        size += name.as_str().len() + value.len();
        if size > LARGEST_HEAD {
            return Err(invalid("the headers are too large"));
        }
        headers.push((name, value));
    }
    Ok(Judged { url, headers })
}

/// The granted lines of the sheet under which an address may be called; at least one.
fn matching_rules(call: &Call, url: &Url, path: &str) -> Result<Vec<String>, HttpError> {
    let mut rules = vec![];
    let granted =
        call.plugin.manifest.net.hosts.iter().filter(|host| call.plugin.may(&Want::Reach { host: (*host).clone() }));
    for rule in granted {
        let setting;
        let (address, from_setting) = match rule.strip_prefix("{{").and_then(|name| name.strip_suffix("}}")) {
            Some(name) => {
                let value =
                    call.account.as_ref().and_then(|account| account.settings.get(name)).and_then(|v| v.as_str());
                let Some(address) = value.and_then(as_written) else { continue };
                setting = address;
                (setting.as_str(), true)
            }
            None => (rule.as_str(), false),
        };
        if fits(address, url, path, from_setting && call.world.reach == Reach::Anywhere) {
            rules.push(rule.clone());
        }
    }
    if rules.is_empty() {
        return Err(HttpError::Denied(format!("{} was not granted", url.host_str().unwrap_or_default())));
    }
    Ok(rules)
}

/// An address as it is compared, however somebody typed it: with capitals, letters beyond ASCII, or a port that goes without
/// saying.
fn as_written(address: &str) -> Option<String> {
    Some(Url::parse(address.trim()).ok()?.as_str().trim_end_matches('/').to_owned())
}

/// Whether an address lies under `https://HOST[:PORT][/PREFIX]`, where HOST may begin with `*.`.
fn fits(rule: &str, url: &Url, path: &str, plain_too: bool) -> bool {
    let Some((scheme, rest)) = rule.split_once("://") else { return false };
    if scheme != url.scheme() || !(scheme == "https" || (scheme == "http" && plain_too)) {
        return false;
    }
    let (authority, prefix) = rest.split_once('/').map_or((rest, ""), |(authority, prefix)| (authority, prefix));
    let default = if scheme == "https" { 443 } else { 80 };
    let (name, port) = match authority.rsplit_once(':') {
        // A colon in brackets is the address's own.
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().unwrap_or(0)),
        _ => (authority, default),
    };
    if url.port().unwrap_or(default) != port {
        return false;
    }
    let host = url.host_str().unwrap_or_default();
    let host_fits = match name.strip_prefix("*.") {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        None => host == name,
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let prefix = prefix.trim_end_matches('/');
    host_fits
        && (prefix.is_empty() || path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')))
}

/// Fills `{{secret:NAME}}` in, and `{{basic:USER:NAME}}` as RFC 7617 writes user and password.
fn fill(call: &Call, rules: &[String], text: &str, written: impl Fn(&str) -> String) -> Result<String, String> {
    let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("{{") {
        let Some(end) = rest[at..].find("}}") else { break };
        filled.push_str(&rest[..at]);
        let asked = &rest[at + 2..at + end];
        if let Some(name) = asked.strip_prefix("secret:") {
            filled.push_str(&written(call.secret_for(name, rules)?));
        } else if let Some((user, name)) = asked.strip_prefix("basic:").and_then(|asked| asked.rsplit_once(':')) {
            filled.push_str(&STANDARD.encode(format!("{user}:{}", call.secret_for(name, rules)?)));
        } else {
            filled.push_str(&rest[at..at + end + 2]);
        }
        rest = &rest[at + end + 2..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Percent-encoded where a path or a query needs it, RFC 3986, section 2; `:` may stand in both.
pub fn encoded(secret: &str) -> String {
    let mut text = String::with_capacity(secret.len());
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// What of a request is the call's.
pub struct Way {
    pub reach: Reach,
    pub wish_ms: Option<u32>,
    /// What is left of the call's time.
    pub until: Duration,
    /// Bytes of an answer, at most.
    pub most: usize,
    /// Every byte that left: line, head and body, however the request ends.
    pub written: Arc<AtomicU64>,
}

/// Makes a request.
///
/// # Errors
/// Why there is no answer.
pub async fn make(way: Way, judged: &Judged, method: &str, body: Body) -> Result<Outcome, HttpError> {
    let wish = way.wish_ms.filter(|ms| *ms > 0).map_or(TOTAL, |ms| Duration::from_millis(u64::from(ms)));
    let patience = wish.min(TOTAL).min(way.until);
    timeout(patience, exchange(&way, judged, method, body)).await.unwrap_or(Err(HttpError::Timeout))
}

async fn exchange(way: &Way, judged: &Judged, method: &str, body: Body) -> Result<Outcome, HttpError> {
    let other = |why: &dyn std::fmt::Display| HttpError::Other(super::tidy::line(&why.to_string(), 200));
    let url = &judged.url;
    let tls = url.scheme() == "https";
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(443);
    let addresses = match timeout(TO_CONNECT, reachable(way.reach, host, port)).await {
        Err(_) | Ok(Err(_)) => return Err(HttpError::Dns),
        Ok(Ok(addresses)) if addresses.is_empty() => {
            return Err(HttpError::Denied(format!("{host} leads to no public address")));
        }
        Ok(Ok(addresses)) => addresses,
    };
    let (mut sender, line) = match timeout(TO_CONNECT, speak_counted(&addresses, host, tls, way.written.clone())).await
    {
        Err(_) => return Err(HttpError::Timeout),
        Ok(Err(why)) => {
            return Err(match why.kind() {
                std::io::ErrorKind::ConnectionRefused => HttpError::Refused,
                std::io::ErrorKind::InvalidData => HttpError::Tls,
                _ => other(&why),
            });
        }
        Ok(Ok(line)) => line,
    };
    let line = Hang(tokio::spawn(line));
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::builder()
        .method(method)
        .uri(&url[url::Position::BeforePath..url::Position::AfterQuery])
        .header(header::HOST, authority)
        .header(header::USER_AGENT, concat!("Saker/", env!("CARGO_PKG_VERSION")));
    for (name, value) in judged.headers.iter().filter(|(name, _)| *name != header::USER_AGENT) {
        if body.mime.is_none() || *name != header::CONTENT_TYPE {
            request = request.header(name, value);
        }
    }
    if let Some(mime) = &body.mime {
        request = request.header(header::CONTENT_TYPE, mime);
    }
    let to_leave = Duration::from_secs(body.bytes.len() as u64 / SLOWEST);
    let request = request
        .body(Full::new(Bytes::from(body.bytes)))
        .map_err(|_| HttpError::Invalid("a header can't be written like that".to_owned()))?;
    let answer = match timeout(to_leave + TO_BEGIN, sender.send_request(request)).await {
        Err(_) => return Err(HttpError::Timeout),
        Ok(Err(why)) => return Err(other(&why)),
        Ok(Ok(answer)) => answer,
    };
    let status = answer.status().as_u16();
    let headers =
        answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let (body, truncated) = read(answer.into_body(), way.most).await?;
    drop(line);
    let received = body.len() as u64;
    Ok(Outcome { status, headers, body, truncated, received })
}

/// At most so many bytes; true where there were more. A sender that trickles is hung up on.
async fn read(mut body: hyper::body::Incoming, most: usize) -> Result<(Vec<u8>, bool), HttpError> {
    let mut bytes = vec![];
    loop {
        let frame = match timeout(BETWEEN, body.frame()).await {
            Err(_) => return Err(HttpError::Timeout),
            Ok(None) => return Ok((bytes, false)),
            Ok(Some(Err(why))) => return Err(HttpError::Other(super::tidy::line(&why.to_string(), 200))),
            Ok(Some(Ok(frame))) => frame,
        };
        let Some(data) = frame.data_ref() else { continue };
        let room = most - bytes.len();
        bytes.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok((bytes, true));
        }
    }
}

/// Ends the line when it is dropped.
struct Hang(tokio::task::JoinHandle<hyper::Result<()>>);

impl Drop for Hang {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A line that stands in no file.
pub fn boundary() -> String {
    let mut random = [0; 18];
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random);
    format!("saker-{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random))
}

/// RFC 7578.
pub fn add_part(bytes: &mut Vec<u8>, boundary: &str, part: &Part, content: &[u8]) -> Result<(), String> {
    let plain = |text: &str| text.len() <= 300 && !text.contains(['\r', '\n', '"', '\0']);
    if !plain(&part.name) || !part.filename.as_deref().is_none_or(plain) || !part.mime.as_deref().is_none_or(plain) {
        return Err("a part's name can't be written like that".to_owned());
    }
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", part.name);
    if let Some(name) = &part.filename {
        head.push_str(&format!("; filename=\"{name}\""));
    }
    if let Some(mime) = &part.mime {
        head.push_str(&format!("\r\nContent-Type: {mime}"));
    }
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(b"\r\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{as_written, encoded, fits, shown};
    use url::Url;

    #[test]
    fn an_address_lies_under_its_rule_or_not() {
        let fits = |rule: &str, url: &str| {
            let url = Url::parse(url).unwrap();
            fits(rule, &url, url.path(), false)
        };
        for (rule, url) in [
            ("https://api.example.com", "https://api.example.com/"),
            ("https://api.example.com", "https://API.example.com:443/any?where"),
            ("https://api.example.com:8443/v1", "https://api.example.com:8443/v1"),
            ("https://api.example.com/v1/", "https://api.example.com/v1/send"),
            ("https://*.example.com", "https://a.b.example.com/"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]/"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443/"),
        ] {
            assert!(fits(rule, url), "{rule} {url}");
        }
        for (rule, url) in [
            ("https://api.example.com", "http://api.example.com/"),
            ("https://api.example.com", "https://api.example.com:8443/"),
            ("https://api.example.com", "https://api.example.com.evil.example/"),
            ("https://api.example.com", "https://api.example.com./"),
            ("https://api.example.com/v1", "https://api.example.com/v10"),
            ("https://api.example.com/v1", "https://api.example.com/v1/../v2"),
            ("https://api.example.com/v1", "https://api.example.com/v1/%2e%2e/v2"),
            ("https://*.example.com", "https://example.com/"),
            ("https://*.example.com", "https://evil-example.com/"),
            ("https://*.example.com", "https://.example.com/"),
        ] {
            if let Ok(url) = Url::parse(url) {
                assert!(!super::fits(rule, &url, url.path(), false), "{rule} {url}");
            }
        }
    }

    #[test]
    fn however_an_address_was_typed_it_is_the_same() {
        for (typed, url) in [
            ("https://Chat.Fjord.no/", "https://chat.fjord.no/v1"),
            ("https://smørbrød.no", "https://xn--smrbrd-cyad.no/"),
            (" https://chat.fjord.no:443/v1 ", "https://chat.fjord.no/v1/send"),
        ] {
            let url = Url::parse(url).unwrap();
            assert!(fits(&as_written(typed).unwrap(), &url, url.path(), false), "{typed}");
        }
        assert_eq!(as_written("chat.fjord.no"), None);
    }

    #[test]
    fn an_address_is_shown_as_it_was_written() {
        assert_eq!(
            shown("https://a.example/bot{{secret:t}}/x?y"),
            ("a.example".to_owned(), "/bot{{secret:t}}/x?y".to_owned())
        );
        assert_eq!(shown("https://a.example?y"), ("a.example".to_owned(), "?y".to_owned()));
        assert_eq!(encoded("12:ab/../?x#\r\n"), "12:ab%2F..%2F%3Fx%23%0D%0A");
    }
}
