//! The raw bytes, prepared for the parser: a mail inside a mail stays one closed file, and a header in an old
//! eight-bit charset becomes UTF-8.
//!
//! The parser would open a mail inside a mail inside a mail, each level on the stack: hostile mail has 30,000 levels in
//! a megabyte. Here an attached mail is an attachment like any other. Its type is made unknown to the parser by one
//! changed letter, in a copy, and [`shown`] changes it back.

use mail_parser::decoders::charsets::map::charset_decoder;
use memchr::memchr;
use std::borrow::Cow;

/// What the parser shall not open, and the letter that hides it: (type, position, letter).
const CLOSED: [(&[u8], usize, u8); 3] =
    [(b"message/rfc822", 0, b'x'), (b"message/global", 0, b'x'), (b"multipart/digest", 10, b'x')];

/// With each mail in the mail closed; not a byte longer or shorter. Unchanged where there is none, which is nearly always.
pub fn closed(mail: &[u8]) -> Cow<'_, [u8]> {
    let mut closed = Cow::Borrowed(mail);
    for at in hidden_letters(mail) {
        closed.to_mut()[at.0] = at.1;
    }
    closed
}

/// A type as the sender wrote it, lower-cased.
pub fn shown(mime: &str) -> String {
    let mime = mime.to_ascii_lowercase();
    match mime.strip_prefix("xessage/") {
        Some(rest) => format!("message/{rest}"),
        None => mime,
    }
}

/// Undoes the change where it hit text: a mail that quotes a header.
pub fn shown_text(text: String) -> String {
    if text.contains("xessage/") {
        text.replace("xessage/rfc822", "message/rfc822").replace("xessage/global", "message/global")
    } else {
        text
    }
}

/// Positions and letters to change: in each line that begins with `Content-Type:`, or the one folded under it.
fn hidden_letters(bytes: &[u8]) -> Vec<(usize, u8)> {
    let mut found = Vec::new();
    let mut line = 0;
    loop {
        if bytes[line..].get(..12).is_some_and(|name| name.eq_ignore_ascii_case(b"content-type")) {
            let value = &bytes[line + 12..];
            let start = value.iter().position(|b| !b.is_ascii_whitespace() && *b != b':').unwrap_or(value.len());
            for (mime, position, letter) in CLOSED {
                if value[start..].get(..mime.len()).is_some_and(|written| written.eq_ignore_ascii_case(mime)) {
                    found.push((line + 12 + start + position, letter));
                }
            }
        }
        match memchr(b'\n', &bytes[line..]) {
            Some(end) => line += end + 1,
            None => return found,
        }
    }
}

/// Headers are ASCII or UTF-8 (RFC 6532). Older programs write their own charset: take the one that the mail names for
/// its text, else Windows-1252.
pub fn readable_header(raw: &[u8]) -> Cow<'_, [u8]> {
    let end = header_end(raw);
    let header = &raw[..end];
    if std::str::from_utf8(header).is_ok() {
        return Cow::Borrowed(raw);
    }
    let named = charset_named(header).and_then(|name| charset_decoder(name.as_bytes()));
    let Some(decode) = named.or_else(|| charset_decoder(b"windows-1252")) else {
        return Cow::Borrowed(raw);
    };
    // Lines that are UTF-8 stay: some programs mix.
    let mut bytes = Vec::with_capacity(raw.len() + 256);
    for line in header.split_inclusive(|b| *b == b'\n') {
        match std::str::from_utf8(line) {
            Ok(_) => bytes.extend_from_slice(line),
            Err(_) => bytes.extend_from_slice(decode(line).as_bytes()),
        }
    }
    bytes.extend_from_slice(&raw[end..]);
    Cow::Owned(bytes)
}

/// After the first blank line.
pub fn header_end(raw: &[u8]) -> usize {
    let mut from = 0;
    while let Some(at) = memchr(b'\n', &raw[from..]) {
        from += at + 1;
        match raw[from..] {
            [b'\n', ..] => return from + 1,
            [b'\r', b'\n', ..] => return from + 2,
            _ => {}
        }
    }
    raw.len()
}

fn charset_named(header: &[u8]) -> Option<String> {
    let at = header.windows(8).position(|name| name.eq_ignore_ascii_case(b"charset="))?;
    let value = &header[at + 8..];
    let value: Vec<u8> = value
        .iter()
        .copied()
        .filter(|b| *b != b'"')
        .take_while(|b| b.is_ascii_alphanumeric() || b"-_:".contains(b))
        .collect();
    // The header is not UTF-8, whatever the mail says about its text.
    String::from_utf8(value)
        .ok()
        .filter(|name| !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("us-ascii"))
}

#[cfg(test)]
mod tests {
    use super::{closed, readable_header, shown};
    use std::borrow::Cow;

    #[test]
    fn a_mail_in_a_mail_is_closed_and_shown_as_it_was() {
        let raw = b"Content-type:\r\n Message/RFC822; name=x\r\n\r\nContent-Type: text/plain";
        let closed = closed(raw);
        assert!(closed.windows(14).any(|w| w == b"xessage/RFC822"));
        assert_eq!(shown("xessage/RFC822"), "message/rfc822");
    }

    #[test]
    fn an_old_header_becomes_utf8() {
        assert_eq!(readable_header(b"Subject: Bl\xe5b\xe6r\n\nx\xe5"), &b"Subject: Bl\xc3\xa5b\xc3\xa6r\n\nx\xe5"[..]);
        assert!(matches!(readable_header("Subject: Blåbær\n\n".as_bytes()), Cow::Borrowed(_)));
    }
}
