//! An optimised server with the smallest pages.

use std::path::Path;

use anyhow::Result;

use crate::{bundle, cargo, need, plugins, step::Steps};

pub fn run(root: &Path) -> Result<()> {
    let mut steps = Steps::new(bundle::STEPS + 2);
    need::to_build()?;
    plugins::build(root, &mut steps)?;
    bundle::build(root, bundle::Kind::Smallest, &mut steps)?;
    let mut building = steps.next("Building the server");
    let (made, compiled) = cargo::build(root, &mut building, &["--release", "-p", "server", "--bin", "saker"])?;
    let server = made.iter().filter(|artifact| artifact.target == "saker").find_map(|made| made.executable.as_ref());
    building.done(&format!("{compiled} crates compiled"));
    if let Some(server) = server {
        println!("{}", server.display());
    }
    Ok(())
}
