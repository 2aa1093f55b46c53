//! The first-party plugins, built before the server: what is installed from the start lies at the top of the folder, what is
//! offered to administrators in `offered`.

use anyhow::{Result, bail};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../dist/plugins"]
#[allow_missing = true]
struct Shipped;

/// What is there from the start.
///
/// # Errors
/// For a build without.
pub fn installed() -> Result<Vec<Vec<u8>>> {
    let files = files(|name| !name.contains('/'));
    if files.is_empty() {
        bail!("The plugins are missing from this build; build them with `cargo xtask plugins`.");
    }
    Ok(files)
}

/// What an administrator may install.
pub fn offered() -> Vec<Vec<u8>> {
    files(|name| name.starts_with("offered/"))
}

fn files(which: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    Shipped::iter()
        .filter(|name| name.ends_with(".wasm") && which(name))
        .filter_map(|name| Shipped::get(&name))
        .map(|file| file.data.into_owned())
        .collect()
}
