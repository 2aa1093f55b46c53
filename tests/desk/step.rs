//! Taking back what was done. Appendix C, number 7.

use crate::house::{House, draft, id};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    clock::DAY,
    model::{Access, EventKind, List, RelationKind, RelationRule, RelationRuleId, State, Ticket},
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
