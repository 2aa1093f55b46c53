//! Title, access, contacts, tags. Sections 1.3, 8.3 and 16.

use crate::house::{House, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{Access, EventKind, Language},
    person::NewContact,
};

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_compared_without_case_and_made_by_those_who_may() -> Result<()> {
    let house = House::open().await?;
    let (a, b) = (house.request("Skriver").await?, house.request("Faktura").await?);
    house.desk.add_tag(&house.ane, &a.id, "Hast").await?;
    house.desk.add_tag(&house.ane, &a.id, "hast").await?;
    house.desk.add_tag(&house.bo, &b.id, "HAST ").await?;
    house.desk.add_tag(&house.bo, &b.id, "Ærlig").await?;
    ensure!(house.desk.tags_of(&house.ane, &a.id).await? == ["Hast"]);
    let tags = house.desk.tags(&house.ane, "ha", None).await?.rows;
    ensure!(tags.len() == 1 && tags[0].requests == 2);
    ensure!(house.log(a.number).await?.iter().filter(|kind| **kind == EventKind::Tagged).count() == 1);
    ensure!(house.desk.add_tag(&house.ane, &a.id, " ").await == Err(Error::invalid("tag", Why::Missing)));
    // Renamed to the name of another, the two are one.
    let other = house.desk.tags(&house.ane, "ær", None).await?.rows.remove(0);
    house.desk.rename_tag(&house.eva, &other.id, "hast").await?;
    ensure!(
        house.desk.tags(&house.ane, "", None).await?.rows.len() == 1
            && house.desk.tags_of(&house.ane, &b.id).await? == ["Hast"]
    );
    ensure!(house.desk.rename_tag(&house.ane, &other.id, "x").await == Err(Error::Forbidden));
    house.desk.remove_tag(&house.ane, &a.id, "hast").await?;
    in_order(&house.log(a.number).await?, &[EventKind::Tagged, EventKind::Untagged])?;
    let step = house.desk.steps(&house.ane, &a.id).await?.remove(0);
    house.desk.undo(&house.ane, step.number).await?;
    ensure!(house.desk.tags_of(&house.ane, &a.id).await? == ["Hast"], "and taken back");
    Ok(())
}

/// CRM-1, CRM-2: the company comes with the main contact, and only with it.
#[tokio::test(flavor = "multi_thread")]
async fn the_company_comes_with_the_main_contact() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let ola = NewContact {
        name: "Ola".into(),
        emails: vec!["ola@alene.example".into()],
        language: Language::Nb,
        ..NewContact::default()
    };
    let ola = house.desk.add_contact(&house.ane, ola).await?;
    house.desk.add_ticket_contact(&house.ane, &ticket.id, &ola).await?;
    house.desk.add_ticket_contact(&house.ane, &ticket.id, &ola).await?;
    let two = house.ticket(ticket.number).await?;
    ensure!(two.contacts.len() == 2 && two.contacts[0].id == house.kari && two.company.is_some());
    house.desk.make_main_contact(&house.ane, &ticket.id, &ola).await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.contacts[0].id == ola && now.company.is_none(), "Ola belongs nowhere");
    house.desk.remove_ticket_contact(&house.ane, &ticket.id, &ola).await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.contacts.len() == 1 && now.company.is_some_and(|company| company.name == "Fjord AS"));
    ensure!(house.desk.make_main_contact(&house.ane, &ticket.id, &ola).await.is_err());
    in_order(
        &house.log(ticket.number).await?,
        &[
            EventKind::ContactAdded,
            EventKind::MainContactChanged,
            EventKind::ContactRemoved,
            EventKind::MainContactChanged,
        ],
    )
}

/// RGT-2, POR-3, POR-4
#[tokio::test(flavor = "multi_thread")]
async fn customers_see_their_own_external_ones_and_their_companys_where_they_may() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.mail("per@fjord.no", "Annen sak", "Hei").await?;
    house.mail("fremmed@elsewhere.example", "Tredje sak", "Hei").await?;
    house.rest().await?;
    let link = ticket.link.clone().context("no link")?;
    let kari = house.desk.follow(ticket.number, link.rsplit('/').next().unwrap_or_default()).await?;
    ensure!(house.desk.customer_ticket(&kari, ticket.number).await.is_ok());
    let per = house.desk.find_callers(&house.ane, "per@fjord.no").await?.remove(0).person;
    let per_actor = desk::model::Actor::Customer { id: per.id.clone(), name: per.name.clone() };
    ensure!(house.desk.customer_ticket(&per_actor, ticket.number).await == Err(Error::NotFound), "a colleague of hers");
    let mut settings = house.desk.contact_settings(&house.eva, &per.id).await?;
    settings.company_requests = true;
    house.desk.save_contact(&house.eva, &per.id, settings).await?;
    ensure!(house.desk.customer_ticket(&per_actor, ticket.number).await.is_ok(), "POR-4");
    ensure!(house.own_requests(&per_actor).await?.len() == 2, "and it is in the list");
    house.desk.set_access(&house.ane, &ticket.id, Access::Internal).await?;
    for actor in [&kari, &per_actor] {
        ensure!(house.desk.customer_ticket(actor, ticket.number).await == Err(Error::NotFound), "POR-3");
    }
    house.desk.set_title(&house.ane, &ticket.id, "Skriver i 3. etasje").await?;
    ensure!(house.desk.set_title(&house.ane, &ticket.id, " ").await.is_err());
    in_order(&house.log(ticket.number).await?, &[EventKind::AccessChanged, EventKind::TitleChanged])
}
