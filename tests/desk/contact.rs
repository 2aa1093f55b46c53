//! Contacts as colleagues look after them. Section 16.

use crate::{
    duplicate::sign_in_by,
    house::{House, id},
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{Actor, CompanySettings, ContactSettings, Language},
};

/// CRM-6, CRM-5: whoever writes and is not known becomes a contact; from then on what is set for them counts for what they send.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_becomes_a_contact_whose_settings_count() -> Result<()> {
    let house = House::open().await?;
    ensure!(house.desk.find_callers(&house.ane, "ola@ny.example").await?.is_empty(), "nobody knows him");
    house.mail("ola@ny.example", "Første", "Hei").await?;
    house.rest().await?;
    let first = house.latest().await?;
    let ola = first.contacts[0].clone();
    ensure!(ola.emails == ["ola@ny.example"] && first.priority == house.priority("Medium").await?);
    let found = house.desk.find_callers(&house.ane, "ola@ny.example").await?;
    ensure!(found.len() == 1 && found[0].person.id == ola.id, "one contact, found by the address");

    let settings = house.desk.contact_settings(&house.ane, &ola.id).await?;
    let settings = ContactSettings {
        language: Language::En,
        priority: Some(house.priority("High").await?),
        service_contact: Some(id(&house.bo)),
        ..settings
    };
    house.desk.save_contact(&house.ane, &ola.id, settings.clone()).await?;
    ensure!(house.desk.contact_settings(&house.ane, &ola.id).await? == settings);
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.service_contact_first = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    house.mail("ola@ny.example", "Andre", "Hei igjen").await?;
    house.rest().await?;
    let second = house.latest().await?;
    ensure!(second.contacts[0].id == ola.id, "known now");
    ensure!(second.priority == house.priority("High").await?, "CRM-5, PRI-2");
    ensure!(second.owner.is_some_and(|owner| owner.id == id(&house.bo)), "CRM-5, ASG-4");
    ensure!(second.contacts[0].language == Language::En, "CRM-5");
    Ok(())
}

/// FND-6: people and requests are found by what their company is called now.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_found_by_its_new_name() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver").await?;
    house.mail("ola@ny.example", "Skriver", "Hei").await?;
    house.rest().await?;
    let fjord = ticket.company.context("no company")?.id;
    let settings = house.desk.company_settings(&house.eva, &fjord).await?;
    let long = CompanySettings { domain: Some(format!("{}.no", "x".repeat(3_000))), ..settings.clone() };
    let refused = house.desk.save_company(&house.eva, &fjord, long).await;
    ensure!(refused == Err(Error::invalid("domain", Why::TooLong { most: 253 })), "{refused:?}");
    ensure!(house.desk.companies(&house.ane, &"x".repeat(60_000), None).await?.rows.is_empty());
    ensure!(house.desk.find_callers(&house.ane, &"x".repeat(60_000)).await?.is_empty());
    house.desk.save_company(&house.eva, &fjord, CompanySettings { name: "Nordlys Kraft".into(), ..settings }).await?;
    house.rest().await?;
    let found = house.desk.search(&house.ane, "Nordlys").await?;
    ensure!(found.hits.len() == 1 && found.hits[0].ticket.number == ticket.number, "{:?}", found.hits);
    ensure!(found.people.len() == 1 && found.people[0].id == house.kari, "{:?}", found.people);
    // Her address has the old name in it.
    ensure!(house.desk.search(&house.ane, "\"Fjord AS\"").await?.hits.is_empty());
    Ok(())
}

/// An address that is taken from somebody is a door no more: neither the sessions that were begun by it, nor a link that waits.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_by_an_address_goes_with_it() -> Result<()> {
    let house = House::open().await?;
    house.request("Skriver").await?;
    let settings = house.desk.contact_settings(&house.ane, &house.kari).await?;
    let with = |emails: &[&str]| {
        let emails = emails.iter().map(|email| (*email).to_owned()).collect();
        ContactSettings { emails, ..settings.clone() }
    };
    house.desk.save_contact(&house.ane, &house.kari, with(&["kari@fjord.no", "kari@forrige.example"])).await?;
    let session = sign_in_by(&house, "kari@forrige.example").await?;
    house.desk.ask_link("kari@forrige.example", Language::Nb).await?;
    house.rest().await?;
    let mail = house.sent().pop().context("no link came")?.text;
    let link = mail.rsplit("/sign-in/").next().and_then(|rest| rest.split_whitespace().next()).context("no link")?;
    // What stays as it is keeps nobody out.
    house.desk.save_contact(&house.ane, &house.kari, with(&["kari@forrige.example", "kari@fjord.no"])).await?;
    ensure!(matches!(house.desk.session(&session).await?, Actor::Customer { .. }));
    house.desk.save_contact(&house.ane, &house.kari, with(&["kari@fjord.no"])).await?;
    ensure!(house.desk.session(&session).await? == Actor::Anonymous, "the session goes on");
    ensure!(house.desk.redeem_link(link).await == Err(Error::Expired), "the link opens the door");
    let session = sign_in_by(&house, "kari@fjord.no").await?;
    ensure!(matches!(house.desk.session(&session).await?, Actor::Customer { .. }), "by what is hers she comes in");
    Ok(())
}

/// Tries are counted for an hour and forgotten after; those of somebody who is forgotten, at once.
#[tokio::test(flavor = "multi_thread")]
async fn tries_are_forgotten() -> Result<()> {
    let house = House::open().await?;
    let tries = async || house.texts("select subject from attempt order by subject").await;
    house.request("Skriver").await?;
    for _ in 0..2 {
        house.desk.ask_link("kari@fjord.no", Language::Nb).await?;
        house.desk.ask_link("ola@ny.example", Language::Nb).await?;
    }
    ensure!(house.desk.sign_in("kari@fjord.no", "gjett").await.is_err());
    let there = tries().await?;
    ensure!(there.iter().any(|one| one.starts_with("acknowledge:kari@")) && there.len() >= 6, "{there:?}");
    house.desk.erase_person(&house.eva, &house.kari).await?;
    ensure!(tries().await? == ["link:ola@ny.example", "link:ola@ny.example"], "{:?}", tries().await?);
    house.pass(3 * 60).await?;
    ensure!(tries().await?.is_empty(), "they stay");
    Ok(())
}

/// Sessions are forgotten when they are over, and links with the longest of them.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_links_that_are_over_are_forgotten() -> Result<()> {
    let house = House::open().await?;
    let there = async || -> Result<(usize, usize)> {
        let sessions = house.texts("select token from session").await?.len();
        Ok((sessions, house.texts("select token from sign_in_link").await?.len()))
    };
    let link = house.desk.agent_link(&house.eva, &id(&house.ane)).await?;
    house.desk.redeem_link(link.rsplit('/').next().context("no link")?).await?;
    house.request("Skriver").await?;
    let kari = sign_in_by(&house, "kari@fjord.no").await?;
    ensure!(there().await? == (2, 2), "{:?}", there().await?);
    house.pass(11 * 60).await?;
    ensure!(there().await? == (2, 2), "{:?}", there().await?);
    // An agent's is over after twelve hours.
    house.pass(26 * 60).await?;
    ensure!(there().await? == (1, 2), "{:?}", there().await?);
    ensure!(matches!(house.desk.session(&kari).await?, Actor::Customer { .. }));
    house.pass(31 * 24 * 60).await?;
    ensure!(there().await? == (0, 0), "{:?}", there().await?);
    Ok(())
}
