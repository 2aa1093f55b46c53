//! One mail to the next server: RFC 5321 from the client's side.
//!
//! Our own client, because the four outcomes of [`Sent`] hang on the exact byte at which a
//! connection breaks. lettre 0.11 writes body, final dot and reads the answer in one call, so it
//! can't tell *nothing was sent* from *perhaps it was*; it has no time limits per phase either.
//!
//! | what happens | outcome |
//! |---|---|
//! | no connection, no TLS, no sign-in, greeting or EHLO refused | `Later`, whatever the code: it is about us or the relay, and an expired password must not kill every mail in the queue |
//! | connection lost or silence before the final dot is written | `Later` |
//! | 4xx to MAIL, RCPT, DATA or the mail | `Later` |
//! | 5xx to those (but for 530, 534, 535, 538: sign-in again) | `Refused` |
//! | connection lost, silence or nonsense after the final dot | `Unclear` |
//! | 2xx to the mail | `Accepted` |
//!
//! **Several recipients are all or nothing.** If one is refused, no one gets the mail, and the
//! reason names the address: otherwise "try again" would send twice to those who were accepted,
//! and "accepted" would hide the one who was not. One 5xx makes it `Refused`, else one 4xx `Later`.

use super::{
    dots::stuff,
    wire::{Wire, within},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use desk::{
    model::Setback,
    outside::{Envelope, Sent},
};
use std::{fmt, io, time::Duration};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// The server that takes our mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub credentials: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    #[default]
    None,
    /// Plain first, then STARTTLS; no mail and no password without it (port 587).
    StartTls,
    /// From the first byte (port 465).
    Implicit,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// How long each phase may take. RFC 5321 section 4.5.3.2, shorter before the final dot, where
/// trying again costs nothing.
#[derive(Clone, Copy, Debug)]
struct Patience {
    connect: Duration,
    /// Each answer up to the `354`.
    answer: Duration,
    /// Each 64 KiB of the mail.
    chunk: Duration,
    /// The answer to the final dot: giving up too early makes a doubt where none need be.
    verdict: Duration,
}

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(30),
    answer: Duration::from_secs(120),
    chunk: Duration::from_secs(180),
    verdict: Duration::from_secs(600),
};

/// Hands `raw` to the relay. Takes at most about 20 minutes, usually far under a second.
pub async fn send(relay: &Relay, envelope: &Envelope, raw: &[u8]) -> Sent {
    hand_over(relay, PATIENCE, envelope, raw).await
}

async fn hand_over(relay: &Relay, patience: Patience, envelope: &Envelope, raw: &[u8]) -> Sent {
    if envelope.to.is_empty() {
        return Sent::Refused(Setback::NoRecipient.to_string());
    }
    if let Some(address) = envelope.to.iter().chain([&envelope.from]).find(|address| !is_sendable(address)) {
        return Sent::Refused(Setback::NoAddress.about(format_args!("{address:?}")));
    }
    let mut line = match greet(relay, patience).await {
        Ok(line) => line,
        Err(fault) => {
            return Sent::Later(Setback::NotReached.about(format_args!("{}:{}: {fault}", relay.host, relay.port)));
        }
    };
    match offer(&mut line, patience, envelope, raw.len()).await {
        Ok(()) => {}
        Err(fault) => {
            line.leave().await;
            return fault.before_the_dot();
        }
    }
    let sent = give(&mut line, patience, raw).await;
    line.leave().await;
    sent
}

/// No control characters or angle brackets: an address must not become a command.
fn is_sendable(address: &str) -> bool {
    address.len() <= 320 && !address.contains(|c: char| c.is_control() || c == '<' || c == '>')
}

/// Connects, secures, and signs in.
async fn greet(relay: &Relay, patience: Patience) -> Result<Line, Fault> {
    let mut wire = Wire::open(&relay.host, relay.port, patience.connect).await?;
    if relay.tls == Tls::Implicit {
        wire = wire.secure(&relay.host, patience.connect).await?;
    }
    let mut line = Line::new(wire);
    line.answer(patience.answer).await?.expect(220)?;
    line.hello(patience).await?;
    if relay.tls == Tls::StartTls {
        if !line.offers("STARTTLS") {
            return Err(Fault::Said("the server offers no STARTTLS".to_owned()));
        }
        line.ask("STARTTLS", patience.answer).await?.expect(220)?;
        // What came in plain text behind the answer would be taken for the secured server's word.
        if !line.wire.buffer().is_empty() {
            return Err(Fault::Said("the server spoke before TLS was up".to_owned()));
        }
        line = Line::new(line.wire.into_inner().secure(&relay.host, patience.connect).await?);
        line.hello(patience).await?;
    }
    if let Some(credentials) = &relay.credentials {
        line.sign_in(credentials, patience).await?;
    }
    Ok(line)
}

