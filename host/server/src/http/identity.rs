//! Who is at the door: a cookie becomes an actor, once, for every page and call.

use super::App;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use desk::model::{Actor, Language};
use portal::{Visitor, words::Clock};

/// Thirty days; the desk ends an agent's session earlier by itself.
const COOKIE_LIFE: u32 = 30 * 24 * 3_600;
/// A year.
const BROWSER_LIFE: u32 = 365 * 24 * 3_600;

/// Puts [`Visitor`] into the request's extensions.
pub async fn recognise(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let actor = match session_token(headers) {
        // A broken database must not lock the portal's public pages.
        Some(token) => app.desk.session(&token).await.unwrap_or(Actor::Anonymous),
        None => Actor::Anonymous,
    };
    let chosen = cookie(headers, "language").and_then(|tag| Language::from_tag(&tag));
    let asked =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(Language::from_accept);
    let language = match &actor {
        Actor::Agent { language, .. }
            if request.uri().path().starts_with("/desk") || request.uri().path().starts_with("/call") =>
        {
            *language
        }
        _ => chosen.or(asked).unwrap_or_default(),
    };
    let theme = cookie(headers, "theme").filter(|theme| theme == "light" || theme == "dark");
    let clock = Clock::from_mark(cookie(headers, "clock").as_deref());
    request.extensions_mut().insert(Visitor { actor, language, theme, clock, heard: None });
    next.run(request).await
}

pub fn session_token(headers: &HeaderMap) -> Option<String> {
    cookie(headers, "session")
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

pub fn session_cookie(app: &App, token: &str) -> String {
    format!("session={token}; Path=/; Max-Age={COOKIE_LIFE}; HttpOnly; SameSite=Lax{}", safely(app))
}

pub fn cleared_cookie(app: &App) -> String {
    format!("session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}", safely(app))
}

/// By which the agents' door knows a browser again that somebody signed in with: it goes nowhere else.
pub fn browser_cookie(app: &App, mark: &str) -> String {
    format!("browser={mark}; Path=/desk/sign-in; Max-Age={BROWSER_LIFE}; HttpOnly; SameSite=Lax{}", safely(app))
}

pub fn browser_mark(headers: &HeaderMap) -> Option<String> {
    cookie(headers, "browser")
}

/// What is secret goes by no line that others read along.
fn safely(app: &App) -> &'static str {
    if app.is_safe() { "; Secure" } else { "" }
}
