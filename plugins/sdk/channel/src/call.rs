//! Requests to a remote, and what their answers mean.

use crate::{
    Result,
    content::Content,
    fault, http, json,
    types::{Header, HttpBody, HttpMethod, HttpRequest, HttpResponse, Part, PluginError},
    worded,
};
use serde_json::Value;

/// The longest pause that a remote's wish is followed for, in seconds: a day.
const LONGEST_PAUSE_S: i64 = 86_400;

/// A request to be made.
#[derive(Clone, Debug)]
pub struct Call(HttpRequest);

impl Call {
    /// Asks for something.
    pub fn get(url: String) -> Self {
        Self::new(HttpMethod::Get, url)
    }

    /// Hands something over.
    pub fn post(url: String) -> Self {
        Self::new(HttpMethod::Post, url)
    }

    /// By any method.
    pub fn new(method: HttpMethod, url: String) -> Self {
        Self(HttpRequest { method, url, headers: vec![], body: HttpBody::Empty, timeout_ms: None })
    }

    /// With a field; `{{secret:NAME}}` in it is filled in by the host.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0.headers.push(Header { name: name.to_owned(), value: value.as_bytes().to_vec() });
        self
    }

    /// With JSON.
    pub fn json(mut self, json: &Value) -> Self {
        self.0.body = HttpBody::Bytes(json.to_string().into_bytes());
        self.header("content-type", "application/json; charset=utf-8")
    }

    /// With text of a kind that is said in a header.
    pub fn text(mut self, text: String) -> Self {
        self.0.body = HttpBody::Bytes(text.into_bytes());
        self
    }

    /// With a form, `application/x-www-form-urlencoded`.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.0.body = HttpBody::Bytes(pairs(fields).into_bytes());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// With a form of several parts; the host writes it.
    pub fn parts(mut self, parts: Vec<Part>) -> Self {
        self.0.body = HttpBody::Multipart(parts);
        self
    }

    /// With a file's bytes.
    pub fn blob(mut self, id: String) -> Self {
        self.0.body = HttpBody::Blob(id);
        self
    }

    /// At most so many milliseconds.
    pub fn within(mut self, ms: u32) -> Self {
        self.0.timeout_ms = Some(ms);
        self
    }

    /// The text or form that is handed over, for those who sign it; empty for anything else.
    pub fn body(&self) -> &[u8] {
        match &self.0.body {
            HttpBody::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// The request itself.
    pub fn request(self) -> HttpRequest {
        self.0
    }

    /// Makes a request that does no harm when it is made again.
    ///
    /// # Errors
    /// Why there was no answer.
    pub fn read(self) -> Result<Answer> {
        http::fetch(&self.0).map(|said| Answer::new(said, false)).map_err(|why| unreached(why, false))
    }

    /// Makes a request that must have its effect once.
    ///
    /// # Errors
    /// As [`Self::read`]; [`fault::unclear`] where it may have had it, and so says [`Answer::fault`] of what is answered.
    pub fn write(self) -> Result<Answer> {
        http::fetch(&self.0).map(|said| Answer::new(said, true)).map_err(|why| unreached(why, true))
    }
}

/// Fields as a query or a form has them.
pub fn pairs(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A piece of a path: what may not stand in one is written as RFC 3986, section 2.1 says.
pub fn segment(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

/// Why there was no answer; `once`, where the request must not be made twice.
pub(crate) fn unreached(why: http::HttpError, once: bool) -> PluginError {
    use http::HttpError as E;
    match why {
        E::Denied(words) | E::Invalid(words) => fault::config(
            "not-allowed",
            &worded!("kallet ble ikke tillatt: {words}", "the request was not allowed: {words}"),
        ),
        E::Timeout | E::Other(_) if once => fault::unclear(&worded!(
            "det kom ikke noe svar etter at den var sendt: den kan ha kommet fram",
            "no answer came after it had been sent: it may have arrived"
        )),
        E::TooLarge => fault::permanent(
            "too-large",
            &worded!("svaret fra den andre siden er for stort", "what the other side answers is too large"),
        ),
        _ => fault::retryable("not-reached", &worded!("den andre siden svarte ikke", "the other side was not reached")),
    }
}

/// What a remote answered.
#[derive(Clone, Debug)]
pub struct Answer {
    said: HttpResponse,
    once: bool,
}

impl Answer {
    /// To a request; `once`, where that must not be made twice.
    pub fn new(said: HttpResponse, once: bool) -> Self {
        Self { said, once }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.said.status
    }

    /// Whether the request must not be made twice, and may have had its effect: it broke off behind whoever took it.
    pub fn is_unclear(&self) -> bool {
        self.once && matches!(self.said.status, 408 | 500 | 502 | 504)
    }

    /// Its JSON; null for anything else.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.said.body).unwrap_or_default()
    }

    /// Whatever it carries, read by its places, also where it is not what it is said to be; nothing where it breaks off.
    pub fn content(&self) -> Content {
        let kind = self.header("content-type").unwrap_or_default();
        let read = Content::read(&kind, &self.said.body).or_else(|_| Content::read("", &self.said.body));
        read.unwrap_or_default()
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<String> {
        let found = self.said.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(&found.value).trim().to_owned())
    }

    /// How long the remote asks to wait (RFC 9110, section 10.2.3, as seconds), in milliseconds.
    pub fn retry_after_ms(&self) -> Option<u32> {
        self.header("retry-after").and_then(|text| text.parse().ok()).and_then(pause)
    }

    /// What the status says by itself, for remotes that say no more; `who` is their name, `words` what they said. Where
    /// [`Self::is_unclear`], that.
    pub fn fault(&self, who: &str, words: Option<String>) -> PluginError {
        let said = words.map(|words| format!(": {words}")).unwrap_or_default();
        match self.said.status {
            status if self.is_unclear() => fault::unclear(&worded!(
                "{who} feilet ({status}): den kan ha kommet fram{said}",
                "{who} failed ({status}): it may have arrived{said}"
            )),
            401 | 403 => {
                fault::auth("refused", &worded!("{who} godtar ikke nøkkelen{said}", "{who} refuses the key{said}"))
            }
            429 => fault::limited(
                &worded!("{who} vil ha det saktere{said}", "{who} wants it slower{said}"),
                self.retry_after_ms(),
            ),
            408 | 425 | 500..=599 => {
                fault::retryable("busy", &worded!("{who} kan ikke nå{said}", "{who} can't now{said}"))
            }
            status => fault::permanent(
                "refused",
                &worded!("{who} tar den ikke imot ({status}){said}", "{who} does not want it ({status}){said}"),
            ),
        }
    }

    /// What a remote's own word means here: that a request may have had its effect does no harm where it may be made again.
    pub fn judged(&self, why: PluginError) -> PluginError {
        match why {
            PluginError::Retryable(failure) if !self.once && failure.code == "unclear" => {
                fault::retryable("busy", &failure.message)
            }
            why => why,
        }
    }

    /// The JSON of an answer that is a yes.
    ///
    /// # Errors
    /// As [`Self::fault`], with the words at `words` in the JSON.
    pub fn good(&self, who: &str, words: &str) -> Result<Value> {
        match self.said.status {
            200..=299 => Ok(self.json()),
            _ => Err(self.fault(who, json::text(&self.json(), words))),
        }
    }
}

/// Seconds as the contract's milliseconds, at most a day.
pub fn pause(seconds: i64) -> Option<u32> {
    (seconds >= 0).then(|| (seconds.min(LONGEST_PAUSE_S) * 1_000) as u32)
}

#[cfg(test)]
mod tests {
    use super::{Answer, pairs, pause, segment, unreached};
    use crate::{
        fault,
        http::HttpError,
        types::{Header, HttpResponse, PluginError},
    };

    fn answer(status: u16, retry_after: &str) -> Answer {
        let header = Header { name: "Retry-After".to_owned(), value: retry_after.as_bytes().to_vec() };
        let body = b"{\"why\":\"no\"}".to_vec();
        Answer::new(HttpResponse { status, headers: vec![header], body, truncated: false }, false)
    }

    #[test]
    fn a_status_says_what_comes_next() {
        let fault = |status| answer(status, "7").good("Parrot", "why").unwrap_err();
        assert!(matches!(fault(401), PluginError::Auth(why) if why.message == "Parrot refuses the key: no"));
        assert!(matches!(fault(429), PluginError::RateLimited(why) if why.retry_after_ms == Some(7_000)));
        assert!(matches!(fault(503), PluginError::Retryable(_)));
        assert!(matches!(fault(302), PluginError::Permanent(_)));
        assert!(answer(204, "").good("Parrot", "why").is_ok());
        assert_eq!(answer(429, "Wed, 21 Oct 2015 07:28:00 GMT").retry_after_ms(), None);
        assert_eq!((pause(-1), pause(i64::MAX)), (None, Some(86_400_000)));
    }

    #[test]
    fn what_may_have_arrived_is_not_sent_again() {
        assert!(fault::is_unclear(&unreached(HttpError::Timeout, true)));
        assert!(!fault::is_unclear(&unreached(HttpError::Timeout, false)));
        assert!(!fault::is_unclear(&unreached(HttpError::Refused, true)));
        assert!(matches!(unreached(HttpError::Denied("x".to_owned()), true), PluginError::Config(_)));
        let fault = |status, once| Answer { once, ..answer(status, "") }.fault("Parrot", None);
        for status in [408, 500, 502, 504] {
            assert!(fault::is_unclear(&fault(status, true)), "{status}");
            assert!(!fault::is_unclear(&fault(status, false)) && fault::passes(&fault(status, false)), "{status}");
        }
        for status in [400, 401, 425, 429, 503] {
            assert!(!fault::is_unclear(&fault(status, true)), "{status}");
        }
        assert!(fault::passes(&fault(503, true)) && fault::passes(&fault(429, true)));
        let judged = |once| Answer { once, ..answer(200, "") }.judged(fault::unclear("perhaps"));
        assert!(
            fault::is_unclear(&judged(true)) && !fault::is_unclear(&judged(false)) && fault::passes(&judged(false))
        );
    }

    #[test]
    fn what_stands_in_an_address_is_written_as_addresses_are() {
        assert_eq!(pairs(&[("a b", "ø&"), ("c", "+47")]), "a+b=%C3%B8%26&c=%2B47");
        assert_eq!(segment("19:a/../b?c@thread.v2;x"), "19:a%2F..%2Fb%3Fc@thread.v2%3Bx");
    }
}
