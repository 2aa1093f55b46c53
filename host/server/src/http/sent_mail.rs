//! The demo's sent-mail page: what would have left the house. Only where mail is kept.

use super::{App, status};
use axum::{
    Extension,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use desk::{
    deliver::SentMail,
    model::{Actor, DeliveryId},
};
use portal::{Visitor, words::Words};

pub async fn list(State(app): State<App>, Extension(visitor): Extension<Visitor>) -> Response {
    if !app.keeps_mail {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mails = match app.desk.sent_mail(&Actor::System, 100).await {
        Ok(mails) => mails,
        Err(error) => return status::of(&error).into_response(),
    };
    let words = visitor.words();
    let rows: String = mails.iter().map(|mail| row(mail, words)).collect();
    let none = if mails.is_empty() { words.sent_mail_none() } else { "" };
    Html(format!(
        "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"{css}\"></head><body class=\"portal\"><main class=\"wide\">\
         <h1>{title}</h1><p>{stays} {none}</p><ul>{rows}</ul></main></body></html>",
        lang = visitor.language.tag(),
        title = words.sent_mail(),
        css = app.assets.url("customer.css"),
        stays = words.sent_mail_stays(),
    ))
    .into_response()
}

fn row(mail: &SentMail, words: Words) -> String {
    format!(
        "<li data-id=\"{id}\" data-to=\"{to}\" data-state=\"{state}\"><a href=\"/sent-mail/{id}.html\"><b>{subject}</b></a> \
         <span>{to} · {said}</span> <a href=\"/sent-mail/{id}.eml\">{source}</a></li>",
        id = mail.id,
        to = escape(&mail.recipient),
        state = mail.state,
        subject = escape(&mail.subject),
        said = words.delivery(mail.state),
        source = words.sent_mail_source(),
    )
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
