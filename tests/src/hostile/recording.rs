//! A call that failed is done again where its author sits, with what the host answered then, and without its secrets.

use crate::{
    guest::{Guest, HOOK},
    stand::{Stand, alone, hook_call},
};
use anyhow::{Context, Result, ensure};
use desk::{blob::Blobs, channel::Answered, model::NewChannel};
use package::{Secret, Words};
use serde_json::json;
use server::{
    hook::Reach,
    plugins::{Compiler, Plugins, Record},
};
use tests::house::cache;

const KEY: &str = "sesam-sesam";

/// It dies of a good signature, and goes on for ever with none: so it shows what the host answered.
fn guest(mac: &[u8]) -> Result<Guest> {
    let mut guest = Guest::hook("signed").wanting(|manifest| {
        let title = Words { nb: "Nøkkel".to_owned(), en: "Key".to_owned() };
        let secret = Secret { title, why: None, hosts: vec![], readable: false, optional: false, generated: false };
        manifest.secrets.insert("key".to_owned(), secret);
    });
    let call = guest.call("secrets#verify-hmac-sha256", &[json!("key"), json!(b"body"), json!(mac)]);
    // Where the answer lies: `ok` is 0.
    let (_, answer) = call.rsplit_once("(i32.const ").context("no answer")?;
    let answer = answer.trim_end_matches(')').to_owned();
    Ok(guest.never_answers(
        HOOK,
        &format!("{call} (if (i32.load8_u (i32.const {answer})) (then (loop $again (br $again))))"),
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_call_finds_the_signature_as_good_as_it_was() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let mac = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, KEY.as_bytes()), b"body");
    let guest = guest(mac.as_ref())?;
    let secrets = [("key".to_owned(), KEY.to_owned())].into();
    let plugin = stand.settle_with(&guest, NewChannel { secrets, ..NewChannel::default() }).await?;
    let mut call = hook_call(b"body");
    call.headers = vec![("x-word".to_owned(), KEY.as_bytes().to_vec())];
    ensure!(stand.house.desk.answer_hook(&plugin.hook, call).await? == Answered::Later);
    stand.written_down().await;
    let calls = stand.house.desk.plugin_calls(&stand.eva, &plugin.id, None).await?;
    let lost = calls.first().context("nothing was kept")?;
    let record = lost.record.clone().context("nothing went in")?;
    ensure!(!record.contains(KEY), "{record}");
    stand.close().await;

    let folder = tempfile::tempdir()?;
    let elsewhere = Plugins::open(Blobs::open(folder.path())?, Compiler::new(cache()), Reach::Public)?;
    elsewhere.run_files(vec![guest.file()?]).await?;
    let mut record: Record = serde_json::from_str(&record)?;
    ensure!(record.secrets.is_empty());
    let again = elsewhere.replay(&record, server::plugins::Source::Bare).await?.output.err().context("it did well")?;
    ensure!(again == lost.outcome, "{again}, not {}", lost.outcome);
    // What the host answered is what makes it so.
    record.host.clear();
    let other = elsewhere.replay(&record, server::plugins::Source::Bare).await?.output.err().context("it did well")?;
    ensure!(other != lost.outcome, "{other}");
    Ok(())
}
