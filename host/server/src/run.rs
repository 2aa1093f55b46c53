//! Start and stop: stores, plugins, sockets, in the order that loses nothing.

use crate::{
    config::Config,
    http,
    mail::{CancellationToken, Limits, Listener, Protocol, imap},
    outside::{Letterbox, Way, World},
    plugins::{Compiler, Folder, Plugins},
    shipped,
};
use anyhow::{Context, Result, anyhow, bail};
use axum::serve::ListenerExt;
use desk::{Desk, Idle, Place, Running, blob::Blobs, clock::Clock};
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
    _locks: Vec<File>,
}

impl Saker {
    /// Opens everything and listens. `keep_mail` is the demo's way with outgoing mail.
    ///
    /// # Errors
    /// One plain sentence that says what to do, for a folder that can't be written, a port in use, a missing plugin.
    pub async fn start(config: &Config, keep_mail: bool, clock: Clock) -> Result<Saker> {
        let locks = alone(config)?;
        // Sockets first: a port in use should not leave a half-opened database behind.
        let pages_socket = listen(config.pages(), "--port").await?;
        let pages = pages_socket.local_addr()?;
        let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", shown(pages)));
        let offers = config.plugins.clone().map(|path| Arc::new(Folder::new(path)));
        let way = match (config.relay(), keep_mail) {
            (Some(relay), _) => Way::Relay(relay),
            (None, true) => Way::Kept,
            (None, false) => Way::Unset,
        };
        let (desk, idle, plugins) = open(config, &public_url, offers.clone(), way, clock).await?;
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
        let running = idle.begin();
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
        Ok(Saker { desk, plugins, pages, smtp: smtp_at, lmtp: lmtp_at, stop, tasks, running, _locks: locks })
    }

    /// Waits until all that plugins did so far stands in their ledgers, as it does some seconds later in any case.
    pub async fn written_down(&self) {
        self.plugins.written_down(&self.desk).await;
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

/// The desk of a Saker that stands still, for one errand: it answers, and nothing happens by itself. The files must be held as
/// long as it is used.
///
/// # Errors
/// As [`Saker::start`].
pub async fn for_a_moment(config: &Config) -> Result<(Desk, Vec<File>)> {
    let locks = alone(config)?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", shown(config.pages())));
    let (desk, ..) = open(config, &public_url, None, Way::Unset, Clock::real()).await?;
    Ok((desk, locks))
}

/// The stores, and a desk on them whose work has not begun.
async fn open(
    config: &Config,
    public_url: &str,
    folder: Option<Arc<Folder>>,
    way: Way,
    clock: Clock,
) -> Result<(Desk, Idle, Plugins)> {
    let plugins =
        Plugins::open(Blobs::open(config.files())?, Compiler::new(config.compiled_plugins()), config.hooks())?;
    let place = Place {
        database: config.database_url(),
        blobs: config.files(),
        index: config.data.join("index"),
        secret: secret(&config.secret_file())?,
        adopt: config.adopt,
        public_url: public_url.trim_end_matches('/').to_owned(),
        clock,
    };
    let world = World { plugins: plugins.clone(), folder, way, hooks: config.hooks() };
    let (desk, idle) = Desk::open(place, Arc::new(world)).await.map_err(|why| unopened(config, why))?;
    Ok((desk, idle, plugins))
}

/// Takes the data folder for this process alone, and the database where it is a file: two would send each other's mail
/// again.
fn alone(config: &Config) -> Result<Vec<File>> {
    writable(&config.data, "--data")?;
    writable(&config.files(), "--files")?;
    let mut locks = vec![locked(&config.data.join("lock"), &config.data, "choose another folder with --data")?];
    if let Some(file) = config.database_file() {
        let lock = file.with_added_extension("lock");
        locks.push(locked(&lock, &file, "several at a time need PostgreSQL, with --database")?);
    }
    Ok(locks)
}

fn locked(lock: &Path, what: &Path, or: &str) -> Result<File> {
    let file = File::create(lock).with_context(|| format!("The lock {} could not be written.", lock.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("Another Saker already runs on {}; stop that one, or {or}.", what.display())
        }
        Err(TryLockError::Error(cause)) => {
            Err(cause).with_context(|| format!("{} could not be locked.", what.display()))
        }
    }
}

/// Why the desk did not open, as a sentence that says what to do.
fn unopened(config: &Config, why: desk::Error) -> anyhow::Error {
    match &why {
        desk::Error::Invalid { field, .. } if field == "secret" => anyhow!(
            "{} is not the secret of this database. All who run on one database have the same: name its file with \
             --secret-file, or put it back from a backup. If it is lost, start once with --adopt: links that customers have, \
             and the secrets of channels, are lost with it.",
            config.secret_file().display()
        ),
        desk::Error::Invalid { field, .. } if field == "blobs" => anyhow!(
            "{} does not hold the files of this database. All who run on one database share them: name their folder with \
             --files, or put it back from a backup. If they are lost, start once with --adopt: what is missing stays missing.",
            config.files().display()
        ),
        desk::Error::Invalid { field, .. } if field == "clock" => anyhow!(
            "This machine's clock is more than ten seconds from that of the database. Set both by NTP: those who run on one \
             database count time alike."
        ),
        _ => anyhow::Error::new(why)
            .context(format!("The database at {} could not be opened; see the log line above.", config.database_url())),
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

fn writable(folder: &Path, flag: &str) -> Result<()> {
    let sentence = || {
        format!(
            "The folder {} can't be written to; choose another one with {flag}, or change its owner.",
            folder.display()
        )
    };
    std::fs::create_dir_all(folder).with_context(sentence)?;
    // Named by the process: others may look at a shared folder at the same time.
    let probe = folder.join(format!(".writable-{}", std::process::id()));
    std::fs::write(&probe, b"").with_context(sentence)?;
    std::fs::remove_file(probe).with_context(sentence)
}

/// Signs private links; made on the first start, readable by its owner only.
fn secret(path: &Path) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Ok(secret) if secret.len() >= 32 => Ok(secret),
        Ok(_) => bail!(
            "The file {} is damaged; put it back from a backup, since private links depend on it.",
            path.display()
        ),
        Err(cause) if cause.kind() == ErrorKind::NotFound => fresh(path).with_context(|| {
            format!("The file {} could not be made; choose another one with --secret-file.", path.display())
        }),
        Err(cause) => bail!("The file {} can't be read: {cause}.", path.display()),
    }
}

/// A secret that nobody had before. The file appears whole, and stays as it is where another process was first.
fn fresh(path: &Path) -> Result<Vec<u8>> {
    use std::io::Write;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable by its owner only, as temporary files are.
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(&desk::identity::fresh_secret())?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(path) {
        Err(taken) if taken.error.kind() != ErrorKind::AlreadyExists => Err(taken.error.into()),
        _ => Ok(std::fs::read(path)?),
    }
}
