//! The line under a hit: a piece of the text around the words that were found, with the words marked.

use super::{
    digits,
    queries::is_long,
    question::{Clause, Way},
    words::{Chain, Word, forms, is_invisible, is_near, long_form, short_form, stems, words},
};
use std::ops::Range;

/// Characters of a snippet.
const LENGTH: usize = 160;
/// Characters before the first mark.
const BEFORE: usize = 40;
/// Bytes of a text in which marks are looked for.
const READ: usize = 200_000;
/// Marks that are weighed against each other.
const MOST_MARKS: usize = 200;

/// One line of plain text and the byte ranges to mark in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    pub text: String,
    pub marks: Vec<(u32, u32)>,
}

/// Knows what to mark for a question.
pub struct Marker {
    specs: Vec<(usize, Spec)>,
}

enum Spec {
    Word {
        word: String,
        forms: Vec<String>,
        spellings: Vec<String>,
        open: bool,
        slips: bool,
    },
    /// Two spellings of the phrase.
    Phrase {
        spellings: [Vec<String>; 2],
        open: bool,
    },
    Number(Vec<String>),
}

impl Marker {
    pub fn new(clauses: &[Clause], slips: bool) -> Marker {
        let mut specs = Vec::new();
        for (clause, way) in
            clauses.iter().enumerate().flat_map(|(i, clause)| clause.ways.iter().map(move |way| (i, way)))
        {
            match way {
                Way::Number(_) | Way::Address(_) => {}
                Way::Digits(variants) => specs.push((clause, Spec::Number(variants.clone()))),
                Way::Word { word, open } => specs.push((clause, Spec::word(word, *open, slips))),
                Way::Phrase { words, open } => {
                    let spelt = |form: fn(&str) -> String| words.iter().map(|w| form(w)).collect();
                    specs
                        .push((clause, Spec::Phrase { spellings: [spelt(short_form), spelt(long_form)], open: *open }));
                }
            }
        }
        Marker { specs }
    }

    /// A snippet of the first text; of the second where only that has marks.
    pub fn snippet(&self, first: &str, second: &str) -> Snippet {
        let marks = self.marks(first);
        if marks.is_empty() {
            let others = self.marks(second);
            if !others.is_empty() {
                return cut(second, &others);
            }
        }
        cut(first, &marks)
    }

    /// Byte ranges that answer a clause, with the clause, in order of their starts.
    fn marks(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let text = &text[..text.floor_char_boundary(READ)];
        let mut marks: Vec<(Range<usize>, usize)> = Vec::new();
        if self.specs.iter().any(|(_, spec)| matches!(spec, Spec::Number(_))) {
            let numbers = digits::numbers_in(text);
            for (clause, spec) in &self.specs {
                let Spec::Number(asked) = spec else { continue };
                let fits = |number: &str| asked.iter().any(|a| number.contains(a.as_str()));
                let ranges: Vec<&Range<usize>> =
                    numbers.iter().filter(|(_, n)| fits(n)).map(|(range, _)| range).collect();
                // The tightest only: a number also fits in the row of groups it is a part of.
                let tight = |range: &Range<usize>| {
                    !ranges.iter().any(|other| *other != range && other.start >= range.start && other.end <= range.end)
                };
                marks.extend(ranges.iter().filter(|range| tight(range)).map(|range| ((*range).clone(), *clause)));
            }
        }
        let all: Vec<Word> = words(text).collect();
        let mut chain = Chain::default();
        for at in 0..all.len() {
            let joined = chain.add(&all[at]);
            for (clause, spec) in &self.specs {
                match spec {
                    Spec::Number(_) => {}
                    Spec::Phrase { spellings, open } => {
                        if let Some(words) = spellings.iter().find(|words| begins(&all[at..], words, *open)) {
                            marks.push((all[at].from..all[at + words.len() - 1].to, *clause));
                        }
                    }
                    word => {
                        if word.is(&all[at].text) {
                            marks.push((all[at].from..all[at].to, *clause));
                        }
                        if let Some((from, joined)) = &joined
                            && word.is(joined)
                        {
                            marks.push((*from..all[at].to, *clause));
                        }
                    }
                }
            }
            if marks.len() >= MOST_MARKS {
                break;
            }
        }
        marks.sort_by_key(|(range, clause)| (range.start, range.end, *clause));
        marks
    }
}

impl Spec {
    fn word(word: &str, open: bool, slips: bool) -> Spec {
        let spellings = forms(word);
        let forms = spellings.iter().cloned().chain(stems(word)).collect();
        Spec::Word {
            word: word.to_owned(),
            forms,
            spellings: vec![word.to_owned(), long_form(word)],
            open,
            slips: slips && is_long(word),
        }
    }

