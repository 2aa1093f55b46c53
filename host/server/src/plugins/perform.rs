//! One call of a plugin, from waiting for a turn to the line in the ledger.

use super::{
    Plugins,
    call::{Account, Call, Stopped, store, within},
    contract::{descriptor, types::PluginError},
    guests::Room,
    loaded::Loaded,
    notebook::now,
    record, tidy,
};
use desk::{outside::Boxed, plugin::Deed};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use wasmtime::{Store, component::Instance};

/// Bytes that a call may be given and still begin where it is called: handling more of them takes the host itself too long.
const SMALL: usize = 64 << 10;

/// Bytes of a kept call.
const LARGEST_RECORD: usize = 512 << 10;

/// What went into a call, as its record keeps it: null where it was too much.
pub fn kept(input: &impl serde::Serialize) -> serde_json::Value {
    record::value(input, LARGEST_RECORD).map(|(value, _)| value).unwrap_or_default()
}

/// What [`Plugins::perform`] does in an instance where it calls one function: `calls!(plugin, inbound, call_handle_webhook,
/// &request)`. A plugin without that interface fails the call; doors are looked for when it is loaded.
macro_rules! calls {
    ($plugin:expr, $door:ident, $function:ident $(, $argument:expr)*) => {{
        let plugin = $plugin.clone();
        move |store, instance| {
            Box::pin(async move {
                let guest = plugin.doors.$door.as_ref().ok_or_else($crate::plugins::perform::no_door)?;
                guest.load(&mut *store, instance)?.$function(store $(, $argument)*).await
            })
        }
    }};
}
pub(super) use calls;

/// What a call answers.
pub trait Answer {
    /// Why it did not do what it was asked, in the plugin's words: an error of the contract. That somebody's call was
    /// refused, or that this is not its task, is no trouble.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// The same without the values of secrets in the words of its error: a remote may say again what it was told, and these
    /// words are shown to people.
    fn without_secrets(self, call: &Call) -> Self
    where
        Self: Sized,
    {
        let _ = call;
        self
    }
}

impl<T> Answer for Result<T, PluginError> {
    fn trouble(&self) -> Option<String> {
        let (kind, why) = match self.as_ref().err()? {
            PluginError::Auth(why) => ("auth", why),
            PluginError::Config(why) => ("config", why),
            PluginError::Permanent(why) => ("permanent", why),
            PluginError::Retryable(why) => ("retryable", why),
            PluginError::RateLimited(why) => ("rate-limited", why),
            PluginError::Rejected(_) | PluginError::Unsupported => return None,
        };
        Some(tidy::line(&format!("{kind}: {}", why.message), 300))
    }

    fn without_secrets(self, call: &Call) -> Self {
        self.map_err(|mut why| {
            match &mut why {
                PluginError::Auth(why)
                | PluginError::Config(why)
                | PluginError::Permanent(why)
                | PluginError::Retryable(why)
                | PluginError::RateLimited(why)
                | PluginError::Rejected(why) => why.message = call.without_secrets(&why.message),
                PluginError::Unsupported => {}
            }
            why
        })
    }
}

impl Answer for descriptor::Description {}

impl<T> Answer for Vec<T> {}

impl<T> Answer for Option<T> {}

pub fn no_door() -> wasmtime::Error {
    wasmtime::Error::msg("the plugin has no such interface")
}

