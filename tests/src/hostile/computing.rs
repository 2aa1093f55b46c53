//! Guests that take time and memory for themselves.

use crate::{
    guest::{Guest, HOOK, nothing},
    stand::{Stand, alone, show},
};
use anyhow::{Result, ensure};
use desk::channel::Answered;
use serde_json::json;
use std::time::{Duration, Instant};

const TOO_LONG: &str = "it took too much computing time";
const TOO_MUCH: &str = "it wanted more memory than a call may have";
const LOST: &str = "the plugin could not cope with it";

/// Each with what the administrator reads.
fn guests() -> Vec<(&'static str, Guest, &'static str)> {
    let hook = |name: &str, body: &str| Guest::hook(name).never_answers(HOOK, body);
    let endless = "(loop $again (br $again))";
    let page = "(i32.const 65536)";
    let mut guests = vec![
        ("endless loop", hook("loop", endless), TOO_LONG),
        (
            "endless loop in the allocator",
            hook("allocator", "(unreachable)").allocating(&format!("{endless} unreachable")),
            TOO_LONG,
        ),
        ("calls itself for ever", hook("stack", "(call $deeper)").with("(func $deeper call $deeper)"), "it is nested too deeply"),
        ("gives up", hook("trap", "unreachable"), LOST),
        ("divides by nothing", hook("divide", "(drop (i32.div_u (i32.const 1) (i32.const 0)))"), LOST),
        ("reads beyond its memory", hook("beyond", "(drop (i32.load (i32.const -8)))"), LOST),
        (
            "grows its memory, untouched",
            hook("grow", "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable"),
            TOO_MUCH,
        ),
        (
            "grows its memory and touches all",
            hook(
                "touch",
                &format!(
                    "(loop $more (local.set $n (memory.grow (i32.const 16)))
                       (if (i32.ne (local.get $n) (i32.const -1))
                         (then (memory.fill (i32.mul (local.get $n) {page}) (i32.const 7) (i32.const 1048576)) (br $more))))
                     unreachable"
                ),
            ),
            TOO_MUCH,
        ),
        (
            "fills its memory for ever",
            hook("fill", "(loop $more (memory.fill (i32.const 4096) (i32.const 1) (i32.const 20000000)) (br $more))").pages(400),
            TOO_LONG,
        ),
        (
            "grows a table",
            hook(
                "table",
                "(loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable",
            )
            .with("(table $t 1 funcref)"),
            TOO_MUCH,
        ),
        (
            "calls through an empty table",
            hook("empty", "(call_indirect (type $none) (i32.const 0))")
                .with("(table $t 10 funcref) (type $none (func))"),
            LOST,
        ),
    ];
    guests.push((
        "makes handles without an end",
        hook("handles", "(loop $more (drop (call $new (i32.const 0))) (br $more))")
            .wider(
                "package evil:hoard;
                 interface things { resource thing; }
                 world wider { include saker:plugin/channel-webhook@0.1.0; export things; }",
                "(import \"[export]evil:hoard/things\" \"[resource-new]thing\" (func $new (param i32) (result i32)))",
            )
            .wanting(|m| m.limits.cpu_ms = 2_000),
        TOO_MUCH,
    ));
    let mut asks = Guest::hook("clock").wanting(|m| m.limits.cpu_ms = 2_000);
    let now = asks.call("clock#now", &[]);
    guests.push((
        "asks for the time for ever",
        asks.never_answers(HOOK, &format!("(loop $more {now} (br $more))")),
        "the plugin asked for too much: the call's budget of host calls is used up",
    ));
    let mut random = Guest::hook("random").wanting(|m| m.limits.cpu_ms = 2_000);
    let bytes = random.call("random#bytes", &[json!(u32::MAX)]);
    guests.push((
        "takes randomness for ever",
        random.never_answers(HOOK, &format!("(loop $more {bytes} (br $more))")),
        TOO_MUCH,
    ));
    guests
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_too_much_is_stopped_in_time_and_nobody_else_waits() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    stand.put_through(guests(), b"{}").await?;
    stand.close().await;
    Ok(())
}

/// Calls of a loop in one round, five by each plugin: after five it is switched off.
const KILLS: usize = 100;

