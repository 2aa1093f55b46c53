//! Counters that are never counted again, and are right all the same. Section 10.1.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    clock::{DAY, MINUTE},
    model::{Aspect, Criteria, Criterion, List, Operator, State, Targets, Until},
};

/// Every list's number is the number of its rows, over all of its pages.
pub async fn check(house: &House) -> Result<()> {
    for actor in [&house.ane, &house.bo, &house.cia, &house.dag, &house.eva] {
        for list in [List::Mine, List::Unassigned, List::Open, List::Closed, List::Latest] {
            let mut page = house.desk.list(actor, list, None).await?;
            let (total, mut there) = (page.total, page.rows.len() as i64);
            while let Some(after) = page.next.take() {
                page = house.desk.list(actor, list, Some(&after)).await?;
                there += page.rows.len() as i64;
            }
            ensure!(total == there, "{list} of {}: {total} counted, {there} there", actor.name());
        }
        // NAV-9: the tiles, beside the same asked of each request.
        let tiles = house.desk.tiles(actor).await?;
        let fits = async |aspect, operator, values: &[&str]| {
            let row = Criterion::new(aspect, operator, values.iter().copied());
            house.desk.count_by(actor, &Criteria::all(vec![row])).await
        };
        let overdue = fits(Aspect::Overdue, Operator::Yes, &[]).await?;
        let unresolved = fits(Aspect::State, Operator::OneOf, &["open", "postponed"]).await?;
        ensure!((tiles.overdue, tiles.unresolved) == (overdue, unresolved), "{tiles:?}: {overdue}, {unresolved}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counters_are_exact_after_any_change() -> Result<()> {
    let house = House::open().await?;
    let mut random = fastrand::Rng::with_seed(7);
    let all = house.desk.priority_settings(&house.eva).await?;
    let mut priority = all.into_iter().find(|priority| priority.en == "Medium").context("no medium")?;
    priority.targets = Targets { first_response: Some(60), next_response: Some(120), resolution: Some(600) };
    house.desk.save_priority(&house.eva, priority).await?;
    let mut statuses = house.desk.choices(&house.eva).await?.statuses;
    statuses.retain(|status| status.state.is_chosen());
    let agents = [&house.ane, &house.bo, &house.cia, &house.dag];
    let mut tickets = vec![];
    for n in 0..6 {
        tickets.push(house.request(&format!("Sak {n}")).await?.id);
    }
    for _ in 0..60 {
        let ticket = random.choice(&tickets).unwrap();
        match random.u8(0..6) {
            0 => house.desk.transfer(&house.eva, ticket, &id(random.choice(agents).unwrap()), None).await?,
            1 => house.desk.release(&house.eva, ticket).await?,
            2 => {
                let status = random.choice(&statuses).unwrap();
                match status.state {
                    State::Postponed => house.desk.postpone(&house.eva, ticket, Until::Day, None).await?,
                    _ => house.desk.set_status(&house.eva, ticket, &status.id).await?,
                }
            }
            // Deadlines pass, now and then before the clock has looked.
            3 => {
                house.clock.advance(random.i64(1..600) * MINUTE);
                if random.bool() {
                    house.pass(0).await?;
                }
            }
            4 => house.desk.set_category(&house.eva, ticket, &house.invoices).await?,
            _ => {
                let steps = house.desk.steps(&house.eva, ticket).await?;
                if let Some(step) = steps.iter().find(|step| !step.undone) {
                    // One that was changed since is refused, and changes no counter.
                    let _ = house.desk.undo(&house.eva, step.number).await;
                }
            }
        }
        check(&house).await?;
    }
    for ticket in &tickets {
        house.desk.set_status(&house.eva, ticket, &house.status("Open").await?).await?;
    }
    // Long after, before the clock has looked and once it has.
    house.clock.advance(30 * DAY);
    check(&house).await?;
    ensure!(house.desk.tiles(&house.eva).await?.overdue > 0);
    house.pass(0).await?;
    check(&house).await
}
