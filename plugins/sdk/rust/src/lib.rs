//! Write a Saker plugin in Rust.
//!
//! The bindings themselves are made in your own crate, from the `wit` folder, so that a component
//! contains one world and nothing else:
//!
//! ```ignore
//! wit_bindgen::generate!({ path: "../../wit", world: "reply-template" });
//! ```
//!
//! Here are the few things that every plugin would otherwise write again. They work on plain tuples,
//! strings and bytes, because each crate's generated types are its own.
//!
//! In the sandbox there is no clock, no random number and no thread: `Instant::now()` panics, and a
//! `HashMap` has the same seed each time. What a call needs comes in its arguments or through imports.

/// The contract's `attrs`: named values, in order; a name may repeat.
pub type Attrs = [(String, String)];

/// The largest piece that `blobs.read` and `blobs.append` take, in bytes.
pub const PIECE: usize = 1 << 20;

/// The first value of this name.
pub fn attr<'a>(attrs: &'a Attrs, name: &str) -> Option<&'a str> {
    all(attrs, name).next()
}

/// Every value of this name, in order.
pub fn all<'a>(attrs: &'a Attrs, name: &str) -> impl Iterator<Item = &'a str> {
    attrs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// A pair for an `attrs` list.
pub fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// Reads a whole blob of `size` bytes through `read(offset, length)`, which is the plugin's `blobs.read`.
pub fn read_all<E>(size: u32, mut read: impl FnMut(u32, u32) -> Result<Vec<u8>, E>) -> Result<Vec<u8>, E> {
    let mut bytes = Vec::with_capacity(size as usize);
    while bytes.len() < size as usize {
        let piece = read(bytes.len() as u32, PIECE as u32)?;
        if piece.is_empty() {
            break;
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Writes bytes in pieces through `append`, which is the plugin's `blobs.append`.
pub fn write_all<E>(bytes: &[u8], mut append: impl FnMut(&[u8]) -> Result<u32, E>) -> Result<(), E> {
    bytes.chunks(PIECE).try_for_each(|piece| append(piece).map(drop))
}

#[cfg(test)]
mod tests {
    use super::{PIECE, attr, pair, read_all, write_all};

    #[test]
    fn a_blob_is_read_and_written_in_pieces() {
        let source = vec![7u8; PIECE * 2 + 3];
        let mut sizes = Vec::new();
        let read: Result<Vec<u8>, ()> = read_all(source.len() as u32, |from, length| {
            let end = (from as usize + length as usize).min(source.len());
            sizes.push(end - from as usize);
            Ok(source[from as usize..end].to_vec())
        });
        assert_eq!(read.unwrap(), source);
        assert_eq!(sizes, [PIECE, PIECE, 3]);

        let mut pieces = 0;
        write_all::<()>(&source, |piece| {
            pieces += 1;
            Ok(piece.len() as u32)
        })
        .unwrap();
        assert_eq!(pieces, 3);
    }

    #[test]
    fn the_first_of_a_name_wins() {
        let attrs = [pair("a", "1"), pair("a", "2")];
        assert_eq!(attr(&attrs, "a"), Some("1"));
        assert_eq!(attr(&attrs, "b"), None);
    }
}
