//! D1, D2 and D3 by calls alone. What a customer does comes by mail.

use super::{Program, number};
use crate::scenario::header;
use anyhow::{Context, Result, ensure};
use desk::model::Scope;
use serde_json::{Value, json};
use tests::House;

fn draft(text: &str) -> Value {
    json!({ "text": text, "access": "external", "seconds": 360 })
}

fn internal(text: &str) -> Value {
    json!({ "text": text, "access": "internal" })
}

async fn rows(program: &Program, list: &str) -> Result<Vec<i64>> {
    let page = program.get(&format!("/requests?list={list}")).await?;
    page["rows"].as_array().context("no rows")?.iter().map(number).collect()
}

async fn id_of(program: &Program, name: &str) -> Result<String> {
    let choices = program.get("/choices").await?;
    let agents = choices["agents"].as_array().context("no agents")?;
    let found = agents.iter().find(|agent| agent["name"].as_str().is_some_and(|full| full.starts_with(name)));
    Ok(found.and_then(|agent| agent["id"].as_str()).context("nobody of that name")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_taken_discussed_answered_and_closed_by_calls_alone() -> Result<()> {
    let house = House::open().await?;
    let (ane, bo, cia, eva) =
        (house.agent("Ane").await?, house.agent("Bo").await?, house.agent("Cia").await?, house.agent("Eva").await?);
    let all = [Scope::Write];
    let (ane, bo, cia) = (
        Program::of(&house, &ane, &all).await?,
        Program::of(&house, &bo, &all).await?,
        Program::of(&house, &cia, &all).await?,
    );
    let eva = Program::of(&house, &eva, &[Scope::Admin]).await?;

    // D1-1 to 4: it came by mail, and stands in the queue.
    let mail = "From: Kari Nordmann <kari@fjord.no>\r\nTo: support@company.com\r\nSubject: Skriver virker ikke\r\n\
                Message-ID: <d1@fjord.no>\r\n\r\nHei! Skriveren sier E-52.\r\n";
    house.mail("kari@fjord.no", mail).await?;
    house.rest().await?;
    let [n] = rows(&ane, "unassigned").await?[..] else { anyhow::bail!("not one request in the queue") };
    let request = ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["origin"] == "email" && request["title"] == "Skriver virker ikke", "{request}");
    let hits = bo.get("/search?q=skriveren").await?;
    ensure!(hits["hits"][0]["ticket"]["number"] == n, "{hits}");

    // D1-5: of two, one takes it; the other is told who. ACC-5.
    let take = format!("/requests/{n}/take");
    let (first, second) =
        tokio::join!(ane.call("POST", &take, &[], Some(json!({}))), bo.call("POST", &take, &[], Some(json!({}))));
    let (first, second) = (first?, second?);
    let lost = if first.status == 204 { &second } else { &first };
    ensure!([first.status, second.status].iter().filter(|status| **status == 204).count() == 1);
    ensure!(lost.status == 409 && lost.body["problem"]["error"] == "taken", "{}", lost.body);
    let (mine, other) = if first.status == 204 { (&ane, &bo) } else { (&bo, &ane) };
    ensure!(rows(mine, "mine").await? == [n] && rows(other, "unassigned").await?.is_empty());

    // D1-6a: a colleague is asked, inside.
    mine.does("PUT", &format!("/requests/{n}/favourite"), Value::Null).await?;
    mine.does("POST", &format!("/requests/{n}/comments"), internal("Kjenner du denne feilen?")).await?;
    let to = id_of(mine, "Cia").await?;
    mine.does("POST", &format!("/requests/{n}/give"), json!({ "to": to })).await?;
    ensure!(rows(&cia, "mine").await? == [n] && rows(mine, "mine").await?.is_empty());
    ensure!(rows(mine, "favourites").await? == [n]);
    house.rest().await?;
    let told = cia.get("/notifications").await?;
    ensure!(told["rows"].as_array().is_some_and(|told| !told.is_empty()), "Cia is not told");
    let back = mine.get("/me").await?["id"].as_str().context("no id")?.to_owned();
    cia.does("POST", &format!("/requests/{n}/give"), json!({ "to": back, "comment": internal("Bytt trommelen.") }))
        .await?;

    // D1-6b: somebody outside is asked; the customer sees nothing of it.
    let asked = json!({ "to": ["hjelp@partner.example"], "text": "Hva betyr E-52?", "with_files": false });
    mine.does("POST", &format!("/requests/{n}/sides"), asked).await?;
    house.rest().await?;
    let outside: Vec<_> = house.sent().await?.into_iter().filter(|mail| mail.0 == "hjelp@partner.example").collect();
    ensure!(outside.len() == 1, "not one mail to the helper");
    let name = header(&outside[0].2, "Message-ID").context("no Message-ID")?;
    let answer = format!(
        "From: hjelp@partner.example\r\nTo: support@company.com\r\nSubject: Re: Skriver\r\nMessage-ID: <p1@partner.example>\r\n\
         In-Reply-To: <{name}>\r\nReferences: <{name}>\r\n\r\nTrommelen er slitt.\r\n"
    );
    house.mail("hjelp@partner.example", &answer).await?;
    house.rest().await?;

    // D1-7 and 8: answered and closed in one step, once although it was sent twice.
    let mut reply = draft("Bytt trommelen, Kari.");
    reply["close"] = json!(true);
    let once = [("idempotency-key", "reply-1")];
    let path = format!("/requests/{n}/replies");
    let first = mine.call("POST", &path, &once, Some(reply.clone())).await?;
    let again = mine.call("POST", &path, &once, Some(reply)).await?;
    ensure!(first.status == 201 && first.body == again.body && again.headers["idempotency-replayed"] == "true");
    house.rest().await?;
    let sent: Vec<_> = house.sent().await?.into_iter().filter(|mail| mail.0 == "kari@fjord.no").collect();
    ensure!(sent.len() == 2 && sent[1].2.contains("Bytt trommelen, Kari."), "an acknowledgement and one answer");
    ensure!(
        !sent.iter().any(|mail| mail.2.contains("Kjenner du") || mail.2.contains("slitt")),
        "she reads what is internal"
    );
    let request = mine.get(&format!("/requests/{n}")).await?;
    ensure!(request["minutes"] == 6 && request["closed_at"].is_i64(), "{request}");

    // D1-9: her answer opens it again.
    let name = header(&sent[1].2, "Message-ID").context("no Message-ID")?;
    let more = format!(
        "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Re: Skriver\r\nMessage-ID: <d2@fjord.no>\r\n\
         In-Reply-To: <{name}>\r\nReferences: <{name}>\r\n\r\nNå kom den igjen.\r\n"
    );
    house.mail("kari@fjord.no", &more).await?;
    house.rest().await?;
    ensure!(rows(mine, "mine").await? == [n], "her answer does not open it");

    // D1-10: split, merge, flag, and many at once.
    let request = mine.get(&format!("/requests/{n}")).await?;
    let message = request["messages"].as_array().and_then(|all| all.last()).context("no message")?["id"].clone();
    mine.does("PUT", &format!("/messages/{}/flag", message.as_str().unwrap_or_default()), Value::Null).await?;
    ensure!(mine.get("/flagged").await?[0]["number"] == n);
    let split = json!({ "new": { "title": "Den kom igjen" }, "messages": [message] });
    let m = number(&mine.does("POST", &format!("/requests/{n}/split"), split).await?)?;
    mine.does("POST", &format!("/requests/{n}/merge"), json!({ "from": [m] })).await?;
    ensure!(number(&mine.get(&format!("/requests/{m}")).await?)? == n, "MRG-2: a swallowed number leads on");
    mine.does("POST", &format!("/requests/{m}/unmerge"), Value::Null).await?;
    ensure!(number(&mine.get(&format!("/requests/{m}")).await?)? == m);
    let close = json!({ "action": { "do": "add-tag", "tag": "skriver" }, "numbers": [n, m] });
    let bulk = eva.does("POST", "/bulk", close).await?["id"].as_str().context("no id")?.to_owned();
    house.rest().await?;
    let bulk = eva.get(&format!("/bulk/{bulk}")).await?;
    ensure!(bulk["done"] == 2 && bulk["finished"] == true, "{bulk}");
    ensure!(eva.get(&format!("/requests/{n}/tags")).await? == json!(["skriver"]));

    // Every step is in the log, and the last one can be taken back.
    let steps = eva.get(&format!("/requests/{n}/steps")).await?;
    let last = steps[0]["number"].as_i64().context("no step")?;
    eva.does("POST", &format!("/steps/{last}/undo"), Value::Null).await?;
    ensure!(eva.get(&format!("/requests/{n}/tags")).await? == json!([]));
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_registered_postponed_answered_and_found_again() -> Result<()> {
    let house = House::open().await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Write]).await?;
    // D2-1: she is found by her number.
    let callers = ane.get("/people?q=90000001").await?;
    let kari = callers[0]["person"]["id"].as_str().context("not found by number")?.to_owned();
    // D2-2: registered; nothing is mailed. CRE-3.
    let new = json!({ "title": "Faktura 1042 feil", "text": "Ringte om fakturaen.", "person": kari, "owner": "me",
        "origin": "phone", "access": "external", "seconds": 360 });
    let n = number(&ane.does("POST", "/requests", new).await?)?;
    house.rest().await?;
    ensure!(house.sent().await?.is_empty() && rows(&ane, "mine").await? == [n]);
    // D2-3: what was half-written is there on every device.
    let kept = ane.does("PUT", "/drafts/new/comment", json!({ "body": "Hun ringte igjen", "version": 0 })).await?;
    ensure!(kept["version"] == 1 && ane.get("/drafts/new/comment").await?["body"] == "Hun ringte igjen", "{kept}");
    // D2-5: it rests until its time comes.
    ane.does("POST", &format!("/requests/{n}/postpone"), json!({ "until": { "until": "day" } })).await?;
    ensure!(rows(&ane, "mine").await?.is_empty());
    // D2-6, 7: answered and closed, with the time of the call and of the reply.
    ane.does("POST", &format!("/requests/{n}/replies"), draft("Fakturaen er rettet.")).await?;
    ane.does("POST", &format!("/requests/{n}/close"), Value::Null).await?;
    house.rest().await?;
    let request = ane.get(&format!("/requests/{n}")).await?;
    ensure!(request["minutes"] == 12 && request["closed_at"].is_i64(), "{request}");
    ensure!(house.sent().await?.len() == 1);
    // D2-8: found by number, phone, word, name and company.
    for word in [&n.to_string(), "90000001", "1042", "Nordmann", "Fjord"] {
        let hits = ane.get(&format!("/search?q={word}")).await?;
        ensure!(
            hits["hits"].as_array().is_some_and(|hits| hits.iter().any(|hit| hit["ticket"]["number"] == n)),
            "{word}"
        );
    }
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_what_its_agent_may_and_never_more() -> Result<()> {
    let house = House::open().await?;
    let eva = Program::of(&house, &house.agent("Eva").await?, &[Scope::Admin]).await?;
    // D3: Cia reads her own categories only, and this is none of them.
    let role = eva.get("/roles").await?;
    let mut own = role[0].clone();
    for step in ["list", "read", "edit"] {
        own[step] = json!("own");
    }
    eva.does("PUT", "/roles", own).await?;
    let cia = Program::of(&house, &house.agent("Cia").await?, &[Scope::Write]).await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Write]).await?;
    let mail = "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Skriver\r\nMessage-ID: <r@fjord.no>\r\n\r\nHjelp\r\n";
    house.mail("kari@fjord.no", mail).await?;
    house.rest().await?;
    let [n] = rows(&ane, "unassigned").await?[..] else { anyhow::bail!("not one request in the queue") };
    ensure!(cia.refused("GET", &format!("/requests/{n}"), Value::Null).await? == (404, "not-found".to_owned()));
    ensure!(cia.get("/search?q=skriver").await?["hits"] == json!([]) && rows(&cia, "open").await?.is_empty());
    let to = id_of(&ane, "Cia").await?;
    ane.does("POST", &format!("/requests/{n}/give"), json!({ "to": to })).await?;
    // RGT-3: an owner reads what they own.
    ensure!(number(&cia.get(&format!("/requests/{n}")).await?)? == n);
    house.close().await;
    Ok(())
}
