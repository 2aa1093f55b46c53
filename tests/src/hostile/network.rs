//! Guests that want to go where nobody let them, and remotes that never end.

use crate::{
    guest::{Guest, HOOK, nothing},
    stand::{FELT, Settled, Stand, alone, show},
};
use anyhow::{Result, ensure};
use desk::{
    channel::Answered,
    model::{Egress, NewChannel},
};
use package::{Secret, Words};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const TOKEN: &str = "sesam-sesam";

/// A guest that makes these requests, one after the other, with the host of its setting `server` and some more granted.
pub fn fetches(name: &str, requests: &[Value]) -> Guest {
    let guest = Guest::hook(name).wanting(|m| {
        m.net.hosts = ["{{server}}", "https://api.example.com/v1", "https://*.example.org"].map(str::to_owned).to_vec();
        m.settings = serde_json::from_value(json!({ "type": "object", "properties": {
            "server": { "type": "string", "format": "uri", "title": "Server", "x-nb": { "title": "Tjener" } } } }))
        .unwrap();
        m.limits.http_calls = 100;
        m.limits.wall_ms = 2_000;
        let title = Words { nb: "Nøkkel".to_owned(), en: "Token".to_owned() };
        let hosts = vec!["{{server}}".to_owned()];
        m.secrets.insert(
            "token".to_owned(),
            Secret { title, why: None, hosts, readable: false, optional: true, generated: false },
        );
    });
    let calls: Vec<_> = requests.iter().map(|request| ("http#fetch", vec![request.clone()])).collect();
    guest.calls_and_answers(HOOK, &calls, nothing())
}

pub fn get(url: &str) -> Value {
    json!({ "url": url })
}

pub async fn settle(stand: &Stand, guest: &Guest, server: &str) -> Result<Settled> {
    let settings = json!({ "server": server }).as_object().cloned().unwrap_or_default();
    let secrets = [("token".to_owned(), TOKEN.to_owned())].into();
    stand.settle_with(guest, NewChannel { settings, secrets, ..NewChannel::default() }).await
}

pub async fn ledger(stand: &Stand, plugin: &Settled) -> Result<Vec<Egress>> {
    let mut ledger = stand.house.desk.egress(&stand.eva, &plugin.id, None).await?;
    ledger.reverse();
    Ok(ledger)
}

/// A server that nobody should reach; the requests that did.
#[derive(Clone, Default)]
pub struct Trap(Arc<Mutex<Vec<String>>>);

impl Trap {
    pub async fn open(
        address: &str,
        answer: impl Fn(String, TcpStream) -> tokio::task::JoinHandle<()> + Send + 'static,
    ) -> Result<(Self, u16)> {
        let trap = Self::default();
        let listener = TcpListener::bind(address).await?;
        let port = listener.local_addr()?.port();
        let seen = trap.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut heard = vec![0; 16 << 10];
                let read = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut heard)).await;
                let length = read.ok().and_then(Result::ok).unwrap_or_default();
                let said = String::from_utf8_lossy(&heard[..length]).into_owned();
                seen.0.lock().unwrap().push(said.clone());
                answer(said, stream);
            }
        });
        Ok((trap, port))
    }

    /// One that takes what it is told, and where it is.
    pub async fn content() -> Result<(Self, String)> {
        let (trap, port) = Self::open("127.0.0.1:0", |_, mut stream| {
            tokio::spawn(async move {
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            })
        })
        .await?;
        Ok((trap, format!("http://127.0.0.1:{port}")))
    }

    pub fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A server that takes every connection and says nothing.
