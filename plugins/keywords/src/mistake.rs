//! The first line that makes no sense.

use crate::{Meaning, read};

/// Where, and what it says there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    pub said: String,
    pub nonsense: Nonsense,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonsense {
    /// No line at all.
    Nothing,
    /// No equals sign, or no colon behind it.
    NoMeaning,
    /// Not one of the things that can be suggested.
    NoMatter,
    NoWords,
    NoValue,
}

/// Looks all lines through; empty ones are let be.
pub fn mistake(lines: &str) -> Option<Mistake> {
    let mut numbered = lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    if numbered.peek().is_none() {
        return Some(Mistake { line: 1, said: String::new(), nonsense: Nonsense::Nothing });
    }
    numbered.find_map(|(place, line)| {
        let (said, nonsense) = read(line).err()?;
        Some(Mistake { line: place + 1, said: said.trim().to_owned(), nonsense })
    })
}

/// A line, or the part of it that makes no sense.
pub(crate) type Read<'a> = Result<Meaning, (&'a str, Nonsense)>;

#[cfg(test)]
mod tests {
    use super::{Nonsense, mistake};

    #[test]
    fn the_first_line_without_sense_is_named() {
        for (lines, line, said, nonsense) in [
            ("faktura = category: Faktura\n\nhaster nå", 3, "haster nå", Nonsense::NoMeaning),
            ("haster = High", 1, "haster = High", Nonsense::NoMeaning),
            ("a = tag: b\na = colour: red", 2, "colour", Nonsense::NoMatter),
            (" , = tag: b", 1, ",", Nonsense::NoWords),
            ("vpn = tag:  ", 1, "tag", Nonsense::NoValue),
            (" \n", 1, "", Nonsense::Nothing),
        ] {
            let found = mistake(lines).unwrap();
            assert_eq!((found.line, found.said.as_str(), found.nonsense), (line, said, nonsense), "{lines:?}");
        }
        assert_eq!(mistake("faktura, purring = Category : Faktura\nvpn = tag: nett\n"), None);
    }

    #[test]
    fn it_is_said_in_both_languages_and_in_one_line() {
        let found = mistake(&format!("{} = colour: red", "å".repeat(5_000))).unwrap();
        assert!(found.words(true).contains("«colour»") && found.words(false).contains("“colour”"));
        let long = mistake(&"å".repeat(5_000)).unwrap();
        assert!(long.words(true).chars().count() < 200 && long.words(false).chars().count() < 200);
    }
}
