//! The two first languages.

use serde::{Deserialize, Serialize};

/// A language that Saker speaks. Anything else is answered in English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Norwegian bokmål.
    Nb,
    #[default]
    En,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Nb, Language::En];

    /// The word in this language.
    pub fn pick<'a>(self, nb: &'a str, en: &'a str) -> &'a str {
        match self {
            Language::Nb => nb,
            Language::En => en,
        }
    }

    /// BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Nb => "nb",
            Language::En => "en",
        }
    }

    /// From a tag such as `nb-NO`, `no` or `en-GB`; `None` for a language that Saker does not speak.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "nb" | "no" | "nn" => Some(Language::Nb),
            "en" => Some(Language::En),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header (RFC 9110, section 12.5.4) that Saker speaks.
    pub fn from_accept(header: &str) -> Option<Self> {
        let mut wanted: Vec<(f32, &str)> = header
            .split(',')
            .map(|part| {
                let mut pieces = part.split(';');
                let tag = pieces.next().unwrap_or_default().trim();
                let weight =
                    pieces.find_map(|p| p.trim().strip_prefix("q=").and_then(|q| q.parse().ok())).unwrap_or(1.0);
                (weight, tag)
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.into_iter().find_map(|(_, tag)| Self::from_tag(tag))
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_heaviest_language_that_is_spoken_wins() {
        assert_eq!(Language::from_accept("de, en;q=0.4, nb-NO;q=0.8"), Some(Language::Nb));
        assert_eq!(Language::from_accept("fr"), None);
        assert_eq!(Language::from_accept(""), None);
    }
}