pub struct Silent {
    pub at: String,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Silent {
    pub async fn open() -> Result<Self> {
        let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (lines, peak) = (open.clone(), most.clone());
        let (_, port) = Trap::open("127.0.0.1:0", move |_, mut stream| {
            let (lines, peak) = (lines.clone(), peak.clone());
            tokio::spawn(async move {
                peak.fetch_max(lines.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Until the other side hangs up.
                let _ = stream.read(&mut [0; 16]).await;
                lines.fetch_sub(1, Ordering::SeqCst);
            })
        })
        .await?;
        Ok(Self { at: format!("http://127.0.0.1:{port}"), open, most })
    }

    /// Lines that are open now.
    pub fn lines(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// How many were open at once.
    pub fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Names that were not granted, however they are spelled: nothing is even looked up.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_were_not_granted_are_denied_however_they_are_spelled() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let header =
        |url: &str, name: &str, value: &str| json!({ "url": url, "headers": [{ "name": name, "value": value }] });
    let requests = [
        get("https://evil.example/"),
        get("http://api.example.com/v1"),
        get("https://api.example.com:8443/v1"),
        get("https://api.example.com.evil.example/v1"),
        get("https://api.example.com./v1"),
        get("https://api.example.com/v2"),
        get("https://api.example.com/v10"),
        get("https://api.example.com/v1/../v2"),
        get("https://api.example.com/v1/%2e%2e/v2"),
        get("https://api.example.com/v1/..\\v2"),
        get("https://user:password@api.example.com/v1"),
        get("https://api.example.com@evil.example/v1"),
        get("https://evil.example\\@api.example.com/v1"),
        get("https://api.example.com#@evil.example/v1"),
        get("https://api.example.com/v1#fragment"),
        get("https://example.org/"),
        get("https://evil-example.org/"),
        get("https://.example.org/"),
        get("https://example.org.evil.example/"),
        get("https://{{secret:token}}.example.org/"),
        get("https://a.example.org/{{secret:token}}"),
        get("https://a.example.org/{{basic:me:token}}"),
        header("https://a.example.org/", "authorization", "Bearer {{secret:token}}"),
        header("https://a.example.org/", "authorization", "{{secret:nosuch}}"),
        get("https://169.254.169.254/latest/meta-data/"),
        get("https://[::ffff:127.0.0.1]/"),
        get("https://0x7f.1/"),
        get("https://2130706433/"),
        get("https://localhost./"),
        get("file:///etc/passwd"),
        get("gopher://api.example.com/"),
        get("//api.example.com/v1"),
        get("api.example.com/v1"),
        get("https://"),
        get(""),
        get("https://api.example.com\r\nHost: evil.example/v1"),
        get(&format!("https://evil.example/{}", "x".repeat(60_000))),
    ];
    let plugin = settle(&stand, &fetches("stranger", &requests), "https://service.example").await?;
    let effect = stand.while_others_work(1, || stand.call(&plugin.hook, b"")).await?;
    show("37 addresses that were not granted", "denied or invalid", &effect);
    stand.written_down().await;
    ensure!(matches!(effect.answers[0], Answered::Reply(_)), "{:?}", stand.outcomes(&plugin.id).await?);
    let ledger = ledger(&stand, &plugin).await?;
    ensure!(ledger.len() == requests.len(), "{} of {}", ledger.len(), requests.len());
    for (line, request) in ledger.iter().zip(&requests) {
        ensure!(line.decision.starts_with("denied: ") || line.decision.starts_with("invalid: "), "{request}: {line:?}");
        ensure!(line.sent == 0 && line.status.is_none() && line.decision.len() <= 320, "{line:?}");
        ensure!(!format!("{line:?}").contains(TOKEN), "{line:?}");
    }
    stand.close().await;
    Ok(())
}

/// Granted by name, and leading into the house: not one packet arrives.
#[tokio::test(flavor = "multi_thread")]
async fn what_leads_into_the_house_is_denied_whatever_it_is_called() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let (trap, port) = Trap::open("127.0.0.1:0", |_, _| tokio::spawn(async {})).await?;
    let hosts = [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ];
    for (n, host) in hosts.iter().enumerate() {
        let server = format!("https://{host}:{port}");
        let guest = fetches(&format!("inside{n}"), &[get(&format!("{server}/x"))]);
        let plugin = settle(&stand, &guest, &server).await?;
        ensure!(matches!(stand.call(&plugin.hook, b"").await?, Answered::Reply(_)), "{host}");
        stand.written_down().await;
        let ledger = ledger(&stand, &plugin).await?;
        let decision = ledger.first().map(|line| line.decision.clone()).unwrap_or_default();
        println!("| {server} | {decision} | - | - | - |");
        ensure!(decision.starts_with("denied: ") || decision == "not found", "{host}: {decision}");
        stand.remove(&plugin).await?;
    }
    ensure!(trap.seen().is_empty(), "{:?}", trap.seen());
    stand.close().await;
    Ok(())
}

/// With the way into the house open: a request says what the host lets it say, and a redirect is an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_where_it_goes_by_the_hosts_word_alone() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let (second, other) = Trap::open("127.0.0.1:0", |_, _| tokio::spawn(async {})).await?;
    let (trap, port) = Trap::open("127.0.0.1:0", move |_, mut stream| {
        tokio::spawn(async move {
            let moved = format!("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{other}/\r\nx-echo: {TOKEN}\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.write_all(moved.as_bytes()).await;
        })
    })
    .await?;
    let server = format!("http://127.0.0.1:{port}");
    let header = |name: &str, value: &str| json!({ "name": name, "value": value });
    let headers = json!([
        header("Host", "evil.example"),
        header("Transfer-Encoding", "chunked"),
        header("Content-Length", "999"),
        header("Connection", "upgrade"),
        header("Cookie", "session=1"),
        header("X-Forwarded-For", "127.0.0.1"),
        header("Proxy-Authorization", "x"),
        header("Authorization", "Bearer {{secret:token}}"),
    ]);
    let split = json!([header("x-a", "b\r\nhost: evil.example")]);
    let name = json!([header("x-a\r\nhost", "evil.example")]);
    let huge = json!([{ "name": "x-huge", "value": { "at": 0, "len": 1 << 20 } }]);
    let requests = [
        json!({ "method": "post", "url": format!("{server}/x?{{{{secret:token}}}}"), "headers": headers, "body": { "bytes": "hello" } }),
        json!({ "url": format!("{server}/split"), "headers": split }),
        json!({ "url": format!("{server}/name"), "headers": name }),
        json!({ "url": format!("{server}/huge"), "headers": huge }),
        json!({ "url": format!("http://127.0.0.1:{other}/") }),
    ];
    let plugin = settle(&stand, &fetches("headers", &requests).pages(20), &server).await?;
    let answer = stand.call(&plugin.hook, b"").await?;
    ensure!(matches!(answer, Answered::Reply(_)), "{answer:?}");
    stand.written_down().await;
    let seen = trap.seen();
    ensure!(seen.len() == 1, "{seen:?}");
    let said = seen[0].to_lowercase();
    ensure!(said.contains(&format!("host: 127.0.0.1:{port}\r\n")) && said.contains("content-length: 5\r\n"), "{said}");
    ensure!(
        said.contains(&format!("authorization: bearer {TOKEN}")) && said.contains(&format!("/x?{TOKEN}")),
        "{said}"
    );
    for word in ["evil", "chunked", "999", "upgrade", "cookie", "forwarded", "proxy"] {
        ensure!(!said.contains(word), "{word}: {said}");
    }
    ensure!(second.seen().is_empty(), "a redirect was followed: {:?}", second.seen());
    let ledger = ledger(&stand, &plugin).await?;
    let decisions: Vec<_> = ledger.iter().map(|line| (line.status, line.decision.as_str())).collect();
    ensure!(decisions[0] == (Some(302), "allowed"), "{decisions:?}");
    ensure!(
        decisions[1..4].iter().all(|(status, decision)| status.is_none() && decision.starts_with("invalid")),
        "{decisions:?}"
    );
    ensure!(decisions[4].1.starts_with("denied"), "{decisions:?}");
    ensure!(!format!("{ledger:?}").contains(TOKEN), "{ledger:?}");
    stand.close().await;
    Ok(())
}

/// Remotes that never end, end with the call, and all stand in the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn remotes_without_an_end_end_with_the_call() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let (_, port) = Trap::open("127.0.0.1:0", |said, mut stream| {
        tokio::spawn(async move {
            let piece = vec![b'x'; 64 << 10];
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
            let begun = match said.split(' ').nth(1).unwrap_or_default() {
                "/silent" => return tokio::time::sleep(Duration::from_secs(60)).await,
                "/headers" => loop {
                    let more = format!("x-more: {}\r\n", "y".repeat(8_000));
                    if stream.write_all(more.as_bytes()).await.is_err() {
                        return;
                    }
                },
                "/trickle" => loop {
                    if stream.write_all(b"x").await.is_err() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(300)).await;
                },
                "/drops" => {
                    let _ = stream.write_all(b"content-length: 1000000000\r\n\r\n").await;
                    loop {
                        if stream.write_all(b"x").await.is_err() {
                            return;
                        }
                        tokio::time::sleep(Duration::from_millis(300)).await;
                    }
                }
                "/gzip" => stream.write_all(b"content-encoding: gzip\r\ncontent-length: 1000000000\r\n\r\n").await,
                _ => stream.write_all(b"content-length: 1000000000\r\n\r\n").await,
            };
            if begun.is_err() {
                return;
            }
            while stream.write_all(&piece).await.is_ok() {}
        })
    })
    .await?;
    let server = format!("http://127.0.0.1:{port}");
    for (n, (path, ends)) in [
        ("/silent", "too slow"),
        ("/headers", "message head is too large"),
        ("/trickle", "too slow"),
        ("/drops", "too slow"),
        ("/gzip", "allowed"),
        ("/gigabyte", "allowed"),
    ]
    .into_iter()
    .enumerate()
    {
        let guest = fetches(&format!("endless{n}"), &[get(&format!("{server}{path}"))]);
        let plugin = settle(&stand, &guest, &server).await?;
        let effect = stand.while_others_work(2, || stand.call(&plugin.hook, b"")).await?;
        show(path, ends, &effect);
        ensure!(effect.took <= Duration::from_millis(2_300), "{path}: {:?}", effect.took);
        ensure!(effect.felt <= FELT, "{path}: others waited {:?} more", effect.felt);
        ensure!(effect.peak <= 64 << 20, "{path}: {} MiB", effect.peak >> 20);
        stand.written_down().await;
        let ledger = ledger(&stand, &plugin).await?;
        ensure!(ledger.len() == 2, "{path}: {ledger:?}");
        ensure!(ledger.iter().all(|line| line.decision == ends), "{path}: {ledger:?}");
        ensure!(ledger.iter().all(|line| line.received <= 4 << 20), "{path}: {ledger:?}");
        stand.remove(&plugin).await?;
    }
    stand.memory_is_back()?;
    stand.close().await;
    Ok(())
}

