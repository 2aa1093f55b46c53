//! A request as an administrator wrote it: how, where to, and what stands in it, with places to be filled in ([`template`]).

use crate::{
    Tongue,
    call::Call,
    config,
    template::{self, Values},
    types::HttpMethod,
};
use serde_json::Value;

/// What is sent along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// JSON in the body.
    Json,
    /// A form in the body.
    Form,
    /// Nothing but what stands behind `?`.
    Query,
}

/// The request; its fields are the settings of the same names.
#[derive(Clone, Debug, PartialEq)]
pub struct Wording {
    /// How it is made.
    pub method: HttpMethod,
    /// Where to; also with places in it.
    pub address: String,
    /// What is sent along.
    pub shape: Shape,
    /// What stands in that.
    pub body: String,
    /// A line each.
    pub headers: String,
}

impl Wording {
    /// As the settings `method`, `shape`, `body` and `headers` say.
    pub fn of_account(address: String) -> Self {
        let setting = |name: &str| config::get(name).unwrap_or_default();
        Self {
            method: match setting("method").as_str() {
                "get" => HttpMethod::Get,
                "put" => HttpMethod::Put,
                _ => HttpMethod::Post,
            },
            address,
            shape: match setting("shape").as_str() {
                "form" => Shape::Form,
                "query" => Shape::Query,
                _ => Shape::Json,
            },
            body: setting("body"),
            headers: setting("headers"),
        }
    }

    /// The request itself.
    pub fn call(&self, values: &Values) -> Call {
        let address = template::path(&self.address, values);
        let (address, body) = match self.shape {
            Shape::Json => (address, Some(("application/json; charset=utf-8", template::json(&self.body, values)))),
            Shape::Form => {
                let fields = template::fields(&self.body, values);
                let fields: Vec<_> = fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
                (address, Some(("application/x-www-form-urlencoded", crate::call::pairs(&fields))))
            }
            Shape::Query => {
                let query = template::query(&self.body, values);
                let joint = if query.is_empty() {
                    ""
                } else if address.contains('?') {
                    "&"
                } else {
                    "?"
                };
                (format!("{address}{joint}{query}"), None)
            }
        };
        let headers = template::headers(&self.headers, values);
        let says_kind = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let mut call = Call::new(self.method, address);
        if let Some((kind, text)) = body {
            call = call.text(text);
            call = if says_kind { call } else { call.header("content-type", kind) };
        }
        headers.iter().fold(call, |call, (name, value)| call.header(name, value))
    }

    /// What is wrong with it, by the setting's name, where these are the places that can be filled in.
    pub fn flaw(&self, known: &[&str], tongue: Tongue) -> Option<String> {
        let bare = self.method == HttpMethod::Get && self.shape != Shape::Query;
        if bare {
            let words = tongue.pick(
                "shape: GET har ikke noe innhold: velg at det står i adressen",
                "shape: GET carries no body: choose that it stands in the address",
            );
            return Some(words.to_owned());
        }
        for (setting, text) in [("body", &self.body), ("headers", &self.headers)] {
            if let Some(name) = template::stranger(text, known) {
                let words = tongue.pick("finnes ikke her. Det som finnes, er", "is not known here. What is known:");
                let all: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
                return Some(format!("{setting}: {{{name}}} {words} {}", all.join(" ")));
            }
        }
        if let Some(line) = self.headers.lines().find(|line| !line.trim().is_empty() && !is_header(line)) {
            let words = tongue.pick("er ikke på formen Navn: verdi", "is not of the form Name: value");
            return Some(format!("headers: “{}” {words}", line.trim()));
        }
        if self.shape != Shape::Query && template::has_secret(&self.body) {
            let words = tongue.pick(
                "body: hemmeligheter fylles bare inn i adressen og i hodefeltene",
                "body: secrets are filled in in the address and the headers only",
            );
            return Some(words.to_owned());
        }
        let sample: Vec<(&str, &str)> = known.iter().map(|name| (*name, "1")).collect();
        match serde_json::from_str::<Value>(&template::json(&self.body, &sample)) {
            Err(why) if self.shape == Shape::Json => {
                let words = tongue.pick("dette er ikke gyldig JSON", "this is no valid JSON");
                Some(format!("body: {words} ({why})"))
            }
            _ => None,
        }
    }
}

fn is_header(line: &str) -> bool {
    let name = line.split_once(':').map_or("", |(name, _)| name.trim());
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::{Shape, Wording};
    use crate::{
        Tongue,
        types::{HttpBody, HttpMethod},
    };

    fn wording(method: HttpMethod, shape: Shape, body: &str) -> Wording {
        let headers = "Authorization: Bearer {{secret:token}}".to_owned();
        Wording { method, address: "https://sms.example/send".to_owned(), shape, body: body.to_owned(), headers }
    }

    #[test]
    fn a_request_is_made_as_it_is_worded() {
        let values = [("to", "+4740000000"), ("text", "Hei & \"hå\"")];
        let made = |method, shape, body: &str| {
            let request = wording(method, shape, body).call(&values).request();
            let body = match request.body {
                HttpBody::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
                _ => String::new(),
            };
            let kind = request.headers.iter().find(|header| header.name == "content-type");
            (request.url, body, kind.map(|header| String::from_utf8(header.value.clone()).unwrap()))
        };
        let (url, body, kind) = made(HttpMethod::Post, Shape::Json, r#"{"to":"{to}","text":"{text}"}"#);
        assert_eq!(
            (url.as_str(), body.as_str()),
            ("https://sms.example/send", r#"{"to":"+4740000000","text":"Hei & \"hå\""}"#)
        );
        assert!(kind.unwrap().starts_with("application/json"));
        let (_, body, kind) = made(HttpMethod::Post, Shape::Form, "to={to}\ntext={text}");
        assert_eq!(body, "to=%2B4740000000&text=Hei+%26+%22h%C3%A5%22");
        assert_eq!(kind.as_deref(), Some("application/x-www-form-urlencoded"));
        let (url, body, kind) = made(HttpMethod::Get, Shape::Query, "to={to}&key={{secret:token}}");
        assert_eq!(url, "https://sms.example/send?to=%2B4740000000&key={{secret:token}}");
        assert_eq!((body.as_str(), kind), ("", None));
    }

    #[test]
    fn what_is_wrong_is_said_by_the_settings_name() {
        let flaw = |method, shape, body: &str| {
            wording(method, shape, body).flaw(&["to", "text"], Tongue::En).unwrap_or_default()
        };
        assert_eq!(flaw(HttpMethod::Post, Shape::Json, r#"{"to":{to},"text":"{text}"}"#), "");
        assert!(
            flaw(HttpMethod::Post, Shape::Json, r#"{"to":"{mobile}"}"#).starts_with("body: {mobile} is not known here")
        );
        assert!(flaw(HttpMethod::Post, Shape::Json, r#"{"to":"{to}""#).starts_with("body: this is no valid JSON"));
        assert!(flaw(HttpMethod::Post, Shape::Form, "key={{secret:token}}").starts_with("body: secrets"));
        assert!(flaw(HttpMethod::Get, Shape::Json, "{}").starts_with("shape:"));
        let bad = Wording { headers: "nonsense".to_owned(), ..wording(HttpMethod::Post, Shape::Form, "a=b") };
        assert!(bad.flaw(&[], Tongue::Nb).unwrap().starts_with("headers: “nonsense”"));
    }
}
