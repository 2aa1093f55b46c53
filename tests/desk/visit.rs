//! What was opened lately. Section 11.3.

use crate::house::{House, id};
use anyhow::{Result, ensure};
use desk::{
    clock::MINUTE,
    model::{Actor, List, Merge},
};

async fn opened(house: &House, actor: &Actor) -> Result<Vec<i64>> {
    Ok(house.desk.visits(actor).await?.into_iter().map(|visit| visit.ticket.number).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_lately_is_remembered_for_each_agent_the_latest_first() -> Result<()> {
    let house = House::open().await?;
    let (first, second) = (house.request("Første").await?, house.request("Andre").await?);
    for ticket in [&first, &second] {
        house.clock.advance(MINUTE);
        house.desk.mark_read(&house.ane, &ticket.id).await?;
    }
    ensure!(opened(&house, &house.ane).await? == [second.number, first.number]);
    ensure!(opened(&house, &house.bo).await?.is_empty(), "nobody else's");
    // Opened again it comes first, and is there once.
    house.clock.advance(MINUTE);
    house.desk.mark_read(&house.ane, &first.id).await?;
    ensure!(opened(&house, &house.ane).await? == [first.number, second.number]);
    // MRG-2: what was swallowed leads to its survivor.
    let merge = Merge::whole(first.id.clone(), vec![second.id.clone()]);
    house.desk.merge(&house.eva, merge).await?;
    ensure!(opened(&house, &house.ane).await? == [first.number]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_no_longer_be_read_is_not_in_the_history() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.mark_read(&house.cia, &ticket.id).await?;
    ensure!(opened(&house, &house.cia).await? == [ticket.number]);
    // RGT-1
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members_only = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    ensure!(opened(&house, &house.cia).await?.is_empty());
    // RGT-3
    house.desk.transfer(&house.eva, &ticket.id, &id(&house.cia), None).await?;
    ensure!(opened(&house, &house.cia).await? == [ticket.number]);
    house.desk.delete_ticket(&house.eva, &ticket.id).await?;
    ensure!(opened(&house, &house.cia).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_ends_after_fifty() -> Result<()> {
    let house = House::open().await?;
    let mut numbers = vec![];
    for n in 0..53 {
        house.mail("kari@fjord.no", &format!("Sak {n}"), "Hei.").await?;
    }
    house.rest().await?;
    let mut after = None;
    loop {
        let page = house.desk.list(&house.eva, List::Latest, after.as_deref()).await?;
        for row in page.rows {
            house.clock.advance(1);
            house.desk.mark_read(&house.ane, &row.id).await?;
            numbers.push(row.number);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    numbers.reverse();
    ensure!(numbers.len() == 53 && opened(&house, &house.ane).await? == numbers[..50]);
    Ok(())
}
