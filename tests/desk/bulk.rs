//! One action on many requests. Section 10.4.

use crate::{house::House, tally};
use anyhow::{Result, ensure};
use desk::{
    Error,
    model::{
        Actor, BulkAction, BulkId, Cause, Criteria, EventKind, List, Reach, Right, Role, RoleId, State, Ticket,
        TicketId,
    },
};

async fn three(house: &House) -> Result<(Vec<Ticket>, Vec<TicketId>)> {
    let mut tickets = vec![];
    for n in 0..3 {
        tickets.push(house.request(&format!("Sak {n}")).await?);
    }
    let ids = tickets.iter().map(|ticket| ticket.id.clone()).collect();
    Ok((tickets, ids))
}

async fn run(house: &House, actor: &Actor, action: BulkAction, tickets: &[TicketId]) -> Result<BulkId> {
    let id = house.desk.begin_bulk(actor, action, tickets).await?;
    house.rest().await?;
    Ok(id)
}

/// BLK-1, CLO-1: each row by the same rules, what is left out says why, all of it can be taken back.
#[tokio::test(flavor = "multi_thread")]
async fn each_row_obeys_the_same_rules_and_can_be_taken_back() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    house.desk.take(&house.bo, &ids[1], None).await?;
    let bulk = run(&house, &house.ane, BulkAction::Take, &ids).await?;
    let done = house.desk.bulk(&house.ane, &bulk).await?;
    ensure!((done.all, done.done, done.skipped.len(), done.finished) == (3, 2, 1, true), "{done:?}");
    ensure!(done.skipped[0].number == tickets[1].number && done.skipped[0].why == Error::Taken { holder: "Bo".into() });
    let entry = house.ticket(tickets[0].number).await?.log.into_iter().find(|entry| entry.kind == EventKind::Accepted);
    ensure!(
        entry.is_some_and(|e| e.cause == Cause::Bulk
            && e.cause_id.as_deref() == Some(bulk.as_str())
            && e.actor == "Ane")
    );

    let closed = house.status("Closed").await?;
    let bulk = run(&house, &house.ane, BulkAction::Status { status: closed }, &ids).await?;
    ensure!(house.desk.list(&house.ane, List::Closed, None).await?.total == 3);
    // One was opened again since: it stays, the others go back.
    let open = house.status("Open").await?;
    house.desk.set_status(&house.bo, &ids[2], &house.status("Waiting for customer").await?).await?;
    let left = house.desk.undo_bulk(&house.ane, &bulk).await?;
    ensure!(
        left.len() == 1 && left[0].number == tickets[2].number && matches!(left[0].why, Error::Changed { .. }),
        "{left:?}"
    );
    ensure!(house.ticket(tickets[0].number).await?.status == open);
    tally::check(&house).await
}

/// MSG-10, FWD-5
#[tokio::test(flavor = "multi_thread")]
async fn one_reply_reaches_many_and_one_forward_too() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    house.desk.set_access(&house.ane, &ids[0], desk::model::Access::Internal).await?;
    let before = house.sent().len();
    let reply = BulkAction::Reply { text: "Feilen er rettet.".into(), mail: true, close: true };
    run(&house, &house.ane, reply, &ids).await?;
    ensure!(house.sent().len() == before + 2, "MSG-10: mailed for external ones only");
    for ticket in &tickets {
        let now = house.ticket(ticket.number).await?;
        ensure!(now.state == State::Closed && now.messages.iter().any(|m| m.text == "Feilen er rettet."));
    }
    let before = house.sent().len();
    let unmailed = BulkAction::Reply { text: "Bare for oss.".into(), mail: false, close: false };
    run(&house, &house.ane, unmailed, &ids).await?;
    ensure!(house.sent().len() == before, "MSG-10: only when asked");
    ensure!(house.ticket(tickets[2].number).await?.messages.iter().any(|m| m.text == "Bare for oss."));
    let forward =
        BulkAction::Forward { to: vec!["hjelp@partner.example".into()], comment: "Kan dere se?".into(), close: false };
    run(&house, &house.ane, forward, &ids[1..]).await?;
    let mails = house.sent().split_off(before);
    ensure!(mails.len() == 2 && mails.iter().all(|mail| mail.text.contains("Kan dere se?")), "FWD-5");
    ensure!(house.ticket(tickets[1].number).await?.messages.iter().any(|m| m.text.contains("Kan dere se?")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_with_the_right_and_only_what_is_theirs() -> Result<()> {
    let house = House::open().await?;
    let (_, ids) = three(&house).await?;
    let plain = Role {
        id: RoleId::new(),
        name: "Uten".into(),
        list: Reach::All,
        read: Reach::All,
        edit: Reach::None,
        rights: vec![Right::Tags],
        default: false,
    };
    house.desk.save_role(&house.eva, plain.clone()).await?;
    let cia = crate::house::id(&house.cia);
    house.desk.set_roles(&house.eva, &cia, std::slice::from_ref(&plain.id)).await?;
    ensure!(house.desk.begin_bulk(&house.cia, BulkAction::Take, &ids).await == Err(Error::Forbidden));
    let bulk = Role { rights: vec![Right::Bulk], ..plain };
    house.desk.save_role(&house.eva, bulk.clone()).await?;
    let id = run(&house, &house.cia, BulkAction::Take, &ids).await?;
    let done = house.desk.bulk(&house.cia, &id).await?;
    ensure!(
        done.done == 0 && done.skipped.iter().all(|skipped| skipped.why == Error::Forbidden),
        "reads, and does not change"
    );
    let blind = Role { list: Reach::None, read: Reach::None, ..bulk };
    house.desk.save_role(&house.eva, blind).await?;
    let unseen = run(&house, &house.cia, BulkAction::Take, &ids).await?;
    let unseen = house.desk.bulk(&house.cia, &unseen).await?;
    ensure!(unseen.all == 0 && unseen.skipped.is_empty(), "numbers of what they may not know of come back: {unseen:?}");
    ensure!(house.desk.bulk(&house.bo, &id).await == Err(Error::NotFound), "not his");
    ensure!(house.desk.begin_bulk(&house.ane, BulkAction::Take, &[]).await.is_err());
    let all =
        house.desk.begin_bulk_by(&house.ane, BulkAction::AddTag { tag: "alle".into() }, &Criteria::default()).await?;
    house.rest().await?;
    ensure!(house.desk.bulk(&house.ane, &all).await?.done == 3);
    house.desk.stop_bulk(&house.ane, &all).await?;
    ensure!(!house.desk.bulk(&house.ane, &all).await?.stopped, "it was over");
    Ok(())
}
