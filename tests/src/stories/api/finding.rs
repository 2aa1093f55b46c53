//! Finding, and acting on what was found, through the door. Sections 2.4, 10.2 to 10.4, 9.3 and 4.4.

use super::{Program, number};
use anyhow::{Context, Result, ensure};
use desk::model::Scope;
use serde_json::{Value, json};
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_is_counted_by_people_changed_at_once_and_merged_by_property() -> Result<()> {
    let house = House::open().await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Admin]).await?;
    let kari = ane.get("/people?q=kari").await?[0]["person"]["id"].clone();
    let mut numbers = vec![];
    for title in ["Skriver i 1.", "Skriver i 2.", "Faktura"] {
        let new = json!({ "title": title, "text": "Den står.", "person": kari, "origin": "phone" });
        numbers.push(number(&ane.does("POST", "/requests", new).await?)?);
    }
    let criteria = json!({ "sets": [[{ "aspect": "title", "operator": "contains", "values": ["skriver"] }]] });
    let found = ane.does("POST", "/requests/search", json!({ "criteria": criteria })).await?;
    ensure!(found["total"] == 2, "{found}");
    // FND-2
    ensure!(ane.get("/requests/search/last").await? == Value::Null, "a search by itself is not remembered");
    let last = json!({ "criteria": criteria, "sort": { "by": "created", "key": "", "descending": true } });
    ane.does("PUT", "/requests/search/last", last.clone()).await?;
    ensure!(ane.get("/requests/search/last").await?["sort"] == last["sort"]);
    // Section 10.3
    let fits = json!({ "of": { "fits": criteria } });
    let contacts = ane.does("POST", "/requests/contacts", fits.clone()).await?;
    ensure!(contacts["rows"][0]["id"] == kari && contacts["rows"][0]["requests"] == 2, "{contacts}");
    let companies = ane.does("POST", "/requests/companies", fits).await?;
    ensure!(companies["rows"][0]["requests"] == 2 && companies["next"] == Value::Null, "{companies}");
    // Section 10.4
    let high = ane.get("/choices").await?;
    let high = high["priorities"].as_array().context("no priorities")?.iter().find(|one| one["en"] == "High");
    let high = high.context("no high")?["id"].clone();
    let several = json!({
        "criteria": criteria,
        "actions": [{ "do": "take" }, { "do": "priority", "priority": high }, { "do": "add-tag", "tag": "skriver" }],
    });
    let foreseen = ane.does("POST", "/bulk/preview", several.clone()).await?;
    ensure!(foreseen["rows"].as_array().is_some_and(|rows| rows.len() == 2), "{foreseen}");
    let id = ane.does("POST", "/bulk", several).await?["id"].as_str().context("no id")?.to_owned();
    house.rest().await?;
    let done = ane.get(&format!("/bulk/{id}")).await?;
    ensure!(done["done"] == 2 && done["finished"] == true && done["skipped"] == json!([]), "{done}");
    let refused = ane.refused("POST", "/bulk", json!({ "numbers": numbers, "actions": [] })).await?;
    ensure!(refused == (422, "invalid".to_owned()), "{refused:?}");
    // Section 9.3
    let [first, second, third] = numbers[..] else { anyhow::bail!("{numbers:?}") };
    let merge = json!({ "from": [second, third], "each": { "title": third, "priority": second } });
    ane.does("POST", &format!("/requests/{first}/merge"), merge).await?;
    let one = ane.get(&format!("/requests/{first}")).await?;
    ensure!(one["title"] == "Faktura" && one["priority"] == high, "{one}");
    // Section 4.4
    let asked = json!({
        "to": ["hjelp@partner.example"], "cc": ["lager@partner.example"], "bcc": ["sjef@partner.example"],
        "text": "Har dere sett denne?", "message": null, "with_files": false, "remind_hours": null,
    });
    ane.does("POST", &format!("/requests/{first}/sides"), asked).await?;
    let sides = ane.get(&format!("/requests/{first}/sides")).await?;
    ensure!(sides[0]["cc"][0] == "lager@partner.example" && sides[0]["bcc"][0] == "sjef@partner.example", "{sides}");
    house.close().await;
    Ok(())
}

/// NAV-10
#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_is_chosen_by_calls() -> Result<()> {
    let house = House::open().await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Admin]).await?;
    ensure!(ane.get("/dashboard").await?.as_array().is_some_and(|tiles| tiles.len() == 6));
    ane.does("PUT", "/me/preferences", json!({ "tiles": ["created-by-week", "mine"] })).await?;
    let chosen = ane.get("/dashboard").await?;
    ensure!(chosen[0]["content"]["shows"] == "created" && chosen[1]["content"]["count"] == 0, "{chosen}");
    let refused = ane.refused("PUT", "/me/preferences", json!({ "tiles": ["weather"] })).await?;
    ensure!(refused.0 == 422, "{refused:?}");
    house.close().await;
    Ok(())
}
