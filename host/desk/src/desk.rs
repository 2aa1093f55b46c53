//! The desk itself: what it holds, how it opens, and what runs beside the verbs.

use crate::{
    Error, Result,
    blob::Blobs,
    clock::Clock,
    db::{Db, Write},
    intake::Waiting,
    model::{NodeId, RuleId, TicketId, event::Change},
    outside::{Boxed, Outside},
    place::Place,
    routing,
    rule::run::Asked,
    search::Index,
    trial::Trial,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{Notify, broadcast, mpsc};

/// The product. Every rule is a verb on it, with the actor first. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
    pen: Pen,
}

/// What this holder of the desk may write.
#[derive(Clone)]
enum Pen {
    Free,
    /// Only while something holds, which is judged when nobody else can write any more.
    If(Arc<Condition>),
    Nothing,
    /// Nothing that it writes stays; what would have happened is told.
    Trial(Arc<Trial>),
}

type Judge = dyn Fn(Desk) -> Boxed<'static, Result<()>> + Send + Sync;

struct Condition {
    judge: Box<Judge>,
    /// Something was written on it: what it was about is not what it was, and that is as it should be.
    met: Arc<AtomicBool>,
}

struct Inner {
    db: Db,
    blobs: Blobs,
    clock: Clock,
    outside: Arc<dyn Outside>,
    index: Index,
    node: NodeId,
    secret: Vec<u8>,
    public_url: String,
    live: broadcast::Sender<Change>,
    attended: broadcast::Sender<TicketId>,
    rang: broadcast::Sender<()>,
    intake: mpsc::Sender<Waiting>,
    tail: Notify,
    worker: Notify,
    /// Up to where each rule of time was asked.
    asked: tokio::sync::Mutex<BTreeMap<RuleId, Asked>>,
}

/// Ends the desk's background work when dropped or told to.
#[derive(Debug)]
pub struct Running {
    stop: tokio::sync::watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// A desk that answers, and whose own work has not begun.
#[derive(Debug)]
#[must_use = "nothing that is queued is done before it begins"]
pub struct Idle {
    desk: Desk,
    arrivals: mpsc::Receiver<Waiting>,
}

impl Idle {
    /// Begins with what happens by itself: the tail, the worker, the clock, the signs of life and the intake. Once what they call
    /// is ready: a worker without plugins would be the quickest to take what others could do, and could do none of it.
    pub fn begin(self) -> Running {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let Idle { desk, arrivals } = self;
        let tasks = vec![
            tokio::spawn(desk.clone().follow_log(stopped.clone())),
            tokio::spawn(desk.clone().work(stopped.clone())),
            tokio::spawn(desk.clone().keep_time(stopped.clone())),
            tokio::spawn(desk.clone().stay_known(stopped.clone())),
            tokio::spawn(desk.take_in_arrivals(arrivals, stopped)),
        ];
        Running { stop, tasks }
    }
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
    /// Opens the stores.
    ///
    /// # Errors
    /// When the database, the blob folder or the index can't be opened; `secret` or `blobs`, when the database was first
    /// opened with others.
    pub async fn open(place: Place, outside: Arc<dyn Outside>) -> Result<(Desk, Idle)> {
        let db = Db::open(&place.database, place.clock.clone()).await?;
        let index = tokio::task::spawn_blocking(move || Index::open(&place.index)).await.map_err(Error::internal)??;
        let (intake, arrivals) = mpsc::channel(1_024);
        let desk = Desk {
            pen: Pen::Free,
            inner: Arc::new(Inner {
                db,
                blobs: Blobs::open(place.blobs)?,
                clock: place.clock,
                outside,
                index,
                node: NodeId::new(),
                secret: place.secret,
                public_url: place.public_url,
                live: broadcast::channel(4_096).0,
                attended: broadcast::channel(1_024).0,
                rang: broadcast::channel(64).0,
                intake,
                tail: Notify::new(),
                worker: Notify::new(),
                asked: tokio::sync::Mutex::default(),
            }),
        };
        desk.keep_in_step().await?;
        desk.keep_together(place.adopt).await?;
        desk.set_up().await?;
        desk.keep_domains_in_ascii().await?;
        desk.free_leases().await?;
        Ok((desk.clone(), Idle { desk, arrivals }))
    }

    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) fn read(&self) -> &sqlx::AnyPool {
        self.inner.db.read()
    }

