//! Bytes by their hash: mails, attachments. Files in a folder, never changed once written.

use crate::{Error, Result};
use sha2::{Digest, Sha256};
use std::{io::Write, path::PathBuf, sync::Arc};

/// For how long bytes that were just put are kept in any case.
const WANTED: std::time::Duration = std::time::Duration::from_secs(3_600);

/// The file that says which store this is.
const NAME: &str = "name";

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: Arc<PathBuf>,
}

impl Blobs {
    /// Opens the folder, making it where it is not there.
    pub fn open(root: impl Into<PathBuf>) -> std::io::Result<Self> {
        let root = root.into();
        std::fs::create_dir_all(root.join("tmp"))?;
        Ok(Self { root: Arc::new(root) })
    }

    /// What this store is called; none before it was used with a database.
    pub fn name(&self) -> std::io::Result<Option<String>> {
        match std::fs::read_to_string(self.root.join(NAME)) {
            Ok(name) => Ok(Some(name.trim().to_owned())),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    /// Writes down what this store is called, durably.
    pub fn give_name(&self, name: &str) -> std::io::Result<()> {
        let draft = self.root.join("tmp").join(uuid::Uuid::now_v7().simple().to_string());
        std::fs::write(&draft, name)?;
        std::fs::File::open(&draft)?.sync_all()?;
        std::fs::rename(draft, self.root.join(NAME))
    }

    /// Writes bytes and returns their SHA-256 in hex. Durable only after [`Blobs::flush`].
    pub async fn put(&self, bytes: Vec<u8>) -> Result<String> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.put_now(&bytes)).await.map_err(Error::internal)?
    }

    /// As [`Blobs::put`], for bytes in pieces whose SHA-256 the caller has made.
    pub async fn put_hashed(&self, pieces: Vec<Vec<u8>>, hash: [u8; 32]) -> Result<String> {
        let store = self.clone();
        let keep = move || store.keep(&pieces.iter().map(Vec::as_slice).collect::<Vec<_>>(), hex(&hash));
        tokio::task::spawn_blocking(keep).await.map_err(Error::internal)?
    }

    /// As [`Blobs::put`], for callers that are already on a blocking thread.
    pub fn put_now(&self, bytes: &[u8]) -> Result<String> {
        self.keep(&[bytes], hex(&Sha256::digest(bytes)))
    }

    fn keep(&self, pieces: &[&[u8]], name: String) -> Result<String> {
        let path = self.path(&name);
        let size: usize = pieces.iter().map(|piece| piece.len()).sum();
        // A file of the right name and length is the same bytes: names are hashes, and files appear whole.
        if std::fs::metadata(&path).is_ok_and(|m| m.len() == size as u64) {
            // It is wanted again from now on: see `remove_old`.
            std::fs::File::open(&path)?.set_modified(std::time::SystemTime::now())?;
            return Ok(name);
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let draft = self.root.join("tmp").join(uuid::Uuid::now_v7().simple().to_string());
        let mut file = std::fs::File::create_new(&draft)?;
        for piece in pieces {
            file.write_all(piece)?;
        }
        std::fs::rename(&draft, &path)?;
        Ok(name)
    }

    /// Returns when everything that was put before is on the disk. One call serves all who wait at the same moment:
    /// it is the folder's whole file system that is flushed.
    pub async fn flush(&self) -> Result<()> {
        let root = self.root.clone();
        tokio::task::spawn_blocking(move || {
            let folder = std::fs::File::open(root.as_path())?;
            rustix::fs::syncfs(&folder).map_err(std::io::Error::from)
        })
        .await
        .map_err(Error::internal)??;
        Ok(())
    }

    pub async fn get(&self, name: &str) -> Result<Vec<u8>> {
        self.check(name)?;
        tokio::fs::read(self.path(name)).await.map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => Error::NotFound,
            _ => Error::internal(cause),
        })
    }

    /// As [`Blobs::get`], for callers that are already on a blocking thread.
    pub fn get_now(&self, name: &str) -> Result<Vec<u8>> {
        self.check(name)?;
        Ok(std::fs::read(self.path(name))?)
    }

    /// Whether there are such bytes. If so they are kept for an hour more in any case: see [`Blobs::remove_old`].
    pub fn want(&self, name: &str) -> bool {
        let touched = || std::fs::File::open(self.path(name))?.set_modified(std::time::SystemTime::now());
        self.check(name).is_ok() && touched().is_ok()
    }

    /// Removes bytes that nothing refers to, unless somebody put the same within the last hour: whoever did may be about to
    /// refer to them. True when they are gone.
    pub fn remove_old(&self, name: &str) -> Result<bool> {
        self.check(name)?;
        let path = self.path(name);
        let Ok(about) = std::fs::metadata(&path) else { return Ok(true) };
        if is_wanted(&about)? {
            return Ok(false);
        }
        // Out of the way first: whoever puts the same bytes from now on finds nothing, and writes them. Who found them before is
        // seen by their age.
        let aside = self.root.join("tmp").join(uuid::Uuid::now_v7().simple().to_string());
        std::fs::rename(&path, &aside)?;
        if is_wanted(&std::fs::metadata(&aside)?)? {
            std::fs::rename(&aside, &path)?;
            return Ok(false);
        }
        std::fs::remove_file(&aside)?;
        Ok(true)
    }

    /// Names come back from outside; only hashes may become paths.
    fn check(&self, name: &str) -> Result<()> {
        let good = name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
        if good { Ok(()) } else { Err(Error::NotFound) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(&name[..2]).join(name)
    }
}

/// Somebody put it not long ago.
fn is_wanted(about: &std::fs::Metadata) -> std::io::Result<bool> {
    Ok(about.modified()?.elapsed().unwrap_or_default() < WANTED)
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
