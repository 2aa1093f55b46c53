//! The bytes that a plugin may touch in one call: those it was given and those it makes. Ids are made up for the call,
//! so there is nothing to guess. Nothing reaches the blob store until the call has ended well.

use super::{
    call::Call,
    contract::{
        blobs::{Host, Info},
        types::{Attachment, AttachmentBody},
    },
    limits::PIECE,
};
use desk::{blob::Blobs, outside::InboundFile};
use sha2::{Digest, Sha256};

/// Blobs of one call, in memory.
#[derive(Default)]
pub struct Desk {
    held: Vec<Held>,
    /// Bytes that may still be made.
    pub room: usize,
}

struct Held {
    mime: String,
    bytes: Vec<u8>,
    /// The hash of a finished blob.
    sealed: Option<Vec<u8>>,
}

impl Desk {
    /// Room for so many bytes of the plugin's own.
    pub fn new(room: usize) -> Self {
        Self { held: Vec::new(), room }
    }

    /// Hands bytes to the plugin; returns their id.
    pub fn give(&mut self, mime: &str, bytes: Vec<u8>) -> String {
        let hash = Sha256::digest(&bytes).to_vec();
        self.hand(mime, bytes, hash)
    }

    /// The same for bytes of the store, where their name is their hash.
    pub fn give_stored(&mut self, mime: &str, bytes: Vec<u8>, name: &str) -> String {
        match unhex(name) {
            Some(hash) => self.hand(mime, bytes, hash),
            None => self.give(mime, bytes),
        }
    }

    fn hand(&mut self, mime: &str, bytes: Vec<u8>, hash: Vec<u8>) -> String {
        self.held.push(Held { mime: mime.to_owned(), bytes, sealed: Some(hash) });
        id(self.held.len() - 1)
    }

    /// Finished bytes, left where they are.
    pub fn look(&mut self, id: &str) -> Option<&[u8]> {
        let held = self.held_mut(id)?;
        held.sealed.as_ref()?;
        Some(&held.bytes)
    }

    /// Takes finished bytes back, with their hash, which was made when they were sealed.
    pub fn take(&mut self, id: &str) -> Option<(Vec<u8>, [u8; 32])> {
        let held = self.held_mut(id)?;
        let hash = held.sealed.take()?.try_into().ok()?;
        Some((std::mem::take(&mut held.bytes), hash))
    }

    fn held_mut(&mut self, id: &str) -> Option<&mut Held> {
        let at: usize = id.strip_prefix("blob-")?.parse().ok()?;
        self.held.get_mut(at)
    }

    fn sealed(&mut self, id: &str) -> Result<&Held, String> {
        match self.held_mut(id) {
            Some(held) if held.sealed.is_some() => Ok(held),
            Some(_) => Err("this blob is not sealed".into()),
            None => Err("there is no such blob in this call".into()),
        }
    }

    fn open(&mut self, id: &str) -> Result<&mut Held, String> {
        match self.held_mut(id) {
            Some(held) if held.sealed.is_none() => Ok(held),
            Some(_) => Err("this blob is sealed".into()),
            None => Err("there is no such blob in this call".into()),
        }
    }
}

/// Puts into the store what was on a call's table, under its hash where that is known.
pub async fn keep(blobs: &Blobs, bytes: Vec<u8>, hash: Option<[u8; 32]>) -> desk::Result<String> {
    match hash {
        Some(hash) => blobs.put_hashed(bytes, hash).await,
        None => blobs.put(bytes).await,
    }
}

fn unhex(name: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(name.get(at..at + 2)?, 16).ok();
    (name.len() == 64).then(|| (0..64).step_by(2).map(pair).collect())?
}

fn id(at: usize) -> String {
    format!("blob-{at}")
}

fn info(id: String, held: &Held) -> Info {
    Info {
        id,
        size: u32::try_from(held.bytes.len()).unwrap_or(u32::MAX),
        mime: held.mime.clone(),
        sha256: held.sealed.clone().unwrap_or_default(),
    }
}

impl Call {
    /// A file that goes out with a message, its bytes on the table.
    pub fn enclosed(&mut self, file: InboundFile, bytes: Vec<u8>) -> Attachment {
        let size = u32::try_from(bytes.len()).ok();
        let id = self.desk.give_stored(&file.mime, bytes, &file.blob);
        Attachment {
            filename: Some(file.name),
            mime: file.mime,
            size,
            content_id: file.content_id,
            body: AttachmentBody::Stored(id),
        }
    }
}

impl Host for Call {
    async fn stat(&mut self, id: String) -> wasmtime::Result<Result<Info, String>> {
        self.count()?;
        Ok(self.desk.sealed(&id).map(|held| info(id.clone(), held)))
    }

    async fn read(&mut self, id: String, offset: u32, len: u32) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.count()?;
        Ok(self.desk.sealed(&id).map(|held| {
            let from = (offset as usize).min(held.bytes.len());
            let to = from.saturating_add((len as usize).min(PIECE)).min(held.bytes.len());
            held.bytes[from..to].to_vec()
        }))
    }

    async fn create(&mut self, mime: String, _filename: Option<String>) -> wasmtime::Result<Result<String, String>> {
        self.count()?;
        // Ten thousand of these with mebibytes of a name would be no small thing.
        self.desk.held.push(Held { mime: super::tidy::mime(&mime), bytes: Vec::new(), sealed: None });
        Ok(Ok(id(self.desk.held.len() - 1)))
    }

    async fn append(&mut self, id: String, data: Vec<u8>) -> wasmtime::Result<Result<u32, String>> {
        self.count()?;
        if data.len() > PIECE {
            return Ok(Err("more than a mebibyte at once".into()));
        }
        let Some(room) = self.desk.room.checked_sub(data.len()) else {
            return Ok(Err("this call has no more room for blobs".into()));
        };
        let added = self.desk.open(&id).map(|held| {
            held.bytes.extend_from_slice(&data);
            u32::try_from(held.bytes.len()).unwrap_or(u32::MAX)
        });
        if added.is_ok() {
            self.desk.room = room;
        }
        Ok(added)
    }

    async fn seal(&mut self, id: String) -> wasmtime::Result<Result<Info, String>> {
        self.count()?;
        Ok(self.desk.open(&id).map(|held| {
            held.sealed = Some(Sha256::digest(&held.bytes).to_vec());
            held.bytes.shrink_to_fit();
            info(id.clone(), held)
        }))
    }
}
