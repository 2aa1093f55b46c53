//! D2: a customer phones.

use super::*;

/// What Ane writes down while she talks.
async fn call(scene: &Scene) -> Result<Value> {
    let callers = scene.ane.get("/people?q=%2B4790000001").await?;
    let kari = callers[0]["person"]["id"].as_str().context("not found by number")?.to_owned();
    Ok(json!({ "title": "Faktura 1042 feil", "text": "Ringte om fakturaen.", "person": kari, "owner": "me",
        "category": choice(&scene.ane, "categories", "Brukerstøtte").await?,
        "priority": choice(&scene.ane, "priorities", "High").await?,
        "origin": "phone", "access": "external", "seconds": 360 }))
}

async fn registered(scene: &Scene) -> Result<i64> {
    let new = call(scene).await?;
    let n = number(&scene.ane.does("POST", "/requests", new).await?)?;
    scene.nobody_has_news().await?;
    Ok(n)
}

/// D2-1: whoever calls is shown with what they have open and what was lately; an unknown number begins a contact.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_finds_its_caller_with_their_company_and_requests() -> Result<()> {
    let scene = Scene::open().await?;
    let before = scene.mail_of_kari().await?;
    for asked in ["90000001", "%2B47%20900%2000%20001"] {
        let callers = scene.ane.get(&format!("/people?q={asked}")).await?;
        ensure!(callers[0]["person"]["name"] == "Kari Nordmann", "{asked}: {callers}");
        ensure!(callers[0]["person"]["company"]["name"] == "Fjord AS", "{asked}: {callers}");
        ensure!(callers[0]["tickets"][0]["number"] == before, "{asked}: {callers}");
    }
    ensure!(scene.ane.get("/people?q=41999999").await? == json!([]));
    let new = json!({ "title": "Ny kunde", "text": "Ringte.", "owner": "me", "origin": "phone",
        "new_person": { "name": "Ola Vik", "email": "", "phone": "+47 419 99 999" } });
    let n = number(&scene.ane.does("POST", "/requests", new).await?)?;
    ensure!(scene.ane.get(&format!("/requests/{n}")).await?["contacts"][0]["name"] == "Ola Vik");
    ensure!(scene.ane.get("/people?q=41999999").await?[0]["person"]["name"] == "Ola Vik");
    scene.house.close().await;
    Ok(())
}

/// D2-2: registered; nothing is mailed unless Ane says so. CRE-3, PHO-1.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_registered_without_a_mail_and_its_caller_can_read_it() -> Result<()> {
    let scene = Scene::open().await?;
    let new = call(&scene).await?;
    let opened = scene.ane.does("POST", "/requests", new.clone()).await?;
    let n = number(&opened)?;
    scene.house.rest().await?;
    ensure!(scene.house.sent().await?.is_empty() && rows(&scene.ane, "mine").await? == [n], "CRE-3");
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["origin"] == "phone" && request["state"] == "open" && request["minutes"] == 6, "{request}");
    ensure!(request["priority"] == choice(&scene.ane, "priorities", "High").await?.as_str());
    ensure!(request["owner"]["name"] == "Ane Lie" && request["company"]["name"] == "Fjord AS", "{request}");
    ensure!(request["status"] == choice(&scene.ane, "statuses", "Open").await?.as_str());
    says(&log(&scene.ane, n).await?, &[("Ane", "ticket-opened")])?;
    let (status, page) = scene.page(opened["link"].as_str().context("no link")?, None).await?;
    ensure!(status == 200 && page.contains("Faktura 1042 feil") && page.contains("Ringte om fakturaen."), "{page}");
    let kari = scene.signed_in("kari@fjord.no").await?;
    ensure!(scene.page("/requests", Some(&kari)).await?.1.contains("Faktura 1042 feil"));

    // The variant: one mail with the number.
    let before = scene.house.sent().await?.len();
    let mut confirmed = new;
    confirmed["confirm"] = json!(true);
    let m = number(&scene.ane.does("POST", "/requests", confirmed).await?)?;
    scene.house.rest().await?;
    let mails = scene.house.sent().await?.split_off(before);
    ensure!(mails.len() == 1 && mails[0].0 == "kari@fjord.no", "{} mails", mails.len());
    ensure!(mails[0].1.contains(&format!("[Sak #{m}]")), "{}", mails[0].1);
    scene.house.close().await;
    Ok(())
}

