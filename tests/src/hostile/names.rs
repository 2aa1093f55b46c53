//! Names that mean another place each time they are looked up. In a network of its own, where a public address can be had and
//! the name server lies: what counts is what arrives at a place inside the house, not what the host says of itself.

use crate::{
    guest::{Guest, HOOK, nothing},
    network::{Trap, fetches, get, ledger, settle},
    stand::{Stand, alone},
};
use anyhow::{Context, Result, ensure};
use std::{
    net::Ipv4Addr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::UdpSocket;

const ME: &str = "names::a_name_that_means_another_place_each_time_never_leads_inside";
const INSIDE: &str = "SAKER_TEST_OWN_NETWORK";
/// Somebody's, in the world; here it is ours, and nothing of this network leaves the machine.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(45, 33, 32, 156);
const SETTING_UP: &str = "set -e
ip link set lo up
ip addr add 45.33.32.156/32 dev lo
printf 'nameserver 127.0.0.53\\noptions attempts:1 timeout:1\\n' > \"$1\"
mount --bind \"$1\" /etc/resolv.conf
shift
exec \"$@\"";
const OWN_NETWORK: [&str; 4] = ["--map-root-user", "--net", "--mount", "--"];

/// A name server. `private` is inside the house, `both` here and there, `flips` in turns; everything else is public.
async fn lie(asked: Arc<AtomicUsize>) -> Result<()> {
    let socket = UdpSocket::bind("127.0.0.53:53").await?;
    tokio::spawn(async move {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question).await {
            let Some(answer) = answer(&question[..length], &asked) else { continue };
            let _ = socket.send_to(&answer, from).await;
        }
    });
    Ok(())
}

/// RFC 1035, 4.1: the question again, and what it is answered.
fn answer(question: &[u8], asked: &AtomicUsize) -> Option<Vec<u8>> {
    let first = question.get(13..13 + usize::from(*question.get(12)?))?;
    let end = 12 + question.get(12..)?.iter().position(|byte| *byte == 0)? + 1;
    let kind = question.get(end..end + 2)?;
    let mut answer = question.get(..2)?.to_vec();
    let addresses = match (kind, first) {
        ([0, 1], b"private") => vec![Ipv4Addr::LOCALHOST],
        ([0, 1], b"both") => vec![PUBLIC, Ipv4Addr::LOCALHOST],
        ([0, 1], b"flips") => match asked.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => vec![PUBLIC],
            _ => vec![Ipv4Addr::LOCALHOST],
        },
        ([0, 1], _) => vec![PUBLIC],
        _ => vec![],
    };
    answer.extend([0x81, 0x80, 0, 1, 0, addresses.len() as u8, 0, 0, 0, 0]);
    answer.extend(question.get(12..end + 4)?);
    for address in addresses {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}

#[test]
fn a_name_that_means_another_place_each_time_never_leads_inside() -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        return tokio::runtime::Runtime::new()?.block_on(inside());
    }
    // Whoever may not have a network of their own can't be told by it.
    let tried = Command::new("unshare").args(OWN_NETWORK).args(["ip", "link", "set", "lo", "up"]).status();
    if !tried.is_ok_and(|status| status.success()) {
        println!("left out: no network of one's own can be made here");
        return Ok(());
    }
    let place = std::env::temp_dir().join(format!("saker-names-{}", std::process::id()));
    let mut again = Command::new("unshare");
    again.args(OWN_NETWORK).args(["sh", "-c", SETTING_UP, "sh"]).arg(&place);
    again.arg(std::env::current_exe()?).args([ME, "--exact", "--nocapture"]);
    let ended = again.env(INSIDE, "yes").env_remove("SAKER_TEST_DATABASE").output().context("no second process")?;
    let said = String::from_utf8_lossy(&ended.stdout);
    std::fs::remove_file(place).ok();
    println!("{said}");
    ensure!(ended.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    Ok(())
}

async fn inside() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let asked = Arc::new(AtomicUsize::new(0));
    lie(asked.clone()).await?;
    let (house, port) = Trap::open("127.0.0.1:0", |_, _| tokio::spawn(async {})).await?;
    let (world, _) = Trap::open(&format!("{PUBLIC}:{port}"), |_, _| tokio::spawn(async {})).await?;
    for (name, times, arrives) in [("good", 1, 1..=1), ("private", 3, 0..=0), ("both", 3, 0..=3), ("flips", 20, 1..=20)]
    {
        let before = world.seen().len();
        let server = format!("https://{name}.test:{port}");
        let plugin = settle(&stand, &fetches(name, &[get(&server)]), &server).await?;
        for _ in 0..times {
            stand.call(&plugin.hook, b"").await?;
        }
        stand.written_down().await;
        let ledger = ledger(&stand, &plugin).await?;
        let denied = ledger.iter().filter(|line| line.decision.starts_with("denied: ")).count();
        let arrived = world.seen().len() - before;
        println!("| {name}: {times} calls | {denied} denied, {arrived} arrived outside | - | - | - |");
        ensure!(ledger.len() == times && denied + arrived == times, "{name}: {ledger:?}");
        ensure!(arrives.contains(&arrived), "{name}: {arrived} arrived outside");
        ensure!(house.seen().is_empty(), "{name} led into the house: {:?}", house.seen());
        stand.remove(&plugin).await?;
    }
    ensure!(asked.load(Ordering::Relaxed) >= 20, "the name was not looked up each time");
    stand.close().await;
    Ok(())
}

/// Who says now this and now that is known by its sheet, always.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_another_each_time_is_who_its_sheet_says() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let mut fickle = Guest::hook("fickle").answers(HOOK, nothing());
    let own = fickle.lay("descriptor#describe", &serde_json::json!({ "id": "com.example.fickle", "version": "0.1.0" }));
    let other =
        fickle.lay("descriptor#describe", &serde_json::json!({ "id": "com.example.honest", "version": "9.9.9" }));
    let now = fickle.call("clock#now", &[]);
    let now = now.trim_start_matches("(drop ").strip_suffix(')').context("the time is dropped")?.to_owned();
    let fickle = fickle.does(
        "descriptor#describe",
        format!(
            "(select (i32.const {own}) (i32.const {other}) (i32.wrap_i64 (i64.and (i64.trunc_f64_u {now}) (i64.const 1))))"
        ),
    );
    let (desk, file) = (&stand.house.desk, fickle.file()?);
    let (mut taken, mut refused) = (0, 0);
    while taken == 0 || refused == 0 {
        match desk.look_at_plugin(&stand.eva, file.clone()).await {
            Ok(sheet) => {
                ensure!(sheet.id.as_str() == "com.example.fickle" && sheet.version == "0.1.0", "{sheet:?}");
                taken += 1;
            }
            Err(why) => {
                ensure!(format!("{why:?}").contains("its code says that it is com.example.honest"), "{why:?}");
                refused += 1;
            }
        }
        ensure!(taken + refused < 200, "it is always the same");
    }
    let plugin = loop {
        match stand.settle(&fickle).await {
            Ok(plugin) => break plugin,
            Err(why) => ensure!(format!("{why:?}").contains("honest"), "{why:?}"),
        }
    };
    stand.call(&plugin.hook, b"").await?;
    let all = desk.plugins(&stand.eva).await?;
    ensure!(all.iter().all(|plugin| plugin.id.as_str() != "com.example.honest"));
    ensure!(all.iter().any(|plugin| plugin.id.as_str() == "com.example.fickle" && plugin.version == "0.1.0"));
    println!("| says now this and now that | looked at {} times: {refused} refused | - | - | - |", taken + refused);
    stand.close().await;
    Ok(())
}
