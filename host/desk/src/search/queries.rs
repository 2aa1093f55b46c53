//! A clause as a query of the index. Weights say where a word counts most: title, then people, then text.

use super::{
    Scope,
    question::{Clause, Way},
    shelf::Fields,
    words::{forms, is_common, long_form, short_form, stems},
};
use tantivy::{
    Searcher, Term,
    query::{
        BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, FuzzyTermQuery, Occur, PhrasePrefixQuery, PhraseQuery,
        Query, RegexQuery, TermQuery, TermSetQuery,
    },
    schema::{Field, IndexRecordOption},
};

/// A number that was typed is what was meant.
const JUMP: f32 = 1000.0;
const WHOLE: f32 = 8.0;
/// Continuations of a word that is still being typed, inside a phrase.
const EXPANSIONS: u32 = 1000;

type Ask = Box<dyn Query>;

/// Who asks, and how leniently.
pub struct Asker<'a> {
    pub fields: &'a Fields,
    pub scope: &'a Scope,
    /// Words may have a slip in them.
    pub slips: bool,
}

impl Clause {
    /// Whether a slip may be forgiven in it.
    pub fn may_slip(&self) -> bool {
        self.ways.iter().any(|way| matches!(way, Way::Word { word, .. } if is_long(word)))
    }
}

/// Long enough that one wrong letter leaves it recognisable. A number is another number.
pub fn is_long(word: &str) -> bool {
    word.chars().count() >= 5 && word.chars().all(char::is_alphabetic) && !is_common(word)
}

impl Asker<'_> {
    /// The clause for documents this asker may find, among the requests with these numbers if any are given.
    pub fn scoped(&self, clause: &Clause, among: Option<impl Iterator<Item = u64>>) -> Ask {
        let mut all: Vec<(Occur, Ask)> = vec![(Occur::Must, self.clause(clause))];
        match self.scope {
            Scope::Agent => {}
            Scope::Person(person) => all.push((Occur::Must, unscored(exact(self.fields.reader, person.as_str())))),
            Scope::Reach(filed) => {
                let terms = filed.iter().map(|name| Term::from_field_text(self.fields.staff, name));
                all.push((Occur::Must, unscored(Box::new(TermSetQuery::new(terms)))));
            }
        }
        if let Some(numbers) = among {
            let terms = numbers.map(|n| Term::from_field_u64(self.fields.number, n));
            all.push((Occur::Must, unscored(Box::new(TermSetQuery::new(terms)))));
        }
        Box::new(BooleanQuery::new(all))
    }

    /// About how many documents meet the clause; only the order matters.
    pub fn estimate(&self, searcher: &Searcher, clause: &Clause) -> tantivy::Result<u64> {
        let mut sum = 0;
        for way in &clause.ways {
            let words = match way {
                Way::Word { open: true, .. } => return Ok(u64::MAX),
                Way::Word { word, .. } => std::slice::from_ref(word),
                Way::Phrase { words, .. } => words,
                Way::Number(_) | Way::Address(_) | Way::Digits(_) => continue,
            };
            let mut least = u64::MAX;
            for word in words {
                let mut here = 0;
                for (field, _) in self.places() {
                    here += searcher.doc_freq(&Term::from_field_text(field, word))?;
                }
                least = least.min(here);
            }
            sum += least;
        }
        Ok(sum)
    }

    /// Where words are looked for. A customer is not told who else is on a request.
    fn places(&self) -> Vec<(Field, f32)> {
        let f = self.fields;
        let mut places = vec![(f.title, 3.0), (f.text, 1.0), (f.files, 1.0)];
        if self.scope.is_staff() {
            places.push((f.people, 2.5));
        }
        places
    }

    fn clause(&self, clause: &Clause) -> Ask {
        let f = self.fields;
        let agent = self.scope.is_staff();
        let mut any: Vec<Ask> = Vec::new();
        for way in &clause.ways {
            match way {
                Way::Number(n) => {
                    let term = Box::new(TermQuery::new(Term::from_field_u64(f.number, *n), IndexRecordOption::Basic));
                    // Only the head: the number is the request's, not that of each message.
                    let head =
                        Box::new(TermQuery::new(Term::from_field_u64(f.is_message, 0), IndexRecordOption::Basic));
                    let both: Ask = Box::new(BooleanQuery::intersection(vec![term, head]));
                    any.push(Box::new(ConstScoreQuery::new(both, JUMP)));
                }
                Way::Address(address) if agent => any.push(weigh(exact(f.address, address), WHOLE)),
                Way::Address(_) => {}
                Way::Digits(variants) => {
                    for digits in variants {
                        any.push(weigh(exact(f.digits, digits), WHOLE));
                        if agent && digits.len() >= 5 {
                            any.push(weigh(start(f.phone, digits), WHOLE));
                        }
                    }
                }
                Way::Word { word, open } => self.word(word, *open, &mut any),
                Way::Phrase { words, open } => {
                    self.places().into_iter().for_each(|(field, weight)| phrase(field, words, *open, weight, &mut any));
                }
            }
        }
        union(any)
    }

    fn word(&self, word: &str, open: bool, any: &mut Vec<Ask>) {
        let spellings = forms(word);
        let stems = stems(word);
        for (field, weight) in self.places() {
            for (i, form) in spellings.iter().enumerate() {
                any.push(weigh(exact(field, form), if i == 0 { weight } else { 0.8 * weight }));
            }
            any.extend(stems.iter().map(|stem| weigh(exact(field, stem), 0.5 * weight)));
            // One letter is the start of too much to look for it in texts.
            let far = field == self.fields.text || field == self.fields.files;
            if open && (!far || word.chars().nth(1).is_some()) {
                any.extend(typed(word).into_iter().map(|form| weigh(start(field, &form), 0.3 * weight)));
            }
        }
        let stem = self.fields.stem;
        any.extend(spellings.iter().chain(&stems).map(|form| weigh(exact(stem, form), 0.5)));
        if self.slips && is_long(word) {
            let places = self.places().into_iter().map(|(field, _)| field).chain([stem]);
            any.extend(places.map(|field| weigh(near(field, word, open), 0.2)));
        }
    }

    /// People who meet all clauses. Every word may be the start of a name; with slips also its middle.
    pub fn people(&self, clauses: &[Clause]) -> Ask {
        Box::new(BooleanQuery::intersection(clauses.iter().map(|clause| self.person(clause)).collect()))
    }

    fn person(&self, clause: &Clause) -> Ask {
        let f = self.fields;
        let mut any: Vec<Ask> = Vec::new();
        for way in &clause.ways {
            match way {
                Way::Number(_) => {}
                Way::Address(address) => any.push(weigh(exact(f.person_address, address), WHOLE)),
                Way::Digits(variants) => {
                    any.extend(variants.iter().filter(|d| d.len() >= 3).map(|d| start(f.person_phone, d)))
                }
                Way::Phrase { words, .. } => phrase(f.name, words, true, 1.0, &mut any),
                Way::Word { word, .. } => {
                    any.extend(forms(word).iter().map(|form| exact(f.name, form)));
                    any.extend(typed(word).iter().map(|form| weigh(start(f.name, form), 0.3)));
                    let length = word.chars().count();
                    if word.bytes().all(|b| b.is_ascii_digit()) && length >= 3 {
                        any.push(start(f.person_phone, word));
                    }
                    // Letters and digits only, so they mean nothing else in a pattern.
                    if self.slips && length >= 3 && word.chars().all(char::is_alphanumeric) {
                        let inside = RegexQuery::from_pattern(&format!(".*{word}.*"), f.name);
                        any.extend(inside.ok().map(|query| Box::new(query) as Ask));
                    }
                    if self.slips && is_long(word) {
                        any.push(weigh(near(f.name, word, true), 0.2));
                    }
                }
            }
        }
        union(any)
    }
}

