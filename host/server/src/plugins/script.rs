//! What the host answers in a call that is done again, and what was wrong with how it was asked.

use super::{
    contract::types::{HttpMethod, HttpRequest},
    difference::difference,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};

/// What the host is asked that leaves the machine.
const REQUESTS: [&str; 2] = ["http.fetch", "http.fetch-to-blob"];

/// One thing that the host was asked and answered: `["http.fetch", {"Ok": …}]`, and for requests, where its author wants it,
/// what is asked for: `["http.fetch", {"Ok": …}, {"method": "post", "url": "https://…"}]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "Vec<Value>", into = "Vec<Value>")]
pub struct Recorded {
    what: String,
    answer: Value,
    asked: Option<Asked>,
}

/// A request as a person expects it; what is not named may be as it is.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    method: Option<String>,
    /// As the plugin writes it: `{{secret:NAME}}` stands for itself.
    url: Option<String>,
    /// By name, in any case; null for one that must not be there.
    headers: BTreeMap<String, Option<String>>,
    /// Text as it stands; parts of JSON, of a form's fields, of a form of several parts.
    body: Value,
}

/// Where a call comes from that is done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A server, or the kit itself: no secret is known, and something stands in where one is asked for.
    Bare,
    /// An author's file, which says all that matters: what is asked beyond it is wrong.
    Whole,
}

/// The answers of one call, in order, and what its author should hear.
#[derive(Debug)]
pub struct Script {
    pub source: Source,
    answers: VecDeque<Recorded>,
    complaints: Vec<String>,
}

/// How a request is shown to whoever compares it: before any secret is filled in.
pub struct Shown {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: ShownBody,
}

/// What is sent along.
pub enum ShownBody {
    Bytes(Vec<u8>),
    Parts(Vec<ShownPart>),
}

/// One part of a form.
#[derive(Serialize)]
pub struct ShownPart {
    pub name: String,
    pub filename: Option<String>,
    pub mime: Option<String>,
    pub content: Vec<u8>,
}

impl Script {
    pub fn new(source: Source, answers: &[Recorded]) -> Self {
        Self { source, answers: answers.iter().cloned().collect(), complaints: vec![] }
    }

    /// What the host answered when this was done for the first time; none where it was never asked, and where what was
    /// written down is no answer to this.
    pub fn answer<T: DeserializeOwned>(&mut self, what: &str) -> Option<T> {
        let recorded = self.take(what)?;
        self.read(&recorded)
    }

    /// A request that is against the manifest. An author may have written down that it is refused.
    pub fn refuse(&mut self, what: &str, shown: &Shown, why: &str) {
        if !self.take(what).is_some_and(|recorded| recorded.is_refusal()) {
            self.complaints.push(format!("{} is refused: {why}", shown.line()));
        }
    }

    /// The same for a request, which is compared with what was expected.
    pub fn answer_request<T: DeserializeOwned>(&mut self, what: &str, shown: &Shown) -> Option<T> {
        let recorded = self.take(what);
        let Some(recorded) = recorded else {
            if self.source == Source::Whole {
                self.complaints.push(format!("it asks for {}, and \"host\" has no {what} for it", shown.line()));
            }
            return None;
        };
        if let Some(words) = recorded.asked.as_ref().and_then(|asked| asked.differs(shown)) {
            self.complaints.push(format!("{}: {words}", shown.line()));
        }
        self.read(&recorded)
    }

    /// What its author should hear, once the call has ended: also what was never asked for.
    pub fn complaints(self) -> Vec<String> {
        let mut complaints = self.complaints;
        complaints
            .extend(self.answers.iter().map(|left| format!("\"host\" has a {} that is never asked for", left.what)));
        complaints
    }

    fn take(&mut self, what: &str) -> Option<Recorded> {
        let at = self.answers.iter().position(|recorded| recorded.what == what)?;
        self.answers.remove(at)
    }

    fn read<T: DeserializeOwned>(&mut self, recorded: &Recorded) -> Option<T> {
        match super::replay::value(recorded.answer.clone()) {
            Ok(answer) => Some(answer),
            Err(why) => {
                self.complaints.push(format!("what \"host\" has for {} can't be read: {why}", recorded.what));
                None
            }
        }
    }
}

impl Recorded {
    /// Its answer in the spelling of records, however it was written.
    pub fn spelled(self) -> Self {
        Self { answer: super::spelling::recorded(self.answer), ..self }
    }

