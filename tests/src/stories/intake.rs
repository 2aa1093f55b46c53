//! Real mail through every door and stage: from the socket to what an agent reads.

use crate::mails::mails;
use anyhow::{Context, Result, ensure};
use desk::model::List;
use std::{collections::BTreeSet, sync::Arc};
use tests::{House, house::smtp};

/// Senders at the same time.
const SENDERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mail_of_the_world_becomes_a_readable_request() -> Result<()> {
    let mails = Arc::new(mails());
    if mails.is_empty() {
        return Ok(());
    }
    let house = House::open().await?;
    let at = house.saker.smtp;
    let mut senders = tokio::task::JoinSet::new();
    for first in 0..SENDERS {
        let mails = mails.clone();
        senders.spawn(async move {
            for (name, raw) in mails.iter().skip(first).step_by(SENDERS) {
                let said = smtp(at, "world@mail.example", &[server::demo::MAILBOX], raw).await?;
                ensure!(said.starts_with("250"), "{name}: {said}");
            }
            Ok(())
        });
    }
    while let Some(done) = senders.join_next().await {
        done??;
    }
    house.rest().await?;

    let eva = house.agent("Eva").await?;
    let db = house.desk.db().read();
    let taken: Vec<(i64, String, String)> = sqlx::query_as(
        "select t.number, m.id, m.source from message m join ticket t on t.id = m.ticket_id where m.source is not null",
    )
    .fetch_all(db)
    .await?;
    let (mut unread, mut bodies) = (0, vec![]);
    for (number, message, source) in &taken {
        let ticket = house.desk.ticket(&eva, *number).await.with_context(|| format!("request {number}"))?;
        ensure!(!ticket.title.trim().is_empty(), "request {number} has no title");
        let message = ticket.messages.iter().find(|m| m.id.as_str() == message).context("no message")?;
        let says = !message.text.trim().is_empty() || !message.attachments.is_empty() || message.has_html;
        ensure!(says, "a message of request {number}, {}, says nothing", ticket.title);
        unread += usize::from(message.problem.is_some());
        bodies.push(house.desk.blobs().get(source).await?);
    }
    // A mail that came twice is one; whatever else came is the source of a message.
    let mut twins = 0;
    for (name, raw) in mails.iter() {
        if bodies.iter().any(|body| same(body, raw)) {
            continue;
        }
        let id = message_id(raw).with_context(|| format!("{name} is nowhere"))?;
        ensure!(bodies.iter().any(|body| message_id(body).as_ref() == Some(&id)), "{name} is nowhere");
        twins += 1;
    }
    let requests = taken.iter().map(|(number, ..)| number).collect::<BTreeSet<_>>().len();
    println!(
        "{} mails, {} messages on {requests} requests, {twins} came twice, {unread} with a reason why they could not be read",
        mails.len(),
        taken.len(),
    );
    house.close().await;
    Ok(())
}

/// The same but for line ends, which SMTP makes its own.
fn same(one: &[u8], other: &[u8]) -> bool {
    let plain = |raw: &[u8]| raw.iter().filter(|byte| !b"\r\n".contains(byte)).copied().collect::<Vec<_>>();
    plain(one).ends_with(&plain(other))
}

fn message_id(raw: &[u8]) -> Option<String> {
    let head = format!("\n{}", String::from_utf8_lossy(&raw[..raw.len().min(20_000)]).to_lowercase());
    // Not the one of a mail that was sent on.
    let at = head.find("\nmessage-id:")?;
    Some(head[at..].chars().take_while(|c| *c != '>').filter(|c| !c.is_whitespace()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_of_fifty_megabytes_is_taken_and_a_larger_one_is_told_why_not() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let mail = |name: &str, bytes: usize| {
        let mut raw = format!(
            "From: Kari <kari@fjord.example>\r\nTo: {}\r\nSubject: {name}\r\nMessage-ID: <{name}@fjord.example>\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             Se vedlegg.\r\n--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=alt.zip\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n",
            server::demo::MAILBOX
        );
        let line = format!("{}\r\n", "QUJD".repeat(19));
        raw.push_str(&line.repeat(bytes / line.len()));
        raw.push_str("--b--\r\n");
        raw
    };
    let said = house.mail("kari@fjord.example", &mail("stor", 50_000_000)).await?;
    ensure!(said.starts_with("250"), "{said}");
    let said = house.mail("kari@fjord.example", &mail("storst", 60_000_000)).await?;
    ensure!(said.starts_with("552"), "{said}");
    house.rest().await?;
    let rows = house.rows(&ane, List::Latest).await?;
    ensure!(rows.len() == 1 && rows[0].title == "stor", "{rows:?}");
    let ticket = house.desk.ticket(&ane, rows[0].number).await?;
    let file = ticket.messages[0].attachments.first().context("no file")?;
    ensure!(file.name == "alt.zip" && file.size > 35_000_000, "{file:?}");
    ensure!(ticket.messages[0].text.contains("Se vedlegg"));
    house.close().await;
    Ok(())
}
