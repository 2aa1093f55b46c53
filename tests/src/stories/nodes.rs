//! Several Sakers on one database: one shop with many doors, or none at all.

use crate::start::{place, refusal};
use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use desk::{Desk, clock::Clock, db::Db, model::*, settings::NewMailbox};
use server::{config::Config, demo, run::Saker};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tests::{
    dovecot::Dovecot,
    house::{agent, rest, smtp},
    postgres::Database,
};
use tokio::{
    runtime::{Builder, Runtime},
    task::block_in_place,
};
use tower::ServiceExt;

fn node(data: &Path, database: &str, more: &[&str]) -> Result<Config> {
    place(data, &[&["--port", "0", "--database", database], more].concat())
}

/// One of several, with what all have in common.
fn sharing(data: &Path, shared: &Path, database: &Database) -> Result<Config> {
    let mut node = node(data, database.url(), &["--public-url", "https://help.example.com"])?;
    (node.files, node.secret_file) = (Some(shared.join("files")), Some(shared.join("secret")));
    Ok(node)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_opens_only_with_its_files_and_its_secret() -> Result<()> {
    let (folder, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let database = Database::create(async |_| Ok(())).await?;
    let url = match &database {
        Some(database) => database.url().to_owned(),
        None => format!("sqlite:{}", folder.path().join("saker.db").display()),
    };
    let first = node(folder.path(), &url, &[])?;
    Saker::start(&first, true, Clock::real()).await?.stop().await;

    let mut other = node(elsewhere.path(), &url, &[])?;
    let said = refusal(&other).await?;
    ensure!(said.contains("--secret-file") && said.contains("--adopt"), "{said}");
    other.secret_file = Some(first.secret_file());
    let said = refusal(&other).await?;
    ensure!(said.contains("--files") && said.contains("--adopt"), "{said}");
    other.files = Some(first.files());
    Saker::start(&other, true, Clock::real()).await?.stop().await;
    Saker::start(&first, true, Clock::real()).await?.stop().await;

    // Lost for good: whoever says so goes on, and the old ones are the wrong ones from then on.
    let new = Config { adopt: true, ..node(elsewhere.path(), &url, &[])? };
    Saker::start(&new, true, Clock::real()).await?.stop().await;
    Saker::start(&Config { adopt: false, ..new }, true, Clock::real()).await?.stop().await;
    ensure!(refusal(&first).await?.contains("--secret-file"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_is_one_processs() -> Result<()> {
    let (folder, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut first = node(folder.path(), "", &[])?;
    first.database = None;
    let saker = Saker::start(&first, true, Clock::real()).await?;
    let mut second = node(elsewhere.path(), &first.database_url(), &[])?;
    (second.files, second.secret_file) = (Some(first.files()), Some(first.secret_file()));
    let said = refusal(&second).await?;
    ensure!(said.starts_with("Another Saker already runs on") && said.contains("PostgreSQL"), "{said}");
    saker.stop().await;
    Ok(())
}

/// What comes in at one door is answered at the other: files, links and screens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_are_one_desk() -> Result<()> {
    // One file is one process's, says the story above.
    let Some(database) = Database::create(async |_| Ok(())).await? else { return Ok(()) };
    let (shared, folders) = (tempfile::tempdir()?, [tempfile::tempdir()?, tempfile::tempdir()?]);
    let mut sakers = vec![];
    for folder in &folders {
        let node = sharing(folder.path(), shared.path(), &database)?;
        sakers.push(Saker::start(&node, true, Clock::real()).await?);
    }
    let [left, right]: [Saker; 2] = sakers.try_into().ok().context("two")?;
    demo::furnish(&left.desk).await?;
    left.desk.hold_replies(&Actor::System, 0).await?;

    let mut changes = right.desk.changes();
    let raw = "From: Kari <kari@fjord.no>\r\nTo: support@company.com\r\nSubject: Skriver\r\nMessage-ID: <n@fjord.no>\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSe vedlegg.\r\n\
         --b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=alt.zip\r\n\r\nABC\r\n--b--\r\n";
    let said = smtp(left.smtp, "kari@fjord.no", &[demo::MAILBOX], raw.as_bytes()).await?;
    ensure!(said.starts_with("250"), "{said}");
    // A mail server that was not told 250 in time asks the other one.
    let said = smtp(right.smtp, "kari@fjord.no", &[demo::MAILBOX], raw.as_bytes()).await?;
    ensure!(said.starts_with("250"), "{said}");
    rest(&left.desk).await?;
    rest(&right.desk).await?;

    let ane = agent(&right.desk, "Ane").await?;
    let rows = right.desk.list(&ane, List::Latest, None).await?.rows;
    ensure!(rows.len() == 1, "{rows:?}");
    ensure!(changes.try_recv().is_ok(), "the other node's screens hear nothing");
    let hits = right.desk.search(&ane, "skriver").await?;
    ensure!(hits.hits.len() == 1, "the other node does not find it");
    let ticket = right.desk.ticket(&ane, rows[0].number).await?;
    let file = ticket.messages[0].attachments.first().context("no file")?;
    let (_, bytes) = right.desk.attachment(&ane, &file.id).await?;
    ensure!(bytes == b"ABC", "{bytes:?}");

    // An upload waits at the door where it was given, and goes out by the other.
    let upload = left.desk.store_upload("svar.txt", "text/plain", b"Se her.".to_vec()).await?;
    let reply = Draft { text: "Takk.".into(), access: Access::External, files: vec![upload], ..Draft::default() };
    right.desk.reply(&ane, &ticket.id, reply).await?;
    rest(&right.desk).await?;
    let answered = left.desk.ticket(&ane, ticket.number).await?;
    let answer = answered.messages.iter().find(|message| message.text.contains("Takk.")).context("no answer")?;
    let (_, bytes) = left.desk.attachment(&ane, &answer.attachments[0].id).await?;
    ensure!(bytes == b"Se her.");

    let link = ticket.link.context("no link")?;
    let path = &link[link.find("/r/").context("no private link")?..];
    for desk in [&left.desk, &right.desk] {
        let app = server::http::router(server::http::App::new(desk.clone(), true));
        let page = app.oneshot(Request::builder().uri(path).body(Body::empty())?).await?;
        ensure!(page.status() == 200, "{} says {}", path, page.status());
    }
    left.stop().await;
    right.stop().await;
    Ok(())
}

/// Where one node runs by itself. Dropped, its power is gone.
struct Machine(Option<Runtime>);

impl Machine {
    fn on() -> Result<Self> {
        Ok(Self(Some(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)))
    }

    fn run<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        block_in_place(|| self.0.as_ref().context("it is off")?.block_on(work))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits until somebody is signed in to the mail server, and it is this one and nobody else.
async fn fetched_by(desk: &Desk, dovecot: &Dovecot, within: u64) -> Result<()> {
    let began = Instant::now();
    while desk.mailboxes_here().await?.is_empty() || dovecot.sessions()? == 0 {
        let waited = began.elapsed();
        ensure!(waited < Duration::from_secs(within), "nobody signed in: {}", dovecot.sessions()?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// A mailbox is fetched by one node at a time: by another one when that can't, stops, or is heard of no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_is_one_nodes_until_another_takes_over() -> Result<()> {
    let Some(database) = Database::create(async |_| Ok(())).await? else { return Ok(()) };
    let dovecot = Dovecot::start()?;
    let shared = tempfile::tempdir()?;
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?];
    let [one, two, three] =
        [&folders[0], &folders[1], &folders[2]].map(|data| sharing(data.path(), shared.path(), &database));
    let first = Saker::start(&one?, true, Clock::real()).await?;
    let desk = first.desk.clone();
    demo::furnish(&desk).await?;
    let eva = agent(&desk, "Eva").await?;
    let category = desk.choices(&eva).await?.categories[0].id.clone();
    let (address, imap) = ("help@example.org".to_owned(), Some(dovecot.imap()));
    let mailbox = NewMailbox { address, name: "Help".to_owned(), category, imap, silent: false };
    desk.add_mailbox(&eva, mailbox).await?;
    let fetches = async |desk: &Desk| -> Result<bool> { Ok(!desk.mailboxes_here().await?.is_empty()) };
    let comes = async |subject: &str| -> Result<()> {
        let raw = format!(
            "From: kari@fjord.no\nTo: help@example.org\nSubject: {subject}\nMessage-ID: <{subject}@fjord.no>\n\nHei\n"
        );
        dovecot.receive(raw.as_bytes(), Duration::ZERO)?;
        let began = Instant::now();
        while !desk.list(&eva, List::Latest, None).await?.rows.iter().any(|row| row.title == subject) {
            ensure!(began.elapsed() < Duration::from_secs(10), "{subject} did not come");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    };

    fetched_by(&desk, &dovecot, 25).await?;
    let machine = Machine::on()?;
    let second = two?;
    let second = machine.run(Saker::start(&second, true, Clock::real()))?;
    // Longer than either waits before it looks what is to be fetched.
    tokio::time::sleep(Duration::from_secs(12)).await;
    ensure!(fetches(&desk).await? && dovecot.sessions()? == 1, "{} sessions", dovecot.sessions()?);
    comes("one").await?;

    // What can't be fetched from the one is the other's, and stays there, since the one has to rest.
    let mailbox = desk.mailboxes().await?.into_iter().find(|mailbox| mailbox.imap.is_some()).context("no mailbox")?.id;
    desk.hand_on(&mailbox).await?;
    ensure!(fetches(&second.desk).await? && !fetches(&desk).await?);
    second.desk.hand_on(&mailbox).await?;
    tokio::time::sleep(Duration::from_secs(12)).await;
    ensure!(fetches(&second.desk).await? && dovecot.sessions()? == 1, "{} sessions", dovecot.sessions()?);
    comes("two").await?;

    // Its power is gone, and the one takes it up again, rested or not.
    drop((machine, second));
    let began = Instant::now();
    fetched_by(&desk, &dovecot, 90).await?;
    println!("taken over after {:?}", began.elapsed());
    comes("three").await?;

    // Whoever stops leaves it to the others at once.
    let third = Saker::start(&three?, true, Clock::real()).await?;
    comes("four").await?;
    let began = Instant::now();
    first.stop().await;
    fetched_by(&third.desk, &dovecot, 25).await?;
    println!("taken over after {:?}", began.elapsed());
    third.stop().await;
    Ok(())
}

/// Mail leaves by a node that has a server for it. Where none has, people are told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_a_way_out_leaves_mail_to_one_that_has_one() -> Result<()> {
    let Some(database) = Database::create(async |_| Ok(())).await? else { return Ok(()) };
    let (shared, folders) = (tempfile::tempdir()?, [tempfile::tempdir()?, tempfile::tempdir()?]);
    let [mute, open] = [&folders[0], &folders[1]].map(|data| sharing(data.path(), shared.path(), &database));
    let mute = Saker::start(&mute?, false, Clock::real()).await?;
    demo::furnish(&mute.desk).await?;
    let open = Saker::start(&open?, true, Clock::real()).await?;
    let comes = async |name: &str| -> Result<()> {
        let (from, id) = (format!("{name}@fjord.no"), format!("{name}-1@fjord.no"));
        let raw = format!("From: {from}\r\nSubject: {name}\r\nMessage-ID: <{id}>\r\n\r\nHei.\r\n");
        let said = smtp(mute.smtp, &from, &[demo::MAILBOX], raw.as_bytes()).await?;
        ensure!(said.starts_with("250"), "{said}");
        Ok(())
    };
    let sends = "select id from node where sends = 1";
    while sqlx::query(sends).fetch_optional(mute.desk.db().read()).await?.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Whoever takes them in is the first to see what there is to do.
    let names = ["ada", "bo", "cia", "dag", "eli", "finn"];
    for name in names {
        comes(name).await?;
    }
    let began = Instant::now();
    loop {
        let sent = mute.desk.sent_mail(&Actor::System, 100).await?;
        let left = |name: &&str| {
            sent.iter().any(|mail| mail.recipient == format!("{name}@fjord.no") && mail.state == DeliveryState::Sent)
        };
        if names.iter().all(left) {
            break;
        }
        // Sooner than what was put off once is tried again.
        ensure!(began.elapsed() < Duration::from_secs(10), "{sent:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    open.stop().await;
    comes("gro").await?;
    let began = Instant::now();
    let sql = "select error from delivery where recipient = 'gro@fjord.no'";
    loop {
        let error: Option<Option<String>> = sqlx::query_scalar(sql).fetch_optional(mute.desk.db().read()).await?;
        match error.flatten() {
            Some(error) if error == Setback::NoWayOut.as_str() => break,
            other => ensure!(began.elapsed() < Duration::from_secs(10), "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    mute.stop().await;
    Ok(())
}

/// A machine that loses its power, or is frozen, says nothing to the database: its write is given up for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_vanishes_while_it_writes_holds_up_the_others_for_seconds() -> Result<()> {
    let Some(database) = Database::create(async |_| Ok(())).await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let saker = Saker::start(&node(folder.path(), database.url(), &[])?, true, Clock::real()).await?;
    let vanished = Db::open(database.url(), Clock::real()).await?;
    let unfinished = vanished.write().await?;
    let began = Instant::now();
    // What meets it may be told to try again; what comes after its time is up may not.
    let mut taken = saker.desk.hold_replies(&Actor::System, 5).await;
    if taken.is_err() {
        taken = saker.desk.hold_replies(&Actor::System, 5).await;
    }
    ensure!(taken.is_ok() && began.elapsed() < Duration::from_secs(35), "{taken:?} after {:?}", began.elapsed());
    // When it comes back, it did nothing.
    ensure!(unfinished.commit().await.is_err());
    saker.stop().await;
    Ok(())
}
