//! Header fields as text, for the questions that need no structure.

use mail_parser::Header;
use std::{borrow::Cow, cell::OnceCell};

/// The fields of one header. A value is unfolded when it is asked for: most are not.
pub struct Fields<'a>(Vec<Field<'a>>);

struct Field<'a> {
    name: Cow<'a, str>,
    /// As it was sent.
    sent: &'a [u8],
    value: OnceCell<String>,
}

/// Longer values are cut: no field that is asked for here is longer.
const MOST: usize = 4096;

impl<'a> Fields<'a> {
    /// From a parsed header; `raw` is what the offsets count in.
    pub fn of(headers: &'a [Header<'_>], raw: &'a [u8]) -> Self {
        let field = |header: &'a Header<'_>| {
            let (from, to) = (header.offset_start as usize, header.offset_end as usize);
            let sent = raw.get(from..to.min(from + MOST)).or_else(|| raw.get(from..to)).unwrap_or_default();
            Field { name: header.name().into(), sent, value: OnceCell::new() }
        };
        Self(headers.iter().take(2000).map(field).collect())
    }

    /// From plain lines such as a delivery status (RFC 3464) has; blank lines between groups are skipped.
    pub fn of_lines(bytes: &[u8]) -> Fields<'static> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in String::from_utf8_lossy(&bytes[..bytes.len().min(256 << 10)]).lines() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
        let field = |(name, value): (String, String)| Field { name: name.into(), sent: &[], value: value.into() };
        Fields(fields.into_iter().map(field).collect())
    }

    /// The first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.named(name).map(|field| field.value.get_or_init(|| text(field.sent)).as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.0.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
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
