//! The door that remotes of channels call. Everything of such a call is kept or judged before anybody is told that it was
//! taken; what is told is the plugin's to say, in so far as it is told to a machine.

use super::App;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use desk::{
    Error,
    channel::{Answered, HookCall, HookReply},
};
use http_body_util::{BodyExt, Limited};
use std::{net::SocketAddr, time::Duration};

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
    let Some(headers) = told(&parts.headers) else {
        return StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response();
    };
    let room = match app.desk.hook_room(hook).await {
        Ok(room) => room,
        Err(error) => return failed(&error),
    };
    let body = match tokio::time::timeout(PATIENCE, whole(body, room)).await {
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
        Ok(Err(status)) => return status.into_response(),
        Ok(Ok(body)) => body,
    };
    let remote = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|at| at.0.ip().to_string());
    let call = HookCall {
        id: desk::model::JobId::new().0,
        method: parts.method.as_str().to_owned(),
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        remote: remote.unwrap_or_default(),
        at: app.desk.clock().now(),
        body: body.to_vec(),
    };
    match app.desk.answer_hook(hook, call).await {
        Ok(Answered::Reply(reply)) => written(hook, reply),
        Ok(Answered::Kept) => StatusCode::OK.into_response(),
        Ok(Answered::Refused(why)) => (StatusCode::BAD_REQUEST, why).into_response(),
        Ok(Answered::NotAllowed) => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Ok(Answered::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Ok(Answered::Later) => later(),
        Err(error) => failed(&error),
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
    let inside = !place.starts_with('/') && !place.contains(['\\', ':']) && !place.contains("..");
    format!("/hooks/{hook}/{}", if inside { place.as_ref() } else { "" }).into_bytes()
}

fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")]).into_response()
}

fn failed(error: &Error) -> Response {
    match error {
        Error::NotFound => StatusCode::NOT_FOUND.into_response(),
        _ => later(),
    }
}
