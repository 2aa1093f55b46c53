//! What came in while a plugin failed: it waits, is seen, and is taken in by a version that can read it. Nothing is lost.

use crate::{
    guest::{Guest, HOOK, nothing},
    network::{Trap, fetches, get, settle},
    stand::{Stand, alone, hook_call},
};
use anyhow::{Context, Result, ensure};
use desk::{channel::Answered, clock::MINUTE, model::*};
use package::{Manifest, Package};
use serde_json::json;
use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tests::house::House;
use tokio::io::AsyncWriteExt;

/// 2026-01-12, 09:00 in Oslo.
const MONDAY: i64 = 1_768_204_800_000_000;
const KEY: &str = "nøkkel-nøkkel";

/// The parrot as it was built with the first contract.
fn parrot() -> Result<Vec<u8>> {
    Ok(std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("museum/0.1/rust.wasm"))?)
}

/// The parrot as it would be if it answered its remote itself.
fn talkative(manifest: &mut Manifest) {
    if let Some(webhook) = &mut manifest.webhook {
        webhook.mode = package::WebhookMode::Sync;
    }
}

/// One that says it is the parrot, and does something else.
fn impostor(does: impl FnOnce(Guest) -> Guest) -> Result<Vec<u8>> {
    let manifest = Package::open(&parrot()?)?.manifest;
    does(Guest::hook("parrot").wanting(|mine: &mut Manifest| *mine = manifest)).file()
}

async fn install(house: &House, eva: &Actor, file: Vec<u8>) -> Result<Plugin> {
    let sheet = house.desk.look_at_plugin(eva, file).await?;
    let granted = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
    Ok(house.desk.install_plugin(eva, Install { file: sheet.file, granted, unsigned: true }).await?)
}

async fn account(house: &House, eva: &Actor) -> Result<String> {
    let secrets = [("token", "hemmelig"), ("signing-key", KEY)];
    let new = NewChannel {
        name: "Papegøye".to_owned(),
        secrets: secrets.map(|(name, secret)| (name.to_owned(), secret.to_owned())).into(),
        ..NewChannel::default()
    };
    let channel = house.desk.add_channel(eva, &PluginId("com.example.parrot".to_owned()), new).await?;
    let url = channel.hook_url.context("no address")?;
    Ok(url.rsplit('/').next().unwrap_or_default().to_owned())
}

async fn says(house: &House, hook: &str, name: &str, key: &str) -> Result<Answered> {
    let body = format!(r#"{{"id":"{name}","chat":"{name}","user":"u1","name":"Kari","text":"Sak {name}"}}"#);
    let mac = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes()), body.as_bytes());
    let hex: String = mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut call = hook_call(body.as_bytes());
    call.headers = vec![("x-parrot-signature".to_owned(), hex.into_bytes())];
    Ok(house.desk.answer_hook(hook, call).await?)
}

/// Lets time pass in steps, each with room for what is tried again by then.
async fn wait(house: &House, steps: usize, minutes: i64) -> Result<()> {
    for _ in 0..steps {
        house.advance(minutes).await?;
        tokio::time::sleep(Duration::from_millis(1_300)).await;
    }
    Ok(())
}

