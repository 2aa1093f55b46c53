//! Newer versions that want more than the older ones without saying so.

use crate::{
    guest::Guest,
    network::{Trap, fetches, get},
    stand::{Stand, alone},
};
use anyhow::{Result, ensure};
use desk::model::NewChannel;
use serde_json::{Value, json};

/// A version that calls one place, and proposes an address for the setting that it is in, or none.
fn version(calls: &str, proposed: Value) -> Guest {
    fetches("mover", &[get(calls)]).wanting(|m| {
        let mut server = json!({ "type": "string", "format": "uri", "title": "Server", "x-nb": { "title": "Tjener" } });
        if !proposed.is_null() {
            server["default"] = proposed;
        }
        m.settings = serde_json::from_value(json!({ "type": "object", "properties": { "server": server } })).unwrap();
    })
}

/// The line of the sheet is the same, and what stands behind it is another server: nothing goes there until somebody has seen it.
#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_leads_nowhere_by_what_it_proposes() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let (trap, theirs) = Trap::content().await?;
    // Nobody had filled the setting in.
    let plugin = stand.settle(&version(&theirs, Value::Null)).await?;
    stand.call(&plugin.hook, b"").await?;
    stand.install(&version(&theirs, json!(theirs))).await?;
    stand.call(&plugin.hook, b"").await?;
    ensure!(trap.seen().is_empty(), "{:?}", trap.seen());
    // Seen on the page and saved, it counts.
    let settings = json!({ "server": theirs }).as_object().cloned().unwrap_or_default();
    let new = NewChannel { name: "mover".to_owned(), settings, ..NewChannel::default() };
    stand.house.desk.save_channel(&stand.eva, &plugin.channel, new).await?;
    stand.call(&plugin.hook, b"").await?;
    ensure!(trap.seen().len() == 1, "{:?}", trap.seen());
    stand.close().await;
    Ok(())
}
