//! `dist/site`: files under names that change with their content, each with its compressed twins, and the list.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::squeeze::{self, Effort};

/// A site being put together beside the one in use, so that a failure leaves that one whole.
pub struct Site {
    old: PathBuf,
    new: PathBuf,
    effort: Effort,
    /// The name that pages use → the name that the file has.
    files: BTreeMap<String, String>,
}

impl Site {
    pub fn begin(root: &Path, effort: Effort) -> Result<Site> {
        let (old, new) = (root.join("dist/site"), root.join("dist/.made/next"));
        let _ = fs::remove_dir_all(&new);
        fs::create_dir_all(&new).with_context(|| format!("{} cannot be made; look at its rights.", new.display()))?;
        Ok(Site { old, new, effort, files: BTreeMap::new() })
    }

    /// Adds a file and returns its size with brotli, in bytes.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<usize> {
        let hash: String = Sha256::digest(&bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let file = format!("{stem}-{hash}.{ending}");
        let path = self.new.join(&file);
        // A font is compressed already.
        let small = if ending == "woff2" { bytes.len() } else { self.twins(&file, &bytes)? };
        fs::write(&path, bytes).with_context(|| format!("{} cannot be written.", path.display()))?;
        self.files.insert(name.to_owned(), file);
        Ok(small)
    }

    /// Writes `.br` and `.gz`, taken from the last site when that had the same content pressed as hard.
    fn twins(&self, file: &str, bytes: &[u8]) -> Result<usize> {
        let same_effort =
            fs::read_to_string(self.new.with_file_name("effort")).is_ok_and(|kept| kept == self.effort.name());
        let mut small = bytes.len();
        for (ending, squeeze) in squeeze::KINDS {
            let name = format!("{file}.{ending}");
            let known = same_effort.then(|| fs::read(self.old.join(&name)).ok()).flatten();
            let pressed = match known {
                Some(pressed) => pressed,
                None => squeeze(bytes, self.effort).with_context(|| format!("{name} cannot be compressed."))?,
            };
            small = small.min(pressed.len());
            fs::write(self.new.join(&name), pressed).with_context(|| format!("{name} cannot be written."))?;
        }
        Ok(small)
    }

    /// The present name of a file that was added.
    pub fn file<'a>(&'a self, name: &'a str) -> &'a str {
        self.files.get(name).map_or(name, String::as_str)
    }

    /// Writes the list and puts the new site in the old one's place.
    pub fn finish(self) -> Result<()> {
        let list: BTreeMap<&String, String> =
            self.files.iter().map(|(name, file)| (name, format!("/assets/{file}"))).collect();
        let list = serde_json::to_vec_pretty(&list).context("The list of files cannot be written as JSON.")?;
        let put = || -> std::io::Result<()> {
            fs::write(self.new.join("manifest.json"), list)?;
            fs::write(self.new.with_file_name("effort"), self.effort.name())?;
            if self.old.exists() {
                fs::remove_dir_all(&self.old)?;
            }
            fs::rename(&self.new, &self.old)
        };
        put().context("dist/site cannot be replaced; look at its rights.")
    }
}
