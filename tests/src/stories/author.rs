//! Whoever writes a plugin is told what is wrong with it before anybody else meets it: what it asks of the net is judged as on
//! a server and compared with what its author wrote down, and a slip of the pen in a recorded call is no silent yes.

use anyhow::{Context, Result, ensure};
use desk::model::{NewApiKey, Scope};
use package::{Manifest, Net, Package};
use serde_json::{Value, json};
use server::author::{self, Verb};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tests::house::House;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A channel that comes with Saker, and one of its recorded calls: an answer that is sent.
fn telegram() -> Result<(Vec<u8>, Value)> {
    let file = fs::read(root().join("dist/plugins/offered/telegram.wasm"))?;
    let call = fs::read(root().join("plugins/telegram/calls/an-answer-is-sent.json"))?;
    Ok((file, serde_json::from_slice(&call)?))
}

/// What went wrong with a plugin and this recorded call, and with how many things it was tried.
async fn tried(file: &[u8], call: &str) -> Result<(usize, Vec<String>)> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("a-call.json"), call)?;
    let (mut all, mut failed) = (0, vec![]);
    author::put_through(file, Some(folder.path()), &mut |pace| {
        all += 1;
        failed.extend(pace.failed.as_ref().map(|why| format!("{}: {why}", pace.what)));
    })
    .await?;
    Ok((all, failed))
}