/// D2-3: what was half-written is there again, wherever she goes on, and for nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_half_written_survives_the_browser() -> Result<()> {
    let scene = Scene::open().await?;
    let kept = json!({ "body": "Hun ringte om faktura 1042", "version": 0 });
    scene.ane.does("PUT", "/drafts/new/comment", kept).await?;
    let elsewhere = Program::of(&scene.house, &scene.house.agent("Ane").await?, &[Scope::Write]).await?;
    let draft = elsewhere.get("/drafts/new/comment").await?;
    ensure!(draft["body"] == "Hun ringte om faktura 1042" && draft["version"] == 1, "{draft}");
    ensure!(scene.bo.refused("GET", "/drafts/new/comment", Value::Null).await?.0 == 404);
    scene.house.close().await;
    Ok(())
}

/// D2-4a: with the colleague it goes into her category; the one it began in stays known.
#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_is_asked_in_her_category_and_reports_know_where_it_began() -> Result<()> {
    let scene = Scene::open().await?;
    let n = registered(&scene).await?;
    let (support, invoices) =
        (choice(&scene.ane, "categories", "Brukerstøtte").await?, choice(&scene.ane, "categories", "Faktura").await?);
    scene.ane.does("PATCH", &format!("/requests/{n}"), json!({ "category": invoices })).await?;
    let give = json!({ "to": id_of(&scene.ane, "Cia").await?, "comment": internal("Stemmer beløpet?") });
    scene.ane.does("POST", &format!("/requests/{n}/give"), give).await?;
    scene.house.rest().await?;
    let request = scene.cia.get(&format!("/requests/{n}")).await?;
    ensure!(request["category"] == invoices.as_str() && request["owner"]["name"] == "Cia Berg", "{request}");
    ensure!(last_message(&request)?["text"] == "Stemmer beløpet?" && last_message(&request)?["access"] == "internal");
    ensure!(news(&scene.cia).await?.contains(&"assigned".to_owned()));
    // Where it began and where it is now are two things to ask for.
    let in_category = async |aspect: &str, id: &str| -> Result<i64> {
        let criteria = json!({ "sets": [[{ "aspect": aspect, "operator": "one-of", "values": [id] }]] });
        let counted = scene.eva.does("POST", "/requests/count", criteria).await?;
        counted["total"].as_i64().with_context(|| counted.to_string())
    };
    ensure!(
        in_category("first-category", &support).await? == 1 && in_category("first-category", &invoices).await? == 0
    );
    ensure!(in_category("category", &invoices).await? == 1 && in_category("category", &support).await? == 0);
    ensure!(!scene.seen_by_customer(n).await?.contains("Stemmer beløpet") && scene.house.sent().await?.is_empty());
    scene.house.close().await;
    Ok(())
}

/// D2-4b: as for a mail; there is no mail of hers to send along.
#[tokio::test(flavor = "multi_thread")]
async fn a_helper_is_asked_about_a_call_and_answers_on_it() -> Result<()> {
    let scene = Scene::open().await?;
    let n = registered(&scene).await?;
    let asked = json!({ "to": [HELPER], "text": "Er faktura 1042 sendt?", "message": null, "with_files": false });
    scene.ane.does("POST", &format!("/requests/{n}/sides"), asked).await?;
    scene.house.rest().await?;
    let sent = scene.house.sent().await?;
    ensure!(sent.len() == 1 && sent[0].0 == HELPER, "one mail, to the helper");
    scene.answer(HELPER, "Ja, i går.").await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    let answer = last_message(&request)?;
    ensure!(answer["text"] == "Ja, i går." && answer["access"] == "internal" && answer["kind"] == "helper", "{answer}");
    ensure!(request["origin"] == "phone" && request["read"] == "news" && request["state"] == "open", "{request}");
    ensure!(news(&scene.ane).await? == ["helper-answered"]);
    ensure!(!scene.seen_by_customer(n).await?.contains("i går") && rows(&scene.ane, "latest").await? == [n]);
    scene.house.close().await;
    Ok(())
}

