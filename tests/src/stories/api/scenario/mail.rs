//! D1: a customer sends a mail, or the portal's form.

use super::*;

/// D1-1 to 4, by mail.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_acknowledged_registered_and_reaches_those_who_could_have_it() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.mail_of_kari().await?;

    // 2: one acknowledgement in her language.
    let [(_, subject, raw)] = &scene.sent_to("kari@fjord.no").await?[..] else { anyhow::bail!("not one mail") };
    ensure!(subject.contains("Skriver virker ikke") && subject.contains(&format!("[Sak #{n}]")), "{subject}");
    ensure!(raw.contains("Auto-Submitted: auto-replied") && raw.contains("In-Reply-To: <first@fjord.no>"), "{raw}");
    ensure!(header(raw, "From").is_some_and(|from| from.contains("support@company.com")), "{raw}");
    ensure!(raw.contains("Hei"), "not in Norwegian: {raw}");

    // 3: registered.
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["title"] == "Skriver virker ikke" && request["origin"] == "email" && request["state"] == "open");
    ensure!(request["status"] == choice(&scene.ane, "statuses", "Open").await?.as_str());
    ensure!(request["priority"] == choice(&scene.ane, "priorities", "Medium").await?.as_str());
    ensure!(request["category"] == choice(&scene.ane, "categories", "Brukerstøtte").await?.as_str());
    ensure!(request["owner"].is_null() && request["access"] == "external" && request["read"] == "unread", "{request}");
    ensure!(request["contacts"][0]["name"] == "Kari Nordmann" && request["company"]["name"] == "Fjord AS", "CRM-1");
    let first = &request["messages"][0];
    ensure!(first["kind"] == "enquiry" && first["attachments"][0]["name"] == "feil.pdf", "{first}");
    let file = format!("/attachments/{}", first["attachments"][0]["id"].as_str().context("no id")?);
    ensure!(scene.ane.call("GET", &file, &[], None).await?.status == 200);
    // Eight hours inside the hours: Wednesday at ten.
    ensure!(request["deadline"] == TUESDAY_TEN + 24 * HOUR, "{}", request["deadline"]);
    says(&log(&scene.ane, n).await?, &[("mail", "ticket-opened"), ("", "acknowledged")])?;

    // 4: its members are told and see it, others are not; it is found by what people would ask for.
    ensure!(news(&scene.ane).await? == ["new-ticket"] && news(&scene.bo).await? == ["new-ticket"]);
    ensure!(news(&scene.cia).await?.is_empty(), "Cia is no member");
    for program in [&scene.ane, &scene.bo] {
        let page = program.get("/requests?list=unassigned").await?;
        ensure!(
            page["rows"][0]["preview"].as_str().is_some_and(|text| text.contains("Skriveren i 3. etasje")),
            "{page}"
        );
        ensure!(program.get("/tiles").await?["unassigned"] == 1 && rows(program, "mine").await?.is_empty());
    }
    for asked in [&n.to_string(), "Skriver", "Kari", "kari@fjord.no", "Fjord"] {
        ensure!(found(&scene.ane, asked).await? == [n], "not found by {asked}");
    }

    // 2 again: the same mail once more and an absence note make nothing and tell nobody.
    ensure!(scene.house.mail("kari@fjord.no", MAIL).await?.starts_with("250"));
    let name = header(raw, "Message-ID").context("no Message-ID")?;
    let away = format!(
        "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Borte\r\nMessage-ID: <away@fjord.no>\r\n\
         Auto-Submitted: auto-replied\r\nIn-Reply-To: <{name}>\r\n\r\nJeg er borte.\r\n"
    );
    scene.house.mail("", &away).await?;
    scene.house.rest().await?;
    ensure!(scene.house.sent().await?.len() == 1 && rows(&scene.ane, "latest").await? == [n]);
    ensure!(news(&scene.ane).await? == ["new-ticket"], "{:?}", news(&scene.ane).await?);
    scene.house.close().await;
    Ok(())
}

