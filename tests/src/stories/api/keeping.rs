//! Keeping, holding and framing through the door. C-20, OUT-3.

use super::{Program, number};
use anyhow::{Context, Result, ensure};
use desk::model::{List, Scope};
use serde_json::{Value, json};
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_legal_hold_is_placed_met_and_lifted_by_calls() -> Result<()> {
    let house = House::open().await?;
    let eva = Program::of(&house, &house.agent("Eva").await?, &[Scope::Admin]).await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Write]).await?;
    let new =
        json!({ "title": "Skriver", "text": "Den står.", "owner": "me", "origin": "phone", "access": "internal" });
    let n = number(&ane.does("POST", "/requests", new).await?)?;
    let why = json!({ "reason": "Tvist" });
    let refused = ane.refused("POST", &format!("/requests/{n}/legal-holds"), why.clone()).await?;
    ensure!(refused == (403, "forbidden".to_owned()), "{refused:?}");
    let hold = eva.does("POST", &format!("/requests/{n}/legal-holds"), why.clone()).await?;
    let hold = hold["id"].as_str().context("no id")?;
    ensure!(eva.get(&format!("/requests/{n}")).await?["holds"][0]["reason"] == "Tvist");
    ensure!(eva.get("/legal-holds").await?[0]["id"] == hold);
    for (language, word) in [("nb", "sperret"), ("en", "legal hold")] {
        let heard = eva.call("DELETE", &format!("/requests/{n}"), &[("accept-language", language)], None).await?;
        ensure!(heard.status == 423 && heard.body["problem"]["error"] == "held", "{}", heard.body);
        let detail = heard.body["detail"].as_str().unwrap_or_default();
        ensure!(detail.contains(word) && detail.contains("Tvist") && detail.contains("Eva"), "{detail}");
    }
    eva.does("POST", &format!("/legal-holds/{hold}/lift"), json!({ "reason": "Forlik" })).await?;
    ensure!(eva.refused("POST", &format!("/legal-holds/{hold}/lift"), why.clone()).await?.0 == 404);
    eva.does("DELETE", &format!("/requests/{n}"), Value::Null).await?;
    // People and companies.
    let people = eva.get("/people?q=kari").await?;
    let kari = people[0]["person"]["id"].as_str().context("no Kari")?;
    let company = people[0]["person"]["company"]["id"].as_str().context("no company")?;
    eva.does("POST", &format!("/people/{kari}/legal-holds"), why.clone()).await?;
    eva.does("POST", &format!("/companies/{company}/legal-holds"), why).await?;
    ensure!(eva.refused("DELETE", &format!("/people/{kari}"), Value::Null).await? == (423, "held".to_owned()));
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_a_category_keeps_is_tried_and_said_by_calls() -> Result<()> {
    let house = House::open().await?;
    let eva = Program::of(&house, &house.agent("Eva").await?, &[Scope::Admin]).await?;
    let category = house.desk.open_categories().await?.remove(0).id;
    let rule = json!({ "own": { "days": 365, "then": "anonymise" } });
    let path = format!("/categories/{category}/retention");
    let preview = eva.does("POST", &format!("{path}/preview"), rule.clone()).await?;
    ensure!(preview == json!({ "erased": 0, "anonymised": 0, "held": 0, "numbers": [] }), "{preview}");
    eva.does("PUT", &path, rule.clone()).await?;
    let said = eva.get("/retention").await?;
    let said = said.as_array().and_then(|all| all.iter().find(|one| one["category"] == category.as_str()));
    ensure!(said.is_some_and(|one| one["holds"] == rule["own"] && one["from"] == category.as_str()), "{said:?}");
    ensure!(eva.get(&format!("/categories/{category}/holds")).await?["retention"]["value"] == rule["own"]);
    let refused = eva.refused("PUT", &path, json!({ "own": { "days": 0, "then": "erase" } })).await?;
    ensure!(refused == (422, "invalid".to_owned()));
    eva.does("PUT", "/house-rules", json!({ "contacts": false, "same_owner": 15 })).await?;
    let rules = eva.get("/house-rules").await?;
    ensure!(rules["values"]["contacts"] == false && rules["from"]["contacts"] == "administrator", "{rules}");
    ensure!(rules["from"]["access"] == "saker");
    house.close().await;
    Ok(())
}

/// OUT-3, by the templates' plugin itself: the frame is filled in there, in the sandbox, and what left has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_frame_is_filled_in_by_the_plugin_and_stands_round_the_mail_that_leaves() -> Result<()> {
    let house = House::open().await?;
    let eva = Program::of(&house, &house.agent("Eva").await?, &[Scope::Admin]).await?;
    let category = house.desk.open_categories().await?.remove(0).id;
    let path = format!("/categories/{category}/house-style");
    let style = json!({
        "html": "<div style=\"border-top:4px solid #4540B8\">{{ organisation }}, sak {{ ticket.number }}</div>{{ body }}<p>{% if agent.name %}Hilsen oss{% endif %}</p>",
        "text": "{{ body }}\n\nBesøk oss i Storgata.",
        "below": true,
    });
    for (html, word) in [("<p>Hei</p>", "no-body"), ("{{ body", "template"), ("{% for a in b %}{{ body }}", "template")]
    {
        let wrong = json!({ "own": { "html": html, "text": "", "below": false } });
        let heard = eva.call("PUT", &path, &[], Some(wrong)).await?;
        let why = heard.body["problem"]["why"].to_string();
        ensure!(heard.status == 422 && why.contains(word), "{html}: {}", heard.body);
    }
    let preview = eva.does("POST", &format!("{path}/preview"), style.clone()).await?;
    ensure!(preview["text"].as_str().is_some_and(|text| text.trim_end().ends_with("Storgata.")), "{preview}");
    eva.does("PUT", &path, json!({ "own": style })).await?;
    house.mail("kari@fjord.example", "From: Kari <kari@fjord.example>\r\nTo: x@y.example\r\nSubject: Skriver\r\nMessage-ID: <frame@fjord.example>\r\n\r\nDen star.\r\n").await?;
    house.rest().await?;
    let ane = house.agent("Ane").await?;
    let ticket = house.only(&ane, List::Latest).await?;
    let (_, _, raw) = house.sent().await?.pop().context("nothing left")?;
    let flat = raw.replace("=\r\n", "").replace("=\n", "");
    ensure!(flat.contains("Storgata") && flat.contains(&format!("sak {}", ticket.number)), "{flat}");
    ensure!(
        flat.contains(&format!("#{}", ticket.number)) && !flat.contains("Hilsen oss"),
        "a machine has no name: {flat}"
    );
    house.close().await;
    Ok(())
}
