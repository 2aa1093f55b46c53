//! How long a request took. STAT-2, STAT-3.

use crate::house::{House, draft};
use anyhow::{Context, Result, ensure};
use desk::{
    clock::{DAY, HOUR, MINUTE},
    model::{Access, Lasted, Measures, MessageChange, Period, PrioritySettings, TicketId},
};

/// From Tuesday 10:00 over night: the hours are from nine to five.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_and_the_end_are_measured_inside_the_hours_and_by_the_whole_clock() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let measures = async || house.desk.measures(&house.ane, &ticket.id).await;
    ensure!(measures().await?.first_answer.is_none() && measures().await?.resolution.is_none());
    // Tuesday 16:00, and Wednesday 10:00.
    house.clock.advance(6 * HOUR);
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    // A clock that goes on while a mail is with the relay would take it for lost.
    house.rest().await?;
    house.clock.advance(18 * HOUR);
    house.desk.reply(&house.ane, &ticket.id, draft("Hjalp det?", Access::External)).await?;
    house.rest().await?;
    house.desk.set_status(&house.ane, &ticket.id, &house.status("Closed").await?).await?;
    let Measures { first_answer, resolution, replies, deadline_met, .. } = measures().await?;
    ensure!(first_answer == Some(Lasted { open: 6 * 60, whole: 6 * 60 }), "STAT-2: {first_answer:?}");
    ensure!(resolution == Some(Lasted { open: 8 * 60, whole: 24 * 60 }), "STAT-2: {resolution:?}");
    ensure!(replies == 2 && deadline_met == Some(true), "STAT-2");
    let period = Period { from: ticket.created_at, to: ticket.created_at + 7 * DAY };
    let week = house.desk.statistics(&house.eva, period).await?;
    ensure!((week.first_answer_open.median, week.resolution_open.median, week.resolution.median) == (360, 480, 1440));

    // Another calendar does not change what was; opened again there is no end, closed again there is another.
    let medium = house.priority("Medium").await?;
    let settings = house.desk.priority_settings(&house.eva).await?.into_iter().find(|p| p.id == medium);
    let settings = settings.context("no priority")?;
    house.desk.save_priority(&house.eva, PrioritySettings { calendar: None, ..settings }).await?;
    ensure!(measures().await?.resolution == Some(Lasted { open: 8 * 60, whole: 24 * 60 }));
    house.desk.set_status(&house.ane, &ticket.id, &house.status("Open").await?).await?;
    let open = measures().await?;
    ensure!(open.resolution.is_none() && open.reopenings == 1 && open.first_answer == first_answer);
    let reopened = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.ane, reopened.number).await?;
    ensure!(
        measures().await?.resolution.is_some_and(|took| took.whole == 24 * 60),
        "taken back, the end is there again"
    );
    Ok(())
}

/// STAT-3: each phase in opening hours and in all.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_in_each_phase_counts_inside_the_hours_too() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    // Until five it is inside, then outside; on Wednesday at eleven the customer is waited for.
    house.clock.advance(25 * HOUR);
    house.desk.set_status(&house.ane, &ticket.id, &house.status("Waiting for customer").await?).await?;
    house.clock.advance(2 * HOUR);
    let measures = house.desk.measures(&house.ane, &ticket.id).await?;
    ensure!((measures.phases.internal, measures.phases.external) == (25 * 60, 2 * 60), "STAT-3: {measures:?}");
    ensure!((measures.open_phases.internal, measures.open_phases.external) == (9 * 60, 2 * 60), "STAT-3: {measures:?}");
    Ok(())
}

/// STAT-2, EDM-1: the first answer is the first that the customer has; without one there is nothing to measure.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_taken_away_is_not_measured() -> Result<()> {
    let house = House::open().await?;
    let (ticket, other) = (house.request("Skriver virker ikke").await?, house.request("Nettet").await?);
    let first = async |of: &TicketId| {
        let took = house.desk.measures(&house.ane, of).await?.first_answer;
        let kept: Option<i64> = sqlx::query_scalar("select reply_took from ticket where id = $1")
            .bind(of.clone())
            .fetch_one(house.desk.db().read())
            .await?;
        ensure!(kept.map(|kept| kept / MINUTE) == took.map(|took| took.open), "{kept:?} is kept, {took:?}");
        Ok(took.map(|took| took.open))
    };
    let mut replies = vec![];
    for _ in 0..3 {
        house.clock.advance(HOUR);
        replies.push(house.desk.reply(&house.ane, &ticket.id, draft("Hvilken?", Access::External)).await?);
    }
    ensure!(first(&ticket.id).await? == Some(60));
    let internal = MessageChange { access: Some(Access::Internal), ..MessageChange::default() };
    house.desk.change_message(&house.eva, &replies[0], internal).await?;
    ensure!(first(&ticket.id).await? == Some(120), "{:?}", first(&ticket.id).await?);
    let step = house.desk.steps(&house.eva, &ticket.id).await?.remove(0).number;
    house.desk.undo(&house.eva, step).await?;
    ensure!(first(&ticket.id).await? == Some(60), "{:?}", first(&ticket.id).await?);
    house.desk.move_message(&house.eva, &replies[0], &other.id).await?;
    ensure!(first(&ticket.id).await? == Some(120) && first(&other.id).await? == Some(60));
    let delete = || MessageChange { delete: true, ..MessageChange::default() };
    for reply in &replies[1..] {
        house.desk.change_message(&house.eva, reply, delete()).await?;
    }
    ensure!(first(&ticket.id).await?.is_none(), "{:?}", first(&ticket.id).await?);
    Ok(())
}
