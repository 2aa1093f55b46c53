//! The tree of categories. Section 8.1.

use crate::{
    house::{House, id},
    role::{give, role},
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{
        Actor, Aspect, CategoryId, Criteria, Criterion, EventKind, Language, List, LogAsked, NoticeKind, Operator,
        Reach, Right, Role, Standing, Until,
    },
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
    (printers.nb, printers.en) = (String::new(), " ".into());
    ensure!(
        house.desk.save_category(&house.eva, &below, printers.clone()).await == Err(Error::invalid("nb", Why::Missing))
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

/// CAT-3: outside names, one a language, in a tree of their own; what agents call it is never said outside; and a category
/// without a name there is a category all the same.
#[tokio::test(flavor = "multi_thread")]
async fn customers_read_outside_names_in_their_language_and_tree() -> Result<()> {
    let house = House::open().await?;
    let desk = &house.desk;
    let add = async |name: &str, nb: &str, en: &str, parent: &CategoryId| -> Result<CategoryId> {
        let new = NewCategory { name: name.into(), nb: nb.into(), en: en.into(), ..NewCategory::default() };
        let id = desk.add_category(&house.eva, new).await?;
        let mut settings = desk.category_settings(&house.eva, &id).await?;
        settings.parent = Some(parent.clone());
        desk.save_category(&house.eva, &id, settings).await?;
        Ok(id)
    };
    let change = async |id: &CategoryId, nb: &str, en: &str, internal: bool| -> Result<()> {
        let mut settings = desk.category_settings(&house.eva, id).await?;
        (settings.nb, settings.en, settings.internal) = (nb.into(), en.into(), internal);
        Ok(desk.save_category(&house.eva, id, settings).await?)
    };
    let hardware = add("Maskinvare-L2", "Utstyr", "Equipment", &house.support).await?;
    let printers = add("Skrivere-L2", "Skrivere", "Printers", &hardware).await?;
    let offered = async |language: Language| -> Result<Vec<String>> {
        let all = desk.open_categories().await?;
        let offered = all.iter().filter(|category| category.is_offered_in(language));
        Ok(offered.map(|category| category.external_path(&all, language)).collect())
    };
    ensure!(offered(Language::Nb).await? == ["Support", "Support › Utstyr", "Support › Utstyr › Skrivere", "Faktura"]);
    ensure!(
        offered(Language::En).await? == ["Support", "Support › Equipment", "Support › Equipment › Printers", "Invoice"]
    );
    // The tree is another one in a language where a name is missing, and without what is internal.
    change(&hardware, "Utstyr", "", false).await?;
    ensure!(offered(Language::En).await? == ["Support", "Support › Printers", "Invoice"]);
    ensure!(offered(Language::Nb).await?.len() == 4);
    change(&hardware, "", "", true).await?;
    ensure!(offered(Language::Nb).await? == ["Support", "Support › Skrivere", "Faktura"]);
    change(&hardware, "Utstyr", "Equipment", false).await?;

    let ticket = house.request("Skriver virker ikke").await?;
    desk.set_category(&house.ane, &ticket.id, &printers).await?;
    let key = ticket.link.clone().context("no link")?.rsplit('/').next().unwrap_or_default().to_owned();
    let kari = desk.follow(ticket.number, &key).await?;
    let read = async || -> Result<[String; 2]> {
        let seen = desk.customer_ticket(&kari, ticket.number).await?;
        ensure!(!serde_json::to_string(&seen)?.contains("L2"), "what agents call it is said outside");
        Ok([Language::Nb, Language::En].map(|language| seen.category.external_name(language).to_owned()))
    };
    ensure!(read().await? == ["Skrivere", "Printers"]);
    ensure!(!serde_json::to_string(&desk.open_categories().await?)?.contains("L2"));
    // A name that is taken away takes nothing else with it: the nearest above stands for it.
    change(&printers, "Skrivere", "", false).await?;
    ensure!(read().await? == ["Skrivere", "Equipment"]);
    change(&printers, "", "", true).await?;
    ensure!(read().await? == ["Utstyr", "Equipment"]);
    ensure!(house.ticket(ticket.number).await?.category == printers, "it is where it was");
    let choices = desk.choices(&house.ane).await?.categories;
    let kept = choices.iter().find(|category| category.id == printers).context("the category is gone")?;
    ensure!(kept.name == "Skrivere-L2" && kept.parent.as_ref() == Some(&hardware));
    // Where nothing above has one in that language, the other language's is said.
    for id in [&hardware, &house.support] {
        change(id, "Utenfor", "", false).await?;
    }
    ensure!(read().await? == ["Utenfor", "Utenfor"]);
    Ok(())
}

/// Section 8.1, *show in status view*: how each category stands, for whoever sees it, without those that are left out.
#[tokio::test(flavor = "multi_thread")]
async fn the_status_view_shows_the_categories_that_are_to_be_in_it() -> Result<()> {
    let house = House::open().await?;
    let (a, b) = (house.request("Skriver").await?, house.request("Skjerm").await?);
    let c = house.request("Mus").await?;
    house.desk.take(&house.ane, &a.id, None).await?;
    house.desk.postpone(&house.ane, &b.id, Until::Day, None).await?;
    house.desk.close_ticket(&house.ane, &c.id).await?;
    let open = house.request("Tastatur").await?;
    let shown = async |actor: &Actor| house.desk.status_view(actor).await;
    let support =
        |open, unassigned, postponed| Standing { category: house.support.clone(), open, unassigned, postponed };
    let none = Standing { category: house.invoices.clone(), ..support(0, 0, 0) };
    ensure!(shown(&house.ane).await? == [support(2, 1, 1), none.clone()], "{:?}", shown(&house.ane).await?);
    let mut settings = house.desk.category_settings(&house.eva, &house.support).await?;
    settings.members_only = true;
    house.desk.save_category(&house.eva, &house.support, settings.clone()).await?;
    ensure!(shown(&house.cia).await? == [none.clone()], "RGT-1");
    house.desk.follow_ticket(&house.ane, &open.id, &id(&house.cia), true).await?;
    ensure!(shown(&house.cia).await? == [support(1, 1, 0), none.clone()], "what she follows she sees");
    settings.status_view = false;
    house.desk.save_category(&house.eva, &house.support, settings).await?;
    ensure!(shown(&house.ane).await? == [none]);
    Ok(())
}
