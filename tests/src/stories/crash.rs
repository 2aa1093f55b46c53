//! The plug is pulled, again and again: no mail that was taken is lost, none is there twice, no reply leaves twice.

use anyhow::{Context, Result, ensure};
use desk::{clock::Clock, model::Actor};
use server::{config::RelayTls, demo, run::Saker};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tests::{
    house::{cache, config, rest, smtp},
    postgres::Database,
    relay::Relay,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
};

const MAILS: usize = 1_000;
const KILLS: usize = 20;
/// Senders at the same time, so that a kill meets mails in every phase.
const SENDERS: usize = 8;

/// The process that is killed: everything by the environment, as a service would have it.
#[tokio::test]
#[ignore = "started and killed by the story below"]
async fn a_saker_to_kill() -> Result<()> {
    let config = config(&[])?;
    demo::log("info");
    let saker = Saker::start(&config, false, Clock::real()).await?;
    println!("\nready {}", saker.smtp);
    std::future::pending::<()>().await;
    drop(saker);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_nothing_is_lost_or_doubled() -> Result<()> {
    killed(Database::create(async |_| Ok(())).await?, false).await
}

/// Mail servers offer to whichever answers, and the node that lives takes up what the dead one had in hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_beside_another_node_nothing_is_lost_or_doubled() -> Result<()> {
    // Several nodes are for PostgreSQL.
    let Some(database) = Database::create(async |_| Ok(())).await? else { return Ok(()) };
    killed(Some(database), true).await
}