    /// The author knows that this is refused.
    fn is_refusal(&self) -> bool {
        ["Denied", "Invalid"].iter().any(|case| !self.answer["Err"][case].is_null())
    }
}

impl TryFrom<Vec<Value>> for Recorded {
    type Error = String;

    fn try_from(parts: Vec<Value>) -> Result<Self, String> {
        let mut parts = parts.into_iter();
        let (what, answer, asked) = (parts.next(), parts.next(), parts.next());
        let (Some(Value::String(what)), Some(answer), None) = (what, answer, parts.next()) else {
            return Err("\"host\" has lists of a name, an answer and, for requests, what is asked".to_owned());
        };
        let asked = match asked {
            Some(_) if !REQUESTS.contains(&what.as_str()) => {
                return Err(format!("what is asked can be said of {}, not of {what}", REQUESTS.join(" and ")));
            }
            Some(asked) => {
                let asked = serde_json::from_value(asked);
                Some(asked.map_err(|why| format!("what {what} is asked can't be read: {why}"))?)
            }
            None => None,
        };
        Ok(Self { what, answer, asked })
    }
}

impl From<Recorded> for Vec<Value> {
    fn from(recorded: Recorded) -> Self {
        let Recorded { what, answer, asked } = recorded;
        let asked = asked.map(|asked| json!(asked));
        [json!(what), answer].into_iter().chain(asked).collect()
    }
}

impl Asked {
    fn differs(&self, shown: &Shown) -> Option<String> {
        let method = self.method.as_deref().filter(|method| !method.eq_ignore_ascii_case(shown.method));
        if let Some(method) = method {
            return Some(format!("the method is {}, not {}", shown.method, method.to_uppercase()));
        }
        if let Some(url) = self.url.as_deref().filter(|url| *url != shown.url) {
            return Some(format!("the address is {:?}, not {url:?}", shown.url));
        }
        for (name, expected) in &self.headers {
            let there = shown.header(name);
            if there != expected.as_deref() {
                let said = |value: Option<&str>| value.map_or("missing".to_owned(), |value| format!("{value:?}"));
                let wanted = if expected.is_some() { said(expected.as_deref()) } else { "there".to_owned() };
                return Some(format!("the header {name} is {}, not {wanted}", said(there)));
            }
        }
        shown.body_differs(&self.body)
    }
}

impl Shown {
    /// A request before it is made, with what it sends along.
    pub fn of(request: &HttpRequest, body: ShownBody) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = request.headers.iter().map(|field| (field.name.clone(), text(&field.value))).collect();
        Self { method: method(request.method), url: request.url.clone(), headers, body }
    }

    fn line(&self) -> String {
        format!("{} {}", self.method, super::tidy::line(&self.url, 300))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn body_differs(&self, expected: &Value) -> Option<String> {
        let bytes = match &self.body {
            ShownBody::Parts(parts) => return difference(expected, &json!(parts), "the body"),
            ShownBody::Bytes(bytes) => bytes,
        };
        let text = String::from_utf8_lossy(bytes);
        match expected {
            Value::Null => None,
            Value::String(expected) => (*expected != text).then(|| format!("the body is {text:?}, not {expected:?}")),
            _ if self
                .header("content-type")
                .is_some_and(|mime| mime.starts_with("application/x-www-form-urlencoded")) =>
            {
                let fields = url::form_urlencoded::parse(bytes);
                let fields: Map<_, _> = fields.map(|(name, value)| (name.into_owned(), json!(value))).collect();
                difference(expected, &Value::Object(fields), "the body")
            }
            _ => match serde_json::from_slice(bytes) {
                Ok(found) => difference(expected, &found, "the body"),
                Err(_) => Some(format!("the body is {text:?}, and no JSON")),
            },
        }
    }
}

/// A method as it goes over the wire.
pub fn method(method: HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Head => "HEAD",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
    }
}

#[cfg(test)]
mod tests {
    use super::{Recorded, Script, Shown, ShownBody, ShownPart, Source};
    use serde_json::{Value, json};

    fn shown(mime: &str, body: ShownBody) -> Shown {
        let headers = vec![
            ("Content-Type".to_owned(), mime.to_owned()),
            ("Authorization".to_owned(), "Bearer {{secret:token}}".to_owned()),
        ];
        Shown { method: "POST", url: "https://api.example/v1".to_owned(), headers, body }
    }

