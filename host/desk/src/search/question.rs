//! What somebody typed, as clauses. Nothing typed is an error: what is not understood is words.

use super::{
    digits,
    words::{self, Word, words},
};

/// Characters that are read of a question.
const LONGEST: usize = 400;
/// Clauses that are asked; the rest is dropped.
const MOST_CLAUSES: usize = 12;
/// Words of one phrase.
const MOST_WORDS: usize = 16;

/// One thing that a request must have, in any of several ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    pub ways: Vec<Way>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The request of this number.
    Number(u64),
    /// A whole address, in lower case.
    Address(String),
    /// A long number, in every form in which it may be filed.
    Digits(Vec<String>),
    /// A word in any inflection, or the start of one that is still being typed.
    Word { word: String, open: bool },
    /// These words in this order, exactly; the last may be the start of one.
    Phrase { words: Vec<String>, open: bool },
}

/// Reads a question. Empty when there is nothing to look for.
pub fn read(question: &str) -> Vec<Clause> {
    let text: String = question.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut clauses = Vec::new();
    let mut common = Vec::new();
    let pieces = pieces(&text);
    let mut at = 0;
    while at < pieces.len() && clauses.len() < MOST_CLAUSES {
        let last = at + 1 == pieces.len();
        let clause = match pieces[at] {
            Piece::Quoted { text, closed } => quoted(text, !closed),
            Piece::Chunk { text, ended } => match grouped(&pieces[at..]) {
                Some((groups, clause)) => {
                    at += groups - 1;
                    Some(clause)
                }
                None => chunk(text, last && !ended),
            },
        };
        at += 1;
        match clause {
            Some(clause) if clause.is_common() => common.push(clause),
            Some(clause) => clauses.push(clause),
            None => {}
        }
    }
    // "The printer is broken" asks for printer and broken; "it" alone asks for it.
    if clauses.is_empty() { common } else { clauses }
}

impl Clause {
    fn is_common(&self) -> bool {
        matches!(&self.ways[..], [Way::Word { word, .. }] if words::is_common(word))
    }
}

#[derive(Clone, Copy, Debug)]
enum Piece<'t> {
    Quoted {
        text: &'t str,
        closed: bool,
    },
    /// `ended`: followed by a space, so nobody is typing it any more.
    Chunk {
        text: &'t str,
        ended: bool,
    },
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if is_quote(first) {
            let inside = &rest[first.len_utf8()..];
            let end = inside.find(is_quote);
            pieces.push(Piece::Quoted { text: &inside[..end.unwrap_or(inside.len())], closed: end.is_some() });
            rest = end.map_or("", |end| inside[end..].trim_start_matches(is_quote).trim_start());
        } else {
            let end = rest.find(char::is_whitespace);
            pieces.push(Piece::Chunk { text: &rest[..end.unwrap_or(rest.len())], ended: end.is_some() });
            rest = end.map_or("", |end| rest[end..].trim_start());
        }
    }
    pieces
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '«' | '»')
}

fn quoted(text: &str, open: bool) -> Option<Clause> {
    let words = texts(text);
    (!words.is_empty()).then(|| Clause { ways: vec![Way::Phrase { words, open }] })
}

fn texts(text: &str) -> Vec<String> {
    words(text).take(MOST_WORDS).map(|w| w.text).collect()
}

fn chunk(text: &str, typing: bool) -> Option<Clause> {
    let found: Vec<Word> = words(text).take(MOST_WORDS).collect();
    let open = typing && text.chars().next_back().is_some_and(char::is_alphanumeric);
    let mut ways = Vec::new();
    let core = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '#');
    let number = core.strip_prefix('#').unwrap_or(core);
    if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
        ways.extend(number.parse().ok().map(Way::Number));
    }
    if let Some((name, host)) = core.split_once('@')
        && !name.is_empty()
        && !host.is_empty()
    {
        ways.push(Way::Address(core.to_lowercase()));
    }
    if digits::is_number(text) && (5..=15).contains(&digits::digits(text).len()) {
        ways.push(Way::Digits(digits::variants(text)));
    }
    match &found[..] {
        [] => return None,
        [one] => ways.push(Way::Word { word: one.text.clone(), open }),
        several => {
            ways.push(Way::Phrase { words: several.iter().map(|w| w.text.clone()).collect(), open });
            if several.len() <= 3 && several[1..].iter().all(|w| w.hyphen) {
                ways.push(Way::Word { word: several.iter().map(|w| w.text.as_str()).collect(), open });
            }
        }
    }
    Some(Clause { ways })
}

/// A phone number typed in groups, such as "+47 22 33 44 55": how many pieces it takes, and its clause.
fn grouped(pieces: &[Piece<'_>]) -> Option<(usize, Clause)> {
    let mut groups: Vec<&str> = Vec::new();
    let mut abroad = false;
    for piece in pieces {
        match piece {
            // After a country code the rest may stand as one group.
            Piece::Chunk { text, .. } if digits::is_number(text) && (abroad || digits::digits(text).len() <= 5) => {
                groups.push(text)
            }
            _ => break,
        }
        abroad = groups[0].contains('+') || groups[0].starts_with("00");
    }
    // Two numbers of requests are two words; a phone number has a shorter group, or a country code.
    let number = groups.join(" ");
    let short = abroad || groups.iter().any(|g| digits::digits(g).len() <= 3);
    if groups.len() < 2 || !short || !(7..=15).contains(&digits::digits(&number).len()) {
        return None;
    }
    let ways = vec![Way::Digits(digits::variants(&number)), Way::Phrase { words: texts(&number), open: false }];
    Some((groups.len(), Clause { ways }))
}
