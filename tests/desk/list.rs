//! Lists: what is in them, in which order, page by page. Sections 10.1 and 2.4.

use crate::house::{House, id};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{Actor, Criteria, Heading, List, Sort, TicketRow},
};

async fn all(house: &House, actor: &Actor, list: List, sort: Sort) -> Result<Vec<TicketRow>> {
    let (mut rows, mut after) = (vec![], None);
    loop {
        let page = house.desk.list_sorted(actor, list, sort.clone(), after.as_deref()).await?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

/// FND-4, FND-7
#[tokio::test(flavor = "multi_thread")]
async fn every_heading_sorts_both_ways_and_no_page_loses_or_repeats_a_request() -> Result<()> {
    let house = House::open().await?;
    let closed = house.status("Closed").await?;
    for n in 0..60 {
        house.mail("kari@fjord.no", &format!("Sak {}", n % 7), "Hei.").await?;
    }
    house.rest().await?;
    let everything = house.desk.list(&house.eva, List::Latest, None).await?;
    ensure!(everything.total == 60 && everything.rows.len() == 50);
    for row in &everything.rows[..10] {
        house.desk.take(&house.ane, &row.id, None).await?;
        house.clock.advance(1);
        house.desk.set_status(&house.eva, &row.id, &closed).await?;
    }
    // Custom fields are in `order.rs`.
    for by in Heading::ALL.iter().filter(|by| **by != Heading::Custom) {
        for descending in [true, false] {
            let sort = Sort::new(*by, descending);
            let rows = all(&house, &house.eva, List::Latest, sort).await?;
            let mut numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            ensure!(numbers.len() == 60, "{by}: {} of 60", numbers.len());
            // Whoever has nothing there comes last, in both directions.
            if *by == Heading::Owner {
                ensure!(rows[..10].iter().all(|row| row.owner.is_some()), "{by} {descending}");
            }
            if *by == Heading::Title {
                let titles: Vec<&str> = rows.iter().map(|row| row.title.as_str()).collect();
                ensure!(titles.is_sorted_by(|a, b| if descending { a >= b } else { a <= b }), "{titles:?}");
            }
        }
    }
    // A mark of another order is refused.
    let next = everything.next;
    let sort = Sort::new(Heading::Title, false);
    let refused = house.desk.list_by(&house.eva, &Criteria::default(), sort, next.as_deref()).await;
    ensure!(refused == Err(Error::invalid("after", Why::NotAChoice)), "{refused:?}");
    Ok(())
}

/// NAV-3, NAV-8, NAV-9: the lists and their numbers, for each reader.
#[tokio::test(flavor = "multi_thread")]
async fn each_list_holds_what_it_is_called() -> Result<()> {
    let house = House::open().await?;
    let first = house.request("Første").await?;
    let second = house.request("Andre").await?;
    house.desk.take(&house.ane, &first.id, None).await?;
    house.desk.star(&house.ane, &second.id, true).await?;
    let names = async |actor: &Actor, list: List| -> Result<Vec<String>> {
        let page = house.desk.list(actor, list, None).await?;
        ensure!(page.total == page.rows.len() as i64, "{list}");
        Ok(page.rows.into_iter().map(|row| row.title).collect())
    };
    ensure!(names(&house.ane, List::Mine).await? == ["Første"]);
    ensure!(names(&house.bo, List::Mine).await?.is_empty());
    ensure!(names(&house.ane, List::Unassigned).await? == ["Andre"]);
    ensure!(names(&house.ane, List::Favourites).await? == ["Andre"]);
    // Newest registered first, whatever changed since.
    ensure!(names(&house.ane, List::Latest).await? == ["Andre", "Første"]);
    let counts = house.desk.counts(&house.ane).await?;
    ensure!((counts.mine, counts.unassigned, counts.favourites, counts.open) == (1, 1, 1, 2), "{counts:?}");
    ensure!(id(&house.ane) != id(&house.bo));
    Ok(())
}
