//! The agents' door: password or one-time link, and out again.

use super::{App, identity, origin};
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use desk::{Error, Why};
use std::collections::BTreeMap;

pub async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    Form(typed): Form<BTreeMap<String, String>>,
) -> Response {
    let field = |name: &str| typed.get(name).map(String::as_str).unwrap_or_default();
    if !origin::is_ours(&headers, app.desk.public_url()) {
        return Redirect::to("/desk/sign-in").into_response();
    }
    match app.desk.sign_in(field("email"), field("password")).await {
        Ok(session) => entered(&session, field("to")),
        Err(error) => {
            let email: String =
                field("email").chars().filter(|c| c.is_ascii_alphanumeric() || "@.-_".contains(*c)).take(100).collect();
            Redirect::to(&format!("/desk/sign-in?why={}&email={email}", why(&error))).into_response()
        }
    }
}

/// The button on the page that a link leads to.
pub async fn redeem(State(app): State<App>, headers: HeaderMap, Path(token): Path<String>) -> Response {
    if !origin::is_ours(&headers, app.desk.public_url()) {
        return Redirect::to("/desk/sign-in").into_response();
    }
    match app.desk.redeem_link(&token).await {
        Ok(session) => entered(&session, "/desk"),
        Err(error) => Redirect::to(&format!("/desk/sign-in?why={}", why(&error))).into_response(),
    }
}

pub async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    if !origin::is_ours(&headers, app.desk.public_url()) {
        return Redirect::to("/desk").into_response();
    }
    if let Some(session) = identity::session_token(&headers) {
        // A session that is gone already is what was asked for.
        let _ = app.desk.sign_out(&session).await;
    }
    with_cookie(&identity::cleared_cookie(), "/desk/sign-in")
}

fn why(error: &Error) -> &'static str {
    match error {
        Error::Invalid { why: Why::WrongSignIn | Why::Missing | Why::NotAnAddress, .. } => "wrong",
        Error::TooMany { .. } => "wait",
        Error::Expired => "expired",
        _ => "trouble",
    }
}

fn entered(session: &str, to: &str) -> Response {
    let inside = to.starts_with("/desk") && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    with_cookie(&identity::session_cookie(session), if inside { to } else { "/desk" })
}

fn with_cookie(cookie: &str, to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