/// A form of many parts that all name one file is no way to a terabyte.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_many_parts_is_no_larger_than_a_body_may_be() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let part = json!({ "name": "x", "content": { "blob": "blob-0" } });
    let request = json!({ "method": "post", "url": "https://service.example/x", "body": { "multipart": { "times": 50_000, "of": part } } });
    let mut guest = fetches("parts", &[]);
    let create = guest.call("blobs#create", &[json!("text/plain"), json!(null)]);
    let append = guest.call("blobs#append", &[json!("blob-0"), json!({ "at": 0, "len": 1 << 20 })]);
    let seal = guest.call("blobs#seal", &[json!("blob-0")]);
    let fetch = guest.call("http#fetch", &[request]);
    let well = guest.lay(HOOK, &nothing());
    let guest = guest.pages(40).does(HOOK, format!("{create} {append} {seal} {fetch} (i32.const {well})"));
    let plugin = settle(&stand, &guest, "https://service.example").await?;
    let effect = stand.while_others_work(2, || stand.call(&plugin.hook, b"")).await?;
    show("a form of 50,000 times one mebibyte", "invalid: the body is too large", &effect);
    ensure!(effect.peak <= 192 << 20, "{} MiB", effect.peak >> 20);
    ensure!(effect.felt <= FELT, "others waited {:?} more", effect.felt);
    stand.written_down().await;
    let ledger = ledger(&stand, &plugin).await?;
    ensure!(ledger.iter().all(|line| line.decision == "invalid: the body is too large"), "{ledger:?}");
    stand.close().await;
    Ok(())
}

