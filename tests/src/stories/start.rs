//! A start that can't be: one plain sentence that says what to do, and nothing half done.

use anyhow::{Context, Result, ensure};
use desk::clock::Clock;
use server::{config::Config, run::Saker};
use std::path::Path;
use tests::house::{cache, config};

fn place(data: &Path, more: &[&str]) -> Result<Config> {
    let mut place = config(&[&["--smtp-port", "0", "--lmtp-port", "0"], more].concat())?;
    place.data = data.to_owned();
    place.cache = Some(cache());
    Ok(place)
}

/// What a person reads when the start fails.
async fn refusal(place: &Config) -> Result<String> {
    let error = Saker::start(place, true, Clock::real()).await.err().context("it started")?;
    Ok(error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_saker_stays_away_from_the_first_ones_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let place = place(folder.path(), &["--port", "0"])?;
    let first = Saker::start(&place, true, Clock::real()).await?;
    let said = refusal(&place).await?;
    ensure!(said.starts_with("Another Saker already runs on") && said.contains("--data"), "{said}");
    first.stop().await;
    Saker::start(&place, true, Clock::real()).await?.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_with_the_way_out() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let said = refusal(&place(folder.path(), &["--port", &port])?).await?;
    ensure!(said.contains(&port) && said.contains("in use") && said.contains("--port"), "{said}");
    ensure!(!folder.path().join("saker.db").exists(), "a database was left behind");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_none_is_named_with_the_way_out() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    std::fs::write(&file, "")?;
    let said = refusal(&place(&file.join("data"), &["--port", "0"])?).await?;
    ensure!(said.contains("can't be written to") && said.contains("--data"), "{said}");
    std::fs::write(folder.path().join("secret"), "short")?;
    let said = refusal(&place(folder.path(), &["--port", "0"])?).await?;
    ensure!(said.contains("damaged") && said.contains("backup"), "{said}");
    Ok(())
}
