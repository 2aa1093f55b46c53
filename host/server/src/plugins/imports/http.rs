//! Requests to other hosts: judged by the grants, made by the host, and written into the ledger whatever came of them.

use crate::plugins::{
    call::Call,
    contract::{
        http::{Host, HttpError},
        types::{Header, HttpBody, HttpMethod, HttpRequest, HttpResponse, PartContent},
    },
    fetch::{self, Body, Outcome},
    notebook::{Notebook, now},
    tidy,
};
use desk::{model::Setback, plugin::Departure};
use std::time::Instant;

/// Bytes of an answer that goes into the plugin.
const LARGEST_ANSWER: usize = 4 << 20;
/// Bytes of an answer that becomes a blob.
const LARGEST_BLOB: usize = 25 << 20;
/// Bytes of what is sent.
const LARGEST_SENT: usize = 50 << 20;

impl Host for Call {
    async fn fetch(&mut self, req: HttpRequest) -> wasmtime::Result<Result<HttpResponse, HttpError>> {
        if self.script.is_some() {
            self.count()?;
            return Ok(self.scripted("http.fetch").unwrap_or_else(unrecorded));
        }
        let answer = self.go(req, LARGEST_ANSWER).await?.map(|(status, headers, body, truncated)| HttpResponse {
            status,
            headers,
            body,
            truncated,
        });
        Ok(self.traced("http.fetch", answer))
    }

    async fn fetch_to_blob(&mut self, req: HttpRequest) -> wasmtime::Result<Result<(u16, String), HttpError>> {
        if self.script.is_some() {
            self.count()?;
            // The bytes were not written down; that there were some was.
            let answer: Result<(u16, String), HttpError> =
                self.scripted("http.fetch-to-blob").unwrap_or_else(unrecorded);
            return Ok(answer.map(|(status, _)| (status, self.desk.give("", vec![]))));
        }
        let answer = match self.go(req, LARGEST_BLOB).await? {
            Ok((_, _, _, true)) => Err(HttpError::TooLarge),
            Ok((status, headers, body, false)) => {
                let mime = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-type"));
                let mime = mime.map(|mime| String::from_utf8_lossy(&mime.value).into_owned()).unwrap_or_default();
                match self.desk.room.checked_sub(body.len()) {
                    None => Err(HttpError::TooLarge),
                    Some(room) => {
                        self.desk.room = room;
                        Ok((status, self.desk.give(&mime, body)))
                    }
                }
            }
            Err(why) => Err(why),
        };
        Ok(self.traced("http.fetch-to-blob", answer))
    }
}

/// A request on its way. It stands in the ledger when this is dropped, so also where the call ends before the request.
struct Leaving {
    notebook: Notebook,
    departure: Departure,
    began: Instant,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.departure.micros = self.began.elapsed().as_micros() as i64;
        self.notebook.departure(self.departure.clone());
    }
}

type Answer = (u16, Vec<Header>, Vec<u8>, bool);

impl Call {
    /// Judges and makes one request.
    pub async fn go(&mut self, req: HttpRequest, most: usize) -> wasmtime::Result<Result<Answer, HttpError>> {
        self.count()?;
        let began = Instant::now();
        let method = method(req.method);
        let (host, path) = fetch::shown(&req.url);
        let departure = Departure {
            plugin: self.plugin.id.clone(),
            account: self.account_id(),
            at: now(),
            method: method.to_owned(),
            host: tidy::line(&host, 300),
            path: self.without_secrets(&tidy::line(&path, 1_000)),
            status: None,
            sent: 0,
            received: 0,
            micros: 0,
            decision: Setback::CutOff.to_string(),
        };
        let mut leaving = Leaving { notebook: self.world.notebook.clone(), departure, began };
        let answer = match self.fetches_left.checked_sub(1) {
            None => Err((HttpError::Busy, None)),
            Some(left) => {
                self.fetches_left = left;
                self.ask(&req, method, most).await
            }
        };
        self.waited += began.elapsed();
        let departure = &mut leaving.departure;
        let answer = match answer {
            Ok(outcome) => {
                departure.decision = "allowed".to_owned();
                departure.status = Some(outcome.status);
                departure.sent = outcome.sent;
                departure.received = outcome.received;
                let headers = outcome.headers.into_iter().map(|(name, value)| self.cleaned(name, value)).collect();
                Ok((outcome.status, headers, outcome.body, outcome.truncated))
            }
            Err((why, sent)) => {
                departure.sent = sent.unwrap_or(0);
                departure.decision = tidy::line(&in_words(&why), 300);
                Err(why)
            }
        };
        Ok(answer)
    }

