//! From a request to its answer: who calls, may they, was it called before, and is it still about what they saw.

use super::{
    call::{self, Call},
    door::{Door, Reply, Said},
    problem::Problem,
    rate::Standing,
};
use crate::http::App;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts, RawPathParams, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use desk::{
    Desk, Error, Why,
    idempotency::{Answered, Claim},
    model::{Actor, ApiKeyId},
};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Bytes of a body: a file of 25 MB, and a little.
const LARGEST_BODY: usize = 26 << 20;
/// A call made again with the same one is answered with the first answer.
const REPEAT: HeaderName = HeaderName::from_static("idempotency-key");
/// Headers of an answer that are kept with it.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

pub async fn answer(door: Arc<Door>, State(app): State<App>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let (call, standing) = match admit(&door, &app, &parts.headers).await {
        Ok(admitted) => admitted,
        Err(problem) => return sent(problem.reply(call::language(&parts.headers, None))),
    };
    let language = call::language(&parts.headers, Some(&call.actor));
    let reply = match through(&door, call, standing, &mut parts, body).await {
        Ok(reply) => reply,
        Err(problem) => problem.reply(language),
    };
    let mut reply = fresh(reply, &door, &parts.headers);
    reply.headers.extend(standing.headers());
    sent(reply)
}

/// An address that is none.
pub async fn nowhere(headers: HeaderMap) -> Response {
    sent(Problem::of(Error::NotFound).reply(call::language(&headers, None)))
}

/// Whose key it is, and how often it called.
async fn admit(door: &Door, app: &App, headers: &HeaderMap) -> Result<(Call, Standing), Problem> {
    let holder = app.desk.actor_of_key(&call::token(headers)?).await?;
    let standing = app.rates.take(&holder.id, app.desk.api_limit().await?, app.desk.clock().now());
    let opens = holder.covers(door.area, door.writes);
    let seen = headers.get(header::IF_MATCH).and_then(|tag| tag.to_str().ok()?.trim_matches('"').parse().ok());
    Ok((Call { desk: app.desk.clone(), actor: holder.actor, key: holder.id, opens, seen }, standing))
}

async fn through(
    door: &Arc<Door>,
    call: Call,
    standing: Standing,
    parts: &mut Parts,
    body: Body,
) -> Result<Reply, Problem> {
    if let Some(seconds) = standing.seconds() {
        return Err(Problem::of(Error::TooMany { seconds }));
    }
    if !call.opens {
        return Err(Problem::of(Error::Forbidden));
    }
    let body = to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| Problem::of(Error::invalid("body", Why::TooLarge { megabytes: 25 })))?;
    let said = said(parts, body).await?;
    let name = parts.headers.get(REPEAT).filter(|_| door.method == Method::POST && door.writes);
    match name.map(|name| name.to_str().unwrap_or_default().to_owned()) {
        Some(name) => to_the_end(door, call, name, said, parts.headers.clone()).await,
        None => run(door, call, said, &parts.headers).await,
    }
}

async fn said(parts: &mut Parts, body: Bytes) -> Result<Said, Problem> {
    let places = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Problem::of(Error::NotFound))?;
    let places: Vec<String> = places.iter().map(|(_, value)| value.to_owned()).collect();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    if places.iter().any(|place| place.contains('\0')) {
        return Err(Problem::of(Error::NotFound));
    }
    if query.contains("%00") {
        return Err(Problem::of(Error::invalid("query", Why::NotAChoice)));
    }
    let mime = parts.headers.get(header::CONTENT_TYPE).and_then(|mime| mime.to_str().ok()).unwrap_or_default();
    Ok(Said { places, query, mime: mime.to_owned(), body })
}

/// Runs a call that may come again in a task of its own: it goes on when its caller hangs up, so that whoever asks again
/// hears what came of it.
async fn to_the_end(
    door: &Arc<Door>,
    call: Call,
    name: String,
    said: Said,
    headers: HeaderMap,
) -> Result<Reply, Problem> {
    let door = door.clone();
    let running = tokio::spawn(async move { once(&door, call, &name, said, &headers).await });
    running.await.unwrap_or_else(|died| Err(Problem::of(Error::internal(died))))
}

/// Runs a call that may come again: one effect, one answer.
async fn once(door: &Arc<Door>, call: Call, name: &str, said: Said, headers: &HeaderMap) -> Result<Reply, Problem> {
    let mut mark = Sha256::new();
    for part in [door.name.as_bytes(), said.places.join("/").as_bytes(), said.query.as_bytes(), &said.body] {
        mark.update((part.len() as u64).to_be_bytes());
        mark.update(part);
    }
    let mark: String = mark.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let (desk, key, actor): (_, ApiKeyId, Actor) = (call.desk.clone(), call.key.clone(), call.actor.clone());
    if let Claim::Answered(first) = desk.claim(&key, name, &mark).await? {
        return Ok(again(first));
    }
    let language = call::language(headers, Some(&actor));
    let reply = match run(door, call, said, headers).await {
        Ok(reply) => reply,
        Err(problem) => problem.reply(language),
    };
    // What failed by our fault, or for now only, may be tried again; all else is the answer.
    if reply.status >= 500 || [401, 409, 429].contains(&reply.status) {
        desk.drop_claim(&key, name).await?;
        return Ok(reply);
    }
    let body = String::from_utf8_lossy(&reply.body).into_owned();
    let mut kept = reply.headers.clone();
    kept.push(("content-type".to_owned(), reply.mime.clone()));
    desk.keep_answer(&key, name, &Answered { status: reply.status, headers: kept, body }).await?;
    Ok(reply)
}

