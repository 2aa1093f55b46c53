//! Addresses behind words: Telegram shows the words, and says the address beside the text (…/bots/api#messageentity).

use saker_channel::{json, markup::beside};
use serde_json::Value;

/// The text with each address behind its words. Places are counted in UTF-16, as Telegram does.
pub fn shown(text: &str, entities: &[Value]) -> String {
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    for (begin, end, url) in links(text, entities) {
        // One inside another is no link of Telegram's.
        if begin >= from {
            shown.push_str(&text[from..begin]);
            shown.push_str(&beside(&url, &text[begin..end]));
            from = end;
        }
    }
    shown.push_str(&text[from..]);
    shown
}

/// Where words begin and end that lead to an address, in bytes, in their order.
fn links(text: &str, entities: &[Value]) -> Vec<(usize, usize, String)> {
    let link = |entity: &Value| {
        let is_link = json::text(entity, "type").as_deref() == Some("text_link");
        let (offset, length) = (json::whole(entity, "offset")?, json::whole(entity, "length").filter(|n| *n > 0)?);
        let (begin, end) = (byte_at(text, offset)?, byte_at(text, offset.checked_add(length)?)?);
        Some((begin, end, json::text(entity, "url")?)).filter(|_| is_link)
    };
    let mut links: Vec<_> = entities.iter().filter_map(link).collect();
    links.sort_by_key(|(begin, ..)| *begin);
    links
}

/// The byte at a place in UTF-16; none where no letter begins there.
fn byte_at(text: &str, place: i64) -> Option<usize> {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        if units == place {
            return Some(at);
        }
        units += letter.len_utf16() as i64;
    }
    (units == place).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::shown;
    use serde_json::{Value, json};

    fn link(offset: i64, length: i64, url: &str) -> Value {
        json!({ "type": "text_link", "offset": offset, "length": length, "url": url })
    }

    #[test]
    fn an_address_stands_behind_its_words() {
        let both = [link(9, 3, "https://b.example/"), link(4, 4, "https://a.example/")];
        assert_eq!(shown("Se: hit, dit", &both[..1]), "Se: hit, dit (https://b.example/)");
        assert_eq!(shown("Se: her  dit", &both), "Se: her  (https://a.example/) dit (https://b.example/)");
        assert_eq!(shown("https://a.example", &[link(0, 17, "https://a.example")]), "https://a.example");
    }

    #[test]
    fn places_are_counted_as_telegram_does() {
        // A face is two units, its colour two more; æ is one.
        assert_eq!(shown("👍🏽 æ her", &[link(7, 3, "https://a.example")]), "👍🏽 æ her (https://a.example)");
        assert_eq!(shown("👍", &[link(0, 2, "https://a.example")]), "👍 (https://a.example)");
    }

    #[test]
    fn what_is_no_place_changes_nothing() {
        for strange in [
            link(1, 1, "https://a.example"),
            link(0, 99, "https://a.example"),
            link(-1, 1, "https://a.example"),
            link(0, 0, "https://a.example"),
            link(i64::MAX, i64::MAX, "https://a.example"),
            json!({ "type": "bold", "offset": 0, "length": 2, "url": "https://a.example" }),
            json!({ "type": "text_link", "offset": 0, "length": 2 }),
            json!(null),
        ] {
            assert_eq!(shown("👍 x", std::slice::from_ref(&strange)), "👍 x", "{strange}");
        }
        let nested = [link(0, 4, "https://a.example"), link(2, 2, "https://b.example")];
        assert_eq!(shown("abcd", &nested), "abcd (https://a.example)");
    }
}
