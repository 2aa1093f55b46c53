//! What brings messages in and takes answers out.

use super::{each, until};
use crate::plugins::post_json;
use anyhow::{Context, Result, ensure};
use desk::model::*;
use serde_json::{Value, json};
use std::time::Duration;
use tests::company::Answer;

/// Called by its remote.
#[tokio::test(flavor = "multi_thread")]
async fn old_parrots_are_called_and_answer() -> Result<()> {
    each("com.example.parrot", async |piece| {
        let (house, desk) = (&piece.house, &piece.house.desk);
        let secrets = [("token", "hemmelig"), ("signing-key", "nøkkel-nøkkel")];
        let (channel, hook) = piece.account(json!({ "greeting": "Fra oss: " }), &secrets).await?;
        let text = r#"{"id":"m1","chat":"c1","user":"u1","name":"Kari","text":"Hei"}"#;
        let signed = [("x-parrot-signature", "aa3f76ed1034dccebe51cfeafc078122ac2d2c616ff2e3160dfc3654b30f1b9b")];
        for body in [text, &text.replace("Hei", "Ha"), text] {
            ensure!(post_json(house, &hook, &signed, body).await?.0 == 200);
        }
        let ticket = piece.ticket().await?;
        let said = serde_json::to_string(&ticket.messages)?;
        ensure!(said.contains("Hei") && !said.contains("Ha\""), "only what was signed, and once: {said}");
        desk.take(&piece.ane, &ticket.id, None).await?;
        let draft =
            Draft {
                text: "Prøv igjen".to_owned(), key: "k1".to_owned(), access: Access::External, ..Draft::default()
            };
        desk.reply(&piece.ane, &ticket.id, draft).await?;
        // Nobody answers there; that it called is enough.
        let call = until(async || Ok(desk.egress(&piece.eva, &piece.plugin, None).await?.into_iter().next())).await?;
        ensure!(call.host == "api.parrot.example" && call.method == "POST" && call.path == "/v1/messages", "{call:?}");
        // An error of the contract is seen, and is no death.
        let failed = until(async || {
            let failed = desk.plugin_calls(&piece.eva, &piece.plugin, None).await?;
            Ok((!failed.is_empty()).then_some(failed))
        })
        .await?;
        ensure!(
            failed.iter().any(|call| call.outcome.starts_with("retryable: ") && call.record.is_some()),
            "{failed:?}"
        );
        let hours = desk.plugin_hours(&piece.eva, &piece.plugin, 1).await?;
        ensure!(hours.iter().any(|hour| hour.door == "send" && hour.errors > 0 && hour.failures == 0), "{hours:?}");
        ensure!(!failed.iter().any(|call| format!("{call:?}").contains("trap")), "{failed:?}");
        desk.delete_channel(&piece.eva, &channel.id).await?;
        Ok(())
    })
    .await
}

/// Asked, with what it remembers and with files both ways.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_poller_looks_on_from_where_it_ended() -> Result<()> {
    each("com.example.bottle", async |piece| {
        let (desk, company) = (&piece.house.desk, &piece.company);
        company.answers("/v1/me", Answer::json(200, &json!({ "name": "Fjord AS" })));
        let page = |messages: Value, next: &str| Answer::json(200, &json!({ "messages": messages, "next": next }));
        company.answers("/v1/messages", page(json!([]), "18"));
        company.answers_once("/v1/messages", page(json!([]), "17"));
        let file = json!({ "id": "f1", "name": "bilde.jpg", "type": "image/jpeg" });
        let message = json!({ "id": "18", "chat": "c1", "user": "u1", "name": "Kari", "email": "kari@fjord.no",
            "text": "Skriveren står", "sent": 1_795_510_800_000_u64, "files": [file] });
        company.answers_once("/v1/messages", page(json!([message]), "18"));
        company.answers("/v1/files/f1", Answer::file("image/jpeg", b"JPEG"));
        let (channel, _) = piece.account(json!({ "server": company.at }), &[("token", "hemmelig")]).await?;
        ensure!(channel.connected == [("account".to_owned(), "Fjord AS".to_owned())], "{:?}", channel.connected);
        until(async || Ok((!piece.house.rows(&piece.eva, List::Latest).await?.is_empty()).then_some(()))).await?;
        let ticket = piece.ticket().await?;
        ensure!(ticket.messages[0].text.trim() == "Skriveren står", "{:?}", ticket.messages);
        ensure!(ticket.contacts.iter().any(|contact| contact.name.contains("Kari")), "known by her address");
        let there = ticket.messages[0].attachments.first().context("no file")?;
        ensure!(there.name == "bilde.jpg" && desk.attachment(&piece.eva, &there.id).await?.1 == b"JPEG", "{there:?}");
        // Two files go out: one as it is, one read by the plugin.
        company.answers("/v1/files", Answer::json(201, &json!({ "id": "f7" })));
        company.answers("/v1/messages", Answer::json(201, &json!({ "id": "21", "messages": [], "next": "18" })));
        let mut files = vec![];
        for (name, mime, bytes) in [("kart.pdf", "application/pdf", "%PDF-1.7"), ("note.txt", "text/plain", "Fint")] {
            files.push(desk.store_upload(name, mime, bytes.as_bytes().to_vec()).await?);
        }
        piece.reply(&ticket, "Prøv igjen", files).await?;
        let told = company.told("/v1/files").pop().context("no file left")?;
        ensure!(told.body.as_ref() == b"%PDF-1.7" && told.path.ends_with("?name=kart.pdf"), "{told:?}");
        let told = company.told("/v1/messages").into_iter().find(|told| told.method == "POST").context("no answer")?;
        let body = told.json();
        ensure!(
            body["chat"] == "c1" && body["text"] == "Prøv igjen\n\nFint" && body["files"] == json!(["f7"]),
            "{body}"
        );
        ensure!(told.header("authorization") == "Bearer hemmelig", "{told:?}");
        // It knows on from where, and remembers what it sent.
        let asked = company.told("/v1/messages").into_iter().filter(|told| told.method == "GET");
        let asked: Vec<_> = asked.map(|told| told.path).collect();
        ensure!(asked[0].ends_with("?limit=0") && asked[1].contains("?after=17&limit="), "{asked:?}");
        let key = body["key"].as_str().context("no key")?;
        let kept = desk.recall(&piece.plugin, &channel.id, &format!("sent/{key}")).await?.context("forgotten")?;
        ensure!(serde_json::from_slice::<Value>(&kept.value)?["name"] == "21", "{kept:?}");
        piece.was_called_at(&["check", "connect", "poll", "send"]).await
    })
    .await
}

