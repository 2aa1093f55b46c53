//! Where hostile plugins are tried: a whole Saker with a good plugin beside them, which must not notice.

use crate::guest::{Guest, HOOK, nothing};
use anyhow::{Result, ensure};
use desk::{
    channel::{Answered, HookCall},
    model::*,
};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tests::house::House;

/// What others may feel of a hostile plugin.
pub const FELT: Duration = Duration::from_millis(50);
/// How much larger the process may be when all calls are over. Most of it is not the guests': the database's caches grow up
/// to 16 MB for each of its eight lines while the stories run, and the code of each guest stays compiled. What
/// the hungry ones touch in their nine calls would be some 250 MB, if it were kept.
const KEPT: usize = 144 << 20;
pub struct Stand {
    pub house: House,
    pub eva: Actor,
    neighbour: String,
    began_with: usize,
}

/// What an attack did to others.
#[derive(Debug)]
pub struct Effect<T> {
    pub answers: Vec<T>,
    pub took: Duration,
    /// The good plugin's p99 beyond its own in peace.
    pub felt: Duration,
    /// Resident bytes beyond those before, at most.
    pub peak: usize,
}

/// One at a time: what is measured is this process.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Waits for its turn.
pub async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    TURN.lock().await
}

impl Stand {
    pub async fn open(more: &[&str]) -> Result<Self> {
        let house = House::open_with(more).await?;
        let eva = house.agent("Eva").await?;
        let mut stand = Self { house, eva, neighbour: String::new(), began_with: 0 };
        stand.neighbour = stand.settle(&Guest::hook("neighbour").answers(HOOK, nothing())).await?.hook;
        for _ in 0..50 {
            stand.call(&stand.neighbour, b"").await?;
        }
        stand.began_with = resident();
        Ok(stand)
    }

    /// Installs a plugin with all that it wants, and gives it an account.
    pub async fn settle(&self, guest: &Guest) -> Result<Settled> {
        self.settle_with(guest, NewChannel::default()).await
    }

