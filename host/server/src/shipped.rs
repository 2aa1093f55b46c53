//! The first-party plugins, built before the server: what is installed from the start lies at the top of the folder, what is
//! offered to administrators in `offered`.

use anyhow::{Result, bail};
use desk::outside::Offered;
use package::Package;
use rust_embed::RustEmbed;
use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};
use tracing::error;

#[derive(RustEmbed)]
#[folder = "../../dist/plugins"]
#[allow_missing = true]
struct Shipped;

/// What is there from the start.
///
/// # Errors
/// For a build without.
pub fn installed() -> Result<Vec<Cow<'static, [u8]>>> {
    let files = files(|name| !name.contains('/'));
    if files.is_empty() {
        bail!("The plugins are missing from this build; build them with `cargo xtask plugins`.");
    }
    Ok(files)
}

/// What an administrator may install, as it lies in the program.
pub fn offered_files() -> Vec<Cow<'static, [u8]>> {
    files(|name| name.starts_with("offered/"))
}

/// The same, looked through once, when somebody first asks: no start waits for it.
pub fn offered() -> &'static [Arc<Offered>] {
    static OFFERED: LazyLock<Vec<Arc<Offered>>> = LazyLock::new(|| {
        let opened = offered_files().into_iter().filter_map(|file| {
            let package =
                Package::open(&file).inspect_err(|trouble| error!("A plugin of this build: {trouble}")).ok()?;
            Some(Arc::new(Offered { package, file, aside: false }))
        });
        opened.collect()
    });
    &OFFERED
}

fn files(which: impl Fn(&str) -> bool) -> Vec<Cow<'static, [u8]>> {
    Shipped::iter()
        .filter(|name| name.ends_with(".wasm") && which(name))
        .filter_map(|name| Shipped::get(&name))
        .map(|file| file.data)
        .collect()
}