/// D1-3, the variants: whoever is not known becomes a contact, or their address is kept.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_new_becomes_a_contact_where_the_house_wants_it() -> Result<()> {
    let scene = Scene::open().await?;
    let from_ola = async |id: &str| -> Result<Value> {
        let mail = format!(
            "From: Ola Vik <{id}@ny.no>\r\nTo: support@company.com\r\nSubject: Hei fra {id}\r\nMessage-ID: <{id}@ny.no>\r\n\r\nHei\r\n"
        );
        scene.house.mail(&format!("{id}@ny.no"), &mail).await?;
        scene.house.rest().await?;
        let n = rows(&scene.ane, "latest").await?.into_iter().max().context("no request")?;
        scene.ane.get(&format!("/requests/{n}")).await
    };
    let known = from_ola("ola").await?;
    ensure!(known["contacts"][0]["name"] == "Ola Vik" && known["company"].is_null(), "{known}");
    scene.eva.does("PUT", "/house-rules", json!({ "contacts": false })).await?;
    let unknown = from_ola("per").await?;
    ensure!(unknown["contacts"] == json!([]) && unknown["title"] == "Hei fra per", "{unknown}");
    ensure!(unknown["messages"][0]["author"]["email"] == "per@ny.no", "its address is lost: {unknown}");
    ensure!(scene.ane.get("/people?q=per@ny.no").await?[0].is_null(), "a contact was made all the same");
    scene.house.close().await;
    Ok(())
}

/// D1-1 to 4, variant B: the portal's form, by somebody who is not signed in.
#[tokio::test(flavor = "multi_thread")]
async fn the_form_s_request_is_confirmed_acknowledged_and_registered_like_a_mail_s() -> Result<()> {
    let scene = Scene::open().await?;
    let category = scene.house.desk.open_categories().await?.remove(0).id;
    let mut body = String::new();
    for (name, value) in [
        ("category", category.as_str()),
        ("title", "Skriver virker ikke"),
        ("text", "Den står stille."),
        ("name", "Kari Nordmann"),
        ("email", "kari@fjord.no"),
    ] {
        body += &format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--xx\r\nContent-Disposition: form-data; name=\"files\"; filename=\"feil.pdf\"\r\n\
             Content-Type: application/pdf\r\n\r\n%PDF-1.4\n\r\n--xx--\r\n";
    let request = Request::post("/new")
        .header("content-type", "multipart/form-data; boundary=xx")
        .header("cookie", "language=nb")
        .body(Body::from(body))?;
    let router = server::http::router(server::http::App::new(scene.house.desk.clone(), true));
    let answer = router.oneshot(request).await?;
    ensure!(answer.status() == 303, "{}", answer.status());
    let to = answer.headers().get("location").context("leads nowhere")?.to_str()?.to_owned();
    scene.house.rest().await?;
    let [n] = rows(&scene.ane, "unassigned").await?[..] else { anyhow::bail!("not one request in the queue") };
    let (status, confirmation) = scene.page(&to, None).await?;
    ensure!(status == 200 && confirmation.contains(&n.to_string()), "no number: {confirmation}");
    let sent = scene.sent_to("kari@fjord.no").await?;
    ensure!(sent.len() == 1 && sent[0].1.contains(&format!("[Sak #{n}]")), "{} mails", sent.len());
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(
        request["origin"] == "portal" && request["access"] == "external" && request["owner"].is_null(),
        "{request}"
    );
    ensure!(request["contacts"][0]["name"] == "Kari Nordmann" && request["company"]["name"] == "Fjord AS", "{request}");
    ensure!(request["messages"][0]["attachments"][0]["name"] == "feil.pdf", "{request}");
    ensure!(request["deadline"] == TUESDAY_TEN + 24 * HOUR && request["read"] == "unread");
    says(&log(&scene.ane, n).await?, &[("form", "ticket-opened")])?;
    ensure!(news(&scene.ane).await? == ["new-ticket"] && news(&scene.cia).await?.is_empty());
    scene.house.close().await;
    Ok(())
}

/// D1-5: of two, one takes it; the other is told who. ACC-5.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_take_it_one_has_it_and_reading_it_ends_the_escalation() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.mail_of_kari().await?;
    let take = format!("/requests/{n}/take");
    let (first, second) = tokio::join!(
        scene.ane.call("POST", &take, &[], Some(json!({}))),
        scene.bo.call("POST", &take, &[], Some(json!({})))
    );
    let (first, second) = (first?, second?);
    ensure!([first.status, second.status].iter().filter(|status| **status == 204).count() == 1);
    let (mine, other, lost, name) =
        if first.status == 204 { (&scene.ane, &scene.bo, second, "Ane") } else { (&scene.bo, &scene.ane, first, "Bo") };
    ensure!(lost.status == 409 && lost.body["problem"]["error"] == "taken", "{}", lost.body);
    ensure!(lost.body["problem"]["holder"].as_str().is_some_and(|by| by.starts_with(name)), "{}", lost.body);
    ensure!(lost.body["detail"].as_str().is_some_and(|text| text.contains(name)), "{}", lost.body);
    ensure!(rows(mine, "mine").await? == [n] && rows(other, "mine").await?.is_empty());
    ensure!(rows(other, "unassigned").await?.is_empty());
    says(&log(mine, n).await?, &[(name, "accepted")])?;
    // Opened by whose it is: green, and nobody else gets it in two hours.
    mine.does("POST", &format!("/requests/{n}/read"), Value::Null).await?;
    ensure!(mine.get(&format!("/requests/{n}")).await?["read"] == "read");
    scene.house.pass(180).await?;
    ensure!(rows(mine, "mine").await? == [n], "it was escalated although it was read");
    ensure!(!log(mine, n).await?.iter().any(|(_, kind)| kind == "escalated"));
    scene.house.close().await;
    Ok(())
}

