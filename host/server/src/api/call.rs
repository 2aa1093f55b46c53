//! Who calls, and with what in hand.

use super::problem::Problem;
use axum::http::{HeaderMap, header};
use desk::{
    Desk, Error,
    model::{Actor, ApiKeyId, Language, TicketId},
};

/// One call by a key.
#[derive(Clone)]
pub struct Call {
    pub desk: Desk,
    pub actor: Actor,
    pub key: ApiKeyId,
    /// Whether the key's scopes open this door.
    pub opens: bool,
    /// The version that the caller saw, where it said so: a change is for that version only.
    pub seen: Option<i64>,
}

impl Call {
    /// A request by its number; one that was merged leads to its survivor (MRG-2).
    pub async fn ticket(&self, number: i64) -> desk::Result<TicketId> {
        Ok(self.desk.ticket_version(&self.actor, number).await?.0)
    }

    /// Several of them; the first that is not found ends it.
    pub async fn tickets(&self, numbers: &[i64]) -> desk::Result<Vec<TicketId>> {
        let mut ids = Vec::with_capacity(numbers.len());
        for number in numbers {
            ids.push(self.ticket(*number).await?);
        }
        Ok(ids)
    }
}

/// The token after `Authorization: Bearer` (RFC 6750, section 2.1).
///
/// # Errors
/// [`Error::Unauthenticated`] where there is none.
pub fn token(headers: &HeaderMap) -> Result<String, Problem> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim().to_owned()),
        _ => Err(Problem::of(Error::Unauthenticated)),
    }
}

/// The language a refusal is worded in: what the caller asks for, else its agent's, else ours.
pub fn language(headers: &HeaderMap, actor: Option<&Actor>) -> Language {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    match (asked.and_then(Language::from_accept), actor) {
        (Some(language), _) => language,
        (None, Some(Actor::Agent { language, .. })) => *language,
        _ => Language::En,
    }
}
