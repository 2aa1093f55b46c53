//! A plugin that was built once runs for ever. `tests/museum` keeps files as they were built with each released contract;
//! every one is installed, called by its remote and sent through, as if it came today.

use crate::plugins::{id, install, post_json};
use anyhow::{Context, Result, ensure};
use desk::model::*;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tests::house::House;

/// Files of one ending in the museum's folders, oldest contract first.
fn kept(ending: &str) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("museum"))? {
        let folder = entry?.path();
        if folder.is_dir() {
            for entry in fs::read_dir(folder)? {
                files.push(entry?.path());
            }
        }
    }
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    files.sort();
    Ok(files)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_built_with_an_old_contract_still_brings_messages_in_and_takes_answers_out() -> Result<()> {
    let files = kept("wasm")?;
    ensure!(files.len() >= 2, "{files:?}");
    let house = House::open().await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    for file in files {
        works(&house, &eva, &ane, &file).await.with_context(|| file.display().to_string())?;
    }
    house.close().await;
    Ok(())
}

/// Every file in the museum is a parrot.
async fn works(house: &House, eva: &Actor, ane: &Actor, file: &Path) -> Result<()> {
    let parrot = id("com.example.parrot");
    install(house, eva, fs::read(file)?).await?;
    let new = NewChannel {
        name: "Papegøye".to_owned(),
        settings: serde_json::from_value(json!({ "greeting": "Fra oss: " }))?,
        secrets: [("token", "hemmelig"), ("signing-key", "nøkkel-nøkkel")]
            .map(|(name, secret)| (name.to_owned(), secret.to_owned()))
            .into(),
        ..NewChannel::default()
    };
    let channel = house.desk.add_channel(eva, &parrot, new).await?;
    let hook = channel.hook_url.clone().context("no address")?;
    let text = r#"{"id":"m1","chat":"c1","user":"u1","name":"Kari","text":"Hei"}"#;
    let signed = [("x-parrot-signature", "aa3f76ed1034dccebe51cfeafc078122ac2d2c616ff2e3160dfc3654b30f1b9b")];
    for body in [text, &text.replace("Hei", "Ha"), text] {
        ensure!(post_json(house, &hook, &signed, body).await?.0 == 200);
    }
    house.rest().await?;
    let ticket = house.only(eva, List::Unassigned).await?;
    let said = serde_json::to_string(&ticket.messages)?;
    ensure!(said.contains("Hei") && !said.contains("Ha\""), "only what was signed, and once: {said}");
    house.desk.take(ane, &ticket.id, None).await?;
    let draft = Draft {
        text: "Prøv igjen".to_owned(),
        key: file.display().to_string(),
        access: Access::External,
        ..Draft::default()
    };
    house.desk.reply(ane, &ticket.id, draft).await?;
    // Nobody answers there; that it called is enough.
    let mut ledger = vec![];
    for _ in 0..200 {
        ledger = house.desk.egress(eva, &parrot, None).await?;
        if !ledger.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let call = ledger.first().context("it never called")?;
    ensure!(call.host == "api.parrot.example" && call.method == "POST" && call.path == "/v1/messages", "{call:?}");
    // An error of the contract is seen, and is no death.
    let mut failed = vec![];
    for _ in 0..100 {
        failed = house.desk.plugin_calls(eva, &parrot, None).await?;
        if !failed.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ensure!(failed.iter().any(|call| call.outcome.starts_with("retryable: ") && call.record.is_some()), "{failed:?}");
    let hours = house.desk.plugin_hours(eva, &parrot, 1).await?;
    ensure!(hours.iter().any(|hour| hour.door == "send" && hour.errors > 0 && hour.failures == 0), "{hours:?}");
    ensure!(!failed.iter().any(|call| format!("{call:?}").contains("trap")), "{failed:?}");
    house.desk.delete_channel(eva, &channel.id).await?;
    house.desk.remove_plugin(eva, &parrot).await?;
    Ok(())
}

#[test]
fn a_released_contract_never_changes() -> Result<()> {
    let lists = kept("sha256")?;
    ensure!(!lists.is_empty());
    for list in lists {
        for line in fs::read_to_string(&list)?.lines() {
            let (sum, name) = line.split_once("  ").context("this is no list of checksums")?;
            let file = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit").join(name))?;
            let found: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
            ensure!(
                found == sum,
                "wit/{name} is not what plugins were built with ({}). What is new goes into a new file or package.",
                list.display()
            );
        }
    }
    Ok(())
}
