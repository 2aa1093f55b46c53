use super::{Here, Knock, Remote, keeps_its_promises, now, passes_the_kit};
use anyhow::{Context, Result, ensure};
use desk::model::*;
use serde_json::{Value, json};
use tests::company::{Answer, Company, Told};

pub struct Telegram;

fn message(name: &str, more: Value) -> Value {
    let number = name.trim_start_matches('m');
    let mut message = json!({ "message_id": number.parse::<i64>().unwrap_or(1), "date": now(),
        "from": { "id": 1111, "is_bot": false, "first_name": "Kari", "language_code": "nb" },
        "chat": { "id": 1111, "type": "private", "first_name": "Kari" } });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "update_id": 10_000, "message": message })
}

/// The word that Telegram was told when the account was connected.
fn word(company: &Company) -> String {
    let told = company.told("/setWebhook").pop().map(|told| told.path).unwrap_or_default();
    told.split("secret_token=").nth(1).unwrap_or_default().split('&').next().unwrap_or_default().to_owned()
}

fn knock(company: &Company, update: &Value) -> Knock {
    let headers =
        vec![("x-telegram-bot-api-secret-token", word(company)), ("content-type", "application/json".to_owned())];
    Knock { headers, body: update.to_string().into_bytes() }
}

impl Remote for Telegram {
    const ID: &'static str = "saker.telegram";
    const SENDS: &'static str = "/sendMessage";

    fn settings(company: &Company) -> Value {
        json!({ "server": company.at, "language": "en" })
    }

