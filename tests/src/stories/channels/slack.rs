use super::{Here, Knock, Remote, hex, keeps_its_promises, mac, now, passes_the_kit};
use anyhow::{Context, Result, ensure};
use desk::model::*;
use serde_json::{Value, json};
use std::time::Duration;
use tests::company::{Answer, Company, Told};

pub struct Slack;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

fn signed(body: &Value, at: i64) -> Knock {
    let body = body.to_string().into_bytes();
    let mac = mac(SECRET, &[format!("v0:{at}:").as_bytes(), &body]);
    let headers =
        vec![("x-slack-signature", format!("v0={}", hex(&mac))), ("x-slack-request-timestamp", at.to_string())];
    Knock { headers, body }
}

fn event(name: &str, more: Value) -> Value {
    let first = "1795510800.000001";
    let ts = if name == "m1" { first.to_owned() } else { format!("1795510900.00000{}", name.trim_start_matches('m')) };
    let mut event =
        json!({ "type": "message", "channel": "C024BE91L", "user": "U061F7AUR", "ts": ts, "channel_type": "channel" });
    if name != "m1" {
        event["thread_ts"] = first.into();
    }
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "type": "event_callback", "team_id": "T061EG9R6", "event_id": format!("Ev{name}"), "event_time": now(), "event": event })
}

impl Remote for Slack {
    const ID: &'static str = "saker.slack";
    const SENDS: &'static str = "/chat.postMessage";

    fn settings(company: &Company) -> Value {
        json!({ "server": company.at, "language": "en" })
    }

    fn secrets() -> Vec<(&'static str, &'static str)> {
        vec![("token", "xoxb-not-a-real-token"), ("signing-secret", SECRET)]
    }

    fn answers(company: &Company) {
        company.answers("/auth.test", Answer::json(200, &json!({ "ok": true, "team": "Fjord", "user": "hjelp" })));
        let kari = json!({ "ok": true, "user": { "id": "U061F7AUR", "profile": { "real_name": "Kari Fjord" } } });
        company.answers("/users.info", Answer::json(200, &kari));
        company.answers(
            "/chat.postMessage",
            Answer::json(200, &json!({ "ok": true, "channel": "C024BE91L", "ts": "1795511000.000100" })),
        );
    }

    fn says(_: &Company, _: &str, name: &str, text: &str) -> Knock {
        signed(&event(name, json!({ "text": text })), now())
    }

    fn forges(mut knock: Knock) -> Knock {
        knock.body.push(b' ');
        knock
    }

    fn slower() -> Answer {
        Answer::slower(&json!({ "ok": false, "error": "ratelimited" }), 1)
    }

