//! What a refusal is called in HTTP.

use axum::http::StatusCode;
use desk::{Error, Why};

/// The status of an error (RFC 9110 section 15).
pub fn of(error: &Error) -> StatusCode {
    match error {
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Forbidden => StatusCode::FORBIDDEN,
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Expired => StatusCode::GONE,
        Error::Invalid { why: Why::TooLong { .. } | Why::TooLarge { .. }, .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Taken { .. } | Error::Changed { .. } => StatusCode::CONFLICT,
        Error::Held { .. } => StatusCode::LOCKED,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
