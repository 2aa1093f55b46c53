//! What a plugin returned, checked as if it came from the internet.

/// The contract's `attrs`.
pub type Attrs = [(String, String)];

/// The first value of a name.
pub fn attr<'a>(attrs: &'a Attrs, name: &str) -> Option<&'a str> {
    attrs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// One line of at most `most` characters, without control characters and direction overrides. Of a text that is mostly blanks
/// not even that much: nobody works through mebibytes for a line.
pub fn line(text: &str, most: usize) -> String {
    let plain: String = text
        .chars()
        .take(most.saturating_mul(8))
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !turns(*c))
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

/// Text of many lines; only line ends and tabs of all control characters. Keeps its length where it was clean, so that
/// offsets into it stay true.
pub fn text(text: String) -> String {
    // A byte at a time first: nearly all text has none of those that a control character begins with.
    let may = |b: u8| b.is_ascii_control() && b != b'\n' && b != b'\t' || b == 0xC2;
    if text.bytes().any(may) && text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        text.chars().filter(|&c| !c.is_control() || c == '\n' || c == '\t').collect()
    } else {
        text
    }
}

/// Lower-cased, without blanks; empty for what is no address.
pub fn address(text: &str) -> String {
    let address = line(text, 320).to_lowercase();
    let good = address.contains('@') && !address.contains(|c: char| c.is_whitespace() || "<>(),;\"".contains(c));
    if good { address } else { String::new() }
}

/// A Message-Id without brackets.
pub fn id(text: &str) -> Option<String> {
    let id = text.trim().trim_matches(['<', '>']);
    let good = !id.is_empty()
        && id.len() <= 998
        && !id.contains(|c: char| c.is_whitespace() || c.is_control() || c == '<' || c == '>');
    good.then(|| id.to_owned())
}

/// A file's name, never a path and never empty.
pub fn file_name(name: Option<&str>) -> String {
    let name = line(name.unwrap_or_default(), 200);
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim().trim_start_matches('.').trim();
    if name.is_empty() { "attachment".to_owned() } else { name.to_owned() }
}

/// `type/subtype`, lower-cased.
pub fn mime(mime: &str) -> String {
    let mime = mime.to_ascii_lowercase();
    let token =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    match mime.split_once('/') {
        Some((kind, sub)) if mime.len() <= 127 && token(kind) && token(sub) => mime,
        _ => "application/octet-stream".to_owned(),
    }
}

/// A BCP 47 tag.
pub fn locale(tag: &str) -> Option<String> {
    let good = (2..=35).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    good.then(|| tag.to_owned())
}

/// Unix microseconds from the contract's milliseconds; `None` for NaN, infinity, fractions, negatives and far futures.
pub fn moment(ms: f64) -> Option<i64> {
    let good = ms.is_finite() && ms.fract() == 0.0 && (0.0..=253_402_300_799_000.0).contains(&ms);
    good.then(|| ms as i64 * 1000)
}

fn turns(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{address, file_name, id, line, mime, moment};

    #[test]
    fn a_plugin_cannot_smuggle() {
        assert_eq!(line("a\r\nBcc: b\u{202E}", 99), "a Bcc: b");
        assert_eq!(address("A@B.no\r\n"), "a@b.no");
        assert_eq!(address("a@b <c>"), "");
        assert_eq!(id("a@b\r\nX: y"), None);
        assert_eq!(file_name(Some("../../etc/passwd")), "passwd");
        assert_eq!(file_name(Some("..")), "attachment");
        assert_eq!(mime("text/html; charset=x"), "application/octet-stream");
        assert_eq!((moment(f64::NAN), moment(-1.0), moment(0.5), moment(1e300)), (None, None, None, None));
        assert_eq!(moment(1000.0), Some(1_000_000));
    }
}
