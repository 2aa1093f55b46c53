//! Text into words, and a word into the forms under which it is filed and found.
//!
//! One splitter serves the index, the question and the snippet, so that what is marked is what was found.

use frostem::{Algorithm, Stemmer};
use std::{borrow::Cow, collections::VecDeque, iter::Peekable, str::CharIndices};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Longer words are filed under their first characters.
const LONGEST: usize = 64;

/// A word of a text, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Byte range in the text.
    pub from: usize,
    pub to: usize,
    pub text: String,
    /// Nothing but a hyphen or an apostrophe between the word before and this one.
    pub hyphen: bool,
}

/// The words of a text, in order. Any text will do.
pub struct Words<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
    end: usize,
}

/// Splits a text into words.
pub fn words(text: &str) -> Words<'_> {
    Words { text, rest: text.char_indices().peekable(), end: 0 }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        while self.rest.next_if(|&(_, c)| !c.is_alphanumeric()).is_some() {}
        let (from, first) = self.rest.next()?;
        let mut to = from + first.len_utf8();
        let mut text = String::with_capacity(16);
        let mut length = 1;
        text.extend(first.to_lowercase());
        while !stands_alone(first)
            && let Some((at, c)) =
                self.rest.next_if(|&(_, c)| (c.is_alphanumeric() && !stands_alone(c)) || is_silent(c))
        {
            to = at + c.len_utf8();
            length += 1;
            if length <= LONGEST && !is_invisible(c) {
                add(&mut text, c);
            }
        }
        let gap = &self.text[self.end..from];
        let hyphen = self.end > 0 && matches!(gap, "-" | "'" | "\u{2019}" | "\u{2010}" | "\u{2011}");
        self.end = to;
        Some(Word { from, to, text, hyphen })
    }
}

/// Lower case, with the accents of decomposed text (as some systems write file names) put on their letters.
fn add(text: &mut String, c: char) {
    let whole = match (text.chars().next_back(), c) {
        (Some('a'), '\u{30a}') => 'å',
        (Some('a'), '\u{308}') => 'ä',
        (Some('o'), '\u{308}') => 'ö',
        (Some('u'), '\u{308}') => 'ü',
        (Some('e'), '\u{301}') => 'é',
        _ => {
            text.extend(c.to_lowercase());
            return;
        }
    };
    text.pop();
    text.push(whole);
}

/// Scripts that are written without spaces: every character is a word, and a run of them a phrase.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Does not end a word: accents that combine, soft hyphens and joiners.
fn is_silent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}') || is_invisible(c)
}

/// Takes no room on the screen, and is no part of a word or a snippet.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The word itself, and its spellings without æ, ø, å and accents: "blå" is also "bla" and "blaa".
pub fn forms(word: &str) -> Vec<String> {
    let mut all = vec![word.to_owned()];
    if !word.is_ascii() {
        for form in [short_form(word), long_form(word)] {
            if !form.is_empty() && !all.contains(&form) {
                all.push(form);
            }
        }
    }
    all
}

/// å as a, ø as o, æ as ae, é as e.
pub fn short_form(word: &str) -> String {
    fold(word, false)
}

/// å as aa, ø as oe, ü as ue; the rest as in the short form.
pub fn long_form(word: &str) -> String {
    fold(word, true)
}

fn fold(word: &str, long: bool) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            _ if c.is_ascii() => out.push(c),
            'å' if long => out.push_str("aa"),
            'ä' if long => out.push_str("ae"),
            'ø' | 'ö' if long => out.push_str("oe"),
            'ü' if long => out.push_str("ue"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ß' => out.push_str("ss"),
            'þ' => out.push_str("th"),
            'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => out.push('a'),
            'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => out.push('c'),
            'ð' | 'ď' | 'đ' => out.push('d'),
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => out.push('e'),
            'ĝ' | 'ğ' | 'ġ' | 'ģ' => out.push('g'),
            'ĥ' | 'ħ' => out.push('h'),
            'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => out.push('i'),
            'ĵ' => out.push('j'),
            'ķ' => out.push('k'),
            'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => out.push('l'),
            'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => out.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => out.push('o'),
            'ŕ' | 'ŗ' | 'ř' => out.push('r'),
            'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => out.push('s'),
            'ţ' | 'ť' | 'ŧ' | 'ț' => out.push('t'),
            'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => out.push('u'),
            'ŵ' => out.push('w'),
            'ý' | 'ÿ' | 'ŷ' => out.push('y'),
            'ź' | 'ż' | 'ž' => out.push('z'),
            '\u{300}'..='\u{36f}' => {}
            other => out.push(other),
        }
    }
    out
}

