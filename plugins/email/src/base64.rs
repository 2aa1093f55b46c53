//! Base64 by the line (RFC 2045, section 6.8).

use memchr::memchr;

/// What most programs put on a line, its end included: the most that RFC 2045 allows.
const LINE: usize = 78;

/// Opens lines of base64 as they come.
#[derive(Default)]
pub struct Lines {
    /// What was opened last, and before that its letters.
    letters: Vec<u8>,
    /// Letters that wait for the rest of their four.
    left: Vec<u8>,
    /// The padding has come, and nothing may come after it.
    closed: bool,
}

impl Lines {
    /// The bytes behind some whole lines, up to one that begins as a boundary does, and what is left of them from there on;
    /// `None` for what is not all in it: that may be plain words.
    pub fn open<'a>(&mut self, lines: &'a [u8]) -> Option<(&[u8], &'a [u8])> {
        self.letters.clear();
        self.letters.append(&mut self.left);
        let rest = letters(lines, &mut self.letters);
        let fours = self.letters.len() / 4 * 4;
        self.left.extend(self.letters.drain(fours..));
        if self.closed && !(self.letters.is_empty() && self.left.is_empty()) {
            return None;
        }
        self.closed |= self.letters.ends_with(b"=");
        base64_simd::STANDARD.decode_inplace(&mut self.letters).ok().map(|bytes| (&*bytes, rest))
    }

    /// Whether it may end here.
    pub fn is_whole(&self) -> bool {
        self.left.is_empty()
    }
}

/// The bytes behind all of it; `None` for what is not all in it.
pub fn opened(sent: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(sent.len());
    if !letters(sent, &mut bytes).is_empty() {
        return None;
    }
    let size = base64_simd::STANDARD.decode_inplace(&mut bytes).ok()?.len();
    bytes.truncate(size);
    Some(bytes)
}

/// Adds what stands on the lines, without their ends, up to one that begins with `-`, which is no letter; what is left from
/// there on.
fn letters<'a>(lines: &'a [u8], letters: &mut Vec<u8>) -> &'a [u8] {
    letters.reserve(lines.len());
    let mut rest = lines;
    loop {
        // An end within would be no letter, which is seen when they are opened.
        while let Some((line, after)) = rest.split_first_chunk::<LINE>()
            && line.ends_with(b"\r\n")
            && line[0] != b'-'
        {
            letters.extend_from_slice(&line[..LINE - 2]);
            rest = after;
        }
        if rest.is_empty() || rest[0] == b'-' {
            return rest;
        }
        let (line, after) = rest.split_at(memchr(b'\n', rest).map_or(rest.len(), |end| end + 1));
        let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        letters.extend_from_slice(line);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, opened};

    fn in_pieces(pieces: &[&[u8]]) -> Option<Vec<u8>> {
        let mut lines = Lines::default();
        let mut bytes = Vec::new();
        for piece in pieces {
            let (opened, rest) = lines.open(piece)?;
            bytes.extend_from_slice(opened);
            if !rest.is_empty() {
                return None;
            }
        }
        lines.is_whole().then_some(bytes)
    }

    #[test]
    fn lines_of_any_length_are_one_file() {
        let long = "QUJD".repeat(19);
        let text = format!("{long}\r\n{long}\r\nQU\r\nJD\nRA==\r\n");
        let whole = opened(text.as_bytes()).unwrap();
        assert_eq!(whole, "ABC".repeat(39).into_bytes().into_iter().chain(*b"D").collect::<Vec<_>>());
        for at in 0..=text.len() {
            // Within a line end is no place to cut: pieces are whole lines.
            let (before, after) = text.as_bytes().split_at(at);
            if before.is_empty() || before.ends_with(b"\n") {
                assert_eq!(in_pieces(&[before, after]).as_ref(), Some(&whole), "{at}");
            }
        }
    }

    #[test]
    fn what_is_not_all_base64_is_nothing() {
        for bad in ["QUJ", "QUJD Hei", "QQ==\r\nQUJD\r\n", "QUJD\r\n=\r\n", "Hei p\u{e5} deg"] {
            assert_eq!(opened(bad.as_bytes()), None, "{bad}");
            let pieces: Vec<&[u8]> = bad.split_inclusive('\n').map(str::as_bytes).collect();
            assert_eq!(in_pieces(&pieces), None, "{bad}");
        }
        assert_eq!(Lines::default().open(b"QUJD\n--a\n"), Some((&b"ABC"[..], &b"--a\n"[..])));
        assert_eq!(opened(b"QUJD\n--a\n"), None);
        assert_eq!(opened(b""), Some(vec![]));
        assert_eq!(in_pieces(&[b"\r\n", b""]), Some(vec![]));
    }
}
