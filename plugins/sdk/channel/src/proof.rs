//! How a call shows that it comes from whom it should.

use crate::{Result, fault, inbound::Webhook, secrets};
use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// How old a signed call may be, and how far ahead of us its clock, in seconds: what Slack recommends, and a JWT is given.
pub const WINDOW_S: i64 = 300;

/// A header's text; empty where it is missing or no text.
pub fn header(req: &Webhook, name: &str) -> String {
    let found = req.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    found.and_then(|header| String::from_utf8(header.value.clone()).ok()).unwrap_or_default().trim().to_owned()
}

/// Whether a moment, in Unix seconds, is near the one when the call came, in Unix milliseconds.
pub fn is_fresh(at_s: i64, received_ms: f64) -> bool {
    let now = (received_ms / 1_000.0) as i64;
    now.checked_sub(at_s).is_some_and(|age| (-WINDOW_S..=WINDOW_S).contains(&age))
}

/// Whether these bytes carry the secret's HMAC-SHA-256.
///
/// # Errors
/// That they don't, or that there is no such secret.
pub fn signed(secret: &str, data: &[u8], mac: Option<Vec<u8>>) -> Result<()> {
    let mac = mac.ok_or_else(|| fault::rejected("not-signed", "the call is not signed"))?;
    good(secrets::verify_hmac_sha256(secret, data, &mac), "the signature is wrong")
}

/// Whether the caller knows the secret.
///
/// # Errors
/// As [`signed`].
pub fn knows(secret: &str, word: &str) -> Result<()> {
    if word.is_empty() {
        return Err(fault::rejected("not-proven", "the call does not prove who it is from"));
    }
    good(secrets::matches(secret, word), "the call does not prove who it is from")
}

fn good(answer: std::result::Result<bool, String>, words: &str) -> Result<()> {
    match answer {
        Ok(true) => Ok(()),
        Ok(false) => Err(fault::rejected("not-proven", words)),
        Err(why) => Err(fault::config("no-secret", &why)),
    }
}

/// Hexadecimal digits as bytes.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()).collect()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 4648, section 4 or 5, with or without the padding.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let either = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = text.trim();
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, either).decode(text).ok()
}

/// The same the other way round, RFC 4648, section 4.
pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::{from_base64, from_hex, hex, is_fresh};

    #[test]
    fn bytes_are_read_however_they_are_written() {
        let bytes: Vec<u8> = (0..32).collect();
        assert_eq!(from_hex(&hex(&bytes)).as_ref(), Some(&bytes));
        assert_eq!(from_hex(&hex(&bytes).to_uppercase()).as_ref(), Some(&bytes));
        for text in ["", "0", "zz", "0ø", "sha256="] {
            assert_eq!(from_hex(text), None, "{text}");
        }
        assert_eq!(from_base64("-_8"), from_base64("+/8="));
        assert_eq!(from_base64("-_8="), Some(vec![0xfb, 0xff]));
        assert_eq!(from_base64("a b"), None);
    }

    #[test]
    fn old_calls_and_calls_from_the_future_are_not_fresh() {
        let now = 1_795_510_800_000.0;
        for (age, fresh) in [(0, true), (299, true), (301, false), (-299, true), (-301, false)] {
            assert_eq!(is_fresh(1_795_510_800 - age, now), fresh, "{age}");
        }
        assert!(!is_fresh(i64::MIN, now) && !is_fresh(i64::MAX, now));
    }
}
