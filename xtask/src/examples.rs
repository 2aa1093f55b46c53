//! The examples as an author meets them: made by `saker plugin new` under another name, built with the tools of
//! their language, tested with their recorded calls.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{need, tally::Tally};

/// What they are called here. That no trace of their own name is left shows in that they work.
const NAME: &str = "try-it";
/// Examples that are not built each time: a component in Python takes twenty seconds, and the others show that its language
/// works. With `SAKER_ALL_EXAMPLES` they are.
const SELDOM: [&str; 3] = ["automate-python", "classify-python", "enrich-python"];

/// Every folder of `plugins/examples` is a language that `saker plugin new --lang` knows, of a channel, or with another kind
/// before it. What their tools are fetched to lies beside what cargo builds, so it is fetched once for each language.
pub fn test(root: &Path, saker: &Path) -> Result<Tally> {
    let examples = root.join("plugins/examples");
    let mut names: Vec<String> = fs::read_dir(&examples)
        .with_context(|| format!("{} cannot be read.", examples.display()))?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    if env::var_os("SAKER_ALL_EXAMPLES").is_none() {
        names.retain(|name| !SELDOM.contains(&name.as_str()));
    }
    names.sort();
    let mut sum = Tally::default();
    for name in names {
        let began = Instant::now();
        let (kind, language) = name.split_once('-').unwrap_or(("channel", &name));
        let folder = need::target(root).join("examples").join(language);
        let made = make(saker, &examples.join(language), &folder, &["--lang", language, "--kind", kind]);
        let tested = made.and_then(|plugin| {
            build_and_test(saker, &plugin, &folder)?;
            if kind == "channel" { run(saker, &plugin, &folder) } else { Ok(()) }
        });
        let good = tested.map_err(|error| println!("{}", crate::step::in_sentences(&error))).is_ok();
        println!("{name}: {} after {:.1} s\n", if good { "good" } else { "failed" }, began.elapsed().as_secs_f32());
        sum.add(Tally::one(good));
    }
    Ok(sum)
}

/// A new plugin, with the tools of its language where `saker plugin build` looks for them.
fn make(saker: &Path, example: &Path, folder: &Path, what: &[&str]) -> Result<PathBuf> {
    let channel = folder.join(NAME);
    if channel.exists() {
        fs::remove_dir_all(&channel).with_context(|| format!("{} cannot be removed.", channel.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made.", folder.display()))?;
    said(Command::new(saker).args(["plugin", "new", NAME]).args(what).current_dir(folder))?;
    for (pins, tools) in [("package-lock.json", "node_modules"), ("requirements.txt", ".venv")] {
        if !example.join(pins).is_file() {
            continue;
        }
        let place = folder.join(tools);
        if tools == "node_modules" {
            for file in ["package.json", pins] {
                keep(&example.join(file), &folder.join(file))?;
            }
            need::node_packages(folder)?;
        } else {
            need::python_packages(&example.join(pins), &place)?;
        }
        symlink(&place, channel.join(tools)).with_context(|| format!("{tools} cannot be shared."))?;
    }
    Ok(channel)
}

/// Copied where it differs, so that its age says when it last did.
fn keep(from: &Path, to: &Path) -> Result<()> {
    let wanted = fs::read(from).with_context(|| format!("{} cannot be read.", from.display()))?;
    if fs::read(to).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    fs::write(to, wanted).with_context(|| format!("{} cannot be written.", to.display()))
}

fn build_and_test(saker: &Path, channel: &Path, folder: &Path) -> Result<()> {
    let file = format!("{NAME}.wasm");
    for args in [&["plugin", "build"][..], &["plugin", "test", &file, "--calls", "calls"][..]] {
        // Cargo's, where the language is Rust: kept as the other tools are.
        said(Command::new(saker).args(args).current_dir(channel).env("CARGO_TARGET_DIR", folder.join("target")))?;
    }
    Ok(())
}

/// How long a change may take to run.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs on a desk of its own, and runs again, under another name, when its manifest is changed.
fn run(saker: &Path, channel: &Path, folder: &Path) -> Result<()> {
    let mut command = Command::new(saker);
    command.args(["plugin", "run", "--port", "0"]).current_dir(channel).env("CARGO_TARGET_DIR", folder.join("target"));
    let mut child = command.stdout(Stdio::piped()).spawn().context("saker cannot be started.")?;
    let lines = BufReader::new(child.stdout.take().context("saker says nothing.")?).lines();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
    let until = |end: &str| -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match told.recv_timeout(PATIENCE) {
                Ok(line) if line.ends_with(end) => return Ok(()),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        bail!("\"saker plugin run\" did not say \"{end}\".")
    };
    let manifest = channel.join("plugin.toml");
    let seen = until("0.1.0 runs.").and_then(|()| {
        let text = fs::read_to_string(&manifest).context("plugin.toml cannot be read.")?;
        let renamed = text.lines().map(|line| match line.starts_with("name") {
            true => "name = { nb = \"Ara\", en = \"Macaw\" }",
            false => line,
        });
        let renamed: Vec<&str> = renamed.collect();
        fs::write(&manifest, renamed.join("\n")).context("plugin.toml cannot be written.")?;
        until("Macaw 0.1.0 runs.")
    });
    child.kill().and_then(|()| child.wait()).context("saker cannot be stopped.")?;
    seen
}

fn said(command: &mut Command) -> Result<()> {
    let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let status = command.status().context("saker cannot be started.")?;
    if status.success() { Ok(()) } else { bail!("\"saker {}\" failed; its words are above.", args.join(" ")) }
}
