//! Contacts as colleagues look after them. Section 16.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::model::{CompanySettings, ContactSettings, Language};

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
    house.desk.save_company(&house.eva, &fjord, CompanySettings { name: "Nordlys Kraft".into(), ..settings }).await?;
    house.rest().await?;
    let found = house.desk.search(&house.ane, "Nordlys").await?;
    ensure!(found.hits.len() == 1 && found.hits[0].ticket.number == ticket.number, "{:?}", found.hits);
    ensure!(found.people.len() == 1 && found.people[0].id == house.kari, "{:?}", found.people);
    // Her address has the old name in it.
    ensure!(house.desk.search(&house.ane, "\"Fjord AS\"").await?.hits.is_empty());
    Ok(())
}
