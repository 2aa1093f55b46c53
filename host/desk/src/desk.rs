//! The desk itself: what it holds, how it opens, and what runs beside the verbs.

use crate::{
    Error, Result,
    blob::Blobs,
    clock::Clock,
    db::{Db, Write},
    intake::Waiting,
    model::{RuleId, event::Change},
    outside::Outside,
    rule::run::Asked,
    search::Index,
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use tokio::sync::{Notify, broadcast, mpsc};

/// The product. Every rule is a verb on it, with the actor first. Cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    db: Db,
    blobs: Blobs,
    clock: Clock,
    outside: Arc<dyn Outside>,
    index: Index,
    secret: Vec<u8>,
    public_url: String,
    live: broadcast::Sender<Change>,
    intake: mpsc::Sender<Waiting>,
    tail: Notify,
    worker: Notify,
    /// Up to where each rule of time was asked.
    asked: tokio::sync::Mutex<BTreeMap<RuleId, Asked>>,
}

/// Where a desk keeps its things, and what it is called from outside.
#[derive(Clone, Debug)]
pub struct Place {
    /// `sqlite:path` or `postgres://…`.
    pub database: String,
    /// Folder of the blobs. Can't be thrown away.
    pub blobs: PathBuf,
    /// Folder of the index. Can be thrown away.
    pub index: PathBuf,
    /// Signs private links and uploads; at least 32 bytes.
    pub secret: Vec<u8>,
    /// As customers reach it, without a slash at the end.
    pub public_url: String,
    pub clock: Clock,
}

/// Ends the desk's background work when dropped or told to.
#[derive(Debug)]
pub struct Running {
    stop: tokio::sync::watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Running {
    /// Lets what is in hand finish, then returns.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        for task in self.tasks.drain(..) {
            let _ = task.await;
        }
    }
}

impl Desk {
    /// Opens the stores and starts the tail, the worker and the intake.
    ///
    /// # Errors
    /// When the database, the blob folder or the index can't be opened.
    pub async fn open(place: Place, outside: Arc<dyn Outside>) -> Result<(Desk, Running)> {
        let db = Db::open(&place.database, place.clock.clone()).await?;
        let index = tokio::task::spawn_blocking(move || Index::open(&place.index)).await.map_err(Error::internal)??;
        let (intake, arrivals) = mpsc::channel(1_024);
        let desk = Desk(Arc::new(Inner {
            db,
            blobs: Blobs::open(place.blobs)?,
            clock: place.clock,
            outside,
            index,
            secret: place.secret,
            public_url: place.public_url,
            live: broadcast::channel(4_096).0,
            intake,
            tail: Notify::new(),
            worker: Notify::new(),
            asked: tokio::sync::Mutex::default(),
        }));
        desk.set_up().await?;
        desk.free_leases().await?;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let tasks = vec![
            tokio::spawn(desk.clone().follow_log(stopped.clone())),
            tokio::spawn(desk.clone().work(stopped.clone())),
            tokio::spawn(desk.clone().keep_time(stopped.clone())),
            tokio::spawn(desk.clone().take_in_arrivals(arrivals, stopped)),
        ];
        Ok((desk, Running { stop, tasks }))
    }

    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn read(&self) -> &sqlx::AnyPool {
        self.0.db.read()
    }

    pub(crate) async fn write(&self) -> Result<Write> {
        self.0.db.write().await
    }

    /// Commits, and wakes what follows the log.
    pub(crate) async fn commit(&self, write: Write) -> Result<()> {
        write.commit().await?;
        self.0.tail.notify_one();
        self.0.worker.notify_one();
        Ok(())
    }

    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn outside(&self) -> &dyn Outside {
        &*self.0.outside
    }

    pub(crate) fn index(&self) -> &Index {
        &self.0.index
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.0.secret
    }

    pub fn public_url(&self) -> &str {
        &self.0.public_url
    }

    pub(crate) fn intake(&self) -> &mpsc::Sender<Waiting> {
        &self.0.intake
    }

    /// Everything that changes from now on, as it is committed. A reader that falls behind is told so and reloads.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.live.subscribe()
    }

    pub(crate) fn tell(&self, change: Change) {
        // Nobody listening is no error.
        let _ = self.0.live.send(change);
    }

    pub(crate) fn tail_waker(&self) -> &Notify {
        &self.0.tail
    }

    pub(crate) fn asked(&self) -> &tokio::sync::Mutex<BTreeMap<RuleId, Asked>> {
        &self.0.asked
    }

    pub(crate) fn worker_waker(&self) -> &Notify {
        &self.0.worker
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("public_url", &self.0.public_url).finish_non_exhaustive()
    }
}
