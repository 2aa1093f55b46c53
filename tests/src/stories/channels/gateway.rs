//! A company that nobody knew beforehand, as an administrator describes it.

use super::{Here, Knock, Remote, hex, keeps_its_promises, mac};
use anyhow::{Result, ensure};
use desk::{Error, Why, model::*};
use serde_json::{Value, json};
use tests::company::{Answer, Company, Told};

const SECRET: &str = "secret-of-a-test-0123456789abcdef";
const REPORTS: &str = "/status";

struct Gateway;

impl Remote for Gateway {
    const ID: &'static str = "saker.sms";
    const SENDS: &'static str = "/sms/2/text/advanced";

    fn settings(company: &Company) -> Value {
        json!({ "company": "other", "from": "+4700000001", "server": company.at, "path": Self::SENDS, "language": "en",
            "headers": "Authorization: App {{secret:token}}",
            "body": r#"{"messages":[{"messageId":"{id}","from":"{from_digits}","destinations":[{"to":{to_digits}}],"text":"{text}","notifyUrl":"{report_url}"}]}"#,
            "answer-id": "messages.0.messageId", "refused-at": "messages.0.status.groupName", "refused-when": "REJECTED",
            "refused-why": "messages.0.status.description", "in-list": "results", "in-id": "messageId",
            "report-id": "messageId", "report-status": "status.groupName", "delivered": "DELIVERED",
            "failed": "UNDELIVERABLE, EXPIRED, REJECTED", "report-why": "error.description",
            "proof": "hmac", "proof-name": "X-Signature" })
    }

    fn secrets() -> Vec<(&'static str, &'static str)> {
        vec![("token", "key-of-a-test-0123456789"), ("signing-secret", SECRET)]
    }

    fn answers(company: &Company) {
        company.answers(Self::SENDS, taken("M9", "PENDING"));
    }

    fn says(_: &Company, _: &str, name: &str, text: &str) -> Knock {
        signed(&json!({ "results": [{ "messageId": name, "from": "4740000000", "to": "4700000001", "text": text,
            "receivedAt": "2026-11-24T14:00:00.000+0000" }] }))
    }

    fn forges(mut knock: Knock) -> Knock {
        knock.body.push(b' ');
        knock
    }

    fn slower() -> Answer {
        Answer::slower(&json!({ "requestError": {} }), 1)
    }

    fn form(told: &Told) -> Result<()> {
        ensure!(told.header("authorization") == "App key-of-a-test-0123456789", "{told:?}");
        let body = told.json();
        let message = &body["messages"][0];
        ensure!(message["destinations"][0]["to"] == 4740000000u64 && message["from"] == "4700000001", "{body}");
        ensure!(message["text"] == "Prøv igjen", "{body}");
        ensure!(message["notifyUrl"].as_str().is_some_and(|at| at.ends_with(REPORTS)), "{body}");
        Ok(())
    }
}

fn taken(name: &str, group: &str) -> Answer {
    let status = json!({ "groupName": group, "description": "No such number" });
    Answer::json(200, &json!({ "messages": [{ "to": "4740000000", "status": status, "messageId": name }] }))
}

