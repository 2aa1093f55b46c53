//! What a plugin remembers from one call to the next.

use crate::house::House;
use anyhow::{Result, ensure};
use desk::{
    model::{AccountId, PluginId},
    plugin::{Expect, Refusal},
};
use std::time::{Duration, Instant};

/// A memory of a plugin that has no accounts.
struct Memory<'a> {
    house: &'a House,
    plugin: PluginId,
    account: AccountId,
    quota: u64,
}

impl Memory<'_> {
    async fn open(house: &House, quota: u64) -> Result<Memory<'_>> {
        let plugin = PluginId("com.example.a".to_owned());
        sqlx::query("insert into plugin (id, hash, granted, installed_at, changed_at) values ($1, 'x', '[]', 1, 1)")
            .bind(plugin.to_string())
            .execute(house.desk.db().read())
            .await?;
        Ok(Memory { house, plugin, account: AccountId(String::new()), quota })
    }

    async fn put(&self, name: &str, value: &[u8], seconds: Option<u32>) -> Result<Result<String, Refusal>> {
        let desk = &self.house.desk;
        Ok(desk.remember(&self.plugin, &self.account, name, value, &Expect::Any, seconds, self.quota).await?)
    }

    async fn names(&self, prefix: &str, after: Option<&str>, most: u32) -> Result<Vec<String>> {
        Ok(self.house.desk.remembered(&self.plugin, &self.account, prefix, after, most).await?)
    }

    /// What is counted, and what there is.
    async fn sizes(&self) -> Result<(i64, i64)> {
        let db = self.house.desk.db().read();
        let counted = sqlx::query_scalar("select cast(coalesce(sum(size), 0) as bigint) from plugin_memory");
        let there = sqlx::query_scalar("select cast(coalesce(sum(size), 0) as bigint) from plugin_state");
        Ok((counted.fetch_one(db).await?, there.fetch_one(db).await?))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_counted_whatever_becomes_of_it() -> Result<()> {
    let house = House::open().await?;
    // Room for three names of one letter with ten bytes each.
    let memory = Memory::open(&house, 3 * (256 + 11)).await?;
    let (desk, plugin, account) = (&house.desk, &memory.plugin, &memory.account);
    for (name, seconds) in [("a", Some(60)), ("b", Some(60)), ("c", None)] {
        ensure!(memory.put(name, b"0123456789", seconds).await?.is_ok(), "{name}");
    }
    ensure!(memory.put("d", b"", None).await? == Err(Refusal::Quota));
    ensure!(memory.sizes().await? == (801, 801));
    // The same name again takes what it took.
    ensure!(memory.put("c", b"01234", None).await?.is_ok() && memory.sizes().await? == (796, 796));
    ensure!(memory.put("c", b"0123456789", None).await?.is_ok() && memory.sizes().await? == (801, 801));
    // What has come to its end is not there, and makes room.
    house.pass(2).await?;
    ensure!(desk.recall(plugin, account, "a").await?.is_none() && memory.names("", None, 9).await? == ["c"]);
    ensure!(desk.forget(plugin, account, "a", &Expect::Etag("x".to_owned())).await? == Err(Refusal::Conflict));
    let absent = desk.remember(plugin, account, "b", b"", &Expect::Absent, None, memory.quota).await?;
    ensure!(absent.is_ok() && memory.sizes().await? == (524, 524), "{:?}", memory.sizes().await?);
    ensure!(desk.forget(plugin, account, "b", &Expect::Any).await?.is_ok());
    ensure!(desk.forget(plugin, account, "nothing", &Expect::Any).await?.is_ok());
    ensure!(memory.sizes().await? == (267, 267), "{:?}", memory.sizes().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn names_come_in_the_order_of_their_bytes_page_by_page() -> Result<()> {
    let house = House::open().await?;
    let memory = Memory::open(&house, 1 << 20).await?;
    for name in ["b", "B", "a", "p/2", "p/1", "p/%", "P/3", "ø", "_", "å"] {
        ensure!(memory.put(name, b"", None).await?.is_ok());
    }
    let all = memory.names("", None, 100).await?;
    ensure!(all == ["B", "P/3", "_", "a", "b", "p/%", "p/1", "p/2", "å", "ø"], "{all:?}");
    ensure!(memory.names("p/", None, 2).await? == ["p/%", "p/1"]);
    ensure!(memory.names("p/", Some("p/1"), 2).await? == ["p/2"]);
    ensure!(memory.names("", Some("_"), 3).await? == ["a", "b", "p/%"]);
    ensure!(memory.names("_", None, 9).await? == ["_"] && memory.names("x", None, 9).await?.is_empty());
    Ok(())
}

/// Whoever writes holds the pen: what somebody else remembers is not looked through meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_memory_is_written_to_as_quickly_as_an_empty_one() -> Result<()> {
    let house = House::open().await?;
    let memory = Memory::open(&house, 10 << 20).await?;
    let quickest = async || {
        let mut quickest = Duration::MAX;
        for n in 0..20 {
            let began = Instant::now();
            ensure!(memory.put("it", &[n], None).await?.is_ok());
            quickest = quickest.min(began.elapsed());
        }
        Ok(quickest)
    };
    let empty = quickest().await?;
    for sql in [
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 40000)
         insert into plugin_state (plugin_id, account_id, name, value, etag, size)
         select 'com.example.a', '', 'k' || cast(i as text), '', 'e', 256 from n",
        "update plugin_memory set size = size + 40000 * 256",
    ] {
        sqlx::query(sql).execute(house.desk.db().read()).await?;
    }
    let full = quickest().await?;
    ensure!(full <= empty * 2 + Duration::from_millis(2), "{full:?}, and {empty:?} where nothing is");
    ensure!(memory.names("k3999", None, 9).await?.len() == 9 && memory.names("", None, 5_000).await?.len() == 1_000);
    Ok(())
}
