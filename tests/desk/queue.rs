//! Get the next request in the queue. Section 5.5.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    clock::MINUTE,
    model::{EventKind, Member, Method, Next, Reach, Role, RoleId, StatusId, Targets},
};
use std::collections::{BTreeMap, BTreeSet};

/// QUE-4: a status with the queue's flag that new requests get, over a category that doesn't distribute.
async fn queue(house: &House) -> Result<StatusId> {
    let mut status = house.desk.choices(&house.eva).await?.statuses.remove(0);
    status.id = StatusId::new();
    (status.nb, status.en) = ("I kø".to_owned(), "In queue".to_owned());
    (status.default, status.queue, status.accept) = (true, true, false);
    Ok(house.desk.save_status(&house.eva, status).await?)
}

/// QUE-1, QUE-3, QUE-6
#[tokio::test(flavor = "multi_thread")]
async fn the_next_one_is_mine_at_once_and_out_of_the_queue() -> Result<()> {
    let house = House::open().await?;
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Empty, "QUE-6");
    let waiting = house.request("Ikke i kø").await?;
    let status = queue(&house).await?;
    let first = house.request("Første").await?;
    ensure!(first.status == status && waiting.status != status);
    ensure!(house.desk.next_in_queue(&house.cia).await? == Next::Empty, "not a member: QUE-1");
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Yours { number: first.number });
    let now = house.ticket(first.number).await?;
    ensure!(now.owner.is_some_and(|owner| owner.name == "Ane") && now.status != status, "QUE-3");
    ensure!(now.log.iter().any(|entry| entry.kind == EventKind::HandedOut));
    ensure!(house.desk.next_in_queue(&house.bo).await? == Next::Empty, "in another status, and taken");
    Ok(())
}

/// QUE-2, DL-3: the earliest deadline first; without one last, and of those the oldest first.
#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_deadline_comes_first_and_without_one_the_oldest() -> Result<()> {
    let house = House::open().await?;
    queue(&house).await?;
    for (name, minutes) in [("Low", None), ("Medium", Some(600)), ("High", Some(60))] {
        let all = house.desk.priority_settings(&house.eva).await?;
        let mut priority = all.into_iter().find(|p| p.en == name).context("no such priority")?;
        (priority.calendar, priority.targets) = (None, Targets { resolution: minutes, ..Targets::default() });
        house.desk.save_priority(&house.eva, priority).await?;
    }
    let mut wanted = BTreeMap::new();
    for (place, name) in [(3, "Low"), (4, "Low"), (1, "Medium"), (2, "Medium"), (0, "High")] {
        let ticket = house.request(name).await?;
        house.desk.set_priority(&house.ane, &ticket.id, &house.priority(name).await?).await?;
        wanted.insert(place, ticket.number);
        house.clock.advance(MINUTE);
    }
    for number in wanted.into_values() {
        ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Yours { number });
    }
    Ok(())
}

/// QUE-4, QUE-5: a category that gives its requests away has none in the queue, beside one that does not.
#[tokio::test(flavor = "multi_thread")]
async fn one_category_waits_in_the_queue_while_another_gives_away() -> Result<()> {
    let house = House::open().await?;
    queue(&house).await?;
    let mut invoices = house.desk.category_settings(&house.eva, &house.invoices).await?;
    invoices.method = Method::Even;
    invoices.members = [&house.ane, &house.cia].map(|actor| Member { agent: id(actor), weight: 1 }).into();
    house.desk.save_category(&house.eva, &house.invoices, invoices).await?;
    let waiting = house.request("Skriver virker ikke").await?;
    let given = house.request("Faktura 1042").await?;
    let to = house.desk.hand_back(&house.ane, &given.id, Some(&house.invoices)).await?;
    ensure!(to == Some(id(&house.cia)) || to == Some(id(&house.ane)), "given away: QUE-5");
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Yours { number: waiting.number }, "QUE-4");
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Empty, "what was given away waits nowhere");
    Ok(())
}

/// QUE-1, section 19: a member who may read only is offered nothing, and stands in nobody's way.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_change_is_not_offered() -> Result<()> {
    let house = House::open().await?;
    queue(&house).await?;
    let reader = Role {
        id: RoleId::new(),
        name: "Leser".to_owned(),
        list: Reach::All,
        read: Reach::All,
        edit: Reach::None,
        rights: vec![],
        default: false,
    };
    house.desk.save_role(&house.eva, reader.clone()).await?;
    house.desk.set_roles(&house.eva, &id(&house.bo), &[reader.id]).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(house.desk.next_in_queue(&house.bo).await? == Next::Empty);
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Yours { number: ticket.number });
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
