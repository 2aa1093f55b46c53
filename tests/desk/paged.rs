//! Lists that are read in pages: nothing is missed and nothing is met twice.

use crate::house::House;
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{Flags, NewTicket, Paged},
    person::NewCompany,
};
use std::collections::BTreeSet;

/// All pages of a list, and how many there were.
pub async fn all<T>(page: impl AsyncFn(Option<&str>) -> desk::Result<Paged<T>>) -> Result<(Vec<T>, usize)> {
    let (mut rows, mut after, mut pages) = (vec![], None, 0);
    loop {
        let read = page(after.as_deref()).await?;
        rows.extend(read.rows);
        pages += 1;
        after = read.next;
        if after.is_none() {
            return Ok((rows, pages));
        }
    }
}

/// The bin, flagged messages, tags and companies go on behind their first page.
#[tokio::test(flavor = "multi_thread")]
async fn each_list_is_read_to_its_end() -> Result<()> {
    let house = House::open().await?;
    let (desk, eva) = (&house.desk, &house.eva);
    let mut numbers = BTreeSet::new();
    let mut tags: Vec<String> = (0..120).map(|n| format!("merke {n}")).collect();
    for n in 0..60 {
        // One mail each would take its time, and is not what is asked here.
        let new = NewTicket { title: format!("Sak {n}"), text: "Den står.".into(), ..NewTicket::default() };
        let ticket = desk.open_ticket(eva, new).await?;
        desk.flag(eva, &house.ticket(ticket.number).await?.messages[0].id, true).await?;
        if n < 2 {
            desk.set_tags(eva, &ticket.id, &tags[n * 60..(n + 1) * 60]).await?;
        }
        desk.add_company(eva, NewCompany { name: format!("Firma {}", n / 2), domain: None }).await?;
        numbers.insert(ticket.number);
        if n % 7 == 0 {
            house.clock.advance(1);
        }
    }
    let (flagged, pages) = all(async |after| desk.flagged(eva, Flags::All, after).await).await?;
    let different: BTreeSet<_> = flagged.iter().map(|row| row.number).collect();
    ensure!(pages == 2 && flagged.len() == 60 && different == numbers, "two flags of one moment stand on both pages");
    ensure!(flagged.is_sorted_by_key(|row| std::cmp::Reverse(row.flagged_at)));
    let (companies, pages) = all(async |after| desk.companies(eva, "firma", after).await).await?;
    let different: BTreeSet<_> = companies.iter().map(|company| company.id.to_string()).collect();
    ensure!(
        pages == 2 && companies.len() == 60 && different.len() == 60,
        "names that are the same stand on both pages"
    );
    ensure!(companies.is_sorted_by_key(|company| &company.name));
    let (found, pages) = all(async |after| desk.tags(eva, "merke", after).await).await?;
    let mut found: Vec<String> = found.into_iter().map(|tag| tag.name).collect();
    tags.sort();
    found.sort();
    ensure!(pages == 3 && found == tags);
    for flag in flagged {
        desk.delete_ticket(eva, &house.ticket(flag.number).await?.id).await?;
    }
    let (binned, pages) = all(async |after| desk.bin(eva, after).await).await?;
    ensure!(pages == 2 && binned.into_iter().map(|row| row.number).collect::<BTreeSet<_>>() == numbers);
    let odd = Error::invalid("after", Why::NotAChoice);
    ensure!(desk.bin(eva, Some("[1]")).await == Err(odd.clone()) && desk.tags(eva, "", Some("x")).await == Err(odd));
    Ok(())
}