/// The spellings of a start of a word. The short one is left out where the word has an å or ø: "på" begins fewer
/// words than "pa" does.
fn typed(word: &str) -> Vec<String> {
    let mut all = vec![word.to_owned(), long_form(word)];
    all.dedup();
    all
}

fn phrase(field: Field, words: &[String], open: bool, weight: f32, any: &mut Vec<Ask>) {
    let spelt = |form: fn(&str) -> String| words.iter().map(|w| form(w)).collect::<Vec<_>>();
    let mut spellings = vec![spelt(short_form), spelt(long_form)];
    spellings.dedup();
    for words in spellings {
        let terms: Vec<Term> = words.iter().map(|w| Term::from_field_text(field, w)).collect();
        any.push(match (&words[..], open) {
            ([], _) => continue,
            ([one], false) => weigh(exact(field, one), weight),
            ([one], true) => weigh(start(field, one), weight),
            (_, false) => weigh(Box::new(PhraseQuery::new(terms)), 2.0 * weight),
            (_, true) => {
                let mut query = PhrasePrefixQuery::new(terms);
                query.set_max_expansions(EXPANSIONS);
                weigh(Box::new(query), 2.0 * weight)
            }
        });
    }
}

fn exact(field: Field, word: &str) -> Ask {
    Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs))
}

/// Words that begin so.
fn start(field: Field, word: &str) -> Ask {
    Box::new(FuzzyTermQuery::new_prefix(Term::from_field_text(field, word), 0, true))
}

/// Words with one slip.
fn near(field: Field, word: &str, open: bool) -> Ask {
    let term = Term::from_field_text(field, word);
    Box::new(if open { FuzzyTermQuery::new_prefix(term, 1, true) } else { FuzzyTermQuery::new(term, 1, true) })
}

fn weigh(query: Ask, weight: f32) -> Ask {
    Box::new(BoostQuery::new(query, weight))
}

fn unscored(query: Ask) -> Ask {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn union(mut any: Vec<Ask>) -> Ask {
    match any.len() {
        0 => Box::new(EmptyQuery),
        1 => any.remove(0),
        _ => Box::new(BooleanQuery::union(any)),
    }
}
