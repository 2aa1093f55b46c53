//! The listener, talked to through a real socket.

use super::*;
use crate::mail::fake::FakeDesk;
use std::sync::atomic::Ordering::Relaxed;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpStream,
};

struct Door {
    desk: Arc<FakeDesk>,
    address: SocketAddr,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

async fn door_with(protocol: Protocol, limits: Limits, desk: FakeDesk) -> Door {
    let desk = Arc::new(desk);
    let at = "127.0.0.1:0".parse().unwrap();
    let listener = Listener::bind(at, protocol, "desk.example.org", limits, desk.clone()).await.unwrap();
    let address = listener.address().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(listener.serve(stop.clone()));
    Door { desk, address, stop, serving }
}

async fn door(protocol: Protocol) -> Door {
    door_with(protocol, Limits::default(), FakeDesk::default()).await
}

struct Client(BufReader<TcpStream>);

impl Client {
    async fn new(door: &Door) -> Self {
        let mut client = Client(BufReader::new(TcpStream::connect(door.address).await.unwrap()));
        let greeting = client.answer().await;
        assert!(greeting.starts_with("220 ") || greeting.starts_with("421 "), "{greeting}");
        client
    }

    async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).await.unwrap();
    }

    /// One answer, its lines joined; empty when the line is cut.
    async fn answer(&mut self) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(Duration::from_secs(10), self.0.read_line(&mut line)).await.expect("an answer in time");
            if read.unwrap_or(0) == 0 || line.as_bytes().get(3) != Some(&b'-') {
                return all + &line;
            }
            all += &line;
        }
    }

    async fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n")).await;
        self.answer().await
    }

    /// Says each line and checks the code that comes back.
    async fn expect(&mut self, steps: &[(&str, &str)]) {
        for (line, code) in steps {
            let answer = self.say(line).await;
            assert!(answer.starts_with(code), "{line} → {answer}");
        }
    }

    /// A hello and an envelope, up to `354`.
    async fn reach_data(&mut self, hello: &str) {
        self.expect(&[
            (hello, "250"),
            ("MAIL FROM:<kari@example.net>", "250"),
            ("RCPT TO:<help@example.org>", "250"),
            ("DATA", "354"),
        ])
        .await;
    }
}

fn raws(door: &Door) -> Vec<String> {
    door.desk.taken().iter().map(|mail| String::from_utf8_lossy(&mail.raw).into_owned()).collect()
}

