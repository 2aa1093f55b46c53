//! What went wrong, as RFC 9457 has it: for programs by its type, for people in their language.

use super::door::Reply;
use desk::{Error, Why, model::Language};
use portal::words::Words;
use serde_json::{Value, json};

pub const MIME: &str = "application/problem+json";

/// A refusal on its way out.
#[derive(Clone, Debug)]
pub struct Problem {
    status: u16,
    error: Option<Box<Error>>,
    /// What a program reads: a path into what it sent, or what was expected.
    hint: Option<String>,
    /// What both saw, for whoever changes something that was changed meanwhile.
    pub versions: Option<Box<Value>>,
    pub headers: Vec<(String, String)>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::of(error)
    }
}

impl Problem {
    pub fn of(error: Error) -> Self {
        let status = crate::http::status::of(&error).as_u16();
        let headers = match &error {
            Error::Unauthenticated => vec![("www-authenticate".to_owned(), "Bearer".to_owned())],
            Error::TooMany { seconds } => vec![("retry-after".to_owned(), seconds.to_string())],
            _ => vec![],
        };
        Problem { status, error: Some(Box::new(error)), hint: None, versions: None, headers }
    }

    /// Nothing is there, or not in this way.
    pub fn plain(status: u16, hint: &str) -> Self {
        Problem { status, error: None, hint: Some(hint.to_owned()), versions: None, headers: vec![] }
    }

    pub fn query(error: serde_urlencoded::de::Error) -> Self {
        Problem::of(Error::invalid("query", Why::NotAChoice)).saying(&error.to_string())
    }

    /// A body that is no JSON, or not the one that is asked for.
    pub fn body(error: &serde_json::Error) -> Self {
        let problem = match error.classify() {
            serde_json::error::Category::Data => Problem::of(Error::invalid("body", Why::NotAChoice)),
            _ => Problem::plain(400, ""),
        };
        problem.saying(&error.to_string())
    }

    pub fn unknown(field: &str) -> Self {
        Problem::of(Error::invalid(field, Why::NotAChoice)).saying("no such field")
    }

    pub fn mime() -> Self {
        Problem::plain(415, "content-type: application/json")
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    /// What went wrong, for a verb that can't go on.
    pub fn into_error(self) -> Error {
        self.error.map_or_else(|| Error::internal("a reader refused"), |error| *error)
    }

    fn saying(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }

    pub fn reply(self, language: Language) -> Reply {
        let words = Words::new(language);
        let title = axum::http::StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let detail = self.error.as_ref().map_or_else(|| words.no_such_call().to_owned(), |error| words.error(error));
        let mut body = json!({ "title": title, "status": self.status, "detail": detail });
        if let Some(fields) = body.as_object_mut() {
            fields.extend(self.error.map(|error| ("problem".to_owned(), json!(error))));
            fields.extend(self.hint.map(|hint| ("hint".to_owned(), json!(hint))));
            fields.extend(self.versions.map(|versions| ("versions".to_owned(), *versions)));
        }
        let body = serde_json::to_vec(&body).unwrap_or_default();
        Reply { status: self.status, headers: self.headers, mime: MIME.to_owned(), body }
    }
}
