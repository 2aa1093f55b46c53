//! A channel for a chat service called Bottle, which calls nobody: it is asked every ten seconds what is new. Files come in and go
//! out, and what was sent is remembered, so that nothing is sent twice.

pub mod sdk;

use exports::saker::plugin::{
    descriptor,
    outbound::{self, Message, Receipt},
    poller::{self, Page},
    setup,
};
use saker::plugin::{
    blobs, config, http, state,
    types::{
        Attachment, AttachmentBody, Attrs, Batch, BodyFormat, DeliveryState, Failure, Header, HttpBody, HttpMethod,
        HttpRequest, HttpResponse, InboundMessage, MessageBody, Party, PluginError, Role, ThreadRef,
    },
};
use serde_json::{Value, json};

wit_bindgen::generate!({
    path: "wit",
    inline: r#"
        package this:plugin;

        world asks {
            include saker:plugin/channel-poll@0.1.0;
            export saker:plugin/setup@0.1.0;
        }
    "#,
    world: "this:plugin/asks",
    generate_all,
});

struct Channel;
export!(Channel);

/// Messages of one look: each may bring files, and a call may make as many requests as plugin.toml says.
const MOST: u32 = 20;
/// Files of a message that are fetched.
const MOST_FILES: usize = 4;
/// Letters of a message. What is longer comes as a file, with its beginning as the message.
const LONGEST: usize = 4_000;
/// Bytes of a text file that goes into the message itself: Bottle shows none.
const SHORT: u32 = 2_000;
/// How long it is known what was sent, in seconds: a week. Saker gives up after two days.
const KEPT_S: u32 = 604_800;

impl descriptor::Guest for Channel {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "com.example.bottle".into(),
            name: "Bottle".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Messages from Bottle, and answers to it.".into(),
            config_schema: "{}".into(),
            features: vec!["attachments".into()],
            max_body_bytes: Some(LONGEST as u32),
            max_attachment_bytes: Some(10 << 20),
        }
    }
}

impl setup::Guest for Channel {
    /// Asked whenever somebody saves an account: does the key work?
    fn check() -> Result<(), PluginError> {
        whoami().map(drop)
    }

    /// Bottle need not be told anything; the administrator sees whose account it is.
    fn connect(_: String) -> Result<Attrs, PluginError> {
        Ok(vec![sdk::pair("account", whoami()?)])
    }

    fn disconnect() -> Result<(), PluginError> {
        Ok(())
    }
}

impl poller::Guest for Channel {
    /// Looks for what came after `cursor`, which is Bottle's word for where the last look ended. It is kept in the same moment as
    /// the messages, so that none is lost and none comes twice. The first look has none, and finds out where "from now on" begins.
    fn poll(cursor: Option<String>, max_messages: u32) -> Result<Page, PluginError> {
        let query = match &cursor {
            None => "limit=0".to_owned(),
            Some(cursor) => format!("after={}&limit={}", encoded(cursor), max_messages.min(MOST)),
        };
        let page = asked(&format!("/v1/messages?{query}"))?;
        let said = page["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let said = said.iter().filter(|said| cursor.is_some() && !text(&said["id"]).is_empty() && !text(&said["chat"]).is_empty());
        let messages = said.map(taken).collect::<Result<Vec<_>, _>>()?;
        Ok(Page {
            more: page["more"] == true && !messages.is_empty(),
            batch: Batch { messages, updates: vec![] },
            next_cursor: Some(text(&page["next"])).filter(|next| !next.is_empty()).or(cursor).unwrap_or_default(),
            poll_after_ms: None,
        })
    }
}

impl outbound::Guest for Channel {
    fn send(msg: Message) -> Result<Receipt, PluginError> {
        let thread = msg.thread.ok_or_else(|| permanent("there is no chat to answer in"))?;
        if let Some(before) = sent(&msg.idempotency_key) {
            return Ok(receipt(text(&before["name"]), thread, true));
        }
        let (short, long): (Vec<_>, Vec<_>) = msg.attachments.into_iter().partition(is_short);
        let mut words = vec![msg.bodies.first().map(|body| body.text.clone()).unwrap_or_default()];
        for file in &short {
            words.push(String::from_utf8_lossy(&bytes_of(file)?).into_owned());
        }
        // A file that was handed over and belongs to no message is thrown away by Bottle, so this may be done again.
        let files = long.into_iter().map(handed_over).collect::<Result<Vec<_>, _>>()?;
        let chat = &thread.conversation;
        let body = json!({ "chat": chat, "text": words.join("\n\n"), "files": files, "key": msg.idempotency_key });
        let answer = http::fetch(&HttpRequest {
            method: HttpMethod::Post,
            url: format!("{}/v1/messages", server()?),
            headers: vec![key(), header("content-type", "application/json")],
            body: HttpBody::Bytes(body.to_string().into_bytes()),
            timeout_ms: None,
        })
        .map_err(|why| unreached(why, true))?;
        if matches!(answer.status, 408 | 500 | 502 | 504) {
            return Err(unclear());
        }
        let name = name_in(&good(answer)?).unwrap_or_else(|| msg.idempotency_key.clone());
        let kept = json!({ "name": name, "chat": chat }).to_string().into_bytes();
        // It has left; that nobody may remember is no reason to say otherwise.
        let _ = state::put(&format!("sent/{}", msg.idempotency_key), &kept, &state::Expect::Any, Some(KEPT_S));
        Ok(receipt(name, thread, false))
    }

