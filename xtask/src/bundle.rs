//! The files that browsers load: compiles the pages for the browser, and packs them with styles, icons and fonts
//! into `dist/site`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    cargo::{self, Artifact},
    need,
    site::Site,
    squeeze::Effort,
    stamp::Stamp,
    step::Steps,
};

/// Steps that a bundle takes.
pub const STEPS: usize = 2;

/// For whom a bundle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For a developer who changes pages: builds fast, loads slowly.
    Quick,
    /// As people get it, except for the last pass.
    Small,
    /// As small as it gets; too large is an error.
    Smallest,
}

/// Who loads what, and how large the program may be when compressed, in bytes.
struct Audience {
    name: &'static str,
    limit: usize,
    styles: &'static [&'static str],
}

const AUDIENCES: [Audience; 2] = [
    Audience {
        name: "customer",
        limit: 180_000,
        styles: &["reset.css", "tokens.css", "fonts/inter.css", "components.css", "portal.css"],
    },
    Audience {
        name: "agent",
        limit: 450_000,
        styles: &["reset.css", "tokens.css", "fonts/inter.css", "components.css", "workspace.css", "admin.css"],
    },
];

/// Copied as they are: the name that pages use, and where it is in `portal/style`.
const COPIED: [(&str, &str); 3] =
    [("icons.svg", "icons.svg"), ("inter.woff2", "fonts/inter.woff2"), ("inter-ext.woff2", "fonts/inter-ext.woff2")];

/// What decides a bundle's program.
const INPUTS: [&str; 6] = ["portal", "host/desk/src", "host/desk/Cargo.toml", "xtask/src", "Cargo.toml", "Cargo.lock"];

/// Brings `dist/site` up to date; takes no time when nothing has changed.
pub fn build(root: &Path, kind: Kind, steps: &mut Steps) -> Result<()> {
    let stamp = Stamp::of(root, "site", &INPUTS, &format!("{kind:?}"))?;
    let mut compiling = steps.next("Compiling the pages for the browser");
    if stamp.kept().is_some() && root.join("dist/site/manifest.json").is_file() {
        compiling.done("nothing has changed");
        steps.next("Packing the pages").done("nothing has changed");
        return Ok(());
    }
    let profile = if kind == Kind::Quick { "dev" } else { "wasm" };
    let mut args = vec!["--target", "wasm32-unknown-unknown", "--profile", profile];
    let packages: Vec<String> = AUDIENCES.iter().map(|audience| format!("bundle-{}", audience.name)).collect();
    args.extend(packages.iter().flat_map(|package| ["-p", package]));
    let (made, compiled) = cargo::build(root, &mut compiling, &args)?;
    compiling.done(&match compiled {
        0 => "nothing had to be compiled".to_owned(),
        count => format!("{count} crates compiled"),
    });

    let mut packing = steps.next("Packing the pages");
    let effort = match kind {
        Kind::Quick => Effort::Little,
        Kind::Small => Effort::Some,
        Kind::Smallest => Effort::All,
    };
    let mut site = Site::begin(root, effort)?;
    let style = root.join("portal/style");
    for (name, file) in COPIED {
        site.add(name, read(&style.join(file))?)?;
    }
    let mut notes = Vec::new();
    for audience in &AUDIENCES {
        packing.far(audience.name);
        site.add(&format!("{}.css", audience.name), joined(&style, audience.styles, &site)?)?;
        let (script, program) = generate(root, audience.name, &made, kind)?;
        let module = format!("{}_bg.wasm", audience.name);
        let small = site.add(&module, program)?;
        let script = script.replace(&module, site.file(&module));
        site.add(&format!("{}.js", audience.name), script.into_bytes())?;
        let size = format!("{} {} kB", audience.name, small.div_ceil(1000));
        // How large it may be is said of what is shipped.
        if small <= audience.limit || kind != Kind::Smallest {
            notes.push(size);
        } else {
            bail!(
                "The {} pages are {} kB compressed and may be {}: find what was added with cargo tree and take it out.",
                audience.name,
                small.div_ceil(1000),
                audience.limit / 1000
            );
        }
    }
    let first = !root.join("dist/site/manifest.json").is_file();
    site.finish()?;
    if first {
        cargo::look_again(root, "host/server/src/http/asset.rs")?;
    }
    stamp.keep("")?;
    packing.done(&notes.join(" · "));
    Ok(())
}

/// The style sheets of an audience as one, with the names that the files they mention have now.
fn joined(style: &Path, sheets: &[&str], site: &Site) -> Result<Vec<u8>> {
    let mut all = String::new();
    for sheet in sheets {
        let bytes = read(&style.join(sheet))?;
        all.push_str(&String::from_utf8(bytes).with_context(|| format!("{sheet} is not UTF-8; save it as such."))?);
        all.push('\n');
    }
    for (name, _) in COPIED {
        for quote in ['"', '\'', '(', '/'] {
            all = all.replace(&format!("{quote}{name}"), &format!("{quote}{}", site.file(name)));
        }
    }
    Ok(all.into_bytes())
}

/// The script and the program that wasm-bindgen makes of a compiled bundle.
fn generate(root: &Path, audience: &str, made: &[Artifact], kind: Kind) -> Result<(String, Vec<u8>)> {
    let target = format!("bundle_{audience}");
    let compiled = made
        .iter()
        .filter(|artifact| artifact.target == target)
        .flat_map(|artifact| &artifact.files)
        .find(|file| file.extension().is_some_and(|ending| ending == "wasm"))
        .with_context(|| format!("cargo made no {target}.wasm; is crate-type still cdylib?"))?;
    let work = root.join("dist/.made/bindgen").join(audience);
    let _ = fs::remove_dir_all(&work);
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name(audience).typescript(false).web(true)?;
    if kind != Kind::Quick {
        bindgen.remove_name_section(true).remove_producers_section(true);
    }
    bindgen.generate(&work).with_context(|| {
        format!(
            "The {audience} pages could not be prepared for the browser. When the message below speaks of versions, \
             wasm-bindgen and wasm-bindgen-cli-support differ in Cargo.toml."
        )
    })?;
    if work.join("snippets").exists() {
        bail!("A library brings its own script files ({audience} pages), which are not packed: choose another one.");
    }
    let program = work.join(format!("{audience}_bg.wasm"));
    if kind == Kind::Smallest {
        shrink(root, &program)?;
    }
    let script = read(&work.join(format!("{audience}.js")))?;
    Ok((String::from_utf8(script).context("wasm-bindgen wrote a script that is not UTF-8.")?, read(&program)?))
}

/// The last pass, by binaryen from npm. Needs node; without it the program is a quarter larger and still right.
fn shrink(root: &Path, program: &Path) -> Result<()> {
    if need::program("npm").is_none() {
        println!("Node is not installed, so the pages stay larger than they could be.");
        return Ok(());
    }
    let folder = root.join("xtask/binaryen");
    need::node_packages(&folder)?;
    let smaller = program.with_extension("smaller");
    let done = Command::new(folder.join("node_modules/.bin/wasm-opt"))
        .arg("-Oz")
        .arg(program)
        .arg("-o")
        .arg(&smaller)
        .status();
    if !done.is_ok_and(|status| status.success()) {
        bail!("wasm-opt refused {}: its message is above.", program.display());
    }
    fs::rename(&smaller, program).context("The smaller program could not be put in its place.")
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read; is it there?", path.display()))
}