    async fn ask(&mut self, req: &HttpRequest, method: &str, most: usize) -> Result<Outcome, (HttpError, Option<u64>)> {
        let judged = fetch::judge(self, req).map_err(|why| (why, None))?;
        let body = self.body(&req.body).map_err(|why| (HttpError::Invalid(why), None))?;
        let until = self.ends.saturating_duration_since(Instant::now());
        fetch::make(self.world.reach, &judged, method, body, req.timeout_ms, until, most).await
    }

    /// The bytes to send, put together from what the plugin holds.
    fn body(&mut self, body: &HttpBody) -> Result<Body, String> {
        let lost = || "there is no such blob in this call".to_owned();
        let fits = |size: usize| if size > LARGEST_SENT { Err("the body is too large".to_owned()) } else { Ok(()) };
        let body = match body {
            HttpBody::Empty => Body::default(),
            HttpBody::Bytes(bytes) => Body { bytes: bytes.clone(), mime: None },
            HttpBody::Blob(id) => {
                let blob = self.desk.look(id).ok_or_else(lost)?;
                fits(blob.len())?;
                Body { bytes: blob.to_vec(), mime: None }
            }
            HttpBody::Multipart(parts) => {
                let boundary = fetch::boundary();
                let mut bytes = vec![];
                for part in parts {
                    let content = match &part.content {
                        PartContent::Bytes(bytes) => bytes.as_slice(),
                        PartContent::Blob(id) => self.desk.look(id).ok_or_else(lost)?,
                    };
                    // Looked at before each: many parts may name the same blob.
                    fits(bytes.len() + content.len())?;
                    fetch::add_part(&mut bytes, &boundary, part, content)?;
                }
                bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
                Body { bytes, mime: Some(format!("multipart/form-data; boundary={boundary}")) }
            }
        };
        fits(body.bytes.len())?;
        Ok(body)
    }

    /// A header of an answer, with secrets that the remote echoes taken out.
    fn cleaned(&self, name: String, value: Vec<u8>) -> Header {
        let value = match std::str::from_utf8(&value) {
            Ok(text) => self.without_secrets(text).into_bytes(),
            Err(_) => value,
        };
        Header { name, value }
    }
}

/// A call that is done again asks for something that it never asked for.
fn unrecorded<T>() -> Result<T, HttpError> {
    Err(HttpError::Denied("nothing was recorded for this request".to_owned()))
}

fn method(method: HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Head => "HEAD",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
    }
}

fn in_words(why: &HttpError) -> String {
    match why {
        HttpError::Denied(words) => Setback::Denied.about(words),
        HttpError::Invalid(words) => Setback::Invalid.about(words),
        HttpError::Dns => Setback::NoSuchServer.to_string(),
        HttpError::Refused => Setback::ServerRefused.to_string(),
        HttpError::Tls => Setback::NoTrust.to_string(),
        HttpError::Timeout => Setback::ServerTooSlow.to_string(),
        HttpError::TooLarge => Setback::AnswerTooLarge.to_string(),
        HttpError::Busy => Setback::TooManyRequests.to_string(),
        HttpError::Other(words) => words.clone(),
    }
}
