//! Start and stop: stores, plugins, sockets, in the order that loses nothing.

use crate::{
    config::Config,
    http,
    mail::{CancellationToken, Limits, Listener, Protocol, imap},
    outside::{Letterbox, Way, World},
    plugins::{Compiler, Folder, Plugins},
    shipped,
};
use anyhow::{Context, Result, bail};
use axum::serve::ListenerExt;
use desk::{Desk, Place, Running, blob::Blobs, clock::Clock};
use std::{
    fs::{File, TryLockError},
    io::ErrorKind,
    net::SocketAddr,
    path::Path,
    sync::Arc,
};
use tokio::net::TcpListener;

/// A Saker that runs.
pub struct Saker {
    pub desk: Desk,
    pub pages: SocketAddr,
    pub smtp: SocketAddr,
    pub lmtp: SocketAddr,
    stop: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    running: Running,
    plugins: Plugins,
    /// Held as long as the program lives, however it ends.
    _folder: File,
}

impl Saker {
    /// Opens everything and listens. `keep_mail` is the demo's way with outgoing mail.
    ///
    /// # Errors
    /// One plain sentence that says what to do, for a folder that can't be written, a port in use, a missing plugin.
    pub async fn start(config: &Config, keep_mail: bool, clock: Clock) -> Result<Saker> {
        writable(&config.data)?;
        let folder = alone(&config.data)?;
        // Sockets first: a port in use should not leave a half-opened database behind.
        let pages_socket = listen(config.pages(), "--port").await?;
        let pages = pages_socket.local_addr()?;
        let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", shown(pages)));
        let blobs = Blobs::open(config.data.join("blobs"))?;
        let plugins = Plugins::open(blobs, Compiler::new(config.compiled_plugins()), config.hooks())?;
        let offers = config.plugins.clone().map(|path| Arc::new(Folder::new(path)));
        let way = match (config.relay(), keep_mail) {
            (Some(relay), _) => Way::Relay(relay),
            (None, true) => Way::Kept,
            (None, false) => Way::Unset,
        };
        let place = Place {
            database: config.database_url(),
            blobs: config.data.join("blobs"),
            index: config.data.join("index"),
            secret: secret(&config.data)?,
            public_url: public_url.trim_end_matches('/').to_owned(),
            clock,
        };
        let (desk, running) = Desk::open(
            place,
            Arc::new(World { plugins: plugins.clone(), folder: offers.clone(), way, hooks: config.hooks() }),
        )
        .await
        .with_context(|| {
            format!("The database at {} could not be opened; see the log line above.", config.database_url())
        })?;
        desk.ship_plugins(shipped::installed()?, shipped::offered_files())
            .await
            .context("The plugins that come with Saker can't be used.")?;
        let post: Arc<Letterbox> = Arc::new(Letterbox(desk.clone()));
        let name =
            public_url.split("://").last().unwrap_or("saker").split([':', '/']).next().unwrap_or("saker").to_owned();
        let smtp = mail_listener(config.smtp(), Protocol::Smtp, &name, &post, "--smtp-port").await?;
        let lmtp = mail_listener(config.lmtp(), Protocol::Lmtp, &name, &post, "--lmtp-port").await?;
        let (smtp_at, lmtp_at) = (smtp.address()?, lmtp.address()?);
        let stop = CancellationToken::new();
        let app = http::App::new(desk.clone(), keep_mail).behind(config.proxy.clone());
        let router = http::router(app);
        let closing = stop.clone();
        // Pages leave in several pieces: none of them may wait for the other side's receipt of the one before.
        let pages_socket = pages_socket.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let mut tasks = vec![
            tokio::spawn(async move {
                let served = axum::serve(pages_socket, router.into_make_service_with_connect_info::<SocketAddr>())
                    .with_graceful_shutdown(async move { closing.cancelled().await });
                if let Err(cause) = served.await {
                    tracing::error!(%cause, "the pages stopped");
                }
            }),
            tokio::spawn(smtp.serve(stop.clone())),
            tokio::spawn(lmtp.serve(stop.clone())),
            tokio::spawn(plugins.clone().keep_up(desk.clone(), stop.clone())),
            tokio::spawn(imap::watch(post, imap::Options::default(), stop.clone())),
        ];
        if let Some(offers) = offers {
            tasks.push(tokio::spawn(offers.watch(desk.clone(), stop.clone())));
        }
        Ok(Saker { desk, plugins, pages, smtp: smtp_at, lmtp: lmtp_at, stop, tasks, running, _folder: folder })
    }

    /// Stops accepting, lets what is in hand finish, closes the stores.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            // Streams to open pages never end by themselves.
            let _ = tokio::time::timeout(std::time::Duration::from_secs(3), task).await;
        }
        self.running.stop().await;
        self.plugins.close(&self.desk).await;
        self.desk.db().close().await;
    }
}

/// Takes the data folder for this process alone: two would send each other's mail again.
fn alone(data: &Path) -> Result<File> {
    let lock = File::create(data.join("lock")).context("The lock in the data folder could not be written.")?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!(
            "Another Saker already runs on {}; stop that one, or choose another folder with --data.",
            data.display()
        ),
        Err(TryLockError::Error(cause)) => Err(cause).context("The data folder could not be locked."),
    }
}

/// An address as a person types it.
pub fn shown(at: SocketAddr) -> String {
    if at.ip().is_unspecified() { format!("localhost:{}", at.port()) } else { at.to_string() }
}

async fn mail_listener(
    at: SocketAddr,
    protocol: Protocol,
    name: &str,
    post: &Arc<Letterbox>,
    flag: &str,
) -> Result<Listener> {
    Listener::bind(at, protocol, name, Limits::default(), post.clone()).await.or_else(|cause| in_use(at, flag, cause))
}

async fn listen(at: SocketAddr, flag: &str) -> Result<TcpListener> {
    TcpListener::bind(at).await.or_else(|cause| in_use(at, flag, cause))
}

fn in_use<T>(at: SocketAddr, flag: &str, cause: std::io::Error) -> Result<T> {
    match cause.kind() {
        ErrorKind::AddrInUse => {
            bail!("Port {} is in use by another program; stop that one, or choose another port with {flag}.", at.port())
        }
        ErrorKind::PermissionDenied => {
            bail!("Port {} may not be used by this user; choose one above 1023 with {flag}.", at.port())
        }
        _ => bail!("{at} can't be listened on ({cause}); choose another address with --bind."),
    }
}

fn writable(folder: &Path) -> Result<()> {
    let sentence = || {
        format!(
            "The folder {} can't be written to; choose another one with --data, or change its owner.",
            folder.display()
        )
    };
    std::fs::create_dir_all(folder).with_context(sentence)?;
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"").with_context(sentence)?;
    std::fs::remove_file(probe).with_context(sentence)
}

/// Signs private links; made on the first start, readable by its owner only.
fn secret(folder: &Path) -> Result<Vec<u8>> {
    use std::io::Write;
    let path = folder.join("secret");
    match std::fs::read(&path) {
        Ok(secret) if secret.len() >= 32 => return Ok(secret),
        Ok(_) => bail!(
            "The file {} is damaged; put it back from a backup, since private links depend on it.",
            path.display()
        ),
        Err(cause) if cause.kind() != ErrorKind::NotFound => {
            bail!("The file {} can't be read: {cause}.", path.display())
        }
        Err(_) => {}
    }
    let secret: Vec<u8> = desk::identity::fresh_secret();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    Ok(secret)
}
