//! Another company's server, played: it keeps what it is told, and answers as it was bidden.

use anyhow::Result;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

/// One that listens on this machine. Cheap to clone.
#[derive(Clone)]
pub struct Company {
    desk: Arc<Mutex<Desk>>,
    /// `http://127.0.0.1:PORT`.
    pub at: String,
}

#[derive(Default)]
struct Desk {
    told: Vec<Told>,
    /// By the path's end: what is answered next, and what after that.
    next: HashMap<String, VecDeque<Answer>>,
    always: HashMap<String, Answer>,
}

/// What it was told.
#[derive(Clone, Debug)]
pub struct Told {
    pub method: String,
    /// With what stands behind `?`.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Told {
    /// The body as JSON; null for anything else.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What it answers.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// The line breaks before all of it has come.
    pub broken: bool,
    /// It is thought about for so long.
    pub after: Duration,
    /// It says again what it was told, wherever companies put their words.
    pub repeats: bool,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        let mime = vec![("content-type", "application/json".to_owned())];
        Self { status, headers: mime, body: body.to_string().into_bytes(), ..Self::default() }
    }

    pub fn file(mime: &str, bytes: &[u8]) -> Self {
        let headers = vec![("content-type", mime.to_owned())];
        Self { status: 200, headers, body: bytes.to_vec(), ..Self::default() }
    }

    /// Not now: in so many seconds.
    pub fn slower(body: &Value, seconds: u32) -> Self {
        let mut answer = Self::json(429, body);
        answer.headers.push(("retry-after", seconds.to_string()));
        answer
    }

    /// Taken, and then the line breaks.
    pub fn broken() -> Self {
        Self { status: 200, broken: true, ..Self::default() }
    }

    /// A no that says again all that it was told, keys too.
    pub fn repeating(status: u16) -> Self {
        Self { repeats: true, ..Self::json(status, &Value::Null) }
    }

    /// The same, after so long.
    pub fn late(self, after: Duration) -> Self {
        Self { after, ..self }
    }

    fn to(mut self, told: &Told) -> Self {
        if self.repeats {
            let head: Vec<String> = told.headers.keys().map(|name| told.header(name.as_str()).to_owned()).collect();
            let words = format!("{} {} {}", told.path, head.join(" "), told.text());
            let body = json!({ "ok": false, "message": words, "description": words, "detail": words,
                "error": { "message": words, "code": 100 } });
            self.body = body.to_string().into_bytes();
        }
        self
    }

    fn written(self) -> Response {
        let mut response = Response::builder().status(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let body = if self.broken {
            let pieces = [Ok("{"), Err(std::io::Error::other("the line broke"))];
            Body::from_stream(futures::stream::iter(pieces))
        } else {
            Body::from(self.body)
        };
        response.body(body).unwrap_or_default()
    }
}

impl Company {
    /// Listens.
    ///
    /// # Errors
    /// When this machine has no free port.
    pub async fn open() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let company = Self { desk: Arc::default(), at: format!("http://{}", listener.local_addr()?) };
        let router = Router::new().fallback(hear).with_state(company.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(company)
    }

    /// Answers calls to paths that end so from now on.
    pub fn answers(&self, path: &str, answer: Answer) {
        self.desk().always.insert(path.to_owned(), answer);
    }

    /// Answers the next call so, before that.
    pub fn answers_once(&self, path: &str, answer: Answer) {
        self.desk().next.entry(path.to_owned()).or_default().push_back(answer);
    }

    /// What it was told at paths that end so.
    pub fn told(&self, path: &str) -> Vec<Told> {
        self.desk().told.iter().filter(|told| bare(&told.path).ends_with(path)).cloned().collect()
    }

    fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(|lost| lost.into_inner())
    }
}

fn bare(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

async fn hear(State(company): State<Company>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap_or_default();
    let path = parts.uri.path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let told = Told { method: parts.method.to_string(), path: path.clone(), headers: parts.headers, body };
    let answer = company.desk().answer(&path).unwrap_or_else(|| Answer::json(404, &Value::Null)).to(&told);
    company.desk().told.push(told);
    tokio::time::sleep(answer.after).await;
    answer.written()
}

impl Desk {
    fn answer(&mut self, path: &str) -> Option<Answer> {
        let next =
            self.next.iter_mut().find(|(end, answers)| bare(path).ends_with(end.as_str()) && !answers.is_empty());
        match next.and_then(|(_, answers)| answers.pop_front()) {
            Some(answer) => Some(answer),
            None => {
                self.always.iter().find(|(end, _)| bare(path).ends_with(end.as_str())).map(|(_, answer)| answer.clone())
            }
        }
    }
}