fn again(first: Answered) -> Reply {
    let mime = first.headers.iter().find(|(name, _)| name == "content-type").map(|(_, mime)| mime.clone());
    let mut headers: Vec<_> = first.headers.into_iter().filter(|(name, _)| name != "content-type").collect();
    headers.push((REPLAYED.as_str().to_owned(), "true".to_owned()));
    Reply { status: first.status, headers, mime: mime.unwrap_or_default(), body: first.body.into_bytes() }
}

async fn run(door: &Arc<Door>, mut call: Call, said: Said, headers: &HeaderMap) -> Result<Reply, Problem> {
    let wanted = headers.get(header::IF_MATCH).and_then(|tag| tag.to_str().ok()).filter(|_| door.writes);
    let Some(wanted) = wanted else { return (door.run)(call, said).await };
    let places = said.places.clone();
    if let Some(problem) = outdated(door, &call, &places, wanted).await? {
        return Err(problem);
    }
    let now = call.clone();
    call.desk = while_unchanged(door, &now, &places, wanted);
    match (door.run)(call, said).await {
        // Changed between our look and the write, which looked again.
        Err(problem) if problem.status() == StatusCode::CONFLICT.as_u16() => {
            Err(outdated(door, &now, &places, wanted).await?.unwrap_or(problem))
        }
        other => other,
    }
}

/// A desk that changes only what is still what the caller saw, judged inside of the write.
fn while_unchanged(door: &Arc<Door>, call: &Call, places: &[String], wanted: &str) -> Desk {
    let (door, call, places, wanted) = (door.clone(), call.clone(), places.to_vec(), wanted.to_owned());
    call.desk.clone().only_if(move |desk| {
        let (door, call) = (door.clone(), Call { desk, ..call.clone() });
        let (places, wanted) = (places.clone(), wanted.clone());
        Box::pin(async move {
            match outdated(&door, &call, &places, &wanted).await {
                Ok(None) => Ok(()),
                Ok(Some(_)) => Err(Error::Changed { by: String::new() }),
                Err(problem) => Err(problem.into_error()),
            }
        })
    })
}

/// Both versions, when what is there is not what the caller saw (RFC 9110, section 13.1.1).
async fn outdated(door: &Door, call: &Call, places: &[String], wanted: &str) -> Result<Option<Problem>, Problem> {
    let Some((reader, kept)) = super::reader(&super::DOORS, door) else {
        return Err(Problem::of(Error::invalid("If-Match", Why::NoVersion)));
    };
    let said = Said {
        places: places[..kept.min(places.len())].to_vec(),
        query: String::new(),
        mime: String::new(),
        body: Bytes::new(),
    };
    let there = (reader.run)(call.clone(), said).await?;
    let tag = etag(&there);
    if wanted == "*" || wanted.split(',').any(|one| one.trim() == tag) {
        return Ok(None);
    }
    let mut problem = Problem::of(Error::Changed { by: String::new() });
    let current: serde_json::Value = serde_json::from_slice(&there.body).unwrap_or_default();
    problem.versions = Some(Box::new(serde_json::json!({ "yours": wanted, "current": tag, "now": current })));
    problem.headers.push(("etag".to_owned(), tag));
    Ok(Some(problem))
}

fn etag(reply: &Reply) -> String {
    let own = reply.headers.iter().find(|(name, _)| name == "etag").map(|(_, tag)| tag.clone());
    own.unwrap_or_else(|| {
        let hash = Sha256::digest(&reply.body);
        format!("\"{}\"", hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>())
    })
}

/// Whoever has it already is told just that (RFC 9110, section 13.1.2).
fn fresh(mut reply: Reply, door: &Door, headers: &HeaderMap) -> Reply {
    if door.method != Method::GET || reply.status != 200 {
        return reply;
    }
    let tag = etag(&reply);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|one| one.trim() == tag) {
        reply = Reply { status: 304, ..Reply::default() };
    }
    if !reply.headers.iter().any(|(name, _)| name == "etag") {
        reply.headers.push(("etag".to_owned(), tag));
    }
    reply
}

fn sent(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if !reply.mime.is_empty()
        && let Ok(mime) = HeaderValue::try_from(reply.mime)
    {
        headers.insert(header::CONTENT_TYPE, mime);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::LINK, HeaderValue::from_static("</api/v1/openapi.json>; rel=\"service-desc\""));
    response
}
