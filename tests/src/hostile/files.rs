//! Files that mean harm before any of their code is called: refused when an administrator looks at them, in a sentence.

use crate::{
    guest::{Guest, HOOK, nothing},
    stand::{FELT, Stand, alone, resident, show},
};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    blob::Blobs,
    model::{Install, PluginState},
};
use server::{
    hook::Reach,
    plugins::{Compiler, Plugins},
};
use std::time::{Duration, Instant};

fn good(name: &str) -> Guest {
    Guest::hook(name).answers(HOOK, nothing())
}

/// What stands under the file when it is looked at.
fn guests() -> Vec<(&'static str, Guest, &'static str)> {
    let memories: String = (0..6).map(|n| format!("(memory $more{n} 100)")).collect();
    vec![
        ("loops before it is called", good("start").with("(func $begin (loop $again (br $again))) (start $begin)"), "it took too much computing time"),
        ("takes memory before it is called", good("eager").with("(func $begin (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable) (start $begin)"), "it wanted more memory than a call may have"),
        ("begins with 100 MiB", good("greedy").pages(1_600), "it wanted more memory than a call may have"),
        ("begins with 2 GiB", good("vast").pages(32_768), "exceeds the limit of"),
        ("a table of ten million", good("tables").with("(table 10000000 funcref)"), "table"),
        ("six memories of 6 MiB", good("memories").with(&memories), "memor"),
        ("says that it is another", good("liar").answers("descriptor#describe", serde_json::json!({ "id": "com.example.honest", "version": "0.1.0" })), "its code says that it is com.example.honest"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_big_to_begin_with_is_refused_in_a_sentence() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    for (what, guest, words) in guests() {
        let file = guest.file()?;
        let effect = stand
            .while_others_work(2, || async { Ok(stand.house.desk.look_at_plugin(&stand.eva, file.clone()).await) })
            .await?;
        show(what, words, &effect);
        for answer in &effect.answers {
            let Err(Error::Invalid { why: Why::Unfit { words: said, .. }, .. }) = answer else {
                anyhow::bail!("{what}: {answer:?}")
            };
            ensure!(said.contains(words), "{what}: {said}");
        }
        ensure!(effect.felt <= FELT, "{what}: others waited {:?} more", effect.felt);
        ensure!(effect.peak <= 192 << 20, "{what}: {} MiB", effect.peak >> 20);
    }
    stand.memory_is_back()?;
    stand.close().await;
    Ok(())
}

/// Refused by their form, before anything is compiled.
#[tokio::test(flavor = "multi_thread")]
async fn files_without_sense_are_refused_by_their_form() {
    let _turn = alone().await;
    let manifest = good("form").manifest;
    // Core modules side by side in one component, each with an instance.
    let many = |count: usize| {
        let modules: String =
            (0..count).map(|n| format!("(core module $m{n}) (core instance (instantiate $m{n}))")).collect();
        wat::parse_str(format!("(component {modules})")).unwrap()
    };
    let imports: String = (0..10_000).map(|n| format!("(import \"evil:host/i{n}@0.1.0\" (instance))")).collect();
    // Objects of the GC proposal, which lie outside of every memory that is counted.
    let structures = "(component (core module (type $t (struct (field i64)))
        (func (export \"f\") (loop $more (drop (struct.new_default $t)) (br $more)))))";
    let arrays = "(component (core module (type $t (array (mut i64)))
        (func (export \"f\") (loop $more (drop (array.new_default $t (i32.const 268435456))) (br $more)))))";
    let nested = |depth: usize| {
        let mut text = String::from("(component (type $t0 u8)");
        for n in 1..=depth {
            text.push_str(&format!("(type $t{n} (list $t{}))", n - 1));
        }
        text + ")"
    };
    let wide = |depth: usize| {
        let mut text = String::from("(component (type $t0 (tuple u8 u8))");
        for n in 1..=depth {
            text.push_str(&format!("(type $t{n} (tuple $t{0} $t{0} $t{0} $t{0} $t{0} $t{0} $t{0} $t{0}))", n - 1));
        }
        text + ")"
    };
    let mut long = good("long").component().unwrap();
    let name = b"padding";
    let size = 15 << 20;
    long.push(0);
    let mut rest = 1 + name.len() + size;
    while rest > 0x7f {
        long.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    long.push(rest as u8);
    long.push(name.len() as u8);
    long.extend_from_slice(name);
    long.resize(long.len() + size, 0);
    let twice = [long.clone(), long[long.len() - size - 12..].to_vec()].concat();
    for (what, bytes, words) in [
        ("two hundred modules", many(200), "at most 64"),
        ("ten thousand imports", wat::parse_str(format!("(component {imports})")).unwrap(), "instances count exceeds"),
        ("a bomb of structures", wat::parse_str(structures).unwrap(), "gc"),
        ("a bomb of arrays", wat::parse_str(arrays).unwrap(), "gc"),
        ("types in types", wat::parse_str(nested(5_000)).unwrap(), ""),
        ("types that multiply", wat::parse_str(wide(20)).unwrap(), ""),
        ("a core module", wat::parse_str("(module)").unwrap(), "core module"),
        ("machine code", b"\x7fELF\x02\x01\x01\0".to_vec(), ""),
        ("nothing", vec![], ""),
        ("25 MB", vec![0; 25 << 20], "larger than"),
        ("two sections of 15 MB", twice, ""),
    ] {
        let began = Instant::now();
        let said = package::pack(&bytes, &manifest, None, None).unwrap_err().words;
        println!("| {what} | {said:.80} | {} ms | - | - |", began.elapsed().as_millis());
        assert!(said.contains(words), "{what}: {said}");
        assert!(began.elapsed() < Duration::from_secs(2), "{what}: {:?}", began.elapsed());
    }
    // Only long is no crime.
    assert!(package::pack(&long, &manifest, None, None).is_ok());
}

/// Whole in every other way: it is their number that is refused.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_instances_are_too_many() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let guest = good("instances");
    for (count, taken) in [(8, true), (200, false)] {
        let file = guest.clone().instances(count).file()?;
        let effect = stand
            .while_others_work(2, || async { Ok(stand.house.desk.look_at_plugin(&stand.eva, file.clone()).await) })
            .await?;
        match &effect.answers[0] {
            Ok(_) => ensure!(taken, "{count} are taken"),
            Err(Error::Invalid { why: Why::Unfit { words, .. }, .. }) => {
                show(&format!("{count} instances"), words, &effect);
                ensure!(!taken && words.contains("core module instances") && words.contains("64"), "{words}");
            }
            other => anyhow::bail!("{count}: {other:?}"),
        }
        ensure!(effect.felt <= FELT, "{count}: others waited {:?} more", effect.felt);
    }
    stand.close().await;
    Ok(())
}

/// What is said of code that was compiled, that can't be, and that takes more than its share.
const RUNS: &str = "it runs";
const NOT_AT_ALL: &str = "it does not compile";
const TOO_DEAR: &str = "it takes more time or memory to compile than a plugin may";

/// Code that is dear to compile costs a child its share, and the house nothing.
#[tokio::test(flavor = "multi_thread")]
async fn code_that_is_dear_to_compile_costs_nobody_anything() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let folder = tempfile::tempdir()?;
    let blobs = Blobs::open(folder.path())?;
    let compiler = Compiler::with(folder.path().join("code"), env!("CARGO_BIN_EXE_compile"));
    let plugins = Plugins::open(blobs, compiler, Reach::Public)?;
    // The same with less than a server gives: it does not take two minutes to see that it ends.
    let little = |name: &str, limits: &str| -> Result<Plugins> {
        let program = folder.path().join(name);
        std::fs::write(&program, format!("#!/bin/sh\nexec {} {limits}\n", env!("CARGO_BIN_EXE_compile")))?;
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Plugins::open(
            Blobs::open(folder.path())?,
            Compiler::with(folder.path().join(format!("{name}-code")), program),
            Reach::Public,
        )
    };
    let (hasty, narrow) = (little("hasty", "1 3072")?, little("narrow", "120 64")?);
    let statements =
        |count: usize| "(local.set $n (i32.mul (i32.add (local.get $n) (i32.const 3)) (local.get $m)))".repeat(count);
    let functions = |count: usize| -> String {
        let one = |n| format!("(func (param i32) (result i32) (i32.add (local.get 0) (i32.const {n})))");
        (0..count).map(one).collect()
    };
    let blocks = format!("{}{}", "(block ".repeat(30_000), ")".repeat(30_000));
    let targets = format!("(block $b (br_table {} (local.get $n)))", "$b ".repeat(1_000_000));
    let locals = format!("(func {})", "(local i64 i32)".repeat(25_001));
    let bombs = [
        (
            "400,000 statements in one function",
            good("statements").does(HOOK, format!("{} unreachable", statements(400_000))),
            &plugins,
            RUNS,
        ),
        ("180,000 functions, and a second for them", good("second").with(&functions(180_000)), &hasty, TOO_DEAR),
        ("180,000 functions, and 64 MiB for them", good("memory").with(&functions(180_000)), &narrow, TOO_DEAR),
        ("60,000 functions", good("functions").with(&functions(60_000)), &plugins, RUNS),
        ("30,000 blocks in each other", good("blocks").does(HOOK, format!("{blocks} unreachable")), &plugins, RUNS),
        (
            "a jump with a million targets",
            good("targets").does(HOOK, format!("{targets} unreachable")),
            &plugins,
            NOT_AT_ALL,
        ),
        ("more locals than there may be", good("locals").with(&locals), &plugins, "too many locals"),
    ];
    for (what, guest, plugins, wanted) in bombs {
        let component = guest.component();
        let began = Instant::now();
        let packed = component.and_then(|component| Ok(package::pack(&component, &guest.manifest, None, None)?));
        let looked = began.elapsed();
        let file = match packed {
            Ok(file) => file,
            Err(why) => {
                println!("| {what} | {why:.80} | {} ms | - | - |", looked.as_millis());
                ensure!(format!("{why:#}").contains(wanted) && looked <= Duration::from_secs(5), "{what}: {why:#}");
                continue;
            }
        };
        let before = resident();
        let effect = stand
            .while_others_work(1, || async {
                Ok(plugins.run_files(vec![file.clone()]).await.map_err(|why| format!("{why:#}")))
            })
            .await?;
        let words = effect.answers[0].as_ref().err().cloned().unwrap_or_else(|| RUNS.to_owned());
        show(what, &words, &effect);
        ensure!(words.contains(wanted), "{what}: {words}");
        // What a child takes is its own: here there is the file, and the code that came back.
        ensure!(effect.peak <= 256 << 20, "{what}: {} MiB", effect.peak >> 20);
        ensure!(resident().saturating_sub(before) <= 256 << 20, "{what}: {} MiB stay", (resident() - before) >> 20);
        ensure!(effect.took <= Duration::from_secs(60), "{what}: {:?}", effect.took);
    }
    stand.close().await;
    Ok(())
}

/// The newer one takes the older one's place; there are never two.
#[tokio::test(flavor = "multi_thread")]
async fn two_plugins_never_have_one_name() -> Result<()> {
    let _turn = alone().await;
    let stand = Stand::open(&[]).await?;
    let desk = &stand.house.desk;
    let first = stand.settle(&good("twin")).await?;
    let other = good("twin").with("(func)");
    stand.install(&other).await?;
    let named = desk.plugins(&stand.eva).await?.into_iter().filter(|plugin| plugin.id == first.id);
    ensure!(named.map(|plugin| plugin.state).collect::<Vec<_>>() == [PluginState::On]);
    // Nor does it take the place of what somebody signed.
    let key = package::KeyFile::fresh()?;
    let signed = package::pack(&good("signed").component()?, &good("signed").manifest, None, Some(&key))?;
    let sheet = desk.look_at_plugin(&stand.eva, signed).await.map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let granted = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
    desk.install_plugin(&stand.eva, Install { file: sheet.file, granted, unsigned: false })
        .await
        .map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let stolen = desk.look_at_plugin(&stand.eva, good("signed").with("(func)").file()?).await;
    ensure!(stolen == Err(Error::invalid("file", Why::OtherPublisher)), "{stolen:?}");
    stand.close().await;
    Ok(())
}
