//! A Saker that runs for one story.

use crate::postgres::Database;
use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use clap::Parser;
use desk::{
    Desk,
    clock::{Clock, MINUTE},
    model::{Actor, AgentId, Language, List, Ticket, TicketRow, Via},
};
use server::{
    config::{Command, Config, Verb},
    demo,
    run::Saker,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tower::ServiceExt;

/// Everything that runs, and what is thrown away with it.
pub struct House {
    pub saker: Saker,
    pub desk: Desk,
    clock: Clock,
    config: Config,
    _folder: TempDir,
    _database: Option<Database>,
}

impl House {
    /// Starts with the people of the acceptance scenarios: Ane, Bo, Cia, Dag, Eva, and Kari of Fjord AS.
    pub async fn open() -> Result<House> {
        Self::open_with(&[]).await
    }

    /// The same, with more on the command line.
    pub async fn open_with(more: &[&str]) -> Result<House> {
        Self::open_by(Clock::real(), more).await
    }

    /// The same, by a clock that stands still until the story moves it: Unix microseconds.
    pub async fn open_at(now: i64) -> Result<House> {
        Self::open_by(Clock::fixed(now), &[]).await
    }

    async fn open_by(clock: Clock, more: &[&str]) -> Result<House> {
        let folder = tempfile::tempdir()?;
        // Migrations run in `Saker::start`; the template is an empty database.
        let database = Database::create(async |_| Ok(())).await?;
        let mut config = config(&[&["--port", "0", "--smtp-port", "0", "--lmtp-port", "0"], more].concat())?;
        config.data = folder.path().to_owned();
        config.cache = Some(cache());
        config.database = database.as_ref().map(|database| database.url().to_owned());
        let saker = Saker::start(&config, true, clock.clone()).await?;
        demo::furnish(&saker.desk).await?;
        // Stories don't wait; the one about calling back says so itself.
        saker.desk.hold_replies(&Actor::System, 0).await?;
        Ok(House { desk: saker.desk.clone(), saker, clock, config, _folder: folder, _database: database })
    }

    /// A colleague by first name.
    pub async fn agent(&self, first_name: &str) -> Result<Actor> {
        agent(&self.desk, first_name).await
    }

    /// What an agent's browser sends along after signing in.
    pub async fn cookie(&self, actor: &Actor) -> Result<String> {
        let email = self.desk.profile(actor).await?.email;
        Ok(format!("session={}", self.desk.sign_in(&email, demo::PASSWORD).await?))
    }

    /// Sends one mail by SMTP; the other side's last word.
    pub async fn mail(&self, from: &str, raw: &str) -> Result<String> {
        smtp(self.saker.smtp, from, &[demo::MAILBOX], raw.as_bytes()).await
    }

    /// A remote calls an account's address, or one behind it; what it is told.
    pub async fn knock(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<(u16, String)> {
        let path = &url[url.find("/hooks/").context("no hook")?..];
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let app = server::http::router(server::http::App::new(self.desk.clone(), true));
        let answer = app.oneshot(request.body(Body::from(body.to_owned()))?).await?;
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// Waits until nothing is left to do.
    pub async fn rest(&self) -> Result<()> {
        rest(&self.desk).await
    }

    /// Lets time pass by a clock that stands still, and begins what is due by then. What is put off stays: nothing is waited for.
    pub async fn advance(&self, minutes: i64) -> Result<()> {
        self.clock.advance(minutes * MINUTE);
        Ok(self.desk.tick().await?)
    }

    /// Lets time pass by a clock that stands still, and does what is due by then.
    pub async fn pass(&self, minutes: i64) -> Result<()> {
        self.clock.advance(minutes * MINUTE);
        self.desk.tick().await?;
        self.rest().await
    }

    pub async fn rows(&self, actor: &Actor, list: List) -> Result<Vec<TicketRow>> {
        Ok(self.desk.list(actor, list, None).await?.rows)
    }

    /// The only request in a list.
    pub async fn only(&self, actor: &Actor, list: List) -> Result<Ticket> {
        let rows = self.rows(actor, list).await?;
        ensure!(rows.len() == 1, "{} requests in {list}", rows.len());
        Ok(self.desk.ticket(actor, rows[0].number).await?)
    }

    /// Mail that left, oldest first: recipient, subject, raw bytes.
    pub async fn sent(&self) -> Result<Vec<(String, String, String)>> {
        let mut sent = vec![];
        for mail in self.desk.sent_mail(&Actor::System, 1_000).await?.into_iter().rev() {
            let raw = self.desk.sent_source(&Actor::System, &mail.id).await?;
            sent.push((mail.recipient, mail.subject, String::from_utf8_lossy(&raw).into_owned()));
        }
        Ok(sent)
    }

    /// Where everything is kept.
    pub fn folder(&self) -> &Path {
        &self.config.data
    }

    pub async fn close(self) {
        self.saker.stop().await;
    }

    /// Stops, and starts with what is kept.
    pub async fn close_and_open(self) -> Result<House> {
        let House { saker, desk, clock, config, _folder, _database } = self;
        saker.stop().await;
        drop(desk);
        let saker = Saker::start(&config, true, clock.clone()).await?;
        Ok(House { desk: saker.desk.clone(), saker, clock, config, _folder, _database })
    }
}

/// A colleague by first name.
pub async fn agent(desk: &Desk, first_name: &str) -> Result<Actor> {
    let setup = Actor::Agent {
        id: AgentId::from("setup"),
        name: String::new(),
        admin: true,
        language: Language::En,
        via: Via::Hand,
    };
    let agents = desk.choices(&setup).await?.agents;
    let card = agents.into_iter().find(|card| card.name.starts_with(first_name)).context("no such agent")?;
    Ok(desk.agent_actor(&card.id).await?)
}

/// Waits until nothing is left to do.
pub async fn rest(desk: &Desk) -> Result<()> {
    for _ in 0..600 {
        if desk.open_jobs().await? == 0 {
            desk.settle_index().await?;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("jobs were left after 30 seconds")
}

/// Shared by all tests: compiling the plugins once is enough.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/cache")
}

/// A configuration as the command line gives it.
pub fn config(args: &[&str]) -> Result<Config> {
    // A start that fails names a line of the log, which then stands beside it.
    server::demo::log("error");
    let command = Command::try_parse_from(["saker", "serve"].iter().chain(args))?;
    match command.verb {
        Verb::Serve(config) => Ok(config),
        _ => anyhow::bail!("not a serve"),
    }
}

/// One mail over one connection; the answer to the final dot, or to the first command that was refused.
pub async fn smtp(at: std::net::SocketAddr, from: &str, to: &[&str], raw: &[u8]) -> Result<String> {
    let mut line = BufReader::new(TcpStream::connect(at).await?);
    answer(&mut line).await?;
    say(&mut line, "EHLO tests.example").await?;
    say(&mut line, &format!("MAIL FROM:<{from}>")).await?;
    for recipient in to {
        let said = say(&mut line, &format!("RCPT TO:<{recipient}>")).await?;
        if !said.starts_with('2') {
            return Ok(said);
        }
    }
    say(&mut line, "DATA").await?;
    let mut stuffed = vec![];
    for part in raw.split_inclusive(|byte| *byte == b'\n') {
        if part.first() == Some(&b'.') {
            stuffed.push(b'.');
        }
        let plain = part.strip_suffix(b"\n").map_or(part, |part| part.strip_suffix(b"\r").unwrap_or(part));
        stuffed.extend_from_slice(plain);
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed.extend_from_slice(b".\r\n");
    line.write_all(&stuffed).await?;
    let last = answer(&mut line).await?;
    line.write_all(b"QUIT\r\n").await?;
    Ok(last)
}

async fn say(line: &mut BufReader<TcpStream>, command: &str) -> Result<String> {
    line.write_all(format!("{command}\r\n").as_bytes()).await?;
    answer(line).await
}

async fn answer(line: &mut BufReader<TcpStream>) -> Result<String> {
    loop {
        let mut text = String::new();
        ensure!(line.read_line(&mut text).await? > 0, "the line was cut");
        if text.as_bytes().get(3) != Some(&b'-') {
            return Ok(text.trim_end().to_owned());
        }
    }
}
