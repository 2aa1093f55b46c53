//! Guests whose answers have the right shape and mean harm.

use crate::{
    guest::{Guest, HOOK, nothing},
    stand::{Stand, alone},
};
use anyhow::{Context, Result, ensure};
use desk::{
    channel::Answered,
    model::{Access, ChannelState, Delivery, DeliveryState, Draft, List, PluginState},
};
use serde_json::{Value, json};
use std::time::Duration;

const POLL: &str = "poller#poll";

fn hears(name: &str, messages: Value) -> Guest {
    Guest::hook(name).answers(HOOK, json!({ "ok": { "batch": { "messages": messages }, "reply": { "status": 200 } } }))
}

fn replies(name: &str, reply: Value) -> Guest {
    Guest::hook(name).answers(HOOK, json!({ "ok": { "reply": reply } }))
}

/// What a remote is told is HTTP, and nothing in the house's name.
#[tokio::test(flavor = "multi_thread")]
async fn a_remote_is_told_nothing_in_our_name() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    for status in [0, 99, 101, 204, 301, 302, 304, 600, 999, 65_535] {
        let plugin =
            stand.settle(&replies(&format!("status{status}"), json!({ "status": status, "body": "x" }))).await?;
        let Answered::Reply(reply) = stand.call(&plugin.hook, b"").await? else { anyhow::bail!("{status}") };
        let told = if status == 204 { 204 } else { 502 };
        ensure!(reply.status == told && (told == 204 || reply.body.is_empty()), "{status}: {reply:?}");
        stand.remove(&plugin).await?;
    }
    let header = |name: &str, value: &str| json!({ "name": name, "value": value });
    let long = "x".repeat(1 << 20);
    let headers = json!([
        header("X-Fine", "yes"),
        header("x-split", "a\r\nset-cookie: session=1"),
        header("x-split\r\nset-cookie", "session=1"),
        header("set-cookie", "session=1"),
        header("location", "https://evil.example"),
        header("content-length", "5"),
        header("transfer-encoding", "chunked"),
        header("content-security-policy", "default-src *"),
        header("strict-transport-security", "max-age=0"),
        header("x-long", &long),
        header("", "nameless"),
    ]);
    // What is told to machines alone stands under the stricter policy.
    let machine = replies("headers", json!({ "status": 200, "headers": headers }))
        .wanting(|manifest| manifest.webhook.iter_mut().for_each(|webhook| webhook.pages = false));
    let plugin = stand.settle(&machine).await?;
    let Answered::Reply(reply) = stand.call(&plugin.hook, b"").await? else { anyhow::bail!("no reply") };
    let told: Vec<_> = reply.headers.iter().filter(|(name, _)| !name.contains('\r')).collect();
    // A policy beside ours can only forbid more: browsers hold to all of them (CSP Level 3, 4.4).
    let policy = ("content-security-policy".to_owned(), b"default-src *".to_vec());
    ensure!(told == [&("x-fine".to_owned(), b"yes".to_vec()), &policy], "{:?}", reply.headers);
    // And over the wire.
    use tower::ServiceExt;
    let request = axum::http::Request::post(format!("/hooks/{}", plugin.hook)).body(axum::body::Body::empty())?;
    let app = server::http::router(server::http::App::new(stand.house.desk.clone(), true));
    let answer = app.oneshot(request).await?;
    for name in ["set-cookie", "location", "x-split", "x-long"] {
        ensure!(!answer.headers().contains_key(name), "{name}");
    }
    let policies: Vec<_> = answer.headers().get_all("content-security-policy").iter().collect();
    ensure!(policies == ["default-src *", "sandbox; default-src 'none'"], "{policies:?}");
    stand.remove(&plugin).await?;
    stand.close().await;
    Ok(())
}