/// D1-5, where neither acts: at twelve it is Dag's.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_is_dags_after_two_hours() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.mail_of_kari().await?;
    scene.nobody_has_news().await?;
    scene.house.pass(119).await?;
    ensure!(rows(&scene.dag, "mine").await?.is_empty() && rows(&scene.ane, "unassigned").await? == [n]);
    scene.house.pass(1).await?;
    ensure!(rows(&scene.dag, "mine").await? == [n] && rows(&scene.ane, "unassigned").await?.is_empty());
    ensure!(news(&scene.dag).await? == ["assigned", "escalated"], "{:?}", news(&scene.dag).await?);
    says(&log(&scene.dag, n).await?, &[("clock", "escalated"), ("clock", "distributed")])?;
    scene.house.close().await;
    Ok(())
}

/// D1-6a: a colleague is asked, inside, and gives it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_is_asked_inside_and_the_customer_hears_nothing() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    let (mails, page) = (scene.house.sent().await?.len(), scene.seen_by_customer(n).await?);
    scene.ane.does("PUT", &format!("/requests/{n}/favourite"), Value::Null).await?;
    let question = json!({ "to": id_of(&scene.ane, "Cia").await?, "comment": internal("Kjenner du denne feilen?") });
    scene.ane.does("POST", &format!("/requests/{n}/give"), question).await?;
    scene.house.rest().await?;
    ensure!(rows(&scene.cia, "mine").await? == [n] && rows(&scene.ane, "mine").await?.is_empty());
    ensure!(rows(&scene.ane, "favourites").await? == [n]);
    ensure!(news(&scene.cia).await?.contains(&"assigned".to_owned()), "{:?}", news(&scene.cia).await?);
    let request = scene.cia.get(&format!("/requests/{n}")).await?;
    ensure!(request["read"] == "unread", "TRF-5: {}", request["read"]);
    let asked = last_message(&request)?;
    ensure!(asked["text"] == "Kjenner du denne feilen?" && asked["access"] == "internal" && asked["kind"] == "comment");

    scene.nobody_has_news().await?;
    scene.cia.does("POST", &format!("/requests/{n}/comments"), internal("Ja, ny fastvare.")).await?;
    scene.cia.does("POST", &format!("/requests/{n}/give"), json!({ "to": id_of(&scene.cia, "Ane").await? })).await?;
    scene.house.rest().await?;
    ensure!(rows(&scene.ane, "mine").await? == [n] && rows(&scene.cia, "mine").await?.is_empty());
    ensure!(news(&scene.ane).await?.contains(&"assigned".to_owned()), "{:?}", news(&scene.ane).await?);
    says(
        &log(&scene.ane, n).await?,
        &[("Ane", "commented"), ("Ane", "transferred"), ("Cia", "commented"), ("Cia", "transferred")],
    )?;
    let after = scene.seen_by_customer(n).await?;
    ensure!(!after.contains("Kjenner du denne") && !after.contains("fastvare"), "{after}");
    ensure!(times(&after, "Skriveren i 3. etasje") == times(&page, "Skriveren i 3. etasje"));
    ensure!(scene.house.sent().await?.len() == mails, "no mail to anybody outside");
    scene.house.close().await;
    Ok(())
}

