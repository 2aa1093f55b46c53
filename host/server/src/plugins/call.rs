//! One call: a fresh store, its limits, what it may reach, and what is left when it ends badly.

use super::{
    blobs::Desk as Table,
    contract::{log, types},
    limits::{CROSSING, HOST_CALLS, Limits, Meter},
    loaded::Loaded,
    notebook::Notebook,
    script::{Script, Source},
    secret::Secrets,
};
use desk::{
    Desk,
    model::{AccountId, Setback},
    outside::Unreadable,
    plugin::Line,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

/// What belongs to one call and dies with it.
pub struct Call {
    pub plugin: Arc<Loaded>,
    pub account: Option<Arc<Account>>,
    /// For what lasts longer than a call: state and the ledger.
    pub world: World,
    pub desk: Table,
    meter: Meter,
    ticks_left: u32,
    host_calls_left: u32,
    log_left: usize,
    pub fetches_left: u32,
    /// It asked for more requests than it may make, and that stands in the ledger.
    pub asked_for_more: bool,
    /// What the plugin wrote into `authorization` by itself, the latest: tokens that it was given for a secret.
    keys: Vec<String>,
    /// What nobody is to read of this call, spelled out when it is needed.
    hidden: OnceLock<Secrets>,
    pub ends: Instant,
    /// Spent in the host, waiting for others.
    pub waited: Duration,
    /// What the host answered, in order, to do the call again elsewhere.
    pub trace: Vec<serde_json::Value>,
    trace_left: usize,
    /// What the host answered once, for a call that is done again; then nothing leaves the machine. Shared with whoever does
    /// it, who has it also where the call dies.
    pub script: Option<Arc<Mutex<Script>>>,
}

/// What outlives calls.
#[derive(Clone)]
pub struct World {
    /// None where there is no desk: on an author's machine.
    pub desk: Option<Desk>,
    pub notebook: Notebook,
    pub reach: crate::hook::Reach,
}

/// The account of a channel that a call is for, with its secrets in the open: this never leaves the host.
#[derive(Clone, Default)]
pub struct Account {
    pub id: Option<AccountId>,
    pub settings: serde_json::Map<String, serde_json::Value>,
    pub secrets: BTreeMap<String, String>,
    pub trial: Trial,
}

/// Whether settings are only tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trial {
    #[default]
    None,
    /// They are not saved, so nothing is remembered by them.
    Settings,
    /// Nor is anybody called: a sample is read.
    Sample,
}

/// Keys of one call that are hidden at once, and bytes of the longest.
const MOST_KEYS: usize = 8;
const LONGEST_KEY: usize = 8 << 10;
/// Bytes of a text for people that are looked through for secrets: all of these texts are cut to far less.
const LONGEST_TOLD: usize = 64 << 10;

/// Bytes of trace that are kept of one call.
const TRACE: usize = 256 << 10;