    /// The same desk for one change, which is made only if `judge` says nothing against it inside of the write: between
    /// its look, through a desk that writes nothing, and the change nobody else writes.
    pub fn only_if(&self, judge: impl Fn(Desk) -> Boxed<'static, Result<()>> + Send + Sync + 'static) -> Desk {
        let condition = Condition { judge: Box::new(judge), met: Arc::default() };
        Desk { pen: Pen::If(Arc::new(condition)), ..self.clone() }
    }

    /// The same desk for trying something out: every write does all that it would do, is written down, and is dropped. What
    /// one write did the next one does not find.
    pub(crate) fn trial(&self) -> (Desk, Arc<Trial>) {
        self.trying(Trial::default())
    }

    /// As [`Desk::trial`], for the whole way of what comes in.
    pub(crate) fn trial_of_arrival(&self, rules: routing::Asked) -> (Desk, Arc<Trial>) {
        self.trying(Trial::of_arrival(rules))
    }

    fn trying(&self, trial: Trial) -> (Desk, Arc<Trial>) {
        let trial = Arc::new(trial);
        (Desk { pen: Pen::Trial(trial.clone()), ..self.clone() }, trial)
    }

    pub(crate) async fn write(&self) -> Result<Write> {
        let condition = match &self.pen {
            Pen::Free => return self.inner.db.write().await,
            Pen::Trial(trial) => {
                let mut write = self.inner.db.write().await?;
                write.trial = Some(trial.clone());
                return Ok(write);
            }
            Pen::Nothing => return Err(Error::internal("what only looks tried to write")),
            Pen::If(condition) => condition,
        };
        let mut write = self.inner.db.write().await?;
        if !condition.met.load(Ordering::Acquire) {
            (condition.judge)(Desk { pen: Pen::Nothing, ..self.clone() }).await?;
            write.met = Some(condition.met.clone());
        }
        Ok(write)
    }

    /// Commits, and wakes what follows the log.
    pub(crate) async fn commit(&self, write: Write) -> Result<()> {
        write.commit().await?;
        if matches!(self.pen, Pen::Trial(_)) {
            return Ok(());
        }
        self.inner.tail.notify_one();
        self.inner.worker.notify_one();
        Ok(())
    }

    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn outside(&self) -> &dyn Outside {
        &*self.inner.outside
    }

    pub(crate) fn index(&self) -> &Index {
        &self.inner.index
    }

    /// What this one is called among those that run on its database.
    pub(crate) fn node(&self) -> &NodeId {
        &self.inner.node
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.inner.secret
    }

    pub fn public_url(&self) -> &str {
        &self.inner.public_url
    }

    pub(crate) fn intake(&self) -> &mpsc::Sender<Waiting> {
        &self.inner.intake
    }

    /// Everything that changes from now on, as it is committed. A reader that falls behind is told so and reloads.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.live.subscribe()
    }

    pub(crate) fn tell(&self, change: Change) {
        // Nobody listening is no error.
        let _ = self.inner.live.send(change);
    }

    /// Requests that somebody else begins or ends looking at or writing on, from now on. Who it is now, [`Desk::viewers`]
    /// says; whoever falls behind has missed nothing that lasts.
    pub fn attended(&self) -> broadcast::Receiver<TicketId> {
        self.inner.attended.subscribe()
    }

    pub(crate) fn tell_attended(&self, ticket: TicketId) {
        let _ = self.inner.attended.send(ticket);
    }

    /// That a telephone begins to ring, is answered or stops, from now on. Which, [`Desk::switchboard`] says.
    pub fn rang(&self) -> broadcast::Receiver<()> {
        self.inner.rang.subscribe()
    }

    pub(crate) fn tell_rang(&self) {
        let _ = self.inner.rang.send(());
    }

    pub(crate) fn tail_waker(&self) -> &Notify {
        &self.inner.tail
    }

    pub(crate) fn asked(&self) -> &tokio::sync::Mutex<BTreeMap<RuleId, Asked>> {
        &self.inner.asked
    }

    pub(crate) fn worker_waker(&self) -> &Notify {
        &self.inner.worker
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("public_url", &self.inner.public_url).finish_non_exhaustive()
    }
}
