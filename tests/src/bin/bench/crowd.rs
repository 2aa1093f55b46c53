//! A thousand plugins in one process, and a thousand calls at the same moment. In a process of its own, so that its memory
//! is theirs and what is compiled lies on the disk, as after a restart.

use super::plugins::{component, said};
use crate::{
    Effort, process,
    table::{Table, median, percentile, span},
};
use anyhow::{Context, Result};
use desk::{blob::Blobs, model::PluginId};
use futures::future::try_join_all;
use package::Package;
use serde_json::{Value, json};
use server::{
    hook::Reach,
    plugins::{Compiler, Plugins},
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// So many plugins, of the same code but each another file.
const CROWD: usize = 1_000;

pub async fn measure(effort: Effort) -> Result<Table> {
    let mut table = Table::new("Plugins: a thousand of them");
    let folder = tempfile::tempdir()?;
    // Compiles them all.
    let compiling = beside(folder.path(), CROWD).await?;
    let (mut one, mut all) = (vec![], vec![]);
    for _ in 0..effort.rounds {
        one.push(beside(folder.path(), 1).await?);
        all.push(beside(folder.path(), CROWD).await?);
    }
    let middle = |runs: &[Value], name: &str| median(runs.iter().filter_map(|run| run[name].as_f64()).collect());
    let time = |runs: &[Value], name: &str| Duration::from_secs_f64(middle(runs, name));
    let each = |name: &str| Duration::from_secs_f64(middle(&all, name) / CROWD as f64);
    table.alone(
        "compiled, each",
        span(Duration::from_secs_f64(compiling["loading"].as_f64().unwrap_or_default() / CROWD as f64)),
    );
    table.time("loaded after a restart, each", each("loading"), "one alone", time(&one, "loading"));
    let memory = |runs: &[Value], name: &str| middle(runs, name) / f64::from(1 << 20);
    let what = |name: &str| (memory(&all, name) - memory(&one, name)) * 1_024.0 / CROWD as f64;
    table.alone("memory, each", format!("{:.0} kB resident, {:.0} kB of it no file’s", what("resident"), what("own")));
    table.time("a call of one of them, p50", time(&all, "call"), "where it is alone", time(&one, "call"));
    table.time("the first call of each, p50", time(&all, "first"), "the call of one", time(&all, "call"));
    table.time("1,000 calls at once, each another one’s", time(&all, "at-once"), "in turn", time(&all, "in-turn"));
    table.alone("1,000 calls at once: the slowest of a hundred", span(time(&all, "p99")));
    Ok(table)
}

async fn beside(folder: &Path, count: usize) -> Result<Value> {
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    let output = command.arg("--crowd").arg(count.to_string()).arg("--folder").arg(folder).output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "the process with {count} plugins stopped: {said}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What the other process does and says.
pub async fn be(folder: &Path, count: usize) -> Result<()> {
    let file = component("offered/keywords.wasm")?;
    let package = Package::open(&file)?;
    let mut files = Vec::with_capacity(count);
    for n in 0..count {
        let mut manifest = package.manifest.clone();
        manifest.id = format!("com.example.n{n}");
        files.push(package::pack(&file, &manifest, None, None)?);
    }
    let ids: Vec<_> = (0..count).map(|n| PluginId(format!("com.example.n{n}"))).collect();
    let blobs = Blobs::open(folder.join("blobs"))?;
    let plugins = Plugins::open(blobs, Compiler::new(folder.join("cache")), Reach::Public)?;
    let began = Instant::now();
    plugins.run_files(files).await?;
    let loading = began.elapsed();

    let in_turn = async |at: &dyn Fn(usize) -> usize| {
        let mut each = Vec::with_capacity(CROWD);
        for n in 0..CROWD {
            let began = Instant::now();
            plugins.ask_who(&ids[at(n)]).await.map_err(said)?;
            each.push(began.elapsed());
        }
        anyhow::Ok(each)
    };
    let first = percentile(&mut in_turn(&|n| n % count).await?, 50);
    let call = percentile(&mut in_turn(&|_| 0).await?, 50);
    let one_by_one: Duration = in_turn(&|n| n % count).await?.iter().sum();
    let (mut at_once, mut p99) = (Duration::ZERO, Duration::ZERO);
    // One plugin alone would rightly say that it has too much to do.
    if count == CROWD {
        let began = Instant::now();
        let calls = ids.iter().cloned().map(|id| {
            let plugins = plugins.clone();
            async move {
                let answer = tokio::spawn(async move { plugins.ask_who(&id).await }).await?;
                answer.map_err(said)?;
                anyhow::Ok(began.elapsed())
            }
        });
        let mut took = try_join_all(calls).await?;
        at_once = began.elapsed();
        p99 = percentile(&mut took, 99);
    }
    let (resident, own) = process::memory(std::process::id()).context("no memory")?;
    let seconds = |time: Duration| time.as_secs_f64();
    println!(
        "{}",
        json!({
            "loading": seconds(loading), "call": seconds(call), "first": seconds(first), "in-turn": seconds(one_by_one),
            "at-once": seconds(at_once), "p99": seconds(p99), "resident": resident, "own": own,
        })
    );
    Ok(())
}
