//! One connection to another server, with or without TLS.

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

#[derive(Debug)]
pub enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Waits at most `patience` for `work`.
///
/// # Errors
/// What `work` says, or `TimedOut` with `phase` in plain words.
pub async fn within<T, E: Into<io::Error>>(
    patience: Duration,
    phase: &str,
    work: impl Future<Output = Result<T, E>>,
) -> io::Result<T> {
    match timeout(patience, work).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("{phase} took longer than {} s", patience.as_secs())))
        }
    }
}

impl Wire {
    /// Opens a TCP connection; tries every address of the name.
    pub async fn open(host: &str, port: u16, patience: Duration) -> io::Result<Self> {
        let stream = within(patience, "connecting", TcpStream::connect((host, port))).await?;
        stream.set_nodelay(true)?;
        Ok(Wire::Plain(stream))
    }

    /// Puts TLS on it and checks the server's certificate for `host`.
    ///
    /// # Errors
    /// Also when it already has TLS.
    pub async fn secure(self, host: &str, patience: Duration) -> io::Result<Self> {
        let Wire::Plain(stream) = self else {
            return Err(io::Error::other("the connection has TLS already"));
        };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(trust()?);
        let stream = within(patience, "the TLS handshake", connector.connect(name, stream)).await?;
        Ok(Wire::Tls(Box::new(stream)))
    }

    /// What we call ourselves: an address literal, RFC 5321 section 4.1.3.
    pub fn own_name(&self) -> String {
        let stream = match self {
            Wire::Plain(stream) => stream,
            Wire::Tls(stream) => stream.get_ref().0,
        };
        match stream.local_addr().map(|address| address.ip().to_canonical()) {
            Ok(std::net::IpAddr::V4(ip)) => format!("[{ip}]"),
            Ok(std::net::IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Err(_) => "[127.0.0.1]".to_owned(),
        }
    }
}

/// Mozilla's roots, and those in the file that `SSL_CERT_FILE` names (a house with its own
/// authority). Read once.
fn trust() -> io::Result<Arc<ClientConfig>> {
    static TRUST: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = TRUST.get() {
        return Ok(config.clone());
    }
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = std::env::var_os("SSL_CERT_FILE") {
        let certificates = CertificateDer::pem_file_iter(&file)
            .map_err(|cause| io::Error::other(format!("SSL_CERT_FILE can't be read: {cause}")))?;
        let (added, ignored) = roots.add_parsable_certificates(certificates.flatten());
        tracing::info!(added, ignored, "mail: roots of SSL_CERT_FILE");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TRUST.get_or_init(|| Arc::new(config)).clone())
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Wire::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Wire::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
