//! Plugins on an author's machine: a runtime without a desk, whose folder is gone when it is.

use crate::{
    hook::Reach,
    plugins::{Compiler, Plugins},
};
use anyhow::Result;
use desk::blob::Blobs;
use std::{
    fs,
    ops::Deref,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A runtime with one plugin.
pub struct Scratch {
    plugins: Plugins,
    /// Behind the runtime, which has files in it.
    _folder: Folder,
}

impl Scratch {
    /// Runs a file, with all that it wants.
    ///
    /// # Errors
    /// For a file that does not run.
    pub async fn with(file: &[u8]) -> Result<Self> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("saker-kit-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let folder = Folder(std::env::temp_dir().join(name));
        let blobs = Blobs::open(folder.0.join("blobs"))?;
        let plugins = Plugins::open(blobs, Compiler::new(folder.0.join("code")), Reach::Public)?;
        plugins.run_files(vec![file.to_vec()]).await?;
        Ok(Self { plugins, _folder: folder })
    }
}

impl Deref for Scratch {
    type Target = Plugins;

    fn deref(&self) -> &Plugins {
        &self.plugins
    }
}

/// Gone with whoever has it, however that ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
