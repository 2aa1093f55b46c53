//! Says what a request is about, by words that the organisation chose: `invoice, reminder = category: Invoices`.

#[cfg(target_family = "wasm")]
mod component;
mod mistake;
mod words;

use mistake::{Nonsense, Read};

pub use mistake::mistake;

/// Some words and what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Lower case. One may be several words.
    words: Vec<String>,
    /// `category`, `priority`, `type` or `tag`.
    pub matter: String,
    pub value: String,
}

/// What was found, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub matter: String,
    pub value: String,
    /// 0 to 1: more words, and words in the title, make it surer.
    pub confidence: f32,
    /// The words as they were chosen.
    pub words: Vec<String>,
}

const MATTERS: [&str; 4] = ["category", "priority", "type", "tag"];

/// Lines that make no sense are let be: whoever saves them is told ([`mistake()`]).
pub fn meanings(lines: &str) -> Vec<Meaning> {
    lines.lines().filter_map(|line| read(line).ok()).collect()
}

fn read(line: &str) -> Read<'_> {
    let no_meaning = (line, Nonsense::NoMeaning);
    let (words, meaning) = line.rsplit_once('=').ok_or(no_meaning)?;
    let (about, value) = meaning.split_once(':').ok_or(no_meaning)?;
    let (matter, value) = (about.trim().to_lowercase(), value.trim().to_owned());
    let said = words;
    let words: Vec<String> =
        words.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Err((said, Nonsense::NoWords));
    }
    if !MATTERS.contains(&matter.as_str()) {
        return Err((about, Nonsense::NoMatter));
    }
    if value.is_empty() {
        return Err((about, Nonsense::NoValue));
    }
    Ok(Meaning { words, matter, value })
}

/// What a text means. Of several meanings for the same matter all are told, but for tags the surest comes first.
pub fn find(meanings: &[Meaning], title: &str, text: &str) -> Vec<Finding> {
    let (title, text) = (spaced(title), spaced(text));
    let mut found: Vec<Finding> = vec![];
    for meaning in meanings {
        let there = |word: &String| {
            let word = spaced(word);
            (title.contains(&word), text.contains(&word))
        };
        let hits: Vec<(&String, bool)> = meaning
            .words
            .iter()
            .filter_map(|word| match there(word) {
                (false, false) => None,
                (in_title, _) => Some((word, in_title)),
            })
            .collect();
        if hits.is_empty() {
            continue;
        }
        let titles = hits.iter().filter(|(_, in_title)| *in_title).count();
        let confidence = (0.5 + 0.1 * hits.len() as f32 + 0.2 * titles.min(1) as f32).min(0.95);
        let words = hits.into_iter().map(|(word, _)| word.clone()).collect();
        found.push(Finding { matter: meaning.matter.clone(), value: meaning.value.clone(), confidence, words });
    }
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found
}

/// Lower case, with one space for whatever is no letter and no digit, and one at each end: so that whole words are found.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 2);
    spaced.push(' ');
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            spaced.push(letter);
        } else if !spaced.ends_with(' ') {
            spaced.push(' ');
        }
    }
    if !spaced.ends_with(' ') {
        spaced.push(' ');
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::{find, meanings};

    const LINES: &str = "faktura, KID-nummer, purring = category: Faktura\nhaster = priority: High\n\nnonsense\n= tag: x\n\
                         a = colour: red\nVPN=tag:nett";

    #[test]
    fn lines_are_read_and_nonsense_is_let_be() {
        let read = meanings(LINES);
        assert_eq!(read.len(), 3, "{read:?}");
        assert_eq!((read[0].matter.as_str(), read[0].value.as_str()), ("category", "Faktura"));
        assert_eq!(read[2].value, "nett");
    }

    #[test]
    fn whole_words_are_found_however_they_are_written() {
        let found = find(&meanings(LINES), "FAKTURA 1042", "Hvor er kid-nummeret? KID nummer mangler. Det HASTER!");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].value.as_str(), found[0].words.len()), ("Faktura", 2));
        assert!(found[0].confidence > found[1].confidence && found[0].confidence < 1.0);
        assert_eq!(found[1].words, ["haster"]);
    }

    #[test]
    fn parts_of_words_and_empty_texts_mean_nothing() {
        assert!(find(&meanings(LINES), "", "").is_empty());
        assert!(find(&meanings(LINES), "Fakturaen", "purringer vpnx").is_empty());
        assert!(find(&[], "Faktura", "purring").is_empty());
    }
}
