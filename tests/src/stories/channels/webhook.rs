//! The webhook: whatever posts JSON or a form, and answers in the form that the other side wants.

use super::passes_the_kit;
use crate::plugins::{id, post_json};
use anyhow::{Context, Result, ensure};
use desk::{Error, model::*};
use serde_json::json;
use tests::{
    company::{Answer, Company},
    house::House,
};

/// A system that sends forms, and wants its answers as its own JSON, by PUT.
#[tokio::test(flavor = "multi_thread")]
async fn a_system_of_its_own_kind_is_described_tried_and_answered() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let remote = Company::open().await?;
    remote.answers("/comments", Answer::json(201, &json!({ "comment": { "id": 77 } })));
    remote.answers("/bilde.png", Answer::file("image/png", b"\x89PNG\r\n\x1a\n"));
    let settings = json!({ "text": "message", "id": "ref", "conversation": "case", "subject": "title", "name": "from[name]",
        "email": "from[email]", "files": "file", "files-from": remote.at, "reply-address": format!("{}/comments", remote.at),
        "sure": true, "method": "put", "headers": "Authorization: Bearer {{secret:word}}",
        "body": r#"{"case": "{conversation}", "comment": {"text": "{plain}", "by": "{from}", "about": {in_reply_to}}, "key": "{id}"}"#,
        "answer-id": "comment.id" });
    let new = NewChannel {
        name: "Butikken".to_owned(),
        settings: serde_json::from_value(settings)?,
        secrets: [("word".to_owned(), "sesam-sesam".to_owned())].into(),
        check: true,
        ..NewChannel::default()
    };
    let call = format!(
        "ref=17&case=c%221&title=Skriver&message=Den+virker+ikke&from%5Bname%5D=Kari&from%5Bemail%5D=kari%40fjord.no&file={}/bilde.png",
        remote.at
    );
    // Before anything is saved: an address that was copied is as good as a body.
    let sample = NewSample { settings: new.settings.clone(), sample: format!("https://x.example/?{call}") };
    let tried = house.desk.try_sample(&eva, &id("saker.webhook"), sample.clone()).await?;
    let message = tried.messages.first().context("nothing came of it")?;
    ensure!(
        message.title == "Skriver" && message.text == "Den virker ikke" && message.conversation == "c\"1",
        "{message:?}"
    );
    ensure!(
        message.name == "Kari" && message.email == "kari@fjord.no" && message.files == ["bilde.png"],
        "{message:?}"
    );
    ensure!(remote.told("/bilde.png").is_empty() && house.desk.channels(&eva).await?.is_empty());
    let nothing = NewSample { sample: "{}".to_owned(), ..sample };
    ensure!(matches!(house.desk.try_sample(&eva, &id("saker.webhook"), nothing).await, Err(Error::Invalid { .. })));
    // Then it comes.
    let channel = house.desk.add_channel(&eva, &id("saker.webhook"), new).await?;
    let hook = channel.hook_url.clone().context("no address")?;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for _ in 0..2 {
        let (status, body) = house.knock("POST", &hook, &form, call.as_bytes()).await?;
        ensure!(status == 200, "{status} {body}");
    }
    house.rest().await?;
    let ticket = house.only(&eva, List::Unassigned).await?;
    ensure!(!ticket.messages[0].author.unproven, "the other side has signed her in, say its settings");
    ensure!(ticket.title == "Skriver" && format!("{:?}", ticket.messages).contains("bilde.png"), "{ticket:?}");
    // And the answer is as the other side wants it.
    let reply = |text: &str| Draft {
        text: text.to_owned(),
        key: text.to_owned(),
        access: Access::External,
        ..Draft::default()
    };
    house.desk.reply(&ane, &ticket.id, reply("Prøv **\"igjen\"**")).await?;
    house.rest().await?;
    let told = remote.told("/comments");
    ensure!(told.len() == 1 && told[0].method == "PUT", "{told:?}");
    ensure!(told[0].header("authorization") == "Bearer sesam-sesam", "{told:?}");
    let body = told[0].json();
    ensure!(
        body["case"] == "c\"1" && body["comment"]["text"] == "Prøv \"igjen\"" && body["comment"]["by"] == "Ane",
        "{body}"
    );
    // It may have arrived: nobody posts it again but a person.
    remote.answers_once("/comments", Answer::broken());
    house.desk.reply(&ane, &ticket.id, reply("Hallo?")).await?;
    house.rest().await?;
    let last = house.desk.ticket(&ane, ticket.number).await?.messages.pop().context("no message")?;
    let delivery = last.delivery.context("nothing was sent")?;
    ensure!(delivery.state == DeliveryState::Uncertain && remote.told("/comments").len() == 2, "{delivery:?}");
    house.close().await;
    Ok(())
}

/// Two shops that number their customers alike.
#[tokio::test(flavor = "multi_thread")]
async fn who_writes_is_known_to_an_account_and_to_no_other_and_stays_known_when_contacts_become_one() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let mut hooks = vec![];
    for name in ["Butikken", "Lageret"] {
        let settings = serde_json::from_value(json!({ "text": "text" }))?;
        let new = NewChannel { name: name.to_owned(), settings, ..NewChannel::default() };
        let channel = house.desk.add_channel(&eva, &id("saker.webhook"), new).await?;
        hooks.push((channel.id.clone(), channel.hook_url.context("no address")?));
    }
    // Who is the contact of the request that comes of a message by the customer with number 7.
    let customer_7 = async |hook: &str, case: &str, name: &str| -> Result<Person> {
        let call =
            json!({ "id": case, "conversation": case, "user": "7", "name": name, "subject": case, "text": "Hjelp" });
        ensure!(post_json(&house, hook, &[], &call.to_string()).await?.0 == 200);
        house.rest().await?;
        let row = house
            .rows(&eva, List::Unassigned)
            .await?
            .into_iter()
            .find(|row| row.title == case)
            .context(case.to_owned())?;
        let ticket = house.desk.ticket(&eva, row.number).await?;
        ticket.contacts.into_iter().next().context("nobody")
    };
    let (shop, store) = (&hooks[0].1, &hooks[1].1);
    let kari = customer_7(shop, "b1", "Kari").await?;
    let per = customer_7(store, "l1", "Per").await?;
    ensure!(kari.id != per.id && per.name == "Per", "two shops have two customers: {kari:?} {per:?}");
    ensure!(customer_7(shop, "b2", "Kari").await?.id == kari.id && customer_7(store, "l2", "Per").await?.id == per.id);
    // Per was Kari's second name, somebody finds; and then that he was not.
    house.desk.merge_people(&eva, &kari.id, std::slice::from_ref(&per.id)).await?;
    ensure!(customer_7(store, "l3", "Per").await?.id == kari.id, "one contact is known by both");
    house.desk.unmerge_person(&eva, &per.id).await?;
    ensure!(customer_7(store, "l4", "Per").await?.id == per.id && customer_7(shop, "b3", "Kari").await?.id == kari.id);
    // What an account knew goes with it.
    house.desk.delete_channel(&eva, &hooks[1].0).await?;
    let dossier = house.desk.dossier(&eva, &per.id).await?;
    ensure!(dossier.handles.is_empty() && house.desk.dossier(&eva, &kari.id).await?.handles.len() == 1);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn webhook_passes_the_kit() -> Result<()> {
    passes_the_kit("webhook").await
}
