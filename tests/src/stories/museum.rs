//! What was released stays: `tests/museum` has a folder for each contract that plugins were ever built with.

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

#[test]
fn a_released_contract_never_changes() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sums = fs::read_to_string(here.join("museum/0.1/wit.sha256"))?;
    ensure!(!sums.is_empty());
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").context("this is no list of checksums")?;
        let file = fs::read(here.join("../wit").join(name))?;
        let found: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
        ensure!(
            found == sum,
            "wit/{name} is not what plugins were built with. What is new goes into a new file or package."
        );
    }
    Ok(())
}
