//! Taking back what was done. Appendix C, number 7.

use crate::house::{House, draft, id};
use anyhow::{Result, anyhow, ensure};
use desk::{
    Error, Why,
    clock::{DAY, MINUTE},
    model::{Access, EventKind, List, RelationKind, RelationRule, RelationRuleId, State, Ticket, Until},
};

/// What undo promises to bring back. Times of reading and the log itself are not part of it.
fn picture(ticket: &Ticket) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        ticket.state,
        ticket.status.clone(),
        ticket.owner.as_ref().map(|owner| owner.id.clone()),
        ticket.category.clone(),
        ticket.priority.clone(),
        ticket.closed_at,
        ticket.messages.iter().map(|message| (message.id.clone(), message.text.clone())).collect::<Vec<_>>(),
        ticket.contacts.iter().map(|person| person.id.clone()).collect::<Vec<_>>(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_agent_does_can_be_taken_back_in_reverse_order() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let before = picture(&ticket);
    let (closed, high) = (house.status("Closed").await?, house.priority("High").await?);
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.set_category(&house.ane, &ticket.id, &house.invoices).await?;
    house.desk.set_priority(&house.ane, &ticket.id, &high).await?;
    let note = draft("Kjenner du denne?", Access::Internal);
    house.desk.transfer(&house.ane, &ticket.id, &id(&house.cia), Some(note)).await?;
    house.desk.set_status(&house.cia, &ticket.id, &closed).await?;
    ensure!(picture(&house.ticket(ticket.number).await?) != before);

    let steps = house.desk.steps(&house.eva, &ticket.id).await?;
    ensure!(steps.len() == 5, "{steps:?}");
    for step in &steps {
        house.desk.undo(&house.eva, step.number).await?;
    }
    let after = house.ticket(ticket.number).await?;
    ensure!(picture(&after) == before, "{:#?}", picture(&after));
    ensure!(after.log.iter().filter(|entry| entry.kind == EventKind::Undone).count() == 5);
    // It is in the lists again where it was.
    ensure!(house.desk.list(&house.ane, List::Unassigned, None).await?.total == 1);
    Ok(())
}

/// One change that an agent may make; what makes no sense just now is refused, and is no step.
async fn anything(house: &House, ticket: &Ticket, random: &mut fastrand::Rng) -> Result<()> {
    let (desk, id_of) = (&house.desk, &ticket.id);
    let actor = [&house.ane, &house.bo, &house.eva][random.usize(0..3)];
    let others = [&house.ane, &house.bo, &house.dag];
    let statuses: Vec<_> =
        desk.choices(&house.eva).await?.statuses.into_iter().filter(|s| s.state.is_chosen()).collect();
    let number: String = random.u32(..).to_string();
    let _ = match random.u8(0..11) {
        0 => desk.take(actor, id_of, None).await,
        1 => desk.release(actor, id_of).await,
        2 => desk.transfer(&house.eva, id_of, &id(others[random.usize(0..3)]), None).await,
        3 => match random.choice(&statuses) {
            Some(status) if status.state == State::Postponed => desk.postpone(actor, id_of, Until::Day, None).await,
            Some(status) => desk.set_status(actor, id_of, &status.id).await,
            None => Ok(()),
        },
        4 => {
            desk.set_priority(actor, id_of, &house.priority(["Low", "Medium", "High"][random.usize(0..3)]).await?).await
        }
        5 => desk.set_category(&house.eva, id_of, if random.bool() { &house.invoices } else { &house.support }).await,
        6 => desk.set_title(actor, id_of, &format!("Sak {number}")).await,
        7 => {
            let tags: Vec<String> =
                ["vpn", "skriver", "haster"].iter().filter(|_| random.bool()).map(|tag| (*tag).to_owned()).collect();
            desk.set_tags(actor, id_of, &tags).await
        }
        8 => desk.follow_ticket(actor, id_of, &id(others[random.usize(0..3)]), random.bool()).await,
        9 => desk.set_access(actor, id_of, if random.bool() { Access::Internal } else { Access::External }).await,
        _ => desk.comment(actor, id_of, draft(&number, Access::Internal)).await.map(drop),
    };
    Ok(())
}

/// Any sequence of changes, taken back from the last to the first, leaves the request as it was; so does taking the taking
/// back back leave it as it became.
#[tokio::test(flavor = "multi_thread")]
async fn any_sequence_of_changes_and_its_undos_leave_a_request_as_it_was() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(31);
    let rounds = std::env::var("SAKER_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let mut done = 0;
    for round in 0..rounds {
        let house = House::open().await?;
        let ticket = house.request("Skriver virker ikke").await?;
        house.rest().await?;
        let before = whole(&house, &ticket).await?;
        for _ in 0..random.usize(1..12) {
            anything(&house, &ticket, &mut random).await?;
            if random.u8(0..4) == 0 {
                house.clock.advance(random.i64(1..90) * MINUTE);
            }
        }
        let became = whole(&house, &ticket).await?;
        let steps = house.desk.steps(&house.eva, &ticket.id).await?;
        done += steps.len();
        for step in steps.iter().filter(|step| !step.undone) {
            house.desk.undo(&house.eva, step.number).await.map_err(|why| anyhow!("{round}: {why:?} {step:?}"))?;
        }
        let after = whole(&house, &ticket).await?;
        ensure!(after == before, "{round}: {steps:#?}\n{before:#?}\n{after:#?}");
        let undos = house.desk.steps(&house.eva, &ticket.id).await?;
        for undo in undos.iter().take(steps.len()) {
            house.desk.undo(&house.eva, undo.number).await.map_err(|why| anyhow!("{round}: {why:?} {undo:?}"))?;
        }
        let again = whole(&house, &ticket).await?;
        ensure!(again == became, "{round}: {steps:#?}\n{became:#?}\n{again:#?}");
        crate::tally::check(&house).await?;
    }
    ensure!(done > 3 * rounds, "so little was done that little was shown: {done}");
    Ok(())
}

