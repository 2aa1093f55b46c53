//! D3: what holds in both scenarios, whatever is tried.

use super::*;
use desk::model::Merge;

/// Cia reads her own categories only: not this one, until it is hers. RGT-3.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_what_its_agent_may_and_never_more() -> Result<()> {
    let scene = Scene::open().await?;
    let mut own = scene.eva.get("/roles").await?[0].clone();
    for step in ["list", "read", "edit"] {
        own[step] = json!("own");
    }
    scene.eva.does("PUT", "/roles", own).await?;
    let n = scene.mail_of_kari().await?;
    let request = format!("/requests/{n}");
    ensure!(scene.cia.refused("GET", &request, Value::Null).await? == (404, "not-found".to_owned()));
    for (method, path, body) in [
        ("POST", "take", json!({})),
        ("POST", "comments", internal("Hei")),
        ("POST", "replies", draft("Hei")),
        ("POST", "close", Value::Null),
        ("GET", "steps", Value::Null),
        ("GET", "log", Value::Null),
    ] {
        ensure!(scene.cia.refused(method, &format!("{request}/{path}"), body).await?.0 == 404, "{path}");
    }
    ensure!(found(&scene.cia, "skriveren").await?.is_empty() && rows(&scene.cia, "open").await?.is_empty());
    ensure!(news(&scene.cia).await?.is_empty());
    scene.ane.does("POST", &format!("{request}/give"), json!({ "to": id_of(&scene.ane, "Cia").await? })).await?;
    ensure!(number(&scene.cia.get(&request).await?)? == n, "RGT-3: an owner reads what they own");
    ensure!(rows(&scene.cia, "mine").await? == [n]);
    scene.cia.does("POST", &format!("{request}/comments"), internal("Ser på den")).await?;
    scene.house.close().await;
    Ok(())
}

/// POR-4: a colleague of hers reads it where she was allowed to; nobody else's customer does.
#[tokio::test(flavor = "multi_thread")]
async fn another_customer_reads_it_only_as_a_colleague_who_may() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.mail_of_kari().await?;
    let kari = scene.ane.get("/people?q=kari@fjord.no").await?[0]["person"].clone();
    let fjord = kari["company"]["id"].clone();
    let add = async |name: &str, email: &str, company: Value| -> Result<String> {
        let new = json!({ "name": name, "emails": [email], "phones": [], "language": "nb", "company": company });
        let added = scene.eva.does("POST", "/people", new).await?;
        Ok(added["id"].as_str().context("no id")?.to_owned())
    };
    let per = add("Per Aas", "per@fjord.no", fjord).await?;
    add("Ola Vik", "ola@vik.example", Value::Null).await?;
    let (per_s, ola_s) = (scene.signed_in("per@fjord.no").await?, scene.signed_in("ola@vik.example").await?);
    let request = format!("/r/{n}");
    let sees = async |session: &str| -> Result<(bool, bool)> {
        let (list, page) = (scene.page("/requests", Some(session)).await?, scene.page(&request, Some(session)).await?);
        ensure!(list.0 == 200, "{}", list.0);
        Ok((list.1.contains("Skriver virker ikke"), page.0 == 200 && page.1.contains("Skriveren i 3. etasje")))
    };
    let kari_s = scene.signed_in("kari@fjord.no").await?;
    ensure!(sees(&kari_s).await? == (true, true), "her own");
    ensure!(sees(&per_s).await? == (false, false) && sees(&ola_s).await? == (false, false), "POR-4");
    let mut settings = scene.eva.get(&format!("/people/{per}")).await?;
    settings["company_requests"] = json!(true);
    scene.eva.does("PUT", &format!("/people/{per}"), settings).await?;
    ensure!(sees(&per_s).await? == (true, true), "POR-4: now he may");
    ensure!(sees(&ola_s).await? == (false, false), "POR-4");
    // It looks like one that is not there.
    let (refused, nowhere) = (scene.page(&request, Some(&ola_s)).await?, scene.page("/r/999999", Some(&ola_s)).await?);
    ensure!(refused.0 == nowhere.0 && refused.0 == 404, "{} {}", refused.0, nowhere.0);
    scene.house.close().await;
    Ok(())
}

