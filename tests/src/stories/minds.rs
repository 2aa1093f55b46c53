//! Plugins that think along: suggestions that wait for a yes, facts about who asks, and changes under the plugin's own name.

use crate::plugins::{file, id, install};
use anyhow::{Context, Result, ensure};
use axum::{Json, Router, extract::Query, http::StatusCode, routing::get};
use desk::{Error, Why, model::*};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tests::house::House;

async fn fresh(house: &House, eva: &Actor, name: &str, settings: Value) -> Result<PluginId> {
    let plugin = id(&format!("saker.{name}"));
    match house.desk.remove_plugin(eva, &plugin).await {
        Ok(()) | Err(Error::NotFound) => {}
        Err(why) => return Err(why.into()),
    }
    install(house, eva, file(&format!("offered/{name}.wasm"))).await?;
    let settings = PluginSettings { settings: serde_json::from_value(settings)?, ..PluginSettings::default() };
    house.desk.save_plugin_settings(eva, &plugin, settings).await?;
    Ok(plugin)
}

fn mail(from: &str, subject: &str, text: &str) -> String {
    format!("From: Kari <{from}>\r\nSubject: {subject}\r\n\r\n{text}\r\n")
}

/// Something of the desk's own that the only request is not.
fn other(names: Vec<(String, String)>, now: &str) -> Result<(String, String)> {
    names.into_iter().find(|(id, _)| id != now).context("there is only one")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suggestion_says_why_and_changes_nothing_before_somebody_says_yes() -> Result<()> {
    let house = House::open().await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let choices = house.desk.choices(&ane).await?;
    let priority = choices.priorities.iter().find(|priority| !priority.default).context("one priority only")?.clone();
    let plugin = id("saker.keywords");
    let words = format!(
        "faktura, purring = priority: {}\nfaktura = tag: penger\nfaktura = category: there is none\n",
        priority.nb
    );
    fresh(&house, &eva, "keywords", json!({ "words": words })).await?;
    // Its form is looked at as a channel's is.
    let bad = PluginSettings { settings: serde_json::from_value(json!({ "words": 7 }))?, ..PluginSettings::default() };
    let refused = house.desk.save_plugin_settings(&eva, &plugin, bad).await;
    ensure!(refused == Err(Error::invalid("settings.words", Why::NotAChoice)), "{refused:?}");
    ensure!(house.desk.plugin_settings(&ane, &plugin).await.is_err(), "settings are administrators'");

    house.mail("kari@fjord.no", &mail("kari@fjord.no", "Faktura 1042", "Dere sendte en purring.")).await?;
    house.rest().await?;
    let ticket = house.only(&ane, List::Unassigned).await?;
    let before = ticket.log.len();
    let opinions = house.desk.opinions(&ane, &ticket.id).await?;
    ensure!(opinions.len() == 2, "what is no choice here is let be: {opinions:?}");
    let surest = &opinions[0];
    ensure!(
        surest.about == Matter::Priority && surest.value.nb == priority.nb && surest.confidence > 0.6,
        "{surest:?}"
    );
    ensure!(surest.why.as_deref() == Some("“faktura”, “purring”"), "{surest:?}");
    ensure!(ticket.priority != priority.id && house.desk.ticket(&ane, ticket.number).await?.log.len() == before);

    house.desk.take_opinion(&ane, &surest.id).await?;
    let now = house.desk.ticket(&ane, ticket.number).await?;
    ensure!(now.priority == priority.id && now.log.iter().any(|entry| entry.actor.starts_with("Ane")));
    ensure!(house.desk.take_opinion(&ane, &surest.id).await == Err(Error::NotFound), "taken once");
    let tag = house.desk.opinions(&ane, &ticket.id).await?.pop().context("the tag")?;
    house.desk.dismiss_opinion(&ane, &tag.id).await?;
    // Whoever said no is not asked the same again, and what is so already is no suggestion.
    house
        .mail("kari@fjord.no", &mail("kari@fjord.no", &format!("SV: [Sak #{}]", ticket.number), "Faktura! Purring!"))
        .await?;
    house.rest().await?;
    ensure!(house.desk.ticket(&ane, ticket.number).await?.messages.len() > now.messages.len());
    ensure!(house.desk.opinions(&ane, &ticket.id).await?.is_empty());
    // Taking it back is undoing what somebody did.
    let step =
        house.desk.steps(&ane, &ticket.id).await?.into_iter().find(|step| step.kind == EventKind::PriorityChanged);
    house.desk.undo(&ane, step.context("no step")?.number).await?;
    ensure!(house.desk.ticket(&ane, ticket.number).await?.priority == ticket.priority);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_register_knows_is_asked_once_and_goes_with_the_person() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let asked = Arc::new(Mutex::new(vec![]));
    let known = asked.clone();
    let answer = async move |Query(query): Query<HashMap<String, String>>| {
        let name = query.get("navn").cloned().unwrap_or_default();
        known.lock().unwrap().push(name.clone());
        if known.lock().unwrap().len() == 1 {
            return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({})));
        }
        let unit = json!({
            "organisasjonsnummer": "999999999", "navn": name.to_uppercase(),
            "organisasjonsform": { "kode": "AS", "beskrivelse": "Aksjeselskap" }, "antallAnsatte": 12,
        });
        (StatusCode::OK, Json(json!({ "_embedded": { "enheter": [unit] } })))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/enhetsregisteret/api/enheter", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    fresh(&house, &eva, "register", json!({ "address": address })).await?;

    let company = desk::person::NewCompany { name: "Havbris AS".to_owned(), ..Default::default() };
    let company = house.desk.add_company(&eva, company).await?;
    let tora = desk::person::NewContact {
        name: "Tora".to_owned(),
        emails: vec!["tora@havbris.example".to_owned()],
        company: Some(company),
        ..Default::default()
    };
    let tora = house.desk.add_contact(&eva, tora).await?;
    for subject in ["Skriver", "Skjerm"] {
        house.mail("tora@havbris.example", &mail("tora@havbris.example", subject, "Hjelp")).await?;
    }
    // The first answer was "not now": it is asked again by itself.
    for _ in 0..80 {
        if !house.desk.findings(&ane, &tora).await?.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    let findings = house.desk.findings(&ane, &tora).await?;
    let value = |name: &str| findings.iter().find(|finding| finding.name == name).map(|finding| finding.value.as_str());
    ensure!(value("Organisasjonsnummer") == Some("999999999") && value("Ansatte") == Some("12"), "{findings:?}");
    ensure!(findings.iter().all(|finding| finding.source == "data.brreg.no"));
    ensure!(asked.lock().unwrap().len() == 2, "two requests ask once, and once more where that failed");
    ensure!(asked.lock().unwrap().iter().all(|name| name == "Havbris AS"), "nothing but the company's name leaves");
    house.desk.find_out_again(&ane, &tora).await?;
    house.rest().await?;
    ensure!(asked.lock().unwrap().len() == 3);
    house.desk.erase_person(&eva, &tora).await?;
    let left: i64 = sqlx::query_scalar("select count(*) from finding").fetch_one(house.desk.db().read()).await?;
    ensure!(left == 0, "who is forgotten is forgotten here too");
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_does_stands_under_its_name_can_be_taken_back_and_is_all_or_nothing() -> Result<()> {
    let house = House::open().await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let choices = house.desk.choices(&ane).await?;
    let usual = choices.priorities.iter().find(|priority| priority.default).context("no default")?;
    let all = choices.priorities.iter().map(|priority| (priority.id.0.clone(), priority.en.clone())).collect();
    let (priority, name) = other(all, usual.id.as_str())?;
    let lines = format!("fjord.no = tag: viktig, priority: {name}\nny.no = tag: viktig, priority: Nonesuch");
    let plugin = fresh(&house, &eva, "attention", json!({ "customers": lines })).await?;
    house.mail("kari@fjord.no", &mail("kari@fjord.no", "Skriver", "Hjelp")).await?;
    house.rest().await?;
    let ticket = house.only(&ane, List::Unassigned).await?;
    ensure!(ticket.priority.as_str() == priority, "{:?}", ticket.priority);
    ensure!(house.desk.tags_of(&ane, &ticket.id).await? == ["viktig"]);
    let changed = ticket.log.iter().find(|entry| entry.kind == EventKind::PriorityChanged).context("not in the log")?;
    ensure!(
        changed.actor == "Important customers"
            && changed.cause == Cause::Plugin
            && changed.cause_id.as_deref() == Some("saker.attention"),
        "{changed:?}"
    );
    let step = house.desk.steps(&ane, &ticket.id).await?.into_iter().find(|step| step.kind == EventKind::Tagged);
    house.desk.undo(&ane, step.context("no step")?.number).await?;
    ensure!(house.desk.ticket(&ane, ticket.number).await?.priority == usual.id);
    ensure!(house.desk.tags_of(&ane, &ticket.id).await?.is_empty());

    // What can't be done is not done by half, and administrators see why.
    house.mail("ola@ny.no", &mail("ola@ny.no", "Skjerm", "Hjelp")).await?;
    house.rest().await?;
    let rows = house.rows(&ane, List::Unassigned).await?;
    let second = rows.iter().find(|row| row.title == "Skjerm").context("the second")?;
    ensure!(house.desk.tags_of(&ane, &second.id).await?.is_empty() && second.priority == usual.id);
    let refused = house.desk.refused_reactions(&eva, &plugin).await?;
    ensure!(
        refused.len() == 1 && refused[0].number == second.number && refused[0].why.contains("Nonesuch"),
        "{refused:?}"
    );
    // Switched off, it hears of nothing.
    house.desk.switch_plugin(&eva, &plugin, false).await?;
    house.mail("per@fjord.no", &mail("per@fjord.no", "Mus", "Hjelp")).await?;
    house.rest().await?;
    let rows = house.rows(&ane, List::Unassigned).await?;
    ensure!(rows.iter().find(|row| row.title == "Mus").context("the third")?.priority == usual.id);
    house.close().await;
    Ok(())
}