fn times(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

/// D1-6a, the variant: back to the rules with another category, which never finds who gave it away. TRF-2, TRF-3.
#[tokio::test(flavor = "multi_thread")]
async fn another_category_s_rules_find_somebody_else() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    let invoices = choice(&scene.eva, "categories", "Faktura").await?;
    let mut settings = scene.eva.get(&format!("/categories/{invoices}")).await?;
    settings["method"] = json!("fewest");
    let member = |id: String| json!({ "agent": id, "weight": 1 });
    settings["members"] = json!([member(id_of(&scene.eva, "Ane").await?), member(id_of(&scene.eva, "Cia").await?)]);
    scene.eva.does("PUT", &format!("/categories/{invoices}"), settings).await?;
    // Cia has more to do than Ane; it is hers all the same.
    let new = json!({ "title": "Purring", "text": "Ringte.", "owner": "me", "origin": "phone", "category": invoices });
    scene.cia.does("POST", "/requests", new).await?;
    let found = scene.ane.does("POST", &format!("/requests/{n}/hand-back"), json!({ "category": invoices })).await?;
    ensure!(found["owner"] == id_of(&scene.ane, "Cia").await?.as_str(), "{found}");
    let request = scene.cia.get(&format!("/requests/{n}")).await?;
    ensure!(request["category"] == invoices.as_str() && request["owner"]["name"] == "Cia Berg", "{request}");
    says(&log(&scene.cia, n).await?, &[("Ane", "category-changed"), ("Ane", "distributed")])?;
    scene.house.close().await;
    Ok(())
}

/// D1-6b: somebody outside is asked with the first message and its file; their answer lands on the same request.
#[tokio::test(flavor = "multi_thread")]
async fn a_helper_outside_answers_on_the_same_request_and_the_customer_sees_nothing() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    let before = scene.sent_to("kari@fjord.no").await?.len();
    let first = scene.ane.get(&format!("/requests/{n}")).await?["messages"][0]["id"].clone();
    let asked = json!({ "to": [HELPER], "text": "Hva betyr E-52?", "message": first, "with_files": true });
    scene.ane.does("POST", &format!("/requests/{n}/sides"), asked).await?;
    scene.house.rest().await?;
    let [(_, _, raw)] = &scene.sent_to(HELPER).await?[..] else { anyhow::bail!("not one mail to the helper") };
    ensure!(raw.contains("feil.pdf") && raw.contains("E-52") && raw.contains("Skriveren i 3. etasje"), "{raw}");
    ensure!(header(raw, "From").is_some_and(|from| from.contains("support@company.com")), "FWD-4");
    ensure!(scene.sent_to("kari@fjord.no").await?.len() == before);

    scene.nobody_has_news().await?;
    scene.answer(HELPER, "Trommelen er slitt.").await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    let answer = last_message(&request)?;
    ensure!(answer["text"] == "Trommelen er slitt." && answer["access"] == "internal", "{answer}");
    ensure!(answer["kind"] == "helper" && answer["side"].is_string(), "FWD-1: {answer}");
    ensure!(request["contacts"].as_array().is_some_and(|all| all.len() == 1), "the helper became a contact");
    ensure!(request["state"] == "open" && request["read"] == "news", "{} {}", request["state"], request["read"]);
    ensure!(news(&scene.ane).await? == ["helper-answered"], "{:?}", news(&scene.ane).await?);
    says(&log(&scene.ane, n).await?, &[("Ane", "helper-asked"), ("mail", "helper-answered")])?;
    let page = scene.seen_by_customer(n).await?;
    ensure!(!page.contains("E-52") && !page.contains("Trommelen"), "{page}");
    ensure!(scene.sent_to("kari@fjord.no").await?.len() == before && rows(&scene.ane, "latest").await? == [n]);
    scene.house.close().await;
    Ok(())
}

