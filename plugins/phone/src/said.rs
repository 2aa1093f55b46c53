//! What an exchange sends, as JSON or as a form, read alike.

use saker_channel::{form, json};
use serde_json::Value;

/// A body, whichever of the two it is; a call without one speaks in its query.
#[derive(Clone, Debug)]
pub enum Said {
    /// `application/json`.
    Json(Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
}

impl Said {
    /// Reads one; none for what is neither.
    pub fn read(body: &[u8], query: &str) -> Option<Self> {
        if body.is_empty() {
            return Some(Self::Form(form::read(query.as_bytes())));
        }
        match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{' | b'[') => serde_json::from_slice(body).ok().map(Self::Json),
            _ => Some(Self::Form(form::read(body))),
        }
    }

    /// The text at a path or in a field; empty where there is none.
    pub fn text(&self, at: &str) -> String {
        match self {
            Self::Json(json) => json.get(at).and_then(text_of).or_else(|| json::text(json, at)).unwrap_or_default(),
            Self::Form(fields) => form::field(fields, at).trim().to_owned(),
        }
    }

    /// All of a name: `user[]` of a form, or a list in JSON.
    pub fn all(&self, at: &str) -> Vec<String> {
        match self {
            Self::Json(json) => match json.get(at) {
                Some(Value::Array(items)) => items.iter().filter_map(text_of).collect(),
                Some(one) => text_of(one).into_iter().collect(),
                None => vec![],
            },
            Self::Form(fields) => {
                let list = format!("{at}[]");
                let of =
                    |(name, value): &(String, String)| (*name == list || name == at).then(|| value.trim().to_owned());
                fields.iter().filter_map(of).filter(|value| !value.is_empty()).collect()
            }
        }
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn both_forms_say_the_same() {
        let form = Said::read(b"event=newCall&user[]=Alice&user%5B%5D=Bob&from=%2B47", "").unwrap();
        let json = Said::read(b" {\"event\":\"newCall\",\"user\":[\"Alice\",\"Bob\"],\"from\":\"+47\"}", "").unwrap();
        for said in [form, json] {
            assert_eq!((said.text("event"), said.text("from")), ("newCall".to_owned(), "+47".to_owned()));
            assert_eq!(said.all("user"), ["Alice", "Bob"]);
            assert_eq!((said.text("none"), said.all("none")), (String::new(), vec![]));
        }
        assert_eq!(Said::read(b"", "event=x").unwrap().text("event"), "x");
        assert!(Said::read(b"{", "").is_none());
    }
}
