//! One plugin, compiled and linked, with the doors it has.

use super::{
    breaker::Breaker,
    call::{Call, Stopped},
    contract::{
        automation, classifier, descriptor, enricher, inbound, mail_codec, outbound, poller, reply_renderer, setup,
    },
    limits::Limits,
    link::linker,
    pace::Pace,
};
use anyhow::Context;
use desk::model::{PluginId, Setback, Want};
use package::{Interface, Kind, Manifest};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{
    Engine,
    component::{Component, InstancePre},
};

/// Calls of one plugin at the same moment, and mebibytes that they may have together: the others have turns too.
const MOST_AT_ONCE: usize = 8;
const MOST_MEMORY: usize = 256;
/// Calls of one plugin that wait for their turn; more are told to come again.
const MOST_IN_LINE: usize = 64;

/// A plugin that can be called. A call keeps the one it began with, whatever is installed meanwhile.
pub struct Loaded {
    pub id: PluginId,
    pub hash: String,
    pub manifest: Manifest,
    pub granted: Vec<Want>,
    pub limits: Limits,
    pub pre: InstancePre<Call>,
    pub doors: Doors,
    pub breaker: Breaker,
    pub pace: Pace,
    /// It failed before, and shows what it can do.
    pub on_trial: bool,
    turns: Arc<Semaphore>,
    line: Arc<Semaphore>,
}

/// One of the calls that a plugin may have at the same moment.
pub struct Turn {
    _line: OwnedSemaphorePermit,
    _turn: OwnedSemaphorePermit,
}

/// What it exports.
pub struct Doors {
    pub descriptor: Option<descriptor::GuestIndices>,
    pub setup: Option<setup::GuestIndices>,
    pub inbound: Option<inbound::GuestIndices>,
    pub poller: Option<poller::GuestIndices>,
    pub outbound: Option<outbound::GuestIndices>,
    pub mail: Option<mail_codec::GuestIndices>,
    pub renderer: Option<reply_renderer::GuestIndices>,
    pub classifier: Option<classifier::GuestIndices>,
    pub enricher: Option<enricher::GuestIndices>,
    pub automation: Option<automation::GuestIndices>,
}

impl Loaded {
    /// Links a component and looks for its doors. No code of it runs.
    ///
    /// # Errors
    /// For an import that its kind does not have, for an interface of another shape than the contract's, and for one
    /// that asks for more memories or tables than a call may have.
    pub fn new(engine: &Engine, component: &Component, running: desk::plugin::Running) -> anyhow::Result<Self> {
        let desk::plugin::Running { id, hash, manifest, exports, granted, on_trial } = running;
        let pre = linker(engine, &manifest.kind)?
            .instantiate_pre(component)
            .map_err(anyhow::Error::from)
            .context(Setback::AsksForMore)?;
        let doors = Doors::of(&pre, &exports).map_err(anyhow::Error::from).context(Setback::OtherShape)?;
        let limits = limits(&manifest);
        Ok(Self {
            id,
            hash,
            manifest,
            granted,
            limits,
            pre,
            doors,
            breaker: Breaker::default(),
            pace: Pace::default(),
            on_trial,
            turns: Arc::new(Semaphore::new((MOST_MEMORY / (limits.memory >> 20)).clamp(1, MOST_AT_ONCE))),
            line: Arc::new(Semaphore::new(MOST_AT_ONCE + MOST_IN_LINE)),
        })
    }

    /// Waits for a turn of the plugin's, unless too many wait already.
    pub async fn turn(&self) -> Result<Turn, Stopped> {
        let busy = || Stopped { words: Setback::Busy.to_string(), its_fault: false };
        let line = self.line.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| busy())?;
        Ok(Turn { _line: line, _turn: turn })
    }

    /// Whether an administrator said yes to this.
    pub fn may(&self, want: &Want) -> bool {
        self.granted.contains(want)
    }

    /// Whether its calls can wait for a remote, and not only compute.
    pub fn may_wait(&self) -> bool {
        self.granted.iter().any(|want| matches!(want, Want::Reach { .. }))
    }

    pub fn is(&self, kind: Kind) -> bool {
        self.manifest.kind.contains(&kind)
    }
}

impl Doors {
    fn of(pre: &InstancePre<Call>, exports: &[Interface]) -> wasmtime::Result<Self> {
        fn door<T>(there: bool, door: impl FnOnce() -> wasmtime::Result<T>) -> wasmtime::Result<Option<T>> {
            if there { door().map(Some) } else { Ok(None) }
        }
        let has = |interface: Interface| exports.contains(&interface);
        Ok(Self {
            descriptor: descriptor::GuestIndices::new(pre).ok(),
            setup: door(has(Interface::Setup), || setup::GuestIndices::new(pre))?,
            inbound: door(has(Interface::Inbound), || inbound::GuestIndices::new(pre))?,
            poller: door(has(Interface::Poller), || poller::GuestIndices::new(pre))?,
            outbound: door(has(Interface::Outbound), || outbound::GuestIndices::new(pre))?,
            mail: door(has(Interface::MailCodec), || mail_codec::GuestIndices::new(pre))?,
            renderer: door(has(Interface::ReplyRenderer), || reply_renderer::GuestIndices::new(pre))?,
            classifier: door(has(Interface::Classifier), || classifier::GuestIndices::new(pre))?,
            enricher: door(has(Interface::Enricher), || enricher::GuestIndices::new(pre))?,
            automation: door(has(Interface::Automation), || automation::GuestIndices::new(pre))?,
        })
    }
}

/// What the manifest asks for, as far as the host allows any plugin.
fn limits(manifest: &Manifest) -> Limits {
    let wish = manifest.limits;
    let blobs = if manifest.kind.contains(&Kind::Mail) { super::limits::MOST_MAIL as usize * 3 / 2 } else { 32 << 20 };
    Limits {
        memory: (wish.memory_mb as usize) << 20,
        ticks: wish.cpu_ms.div_ceil(super::limits::TICK.as_millis() as u32),
        wall: std::time::Duration::from_millis(u64::from(wish.wall_ms)),
        blobs: if manifest.kind == [Kind::ReplyTemplate] { 0 } else { blobs },
        fetches: wish.http_calls,
        log: (wish.log_kb as usize) << 10,
    }
}
