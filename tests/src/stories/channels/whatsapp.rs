use super::{Here, Knock, Remote, hex, keeps_its_promises, mac, now, passes_the_kit};
use anyhow::{Context, Result, ensure};
use desk::model::*;
use serde_json::{Value, json};
use tests::company::{Answer, Company, Told};

pub struct WhatsApp;

const SECRET: &str = "app-secret-of-a-test";

fn signed(value: Value) -> Knock {
    let mut whole = json!({ "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "16505551111", "phone_number_id": "123456123" },
        "contacts": [{ "profile": { "name": "Kari" }, "wa_id": "4740000000" }] });
    whole.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "0", "changes": [{ "field": "messages", "value": whole }] }] });
    let body = body.to_string().into_bytes();
    Knock { headers: vec![("x-hub-signature-256", format!("sha256={}", hex(&mac(SECRET, &[&body]))))], body }
}

fn message(name: &str, more: Value) -> Knock {
    let mut message = json!({ "from": "4740000000", "id": format!("wamid.{name}"), "timestamp": now().to_string() });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    signed(json!({ "messages": [message] }))
}

impl Remote for WhatsApp {
    const ID: &'static str = "saker.whatsapp";
    const SENDS: &'static str = "/messages";

    fn settings(company: &Company) -> Value {
        json!({ "server": company.at, "number": "123456123", "language": "en" })
    }

    fn secrets() -> Vec<(&'static str, &'static str)> {
        vec![("token", "EAAJB-of-a-test"), ("app-secret", SECRET), ("verify-token", "sesam-sesam")]
    }

    fn answers(company: &Company) {
        company.answers(
            "/123456123",
            Answer::json(200, &json!({ "display_phone_number": "+1 650-555-1111", "verified_name": "Fjord" })),
        );
        let sent = json!({ "messaging_product": "whatsapp", "contacts": [{ "input": "4740000000", "wa_id": "4740000000" }], "messages": [{ "id": "wamid.out" }] });
        company.answers("/messages", Answer::json(200, &sent));
    }

    fn says(_: &Company, _: &str, name: &str, text: &str) -> Knock {
        message(name, json!({ "type": "text", "text": { "body": text } }))
    }

    fn forges(mut knock: Knock) -> Knock {
        knock.body.push(b' ');
        knock
    }

    fn slower() -> Answer {
        let error =
            json!({ "error": { "message": "(#130429) Rate limit hit", "type": "OAuthException", "code": 130429 } });
        Answer::slower(&error, 1)
    }

