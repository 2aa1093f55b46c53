//! The log of a request as a file. LOG-1.

use super::{App, status};
use axum::{
    Extension,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use desk::{
    LogOf,
    model::{LogAsked, export::Format},
};
use portal::Visitor;

/// Nothing in it runs, and nothing is loaded from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// `1042.xlsx` is a request's, `all.xlsx` is everything.
pub async fn file(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(name): Path<String>,
) -> Response {
    let Some((of, format)) = name.rsplit_once('.').and_then(|(of, end)| Some((of, format(end)?))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let of = match of.parse() {
        Ok(number) => app.desk.ticket(&visitor.actor, number).await.map(|ticket| LogOf::Request(ticket.id)),
        Err(_) if of == "all" => Ok(LogOf::Everything(LogAsked::default())),
        Err(_) => return StatusCode::NOT_FOUND.into_response(),
    };
    let words = visitor.words().log_sheet();
    let file = match of {
        Ok(of) => app.desk.log_file(&visitor.actor, &of, format, &words).await,
        Err(error) => Err(error),
    };
    match file {
        Ok(bytes) => {
            let head = [
                (header::CONTENT_TYPE, format.kind().1.to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
                (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            (head, bytes).into_response()
        }
        Err(error) => status::of(&error).into_response(),
    }
}

fn format(end: &str) -> Option<Format> {
    Format::ALL.iter().copied().find(|format| format.kind().0 == end)
}
