//! Guests that ask for more requests, or larger ones, than are made: others have the net meanwhile.

use crate::{
    guest::{Guest, HOOK, nothing},
    network::{Silent, Trap, fetches, get, ledger, settle},
    stand::{FELT, Stand, alone, show},
};
use anyhow::{Result, ensure};
use desk::channel::Answered;
use serde_json::json;
use std::time::Duration;

/// A hundred thousand keys in the headers of a request, and addresses and names of headers that fill a crossing: refused
/// before the host has made anything of them.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_too_large_cost_the_host_nothing() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let keys = json!({ "times": 100_000, "of": { "name": "authorization", "value": "Bearer abcdefgh" } });
    // Behind everything that is laid down, where there are only zeros: they are text.
    let zeros = json!({ "at": 8 << 20, "len": 7 << 20 });
    let name = json!([{ "name": zeros, "value": "x" }]);
    for (what, request, words) in [
        ("keys", json!({ "url": "https://a.example", "headers": keys }), "invalid: too many headers"),
        ("address", json!({ "url": zeros }), "invalid: the address is too long"),
        ("name", json!({ "url": "https://a.example", "headers": name }), "invalid: the headers are too large"),
    ] {
        let mut guest = Guest::hook(what).pages(256).wanting(|m| (m.limits.cpu_ms, m.limits.wall_ms) = (2_000, 10_000));
        let fetch = guest.call("http#fetch", &[request]);
        let well = guest.lay(HOOK, &nothing());
        let plugin = stand.settle(&guest.does(HOOK, format!("{} (i32.const {well})", fetch.repeat(4)))).await?;
        let effect = stand.while_others_work(2, || stand.call(&plugin.hook, b"")).await?;
        show(&format!("four requests with too large {what}"), words, &effect);
        ensure!(matches!(effect.answers[0], Answered::Reply(_)), "{what}: {:?}", effect.answers);
        ensure!(effect.took <= Duration::from_millis(1_000), "{what}: {:?}", effect.took);
        ensure!(effect.felt <= FELT, "{what}: others waited {:?} more", effect.felt);
        ensure!(effect.peak <= 64 << 20, "{what}: {} MiB", effect.peak >> 20);
        stand.written_down().await;
        let ledger = ledger(&stand, &plugin).await?;
        ensure!(ledger.len() == 8 && ledger.iter().all(|line| line.decision == words), "{what}: {ledger:?}");
        ensure!(ledger.iter().all(|line| line.headers.len() <= 1_000 && line.path.len() <= 1_100), "{what}");
        stand.remove(&plugin).await?;
    }
    stand.close().await;
    Ok(())
}

/// Nine thousand requests in a call, of a plugin that may make none: no other is kept from the net by it, and what stands in
/// the ledger is as many as a call may make, and that there were more.
#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_anybody_keeps_nobody_from_asking() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let (trap, server) = Trap::content().await?;
    let good = settle(&stand, &fetches("honest", &[get(&server)]), &server).await?;
    let mut guest = Guest::hook("flood").wanting(|m| (m.limits.cpu_ms, m.limits.wall_ms) = (8_000, 30_000));
    let fetch = guest.call("http#fetch", &[get("https://a.example/")]);
    let well = guest.lay(HOOK, &nothing());
    let guest = guest.does(
        HOOK,
        format!("(loop $more {fetch} (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $more (i32.lt_u (local.get $n) (i32.const 9000)))) (i32.const {well})"),
    );
    let flood = stand.settle(&guest).await?;
    for round in 1..=2 {
        // At once, so that they stand beside each other before they are written down.
        let calls = futures::future::join_all((0..4).map(|_| stand.call(&flood.hook, b""))).await;
        for answer in calls {
            ensure!(matches!(answer?, Answered::Reply(_)));
        }
        stand.call(&good.hook, b"").await?;
        ensure!(trap.seen().len() == round, "the honest one was kept from the net: {:?}", trap.seen());
        stand.written_down().await;
    }
    let most = usize::try_from(guest.manifest.limits.http_calls)? + 1;
    let ledger = ledger(&stand, &flood).await?;
    ensure!(ledger.len() <= 8 * most, "{} lines", ledger.len());
    ensure!(ledger.iter().any(|line| line.decision.contains("too many")), "{:?}", ledger.last());
    stand.close().await;
    Ok(())
}

/// Six plugins of sixty instances with all the calls that they may have, each waiting for a server that says nothing: they
/// wait for each other, none fails for want of room, and who waits for nobody finds room at once.
#[tokio::test(flavor = "multi_thread")]
async fn plugins_of_many_instances_leave_room_for_others() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let server = Silent::open().await?;
    let mut plugins = vec![];
    for n in 0..6 {
        // Small in memory: what is short is the pool.
        let guest = fetches(&format!("many{n}"), &[get(&server.at)]).instances(58).wanting(|m| m.limits.memory_mb = 4);
        plugins.push(settle(&stand, &guest, &server.at).await?);
    }
    let effect = stand
        .while_others_work(2, || async {
            let calls = plugins.iter().flat_map(|plugin| (0..8).map(|_| stand.call(&plugin.hook, b"")));
            Ok(futures::future::join_all(calls).await)
        })
        .await?;
    show("48 calls of 60 instances that wait for silent servers", "too slow", &effect);
    ensure!(effect.felt <= FELT, "others waited {:?} more", effect.felt);
    ensure!(effect.took <= Duration::from_millis(5_000), "{:?}", effect.took);
    stand.written_down().await;
    for plugin in &plugins {
        let ledger = ledger(&stand, plugin).await?;
        ensure!(ledger.len() == 16, "{} of 16 calls ran: {ledger:?}", ledger.len());
    }
    stand.close().await;
    Ok(())
}
