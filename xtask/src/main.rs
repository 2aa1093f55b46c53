//! Everything about building Saker that needs an `if`: `cargo xtask <verb>`.

mod bench;
mod bundle;
mod cargo;
mod demo;
mod examples;
mod licence;
mod need;
mod plugins;
mod postgres;
mod release;
mod rules;
mod site;
mod squeeze;
mod stamp;
mod step;
mod tally;
mod test;

use std::{env, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};

const VERBS: &str = "\
cargo xtask <verb>

  demo [--port N ...]   build what has changed and start Saker with example data
  test [--only PART]    every check there is; PART is lint, rust, postgres, api, plugins or browser
  bundle [--dev]        the files that browsers load, into dist/site
  plugins               the plugins, as components
  rules                 which rules of docs/RULES.md no test names
  bench [...]           measure, on an optimised build
  release               an optimised server with the smallest pages";

fn main() -> ExitCode {
    forget_own_package();
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", step::in_sentences(&error));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut args = env::args().skip(1);
    let verb = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let root = root()?;
    match verb.as_str() {
        "demo" => demo::run(&root, &rest)?,
        "test" => return test::run(&root, &rest),
        "bundle" => {
            need::to_build()?;
            let kind = if rest.iter().any(|arg| arg == "--dev") { bundle::Kind::Quick } else { bundle::Kind::Small };
            bundle::build(&root, kind, &mut step::Steps::new(bundle::STEPS))?;
        }
        "plugins" => {
            need::to_build()?;
            plugins::build(&root, &mut step::Steps::new(1))?
        }
        "rules" => {
            let (unnamed, all) = rules::unnamed(&root)?;
            unnamed.iter().for_each(|id| println!("{id}"));
            println!("{} of {all} rules are named in no test.", unnamed.len());
        }
        "bench" => bench::run(&root, &rest)?,
        "release" => release::run(&root)?,
        "" | "help" | "--help" | "-h" => println!("{VERBS}"),
        other => bail!("There is no verb \"{other}\". These are known:\n\n{VERBS}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The checkout this was started in. Asked at run time, because several checkouts may share one target folder.
fn root() -> Result<PathBuf> {
    let here = env::current_dir().context("The current folder cannot be read; start from the checkout.")?;
    here.ancestors()
        .find(|folder| folder.join("xtask/Cargo.toml").is_file())
        .map(PathBuf::from)
        .context("Start this from inside the checkout.")
}

/// `cargo run` describes xtask to its process in variables that build scripts watch. Passed on to another cargo
/// they would make it rebuild those crates each time.
fn forget_own_package() {
    let ours: Vec<String> = env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        .collect();
    for name in ours {
        // SAFETY: the first thing that main does, before any other thread exists.
        unsafe { env::remove_var(name) };
    }
}