    fn form(told: &Told) -> Result<()> {
        ensure!(
            told.path == "/123456123/messages" && told.header("authorization") == "Bearer EAAJB-of-a-test",
            "{told:?}"
        );
        let body = told.json();
        ensure!(body["to"] == "4740000000" && body["text"]["body"] == "Prøv *igjen*", "{body}");
        ensure!(body["messaging_product"] == "whatsapp" && body["context"]["message_id"] == "wamid.m1", "{body}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_keeps_its_promises() -> Result<()> {
    let here = keeps_its_promises::<WhatsApp>().await?;
    let ask = |word: &str| format!("{}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={word}", here.hook);
    let (status, body) = here.house.knock("GET", &ask("sesam-sesam"), &[], b"").await?;
    ensure!(status == 200 && body == "1158201444", "{status} {body}");
    ensure!(here.house.knock("GET", &ask("sesam"), &[], b"").await?.0 == 400);
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_tells_how_far_an_answer_got() -> Result<()> {
    let here = Here::open::<WhatsApp>().await?;
    ensure!(here.says::<WhatsApp>("m1", "Hei").await? == 200);
    let (ticket, _) = here.ticket().await?;
    here.reply(&ticket, "Hei igjen").await?;
    ensure!(here.delivery().await?.state == DeliveryState::Sent);
    let status = |status: &str, errors: Value| {
        signed(
            json!({ "statuses": [{ "id": "wamid.out", "status": status, "timestamp": now().to_string(), "recipient_id": "4740000000", "errors": errors }] }),
        )
    };
    // The window closed between two of the customer's messages: 24 hours, told plainly, on the reply itself.
    let closed = json!([{ "code": 131047, "title": "Re-engagement message" }]);
    ensure!(here.knock(&status("failed", closed)).await? == 200);
    let delivery = here.delivery().await?;
    ensure!(
        delivery.state == DeliveryState::Failed
            && delivery.error.as_deref().is_some_and(|why| why.contains("24 hours")),
        "{delivery:?}"
    );
    // The same no at once.
    let error = json!({ "error": { "message": "(#131047) Re-engagement message", "code": 131047, "error_data": { "messaging_product": "whatsapp", "details": "x" } } });
    here.company.answers("/messages", Answer::json(400, &error));
    here.reply(&ticket, "En gang til").await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.error.as_deref().is_some_and(|why| why.contains("24 hours")), "{delivery:?}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_brings_files_by_two_calls() -> Result<()> {
    let here = Here::open::<WhatsApp>().await?;
    let lies = json!({ "url": format!("{}/attachments?mid=1", here.company.at), "mime_type": "image/jpeg", "id": "1003383421387256" });
    here.company.answers("/1003383421387256", Answer::json(200, &lies));
    here.company.answers("/attachments", Answer::file("image/jpeg", b"JPEG"));
    let image =
        json!({ "type": "image", "image": { "caption": "Her", "mime_type": "image/jpeg", "id": "1003383421387256" } });
    ensure!(here.knock(&message("m1", image)).await? == 200);
    let (ticket, said) = here.ticket().await?;
    let there = ticket.messages[0].attachments.first().context("no file")?;
    ensure!(said == ["Her"] && there.name == "photo.jpg" && there.size == 4, "{said:?} {there:?}");
    ensure!(here.company.told("/attachments")[0].header("authorization") == "Bearer EAAJB-of-a-test");
    ensure!(ticket.contacts.iter().any(|contact| contact.name == "Kari"), "{:?}", ticket.contacts);
    here.house.close().await;
    Ok(())
}

/// Meta answers 200 to a name of its own in `to`, and drops the message.
#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_answers_who_hides_their_number_and_a_group_where_they_are() -> Result<()> {
    let here = Here::open::<WhatsApp>().await?;
    let text = |name: &str, more: Value| {
        let mut whole = json!({ "type": "text", "text": { "body": name } });
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message(name, whole)
    };
    ensure!(here.knock(&text("m1", json!({ "from": null, "from_user_id": "NO.1393000000000" }))).await? == 200);
    let (ticket, _) = here.ticket().await?;
    here.reply(&ticket, "Hei").await?;
    ensure!(here.delivery().await?.state == DeliveryState::Sent);
    let body = here.company.told("/messages")[0].json();
    ensure!(body["recipient"] == "NO.1393000000000" && body.get("to").is_none(), "{body}");
    // What somebody says in a group is a request of its own.
    ensure!(here.says::<WhatsApp>("m2", "Privat").await? == 200);
    ensure!(here.knock(&text("m3", json!({ "group_id": "Y2FwaV9ncm91cDox" }))).await? == 200);
    here.house.rest().await?;
    let rows = here.house.rows(&here.eva, List::Latest).await?;
    ensure!(rows.len() == 3, "{rows:?}");
    let among = rows.iter().find(|row| row.title.contains("m3")).context("no request of the group")?;
    let among = here.house.desk.ticket(&here.eva, among.number).await?;
    here.reply(&among, "Hei alle").await?;
    here.house.rest().await?;
    let body = here.company.told("/messages").pop().context("nothing was sent")?.json();
    ensure!(body["to"] == "Y2FwaV9ncm91cDox" && body["recipient_type"] == "group", "{body}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_says_nothing_where_it_refuses_a_file() -> Result<()> {
    let here = Here::open::<WhatsApp>().await?;
    ensure!(here.says::<WhatsApp>("m1", "Hei").await? == 200);
    let (ticket, _) = here.ticket().await?;
    let error = json!({ "error": { "message": "(#100) Param file must be a file with one of the following types", "code": 100 } });
    here.company.answers_once("/media", Answer::json(400, &error));
    here.reply_with(&ticket, "Her er filen", &[("a.zip", "application/zip")]).await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.state == DeliveryState::Failed, "{delivery:?}");
    ensure!(here.company.told("/messages").is_empty(), "the text left without its file");
    // Taken, they leave in their order, each once.
    here.company.answers_once("/media", Answer::json(200, &json!({ "id": "1" })));
    here.company.answers_once("/media", Answer::json(200, &json!({ "id": "2" })));
    here.reply_with(&ticket, "Og her", &[("a.pdf", "application/pdf"), ("b.pdf", "application/pdf")]).await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.state == DeliveryState::Sent, "{delivery:?}");
    let sent: Vec<Value> = here.company.told("/messages").iter().map(Told::json).collect();
    ensure!(sent.len() == 3 && sent[1]["document"]["id"] == "1" && sent[2]["document"]["id"] == "2", "{sent:?}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_passes_the_kit() -> Result<()> {
    passes_the_kit("whatsapp").await
}
