//! Handing over, against servers that break at every point.

use super::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const SOON: Patience = Patience {
    connect: Duration::from_millis(500),
    answer: Duration::from_millis(1_000),
    chunk: Duration::from_millis(500),
    verdict: Duration::from_millis(1_000),
};

/// What the server does at one step.
#[derive(Clone, Copy)]
enum Step {
    /// Waits for a line (after the first step) and says this.
    Say(&'static str),
    /// Waits for a line and hangs up.
    HangUp,
    /// Waits for a line and says nothing.
    Silence,
    /// Reads the mail to its end and says this.
    Verdict(&'static str),
    /// Reads the mail to its end and hangs up.
    TakeAndHangUp,
    TakeAndSilence,
    /// Hangs up in the middle of the mail.
    Cut,
    /// Speaks in the middle of the mail and hangs up.
    CutSaying(&'static str),
}
use Step::*;

const HELLO: [Step; 2] = [Say("220 there\r\n"), Say("250-there\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n")];

/// Plays the steps once; answers what it was told.
async fn server(steps: Vec<Step>) -> (Relay, tokio::task::JoinHandle<Vec<u8>>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let relay = Relay { host: "127.0.0.1".to_owned(), port, tls: Tls::None, credentials: None };
    let task = tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.unwrap();
        let mut told = Vec::new();
        for (index, step) in steps.into_iter().enumerate() {
            let end: &[u8] = match step {
                Verdict(_) | TakeAndHangUp | TakeAndSilence => b"\r\n.\r\n",
                Cut | CutSaying(_) => b"Subject",
                _ => b"\r\n",
            };
            if index > 0 && !read_to(&mut stream, &mut told, end).await {
                break;
            }
            match step {
                Say(text) | Verdict(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                HangUp | TakeAndHangUp | Cut => return told,
                CutSaying(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                    return told;
                }
                Silence | TakeAndSilence => tokio::time::sleep(Duration::from_secs(3)).await,
            }
        }
        let _ = read_to(&mut stream, &mut told, b"QUIT\r\n").await;
        told
    });
    (relay, task)
}

async fn read_to(stream: &mut TcpStream, told: &mut Vec<u8>, end: &[u8]) -> bool {
    let start = told.len();
    let mut byte = [0];
    loop {
        match stream.read(&mut byte).await {
            Ok(1) => told.push(byte[0]),
            _ => return false,
        }
        if told[start..].ends_with(end) {
            return true;
        }
    }
}

fn envelope() -> Envelope {
    Envelope { from: "help@example.org".to_owned(), to: vec!["kari@example.net".to_owned()] }
}

async fn outcome(rest: &[Step]) -> Sent {
    let (relay, server) = server([&HELLO[..], rest].concat()).await;
    let sent = hand_over(&relay, SOON, &envelope(), b"Subject: hei\r\n\r\nHei\r\n").await;
    server.abort();
    sent
}

fn kind(sent: &Sent) -> &'static str {
    match sent {
        Sent::Accepted => "accepted",
        Sent::Later(_) => "later",
        Sent::Refused(_) => "refused",
        Sent::Unclear(_) => "unclear",
    }
}

#[tokio::test]
async fn each_break_has_its_outcome() {
    let fine = Say("250 fine\r\n");
    let go = Say("354 go\r\n");
    for (rest, expected) in [
        (vec![fine, fine, go, Verdict("250 2.0.0 queued as 7\r\n")], "accepted"),
        (vec![fine, fine, go, Verdict("250-2.0.0 queued\r\n250 as 7\r\n")], "accepted"),
        (vec![fine, fine, go, Verdict("451 disk full\r\n")], "later"),
        (vec![fine, fine, go, Verdict("421 closing\r\n")], "later"),
        (vec![fine, fine, go, Verdict("554 spam\r\n")], "refused"),
        (vec![fine, fine, go, TakeAndHangUp], "unclear"),
        (vec![fine, fine, go, TakeAndSilence], "unclear"),
        (vec![fine, fine, go, Verdict("25")], "unclear"),
        (vec![fine, fine, go, Verdict("hello?\r\n")], "unclear"),
        (vec![fine, fine, go, Verdict("354 more\r\n")], "unclear"),
        (vec![fine, fine, HangUp], "later"),
        (vec![fine, fine, Silence], "later"),
        (vec![fine, fine, Say("250 what\r\n")], "later"),
        (vec![fine, fine, Say("554 no valid recipients\r\n")], "refused"),
        (vec![fine, Say("450 greylisted\r\n")], "later"),
        (vec![fine, Say("550 5.1.1 nobody\r\n")], "refused"),
        (vec![fine, HangUp], "later"),
        (vec![fine, Say("nonsense\r\n")], "later"),
        (vec![Say("552 too large\r\n")], "refused"),
        (vec![Say("530 sign in\r\n")], "later"),
        (vec![Say("421 busy\r\n")], "later"),
        (vec![HangUp], "later"),
        (vec![Silence], "later"),
    ] {
        let sent = outcome(&rest).await;
        assert_eq!(kind(&sent), expected, "{sent:?}");
    }
}

#[tokio::test]
async fn a_relay_that_will_not_talk_is_later() {
    for greeting in ["554 go away\r\n", "421 busy\r\n", "hello\r\n"] {
        let (relay, _server) = server(vec![Say(greeting)]).await;
        assert_eq!(kind(&hand_over(&relay, SOON, &envelope(), b"x").await), "later");
    }
    // EHLO and HELO both refused.
    let (relay, _server) = server(vec![Say("220 there\r\n"), Say("502 what\r\n"), Say("550 no\r\n")]).await;
    assert_eq!(kind(&hand_over(&relay, SOON, &envelope(), b"x").await), "later");
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let closed = Relay { port, ..relay };
    assert_eq!(kind(&hand_over(&closed, SOON, &envelope(), b"x").await), "later");
}

#[tokio::test]
async fn a_break_in_the_middle_of_a_large_mail_is_later_and_says_why() {
    let raw = [&b"Subject: stort\r\n\r\n"[..], &b"0123456789abcdef\r\n".repeat(2_000_000)].concat();
    for (step, expected) in [(Cut, "later"), (CutSaying("552 5.3.4 too large\r\n"), "later or refused")] {
        let rest = [Say("250 fine\r\n"), Say("250 fine\r\n"), Say("354 go\r\n"), step];
        let (relay, _server) = server([&HELLO[..], &rest].concat()).await;
        let sent = hand_over(&relay, SOON, &envelope(), &raw).await;
        // A reset may overtake the answer; it must never be a doubt.
        assert!(expected.contains(kind(&sent)), "{sent:?}");
    }
}

#[tokio::test]
async fn one_refused_recipient_means_nobody_gets_it() {
    let to = vec!["a@example.net".to_owned(), "b@example.net".to_owned(), "c@example.net".to_owned()];
    let envelope = Envelope { to, ..envelope() };
    let steps = [
        &HELLO[..],
        &[Say("250 fine\r\n"), Say("250 fine\r\n"), Say("550 nobody\r\n"), Say("450 later\r\n"), Say("221 bye\r\n")],
    ]
    .concat();
    let (relay, server) = server(steps).await;
    let sent = hand_over(&relay, SOON, &envelope, b"x").await;
    assert_eq!(sent, Sent::Refused("550 <b@example.net>: nobody".to_owned()));
    let told = String::from_utf8(server.await.unwrap()).unwrap();
    assert!(!told.contains("DATA"), "{told}");
}

#[tokio::test]
async fn the_bytes_arrive_stuffed_and_whole() {
    let steps = [
        &HELLO[..],
        &[Say("250 fine\r\n"), Say("250 fine\r\n"), Say("354 go\r\n"), Verdict("250 ok\r\n"), Say("221 bye\r\n")],
    ]
    .concat();
    let (relay, server) = server(steps).await;
    let raw = b".Subject: x\n\n.\n..\r\nbare\rcr\r\n\xffend";
    assert_eq!(hand_over(&relay, SOON, &envelope(), raw).await, Sent::Accepted);
    let told = server.await.unwrap();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains(&format!("MAIL FROM:<help@example.org> SIZE={} BODY=8BITMIME\r\n", raw.len())), "{told}");
    let mail = told.split("DATA\r\n").nth(1).unwrap();
    assert!(mail.starts_with("..Subject: x\r\n\r\n..\r\n...\r\nbare\r\ncr\r\n\u{fffd}end\r\n.\r\nQUIT"), "{mail:?}");
}

