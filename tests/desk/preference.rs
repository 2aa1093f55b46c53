//! What agents choose for themselves. Section 20.

use crate::house::House;
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{Actor, CategoryId, Chosen, FirstOwner, List, Preferences, Source, StatusId},
    settings::NewCategory,
};

async fn titles(house: &House, actor: &Actor, list: List) -> Result<Vec<String>> {
    let page = house.desk.list(actor, list, None).await?;
    ensure!(page.total == page.rows.len() as i64, "{list}: {} counted, {} there", page.total, page.rows.len());
    Ok(page.rows.into_iter().map(|row| row.title).collect())
}

/// FND-1
#[tokio::test(flavor = "multi_thread")]
async fn lists_and_their_numbers_show_only_own_categories_where_that_is_chosen() -> Result<()> {
    let house = House::open().await?;
    let closed = house.status("Closed").await?;
    for (title, category, close) in
        [("Skriver", &house.support, false), ("Purring", &house.invoices, false), ("Kredit", &house.invoices, true)]
    {
        let ticket = house.request(title).await?;
        house.desk.set_category(&house.eva, &ticket.id, category).await?;
        if close {
            house.desk.set_status(&house.eva, &ticket.id, &closed).await?;
        }
        house.clock.advance(1_000);
    }
    ensure!(titles(&house, &house.ane, List::Unassigned).await?.len() == 2);
    ensure!(titles(&house, &house.ane, List::Latest).await?.len() == 3);
    let mine = Chosen { own_categories: Some(true), ..Chosen::default() };
    house.desk.save_preferences(&house.ane, &mine).await?;
    // FND-1
    ensure!(titles(&house, &house.ane, List::Unassigned).await? == ["Skriver"]);
    ensure!(titles(&house, &house.ane, List::Open).await? == ["Skriver"]);
    ensure!(titles(&house, &house.ane, List::Latest).await? == ["Skriver"]);
    ensure!(titles(&house, &house.ane, List::Closed).await?.is_empty());
    let counts = house.desk.counts(&house.ane).await?;
    ensure!((counts.unassigned, counts.open) == (1, 1), "{counts:?}");
    // Nobody else's lists change, and what is one's own or starred stays in sight wherever it is.
    ensure!(titles(&house, &house.bo, List::Latest).await?.len() == 3);
    let purring = house.desk.list(&house.bo, List::Open, None).await?.rows.remove(0);
    house.desk.take(&house.ane, &purring.id, None).await?;
    house.desk.star(&house.ane, &purring.id, true).await?;
    ensure!(titles(&house, &house.ane, List::Mine).await? == ["Purring"]);
    ensure!(titles(&house, &house.ane, List::Favourites).await? == ["Purring"]);
    // Cia is a member of the other one.
    house.desk.save_preferences(&house.cia, &mine).await?;
    ensure!(titles(&house, &house.cia, List::Latest).await? == ["Kredit", "Purring"]);
    Ok(())
}

/// FAV-2
#[tokio::test(flavor = "multi_thread")]
async fn favourites_are_limited_to_open_ones_where_that_is_chosen() -> Result<()> {
    let house = House::open().await?;
    let (first, second) = (house.request("Første").await?, house.request("Andre").await?);
    for ticket in [&first, &second] {
        house.desk.star(&house.ane, &ticket.id, true).await?;
    }
    house.desk.set_status(&house.eva, &first.id, &house.status("Closed").await?).await?;
    ensure!(titles(&house, &house.ane, List::Favourites).await?.len() == 2);
    let open = Chosen { open_favourites: Some(true), ..Chosen::default() };
    house.desk.save_preferences(&house.ane, &open).await?;
    // FAV-2: closed by a colleague, it is out of sight and still a favourite.
    ensure!(titles(&house, &house.ane, List::Favourites).await? == ["Andre"]);
    ensure!(house.desk.counts(&house.ane).await?.favourites == 1);
    house.desk.set_status(&house.eva, &first.id, &house.status("Open").await?).await?;
    ensure!(titles(&house, &house.ane, List::Favourites).await?.len() == 2);
    Ok(())
}

/// Appendix C, number 25: the value that holds, and who decided it.
#[tokio::test(flavor = "multi_thread")]
async fn each_value_says_who_decided_it() -> Result<()> {
    let house = House::open().await?;
    let preferences = house.desk.preferences(&house.ane).await?;
    ensure!(preferences.values == Preferences::default() && preferences.from["owner"] == Source::Saker);
    let everybody = Chosen { owner: Some(FirstOwner::Unassigned), quote: Some(true), ..Chosen::default() };
    ensure!(house.desk.save_default_preferences(&house.ane, &everybody).await == Err(Error::Forbidden));
    house.desk.save_default_preferences(&house.eva, &everybody).await?;
    let below = NewCategory { name: "Under".into(), nb: "Under".into(), en: "Below".into(), ..NewCategory::default() };
    let below = house.desk.add_category(&house.eva, below).await?;
    let own = Chosen { owner: Some(FirstOwner::Myself), category: Some(below.clone()), ..Chosen::default() };
    house.desk.save_preferences(&house.ane, &own).await?;
    let now = house.desk.preferences(&house.ane).await?;
    ensure!(now.values.owner == FirstOwner::Myself && now.from["owner"] == Source::Own);
    ensure!(now.values.quote && now.from["quote"] == Source::Administrator);
    ensure!(now.from["zone"] == Source::Saker && now.values.category == Some(below.clone()));
    ensure!(house.desk.preferences(&house.bo).await?.values.owner == FirstOwner::Unassigned);
    // What was chosen and is gone is chosen no more.
    house.desk.delete_category(&house.eva, &below, &house.support).await?;
    ensure!(house.desk.preferences(&house.ane).await?.values.category.is_none());

    let closed = house.status("Closed").await?;
    for (field, wrong) in [
        ("new_status", Chosen { new_status: Some(closed.clone()), ..Chosen::default() }),
        ("message_status", Chosen { message_status: Some(StatusId::new()), ..Chosen::default() }),
        ("category", Chosen { category: Some(CategoryId::new()), ..Chosen::default() }),
        ("zone", Chosen { zone: Some("Oslo".into()), ..Chosen::default() }),
    ] {
        let refused = house.desk.save_preferences(&house.ane, &wrong).await;
        ensure!(refused == Err(Error::invalid(field, Why::NotAChoice)), "{refused:?}");
    }
    let refused = house.desk.save_preferences(&house.ane, &Chosen { expanded: Some(101), ..own.clone() }).await;
    ensure!(refused.is_err() && house.desk.preferences(&Actor::Anonymous).await == Err(Error::Unauthenticated));
    house.desk.save_preferences(&house.ane, &Chosen { message_status: Some(closed), ..Chosen::default() }).await?;
    Ok(())
}
