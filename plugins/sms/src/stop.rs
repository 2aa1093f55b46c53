//! Words that say: no more messages.

/// What somebody asks for by a word alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// No more.
    Stop,
    /// Again.
    Start,
}

/// What somebody asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    pub wish: Wish,
    /// When they said so; Unix milliseconds.
    pub at: i64,
}

impl Last {
    /// As it was kept. What is not read stands for no more, at any time.
    pub fn of(kept: &[u8]) -> Self {
        let read = std::str::from_utf8(kept).ok().and_then(|kept| kept.split_once(' '));
        let wish = if read.is_some_and(|(wish, _)| wish == "start") { Wish::Start } else { Wish::Stop };
        Self { wish, at: read.and_then(|(_, at)| at.parse().ok()).unwrap_or_default() }
    }

    pub fn kept(self) -> String {
        format!("{} {}", if self.wish == Wish::Start { "start" } else { "stop" }, self.at)
    }

    pub fn is(self, wish: Wish) -> bool {
        self.wish == wish
    }
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
    use super::{Last, Wish, wish};

    #[test]
    fn what_was_kept_is_read_again() {
        for last in [Last { wish: Wish::Stop, at: 7 }, Last { wish: Wish::Start, at: 1_795_510_800_000 }] {
            assert_eq!(Last::of(last.kept().as_bytes()), last);
        }
        // As it was kept before there was a time.
        assert_eq!(Last::of(b"1"), Last { wish: Wish::Stop, at: 0 });
    }

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
