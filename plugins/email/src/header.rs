//! Writing header values. Whatever goes in, one value comes out: no line ends, no second field.

use crate::{clean, mail::Party};
use mail_builder::encoders::base64::base64_encode;

/// Unstructured text, RFC 2047 where it is not ASCII.
pub fn text(text: &str) -> String {
    let text = clean::line(text, 900);
    // Something that looks encoded must be encoded again, or it would be decoded.
    if text.is_ascii() && !text.contains("=?") { text } else { encoded_words(&text) }
}

/// A mailbox: RFC 5322, section 3.4. Empty for a party without an address.
pub fn mailbox(party: &Party) -> String {
    let Some(address) = address(&party.address) else {
        return String::new();
    };
    let name = clean::line(&party.name, 200);
    if name.is_empty() {
        return format!("<{address}>");
    }
    if !name.is_ascii() || name.contains("=?") {
        return format!("{} <{address}>", encoded_words(&name));
    }
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&b)) {
        return format!("{name} <{address}>");
    }
    format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
}

pub fn mailboxes(parties: &[Party]) -> String {
    parties.iter().map(mailbox).filter(|written| !written.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A Message-Id in brackets. Nothing that could end it early survives.
pub fn id(id: &str) -> Option<String> {
    let id: String = id.chars().filter(|c| c.is_ascii_graphic() && !"<>()[]\\\",;:".contains(*c)).take(250).collect();
    (!id.is_empty()).then(|| format!("<{id}>"))
}

/// A single token such as a language tag or a word of RFC 3834.
pub fn token(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect()
}

/// `attachment` or `inline` with a file name: RFC 2183, and RFC 2231 where the name is not ASCII.
pub fn disposition(kind: &str, name: &str) -> String {
    let name = crate::name::file(Some(name), "application/octet-stream", 1);
    let plain: String = name.chars().map(|c| if c.is_ascii() && !"\"\\".contains(c) { c } else { '_' }).collect();
    if plain == name {
        return format!("{kind}; filename=\"{plain}\"");
    }
    let mut percent = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            percent.push(byte as char);
        } else {
            percent.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{percent}")
}

/// `type/subtype`; whatever is no type becomes plain bytes, and a multipart or a mail never is a leaf's type.
pub fn mime(declared: &str) -> String {
    let declared = declared.trim().to_ascii_lowercase();
    let token =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    match declared.split_once('/') {
        Some((kind, sub))
            if declared.len() <= 127 && token(kind) && token(sub) && kind != "multipart" && kind != "message" =>
        {
            declared
        }
        _ => "application/octet-stream".to_owned(),
    }
}

fn address(text: &str) -> Option<String> {
    let address = crate::address::address(text);
    let plain = address.chars().all(|c| c.is_ascii_graphic() || !c.is_ascii());
    (!address.is_empty() && plain && !address.contains(['"', '\\', '[', ']'])).then_some(address)
}

/// Base64 words of at most 75 characters, each whole by itself.
fn encoded_words(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // 45 bytes become 60 letters, with 12 for the frame.
        let (word, more) =
            rest.split_at(rest.floor_char_boundary(45).max(rest.chars().next().map_or(1, char::len_utf8)));
        let word = base64_encode(word.as_bytes()).unwrap_or_default();
        words.push(format!("=?UTF-8?B?{}?=", String::from_utf8_lossy(&word)));
        rest = more;
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{disposition, id, mailbox, mime, text};
    use crate::mail::Party;

    fn party(name: &str, address: &str) -> String {
        mailbox(&Party { name: name.into(), address: address.into() })
    }

    #[test]
    fn a_value_never_becomes_two() {
        assert_eq!(text("Skriver\r\nBcc: x@y.z"), "Skriver Bcc: x@y.z");
        assert_eq!(party("Kari\r\nBcc: x", "kari@fjord.no"), "\"Kari Bcc: x\" <kari@fjord.no>");
        assert_eq!(party("Kari", "kari@fjord.no>\r\nBcc: <x@y.z"), "");
        assert_eq!(id("a@b>\r\nX: y").as_deref(), Some("<a@bXy>"));
        assert_eq!(disposition("attachment", "a\"\r\nX: y"), "attachment; filename=\"a_ X_ y\"");
        assert_eq!(mime("text/html\r\nX: y"), "application/octet-stream");
    }

    #[test]
    fn names_are_quoted_or_encoded() {
        assert_eq!(party("Kari Nordmann", "kari@fjord.no"), "Kari Nordmann <kari@fjord.no>");
        assert_eq!(party("Ane, Nordvik", "a@b.no"), "\"Ane, Nordvik\" <a@b.no>");
        assert_eq!(party("Bjørn", "b@b.no"), "=?UTF-8?B?QmrDuHJu?= <b@b.no>");
        assert_eq!(party("=?UTF-8?B?QQ==?=", "b@b.no"), "=?UTF-8?B?PT9VVEYtOD9CP1FRPT0/PQ==?= <b@b.no>");
        assert_eq!(
            disposition("attachment", "blåbær.pdf"),
            "attachment; filename=\"bl_b_r.pdf\"; filename*=UTF-8''bl%C3%A5b%C3%A6r.pdf"
        );
    }
}
