//! What waits: for a remote that is slow, for an account that somebody has to put right, for an answer that nobody got.

use crate::plugins::{id, post_json};
use anyhow::{Context, Result, ensure};
use desk::model::*;
use serde_json::json;
use std::time::{Duration, Instant};
use tests::{
    company::{Answer, Company},
    house::House,
};

/// An account of the webhook plugin whose answers go to an address.
pub fn account(name: &str, answers: &str) -> Result<NewChannel> {
    Ok(NewChannel {
        name: name.to_owned(),
        settings: serde_json::from_value(json!({ "text": "message.text", "reply-address": answers }))?,
        ..NewChannel::default()
    })
}

/// Somebody writes in a conversation of an account, and a colleague answers.
pub async fn answered(house: &House, ane: &Actor, hook: &str, conversation: &str) -> Result<()> {
    let call = json!({ "id": format!("m-{conversation}"), "conversation": conversation, "user": conversation,
        "subject": conversation, "message": { "text": "Den virker ikke" } });
    ensure!(post_json(house, hook, &[], &call.to_string()).await?.0 == 200);
    let row = loop {
        let rows = house.rows(ane, List::Open).await?;
        match rows.into_iter().find(|row| row.title == conversation) {
            Some(row) => break row,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let draft = Draft {
        text: "Prøv igjen".to_owned(),
        key: format!("k-{conversation}"),
        access: Access::External,
        ..Draft::default()
    };
    house.desk.reply(ane, &row.id, draft).await?;
    Ok(())
}

/// What waits for its next try is due at once.
async fn try_now(house: &House) -> Result<()> {
    sqlx::query("update job set run_at = 0 where kind = 'deliver' and leased_until = 0")
        .execute(house.desk.db().read())
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_does_not_answer_keeps_no_mail_from_leaving() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    // It takes every connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/answers", silent.local_addr()?);
    let channel = house.desk.add_channel(&eva, &id("saker.webhook"), account("Butikken", &address)?).await?;
    let hook = channel.hook_url.context("no address")?;
    for number in 0..10 {
        answered(&house, &ane, &hook, &format!("c{number}")).await?;
    }
    // All of them have begun, or wait for those that have.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    let mail = "From: Kari <kari@fjord.no>\r\nSubject: Hjelp\r\n\r\nSkriveren\r\n";
    ensure!(house.mail("kari@fjord.no", mail).await?.starts_with("250"));
    let receipts = "select count(*) from delivery where recipient = 'kari@fjord.no' and state = 'sent'";
    while sqlx::query_scalar::<_, i64>(receipts).fetch_one(house.desk.db().read()).await? == 0 {
        ensure!(began.elapsed() < Duration::from_secs(5), "the receipt waits for a remote that says nothing");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(silent);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_sent_is_not_said_again_because_its_account_was_off() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let remote = Company::open().await?;
    remote.answers("/answers", Answer::json(503, &json!({})));
    let on = account("Butikken", &format!("{}/answers", remote.at))?;
    let channel = house.desk.add_channel(&eva, &id("saker.webhook"), on.clone()).await?;
    let hook = channel.hook_url.context("no address")?;
    answered(&house, &ane, &hook, "c1").await?;
    let becomes = async |state: &str| -> Result<()> {
        for _ in 0..100 {
            let is: String = sqlx::query_scalar("select state from delivery where account_id = $1")
                .bind(channel.id.clone())
                .fetch_one(house.desk.db().read())
                .await?;
            if is == state {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("it is not {state}")
    };
    while remote.told("/answers").is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    becomes("queued").await?;
    // As a process leaves it that dies before the remote has answered.
    sqlx::query("update delivery set state = 'sending' where account_id = $1")
        .bind(channel.id.clone())
        .execute(house.desk.db().read())
        .await?;
    let off = NewChannel { off: true, ..on.clone() };
    house.desk.save_channel(&eva, &channel.id, off).await?;
    try_now(&house).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    becomes("sending").await?;
    // On again, the remote is asked at once; this one can't say, so a person decides.
    remote.answers("/answers", Answer::json(200, &json!({})));
    let before = remote.told("/answers").len();
    house.desk.save_channel(&eva, &channel.id, on).await?;
    house.rest().await?;
    becomes("uncertain").await?;
    ensure!(remote.told("/answers").len() == before);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_waits_says_so_once_and_goes_on_when_a_call_goes_well() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let remote = Company::open().await?;
    remote.answers("/answers", Answer::json(401, &json!({})));
    let new = account("Butikken", &format!("{}/answers", remote.at))?;
    let channel = house.desk.add_channel(&eva, &id("saker.webhook"), new).await?;
    let hook = channel.hook_url.context("no address")?;
    let waiting = async |is: ChannelState| -> Result<()> {
        for _ in 0..200 {
            if house.desk.channel(&eva, &channel.id).await?.state == is {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("it is not {is:?}")
    };
    answered(&house, &ane, &hook, "c1").await?;
    waiting(ChannelState::Paused).await?;
    for _ in 0..3 {
        let told = remote.told("/answers").len();
        try_now(&house).await?;
        for _ in 0..100 {
            if remote.told("/answers").len() > told {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let told = remote.told("/answers").len();
    ensure!(told > 1, "it is tried again: {told}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let noted: i64 = sqlx::query_scalar("select count(*) from event where kind = 'settings-changed' and data = $1")
        .bind(channel.id.clone())
        .fetch_one(house.desk.db().read())
        .await?;
    ensure!(noted == 2, "made, and paused once: {noted}");
    // The remote takes it again: nobody has to save anything.
    remote.answers("/answers", Answer::json(200, &json!({})));
    try_now(&house).await?;
    waiting(ChannelState::On).await?;
    house.close().await;
    Ok(())
}