    /// Whether a word of the text answers this word of the question.
    fn is(&self, found: &str) -> bool {
        let Spec::Word { word, forms: asked, spellings, open, slips } = self else { return false };
        let plain = forms(found);
        if plain
            .iter()
            .any(|form| asked.contains(form) || (*open && spellings.iter().any(|start| form.starts_with(start))))
        {
            return true;
        }
        // A stem begins as its word does, up to the spelling of the first letter; most words need no stemming here.
        let first = |text: &str| short_form(text).chars().next();
        if !*slips && first(found) != first(word) {
            return false;
        }
        let stems = stems(found);
        if stems.iter().any(|stem| asked.contains(stem)) {
            return true;
        }
        *slips
            && plain.iter().chain(&stems).any(|form| {
                let length = word.chars().count();
                let begins = |n: usize| form.char_indices().nth(n).is_some_and(|(end, _)| is_near(&form[..end], word));
                is_near(form, word) || (*open && (length - 1..=length + 1).any(begins))
            })
    }
}

fn begins(found: &[Word], words: &[String], open: bool) -> bool {
    !words.is_empty()
        && found.len() >= words.len()
        && words.iter().zip(found).enumerate().all(|(i, (word, found))| {
            let last = open && i + 1 == words.len();
            forms(&found.text).iter().any(|form| form == word || (last && form.starts_with(word.as_str())))
        })
}

/// Chooses the piece in which most clauses are answered, and makes one line of it.
fn cut(text: &str, marks: &[(Range<usize>, usize)]) -> Snippet {
    let from = best_start(text, marks).map_or(0, |first| back(text, first));
    let mut out = Snippet::default();
    if from > 0 {
        out.text.push('…');
    }
    let mut merged: Vec<Range<usize>> = Vec::new();
    for (range, _) in marks.iter().filter(|(range, _)| range.start >= from) {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range.clone()),
        }
    }
    let mut marks = merged.into_iter().peekable();
    let mut open: Option<usize> = None;
    let mut length = 0;
    let mut blank = true;
    for (at, c) in text[from..].char_indices().map(|(i, c)| (from + i, c)) {
        if open.is_some() && marks.peek().is_some_and(|mark| at >= mark.end) {
            out.close(&mut open);
            marks.next();
        }
        if length >= LENGTH {
            out.close(&mut open);
            out.shorten();
            return out;
        }
        if is_invisible(c) {
            continue;
        }
        if c.is_whitespace() || c.is_control() {
            if !blank {
                out.text.push(' ');
                length += 1;
            }
            blank = true;
            continue;
        }
        if open.is_none() && marks.peek().is_some_and(|mark| mark.contains(&at)) {
            open = Some(out.text.len());
        }
        out.text.push(c);
        length += 1;
        blank = false;
    }
    out.close(&mut open);
    out.text.truncate(out.text.trim_end().len());
    out
}

/// The mark with which the best piece begins: most clauses, then most marks, then the first.
fn best_start(text: &str, marks: &[(Range<usize>, usize)]) -> Option<usize> {
    let reach = LENGTH - BEFORE;
    let mut best: Option<((u32, usize), usize)> = None;
    for (i, (first, _)) in marks.iter().enumerate() {
        let near = marks[i..].iter().take_while(|(range, _)| range.end <= first.start + reach);
        let (mut clauses, mut count) = (0u64, 0);
        for (_, clause) in near {
            clauses |= 1 << (clause % 64);
            count += 1;
        }
        let worth = (clauses.count_ones(), count);
        if best.is_none_or(|(most, _)| worth > most) {
            best = Some((worth, first.start));
        }
    }
    best.map(|(_, start)| start.min(text.len()))
}

/// Some characters back from a place, to the start of a word; to the start of the text if that is near.
fn back(text: &str, place: usize) -> usize {
    let mut before = text[..place].char_indices().rev();
    let Some((far, _)) = before.by_ref().nth(BEFORE - 1) else { return 0 };
    if before.next().is_none() {
        return 0;
    }
    match text[far..place].find(char::is_whitespace) {
        Some(blank) => far + blank + text[far + blank..].chars().next().map_or(0, char::len_utf8),
        None => far,
    }
}

impl Snippet {
    fn close(&mut self, open: &mut Option<usize>) {
        if let Some(from) = open.take()
            && let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(self.text.trim_end().len()))
            && from < to
        {
            self.marks.push((from, to));
        }
    }

    /// Ends a snippet that goes on in the text: behind a whole word, unless that would cut off a mark or much else.
    fn shorten(&mut self) {
        let marked = self.marks.last().map_or(0, |&(_, to)| to as usize);
        let end = self.text.trim_end().len();
        let blank = self.text[..end].rfind(' ').filter(|&blank| blank >= marked && blank + 40 > end);
        self.text.truncate(blank.unwrap_or(end));
        self.text.push('…');
    }
}
