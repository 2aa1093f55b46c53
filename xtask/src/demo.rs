//! Builds what has changed and starts Saker with example data.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result};

use crate::{bundle, cargo, need, plugins, stamp::Stamp, step::Steps};

/// What the demo is made from. While none of it changes, not even cargo is asked.
const INPUTS: [&str; 7] = ["host", "portal", "plugins", "wit", "xtask/src", "Cargo.toml", "Cargo.lock"];

/// Ends by becoming the server, so that a signal goes to it.
pub fn run(root: &Path, args: &[String]) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let server = server(root)?;
    let why =
        Command::new(&server).current_dir(root).args(["demo", "--data"]).arg(root.join("demo-data")).args(args).exec();
    Err(why).with_context(|| format!("{} was built but does not start; build again.", server.display()))
}

/// The `saker` program with its pages and plugins, built if anything has changed.
pub fn server(root: &Path) -> Result<PathBuf> {
    let stamp = Stamp::of(root, "demo", &INPUTS, "")?;
    if let Some(server) = stamp.kept().and_then(|note| unchanged(&note)) {
        return Ok(server);
    }
    let mut steps = Steps::new(bundle::STEPS + 3);
    let looking = steps.next("Looking for a compiler");
    need::to_build()?;
    looking.done("all there");
    plugins::build(root, &mut steps)?;
    bundle::build(root, bundle::Kind::Small, &mut steps)?;
    let mut building = steps.next("Building the server");
    // As a part of the workspace, so that the tests build its libraries with the same features, once.
    let (made, compiled) = cargo::build(root, &mut building, &["--workspace", "--bin", "saker"])?;
    building.done(&format!("{compiled} crates compiled"));
    let server = made
        .into_iter()
        .filter(|artifact| artifact.target == "saker")
        .find_map(|artifact| artifact.executable)
        .context("cargo made no program called saker; is it still in host/server/Cargo.toml?")?;
    stamp.keep(&note(&server))?;
    Ok(server)
}

/// Which program was built, and when: another checkout may have put its own in the same place since.
fn note(server: &Path) -> String {
    let changed = fs::metadata(server).and_then(|about| about.modified()).ok();
    let nanos = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |time| time.as_nanos());
    format!("{nanos} {}", server.display())
}

fn unchanged(kept: &str) -> Option<PathBuf> {
    let server = PathBuf::from(kept.split_once(' ')?.1);
    (server.is_file() && note(&server) == kept).then_some(server)
}
