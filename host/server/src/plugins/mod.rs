//! The plugin runtime: WebAssembly components behind the desk's port outwards.
//!
//! Every call gets a fresh instance with limits of its own, and both are gone when it ends. Guests run on threads of
//! their own, so pages never wait behind a hostile mail. Nothing here knows any plugin by name: what is installed stands
//! in the database ([`desk::plugin`]), and each is called by the interfaces it exports.

mod blobs;
mod breaker;
mod call;
mod channel;
mod compiled;
mod contract;
mod difference;
mod engine;
mod fetch;
mod folder;
mod guests;
mod imports;
pub mod limits;
mod link;
mod loaded;
mod mail;
mod notebook;
mod pace;
mod perform;
mod record;
pub mod replay;
mod sample;
mod script;
mod secret;
mod shelf;
mod spelling;
mod templates;
mod think;
mod tidy;

pub use compiled::{Compiler, compile_here, compile_within};
pub use difference::difference;
pub use folder::Folder;
pub use replay::{Record, Replayed};
pub use script::Source;

use crate::hook::Reach;
use anyhow::Context;
use call::{Stopped, World};
use desk::{
    Desk,
    blob::Blobs,
    model::{PluginId, Setback},
    outside::Unreadable,
    plugin::Running,
};
use guests::Guests;
use loaded::Loaded;
use notebook::Notebook;
use package::Package;
use perform::calls;
use shelf::Shelf;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio_util::task::TaskTracker;
use wasmtime::Engine;

/// How often what plugins did is written down.
const WRITTEN_DOWN: Duration = Duration::from_secs(2);
/// How soon one that could not be loaded is tried again.
const LOADED_AGAIN: Duration = Duration::from_secs(30);
/// How long calls have that nobody waits for any more.
const TO_END: Duration = Duration::from_secs(2);

/// The plugins of this process. Cheap to clone.
#[derive(Clone)]
pub struct Plugins(Arc<Inner>);

struct Inner {
    engine: Engine,
    guests: Guests,
    shelf: Shelf,
    blobs: Blobs,
    compiler: Compiler,
    notebook: Notebook,
    reach: Reach,
    /// Known once there is one; gone when it closes, since it knows us too.
    desk: Mutex<Option<Desk>>,
    /// One loading at a time, so that the newest list stays.
    loading: tokio::sync::Mutex<()>,
    /// When to load again, where what runs is not what should: the list could not be read, or a plugin not loaded.
    again_at: Mutex<Option<Instant>>,
    /// One at a time writes down what plugins did.
    writing: tokio::sync::Mutex<()>,
    /// What the desk is being told of plugins, while nobody waits for it.
    told: TaskTracker,
}

