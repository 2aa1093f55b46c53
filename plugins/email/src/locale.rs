//! Which language is this? A hint, never more: it chooses between the languages that Saker speaks.

use crate::field::Fields;

const NORWEGIAN: [&str; 32] = [
    "og", "ikke", "jeg", "det", "på", "har", "hei", "vi", "en", "et", "å", "av", "som", "men", "takk", "hilsen",
    "vennlig", "mvh", "fra", "dere", "deg", "meg", "denne", "når", "kan", "er", "til", "med", "noe", "hvordan",
    "virker", "fungerer",
];
const ENGLISH: [&str; 30] = [
    "the", "and", "not", "is", "it", "to", "of", "you", "have", "hi", "hello", "we", "a", "with", "this", "that",
    "but", "thanks", "regards", "please", "from", "can", "are", "my", "your", "for", "does", "was", "how", "i",
];
/// Neighbours that share words with Norwegian and are told apart by these.
const SWEDISH: [&str; 7] = ["och", "inte", "jag", "är", "att", "från", "tack"];
const DANISH: [&str; 6] = ["af", "venlig", "hvad", "nogle", "tak", "jeres"];

/// BCP 47: from `Content-Language`, else guessed from the words.
pub fn hint(fields: &Fields, text: &str) -> Option<String> {
    declared(fields).or_else(|| guess(text).map(str::to_owned))
}

fn declared(fields: &Fields) -> Option<String> {
    let tag = fields.get("content-language")?.split([',', ';', ' ']).find(|tag| !tag.is_empty())?;
    let good = (2..=35).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    good.then(|| tag.to_owned())
}

fn guess(text: &str) -> Option<&'static str> {
    let (mut nb, mut en, mut sv, mut da) = (0, 0, 0, 0);
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).take(400) {
        let word = word.to_lowercase();
        let is = |list: &[&str]| usize::from(list.contains(&word.as_str()));
        nb += is(&NORWEGIAN);
        en += is(&ENGLISH);
        sv += is(&SWEDISH);
        da += is(&DANISH);
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

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn two_words_tell_a_language() {
        assert_eq!(guess("Hei! Skriveren virker ikke."), Some("nb"));
        assert_eq!(guess("Hello, the printer is not working."), Some("en"));
        assert_eq!(guess("Hej, skrivaren fungerar inte och jag är ledsen"), Some("sv"));
        assert_eq!(guess("Bonjour, mon imprimante"), None);
        assert_eq!(guess("OK"), None);
    }
}
