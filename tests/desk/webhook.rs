//! Telling other programs. API-1, appendix C, number 23.

use crate::house::{House, draft, id, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::{DAY, HOUR},
    model::*,
};
use serde_json::Value;

fn hook(events: &[HookEvent]) -> NewWebhook {
    NewWebhook { name: "CRM".into(), url: "https://crm.example/hooks".into(), events: events.to_vec(), enabled: true }
}

fn answers(house: &House, status: u16) {
    *house.world.answers.lock().unwrap() = status;
}

/// Bodies that were posted, oldest first.
fn posted(house: &House) -> Result<Vec<Value>> {
    house.world.posted.lock().unwrap().iter().map(|post| Ok(serde_json::from_str(&post.body)?)).collect()
}

fn names(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().filter_map(|body| body["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_once_with_what_changed_and_how_the_request_stands() -> Result<()> {
    let house = House::open().await?;
    answers(&house, 200);
    let events: Vec<HookEvent> = HookEvent::ALL.iter().copied().filter(|event| *event != HookEvent::Ping).collect();
    let made = house.desk.add_webhook(&house.eva, hook(&events)).await?;
    ensure!(made.secret.starts_with("whsec_"));
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.set_category(&house.ane, &ticket.id, &house.invoices).await?;
    house.desk.comment(&house.ane, &ticket.id, draft("Bytt trommelen.", Access::Internal)).await?;
    house.desk.set_status(&house.ane, &ticket.id, &house.status("Closed").await?).await?;
    house.rest().await?;
    let bodies = posted(&house)?;
    // API-1: more than created and changed, each under its most telling name, once.
    let said = names(&bodies);
    for name in ["request.created", "message.created", "assigned", "request.changed", "status.changed"] {
        ensure!(said.contains(&name), "{name} is not among {said:?}");
    }
    let mut numbers: Vec<i64> = bodies.iter().filter_map(|body| body["event"].as_i64()).collect();
    numbers.sort_unstable();
    let all = numbers.len();
    numbers.dedup();
    ensure!(numbers.len() == all, "something was told twice: {numbers:?}");
    // API-1: the list of changed fields, before and after.
    let moved = bodies.iter().find(|body| body["changed"][0]["field"] == "category").context("no category")?;
    ensure!(moved["changed"][0]["new"] == "Faktura" && moved["actor"]["name"] == "Ane", "{moved}");
    ensure!(moved["request"]["number"] == ticket.number && moved["request"]["owner"]["name"] == "Ane", "{moved}");
    let said = bodies.iter().find(|body| body["message"]["text"] == "Bytt trommelen.").context("no comment")?;
    ensure!(said["message"]["access"] == "internal" && said["name"] == "message.created");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_only_what_it_asked_for_and_its_maker_may_read() -> Result<()> {
    let house = House::open().await?;
    answers(&house, 204);
    let own = Role {
        id: RoleId::new(),
        name: "Faktura".into(),
        list: Reach::Own,
        read: Reach::Own,
        edit: Reach::Own,
        rights: vec![],
        default: false,
    };
    house.desk.save_role(&house.eva, own.clone()).await?;
    house.desk.set_roles(&house.eva, &id(&house.cia), &[own.id]).await?;
    let made = house.desk.add_webhook(&house.cia, hook(&[HookEvent::RequestChanged, HookEvent::Merged])).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.rest().await?;
    ensure!(posted(&house)?.is_empty(), "Cia may not read it");
    house.desk.set_category(&house.ane, &ticket.id, &house.invoices).await?;
    house.desk.comment(&house.ane, &ticket.id, draft("Hei", Access::Internal)).await?;
    house.rest().await?;
    ensure!(names(&posted(&house)?) == ["request.changed"], "{:?}", posted(&house)?);
    // Somebody else's is not there; turned off, it is told nothing.
    ensure!(house.desk.webhook(&house.ane, &made.webhook.id).await == Err(Error::NotFound));
    ensure!(house.desk.delete_webhook(&house.ane, &made.webhook.id).await == Err(Error::NotFound));
    let off = NewWebhook { enabled: false, ..hook(&[HookEvent::RequestChanged]) };
    house.desk.save_webhook(&house.eva, &made.webhook.id, off).await?;
    house.desk.set_category(&house.ane, &ticket.id, &house.support).await?;
    house.rest().await?;
    ensure!(posted(&house)?.len() == 1);
    // Whoever works here no longer is told nothing either.
    house.desk.save_webhook(&house.cia, &made.webhook.id, hook(&[HookEvent::RequestChanged])).await?;
    house.desk.disable_agent(&house.eva, &id(&house.cia)).await?;
    house.desk.set_category(&house.ane, &ticket.id, &house.invoices).await?;
    house.rest().await?;
    ensure!(posted(&house)?.len() == 1);
    Ok(())
}

/// Waits until nothing is due now; what waits for later is left.
async fn tries(house: &House, at_least: usize) -> Result<usize> {
    for _ in 0..1_000 {
        let so_far = house.world.posted.lock().unwrap().len();
        if so_far >= at_least {
            return Ok(so_far);
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    anyhow::bail!("only {} tries", house.world.posted.lock().unwrap().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_get_through_is_tried_again_with_the_same_id_and_is_in_the_log() -> Result<()> {
    let house = House::open().await?;
    answers(&house, 503);
    let made = house.desk.add_webhook(&house.eva, hook(&[HookEvent::Assigned])).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    tries(&house, 1).await?;
    let log = logged(&house, &made.webhook.id, |line| line.attempts == 1).await?;
    ensure!(log.state == HookState::Queued && log.status == Some(503), "{log:?}");
    // The first 2 kB of the answer, cut between letters.
    ensure!(log.answer.as_ref().is_some_and(|answer| answer.len() == 2_048 && answer.starts_with("øø")));
    ensure!(house.desk.webhook(&house.eva, &made.webhook.id).await?.failing_since == Some(house.clock.now()));
    answers(&house, 200);
    // When it is tried again is reckoned from when the job was laid down, a moment after its line in the log.
    while house.texts("select cast(count(*) as text) from job where leased_until > 0").await? != ["0"] {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    house.clock.advance(HOUR);
    tries(&house, 2).await?;
    house.rest().await?;
    let log = logged(&house, &made.webhook.id, |line| line.state == HookState::Sent).await?;
    ensure!(log.attempts == 2 && log.sent_at == Some(house.clock.now()));
    ensure!(house.desk.webhook(&house.eva, &made.webhook.id).await?.failing_since.is_none());
    // Who is told again can know: the same id and body, signed anew.
    house.desk.replay_hook(&house.eva, &made.webhook.id, &log.id).await?;
    house.rest().await?;
    let posts = house.world.posted.lock().unwrap().clone();
    let header =
        |n: usize, name: &str| posts[n].headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    ensure!(
        posts.len() == 3
            && header(0, "webhook-id") == Some(log.id.0.clone())
            && header(2, "webhook-id") == header(0, "webhook-id")
    );
    ensure!(posts[2].body == posts[0].body && header(1, "webhook-signature") != header(0, "webhook-signature"));
    ensure!(header(0, "webhook-signature").is_some_and(|signature| signature.starts_with("v1,")));
    // Something to try it out, as often as one likes.
    house.desk.ping_webhook(&house.eva, &made.webhook.id).await?;
    house.rest().await?;
    ensure!(names(&posted(&house)?).last() == Some(&"ping"));
    ensure!(house.desk.replay_hook(&house.eva, &made.webhook.id, &"none".into()).await == Err(Error::NotFound));
    Ok(())
}

async fn logged(house: &House, hook: &WebhookId, fits: impl Fn(&HookDelivery) -> bool) -> Result<HookDelivery> {
    for _ in 0..500 {
        let rows = house.desk.hook_deliveries(&house.eva, hook, None).await?.rows;
        if let Some(row) = rows.into_iter().find(|row| fits(row)) {
            return Ok(row);
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    anyhow::bail!("it never came into the log")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_nobody_for_three_days_is_turned_off_and_its_maker_is_told() -> Result<()> {
    let house = House::open().await?;
    answers(&house, 0);
    let made = house.desk.add_webhook(&house.eva, hook(&[HookEvent::Assigned])).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    logged(&house, &made.webhook.id, |line| line.attempts == 1).await?;
    // A dead address keeps no worker busy: what comes next waits.
    house.desk.release(&house.ane, &ticket.id).await?;
    ensure!(logged(&house, &made.webhook.id, |line| line.event > 0 && line.attempts == 0).await?.answer.is_none());
    house.clock.advance(3 * DAY + HOUR);
    for _ in 0..500 {
        if !house.desk.webhook(&house.eva, &made.webhook.id).await?.enabled {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    ensure!(!house.desk.webhook(&house.eva, &made.webhook.id).await?.enabled);
    let later = logged(&house, &made.webhook.id, |line| line.state == HookState::Failed).await?;
    ensure!(later.status.is_none() && later.answer.is_some());
    house.rest().await?;
    let told: Vec<_> = house.sent().into_iter().filter(|mail| mail.text.starts_with("webhook-off")).collect();
    ensure!(told.len() == 1 && told[0].to[0].address == "eva@company.com", "{told:?}");
    ensure!(house.desk.ping_webhook(&house.eva, &made.webhook.id).await == Err(Error::invalid("enabled", Why::Needed)));
    // Turned on again it begins anew, and what was missed can be sent.
    answers(&house, 200);
    house.desk.save_webhook(&house.eva, &made.webhook.id, hook(&[HookEvent::Assigned])).await?;
    house.desk.replay_hook(&house.eva, &made.webhook.id, &later.id).await?;
    house.rest().await?;
    logged(&house, &made.webhook.id, |line| line.id == later.id && line.state == HookState::Sent).await?;
    in_order(&house.log(ticket.number).await?, &[EventKind::Accepted, EventKind::Released])
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_gone_is_told_no_more() -> Result<()> {
    let house = House::open().await?;
    answers(&house, 410);
    let made = house.desk.add_webhook(&house.eva, hook(&[HookEvent::RequestCreated])).await?;
    house.request("Skriver virker ikke").await?;
    ensure!(!house.desk.webhook(&house.eva, &made.webhook.id).await?.enabled);
    ensure!(house.world.posted.lock().unwrap().len() == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_makes_no_sense_is_refused_and_secrets_are_renewed() -> Result<()> {
    let house = House::open().await?;
    for (bad, field) in [
        (NewWebhook { name: " ".into(), ..hook(&[HookEvent::Merged]) }, "name"),
        (hook(&[]), "events"),
        (NewWebhook { url: "ftp://crm.example".into(), ..hook(&[HookEvent::Merged]) }, "url"),
        (NewWebhook { url: "https://user:secret@crm.example/".into(), ..hook(&[HookEvent::Merged]) }, "url"),
    ] {
        let refused = house.desk.add_webhook(&house.eva, bad).await.err();
        ensure!(matches!(&refused, Some(Error::Invalid { field: on, .. }) if on == field), "{refused:?}");
    }
    let made = house.desk.add_webhook(&house.eva, hook(&[HookEvent::Merged, HookEvent::Merged])).await?;
    ensure!(made.webhook.events == [HookEvent::Merged]);
    let renewed = house.desk.renew_secret(&house.eva, &made.webhook.id).await?;
    ensure!(renewed.secret != made.secret && renewed.webhook == made.webhook);
    house.desk.delete_webhook(&house.eva, &made.webhook.id).await?;
    ensure!(house.desk.webhooks(&house.eva).await?.is_empty());
    ensure!(house.desk.webhooks(&Actor::Anonymous).await == Err(Error::Unauthenticated));
    Ok(())
}