/// D1-7 and 8: answered with a template and closed, once although it was sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_reaches_the_customer_once_and_its_closing_is_measured() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    scene.ane.does("POST", &format!("/requests/{n}/comments"), internal("Bare for oss.")).await?;
    scene.house.pass(60).await?;
    let filled =
        scene.ane.does("POST", &format!("/requests/{n}/fill-template"), json!({ "template": "solution" })).await?;
    let text = filled["text"].as_str().context("no text")?.to_owned();
    ensure!(text.starts_with("Hei, Kari."), "TPL: {filled}");
    ensure!(filled["subject"].as_str().is_some_and(|subject| subject.contains(&format!("[Sak #{n}]"))), "{filled}");
    // Questions and answers (section 14) are another product's; a link to one is a link.
    let text = text.replacen("1.", "1. **Bytt** trommelen, se https://help.example/e52", 1);
    let mut reply = draft(&text);
    reply["template"] = json!("solution");
    reply["files"] = json!([scene.ane.upload("trommel.pdf", "application/pdf", b"%PDF-1.4\n").await?]);
    let path = format!("/requests/{n}/replies");
    let once = [("idempotency-key", "reply-1")];
    let first = scene.ane.call("POST", &path, &once, Some(reply.clone())).await?;
    let again = scene.ane.call("POST", &path, &once, Some(reply)).await?;
    ensure!(first.status == 201 && first.body == again.body && again.headers["idempotency-replayed"] == "true");
    scene.house.rest().await?;
    let [_, (_, subject, raw)] = &scene.sent_to("kari@fjord.no").await?[..] else { anyhow::bail!("not one answer") };
    let raw = unfolded(raw);
    ensure!(
        subject.contains(&format!("[Sak #{n}]")) && raw.contains("text/plain") && raw.contains("text/html"),
        "{raw}"
    );
    ensure!(raw.contains("Vennlig hilsen") && raw.contains("https://help.example/e52"), "SIG-1: {raw}");
    ensure!(raw.contains("trommel.pdf"), "its file is gone: {raw}");
    ensure!(!raw.contains("Bare for oss") && !raw.contains("Auto-Submitted"), "a person wrote it");
    let page = scene.seen_by_customer(n).await?;
    ensure!(page.contains("trommelen") && !page.contains("Bare for oss"), "{page}");
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["replied_at"] == TUESDAY_TEN + HOUR && request["minutes"] == 6, "{request}");
    let measures = scene.ane.get(&format!("/requests/{n}/measures")).await?;
    ensure!(measures["first_answer"] == json!({ "open": 60, "whole": 60 }) && measures["replies"] == 1, "{measures}");
    says(&log(&scene.ane, n).await?, &[("Ane", "replied")])?;

    // 8: the next morning it is done.
    scene.house.pass(23 * 60).await?;
    scene.ane.does("POST", &format!("/requests/{n}/close"), Value::Null).await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["state"] == "closed" && request["closed_at"] == TUESDAY_TEN + 24 * HOUR, "{request}");
    let measures = scene.ane.get(&format!("/requests/{n}/measures")).await?;
    ensure!(measures["resolution"] == json!({ "open": 480, "whole": 1440 }), "{measures}");
    ensure!(rows(&scene.ane, "mine").await?.is_empty() && rows(&scene.ane, "closed").await? == [n]);
    says(&log(&scene.ane, n).await?, &[("Ane", "replied"), ("Ane", "closed")])?;
    scene.house.pass(3 * 24 * 60).await?;
    ensure!(!log(&scene.ane, n).await?.iter().any(|(_, kind)| kind == "escalated"), "closing ends the chain");
    scene.house.close().await;
    Ok(())
}