/// The envelope, up to `354`.
async fn offer(line: &mut Line, patience: Patience, envelope: &Envelope, size: usize) -> Result<(), Fault> {
    let mut mail = format!("MAIL FROM:<{}>", envelope.from);
    if line.offers("SIZE") {
        mail.push_str(&format!(" SIZE={size}"));
    }
    // A server without 8BITMIME gets the bytes all the same: none has cut the eighth bit for
    // decades, and the plugin writes 7-bit mail anyway.
    if line.offers("8BITMIME") {
        mail.push_str(" BODY=8BITMIME");
    }
    if !envelope.to.iter().chain([&envelope.from]).all(|address| address.is_ascii()) {
        if !line.offers("SMTPUTF8") {
            return Err(Fault::Answer(Reply::ours(
                553,
                "The next server takes no address with letters outside ASCII.",
            )));
        }
        mail.push_str(" SMTPUTF8");
    }
    line.ask(&mail, patience.answer).await?.positive()?;
    let mut refused: Option<Reply> = None;
    for address in &envelope.to {
        let reply = line.ask(&format!("RCPT TO:<{address}>"), patience.answer).await?;
        if reply.class() != 2 && refused.as_ref().is_none_or(|worst| worst.class() < reply.class()) {
            refused = Some(Reply { text: format!("<{address}>: {}", reply.text), ..reply });
        }
    }
    if let Some(reply) = refused {
        return Err(Fault::Answer(reply));
    }
    line.ask("DATA", patience.answer).await?.expect(354)?;
    Ok(())
}

/// The bytes, the final dot, and the verdict.
async fn give(line: &mut Line, patience: Patience, raw: &[u8]) -> Sent {
    for chunk in stuff(raw).chunks(64 * 1024) {
        let written = within(patience.chunk, "giving the mail", async {
            line.wire.write_all(chunk).await?;
            line.wire.flush().await
        });
        if let Err(cause) = written.await {
            // A server that has seen enough says why before it hangs up.
            return match line.answer(Duration::from_secs(1)).await {
                Ok(reply) if reply.class() != 2 => Fault::Answer(reply).before_the_dot(),
                _ => Sent::Later(Setback::BrokeOff.about(cause)),
            };
        }
    }
    // From here on the server may hold a whole mail.
    let dot = within(patience.chunk, "ending the mail", async {
        line.wire.write_all(b".\r\n").await?;
        line.wire.flush().await
    });
    if let Err(cause) = dot.await {
        return Sent::Unclear(Setback::BrokeAtTheEnd.about(cause));
    }
    match line.answer(patience.verdict).await {
        Ok(reply) => match reply.class() {
            2 => Sent::Accepted,
            4 => Sent::Later(reply.to_string()),
            5 => Sent::Refused(reply.to_string()),
            _ => Sent::Unclear(Setback::OddVerdict.about(reply)),
        },
        Err(fault) => Sent::Unclear(Setback::NoVerdict.about(fault)),
    }
}

/// Why the conversation ended early.
#[derive(Debug)]
enum Fault {
    Broken(io::Error),
    Said(String),
    Answer(Reply),
}

impl Fault {
    fn before_the_dot(self) -> Sent {
        match self {
            // These codes speak of our sign-in, not of this mail.
            Fault::Answer(reply) if reply.class() == 5 && ![530, 534, 535, 538].contains(&reply.code) => {
                Sent::Refused(reply.to_string())
            }
            other => Sent::Later(other.to_string()),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(cause: io::Error) -> Self {
        Fault::Broken(cause)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Broken(cause) => cause.fmt(f),
            Fault::Said(text) => f.write_str(text),
            Fault::Answer(reply) => reply.fmt(f),
        }
    }
}

/// A whole answer, its lines joined.
#[derive(Debug)]
struct Reply {
    code: u16,
    text: String,
}

impl Reply {
    fn ours(code: u16, text: &str) -> Self {
        Reply { code, text: text.to_owned() }
    }