    fn form(told: &Told) -> Result<()> {
        ensure!(told.header("authorization") == "Bearer xoxb-not-a-real-token");
        let body = told.json();
        ensure!(body["channel"] == "C024BE91L" && body["text"] == "Prøv *igjen*", "{body}");
        ensure!(body["thread_ts"] == "1795510800.000001", "{body}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_keeps_its_promises() -> Result<()> {
    let here = keeps_its_promises::<Slack>().await?;
    let (ticket, said) = here.ticket().await?;
    ensure!(ticket.contacts.iter().any(|contact| contact.name == "Kari Fjord"), "{:?}", ticket.contacts);
    // A signed call that somebody kept for an hour; and Slack's own word for who we are.
    let old = signed(&event("m3", json!({ "text": "Gammelt" })), now() - 3_600);
    ensure!(here.knock(&old).await? == 400);
    let bot = signed(&event("m4", json!({ "text": "Prøv igjen", "bot_id": "B1" })), now());
    ensure!(here.knock(&bot).await? == 200);
    // The same as before, brought again because we were slow.
    let mut again = Slack::says(&here.company, &here.hook, "m2", "Fortsatt ikke");
    again.headers.extend([("x-slack-retry-num", "1".to_owned()), ("x-slack-retry-reason", "http_timeout".to_owned())]);
    ensure!(here.knock(&again).await? == 200);
    ensure!(here.ticket().await?.1 == said);
    let challenge = signed(
        &json!({ "type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P" }),
        now(),
    );
    let headers: Vec<(&str, &str)> = challenge.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (status, body) = here.house.knock("POST", &here.hook, &headers, &challenge.body).await?;
    ensure!(status == 200 && body.starts_with("3eZbrw"), "{status} {body}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_brings_files_or_says_where_they_are() -> Result<()> {
    let here = Here::open::<Slack>().await?;
    here.company.answers("/skjerm.png", Answer::file("image/png", b"PNG!"));
    let file = |name: &str| {
        json!({ "id": "F1", "name": name, "mimetype": "image/png", "mode": "hosted", "size": 4,
        "url_private": format!("{}/{name}", here.company.at), "permalink": "https://fjord.slack.com/files/F1" })
    };
    let shared = |name: &str, file: Value| {
        signed(&event(name, json!({ "text": "Se <@U061F7AUR>", "subtype": "file_share", "files": [file] })), now())
    };
    ensure!(here.knock(&shared("m1", file("skjerm.png"))).await? == 200);
    let (ticket, said) = here.ticket().await?;
    ensure!(said == ["Se @Kari Fjord"], "{said:?}");
    let there = ticket.messages[0].attachments.first().context("no file")?;
    ensure!(there.name == "skjerm.png" && there.size == 4, "{there:?}");
    ensure!(here.company.told("/skjerm.png")[0].header("authorization").starts_with("Bearer "));
    // Not now: Slack is told to come again, and the third time the message is taken without it.
    here.company.answers("/treg.png", Answer::json(503, &json!({})));
    let mut slow = shared("m2", file("treg.png"));
    ensure!(here.knock(&slow).await? == 503);
    slow.headers.push(("x-slack-retry-num", "2".to_owned()));
    ensure!(here.knock(&slow).await? == 200);
    // Several that take their time: Slack waits three seconds for all of them together, and those behind it are named.
    let late = Answer::file("image/png", b"PNG!").late(std::time::Duration::from_millis(900));
    let many: Vec<Value> = (1..=4).map(|n| file(&format!("sen{n}.png"))).collect();
    for n in 1..=4 {
        here.company.answers(&format!("/sen{n}.png"), late.clone());
    }
    let began = std::time::Instant::now();
    let all = event("m3", json!({ "text": "Fire", "subtype": "file_share", "files": many }));
    ensure!(here.knock(&signed(&all, now())).await? == 200);
    ensure!(began.elapsed().as_millis() < 3_000, "{:?}", began.elapsed());
    let (_, said) = here.ticket().await?;
    ensure!(said[2].contains("sen4.png, https://fjord.slack.com/files/F1"), "{said:?}");
    ensure!(!said[2].contains("sen1.png"), "the first one came in time: {said:?}");
    // A page to sign in at is no picture.
    here.company.answers("/side.png", Answer::file("text/html", b"<html>"));
    ensure!(here.knock(&shared("m4", file("side.png"))).await? == 200);
    let (_, said) = here.ticket().await?;
    for (at, name) in [(1, "treg.png"), (3, "side.png")] {
        ensure!(said[at].contains(name) && said[at].contains("https://fjord.slack.com/files/F1"), "{said:?}");
    }
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_without_a_right_pauses_the_account_and_says_which() -> Result<()> {
    let here = Here::open::<Slack>().await?;
    ensure!(here.says::<Slack>("m1", "Hei").await? == 200);
    let (ticket, _) = here.ticket().await?;
    let lacks = json!({ "ok": false, "error": "missing_scope", "needed": "chat:write" });
    here.company.answers("/chat.postMessage", Answer::json(200, &lacks));
    here.reply(&ticket, "Hei igjen").await?;
    for _ in 0..100 {
        let channel = here.house.desk.channel(&here.eva, &here.channel.id).await?;
        if channel.state == ChannelState::Paused {
            ensure!(channel.why.as_deref().is_some_and(|why| why.contains("chat:write")), "{channel:?}");
            here.house.close().await;
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the account goes on")
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_passes_the_kit() -> Result<()> {
    passes_the_kit("slack").await
}

/// Slack waits three seconds and calls again. What it said is taken in by then, once.
#[tokio::test(flavor = "multi_thread")]
async fn slack_hangs_up_and_is_heard_all_the_same() -> Result<()> {
    let here = Here::open::<Slack>().await?;
    let kari = json!({ "ok": true, "user": { "id": "U061F7AUR", "profile": { "real_name": "Kari Fjord" } } });
    here.company.answers("/users.info", Answer::json(200, &kari).late(Duration::from_millis(700)));
    let said = Slack::says(&here.company, &here.hook, "m1", "Skriveren står");
    let asked = async {
        while here.company.told("/users.info").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        hung_up = here.knock(&said) => anyhow::bail!("it was answered before: {hung_up:?}"),
        () = asked => {}
    }
    for _ in 0..100 {
        if !here.house.rows(&here.eva, List::Latest).await?.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ensure!(here.ticket().await?.1 == ["Skriveren står"]);
    let asked = here.company.told("/users.info").len();
    ensure!(here.knock(&said).await? == 200 && here.ticket().await?.1.len() == 1, "the same again");
    ensure!(asked == 1, "asked {asked} times");
    here.house.close().await;
    Ok(())
}
