//! Counts what passed, from what test runners say at the end.

use std::{
    io::{BufRead, BufReader, IsTerminal, Read, Write},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, Result};

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
}

impl Tally {
    /// One check that either passed or did not.
    pub fn one(passed: bool) -> Tally {
        Tally { passed: usize::from(passed), failed: usize::from(!passed) }
    }

    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Runs a test program, shows what it says as it says it, and counts. A program that failed without naming a
    /// failed test (it did not compile, or it fell) counts as one that failed.
    pub fn of(mut command: Command) -> Result<Tally> {
        if std::io::stdout().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} cannot be started; is it installed?"))?;
        let errors = child.stderr.take().map(|stream| thread::spawn(move || listen(stream)));
        let mut tally = child.stdout.take().map(listen).unwrap_or_default();
        if let Some(other) = errors.and_then(|thread| thread.join().ok()) {
            tally.add(other);
        }
        let status = child.wait().with_context(|| format!("{name} was lost; try again."))?;
        if !status.success() && tally.failed == 0 {
            tally.failed = 1;
        }
        Ok(tally)
    }
}

fn listen(stream: impl Read) -> Tally {
    let mut tally = Tally::default();
    let mut out = std::io::stdout();
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        // Who watches may have gone; the count goes on.
        let _ = writeln!(out, "{line}");
        tally.add(summary(&plain(&line)).unwrap_or_default());
    }
    tally
}

/// The counts in a closing line of nextest, cargo test or the browser stories; none in any other line.
fn summary(line: &str) -> Option<Tally> {
    let line = line.trim();
    let is_nextest = line.starts_with("Summary [") && line.contains(" run: ");
    let is_cargo = line.starts_with("test result: ");
    let is_stories = line.ends_with(" failed") && line.split(' ').count() == 4 && line.contains(" passed, ");
    if !(is_nextest || is_cargo || is_stories) {
        return None;
    }
    let count = |what: &str| -> usize {
        let words: Vec<&str> = line.split([' ', ',', ';', '(', ')']).filter(|word| !word.is_empty()).collect();
        let found = words.windows(2).find(|pair| pair[1] == what).and_then(|pair| pair[0].parse().ok());
        found.unwrap_or(0)
    };
    Some(Tally { passed: count("passed"), failed: count("failed") + count("timed") })
}

/// The line without colours.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(letter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_runner() {
        let read = |line: &str| summary(&plain(line)).map(|tally| (tally.passed, tally.failed));
        assert_eq!(read("     Summary [   0.1s] 12 tests run: 11 passed (1 slow), 1 failed, 2 skipped"), Some((11, 1)));
        assert_eq!(
            read(
                "\u{1b}[32m     Summary\u{1b}[0m [ 0.1s] 5 tests run: \u{1b}[1m5\u{1b}[0m \u{1b}[32mpassed\u{1b}[0m, 0 skipped"
            ),
            Some((5, 0))
        );
        assert_eq!(read("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured"), Some((3, 2)));
        assert_eq!(read("7 passed, 0 failed"), Some((7, 0)));
        assert_eq!(read("the sign-in failed"), None);
    }
}