/// A store for one call. It is never used again, whatever comes of the call.
pub fn store(engine: &Engine, plugin: &Arc<Loaded>, account: Option<Arc<Account>>, world: &World) -> Store<Call> {
    let limits = plugin.limits;
    let call = Call {
        plugin: plugin.clone(),
        account,
        world: world.clone(),
        desk: Table::new(limits.blobs),
        meter: Meter::new(limits),
        ticks_left: limits.ticks,
        host_calls_left: HOST_CALLS,
        log_left: limits.log,
        fetches_left: limits.fetches,
        ends: Instant::now() + limits.wall,
        waited: Duration::ZERO,
        trace: vec![],
        trace_left: TRACE,
        asked_for_more: false,
        keys: vec![],
        hidden: OnceLock::new(),
        script: None,
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

/// How a call ended that gave nothing.
#[derive(Clone, Debug)]
pub struct Stopped {
    pub words: String,
    /// The plugin's own doing; too many others at the same moment is not.
    pub its_fault: bool,
}

impl From<Stopped> for Unreadable {
    fn from(why: Stopped) -> Self {
        if why.its_fault { Unreadable::new(why.words) } else { Unreadable::not_now(why.words) }
    }
}

/// Why a call gave nothing, as the runtime knows it.
pub enum Ended {
    Failed(wasmtime::Error),
    Late(Duration),
}

/// Runs a call within its wall time: the tick does not reach a guest that waits for the host.
pub async fn within<T>(limits: Limits, call: impl Future<Output = wasmtime::Result<T>>) -> Result<T, Ended> {
    match tokio::time::timeout(limits.wall, call).await {
        Ok(done) => done.map_err(Ended::Failed),
        Err(_) => Err(Ended::Late(limits.wall)),
    }
}

impl Ended {
    /// For an agent and an administrator; the log has the rest.
    pub fn in_words(&self, call: &Call) -> Stopped {
        let why = match self {
            Self::Late(wall) => {
                return Stopped {
                    words: Setback::TooLong.about(format!("{} s", wall.as_secs().max(1))),
                    its_fault: true,
                };
            }
            Self::Failed(why) => why,
        };
        tracing::warn!(target: "plugin", why = ?why, "a plugin was stopped");
        if why.is::<wasmtime::PoolConcurrencyLimitError>() {
            return Stopped { words: Setback::AllBusy.to_string(), its_fault: false };
        }
        let words = match why.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => Setback::TooMuchComputing.to_string(),
            Some(Trap::StackOverflow) => Setback::TooDeep.to_string(),
            _ if call.meter.denied => Setback::TooMuchMemory.to_string(),
            Some(_) => Setback::GaveUp.to_string(),
            None => match why.downcast_ref::<Overspent>() {
                Some(overspent) => Setback::OverBudget.about(overspent),
                None => at_the_border(&format!("{why:#}")).to_string(),
            },
        };
        Stopped { words, its_fault: true }
    }
}

/// What is wrong with values on their way between plugin and host has no type in the runtime, only text.
fn at_the_border(why: &str) -> Setback {
    if why.contains("fuel allocated for hostcalls") {
        Setback::TooMuchAtOnce
    } else if why.contains("handle limit") {
        // Handles lie with the host, and are room that it takes all the same.
        Setback::TooMuchMemory
    } else if ["pointer", "realloc", "utf-8", "discriminant"].iter().any(|word| why.to_lowercase().contains(word)) {
        Setback::Senseless
    } else {
        Setback::Failed
    }
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

    /// The same, and notes what was answered.
    pub fn traced<T: serde::Serialize>(&mut self, what: &'static str, answer: T) -> T {
        match super::record::value(&(what, &answer), self.trace_left) {
            Some((entry, size)) => {
                self.trace_left -= size;
                self.trace.push(entry);
            }
            None => self.trace_left = 0,
        }
        answer
    }

    /// What the host answered when this was done for the first time; none where it was never asked.
    pub fn scripted<T: serde::de::DeserializeOwned>(&mut self, what: &str) -> Option<T> {
        self.script.as_ref()?.lock().unwrap_or_else(|lost| lost.into_inner()).answer(what)
    }

    /// Whether something stands in for the secrets that it has not.
    pub fn has_stand_ins(&self) -> bool {
        let script = self.script.as_ref().map(|script| script.lock().unwrap_or_else(|lost| lost.into_inner()).source);
        script == Some(Source::Bare)
    }

    /// Whether settings are only tried.
    pub fn trial(&self) -> Trial {
        self.account.as_ref().map(|account| account.trial).unwrap_or_default()
    }

    pub fn account_id(&self) -> Option<AccountId> {
        self.account.as_ref().and_then(|account| account.id.clone())
    }
}

impl log::Host for Call {
    async fn log(&mut self, level: log::Level, message: String, fields: types::Attrs) -> wasmtime::Result<()> {
        self.count()?;
        let size = message.len() + fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.log_left = self.log_left.checked_sub(size).ok_or_else(|| wasmtime::Error::new(Overspent("log")))?;
        let level = match level {
            log::Level::Trace => "trace",
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
            log::Level::Error => "error",
        };
        let mut words = message;
        for (name, value) in &fields {
            words.push_str(&format!(" {name}={value}"));
        }
        let words = super::tidy::line(&self.without_secrets(&words), 2_000);
        // `?` escapes control characters: a plugin cannot forge lines.
        tracing::debug!(target: "plugin", plugin = %self.plugin.id, level, ?words);
        let line = Line { plugin: self.plugin.id.clone(), account: self.account_id(), at: 0, level, words };
        self.world.notebook.line(line);
        Ok(())
    }
}

impl Call {
    /// A text for people, with the values of secrets replaced by their names, and keys that the plugin got for them. Of a long
    /// one the beginning.
    pub fn without_secrets(&self, text: &str) -> String {
        self.secrets().hide_beginning(text, LONGEST_TOLD)
    }

    /// What nobody is to read of this call.
    pub fn secrets(&self) -> &Secrets {
        self.hidden.get_or_init(|| {
            let keys = self.keys.iter().map(|key| ("{{key}}".to_owned(), key.as_str()));
            Secrets::of(self.account.iter().flat_map(|account| account.secrets()).chain(keys))
        })
    }

    /// The plugin wrote a key into a request. A plugin that has many is a plugin that hides something else.
    pub fn hide_key(&mut self, key: &str) {
        if key.len() > LONGEST_KEY || self.keys.iter().any(|known| known == key) {
            return;
        }
        if self.keys.len() == MOST_KEYS {
            self.keys.remove(0);
        }
        self.keys.push(key.to_owned());
        self.hidden = OnceLock::new();
    }
}

impl Account {
    /// The secrets, each with what is shown in its place. Very short ones would make holes everywhere.
    pub fn secrets(&self) -> impl Iterator<Item = (String, &str)> {
        let long = self.secrets.iter().filter(|(_, secret)| secret.len() >= 4);
        long.map(|(name, secret)| (format!("{{{{secret:{name}}}}}"), secret.as_str()))
    }
}
