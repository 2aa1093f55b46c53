//! The telephone exchange: what rings is shown to whom it concerns, and a missed call waits until somebody has dealt with it.

use super::{call_of, passes_the_kit, set_up};
use anyhow::{Context, Result, ensure};
use desk::{channel::Answered, model::*};
use serde_json::{Value, json};
use std::time::Duration;
use tests::house::House;

struct Here {
    house: House,
    eva: Actor,
    ane: Actor,
    bo: Actor,
    hook: String,
}

impl Here {
    async fn open(settings: Value) -> Result<Here> {
        let house = House::open().await?;
        let (eva, ane, bo) = (house.agent("Eva").await?, house.agent("Ane").await?, house.agent("Bo").await?);
        let (ane_at, bo_at) = (house.desk.profile(&ane).await?.email, house.desk.profile(&bo).await?.email);
        let mut all = json!({ "exchange": "sipgate", "agents": format!("w0 = {ane_at}\nw1 = {bo_at}") });
        all.as_object_mut().context("no object")?.extend(settings.as_object().cloned().unwrap_or_default());
        let new = NewChannel {
            name: "Sentralbordet".to_owned(),
            settings: serde_json::from_value(all)?,
            secrets: [("word".to_owned(), "word-of-a-test".to_owned())].into(),
            ..NewChannel::default()
        };
        let (_, hook) = set_up(&house, &eva, "saker.phone", new).await?;
        Ok(Here { house, eva, ane, bo, hook })
    }

    /// As sipgate tells of it.
    async fn tells(&self, call: &str, event: &str, from: &str, more: &str) -> Result<(u16, String)> {
        let body = format!("event={event}&from={from}&to=4721000000&direction=in&callId={call}{more}");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.house.knock("POST", &self.hook, &headers, body.as_bytes()).await
    }

    async fn rings(&self, agent: &Actor) -> Result<Vec<Ringing>> {
        Ok(self.house.desk.switchboard(agent).await?.calls)
    }

    async fn log(&self) -> Result<Vec<PhoneCall>> {
        Ok(self.house.desk.phone_calls(&self.ane, CallsAsked::default()).await?)
    }
}

const KARI: &str = "4790000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_shown_to_whom_it_concerns_while_it_rings_and_stands_in_the_log() -> Result<()> {
    let here = Here::open(json!({})).await?;
    let mut rang = here.house.desk.rang();
    let (status, reply) = here.tells("c1", "newCall", KARI, "&user[]=Ane&userId[]=w0").await?;
    ensure!(status == 200 && reply.contains("onAnswer=") && reply.contains(&here.hook), "{status} {reply}");
    tokio::time::timeout(Duration::from_secs(5), rang.recv()).await.context("no screen was told")??;
    let rings = here.rings(&here.ane).await?;
    let [ringing] = rings.as_slice() else { anyhow::bail!("{rings:?}") };
    ensure!(ringing.callers[0].person.name == "Kari Nordmann", "{ringing:?}");
    ensure!(ringing.callers[0].person.company.as_ref().is_some_and(|company| company.name == "Fjord AS"));
    ensure!(ringing.call.number == "+4790000001" && ringing.call.line == "+4721000000", "{ringing:?}");
    ensure!(here.rings(&here.bo).await?.is_empty(), "it is not Bo's phone");
    // The same told twice is once; and nothing of it is a request.
    here.tells("c1", "newCall", KARI, "&user[]=Ane&userId[]=w0").await?;
    here.tells("c1", "answer", KARI, "&userId=w0&user=Ane").await?;
    let rings = here.rings(&here.ane).await?;
    ensure!(rings.len() == 1 && rings[0].call.state == CallState::Answered, "{rings:?}");
    // The log of the call goes along with the request that was made while they talked.
    let new = NewTicket {
        title: "Faktura 1042 feil".into(),
        person: Some(rings[0].callers[0].person.id.clone()),
        call: Some(rings[0].call.id.clone()),
        key: "log".into(),
        ..NewTicket::default()
    };
    let opened = here.house.desk.open_ticket(&here.ane, new).await?;
    here.tells("c1", "hangup", KARI, "&cause=normalClearing").await?;
    ensure!(here.rings(&here.ane).await?.is_empty(), "it is over");
    let log = here.log().await?;
    let [call] = log.as_slice() else { anyhow::bail!("{log:?}") };
    ensure!(call.state == CallState::Ended && call.ticket == Some(opened.number) && call.seconds.is_some(), "{call:?}");
    ensure!(call.person.as_ref().is_some_and(|person| person.name == "Kari Nordmann"), "{call:?}");
    ensure!(here.house.rows(&here.eva, List::Latest).await?.len() == 1);
    // Nobody's phone is everybody's.
    here.tells("c2", "newCall", "anonymous", "&user[]=Huset").await?;
    for agent in [&here.ane, &here.bo] {
        let rings = here.rings(agent).await?;
        ensure!(rings.len() == 1 && rings[0].call.number.is_empty() && rings[0].callers.is_empty(), "{rings:?}");
    }
    here.house.close().await;
    Ok(())
}

