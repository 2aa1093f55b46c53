//! Mail is fetched from a real IMAP server: nothing lost, nothing doubled, nothing touched.

use anyhow::{Result, ensure};
use desk::{
    Error,
    clock::Clock,
    mailbox::{Imap, Mailbox},
    model::{AccountId, Actor, List},
    outside::{Boxed, Envelope},
    settings::NewMailbox,
};
use server::{
    demo,
    mail::{
        CancellationToken, Post,
        imap::{Options, watch},
    },
    run::Saker,
};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tests::{
    dovecot::Dovecot,
    house::{agent, cache, config, rest},
    postgres::Database,
};
use tokio::task::JoinHandle;

/// A desk with one mailbox, that remembers what it was given.
struct Desk {
    mailbox: Mutex<Mailbox>,
    mails: Mutex<Vec<String>>,
    /// What it will not take: a word in the mail.
    poison: Mutex<Option<&'static str>>,
}

impl Desk {
    fn new(dovecot: &Dovecot) -> Arc<Self> {
        let mailbox = Mailbox {
            id: AccountId::from("help"),
            address: "help@example.org".to_owned(),
            name: "Help".to_owned(),
            imap: Some(dovecot.imap()),
            cursor: None,
        };
        Arc::new(Desk { mailbox: Mutex::new(mailbox), mails: Mutex::default(), poison: Mutex::default() })
    }

