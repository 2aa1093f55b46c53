//! A start that can't be: one plain sentence that says what to do, and nothing half done.

use anyhow::{Context, Result, ensure};
use desk::clock::Clock;
use server::{config::Config, errand, run::Saker};
use std::path::Path;
use tests::house::{cache, config};

/// Saker on this folder, with ports for mail that are free.
pub fn place(data: &Path, more: &[&str]) -> Result<Config> {
    let mut place = config(&[&["--smtp-port", "0", "--lmtp-port", "0"], more].concat())?;
    place.data = data.to_owned();
    place.cache = Some(cache());
    Ok(place)
}

/// What a person reads when the start fails.
pub async fn refusal(place: &Config) -> Result<String> {
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

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_an_administrator_once_and_a_link_each_time() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let place = place(folder.path(), &["--public-url", "https://help.example.com"])?;
    let invite = |email: &str| errand::invite(place.clone(), "Eva".to_owned(), email.to_owned());
    let (first, second) = (invite("eva@company.com").await?, invite(" Eva@Company.com").await?);
    for link in [&first, &second] {
        ensure!(link.starts_with("https://help.example.com/desk/sign-in/"), "{link}");
    }
    ensure!(first != second);
    let refused = invite("nonsense").await.err().context("somebody was invited")?;
    ensure!(refused.to_string().starts_with("Nobody was invited"), "{refused}");
    let key = errand::key(place.clone(), "ola@company.com", "CRM".to_owned(), vec![], None).await;
    ensure!(key.as_ref().is_err_and(|why| why.to_string().contains("ola@company.com")), "{key:?}");
    let saker = Saker::start(&place, false, Clock::real()).await?;
    ensure!(saker.desk.colleagues().await?.len() == 1);
    saker.stop().await;
    Ok(())
}