#[tokio::test]
async fn a_mail_is_answered_after_the_commit() {
    let door = door_with(
        Protocol::Smtp,
        Limits::default(),
        FakeDesk { slow: Duration::from_millis(150), ..FakeDesk::default() },
    )
    .await;
    let mut client = Client::new(&door).await;
    client.reach_data("EHLO there").await;
    client.write("Subject: hei\r\n\r\n..dot\r\n.single\r\nHei\r\n.\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(door.desk.taken().is_empty());
    assert!(client.answer().await.starts_with("250 2.6.0"));
    let taken = door.desk.taken();
    assert_eq!(taken[0].raw, b"Subject: hei\r\n\r\n.dot\r\nsingle\r\nHei\r\n");
    assert_eq!(taken[0].account.as_str(), "help");
    assert_eq!(
        (taken[0].envelope.from.as_str(), taken[0].envelope.to.as_slice()),
        ("kari@example.net", &["help@example.org".to_owned()][..])
    );
    client.expect(&[("QUIT", "221")]).await;
}

#[tokio::test]
async fn the_hello_says_what_is_offered() {
    let door = door(Protocol::Smtp).await;
    let mut client = Client::new(&door).await;
    let hello = client.say("EHLO there").await;
    for word in ["PIPELINING", "SIZE 54525952", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING"] {
        assert!(hello.contains(word), "{hello}");
    }
    assert!(!hello.contains("STARTTLS") && !hello.contains("AUTH"), "{hello}");
}

#[tokio::test]
async fn pipelined_commands_and_mails_are_taken_in_order() {
    let door = door(Protocol::Smtp).await;
    let mut client = Client::new(&door).await;
    let one = "MAIL FROM:<>\r\nRCPT TO:<help+t1.abc@example.org>\r\nRCPT TO:<sales@example.org>\r\nDATA\r\n";
    client.write(format!("EHLO there\r\n{one}one\r\n.\r\n{one}two\r\n.\r\nRSET\r\nQUIT\r\n")).await;
    for code in ["250", "250", "250", "250", "354", "250", "250", "250", "250", "354", "250", "250", "221"] {
        let answer = client.answer().await;
        assert!(answer.starts_with(code), "{code}: {answer}");
    }
    assert_eq!(client.answer().await, "");
    let taken = door.desk.taken();
    assert_eq!(raws(&door), ["one\r\n", "one\r\n", "two\r\n", "two\r\n"]);
    assert_eq!(taken[0].envelope.from, "");
    assert_eq!(taken[0].envelope.to, ["help+t1.abc@example.org"]);
}

#[tokio::test]
async fn only_a_dot_between_whole_line_ends_ends_a_mail() {
    let door = door(Protocol::Smtp).await;
    let smuggled = "MAIL FROM:<evil@example.net>\r\nRCPT TO:<help@example.org>\r\nDATA\r\nsmuggled\r\n";
    for end in
        ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n", "\r\r.\r\n", "\r\n.\0\r\n", "\n\n.\r\n"]
    {
        let mut client = Client::new(&door).await;
        client.reach_data("EHLO there").await;
        client.write(format!("first{end}{smuggled}\r\n.\r\n")).await;
        assert!(client.answer().await.starts_with("250"), "{end:?}");
        client.expect(&[("NOOP", "250")]).await;
    }
    let raws = raws(&door);
    assert_eq!(raws.len(), 9);
    assert!(raws.iter().all(|raw| raw.starts_with("first") && raw.contains("smuggled")), "{raws:?}");
}

#[tokio::test]
async fn an_empty_mail_and_a_first_line_of_dots_are_mails() {
    let door = door(Protocol::Smtp).await;
    let mut client = Client::new(&door).await;
    client.reach_data("EHLO there").await;
    client.expect(&[(".", "250")]).await;
    client.reach_data("EHLO there").await;
    client.expect(&[("..\r\n.", "250")]).await;
    assert_eq!(raws(&door), ["", ".\r\n"]);
}

#[tokio::test]
async fn a_mail_over_the_limit_is_read_to_its_end_and_refused() {
    let limits = Limits { size: 10_000, ..Limits::default() };
    let door = door_with(Protocol::Smtp, limits, FakeDesk::default()).await;
    let mut client = Client::new(&door).await;
    client.expect(&[("EHLO there", "250"), ("MAIL FROM:<a@b.no> SIZE=10001", "552 5.3.4")]).await;
    client.reach_data("EHLO there").await;
    client.write("0123456789abcdef\r\n".repeat(100_000)).await;
    assert!(client.say(".").await.starts_with("552 5.3.4"));
    client.reach_data("RSET").await;
    client.write(vec![b'x'; 9_998]).await;
    assert!(client.say("\r\n.").await.starts_with("250"));
    assert_eq!(raws(&door).iter().map(String::len).collect::<Vec<_>>(), [10_000]);
}

#[tokio::test]
async fn when_memory_is_out_the_sender_is_asked_to_come_back() {
    let limits = Limits { memory: 5_000, ..Limits::default() };
    let door = door_with(Protocol::Smtp, limits, FakeDesk::default()).await;
    let mut client = Client::new(&door).await;
    client.reach_data("EHLO there").await;
    client.write("x".repeat(6_000)).await;
    assert!(client.say("\r\n.").await.starts_with("452 4.3.1"));
    // And what was held is given back.
    for _ in 0..3 {
        client.reach_data("RSET").await;
        client.write("x".repeat(4_000)).await;
        assert!(client.say("\r\n.").await.starts_with("250"));
    }
}

#[tokio::test]
async fn a_line_cut_before_the_end_gives_nothing() {
    let door = door(Protocol::Smtp).await;
    for part in ["", "half a mail\r\n", "half a mail\r\n.", "half a mail\r\n.\r", "\r\nQUIT\r\n"] {
        let mut client = Client::new(&door).await;
        client.reach_data("EHLO there").await;
        client.write(part).await;
        drop(client);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(door.desk.taken().is_empty());
}

#[tokio::test]
async fn a_failing_desk_is_a_reason_to_try_again() {
    let door = door(Protocol::Smtp).await;
    door.desk.fails.store(true, Relaxed);
    let mut client = Client::new(&door).await;
    client.reach_data("EHLO there").await;
    assert!(client.say("hei\r\n.").await.starts_with("451 4.3.0"));
    door.desk.fails.store(false, Relaxed);
    client.reach_data("RSET").await;
    assert!(client.say("hei\r\n.").await.starts_with("250"));
    assert_eq!(raws(&door), ["hei\r\n"]);
}

#[tokio::test]
async fn smtp_answers_once_and_only_if_all_have_it() {
    let door = door(Protocol::Smtp).await;
    door.desk.sales_fails.store(true, Relaxed);
    let mut client = Client::new(&door).await;
    client.expect(&[("EHLO there", "250"), ("MAIL FROM:<a@b.no>", "250")]).await;
    client
        .expect(&[("RCPT TO:<help@example.org>", "250"), ("RCPT TO:<sales@example.org>", "250"), ("DATA", "354")])
        .await;
    assert!(client.say("hei\r\n.").await.starts_with("451"));
    client.expect(&[("NOOP", "250")]).await;
}

#[tokio::test]
async fn lmtp_answers_for_each_recipient() {
    let door = door(Protocol::Lmtp).await;
    door.desk.sales_fails.store(true, Relaxed);
    let mut client = Client::new(&door).await;
    client
        .expect(&[
            ("EHLO there", "502"),
            ("HELO there", "502"),
            ("MAIL FROM:<a@b.no>", "503"),
            ("LHLO there", "250"),
            ("MAIL FROM:<a@b.no>", "250"),
        ])
        .await;
    client.expect(&[("RCPT TO:<help@example.org>", "250"), ("RCPT TO:<nobody@example.org>", "550 5.1.1")]).await;
    client
        .expect(&[("RCPT TO:<sales@example.org>", "250"), ("RCPT TO:<help+x@example.org>", "250"), ("DATA", "354")])
        .await;
    client.write("hei\r\n.\r\n").await;
    for code in ["250 2.6.0", "451 4.3.0", "250 2.6.0"] {
        let answer = client.answer().await;
        assert!(answer.starts_with(code), "{answer}");
    }
    client.expect(&[("NOOP", "250")]).await;
    // Two addresses of one mailbox are one mail.
    assert_eq!(door.desk.taken().len(), 1);
    assert_eq!(door.desk.taken()[0].envelope.to, ["help@example.org", "help+x@example.org"]);
}

#[tokio::test]
async fn lmtp_refuses_a_large_mail_for_each_recipient() {
    let door = door_with(Protocol::Lmtp, Limits { size: 100, ..Limits::default() }, FakeDesk::default()).await;
    let mut client = Client::new(&door).await;
    client.expect(&[("LHLO there", "250"), ("MAIL FROM:<a@b.no>", "250"), ("RCPT TO:<help@example.org>", "250")]).await;
    client.expect(&[("RCPT TO:<sales@example.org>", "250"), ("DATA", "354")]).await;
    client.write(format!("{}\r\n.\r\n", "x".repeat(200))).await;
    assert!(client.answer().await.starts_with("552"));
    assert!(client.answer().await.starts_with("552"));
    client.expect(&[("NOOP", "250")]).await;
}

#[tokio::test]
async fn chunks_are_taken_as_they_are() {
    let door = door(Protocol::Smtp).await;
    let mut client = Client::new(&door).await;
    let envelope = [("MAIL FROM:<a@b.no>", "250"), ("RCPT TO:<help@example.org>", "250")];
    client.expect(&[("EHLO there", "250")]).await;
    client.expect(&envelope).await;
    client.write("BDAT 9\r\n.\r\nQUIT\r\nBDAT 0 LAST\r\n").await;
    assert!(client.answer().await.starts_with("250"));
    assert!(client.answer().await.starts_with("250 2.6.0"));
    client.expect(&envelope).await;
    client.write("BDAT 3\r\nabc").await;
    assert!(client.answer().await.starts_with("250"));
    client.expect(&[("DATA", "503"), ("RCPT TO:<sales@example.org>", "503"), ("RSET", "250")]).await;
    // Unwanted chunks are swallowed, not obeyed.
    client.write("BDAT 6 LAST\r\nQUIT\r\n").await;
    assert!(client.answer().await.starts_with("503"));
    client.expect(&[("NOOP", "250")]).await;
    assert_eq!(raws(&door), [".\r\nQUIT\r\n"]);
}

#[tokio::test]
async fn commands_out_of_order_and_unknown_ones_are_refused_in_words() {
    let door = door(Protocol::Smtp).await;
    let mut client = Client::new(&door).await;
    client
        .expect(&[
            ("MAIL FROM:<a@b.no>", "503"),
            ("RCPT TO:<help@example.org>", "503"),
            ("DATA", "503"),
            ("EHLO there", "250"),
        ])
        .await;
    client
        .expect(&[
            ("RCPT TO:<help@example.org>", "503"),
            ("DATA", "503"),
            ("MAIL FROM:<a@b.no>", "250"),
            ("MAIL FROM:<a@b.no>", "503"),
        ])
        .await;
    client
        .expect(&[("DATA", "503"), ("RCPT TO:<nobody@example.org>", "550 5.1.1 <nobody@example.org>"), ("DATA", "503")])
        .await;
    client
        .expect(&[
            ("VRFY help", "252"),
            ("EXPN help", "502"),
            ("STARTTLS", "502"),
            ("LHLO there", "502"),
            ("HELP", "214"),
            ("WHAT", "500"),
        ])
        .await;
    client
        .expect(&[
            ("RCPT TO:<postmaster>", "550"),
            ("RCPT TO:<>", "550"),
            ("RCPT TO:help@example.org", "501"),
            ("NOOP", "250"),
            ("RSET", "250"),
        ])
        .await;
}

#[tokio::test]
async fn too_many_recipients_are_left_for_the_next_mail() {
    let door = door_with(Protocol::Smtp, Limits { recipients: 2, ..Limits::default() }, FakeDesk::default()).await;
    let mut client = Client::new(&door).await;
    client
        .expect(&[
            ("EHLO there", "250"),
            ("MAIL FROM:<a@b.no>", "250"),
            ("RCPT TO:<help@example.org>", "250"),
            ("RCPT TO:<sales@example.org>", "250"),
        ])
        .await;
    for _ in 0..50 {
        client.expect(&[("RCPT TO:<help+x@example.org>", "452 4.5.3")]).await;
    }
    client.expect(&[("DATA", "354"), ("hei\r\n.", "250")]).await;
}

#[tokio::test]
async fn garbage_never_breaks_a_session() {
    // Cheap, and the same each time.
    let mut seed = 0x2545_f491_u32;
    let mut noise = move || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed.to_le_bytes()[0]
    };
    let words = [
        "\r\n",
        "\n",
        "\r",
        " ",
        "<",
        ">",
        ":",
        "@",
        "\"",
        "\\",
        "\0",
        ".",
        "=",
        "EHLO there\r\n",
        "MAIL FROM:<",
        "RCPT TO:<",
        "help@example.org>\r\n",
        "BDAT 7",
        "BDAT 99999999999999999999",
        " LAST\r\n",
        "DATA\r\n",
        "AUTH PLAIN ",
        "SIZE=",
        "NOTIFY=",
        "ORCPT=",
        "BODY=",
        "BY=",
        "VRFY ",
        "RSET\r\n",
        "+",
        "é",
    ];
    for round in 0..2_000 {
        let mut bytes = Vec::new();
        for _ in 0..200 {
            if round % 4 == 0 {
                bytes.push(noise());
            } else {
                bytes.extend_from_slice(words[usize::from(noise()) % words.len()].as_bytes());
            }
        }
        let house = House {
            post: Arc::new(FakeDesk::default()),
            protocol: if round % 2 == 0 { Protocol::Smtp } else { Protocol::Lmtp },
            limits: Limits { line: 200, size: 500, ..Limits::default() },
            name: "desk".to_owned(),
            stop: CancellationToken::new(),
            memory: AtomicUsize::new(0),
        };
        // In the same task: a panic fails the test.
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        theirs.write_all(&bytes).await.unwrap();
        theirs.shutdown().await.unwrap();
        let _ = smtp::converse(&house, ours).await;
        let mut answers = String::new();
        theirs.read_to_string(&mut answers).await.unwrap();
        assert!(answers.lines().all(|line| line.len() > 4 && line[..3].parse::<u16>().is_ok()), "{answers}");
        assert_eq!(house.memory.load(Relaxed), 0, "what was held is given back");
    }
}

#[tokio::test]
async fn a_web_browser_and_endless_lines_are_shown_out() {
    let door = door(Protocol::Smtp).await;
    for first in ["GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n"] {
        let mut client = Client::new(&door).await;
        client.write(first).await;
        assert!(client.answer().await.starts_with("421"));
        assert_eq!(client.answer().await, "");
    }
    let mut client = Client::new(&door).await;
    client.expect(&[("EHLO there", "250")]).await;
    assert!(client.say(&"x".repeat(100_000)).await.starts_with("500 5.5.6"));
    client.expect(&[("NOOP", "250"), ("MAIL FROM:<\u{1}\u{7f}@\0>", "5"), ("NOOP", "250")]).await;
    assert!(door.desk.taken().is_empty());
}

#[tokio::test]
async fn too_many_errors_end_the_conversation() {
    let door = door_with(Protocol::Smtp, Limits { errors: 3, ..Limits::default() }, FakeDesk::default()).await;
    let mut client = Client::new(&door).await;
    client.expect(&[("WHAT", "500"), ("WHAT", "500"), ("WHAT", "500"), ("WHAT", "421 4.7.0")]).await;
    assert_eq!(client.answer().await, "");
}

#[tokio::test]
async fn a_slow_sender_is_served_and_a_silent_one_is_not() {
    let limits = Limits { idle: Duration::from_millis(2_000), ..Limits::default() };
    let door = door_with(Protocol::Smtp, limits, FakeDesk::default()).await;
    let mut client = Client::new(&door).await;
    client.reach_data("EHLO there").await;
    for byte in b"slow\r\n.\r\n" {
        client.write([*byte]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(client.answer().await.starts_with("250"));
    assert!(client.answer().await.starts_with("421 4.4.2"));
    let mut client = Client::new(&door).await;
    client.reach_data("EHLO there").await;
    client.write("half").await;
    assert!(client.answer().await.starts_with("421 4.4.2"));
    // Busy, but without end.
    let limits = Limits { mail: Duration::from_millis(300), ..Limits::default() };
    let door = door_with(Protocol::Smtp, limits, FakeDesk::default()).await;
    let mut client = Client::new(&door).await;
    client.reach_data("EHLO there").await;
    for _ in 0..5 {
        let _ = client.0.get_mut().write_all(b"x").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(client.answer().await.starts_with("421 4.4.2"));
    assert_eq!(raws(&door).len(), 0);
}

#[tokio::test]
async fn a_full_house_says_so() {
    let door = door_with(Protocol::Smtp, Limits { connections: 1, ..Limits::default() }, FakeDesk::default()).await;
    let first = Client::new(&door).await;
    let mut second = Client(BufReader::new(TcpStream::connect(door.address).await.unwrap()));
    assert!(second.answer().await.starts_with("421 4.3.2"));
    drop(first);
    let mut third = loop {
        let mut client = Client(BufReader::new(TcpStream::connect(door.address).await.unwrap()));
        let greeting = client.answer().await;
        if !greeting.starts_with("421 4.3.2") {
            break client;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    third.expect(&[("EHLO there", "250")]).await;
}

#[tokio::test]
async fn closing_lets_a_mail_in_hand_finish() {
    let door = door(Protocol::Smtp).await;
    let mut idle = Client::new(&door).await;
    let mut busy = Client::new(&door).await;
    busy.reach_data("EHLO there").await;
    busy.write("first half\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    door.stop.cancel();
    assert!(idle.answer().await.starts_with("421 4.3.2"));
    assert!(busy.say("second half\r\n.").await.starts_with("250"));
    assert!(busy.answer().await.starts_with("421 4.3.2"));
    door.serving.await.unwrap();
    assert_eq!(door.desk.taken().len(), 1);
    assert!(TcpStream::connect(door.address).await.is_err());
}