/// Titles of all requests, in order.
async fn titles(house: &House, eva: &Actor) -> Result<Vec<String>> {
    let mut titles: Vec<String> = house.rows(eva, List::Latest).await?.into_iter().map(|row| row.title).collect();
    titles.sort();
    Ok(titles)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_fails_on_is_taken_in_by_the_version_that_can_read_it() -> Result<()> {
    let _turn = alone().await;
    let house = House::open_at(MONDAY).await?;
    let eva = house.agent("Eva").await?;
    let plugin = install(&house, &eva, impostor(|guest| guest.never_answers(HOOK, "unreachable"))?).await?.id;
    let hook = account(&house, &eva).await?;
    let names = ["1", "2", "3", "4", "5", "6"];
    for name in names {
        ensure!(says(&house, &hook, name, KEY).await? == Answered::Kept, "a remote was told that it failed");
    }
    // Switched off by itself, tried again and again, and switched on by somebody who hopes.
    let mut tripped = false;
    for _ in 0..8 {
        wait(&house, 1, 3).await?;
        tripped |= house.desk.plugin(&eva, &plugin).await?.state == PluginState::Tripped;
    }
    ensure!(tripped, "it was never switched off");
    house.desk.switch_plugin(&eva, &plugin, true).await?;
    wait(&house, 6, 30).await?;
    ensure!(titles(&house, &eva).await?.is_empty());
    let card = house.desk.plugin(&eva, &plugin).await?;
    let aside = house.desk.unread_calls(&eva, &plugin, None).await?;
    ensure!(card.unread > 0 && aside.rows.len() == card.unread as usize, "{card:?} {aside:?}");
    ensure!(aside.rows.iter().all(|call| call.aside == Aside::Failed && !call.why.is_empty()), "{aside:?}");
    // A month on they are still there.
    wait(&house, 1, 45 * 24 * 60).await?;
    ensure!(house.desk.plugin(&eva, &plugin).await?.unread >= card.unread);

    install(&house, &eva, parrot()?).await?;
    wait(&house, 4, 7 * 60).await?;
    let read = titles(&house, &eva).await?;
    ensure!(read == names.map(|name| format!("Sak {name}")), "{read:?}");
    ensure!(house.desk.plugin(&eva, &plugin).await?.unread == 0);
    ensure!(house.desk.unread_calls(&eva, &plugin, None).await?.rows.is_empty());
    house.close().await;
    Ok(())
}

/// Many remotes don't come again, so a plugin that answers them itself loses nothing either: what it can't answer now is kept, and
/// only what somebody waits for at a page is not. What it turns away stands at its account.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_answered_now_is_kept_for_later() -> Result<()> {
    let _turn = alone().await;
    let house = House::open_at(MONDAY).await?;
    let eva = house.agent("Eva").await?;
    let fails = impostor(|guest| guest.never_answers(HOOK, "unreachable").wanting(talkative))?;
    let plugin = install(&house, &eva, fails).await?.id;
    let hook = account(&house, &eva).await?;
    let names = ["1", "2", "3", "4", "5", "6", "7"];
    for name in &names[..6] {
        ensure!(says(&house, &hook, name, KEY).await? == Answered::Kept, "a remote was told that it failed");
    }
    house.saker.written_down().await;
    ensure!(house.desk.plugin(&eva, &plugin).await?.state == PluginState::Tripped);
    ensure!(says(&house, &hook, names[6], KEY).await? == Answered::Kept, "while it is switched off by itself");
    // No more than so many bytes wait, whoever sends them.
    let large = "update hook_call set size = 524288000 where id = (select min(id) from hook_call)";
    sqlx::query(large).execute(house.desk.db().read()).await?;
    ensure!(says(&house, &hook, "9", KEY).await? == Answered::Later);
    install(&house, &eva, parrot()?).await?;
    wait(&house, 6, 30).await?;
    let read = titles(&house, &eva).await?;
    ensure!(read == names.map(|name| format!("Sak {name}")), "{read:?}");
    ensure!(house.desk.unread_calls(&eva, &plugin, None).await?.rows.is_empty());

    let refuses = json!({ "err": { "rejected": { "message": "the signature is wrong" } } });
    let refuses = impostor(|guest| guest.answers(HOOK, refuses).wanting(talkative))?;
    install(&house, &eva, refuses).await?;
    ensure!(matches!(says(&house, &hook, "8", KEY).await?, Answered::Refused(_)));
    let account = house.desk.channels(&eva).await?.remove(0);
    ensure!(
        account.refused.as_deref() == Some("the signature is wrong") && account.refused_at.is_some(),
        "{account:?}"
    );
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_that_kills_stands_in_nobodys_way_and_is_seen() -> Result<()> {
    let _turn = alone().await;
    let house = House::open_at(MONDAY).await?;
    let eva = house.agent("Eva").await?;
    // The ninth flat field of the call is the length of its body: long ones kill.
    let picky = |mut guest: Guest| {
        let well = guest.lay(HOOK, &nothing());
        guest.does(HOOK, format!("(if (i32.gt_u (local.get 8) (i32.const 100)) (then unreachable)) (i32.const {well})"))
    };
    let plugin = install(&house, &eva, impostor(picky)?).await?.id;
    let hook = account(&house, &eva).await?;
    let long = "x".repeat(60);
    ensure!(says(&house, &hook, &long, KEY).await? == Answered::Kept);
    for name in ["1", "2", "3"] {
        ensure!(says(&house, &hook, name, KEY).await? == Answered::Kept);
    }
    wait(&house, 5, 3).await?;
    let aside = house.desk.unread_calls(&eva, &plugin, None).await?.rows;
    ensure!(aside.len() == 1 && aside[0].aside == Aside::Failed, "{aside:?}");
    ensure!(house.desk.plugin(&eva, &plugin).await?.state == PluginState::On);
    // Once more by hand; it is no better, and is not lost by it.
    house.desk.read_again(&eva, &plugin, Some(&aside[0].id)).await?;
    wait(&house, 5, 3).await?;
    let again = house.desk.unread_calls(&eva, &plugin, None).await?.rows;
    ensure!(again.len() == 1 && again[0].id == aside[0].id, "{again:?}");
    let ane = house.agent("Ane").await?;
    ensure!(house.desk.unread_calls(&ane, &plugin, None).await.is_err(), "not everybody may see it");
    ensure!(house.desk.drop_unread(&ane, &plugin, &again[0].id).await == Err(desk::Error::Forbidden));
    house.desk.drop_unread(&eva, &plugin, &again[0].id).await?;
    ensure!(house.desk.drop_unread(&eva, &plugin, &again[0].id).await == Err(desk::Error::NotFound));
    ensure!(house.desk.unread_calls(&eva, &plugin, None).await?.rows.is_empty());
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_with_a_wrong_key_is_seen_and_read_once_the_key_is_right() -> Result<()> {
    let _turn = alone().await;
    let house = House::open_at(MONDAY).await?;
    let eva = house.agent("Eva").await?;
    let plugin = install(&house, &eva, parrot()?).await?.id;
    let hook = account(&house, &eva).await?;
    ensure!(says(&house, &hook, "1", "en annen nøkkel").await? == Answered::Kept);
    house.rest().await?;
    let aside = house.desk.unread_calls(&eva, &plugin, None).await?.rows;
    ensure!(aside.len() == 1 && aside[0].aside == Aside::Refused && aside[0].why.contains("signature"), "{aside:?}");
    ensure!(house.desk.plugin(&eva, &plugin).await?.unread == 0, "refused is not failed");
    // The administrator had mistyped it.
    let accounts = house.desk.channels(&eva).await?;
    let new = NewChannel {
        name: "Papegøye".to_owned(),
        secrets: [("signing-key".to_owned(), "en annen nøkkel".to_owned())].into(),
        ..NewChannel::default()
    };
    house.desk.save_channel(&eva, &accounts[0].id, new).await?;
    house.desk.read_again(&eva, &plugin, Some(&aside[0].id)).await?;
    house.rest().await?;
    ensure!(titles(&house, &eva).await? == ["Sak 1"]);
    // Others go after a month.
    ensure!(says(&house, &hook, "2", "en tredje").await? == Answered::Kept);
    house.rest().await?;
    house.pass(31 * 24 * 60).await?;
    ensure!(house.desk.unread_calls(&eva, &plugin, None).await?.rows.is_empty());
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_change_under_load_and_no_call_is_dropped() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let version = |cpu_ms| Guest::hook("steady").wanting(|m| m.limits.cpu_ms = cpu_ms).answers(HOOK, nothing());
    let plugin = stand.settle(&version(200)).await?;
    let over = AtomicBool::new(false);
    let caller = async || {
        let mut calls = 0;
        while !over.load(Ordering::Relaxed) {
            let answer = stand.call(&plugin.hook, b"{}").await?;
            ensure!(matches!(answer, Answered::Reply(_)), "after {calls} calls: {answer:?}");
            calls += 1;
        }
        Ok(calls)
    };
    let changes = async {
        for cpu_ms in [201, 202, 203] {
            tokio::time::sleep(Duration::from_millis(150)).await;
            stand.install(&version(cpu_ms)).await?;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        stand.house.desk.roll_back_plugin(&stand.eva, &plugin.id).await?;
        tokio::time::sleep(Duration::from_millis(150)).await;
        over.store(true, Ordering::Relaxed);
        anyhow::Ok(())
    };
    let (changed, one, two, three) = tokio::join!(changes, caller(), caller(), caller());
    changed?;
    let calls: usize = one? + two? + three?;
    ensure!(calls > 50, "only {calls} calls meanwhile");
    let card = stand.house.desk.plugin(&stand.eva, &plugin.id).await?;
    ensure!(card.state == PluginState::On && card.previous.is_some(), "{card:?}");
    ensure!(stand.outcomes(&plugin.id).await?.is_empty());
    stand.close().await;
    Ok(())
}

/// Somebody puts an account right while a call is made with the old key: that it failed says nothing about the new one.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_put_right_meanwhile_does_not_wait() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let slow = Duration::from_millis(800);
    let (asked, port) = Trap::open("127.0.0.1:0", move |_, mut stream| {
        tokio::spawn(async move {
            tokio::time::sleep(slow).await;
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        })
    })
    .await?;
    let server = format!("http://127.0.0.1:{port}");
    let refused = json!({ "err": { "auth": { "message": "wrong key" } } });
    let ask = [("http#fetch", vec![get(&server)])];
    let plugin = settle(&stand, &fetches("refused", &[]).calls_and_answers(HOOK, &ask, refused), &server).await?;
    let (desk, eva) = (&stand.house.desk, &stand.eva);
    let put_right = async || -> Result<Channel> {
        while asked.seen().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let settings = json!({ "server": server }).as_object().cloned().unwrap_or_default();
        let secrets = [("token".to_owned(), "a new one".to_owned())].into();
        let new = NewChannel { name: "right".to_owned(), settings, secrets, ..NewChannel::default() };
        Ok(desk.save_channel(eva, &plugin.channel, new).await?)
    };
    let (answered, saved) = tokio::join!(stand.call(&plugin.hook, b""), put_right());
    ensure!(answered? == Answered::Later && saved?.state == ChannelState::On);
    ensure!(asked.seen().len() == 1, "{:?}", asked.seen());
    let card = desk.channel(eva, &plugin.channel).await?;
    ensure!(card.state == ChannelState::On && card.why.is_none(), "{card:?}");
    // The new one is no better.
    ensure!(stand.call(&plugin.hook, b"").await? == Answered::Later);
    let card = desk.channel(eva, &plugin.channel).await?;
    ensure!(card.state == ChannelState::Paused && card.why.as_deref() == Some("wrong key"), "{card:?}");
    stand.close().await;
    Ok(())
}

/// What a plugin can't do is not made good by what it can: its pauses grow until it can.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_failed_is_trusted_again_when_it_does_well_what_it_failed_at() -> Result<()> {
    let _turn = alone().await;
    let house = House::open_at(MONDAY).await?;
    let eva = house.agent("Eva").await?;
    let mut half = Guest::full("half")
        .answers("setup#check", json!({ "ok": null }))
        .answers("poller#poll", json!({ "ok": { "next-cursor": "c" } }));
    let well = half.lay(HOOK, &nothing());
    // The ninth flat field of the call is the length of its body.
    let half =
        half.does(HOOK, format!("(if (i32.gt_u (local.get 8) (i32.const 3)) (then unreachable)) (i32.const {well})"));
    let plugin = install(&house, &eva, half.file()?).await?.id;
    let new = NewChannel { name: "Half".to_owned(), ..NewChannel::default() };
    let channel = house.desk.add_channel(&eva, &plugin, new).await?;
    let url = channel.hook_url.context("no address")?;
    let hook = url.rsplit('/').next().unwrap_or_default();
    let call = async |body: &str| -> Result<Answered> {
        let answered = house.desk.answer_hook(hook, hook_call(body.as_bytes())).await?;
        house.saker.written_down().await;
        Ok(answered)
    };
    for _ in 0..5 {
        ensure!(call("long").await? == Answered::Later);
    }
    for minutes in [1, 2, 4] {
        let card = house.desk.plugin(&eva, &plugin).await?;
        let pause = card.retry_at.context("it runs")? - house.desk.clock().now();
        ensure!(card.state == PluginState::Tripped && pause == minutes * MINUTE, "{pause} for {minutes} min: {card:?}");
        house.advance(minutes).await?;
        house.desk.check_channel(&eva, &channel.id).await?;
        ensure!(call("long").await? == Answered::Later);
    }
    house.advance(8).await?;
    ensure!(matches!(call("").await?, Answered::Reply(_)));
    let card = house.desk.plugin(&eva, &plugin).await?;
    ensure!(card.state == PluginState::On && card.retry_at.is_none(), "{card:?}");
    house.close().await;
    Ok(())
}
