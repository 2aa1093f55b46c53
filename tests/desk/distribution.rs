//! Who gets a request by the rules, and why. Section 5.4, C-8.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::{HOUR, MINUTE},
    model::{
        Absence, AbsenceId, CalendarCard, CalendarId, CategorySettings, Ground, Interval, List, Member, Method, Passed,
        Ticket,
    },
};
use std::collections::BTreeMap;

async fn set_up(house: &House, change: impl FnOnce(&mut CategorySettings)) -> Result<()> {
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    change(&mut support);
    Ok(house.desk.save_category(&house.eva, &house.support, support).await?)
}

/// A request of somebody new each time, so that nothing but the method decides.
async fn arrive(house: &House, n: usize) -> Result<Ticket> {
    house.mail(&format!("kunde{n}@somewhere.example"), &format!("Sak {n}"), "Hei").await?;
    house.rest().await?;
    house.latest().await
}

fn owner(ticket: &Ticket) -> String {
    ticket.owner.as_ref().map(|owner| owner.name.clone()).unwrap_or_default()
}

/// ASG-9: evenly is even, and each finds theirs in their own list.
#[tokio::test(flavor = "multi_thread")]
async fn in_turn_each_member_gets_the_same_number() -> Result<()> {
    let house = House::open().await?;
    set_up(&house, |support| support.method = Method::Even).await?;
    for n in 0..9 {
        arrive(&house, n).await?;
    }
    for actor in [&house.ane, &house.bo, &house.dag] {
        ensure!(house.desk.list(actor, List::Mine, None).await?.total == 3, "{}", actor.name());
    }
    ensure!(house.desk.list(&house.eva, List::Unassigned, None).await?.total == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_are_exact_over_a_cycle_and_the_fewest_open_come_first() -> Result<()> {
    let house = House::open().await?;
    let members = [(&house.ane, 1), (&house.bo, 2), (&house.dag, 5)];
    set_up(&house, |support| {
        support.method = Method::Weighted;
        support.members = members.iter().map(|(actor, weight)| Member { agent: id(actor), weight: *weight }).collect();
    })
    .await?;
    let mut counts = BTreeMap::new();
    for n in 0..8 {
        *counts.entry(owner(&arrive(&house, n).await?)).or_insert(0) += 1;
    }
    ensure!(counts == [("Ane".into(), 1), ("Bo".into(), 2), ("Dag".into(), 5)].into(), "{counts:?}");
    set_up(&house, |support| support.method = Method::Fewest).await?;
    ensure!(owner(&arrive(&house, 8).await?) == "Ane");
    Ok(())
}

/// ASG-1, C-8: only who is there; the reason names who was passed over and why.
#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_are_there_get_it_and_the_reason_is_kept() -> Result<()> {
    let house = House::open().await?;
    set_up(&house, |support| (support.method, support.present_only) = (Method::Even, true)).await?;
    house.desk.note_seen(&id(&house.bo)).await?;
    house.desk.note_seen(&id(&house.dag)).await?;
    house.desk.set_away(&house.dag, &id(&house.dag), true).await?;
    let ticket = arrive(&house, 0).await?;
    let why = ticket.why.clone().context("no reason")?;
    ensure!(owner(&ticket) == "Bo" && why.ground == Ground::Even && why.chosen.as_deref() == Some("Bo"), "{why:?}");
    let passed: BTreeMap<_, _> = why.passed.into_iter().map(|passed| (passed.name, passed.why)).collect();
    ensure!(passed == [("Ane".into(), Passed::NotPresent), ("Dag".into(), Passed::Away)].into(), "{passed:?}");

    // C-9: who is at a screen outside of their hours is passed over too; the clock stands at Tuesday ten.
    let night = house.desk.calendars(&house.eva).await?.remove(0);
    let mut hours = night.hours.clone();
    hours.week = [(); 7].map(|()| vec![Interval { from: 0, to: 60 }]);
    let night = CalendarCard { id: CalendarId::new(), name: "Natt".to_owned(), hours };
    house.desk.save_calendar(&house.eva, night.clone()).await?;
    house.desk.set_working_hours(&house.eva, &id(&house.bo), Some(&night.id)).await?;
    let refused = house.desk.set_working_hours(&house.bo, &id(&house.bo), None).await;
    ensure!(refused == Err(Error::Forbidden), "{refused:?}");
    let ticket = arrive(&house, 10).await?;
    let passed = ticket.why.clone().context("no reason")?.passed;
    ensure!(ticket.owner.is_none() && passed.iter().any(|one| one.name == "Bo" && one.why == Passed::OffHours));
    let used = house.desk.delete_calendar(&house.eva, &night.id).await;
    ensure!(used == Err(Error::invalid("calendar", Why::InUse { times: 1 })), "{used:?}");
    house.desk.set_working_hours(&house.eva, &id(&house.bo), None).await?;
    house.desk.delete_calendar(&house.eva, &night.id).await?;
    ensure!(house.desk.work_of(&house.eva, &id(&house.bo)).await?.hours.is_none());

    // Seen long ago is not there. ASG-2: then the administrator gets it; ASG-7: else nobody, and it is not lost.
    house.clock.advance(HOUR);
    let ticket = arrive(&house, 1).await?;
    ensure!(ticket.owner.is_none() && ticket.why.as_ref().is_some_and(|why| why.ground == Ground::Nobody));
    ensure!(house.desk.list(&house.ane, List::Unassigned, None).await?.total == 2);
    set_up(&house, |support| support.administrator = Some(id(&house.eva))).await?;
    let ticket = arrive(&house, 2).await?;
    ensure!(owner(&ticket) == "Eva" && ticket.why.is_some_and(|why| why.ground == Ground::Administrator));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_desk_is_passed_over_and_so_is_a_planned_absence() -> Result<()> {
    let house = House::open().await?;
    set_up(&house, |support| support.method = Method::Even).await?;
    house.desk.set_capacity(&house.eva, &id(&house.ane), Some(0)).await?;
    let now = house.clock.now();
    let absence = Absence { id: AbsenceId::new(), from: now, to: now + HOUR, delegate: None };
    house.desk.plan_absence(&house.bo, &id(&house.bo), absence).await?;
    let ticket = arrive(&house, 0).await?;
    let passed: Vec<Passed> = ticket.why.clone().context("no reason")?.passed.into_iter().map(|p| p.why).collect();
    ensure!(owner(&ticket) == "Dag" && passed == [Passed::Full, Passed::Absent], "{passed:?}");
    house.clock.advance(HOUR);
    let next = [owner(&arrive(&house, 1).await?), owner(&arrive(&house, 2).await?)];
    ensure!(next.contains(&"Bo".to_owned()), "{next:?}");
    Ok(())
}

/// ASG-4, ASG-5, ASG-8: own contact, then quarantine, then the method.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_grounds_is_the_one_that_is_written() -> Result<()> {
    let house = House::open().await?;
    set_up(&house, |support| {
        support.method = Method::Even;
        support.service_contact_first = true;
        support.quarantine = Some(30);
    })
    .await?;
    // Kari's first goes by the method, her next within half an hour to the same.
    let first = house.request("Skriver virker ikke").await?;
    let second = house.request("Og en ting til").await?;
    ensure!(owner(&first) == owner(&second) && second.why.is_some_and(|why| why.ground == Ground::Quarantine));
    house.clock.advance(31 * MINUTE);
    let third = house.request("Enda en").await?;
    ensure!(third.why.as_ref().is_some_and(|why| why.ground == Ground::Even), "{:?}", third.why);

    // Her company's contact, then her own, which comes before it; away, their delegate stands in.
    house.clock.advance(31 * MINUTE);
    let mut kari = house.desk.contact_settings(&house.eva, &house.kari).await?;
    let fjord = kari.company.clone().context("no company")?;
    let mut company = house.desk.company_settings(&house.eva, &fjord).await?;
    company.service_contact = Some(id(&house.cia));
    house.desk.save_company(&house.eva, &fjord, company).await?;
    ensure!(owner(&house.request("A").await?) == "Cia");
    kari.service_contact = Some(id(&house.dag));
    house.desk.save_contact(&house.eva, &house.kari, kari).await?;
    let own = house.request("B").await?;
    ensure!(owner(&own) == "Dag" && own.why.is_some_and(|why| why.ground == Ground::ServiceContact));
    let now = house.clock.now();
    let absence = Absence { id: AbsenceId::new(), from: now, to: now + HOUR, delegate: Some(id(&house.bo)) };
    house.desk.plan_absence(&house.dag, &id(&house.dag), absence).await?;
    let stands_in = house.request("C").await?;
    ensure!(owner(&stands_in) == "Bo" && stands_in.why.is_some_and(|why| why.instead_of.as_deref() == Some("Dag")));
    Ok(())
}

/// ASG-6: a team's members come without a weight of their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_gets_requests_like_its_members() -> Result<()> {
    let house = House::open().await?;
    let members: Vec<_> = [&house.cia, &house.bo].into_iter().map(id).collect();
    let team = house.desk.save_team(&house.eva, None, "Andre linje", &members).await?;
    ensure!(house.desk.save_team(&house.eva, None, "Andre linje", &[]).await.is_err(), "the same name twice");
    set_up(&house, |support| {
        support.method = Method::Even;
        support.members = vec![];
        support.teams = vec![team.clone()];
    })
    .await?;
    let owners: Vec<String> = [owner(&arrive(&house, 0).await?), owner(&arrive(&house, 1).await?)].into();
    ensure!(owners.contains(&"Bo".to_owned()) && owners.contains(&"Cia".to_owned()), "{owners:?}");
    house.desk.delete_team(&house.eva, &team).await?;
    ensure!(arrive(&house, 2).await?.owner.is_none(), "ASG-7: no members at all");
    ensure!(house.desk.save_team(&house.ane, None, "x", &[]).await.is_err());
    Ok(())
}
