//! One action on many requests. Section 10.4.

use crate::{house::House, tally};
use anyhow::{Result, ensure};
use desk::{
    Error,
    clock::MINUTE,
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

/// The process dies after the mail and before its row says so: the helper is asked once.
#[tokio::test(flavor = "multi_thread")]
async fn a_forward_that_was_cut_off_asks_the_helper_once() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    let before = house.sent().len();
    // What notes that a row is done can't be written, until somebody mends it.
    let pool = house.desk.db().read();
    sqlx::query("alter table bulk_row rename column reason to mislaid").execute(pool).await?;
    let to = vec!["hjelp@partner.example".to_owned()];
    let forward = BulkAction::Forward { to, comment: "Kan dere se?".into(), close: true };
    let id = house.desk.begin_bulk(&house.ane, forward, &ids).await?;
    // Until it waits alone for its next try: what is in hand would be begun anew when the clock leaps.
    let mut cut_off = false;
    for _ in 0..1_000 {
        let failed: i64 = sqlx::query_scalar("select count(*) from job where kind = 'bulk' and error is not null")
            .fetch_one(pool)
            .await?;
        cut_off = failed == 1 && house.desk.open_jobs().await? == 1;
        if cut_off {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    ensure!(cut_off, "it was not cut off");
    sqlx::query("alter table bulk_row rename column mislaid to reason").execute(pool).await?;
    house.pass(1).await?;
    ensure!(house.desk.bulk(&house.ane, &id).await?.done == 3);
    let mails = house.sent().split_off(before);
    ensure!(mails.len() == 3, "{} mails", mails.len());
    for ticket in &tickets {
        let now = house.ticket(ticket.number).await?;
        ensure!(now.state == State::Closed && house.desk.sides(&house.ane, &ticket.id).await?.len() == 1);
    }
    Ok(())
}

/// CLO-1: what is taken back while it runs goes no further, and leaves nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn taking_back_what_still_runs_stops_it() -> Result<()> {
    let house = House::open().await?;
    for n in 0..60 {
        house.mail("kari@fjord.no", &format!("Sak {n}"), "Hei.").await?;
    }
    house.rest().await?;
    let tagged = BulkAction::AddTag { tag: "feil".into() };
    let id = house.desk.begin_bulk_by(&house.ane, tagged, &Criteria::default()).await?;
    while house.desk.bulk(&house.ane, &id).await?.done == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    ensure!(house.desk.undo_bulk(&house.ane, &id).await?.is_empty());
    house.clock.advance(MINUTE);
    house.rest().await?;
    let bulk = house.desk.bulk(&house.ane, &id).await?;
    ensure!(bulk.stopped && bulk.done < 60 && bulk.skipped.is_empty(), "{bulk:?}");
    for row in house.desk.list(&house.ane, List::Open, None).await?.rows {
        ensure!(house.desk.tags_of(&house.ane, &row.id).await?.is_empty(), "{} is still tagged", row.number);
    }
    Ok(())
}