    fn class(&self) -> u16 {
        self.code / 100
    }

    fn positive(self) -> Result<Self, Fault> {
        if self.class() == 2 { Ok(self) } else { Err(Fault::Answer(self)) }
    }

    fn expect(self, code: u16) -> Result<Self, Fault> {
        if self.code == code { Ok(self) } else { Err(Fault::Answer(self)) }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// The connection after it was opened.
struct Line {
    wire: BufReader<Wire>,
    /// The EHLO answer, upper-cased, a line each.
    offers: Vec<String>,
}

impl Line {
    fn new(wire: Wire) -> Self {
        Line { wire: BufReader::new(wire), offers: Vec::new() }
    }

    fn offers(&self, extension: &str) -> bool {
        self.offers.iter().any(|line| line.split_ascii_whitespace().next() == Some(extension))
    }

    async fn hello(&mut self, patience: Patience) -> Result<(), Fault> {
        let name = self.wire.get_ref().own_name();
        let reply = self.ask(&format!("EHLO {name}"), patience.answer).await?;
        if reply.class() == 5 {
            self.ask(&format!("HELO {name}"), patience.answer).await?.positive()?;
            return Ok(());
        }
        self.offers = reply.positive()?.text.lines().skip(1).map(str::to_ascii_uppercase).collect();
        Ok(())
    }

    /// RFC 4954, with PLAIN where the server has it, else LOGIN.
    async fn sign_in(&mut self, credentials: &Credentials, patience: Patience) -> Result<(), Fault> {
        let Credentials { user, password } = credentials;
        let has = |mechanism| {
            self.offers
                .iter()
                .any(|line| line.starts_with("AUTH") && line.split([' ', '=']).any(|word| word == mechanism))
        };
        if has("PLAIN") {
            let secret = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
            self.ask(&format!("AUTH PLAIN {secret}"), patience.answer).await?.positive()?;
        } else if has("LOGIN") {
            self.ask("AUTH LOGIN", patience.answer).await?.expect(334)?;
            self.ask(&BASE64_STANDARD.encode(user), patience.answer).await?.expect(334)?;
            self.ask(&BASE64_STANDARD.encode(password), patience.answer).await?.positive()?;
        } else {
            return Err(Fault::Said("the server offers no sign-in that we know (PLAIN, LOGIN)".to_owned()));
        }
        Ok(())
    }

    async fn ask(&mut self, command: &str, patience: Duration) -> Result<Reply, Fault> {
        let told = within(patience, "a command", async {
            self.wire.write_all(format!("{command}\r\n").as_bytes()).await?;
            self.wire.flush().await
        });
        told.await?;
        self.answer(patience).await
    }

    async fn answer(&mut self, patience: Duration) -> Result<Reply, Fault> {
        Ok(within(patience, "the answer", read_reply(&mut self.wire)).await?)
    }

    /// Says goodbye; what comes of it changes nothing.
    async fn leave(mut self) {
        let _ = self.ask("QUIT", Duration::from_secs(2)).await;
        let _ = within(Duration::from_secs(2), "closing", self.wire.shutdown()).await;
    }
}

/// RFC 5321 section 4.2: `250-text` lines and a last `250 text`. At most 200 lines of 2,000 bytes.
async fn read_reply(wire: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Reply> {
    let mut text = String::new();
    for _ in 0..200 {
        let mut line = Vec::new();
        (&mut *wire).take(2_000).read_until(b'\n', &mut line).await?;
        if line.last() != Some(&b'\n') {
            return Err(match line.len() {
                2_000 => io::Error::other("the answer is too long"),
                _ => io::ErrorKind::UnexpectedEof.into(),
            });
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        let code = line.get(..3).and_then(|code| code.parse::<u16>().ok()).filter(|code| (200..600).contains(code));
        let (Some(code), None | Some(b' ' | b'-')) = (code, line.as_bytes().get(3)) else {
            return Err(io::Error::other(format!("the answer makes no sense: {line:?}")));
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend(line.get(4..).unwrap_or_default().chars().filter(|c| !c.is_control()));
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(Reply { code, text });
        }
    }
    Err(io::Error::other("the answer is too long"))
}

#[cfg(test)]
#[path = "deliver_tests.rs"]
mod tests;
