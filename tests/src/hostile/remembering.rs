//! Guests that remember too much, or quarrel over one value.

use crate::{
    guest::{Guest, HOOK, nothing},
    stand::{FELT, Stand, alone, show},
};
use anyhow::{Result, ensure};
use desk::{channel::Answered, model::Actor};
use serde_json::json;
use std::time::{Duration, Instant};

fn remembers(name: &str, kb: u32) -> Guest {
    Guest::hook(name).wanting(|m| {
        m.state.quota_kb = kb;
        m.limits.wall_ms = 3_000;
    })
}

/// Names of two letters and no value: many rows for few bytes, while others write.
#[tokio::test(flavor = "multi_thread")]
async fn many_small_things_are_counted_too_and_others_write_meanwhile() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    // Only the quota ends it, however slow the disk.
    let mut guest = remembers("hoarder", 64).wanting(|m| (m.limits.cpu_ms, m.limits.wall_ms) = (2_000, 60_000));
    let name = guest.text("aa");
    let put = guest.call("state#put", &[json!({ "at": name, "len": 2 }), json!([]), json!("any"), json!(null)]);
    let well = guest.lay(HOOK, &nothing());
    // The name counts up in base 26 twice over.
    let guest = guest.does(
        HOOK,
        format!(
            "(loop $more
               (i32.store8 (i32.const {name}) (i32.add (i32.const 97) (i32.rem_u (local.get $n) (i32.const 26))))
               (i32.store8 (i32.const {}) (i32.add (i32.const 97) (i32.div_u (local.get $n) (i32.const 26))))
               {put}
               (local.set $n (i32.add (local.get $n) (i32.const 1)))
               (br_if $more (i32.lt_u (local.get $n) (i32.const 676))))
             (i32.const {well})",
            name + 1
        ),
    );
    let plugin = stand.settle(&guest).await?;
    let effect = stand.while_others_work(2, || stand.call(&plugin.hook, b"")).await?;
    show("676 names of two letters", "quota", &effect);
    ensure!(effect.felt <= FELT, "others waited {:?} more", effect.felt);
    let rows: i64 = sqlx::query_scalar("select count(*) from plugin_state where plugin_id = $1")
        .bind(plugin.id.to_string())
        .fetch_one(stand.house.desk.db().read())
        .await?;
    ensure!((200..=256).contains(&rows), "{rows} rows for 64 KiB");
    stand.remove(&plugin).await?;
    stand.close().await;
    Ok(())
}

/// Eight calls write the same value as fast as they can; a colleague writes meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_quarrel_over_one_value_keeps_nobody_from_writing() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let mut guest = remembers("quarrel", 64);
    let put = guest.call("state#put", &[json!("it"), json!("x"), json!("any"), json!(null)]);
    let lost = guest.call("state#put", &[json!("it"), json!("x"), json!({ "etag": "0" }), json!(null)]);
    let guest = guest.never_answers(HOOK, &format!("(loop $more {put} {lost} (br $more))"));
    let plugin = stand.settle(&guest).await?;
    let mut felt = Duration::MAX;
    for _ in 0..2 {
        let crowd = futures::future::join_all((0..2).map(|_| stand.call(&plugin.hook, b"")));
        let colleague = async {
            let mut waits = vec![];
            for _ in 0..60 {
                let began = Instant::now();
                stand.house.desk.hold_replies(&Actor::System, 0).await?;
                waits.push(began.elapsed());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            waits.sort();
            Ok::<_, anyhow::Error>(waits[58])
        };
        let (answers, waited) = tokio::join!(crowd, colleague);
        for answer in answers {
            ensure!(answer? == Answered::Later);
        }
        felt = felt.min(waited?);
    }
    println!("| two quarrel over one value | - | - | {} ms | - |", felt.as_millis());
    ensure!(felt <= Duration::from_millis(100), "a colleague waited {felt:?}");
    stand.close().await;
    Ok(())
}