/// Names, times and texts that pretend.
#[tokio::test(flavor = "multi_thread")]
async fn messages_that_pretend_become_plain_ones() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let times = [json!("nan"), json!("infinite"), json!(-1.0), json!(0.5), json!(1e300), json!(1e15)];
    let html = "<p>Hei</p><script>steal()</script><a href=\"javascript:steal()\">x</a><img src=x onerror=steal()>\
                <svg><style><img src=x onerror=steal()></style></svg><math><mtext></form><form><mglyph><style></math><img src onerror=steal()>\0";
    let messages: Vec<Value> = times
        .iter()
        .enumerate()
        .map(|(n, time)| {
            json!({
                "external-id": format!("m{n}"), "sent-at": time,
                "thread": { "conversation": "c\u{202e}\r\n\0c", "reply-token": "t\0" },
                "sender": { "address": "kari\r\nBcc: all@example.com", "display-name": "Kari\u{202e}\u{2066} irak\r\n\0" },
                "subject": "Hei\r\nBcc: all@example.com\u{202e}\0",
                "bodies": [{ "format": "html", "text": html }, { "format": "plain", "text": "Hei\0\u{1b}[2J" }],
                "attachments": [{ "filename": "../../etc/passwd\0.exe", "mime": "text/html\r\nx: y", "content-id": "a b",
                                  "body": { "inline": "x" } }],
                "locale": "../../nb",
            })
        })
        .collect();
    let plugin = stand.settle(&hears("pretends", json!(messages))).await?;
    for _ in 0..2 {
        let answer = stand.call(&plugin.hook, b"").await?;
        ensure!(matches!(answer, Answered::Reply(_)), "{answer:?}");
    }
    stand.house.rest().await?;
    let ticket = stand.house.only(&stand.eva, List::Unassigned).await?;
    ensure!(ticket.title == "Hei Bcc: all@example.com", "{:?}", ticket.title);
    ensure!(ticket.messages.len() == 6, "twice the same is once: {}", ticket.messages.len());
    let now = stand.house.desk.clock().now();
    for message in &ticket.messages {
        ensure!(message.at <= now && message.at > 0, "{}", message.at);
        ensure!(message.text == "Hei[2J", "{:?}", message.text);
        ensure!(!message.author.name.contains(['\u{202e}', '\u{2066}', '\r', '\n', '\0']), "{:?}", message.author.name);
        let file = message.attachments.first().context("no file")?;
        ensure!(!format!("{file:?}").contains("..") && !format!("{file:?}").contains("\\r"), "{file:?}");
        let html = stand.house.desk.message_html(&stand.eva, &message.id, "").await?;
        ensure!(!html.contains("steal") && !html.contains("script") && !html.contains('\0'), "{html}");
    }
    stand.close().await;
    Ok(())
}

/// What does not add up is refused whole, in words for the remote and in the ledger. A file that is not there, or is
/// somebody else's, takes nothing from the message that names it.
#[tokio::test(flavor = "multi_thread")]
async fn batches_that_do_not_add_up_are_refused_whole() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let message = |id: &str| json!({ "external-id": id, "sender": { "address": "a" }, "bodies": [{ "text": "x" }] });
    let file = |body: Value| {
        let mut whole = message("m");
        whole["attachments"] = json!([{ "mime": "text/plain", "body": body }]);
        json!([whole])
    };
    let elsewhere = json!({ "deferred": { "url": "https://evil.example/file" } });
    for (name, messages, words) in [
        ("nameless", json!([message("")]), "gave a message no name"),
        ("blank", json!([message("a b")]), "gave a message no name"),
        ("thousands", json!({ "times": 1_001, "of": message("m") }), "more messages at once than a call may: 1000"),
    ] {
        let plugin = stand.settle(&hears(name, messages)).await?;
        let answer = stand.call(&plugin.hook, b"").await?;
        ensure!(matches!(&answer, Answered::Refused(said) if said.contains(words)), "{name}: {answer:?}");
        stand.remove(&plugin).await?;
    }
    for (name, body, words) in [
        ("guess0", json!({ "stored": "blob-0" }), "files could not be fetched: attachment"),
        ("guess1", json!({ "stored": "0123456789abcdef" }), "files could not be fetched: attachment"),
        ("guess2", json!({ "stored": "blob-18446744073709551616" }), "files could not be fetched: attachment"),
        ("later", elsewhere, "files could not be fetched: attachment, denied: evil.example was not granted"),
    ] {
        let plugin = stand.settle(&hears(name, file(body))).await?;
        let answer = stand.call(&plugin.hook, b"").await?;
        ensure!(matches!(answer, Answered::Reply(_)), "{name}: {answer:?}");
        let ticket = stand.house.only(&stand.eva, List::Unassigned).await?;
        let message = ticket.messages.first().context("no message")?;
        ensure!(message.text == "x" && message.attachments.is_empty(), "{name}: {message:?}");
        ensure!(message.problem.as_deref() == Some(words), "{name}: {:?}", message.problem);
        stand.house.desk.delete_ticket(&stand.eva, &ticket.id).await?;
        stand.remove(&plugin).await?;
    }
    // A million at once do not even get in.
    let million =
        hears("million", json!({ "times": 60_000, "of": message("m") })).wanting(|m| m.limits.memory_mb = 128);
    let plugin = stand.settle(&million).await?;
    ensure!(stand.call(&plugin.hook, b"").await? == Answered::Later);
    stand.written_down().await;
    ensure!(stand.outcomes(&plugin.id).await? == ["it handed over more at once than a call may"]);
    ensure!(stand.house.rows(&stand.eva, List::Unassigned).await?.is_empty());
    stand.memory_is_back()?;
    stand.close().await;
    Ok(())
}

