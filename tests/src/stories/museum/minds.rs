//! What thinks along.

use super::{Piece, each, mail, until};
use anyhow::{Context, Result, ensure};
use desk::{Error, Why, model::*};
use serde_json::json;
use tests::company::Answer;

/// Words become suggestions, and a yes to one changes the request.
async fn takes_what_it_says(piece: &Piece, about: Matter, why: &str) -> Result<Ticket> {
    let ticket = piece.ticket().await?;
    let opinions = piece.house.desk.opinions(&piece.ane, &ticket.id).await?;
    let opinion = opinions.iter().find(|opinion| opinion.about == about).with_context(|| format!("{opinions:?}"))?;
    ensure!(opinion.why.as_deref() == Some(why) && opinion.confidence > 0.5, "{opinion:?}");
    piece.house.desk.take_opinion(&piece.ane, &opinion.id).await?;
    piece.was_called_at(&["classify"]).await?;
    Ok(piece.house.desk.ticket(&piece.ane, ticket.number).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_classifier_is_asked_and_is_set_up() -> Result<()> {
    each("saker.keywords", async |piece| {
        // What it has against its settings, it says.
        let refused = piece.settings(json!({ "words": "half a line" })).await;
        let Err(Error::Invalid { why: Why::Unfit { words, .. }, .. }) = &refused else { anyhow::bail!("{refused:?}") };
        ensure!(words.starts_with("words: Line 1"), "{words}");
        let priorities = piece.house.desk.choices(&piece.ane).await?.priorities;
        let other = priorities.into_iter().find(|priority| !priority.default).context("one priority only")?;
        piece.settings(json!({ "words": format!("faktura = priority: {}", other.nb) })).await?;
        piece.house.mail("kari@fjord.no", &mail("Faktura 1042", "Hjelp")).await?;
        let ticket = takes_what_it_says(piece, Matter::Priority, "“faktura”").await?;
        ensure!(ticket.priority == other.id, "{:?}", ticket.priority);
        Ok(())
    })
    .await
}

/// What the desk has goes into its context.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_classifier_hears_what_there_is_to_choose_from() -> Result<()> {
    each("com.example.signpost", async |piece| {
        piece.settings(json!({ "urgent": "haster", "tag": "haster" })).await?;
        let categories = piece.house.desk.choices(&piece.ane).await?.categories;
        let other = categories.last().context("no category")?.clone();
        piece.house.mail("kari@fjord.no", &mail("Det haster", &format!("Hvem har {}?", other.name))).await?;
        let ticket = piece.ticket().await?;
        ensure!(ticket.category != other.id, "it begins there anyway");
        let ticket = takes_what_it_says(piece, Matter::Category, &format!("“{}”", other.name)).await?;
        ensure!(ticket.category == other.id, "{:?}", ticket.category);
        takes_what_it_says(piece, Matter::Tag, "“haster”").await?;
        ensure!(piece.house.desk.tags_of(&piece.ane, &ticket.id).await? == ["haster"]);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_enricher_finds_out_about_a_person() -> Result<()> {
    each("saker.register", async |piece| {
        let unit = json!({ "organisasjonsnummer": "999999999", "navn": "HAVBRIS AS", "antallAnsatte": 12 });
        let answer = Answer::json(200, &json!({ "_embedded": { "enheter": [unit] } }));
        piece.company.answers("/enhetsregisteret/api/enheter", answer);
        piece.settings(json!({ "address": piece.company.at })).await?;
        let desk = &piece.house.desk;
        let company = desk::person::NewCompany { name: "Havbris AS".to_owned(), ..Default::default() };
        let tora = desk::person::NewContact {
            name: "Tora".to_owned(),
            emails: vec!["tora@havbris.example".to_owned()],
            company: Some(desk.add_company(&piece.eva, company).await?),
            ..Default::default()
        };
        let tora = desk.add_contact(&piece.eva, tora).await?;
        piece
            .house
            .mail("tora@havbris.example", &mail("Skriver", "Hjelp").replace("kari@fjord.no", "tora@havbris.example"))
            .await?;
        let findings = until(async || {
            let findings = desk.findings(&piece.ane, &tora).await?;
            Ok((!findings.is_empty()).then_some(findings))
        })
        .await?;
        let value = |name: &str| findings.iter().find(|finding| finding.name == name).map(|one| one.value.as_str());
        ensure!(value("Organisasjonsnummer") == Some("999999999") && value("Ansatte") == Some("12"), "{findings:?}");
        ensure!(findings.iter().all(|finding| finding.source == "data.brreg.no"), "{findings:?}");
        ensure!(piece.company.told("/enheter")[0].path.contains("navn=Havbris%20AS"));
        piece.was_called_at(&["enrich"]).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_automation_proposes_is_carried_out() -> Result<()> {
    each("saker.attention", async |piece| {
        piece.settings(json!({ "customers": "fjord.no = tag: viktig" })).await?;
        piece.house.mail("kari@fjord.no", &mail("Skriver", "Hjelp")).await?;
        let ticket = piece.ticket().await?;
        ensure!(piece.house.desk.tags_of(&piece.ane, &ticket.id).await? == ["viktig"]);
        let tagged = ticket.log.iter().find(|entry| entry.kind == EventKind::Tagged).context("not in the log")?;
        ensure!(tagged.cause == Cause::Plugin && tagged.cause_id.as_deref() == Some("saker.attention"), "{tagged:?}");
        piece.was_called_at(&["on-event"]).await
    })
    .await
}
