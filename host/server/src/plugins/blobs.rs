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
use desk::outside::InboundFile;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Blobs of one call, in memory.
#[derive(Default)]
pub struct Desk {
    held: Vec<Held>,
    /// Bytes that may still be made.
    pub room: usize,
}

struct Held {
    mime: String,
    bytes: Pieces,
    hash: Hash,
}

/// Bytes as they came: a large file that grew in one place would be moved again and again.
#[derive(Default)]
struct Pieces {
    pieces: Vec<Vec<u8>>,
    size: usize,
}

enum Hash {
    Open(Box<Sha256>),
    /// Of a finished blob.
    Sealed([u8; 32]),
}

/// What was on a call's table.
pub struct Taken {
    pub pieces: Vec<Vec<u8>>,
    pub size: usize,
    pub hash: [u8; 32],
}

impl Desk {
    /// Room for so many bytes of the plugin's own.
    pub fn new(room: usize) -> Self {
        Self { held: Vec::new(), room }
    }

    /// Hands bytes to the plugin; returns their id.
    pub fn give(&mut self, mime: &str, bytes: Vec<u8>) -> String {
        let hash = Sha256::digest(&bytes).into();
        self.hand(mime, bytes, hash)
    }

    /// The same for bytes of the store, where their name is their hash.
    pub fn give_stored(&mut self, mime: &str, bytes: Vec<u8>, name: &str) -> String {
        match unhex(name) {
            Some(hash) => self.hand(mime, bytes, hash),
            None => self.give(mime, bytes),
        }
    }

    fn hand(&mut self, mime: &str, bytes: Vec<u8>, hash: [u8; 32]) -> String {
        let bytes = Pieces { size: bytes.len(), pieces: vec![bytes] };
        self.held.push(Held { mime: mime.to_owned(), bytes, hash: Hash::Sealed(hash) });
        id(self.held.len() - 1)
    }

    /// Finished bytes, left where they are.
    pub fn look(&mut self, id: &str) -> Option<&[u8]> {
        Some(self.sealed(id).ok()?.bytes.whole())
    }

    /// Takes finished bytes back.
    pub fn take(&mut self, id: &str) -> Option<Taken> {
        let held = self.held_mut(id)?;
        let Hash::Sealed(hash) = held.hash else { return None };
        // It is taken once: what was taken is no blob any more.
        let Pieces { pieces, size } = held.give_up();
        Some(Taken { pieces, size, hash })
    }

    /// Gives up what none of these names.
    pub fn keep_only<'a>(&mut self, ids: impl Iterator<Item = &'a str>) {
        let named: BTreeSet<usize> = ids.filter_map(place).collect();
        for (_, held) in self.held.iter_mut().enumerate().filter(|(at, _)| !named.contains(at)) {
            held.give_up();
        }
    }

    fn held_mut(&mut self, id: &str) -> Option<&mut Held> {
        self.held.get_mut(place(id)?)
    }

    fn sealed(&mut self, id: &str) -> Result<&mut Held, String> {
        match self.held_mut(id) {
            Some(held) if matches!(held.hash, Hash::Sealed(_)) => Ok(held),
            Some(_) => Err("this blob is not sealed".into()),
            None => Err("there is no such blob in this call".into()),
        }
    }

    fn open(&mut self, id: &str) -> Result<&mut Held, String> {
        match self.held_mut(id) {
            Some(held) if matches!(held.hash, Hash::Open(_)) => Ok(held),
            Some(_) => Err("this blob is sealed".into()),
            None => Err("there is no such blob in this call".into()),
        }
    }
}

impl Held {
    fn give_up(&mut self) -> Pieces {
        self.hash = Hash::Open(Box::default());
        std::mem::take(&mut self.bytes)
    }

    fn add(&mut self, piece: Vec<u8>) {
        if let Hash::Open(hash) = &mut self.hash {
            hash.update(&piece);
        }
        self.bytes.add(piece);
    }

    fn seal(&mut self) {
        if let Hash::Open(hash) = &mut self.hash {
            self.hash = Hash::Sealed(hash.finalize_reset().into());
        }
    }
}

impl Pieces {
    /// A piece smaller than this is put to the one before it.
    const SMALL: usize = 16 << 10;

    fn add(&mut self, piece: Vec<u8>) {
        self.size += piece.len();
        match self.pieces.last_mut() {
            Some(last) if last.len() + piece.len() <= Self::SMALL => last.extend_from_slice(&piece),
            _ => self.pieces.push(piece),
        }
    }

