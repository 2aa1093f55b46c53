//! Request types. Section 8.2.

use crate::house::{House, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{
        Aspect, BulkAction, Criteria, Criterion, EventKind, Heading, NewTicket, Operator, PriorityId, RequestType,
        RequestTypeId, Sort, State, Status, StatusId, Until,
        rule::{Rule, Then, When},
    },
};

pub fn kind(nb: &str) -> RequestType {
    RequestType {
        id: RequestTypeId::new(),
        nb: nb.to_owned(),
        en: nb.to_owned(),
        description: String::new(),
        icon: String::new(),
        default: false,
        external: false,
        statuses: vec![],
        status: None,
        priorities: vec![],
        priority: None,
        template: None,
    }
}

/// A status of their own, with nothing special.
async fn status(house: &House, name: &str) -> Result<StatusId> {
    let like = house.desk.choices(&house.eva).await?.statuses.into_iter().find(|status| status.en == "Open");
    let like = like.context("no open status")?;
    let status =
        Status { id: StatusId::new(), nb: name.to_owned(), en: name.to_owned(), default: false, accept: false, ..like };
    Ok(house.desk.save_status(&house.eva, status).await?)
}

/// A type that allows "Meldt" and "Closed", and only the highest priority.
async fn outage(house: &House) -> Result<RequestType> {
    let reported = status(house, "Meldt").await?;
    let high = house.priority("High").await?;
    let outage = RequestType {
        statuses: vec![house.status("Closed").await?, reported.clone()],
        status: Some(reported),
        priorities: vec![high.clone()],
        priority: Some(high),
        template: Some("outage".to_owned()),
        ..kind("Driftsfeil")
    };
    house.desk.save_request_type(&house.eva, outage.clone()).await?;
    Ok(outage)
}