/// D1-9: her answer the next day opens it again; where the status says so, it begins a new one beside it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_what_was_closed_opens_it_or_begins_another() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    let mut reply = draft("Bytt trommelen, Kari.");
    reply["close"] = json!(true);
    scene.ane.does("POST", &format!("/requests/{n}/replies"), reply.clone()).await?;
    ensure!(rows(&scene.ane, "closed").await? == [n]);
    scene.nobody_has_news().await?;
    scene.house.pass(24 * 60).await?;
    scene.nobody_has_news().await?;
    scene.answer("kari@fjord.no", "Nå kom den igjen.").await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["state"] == "open" && request["closed_at"].is_null() && request["read"] == "news", "{request}");
    ensure!(request["status"] == choice(&scene.ane, "statuses", "Open").await?.as_str());
    ensure!(last_message(&request)?["text"] == "Nå kom den igjen." && rows(&scene.ane, "mine").await? == [n]);
    ensure!(news(&scene.ane).await? == ["new-message", "reopened"], "{:?}", news(&scene.ane).await?);
    says(&log(&scene.ane, n).await?, &[("Ane", "closed"), ("mail", "enquiry-received"), ("mail", "reopened")])?;
    ensure!(scene.sent_to("kari@fjord.no").await?.len() == 2, "no second acknowledgement");

    let all = scene.eva.get("/choices").await?["statuses"].clone();
    let closed = all.as_array().and_then(|all| all.iter().find(|status| status["en"] == "Closed"));
    let mut closed = closed.context("no closed status")?.clone();
    closed["new_on_reply"] = json!(true);
    scene.eva.does("POST", "/statuses", closed).await?;
    scene.ane.does("POST", &format!("/requests/{n}/replies"), reply).await?;
    scene.answer("kari@fjord.no", "En helt annen ting.").await?;
    let old = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(old["state"] == "closed", "STA-3: {}", old["state"]);
    let related = scene.ane.get(&format!("/requests/{n}/relations")).await?;
    let m = number(&related[0])?;
    ensure!(related[0]["kind"] == "related" && m != n, "{related}");
    let new = scene.ane.get(&format!("/requests/{m}")).await?;
    ensure!(new["state"] == "open" && new["messages"][0]["text"] == "En helt annen ting.", "{new}");
    ensure!(new["contacts"][0]["name"] == "Kari Nordmann", "{new}");
    scene.house.close().await;
    Ok(())
}