/// What happened while the plugin was switched off is heard later, and stands in the log as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_heard_later_happened_when_it_did() -> Result<()> {
    let here = Here::open(json!({})).await?;
    let (desk, phone) = (&here.house.desk, PluginId::from("saker.phone"));
    desk.switch_plugin(&here.eva, &phone, false).await?;
    let began = desk.clock().now();
    ensure!(here.tells("c1", "newCall", KARI, "&userId[]=w0").await?.0 == 200, "it is not lost");
    tokio::time::sleep(Duration::from_secs(3)).await;
    ensure!(here.tells("c1", "hangup", KARI, "&cause=cancel").await?.0 == 200);
    let over = desk.clock().now();
    tokio::time::sleep(Duration::from_secs(2)).await;
    desk.switch_plugin(&here.eva, &phone, true).await?;
    here.house.rest().await?;
    let log = here.log().await?;
    ensure!(log.len() == 1 && log[0].state == CallState::Missed, "{log:?}");
    let (at, end) = (log[0].began_at - began, over - log[0].began_at);
    ensure!((0..2_000_000).contains(&at) && end >= 1_000_000, "{at} {end} {log:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_waits_until_somebody_calls_back_or_says_that_it_is_dealt_with() -> Result<()> {
    let here = Here::open(json!({})).await?;
    let missed = || async { Ok::<_, anyhow::Error>(here.house.desk.switchboard(&here.ane).await?.missed) };
    // The end comes before the beginning.
    here.tells("c1", "hangup", KARI, "&cause=cancel").await?;
    here.tells("c1", "newCall", KARI, "&userId[]=w0").await?;
    here.tells("c2", "newCall", "4740000009", "&userId[]=w0").await?;
    here.tells("c2", "hangup", "4740000009", "&cause=noAnswer").await?;
    ensure!(missed().await? == 2 && here.rings(&here.ane).await?.is_empty());
    ensure!(here.house.rows(&here.eva, List::Latest).await?.is_empty(), "no request was asked for");
    // That Ane called her an hour ago is heard only now, and is no answer.
    let body = format!("event=newCall&from=4721000000&to={KARI}&direction=out&callId=c0&userId[]=w0");
    let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    let early = call_of(here.house.desk.clock().now() - 3_600_000_000, &headers, body.into_bytes());
    let hook = here.hook.rsplit('/').next().unwrap_or_default();
    ensure!(matches!(here.house.desk.answer_hook(hook, early).await?, Answered::Reply(_)) && missed().await? == 2);
    // Ane calls Kari back.
    let body = format!("event=newCall&from=4721000000&to={KARI}&direction=out&callId=c3&userId[]=w0");
    here.house.knock("POST", &here.hook, &[], body.as_bytes()).await?;
    ensure!(missed().await? == 1 && here.rings(&here.ane).await?.is_empty(), "one's own call does not ring");
    let asked = CallsAsked { missed: Some(true), after: None };
    let waiting = here.house.desk.phone_calls(&here.ane, asked.clone()).await?;
    ensure!(waiting.len() == 1 && waiting[0].number == "+4740000009" && waiting[0].person.is_none(), "{waiting:?}");
    here.house.desk.settle_phone_call(&here.bo, &waiting[0].id).await?;
    here.house.desk.settle_phone_call(&here.bo, &waiting[0].id).await?;
    ensure!(here.house.desk.phone_calls(&here.ane, asked).await?.is_empty() && missed().await? == 0);
    let log = here.log().await?;
    ensure!(log.len() == 4 && log[0].direction == CallDirection::Out, "{log:?}");
    ensure!(here.house.desk.settle_phone_call(&here.bo, &log[0].id).await.is_err(), "it was never missed");
    // Who is forgotten is not remembered by the telephone.
    let kari = log[3].person.clone().context("nobody known")?;
    here.house.desk.erase_person(&here.eva, &kari.id).await?;
    let said = format!("{:?}", here.log().await?);
    ensure!(!said.contains("90000001") && !said.contains("Kari"), "{said}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_becomes_one_request_where_the_administrator_wants_it() -> Result<()> {
    let here =
        Here::open(json!({ "exchange": "placetel", "proof": "query", "missed": "request", "language": "en" })).await?;
    let tells = |call: &'static str, event: &'static str, from: &'static str, word: &'static str| {
        let body = format!("event={event}&from={from}&to=21000000&call_id={call}&type=missed");
        let here = &here;
        async move {
            let url = format!("{}?word={word}", here.hook);
            Ok::<_, anyhow::Error>(here.house.knock("POST", &url, &[], body.as_bytes()).await?.0)
        }
    };
    ensure!(tells("p1", "IncomingCall", "90000001", "guess").await? == 400);
    ensure!(here.log().await?.is_empty());
    for event in ["IncomingCall", "HungUp", "HungUp"] {
        ensure!(tells("p1", event, "90000001", "word-of-a-test").await? == 200);
    }
    here.house.rest().await?;
    let request = here.house.only(&here.eva, List::Latest).await?;
    ensure!(request.title == "Missed call from +4790000001" && request.origin == Origin::Phone, "{request:?}");
    ensure!(request.contacts.iter().any(|person| person.name == "Kari Nordmann"), "{request:?}");
    let log = here.log().await?;
    ensure!(log[0].ticket == Some(request.number) && log[0].is_waiting(), "it waits to be called back: {log:?}");
    // Somebody who is not known yet.
    tells("p2", "HungUp", "40000009", "word-of-a-test").await?;
    here.house.rest().await?;
    ensure!(here.house.rows(&here.eva, List::Latest).await?.len() == 2);
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exchange_passes_the_kit() -> Result<()> {
    passes_the_kit("phone").await
}
