//! Every check there is, in the order in which it tells most soonest.

use std::{
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};

use crate::{
    bundle, cargo, demo, examples, licence, need, plugins,
    postgres::Postgres,
    step::{self, Steps},
    tally::Tally,
};

/// A part that `--only` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Lint,
    Rust,
    Postgres,
    Api,
    Plugins,
    Browser,
}

const PARTS: [(&str, Part); 6] = [
    ("lint", Part::Lint),
    ("rust", Part::Rust),
    ("postgres", Part::Postgres),
    ("api", Part::Api),
    ("plugins", Part::Plugins),
    ("browser", Part::Browser),
];

/// Runs every part, or the one asked for, to the end whatever fails. The last line is the sum.
pub fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    let parts = asked(args)?;
    let mut sum = Tally::default();
    for part in parts {
        let came = match part {
            Part::Lint => lint(root),
            Part::Rust => rust(root),
            Part::Postgres => on_postgres(root),
            Part::Api => api(root),
            Part::Plugins => examples(root),
            Part::Browser => browser(root),
        };
        sum.add(came.unwrap_or_else(|error| {
            println!("{}", step::in_sentences(&error));
            Tally::one(false)
        }));
    }
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    Ok(if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn asked(args: &[String]) -> Result<Vec<Part>> {
    let named = match args {
        [] => return Ok(PARTS.map(|(_, part)| part).to_vec()),
        [flag, name] if flag == "--only" => name.as_str(),
        [flag] => flag.strip_prefix("--only=").unwrap_or_default(),
        _ => "",
    };
    match PARTS.iter().find(|(name, _)| *name == named) {
        Some((_, part)) => Ok(vec![*part]),
        None => bail!("Say \"cargo xtask test\", or add --only lint, rust, postgres, api, plugins or browser."),
    }
}

/// Form, warnings, the pages as the browser's compiler sees them, and licences.
fn lint(root: &Path) -> Result<Tally> {
    need::to_build()?;
    let mut steps = Steps::new(4);
    let mut sum = Tally::default();
    let portal = ["check", "--quiet", "-p", "portal", "--target", "wasm32-unknown-unknown"];
    let checks: [(&str, &str, &[&str]); 3] = [
        ("Form of the code", "run cargo fmt", &["fmt", "--all", "--check"]),
        (
            "Warnings",
            "mend what clippy says above",
            &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"],
        ),
        ("The pages for the browser", "mend what is said above", &portal),
    ];
    for (what, remedy, args) in checks {
        let mut step = steps.next(what);
        step.make_way();
        let good = cargo::command(root).args(args).status().context("cargo cannot be started.")?.success();
        step.done(if good { "good" } else { remedy });
        sum.add(Tally::one(good));
    }
    let step = steps.next("Licences");
    let refused = licence::refused(root)?;
    step.done(if refused.is_empty() { "all permissive" } else { "not accepted:" });
    refused.iter().for_each(|line| println!("  {line}"));
    sum.add(Tally::one(refused.is_empty()));
    Ok(sum)
}

/// Every Rust test, on SQLite.
fn rust(root: &Path) -> Result<Tally> {
    need::to_build()?;
    need::to_test_mail()?;
    let mut steps = Steps::new(bundle::STEPS + 2);
    artifacts(root, &mut steps)?;
    steps.next("Testing on SQLite").make_way();
    let mut tests = runner(root);
    tests.arg("--workspace").env_remove("SAKER_TEST_DATABASE");
    Tally::of(tests)
}

/// The stories again, on PostgreSQL.
fn on_postgres(root: &Path) -> Result<Tally> {
    need::to_build()?;
    need::to_test_mail()?;
    need::to_test_postgres()?;
    let mut steps = Steps::new(bundle::STEPS + 3);
    artifacts(root, &mut steps)?;
    let starting = steps.next("Starting PostgreSQL");
    let postgres = Postgres::start()?;
    starting.done(&postgres.url());
    steps.next("Testing on PostgreSQL").make_way();
    let mut tests = runner(root);
    // Of the workspace, as before: for a package alone cargo would build every library again with other features.
    tests.args(["--workspace", "--test", "stories", "--test", "rules"]).env("SAKER_TEST_DATABASE", postgres.url());
    Tally::of(tests)
}

/// Every call of the API with what its document allows and forbids, against the program that `demo` starts.
fn api(root: &Path) -> Result<Tally> {
    let python = need::to_test_api(root)?;
    let server = demo::server(root)?;
    let mut calls = Command::new(python);
    calls.arg("fuzz.py").current_dir(root.join("tests/api")).env("SAKER_PROGRAM", server);
    Tally::of(calls)
}

/// The example channels, made and tested with the program that `demo` starts.
fn examples(root: &Path) -> Result<Tally> {
    need::to_test_plugins()?;
    examples::test(root, &demo::server(root)?)
}

/// What people do, in a browser, against the program that `demo` starts.
fn browser(root: &Path) -> Result<Tally> {
    need::to_test_browser(root)?;
    let server = demo::server(root)?;
    let mut stories = Command::new("node");
    stories.arg("run.mjs").current_dir(root.join("tests/browser")).env("SAKER_PROGRAM", server);
    Tally::of(stories)
}

/// Plugins and pages, which the tests load as a server does.
fn artifacts(root: &Path, steps: &mut Steps) -> Result<()> {
    plugins::build(root, steps)?;
    bundle::build(root, bundle::Kind::Small, steps)
}

/// nextest where it is installed: it runs tests of all packages side by side.
fn runner(root: &Path) -> Command {
    let mut command = cargo::command(root);
    match need::program("cargo-nextest") {
        Some(_) => command.args(["nextest", "run", "--no-fail-fast", "--no-tests=pass"]),
        None => command.args(["test", "--no-fail-fast"]),
    };
    command
}