    fn whole(&mut self) -> &[u8] {
        if self.pieces.len() > 1 {
            self.pieces = vec![self.pieces.concat()];
        }
        self.pieces.first().map_or(&[], Vec::as_slice)
    }

    fn part(&self, from: usize, most: usize) -> Vec<u8> {
        let (mut before, mut part) =
            (from.min(self.size), Vec::with_capacity(most.min(self.size - from.min(self.size))));
        for piece in &self.pieces {
            let here = piece.get(before..).unwrap_or_default();
            before = before.saturating_sub(piece.len());
            part.extend_from_slice(&here[..here.len().min(most - part.len())]);
            if part.len() == most {
                break;
            }
        }
        part
    }
}

impl Taken {
    /// All of it in one place.
    pub fn whole(mut self) -> Vec<u8> {
        if self.pieces.len() == 1 { self.pieces.remove(0) } else { self.pieces.concat() }
    }
}

fn unhex(name: &str) -> Option<[u8; 32]> {
    let pair = |at: usize| u8::from_str_radix(name.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..name.len()).step_by(2).map(pair).collect();
    bytes?.try_into().ok()
}

fn place(id: &str) -> Option<usize> {
    id.strip_prefix("blob-")?.parse().ok()
}

fn id(at: usize) -> String {
    format!("blob-{at}")
}

fn info(id: String, held: &Held) -> Info {
    Info {
        id,
        size: u32::try_from(held.bytes.size).unwrap_or(u32::MAX),
        mime: held.mime.clone(),
        sha256: match held.hash {
            Hash::Sealed(hash) => hash.to_vec(),
            Hash::Open(_) => vec![],
        },
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
        Ok(self.desk.sealed(&id).map(|held| held.bytes.part(offset as usize, (len as usize).min(PIECE))))
    }

    async fn create(&mut self, mime: String, _filename: Option<String>) -> wasmtime::Result<Result<String, String>> {
        self.count()?;
        // Ten thousand of these with mebibytes of a name would be no small thing.
        let hash = Hash::Open(Box::default());
        self.desk.held.push(Held { mime: super::tidy::mime(&mime), bytes: Pieces::default(), hash });
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
            held.add(data);
            u32::try_from(held.bytes.size).unwrap_or(u32::MAX)
        });
        if added.is_ok() {
            self.desk.room = room;
        }
        Ok(added)
    }

    async fn seal(&mut self, id: String) -> wasmtime::Result<Result<Info, String>> {
        self.count()?;
        Ok(self.desk.open(&id).map(|held| {
            held.seal();
            info(id.clone(), held)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Desk, Held, Pieces};
    use sha2::{Digest, Sha256};

    #[test]
    fn pieces_are_one_file() {
        let mut pieces = Pieces::default();
        let whole: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        for piece in [&whole[..10], &whole[10..40_000], &whole[40_000..40_001], &whole[40_001..]] {
            pieces.add(piece.to_vec());
        }
        assert!(pieces.pieces.len() > 1);
        for (from, most) in
            [(0, 7), (5, 10), (9, 39_995), (39_999, 60_001), (99_999, 5), (100_000, 5), (200_000, 5), (0, 0)]
        {
            let end = (from + most).min(whole.len());
            assert_eq!(pieces.part(from, most), whole[from.min(end)..end], "{from} {most}");
        }
        assert_eq!(pieces.whole(), whole);
        assert_eq!(Pieces::default().whole(), b"");
    }

    #[test]
    fn what_is_given_is_taken_once() {
        let mut desk = Desk::new(0);
        let id = desk.give("text/plain", b"Hei".to_vec());
        assert_eq!(desk.look(&id), Some(&b"Hei"[..]));
        let taken = desk.take(&id).unwrap();
        assert_eq!((taken.size, taken.hash), (3, Sha256::digest(b"Hei").into()));
        assert_eq!(taken.whole(), b"Hei");
        assert!(desk.take(&id).is_none() && desk.look(&id).is_none());
        let stored = desk.give_stored("text/plain", b"x".to_vec(), &"0f".repeat(32));
        assert_eq!(desk.take(&stored).unwrap().hash, [0x0f; 32]);
        assert!(desk.held.iter().all(|Held { bytes, .. }| bytes.size == 0));
    }
}