#[tokio::test]
async fn an_address_never_becomes_a_command() {
    let (relay, _server) = server(HELLO.to_vec()).await;
    for address in ["a@b>\r\nRCPT TO:<c@d", "a@b\r\nDATA", "a>b@c"] {
        let envelope = Envelope { to: vec![address.to_owned()], ..envelope() };
        assert_eq!(kind(&hand_over(&relay, SOON, &envelope, b"x").await), "refused");
        let envelope = Envelope { from: address.to_owned(), to: vec!["a@b".to_owned()] };
        assert_eq!(kind(&hand_over(&relay, SOON, &envelope, b"x").await), "refused");
    }
    let nobody = Envelope::default();
    assert_eq!(kind(&hand_over(&relay, SOON, &nobody, b"x").await), "refused");
    let envelope = Envelope { to: vec!["kåre@example.net".to_owned()], ..envelope() };
    assert_eq!(kind(&hand_over(&relay, SOON, &envelope, b"x").await), "refused");
}

#[tokio::test]
async fn signing_in_comes_before_the_mail_and_a_wrong_password_is_later() {
    let credentials = Some(Credentials { user: "u".to_owned(), password: "p".to_owned() });
    let hello = [Say("220 there\r\n"), Say("250-there\r\n250 AUTH CRAM-MD5 PLAIN\r\n")];
    let (relay, _server) = server([&hello[..], &[Say("535 5.7.8 wrong\r\n")]].concat()).await;
    let relay = Relay { credentials: credentials.clone(), ..relay };
    assert_eq!(kind(&hand_over(&relay, SOON, &envelope(), b"x").await), "later");

    let steps = [
        &hello[..],
        &[
            Say("235 ok\r\n"),
            Say("250 fine\r\n"),
            Say("250 fine\r\n"),
            Say("354 go\r\n"),
            Verdict("250 ok\r\n"),
            Say("221 bye\r\n"),
        ],
    ];
    let (relay, server) = server(steps.concat()).await;
    let relay = Relay { credentials, ..relay };
    assert_eq!(hand_over(&relay, SOON, &envelope(), b"x").await, Sent::Accepted);
    assert!(String::from_utf8_lossy(&server.await.unwrap()).contains("AUTH PLAIN AHUAcA==\r\nMAIL"));
    assert!(!format!("{relay:?}").contains("\"p\""));
}

#[tokio::test]
async fn no_starttls_means_no_mail() {
    let (relay, server) = server([&HELLO[..], &[Say("221 bye\r\n")]].concat()).await;
    let relay = Relay { tls: Tls::StartTls, ..relay };
    assert_eq!(kind(&hand_over(&relay, SOON, &envelope(), b"x").await), "later");
    assert!(!String::from_utf8_lossy(&server.await.unwrap()).contains("MAIL"));
}