    pub async fn settle_with(&self, guest: &Guest, new: NewChannel) -> Result<Settled> {
        let id = self.install(guest).await?;
        let new = NewChannel { name: id.to_string(), ..new };
        let channel =
            self.house.desk.add_channel(&self.eva, &id, new).await.map_err(|why| anyhow::anyhow!("{id}: {why:?}"))?;
        let url = channel.hook_url.clone().unwrap_or_default();
        let hook = url.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Settled { id, channel: channel.id, hook })
    }

    pub async fn install(&self, guest: &Guest) -> Result<PluginId> {
        let desk = &self.house.desk;
        let refused = |why| anyhow::anyhow!("{}: {why:?}", guest.manifest.id);
        let sheet = desk.look_at_plugin(&self.eva, guest.file()?).await.map_err(refused)?;
        let granted = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
        let plugin = desk.install_plugin(&self.eva, Install { file: sheet.file, granted, unsigned: true }).await;
        Ok(plugin.map_err(refused)?.id)
    }

    pub async fn remove(&self, settled: &Settled) -> Result<()> {
        self.house.desk.delete_channel(&self.eva, &settled.channel).await?;
        self.house.desk.remove_plugin(&self.eva, &settled.id).await?;
        Ok(())
    }

    /// A remote calls an account.
    pub async fn call(&self, hook: &str, body: &[u8]) -> Result<Answered> {
        Ok(self.house.desk.answer_hook(hook, hook_call(body)).await?)
    }

    /// Does something hostile while the good plugin works, some times over, and keeps the round that others felt least:
    /// what a busy machine does by itself, it does not do each time.
    pub async fn while_others_work<T, F: Future<Output = Result<T>>>(
        &self,
        rounds: usize,
        attack: impl Fn() -> F,
    ) -> Result<Effect<T>> {
        let before = resident();
        let gauge = Gauge::start();
        let mut effect = Effect { answers: vec![], took: Duration::MAX, felt: Duration::MAX, peak: 0 };
        for _ in 0..rounds {
            let (_, quiet) = self.beside(tokio::time::sleep(Duration::from_millis(150))).await?;
            let began = Instant::now();
            let (answer, loud) = self.beside(attack()).await?;
            effect.took = effect.took.min(began.elapsed());
            effect.felt = effect.felt.min(loud.saturating_sub(quiet));
            effect.answers.push(answer?);
        }
        effect.peak = gauge.stop().saturating_sub(before);
        Ok(effect)
    }

    /// The good plugin's p99 while something goes on.
    async fn beside<T>(&self, work: impl Future<Output = T>) -> Result<(T, Duration)> {
        let over = Arc::new(AtomicBool::new(false));
        let (desk, hook, done) = (self.house.desk.clone(), self.neighbour.clone(), over.clone());
        let neighbour = tokio::spawn(async move {
            let mut waits = vec![];
            while !done.load(Ordering::Relaxed) || waits.is_empty() {
                let began = Instant::now();
                let answer = desk.answer_hook(&hook, hook_call(b"")).await;
                waits.push(began.elapsed());
                ensure!(matches!(answer, Ok(Answered::Reply(_))), "the good plugin: {answer:?}");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            waits.sort();
            Ok(waits[(waits.len() - 1) * 99 / 100])
        });
        let done = work.await;
        over.store(true, Ordering::Relaxed);
        Ok((done, neighbour.await??))
    }

    /// Has each of these called while others work: all end in their time with these words, and nobody feels them.
    pub async fn put_through(&self, guests: Vec<(&'static str, Guest, &'static str)>, body: &[u8]) -> Result<()> {
        let mut settled = vec![];
        for (what, guest, words) in guests {
            let plugin = self.settle(&guest).await?;
            let effect = self.while_others_work(3, || self.call(&plugin.hook, body)).await?;
            show(what, words, &effect);
            ensure!(effect.answers.iter().all(|answer| *answer == Answered::Later), "{what}: {:?}", effect.answers);
            ensure!(effect.took <= budget(&guest), "{what}: {:?}", effect.took);
            ensure!(effect.felt <= FELT, "{what}: others waited {:?} more", effect.felt);
            ensure!(effect.peak <= 192 << 20, "{what}: {} MiB", effect.peak >> 20);
            settled.push((what, words, plugin));
        }
        self.written_down().await;
        for (what, words, plugin) in settled {
            let outcomes = self.outcomes(&plugin.id).await?;
            ensure!(outcomes == [words; 3], "{what}: {outcomes:?}");
            self.remove(&plugin).await?;
        }
        self.memory_is_back()
    }

    /// What stands under a plugin's failed calls, oldest first, once it is written down.
    pub async fn outcomes(&self, id: &PluginId) -> Result<Vec<String>> {
        let calls = self.house.desk.plugin_calls(&self.eva, id, None).await?;
        Ok(calls.into_iter().rev().map(|call| call.outcome).collect())
    }

    /// Waits until what plugins did is written down.
    pub async fn written_down(&self) {
        self.house.saker.written_down().await;
    }

    /// Memory that calls left behind.
    pub fn memory_is_back(&self) -> Result<()> {
        let kept = resident().saturating_sub(self.began_with);
        ensure!(kept <= KEPT, "{} MiB more are resident than before", kept >> 20);
        Ok(())
    }

    pub async fn close(self) {
        self.house.close().await;
    }
}

/// What a call may take: what stands in its manifest, two ticks, and what a busy machine adds.
fn budget(guest: &Guest) -> Duration {
    Duration::from_millis(u64::from(guest.manifest.limits.cpu_ms) + 20 + 150)
}

/// A plugin with an account.
pub struct Settled {
    pub id: PluginId,
    pub channel: AccountId,
    pub hook: String,
}

pub fn hook_call(body: &[u8]) -> HookCall {
    HookCall {
        id: JobId::new().0,
        method: "POST".to_owned(),
        path: String::new(),
        query: String::new(),
        headers: vec![("x-word".to_owned(), b"sesam-sesam".to_vec())],
        remote: "192.0.2.7".to_owned(),
        at: 0,
        body: body.to_vec(),
    }
}

/// Resident bytes of this process; 0 where the system does not say.
pub fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4_096
}

/// Looks at the resident bytes every few milliseconds.
struct Gauge {
    most: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Gauge {
    fn start() -> Self {
        let gauge = Self { most: Arc::default(), over: Arc::default() };
        let (most, over) = (gauge.most.clone(), gauge.over.clone());
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(3));
            }
        });
        gauge
    }

    fn stop(self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// One line of the table in `docs/PLUGINS.md`.
pub fn show<T>(name: &str, words: &str, effect: &Effect<T>) {
    println!(
        "| {name} | {words} | {} ms | {} ms | {} MiB |",
        effect.took.as_millis(),
        effect.felt.as_millis(),
        effect.peak >> 20
    );
}
