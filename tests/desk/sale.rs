//! Sales, projects, and the requests on somebody's card. Section 16.

use crate::house::{House, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{Card, EventKind, NewTicket, Project, ProjectId, Sale, SaleId, Sort},
};

/// CRM-3, CRM-4
#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_belong_to_a_sale_and_a_project_that_list_theirs() -> Result<()> {
    let house = House::open().await?;
    let company = house.request("Først").await?.company.context("no company")?.id;
    let sale =
        Sale { id: SaleId::new(), name: "Ny skriver på Ås".into(), company: Some(company.clone()), closed: false };
    let project = Project { id: ProjectId::new(), name: "Flytting".into(), company: None, closed: false };
    house.desk.save_sale(&house.ane, sale.clone()).await?;
    house.desk.save_project(&house.ane, project.clone()).await?;
    for part in ["SKRIVER", "Ås", "ås", "PÅ ÅS"] {
        ensure!(house.desk.sales(&house.bo, part).await? == std::slice::from_ref(&sale), "{part}");
    }
    // A letter that nobody here writes is found as it is written, on each database.
    let foreign = Sale { id: SaleId::new(), name: "Żabka Жук".into(), ..sale.clone() };
    house.desk.save_sale(&house.ane, foreign.clone()).await?;
    for part in ["Żabka", "ŻABKA", "Жук"] {
        ensure!(house.desk.sales(&house.bo, part).await? == std::slice::from_ref(&foreign), "{part}");
    }
    ensure!(house.desk.sales(&house.bo, &"x".repeat(60_000)).await?.is_empty());
    ensure!(house.desk.projects(&house.bo, "").await? == std::slice::from_ref(&project));
    let ticket = house.request("Leveranse").await?;
    house.desk.set_sale(&house.ane, &ticket.id, Some(&sale.id)).await?;
    house.desk.set_project(&house.ane, &ticket.id, Some(&project.id)).await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.sale == Some(sale.id.clone()) && now.project == Some(project.id.clone()), "CRM-3");
    in_order(&house.log(ticket.number).await?, &[EventKind::SaleChanged, EventKind::ProjectChanged])?;
    ensure!(now.log.iter().any(|entry| entry.new.as_deref() == Some("Ny skriver på Ås")), "by its name");

    // Begun with one, and listed on both cards; closed ones when asked for.
    let new = NewTicket {
        title: "Ringte".into(),
        person: Some(house.kari.clone()),
        sale: Some(sale.id.clone()),
        ..NewTicket::default()
    };
    let opened = house.desk.open_ticket(&house.ane, new).await?;
    let on = async |card: &Card, closed: bool| {
        let rows = house.desk.requests_of(&house.ane, card, closed, Sort::default(), None).await?.rows;
        let mut numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
        numbers.sort_unstable();
        anyhow::Ok(numbers)
    };
    let card = Card::Sale(sale.id.clone());
    ensure!(on(&card, false).await? == [ticket.number, opened.number], "CRM-3");
    ensure!(on(&Card::Project(project.id.clone()), false).await? == [ticket.number], "CRM-3");
    house.desk.set_status(&house.ane, &ticket.id, &house.status("Closed").await?).await?;
    ensure!(on(&card, false).await? == [opened.number] && on(&card, true).await?.len() == 2, "FND-7");
    ensure!(on(&Card::Company(company.clone()), true).await?.len() == 3, "CRM-4");
    ensure!(on(&Card::Person(house.kari.clone()), true).await?.len() == 3, "CRM-2");

    // A closed sale is not offered; taken back, the link is as it was.
    house.desk.save_sale(&house.ane, Sale { closed: true, ..sale.clone() }).await?;
    let refused = house.desk.set_sale(&house.ane, &house.latest().await?.id, Some(&SaleId::new())).await;
    ensure!(refused == Err(Error::invalid("sale", Why::NotAChoice)));
    house.desk.set_sale(&house.ane, &opened.id, None).await?;
    ensure!(house.desk.set_sale(&house.ane, &opened.id, Some(&sale.id)).await.is_err());
    let step = house.desk.steps(&house.ane, &opened.id).await?.remove(0);
    house.desk.undo(&house.ane, step.number).await?;
    ensure!(house.ticket(opened.number).await?.sale == Some(sale.id));
    Ok(())
}

/// CRM-1: a closed request keeps the company that it had, an open one goes along.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_request_keeps_its_company_when_the_contact_moves_on() -> Result<()> {
    let house = House::open().await?;
    let (closed, open) = (house.request("Gammel").await?, house.request("Ny").await?);
    house.desk.set_status(&house.ane, &closed.id, &house.status("Closed").await?).await?;
    let fjord = closed.company.clone().context("no company")?.id;
    let new = desk::person::NewCompany { name: "Vidde AS".into(), domain: None };
    let vidde = house.desk.add_company(&house.eva, new).await?;
    let mut kari = house.desk.contact_settings(&house.eva, &house.kari).await?;
    kari.company = Some(vidde.clone());
    house.desk.save_contact(&house.eva, &house.kari, kari).await?;
    let name = async |number| anyhow::Ok(house.ticket(number).await?.company.map(|company| company.name));
    ensure!(name(closed.number).await?.as_deref() == Some("Fjord AS"), "CRM-1");
    ensure!(name(open.number).await?.as_deref() == Some("Vidde AS"), "CRM-1");
    let of = async |company| {
        let rows = house.desk.requests_of(&house.ane, &Card::Company(company), true, Sort::default(), None).await?.rows;
        anyhow::Ok(rows.iter().map(|row| (row.number, row.company.clone())).collect::<Vec<_>>())
    };
    ensure!(of(fjord).await? == [(closed.number, Some("Fjord AS".to_owned()))], "CRM-4");
    ensure!(of(vidde).await? == [(open.number, Some("Vidde AS".to_owned()))], "CRM-4");
    Ok(())
}