/// Not only once: what the hundredth of them costs is what a hostile plugin can make the house pay. The best of three rounds
/// counts, as what a busy machine does by itself it does not do each time.
#[tokio::test(flavor = "multi_thread")]
async fn endless_loops_end_soon_after_their_time_each_time() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let (mut half, mut most) = (Duration::MAX, Duration::MAX);
    for round in 0..3 {
        let late = kills(&stand, round).await?;
        let share = |percent: usize| late[(late.len() - 1) * percent / 100];
        println!(
            "| {KILLS} endless loops | {TOO_LONG} | p50 {:?}, p99 {:?}, at most {:?} after their 50 ms | - | - |",
            share(50),
            share(99),
            share(100)
        );
        (half, most) = (half.min(share(50)), most.min(share(99)));
        if most <= LATE {
            break;
        }
    }
    ensure!(half <= Duration::from_millis(20 + 20), "half of them took {half:?} more");
    ensure!(most <= LATE, "one in a hundred took {most:?} more");
    stand.memory_is_back()?;
    stand.close().await;
    Ok(())
}

/// Two ticks, and what a busy machine adds.
const LATE: Duration = Duration::from_millis(20 + 150);

/// How long after their 50 ms loops ended, the quickest first.
async fn kills(stand: &Stand, round: usize) -> Result<Vec<Duration>> {
    let given = Duration::from_millis(50);
    let mut late = vec![];
    for n in 0..KILLS / 5 {
        let guest = Guest::hook(&format!("kill-{round}-{n}")).wanting(|m| m.limits.cpu_ms = 50);
        let plugin = stand.settle(&guest.never_answers(HOOK, "(loop $again (br $again))")).await?;
        for _ in 0..5 {
            let began = Instant::now();
            ensure!(stand.call(&plugin.hook, b"{}").await? == Answered::Later);
            // The first tick may come at once.
            let took = began.elapsed();
            ensure!(took + Duration::from_millis(10) >= given, "it was not given its time: {took:?}");
            late.push(took.saturating_sub(given));
        }
        stand.remove(&plugin).await?;
    }
    late.sort();
    Ok(late)
}

/// Eight calls of each of four plugins at once, as many as one may have.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_them_is_no_worse() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let hungry = Guest::hook("hungry").pages(400).never_answers(
        HOOK,
        "(loop $more (memory.fill (i32.const 4096) (i32.const 1) (i32.const 20000000)) (br $more))",
    );
    let crowd = [Guest::hook("crowd").never_answers(HOOK, "(loop $again (br $again))"), hungry];
    let mut plugins = vec![];
    for guest in &crowd {
        plugins.push(stand.settle(guest).await?);
    }
    let effect = stand
        .while_others_work(1, || async {
            let calls = plugins.iter().flat_map(|plugin| (0..8).map(|_| stand.call(&plugin.hook, b"{}")));
            Ok(futures::future::join_all(calls).await)
        })
        .await?;
    show("sixteen at once", "-", &effect);
    ensure!(effect.peak <= 512 << 20, "{} MiB", effect.peak >> 20);
    stand.written_down().await;
    // Five are enough.
    for plugin in &plugins {
        let card = stand.house.desk.plugin(&stand.eva, &plugin.id).await?;
        ensure!(card.state == desk::model::PluginState::Tripped && card.why.as_deref() == Some(TOO_LONG), "{card:?}");
        ensure!(stand.outcomes(&plugin.id).await?.iter().all(|outcome| outcome == TOO_LONG));
        stand.remove(plugin).await?;
    }
    stand.memory_is_back()?;
    stand.close().await;
    Ok(())
}

/// It does well until a message tells it not to.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_did_well_a_thousand_times_is_still_switched_off() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let mut sleeper = Guest::hook("sleeper");
    let well = sleeper.lay(HOOK, &nothing());
    // The call's ninth flat field is the length of its body.
    let sleeper = sleeper.does(
        HOOK,
        format!("(if (i32.eq (local.get 8) (i32.const 3)) (then (loop $again (br $again)))) (i32.const {well})"),
    );
    let plugin = stand.settle(&sleeper).await?;
    for _ in 0..1_000 {
        ensure!(matches!(stand.call(&plugin.hook, b"{}").await?, Answered::Reply(_)));
    }
    for _ in 0..5 {
        ensure!(stand.call(&plugin.hook, b"now").await? == Answered::Later);
    }
    stand.written_down().await;
    let card = stand.house.desk.plugin(&stand.eva, &plugin.id).await?;
    ensure!(card.state == desk::model::PluginState::Tripped && card.why.as_deref() == Some(TOO_LONG), "{card:?}");
    // Off, it is not called at all, and its remote comes again later.
    let began = Instant::now();
    ensure!(stand.call(&plugin.hook, b"now").await? == Answered::Later && began.elapsed() < Duration::from_millis(150));
    let hours = stand.house.desk.plugin_hours(&stand.eva, &plugin.id, 1).await?;
    let calls: i64 = hours.iter().filter(|hour| hour.door == "handle-webhook").map(|hour| hour.calls).sum();
    ensure!(calls == 1_005, "{calls}");
    stand.remove(&plugin).await?;
    stand.close().await;
    Ok(())
}
