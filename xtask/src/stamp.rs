//! Knows whether files have changed since something was made from them, without reading them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Folders that builds and installers write to, never sources.
const NOT_SOURCES: [&str; 4] = ["target", "dist", "node_modules", "shots"];

/// What a set of files looks like now (path, size, time of change), beside what it looked like when last kept.
pub struct Stamp {
    file: PathBuf,
    now: String,
}

impl Stamp {
    /// `inputs` are files and folders below `root`; `also` is anything else that decides the result.
    pub fn of(root: &Path, name: &str, inputs: &[&str], also: &str) -> Result<Stamp> {
        let mut hash = Sha256::new();
        hash.update(also);
        for input in inputs {
            add(&mut hash, &root.join(input))?;
        }
        let now = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Stamp { file: root.join("dist/.made").join(name), now })
    }

    /// The note kept with the last result, when nothing has changed since.
    pub fn kept(&self) -> Option<String> {
        let kept = fs::read_to_string(&self.file).ok()?;
        let (hash, note) = kept.split_once('\n')?;
        (hash == self.now).then(|| note.to_owned())
    }

    /// Remembers that the result is made from the files as they were when this stamp was taken.
    pub fn keep(&self, note: &str) -> Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&self.file, format!("{}\n{note}", self.now)))
            .with_context(|| format!("{} cannot be written; look at its rights.", self.file.display()))
    }
}

fn add(hash: &mut Sha256, path: &Path) -> Result<()> {
    let Ok(about) = fs::metadata(path) else {
        hash.update(b"absent");
        return Ok(());
    };
    if about.is_dir() {
        let mut inside: Vec<PathBuf> = fs::read_dir(path)
            .with_context(|| format!("{} cannot be read; look at its rights.", path.display()))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.file_name().is_some_and(|name| !NOT_SOURCES.iter().any(|skip| name == *skip)))
            .collect();
        inside.sort();
        return inside.iter().try_for_each(|path| add(hash, path));
    }
    let changed = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    hash.update(path.as_os_str().as_encoded_bytes());
    hash.update(about.len().to_le_bytes());
    hash.update(changed.as_nanos().to_le_bytes());
    Ok(())
}
