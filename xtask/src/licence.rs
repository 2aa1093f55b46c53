//! The licence gate: every library's licence must be one that lets people use Saker as they like.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo;

/// Permissive licences, and two that bind only their own files (MPL) or data (CDLA). No GPL, no AGPL.
const ACCEPTED: [&str; 17] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// The libraries whose licence is not accepted, each with what it says.
pub fn refused(root: &Path) -> Result<Vec<String>> {
    let output = cargo::command(root)
        .args(["metadata", "--format-version", "1", "--quiet"])
        .output()
        .context("cargo cannot be started; is the Rust toolchain installed?")?;
    let graph: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata says nothing; run it to see why.")?;
    let packages = graph["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(packages
        .iter()
        .filter_map(|package| {
            let licence = package["license"].as_str().unwrap_or("none named");
            let name = package["name"].as_str().unwrap_or("?");
            (!accepts(licence)).then(|| format!("{name}: {licence}"))
        })
        .collect())
}

/// Whether an SPDX expression leaves a choice that is accepted. The old `A/B` means `A OR B`.
fn accepts(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest) && rest.is_empty()
}

fn any(rest: &mut &[&str]) -> bool {
    let mut accepted = all(rest);
    while let ["OR", tail @ ..] = *rest {
        *rest = tail;
        accepted |= all(rest);
    }
    accepted
}

fn all(rest: &mut &[&str]) -> bool {
    let mut accepted = single(rest);
    while let ["AND", tail @ ..] = *rest {
        *rest = tail;
        accepted &= single(rest);
    }
    accepted
}

fn single(rest: &mut &[&str]) -> bool {
    match *rest {
        ["(", tail @ ..] => {
            *rest = tail;
            let accepted = any(rest);
            if let [")", tail @ ..] = *rest {
                *rest = tail;
            }
            accepted
        }
        [name, "WITH", exception, tail @ ..] => {
            *rest = tail;
            ACCEPTED.contains(&format!("{name} WITH {exception}").as_str())
        }
        [name, tail @ ..] => {
            *rest = tail;
            ACCEPTED.contains(name)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::accepts;

    #[test]
    fn reads_expressions() {
        assert!(accepts("MIT OR Apache-2.0"));
        assert!(accepts("MIT/Apache-2.0"));
        assert!(accepts("(MIT OR GPL-3.0) AND Unicode-3.0"));
        assert!(accepts("Apache-2.0 WITH LLVM-exception"));
        assert!(accepts("GPL-2.0 OR MIT"));
        assert!(!accepts("MIT AND GPL-3.0-only"));
        assert!(!accepts("AGPL-3.0"));
        assert!(!accepts("Apache-2.0 WITH Some-exception"));
        assert!(!accepts("none named"));
    }
}