impl Plugins {
    /// Calls a plugin in an instance of its own, and gives back what it answered together with what it left on its table.
    /// About so many `bytes` go in with it. `input` is what went in, for the record of a call that fails: null where it was
    /// too much to keep ([`kept`]).
    pub async fn perform<T: Answer + Send + 'static>(
        &self,
        plugin: &Arc<Loaded>,
        account: Option<Arc<Account>>,
        door: &'static str,
        bytes: usize,
        input: impl FnOnce() -> serde_json::Value + Send + 'static,
        work: impl for<'a> FnOnce(&'a mut Store<Call>, &'a Instance) -> Boxed<'a, wasmtime::Result<T>> + Send + 'static,
    ) -> Result<(T, Call), Stopped> {
        let turn = plugin.turn().await?;
        let (engine, world, mine) = (self.engine().clone(), self.world(), plugin.clone());
        let room = Room {
            megabytes: (plugin.limits.memory >> 20) as u32,
            may_wait: plugin.may_wait(),
            begins_here: bytes <= SMALL && plugin.pace.is_quick(),
        };
        let (done, call, began, computing) = self
            .guests()
            .run(room, async move {
                let _turn = turn;
                let limits = mine.limits;
                let mut store = store(&engine, &mine, account, &world);
                let began = Instant::now();
                let (done, computing) = computing(within(limits, async {
                    let instance = mine.pre.instantiate_async(&mut store).await?;
                    work(&mut store, &instance).await
                }))
                .await;
                let call = store.into_data();
                (done.map_err(|why| why.in_words(&call)), call, began, computing)
            })
            .await?;
        let took = began.elapsed();
        plugin.pace.ended(done.is_ok(), took.saturating_sub(call.waited));
        let done = done.map(|answer| answer.without_secrets(&call));
        let trouble = done.as_ref().ok().and_then(|answer| answer.trouble());
        let came = match (&done, trouble) {
            (Err(why), _) if why.its_fault => Came::Failed(why.words.clone()),
            (Err(why), _) => Came::Well(why.words.clone()),
            (Ok(_), Some(trouble)) => Came::Error(trouble),
            (Ok(_), None) => Came::Well("well".to_owned()),
        };
        self.note(plugin, &call, door, (took, computing), came, input);
        match done {
            Ok(answer) => {
                if plugin.on_trial
                    && let Some(desk) = call.world.desk.clone()
                {
                    let plugin = plugin.clone();
                    self.0.told.spawn(async move { desk.trust_plugin_again(&plugin.id, &plugin.hash, door).await });
                }
                Ok((answer, call))
            }
            Err(why) => {
                if why.its_fault
                    && plugin.breaker.failed(plugin.on_trial)
                    && let Some(desk) = call.world.desk.clone()
                {
                    let (plugin, words) = (plugin.clone(), why.words.clone());
                    self.0
                        .told
                        .spawn(async move { desk.trip_plugin(&plugin.id, &plugin.hash, Some(door), &words).await });
                }
                Err(why)
            }
        }
    }

    fn note(
        &self,
        plugin: &Arc<Loaded>,
        call: &Call,
        door: &'static str,
        (took, computing): (Duration, Duration),
        came: Came,
        input: impl FnOnce() -> serde_json::Value,
    ) {
        let (failed, error) = (matches!(came, Came::Failed(_)), matches!(came, Came::Error(_)));
        let record = (failed || error).then(|| {
            let record = serde_json::json!({
                "plugin": plugin.id, "version": plugin.manifest.version, "file": plugin.hash, "door": door,
                "input": input(),
                "settings": call.account.as_ref().map(|account| &account.settings),
                "host": call.trace,
            });
            record::without_secrets(record, call.secrets()).to_string()
        });
        call.world.notebook.deed(Deed {
            plugin: plugin.id.clone(),
            hash: plugin.hash.clone(),
            account: call.account_id(),
            at: now(),
            door,
            outcome: came.words(),
            failed,
            error,
            micros: took.as_micros() as i64,
            computing: computing.as_micros() as i64,
            record: record.filter(|record| record.len() <= LARGEST_RECORD),
        });
    }
}

/// What came of a call, in words.
enum Came {
    /// It did what it was asked, or its caller went away.
    Well(String),
    /// It answered with an error.
    Error(String),
    /// It died.
    Failed(String),
}

impl Came {
    fn words(self) -> String {
        match self {
            Self::Well(words) | Self::Error(words) | Self::Failed(words) => words,
        }
    }
}

/// What comes of a future, and how long the processor worked at it: time of the threads that went on with it, whatever else
/// they did meanwhile or waited for.
async fn computing<F: Future>(future: F) -> (F::Output, Duration) {
    let mut future = pin!(future);
    let mut spent = Duration::ZERO;
    let done = poll_fn(|cx| {
        let before = thread_time();
        let polled = future.as_mut().poll(cx);
        spent += thread_time().saturating_sub(before);
        polled
    })
    .await;
    (done, spent)
}

/// Since the thread began.
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::computing;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn waiting_is_no_computing() {
        let busy = async || {
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
        };
        let (_, spent) = computing(async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            busy().await;
            tokio::time::sleep(Duration::from_millis(60)).await;
        })
        .await;
        // Another thread may have had the processor while this one spun.
        assert!(spent > Duration::ZERO && spent < Duration::from_millis(40), "{spent:?}");
    }
}
