//! Measures, on an optimised build.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{bundle, cargo, need, plugins, step::Steps};

/// `args` go to the program of measurements, `tests/src/bin/bench.rs`.
pub fn run(root: &Path, args: &[String]) -> Result<()> {
    let mut steps = Steps::new(bundle::STEPS + 3);
    need::to_build()?;
    plugins::build(root, &mut steps)?;
    bundle::build(root, bundle::Kind::Small, &mut steps)?;
    let mut building = steps.next("Building the server and the measurements");
    let (_, compiled) = cargo::build(
        root,
        &mut building,
        &["--release", "-p", "server", "-p", "tests", "--bin", "saker", "--bin", "bench"],
    )?;
    building.done(&format!("{compiled} crates compiled"));
    steps.next("Measuring").make_way();
    let mut bench = cargo::command(root);
    bench.args(["run", "--quiet", "--release", "-p", "tests", "--bin", "bench", "--"]).args(args);
    if !bench.status().is_ok_and(|status| status.success()) {
        bail!("The measurements stopped: the reason is above.");
    }
    Ok(())
}
