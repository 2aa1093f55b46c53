//! The plugins, as components: `dist/plugins/*.wasm`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use wit_component::ComponentEncoder;

use crate::{
    cargo,
    step::{Step, Steps},
};

/// Crate, folder in `plugins`, and where in `dist/plugins` the file goes: what is `offered` runs only where an
/// administrator installs it.
const PLUGINS: [(&str, &str, &str); 14] = [
    ("plugin-email", "email", ""),
    ("plugin-templates", "templates", ""),
    ("plugin-webhook", "webhook", ""),
    ("plugin-telegram", "telegram", "offered"),
    ("plugin-slack", "slack", "offered"),
    ("plugin-whatsapp", "whatsapp", "offered"),
    ("plugin-sms", "sms", "offered"),
    ("plugin-teams", "teams", "offered"),
    ("plugin-form", "form", "offered"),
    ("plugin-phone", "phone", "offered"),
    ("plugin-chat", "chat", "offered"),
    ("plugin-keywords", "keywords", "offered"),
    ("plugin-register", "register", "offered"),
    ("plugin-attention", "attention", "offered"),
];

/// Compiles the plugins for the sandbox and wraps each core module as a component. A file that would not change is
/// left alone, so nothing that depends on it is built again.
pub fn build(root: &Path, steps: &mut Steps) -> Result<()> {
    let mut step = steps.next("Building the plugins");
    let modules = modules(root, &mut step)?;
    let mut more = false;
    for (package, name, place) in PLUGINS {
        step.far(name);
        let folder = root.join("dist/plugins").join(place);
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made.", folder.display()))?;
        let module = modules
            .iter()
            .find(|path| path.file_stem().is_some_and(|stem| *stem == *package.replace('-', "_")))
            .with_context(|| format!("{package} did not become a module."))?;
        let component = component(module).with_context(|| format!("{package} does not fit its world in wit/."))?;
        let component =
            packed(root, name, &component).with_context(|| format!("plugins/{name} is no whole plugin."))?;
        let file = folder.join(format!("{name}.wasm"));
        if fs::read(&file).is_ok_and(|old| old == component) {
            continue;
        }
        more |= !file.is_file();
        // Whole or not at all: the server may be reading it.
        let draft = folder.join(format!("{name}.wasm.new"));
        fs::write(&draft, &component)
            .and_then(|()| fs::rename(&draft, &file))
            .with_context(|| format!("{} cannot be written.", file.display()))?;
    }
    if more {
        cargo::look_again(root, "host/server/src/shipped.rs")?;
    }
    step.done("ready");
    Ok(())
}

/// The core modules that cargo made, wherever its target folder is.
fn modules(root: &Path, step: &mut Step) -> Result<Vec<PathBuf>> {
    let mut args = vec!["--profile", "plugin", "--target", "wasm32-unknown-unknown"];
    args.extend(PLUGINS.iter().flat_map(|(package, ..)| ["-p", package]));
    // Part of WebAssembly 2, and of every engine that the contract runs on: searching a mail is several times as quick.
    let around = [("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C target-feature=+simd128")];
    let (made, _) =
        cargo::build_with(root, step, &args, &around).context("The plugins did not compile; the message is above.")?;
    let files = made.into_iter().flat_map(|artifact| artifact.files);
    Ok(files.filter(|path| path.extension().is_some_and(|ending| ending == "wasm")).collect())
}

/// With its manifest, and its picture where it has one.
fn packed(root: &Path, name: &str, component: &[u8]) -> Result<Vec<u8>> {
    let folder = root.join("plugins").join(name);
    let manifest = fs::read_to_string(folder.join("plugin.toml")).context("There is no plugin.toml.")?;
    let picture = fs::read(folder.join("picture.svg")).ok();
    Ok(package::pack(component, &package::Manifest::from_toml(&manifest)?, picture.as_deref(), None)?)
}

fn component(module: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(module)?;
    ComponentEncoder::default().module(&bytes)?.validate(true).encode()
}
