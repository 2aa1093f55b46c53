//! A request on paper. PRT-1.

use super::{App, status};
use axum::{
    Extension,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use desk::model::MessageId;
use portal::Visitor;
use serde::Deserialize;

/// What of it is printed.
#[derive(Deserialize)]
pub struct Part {
    /// One message alone; without it all of them.
    message: Option<String>,
}

/// Nothing in it runs, and nothing is loaded from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";

pub async fn request(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(number): Path<i64>,
    Query(part): Query<Part>,
) -> Response {
    let ticket = app.desk.ticket(&visitor.actor, number).await;
    let choices = app.desk.choices(&visitor.actor).await;
    let (ticket, choices) = match (ticket, choices) {
        (Ok(ticket), Ok(choices)) => (ticket, choices),
        (Err(error), _) | (_, Err(error)) => return status::of(&error).into_response(),
    };
    let only = part.message.map(|id| MessageId::from(id.as_str()));
    match portal::agent::print::page(&ticket, &choices, only.as_ref(), visitor.words()) {
        Some(page) => {
            let head = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-store")];
            (head, Html(page)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