/// Blobs of other calls and of nobody: their names are made up for each call, and lead nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_not_given_are_not_there() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let mut guest = Guest::hook("guesser");
    let reads: String = ["blob-0", "blob-1", "blob-4294967295", "../../saker.db", ""]
        .iter()
        .map(|name| {
            let read = guest.call("blobs#read", &[json!(name), json!(0), json!(u32::MAX)]);
            let stat = guest.call("blobs#stat", &[json!(name)]);
            let seal = guest.call("blobs#seal", &[json!(name)]);
            [read, stat, seal].map(must_fail).concat()
        })
        .collect();
    let well = guest.lay(HOOK, &nothing());
    let plugin = stand.settle(&guest.does(HOOK, format!("{reads} (i32.const {well})"))).await?;
    ensure!(matches!(stand.call(&plugin.hook, b"").await?, Answered::Reply(_)));
    stand.close().await;
    Ok(())
}

/// A call into the host that ends the guest's where it has a result that is no error.
fn must_fail(call: String) -> String {
    let at = call.trim_end_matches(')').rsplit("(i32.const ").next().unwrap_or_default().to_owned();
    format!("{call} (if (i32.eqz (i32.load8_u (i32.const {at}))) (then unreachable))")
}

/// The same plugin, the same account, the same name: what a call had is gone with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_gone_with_the_call_that_made_it() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let with_file = |id: &str| {
        let file = json!({ "filename": "a.txt", "mime": "text/plain", "body": { "stored": "blob-0" } });
        let message = json!({ "external-id": id, "sender": { "address": "a" }, "thread": { "conversation": "c" },
            "bodies": [{ "text": "x" }], "attachments": [file] });
        json!({ "ok": { "batch": { "messages": [message] }, "reply": { "status": 200 } } })
    };
    let mut guest = Guest::hook("keeper");
    let makes = [
        guest.call("blobs#create", &[json!("text/plain"), json!("a.txt")]),
        guest.call("blobs#append", &[json!("blob-0"), json!("secret")]),
        guest.call("blobs#seal", &[json!("blob-0")]),
    ]
    .concat();
    let looks = [
        guest.call("blobs#stat", &[json!("blob-0")]),
        guest.call("blobs#read", &[json!("blob-0"), json!(0), json!(6)]),
        guest.call("blobs#append", &[json!("blob-0"), json!("more")]),
    ]
    .map(must_fail)
    .concat();
    let (first, second) = (guest.lay(HOOK, &with_file("m1")), guest.lay(HOOK, &with_file("m2")));
    // The call's ninth flat field is the length of its body.
    let body = format!(
        "(if (result i32) (i32.eqz (local.get 8)) (then {makes} (i32.const {first})) (else {looks} (i32.const {second})))"
    );
    let plugin = stand.settle(&guest.does(HOOK, body)).await?;
    ensure!(matches!(stand.call(&plugin.hook, b"").await?, Answered::Reply(_)));
    let answer = stand.call(&plugin.hook, b"again").await?;
    ensure!(matches!(answer, Answered::Reply(_)), "{answer:?}");
    stand.house.rest().await?;
    let ticket = stand.house.only(&stand.eva, List::Unassigned).await?;
    let files: Vec<_> = ticket.messages.iter().flat_map(|message| &message.attachments).collect();
    ensure!(ticket.messages.len() == 2 && files.len() == 1 && files[0].size == 6, "{:?}", ticket.messages);
    let missing = ticket.messages[1].problem.as_deref();
    ensure!(missing == Some("files could not be fetched: a.txt"), "{missing:?}");
    stand.remove(&plugin).await?;
    stand.close().await;
    Ok(())
}

