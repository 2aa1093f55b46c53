//! What happens by the clock, where one request can't be dealt with. Sections 7.2 and 7.3.

use crate::house::House;
use anyhow::{Context, Result, ensure};
use desk::{
    clock::{DAY, MINUTE},
    model::{
        CalendarCard, CalendarId, Chain, EscalationLevelId, EventKind, Interval, Level, LogAsked, NoticeKind,
        OpeningHours, PrioritySettings, Targets, Ticket,
    },
};

/// A house where requests with high priority are counted by a calendar that can't be read, and others by none.
async fn with_a_broken_calendar() -> Result<(House, CalendarId)> {
    let house = House::open().await?;
    let calendar = CalendarId::new();
    let week = std::array::from_fn(|_| vec![Interval { from: 0, to: 1_440 }]);
    let hours = OpeningHours { zone: "Europe/Oslo".into(), week, holidays: vec![] };
    house.desk.save_calendar(&house.eva, CalendarCard { id: calendar.clone(), name: "Natt".into(), hours }).await?;
    for settings in house.desk.priority_settings(&house.eva).await? {
        let level = || Level {
            id: EscalationLevelId::new(),
            after: 30,
            reassign_to: None,
            tell: vec![],
            template: None,
            note: None,
            account: None,
        };
        let high = settings.en == "High";
        let new = PrioritySettings {
            calendar: high.then(|| calendar.clone()),
            calendar_escalation: high,
            levels: vec![level(), level(), level()],
            on_priority: Chain::Restart,
            targets: Targets { resolution: Some(60), ..Targets::default() },
            ..settings
        };
        house.desk.save_priority(&house.eva, new).await?;
    }
    Ok((house, calendar))
}

/// The hours as they are stored; what they were.
async fn set_hours(house: &House, calendar: &CalendarId, hours: &str) -> Result<String> {
    let pool = house.desk.db().read();
    let before =
        sqlx::query_scalar("select hours from calendar where id = $1").bind(calendar.0.clone()).fetch_one(pool).await?;
    sqlx::query("update calendar set hours = $2 where id = $1")
        .bind(calendar.0.clone())
        .bind(hours.to_owned())
        .execute(pool)
        .await?;
    Ok(before)
}

async fn said(house: &House, ticket: &Ticket, kind: EventKind) -> Result<usize> {
    Ok(house.log(ticket.number).await?.iter().filter(|one| **one == kind).count())
}

/// How often Eva was told, and how often the whole log says so.
async fn told(house: &House) -> Result<(i64, usize)> {
    let stuck = house.desk.notifications(&house.eva).await?.into_iter().filter(|n| n.kind == NoticeKind::Stuck);
    let asked = LogAsked { kind: Some(EventKind::ChoreFailed), ..LogAsked::default() };
    Ok((stuck.map(|notice| notice.times).sum(), house.desk.whole_log(&house.eva, &asked, None).await?.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_can_t_be_dealt_with_holds_up_no_other_and_is_tried_again() -> Result<()> {
    let (house, calendar) = with_a_broken_calendar().await?;
    let broken = house.request("Ødelagt").await?;
    house.desk.set_priority(&house.ane, &broken.id, &house.priority("High").await?).await?;
    let mut others = vec![];
    for n in 0..3 {
        others.push(house.request(&format!("Frisk {n}")).await?);
    }
    let whole = set_hours(&house, &calendar, "broken").await?;
    house.pass(61).await?;
    for ticket in &others {
        ensure!(said(&house, ticket, EventKind::Escalated).await? == 1, "{}", ticket.title);
        ensure!(said(&house, ticket, EventKind::DeadlineMissed).await? == 1, "{}", ticket.title);
    }
    ensure!(said(&house, &broken, EventKind::Escalated).await? == 0);
    // Once for the chain and once for the deadline, however often it fails.
    ensure!(told(&house).await? == (2, 2), "{:?}", told(&house).await?);
    let tries = async || -> Result<i64> {
        let pool = house.desk.db().read();
        let sql = "select attempts from stumble where chore = 'escalate'";
        Ok(sqlx::query_scalar(sql).fetch_optional(pool).await?.unwrap_or_default())
    };
    for _ in 0..60 {
        house.clock.advance(MINUTE / 4);
        house.desk.tick().await?;
    }
    ensure!((4..10).contains(&tries().await?), "{} tries in a quarter: the pauses grow", tries().await?);
    ensure!(told(&house).await? == (2, 2), "{:?}", told(&house).await?);

    // Mended, it goes on by itself.
    set_hours(&house, &calendar, &whole).await?;
    house.pass(DAY / MINUTE).await?;
    ensure!(said(&house, &broken, EventKind::Escalated).await? == 1 && tries().await? == 0);
    ensure!(said(&house, &broken, EventKind::DeadlineMissed).await? == 1);
    let now = house.ticket(broken.number).await?;
    now.deadline.context("no deadline")?;
    Ok(())
}
