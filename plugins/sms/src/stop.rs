//! Words that say: no more messages.

/// What somebody asks for by a word alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// No more.
    Stop,
    /// Again.
    Start,
}

/// What a message asks for, if it is one of the words and nothing else.
pub fn wish(text: &str, stop: &str, start: &str) -> Option<Wish> {
    let word = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    let one_of = |words: &str| words.split(',').any(|other| !word.is_empty() && other.trim().to_lowercase() == word);
    match (one_of(stop), one_of(start)) {
        (true, _) => Some(Wish::Stop),
        (_, true) => Some(Wish::Start),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Wish, wish};

    #[test]
    fn only_a_word_alone_is_a_wish() {
        let wish = |text: &str| wish(text, "STOP, STOPP,avslutt", "START");
        for (text, want) in [
            (" stop\n", Some(Wish::Stop)),
            ("Stopp!", Some(Wish::Stop)),
            ("AVSLUTT", Some(Wish::Stop)),
            ("start", Some(Wish::Start)),
            ("Ikke stopp nå", None),
            ("", None),
            ("!", None),
        ] {
            assert_eq!(wish(text), want, "{text}");
        }
    }
}