/// THR-4: a tag and a copied reference put nothing in front of Kari and give nothing away.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_with_a_valid_tag_neither_writes_into_it_nor_hears_of_it() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    let name = header(&scene.sent_to("kari@fjord.no").await?[0].2, "Message-ID").context("no Message-ID")?;
    let to_kari = scene.sent_to("kari@fjord.no").await?.len();
    let forged = format!(
        "From: mallory@evil.example\r\nTo: support@company.com\r\nSubject: Re: Skriver [Sak #{n}]\r\nMessage-ID: <m@evil.example>\r\n\
         In-Reply-To: <{name}>\r\nReferences: <{name}>\r\n\r\nSend passordet hit.\r\n"
    );
    scene.house.mail("mallory@evil.example", &forged).await?;
    scene.house.rest().await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    ensure!(
        !request["messages"].to_string().contains("passordet") && !request["contacts"].to_string().contains("mallory")
    );
    ensure!(!scene.seen_by_customer(n).await?.contains("passordet"));
    let [m] = rows(&scene.ane, "unassigned").await?[..] else { anyhow::bail!("not a request of its own") };
    ensure!(scene.ane.get(&format!("/requests/{m}")).await?["messages"][0]["text"] == "Send passordet hit.");
    // What is said to Kari from now on goes to Kari, whatever else came in.
    scene.ane.does("POST", &format!("/requests/{n}/replies"), draft("Bytt trommelen, Kari.")).await?;
    scene.house.rest().await?;
    ensure!(scene.sent_to("kari@fjord.no").await?.len() == to_kari + 1);
    for (_, subject, raw) in scene.sent_to("mallory@evil.example").await? {
        let raw = unfolded(&raw);
        ensure!(
            !raw.contains("trommelen") && !raw.contains("3. etasje") && !subject.contains(&format!("#{n}]")),
            "{raw}"
        );
    }
    scene.house.close().await;
    Ok(())
}

/// MSG-11: what is internal is in no page, mail, quotation or automatic reply, and its files lie behind no link of hers.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_internal_and_its_files_reach_no_customer() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    let upload = scene.ane.upload("hemmelig.txt", "text/plain", b"Marginen er 40 prosent").await?;
    let mut secret = internal("Hemmelig: kunden er vrang.");
    secret["files"] = json!([upload]);
    scene.ane.does("POST", &format!("/requests/{n}/comments"), secret).await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    let (hidden, own) = (&last_message(&request)?["attachments"][0], &request["messages"][0]["attachments"][0]);
    ensure!(hidden["name"] == "hemmelig.txt", "{hidden}");
    let mut reply = draft("Vi ser på det.");
    reply["quote"] = json!(true);
    scene.ane.does("POST", &format!("/requests/{n}/replies"), reply).await?;
    scene.house.rest().await?;
    scene.answer("kari@fjord.no", "Fint.").await?;
    for (to, _, raw) in scene.house.sent().await? {
        let raw = unfolded(&raw);
        ensure!(!raw.contains("Hemmelig") && !raw.contains("hemmelig.txt") && !raw.contains("vrang"), "{to}: {raw}");
    }
    let page = scene.seen_by_customer(n).await?;
    ensure!(page.contains("Vi ser på det.") && !page.contains("emmelig") && !page.contains("vrang"), "{page}");
    // Her link opens her file, and that one only.
    let key = request["link"].as_str().and_then(|link| link.rsplit('/').next()).context("no link")?.to_owned();
    let kari = scene.signed_in("kari@fjord.no").await?;
    let file = async |of: &Value, key: &str, session: &str| -> Result<u16> {
        let path = format!("/file/attachment/{}?key={key}", of["id"].as_str().context("no id")?);
        Ok(scene.page(&path, Some(session)).await?.0)
    };
    ensure!(file(own, &key, "").await? == 200 && file(own, "", &kari).await? == 200, "her own file");
    ensure!(file(hidden, &key, "").await? == 404 && file(hidden, "", &kari).await? == 404, "MSG-11");
    ensure!(file(own, "made-up", "").await? == 404 && file(own, "", "").await? == 404);
    scene.house.close().await;
    Ok(())
}