/// D2-5: it rests until tomorrow at nine, and comes back by itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_off_comes_back_at_its_hour_and_says_so() -> Result<()> {
    let scene = Scene::open().await?;
    let n = registered(&scene).await?;
    scene.ane.does("POST", &format!("/requests/{n}/comments"), internal("Venter på leverandøren")).await?;
    let tomorrow = TUESDAY_TEN + 23 * HOUR;
    scene
        .ane
        .does("POST", &format!("/requests/{n}/postpone"), json!({ "until": { "until": "at", "at": tomorrow } }))
        .await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["state"] == "postponed" && request["wake_at"] == tomorrow, "{request}");
    ensure!(rows(&scene.ane, "mine").await?.is_empty());
    scene.nobody_has_news().await?;
    scene.house.pass(23 * 60 - 1).await?;
    ensure!(rows(&scene.ane, "mine").await?.is_empty(), "too early");
    scene.nobody_has_news().await?;
    scene.house.pass(1).await?;
    ensure!(rows(&scene.ane, "mine").await? == [n]);
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["state"] == "open" && request["status"] == choice(&scene.ane, "statuses", "Open").await?.as_str());
    ensure!(news(&scene.ane).await?.contains(&"reopened".to_owned()), "{:?}", news(&scene.ane).await?);
    says(&log(&scene.ane, n).await?, &[("Ane", "commented"), ("Ane", "postponed"), ("clock", "woken")])?;
    // The whole night was somebody else's to wait for, by how the status counts.
    let phases = scene.ane.get(&format!("/requests/{n}/phases")).await?;
    ensure!(phases["external"] == 23 * 60, "STAT-3: {phases}");
    scene.house.close().await;
    Ok(())
}

/// D2-6 and 7: answered by mail; her answer joins the same request; the times of both are summed and the week counts it.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_by_mail_closed_and_counted() -> Result<()> {
    let scene = Scene::open().await?;
    let n = registered(&scene).await?;
    scene.ane.does("POST", &format!("/requests/{n}/replies"), draft("Fakturaen er rettet.")).await?;
    scene.house.rest().await?;
    let sent = scene.house.sent().await?;
    ensure!(sent.len() == 1 && sent[0].0 == "kari@fjord.no" && sent[0].1.contains(&format!("[Sak #{n}]")));
    scene.answer("kari@fjord.no", "Takk skal du ha!").await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(last_message(&request)?["text"] == "Takk skal du ha!" && request["origin"] == "phone", "{request}");
    ensure!(rows(&scene.ane, "latest").await? == [n]);
    scene.ane.does("POST", &format!("/requests/{n}/close"), Value::Null).await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(
        request["minutes"] == 12 && request["closed_at"] == TUESDAY_TEN && request["state"] == "closed",
        "{request}"
    );
    let (from, to) = (TUESDAY_TEN - 34 * HOUR, TUESDAY_TEN + 134 * HOUR);
    let week = scene.eva.get(&format!("/statistics?from={from}&to={to}")).await?;
    ensure!(week["by_origin"] == json!([{ "of": "phone", "count": 1 }]), "{week}");
    let ane = id_of(&scene.eva, "Ane").await?;
    ensure!(week["closed"] == 1 && week["closed_by_owner"] == json!([{ "of": ane, "count": 1 }]), "{week}");
    ensure!(week["minutes"] == 12, "{week}");
    scene.house.close().await;
    Ok(())
}

/// D2-8: found by whatever somebody remembers of it, and nothing else is.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_found_again_by_number_phone_word_name_and_company() -> Result<()> {
    let scene = Scene::open().await?;
    let n = registered(&scene).await?;
    let other = json!({ "title": "Noe helt annet", "text": "Hei.", "owner": "me", "origin": "phone",
        "new_person": { "name": "Ola Vik", "email": "ola@vik.example", "phone": "" } });
    scene.ane.does("POST", "/requests", other).await?;
    scene.house.rest().await?;
    let (number, mut asked) = (n.to_string(), vec!["90000001", "+47 900 00 001", "1042", "Kari", "Nordmann", "Fjord"]);
    asked.push(&number);
    for word in asked {
        ensure!(found(&scene.bo, word).await? == [n], "{word}: {:?}", found(&scene.bo, word).await?);
    }
    scene.house.close().await;
    Ok(())
}
