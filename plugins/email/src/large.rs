//! A mail that is too large to hold.
//!
//! What makes a mail large is nearly always a file in base64. It is opened as it goes past, a piece at a time, and goes
//! to where files are kept. What is left is a small mail, which is read like any other. So a mail of 50 MB takes no more
//! memory than one of 5, and memory that is touched for the first time is what costs most in the sandbox.
//!
//! Where anything is not as RFC 2046 has it, there is no light mail, and the whole is read.

use crate::{
    base64,
    skeleton::{self, Away},
};
use memchr::{memchr, memmem, memrchr};

/// From here on a mail is read like this.
pub const LARGE: usize = 256 << 10;
/// Bytes that are looked at together: they stay near the processor.
const PIECE: usize = 128 << 10;
/// More than that beside its files, and it is not they that make the mail large.
const HEAVY: usize = 4 << 20;
/// A longer head is no head.
const LONGEST_HEAD: usize = 64 << 10;

/// Where a mail lies, and where its files go. Errors are words of whoever keeps them.
pub trait Store {
    /// Bytes of the mail.
    fn size(&self) -> usize;
    /// The SHA-256 of the mail.
    fn hash(&self) -> &[u8];
    /// Bytes of the mail from here on, `most` of them at most; none only at its end.
    fn read(&mut self, from: usize, most: usize) -> Result<Vec<u8>, String>;
    /// A new file, and its name.
    fn create(&mut self) -> Result<String, String>;
    /// Adds bytes to a file.
    fn append(&mut self, id: &str, bytes: &[u8]) -> Result<(), String>;
    /// Ends a file.
    fn seal(&mut self, id: &str) -> Result<(), String>;
}

/// A mail without its files; the whole of it where it has none.
pub struct Light {
    pub mail: Vec<u8>,
    /// In the order of the mail.
    pub away: Vec<Away>,
}

/// The mail without its files, which are kept when this returns; `None` where anything in it is odd.
///
/// # Errors
/// The store's.
pub fn light(store: &mut impl Store) -> Result<Option<Light>, String> {
    light_by(store, PIECE)
}

fn light_by(store: &mut impl Store, most: usize) -> Result<Option<Light>, String> {
    let mut walk = Walk { kept: Vec::new(), away: Vec::new(), open: Vec::new(), at: Place::Head(0) };
    let mut from = 0;
    while from < store.size() {
        let piece = store.read(from, most)?;
        let is_last = from + piece.len() >= store.size();
        let lines = if is_last { piece.len() } else { memrchr(b'\n', &piece).map_or(0, |end| end + 1) };
        // A line without end is no line of a mail.
        if lines == 0 || !walk.lines(&piece[..lines], store)? {
            return Ok(None);
        }
        from += lines;
    }
    let has_ended = !matches!(walk.at, Place::File { .. });
    Ok(has_ended.then_some(Light { mail: walk.kept, away: walk.away }))
}

/// From line to line.
struct Walk {
    kept: Vec<u8>,
    away: Vec<Away>,
    /// Boundaries of the multiparts that have begun, with their `--`.
    open: Vec<Vec<u8>>,
    at: Place,
}

/// What the next line belongs to.
enum Place {
    /// The head of a part, which began here in what is kept.
    Head(usize),
    /// Words, until the boundary of what is open.
    Words,
    File {
        id: String,
        size: usize,
        lines: base64::Lines,
    },
}

