//! Header fields as text, for the questions that need no structure.

use mail_parser::Header;

/// The fields of one header, unfolded, names in lower case.
pub struct Fields(Vec<(String, String)>);

/// Longer values are cut: no field that is asked for here is longer.
const MOST: usize = 4096;

impl Fields {
    /// From a parsed header; `raw` is what the offsets count in.
    pub fn of(headers: &[Header<'_>], raw: &[u8]) -> Self {
        let value = |header: &Header<'_>| {
            let (from, to) = (header.offset_start as usize, header.offset_end as usize);
            text(raw.get(from..to.min(from + MOST)).or_else(|| raw.get(from..to)).unwrap_or_default())
        };
        Self(headers.iter().take(2000).map(|header| (header.name().to_ascii_lowercase(), value(header))).collect())
    }

    /// From plain lines such as a delivery status (RFC 3464) has; blank lines between groups are skipped.
    pub fn of_lines(bytes: &[u8]) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in String::from_utf8_lossy(&bytes[..bytes.len().min(256 << 10)]).lines() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(fields)
    }

    /// The first field of this name (lower case).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The field's first word, in lower case, without parameters and comments.
    pub fn word(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let word = value.split([';', '(', ',', ' ', '\t']).find(|piece| !piece.trim().is_empty())?;
        Some(word.trim().to_ascii_lowercase())
    }
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split(['\r', '\n']).map(str::trim).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ")
}