    /// What is complained about where this is expected of a request.
    fn heard(asked: Value, shown: &Shown) -> Vec<String> {
        let recorded: Recorded = serde_json::from_value(json!(["http.fetch", 7, asked])).unwrap();
        let mut script = Script::new(Source::Whole, &[recorded]);
        assert_eq!(script.answer_request::<u32>("http.fetch", shown), Some(7));
        script.complaints()
    }

    #[test]
    fn a_request_is_compared_in_the_parts_that_are_named() {
        let sent = shown("application/json", ShownBody::Bytes(br#"{"text":"Hei","key":"k"}"#.to_vec()));
        for good in [
            json!({}),
            json!({ "method": "post", "url": "https://api.example/v1" }),
            json!({ "headers": { "authorization": "Bearer {{secret:token}}", "cookie": null } }),
            json!({ "body": { "text": "Hei" } }),
            json!({ "body": "{\"text\":\"Hei\",\"key\":\"k\"}" }),
        ] {
            assert_eq!(heard(good.clone(), &sent), Vec::<String>::new(), "{good}");
        }
        for (bad, words) in [
            (json!({ "method": "put" }), "the method is POST, not PUT"),
            (json!({ "url": "https://api.example/v2" }), "the address is \"https://api.example/v1\""),
            (json!({ "headers": { "x-key": "1" } }), "the header x-key is missing, not \"1\""),
            (json!({ "headers": { "authorization": null } }), "not there"),
            (json!({ "body": { "text": "Ha" } }), "the body.text is \"Hei\", not \"Ha\""),
            (json!({ "body": { "txt": "Hei" } }), "the body.txt is not there"),
            (json!({ "body": "Hei" }), "not \"Hei\""),
        ] {
            let heard = heard(bad, &sent);
            assert!(heard.len() == 1 && heard[0].contains(words), "{heard:?} {words}");
        }
    }

    #[test]
    fn forms_are_compared_by_their_fields() {
        let form = shown("application/x-www-form-urlencoded", ShownBody::Bytes(b"To=%2B47&Body=a+b".to_vec()));
        assert!(heard(json!({ "body": { "To": "+47", "Body": "a b" } }), &form).is_empty());
        assert_eq!(heard(json!({ "body": { "To": "47" } }), &form).len(), 1);
        let part = ShownPart { name: "file".to_owned(), filename: None, mime: None, content: b"hi".to_vec() };
        let parts = shown("", ShownBody::Parts(vec![part]));
        assert!(heard(json!({ "body": [{ "name": "file", "content": "hi" }] }), &parts).is_empty());
        assert_eq!(heard(json!({ "body": [{ "name": "file", "content": "ho" }] }), &parts).len(), 1);
    }

    #[test]
    fn what_is_left_and_what_makes_no_sense_is_told() {
        let host: Vec<Recorded> =
            serde_json::from_value(json!([["http.fetch", "x"], ["http.fetch", 7], ["clock.now", 1.0]])).unwrap();
        let sent = shown("", ShownBody::Bytes(vec![]));
        let mut script = Script::new(Source::Whole, &host);
        assert_eq!(script.answer_request::<u32>("http.fetch", &sent), None);
        script.refuse("http.fetch", &sent, "evil.example was not granted");
        assert_eq!(script.answer_request::<u32>("http.fetch", &sent), None);
        let heard = script.complaints();
        for (heard, words) in
            heard.iter().zip(["can't be read: invalid type", "is refused: evil", "no http.fetch", "never asked"])
        {
            assert!(heard.contains(words), "{heard}");
        }
        assert_eq!(heard.len(), 4);
        // Nothing of its own is recorded in the kit's own calls; what is refused is told there too.
        let mut bare = Script::new(Source::Bare, &[]);
        assert_eq!(bare.answer_request::<u32>("http.fetch", &sent), None);
        assert!(bare.complaints().is_empty());
        let refused = json!(["http.fetch", { "Err": { "Denied": "x" } }]);
        let mut known = Script::new(Source::Whole, &[serde_json::from_value(refused).unwrap()]);
        known.refuse("http.fetch", &sent, "no");
        assert!(known.complaints().is_empty());
    }

    #[test]
    fn a_misspelt_expectation_names_itself() {
        let why = |value: Value| serde_json::from_value::<Recorded>(value).unwrap_err().to_string();
        assert!(why(json!(["http.fetch", {}, { "uri": "x" }])).contains("uri"));
        assert!(why(json!(["state.get", {}, {}])).contains("not of state.get"));
        assert!(why(json!(["http.fetch"])).contains("lists of a name"));
    }
}
