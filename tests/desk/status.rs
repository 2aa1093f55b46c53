//! Where a request stands, and every way from one state to another. Section 6.

use crate::{
    duplicate::follow,
    house::{House, draft, in_order},
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::{DAY, HOUR},
    model::{
        Access, EventKind, List, NoticeKind, Origin, Phase, Phases, ReadState, RelationKind, State, Status, StatusId,
        Until,
    },
};

async fn named(house: &House, name: &str) -> Result<Status> {
    let statuses = house.desk.choices(&house.eva).await?.statuses;
    statuses.into_iter().find(|status| status.en == name).context("no such status")
}

/// STA-6, D2-5: it leaves the lists, and opens by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_postponed_request_opens_when_its_time_comes() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let past = Until::At { at: house.clock.now() };
    ensure!(house.desk.postpone(&house.ane, &ticket.id, past, None).await == Err(Error::invalid("until", Why::Past)));
    house.desk.postpone(&house.ane, &ticket.id, Until::Hours { hours: 3 }, None).await?;
    ensure!(house.desk.list(&house.ane, List::Mine, None).await?.rows.is_empty());
    ensure!(house.ticket(ticket.number).await?.wake_at == Some(house.clock.now() + 3 * HOUR));
    house.pass(179).await?;
    ensure!(house.ticket(ticket.number).await?.state == State::Postponed);
    house.pass(1).await?;
    let awake = house.ticket(ticket.number).await?;
    ensure!(awake.state == State::Open && awake.wake_at.is_none());
    in_order(&house.log(ticket.number).await?, &[EventKind::Postponed, EventKind::Woken])?;
    ensure!(house.desk.notifications(&house.ane).await?.iter().any(|notice| notice.kind == NoticeKind::Reopened));
    for (until, least) in [(Until::Day, DAY), (Until::Week, 7 * DAY), (Until::Month, 28 * DAY)] {
        house.desk.postpone(&house.ane, &ticket.id, until, None).await?;
        let at = house.ticket(ticket.number).await?.wake_at.context("no time")?;
        ensure!((least..=31 * DAY).contains(&(at - house.clock.now())), "{until:?}");
    }
    // Without a time nothing is put off, and a merge's or the bin's status is nobody's to choose: STA-2.
    let postponed = named(&house, "Postponed").await?.id;
    ensure!(house.desk.set_status(&house.ane, &ticket.id, &postponed).await.is_err());
    for name in ["Linked", "Deleted"] {
        let status = named(&house, name).await?.id;
        ensure!(house.desk.set_status(&house.ane, &ticket.id, &status).await.is_err(), "{name}");
    }
    Ok(())
}

/// Section 6.2: a customer's answer opens what was closed or put off; NOT-1.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_opens_what_was_closed_or_put_off() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.desk.set_status(&house.ane, &ticket.id, &named(&house, "Closed").await?.id).await?;
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.closed_at == Some(house.clock.now()));
    house.answer("kari@fjord.no", "Det hjalp ikke.").await?;
    let open = house.ticket(ticket.number).await?;
    ensure!(open.state == State::Open && open.read == ReadState::News && open.closed_at.is_none());
    house.desk.postpone(&house.ane, &ticket.id, Until::Day, None).await?;
    house.answer("kari@fjord.no", "Hallo?").await?;
    let open = house.ticket(ticket.number).await?;
    ensure!(open.state == State::Open && open.wake_at.is_none());
    in_order(
        &house.log(ticket.number).await?,
        &[EventKind::Closed, EventKind::Reopened, EventKind::Postponed, EventKind::EnquiryReceived],
    )
}

/// STA-3, STA-5, STA-7: an answer to such a status makes a new request that says where it came from.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_make_a_new_request_that_is_related_to_the_old_one() -> Result<()> {
    let house = House::open().await?;
    let mut done = named(&house, "Closed").await?;
    done.id = StatusId::new();
    (done.nb, done.en, done.default, done.new_on_reply) = ("Ferdig".into(), "Done".into(), false, true);
    let done = house.desk.save_status(&house.eva, done).await?;
    let old = house.request("Skriver virker ikke").await?;
    house.desk.set_status(&house.ane, &old.id, &done).await?;
    house.answer("kari@fjord.no", "En ting til.").await?;
    let new = house.latest().await?;
    ensure!(new.number != old.number && house.ticket(old.number).await?.state == State::Closed);
    let relations = house.desk.relations(&house.ane, &new.id).await?;
    ensure!(relations.len() == 1 && relations[0].number == old.number && relations[0].kind == RelationKind::Related);
    // In the portal too, which says so before: once, however often it is sent.
    let kari = follow(&house, &old).await?;
    let before = house.desk.customer_ticket(&kari, old.number).await?;
    ensure!(before.ended);
    let said = house.desk.answer(&kari, &old.id, "Og en ting til.", vec![], "en").await?;
    ensure!(house.desk.answer(&kari, &old.id, "Og en ting til.", vec![], "en").await? == said);
    ensure!(said.number > new.number && house.ticket(old.number).await?.state == State::Closed);
    let third = house.ticket(said.number).await?;
    ensure!(third.title == old.title && third.origin == Origin::Portal && third.messages[0].text == "Og en ting til.");
    ensure!(house.desk.relations(&house.ane, &third.id).await?.iter().any(|other| other.number == old.number));
    ensure!(house.desk.customer_ticket(&kari, old.number).await?.messages == before.messages, "the old one stays");
    ensure!(!house.desk.customer_ticket(&follow(&house, &third).await?, said.number).await?.ended);
    Ok(())
}

