//! Posting to webhooks: one call, to an address that may be called, with an end to everything.
//!
//! A name is resolved once, each of its addresses is looked at, and one of those is connected to: a name that says
//! something else a moment later leads nowhere. Redirects are answers like any other.

use crate::mail::wire::Wire;
use desk::{
    hook::KEPT_ANSWER,
    outside::{HookAnswer, HookPost},
};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Uri, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};

/// From the first question to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of the answer's head.
const LARGEST_HEAD: usize = 64 << 10;

/// Where webhooks may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, with TLS.
    #[default]
    Public,
    /// Also into the house: private addresses, and without TLS.
    Anywhere,
}

/// Posts, and says how it went.
pub async fn post(reach: Reach, post: &HookPost) -> HookAnswer {
    let target = match Target::of(reach, &post.url) {
        Ok(target) => target,
        Err(why) => return HookAnswer::Refused(why),
    };
    match timeout(PATIENCE, call(reach, &target, post)).await {
        Ok(answer) => answer,
        Err(_) => HookAnswer::Silent(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// An address, taken apart.
struct Target {
    host: String,
    port: u16,
    tls: bool,
    /// As it stands in the `Host` header.
    authority: String,
    path: String,
}

impl Target {
    fn of(reach: Reach, url: &str) -> Result<Target, String> {
        let uri: Uri = url.parse().map_err(|_| "this is no address".to_owned())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if reach == Reach::Anywhere => false,
            _ => return Err("only https is allowed".to_owned()),
        };
        let authority = uri.authority().ok_or("the address names no server")?;
        if authority.as_str().contains('@') {
            return Err("a password does not belong into an address".to_owned());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Target { host, port, tls, authority: authority.to_string(), path })
    }
}

async fn call(reach: Reach, target: &Target, post: &HookPost) -> HookAnswer {
    let allowed = match reachable(reach, &target.host, target.port).await {
        Ok(allowed) => allowed,
        Err(cause) => return HookAnswer::Silent(format!("{} is not found: {cause}", target.host)),
    };
    if allowed.is_empty() {
        return HookAnswer::Refused(format!("{} leads to no public address", target.host));
    }
    match exchange(&allowed, target, post).await {
        Ok((status, body)) => HookAnswer::Answered { status, body },
        Err(cause) => HookAnswer::Silent(cause.to_string()),
    }
}

/// The addresses of a host that may be called. A name is resolved here and nowhere else: connect to exactly these.
pub(crate) async fn reachable(reach: Reach, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let found = tokio::net::lookup_host((host, port)).await?;
    Ok(found.filter(|at| reach == Reach::Anywhere || is_public(at.ip())).collect())
}

/// A line to one of these addresses, ready for one request.
pub(crate) async fn speak(addresses: &[SocketAddr], host: &str, tls: bool) -> io::Result<Line> {
    speak_counted(addresses, host, tls, Arc::default()).await
}

/// The same, with count kept of every byte of HTTP that leaves by it.
pub(crate) async fn speak_counted(
    addresses: &[SocketAddr],
    host: &str,
    tls: bool,
    written: Arc<AtomicU64>,
) -> io::Result<Line> {
    let stream = TcpStream::connect(addresses).await?;
    stream.set_nodelay(true)?;
    let mut wire = Wire::Plain(stream);
    if tls {
        wire = wire.secure(host, PATIENCE).await?;
    }
    let wire = Counted { wire, written };
    http1::Builder::new().max_buf_size(LARGEST_HEAD).handshake(TokioIo::new(wire)).await.map_err(io::Error::other)
}

/// Who sends by a line, and what has to run meanwhile.
pub(crate) type Line = (http1::SendRequest<Full<Bytes>>, http1::Connection<TokioIo<Counted>, Full<Bytes>>);

/// A wire that counts what is written to it, before it is encrypted.
pub(crate) struct Counted {
    wire: Wire,
    written: Arc<AtomicU64>,
}

impl AsyncRead for Counted {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_read(cx, into)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.wire).poll_write(cx, from);
        if let Poll::Ready(Ok(count)) = written {
            this.written.fetch_add(count as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_shutdown(cx)
    }
}

async fn exchange(addresses: &[SocketAddr], target: &Target, post: &HookPost) -> io::Result<(u16, String)> {
    let (mut sender, line) = speak(addresses, &target.host, target.tls).await?;
    // Ends by itself when the sender is dropped.
    let line = tokio::spawn(line);
    let mut request = Request::post(&target.path).header(header::HOST, &target.authority);
    for (name, value) in &post.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(Bytes::from(post.body.clone()))).map_err(io::Error::other)?;
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = answer.status().as_u16();
    let body = beginning(answer.into_body()).await;
    line.abort();
    Ok((status, body))
}

/// The first bytes of an answer; the rest is not waited for.
async fn beginning(mut body: hyper::body::Incoming) -> String {
    let mut bytes = vec![];
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(&data[..data.len().min(KEPT_ANSWER - bytes.len())]);
        }
        if bytes.len() >= KEPT_ANSWER {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether an address is somebody's on the open net: IANA's registries of special-purpose addresses, RFC 6890.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        // Shared by carriers, protocol assignments, old 6to4 relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // NAT64 and 6to4 carry an older address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        // Teredo, benchmarks and others below 2001:200::, then documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Everything that is given out lies in 2000::/3.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, Target, is_public, post};
    use desk::outside::{HookAnswer, HookPost};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    #[test]
    fn what_leads_into_a_house_is_not_public() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "::7f00:1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["93.184.215.14", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn an_address_is_taken_apart_or_refused() {
        let target = Target::of(Reach::Public, "https://hooks.example:8443/a?b=c").ok().unwrap();
        assert_eq!((target.host.as_str(), target.port, target.path.as_str()), ("hooks.example", 8443, "/a?b=c"));
        assert!(Target::of(Reach::Public, "http://hooks.example/").is_err());
        assert!(Target::of(Reach::Anywhere, "http://hooks.example/").is_ok());
        for bad in ["https://a:b@hooks.example/", "ftp://hooks.example/", "/path", "https://"] {
            assert!(Target::of(Reach::Anywhere, bad).is_err(), "{bad}");
        }
    }

    fn to(url: String) -> HookPost {
        HookPost { url, headers: vec![("webhook-id", "1".to_owned())], body: "{}".to_owned() }
    }

    /// A server that reads a little, says `answer`, and closes.
    async fn serve(answer: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut heard = [0; 1_024];
                let _ = stream.read(&mut heard).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{at}/hook")
    }

    #[tokio::test]
    async fn nothing_is_posted_into_the_house_unless_that_is_allowed() {
        let url = serve("HTTP/1.1 204 No Content\r\n\r\n".to_owned()).await;
        for inside in [url.clone(), "https://127.0.0.1:9/".to_owned(), "https://localhost:9/".to_owned()] {
            assert!(matches!(post(Reach::Public, &to(inside)).await, HookAnswer::Refused(_)));
        }
        let allowed = post(Reach::Anywhere, &to(url)).await;
        assert_eq!(allowed, HookAnswer::Answered { status: 204, body: String::new() });
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_long_answers_are_cut() {
        let moved =
            serve("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n".to_owned())
                .await;
        assert_eq!(post(Reach::Anywhere, &to(moved)).await, HookAnswer::Answered { status: 302, body: String::new() });
        let long = serve(format!("HTTP/1.1 500 Oh\r\ncontent-length: 100000\r\n\r\n{}", "x".repeat(100_000))).await;
        let HookAnswer::Answered { status: 500, body } = post(Reach::Anywhere, &to(long)).await else {
            panic!("no answer")
        };
        assert_eq!(body.len(), 2_048);
        let silent = post(Reach::Anywhere, &to("http://127.0.0.1:1/".to_owned())).await;
        assert!(matches!(silent, HookAnswer::Silent(_)), "{silent:?}");
    }
}