/// What is left of a word without its endings, in Norwegian and in English, in all spellings; never the word itself.
pub fn stems(word: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if word.bytes().any(|b| b.is_ascii_digit()) {
        return all;
    }
    // The Norwegian rules don't know "skriverne"; without its "ne" it is "skriver", as "skriveren" is.
    let norwegian = match word.strip_suffix("ne") {
        Some(start) if start.len() > 4 && start.ends_with("er") => Cow::Borrowed(start),
        _ => Stemmer::new(Algorithm::Norwegian).stem(word),
    };
    for stem in [norwegian, Stemmer::new(Algorithm::English).stem(word)] {
        if stem.is_empty() || stem == word {
            continue;
        }
        for form in forms(&stem) {
            if !all.contains(&form) {
                all.push(form);
            }
        }
    }
    all
}

/// Which forms of the words a field of the index holds.
#[derive(Clone, Copy)]
pub enum Filing {
    /// Words as they stand, in all spellings.
    Plain,
    /// Only the stems.
    Stems,
}

/// The splitter as the index wants it. All forms of a word stand at the place of the word.
#[derive(Clone)]
pub struct Splitter(pub Filing);

impl Tokenizer for Splitter {
    type TokenStream<'a> = Forms<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Forms<'a> {
        Forms {
            filing: self.0,
            words: words(text),
            chain: Chain::default(),
            ready: VecDeque::new(),
            token: Token::default(),
            place: 0,
        }
    }
}

/// The forms of the words of one text.
pub struct Forms<'t> {
    filing: Filing,
    words: Words<'t>,
    chain: Chain,
    ready: VecDeque<String>,
    token: Token,
    place: usize,
}

impl TokenStream for Forms<'_> {
    fn advance(&mut self) -> bool {
        loop {
            if let Some(form) = self.ready.pop_front() {
                self.token.text = form;
                return true;
            }
            let Some(word) = self.words.next() else { return false };
            let joined = self.chain.add(&word);
            self.file(&word.text);
            if let Some((_, joined)) = joined {
                self.file(&joined);
            }
            self.token.position = self.place;
            self.token.offset_from = word.from;
            self.token.offset_to = word.to;
            self.place += 1;
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

impl Forms<'_> {
    fn file(&mut self, word: &str) {
        let forms = match self.filing {
            Filing::Plain => forms(word),
            Filing::Stems => stems(word),
        };
        self.ready.extend(forms);
    }
}

/// Puts hyphenated words together, so that "e-post" is found as "epost".
#[derive(Default)]
pub struct Chain {
    from: usize,
    joined: String,
    links: usize,
}

impl Chain {
    /// Takes the next word of a text; returns where the joined word begins and what it is, where there is one.
    pub fn add(&mut self, word: &Word) -> Option<(usize, String)> {
        if word.hyphen && self.links < 3 {
            self.links += 1;
            self.joined.push_str(&word.text);
            return Some((self.from, self.joined.clone()));
        }
        *self = Chain { from: word.from, joined: word.text.clone(), links: 1 };
        None
    }
}

/// Too common to be asked for beside other words; never left out of a phrase.
pub fn is_common(word: &str) -> bool {
    matches!(
        word,
        "a" | "alle"
            | "an"
            | "and"
            | "are"
            | "as"
            | "at"
            | "av"
            | "be"
            | "but"
            | "by"
            | "da"
            | "de"
            | "den"
            | "det"
            | "du"
            | "en"
            | "er"
            | "et"
            | "for"
            | "fra"
            | "from"
            | "har"
            | "has"
            | "have"
            | "i"
            | "if"
            | "in"
            | "is"
            | "it"
            | "jeg"
            | "kan"
            | "med"
            | "my"
            | "of"
            | "og"
            | "om"
            | "on"
            | "or"
            | "på"
            | "se"
            | "seg"
            | "so"
            | "som"
            | "så"
            | "that"
            | "the"
            | "this"
            | "til"
            | "to"
            | "var"
            | "vi"
            | "was"
            | "we"
            | "with"
            | "you"
    )
}

/// One letter wrong, missing, too many, or two that changed places.
pub fn is_near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let Some(at) = (0..short.len()).find(|&i| short[i] != long[i]) else { return true };
    if long.len() > short.len() {
        return short[at..] == long[at + 1..];
    }
    short[at + 1..] == long[at + 1..]
        || (at + 1 < short.len()
            && short[at] == long[at + 1]
            && short[at + 1] == long[at]
            && short[at + 2..] == long[at + 2..])
}