impl Walk {
    /// Goes on with some whole lines; false where the mail is better read whole.
    fn lines(&mut self, lines: &[u8], store: &mut impl Store) -> Result<bool, String> {
        let mut rest = lines;
        while !rest.is_empty() {
            if let Place::Head(began) = self.at {
                let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                let is_first = self.kept.len() == began;
                self.kept.extend_from_slice(&rest[..end]);
                // A part's first line is the rest of its boundary's.
                let is_end = !is_first && rest[..end].trim_ascii().is_empty();
                rest = &rest[end..];
                if self.kept.len() - began > LONGEST_HEAD || is_end && !self.begin(began, store)? {
                    return Ok(false);
                }
                continue;
            }
            let Some(boundary) = self.open.last() else {
                self.kept.extend_from_slice(rest);
                break;
            };
            if let Place::File { id, size, lines } = &mut self.at {
                let Some((bytes, after)) = lines.open(rest) else { return Ok(false) };
                if !bytes.is_empty() {
                    store.append(id, bytes)?;
                    *size += bytes.len();
                }
                rest = after;
                // The line end before a boundary belongs to the boundary, and must be there (RFC 2046, section 5.1.1).
                if rest.is_empty() {
                    break;
                }
                if !rest.starts_with(boundary) || !lines.is_whole() {
                    return Ok(false);
                }
                store.seal(id)?;
                self.away.push(Away { at: self.kept.len(), id: std::mem::take(id), size: *size });
            } else {
                let found = memmem::find(rest, boundary).unwrap_or(rest.len());
                self.kept.extend_from_slice(&rest[..found]);
                rest = &rest[found..];
            }
            if !rest.is_empty() {
                rest = self.boundary(rest);
            }
        }
        Ok(self.kept.len() <= HEAVY)
    }

    /// Past a boundary; what is behind it.
    fn boundary<'a>(&mut self, lines: &'a [u8]) -> &'a [u8] {
        let (boundary, rest) = lines.split_at(self.open.last().map_or(0, Vec::len));
        self.kept.extend_from_slice(boundary);
        self.at = if rest.starts_with(b"--") {
            self.open.pop();
            Place::Words
        } else {
            Place::Head(self.kept.len())
        };
        rest
    }

    /// The head that began here has ended; false where it says something odd.
    fn begin(&mut self, began: usize, store: &mut impl Store) -> Result<bool, String> {
        let head = &self.kept[began..];
        if let Some(boundary) = skeleton::boundary(head) {
            self.open.push(boundary);
            self.at = Place::Words;
        } else if skeleton::names(head, b"multipart") {
            return Ok(false);
        } else if !self.open.is_empty() && is_file(head) {
            self.at = Place::File { id: store.create()?, size: 0, lines: base64::Lines::default() };
        } else {
            self.at = Place::Words;
        }
        Ok(true)
    }
}

/// Whether what follows is a file in base64, and nothing that is read for its words.
fn is_file(head: &[u8]) -> bool {
    let base64 = skeleton::field(head, b"content-transfer-encoding")
        .is_some_and(|encoding| encoding.eq_ignore_ascii_case(b"base64"));
    let kind = skeleton::field(head, b"content-type").unwrap_or_default();
    let file = [&b"application/"[..], b"image/", b"audio/", b"video/", b"font/", b"model/"];
    base64 && file.iter().any(|name| kind.get(..name.len()).is_some_and(|there| there.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
pub mod tests {
    use super::{Light, Store, light_by};

    /// A mail in memory, and its files.
    pub struct Memory {
        pub mail: Vec<u8>,
        pub files: Vec<Vec<u8>>,
        /// Bytes of the mail that were read, what lines were cut at twice.
        pub given: usize,
    }

    impl Memory {
        pub fn of(mail: &[u8]) -> Memory {
            Memory { mail: mail.to_vec(), files: Vec::new(), given: 0 }
        }

        pub fn light(&mut self, piece: usize) -> Option<Light> {
            light_by(self, piece).expect("memory keeps everything")
        }
    }

    impl Store for Memory {
        fn size(&self) -> usize {
            self.mail.len()
        }

        fn hash(&self) -> &[u8] {
            b"\xab\xcd"
        }

        fn read(&mut self, from: usize, most: usize) -> Result<Vec<u8>, String> {
            let piece = self.mail[from..(from + most).min(self.mail.len())].to_vec();
            self.given += piece.len();
            Ok(piece)
        }

        fn create(&mut self) -> Result<String, String> {
            self.files.push(Vec::new());
            Ok((self.files.len() - 1).to_string())
        }

        fn append(&mut self, id: &str, bytes: &[u8]) -> Result<(), String> {
            self.files[id.parse::<usize>().unwrap()].extend_from_slice(bytes);
            Ok(())
        }

        fn seal(&mut self, _: &str) -> Result<(), String> {
            Ok(())
        }
    }
}
