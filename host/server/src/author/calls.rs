//! Recorded calls in a folder: what goes in, what the host is asked and answers, what must come out.

use super::text;
use crate::plugins::{Record, Replayed, difference};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{fs, path::Path};

/// One file of the folder.
pub struct RecordedCall {
    /// Its file's name, as words.
    pub name: String,
    pub record: Record,
}

impl RecordedCall {
    /// All of a folder, in the order of their names.
    ///
    /// # Errors
    /// For a folder without any, and for the first file that can't be read: with its name and what is wrong in it.
    pub fn all_in(folder: &Path) -> Result<Vec<Self>> {
        let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read.", folder.display()))?;
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .collect();
        files.sort();
        ensure!(!files.is_empty(), "There is no recorded call in {}: no file that ends in .json.", folder.display());
        files.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Result<Self> {
        let record = Record::read(&text(path)?).with_context(|| format!("{} is no recorded call", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().replace('-', " ");
        Ok(Self { name, record })
    }

    /// Whether it went as its author wants it.
    ///
    /// # Errors
    /// What did not.
    pub fn judge(&self, done: Replayed) -> Result<()> {
        let output = output(done)?;
        match difference(&self.record.expect, &output, "") {
            None => Ok(()),
            Some(words) => bail!("{words}\n        in {output}"),
        }
    }
}

/// What came out, where nothing was wrong on the way.
///
/// # Errors
/// Why the call ended, and what was wrong with how it asked the host: that may be why.
pub fn output(done: Replayed) -> Result<Value> {
    let mut words = done.complaints;
    match done.output {
        Ok(output) if words.is_empty() => return Ok(output),
        Ok(_) => {}
        Err(why) => words.insert(0, why),
    }
    bail!("{}", words.join("\n        "))
}
