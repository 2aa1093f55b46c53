//! Changes that are for the version somebody saw. Appendix C, number 22.

use crate::house::{House, draft, id};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{Access, EventKind, Reach, Role, RoleId, State, TicketChange},
};

#[tokio::test(flavor = "multi_thread")]
async fn several_changes_are_one_step_all_or_none() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let (same, seen) = house.desk.ticket_version(&house.ane, ticket.number).await?;
    ensure!(same == ticket.id && seen == ticket.log.iter().map(|entry| entry.number).max().unwrap_or_default());
    let (closed, high) = (house.status("Closed").await?, house.priority("High").await?);
    let change = TicketChange {
        title: Some("Skriver i 2. etasje".into()),
        priority: Some(high.clone()),
        category: Some(house.invoices.clone()),
        owner: Some(id(&house.cia)),
        access: Some(Access::Internal),
        status: Some(closed),
        ..TicketChange::default()
    };
    house.desk.change_ticket(&house.ane, &ticket.id, change.clone(), seen).await?;
    let after = house.ticket(ticket.number).await?;
    ensure!(after.title == "Skriver i 2. etasje" && after.priority == high && after.category == house.invoices);
    ensure!(after.owner.is_some_and(|owner| owner.name == "Cia") && after.access == Access::Internal);
    ensure!(after.state == State::Closed);
    let steps = house.desk.steps(&house.eva, &ticket.id).await?;
    ensure!(steps.len() == 1, "{steps:?}");
    house.desk.undo(&house.eva, steps[0].number).await?;
    let back = house.ticket(ticket.number).await?;
    ensure!(back.title == ticket.title && back.category == ticket.category && back.state == State::Open);

    // One of them can't be: none is.
    let (_, seen) = house.desk.ticket_version(&house.ane, ticket.number).await?;
    let change = TicketChange { status: Some("nope".into()), title: Some("Ny".into()), ..TicketChange::default() };
    let refused = house.desk.change_ticket(&house.ane, &ticket.id, change, seen).await;
    ensure!(refused == Err(Error::invalid("status", Why::NotAChoice)));
    ensure!(house.ticket(ticket.number).await?.title == ticket.title);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_an_older_version_is_refused_with_who_changed_it() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let (_, seen) = house.desk.ticket_version(&house.ane, ticket.number).await?;
    house.desk.comment(&house.bo, &ticket.id, draft("Jeg ser på den.", Access::Internal)).await?;
    let change = TicketChange { title: Some("Ny".into()), ..TicketChange::default() };
    let refused = house.desk.change_ticket(&house.ane, &ticket.id, change.clone(), seen).await;
    ensure!(refused == Err(Error::Changed { by: "Bo".into() }), "{refused:?}");
    let (_, seen) = house.desk.ticket_version(&house.ane, ticket.number).await?;
    house.desk.change_ticket(&house.ane, &ticket.id, change, seen).await?;
    crate::house::in_order(&house.log(ticket.number).await?, &[EventKind::Commented, EventKind::TitleChanged])
}

/// C-22: the same rules hold through this door.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_read_only_changes_nothing() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let mut role = Role {
        id: RoleId::new(),
        name: "Leser".into(),
        list: Reach::All,
        read: Reach::All,
        edit: Reach::None,
        rights: vec![],
        default: false,
    };
    house.desk.save_role(&house.eva, role.clone()).await?;
    house.desk.set_roles(&house.eva, &id(&house.bo), &[role.id.clone()]).await?;
    let (_, seen) = house.desk.ticket_version(&house.bo, ticket.number).await?;
    let change = TicketChange { title: Some("Ny".into()), ..TicketChange::default() };
    ensure!(house.desk.change_ticket(&house.bo, &ticket.id, change.clone(), seen).await == Err(Error::Forbidden));
    (role.read, role.list) = (Reach::None, Reach::None);
    house.desk.save_role(&house.eva, role).await?;
    ensure!(house.desk.ticket_version(&house.bo, ticket.number).await == Err(Error::NotFound));
    ensure!(house.desk.change_ticket(&house.bo, &ticket.id, change, seen).await == Err(Error::NotFound));
    Ok(())
}