    /// Asked after a `send` that ended without an answer: what is remembered was sent, and of all else nobody knows.
    fn lookup(idempotency_key: String) -> Result<Option<Receipt>, PluginError> {
        let kept = sent(&idempotency_key).ok_or(PluginError::Unsupported)?;
        Ok(Some(receipt(text(&kept["name"]), thread(text(&kept["chat"])), true)))
    }
}

fn whoami() -> Result<String, PluginError> {
    Ok(text(&asked("/v1/me")?["name"]))
}

/// One of Bottle's messages: `{"id", "chat", "user", "name", "email", "text", "sent", "files": [{"id", "name", "type"}]}`.
fn taken(said: &Value) -> Result<InboundMessage, PluginError> {
    let whole = text(&said["text"]);
    let mut words: String = whole.chars().take(LONGEST).collect();
    let mut attachments = vec![];
    if words != whole {
        attachments.push(written(whole.as_bytes(), "text/plain", "message.txt")?);
    }
    let files = said["files"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (at, file) in files.iter().filter(|file| !text(&file["id"]).is_empty()).enumerate() {
        match if at < MOST_FILES { fetched(file)? } else { None } {
            Some(there) => attachments.push(there),
            None => words += &format!("\n[The file could not be fetched: {}]", named(file).unwrap_or("file".into())),
        }
    }
    let email = Some(text(&said["email"])).filter(|email| !email.is_empty());
    Ok(InboundMessage {
        // With the account, this is how Saker knows that it has seen a message before.
        external_id: text(&said["id"]),
        sent_at: said["sent"].as_u64().filter(|at| *at > 0).map(|at| at as f64),
        thread: thread(text(&said["chat"])),
        sender: Party {
            address: text(&said["user"]),
            display_name: named(said),
            role: Role::Customer,
            // People are found by it.
            attrs: email.map(|email| sdk::pair("email", email)).into_iter().collect(),
        },
        recipients: vec![],
        subject: None,
        bodies: vec![MessageBody { format: BodyFormat::Plain, text: words.trim().to_owned() }],
        attachments,
        locale: None,
        attrs: vec![],
    })
}

/// A file goes from Bottle to Saker; its bytes never come in here. None for one that will never come: what may come later fails
/// the look, which is made again.
fn fetched(file: &Value) -> Result<Option<Attachment>, PluginError> {
    let request = get(&format!("/v1/files/{}", encoded(&text(&file["id"]))))?;
    let (status, id) = http::fetch_to_blob(&request).map_err(|why| unreached(why, false))?;
    match if (200..300).contains(&status) { Ok(()) } else { Err(refusal(status)) } {
        Ok(()) => {
            let mime = Some(text(&file["type"])).filter(|mime| !mime.is_empty());
            Ok(Some(stored(id, &mime.unwrap_or("application/octet-stream".into()), named(file))))
        }
        Err(PluginError::Permanent(_)) => Ok(None),
        Err(why) => Err(why),
    }
}

/// A file that is made here.
fn written(bytes: &[u8], mime: &str, name: &str) -> Result<Attachment, PluginError> {
    let lost = |why: String| retryable("no-room", &why);
    let id = blobs::create(mime, Some(name)).map_err(lost)?;
    sdk::write_all(bytes, |piece| blobs::append(&id, piece)).map_err(lost)?;
    blobs::seal(&id).map_err(lost)?;
    Ok(stored(id, mime, Some(name.to_owned())))
}

fn stored(id: String, mime: &str, filename: Option<String>) -> Attachment {
    Attachment { filename, mime: mime.into(), size: None, content_id: None, body: AttachmentBody::Stored(id) }
}

fn is_short(file: &Attachment) -> bool {
    file.mime.starts_with("text/plain") && file.size.is_some_and(|size| size <= SHORT)
}

/// The bytes of a file that leaves. Saker hands over names of blobs; recorded calls may have the bytes themselves.
fn bytes_of(file: &Attachment) -> Result<Vec<u8>, PluginError> {
    match &file.body {
        AttachmentBody::Inline(bytes) => Ok(bytes.clone()),
        AttachmentBody::Stored(id) => blobs::stat(id)
            .and_then(|info| sdk::read_all(info.size, |from, length| blobs::read(id, from, length)))
            .map_err(|why| retryable("no-file", &why)),
        AttachmentBody::Deferred(_) => Ok(vec![]),
    }
}

/// Bottle's name for a file that it took. Its bytes go from Saker to Bottle, and don't come in here.
fn handed_over(file: Attachment) -> Result<String, PluginError> {
    let name = file.filename.as_deref().unwrap_or("file");
    let request = HttpRequest {
        method: HttpMethod::Post,
        url: format!("{}/v1/files?name={}", server()?, encoded(name)),
        headers: vec![key(), header("content-type", &file.mime)],
        body: match &file.body {
            AttachmentBody::Stored(id) => HttpBody::Blob(id.clone()),
            _ => HttpBody::Bytes(bytes_of(&file)?),
        },
        timeout_ms: None,
    };
    let answer = http::fetch(&request).map_err(|why| unreached(why, false))?;
    Ok(name_in(&good(answer)?).unwrap_or_default())
}

/// What was sent under a key, and where; none where that is not known.
fn sent(idempotency_key: &str) -> Option<Value> {
    let kept = state::get(&format!("sent/{idempotency_key}")).ok()??;
    serde_json::from_slice(&kept.value).ok()
}

fn receipt(external_id: String, thread: ThreadRef, duplicate: bool) -> Receipt {
    Receipt { external_id, state: DeliveryState::Sent, thread, duplicate, attrs: vec![] }
}

fn thread(conversation: String) -> ThreadRef {
    ThreadRef { conversation, in_reply_to: None, references: vec![], reply_token: None }
}

/// What Bottle calls what it took. That it took it is certain, whatever it says.
fn name_in(answer: &HttpResponse) -> Option<String> {
    let answer: Value = serde_json::from_slice(&answer.body).ok()?;
    Some(text(&answer["id"])).filter(|name| !name.is_empty())
}

/// Bottle's answer to a question, where it is a yes.
fn asked(path: &str) -> Result<Value, PluginError> {
    let answer = good(http::fetch(&get(path)?).map_err(|why| unreached(why, false))?)?;
    serde_json::from_slice(&answer.body).map_err(|_| retryable("nonsense", "Bottle's answer is no JSON"))
}

fn get(path: &str) -> Result<HttpRequest, PluginError> {
    let (url, headers) = (format!("{}{path}", server()?), vec![key()]);
    Ok(HttpRequest { method: HttpMethod::Get, url, headers, body: HttpBody::Empty, timeout_ms: None })
}

/// Where Bottle is: many run their own.
fn server() -> Result<String, PluginError> {
    let address = config::get("server").filter(|address| !address.is_empty());
    let missing = || PluginError::Config(failure("setting-missing", "server: Where is Bottle?", None));
    Ok(address.ok_or_else(missing)?.trim_end_matches('/').to_owned())
}

fn key() -> Header {
    header("authorization", "Bearer {{secret:token}}")
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

fn named(value: &Value) -> Option<String> {
    Some(text(&value["name"])).filter(|name| !name.is_empty())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// As a piece of an address.
fn encoded(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(letter).collect()
}

fn good(answer: HttpResponse) -> Result<HttpResponse, PluginError> {
    if (200..300).contains(&answer.status) { Ok(answer) } else { Err(refusal(answer.status)) }
}

/// What Bottle's status says by itself.
fn refusal(status: u16) -> PluginError {
    let why = |code, message| failure(code, message, Some(status));
    match status {
        401 | 403 => PluginError::Auth(why("refused", "Bottle does not know the token")),
        429 => PluginError::RateLimited(why("too-fast", "Bottle wants it slower")),
        408 | 500.. => PluginError::Retryable(why("busy", "Bottle can't now")),
        _ => PluginError::Permanent(why("refused", "Bottle does not want it")),
    }
}

/// Why there was no answer; `once`, where the request must have its effect once: Saker then asks `lookup`.
fn unreached(why: http::HttpError, once: bool) -> PluginError {
    match why {
        http::HttpError::Denied(words) | http::HttpError::Invalid(words) => {
            PluginError::Config(failure("not-allowed", &words, None))
        }
        http::HttpError::TooLarge => permanent("what Bottle answers is too large"),
        http::HttpError::Timeout | http::HttpError::Other(_) if once => unclear(),
        _ => retryable("not-reached", "Bottle was not reached"),
    }
}

/// It may have been sent, or it broke off behind whoever took it.
fn unclear() -> PluginError {
    retryable("unclear", "no answer came after it had been sent: it may have arrived")
}

fn permanent(message: &str) -> PluginError {
    PluginError::Permanent(failure("bottle", message, None))
}

fn retryable(code: &str, message: &str) -> PluginError {
    PluginError::Retryable(failure(code, message, None))
}

fn failure(code: &str, message: &str, remote_status: Option<u16>) -> Failure {
    Failure { code: code.into(), message: message.into(), remote_status, retry_after_ms: None }
}
