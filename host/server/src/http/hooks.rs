//! The door that remotes of channels call. Everything of such a call is kept or judged before anybody is told that it was
//! taken; what is told is the plugin's to say, in so far as it is told to a machine.

use super::{App, remote::Remote};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
    routing::any,
};
use desk::{
    Error,
    channel::{Answered, HookCall, HookReply},
    model::Language,
};
use http_body_util::{BodyExt, Limited};
use portal::words::Words;
use std::time::Duration;

/// Headers that say how a call came here, not what it says.
const OURS: [&str; 9] = [
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
    "proxy-connection",
    "cookie",
];
/// Bytes of all headers.
const LARGEST_HEAD: usize = 32 << 10;
/// A body that trickles longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn routes() -> Router<App> {
    Router::new().route("/hooks/{hook}", any(bare)).route("/hooks/{hook}/{*path}", any(deep))
}

async fn bare(State(app): State<App>, Path(hook): Path<String>, request: Request) -> Response {
    answer(&app, &hook, String::new(), request).await
}

async fn deep(State(app): State<App>, Path((hook, path)): Path<(String, String)>, request: Request) -> Response {
    answer(&app, &hook, format!("/{path}"), request).await
}

async fn answer(app: &App, hook: &str, path: String, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = Caller::of(&parts);
    let Some(headers) = told(&parts.headers) else {
        return caller.refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, LARGEST_HEAD);
    };
    let room = match app.desk.hook_room(hook).await {
        Ok(room) => room,
        Err(error) => return caller.failed(&error),
    };
    let body = match tokio::time::timeout(PATIENCE, whole(body, room)).await {
        Err(_) => return caller.refuse(StatusCode::REQUEST_TIMEOUT, room),
        Ok(Err(status)) => return caller.refuse(status, room),
        Ok(Ok(body)) => body,
    };
    let call = HookCall {
        id: desk::model::JobId::new().0,
        method: parts.method.as_str().to_owned(),
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        remote: Remote::of(app, &parts).text(),
        at: app.desk.clock().now(),
        body: body.to_vec(),
    };
    // A remote that does not wait for the answer comes again: by then its call was taken in, and is known. How long the plugin
    // takes, and how many calls wait for it, is bounded.
    let (desk, named) = (app.desk.clone(), hook.to_owned());
    let answering = tokio::spawn(async move { desk.answer_hook(&named, call).await });
    match answering.await.unwrap_or_else(|died| Err(Error::internal(died))) {
        Ok(Answered::Reply(reply)) => written(hook, reply),
        Ok(Answered::Kept) => StatusCode::OK.into_response(),
        Ok(Answered::Refused(why)) => (StatusCode::BAD_REQUEST, why).into_response(),
        Ok(Answered::NotAllowed) => caller.refuse(StatusCode::METHOD_NOT_ALLOWED, room),
        Ok(Answered::TooLarge) => caller.refuse(StatusCode::PAYLOAD_TOO_LARGE, room),
        Ok(Answered::Later) => caller.refuse(StatusCode::SERVICE_UNAVAILABLE, room),
        Err(error) => caller.failed(&error),
    }
}

fn told(headers: &HeaderMap) -> Option<Vec<(String, Vec<u8>)>> {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let ours = |name: &HeaderName| OURS.contains(&name.as_str());
    let told = headers.iter().filter(|(name, _)| !ours(name));
    (size <= LARGEST_HEAD)
        .then(|| told.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect())
}

async fn whole(body: Body, room: usize) -> Result<Bytes, StatusCode> {
    match Limited::new(body, room).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(why) if why.is::<http_body_util::LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}

/// For machines, where nothing else was granted: a page that a plugin could write would be a page in our name.
const NO_PAGE: &str = "sandbox; default-src 'none'";
/// A page runs no scripts, loads nothing, and sends its form to us alone; it is nobody's page, so that our cookies are not
/// its own.
const PAGE: &str =
    "sandbox allow-forms; default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'";

fn written(hook: &str, reply: HookReply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in reply.headers {
        let value = if name == "location" { onwards(hook, &value) } else { value };
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    // What the plugin forbids besides is forbidden too: each policy holds by itself.
    let policy = HeaderValue::from_static(if reply.page { PAGE } else { NO_PAGE });
    response.headers_mut().append(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// From one page of an account to another, and nowhere else.
fn onwards(hook: &str, place: &[u8]) -> Vec<u8> {
    let place = String::from_utf8_lossy(place);
    // Browsers read `%2e` as a dot when they resolve an address.
    let dotted = place.to_ascii_lowercase().replace("%2e", ".");
    let inside = !place.starts_with('/') && !place.contains(['\\', ':']) && !dotted.contains("..");
    format!("/hooks/{hook}/{}", if inside { place.as_ref() } else { "" }).into_bytes()
}

/// Seconds after which it is worth to try again.
const LATER: u32 = 30;

/// Who is told what we say ourselves: a machine reads a line, a person who sent a form without a script sees a page.
struct Caller {
    words: Words,
    reads: bool,
    posted: bool,
}

impl Caller {
    fn of(parts: &Parts) -> Self {
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let language = text(header::ACCEPT_LANGUAGE).and_then(Language::from_accept).unwrap_or_default();
        let reads = text(header::ACCEPT).is_some_and(|kinds| kinds.contains("text/html"));
        Self { words: Words::new(language), reads, posted: parts.method == Method::POST }
    }

    fn failed(&self, error: &Error) -> Response {
        match error {
            Error::NotFound => self.refuse(StatusCode::NOT_FOUND, 0),
            _ => self.refuse(StatusCode::SERVICE_UNAVAILABLE, 0),
        }
    }

    /// `room`: bytes that there would have been room for.
    fn refuse(&self, status: StatusCode, room: usize) -> Response {
        let w = self.words;
        let said = match status {
            StatusCode::NOT_FOUND => w.error(&Error::NotFound),
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => w.too_large(room),
            StatusCode::SERVICE_UNAVAILABLE => w.not_now().to_owned(),
            StatusCode::METHOD_NOT_ALLOWED => w.no_such_call().to_owned(),
            _ => w.line_broken().to_owned(),
        };
        let mut response = if self.reads { self.page(&said) } else { said.into_response() };
        *response.status_mut() = status;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(LATER));
        }
        response
    }

    fn page(&self, said: &str) -> Response {
        let back = if self.posted { self.words.what_was_written_is_there() } else { "" };
        let page = format!(
            "<!DOCTYPE html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{said}</title><body style=\"font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem\">\
             <p role=\"alert\"><strong>{said}</strong></p><p>{back}</p></body></html>",
            self.words.0.tag(),
        );
        ([(header::CONTENT_SECURITY_POLICY, PAGE)], Html(page)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::onwards;

    #[test]
    fn a_page_leads_nowhere_but_behind_its_account() {
        for outside in [
            "/desk",
            "//evil.example",
            "https://evil.example",
            "..\\desk",
            "../../desk",
            "%2e%2e/%2E%2E/desk",
            ".%2e/desk",
            "%2E./desk",
            "chat/%2e%2E",
        ] {
            assert_eq!(onwards("abc", outside.as_bytes()), b"/hooks/abc/", "{outside}");
        }
        for inside in ["", "sent?of=1", "chat/7", "v1.2/page", "mail%2eat"] {
            assert_eq!(onwards("abc", inside.as_bytes()), format!("/hooks/abc/{inside}").into_bytes());
        }
    }
}
