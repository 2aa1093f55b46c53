//! Building: each language's own tool makes the component, and Saker makes a plugin of it.

use super::{bytes, key_of, said::say, text, world::World, write};
use anyhow::{Context, Result, bail, ensure};
use package::Manifest;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use wit_component::ComponentEncoder;

/// Where a Python plugin's types go.
const TYPINGS: &str = "typings";

/// Builds the plugin in a folder, for this world of the contract or the one that fits it; where its file lies.
pub fn build(folder: &Path, key: Option<&Path>, out: Option<&Path>, world: Option<&str>) -> Result<PathBuf> {
    let manifest = Manifest::from_toml(&text(&folder.join("plugin.toml"))?)?;
    let component = if folder.join("Cargo.toml").exists() {
        ensure!(world.is_none(), "In Rust the world stands in the code: wit_bindgen::generate!({{ world: … }}).");
        rust(folder)?
    } else if folder.join("package.json").exists() {
        javascript(folder, &chosen(world, &manifest, folder, "js")?)?
    } else if folder.join("app.py").exists() {
        python(folder, &chosen(world, &manifest, folder, "py")?)?
    } else {
        bail!("There is neither a Cargo.toml, a package.json nor an app.py in {}.", folder.display());
    };
    let picture = fs::read(folder.join("picture.svg")).or_else(|_| fs::read(folder.join("picture.png"))).ok();
    let key = key.map(key_of).transpose()?;
    let file = package::pack(&component, &manifest, picture.as_deref(), key.as_ref())?;
    let name = manifest.id.rsplit('.').next().unwrap_or("plugin").to_owned();
    let out = out.map_or_else(|| folder.join(format!("{name}.wasm")), Path::to_owned);
    write(&out, &file)?;
    Ok(out)
}

/// The world that it is built for, and says so: by that its author sees what was found in the code.
fn chosen(named: Option<&str>, manifest: &Manifest, folder: &Path, ending: &str) -> Result<World> {
    let world = World::choose(named, manifest, folder, ending)?;
    say!("Built for the world {} of wit/.", world.name());
    Ok(world)
}

fn rust(folder: &Path) -> Result<Vec<u8>> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args([
        "build",
        "--release",
        "--target",
        "wasm32-unknown-unknown",
        "--message-format=json-render-diagnostics",
    ]);
    let output = cargo.stderr(std::process::Stdio::inherit()).output().context("cargo is missing; install Rust.")?;
    if !output.status.success() {
        bail!("It did not compile. If the target is missing: rustup target add wasm32-unknown-unknown");
    }
    let built = String::from_utf8_lossy(&output.stdout);
    let module = built
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .rfind(|path| path.extension().is_some_and(|ending| ending == "wasm"))
        .context("No module came out; the crate's type must be cdylib.")?;
    let component = ComponentEncoder::default().module(&bytes(&module)?)?.validate(true).encode();
    component.context("The module does not fit the contract in wit/.")
}

fn javascript(folder: &Path, world: &World) -> Result<Vec<u8>> {
    if !folder.join("node_modules").exists() {
        said(
            Command::new("npm").current_dir(folder).args(["install", "--no-audit", "--no-fund"]),
            "npm is missing; install Node.",
        )?;
    }
    let out = folder.join("component.wasm");
    said(
        Command::new("npm").current_dir(folder).args(["run", "--silent", "build"]).env("SAKER_WORLD", world.name()),
        "npm is missing; install Node.",
    )?;
    bytes(&out)
}

fn python(folder: &Path, world: &World) -> Result<Vec<u8>> {
    let tools = folder.join(".venv");
    let tool = tools.join("bin/componentize-py");
    if !tool.exists() {
        said(
            Command::new("python3").current_dir(folder).args(["-m", "venv", ".venv"]),
            "Python 3.10 or newer is missing.",
        )?;
        said(
            Command::new(".venv/bin/pip").current_dir(folder).args(["install", "--quiet", "-r", "requirements.txt"]),
            "pip is missing.",
        )?;
    }
    let tool = || {
        let mut tool = Command::new(".venv/bin/componentize-py");
        tool.current_dir(folder).args(["-d", "wit", "-w", world.name()]);
        tool
    };
    // The contract as Python, where editors and type checkers look for what is no part of the program. It is written anew, and
    // what its author has there is let be.
    for made in ["wit_world", "componentize_py_async_support"] {
        let _ = fs::remove_dir_all(folder.join(TYPINGS).join(made));
    }
    said(tool().args(["bindings", TYPINGS]), "componentize-py is missing.")?;
    said(tool().args(["componentize", "-s", "app", "-o", "component.wasm"]), "componentize-py is missing.")?;
    bytes(&folder.join("component.wasm"))
}

fn said(command: &mut Command, missing: &'static str) -> Result<()> {
    let status = command.status().context(missing)?;
    if status.success() {
        Ok(())
    } else {
        bail!("{} failed; its words are above.", command.get_program().to_string_lossy())
    }
}
