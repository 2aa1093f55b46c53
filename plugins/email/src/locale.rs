//! Which language is this? A hint, never more: it chooses between the languages that Saker speaks.

use crate::field::Fields;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Norwegian,
    English,
    /// The neighbours share words with Norwegian and are told apart by others.
    Swedish,
    Danish,
}
use Language::{Danish, English, Norwegian, Swedish};

/// Short words that are one language's among these, sorted by their bytes.
const WORDS: [(&str, Language); 75] = [
    ("a", English),
    ("af", Danish),
    ("and", English),
    ("are", English),
    ("att", Swedish),
    ("av", Norwegian),
    ("but", English),
    ("can", English),
    ("deg", Norwegian),
    ("denne", Norwegian),
    ("dere", Norwegian),
    ("det", Norwegian),
    ("does", English),
    ("en", Norwegian),
    ("er", Norwegian),
    ("et", Norwegian),
    ("for", English),
    ("fra", Norwegian),
    ("from", English),
    ("från", Swedish),
    ("fungerer", Norwegian),
    ("har", Norwegian),
    ("have", English),
    ("hei", Norwegian),
    ("hello", English),
    ("hi", English),
    ("hilsen", Norwegian),
    ("how", English),
    ("hvad", Danish),
    ("hvordan", Norwegian),
    ("i", English),
    ("ikke", Norwegian),
    ("inte", Swedish),
    ("is", English),
    ("it", English),
    ("jag", Swedish),
    ("jeg", Norwegian),
    ("jeres", Danish),
    ("kan", Norwegian),
    ("med", Norwegian),
    ("meg", Norwegian),
    ("men", Norwegian),
    ("mvh", Norwegian),
    ("my", English),
    ("noe", Norwegian),
    ("nogle", Danish),
    ("not", English),
    ("når", Norwegian),
    ("och", Swedish),
    ("of", English),
    ("og", Norwegian),
    ("please", English),
    ("på", Norwegian),
    ("regards", English),
    ("som", Norwegian),
    ("tack", Swedish),
    ("tak", Danish),
    ("takk", Norwegian),
    ("thanks", English),
    ("that", English),
    ("the", English),
    ("this", English),
    ("til", Norwegian),
    ("to", English),
    ("venlig", Danish),
    ("vennlig", Norwegian),
    ("vi", Norwegian),
    ("virker", Norwegian),
    ("was", English),
    ("we", English),
    ("with", English),
    ("you", English),
    ("your", English),
    ("är", Swedish),
    ("å", Norwegian),
];
/// Bytes of the longest of them.
const LONGEST: usize = 8;
/// The same words as numbers, which are compared at once.
const KEYS: [u64; WORDS.len()] = {
    let mut keys = [0; WORDS.len()];
    let mut at = 0;
    while at < WORDS.len() {
        keys[at] = key(WORDS[at].0.as_bytes());
        at += 1;
    }
    keys
};
/// Words of a text that are looked at.
const MOST_WORDS: usize = 400;

/// BCP 47: from `Content-Language`, else guessed from the words.
pub fn hint(fields: &Fields<'_>, text: &str) -> Option<String> {
    declared(fields).or_else(|| guess(text).map(str::to_owned))
}

fn declared(fields: &Fields<'_>) -> Option<String> {
    let tag = fields.get("content-language")?.split([',', ';', ' ']).find(|tag| !tag.is_empty())?;
    let good = (2..=35).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    good.then(|| tag.to_owned())
}

fn guess(text: &str) -> Option<&'static str> {
    let (mut nb, mut en, mut sv, mut da) = (0, 0, 0, 0);
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).take(MOST_WORDS) {
        match language(word) {
            Some(Norwegian) => nb += 1,
            Some(English) => en += 1,
            Some(Swedish) => sv += 1,
            Some(Danish) => da += 1,
            None => {}
        }
    }
    // Two words, and twice as many as the other: less is chance.
    if sv >= 2 && sv > nb / 2 {
        Some("sv")
    } else if nb >= 2 && nb >= 2 * en {
        Some(if da >= 2 { "da" } else { "nb" })
    } else if en >= 2 && en >= 2 * nb {
        Some("en")
    } else {
        None
    }
}

fn language(word: &str) -> Option<Language> {
    let known = |word: &[u8]| KEYS.binary_search(&key(word)).ok().map(|at| WORDS[at].1);
    if word.len() > LONGEST {
        return None;
    }
    if !word.is_ascii() {
        return Some(word.to_lowercase()).filter(|word| word.len() <= LONGEST).and_then(|word| known(word.as_bytes()));
    }
    let mut letters = [0; LONGEST];
    let letters = &mut letters[..word.len()];
    letters.copy_from_slice(word.as_bytes());
    letters.make_ascii_lowercase();
    known(letters)
}

/// A word of at most [`LONGEST`] bytes as a number; numbers have the order of their words.
const fn key(word: &[u8]) -> u64 {
    let mut key = 0;
    let mut at = 0;
    while at < LONGEST {
        key = key << 8 | if at < word.len() { word[at] as u64 } else { 0 };
        at += 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::{KEYS, LONGEST, WORDS, guess};

    #[test]
    fn the_words_can_be_searched() {
        assert!(WORDS.iter().all(|(word, _)| word.len() <= LONGEST));
        assert!(KEYS.is_sorted());
    }

    #[test]
    fn two_words_tell_a_language() {
        assert_eq!(guess("Hei! Skriveren virker ikke."), Some("nb"));
        assert_eq!(guess("Hello, the printer is not working."), Some("en"));
        assert_eq!(guess("Hej, skrivaren fungerar inte och jag är ledsen"), Some("sv"));
        assert_eq!(guess("Bonjour, mon imprimante"), None);
        assert_eq!(guess("OK"), None);
    }
}