    fn secrets() -> Vec<(&'static str, &'static str)> {
        vec![("token", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")]
    }

    fn answers(company: &Company) {
        company.answers(
            "/getMe",
            Answer::json(200, &json!({ "ok": true, "result": { "id": 1, "is_bot": true, "username": "hjelpbot" } })),
        );
        company.answers(
            "/setWebhook",
            Answer::json(200, &json!({ "ok": true, "result": true, "description": "Webhook was set" })),
        );
        company.answers(
            "/sendMessage",
            Answer::json(200, &json!({ "ok": true, "result": { "message_id": 77, "chat": { "id": 1111 } } })),
        );
    }

    fn says(company: &Company, _: &str, name: &str, text: &str) -> Knock {
        knock(company, &message(name, json!({ "text": text })))
    }

    fn forges(mut knock: Knock) -> Knock {
        knock.headers[0].1.push('x');
        knock
    }

    fn slower() -> Answer {
        Answer::json(
            429,
            &json!({ "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 1", "parameters": { "retry_after": 1 } }),
        )
    }

    fn form(told: &Told) -> Result<()> {
        ensure!(
            told.method == "POST" && told.path.starts_with("/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/"),
            "{}",
            told.path
        );
        let body = told.json();
        ensure!(
            body["chat_id"] == "1111" && body["text"] == "Prøv <b>igjen</b>" && body["parse_mode"] == "HTML",
            "{body}"
        );
        ensure!(body["reply_parameters"]["message_id"] == 1, "{body}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_keeps_its_promises() -> Result<()> {
    let here = keeps_its_promises::<Telegram>().await?;
    ensure!(
        here.channel.connected.contains(&("bot".to_owned(), "@hjelpbot".to_owned())),
        "{:?}",
        here.channel.connected
    );
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_brings_files_and_takes_them() -> Result<()> {
    let here = Here::open::<Telegram>().await?;
    let file =
        json!({ "ok": true, "result": { "file_id": "large", "file_size": 4, "file_path": "photos/file_1.jpg" } });
    here.company.answers("/getFile", Answer::json(200, &file));
    here.company.answers("/photos/file_1.jpg", Answer::file("image/jpeg", b"JPEG"));
    let photo = json!({ "caption": "Slik", "photo": [{ "file_id": "small" }, { "file_id": "large", "file_size": 4 }] });
    ensure!(here.knock(&knock(&here.company, &message("m1", photo))).await? == 200);
    let (ticket, said) = here.ticket().await?;
    ensure!(said == ["Slik"], "{said:?}");
    let there = ticket.messages[0].attachments.first().context("no file")?;
    ensure!(there.name == "photo.jpg" && there.size == 4, "{there:?}");
    ensure!(here.company.told("/getFile")[0].path.ends_with("file_id=large"));
    // A file that Telegram does not have any more is named in the text.
    here.company.answers(
        "/getFile",
        Answer::json(400, &json!({ "ok": false, "error_code": 400, "description": "Bad Request: file is too big" })),
    );
    let document = json!({ "document": { "file_id": "f", "file_name": "stor.zip", "mime_type": "application/zip" } });
    ensure!(here.knock(&knock(&here.company, &message("m2", document))).await? == 200);
    let (_, said) = here.ticket().await?;
    ensure!(said.last().is_some_and(|text| text.contains("stor.zip")), "{said:?}");
    // One that can't be had now is asked for again when Telegram comes again.
    here.company.answers_once("/getFile", Answer::json(502, &json!({})));
    let document = json!({ "document": { "file_id": "f", "file_name": "igjen.zip" } });
    let again = knock(&here.company, &message("m3", document));
    ensure!(here.knock(&again).await? == 503 && here.knock(&again).await? == 200);
    let (_, said) = here.ticket().await?;
    ensure!(said.len() == 3, "{said:?}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_gets_a_picture_that_is_no_photo_as_a_file() -> Result<()> {
    let here = Here::open::<Telegram>().await?;
    ensure!(here.says::<Telegram>("m1", "Hei").await? == 200);
    let (ticket, _) = here.ticket().await?;
    let refused = json!({ "ok": false, "error_code": 400, "description": "Bad Request: PHOTO_INVALID_DIMENSIONS" });
    here.company.answers("/sendPhoto", Answer::json(400, &refused));
    let sent = json!({ "ok": true, "result": { "message_id": 78, "chat": { "id": 1111 } } });
    here.company.answers("/sendDocument", Answer::json(200, &sent));
    here.reply_with(&ticket, "Slik", &[("lang.png", "image/png")]).await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.state == DeliveryState::Sent, "{delivery:?}");
    ensure!(here.company.told("/sendMessage").len() == 1 && here.company.told("/sendDocument").len() == 1);
    here.house.close().await;
    Ok(())
}

/// A file that can't be had now, or never, and more of them than one look has room for: what was said comes all the same.
#[tokio::test(flavor = "multi_thread")]
async fn telegram_that_is_asked_is_not_stopped_by_a_file() -> Result<()> {
    let here = Here::open::<Telegram>().await?;
    here.company.answers("/deleteWebhook", Answer::json(200, &json!({ "ok": true, "result": true })));
    here.company.answers("/getUpdates", Answer::json(200, &json!({ "ok": true, "result": [] })));
    let mut settings = Telegram::settings(&here.company);
    settings["mode"] = "ask".into();
    let new =
        NewChannel { name: "Kundene".to_owned(), settings: serde_json::from_value(settings)?, ..NewChannel::default() };
    here.house.desk.save_channel(&here.eva, &here.channel.id, new).await?;
    here.house.desk.connect_channel(&here.eva, &here.channel.id).await?;
    until(|| here.company.told("/getUpdates").len() == 1).await?;
    let update = |id: i64, name: &str, more: Value| {
        let mut update = message(name, more);
        update["update_id"] = id.into();
        update
    };
    let file = |id: i64, age: i64| {
        let document = json!({ "file_id": format!("f{id}"), "file_name": format!("fil{id}.pdf") });
        update(id, &format!("m{id}"), json!({ "document": document, "date": now() - age }))
    };
    // One of an hour ago that fails again and again, and one more than a look takes; each look is told what is left.
    here.company.answers("/getFile", Answer::json(502, &json!({})));
    let old: Vec<Value> = (1..=26).map(|id| file(id, 3_600)).collect();
    let mut batch = vec![update(0, "m100", json!({ "text": "Først", "date": now() - 3_700 }))];
    batch.extend(old);
    here.company.answers_once("/getUpdates", Answer::json(200, &json!({ "ok": true, "result": batch })));
    here.company.answers_once("/getUpdates", Answer::json(200, &json!({ "ok": true, "result": [file(26, 3_600)] })));
    until(|| here.company.told("/getFile").len() == 26).await?;
    // And a new one behind a text: the text is taken, and the file is waited for.
    let two = json!([update(40, "m101", json!({ "text": "Til slutt" })), file(41, 0)]);
    here.company.answers_once("/getUpdates", Answer::json(200, &json!({ "ok": true, "result": two })));
    until(|| here.company.told("/getUpdates").iter().any(|told| told.path.contains("offset=41"))).await?;
    let rows = here.house.rows(&here.eva, List::Latest).await?;
    let ticket = here.house.desk.ticket(&here.eva, rows.first().context("no request")?.number).await?;
    let said = ticket.messages.iter().filter(|message| message.kind == MessageKind::Enquiry);
    let said: Vec<&str> = said.map(|message| message.text.trim()).collect();
    ensure!(said.len() == 28 && said[0] == "Først" && said[27] == "Til slutt", "{said:?}");
    ensure!(said[1].contains("fil1.pdf") && said[26].contains("fil26.pdf"), "{said:?}");
    ensure!(here.company.told("/getUpdates").iter().any(|told| told.path.contains("offset=26&")));
    here.house.close().await;
    Ok(())
}

/// Whoever changes over gets what waits: it could not be brought, or would have been.
#[tokio::test(flavor = "multi_thread")]
async fn telegram_can_be_asked_instead() -> Result<()> {
    let here = Here::open::<Telegram>().await?;
    here.house.rest().await?;
    let empty = Answer::json(200, &json!({ "ok": true, "result": [] }));
    here.company.answers("/deleteWebhook", Answer::json(200, &json!({ "ok": true, "result": true })));
    here.company.answers("/getUpdates", empty);
    let before = message("m1", json!({ "text": "Fra før" }));
    here.company.answers_once("/getUpdates", Answer::json(200, &json!({ "ok": true, "result": [before] })));
    let mut settings = Telegram::settings(&here.company);
    settings["mode"] = "ask".into();
    let new =
        NewChannel { name: "Kundene".to_owned(), settings: serde_json::from_value(settings)?, ..NewChannel::default() };
    here.house.desk.save_channel(&here.eva, &here.channel.id, new).await?;
    here.house.desk.connect_channel(&here.eva, &here.channel.id).await?;
    until(|| here.company.told("/getUpdates").len() == 1).await?;
    let mut later = message("m2", json!({ "text": "Og nå" }));
    later["update_id"] = 10_001.into();
    here.company.answers_once("/getUpdates", Answer::json(200, &json!({ "ok": true, "result": [later] })));
    until(|| here.company.told("/getUpdates").len() >= 3).await?;
    let rows = here.house.rows(&here.eva, List::Latest).await?;
    ensure!(rows.len() == 1, "{rows:?}");
    let ticket = here.house.desk.ticket(&here.eva, rows[0].number).await?;
    let said: Vec<&str> = ticket.messages.iter().map(|message| message.text.trim()).collect();
    ensure!(said == ["Fra før", "Og nå"], "{said:?}");
    let asked: Vec<String> = here.company.told("/getUpdates").into_iter().map(|told| told.path).collect();
    ensure!(
        asked[0].contains("offset=0") && asked[1].contains("offset=10001") && asked[2].contains("offset=10002"),
        "{asked:?}"
    );
    here.house.close().await;
    Ok(())
}

/// Telegram gives a group another number when it grows; the conversation is the same.
#[tokio::test(flavor = "multi_thread")]
async fn telegram_follows_a_group_that_becomes_a_supergroup() -> Result<()> {
    let here = Here::open::<Telegram>().await?;
    let (old, new) =
        (json!({ "id": -4001, "type": "group" }), json!({ "id": -1_002_233_445_566_i64, "type": "supergroup" }));
    let first = message("m1", json!({ "text": "Hei", "chat": old }));
    ensure!(here.knock(&knock(&here.company, &first)).await? == 200);
    let (ticket, _) = here.ticket().await?;
    let gone = json!({ "ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": { "migrate_to_chat_id": -1_002_233_445_566_i64 } });
    here.company.answers_once("/sendMessage", Answer::json(400, &gone));
    here.reply_with(&ticket, "Prøv igjen", &[]).await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.state == DeliveryState::Sent, "{delivery:?}");
    let chats = |here: &Here| -> Vec<Value> {
        here.company.told("/sendMessage").iter().map(|told| told.json()["chat_id"].clone()).collect()
    };
    ensure!(chats(&here) == ["-4001", "-1002233445566"], "{:?}", chats(&here));
    // What is said there belongs to the same request, though its numbers begin anew, and is answered there at once.
    let there = message("m1", json!({ "text": "Takk", "chat": new }));
    ensure!(here.knock(&knock(&here.company, &there)).await? == 200);
    let (ticket, said) = here.ticket().await?;
    ensure!(said == ["Hei", "Takk"], "{said:?}");
    here.reply_with(&ticket, "Bare hyggelig", &[]).await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.state == DeliveryState::Sent, "{delivery:?}");
    ensure!(chats(&here)[2..] == ["-1002233445566"], "{:?}", chats(&here));
    let last = here.company.told("/sendMessage").pop().context("nothing")?.json();
    ensure!(last["reply_parameters"]["message_id"] == 1, "{last}");
    here.house.close().await;
    Ok(())
}

async fn until(there: impl Fn() -> bool) -> Result<()> {
    for _ in 0..300 {
        if there() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("it did not come about within 30 seconds")
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_passes_the_kit() -> Result<()> {
    passes_the_kit("telegram").await
}
