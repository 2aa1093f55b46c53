//! What plugins leave behind: every byte that left stands in the ledger, whatever happens meanwhile; of a plugin that is removed
//! nothing is left; and what another process changes is followed, also where the list could not be read at once.

use crate::{
    plugins::id,
    waiting::{account, answered},
};
use anyhow::{Context, Result, ensure};
use desk::{Desk, db::Fact, model::*, plugin::Expect};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::{
    company::{Answer, Company},
    house::House,
};

/// An account of the webhook plugin whose answers go to an address, and where it is called.
async fn connected(house: &House, eva: &Actor, answers: &str) -> Result<(Channel, String)> {
    let channel = house.desk.add_channel(eva, &id("saker.webhook"), account("Butikken", answers)?).await?;
    let hook = channel.hook_url.clone().context("no address")?;
    Ok((channel, hook))
}

async fn count(desk: &Desk, sql: &'static str) -> Result<i64> {
    Ok(sqlx::query_scalar(sql).fetch_one(desk.db().read()).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_when_saker_stops_stands_in_the_ledger() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let remote = Company::open().await?;
    remote.answers("/answers", Answer::json(200, &json!({})).late(Duration::from_secs(2)));
    let (_, hook) = connected(&house, &eva, &format!("{}/answers", remote.at)).await?;
    answered(&house, &ane, &hook, "c1").await?;
    while remote.told("/answers").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let house = house.close_and_open().await?;
    let left = house.desk.egress(&eva, &id("saker.webhook"), None).await?;
    ensure!(left.len() == 1 && left[0].status == Some(200) && left[0].sent > 100, "{left:?}");
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_written_down_is_written_down_later_and_once() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let remote = Company::open().await?;
    remote.answers("/answers", Answer::json(200, &json!({})));
    let (_, hook) = connected(&house, &eva, &format!("{}/answers", remote.at)).await?;
    sqlx::query("alter table egress rename to mislaid").execute(house.desk.db().read()).await?;
    answered(&house, &ane, &hook, "c1").await?;
    house.rest().await?;
    // Two tries.
    house.saker.written_down().await;
    house.saker.written_down().await;
    sqlx::query("alter table mislaid rename to egress").execute(house.desk.db().read()).await?;
    house.saker.written_down().await;
    ensure!(count(&house.desk, "select count(*) from egress").await? == 1, "what left stands in the ledger once");
    let calls =
        "select cast(sum(calls) as bigint) from plugin_hour where plugin_id = 'saker.webhook' and door = 'send'";
    ensure!(count(&house.desk, calls).await? == 1, "a call is counted once");
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_plugin_leaves_nothing() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let remote = Company::open().await?;
    remote.answers("/answers", Answer::json(400, &json!({})));
    let (channel, hook) = connected(&house, &eva, &format!("{}/answers", remote.at)).await?;
    answered(&house, &ane, &hook, "c1").await?;
    house.rest().await?;
    // A moment after its last calls, and while one of them still remembers something.
    let plugin = id("saker.webhook");
    house.desk.delete_channel(&eva, &channel.id).await?;
    house.desk.remove_plugin(&eva, &plugin).await?;
    let kept = house.desk.remember(&plugin, &channel.id, "seen", b"1", &Expect::Any, None, 1 << 20).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let left = count(
        &house.desk,
        "select (select count(*) from plugin_line where plugin_id = 'saker.webhook')
              + (select count(*) from plugin_hour where plugin_id = 'saker.webhook')
              + (select count(*) from plugin_call where plugin_id = 'saker.webhook')
              + (select count(*) from egress where plugin_id = 'saker.webhook')
              + (select count(*) from plugin_state where plugin_id = 'saker.webhook')",
    )
    .await?;
    ensure!(left == 0, "{left} rows are left, {kept:?}");
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_elsewhere_is_followed_also_where_the_list_could_not_be_read_at_once() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    ensure!(!house.desk.templates(&ane).await?.is_empty());
    let all = house.desk.db().read();
    // As another process does that shares the database: the plugin is off, and an event says so.
    sqlx::query("alter table plugin_version rename to mislaid").execute(all).await?;
    let mut write = house.desk.db().write().await?;
    sqlx::query("update plugin set off_at = 1 where id = 'saker.templates'").execute(write.sql()).await?;
    let fact = Fact { new: Some("saker.templates"), ..Fact::default() };
    write.record(&Actor::System, Cause::Person, EventKind::PluginChanged, fact).await?;
    write.commit().await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    ensure!(!house.desk.templates(&ane).await?.is_empty(), "what runs goes on meanwhile");
    sqlx::query("alter table mislaid rename to plugin_version").execute(all).await?;
    let began = Instant::now();
    while house.desk.templates(&ane).await.is_ok_and(|cards| !cards.is_empty()) {
        ensure!(began.elapsed() < Duration::from_secs(6), "it goes on with a plugin that is off");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    house.close().await;
    Ok(())
}
