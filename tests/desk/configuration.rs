//! Everything that an administrator decided, as one document. Appendix C, number 25.

use crate::house::{Empty, House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    mailbox::Imap,
    model::{
        Cell, Chosen, Configuration, ConfigurationRow, Difference, Fate, Field, FieldChoice, FieldId, FieldKind,
        FieldPlace, HookEvent, NewWebhook, NoticeKind, NoticeWish, Source, Way,
    },
    settings::{NewCategory, NewMailbox},
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
    ensure!(!document.contains("imap") && !document.contains("password") && !document.contains("eva@company.com"));
    ensure!(document.matches("@company.com").count() == 1, "the mailbox, and nobody");
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

/// A mailbox that is fetched, a webhook, custom fields and tags.
async fn furnish(house: &House) -> Result<()> {
    let ticket = house.request("Skriver virker ikke").await?;
    let imap = Imap {
        host: "imap.company.com".into(),
        port: 993,
        tls: true,
        user: "faktura".into(),
        password: "hemmelig-passord".into(),
        folder: "INBOX".into(),
    };
    let mailbox = NewMailbox {
        address: "faktura@company.com".into(),
        name: "Faktura".into(),
        category: house.invoices.clone(),
        imap: Some(imap),
        silent: true,
    };
    house.desk.add_mailbox(&house.eva, mailbox).await?;
    let hook = NewWebhook {
        name: "Lager".into(),
        url: "https://hooks.example/saker".into(),
        events: vec![HookEvent::StatusChanged, HookEvent::RequestCreated],
        enabled: true,
    };
    house.desk.add_webhook(&house.eva, hook).await?;
    let field = |key: &str, kind: FieldKind| Field {
        id: FieldId::new(),
        key: key.into(),
        nb: key.to_uppercase(),
        en: key.to_uppercase(),
        hint_nb: String::new(),
        hint_en: "As on the label.".into(),
        kind,
        choices: vec![],
        required: false,
        portal: true,
        places: vec![],
    };
    house.desk.save_field(&house.eva, field("serienummer", FieldKind::Text)).await?;
    let choices =
        ["a", "b"].map(|key| FieldChoice { key: key.into(), nb: key.into(), en: key.into(), retired: false }).to_vec();
    let places = vec![FieldPlace { kind: None, category: Some(house.invoices.clone()) }];
    let belt = Field { choices, places, required: true, ..field("ordning", FieldKind::MultiChoice) };
    house.desk.save_field(&house.eva, belt).await?;
    for tag in ["Skriver", "Øst"] {
        house.desk.add_tag(&house.eva, &ticket.id, tag).await?;
    }
    Ok(())
}

/// C-25: exported, brought to an empty desk and exported there, it is the same; secrets are nowhere on the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_goes_to_an_empty_desk_and_is_the_same_there() -> Result<()> {
    let house = House::open().await?;
    furnish(&house).await?;
    let secret = house.texts("select secret from webhook").await?.remove(0);
    let whole = house.desk.export_configuration(&house.eva).await?;
    let document = serde_json::to_string(&whole)?;
    for hidden in ["hemmelig-passord", secret.as_str(), "eva@company.com"] {
        ensure!(!document.contains(hidden), "{hidden}");
    }
    for part in ["account", "field", "tag", "webhook"] {
        ensure!(whole.parts[part].len() >= if part == "webhook" { 1 } else { 2 }, "{part}");
    }
    let portable = whole.clone().without_people();

    let other = Empty::open().await?;
    let done = other.desk.import_configuration(&other.eva, &portable).await?;
    for part in ["account", "field", "tag", "webhook", "category"] {
        ensure!(done.iter().any(|one| one.part == part && one.fate == Fate::Added), "{part}: {done:?}");
    }
    ensure!(other.desk.export_configuration(&other.eva).await?.without_people() == portable);
    ensure!(other.desk.compare_configuration(&other.eva, &portable).await?.is_empty());
    // What was brought works: the field belongs where it did, the tag is known, the webhook signs with a secret of its own.
    let there = other.desk.fields(&other.eva).await?;
    ensure!(there == house.desk.fields(&house.eva).await? && there[1].places.len() == 1);
    ensure!(other.desk.tags(&other.eva, "øs", None).await?.rows.len() == 1);
    let hooks = other.desk.webhooks(&other.eva).await?;
    ensure!(hooks.len() == 1 && hooks[0].enabled && Some(&hooks[0].agent.id) == other.eva.agent());
    ensure!(other.texts("select secret from webhook").await?[0] != secret);

    // The mailbox waits for its password; told, it keeps it whatever the same document says again.
    let fetched = |boxes: Vec<desk::mailbox::Mailbox>| boxes.into_iter().find_map(|one| Some((one.id, one.imap?)));
    let (id, imap) = fetched(other.desk.mailboxes().await?).context("no mailbox")?;
    ensure!(imap.host == "imap.company.com" && imap.password.is_empty());
    other.desk.give_password(&other.eva, &id, "nytt").await?;
    other.desk.import_configuration(&other.eva, &portable).await?;
    let (_, imap) = fetched(other.desk.mailboxes().await?).context("no mailbox")?;
    ensure!(imap.password == "nytt");
    let cursor = async || {
        let all = other.desk.mailboxes().await?;
        anyhow::Ok(all.into_iter().find(|one| one.id == id).and_then(|one| one.cursor))
    };
    ensure!(other.desk.save_cursor(&id, &imap, "17").await? && cursor().await?.as_deref() == Some("17"));
    // Another server is not told it, and is read from its own beginning: MBX-1.
    let mut moved = portable.clone();
    let elsewhere = serde_json::to_string(&Imap { host: "imap.evil.example".into(), password: String::new(), ..imap })?;
    set(&mut moved, "account", "Faktura", "imap", &elsewhere);
    let told_of = other.desk.import_configuration(&other.eva, &moved).await?;
    ensure!(told(&told_of) == [("account", "Faktura", Fate::Changed)] && told_of[0].columns == ["imap"]);
    let (_, imap) = fetched(other.desk.mailboxes().await?).context("no mailbox")?;
    ensure!(imap.host == "imap.evil.example" && imap.password.is_empty());
    ensure!(cursor().await?.is_none(), "{:?}", cursor().await?);
    Ok(())
}

