//! Where a desk keeps its things. A database belongs with the files and the secret that it was first opened with: rows name
//! files, and hold what only that secret opens.

use crate::{
    Desk, Error, Result, Why,
    blob::{Blobs, hex},
    clock::{Clock, SECOND},
    settings::setting,
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::path::PathBuf;

/// The settings that say what a database belongs with.
const SECRET: &str = "place.secret";
const FILES: &str = "place.files";

/// What a desk is called with from outside. All nodes on one database have the same database, blobs, secret and address.
#[derive(Clone, Debug)]
pub struct Place {
    /// `sqlite:path` or `postgres://…`.
    pub database: String,
    /// Folder of the blobs. Can't be thrown away.
    pub blobs: PathBuf,
    /// Folder of the index, of this node alone. Can be thrown away.
    pub index: PathBuf,
    /// Signs private links and uploads, and seals what accounts keep to themselves; at least 32 bytes.
    pub secret: Vec<u8>,
    /// Takes the secret and the blobs for the right ones whatever the database was opened with before.
    pub adopt: bool,
    /// As customers reach it, without a slash at the end.
    pub public_url: String,
    pub clock: Clock,
}

/// How far a machine's clock may be from the database's: leases and what is undone are counted by either.
const APART: i64 = 10 * SECOND;

impl Desk {
    /// # Errors
    /// `clock`, when this machine's is so far from that of the database that it would take what other nodes have in hand.
    pub(crate) async fn keep_in_step(&self) -> Result<()> {
        let Some(apart) = self.db().ahead().await? else { return Ok(()) };
        if apart.abs() > SECOND {
            tracing::warn!(seconds = apart / SECOND, "this machine's clock is not the database's");
        }
        if apart.abs() > APART { Err(Error::invalid("clock", Why::NotAChoice)) } else { Ok(()) }
    }

    /// Lets the database know what it belongs with, on the first start, and sees on each later one that it is still so: a
    /// node with files of its own could not send what the others took in, and would take their files for lost.
    ///
    /// # Errors
    /// `secret` or `blobs`, when the database was first opened with another one.
    pub(crate) async fn keep_together(&self, adopt: bool) -> Result<()> {
        let secret = fingerprint(self.secret())?;
        let mut connection = self.read().acquire().await?;
        if setting(&mut *connection, SECRET).await?.as_deref() == Some(&secret)
            && let Some(files) = setting(&mut *connection, FILES).await?
            && self.blobs().name()? == Some(files)
        {
            return Ok(());
        }
        drop(connection);
        // Two nodes may start for the first time at once; the pen decides whose files and secret are the database's.
        let mut write = self.write().await?;
        match setting(write.sql(), SECRET).await? {
            Some(other) if other != secret && !adopt => return Err(Error::invalid("secret", Why::NotAChoice)),
            _ => write.set_setting(SECRET, &secret).await?,
        }
        match (setting(write.sql(), FILES).await?, self.blobs().name()?) {
            (Some(files), Some(here)) if files == here => {}
            (Some(_), _) if !adopt => return Err(Error::invalid("blobs", Why::NotAChoice)),
            (_, Some(here)) => write.set_setting(FILES, &here).await?,
            (_, None) => write.set_setting(FILES, &named(self.blobs())?).await?,
        }
        write.commit().await
    }
}

fn named(blobs: &Blobs) -> Result<String> {
    let name = uuid::Uuid::now_v7().to_string();
    blobs.give_name(&name)?;
    Ok(name)
}

/// Tells two secrets apart, and nothing about either.
fn fingerprint(secret: &[u8]) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(Error::internal)?;
    mac.update(b"fingerprint 1");
    Ok(hex(&mac.finalize().into_bytes()))
}
