//! What a desk costs with a hundred times as many requests. Measured, not timed in passing:
//! `cargo test -p desk --test rules -- --ignored --nocapture scale` prints the table that BENCHMARKS.md shows.

use crate::house::{House, id};
use anyhow::{Result, ensure};
use desk::{
    clock::DAY,
    model::{
        Aspect, Criteria, Criterion, Heading, List, Operator, Period, RuleId, Sort,
        rule::{Rule, Since, Then, When},
    },
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How many requests the smaller desk has, and the larger one.
const SIZES: [i64; 2] = [1_000, 100_000];
/// Each is done so often; the median counts.
const TIMES: usize = 11;

/// A desk of so many requests, one in ten open, of four agents and nobody, in two categories; made of one that came by mail.
/// No verb opens them: a hundred thousand would take an hour.
async fn desk_of(size: i64) -> Result<House> {
    let house = House::open().await?;
    let first = house.request("Skriver virker ikke").await?;
    let (open, closed) = (house.status("Open").await?, house.status("Closed").await?);
    let mut write = house.desk.db().write().await?;
    sqlx::query(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < $1)
         insert into ticket (id, number, title, state, status_id, access, origin, read, owner_id, category_id,
             first_category_id, priority_id, first_priority_id, account_id, person_id, company_id, sender, preview, messages,
             files, created_at, changed_at, closed_at, assigned_at, replied_at, deadline, resolution_due, minutes)
         select t.id || n.i, t.number + n.i, 'Sak ' || (n.i * 7919 % 100003), case n.i % 10 when 0 then 'open' else 'closed' end,
             case n.i % 10 when 0 then $3 else $4 end, t.access, t.origin, 'unread',
             case n.i / 10 % 5 when 0 then $5 when 1 then $6 when 2 then $7 when 3 then $8 end,
             case n.i % 3 when 0 then $9 else t.category_id end, t.category_id,
             (select id from priority where rank = (select min(rank) from priority) + n.i % 3), t.priority_id, t.account_id,
             t.person_id, t.company_id, t.sender, t.preview, n.i % 9, 0,
             t.created_at - (1 + $1 - n.i) * 60000000, t.created_at - (1 + $1 - n.i) * 50000000,
             case n.i % 10 when 0 then null else t.created_at - n.i * 40000000 end, t.created_at - n.i * 60000000,
             t.created_at - n.i * 55000000, t.created_at + (n.i % 2000 - 1000) * 60000000, t.created_at, n.i % 60
         from ticket t, n where t.id = $2",
    )
    .bind(size)
    .bind(first.id.clone())
    .bind(open)
    .bind(closed)
    .bind(id(&house.ane))
    .bind(id(&house.bo))
    .bind(id(&house.cia))
    .bind(id(&house.dag))
    .bind(house.invoices.clone())
    .execute(write.sql())
    .await?;
    for sql in [
        "update ticket set counted_state = state, counted_owner = coalesce(owner_id, ''), counted_category = category_id",
        "delete from tally",
        "insert into tally (state, owner, category, count)
         select state, coalesce(owner_id, ''), category_id, count(*) from ticket group by 1, 2, 3",
        "update counter set value = (select max(number) from ticket) where name = 'ticket'",
    ] {
        sqlx::query(sql).execute(write.sql()).await?;
    }
    write.commit().await?;
    let rule = Rule {
        id: RuleId::new(),
        name: "Glemt".to_owned(),
        on: true,
        when: When::Passed { minutes: 60, since: Since::Changed },
        only: Criteria::all(vec![Criterion::new(Aspect::State, Operator::OneOf, ["open"])]),
        then: vec![Then::Release],
    };
    house.desk.save_rule(&house.eva, rule).await?;
    house.pass(1).await?;
    Ok(house)
}

async fn median<T>(mut doing: impl AsyncFnMut() -> desk::Result<T>) -> Result<Duration> {
    let mut times = vec![];
    for _ in 0..TIMES {
        let began = Instant::now();
        doing().await?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[TIMES / 2])
}

async fn figures(house: &House) -> Result<BTreeMap<String, Duration>> {
    let desk = &house.desk;
    let mut figures = BTreeMap::new();
    for (who, actor) in [("all", &house.eva), ("some", &house.cia)] {
        for list in [List::Mine, List::Unassigned, List::Open, List::Closed, List::Latest] {
            let time = median(async || desk.list(actor, list, None).await).await?;
            figures.insert(format!("{list}, first page, {who}"), time);
            let Some(mut after) = desk.list(actor, list, None).await?.next else {
                continue;
            };
            for _ in 0..3 {
                after = desk.list(actor, list, Some(&after)).await?.next.unwrap_or(after);
            }
            let time = median(async || desk.list(actor, list, Some(&after)).await).await?;
            figures.insert(format!("{list}, fifth page, {who}"), time);
        }
        let time = median(async || desk.counts(actor).await).await?;
        figures.insert(format!("counters, {who}"), time);
        let time = median(async || desk.tiles(actor).await).await?;
        figures.insert(format!("tiles, {who}"), time);
    }
    use Heading::*;
    for by in [Number, Title, Created, Closed, Owner, Category, Contact, Status, Priority, Deadline, Read, Messages] {
        for list in [List::Open, List::Closed] {
            let sort = Sort { by, descending: false };
            let time = median(async || desk.list_sorted(&house.eva, list, sort, None).await).await?;
            figures.insert(format!("{list} by {by}"), time);
        }
    }
    let high = Criterion::new(Aspect::Priority, Operator::OneOf, [house.priority("High").await?.as_str()]);
    let sort = Sort { by: Changed, descending: true };
    let criteria = Criteria::all(vec![high]);
    let time = median(async || desk.list_by(&house.eva, &criteria, sort, None).await).await?;
    figures.insert("by criteria, with their number".to_owned(), time);
    figures.insert("a second of the clock".to_owned(), median(async || desk.tick().await).await?);
    let time = median(async || desk.next_in_queue(&house.ane).await).await?;
    figures.insert("get next, nothing queued".to_owned(), time);
    let now = house.clock.now();
    let day = Period { from: now - DAY / 2, to: now };
    let time = median(async || desk.statistics(&house.eva, day).await).await?;
    figures.insert("statistics of half a day".to_owned(), time);
    let newest = house.latest().await?.number;
    let time = median(async || desk.ticket(&house.eva, newest).await).await?;
    figures.insert("one request".to_owned(), time);
    Ok(figures)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: run it alone"]
async fn lists_and_counters_cost_the_same_with_a_hundred_times_as_many() -> Result<()> {
    let [small, large] = SIZES;
    let small = figures(&desk_of(small).await?).await?;
    let large = figures(&desk_of(large).await?).await?;
    let milliseconds = |time: &Duration| time.as_secs_f64() * 1e3;
    println!("\n| | 1,000 | 100,000 | |\n|---|---|---|---|");
    for (what, time) in &large {
        // A list that has one page only when it is small.
        let Some(before) = small.get(what) else { continue };
        let ratio = time.as_secs_f64() / before.as_secs_f64();
        println!("| {what} | {:.2} ms | {:.2} ms | {ratio:.2} × |", milliseconds(before), milliseconds(time));
    }
    ensure!(!large.is_empty());
    Ok(())
}
