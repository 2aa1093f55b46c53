//! The text of the contract, and that the museum has something of all of it.

use super::kept;
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use wit_parser::{Resolve, WorldItem};

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

/// What is wrong with the files of a contract. Each stands in a list with its checksum, or with `unreleased` in its place: then
/// it may change, and no plugin outside may count on it.
fn flaws(lists: &[String], folder: &Path) -> Result<Vec<String>> {
    let mut flaws = vec![];
    let mut listed = BTreeSet::new();
    for line in lists.iter().flat_map(|list| list.lines()) {
        let (sum, name) = line.split_once("  ").context("this is no list of checksums")?;
        listed.insert(name.to_owned());
        let Ok(file) = fs::read(folder.join(name)) else {
            flaws.push(format!("wit/{name} is gone, and plugins were built with it"));
            continue;
        };
        let found: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
        if sum != "unreleased" && sum != found {
            flaws.push(format!("wit/{name} is not what plugins were built with; what is new goes into a new file"));
        }
    }
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wit") && !listed.contains(&name) {
            flaws.push(format!(
                "wit/{name} stands in no wit.sha256 of tests/museum, with its checksum or as unreleased"
            ));
        }
    }
    Ok(flaws)
}

fn lists() -> Result<Vec<String>> {
    kept("sha256")?.iter().map(|list| Ok(fs::read_to_string(list)?)).collect()
}

#[test]
fn a_released_contract_never_changes() -> Result<()> {
    let flaws = flaws(&lists()?, &wit())?;
    ensure!(flaws.is_empty(), "{flaws:#?}");
    Ok(())
}

#[test]
fn a_changed_a_new_and_a_lost_file_of_the_contract_are_seen() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for entry in fs::read_dir(wit())? {
        let path = entry?.path();
        fs::copy(&path, folder.path().join(path.file_name().context("no name")?))?;
    }
    let mut lists = lists()?;
    let seen = || flaws(&lists, folder.path()).map(|flaws| flaws.join("\n"));
    ensure!(seen()?.is_empty());
    let place = folder.path().join("presence.wit");
    let whole = fs::read_to_string(&place)?;
    fs::write(&place, whole.replacen("Open now", "open now", 1))?;
    ensure!(seen()?.starts_with("wit/presence.wit is not what plugins were built with"), "{}", seen()?);
    fs::remove_file(&place)?;
    ensure!(seen()? == "wit/presence.wit is gone, and plugins were built with it", "{}", seen()?);
    fs::write(&place, whole)?;
    fs::write(folder.path().join("new.wit"), "package saker:plugin@0.1.0;\n")?;
    ensure!(seen()?.starts_with("wit/new.wit stands in no wit.sha256"), "{}", seen()?);
    lists.push("unreleased  new.wit\n".to_owned());
    ensure!(flaws(&lists, folder.path())?.is_empty(), "what is not released may come and change");
    Ok(())
}

/// Each interface of each world, by the name under which a component imports or exports it.
#[test]
fn the_museum_has_something_of_every_interface() -> Result<()> {
    let mut contract = Resolve::default();
    contract.push_path(wit())?;
    let mut missing = BTreeSet::new();
    for (_, world) in &contract.worlds {
        for item in world.imports.values().chain(world.exports.values()) {
            let WorldItem::Interface { id, .. } = item else { continue };
            missing.extend(contract.id_of(*id));
        }
    }
    ensure!(missing.len() > 18, "{missing:?}");
    for file in kept("wasm")? {
        let file = fs::read(file)?;
        let has = |name: &String| file.windows(name.len()).any(|there| there == name.as_bytes());
        missing.retain(|name| !has(name));
    }
    ensure!(missing.is_empty(), "nothing in the museum has {missing:?}");
    Ok(())
}
