//! Saved views. Section 10.3.

use crate::house::{House, draft};
use anyhow::{Result, ensure};
use desk::{
    Error,
    model::{Access, Aspect, Combined, Criteria, Criterion, Heading, Holds, Sort, View, ViewId, criteria::Operator},
};

fn title(operator: Operator, value: &str) -> Criteria {
    let row =
        Criterion { aspect: Aspect::Title, key: String::new(), operator, values: vec![value.to_owned()], off: false };
    Criteria::all(vec![row])
}

/// Section 10.3, FND-7
#[tokio::test(flavor = "multi_thread")]
async fn views_are_saved_shared_and_combined() -> Result<()> {
    let house = House::open().await?;
    let a = house.request("Skriver virker ikke").await?;
    let b = house.request("Skriver og faktura").await?;
    let c = house.request("Faktura").await?;
    let view = |name: &str, holds: Holds| View {
        id: ViewId::new(),
        name: name.to_owned(),
        shared: false,
        holds,
        order: Sort { by: Heading::Number, descending: false },
        columns: vec!["number".into(), "title".into()],
    };
    let printers = view("Skrivere", Holds::Dynamic { criteria: title(Operator::Contains, "skriver") });
    let picked = view("Plukket", Holds::Static { tickets: vec![b.id.clone(), c.id.clone()] });
    for one in [&printers, &picked] {
        house.desk.save_view(&house.ane, one.clone()).await?;
    }
    let numbers = async |id: &ViewId| {
        let page = house.desk.open_view(&house.ane, id, None).await?;
        anyhow::Ok(page.rows.into_iter().map(|row| row.number).collect::<Vec<_>>())
    };
    ensure!(numbers(&printers.id).await? == [a.number, b.number] && numbers(&picked.id).await? == [b.number, c.number]);
    for (how, wanted) in [
        (Combined::Either, vec![a.number, b.number, c.number]),
        (Combined::Both, vec![b.number]),
        (Combined::Without, vec![a.number]),
    ] {
        let both = view("Begge", Holds::Combined { left: printers.id.clone(), right: picked.id.clone(), how });
        house.desk.save_view(&house.ane, both.clone()).await?;
        ensure!(numbers(&both.id).await? == wanted, "{how}");
    }
    ensure!(house.desk.views(&house.bo).await?.is_empty());
    ensure!(house.desk.open_view(&house.bo, &printers.id, None).await == Err(Error::NotFound));
    house.desk.save_view(&house.ane, View { shared: true, ..printers.clone() }).await?;
    ensure!(house.desk.open_view(&house.bo, &printers.id, None).await?.rows.len() == 2);
    ensure!(house.desk.save_view(&house.bo, printers.clone()).await == Err(Error::Forbidden), "not his to change");
    let nonsense = Holds::Dynamic { criteria: title(Operator::Greater, "x") };
    ensure!(house.desk.save_view(&house.ane, view("Tull", nonsense)).await.is_err());
    house.desk.delete_view(&house.ane, &printers.id).await?;
    house.desk.comment(&house.ane, &a.id, draft("ferdig", Access::Internal)).await?;
    Ok(())
}

/// FND-5, FND-6: text in titles, messages and people; a number jumps.
#[tokio::test(flavor = "multi_thread")]
async fn text_and_numbers_find_requests() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    for query in ["skriveren", "stille", "Nordmann", "kari@fjord.no", &ticket.number.to_string()] {
        let hits = house.desk.search(&house.ane, query).await?.hits;
        ensure!(hits.iter().any(|hit| hit.ticket.number == ticket.number), "{query}");
    }
    Ok(())
}
