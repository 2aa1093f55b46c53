//! Guests that lie at the border: too much, from nowhere, not even text.

use crate::{
    guest::{Guest, HOOK, nothing},
    stand::{Stand, alone},
};
use anyhow::{Result, ensure};
use desk::{
    channel::Answered,
    model::{LinesAsked, NewChannel, PluginState},
};
use serde_json::{Value, json};
use std::time::Duration;

const AT_ONCE: &str = "it handed over more at once than a call may";
const NONSENSE: &str = "what it handed over makes no sense";

fn body(bytes: Value) -> Value {
    json!({ "ok": { "reply": { "status": 200, "body": bytes } } })
}

fn message(text: Value) -> Value {
    json!({ "external-id": "m1", "sender": { "address": "a" }, "bodies": [{ "text": text }] })
}

fn batch(messages: Value) -> Value {
    json!({ "ok": { "batch": { "messages": messages }, "reply": { "status": 200 } } })
}

fn guests() -> Vec<(&'static str, Guest, &'static str)> {
    let says = |name: &str, answer: Value| Guest::hook(name).wanting(|m| m.limits.memory_mb = 64).answers(HOOK, answer);
    let calls = |name: &str, function: &str, parameters: Vec<Value>| {
        Guest::hook(name).wanting(|m| m.limits.memory_mb = 64).calls_and_answers(
            HOOK,
            &[(function, parameters)],
            nothing(),
        )
    };
    let again = |name: &str, function: &str, parameters: Vec<Value>| {
        let mut guest = Guest::hook(name).wanting(|m| m.limits.memory_mb = 64);
        let call = guest.call(function, &parameters);
        guest.never_answers(HOOK, &format!("(loop $more {call} (br $more))"))
    };
    let whole = json!({ "at": 0, "len": 32 << 20 });
    // Behind everything that is laid down, where there are only zeros: they are text.
    let zeros = json!({ "at": 65_536, "len": 1 << 20 });
    // And behind a thousand messages.
    let beyond = json!({ "at": 4 << 20, "len": 1 << 20 });
    let outside = json!({ "at": 0xffff_fff0_u32, "len": 4_096 });
    vec![
        ("a text of 32 MiB", says("text", batch(json!([message(whole.clone())]))).pages(513), AT_ONCE),
        ("a body of 32 MiB", says("body", body(whole.clone())).pages(513), AT_ONCE),
        (
            "a thousand messages that share one mebibyte",
            says("alias", batch(json!({ "times": 1000, "of": message(beyond) }))).pages(128),
            AT_ONCE,
        ),
        ("a list of four thousand million", says("long", batch(json!({ "at": 1024, "len": u32::MAX }))), NONSENSE),
        ("a text from nowhere", says("nowhere", batch(json!([message(outside.clone())]))), NONSENSE),
        (
            "bytes that are no text",
            {
                let mut guest = Guest::hook("latin");
                let at = guest.lay(HOOK, &batch(json!([message(json!({ "at": 16, "len": 4 }))])));
                guest.does(HOOK, format!("(i32.store (i32.const 16) (i32.const -1)) (i32.const {at})"))
            },
            NONSENSE,
        ),
        ("an answer from nowhere", Guest::hook("pointer").does(HOOK, "(i32.const -4)"), NONSENSE),
        ("an answer that is not aligned", Guest::hook("crooked").does(HOOK, "(i32.const 1025)"), NONSENSE),
        (
            "no such case",
            Guest::hook("case").does(HOOK, "(i32.store8 (i32.const 65000) (i32.const 9)) (i32.const 65000)"),
            NONSENSE,
        ),
        ("room from nowhere", Guest::hook("room").allocating("(i32.const -16)"), NONSENSE),
        ("crooked room", Guest::hook("askew").allocating("(i32.const 1025)"), NONSENSE),
        (
            "one line of log of 32 MiB",
            calls("line", "log#log", vec![json!("info"), whole.clone(), json!([])]).pages(513),
            AT_ONCE,
        ),
        (
            "one line of log of a mebibyte",
            calls("words", "log#log", vec![json!("info"), zeros.clone(), json!([])]).pages(32),
            "the plugin asked for too much: the call's budget of log is used up",
        ),
        ("a line of log from nowhere", calls("void", "log#log", vec![json!("info"), outside, json!([])]), NONSENSE),
        (
            "log without an end",
            again("flood", "log#log", vec![json!("info"), json!(""), json!([])]).wanting(|m| m.limits.cpu_ms = 2_000),
            "the plugin asked for too much: the call's budget of host calls is used up",
        ),
        (
            "ten thousand files with names of mebibytes",
            again("names", "blobs#create", vec![zeros.clone(), json!(null)]).pages(32),
            "it took too much computing time",
        ),
        (
            "keys that fill a mebibyte each",
            again("keys", "config#get", vec![zeros.clone()]).pages(32),
            "it took too much computing time",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lies_at_the_border_is_stopped_there() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    stand.put_through(guests(), b"{\"a\":1}").await?;
    stand.close().await;
    Ok(())
}

/// As much log as a call may write, a hundred times: others write meanwhile, and the last two thousand lines are kept.
#[tokio::test(flavor = "multi_thread")]
async fn much_log_keeps_nobody_from_writing() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let mut guest = Guest::hook("chatter").wanting(|m| m.limits.cpu_ms = 2_000);
    let log = guest.call("log#log", &[json!("info"), json!("\r\n\u{202e}x"), json!([])]);
    let well = guest.lay(HOOK, &nothing());
    let guest = guest.does(
        HOOK,
        format!("(loop $more {log} (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $more (i32.lt_u (local.get $n) (i32.const 9000)))) (i32.const {well})"),
    );
    let plugin = stand.settle(&guest).await?;
    let desk = &stand.house.desk;
    let mut longest = Duration::MAX;
    for _ in 0..3 {
        for _ in 0..3 {
            ensure!(matches!(stand.call(&plugin.hook, b"{}").await?, Answered::Reply(_)));
        }
        // While it is written down.
        let mut most = Duration::ZERO;
        for _ in 0..120 {
            let began = std::time::Instant::now();
            desk.hold_replies(&desk::model::Actor::System, 0).await?;
            most = most.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        longest = longest.min(most);
    }
    println!("| log, 81,000 lines | written down | - | {} ms | - |", longest.as_millis());
    ensure!(longest <= Duration::from_millis(150), "others waited {longest:?} to write");
    let lines = desk.plugin_lines(&stand.eva, &plugin.id, LinesAsked::default()).await?;
    ensure!(lines.iter().all(|line| line.words == "x"), "{:?}", lines.first());
    ensure!(desk.plugin(&stand.eva, &plugin.id).await?.state == PluginState::On);
    stand.remove(&plugin).await?;
    stand.close().await;
    Ok(())
}

/// Said in the log, given in a failed call, and brought by a remote in a header: never in the open.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_hidden_wherever_a_plugin_says_them() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let mut guest = Guest::hook("parrot").wanting(|m| {
        let title = package::Words { nb: "Ord".to_owned(), en: "Word".to_owned() };
        let word =
            package::Secret { title, why: None, hosts: vec![], readable: true, optional: false, generated: false };
        m.secrets.insert("word".to_owned(), word);
    });
    let reveal = guest.call("secrets#reveal", &[json!("word")]);
    let log = guest.call("log#log", &[json!("info"), json!("it is sesam-sesam!"), json!([["key", "sesam-sesam"]])]);
    let guest = guest.does(HOOK, format!("{reveal} {log} unreachable"));
    let secrets = [("word".to_owned(), "sesam-sesam".to_owned())].into();
    let plugin = stand.settle_with(&guest, NewChannel { secrets, ..NewChannel::default() }).await?;
    ensure!(stand.call(&plugin.hook, b"sesam-sesam").await? == Answered::Later);
    stand.written_down().await;
    let lines = stand.house.desk.plugin_lines(&stand.eva, &plugin.id, LinesAsked::default()).await?;
    ensure!(lines.len() == 1 && lines[0].words == "it is {{secret:word}}! key={{secret:word}}", "{lines:?}");
    let calls = stand.house.desk.plugin_calls(&stand.eva, &plugin.id, None).await?;
    let record: Value = serde_json::from_str(calls[0].record.as_deref().unwrap_or_default())?;
    let bytes = json!("{{secret:word}}".as_bytes());
    ensure!(record["input"]["body"] == bytes && record["input"]["headers"][0]["value"] == bytes, "{record}");
    stand.remove(&plugin).await?;
    stand.close().await;
    Ok(())
}