fn signed(body: &Value) -> Knock {
    let body = body.to_string().into_bytes();
    Knock { headers: vec![("x-signature", hex(&mac(SECRET, &[&body])))], body }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_described_keeps_the_promises() -> Result<()> {
    let here = keeps_its_promises::<Gateway>().await?;
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_refuses_in_a_yes_reports_and_is_asked_what_became_of_a_message() -> Result<()> {
    let here = Here::open::<Gateway>().await?;
    ensure!(here.says::<Gateway>("m1", "Hei").await? == 200);
    let (ticket, _) = here.ticket().await?;
    // A yes that is a no.
    here.company.answers_once(Gateway::SENDS, taken("M1", "REJECTED"));
    here.reply(&ticket, "En").await?;
    let delivery = here.delivery().await?;
    ensure!(
        delivery.state == DeliveryState::Failed
            && delivery.error.as_deref().is_some_and(|why| why.contains("No such number")),
        "{delivery:?}"
    );
    // What was sent, arrived.
    here.reply(&ticket, "To").await?;
    ensure!(here.delivery().await?.state == DeliveryState::Sent);
    let report = json!({ "results": [{ "messageId": "M9", "status": { "groupName": "EXPIRED" }, "error": { "description": "Absent" } }] });
    let knock = signed(&report);
    let headers: Vec<(&str, &str)> = knock.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let at = format!("{}{REPORTS}", here.hook);
    ensure!(here.house.knock("POST", &at, &headers, &knock.body).await?.0 == 200);
    let delivery = here.delivery().await?;
    ensure!(delivery.error.as_deref().is_some_and(|why| why.contains("Absent")), "{delivery:?}");
    // The line breaks after it was sent: the gateway is asked, and knows.
    let mut settings = here.channel.settings.clone();
    settings.insert("ask-path".to_owned(), "/logs?messageId={id}".into());
    settings.insert("ask-id".to_owned(), "results.0.messageId".into());
    let new = NewChannel { name: "Kundene".to_owned(), settings, ..NewChannel::default() };
    here.house.desk.save_channel(&here.eva, &here.channel.id, new).await?;
    here.company.answers("/logs", Answer::json(200, &json!({ "results": [{ "messageId": "M77" }] })));
    here.company.answers_once(Gateway::SENDS, Answer::broken());
    here.reply(&ticket, "Tre").await?;
    let delivery = here.delivery().await?;
    let (sent, asked) = (here.company.told(Gateway::SENDS), here.company.told("/logs"));
    ensure!(
        delivery.state == DeliveryState::Sent && sent.len() == 3 && asked.len() == 1,
        "{delivery:?} {sent:?} {asked:?}"
    );
    let name = sent[2].json()["messages"][0]["messageId"].as_str().unwrap_or_default().to_owned();
    ensure!(asked[0].path.ends_with(&format!("messageId={name}")), "{} is not {name}", asked[0].path);
    here.house.close().await;
    Ok(())
}

/// What an administrator types is tried before it is saved, and nothing of it is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_tried_on_a_sample_before_anything_is_saved() -> Result<()> {
    let here = Here::open::<Gateway>().await?;
    let desk = &here.house.desk;
    let plugin = crate::plugins::id(Gateway::ID);
    let settings = here.channel.settings.clone();
    let sample = r#"{"results":[{"messageId":"m1","from":"4740000000","text":"STOPP"},{"messageId":"m2","from":"2000","text":"Hei"}]}"#;
    let new = NewSample { settings: settings.clone(), sample: sample.to_owned() };
    let tried = desk.try_sample(&here.eva, &plugin, new.clone()).await?;
    ensure!(tried.messages.len() == 2 && tried.news.is_empty(), "{tried:?}");
    ensure!(tried.messages[0].phone == "+4740000000" && tried.messages[1].conversation == "2000", "{tried:?}");
    let report = r#"{"results":[{"messageId":"M9","status":{"groupName":"DELIVERED"}}]}"#;
    let tried = desk.try_sample(&here.eva, &plugin, NewSample { sample: report.to_owned(), ..new.clone() }).await?;
    ensure!(tried.news.len() == 1 && tried.news[0].arrived && tried.news[0].message == "M9", "{tried:?}");
    let wrong = NewSample { sample: r#"{"from":"1"}"#.to_owned(), ..new.clone() };
    let why = desk.try_sample(&here.eva, &plugin, wrong).await;
    ensure!(
        matches!(&why, Err(Error::Invalid { field, why: Why::Unfit { words, .. } }) if field == "sample" && words.starts_with("in-text: ")),
        "{why:?}"
    );
    ensure!(desk.try_sample(&here.ane, &plugin, new).await == Err(Error::Forbidden));
    here.house.rest().await?;
    ensure!(here.house.rows(&here.eva, List::Latest).await?.is_empty(), "a sample became a request");
    // Nor does anybody remember that somebody wanted no more messages.
    ensure!(here.says::<Gateway>("m3", "Hei igjen").await? == 200);
    let (ticket, _) = here.ticket().await?;
    here.reply(&ticket, "Hei").await?;
    ensure!(here.delivery().await?.state == DeliveryState::Sent);
    here.house.close().await;
    Ok(())
}

/// What the plugin has against settings keeps them from being saved, where it is asked first.
#[tokio::test(flavor = "multi_thread")]
async fn settings_are_checked_before_they_are_saved_where_somebody_wants_it() -> Result<()> {
    let here = Here::open::<Gateway>().await?;
    let desk = &here.house.desk;
    let plugin = crate::plugins::id(Gateway::ID);
    let mut settings = here.channel.settings.clone();
    settings.insert("body".to_owned(), r#"{"to":"{mobile}"}"#.into());
    let secrets = Gateway::secrets().into_iter().map(|(name, secret)| (name.to_owned(), secret.to_owned())).collect();
    let bad = NewChannel { name: "Feil".to_owned(), settings, secrets, check: true, ..NewChannel::default() };
    for came in [
        desk.add_channel(&here.eva, &plugin, bad.clone()).await,
        desk.save_channel(&here.eva, &here.channel.id, bad.clone()).await,
    ] {
        ensure!(
            matches!(&came, Err(Error::Invalid { field, why: Why::Unfit { words, .. } }) if field == "settings" && words.starts_with("body: {mobile}")),
            "{came:?}"
        );
    }
    ensure!(
        desk.channels(&here.eva).await? == [desk.channel(&here.eva, &here.channel.id).await?],
        "something was saved"
    );
    ensure!(desk.channel(&here.eva, &here.channel.id).await?.settings == here.channel.settings);
    let good = NewChannel { settings: here.channel.settings.clone(), ..bad.clone() };
    ensure!(desk.save_channel(&here.eva, &here.channel.id, good).await?.name == "Feil");
    // Somebody knows better.
    desk.add_channel(&here.eva, &plugin, NewChannel { check: false, ..bad }).await?;
    ensure!(desk.channels(&here.eva).await?.len() == 2);
    here.house.close().await;
    Ok(())
}