/// MRG-2: the link of a swallowed request leads to its survivor, and opens the files on that page.
#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_swallowed_request_opens_its_files() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    let request = scene.ane.get(&format!("/requests/{n}")).await?;
    let file = request["messages"][0]["attachments"][0]["id"].as_str().context("no file")?.to_owned();
    let key = |of: &Value| of["link"].as_str().and_then(|link| link.rsplit('/').next()).map(str::to_owned);
    let old = key(&request).context("no link")?;
    let mut numbers = vec![];
    for (from, name) in [("kari@fjord.no", "k2"), ("ola@elsewhere.example", "o1")] {
        let mail = format!(
            "From: {from}\r\nTo: support@company.com\r\nSubject: Igjen\r\nMessage-ID: <{name}@fjord.no>\r\n\r\nHjelp\r\n"
        );
        scene.house.mail(from, &mail).await?;
        scene.house.rest().await?;
        numbers.push(rows(&scene.ane, "unassigned").await?.into_iter().max().context("no request")?);
    }
    let ane = scene.house.agent("Ane").await?;
    let (swallowed, into) =
        (scene.house.desk.ticket(&ane, n).await?.id, scene.house.desk.ticket(&ane, numbers[0]).await?.id);
    scene.house.desk.merge(&ane, Merge::whole(into, vec![swallowed.clone()])).await?;
    let (status, page) = scene.page(&format!("/r/{n}/{old}"), None).await?;
    let path = format!("/file/attachment/{file}?number={}&amp;key={old}", numbers[0]);
    ensure!(status == 200 && page.contains(&path), "{status}: {path} is not on {page}");
    let open = async |number: i64, key: &str| {
        let path = format!("/file/attachment/{file}?number={number}&key={key}");
        anyhow::Ok(scene.page(&path, None).await?.0)
    };
    ensure!(open(numbers[0], &old).await? == 200 && open(numbers[0], "made-up").await? == 404);
    // What else is on that page goes by the same: its own address, and what it hears.
    ensure!(scene.page(&format!("/r/{}/{old}", numbers[0]), None).await?.0 == 200);
    ensure!(scene.house.desk.follow(numbers[0], &old).await?.person().is_some());
    // The link of another request opens none of these files.
    let other = key(&scene.ane.get(&format!("/requests/{}", numbers[1])).await?).context("no link")?;
    ensure!(open(numbers[1], &other).await? == 404);
    scene.house.desk.unmerge(&ane, &swallowed).await?;
    ensure!(scene.page(&format!("/r/{}/{old}", numbers[0]), None).await?.0 == 404, "what was taken apart is two");
    ensure!(open(n, &old).await? == 200);
    scene.house.close().await;
    Ok(())
}

/// What can be done has words in both languages: a refusal is read by people, whoever's program it was.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_pages_speak_norwegian_and_english() -> Result<()> {
    let scene = Scene::open().await?;
    let n = scene.taken_by_ane().await?;
    let mut said = std::collections::BTreeSet::new();
    for language in ["nb", "en"] {
        let heard = scene
            .bo
            .call("POST", &format!("/requests/{n}/take"), &[("accept-language", language)], Some(json!({})))
            .await?;
        ensure!(heard.status == 409, "{}", heard.body);
        said.insert(heard.body["detail"].as_str().context("no words")?.to_owned());
        let link = scene.ane.get(&format!("/requests/{n}")).await?["link"].as_str().context("no link")?.to_owned();
        let request = Request::get(link).header("cookie", format!("language={language}")).body(Body::empty())?;
        let page = String::from_utf8_lossy(&scene.fetch(request).await?.1).into_owned();
        ensure!(page.contains(&format!("lang=\"{language}\"")), "{language}");
    }
    ensure!(said.len() == 2, "{said:?}");
    scene.house.close().await;
    Ok(())
}
