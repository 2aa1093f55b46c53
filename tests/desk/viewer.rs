//! Who has a request on their screen just now. C-1.

use crate::house::House;
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::SECOND,
    model::{Actor, Attention, TicketId, VIEWER_BEAT},
};

/// Who is there for somebody, and whether they write.
async fn seen(house: &House, by: &Actor, ticket: &TicketId) -> Result<Vec<(String, bool)>> {
    let viewers = house.desk.viewers(by, ticket).await?;
    Ok(viewers.into_iter().map(|viewer| (viewer.agent.name, viewer.writing)).collect())
}

fn there(who: &[(&str, bool)]) -> Vec<(String, bool)> {
    who.iter().map(|(name, writing)| ((*name).to_owned(), *writing)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_see_who_looks_at_a_request_and_who_writes_on_it() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let other = house.request("Faktura 1042 feil").await?;
    let before = house.desk.last_event().await?;
    let alone = house.desk.attend(&house.ane, &ticket.id, "a1", Attention::Viewing).await?;
    ensure!(alone.is_empty(), "nobody is told of oneself");
    house.desk.attend(&house.ane, &ticket.id, "a2", Attention::Writing).await?;
    ensure!(seen(&house, &house.bo, &ticket.id).await? == there(&[("Ane", true)]), "once, whatever the screens");
    ensure!(seen(&house, &house.bo, &other.id).await?.is_empty(), "where she is, and nowhere else");
    // Who writes comes first.
    let bo_sees = house.desk.attend(&house.bo, &ticket.id, "b1", Attention::Viewing).await?;
    ensure!(bo_sees.len() == 1 && bo_sees[0].writing);
    ensure!(seen(&house, &house.eva, &ticket.id).await? == there(&[("Ane", true), ("Bo", false)]));
    // The screen that wrote is gone, the other one is there.
    house.desk.attend(&house.ane, &ticket.id, "a2", Attention::Gone).await?;
    ensure!(seen(&house, &house.bo, &ticket.id).await? == there(&[("Ane", false)]));
    // Without a word it ends by itself.
    house.clock.advance(3 * VIEWER_BEAT * SECOND);
    ensure!(seen(&house, &house.bo, &ticket.id).await?.is_empty());
    ensure!(house.desk.last_event().await? == before, "looking is no event");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn screens_hear_of_it_when_it_begins_and_ends_and_not_in_between() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.rest().await?;
    let mut told = house.desk.attended();
    for attention in [Attention::Viewing, Attention::Writing, Attention::Viewing, Attention::Gone] {
        house.desk.attend(&house.ane, &ticket.id, "a1", attention).await?;
        let heard = tokio::time::timeout(std::time::Duration::from_secs(5), told.recv()).await;
        ensure!(heard.context("not told")?? == ticket.id, "{attention}");
    }
    house.desk.attend(&house.ane, &ticket.id, "a1", Attention::Viewing).await?;
    told.recv().await?;
    // Staying is no news, however often it is said.
    for _ in 0..4 {
        house.clock.advance(VIEWER_BEAT * SECOND);
        house.desk.attend(&house.ane, &ticket.id, "a1", Attention::Viewing).await?;
    }
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    ensure!(told.is_empty(), "told of nothing");
    ensure!(seen(&house, &house.bo, &ticket.id).await? == there(&[("Ane", false)]), "she stayed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_read_it_looks_and_learns_who_looks() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members_only = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    house.desk.attend(&house.ane, &ticket.id, "a1", Attention::Viewing).await?;
    let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
    for stranger in [&house.cia, &kari] {
        let looked = house.desk.attend(stranger, &ticket.id, "c1", Attention::Viewing).await;
        ensure!(matches!(looked, Err(Error::NotFound | Error::Forbidden)), "{looked:?}");
        ensure!(house.desk.viewers(stranger, &ticket.id).await.is_err());
    }
    ensure!(seen(&house, &house.bo, &ticket.id).await? == there(&[("Ane", false)]));
    let nameless = house.desk.attend(&house.ane, &ticket.id, "", Attention::Viewing).await;
    ensure!(nameless == Err(Error::invalid("screen", Why::Missing)));
    let long = house.desk.attend(&house.ane, &ticket.id, &"x".repeat(65), Attention::Viewing).await;
    ensure!(long == Err(Error::invalid("screen", Why::TooLong { most: 64 })));
    // However many screens somebody makes up, what is kept stays small.
    for n in 0..60 {
        house.desk.attend(&house.ane, &ticket.id, &format!("s{n}"), Attention::Viewing).await?;
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from viewer").fetch_one(house.desk.db().read()).await?;
    ensure!(kept <= 41, "{kept}");
    Ok(())
}
