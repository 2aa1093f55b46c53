//! From the start of the process to the first page, with a full database.

use crate::{
    Effort,
    http::Line,
    process::Process,
    table::{Table, median, span},
};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

pub async fn measure(effort: Effort) -> Result<Table> {
    let mut table = Table::new("Start: from the process to the first page");
    let folder = tempfile::tempdir()?;
    let (data, cache) = (folder.path().join("data"), folder.path().join("cache"));
    let began = Instant::now();
    let first = Process::start(&data, Some(&cache), effort.requests).await?;
    table.alone(&format!("making {} requests, files and index", effort.requests), span(began.elapsed()));
    first.stop().await?;

    let (mut ready, mut page, mut cold, mut bare) = (vec![], vec![], vec![], vec![]);
    let mut memory = vec![];
    for _ in 0..effort.rounds {
        let began = Instant::now();
        let saker = Process::start(&data, Some(&cache), 0).await?;
        ready.push(saker.took.as_secs_f64());
        let answer = Line::open(saker.pages, "").await?.get("/").await?;
        ensure!(answer.status == 200, "{}", answer.status);
        page.push(began.elapsed().as_secs_f64());
        memory.push(saker.memory()?.0 as f64);
        saker.stop().await?;
        std::fs::remove_dir_all(&cache)?;
        let saker = Process::start(&data, Some(&cache), 0).await?;
        cold.push(saker.took.as_secs_f64());
        saker.stop().await?;
        let began = Instant::now();
        ensure!(std::process::Command::new("true").status()?.success());
        bare.push(began.elapsed().as_secs_f64());
    }
    let time = |all: Vec<f64>| Duration::from_secs_f64(median(all));
    let bare = time(bare);
    let requests = effort.requests;
    table.time(&format!("ready, {requests} requests"), time(ready), "a process that does nothing", bare);
    table.time("first page of the portal", time(page), "a process that does nothing", bare);
    table.time("ready, plugins compiled anew", time(cold), "a process that does nothing", bare);
    table.alone("memory after the first page", format!("{:.0} MB resident", median(memory) / 1e6));
    Ok(table)
}
