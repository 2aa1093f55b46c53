//! Mails from the socket to a committed request, beside what the disk can make durable.

use crate::{
    Effort, disk,
    process::Process,
    table::{Table, median},
};
use anyhow::{Result, ensure};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};
use tests::house::smtp;

pub async fn measure(effort: Effort) -> Result<Table> {
    let mut table = Table::new("Intake: mails from the socket to a committed request");
    let folder = tempfile::tempdir()?;
    let (mut appends, mut commits, mut rates) = (vec![], vec![], [vec![], vec![], vec![]]);
    let connections = [1, 8, 64];
    let saker = Process::start(&folder.path().join("data"), None, 0).await?;
    let mut sent = 0;
    for _ in 0..effort.rounds {
        appends.push(disk::durable_appends(folder.path())?);
        commits.push(disk::durable_commits(folder.path()).await?);
        for (at, senders) in connections.into_iter().enumerate() {
            let mails = effort.mails / if senders == 1 { 4 } else { 1 };
            rates[at].push(mails_a_second(&saker, senders, mails, sent).await?);
            sent += mails;
        }
    }
    let (appends, commits) = (median(appends), median(commits));
    for (at, senders) in connections.into_iter().enumerate() {
        let rate = median(rates[at].clone());
        let what = format!("{senders} connection{}", if senders == 1 { "" } else { "s" });
        table.rate(&what, rate, "mails/s", "one-row durable commits", commits);
        table.rate(&what, rate, "mails/s", "durable appends of 4 kB", appends);
    }
    saker.stop().await?;
    Ok(table)
}

/// A connection carries one mail, as most mail servers' do.
async fn mails_a_second(saker: &Process, senders: usize, mails: usize, before: usize) -> Result<f64> {
    let (at, next, began) = (saker.smtp, Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut working = tokio::task::JoinSet::new();
    for _ in 0..senders {
        let next = next.clone();
        working.spawn(async move {
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= mails {
                    return Ok(());
                }
                let number = before + number;
                let from = format!("kunde{number}@mange.example");
                // Machines' mail gets no answer, so that this is the intake alone.
                let raw = format!(
                    "From: Kunde {number} <{from}>\r\nTo: {to}\r\nSubject: Skriver {number} virker ikke\r\n\
                     Message-ID: <bench-{number}@mange.example>\r\nAuto-Submitted: auto-generated\r\n\r\n\
                     Hei,\r\n\r\nskriveren i tredje etasje virker ikke. Nummeret er {number}.\r\n\r\nHilsen Kunde\r\n",
                    to = server::demo::MAILBOX,
                );
                let said = smtp(at, &from, &[server::demo::MAILBOX], raw.as_bytes()).await?;
                ensure!(said.starts_with("250"), "{said}");
            }
        });
    }
    while let Some(done) = working.join_next().await {
        done??;
    }
    Ok(mails as f64 / began.elapsed().as_secs_f64())
}
