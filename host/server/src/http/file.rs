//! Files in and out. What came from outside is never run by a browser on our address.

use super::{App, origin, page, status};
use axum::{
    Extension, Json,
    extract::{Multipart, Path, Query, State, multipart::MultipartRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use desk::{
    Error, Why,
    model::{Actor, AttachmentId, MessageId},
};
use portal::{Fault, Visitor};
use serde::Deserialize;

/// The key of a private link, for whoever has no session.
#[derive(Debug, Deserialize)]
pub struct Key {
    key: Option<String>,
}

/// What a frame with foreign HTML may do: show itself.
const FRAME_POLICY: &str = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox allow-same-origin";
/// Shown in the browser; everything else is saved.
const SHOWN: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"];

pub async fn upload(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    if visitor.actor.agent().is_none() || !origin::is_ours(&headers, app.desk.public_url()) {
        return refused(Error::Unauthenticated);
    }
    let Ok(mut form) = form else {
        return refused(Error::invalid("files", Why::Missing));
    };
    let Ok(Some(field)) = form.next_field().await else {
        return refused(Error::invalid("files", Why::Missing));
    };
    let name = field.file_name().unwrap_or("file").to_owned();
    let mime = field.content_type().unwrap_or_default().to_owned();
    let Ok(bytes) = field.bytes().await else {
        return refused(Error::invalid("files", Why::TooLarge { megabytes: 25 }));
    };
    match app.desk.store_upload(&name, &mime, bytes.to_vec()).await {
        Ok(upload) => Json(upload).into_response(),
        Err(error) => refused(error),
    }
}

fn refused(error: Error) -> Response {
    let status = match &error {
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Invalid { why: Why::TooLarge { .. }, .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Invalid { why: Why::FileKind { .. }, .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, Json(Fault::Desk(error))).into_response()
}

pub async fn attachment(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    Query(Key { key }): Query<Key>,
    asked: Parts,
) -> Response {
    let actor = who(&app, &visitor, &id, key.as_deref()).await;
    let (about, bytes) = match app.desk.attachment(&actor, &AttachmentId(id)).await {
        Ok(found) => found,
        Err(error) => return missing(&app, visitor, &asked, error).await,
    };
    // What a file is, is read from its bytes: a name can lie.
    let real = infer::get(&bytes).map(|kind| kind.mime_type());
    let shown = real.filter(|mime| SHOWN.contains(mime));
    let manner = if shown.is_some() { "inline" } else { "attachment" };
    let plain: String =
        about.name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' }).collect();
    let exact: String = about.name.bytes().map(|b| format!("%{b:02X}")).collect();
    (
        [
            (header::CONTENT_TYPE, shown.unwrap_or("application/octet-stream").to_owned()),
            // RFC 6266: a plain name for old programs, the exact one for the others.
            (header::CONTENT_DISPOSITION, format!("{manner}; filename=\"{plain}\"; filename*=UTF-8''{exact}")),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox".to_owned()),
            (header::CACHE_CONTROL, "private, max-age=3600".to_owned()),
        ],
        bytes,
    )
        .into_response()
}

/// `{id}.html` for a frame, `{id}.eml` for the mail as it came.
pub async fn message(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Path(name): Path<String>,
    Query(Key { key }): Query<Key>,
    asked: Parts,
) -> Response {
    let id = name.split('.').next().unwrap_or_default();
    let actor = who(&app, &visitor, id, key.as_deref()).await;
    if let Some(id) = name.strip_suffix(".eml") {
        return match app.desk.message_source(&actor, &MessageId::from(id)).await {
            Ok(bytes) => (
                [
                    (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
                ],
                bytes,
            )
                .into_response(),
            Err(error) => missing(&app, visitor, &asked, error).await,
        };
    }
    let Some(id) = name.strip_suffix(".html") else {
        return missing(&app, visitor, &asked, Error::NotFound).await;
    };
    // A frame has no other way to show who looks than the address of each picture.
    let pass = match (&actor, &key) {
        (Actor::Follower { .. }, Some(key)) => format!("?key={key}"),
        _ => String::new(),
    };
    match app.desk.message_html(&actor, &MessageId::from(id), &pass).await {
        Ok(html) => (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, FRAME_POLICY),
                (header::CACHE_CONTROL, "private, no-store"),
            ],
            format!(
                "<!DOCTYPE html><html lang=\"\"><head><meta charset=\"utf-8\"><title>Mail</title><base target=\"_blank\">\
                 <style>body{{margin:0;font:15px/23px system-ui,sans-serif;overflow-wrap:anywhere;color:#1b1a17;background:#fff}}\
                 img{{max-width:100%;height:auto}}table{{max-width:100%}}</style></head><body>{html}</body></html>"
            ),
        )
            .into_response(),
        Err(error) => missing(&app, visitor, &asked, error).await,
    }
}

async fn who(app: &App, visitor: &Visitor, id: &str, key: Option<&str>) -> Actor {
    match key {
        Some(key) => app.desk.follow_file(id, key).await.unwrap_or_else(|_| visitor.actor.clone()),
        None => visitor.actor.clone(),
    }
}

/// No such file, for whoever asks: a page for people, a status for everything else. In a frame a page would lead nowhere.
async fn missing(app: &App, visitor: Visitor, asked: &Parts, error: Error) -> Response {
    let fault = match error {
        Error::Internal { .. } => error,
        // Never tells whether it exists.
        _ => Error::NotFound,
    };
    let said = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok());
    let reads = said("accept").is_some_and(|kinds| kinds.contains("text/html"));
    if reads && said("sec-fetch-dest").is_none_or(|place| place == "document") {
        return page::dead_end(app, visitor, asked.uri.path(), fault).await;
    }
    status::of(&fault).into_response()
}
