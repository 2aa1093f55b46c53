//! Text from strangers, made harmless: what is kept can be shown on one line and written into a header.

use memchr::memchr2;

/// One line: no control characters, no characters that turn the reading direction, single spaces, at most `most`
/// characters.
pub fn line(text: &str, most: usize) -> String {
    let mut clean = String::with_capacity(text.len().min(most * 4));
    let mut count = 0;
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            space = !clean.is_empty();
        } else if !invisible(c) {
            if count >= most {
                break;
            }
            if space {
                clean.push(' ');
                count += 1;
                space = false;
            }
            clean.push(c);
            count += 1;
        }
    }
    clean
}

/// Characters that show nothing and can make one name look like another: direction marks and overrides
/// (Trojan Source), zero-width space, byte order mark, tags. Joiners stay: Persian and emoji need them.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Many lines: `\n` ends, no other control characters but tab, no byte order marks, no trailing blanks, no blank
/// lines at either end, at most two in a row.
pub fn lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut gap = 0;
    let mut rest = Some(text);
    while let Some(text) = rest {
        let end = memchr2(b'\r', b'\n', text.as_bytes());
        let raw = &text[..end.unwrap_or(text.len())];
        rest = end.map(|end| text[end..].strip_prefix("\r\n").unwrap_or(&text[end + 1..]));
        let start = clean.len();
        if !clean.is_empty() {
            clean.extend(std::iter::repeat_n('\n', 1 + gap.min(2)));
        }
        let body = clean.len();
        let mut raw = raw;
        while !raw.is_empty() {
            let ascii = printable(raw.as_bytes());
            clean.push_str(&raw[..ascii]);
            raw = &raw[ascii..];
            if let Some(c) = raw.chars().next() {
                clean.extend(((c == '\t' || !c.is_control()) && c != '\u{FEFF}').then_some(c));
                raw = &raw[c.len_utf8()..];
            }
        }
        // A signature's `-- ` keeps its space: it is a mark (RFC 3676, section 4.3).
        let keep = if &clean[body..] == "-- " { clean.len() } else { body + clean[body..].trim_end().len() };
        clean.truncate(keep);
        if clean.len() == body {
            clean.truncate(start);
            gap += usize::from(!clean.is_empty());
        } else {
            gap = 0;
        }
    }
    clean
}

/// How many bytes at the start are printable ASCII: what nearly all text is, and needs no look at its letters.
pub fn printable(bytes: &[u8]) -> usize {
    // Sixteen at once: compilers make one instruction of it where they can't of a loop that may end at any byte.
    let mut at = 0;
    while bytes.get(at..at + 16).is_some_and(|some| some.iter().fold(true, |all, b| all & (b' '..=b'~').contains(b))) {
        at += 16;
    }
    at + bytes[at..].iter().take_while(|b| (b' '..=b'~').contains(b)).count()
}

/// A Message-Id without its brackets; `None` for what could not be one. RFC 5322, section 3.6.4, read kindly.
pub fn id(text: &str) -> Option<String> {
    let id = text.trim().trim_matches(['<', '>']).trim();
    let good = !id.is_empty()
        && id.len() <= 250
        && !id.chars().any(|c| c.is_whitespace() || c.is_control() || c == '<' || c == '>');
    good.then(|| id.to_owned())
}

/// The longest start of `text` that has at most `most` bytes.
pub fn start(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::{id, line, lines};

    #[test]
    fn a_line_cannot_break_out_or_lie() {
        assert_eq!(line("Kari\r\nBcc: x@y.z\0 \u{202E}gpj.exe", 100), "Kari Bcc: x@y.z gpj.exe");
        assert_eq!(line("  a \t b  ", 100), "a b");
        assert_eq!(line("æøåæøå", 3), "æøå");
        assert_eq!(line("نمی\u{200C}خواهم", 100), "نمی\u{200C}خواهم");
    }

    #[test]
    fn lines_are_tidy() {
        assert_eq!(lines("\r\n\r\nHei  \r\n\r\n\r\n\r\n\r\nTakk\0\n-- \nOla\n\n"), "Hei\n\n\nTakk\n-- \nOla");
        assert_eq!(lines("a\rb"), "a\nb");
        assert_eq!(lines(""), "");
    }

    #[test]
    fn an_id_has_no_blanks() {
        assert_eq!(id(" <a@b> ").as_deref(), Some("a@b"));
        assert_eq!(id("a b@c"), None);
        assert_eq!(id("<>"), None);
    }
}
