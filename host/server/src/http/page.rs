//! Pages: the two apps drawn on the server, and the calls they make later.

use super::{App, origin, status};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use desk::{Error, model::Actor};
use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::{provide_context, use_context},
};
use leptos_axum::ResponseOptions;
use portal::{Fault, Visitor, customer::posted::Posted};

/// Bytes of an error in JSON; none of ours comes near.
const LONGEST_REFUSAL: usize = 64 << 10;

fn provide(app: &App, visitor: &Visitor) {
    provide_context(app.desk.clone());
    provide_context(app.assets.clone());
    provide_context(visitor.clone());
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&policy(&nonce))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// A server function of either app, by its name.
pub async fn call(State(app): State<App>, Extension(visitor): Extension<Visitor>, request: Request) -> Response {
    if !origin::is_ours(request.headers(), app.desk.public_url()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let answer =
        leptos_axum::handle_server_fns_with_context(move || provide(&app, &visitor), request).await.into_response();
    if answer.status() == StatusCode::INTERNAL_SERVER_ERROR {
        return refused(answer).await;
    }
    answer
}

/// A refusal with the status that says whose turn it is: leptos calls every one a failure of the server.
async fn refused(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LONGEST_REFUSAL).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    head.status = match serde_json::from_slice::<Fault>(&body) {
        Ok(Fault::Desk(error)) => status::of(&error),
        Ok(Fault::Line(_)) => StatusCode::BAD_REQUEST,
        Err(_) => head.status,
    };
    Response::from_parts(head, Body::from(body))
}

/// A page of the workspace. Only staff see one; others are led to the door.
pub async fn agent(State(app): State<App>, Extension(visitor): Extension<Visitor>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if visitor.actor.agent().is_none() {
        let to = request.uri().path_and_query().map_or("/desk", |path| path.as_str());
        return Redirect::to(&format!("/desk/sign-in?to={}", escaped(to))).into_response();
    }
    if path.trim_end_matches('/') == "/desk" {
        return Redirect::to("/desk/unassigned").into_response();
    }
    draw_agent(app, visitor, request).await
}

/// The door itself, for everyone.
pub async fn agent_door(State(app): State<App>, Extension(visitor): Extension<Visitor>, request: Request) -> Response {
    draw_agent(app, visitor, request).await
}

async fn draw_agent(app: App, mut visitor: Visitor, request: Request) -> Response {
    visitor.heard = app.desk.last_event().await.ok();
    let draw = leptos_axum::render_app_async_with_context(move || provide(&app, &visitor), portal::agent::shell);
    secured(draw(request).await.into_response(), StatusCode::OK)
}

/// A page of the portal; what no page answers to is *not found*.
pub async fn customer(State(app): State<App>, Extension(visitor): Extension<Visitor>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if request.uri().path() == "/requests" && !matches!(visitor.actor, Actor::Customer { .. }) {
        return Redirect::to("/sign-in").into_response();
    }
    draw_customer(&app, visitor, || {}, request, StatusCode::OK).await
}

/// The page at `path` with a form that came back.
pub async fn render_customer(
    app: &App,
    visitor: Visitor,
    posted: Option<Posted>,
    path: &str,
    status: StatusCode,
) -> Response {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap_or_default();
    let more = move || posted.iter().cloned().for_each(provide_context);
    draw_customer(app, visitor, more, request, status).await
}

/// The page for an address that has none of its own: why nothing is there.
pub async fn dead_end(app: &App, visitor: Visitor, path: &str, error: Error) -> Response {
    let (status, fault) = (status::of(&error), Fault::Desk(error));
    let request = Request::builder().uri(path).body(Body::empty()).unwrap_or_default();
    draw_customer(app, visitor, move || provide_context(fault.clone()), request, status).await
}

async fn draw_customer(
    app: &App,
    mut visitor: Visitor,
    more: impl Fn() + Clone + Send + Sync + 'static,
    request: Request,
    status: StatusCode,
) -> Response {
    visitor.heard = app.desk.last_event().await.ok();
    let app = app.clone();
    let all = move || {
        provide(&app, &visitor);
        more();
    };
    secured(
        leptos_axum::render_app_async_with_context(all, portal::customer::shell)(request).await.into_response(),
        status,
    )
}

/// The status of a form that came back, unless the page itself set one; and nothing kept by anyone in between.
fn secured(mut response: Response, status: StatusCode) -> Response {
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page's policy: our own scripts by their nonce, nothing from elsewhere. Mail frames are drawn by `/file/message`.
fn policy(nonce: &Nonce) -> String {
    format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval' 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )
}

pub(super) fn escaped(path: &str) -> String {
    path.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"/-_.".contains(&b) {
                (b as char).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
