//! The transparency of RFC 5321 section 4.5.2, both ways, for any bytes.
//!
//! Our own and not a library's, because here a byte more or less is a smuggled mail: the one thing
//! that ends a mail is CR LF `.` CR LF, where the first CR LF may be the end of the `DATA` line.
//! smtp-proto 0.2 also ends at CR LF `.` CR CR LF and keeps a doubled dot on the first line;
//! lettre 0.11 adds an empty line to every mail and lets a bare LF pass.

/// Undoes dot-stuffing, chunk by chunk.
#[derive(Debug, Default)]
pub struct Dots {
    at: At,
}

/// What was seen last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// CR LF, or the start.
    #[default]
    LineStart,
    Middle,
    /// CR inside a line; given on.
    Cr,
    /// A dot that starts a line; held back.
    Dot,
    /// That dot and CR; the CR is held back.
    DotCr,
}

impl Dots {
    /// Takes what lies in `input`, gives the mail's own bytes to `mail`. Answers how many bytes of
    /// `input` belong to the mail, and whether the mail ended there.
    pub fn undo(&mut self, input: &[u8], mail: &mut Vec<u8>) -> (usize, bool) {
        let mut used = 0;
        while let Some(&byte) = input.get(used) {
            self.at = match (self.at, byte) {
                (At::LineStart, b'.') => At::Dot,
                (At::Dot, b'\r') => At::DotCr,
                (At::DotCr, b'\n') => {
                    *self = Dots::default();
                    return (used + 1, true);
                }
                (At::Cr, b'\n') => {
                    mail.push(b'\n');
                    At::LineStart
                }
                (state, _) => {
                    if state == At::DotCr {
                        mail.push(b'\r');
                    }
                    let rest = &input[used..];
                    let run = rest.iter().position(|&byte| byte == b'\r').unwrap_or(rest.len());
                    mail.extend_from_slice(&rest[..run]);
                    used += run;
                    if run == rest.len() {
                        At::Middle
                    } else {
                        mail.push(b'\r');
                        At::Cr
                    }
                }
            };
            // The run above may have stopped at the end of the input.
            used = (used + 1).min(input.len());
        }
        (used, false)
    }
}

/// A mail as it may be written after `354`, without the final dot: every line end is CR LF (a bare
/// CR or LF becomes one), every leading dot is doubled, the last line is ended.
pub fn stuff(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + mail.len() / 32 + 2);
    let mut rest = mail;
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'\r' || byte == b'\n').unwrap_or(rest.len());
        if rest[0] == b'.' {
            out.push(b'.');
        }
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(b"\r\n");
        let ending = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + ending..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule itself, on whole input: lines end at CR LF only.
    fn by_the_book(input: &[u8]) -> Option<(Vec<u8>, usize)> {
        let mut mail = Vec::new();
        let mut at = 0;
        loop {
            let end = at + input[at..].windows(2).position(|pair| pair == b"\r\n")?;
            let line = &input[at..end];
            at = end + 2;
            if line == b"." {
                return Some((mail, at));
            }
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
            mail.extend_from_slice(b"\r\n");
        }
    }

    /// Every string of up to `longest` over the four bytes that matter.
    fn all(longest: u32) -> impl Iterator<Item = Vec<u8>> {
        (0..=longest).flat_map(|length| {
            (0..4_usize.pow(length))
                .map(move |number| (0..length).map(|digit| b"\r\n.a"[number / 4_usize.pow(digit) % 4]).collect())
        })
    }

    #[test]
    fn every_short_input_ends_where_the_rule_says_and_nowhere_else() {
        for input in all(8) {
            let mut mail = Vec::new();
            let (used, ended) = Dots::default().undo(&input, &mut mail);
            match by_the_book(&input) {
                Some((expected, length)) => {
                    assert_eq!((mail, used, ended), (expected, length, true), "{input:?}")
                }
                None => assert_eq!((used, ended), (input.len(), false), "{input:?}"),
            }
        }
    }

    #[test]
    fn where_the_packets_are_cut_makes_no_difference() {
        for input in all(6).map(|start| [start, b"\r\n..b\r\n.\r\n".to_vec()].concat()) {
            let mut whole = Vec::new();
            let (length, _) = Dots::default().undo(&input, &mut whole);
            let (mut dots, mut mail) = (Dots::default(), Vec::new());
            for (index, byte) in input[..length].iter().enumerate() {
                assert_eq!(dots.undo(&[*byte], &mut mail), (1, index + 1 == length), "{input:?}");
            }
            assert_eq!(mail, whole, "{input:?}");
        }
    }

    #[test]
    fn what_we_stuff_arrives_as_it_was_with_whole_line_ends() {
        for input in all(8) {
            let mut wire = stuff(&input);
            wire.extend_from_slice(b".\r\n");
            let mut mail = Vec::new();
            assert_eq!(Dots::default().undo(&wire, &mut mail), (wire.len(), true), "{input:?}");
            let text = String::from_utf8(input).unwrap().replace("\r\n", "\n").replace('\r', "\n");
            let mut expected = text.replace('\n', "\r\n");
            if !expected.is_empty() && !expected.ends_with("\r\n") {
                expected.push_str("\r\n");
            }
            assert_eq!(String::from_utf8(mail).unwrap(), expected);
        }
    }
}