/// Four plugins with all the calls that they may have, each waiting for a server that says nothing: whoever waits for
/// nobody does not wait for them.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_remote_keeps_nobody_else_waiting() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let server = Silent::open().await?;
    let mut plugins = vec![];
    for n in 0..4 {
        plugins.push(settle(&stand, &fetches(&format!("waits{n}"), &[get(&server.at)]), &server.at).await?);
    }
    let effect = stand
        .while_others_work(2, || async {
            let calls = plugins.iter().flat_map(|plugin| (0..8).map(|_| stand.call(&plugin.hook, b"")));
            Ok(futures::future::join_all(calls).await)
        })
        .await?;
    show("32 calls that wait for silent servers", "too slow", &effect);
    ensure!(effect.took <= Duration::from_millis(2_600), "{:?}", effect.took);
    ensure!(effect.felt <= FELT, "others waited {:?} more", effect.felt);
    stand.close().await;
    Ok(())
}

/// Ten thousand calls at once, each with a request to a server that says nothing: no more lines than calls may run, and when
/// their time is over not one is left.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_at_once_are_as_many_as_may_run() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let server = Silent::open().await?;
    let mut plugins = vec![];
    for n in 0..4 {
        plugins.push(settle(&stand, &fetches(&format!("crowds{n}"), &[get(&server.at)]), &server.at).await?);
    }
    let effect = stand
        .while_others_work(2, || async {
            let calls = plugins.iter().flat_map(|plugin| (0..2_500).map(|_| stand.call(&plugin.hook, b"")));
            Ok(futures::future::join_all(calls).await)
        })
        .await?;
    show("10,000 calls that ask a silent server", "too slow, or later", &effect);
    println!("| at most | {} lines at once | - | - | - |", server.most());
    let answers = effect.answers.into_iter().flatten().collect::<Result<Vec<_>>>()?;
    ensure!(answers.len() == 20_000);
    // Eight calls of each; the end of a line is seen a moment later than the next one begins.
    ensure!((1..=40).contains(&server.most()), "{} lines at once", server.most());
    ensure!(effect.felt <= FELT, "others waited {:?} more", effect.felt);
    ensure!(effect.peak <= 192 << 20, "{} MiB", effect.peak >> 20);
    for _ in 0..100 {
        if server.lines() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ensure!(server.lines() == 0, "{} lines are open still", server.lines());
    stand.memory_is_back()?;
    stand.close().await;
    Ok(())
}

