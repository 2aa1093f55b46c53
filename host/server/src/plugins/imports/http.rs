//! Requests to other hosts: judged by the grants, made by the host, and written into the ledger whatever came of them.

use crate::plugins::{
    call::{Call, Trial},
    contract::{
        http::{Host, HttpError},
        types::{Header, HttpBody, HttpRequest, HttpResponse, Part, PartContent},
    },
    fetch::{self, Body, Outcome, Way},
    notebook::{Notebook, now},
    script::{Script, Shown, ShownBody, ShownPart, Source, method},
    secret::Secrets,
    tidy,
};
use desk::{model::Setback, plugin::Departure};
use serde::de::DeserializeOwned;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

/// Bytes of an answer that goes into the plugin.
const LARGEST_ANSWER: usize = 4 << 20;
/// Bytes of an answer that becomes a blob.
const LARGEST_BLOB: usize = 25 << 20;
/// Bytes of a file that go into the record of a call: as numbers in a list they take four times the room.
const LARGEST_WRITTEN: usize = 16 << 10;
/// Characters of a path, and of the names of headers, in the ledger.
const LONGEST_PATH: usize = 1_000;
/// Characters of one of these names.
const LONGEST_NAME: usize = 100;
/// Bytes of what is sent.
const LARGEST_SENT: usize = 50 << 20;

impl Host for Call {
    async fn fetch(&mut self, req: HttpRequest) -> wasmtime::Result<Result<HttpResponse, HttpError>> {
        if let Some(script) = self.script.clone() {
            self.count()?;
            return Ok(self.again("http.fetch", &req, &script));
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
        if let Some(script) = self.script.clone() {
            self.count()?;
            let answer: Result<(u16, File), HttpError> = self.again("http.fetch-to-blob", &req, &script);
            return Ok(answer.map(|(status, file)| match file {
                File::Whole { mime, body } => (status, self.desk.give(&mime, body)),
                File::Name(_) => (status, self.desk.give("", vec![])),
            }));
        }
        let mut written = None;
        let answer = match self.go(req, LARGEST_BLOB).await? {
            Ok((_, _, _, true)) => Err(HttpError::TooLarge),
            Ok((status, headers, body, false)) => {
                let mime = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-type"));
                let mime = mime.map(|mime| String::from_utf8_lossy(&mime.value).into_owned()).unwrap_or_default();
                match self.desk.room.checked_sub(body.len()) {
                    None => Err(HttpError::TooLarge),
                    Some(room) => {
                        self.desk.room = room;
                        if body.len() <= LARGEST_WRITTEN {
                            written = Some(File::Whole { mime: mime.clone(), body: body.clone() });
                        }
                        Ok((status, self.desk.give(&mime, body)))
                    }
                }
            }
            Err(why) => Err(why),
        };
        let shown = answer.clone().map(|(status, name)| (status, written.unwrap_or(File::Name(name))));
        let _noted = self.traced("http.fetch-to-blob", shown);
        Ok(answer)
    }
}

/// A file that was fetched, as it is written down: with what is in it, where that is little.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
enum File {
    Whole { mime: String, body: Vec<u8> },
    Name(String),
}

/// A request on its way. It stands in the ledger when this is dropped, so also where the call ends before the request.
struct Leaving {
    notebook: Notebook,
    departure: Departure,
    began: Instant,
    written: Arc<AtomicU64>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.departure.sent = self.written.load(Ordering::Relaxed);
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
        let left = self.fetches_left.checked_sub(1);
        // Once is enough to see that it asks for more.
        if left.is_none() && std::mem::replace(&mut self.asked_for_more, true) {
            return Ok(Err(HttpError::Busy));
        }
        self.fetches_left = left.unwrap_or(0);
        let method = method(req.method);
        let fits = fetch::fits_on_the_line(&req);
        let (host, path) = if fits.is_ok() {
            req.headers.iter().filter_map(key).for_each(|key| self.hide_key(key));
            fetch::shown(&req.url)
        } else {
            shown_of_too_much(&req.url)
        };
        let departure = Departure {
            plugin: self.plugin.id.clone(),
            account: self.account_id(),
            at: now(),
            method: method.to_owned(),
            host: tidy::line(&self.without_secrets(&host), 300),
            path: cut(&self.without_secrets(&path)),
            headers: names(&req.headers),
            status: None,
            sent: 0,
            received: 0,
            micros: 0,
            decision: Setback::CutOff.to_string(),
        };
        let written = Arc::new(AtomicU64::new(0));
        let mut leaving = Leaving { notebook: self.world.notebook.clone(), departure, began, written: written.clone() };
        let answer = match fits {
            _ if self.trial() == Trial::Sample => {
                Err(HttpError::Denied("nobody is called while a sample is tried".to_owned()))
            }
            _ if left.is_none() => Err(HttpError::Busy),
            Err(why) => Err(why),
            // What could not stand in the ledger does not leave.
            Ok(()) if !self.world.notebook.has_room(&self.plugin.id) => Err(HttpError::Busy),
            Ok(()) => self.ask(&req, method, most, written).await,
        };
        self.waited += began.elapsed();
        let departure = &mut leaving.departure;
        let answer = match answer {
            Ok(outcome) => {
                departure.decision = "allowed".to_owned();
                departure.status = Some(outcome.status);
                departure.received = outcome.received;
                let secrets = Secrets::of(self.account.iter().flat_map(|account| account.secrets()));
                let headers = outcome.headers.into_iter();
                let headers = headers.map(|(name, value)| cleaned(&secrets, name, value)).collect();
                Ok((outcome.status, headers, outcome.body, outcome.truncated))
            }
            Err(why) => {
                departure.decision = tidy::line(&self.without_secrets(&in_words(&why)), 300);
                Err(why)
            }
        };
        Ok(answer)
    }

