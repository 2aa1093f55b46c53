//! Files that a guest says may be fetched later: also what the host does for it after its code has ended has an end.

use crate::{
    guest::{Guest, HOOK},
    network::{Silent, Trap, fetches, settle},
    stand::{Stand, alone},
};
use anyhow::{Result, ensure};
use desk::channel::Answered;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

/// A guest with one message of so many files, which all lie at a server.
fn sends(name: &str, server: &str, files: usize) -> Guest {
    let file = json!({ "mime": "text/plain", "body": { "deferred": { "url": format!("{server}/x") } } });
    let message = json!({ "external-id": "m1", "sender": { "address": "a" }, "bodies": [{ "text": "Hei" }],
        "attachments": vec![file; files] });
    let answer: Value = json!({ "ok": { "batch": { "messages": [message] }, "reply": { "status": 200 } } });
    fetches(name, &[]).answers(HOOK, answer)
}

/// Sixteen calls at once with five files each, at a server that says nothing: all files of a call have one end, and no more
/// calls fetch than may run.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_fetched_later_have_one_end_and_take_turns() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let server = Silent::open().await?;
    let guest = sends("slow", &server.at, 5).wanting(|m| m.limits.wall_ms = 1_000);
    let plugin = settle(&stand, &guest, &server.at).await?;
    let began = Instant::now();
    let calls = futures::future::join_all((0..16).map(|_| stand.call(&plugin.hook, b"")));
    // Before the first round is over: whether a line is closed the server hears after the next one is open.
    let round = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        server.most()
    };
    let (calls, round) = tokio::join!(calls, round);
    let took = began.elapsed();
    println!("| 16 calls with five files at a silent server | missing | {} ms | - | - |", took.as_millis());
    for answer in calls {
        answer?;
    }
    // Two rounds of a second.
    ensure!(took <= Duration::from_millis(3_500), "{took:?}");
    ensure!(round <= 10 && server.most() >= 1, "{round} lines at once");
    stand.close().await;
    Ok(())
}

/// A plugin that somebody switches off fetches nothing any more, and its remote is told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_switched_off_fetches_no_more_files() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&["--webhooks-inside"]).await?;
    let (trap, port) = Trap::open("127.0.0.1:0", |_, mut stream| {
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx").await;
        })
    })
    .await?;
    let server = format!("http://127.0.0.1:{port}");
    let guest = sends("many", &server, 16).wanting(|m| m.limits.wall_ms = 30_000);
    let plugin = settle(&stand, &guest, &server).await?;
    let off = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        stand.house.desk.switch_plugin(&stand.eva, &plugin.id, false).await
    };
    let (answer, off) = tokio::join!(stand.call(&plugin.hook, b""), off);
    off.map_err(|why| anyhow::anyhow!("{why:?}"))?;
    ensure!(answer? == Answered::Later);
    ensure!((1..=10).contains(&trap.seen().len()), "{} files", trap.seen().len());
    stand.close().await;
    Ok(())
}