/// All that undo promises to bring back, of a request and of what hangs on it.
async fn whole(house: &House, ticket: &Ticket) -> Result<impl PartialEq + std::fmt::Debug + use<>> {
    whole_of(house, &house.ticket(ticket.number).await?).await
}

/// The same of a request as it was read.
pub async fn whole_of(house: &House, now: &Ticket) -> Result<impl PartialEq + std::fmt::Debug + use<>> {
    let mut tags = house.desk.tags_of(&house.eva, &now.id).await?;
    tags.sort();
    let followers = house.desk.followers(&house.eva, &now.id).await?;
    let mut followers: Vec<String> = followers.into_iter().map(|agent| agent.name).collect();
    followers.sort();
    Ok((picture(now), now.title.clone(), now.access, now.wake_at, now.company.is_some(), tags, followers))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_can_be_undone() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let taken = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.ane, taken.number).await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_none());
    let undone = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    ensure!(undone.kind == EventKind::Undone);
    house.desk.undo(&house.ane, undone.number).await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.id == id(&house.ane)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_changed_since_is_not_overwritten() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let taken = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.take(&house.bo, &ticket.id, Some(&id(&house.ane))).await?;
    let refused = house.desk.undo(&house.ane, taken.number).await;
    ensure!(refused == Err(Error::Changed { by: "Bo".to_owned() }), "{refused:?}");
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.id == id(&house.bo)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_left_the_house_and_what_is_old_stays() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let mut answer = draft("Start den på nytt.", Access::External);
    answer.close = true;
    house.desk.reply(&house.ane, &ticket.id, answer).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.ane, step.number).await?;
    let open = house.ticket(ticket.number).await?;
    ensure!(open.state == State::Open && open.messages.iter().any(|message| message.text == "Start den på nytt."));

    house.desk.reply(&house.ane, &ticket.id, draft("En ting til.", Access::External)).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    let refused = house.desk.undo(&house.ane, step.number).await;
    ensure!(refused == Err(Error::invalid("step", Why::Sent)), "{refused:?}");

    house.desk.take(&house.ane, &ticket.id, None).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.clock.advance(31 * DAY);
    ensure!(house.desk.steps(&house.ane, &ticket.id).await?.is_empty());
    let refused = house.desk.undo(&house.ane, step.number).await;
    ensure!(refused == Err(Error::invalid("step", Why::TooOld)), "{refused:?}");
    Ok(())
}

/// CAT-1, PRI-1: undo puts nothing to where nobody would find it, nor gives what was taken away since.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_back_into_what_was_taken_away_since() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let low = house.priority("Low").await?;
    house.desk.set_priority(&house.ane, &ticket.id, &low).await?;
    house.desk.set_priority(&house.ane, &ticket.id, &house.priority("High").await?).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.retire_priority(&house.eva, &low).await?;
    let refused = house.desk.undo(&house.ane, step.number).await;
    ensure!(refused == Err(Error::invalid("priority", Why::NotAChoice)), "{refused:?}");

    house.desk.set_category(&house.ane, &ticket.id, &house.invoices).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.delete_category(&house.eva, &house.support, &house.invoices).await?;
    let refused = house.desk.undo(&house.eva, step.number).await;
    ensure!(refused == Err(Error::invalid("category", Why::NotAChoice)), "{refused:?}");
    Ok(())
}

/// CLO-2: a request that waits for its children is not closed by an undo either.
#[tokio::test(flavor = "multi_thread")]
async fn undo_closes_nothing_that_may_not_be_closed() -> Result<()> {
    let house = House::open().await?;
    let (parent, child) = (house.request("Nettet er nede").await?, house.request("Ingen kontakt").await?);
    let (open, closed) = (house.status("Open").await?, house.status("Closed").await?);
    house.desk.set_status(&house.ane, &parent.id, &closed).await?;
    house.desk.set_status(&house.ane, &parent.id, &open).await?;
    let step = house.desk.steps(&house.ane, &parent.id).await?.remove(0);
    house.desk.relate(&house.ane, &parent.id, &child.id, RelationKind::Child, "").await?;
    let rule = RelationRule {
        id: RelationRuleId::new(),
        name: "Barna først".to_owned(),
        parents: vec![],
        children: vec![],
        require_parent: false,
        children_first: true,
        offer_parent: false,
        offer_children: false,
    };
    house.desk.save_relation_rule(&house.eva, rule).await?;
    let refused = house.desk.undo(&house.ane, step.number).await;
    ensure!(refused == Err(Error::invalid("status", Why::First { what: format!("#{}", child.number) })), "{refused:?}");
    Ok(())
}