    /// A request of a call that is done again: judged as ever, and answered as it was then.
    fn again<T: DeserializeOwned>(
        &mut self,
        what: &str,
        req: &HttpRequest,
        script: &Mutex<Script>,
    ) -> Result<T, HttpError> {
        let Some(left) = self.fetches_left.checked_sub(1) else { return Err(HttpError::Busy) };
        self.fetches_left = left;
        let judged = fetch::judge(self, req).map(drop);
        let body = self.body(&req.body).map_err(HttpError::Invalid);
        let refused = judged.and(body.as_ref().map(drop).map_err(Clone::clone)).err();
        let body = match &req.body {
            HttpBody::Multipart(parts) => ShownBody::Parts(parts.iter().map(|part| self.shown(part)).collect()),
            _ => ShownBody::Bytes(body.map(|body| body.bytes).unwrap_or_default()),
        };
        let mut script = script.lock().unwrap_or_else(|lost| lost.into_inner());
        // Addresses that stand in settings are not known where these are not.
        let unknown = script.source == Source::Bare && self.lacks_addresses();
        let shown = Shown::of(req, body);
        match refused {
            Some(why) if unknown => Err(why),
            Some(why) => {
                let words = match &why {
                    HttpError::Denied(words) | HttpError::Invalid(words) => words.clone(),
                    other => in_words(other),
                };
                script.refuse(what, &shown, &words);
                Err(why)
            }
            None => script.answer_request(what, &shown).unwrap_or_else(unrecorded),
        }
    }

    fn shown(&mut self, part: &Part) -> ShownPart {
        let content = match &part.content {
            PartContent::Bytes(bytes) => bytes.clone(),
            PartContent::Blob(id) => self.desk.look(id).map(<[u8]>::to_vec).unwrap_or_default(),
        };
        ShownPart { name: part.name.clone(), filename: part.filename.clone(), mime: part.mime.clone(), content }
    }

    /// Whether an address that it may call stands in a setting that is not filled in.
    fn lacks_addresses(&self) -> bool {
        let named = |rule: &String| Some(rule.strip_prefix("{{")?.strip_suffix("}}")?.to_owned());
        let filled = |name: &String| {
            self.account
                .as_ref()
                .is_some_and(|account| account.settings.get(name).is_some_and(|value| value.is_string()))
        };
        self.plugin.manifest.net.hosts.iter().filter_map(named).any(|name| !filled(&name))
    }

    async fn ask(
        &mut self,
        req: &HttpRequest,
        method: &str,
        most: usize,
        written: Arc<AtomicU64>,
    ) -> Result<Outcome, HttpError> {
        let judged = fetch::judge(self, req)?;
        let body = self.body(&req.body).map_err(HttpError::Invalid)?;
        let until = self.ends.saturating_duration_since(Instant::now());
        let way = Way { reach: self.world.reach, wish_ms: req.timeout_ms, until, most, written };
        fetch::make(way, &judged, method, body).await
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
}

/// A header of an answer, with secrets that the remote echoes taken out.
fn cleaned(secrets: &Secrets, name: String, value: Vec<u8>) -> Header {
    let value = match std::str::from_utf8(&value) {
        Ok(text) => secrets.hide(text).into_bytes(),
        Err(_) => value,
    };
    Header { name, value }
}

/// What a plugin wrote into `authorization` by itself.
fn key(header: &Header) -> Option<&str> {
    let named = header.name.eq_ignore_ascii_case("authorization");
    let key = std::str::from_utf8(&header.value).ok().filter(|_| named)?.split_whitespace().last()?;
    (key.len() >= 8 && !key.contains("{{")).then_some(key)
}

/// A path as it is kept: of a long one the beginning, and how many bytes it has.
fn cut(path: &str) -> String {
    let line = tidy::line(path, LONGEST_PATH);
    if path.len() > LONGEST_PATH { format!("{line} … ({})", path.len()) } else { line }
}

/// Host and path of a request that is too large to be looked at: where there is no room for a path, nothing of it is shown, for
/// it may be half a secret.
fn shown_of_too_much(url: &str) -> (String, String) {
    if url.len() <= fetch::LONGEST_ADDRESS {
        fetch::shown(url)
    } else {
        (String::new(), format!("… ({})", url.len()))
    }
}

/// Which headers a plugin wrote; their values may be secrets.
fn names(headers: &[Header]) -> String {
    let name = |header: &Header| tidy::line(&header.name, LONGEST_NAME).to_ascii_lowercase();
    let names: Vec<String> = headers.iter().take(fetch::MOST_HEADERS).map(name).collect();
    tidy::line(&names.join(", "), LONGEST_PATH)
}

/// A call that is done again asks for something that it never asked for.
fn unrecorded<T>() -> Result<T, HttpError> {
    Err(HttpError::Denied("nothing was recorded for this request".to_owned()))
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