    fn subjects(&self) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        mails
            .iter()
            .map(|mail| mail.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or("?").to_owned())
            .collect()
    }

    fn cursor(&self) -> Option<String> {
        self.mailbox.lock().unwrap().cursor.clone()
    }

    /// Waits until exactly these were given, in any order.
    async fn has(&self, expected: &[&str]) -> Result<()> {
        let mut expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        expected.sort();
        let begin = Instant::now();
        loop {
            let mut subjects = self.subjects();
            subjects.sort();
            if subjects == expected {
                return Ok(());
            }
            ensure!(begin.elapsed() < Duration::from_secs(20), "waiting for {expected:?}, there is {subjects:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn has_started(&self) {
        while self.cursor().is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Post for Desk {
    fn post_mail<'a>(&'a self, _: &'a AccountId, _: Envelope, raw: Vec<u8>) -> Boxed<'a, desk::Result<()>> {
        Box::pin(async move {
            let raw = String::from_utf8_lossy(&raw).into_owned();
            if self.poison.lock().unwrap().is_some_and(|word| raw.contains(word)) {
                return Err(Error::Internal { code: "poison".to_owned() });
            }
            self.mails.lock().unwrap().push(raw);
            Ok(())
        })
    }

    fn mailbox_for<'a>(&'a self, _: &'a str) -> Boxed<'a, desk::Result<Option<AccountId>>> {
        Box::pin(async { Ok(None) })
    }

    fn mailboxes(&self) -> Boxed<'_, desk::Result<Vec<Mailbox>>> {
        Box::pin(async { Ok(vec![self.mailbox.lock().unwrap().clone()]) })
    }

    fn save_cursor<'a>(&'a self, _: &'a AccountId, place: &'a Imap, cursor: &'a str) -> Boxed<'a, desk::Result<bool>> {
        Box::pin(async move {
            let mut mailbox = self.mailbox.lock().unwrap();
            if mailbox.imap.as_ref() != Some(place) {
                return Ok(false);
            }
            mailbox.cursor = Some(cursor.to_owned());
            Ok(true)
        })
    }

    fn hand_on<'a>(&'a self, _: &'a AccountId) -> Boxed<'a, desk::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// Polls so seldom that only IDLE can be quick.
fn seldom() -> Options {
    Options {
        poll: Duration::from_secs(600),
        idle: Duration::from_secs(600),
        retry: Duration::from_millis(100),
        roster: Duration::from_millis(200),
        ..Options::default()
    }
}

struct Fetching {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Fetching {
    fn start(desk: &Arc<Desk>, options: Options) -> Self {
        let stop = CancellationToken::new();
        Fetching { stop: stop.clone(), task: tokio::spawn(watch(desk.clone(), options, stop)) }
    }

    async fn end(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.task).await;
        assert!(ended.is_ok(), "fetching ends when it is told to");
    }
}

fn mail(subject: &str) -> Vec<u8> {
    format!(
        "From: kari@example.net\nTo: help@example.org\nSubject: {subject}\nMessage-ID: <{subject}@example.net>\n\nHei\n"
    )
    .into_bytes()
}

const OLD: Duration = Duration::from_secs(86_400);
const NEW: Duration = Duration::ZERO;

#[tokio::test]
async fn old_mail_is_left_alone_and_new_mail_comes_at_once() -> Result<()> {
    let dovecot = Dovecot::start()?;
    dovecot.receive(&mail("old one"), OLD)?;
    dovecot.receive(&mail("old two"), OLD)?;
    let desk = Desk::new(&dovecot);
    let fetching = Fetching::start(&desk, seldom());
    desk.has_started().await;
    dovecot.receive(&mail("first"), NEW)?;
    desk.has(&["first"]).await?;
    let received = Instant::now();
    dovecot.receive(&mail("second"), NEW)?;
    desk.has(&["first", "second"]).await?;
    assert!(received.elapsed() < Duration::from_secs(5), "IDLE wakes us");
    assert_eq!(
        desk.mails.lock().unwrap()[0].as_bytes(),
        String::from_utf8(mail("first"))?.replace('\n', "\r\n").as_bytes()
    );
    fetching.end().await;
    assert_eq!(dovecot.flags()?, ["", "", "", ""], "nothing is marked, nothing is deleted");
    Ok(())
}

#[tokio::test]
async fn old_mail_is_fetched_when_it_is_wanted() -> Result<()> {
    let dovecot = Dovecot::start()?;
    let subjects: Vec<String> = (0..30).map(|number| format!("old {number}")).collect();
    for subject in &subjects {
        dovecot.receive(&mail(subject), OLD)?;
    }
    let desk = Desk::new(&dovecot);
    let fetching = Fetching::start(&desk, Options { from_start: true, ..seldom() });
    desk.has(&subjects.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    fetching.end().await;
    Ok(())
}

#[tokio::test]
async fn what_comes_while_we_are_down_is_fetched_once() -> Result<()> {
    let dovecot = Dovecot::start()?;
    let desk = Desk::new(&dovecot);
    let fetching = Fetching::start(&desk, seldom());
    desk.has_started().await;
    // Even when nothing was ever fetched before we went down.
    fetching.end().await;
    dovecot.receive(&mail("one"), NEW)?;
    let fetching = Fetching::start(&desk, seldom());
    desk.has(&["one"]).await?;
    fetching.end().await;
    dovecot.receive(&mail("two"), NEW)?;
    let fetching = Fetching::start(&desk, seldom());
    desk.has(&["one", "two"]).await?;
    fetching.end().await;
    Ok(())
}

#[tokio::test]
async fn what_comes_while_the_mail_server_is_down_is_fetched_too() -> Result<()> {
    let mut dovecot = Dovecot::start()?;
    let desk = Desk::new(&dovecot);
    let fetching = Fetching::start(&desk, seldom());
    desk.has_started().await;
    dovecot.receive(&mail("one"), NEW)?;
    desk.has(&["one"]).await?;
    dovecot.stop();
    dovecot.receive(&mail("two"), NEW)?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    dovecot.resume()?;
    desk.has(&["one", "two"]).await?;
    fetching.end().await;
    Ok(())
}

#[tokio::test]
async fn a_renumbered_folder_is_read_again_but_not_its_old_mail() -> Result<()> {
    let mut dovecot = Dovecot::start()?;
    dovecot.receive(&mail("old"), OLD)?;
    let desk = Desk::new(&dovecot);
    let fetching = Fetching::start(&desk, seldom());
    desk.has_started().await;
    dovecot.receive(&mail("one"), NEW)?;
    desk.has(&["one"]).await?;
    let before = desk.cursor();
    dovecot.renumber()?;
    // The desk knows "one" by its Message-Id; this one counts.
    desk.has(&["one", "one"]).await?;
    dovecot.receive(&mail("two"), NEW)?;
    desk.has(&["one", "one", "two"]).await?;
    assert_ne!(before, desk.cursor());
    fetching.end().await;
    Ok(())
}

#[tokio::test]
async fn a_server_without_idle_is_asked_now_and_then() -> Result<()> {
    let dovecot = Dovecot::start_without_idle()?;
    let desk = Desk::new(&dovecot);
    let fetching = Fetching::start(&desk, Options { poll: Duration::from_millis(200), ..seldom() });
    desk.has_started().await;
    for subject in ["one", "two"] {
        dovecot.receive(&mail(subject), NEW)?;
    }
    desk.has(&["one", "two"]).await?;
    fetching.end().await;
    Ok(())
}

#[tokio::test]
async fn a_mail_that_the_desk_refuses_blocks_nobody_and_is_shown() -> Result<()> {
    let dovecot = Dovecot::start()?;
    let desk = Desk::new(&dovecot);
    *desk.poison.lock().unwrap() = Some("poisoned");
    let fetching = Fetching::start(&desk, Options { poll: Duration::from_millis(200), ..seldom() });
    desk.has_started().await;
    for subject in ["poisoned", "one", "two"] {
        dovecot.receive(&mail(subject), NEW)?;
    }
    desk.has(&["En e-post kunne ikke hentes / A mail could not be fetched", "one", "two"]).await?;
    dovecot.receive(&mail("three"), NEW)?;
    desk.has(&["En e-post kunne ikke hentes / A mail could not be fetched", "one", "two", "three"]).await?;
    fetching.end().await;
    Ok(())
}

#[tokio::test]
async fn a_desk_that_is_ill_for_long_loses_nothing_and_shows_no_notice() -> Result<()> {
    let dovecot = Dovecot::start()?;
    let desk = Desk::new(&dovecot);
    let fetching = Fetching::start(&desk, Options { rest: Duration::from_millis(200), ..seldom() });
    desk.has_started().await;
    let before = desk.cursor();
    *desk.poison.lock().unwrap() = Some("");
    for subject in ["one", "two"] {
        dovecot.receive(&mail(subject), NEW)?;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(desk.cursor(), before);
    *desk.poison.lock().unwrap() = None;
    desk.has(&["one", "two"]).await?;
    fetching.end().await;
    Ok(())
}

#[tokio::test]
async fn a_mail_over_the_limit_is_a_notice() -> Result<()> {
    let dovecot = Dovecot::start()?;
    let desk = Desk::new(&dovecot);
    let fetching = Fetching::start(&desk, Options { size: 10_000, ..seldom() });
    desk.has_started().await;
    dovecot.receive(&[mail("large"), vec![b'x'; 20_000]].concat(), NEW)?;
    dovecot.receive(&mail("small"), NEW)?;
    desk.has(&["En e-post kunne ikke hentes / A mail could not be fetched", "small"]).await?;
    fetching.end().await;
    Ok(())
}

#[tokio::test]
async fn a_corrected_password_is_taken_without_a_restart() -> Result<()> {
    let dovecot = Dovecot::start()?;
    let desk = Desk::new(&dovecot);
    desk.mailbox.lock().unwrap().imap.as_mut().unwrap().password = "wrong".to_owned();
    let fetching = Fetching::start(&desk, Options { from_start: true, ..seldom() });
    dovecot.receive(&mail("one"), NEW)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(desk.subjects(), Vec::<String>::new());
    desk.mailbox.lock().unwrap().imap.as_mut().unwrap().password = "secret".to_owned();
    desk.has(&["one"]).await?;
    fetching.end().await;
    Ok(())
}

/// The whole way: a real mailbox, a real desk, and a start in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_in_a_mailbox_becomes_one_request_with_one_receipt() -> Result<()> {
    let dovecot = Dovecot::start()?;
    let folder = tempfile::tempdir()?;
    let database = Database::create(async |_| Ok(())).await?;
    let mut place = config(&["--port", "0", "--smtp-port", "0", "--lmtp-port", "0"])?;
    place.data = folder.path().to_owned();
    place.cache = Some(cache());
    place.database = database.as_ref().map(|database| database.url().to_owned());
    let start = || Saker::start(&place, true, Clock::real());

    let saker = start().await?;
    demo::furnish(&saker.desk).await?;
    let eva = agent(&saker.desk, "Eva").await?;
    let category = saker.desk.choices(&eva).await?.categories[0].id.clone();
    let address = "help@example.org".to_owned();
    let imap = Some(dovecot.imap());
    let mailbox = NewMailbox { address, name: "Help".to_owned(), category, imap, silent: false };
    saker.desk.add_mailbox(&eva, mailbox).await?;
    saker.stop().await;

    for (round, subject) in ["first", "second"].into_iter().enumerate() {
        let saker = start().await?;
        if round == 0 {
            // New mail is what comes after the first look.
            while saker.desk.mailboxes().await?.iter().all(|mailbox| mailbox.cursor.is_none()) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        dovecot.receive(&mail(subject), NEW)?;
        let begin = Instant::now();
        let rows = loop {
            let rows = saker.desk.list(&eva, List::Latest, None).await?.rows;
            if rows.len() > round {
                break rows;
            }
            ensure!(begin.elapsed() < Duration::from_secs(20), "{subject} did not come");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        rest(&saker.desk).await?;
        ensure!(rows.len() == round + 1 && rows.iter().any(|row| row.title == subject), "{rows:?}");
        let sent = saker.desk.sent_mail(&Actor::System, 10).await?;
        ensure!(sent.len() == round + 1 && sent[0].subject.contains(subject), "{} receipts", sent.len());
        saker.stop().await;
    }
    ensure!(dovecot.flags()? == ["", ""], "nothing is marked, nothing is deleted");
    Ok(())
}
