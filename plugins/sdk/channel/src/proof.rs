//! How a call shows that it comes from whom it should.

use crate::{Result, fault, form, inbound::Webhook, on_trial, secrets, worded};
use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hmac::{Hmac, Mac};
use sha1::Sha1;

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
    let mac =
        mac.ok_or_else(|| fault::rejected("not-signed", &worded!("kallet er ikke signert", "the call is not signed")))?;
    match secrets::verify_hmac_sha256(secret, data, &mac) {
        Ok(true) => Ok(()),
        Ok(false) => Err(fault::rejected("not-proven", &worded!("signaturen er feil", "the signature is wrong"))),
        Err(_) => Err(fault::no_secret(secret)),
    }
}

/// Whether the caller knows the secret.
///
/// # Errors
/// As [`signed`].
pub fn knows(secret: &str, word: &str) -> Result<()> {
    let unproven = || {
        let words = worded!("kallet viser ikke hvem det er fra", "the call does not prove who it is from");
        Err(fault::rejected("not-proven", &words))
    };
    if word.is_empty() {
        return unproven();
    }
    match secrets::matches(secret, word) {
        Ok(true) => Ok(()),
        Ok(false) => unproven(),
        Err(_) => Err(fault::no_secret(secret)),
    }
}

/// Whether there is such a secret for the account, and it was granted.
pub fn has(secret: &str) -> bool {
    secrets::matches(secret, "").is_ok()
}

/// Whether a call proves who it is from, in the way that an administrator chose: `none`, as its address alone is secret; `header`
/// or `query`, where the word stands in what is called so; `hmac`, where such a header has HMAC-SHA-256 of the body.
///
/// # Errors
/// That it does not. A sample that an administrator tries proves nothing, and need not.
pub fn believed(req: &Webhook, how: &str, name: &str, secret: &str) -> Result<()> {
    match how {
        _ if on_trial() => Ok(()),
        "none" | "" => Ok(()),
        "header" => knows(secret, &header(req, name)),
        "query" => knows(secret, form::field(&form::read(req.query.as_bytes()), name)),
        "hmac" => signed(secret, &req.body, mac(&header(req, name))),
        other => Err(fault::config(
            "signature",
            &worded!(
                "{other} er ingen måte å vise hvem et kall er fra",
                "{other} is no way to prove who a call is from"
            ),
        )),
    }
}

/// The bytes of an HMAC-SHA-256 in a header: hexadecimal or Base64, with or without `sha256=` before it.
pub fn mac(header: &str) -> Option<Vec<u8>> {
    let text = header.trim();
    let text = text.strip_prefix("sha256=").or_else(|| text.strip_prefix("v1=")).unwrap_or(text);
    from_hex(text).or_else(|| from_base64(text)).filter(|mac| mac.len() == 32)
}

/// Whether a form to this address is signed as Twilio signs: HMAC-SHA-1, in Base64, over the address and all fields in order
/// of their names (www.twilio.com/docs/usage/security). The host does not offer that, so the code must see the key.
pub fn is_signed_form(key: &str, url: &str, fields: &[(String, String)], signature: &str) -> bool {
    let (Some(mac), Ok(mut hash)) = (from_base64(signature), Hmac::<Sha1>::new_from_slice(key.as_bytes())) else {
        return false;
    };
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort();
    hash.update(url.as_bytes());
    for (name, value) in sorted {
        hash.update(name.as_bytes());
        hash.update(value.as_bytes());
    }
    hash.verify_slice(&mac).is_ok()
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
    use super::{from_base64, from_hex, hex, is_fresh, is_signed_form, mac};
    use crate::form;

    // The example of www.twilio.com/docs/usage/security, as it stands in the tests of twilio-python
    // (tests/unit/test_request_validator.py).
    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const FORM: &[u8] =
        b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
    const SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

    #[test]
    fn twilios_own_example_is_believed_and_nothing_near_it() {
        let fields = form::read(FORM);
        assert!(is_signed_form("12345", URL, &fields, SIGNATURE));
        assert!(!is_signed_form("12346", URL, &fields, SIGNATURE));
        assert!(!is_signed_form("12345", "https://mycompany.com/myapp.php", &fields, SIGNATURE));
        assert!(!is_signed_form("12345", URL, &fields[1..], SIGNATURE));
        for bad in ["", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B9="] {
            assert!(!is_signed_form("12345", URL, &fields, bad), "{bad}");
        }
    }

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

    #[test]
    fn a_mac_is_read_however_it_is_written() {
        let bytes: Vec<u8> = (0..32).collect();
        let hex = hex(&bytes);
        for text in
            [&hex, &hex.to_uppercase(), &format!("sha256={hex}"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
        {
            assert_eq!(mac(text).as_ref(), Some(&bytes), "{text}");
        }
        for text in ["", "00", "sha256=", "nonsense!", &hex[..60], "sha256=ø"] {
            assert_eq!(mac(text), None, "{text}");
        }
    }
}
