//! The REST door: the scenarios through it, and what it promises to programs.

mod contract;
mod finding;
mod keeping;
mod scenario;

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use desk::model::{Actor, NewApiKey, Scope};
use serde_json::Value;
use tests::House;
use tower::ServiceExt;

/// A program with a key of somebody.
pub struct Program {
    router: Router,
    pub token: String,
}

pub struct Heard {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Program {
    pub async fn of(house: &House, agent: &Actor, scopes: &[Scope]) -> Result<Program> {
        let new = NewApiKey { name: "a program".into(), scopes: scopes.to_vec(), expires_at: None };
        let token = house.desk.make_api_key(agent, new).await?.token;
        let router = server::http::router(server::http::App::new(house.desk.clone(), true));
        Ok(Program { router, token })
    }

    /// A call with headers of one's own.
    pub async fn call(&self, how: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Result<Heard> {
        let mut headers = headers.to_vec();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.send(how, path, &headers, body.map_or(Body::empty(), |body| Body::from(body.to_string()))).await
    }

    /// A file that goes into a draft.
    pub async fn upload(&self, name: &str, mime: &str, bytes: &[u8]) -> Result<Value> {
        let path = format!("/uploads/{name}");
        let heard = self.send("POST", &path, &[("content-type", mime)], Body::from(bytes.to_owned())).await?;
        ensure!(heard.status == 201, "{name}: {} {}", heard.status, heard.body);
        Ok(heard.body)
    }

    async fn send(&self, how: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Result<Heard> {
        let mut request = Request::builder().method(how).uri(format!("/api/v1{path}"));
        request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.router.clone().oneshot(request.body(body)?).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = to_bytes(answer.into_body(), 64 << 20).await?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Heard { status, headers, body })
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let heard = self.call("GET", path, &[], None).await?;
        ensure!(heard.status == 200, "GET {path}: {} {}", heard.status, heard.body);
        Ok(heard.body)
    }

    /// A call that must come through.
    pub async fn does(&self, how: &str, path: &str, body: Value) -> Result<Value> {
        let heard = self.call(how, path, &[], (!body.is_null()).then_some(body)).await?;
        ensure!((200..300).contains(&heard.status), "{how} {path}: {} {}", heard.status, heard.body);
        Ok(heard.body)
    }

    /// Status of a call that is refused, and the problem's word for it.
    pub async fn refused(&self, how: &str, path: &str, body: Value) -> Result<(u16, String)> {
        let heard = self.call(how, path, &[], (!body.is_null()).then_some(body)).await?;
        ensure!(heard.status >= 400, "{how} {path}: {} {}", heard.status, heard.body);
        ensure!(heard.headers["content-type"] == "application/problem+json", "not a problem: {}", heard.body);
        ensure!(heard.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "nothing for people to read");
        Ok((heard.status, heard.body["problem"]["error"].as_str().unwrap_or_default().to_owned()))
    }
}

/// The number in an answer.
pub fn number(of: &Value) -> Result<i64> {
    of["number"].as_i64().context("no number")
}
