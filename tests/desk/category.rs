//! The tree of categories. Section 8.1.

use crate::{
    house::{House, id},
    role::{give, role},
};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{Aspect, Criteria, Criterion, EventKind, List, LogAsked, NoticeKind, Operator, Reach, Right, Role},
    settings::NewCategory,
};

/// CAT-1, CAT-4
#[tokio::test(flavor = "multi_thread")]
async fn a_category_goes_only_with_a_place_for_its_requests() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let refused = house.desk.delete_category(&house.eva, &house.support, &house.support).await;
    ensure!(refused == Err(Error::invalid("to", Why::NotAChoice)));
    house.desk.delete_category(&house.eva, &house.support, &house.invoices).await?;
    let moved = house.ticket(ticket.number).await?;
    ensure!(moved.category == house.invoices);
    let entry = moved.log.iter().find(|entry| entry.kind == EventKind::CategoryChanged);
    ensure!(
        entry.is_some_and(|e| e.old.as_deref() == Some("Brukerstøtte") && e.new.as_deref() == Some("Faktura")),
        "CAT-4"
    );
    // Both are known: where it is, and where it came in.
    for (aspect, category, times) in [
        (Aspect::FirstCategory, &house.support, 1),
        (Aspect::FirstCategory, &house.invoices, 0),
        (Aspect::Category, &house.invoices, 1),
    ] {
        let criteria = Criteria::all(vec![Criterion::new(aspect, Operator::OneOf, [category.as_str()])]);
        ensure!(house.desk.count_by(&house.eva, &criteria).await? == times, "CAT-4: {aspect}");
    }
    ensure!(house.desk.choices(&house.eva).await?.categories.len() == 1);
    // Mail for it goes where its requests went.
    ensure!(house.request("Ny").await?.category == house.invoices);
    ensure!(house.desk.set_category(&house.eva, &ticket.id, &house.support).await.is_err());
    Ok(())
}

/// CAT-2, CAT-3
#[tokio::test(flavor = "multi_thread")]
async fn the_tree_has_no_circles_and_outside_names_where_customers_see_it() -> Result<()> {
    let house = House::open().await?;
    let below =
        NewCategory { name: "Skrivere".into(), nb: "Skrivere".into(), en: "Printers".into(), ..NewCategory::default() };
    let below = house.desk.add_category(&house.eva, below).await?;
    let mut printers = house.desk.category_settings(&house.eva, &below).await?;
    printers.parent = Some(house.support.clone());
    house.desk.save_category(&house.eva, &below, printers.clone()).await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.parent = Some(below.clone());
    let refused = house.desk.save_category(&house.eva, &house.support, support).await;
    ensure!(refused == Err(Error::invalid("parent", Why::Circle)), "{refused:?}");
    printers.en = String::new();
    ensure!(
        house.desk.save_category(&house.eva, &below, printers.clone()).await == Err(Error::invalid("en", Why::Missing))
    );
    printers.internal = true;
    house.desk.save_category(&house.eva, &below, printers).await?;
    ensure!(
        house.desk.open_categories().await?.iter().all(|category| category.id != below),
        "not offered to customers"
    );
    ensure!(house.desk.category_settings(&house.ane, &below).await == Err(Error::Forbidden));

    // CAT-2: members are told, others not; nobody is when the category says so.
    house.request("Skriver virker ikke").await?;
    let told = |list: Vec<desk::model::Notification>| list.iter().filter(|n| n.kind == NoticeKind::NewTicket).count();
    ensure!(
        told(house.desk.notifications(&house.ane).await?) == 1
            && told(house.desk.notifications(&house.cia).await?) == 0
    );
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.notify_members = false;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    house.request("En til").await?;
    ensure!(told(house.desk.notifications(&house.ane).await?) == 1);
    Ok(())
}

/// RGT-1: for members only, whatever wider rights say; RGT-3: whoever owns one has it all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_category_for_members_only_is_closed_to_others() -> Result<()> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members_only = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(house.desk.ticket(&house.cia, ticket.number).await == Err(Error::NotFound));
    ensure!(house.desk.list(&house.cia, List::Unassigned, None).await?.total == 0);
    ensure!(house.desk.list(&house.cia, List::Latest, None).await?.rows.is_empty());
    ensure!(house.desk.take(&house.cia, &ticket.id, None).await == Err(Error::NotFound));
    ensure!(house.desk.ticket(&house.eva, ticket.number).await.is_ok(), "administrators are not shut out");
    house.desk.transfer(&house.ane, &ticket.id, &id(&house.cia), None).await?;
    ensure!(house.desk.ticket(&house.cia, ticket.number).await.is_ok());
    ensure!(house.desk.list(&house.cia, List::Mine, None).await?.total == 1);
    Ok(())
}

/// CAT-2: whoever has the right looks after categories, and after nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn categories_are_looked_after_without_being_an_administrator() -> Result<()> {
    let house = House::open().await?;
    let desk = &house.desk;
    let new = || NewCategory { name: "Ny".into(), nb: "Ny".into(), en: "New".into(), ..NewCategory::default() };
    ensure!(desk.add_category(&house.ane, new()).await == Err(Error::Forbidden));
    let right = Role { rights: vec![Right::Categories], ..role("Kategorier", Reach::Own, Reach::Own, Reach::Own) };
    give(&house, &house.ane, right).await?;
    let made = desk.add_category(&house.ane, new()).await?;
    let mut settings = desk.category_settings(&house.ane, &made).await?;
    settings.name = "Nyere".into();
    settings.parent = Some(house.support.clone());
    desk.save_category(&house.ane, &made, settings).await?;
    desk.join_category(&house.ane, &made, &[id(&house.cia)]).await?;
    ensure!(desk.category_settings(&house.ane, &made).await?.members.len() == 1);
    let by = desk.whole_log(&house.eva, &LogAsked::default(), None).await?.remove(0);
    ensure!(by.kind == EventKind::SettingsChanged && by.actor == "Ane");
    desk.delete_category(&house.ane, &made, &house.support).await?;
    for refused in [
        desk.save_retention(&house.ane, &house.support, None).await,
        desk.keep_deleted_for(&house.ane, 3).await,
        desk.hold_replies(&house.ane, 3).await,
        desk.name_organisation(&house.ane, "Vår", "").await,
        desk.set_roles(&house.ane, &id(&house.ane), &[]).await,
    ] {
        ensure!(refused == Err(Error::Forbidden));
    }
    Ok(())
}
