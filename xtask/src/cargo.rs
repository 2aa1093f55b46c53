//! Runs cargo and counts what it has built.

use std::{
    collections::HashSet,
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::step::Step;

/// Something cargo made.
pub struct Artifact {
    /// The target's name, `bundle_customer` for example.
    pub target: String,
    pub files: Vec<PathBuf>,
    pub executable: Option<PathBuf>,
}

/// The same cargo that runs this.
pub fn command(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Has a source compiled again that takes a folder in: cargo knows which files it found there, and not that there are more now.
pub fn look_again(root: &Path, source: &str) -> Result<()> {
    let path = root.join(source);
    let file = fs::File::options().append(true).open(&path);
    file.and_then(|file| file.set_modified(SystemTime::now())).with_context(|| format!("{source} cannot be touched."))
}

/// `cargo build` with `args`, telling `step` how many libraries are ready. Returns what it made in this checkout's
/// packages and below, and how many of all had to be compiled.
pub fn build(root: &Path, step: &mut Step, args: &[&str]) -> Result<(Vec<Artifact>, usize)> {
    build_with(root, step, args, &[])
}

/// The same, with these variables around it.
pub fn build_with(
    root: &Path,
    step: &mut Step,
    args: &[&str],
    around: &[(&str, &str)],
) -> Result<(Vec<Artifact>, usize)> {
    let total = about_how_many(root, args);
    let mut child = command(root)
        .envs(around.iter().copied())
        .args(["build", "--quiet", "--message-format=json-render-diagnostics"])
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be started; is the Rust toolchain installed?")?;
    let mut made = Vec::new();
    let mut ready = HashSet::new();
    let mut compiled = HashSet::new();
    let output = child.stdout.take().context("cargo gives no output to read; try again.")?;
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { break };
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        // A crate may come as several: its build script, what that ran, and the library.
        let package = message["package_id"].as_str().unwrap_or_default().to_owned();
        ready.insert(package.clone());
        if message["fresh"] == false {
            compiled.insert(package);
            step.far(&format!("{} of {} crates", ready.len(), total.max(ready.len())));
        }
        made.push(artifact(&message));
    }
    if !child.wait().context("cargo was lost; try again.")?.success() {
        step.make_way();
        bail!("This did not compile; the message is above. Mend it and run the same command again.");
    }
    Ok((made, compiled.len()))
}

fn artifact(message: &Value) -> Artifact {
    let path = |value: &Value| value.as_str().map(PathBuf::from);
    Artifact {
        target: message["target"]["name"].as_str().unwrap_or_default().replace('-', "_"),
        files: message["filenames"].as_array().into_iter().flatten().filter_map(path).collect(),
        executable: path(&message["executable"]),
    }
}

/// The number of packages a build touches. Zero when cargo cannot say: it is only for showing.
fn about_how_many(root: &Path, args: &[&str]) -> usize {
    let mut tree = command(root);
    tree.args(["tree", "--quiet", "--prefix", "none", "--format", "{p}", "--edges", "normal,build"]);
    for pair in args.windows(2) {
        match pair {
            ["-p" | "--target", value] => _ = tree.args([pair[0], value]),
            // Of the workspace, a program takes only what it is made of.
            ["--bin", program] if args.contains(&"--workspace") => {
                package_of(root, program).into_iter().for_each(|package| _ = tree.args(["-p", &package]));
            }
            _ => {}
        }
    }
    let Ok(output) = tree.stderr(Stdio::null()).output() else {
        return 0;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect::<HashSet<_>>().len()
}

/// Which package of the workspace a program is in.
fn package_of(root: &Path, program: &str) -> Option<String> {
    let output = command(root).args(["metadata", "--no-deps", "--quiet", "--format-version", "1"]).output().ok()?;
    let about: Value = serde_json::from_slice(&output.stdout).ok()?;
    let has = |package: &&Value| {
        let mut targets = package["targets"].as_array().into_iter().flatten();
        targets.any(|target| target["name"] == program && target["kind"][0] == "bin")
    };
    Some(about["packages"].as_array()?.iter().find(has)?["name"].as_str()?.to_owned())
}
