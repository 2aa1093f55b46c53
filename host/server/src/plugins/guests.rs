//! Threads for guests, and how many may run at once.

use desk::outside::Unreadable;
use std::{future::Future, sync::Arc};
use tokio::{runtime::Runtime, sync::Semaphore};

/// Guests at the same moment: each may hold 160 MiB, and more than the cores can run would only wait with it.
const MOST_AT_ONCE: usize = 8;

/// Where guests run. Cheap to clone; the threads end with the last clone.
#[derive(Clone)]
pub struct Guests {
    threads: Arc<Threads>,
    turns: Arc<Semaphore>,
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
        let cores = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, MOST_AT_ONCE);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(cores)
            .thread_name("guest")
            .enable_time()
            .build()?;
        Ok(Self { threads: Arc::new(Threads(Some(runtime))), turns: Arc::new(Semaphore::new(cores)) })
    }

    /// Waits for a turn and runs a call. A caller that stops waiting stops the call.
    pub async fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, Unreadable>> + Send + 'static,
    ) -> Result<T, Unreadable> {
        let stopped = || Unreadable("plugins are shutting down".to_owned());
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| stopped())?;
        let runtime = self.threads.0.as_ref().ok_or_else(stopped)?;
        let mut task = Ended(runtime.spawn(async move {
            let done = call.await;
            drop(turn);
            done
        }));
        (&mut task.0).await.map_err(|why| {
            tracing::error!(%why, "a plugin call was lost");
            Unreadable("the plugin failed".to_owned())
        })?
    }
}

/// Ends its task when it is dropped.
struct Ended<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
