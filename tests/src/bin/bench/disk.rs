//! What the disk can do: the bound for everything that must be durable.

use anyhow::Result;
use std::{io::Write, path::Path, time::Instant};

/// Appends of 4 kB, each made durable, in a second. The medians' raw material: one round.
pub fn durable_appends(folder: &Path) -> Result<f64> {
    let mut file = std::fs::File::create(folder.join("appends"))?;
    let block = [7u8; 4096];
    rate(400, || {
        file.write_all(&block)?;
        Ok(file.sync_data()?)
    })
}

/// Commits of one row by SQLite as Saker sets it up, in a second. One round.
pub async fn durable_commits(folder: &Path) -> Result<f64> {
    let url = format!("sqlite:{}?mode=rwc", folder.join("commits.db").display());
    sqlx::any::install_default_drivers();
    let pool = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&url).await?;
    for sql in [
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "create table if not exists row (id integer primary key, text text)",
    ] {
        sqlx::query(sql).execute(&pool).await?;
    }
    let text = "x".repeat(1_000);
    let (count, began) = (400, Instant::now());
    for _ in 0..count {
        sqlx::query("insert into row (text) values ($1)").bind(text.clone()).execute(&pool).await?;
    }
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    pool.close().await;
    Ok(rate)
}

fn rate(count: u32, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let began = Instant::now();
    for _ in 0..count {
        work()?;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}
