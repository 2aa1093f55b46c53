//! Threads for guests, and how much memory all of them may have at once.
//!
//! Waking another thread and being woken by it takes several times as long as a small call. So a call of a plugin that has
//! been quick lately begins on the thread of whoever waits for it, and moves on to the guests' threads at the first tick, or
//! when it has to wait: at most one at a time in a process, so that a page never waits longer than a tick for it.

use super::call::Stopped;
use desk::model::Setback;
use futures::FutureExt;
use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    sync::Arc,
    task::Poll,
};
use tokio::{
    runtime::Runtime,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::task::TaskTracker;

/// Threads: more than the cores would only wait with each other.
const MOST_THREADS: usize = 8;
/// Mebibytes that all calls together may ask for that can wait for a remote. What they touch is far less.
const WAITING: u32 = 1_024;
/// The same for calls that can't: these end as soon as they have computed, so whoever reads mail or writes a text never
/// stands behind somebody's slow server.
const STILL: u32 = 512;

/// Calls of each kind at the same moment: as many as the engine has room for, whatever their instances need.
const WAITING_CALLS: u32 = 40;
const STILL_CALLS: u32 = 20;
/// The rest is for those whose callers went away and that are not gone yet.
const _: () = assert!(WAITING_CALLS + STILL_CALLS < super::engine::POOL);

/// What all calls of a kind have together.
#[derive(Clone)]
struct Purse {
    calls: Arc<Semaphore>,
    megabytes: Arc<Semaphore>,
    /// The most that one can have.
    most: u32,
}

/// A call's part of a purse.
pub struct Share {
    _call: OwnedSemaphorePermit,
    _megabytes: OwnedSemaphorePermit,
}

impl Purse {
    fn new(calls: u32, megabytes: u32) -> Self {
        let of = |size: u32| Arc::new(Semaphore::new(size as usize));
        Self { calls: of(calls), megabytes: of(megabytes), most: megabytes }
    }
}

/// Where guests run. Cheap to clone; the threads end with the last clone.
#[derive(Clone)]
pub struct Guests {
    threads: Arc<Threads>,
    waiting: Purse,
    still: Purse,
    /// Held by the one call that runs on the thread of its caller.
    here: Arc<Semaphore>,
    /// Those that run.
    running: TaskTracker,
}

/// What a call needs.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub megabytes: u32,
    /// For a remote.
    pub may_wait: bool,
    /// It is worth a try to begin where it is called.
    pub begins_here: bool,
}

struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        // The last clone may be dropped on an async thread, where waiting is forbidden.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Guests {
    /// # Errors
    /// When the system gives no threads.
    pub fn new() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, MOST_THREADS);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(cores)
            .thread_name("guest")
            .enable_all()
            .build()?;
        Ok(Self {
            threads: Arc::new(Threads(Some(runtime))),
            waiting: Purse::new(WAITING_CALLS, WAITING),
            still: Purse::new(STILL_CALLS, STILL),
            here: Arc::new(Semaphore::new(1)),
            running: TaskTracker::new(),
        })
    }

    /// Waits until those are gone whose callers have stopped waiting.
    pub async fn gone(&self) {
        self.running.close();
        self.running.wait().await;
    }

    /// Waits until there is room, and holds it.
    pub async fn share(&self, room: Room) -> Result<Share, Stopped> {
        let purse = if room.may_wait { &self.waiting } else { &self.still };
        let call = purse.calls.clone().acquire_owned().await.map_err(|_| stopped())?;
        let megabytes = room.megabytes.min(purse.most);
        let megabytes = purse.megabytes.clone().acquire_many_owned(megabytes).await.map_err(|_| stopped())?;
        Ok(Share { _call: call, _megabytes: megabytes })
    }

    /// Waits until there is room, and runs a call. A caller that stops waiting stops the call.
    pub async fn run<T: Send + 'static>(
        &self,
        room: Room,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Stopped> {
        let held = self.share(room).await?;
        let runtime = self.threads.0.as_ref().ok_or_else(stopped)?;
        let call = async move {
            let done = call.await;
            drop(held);
            done
        };
        let mut call = Box::pin(AssertUnwindSafe(call).catch_unwind());
        if room.begins_here
            && let Ok(_alone) = self.here.try_acquire()
            && let Poll::Ready(done) = poll_fn(|wake| Poll::Ready(call.as_mut().poll(wake))).await
        {
            return done.map_err(|_| lost());
        }
        let mut task = Ended(self.running.spawn_on(call, runtime.handle()));
        match (&mut task.0).await {
            Ok(done) => done.map_err(|_| lost()),
            Err(_) => Err(lost()),
        }
    }
}

fn stopped() -> Stopped {
    Stopped { words: Setback::ShuttingDown.to_string(), its_fault: false }
}

/// The host itself fell over: what it says about that stands in the log already.
fn lost() -> Stopped {
    tracing::error!("a plugin call was lost");
    Stopped { words: Setback::Failed.to_string(), its_fault: true }
}

/// Ends its task when it is dropped.
struct Ended<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