/// All that a channel may have: it is set up, called and asked, answers, and knows who is there and how long the line is.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_channel_with_everything_knows_who_is_there() -> Result<()> {
    each("com.example.lantern", async |piece| {
        let (house, desk) = (&piece.house, &piece.house.desk);
        let (channel, hook) = piece.account(json!({}), &[]).await?;
        ensure!(channel.connected == [("called-at".to_owned(), hook.clone())], "{:?}", channel.connected);
        for priority in desk.priority_settings(&piece.eva).await? {
            desk.save_priority(&piece.eva, PrioritySettings { calendar: None, ..priority }).await?;
        }
        let asked = async |question: &str| {
            let (status, told) = house.knock("GET", &format!("{hook}{question}"), &[], b"").await?;
            ensure!(status == 200, "{question}: {status} {told}");
            Ok(serde_json::from_str::<Value>(&told)?)
        };
        let there = asked("").await?;
        ensure!(there["open"] == true && there["changes-at"].is_null() && there["agents"] == 0, "{there}");
        ensure!(there["time-zone"] == "Europe/Oslo" && there["offset-minutes"].is_number(), "{there}");
        let Actor::Agent { id, .. } = &piece.ane else { anyhow::bail!("no agent") };
        desk.note_seen(id).await?;
        ensure!(asked("").await?["agents"] == 1);
        ensure!(asked("?c2").await?.is_null(), "nobody has said anything there");
        for chat in ["c1", "c2"] {
            let said = json!({ "id": format!("{chat}-1"), "chat": chat, "text": "Er dere der?" }).to_string();
            ensure!(post_json(house, &hook, &[], &said).await?.0 == 200);
        }
        house.rest().await?;
        ensure!(asked("?c2").await? == json!({ "state": "waiting", "before": 1, "writing": false }));
        let rows = house.rows(&piece.eva, List::Latest).await?;
        let first = rows.iter().map(|row| row.number).min().context("no request")?;
        piece.reply(&desk.ticket(&piece.eva, first).await?, "Ja", vec![]).await?;
        ensure!(asked("?c1").await?["state"] == "open" && asked("?c2").await?["before"] == 0);
        let sent = desk.remembered(&piece.plugin, &channel.id, "sent/", None, 10).await?;
        let kept = desk.recall(&piece.plugin, &channel.id, sent.first().context("forgotten")?).await?;
        let kept: Value = serde_json::from_slice(&kept.context("forgotten")?.value)?;
        ensure!(kept == json!({ "chat": "c1", "text": "Ja" }), "{kept}");
        // What it finds by looking.
        until(async || {
            let rows = house.rows(&piece.eva, List::Latest).await?;
            Ok(rows.iter().any(|row| row.title == "The lamp is lit").then_some(()))
        })
        .await?;
        desk.delete_channel(&piece.eva, &channel.id).await?;
        piece.was_called_at(&["check", "connect", "handle-webhook", "poll", "send", "disconnect"]).await
    })
    .await
}

/// Answers browsers with pages, in which stands the number of what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_form_shows_its_pages() -> Result<()> {
    each("saker.form", async |piece| {
        let (_, hook) = piece.account(json!({}), &[]).await?;
        let (status, page) = piece.house.knock("GET", &hook, &[("accept-language", "nb")], b"").await?;
        ensure!(status == 200 && page.contains("<html lang=\"nb\">") && page.contains("<form"), "{status} {page}");
        let stamp = page.split("name=\"stamp\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let stamp = stamp.context("the form has no mark")?;
        // Longer than somebody is too fast.
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let fields = [("stamp", stamp), ("name", "Per"), ("email", "per@fjord.no"), ("message", "Skriveren står")];
        let body = fields.map(|(name, value)| format!("{name}={}", encoded(value))).join("&");
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "null")];
        let (status, page) = piece.house.knock("POST", &hook, &headers, body.as_bytes()).await?;
        let ticket = piece.ticket().await?;
        ensure!(status == 200 && page.contains(&format!("sak {}", ticket.number)), "{status} {page}");
        ensure!(ticket.messages[0].text.trim() == "Skriveren står", "{:?}", ticket.messages);
        piece.was_called_at(&["handle-webhook"]).await
    })
    .await
}