/// Looks that never get anywhere do not become a loop.
#[tokio::test(flavor = "multi_thread")]
async fn looks_that_lead_nowhere_have_pauses() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let page = |cursor: &str| json!({ "ok": { "next-cursor": cursor, "more": true, "poll-after-ms": 0 } });
    let same = Guest::poll("same").answers(POLL, page("here"));
    let mut back = Guest::poll("back");
    let (a, b) = (back.lay(POLL, &page("a")), back.lay(POLL, &page("b")));
    let body = format!(
        "(if (result i32) (if (result i32) (local.get 0) (then (i32.eq (i32.load8_u (local.get 1)) (i32.const 97))) (else (i32.const 0)))
           (then (i32.const {b})) (else (i32.const {a})))"
    );
    let back = back.does(POLL, body);
    let message = json!({ "external-id": "m", "sender": { "address": "a" }, "thread": { "conversation": "c" }, "bodies": [{ "text": "x" }] });
    let mut known = Guest::poll("known");
    let with =
        |cursor: &str| json!({ "ok": { "batch": { "messages": [message] }, "next-cursor": cursor, "more": true } });
    let (a, b) = (known.lay(POLL, &with("a")), known.lay(POLL, &with("b")));
    let body = format!(
        "(if (result i32) (if (result i32) (local.get 0) (then (i32.eq (i32.load8_u (local.get 1)) (i32.const 97))) (else (i32.const 0)))
           (then (i32.const {b})) (else (i32.const {a})))"
    );
    let known = known.does(POLL, body);
    let mut plugins = vec![];
    let began = std::time::Instant::now();
    for guest in [&same, &back, &known] {
        plugins.push(stand.settle(guest).await?);
    }
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    stand.written_down().await;
    for plugin in &plugins {
        let hours = stand.house.desk.plugin_hours(&stand.eva, &plugin.id, 1).await?;
        let looks: i64 = hours.iter().filter(|hour| hour.door == "poll").map(|hour| hour.calls).sum();
        let seconds = began.elapsed().as_secs() as i64;
        println!("| {} | - | {looks} looks in {seconds} s | - | - |", plugin.id);
        ensure!((1..=seconds + 2).contains(&looks), "{}: {looks} in {seconds} s", plugin.id);
    }
    let ticket = stand.house.only(&stand.eva, List::Unassigned).await?;
    ensure!(ticket.messages.len() == 1, "{}", ticket.messages.len());
    stand.close().await;
    Ok(())
}

/// A plugin that remembers too much between looks, and ones that ask for for ever.
#[tokio::test(flavor = "multi_thread")]
async fn cursors_have_an_end_and_so_have_pauses() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let desk = &stand.house.desk;
    let page = |cursor: &str| json!({ "ok": { "next-cursor": cursor } });
    let long = Guest::poll("long").answers(POLL, page(&"x".repeat(5_000)));
    let null = Guest::poll("null").answers(POLL, page("c\0c"));
    let failure = json!({ "message": "wait\r\n\u{202e}", "retry-after-ms": u32::MAX });
    let slow = Guest::poll("slow").answers(POLL, json!({ "err": { "rate-limited": failure } }));
    let wish = Guest::poll("wish").answers(POLL, json!({ "ok": { "next-cursor": "c", "poll-after-ms": u32::MAX } }));
    let began = desk.clock().now();
    let (long, null) = (stand.settle(&long).await?, stand.settle(&null).await?);
    let failure = json!({ "message": "wait", "retry-after-ms": 1_000 });
    let seldom = Guest::poll("seldom").answers(POLL, json!({ "err": { "retryable": failure } }));
    let seldom = seldom.wanting(|manifest| manifest.poll = Some(package::Poll { every_s: 7_200 }));
    let lame = Guest::poll("lame").answers(POLL, json!({ "err": { "permanent": { "message": "page 7 is torn" } } }));
    let (slow, wish) = (stand.settle(&slow).await?, stand.settle(&wish).await?);
    let (seldom, lame) = (stand.settle(&seldom).await?, stand.settle(&lame).await?);
    tokio::time::sleep(Duration::from_secs(3)).await;
    for (plugin, words) in [
        (&long, "the plugin remembers too much between two looks"),
        (&null, "what the plugin remembers between two looks is no text"),
    ] {
        let channel = desk.channel(&stand.eva, &plugin.channel).await?;
        ensure!(channel.state == ChannelState::Paused && channel.why.as_deref() == Some(words), "{channel:?}");
    }
    let now = desk.clock().now();
    for (plugin, pauses) in [(&slow, 21_590..=21_600), (&wish, 1..=3_600), (&seldom, 7_190..=7_200), (&lame, 1..=3_600)]
    {
        let at: i64 =
            sqlx::query_scalar("select run_at from job where kind = 'look' and subject = $1 and done_at is null")
                .bind(plugin.channel.to_string())
                .fetch_one(desk.db().read())
                .await?;
        let (pause, gone) = ((at - now) / 1_000_000, (now - began) / 1_000_000);
        ensure!((pauses.start() - gone..=*pauses.end()).contains(&pause), "{}: {pause} s", plugin.id);
    }
    // What keeps it from going on stands on its page.
    let channel = desk.channel(&stand.eva, &lame.channel).await?;
    ensure!(channel.check_failure.as_deref() == Some("page 7 is torn"), "{channel:?}");
    stand.close().await;
    Ok(())
}

