//! Search and replace in what stands in a title or a field. Section 10.4. Pure.
//!
//! Patterns are read by the crate `regex`, whose time grows with the text and not with what the pattern could match.

use crate::{Error, Result, Why, model::Substitution};
use regex::{NoExpand, Regex, RegexBuilder};

/// Characters of what is searched for, and of what is put there.
const LONGEST: usize = 500;
/// Bytes of a compiled pattern.
const LARGEST: usize = 1 << 20;
/// Groups within groups.
const DEEPEST: u32 = 50;

/// A substitution that can be carried out.
pub(crate) struct Swap {
    find: Regex,
    with: String,
    pattern: bool,
}

impl Swap {
    /// # Errors
    /// `Invalid` for nothing to search for, for what is too long, and for a pattern that can't be read or is too large.
    pub fn new(what: &Substitution) -> Result<Swap> {
        if what.find.is_empty() {
            return Err(Error::invalid("find", Why::Missing));
        }
        for (field, text) in [("find", &what.find), ("with", &what.with)] {
            if text.chars().count() > LONGEST {
                return Err(Error::invalid(field, Why::TooLong { most: LONGEST as u32 }));
            }
        }
        let find = if what.pattern { what.find.clone() } else { regex::escape(&what.find) };
        let find = RegexBuilder::new(&find)
            .case_insensitive(!what.case)
            .size_limit(LARGEST)
            .dfa_size_limit(LARGEST)
            .nest_limit(DEEPEST)
            .build()
            .map_err(|error| Error::invalid("find", Why::NotAPattern { words: error.to_string() }))?;
        Ok(Swap { find, with: what.with.clone(), pattern: what.pattern })
    }

    pub fn apply(&self, text: &str) -> String {
        match self.pattern {
            true => self.find.replace_all(text, self.with.as_str()).into_owned(),
            false => self.find.replace_all(text, NoExpand(&self.with)).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swap(find: &str, with: &str, pattern: bool, case: bool) -> Result<Swap> {
        Swap::new(&Substitution { find: find.into(), with: with.into(), pattern, case })
    }

    #[test]
    fn words_are_words_and_patterns_are_patterns() -> Result<()> {
        assert_eq!(swap("a.b", "$1", false, false)?.apply("A.B axb"), "$1 axb");
        assert_eq!(swap("a.b", "x", false, true)?.apply("A.B a.b"), "A.B x");
        assert_eq!(swap(r"(\d+) kr", "$1 NOK", true, false)?.apply("12 KR og 7 kr"), "12 NOK og 7 NOK");
        Ok(())
    }

    #[test]
    fn what_can_not_be_searched_for_says_why() {
        let why = |find: &str| match swap(find, "", true, false) {
            Err(Error::Invalid { why, .. }) => Some(why),
            _ => None,
        };
        assert_eq!(why(""), Some(Why::Missing));
        assert!(matches!(why("("), Some(Why::NotAPattern { .. })));
        assert!(matches!(why(r"(\w{1000}){1000}"), Some(Why::NotAPattern { .. })), "too large to be built");
        assert!(matches!(why(&"(".repeat(200)), Some(Why::NotAPattern { .. })));
        assert_eq!(why(&"a".repeat(501)), Some(Why::TooLong { most: 500 }));
    }

    /// A pattern that keeps other engines busy for years.
    #[test]
    fn no_pattern_takes_long() -> Result<()> {
        let text = "a".repeat(4_000);
        assert_eq!(swap("(a*)*b", "", true, false)?.apply(&text), text);
        Ok(())
    }
}