/// The only thing that went wrong.
async fn complaint(file: &[u8], call: &Value) -> Result<String> {
    let (_, failed) = tried(file, &call.to_string()).await?;
    ensure!(failed.len() == 1, "{failed:#?}");
    Ok(failed.concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_has_to_be_what_its_author_wrote_down() -> Result<()> {
    let (file, call) = telegram()?;
    let (all, failed) = tried(&file, &call.to_string()).await?;
    ensure!(failed.is_empty() && all > 15, "{all} {failed:#?}");
    let asked = &call["host"][0][2];
    ensure!(asked["url"] == "https://api.telegram.org/bot{{secret:token}}/sendMessage", "{asked}");
    for (place, other, words) in [
        (
            "/url",
            json!("https://api.telegram.org/bot/sendPhoto"),
            "the address is \"https://api.telegram.org/bot{{secret",
        ),
        ("/method", json!("get"), "the method is POST, not GET"),
        ("/headers", json!({ "authorization": "Bearer x" }), "the header authorization is missing"),
        ("/body/text", json!("Prøv en gang til"), "the body.text is \"Prøv <b>igjen</b>\""),
    ] {
        let mut call = call.clone();
        *call["host"][0][2].pointer_mut(place).context(place)? = other;
        let complaint = complaint(&file, &call).await?;
        ensure!(complaint.contains("a call: ") && complaint.contains(words), "{complaint}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_manifest_does_not_name_is_refused_as_on_a_server() -> Result<()> {
    let (file, call) = telegram()?;
    // The same code, and a manifest that names another host: so is one that fetches from where it may not.
    let mut manifest: Manifest = Package::open(&file)?.manifest;
    manifest.net = Net { hosts: vec!["https://api.example.com".to_owned()], ..Net::default() };
    for secret in manifest.secrets.values_mut() {
        secret.hosts.clear();
    }
    let strange = package::pack(&file, &manifest, None, None)?;
    let (_, failed) = tried(&strange, &call.to_string()).await?;
    let recorded = failed.iter().find(|words| words.starts_with("a call: ")).context("the recorded call went well")?;
    ensure!(recorded.contains("is refused: api.telegram.org was not granted"), "{recorded}");
    // The address is right, and the secret does not belong to it.
    let mut manifest: Manifest = Package::open(&file)?.manifest;
    for secret in manifest.secrets.values_mut() {
        secret.hosts.clear();
    }
    let complaint = complaint_of_call(&package::pack(&file, &manifest, None, None)?, &call).await?;
    ensure!(complaint.contains("the secret \"token\" does not go to this address"), "{complaint}");
    // Nobody filled the secret in.
    let mut bare = call.clone();
    bare["secrets"] = json!({});
    let complaint = complaint_of_call(&file, &bare).await?;
    ensure!(complaint.contains("there is no secret \"token\""), "{complaint}");
    Ok(())
}

/// Also without any recorded call.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_kit_sends_by_itself_is_judged_as_well() -> Result<()> {
    let parrot = fs::read(root().join("tests/museum/0.1/rust.wasm"))?;
    let mut manifest = Package::open(&parrot)?.manifest;
    manifest.net.hosts = vec!["https://api.parrot.elsewhere".to_owned()];
    for secret in manifest.secrets.values_mut().filter(|secret| !secret.hosts.is_empty()) {
        secret.hosts = manifest.net.hosts.clone();
    }
    for (file, refused) in [(package::pack(&parrot, &manifest, None, None)?, 3), (parrot, 0)] {
        let mut failed = vec![];
        author::put_through(&file, None, &mut |pace| failed.extend(pace.failed.clone())).await?;
        let there = failed.iter().filter(|why| why.contains("is refused: api.parrot.example was not granted"));
        ensure!(there.count() == refused && failed.len() == refused, "{failed:#?}");
    }
    Ok(())
}

async fn complaint_of_call(file: &[u8], call: &Value) -> Result<String> {
    let (_, failed) = tried(file, &call.to_string()).await?;
    failed.into_iter().find(|words| words.starts_with("a call: ")).context("the recorded call went well")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_of_the_pen_in_a_recorded_call_is_told() -> Result<()> {
    let (file, call) = telegram()?;
    // An answer that nobody asks for.
    let mut surplus = call.clone();
    surplus["host"].as_array_mut().context("no host")?.push(json!(["http.fetch", { "Err": "Timeout" }]));
    let words = complaint(&file, &surplus).await?;
    ensure!(words.contains("\"host\" has a http.fetch that is never asked for"), "{words}");
    // An answer that lacks something.
    let mut lacking = call.clone();
    lacking["host"][0][1]["Ok"].as_object_mut().context("no answer")?.remove("truncated");
    let words = complaint(&file, &lacking).await?;
    ensure!(words.contains("what \"host\" has for http.fetch can't be read: missing field `truncated`"), "{words}");
    // No answer at all.
    let mut silent = call.clone();
    silent["host"] = json!([]);
    let words = complaint(&file, &silent).await?;
    ensure!(words.contains("asks for POST https://api.telegram.org/"), "{words}");
    // An expectation that nothing could disappoint.
    let mut hollow = call.clone();
    hollow["expect"] = json!({ "Err": null });
    let words = complaint(&file, &hollow).await?;
    ensure!(words.contains(".Err is not there"), "{words}");
    // A name that is none, JSON that is none, and a folder without calls.
    let mut misspelt = call.clone();
    misspelt["expects"] = json!({});
    for (text, words) in [(misspelt.to_string(), "`expects`"), ("{".to_owned(), "a-call.json is no recorded call")] {
        let why = tried(&file, &text).await.map(drop).expect_err(words);
        ensure!(format!("{why:#}").contains(words), "{why:#}");
    }
    let empty = tempfile::tempdir()?;
    for (folder, words) in [(empty.path().to_owned(), "no recorded call in"), (empty.path().join("x"), "can't be read")]
    {
        let why = author::put_through(&file, Some(&folder), &mut |_| {}).await.expect_err(words);
        ensure!(format!("{why:#}").contains(words), "{why:#}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_calls_may_be_spelled_as_the_contract_is() -> Result<()> {
    let (file, call) = telegram()?;
    let text = call.to_string();
    let spelled = text
        .replace("idempotency_key", "idempotency-key")
        .replace("\"Markdown\"", "\"markdown\"")
        .replace("\"Ok\"", "\"ok\"")
        .replace("external_id", "external-id");
    ensure!(spelled != text);
    let (_, failed) = tried(&file, &spelled).await?;
    ensure!(failed.is_empty(), "{failed:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_read_and_written_and_setting_up_is_tried() -> Result<()> {
    let file = fs::read(root().join("dist/plugins/email.wasm"))?;
    let mut heard = vec![];
    author::put_through(&file, Some(&root().join("plugins/email/calls")), &mut |pace| {
        heard.push((pace.what.clone(), pace.failed.clone()));
    })
    .await?;
    ensure!(heard.iter().all(|(_, failed)| failed.is_none()), "{heard:#?}");
    for what in ["a mail is read", "an answer is written", "writes an empty one, the same each time"] {
        ensure!(heard.iter().any(|(there, _)| there == what), "{what}: {heard:#?}");
    }
    // What is read wrongly does not pass.
    let call = fs::read_to_string(root().join("plugins/email/calls/a-mail-is-read.json"))?;
    let (_, failed) = tried(&file, &call.replace("Subject: Skriveren", "Subject: Skanneren")).await?;
    ensure!(failed.concat().contains(".subject is \"Skanneren\""), "{failed:#?}");
    // A channel that is set up.
    let (telegram, _) = telegram()?;
    for (door, input) in
        [("check", Value::Null), ("connect", json!("https://a.example/h")), ("disconnect", Value::Null)]
    {
        let call = json!({ "door": door, "input": input, "expect": { "Err": {} } });
        let (_, failed) = tried(&telegram, &call.to_string()).await?;
        let asked = failed.concat();
        ensure!(!asked.contains("can't be done again"), "{asked}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_plugin_is_told_in_a_sentence() -> Result<()> {
    for file in [&b"#!/bin/sh\n"[..], &[0xff, 0xfe, 0, 1]] {
        let why = author::put_through(file, None, &mut |_| {}).await.expect_err("it was taken");
        let words = format!("{why:#}");
        ensure!(words.lines().count() == 1 && words.contains(".wasm"), "{words}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn installing_says_what_is_wrong_with_the_file_and_the_key() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let new = NewApiKey { name: "saker".to_owned(), scopes: vec![Scope::Admin], expires_at: None };
    let good = house.desk.make_api_key(&eva, new).await?.token;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("parrot.wasm");
    let parrot = fs::read(root().join("tests/museum/0.1/rust.wasm"))?;
    // The version was raised in plugin.toml and not in the code.
    let manifest = Manifest { version: "9.0.0".to_owned(), ..Package::open(&parrot)?.manifest };
    fs::write(&file, package::pack(&parrot, &manifest, None, None)?)?;
    for (key, unsigned, words) in [
        ("saker_nobody", true, "does not know this key"),
        (good.as_str(), false, "--unsigned"),
        (good.as_str(), true, "its code says that it is com.example.parrot"),
    ] {
        let url = house.desk.public_url().to_string();
        let install = Verb::Install { file: file.clone(), url, key: key.to_owned(), grant_all: true, unsigned };
        let why = author::run(install).await.expect_err(words);
        ensure!(format!("{why:#}").contains(words), "{why:#}");
    }
    house.close().await;
    Ok(())
}
