//! Everything that an administrator decided, as one document. Appendix C, number 25.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{Cell, Chosen, Configuration, ConfigurationRow, Difference, Fate, NoticeKind, NoticeWish, Source, Way},
    settings::NewCategory,
};

fn row<'a>(document: &'a mut Configuration, part: &str, name: &str) -> Option<&'a mut ConfigurationRow> {
    let called = |row: &&mut ConfigurationRow| ["name", "en"].iter().any(|c| row.get(*c) == Some(&text(name)));
    document.parts.get_mut(part)?.iter_mut().find(called)
}

fn set(document: &mut Configuration, part: &str, name: &str, column: &str, value: &str) {
    if let Some(row) = row(document, part, name) {
        row.insert(column.to_owned(), text(value));
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// Part, name and fate of what is not merely kept.
fn told(differences: &[Difference]) -> Vec<(&str, &str, Fate)> {
    let moved = differences.iter().filter(|one| one.fate != Fate::Kept);
    moved.map(|one| (one.part.as_str(), one.name.as_str(), one.fate)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_is_exported_without_secrets_and_brought_back() -> Result<()> {
    let house = House::open().await?;
    ensure!(house.desk.export_configuration(&house.ane).await == Err(Error::Forbidden));
    let before = house.desk.export_configuration(&house.eva).await?;
    let document = serde_json::to_string(&before)?;
    ensure!(!document.contains("imap") && !document.contains("password") && !document.contains("@company.com"));
    ensure!(serde_json::from_str::<Configuration>(&document)? == before);
    // The same again changes nothing.
    ensure!(told(&house.desk.compare_configuration(&house.eva, &before).await?).is_empty());

    // Much is changed by hand, and comes back.
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    (support.name, support.notify_members, support.members_only) = ("Hjelp".into(), false, true);
    support.members.retain(|member| member.agent != id(&house.dag));
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let wishes = [NoticeWish { kind: NoticeKind::Assigned, way: Way::Mail, wanted: Some(true) }];
    house.desk.choose_notices_for_everybody(&house.eva, &wishes).await?;
    let below = NewCategory { name: "Under".into(), nb: "Under".into(), en: "Below".into(), ..NewCategory::default() };
    let below = house.desk.add_category(&house.eva, below).await?;

    let differences = house.desk.compare_configuration(&house.eva, &before).await?;
    let all = told(&differences);
    ensure!(all.contains(&("category", "Brukerstøtte", Fate::Changed)), "{all:?}");
    ensure!(all.iter().any(|(part, _, fate)| *part == "category_member" && *fate == Fate::Added), "{all:?}");
    ensure!(all.iter().any(|(part, _, fate)| *part == "setting" && *fate == Fate::Removed), "{all:?}");
    let support = differences.iter().find(|one| one.name == "Brukerstøtte").context("not told of")?;
    ensure!(support.columns == ["name", "members_only_at", "notify_members_at"], "{support:?}");
    // A comparison changes nothing; what requests may hang on stays.
    let same = house.desk.category_settings(&house.eva, &house.support).await?;
    ensure!(same.name == "Hjelp" && same.members_only);
    ensure!(differences.iter().any(|one| one.name == "Under" && one.fate == Fate::Kept));

    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(house.desk.ticket(&house.cia, ticket.number).await == Err(Error::NotFound));
    let done = house.desk.import_configuration(&house.eva, &before).await?;
    ensure!(done == differences, "{done:?}");
    let back = house.desk.category_settings(&house.eva, &house.support).await?;
    ensure!(back.name == "Brukerstøtte" && back.notify_members && back.members.len() == 3);
    ensure!(house.desk.category_settings(&house.eva, &below).await.is_ok());
    // Rights follow, and the log says that it was done.
    ensure!(house.desk.ticket(&house.cia, ticket.number).await.is_ok());
    ensure!(told(&house.desk.compare_configuration(&house.eva, &before).await?).is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_makes_no_sense_changes_nothing() -> Result<()> {
    let house = House::open().await?;
    let whole = house.desk.export_configuration(&house.eva).await?;
    let refused = async |change: &dyn Fn(&mut Configuration)| -> Result<Error> {
        let mut document = whole.clone();
        change(&mut document);
        let compared = house.desk.compare_configuration(&house.eva, &document).await;
        let imported = house.desk.import_configuration(&house.eva, &document).await;
        ensure!(compared == imported, "{compared:?} {imported:?}");
        imported.err().context("it was taken")
    };
    let none = |field: &str| Error::invalid(field, Why::NotAChoice);
    ensure!(refused(&|d| d.format = 2).await? == none("format"));
    ensure!(refused(&|d| drop(d.parts.insert("agent".into(), vec![]))).await? == none("agent"));
    ensure!(refused(&|d| set(d, "category", "Faktura", "password", "x")).await? == none("category"));
    let nobody = "0190f000-0000-7000-8000-000000000000";
    ensure!(refused(&|d| set(d, "category", "Faktura", "admin_agent_id", nobody)).await? == none("category"));
    ensure!(refused(&|d| set(d, "category", "Faktura", "new_status_id", nobody)).await? == none("category"));
    ensure!(refused(&|d| set(d, "category", "Faktura", "method", "dice")).await? == none("category"));
    ensure!(refused(&|d| set(d, "calendar", "Kontortid", "zone", "Oslo")).await? == none("calendar"));
    let circle = refused(&|d| set(d, "category", "Brukerstøtte", "parent_id", house.support.as_str())).await?;
    ensure!(circle == Error::invalid("category", Why::Circle));
    // Somebody has to say which priority comes by itself.
    let without = refused(&|d| drop(row(d, "priority", "Medium").map(|row| row.remove("default_at")))).await?;
    ensure!(without == Error::invalid("priority", Why::Needed));
    // Not every setting is an administrator's.
    let secret = ConfigurationRow::from([("name".into(), text("secret")), ("value".into(), text("x"))]);
    let smuggled = refused(&|d| d.parts.entry("setting".into()).or_default().push(secret.clone())).await?;
    ensure!(smuggled == none("setting"));
    let now = house.desk.export_configuration(&house.eva).await?;
    ensure!(now == whole);
    Ok(())
}

/// The category's word stands over the agent's, theirs over the administrator's.
#[tokio::test(flavor = "multi_thread")]
async fn what_holds_in_a_category_says_who_decided_it() -> Result<()> {
    let house = House::open().await?;
    let (open, waiting) = (house.status("Open").await?, house.status("Waiting for customer").await?);
    let holds = house.desk.holds_in(&house.ane, &house.support).await?;
    ensure!(holds.new_status.value == open && holds.new_status.from == Source::Saker);
    ensure!(holds.told_of_new.value && holds.told_of_new.from == Source::Saker && holds.message_status.value.is_none());
    let everybody = Chosen { message_status: Some(waiting.clone()), ..Chosen::default() };
    house.desk.save_default_preferences(&house.eva, &everybody).await?;
    let own = Chosen { new_status: Some(waiting.clone()), ..Chosen::default() };
    house.desk.save_preferences(&house.ane, &own).await?;
    let holds = house.desk.holds_in(&house.ane, &house.support).await?;
    ensure!(holds.new_status.value == waiting && holds.new_status.from == Source::Own);
    ensure!(holds.message_status.value == Some(waiting) && holds.message_status.from == Source::Administrator);

    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    (support.new_status, support.notify_members) = (Some(open.clone()), false);
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let holds = house.desk.holds_in(&house.ane, &house.support).await?;
    ensure!(holds.new_status.value == open && holds.new_status.from == Source::Category);
    ensure!(!holds.told_of_new.value && holds.told_of_new.from == Source::Category);
    ensure!(!house.desk.holds_in(&house.ane, &house.invoices).await?.told_of_new.value, "not a member");
    Ok(())
}
