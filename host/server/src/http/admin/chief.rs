//! Who stands at an administrator's door, and what they get back.

use super::super::{App, origin, page, status};
use axum::{
    Extension,
    body::Body,
    extract::{FromRequestParts, State},
    http::{HeaderValue, Method, Request, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use desk::{
    Desk, Error, Why,
    model::{Actor, PluginId},
};
use portal::{
    Visitor,
    agent::admin::{self, Around, Said, TROUBLE, Typed, Wall},
    words::Words,
};

/// Nothing on these pages runs, and nothing is loaded from elsewhere.
const POLICY: &str = "default-src 'self'; script-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// An administrator who is signed in, on a page of this site.
pub struct Chief {
    pub app: App,
    pub visitor: Visitor,
    path: String,
    said: Option<Said>,
}

impl FromRequestParts<App> for Chief {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = parts.extensions.get::<Visitor>().cloned().unwrap_or_default();
        let query = parts.uri.query().unwrap_or_default();
        let said = query.split('&').find_map(|pair| pair.strip_prefix("said=")).and_then(Said::read);
        // Whoever has to sign in first comes back to a page, not to what can only be posted.
        let path = if parts.method == Method::GET { parts.uri.path() } else { "/desk/admin/plugins" }.to_owned();
        let chief = Self { app: app.clone(), visitor, path, said };
        match &chief.visitor.actor {
            Actor::Agent { admin: true, .. } => {}
            _ => return Err(chief.nowhere().await),
        }
        if parts.method != Method::GET && !origin::is_ours(&parts.headers, app.desk.public_url()) {
            return Err(chief.refuse(StatusCode::FORBIDDEN, chief.words().no_access_here().to_owned()).await);
        }
        Ok(chief)
    }
}

impl Chief {
    pub fn desk(&self) -> &Desk {
        &self.app.desk
    }

    pub fn actor(&self) -> &Actor {
        &self.visitor.actor
    }

    pub fn words(&self) -> Words {
        self.visitor.words()
    }

    pub async fn around(&self) -> desk::Result<Around> {
        Ok(Around {
            visitor: self.visitor.clone(),
            assets: self.app.assets.clone(),
            name: self.desk().profile(self.actor()).await?.name,
            tripped: self.desk().tripped_plugins(self.actor()).await?,
            said: self.said,
            wall: Wall(self.desk().zone().await?),
        })
    }

    /// What came of it: a page, or why there is none.
    pub async fn shown(&self, came: desk::Result<Response>) -> Response {
        match came {
            Ok(response) => response,
            Err(Error::NotFound | Error::Forbidden | Error::Unauthenticated) => self.nowhere().await,
            Err(error) => self.refuse(status::of(&error), self.words().error(&error)).await,
        }
    }

    async fn refuse(&self, status: StatusCode, why: String) -> Response {
        match self.around().await {
            Ok(around) => html(status, admin::refused(&around, why)),
            Err(_) => status.into_response(),
        }
    }

    /// As any address of the workspace that leads nowhere; who is not signed in is led to the door.
    async fn nowhere(&self) -> Response {
        let request = Request::builder().uri(&self.path).body(Body::empty()).unwrap_or_default();
        let mut response = page::agent(State(self.app.clone()), Extension(self.visitor.clone()), request).await;
        if response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        response
    }

    /// Notes what the desk refused, in the reader's words. What is about no field of the form stands over it.
    pub fn note(&self, typed: &mut Typed, error: &Error, fields: &[&str]) {
        match error {
            Error::Invalid { field, why } if fields.contains(&field.as_str()) => {
                typed.blame(field, self.words().why(why));
                note_detail(typed, field, error);
            }
            other => {
                typed.trouble = Some(self.words().error(other));
                note_detail(typed, TROUBLE, error);
            }
        }
    }
}

/// What only a plugin's author understands stands below what everybody does.
fn note_detail(typed: &mut Typed, name: &str, error: &Error) {
    if let Error::Invalid { why: Why::Unfit { words, flaw: Some(_) }, .. } = error {
        typed.details.push((name.to_owned(), words.clone()));
    }
}

/// The status of a form that came back with this.
pub fn of(error: &Error) -> StatusCode {
    match error {
        Error::Invalid { why: Why::TooLarge { .. }, .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        other => status::of(other),
    }
}

pub fn html(status: StatusCode, page: String) -> Response {
    let head = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, head, Html(page)).into_response()
}

/// To another page, which tells what was done.
pub fn done(said: Said, path: &str) -> desk::Result<Response> {
    Ok(Redirect::to(&said.at(path)).into_response())
}

pub fn plugin_path(id: &PluginId) -> String {
    format!("/desk/admin/plugins/{id}")
}
