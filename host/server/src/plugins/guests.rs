//! Threads for guests, and how much memory all of them may have at once.

use super::call::Stopped;
use std::{future::Future, sync::Arc};
use tokio::{runtime::Runtime, sync::Semaphore};

/// Threads: more than the cores would only wait with each other.
const MOST_THREADS: usize = 8;
/// Mebibytes that all calls together may ask for that can wait for a remote. What they touch is far less.
const WAITING: u32 = 1_024;
/// The same for calls that can't: these end as soon as they have computed, so whoever reads mail or writes a text never
/// stands behind somebody's slow server.
const STILL: u32 = 512;

/// Where guests run. Cheap to clone; the threads end with the last clone.
#[derive(Clone)]
pub struct Guests {
    threads: Arc<Threads>,
    waiting: Arc<Semaphore>,
    still: Arc<Semaphore>,
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
        let purse = |size: u32| Arc::new(Semaphore::new(size as usize));
        Ok(Self { threads: Arc::new(Threads(Some(runtime))), waiting: purse(WAITING), still: purse(STILL) })
    }

    /// Waits until there is room for so many mebibytes, and runs a call, which `may_wait` for a remote or not. A caller that
    /// stops waiting stops the call.
    pub async fn run<T: Send + 'static>(
        &self,
        memory: u32,
        may_wait: bool,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Stopped> {
        let stopped = || Stopped { words: "plugins are shutting down".to_owned(), its_fault: false };
        let (purse, most) = if may_wait { (&self.waiting, WAITING) } else { (&self.still, STILL) };
        let room = purse.clone().acquire_many_owned(memory.min(most)).await.map_err(|_| stopped())?;
        let runtime = self.threads.0.as_ref().ok_or_else(stopped)?;
        let mut task = Ended(runtime.spawn(async move {
            let done = call.await;
            drop(room);
            done
        }));
        (&mut task.0).await.map_err(|why| {
            tracing::error!(%why, "a plugin call was lost");
            Stopped { words: "the plugin failed".to_owned(), its_fault: true }
        })
    }
}

/// Ends its task when it is dropped.
struct Ended<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
