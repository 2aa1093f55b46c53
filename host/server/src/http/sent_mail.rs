//! The demo's sent-mail page: what would have left the house. Only where mail is kept.

use super::App;
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use desk::model::{Actor, DeliveryId};

pub async fn list(State(app): State<App>) -> Response {
    if !app.keeps_mail {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Ok(mails) = app.desk.sent_mail(&Actor::System, 100).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let rows: String = mails
        .iter()
        .map(|mail| {
            format!(
                "<li><a href=\"/sent-mail/{id}.html\"><b>{subject}</b></a> <span>{to} · {state}</span> <a href=\"/sent-mail/{id}.eml\">.eml</a></li>",
                id = mail.id,
                subject = escape(&mail.subject),
                to = escape(&mail.recipient),
                state = mail.state,
            )
        })
        .collect();
    let css = app.assets.url("customer.css");
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Sent mail</title><link rel=\"stylesheet\" href=\"{css}\"></head><body class=\"portal\"><main class=\"wide\">\
         <h1>Sent mail</h1><p>This is a demo: these mails stayed here.</p><ul>{rows}</ul></main></body></html>"
    ))
    .into_response()
}

/// `{id}.html` as the reader sees it, `{id}.eml` as it would travel, `{id}.txt` its plain twin.
pub async fn one(State(app): State<App>, Path(name): Path<String>) -> Response {
    if !app.keeps_mail {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some((id, ending)) = name.rsplit_once('.') else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let id = DeliveryId::from(id);
    if ending == "eml" {
        return match app.desk.sent_source(&Actor::System, &id).await {
            Ok(raw) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], raw).into_response(),
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let mails = app.desk.sent_mail(&Actor::System, 1_000).await.unwrap_or_default();
    let Some(mail) = mails.into_iter().find(|mail| mail.id == id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match ending {
        "html" => ([(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-top-navigation-by-user-activation")], Html(mail.html)).into_response(),
        "txt" => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], mail.text).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