/// STA-1, STA-4
#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_deleted_only_with_a_place_for_its_requests() -> Result<()> {
    let house = House::open().await?;
    let open = named(&house, "Open").await?;
    let waiting = named(&house, "Waiting for customer").await?;
    ensure!(house.desk.delete_status(&house.eva, &open.id, None).await == Err(Error::invalid("status", Why::Needed)));
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.set_status(&house.ane, &ticket.id, &waiting.id).await?;
    let refused = house.desk.delete_status(&house.eva, &waiting.id, None).await;
    ensure!(refused == Err(Error::invalid("to", Why::InUse { times: 1 })), "{refused:?}");
    let closed = named(&house, "Closed").await?.id;
    ensure!(house.desk.delete_status(&house.eva, &waiting.id, Some(&closed)).await.is_err(), "another state");
    house.desk.delete_status(&house.eva, &waiting.id, Some(&open.id)).await?;
    ensure!(house.ticket(ticket.number).await?.status == open.id);
    ensure!(named(&house, "Waiting for customer").await.is_err());
    // One default for each state, always.
    let mut other = open.clone();
    other.id = StatusId::new();
    (other.en, other.nb) = ("New".into(), "Ny".into());
    house.desk.save_status(&house.eva, other.clone()).await?;
    let defaults =
        house.desk.choices(&house.eva).await?.statuses.into_iter().filter(|s| s.default && s.state == State::Open);
    ensure!(defaults.map(|status| status.en).collect::<Vec<_>>() == ["New"]);
    other.default = false;
    ensure!(house.desk.save_status(&house.eva, other).await == Err(Error::invalid("default", Why::Needed)));
    ensure!(house.desk.save_status(&house.ane, open).await == Err(Error::Forbidden));
    Ok(())
}

/// STAT-3, STAT-4: every status is kept, and counts as the phase that it says; CRE-8: a category's own first status.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_in_each_phase_is_what_the_statuses_say() -> Result<()> {
    let house = House::open().await?;
    let mut queue = named(&house, "Open").await?;
    queue.id = StatusId::new();
    (queue.nb, queue.en, queue.default, queue.accept, queue.track) =
        ("I kø".into(), "In queue".into(), false, false, Phase::Queue);
    let queue = house.desk.save_status(&house.eva, queue).await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.new_status = Some(queue.clone());
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(ticket.status == queue, "CRE-8");
    house.clock.advance(HOUR);
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.clock.advance(2 * HOUR);
    let waiting = named(&house, "Waiting for customer").await?.id;
    house.desk.set_status(&house.ane, &ticket.id, &waiting).await?;
    house.clock.advance(4 * HOUR);
    let phases = house.desk.phases(&house.ane, &ticket.id).await?;
    ensure!(phases == Phases { queue: 60, internal: 120, external: 240 }, "{phases:?}");
    house.desk.set_status(&house.ane, &ticket.id, &named(&house, "Closed").await?.id).await?;
    house.clock.advance(DAY);
    ensure!(house.desk.phases(&house.ane, &ticket.id).await? == phases, "closed time counts nowhere");
    // A status that is taken away takes no time with it, and comes back by nothing.
    let open = named(&house, "Open").await?.id;
    house.desk.delete_status(&house.eva, &waiting, Some(&open)).await?;
    ensure!(house.desk.phases(&house.ane, &ticket.id).await? == phases, "STAT-4");
    ensure!(house.desk.set_status(&house.ane, &ticket.id, &waiting).await.is_err());
    Ok(())
}

/// CLO-3
#[tokio::test(flavor = "multi_thread")]
async fn closing_without_an_answer_is_warned_about() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(house.desk.before_closing(&house.ane, &ticket.id).await?.unanswered);
    house.desk.reply(&house.ane, &ticket.id, draft("Hei", Access::External)).await?;
    ensure!(!house.desk.before_closing(&house.ane, &ticket.id).await?.unanswered);
    Ok(())
}
