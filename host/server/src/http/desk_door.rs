//! The agents' door: password or one-time link, and out again.

use super::{App, identity, origin, page::escaped, remote::Remote};
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use desk::{Error, Why, identity::Caller};
use std::collections::BTreeMap;

/// Characters of an address that are said again: those of the longest there is.
const LONGEST_ADDRESS: usize = 254;
/// Bytes of a place that is gone on to.
const LONGEST_PLACE: usize = 2_000;

pub async fn sign_in(
    State(app): State<App>,
    remote: Remote,
    headers: HeaderMap,
    Form(typed): Form<BTreeMap<String, String>>,
) -> Response {
    let field = |name: &str| typed.get(name).map(String::as_str).unwrap_or_default();
    if !origin::is_ours(&headers, app.desk.public_url()) {
        return Redirect::to("/desk/sign-in").into_response();
    }
    let network = remote.network().map(|network| network.to_string()).unwrap_or_default();
    let from = Caller { network, browser: identity::browser_mark(&headers) };
    match app.desk.sign_in_from(&from, field("email"), field("password")).await {
        Ok(session) => entered(&app, &headers, &session, field("to")).await,
        Err(error) => {
            // As it was typed, and on to where they were going: only the password is typed again.
            let email = escaped(&field("email").chars().take(LONGEST_ADDRESS).collect::<String>());
            let to = if is_inside(field("to")) { format!("&to={}", escaped(field("to"))) } else { String::new() };
            Redirect::to(&format!("/desk/sign-in?why={}&email={email}{to}", why(&error))).into_response()
        }
    }
}

/// The button on the page that a link leads to.
pub async fn redeem(State(app): State<App>, headers: HeaderMap, Path(token): Path<String>) -> Response {
    if !origin::is_ours(&headers, app.desk.public_url()) {
        return Redirect::to("/desk/sign-in").into_response();
    }
    match app.desk.redeem_link(&token).await {
        Ok(session) => entered(&app, &headers, &session, "/desk").await,
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
    with_cookie(&identity::cleared_cookie(&app), "/desk/sign-in")
}

fn why(error: &Error) -> &'static str {
    match error {
        Error::Invalid { why: Why::WrongSignIn | Why::Missing | Why::NotAnAddress, .. } => "wrong",
        Error::TooMany { .. } => "wait",
        Error::Expired => "expired",
        _ => "trouble",
    }
}

async fn entered(app: &App, headers: &HeaderMap, session: &str, to: &str) -> Response {
    let mut response = with_cookie(&identity::session_cookie(app, session), if is_inside(to) { to } else { "/desk" });
    // Without it they come in all the same.
    let mark = app.desk.browser_mark(session, identity::browser_mark(headers).as_deref()).await.unwrap_or_default();
    if let Some(cookie) = mark.and_then(|mark| HeaderValue::from_str(&identity::browser_cookie(app, &mark)).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether this is a place in the workspace.
fn is_inside(to: &str) -> bool {
    to.starts_with("/desk") && to.len() <= LONGEST_PLACE && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

fn with_cookie(cookie: &str, to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