/// TYP-1, CRE-8, PRI-2
#[tokio::test(flavor = "multi_thread")]
async fn a_type_says_what_a_new_request_begins_with_before_all_others() -> Result<()> {
    let house = House::open().await?;
    let outage = outage(&house).await?;
    // The category and the contact have wishes of their own.
    let waiting = house.status("Waiting for customer").await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.new_status = Some(waiting.clone());
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let mut kari = house.desk.contact_settings(&house.eva, &house.kari).await?;
    kari.priority = Some(house.priority("Low").await?);
    house.desk.save_contact(&house.eva, &house.kari, kari).await?;
    let new = NewTicket { title: "Nede".into(), person: Some(house.kari.clone()), ..NewTicket::default() };
    let plain = house.desk.open_ticket(&house.ane, new.clone()).await?;
    let plain = house.ticket(plain.number).await?;
    ensure!(plain.status == waiting && plain.priority == house.priority("Low").await?, "CRE-8, PRI-2");
    let default = house.desk.choices(&house.ane).await?.types.into_iter().find(|kind| kind.default);
    ensure!(plain.kind == default.map(|kind| kind.id) && plain.kind.is_some(), "the default type");

    let of_it = NewTicket { kind: Some(outage.id.clone()), ..new.clone() };
    let opened = house.desk.open_ticket(&house.ane, of_it.clone()).await?;
    let opened = house.ticket(opened.number).await?;
    ensure!(Some(&opened.status) == outage.status.as_ref(), "TYP-1: before the category");
    ensure!(Some(&opened.priority) == outage.priority.as_ref(), "TYP-1: before the contact");

    // What somebody chooses beats a default, within what the type allows.
    let low = NewTicket { priority: Some(house.priority("Low").await?), ..of_it.clone() };
    ensure!(house.desk.open_ticket(&house.ane, low).await == Err(Error::invalid("priority", Why::NotAChoice)));
    let closed = NewTicket { status: Some(house.status("Closed").await?), ..of_it.clone() };
    let closed = house.desk.open_ticket(&house.ane, closed).await?;
    ensure!(house.ticket(closed.number).await?.state == State::Closed);
    let open = NewTicket { status: Some(house.status("Open").await?), ..of_it };
    ensure!(house.desk.open_ticket(&house.ane, open).await == Err(Error::invalid("status", Why::NotAChoice)));
    let no_type = NewTicket { kind: Some(RequestTypeId::new()), ..new };
    ensure!(house.desk.open_ticket(&house.ane, no_type).await == Err(Error::invalid("type", Why::NotAChoice)));

    // A mailbox sets one too, and mail is never refused for it.
    let account = house.mailbox().await?.id;
    house.desk.set_account_type(&house.eva, &account, Some(&outage.id)).await?;
    let mailed = house.request("Alt er nede").await?;
    ensure!(mailed.kind == Some(outage.id.clone()) && Some(&mailed.status) == outage.status.as_ref());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_narrows_what_people_choose_and_never_what_happens_by_itself() -> Result<()> {
    let house = House::open().await?;
    let outage = outage(&house).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.postpone(&house.ane, &ticket.id, Until::Day, None).await?;
    house.desk.set_request_type(&house.ane, &ticket.id, &outage.id).await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.state == State::Open && now.wake_at.is_none(), "nothing of this type can be put off");
    ensure!(Some(&now.status) == outage.status.as_ref() && Some(&now.priority) == outage.priority.as_ref());
    let log = now.log.iter().find(|entry| entry.kind == EventKind::TypeChanged).context("no line in the log")?;
    ensure!(log.old.as_deref() == Some("Sak") && log.new.as_deref() == Some("Driftsfeil"), "by their names");
    in_order(
        &house.log(ticket.number).await?,
        &[EventKind::TypeChanged, EventKind::StatusChanged, EventKind::PriorityChanged],
    )?;

    let refused = Err(Error::invalid("status", Why::NotAChoice));
    let open = house.status("Open").await?;
    ensure!(house.desk.set_status(&house.ane, &ticket.id, &open).await == refused);
    ensure!(house.desk.postpone(&house.ane, &ticket.id, Until::Day, None).await == refused);
    let low = house.priority("Low").await?;
    ensure!(
        house.desk.set_priority(&house.ane, &ticket.id, &low).await == Err(Error::invalid("priority", Why::NotAChoice))
    );
    // Taking it sets no status that the type has not, ACC-3; closing and an answer that opens it again find theirs.
    house.desk.take(&house.ane, &ticket.id, None).await?;
    ensure!(Some(&house.ticket(ticket.number).await?.status) == outage.status.as_ref());
    house.desk.set_status(&house.ane, &ticket.id, &house.status("Closed").await?).await?;
    house.answer("kari@fjord.no", "Fortsatt nede.").await?;
    let again = house.ticket(ticket.number).await?;
    ensure!(again.state == State::Open && Some(&again.status) == outage.status.as_ref());

    // One step, taken back as one.
    let other = house.request("Enda en").await?;
    house.desk.set_request_type(&house.ane, &other.id, &outage.id).await?;
    let step = house.desk.steps(&house.ane, &other.id).await?.remove(0);
    house.desk.undo(&house.ane, step.number).await?;
    let back = house.ticket(other.number).await?;
    ensure!((back.kind, back.status, back.priority) == (other.kind, other.status, other.priority));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn types_are_kept_in_order_by_administrators_and_retired_without_loss() -> Result<()> {
    let house = House::open().await?;
    let outage = outage(&house).await?;
    let desk = &house.desk;
    let saved = desk.choices(&house.ane).await?.types;
    ensure!(saved.len() == 2 && saved[1] == outage, "{saved:?}");
    desk.order_request_types(&house.eva, &[outage.id.clone(), saved[0].id.clone()]).await?;
    ensure!(desk.choices(&house.ane).await?.types[0].id == outage.id);

    // Sections 8.2: a list needs its default, and must let its requests be closed.
    let save = async |change: fn(&mut RequestType)| {
        let mut new = outage.clone();
        change(&mut new);
        house.desk.save_request_type(&house.eva, new).await
    };
    ensure!(save(|new| new.status = None).await == Err(Error::invalid("status", Why::Missing)));
    ensure!(save(|new| new.priority = None).await == Err(Error::invalid("priority", Why::Missing)));
    ensure!(save(|new| drop(new.statuses.remove(0))).await == Err(Error::invalid("statuses", Why::Needed)));
    ensure!(save(|new| new.status = new.statuses.first().cloned()).await.is_err(), "a closed default");
    ensure!(save(|new| new.priorities = vec![PriorityId::new()]).await.is_err());
    ensure!(save(|new| new.nb = " ".into()).await == Err(Error::invalid("name", Why::Missing)));
    ensure!(desk.save_request_type(&house.ane, outage.clone()).await == Err(Error::Forbidden));

    // The default one can't go, nor stop being it.
    ensure!(desk.retire_request_type(&house.eva, &saved[0].id).await == Err(Error::invalid("type", Why::Needed)));
    let plain = RequestType { default: false, ..saved[0].clone() };
    ensure!(desk.save_request_type(&house.eva, plain).await == Err(Error::invalid("default", Why::Needed)));

    let ticket = house.request("Nede").await?;
    desk.set_request_type(&house.ane, &ticket.id, &outage.id).await?;
    desk.retire_request_type(&house.eva, &outage.id).await?;
    ensure!(desk.choices(&house.ane).await?.types.len() == 1);
    ensure!(house.ticket(ticket.number).await?.kind == Some(outage.id.clone()), "requests keep it");
    let other = house.request("Også nede").await?;
    ensure!(
        desk.set_request_type(&house.ane, &other.id, &outage.id).await == Err(Error::invalid("type", Why::NotAChoice))
    );
    desk.save_request_type(&house.eva, outage.clone()).await?;
    desk.set_request_type(&house.ane, &other.id, &outage.id).await?;

    // STA-4: a status that a type begins with needs another in its place.
    let reported = outage.status.clone().context("no status")?;
    ensure!(matches!(
        desk.delete_status(&house.eva, &reported, None).await,
        Err(Error::Invalid { why: Why::InUse { .. }, .. })
    ));
    let open = house.status("Open").await?;
    desk.delete_status(&house.eva, &reported, Some(&open)).await?;
    let now = desk.choices(&house.ane).await?.types.into_iter().find(|kind| kind.id == outage.id);
    let now = now.context("it is gone")?;
    ensure!(now.status == Some(open.clone()) && now.statuses.contains(&open) && now.statuses.len() == 2);
    Ok(())
}

/// FND-3, FND-7, BLK-1
#[tokio::test(flavor = "multi_thread")]
async fn lists_rules_and_bulk_actions_know_types() -> Result<()> {
    let house = House::open().await?;
    let outage = outage(&house).await?;
    let (a, b) = (house.request("Nettet er nede").await?, house.request("Et spørsmål").await?);
    let rule = Rule {
        id: desk::model::RuleId::new(),
        name: "Driftsfeil".into(),
        on: true,
        when: When::Happened { kinds: vec![EventKind::TypeChanged] },
        only: Criteria::all(vec![Criterion::new(Aspect::Type, Operator::OneOf, [outage.id.as_str()])]),
        then: vec![Then::Tag { tag: "drift".into() }],
    };
    house.desk.save_rule(&house.eva, rule).await?;
    let bulk = BulkAction::Type { to: outage.id.clone() };
    let bulk = house.desk.begin_bulk(&house.ane, bulk, std::slice::from_ref(&a.id)).await?;
    house.rest().await?;
    ensure!(house.desk.bulk(&house.ane, &bulk).await?.done == 1);
    ensure!(house.ticket(a.number).await?.kind == Some(outage.id.clone()));
    ensure!(house.desk.tags_of(&house.ane, &a.id).await? == ["drift"], "by the rule");
    let of_it = Criteria::all(vec![Criterion::new(Aspect::Type, Operator::OneOf, [outage.id.as_str()])]);
    let found = house.desk.list_by(&house.ane, &of_it, Sort::default(), None).await?.rows;
    ensure!(found.len() == 1 && found[0].id == a.id && found[0].kind == Some(outage.id.clone()));
    house.desk.order_request_types(&house.eva, std::slice::from_ref(&outage.id)).await?;
    let by_type = Sort::new(Heading::Type, false);
    let rows = house.desk.list_by(&house.ane, &Criteria::default(), by_type, None).await?.rows;
    ensure!(rows.iter().map(|row| row.number).collect::<Vec<_>>() == [a.number, b.number], "in the types' order");
    house.desk.undo_bulk(&house.ane, &bulk).await?;
    ensure!(house.ticket(a.number).await?.kind == b.kind);
    Ok(())
}
