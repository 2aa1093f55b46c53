//! Quoted-printable (RFC 2045, section 6.7), by the line.

use memchr::memchr;

/// The bytes that were meant; `None` where something is not as the standard has it, which the parser then reads as
/// kindly as it can.
pub fn opened(sent: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(sent.len());
    let mut rest = sent;
    let mut ends: Option<&[u8]> = None;
    loop {
        let (line, more) = match memchr(b'\n', rest) {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let (line, end): (_, &[u8]) = match line.strip_suffix(b"\r") {
            Some(line) if more.is_some() => (line, b"\r\n"),
            _ => (line, b"\n"),
        };
        if memchr(b'\r', line).is_some() {
            return None;
        }
        let soft = line_opened(line, more.is_none(), &mut bytes)?;
        let Some(more) = more else {
            return Some(bytes);
        };
        if *ends.get_or_insert(end) != end {
            return None;
        }
        if !soft {
            bytes.extend_from_slice(end);
        }
        rest = more;
    }
}

/// Adds what a line says. Does it go on in the next one?
fn line_opened(line: &[u8], last: bool, bytes: &mut Vec<u8>) -> Option<bool> {
    let begin = bytes.len();
    let mut rest = line;
    // Blanks at the end of a line are no one's, unless they are written as such.
    let mut kept = begin;
    while let Some(at) = memchr(b'=', rest) {
        bytes.extend_from_slice(&rest[..at]);
        match rest[at + 1..] {
            [] if !last => return Some(true),
            [high, low, ..] => bytes.push(hex(high)? << 4 | hex(low)?),
            _ => return None,
        }
        kept = bytes.len();
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest);
    let blank = bytes[kept..].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
    bytes.truncate(bytes.len() - blank);
    Some(false)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::opened;

    #[test]
    fn lines_are_joined_and_letters_come_back() {
        assert_eq!(
            opened(b"Bl=C3=A5b=C3=A6r=\r\n og  \r\nsm=C3=B8r =20\r\n").unwrap(),
            "Blåbær og\r\nsmør  \r\n".as_bytes()
        );
        assert_eq!(opened(b"a  ").unwrap(), b"a");
        assert_eq!(opened(b"").unwrap(), b"");
    }

    #[test]
    fn what_is_not_in_it_is_left_to_the_parser() {
        for odd in ["a=", "a=4", "a=zz", "a=\rb", "a\nb\r\nc", "a= \r\nb"] {
            assert_eq!(opened(odd.as_bytes()), None, "{odd:?}");
        }
    }
}