/// A receipt may say already what became of a message, and its name is the same in news, however it is written; news that
/// come while a message is still with the remote come again.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_receipt_says_is_heard_and_news_are_not_too_early() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let (desk, ane) = (&stand.house.desk, stand.house.agent("Ane").await?);
    let message = |case: &str| {
        json!([{ "external-id": case, "thread": { "conversation": case }, "sender": { "address": "kari" },
                 "subject": case, "bodies": [{ "text": "Hei" }] }])
    };
    let deliveries = async |hook: &str, case: &str| -> Result<Delivery> {
        ensure!(matches!(stand.call(hook, b"").await?, Answered::Reply(_)));
        let row = stand.house.rows(&stand.eva, List::Unassigned).await?.into_iter().find(|row| row.title == case);
        let row = row.context("no request")?;
        let draft =
            Draft { text: "Hei".to_owned(), key: case.to_owned(), access: Access::External, ..Draft::default() };
        desk.reply(&ane, &row.id, draft).await?;
        stand.house.rest().await?;
        let said = desk.ticket(&ane, row.number).await?.messages;
        said.iter().find_map(|message| message.delivery.clone()).with_context(|| format!("{case} not sent: {said:?}"))
    };
    let bounced = json!({ "ok": { "external-id": "r0", "state": "bounced" } });
    let bounces = stand.settle(&hears("bounces", message("b")).answers("outbound#send", bounced)).await?;
    let delivery = deliveries(&bounces.hook, "b").await?;
    ensure!(delivery.state == DeliveryState::Failed, "{delivery:?}");
    ensure!(delivery.error.as_deref() == Some("it was taken, and did not arrive"), "{delivery:?}");
    let arrived = json!({ "ok": { "external-id": "<20 a@x>", "state": "delivered", "thread": { "conversation": "", "reply-token": "t2" } } });
    let update = json!({ "external-id": "20 a@x", "state": "read" });
    let tells = Guest::hook("tells")
        .answers(
            HOOK,
            json!({ "ok": { "batch": { "messages": message("t"), "updates": [update] }, "reply": { "status": 200 } } }),
        )
        .answers("outbound#send", arrived);
    let tells = stand.settle(&tells).await?;
    let delivery = deliveries(&tells.hook, "t").await?;
    ensure!(delivery.state == DeliveryState::Sent && delivery.reached_at.is_some() && delivery.seen_at.is_none());
    let all = desk.db().read();
    let token: String = sqlx::query_scalar("select token from conversation where name = 't'").fetch_one(all).await?;
    ensure!(token == "t2", "{token}");
    // As it stands while the plugin still waits for an answer.
    sqlx::query(
        "insert into job (id, kind, subject, run_at, attempts, leased_until)
         values ('j1', 'deliver', $1, 9000000000000000, 1, 9000000000000000)",
    )
    .bind(delivery.id.to_string())
    .execute(all)
    .await?;
    for (state, name, comes_again) in [("sending", "", true), ("sent", "20 a@x", false)] {
        sqlx::query("update delivery set state = $2, external_id = $3 where id = $1")
            .bind(delivery.id.to_string())
            .bind(state)
            .bind(name)
            .execute(all)
            .await?;
        let answer = stand.call(&tells.hook, b"").await?;
        ensure!((answer == Answered::Later) == comes_again, "{state}: {answer:?}");
    }
    let seen: Option<i64> = sqlx::query_scalar("select seen_at from delivery where id = $1")
        .bind(delivery.id.to_string())
        .fetch_one(all)
        .await?;
    ensure!(seen.is_some(), "it was read");
    // A plugin that calls messages as we do is believed at once.
    sqlx::query(
        "update delivery set id = '20 a@x', state = 'sending', external_id = null, seen_at = null where id = $1",
    )
    .bind(delivery.id.to_string())
    .execute(all)
    .await?;
    sqlx::query("update job set subject = '20 a@x' where id = 'j1'").execute(all).await?;
    ensure!(matches!(stand.call(&tells.hook, b"").await?, Answered::Reply(_)));
    let seen: Option<i64> =
        sqlx::query_scalar("select seen_at from delivery where id = '20 a@x'").fetch_one(all).await?;
    ensure!(seen.is_some(), "it was read before it had a name");
    // A machine's are kept instead: many never say it again.
    let news = json!({ "updates": [{ "external-id": "x", "state": "read" }] });
    let machine = Guest::hook("machine")
        .answers(HOOK, json!({ "ok": { "batch": news, "reply": { "status": 200 } } }))
        .wanting(|manifest| manifest.webhook.iter_mut().for_each(|webhook| webhook.pages = false));
    let machine = stand.settle(&machine).await?;
    sqlx::query("update delivery set account_id = $1, state = 'sending', seen_at = null where id = '20 a@x'")
        .bind(machine.channel.to_string())
        .execute(all)
        .await?;
    ensure!(stand.call(&machine.hook, b"").await? == Answered::Kept);
    sqlx::query("update delivery set external_id = 'x', state = 'sent' where id = '20 a@x'").execute(all).await?;
    sqlx::query("delete from job where id = 'j1'").execute(all).await?;
    sqlx::query("update job set run_at = 0 where kind = 'hear' and done_at is null").execute(all).await?;
    stand.house.rest().await?;
    let seen: Option<i64> =
        sqlx::query_scalar("select seen_at from delivery where id = '20 a@x'").fetch_one(all).await?;
    ensure!(seen.is_some(), "what was kept was not heard");
    stand.close().await;
    Ok(())
}