/// Every byte that left stands in the ledger: of the line, the head and the body, and of a request that nobody answered.
#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_has_every_byte_however_it_left() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = format!("http://{}", listener.local_addr()?);
    let heard = Arc::new(Mutex::new(vec![]));
    let kept = heard.clone();
    tokio::spawn(async move {
        for n in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let kept = kept.clone();
            tokio::spawn(async move {
                let (mut bytes, mut piece) = (0, vec![0; 64 << 10]);
                // Until it is silent; the second one is never answered.
                while let Ok(Ok(read @ 1..)) =
                    tokio::time::timeout(Duration::from_millis(300), stream.read(&mut piece)).await
                {
                    bytes += read;
                }
                kept.lock().unwrap().push(bytes);
                if n != 1 {
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                } else {
                    tokio::time::sleep(Duration::from_secs(10)).await;
                }
            });
        }
    });
    let smuggled = |path: usize, header: usize| {
        json!({ "url": format!("{server}/x?{}", "q".repeat(path)),
            "headers": [{ "name": "X-Data", "value": "h".repeat(header) }] })
    };
    let guest = fetches("smuggler", &[smuggled(3_000, 20_000), smuggled(100, 10_000)]);
    let plugin = settle(&stand, &guest, &server).await?;
    stand.call(&plugin.hook, b"").await?;
    stand.written_down().await;
    let (ledger, heard) = (ledger(&stand, &plugin).await?, heard.lock().unwrap().clone());
    let sent: Vec<i64> = ledger.iter().map(|line| line.sent).collect();
    ensure!(heard.len() == 2 && heard[0] > 23_000 && heard[1] > 10_000, "{heard:?}");
    ensure!(sent == heard.iter().map(|bytes| *bytes as i64).collect::<Vec<_>>(), "{sent:?} {heard:?}");
    ensure!(ledger.iter().all(|line| line.headers == "x-data"), "{ledger:?}");
    ensure!(ledger[0].path.ends_with("… (3003)"), "{}", ledger[0].path);
    ensure!(ledger[1].decision != "allowed", "{ledger:?}");
    stand.close().await;
    Ok(())
}