impl Plugins {
    /// A runtime without plugins. `reach` says whether plugins may call into the house.
    ///
    /// # Errors
    /// When this machine can't run compiled guests at all.
    pub fn open(blobs: Blobs, compiler: Compiler, reach: Reach) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Inner {
            engine: engine::engine()?,
            guests: Guests::new()?,
            shelf: Shelf::default(),
            blobs,
            compiler,
            notebook: Notebook::default(),
            reach,
            desk: Mutex::new(None),
            loading: tokio::sync::Mutex::new(()),
            again_at: Mutex::new(None),
            writing: tokio::sync::Mutex::new(()),
            told: TaskTracker::new(),
        })))
    }

    /// Runs these files, with all that they want and no desk behind them: what they remember is lost, and nothing is
    /// written down. For measuring, and for whoever tries a plugin out.
    ///
    /// # Errors
    /// For a file that is no plugin, or asks for more than its kind gets.
    pub async fn run_files(&self, files: Vec<Vec<u8>>) -> anyhow::Result<()> {
        let mut plugins = Vec::with_capacity(files.len());
        for file in files {
            let package = Package::open(&file)?;
            plugins.push(Arc::new(self.link(as_granted(package), file).await?));
        }
        self.0.shelf.put(plugins);
        Ok(())
    }

    /// Runs from now on what the desk says. Versions that run already go on; what can't be loaded is switched off. Where the
    /// desk can't say it now, [`Self::keep_up`] asks again.
    pub async fn load(&self, desk: &Desk) {
        let _one_at_a_time = self.0.loading.lock().await;
        *self.0.desk.lock().unwrap_or_else(|lost| lost.into_inner()) = Some(desk.clone());
        let running = match desk.running_plugins().await {
            Ok(running) => running,
            Err(why) => {
                tracing::warn!(%why, "which plugins run can't be read now");
                self.load_again_in(Some(WRITTEN_DOWN));
                return;
            }
        };
        self.load_again_in(None);
        let here = self.0.shelf.all();
        let mut next = Vec::with_capacity(running.len());
        for running in running {
            let same = here.iter().find(|plugin| {
                plugin.hash == running.hash && plugin.granted == running.granted && plugin.on_trial == running.on_trial
            });
            if let Some(plugin) = same {
                next.push(plugin.clone());
                continue;
            }
            let (id, hash) = (running.id.clone(), running.hash.clone());
            match self.ready(running).await {
                Ok(plugin) => next.push(Arc::new(plugin)),
                Err(why) => {
                    tracing::error!(plugin = %id, %why, "a plugin can't be loaded");
                    self.load_again_in(Some(LOADED_AGAIN));
                    let (desk, words) = (desk.clone(), format!("{why:#}"));
                    self.0.told.spawn(async move { desk.could_not_load(&id, &hash, &words).await });
                }
            }
        }
        self.0.shelf.put(next);
        if let Ok(files) = desk.plugin_files().await {
            let inner = self.0.clone();
            tokio::task::spawn_blocking(move || inner.compiler.shed(&inner.engine, &files));
        }
    }

    fn load_again_in(&self, pause: Option<Duration>) {
        *self.0.again_at.lock().unwrap_or_else(|lost| lost.into_inner()) = pause.map(|pause| Instant::now() + pause);
    }

    fn is_behind(&self) -> bool {
        self.0.again_at.lock().unwrap_or_else(|lost| lost.into_inner()).is_some_and(|at| at <= Instant::now())
    }

    /// Writes down what plugins do, and follows what other processes install, until Saker stops.
    pub async fn keep_up(self, desk: Desk, stop: tokio_util::sync::CancellationToken) {
        let mut changes = desk.changes();
        // What changed between the first loading and now, nobody told.
        self.load(&desk).await;
        let mut beat = tokio::time::interval(WRITTEN_DOWN);
        loop {
            tokio::select! {
                _ = beat.tick() => {
                    self.write_down(&desk).await;
                    if self.is_behind() {
                        self.load(&desk).await;
                    }
                }
                change = changes.recv() => {
                    use desk::model::EventKind as E;
                    let news = match change {
                        Ok(change) => matches!(change.kind, E::PluginInstalled | E::PluginChanged | E::PluginRemoved | E::PluginTripped),
                        Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => true,
                        Err(_) => return,
                    };
                    if news {
                        self.load(&desk).await;
                    }
                }
                () = stop.cancelled() => return,
            }
        }
    }

    async fn write_down(&self, desk: &Desk) {
        let _one_at_a_time = self.0.writing.lock().await;
        self.0.notebook.write_down(desk).await;
    }

    /// Waits until all that plugins did so far is written down, and the desk told of it. For tests: nothing else has to wait.
    pub(crate) async fn written_down(&self, desk: &Desk) {
        while !self.0.told.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.write_down(desk).await;
    }

    /// Writes the last of it down and lets go of the desk: called when nothing is left to do.
    pub async fn close(&self, desk: &Desk) {
        // A call that was cut off may still have something under way; one that computes comes to its next tick first.
        let _ = tokio::time::timeout(TO_END, self.guests().gone()).await;
        self.0.told.close();
        let _ = tokio::time::timeout(TO_END, self.0.told.wait()).await;
        self.write_down(desk).await;
        *self.0.desk.lock().unwrap_or_else(|lost| lost.into_inner()) = None;
    }

    /// Compiles, links and asks a file of the blob store who it is.
    ///
    /// # Errors
    /// What is wrong, for whoever wants to install it.
    pub async fn try_file(&self, hash: &str) -> Result<(), Unreadable> {
        let file = self.0.blobs.get(hash).await.map_err(|_| Unreadable::new(Setback::FileGone.as_str()))?;
        let looked = tokio::task::spawn_blocking(move || Package::open(&file).map(|package| (package, file)));
        let (package, file) = looked
            .await
            .map_err(|_| Unreadable::new("it could not be looked through"))?
            .map_err(|why| Unreadable::new(why.words))?;
        self.try_package(package, file).await.map_err(|why| Unreadable::new(tidy::line(&format!("{why:#}"), 500)))
    }

    async fn try_package(&self, package: Package, file: Vec<u8>) -> anyhow::Result<()> {
        let plugin = Arc::new(self.link(as_granted(package), file).await?);
        let said = self.describe(&plugin).await?;
        let manifest = &plugin.manifest;
        anyhow::ensure!(
            said.id == manifest.id && said.version == manifest.version,
            "its code says that it is {} {}, and its manifest {} {}",
            tidy::line(&said.id, 100),
            tidy::line(&said.version, 50),
            manifest.id,
            manifest.version,
        );
        Ok(())
    }

    /// Asks a plugin who it is, the smallest call there is: its id and version, as its code says them.
    ///
    /// # Errors
    /// When it fails. Not now, when it does not run.
    pub async fn ask_who(&self, id: &PluginId) -> Result<(String, String), Unreadable> {
        let said = self.describe(&self.shelf().get(id)?).await?;
        Ok((tidy::line(&said.id, 100), tidy::line(&said.version, 50)))
    }

    async fn describe(&self, plugin: &Arc<Loaded>) -> Result<contract::descriptor::Description, Stopped> {
        let (description, _) = self
            .perform(plugin, None, "describe", 0, || serde_json::Value::Null, calls!(plugin, descriptor, call_describe))
            .await?;
        Ok(description)
    }

    async fn ready(&self, running: Running) -> anyhow::Result<Loaded> {
        let file = self.0.blobs.get(&running.hash).await.context(Setback::FileGone)?;
        self.link(running, file).await
    }

    async fn link(&self, running: Running, file: Vec<u8>) -> anyhow::Result<Loaded> {
        let inner = self.0.clone();
        let hash = running.hash.clone();
        let component =
            tokio::task::spawn_blocking(move || inner.compiler.component(&inner.engine, &hash, &file)).await??;
        Loaded::new(&self.0.engine, &component, running)
    }

    /// Machine code made of these files goes, from the folder and from memory.
    pub fn forget_code(&self, files: &[String]) {
        for file in files {
            self.0.compiler.forget(&self.0.engine, file);
        }
    }

    fn engine(&self) -> &Engine {
        &self.0.engine
    }

    fn guests(&self) -> &Guests {
        &self.0.guests
    }

    fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    fn world(&self) -> World {
        World {
            desk: self.0.desk.lock().unwrap_or_else(|lost| lost.into_inner()).clone(),
            notebook: self.0.notebook.clone(),
            reach: self.0.reach,
        }
    }
}

/// A plugin as if everything it wants had been granted.
fn as_granted(package: Package) -> Running {
    Running {
        id: PluginId(package.manifest.id.clone()),
        hash: package.hash.clone(),
        granted: package.wants(),
        manifest: package.manifest,
        exports: package.exports,
        on_trial: false,
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Stopped {}