async fn killed(database: Option<Database>, beside: bool) -> Result<()> {
    let (folder, neighbour) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let relay = Relay::open(Duration::from_millis(3)).await?;
    let mut place = config(&["--port", "0", "--smtp-port", "0", "--lmtp-port", "0"])?;
    place.data = folder.path().to_owned();
    place.cache = Some(cache());
    place.database = database.as_ref().map(|database| database.url().to_owned());
    let first = Saker::start(&place, false, Clock::real()).await?;
    demo::furnish(&first.desk).await?;
    first.stop().await;

    let mut nearby = place.clone();
    nearby.data = neighbour.path().to_owned();
    (nearby.files, nearby.secret_file) = (Some(place.files()), Some(place.secret_file()));
    (nearby.relay, nearby.relay_tls) = (Some(relay.address().to_string()), RelayTls::None);
    let neighbour = match beside {
        true => Some(Saker::start(&nearby, false, Clock::real()).await?),
        false => None,
    };
    let nearby = neighbour.as_ref().map(|saker| saker.smtp);

    let start = || {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["--exact", "crash::a_saker_to_kill", "--ignored", "--nocapture"])
            .env("SAKER_DATA", folder.path())
            .env("SAKER_CACHE", cache())
            .env("SAKER_PORT", "0")
            .env("SAKER_SMTP_PORT", "0")
            .env("SAKER_LMTP_PORT", "0")
            .env("SAKER_RELAY", relay.address().to_string())
            .env("SAKER_RELAY_TLS", "none")
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if let Some(database) = &place.database {
            command.env("SAKER_DATABASE", database);
        }
        anyhow::Ok(command.spawn()?)
    };

    let mut child = start()?;
    let (tell, listen) = watch::channel(Some(ready(&mut child).await?));
    let (next, taken, again) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..SENDERS {
        let (next, taken, again) = (next.clone(), taken.clone(), again.clone());
        let mut at = listen.clone();
        senders.spawn(async move {
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= MAILS {
                    return anyhow::Ok(());
                }
                // As a mail server does: until it is told 250.
                loop {
                    let at = match nearby {
                        Some(nearby) if fastrand::bool() => Some(nearby),
                        _ => *at.wait_for(Option::is_some).await?,
                    };
                    let Some(at) = at else { continue };
                    if offered(at, number).await? {
                        break;
                    }
                    again.fetch_add(1, Relaxed);
                }
                taken.fetch_add(1, Relaxed);
            }
        });
    }
    for kill in 1..=KILLS {
        while taken.load(Relaxed) < kill * MAILS / (KILLS + 1) {
            ensure!(child.try_wait()?.is_none(), "it ended by itself");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..60_000))).await;
        tell.send_replace(None);
        child.kill().await?;
        child = start()?;
        tell.send_replace(Some(ready(&mut child).await?));
    }
    while let Some(done) = senders.join_next().await {
        done??;
    }
    child.kill().await?;

    place.relay = Some(relay.address().to_string());
    place.relay_tls = RelayTls::None;
    let saker = Saker::start(&place, false, Clock::real()).await?;
    let db = saker.desk.db().read().clone();
    let titles: Vec<(String, i64)> =
        sqlx::query_as("select title, count(*) from ticket group by title").fetch_all(&db).await?;
    let doubled: Vec<_> = titles.iter().filter(|(_, count)| *count != 1).collect();
    ensure!(doubled.is_empty(), "doubled: {doubled:?}");
    ensure!(titles.len() == MAILS, "{} of {MAILS} mails are there", titles.len());
    let sources: Vec<(String, Option<String>)> =
        sqlx::query_as("select text, source from message where kind = 'enquiry'").fetch_all(&db).await?;
    ensure!(sources.len() == MAILS, "{} enquiries", sources.len());
    for (text, source) in sources {
        let raw = saker.desk.blobs().get(&source.context("no source")?).await?;
        ensure!(String::from_utf8_lossy(&raw).contains(text.trim()), "the source is not the mail's");
    }

    // On PostgreSQL other processes may be at work: what the dead one had in hand is free when its lease ends, which is as long
    // as `rest` has patience.
    if rest(&saker.desk).await.is_err() {
        rest(&saker.desk).await?;
    }
    let deliveries: Vec<(String, String, i64)> =
        sqlx::query_as("select recipient, state, attempts from delivery").fetch_all(&db).await?;
    let left: BTreeMap<String, usize> = relay.taken();
    let mut states = BTreeMap::<&str, usize>::new();
    for (recipient, state, _) in &deliveries {
        *states.entry(state).or_default() += 1;
        let times = left.get(recipient).copied().unwrap_or_default();
        match state.as_str() {
            "sent" => ensure!(times == 1, "{recipient} got {times} replies"),
            _ => ensure!(times <= 1, "{recipient} got {times} replies, and the state is {state}"),
        }
    }
    let recipients = deliveries.iter().map(|(recipient, ..)| recipient).collect::<std::collections::BTreeSet<_>>();
    ensure!(recipients.len() == deliveries.len(), "somebody was written to twice");
    ensure!(deliveries.len() == MAILS, "{} replies for {MAILS} mails", deliveries.len());
    ensure!(states.keys().all(|state| ["sent", "uncertain"].contains(state)), "{states:?}");
    let eva = tests::house::agent(&saker.desk, "Eva").await?;
    saker.desk.settle_index().await?;
    let hits = saker.desk.search(&eva, "Sak nummer 777").await?;
    ensure!(hits.hits.iter().any(|hit| hit.ticket.title == title(777)), "the search does not find it");
    ensure!(saker.desk.search(&Actor::Anonymous, "Sak").await.is_err());
    println!(
        "{MAILS} mails, {KILLS} kills: {} offered again, none lost, none doubled; replies: {states:?}",
        again.load(Relaxed)
    );
    saker.stop().await;
    if let Some(neighbour) = neighbour {
        neighbour.stop().await;
    }
    Ok(())
}

fn title(number: usize) -> String {
    format!("Sak nummer {number}")
}

/// Offers a mail once. True when it was answered with 250.
async fn offered(at: SocketAddr, number: usize) -> Result<bool> {
    let from = format!("kunde{number}@mange.example");
    let raw = format!(
        "From: {from}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <crash-{number}@mange.example>\r\n\r\nHei, dette er nummer {number}.\r\n",
        demo::MAILBOX,
        title(number),
    );
    let offer = smtp(at, &from, &[demo::MAILBOX], raw.as_bytes());
    let said = tokio::time::timeout(Duration::from_secs(10), offer).await;
    let taken = matches!(&said, Ok(Ok(said)) if said.starts_with("250"));
    if !taken {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(taken)
}

/// Waits until the process says where it listens.
async fn ready(child: &mut Child) -> Result<SocketAddr> {
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(at) = line.strip_prefix("ready ") {
            let at = at.parse()?;
            // Read on, so that it never writes into a closed pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(at);
        }
    }
    anyhow::bail!("it did not start")
}
