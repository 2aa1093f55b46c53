//! Get the next request in the queue. Section 5.5.

use crate::house::House;
use anyhow::{Result, ensure};
use desk::model::{EventKind, Next, StatusId};
use std::collections::BTreeSet;

/// QUE-4: a status with the queue's flag that new requests get, over a category that doesn't distribute.
async fn queue(house: &House) -> Result<StatusId> {
    let mut status = house.desk.choices(&house.eva).await?.statuses.remove(0);
    status.id = StatusId::new();
    (status.nb, status.en) = ("I kø".to_owned(), "In queue".to_owned());
    (status.default, status.queue, status.accept) = (true, true, false);
    Ok(house.desk.save_status(&house.eva, status).await?)
}

/// QUE-1, QUE-2, QUE-3, QUE-6
#[tokio::test(flavor = "multi_thread")]
async fn the_next_one_is_mine_at_once_and_out_of_the_queue() -> Result<()> {
    let house = House::open().await?;
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Empty, "QUE-6");
    let waiting = house.request("Ikke i kø").await?;
    let status = queue(&house).await?;
    let first = house.request("Første").await?;
    house.clock.advance(1);
    let second = house.request("Andre").await?;
    ensure!(first.status == status && waiting.status != status);
    ensure!(house.desk.next_in_queue(&house.cia).await? == Next::Empty, "not a member: QUE-1");
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Yours { number: first.number }, "the oldest: QUE-2");
    let now = house.ticket(first.number).await?;
    ensure!(now.owner.is_some_and(|owner| owner.name == "Ane") && now.status != status, "QUE-3");
    ensure!(now.log.iter().any(|entry| entry.kind == EventKind::HandedOut));
    ensure!(house.desk.next_in_queue(&house.bo).await? == Next::Yours { number: second.number });
    // QUE-5: what another category gives away itself is not in the queue.
    ensure!(house.desk.next_in_queue(&house.bo).await? == Next::Empty);
    Ok(())
}

/// QUE-3 with fifty claimers: nothing is handed out twice.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_get_fifty_different_ones() -> Result<()> {
    let house = House::open().await?;
    queue(&house).await?;
    for n in 0..40 {
        house.mail("kari@fjord.no", &format!("Sak {n}"), "Hei").await?;
    }
    house.rest().await?;
    let claims = (0..50).map(|n| {
        let (desk, actor) = (house.desk.clone(), [&house.ane, &house.bo, &house.dag][n % 3].clone());
        tokio::spawn(async move { desk.next_in_queue(&actor).await })
    });
    let (mut numbers, mut empty) = (BTreeSet::new(), 0);
    for claim in claims.collect::<Vec<_>>() {
        match claim.await?? {
            Next::Yours { number } => ensure!(numbers.insert(number), "{number} twice"),
            Next::Empty => empty += 1,
        }
    }
    ensure!(numbers.len() == 40 && empty == 10, "{} handed out, {empty} times empty", numbers.len());
    Ok(())
}