/// News about what another account sent move nothing, whatever name they give.
#[tokio::test(flavor = "multi_thread")]
async fn one_account_says_nothing_about_anothers_messages() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let (desk, ane) = (&stand.house.desk, stand.house.agent("Ane").await?);
    let receipt = json!({ "ok": { "external-id": "r1", "state": "sent" } });
    let message = json!([{ "external-id": "m1", "thread": { "conversation": "c1" }, "sender": { "address": "kari" }, "bodies": [{ "text": "Hei" }] }]);
    let honest = stand.settle(&hears("honest", message).answers("outbound#send", receipt)).await?;
    ensure!(matches!(stand.call(&honest.hook, b"").await?, Answered::Reply(_)));
    let ticket = stand.house.only(&stand.eva, List::Unassigned).await?;
    let draft = Draft { text: "Hei".to_owned(), key: "k1".to_owned(), access: Access::External, ..Draft::default() };
    desk.reply(&ane, &ticket.id, draft).await?;
    stand.house.rest().await?;
    let last = || async { desk.ticket(&ane, ticket.number).await?.messages.pop().context("no message") };
    let delivery = last().await?.delivery.context("not sent")?;
    ensure!(delivery.state == DeliveryState::Sent, "{delivery:?}");
    let update = |id: &str| json!({ "external-id": id, "state": "failed", "error": { "message": "no" } });
    let liar = Guest::hook("gossip").answers(
        HOOK,
        json!({ "ok": { "batch": { "updates": [update("r1"), update(&delivery.id.0)] }, "reply": { "status": 200 } } }),
    );
    let liar = stand.settle(&liar).await?;
    ensure!(matches!(stand.call(&liar.hook, b"").await?, Answered::Reply(_)));
    let delivery = last().await?.delivery.context("not sent")?;
    ensure!(delivery.state == DeliveryState::Sent, "{delivery:?}");
    ensure!(desk.plugin(&stand.eva, &liar.id).await?.state == PluginState::On);
    stand.close().await;
    Ok(())
}
