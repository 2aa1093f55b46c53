//! One call: a fresh store, its limits, and what is left when it ends badly.

use super::{
    blobs::Desk,
    contract::{log, types},
    limits::{CROSSING, HOST_CALLS, LOG, Limits, Meter},
};
use desk::outside::Unreadable;
use std::future::Future;
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

/// What belongs to one call and dies with it.
pub struct Call {
    /// For the log.
    plugin: &'static str,
    meter: Meter,
    ticks_left: u32,
    host_calls_left: u32,
    log_left: usize,
    pub desk: Desk,
}

/// A store for one call. It is never used again, whatever comes of the call.
pub fn store(engine: &Engine, plugin: &'static str, limits: Limits) -> Store<Call> {
    let call = Call {
        plugin,
        meter: Meter::new(limits),
        ticks_left: limits.ticks,
        host_calls_left: HOST_CALLS,
        log_left: LOG,
        desk: Desk::new(limits.blobs),
    };
    let mut store = Store::new(engine, call);
    store.limiter(|call| &mut call.meter);
    store.set_hostcall_fuel(CROSSING);
    store.set_max_component_handles(1_000);
    // At each tick other tasks get their turn; after the last the guest is stopped.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| {
        let call = store.data_mut();
        match call.ticks_left.checked_sub(1) {
            Some(left) => {
                call.ticks_left = left;
                Ok(UpdateDeadline::Yield(1))
            }
            None => Ok(UpdateDeadline::Interrupt),
        }
    });
    store
}

/// Runs a call within its wall time: the tick does not reach a guest that waits for the host.
pub async fn within<T>(limits: Limits, call: impl Future<Output = wasmtime::Result<T>>) -> Result<T, Unreadable> {
    match tokio::time::timeout(limits.wall, call).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(why)) => Err(in_words(&why)),
        Err(_) => Err(Unreadable(format!("it took longer than {} seconds", limits.wall.as_secs()))),
    }
}

/// The first line of a trap is enough for an agent; the log has the rest.
fn in_words(why: &wasmtime::Error) -> Unreadable {
    tracing::warn!(target: "plugin", why = ?why, "a plugin was stopped");
    let words = match why.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => "it took too much computing time",
        Some(Trap::StackOverflow) => "it is nested too deeply",
        Some(Trap::MemoryOutOfBounds | Trap::UnreachableCodeReached | Trap::AllocationTooLarge) => {
            "the plugin could not cope with it"
        }
        _ if why.is::<wasmtime::PoolConcurrencyLimitError>() => "too many plugins are busy; try again",
        _ if why.is::<Overspent>() => "the plugin asked for too much",
        _ => "the plugin failed",
    };
    Unreadable(words.to_owned())
}

/// The plugin used up a budget.
#[derive(Debug, thiserror::Error)]
#[error("the call's budget of {0} is used up")]
struct Overspent(&'static str);

impl Call {
    /// Counts one call into the host.
    pub fn count(&mut self) -> wasmtime::Result<()> {
        let left = self.host_calls_left.checked_sub(1).ok_or_else(|| wasmtime::Error::new(Overspent("host calls")))?;
        self.host_calls_left = left;
        Ok(())
    }
}

impl log::Host for Call {
    async fn log(&mut self, level: log::Level, message: String, fields: types::Attrs) -> wasmtime::Result<()> {
        self.count()?;
        let size = message.len() + fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.log_left = self.log_left.checked_sub(size).ok_or_else(|| wasmtime::Error::new(Overspent("log")))?;
        // `?` escapes control characters: a plugin cannot forge lines.
        let plugin = self.plugin;
        match level {
            log::Level::Trace => tracing::trace!(target: "plugin", plugin, ?message, ?fields),
            log::Level::Debug => tracing::debug!(target: "plugin", plugin, ?message, ?fields),
            log::Level::Info => tracing::info!(target: "plugin", plugin, ?message, ?fields),
            log::Level::Warn | log::Level::Error => {
                tracing::warn!(target: "plugin", plugin, ?message, ?fields)
            }
        }
        Ok(())
    }
}