/// C-25: what could not be typed is not brought in either.
#[tokio::test(flavor = "multi_thread")]
async fn mailboxes_webhooks_fields_and_tags_obey_the_rules_that_hold_by_hand() -> Result<()> {
    let house = House::open().await?;
    furnish(&house).await?;
    let whole = house.desk.export_configuration(&house.eva).await?;
    let refused = async |part: &str, name: &str, column: &str, value: &str| -> Result<Error> {
        let mut document = whole.clone();
        let row = row(&mut document, part, name).with_context(|| format!("no {part} {name}"))?;
        row.insert(column.to_owned(), text(value));
        house.desk.import_configuration(&house.eva, &document).await.err().context("it was taken")
    };
    let none = |part: &str| Error::invalid(part, Why::NotAChoice);
    let with_password = r#"{"host":"a.example","port":993,"tls":true,"user":"a","password":"x","folder":""}"#;
    ensure!(refused("account", "Faktura", "imap", with_password).await? == none("account"));
    ensure!(refused("account", "Faktura", "imap", "{}").await? == none("account"));
    ensure!(refused("account", "Faktura", "address", "nobody").await? == none("account"));
    ensure!(
        refused("account", "Faktura", "address", "support@company.com").await?
            == Error::invalid("account", Why::Double)
    );
    ensure!(refused("account", "Faktura", "kind", "portal").await? == none("account"));
    ensure!(refused("webhook", "Lager", "url", "ftp://hooks.example").await? == none("webhook"));
    ensure!(refused("webhook", "Lager", "events", "everything").await? == none("webhook"));
    ensure!(refused("field", "ORDNING", "choices", "[]").await? == Error::invalid("field", Why::Missing));
    ensure!(refused("field", "ORDNING", "key", "annet").await? == none("field"));
    ensure!(refused("field", "ORDNING", "key", "serienummer").await? == Error::invalid("field", Why::Double));
    ensure!(refused("field", "ORDNING", "kind", "colour").await? == none("field"));
    ensure!(refused("tag", "Øst", "name", "SKRIVER").await? == Error::invalid("tag", Why::Double));
    ensure!(refused("tag", "Øst", "name", " ").await? == Error::invalid("tag", Why::Missing));
    ensure!(house.desk.export_configuration(&house.eva).await? == whole, "nothing was changed");
    Ok(())
}
