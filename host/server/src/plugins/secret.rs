//! How a secret may be spelled where somebody says it again: a remote in its answer, a plugin in its log.

use super::fetch::encoded;
use base64::{Engine, engine::general_purpose::STANDARD};

/// Characters of Base64 that are enough to know a secret by.
const ENOUGH: usize = 6;

/// What is hidden: spellings, the longest first, each with what is shown in its place.
pub struct Secrets(Vec<(String, String)>);

impl Secrets {
    /// Of what is shown, and the secret that it is shown for.
    pub fn of<'a>(all: impl Iterator<Item = (String, &'a str)>) -> Self {
        let mut spelled: Vec<(String, String)> = all
            .flat_map(|(shown, secret)| spellings(secret).into_iter().map(move |spelling| (spelling, shown.clone())))
            .collect();
        // A secret may stand within another.
        spelled.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.len()));
        Self(spelled)
    }

    /// A text without them. To be done before a text is cut: half a secret is not found.
    pub fn hide(&self, text: &str) -> String {
        self.hide_beginning(text, text.len())
    }

    /// The same of a text that may be long: what follows after so many bytes is not looked at, and left out. One that begins
    /// before and ends behind them is found.
    pub fn hide_beginning(&self, text: &str, most: usize) -> String {
        let longest = self.0.first().map_or(0, |(spelling, _)| spelling.len());
        let looked_at = &text[..text.floor_char_boundary(most.saturating_add(longest))];
        let there: Vec<_> = self.0.iter().filter(|(spelling, _)| looked_at.contains(spelling)).collect();
        let (mut clean, mut rest) = (String::with_capacity(text.len().min(most)), text);
        while let Some(first) = rest.chars().next().filter(|_| text.len() - rest.len() < most) {
            let here = there.iter().find_map(|(spelling, shown)| Some((shown, rest.strip_prefix(spelling.as_str())?)));
            if let Some((shown, after)) = here {
                clean.push_str(shown);
                rest = after;
            } else {
                clean.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        clean
    }
}

/// As it is, as it stands in an address, in a form and in JSON, and within Base64, whatever stands before it there.
fn spellings(secret: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::Value::from(secret).to_string();
    let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_owned();
    let mut all = vec![secret.to_owned(), encoded(secret), form, json];
    for before in 0..3 {
        let within = within_base64(secret, before);
        // RFC 4648, section 5: the alphabet of addresses.
        all.push(within.replace('+', "-").replace('/', "_"));
        all.push(within);
    }
    all.retain(|spelling| !spelling.is_empty());
    all.sort_unstable();
    all.dedup();
    all
}

/// The part of a Base64 text that tells of this secret alone, where so many bytes stand before it, and anything after; empty
/// where that is too little.
fn within_base64(secret: &str, before: usize) -> String {
    let text = STANDARD.encode([&vec![0; before], secret.as_bytes()].concat());
    let whole = (before + secret.len()) * 8 / 6;
    let first = (before * 8).div_ceil(6);
    text.get(first..whole).filter(|part| part.len() >= ENOUGH).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Secrets;
    use base64::{Engine, engine::general_purpose::STANDARD};

    fn secrets(all: &[(&str, &'static str)]) -> Secrets {
        Secrets::of(all.iter().map(|(name, secret)| (format!("{{{{secret:{name}}}}}"), *secret)))
    }

    #[test]
    fn a_secret_is_hidden_however_it_is_spelled() {
        let secret = "s\"e:sa m+e~æ/42";
        let secrets = secrets(&[("word", secret)]);
        for spelling in [
            secret.to_owned(),
            super::encoded(secret),
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
            "s\\\"e:sa m+e~æ/42".to_owned(),
        ] {
            assert_eq!(secrets.hide(&format!("a{spelling}b")), "a{{secret:word}}b");
        }
        for user in ["", "a", "ab", "abc", "Åse:"] {
            for after in ["", "1", "22"] {
                let basic = STANDARD.encode(format!("{user}{secret}{after}"));
                let hidden = secrets.hide(&format!("Basic {basic}"));
                assert!(hidden.contains("{{secret:word}}") && hidden.len() < 6 + 24 + basic.len() / 3, "{hidden}");
            }
        }
    }

    #[test]
    fn the_longer_of_two_is_hidden_first_and_nothing_of_what_stands_for_them() {
        let secrets = secrets(&[("a", "secret"), ("b", "my-secret-key")]);
        assert_eq!(secrets.hide("my-secret-key, secret"), "{{secret:b}}, {{secret:a}}");
        assert_eq!(secrets.hide("nothing of it"), "nothing of it");
    }

    #[test]
    fn of_a_long_text_the_beginning_is_given_and_no_half_secret() {
        let secrets = secrets(&[("a", "sesam-sesam")]);
        assert_eq!(secrets.hide_beginning("sæ sesam-sesam, and more", 6), "sæ {{secret:a}}");
        assert_eq!(secrets.hide_beginning("sæsam", 2), "sæ");
        assert_eq!(secrets.hide_beginning("", 6), "");
    }
}