/// D1-10: split, merge, flag, and many at once; every step is in the log with who and when.
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_apart_is_split_what_belongs_together_is_merged_and_all_of_it_is_logged() -> Result<()> {
    let scene = Scene::open().await?;
    let (ane, eva) = (&scene.ane, &scene.eva);
    let n = scene.taken_by_ane().await?;
    scene.answer("kari@fjord.no", "Og fakturaen er feil.").await?;
    let request = ane.get(&format!("/requests/{n}")).await?;
    let message = last_message(&request)?["id"].as_str().context("no id")?.to_owned();
    ane.does("PUT", &format!("/messages/{message}/flag"), Value::Null).await?;
    ensure!(ane.get("/flagged").await?["rows"][0]["number"] == n, "FLG-1");

    let invoices = choice(ane, "categories", "Faktura").await?;
    let split = json!({ "new": { "title": "Fakturaen er feil", "category": invoices }, "messages": [message] });
    let m = number(&ane.does("POST", &format!("/requests/{n}/split"), split).await?)?;
    let (old, new) = (ane.get(&format!("/requests/{n}")).await?, ane.get(&format!("/requests/{m}")).await?);
    ensure!(new["category"] == invoices.as_str() && new["messages"][0]["text"] == "Og fakturaen er feil.", "{new}");
    ensure!(old["messages"].as_array().is_some_and(|all| all.iter().all(|one| one["id"] != message.as_str())), "SPL-1");
    says(&log(ane, n).await?, &[("Ane", "message-flagged"), ("Ane", "split")])?;
    says(&log(ane, m).await?, &[("Ane", "split-off")])?;

    // Another report from the same company.
    let mail = "From: Per Aas <per@fjord.no>\r\nTo: support@company.com\r\nSubject: Skriver\r\nMessage-ID: <p@fjord.no>\r\n\r\n\
                Skriveren står her også.\r\n";
    scene.house.mail("per@fjord.no", mail).await?;
    scene.house.rest().await?;
    let p = found(ane, "Per").await?.into_iter().max().context("not there")?;
    ane.does("POST", &format!("/requests/{n}/merge"), json!({ "from": [p] })).await?;
    let both = ane.get(&format!("/requests/{p}")).await?;
    ensure!(number(&both)? == n, "MRG-2: a swallowed number leads on");
    let names: Vec<String> = both["contacts"].as_array().into_iter().flatten().map(word("name")).collect();
    ensure!(names == ["Kari Nordmann", "Per Aas"], "MRG-1: {names:?}");
    let texts: Vec<String> = both["messages"].as_array().into_iter().flatten().map(word("text")).collect();
    ensure!(texts.iter().any(|text| text == "Skriveren står her også."), "{texts:?}");
    says(&log(ane, n).await?, &[("Ane", "split"), ("Ane", "merged")])?;

    // Three rows at once: foreseen, done.
    ane.does("POST", &format!("/requests/{p}/unmerge"), Value::Null).await?;
    ensure!(number(&ane.get(&format!("/requests/{p}")).await?)? == p);
    let closed = choice(eva, "statuses", "Closed").await?;
    let close = json!({ "actions": [{ "do": "status", "status": closed }], "numbers": [n, m, p] });
    let preview = eva.does("POST", "/bulk/preview", close.clone()).await?;
    ensure!(preview["all"] == 3 && preview["rows"].as_array().is_some_and(|rows| rows.len() == 3), "{preview}");
    ensure!(rows(ane, "closed").await?.is_empty(), "it was done by asking");
    let bulk = eva.does("POST", "/bulk", close).await?["id"].as_str().context("no id")?.to_owned();
    scene.house.rest().await?;
    let done = eva.get(&format!("/bulk/{bulk}")).await?;
    ensure!(done["done"] == 3 && done["finished"] == true && rows(ane, "closed").await?.len() == 3, "{done}");
    says(
        &log(ane, n).await?,
        &[
            ("mail", "ticket-opened"),
            ("Ane", "accepted"),
            ("mail", "enquiry-received"),
            ("Ane", "message-flagged"),
            ("Ane", "split"),
            ("Ane", "merged"),
            ("Ane", "unmerged"),
            ("Eva", "closed"),
        ],
    )?;
    let left = eva.does("POST", &format!("/bulk/{bulk}/undo"), Value::Null).await?;
    ensure!(left == json!([]) && rows(ane, "closed").await?.is_empty(), "{left}");
    let steps = eva.get(&format!("/requests/{n}/steps")).await?;
    ensure!(steps[0]["kind"] == "undone" && steps[1]["undone"] == true, "{steps}");
    scene.house.close().await;
    Ok(())
}
