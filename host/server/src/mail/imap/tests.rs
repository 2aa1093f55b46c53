//! Fetching from servers that break over one mail. What a well server does is told in the stories,
//! with a real one.

use super::*;
use crate::mail::fake::FakeDesk;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the server does when UID 2 is asked for.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// Half of the mail, and the line is cut.
    Cut,
    /// Something that is no IMAP.
    Nonsense,
    /// `NO`.
    No,
    /// Nothing at all, but a fine `OK`.
    Nothing,
}

async fn serve(socket: TcpListener, how: Break, connections: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = socket.accept().await {
        connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let _ = talk(stream, how).await;
        });
    }
}

async fn talk(stream: TcpStream, how: Break) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"* OK hei\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or((line.as_str(), ""));
        let said = if command == "CAPABILITY" {
            "* CAPABILITY IMAP4rev1\r\n".to_owned()
        } else if command.starts_with("EXAMINE") {
            "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 4] ok\r\n".to_owned()
        } else if command.contains("RFC822.SIZE") {
            (1..=3)
                .map(|uid| {
                    format!("* {uid} FETCH (UID {uid} RFC822.SIZE 30 INTERNALDATE \"17-Jul-2025 02:44:25 +0000\")\r\n")
                })
                .collect()
        } else if let Some(uid) = command.strip_prefix("UID FETCH ").and_then(|rest| rest.split(' ').next()) {
            match (uid, how) {
                ("2", Break::Cut) => {
                    stream.write_all(b"* 2 FETCH (UID 2 BODY[] {30}\r\nSubject: tw").await?;
                    return Ok(());
                }
                ("2", Break::Nonsense) => "* 2 FETCH (((UID ~~~ {-1}\r\n* what\r\n".to_owned(),
                ("2", Break::No) => {
                    stream.write_all(format!("{tag} NO not this one\r\n").as_bytes()).await?;
                    line.clear();
                    continue;
                }
                ("2", Break::Nothing) => String::new(),
                _ => format!("* {uid} FETCH (UID {uid} BODY[] {{14}}\r\nSubject: no {uid}\n)\r\n"),
            }
        } else {
            String::new()
        };
        stream.write_all(format!("{said}{tag} OK done\r\n").as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

fn mailbox_at(port: u16) -> Mailbox {
    let (user, password, folder) = ("u".to_owned(), "p".to_owned(), String::new());
    Mailbox {
        id: AccountId::from("help"),
        address: "help@example.org".to_owned(),
        name: String::new(),
        imap: Some(Imap { host: "127.0.0.1".to_owned(), port, tls: false, user, password, folder }),
        cursor: Some("7:0".to_owned()),
    }
}

#[tokio::test]
async fn a_mail_that_the_server_does_not_give_blocks_nobody_and_is_shown() {
    for how in [Break::Cut, Break::Nonsense, Break::No, Break::Nothing] {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let server = tokio::spawn(serve(socket, how, connections.clone()));
        let desk = Arc::new(FakeDesk::default());
        let quick = Duration::from_millis(50);
        let options = Options { poll: quick, idle: quick, retry: quick, rest: quick, ..Options::default() };
        let stop = CancellationToken::new();
        let task = tokio::spawn(keep(desk.clone(), mailbox_at(port), options, stop.clone()));
        let begin = Instant::now();
        while desk.cursors.lock().unwrap().last().is_none_or(|cursor| cursor != "7:3") {
            assert!(begin.elapsed() < Duration::from_secs(10), "{how:?}: {:?}", desk.cursors);
            sleep(Duration::from_millis(20)).await;
        }
        sleep(quick * 4).await;
        stop.cancel();
        task.await.unwrap();
        server.abort();
        let mut raws: Vec<_> = desk
            .taken()
            .iter()
            .map(|mail| String::from_utf8_lossy(&mail.raw).lines().next().unwrap().to_owned())
            .collect();
        raws.sort();
        assert_eq!(raws, ["From: help@example.org", "Subject: no 1", "Subject: no 3"], "{how:?}");
        assert!(connections.load(Ordering::Relaxed) <= 6, "{how:?}: no storm of connections");
    }
}

/// Whether it is the way from here or the mailbox itself, nobody knows: another node may try, and this one goes on until it does.
#[tokio::test]
async fn what_cannot_be_fetched_for_a_while_is_left_to_another_node() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            drop(stream);
        }
    });
    let desk = Arc::new(FakeDesk::default());
    let quick = Duration::from_millis(5);
    let options = Options { retry: quick, rest: quick, ..Options::default() };
    let stop = CancellationToken::new();
    let task = tokio::spawn(keep(desk.clone(), mailbox_at(port), options, stop.clone()));
    let begin = Instant::now();
    while desk.handed_on.lock().unwrap().len() < 2 {
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", desk.handed_on);
        sleep(quick).await;
    }
    let tries = connections.load(Ordering::Relaxed);
    stop.cancel();
    task.await.unwrap();
    server.abort();
    assert!(tries >= 2 * MANY as usize, "{tries}");
    assert!(desk.handed_on.lock().unwrap().iter().all(|mailbox| mailbox.as_str() == "help"));
}

#[test]
fn waits_grow_to_a_limit_and_longer_for_a_wrong_password() {
    let options = Options::default();
    let other = io::ErrorKind::Other;
    assert!(wait(&options, 0, other) < Duration::from_secs(4));
    assert!(wait(&options, 0, io::ErrorKind::PermissionDenied) > Duration::from_secs(40));
    for failures in [10, 100, u32::MAX - 5] {
        assert!((Duration::from_secs(220)..Duration::from_secs(380)).contains(&wait(&options, failures, other)));
    }
}
