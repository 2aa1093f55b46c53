//! A conversation as it is remembered: what was said, and how far the visitor has read. Pure.

use serde::{Deserialize, Serialize};

/// Letters of one message.
pub const LONGEST: usize = 4_000;
/// Bytes of a conversation that are remembered: a value may have 64 kB. What is older stands in the request.
const LARGEST: usize = 48 << 10;
/// Messages of a visitor within a minute.
const FASTEST: u32 = 20;
/// A minute, in milliseconds.
pub const MINUTE: i64 = 60_000;

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Whoever asks.
    Visitor,
    /// Whoever answers.
    Agent,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Counted from 1 in each conversation: what comes after a number is what a browser has not seen.
    pub n: u32,
    /// Who said it.
    pub by: By,
    /// The agent's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub who: String,
    /// A visitor's words as they are, an agent's as Markdown.
    pub text: String,
    /// Names of the files that a visitor sent with it; the files are in the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What whoever said it calls it: the same again is the same.
    pub key: String,
    /// Unix milliseconds.
    pub at: i64,
}

/// What is remembered of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversation {
    /// As they said it; empty where they did not.
    pub name: String,
    /// The same.
    pub email: String,
    /// `nb` or `en`.
    pub language: String,
    /// How many messages there were.
    pub count: u32,
    /// The newest of them.
    pub said: Vec<Said>,
    /// The last message that reached the visitor's browser, and the last that they had before their eyes.
    pub got: u32,
    pub seen: u32,
    /// When the browser asked last; Unix milliseconds.
    pub here: i64,
    /// When the visitor ended it; 0 where they did not.
    pub ended: i64,
    /// The minute that the pace is counted in, and what was said in it.
    pub minute: i64,
    pub pace: u32,
}

/// What came of saying something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the message of this number.
    New(u32),
    /// It was said before.
    Known(u32),
    /// Too much in one minute.
    TooFast,
}

impl Conversation {
    /// The visitor says something.
    pub fn visitor_says(&mut self, key: &str, text: &str, files: Vec<String>, now: i64) -> Taken {
        if let Some(n) = self.known(By::Visitor, key) {
            return Taken::Known(n);
        }
        if self.minute != now / MINUTE {
            (self.minute, self.pace) = (now / MINUTE, 0);
        }
        if self.pace >= FASTEST {
            return Taken::TooFast;
        }
        self.pace += 1;
        self.here = now;
        self.ended = 0;
        Taken::New(self.add(Said {
            n: 0,
            by: By::Visitor,
            who: String::new(),
            text: text.into(),
            files,
            key: key.into(),
            at: now,
        }))
    }

    /// An agent answers.
    pub fn agent_says(&mut self, key: &str, who: &str, text: &str, now: i64) -> Taken {
        match self.known(By::Agent, key) {
            Some(n) => Taken::Known(n),
            None => {
                let (who, text, key) = (who.into(), text.into(), key.into());
                Taken::New(self.add(Said { n: 0, by: By::Agent, who, text, files: vec![], key, at: now }))
            }
        }
    }

    fn known(&self, by: By, key: &str) -> Option<u32> {
        self.said.iter().find(|said| said.by == by && said.key == key).map(|said| said.n)
    }

    fn add(&mut self, said: Said) -> u32 {
        self.count += 1;
        self.said.push(Said { n: self.count, ..said });
        let mut size: usize = self.said.iter().map(Said::size).sum();
        while size > LARGEST && self.said.len() > 1 {
            size -= self.said.remove(0).size();
        }
        self.count
    }

    /// What a browser does not have yet.
    pub fn after(&self, n: u32) -> &[Said] {
        let from = self.said.iter().position(|said| said.n > n).unwrap_or(self.said.len());
        &self.said[from..]
    }

    /// The browser has everything up to `got`, and its person has seen everything up to `seen`. What of the agents' words thereby
    /// arrived and was seen that was not before: their keys.
    pub fn reads(&mut self, got: u32, seen: u32) -> (Vec<String>, Vec<String>) {
        let (got, seen) = (got.min(self.count), seen.min(self.count));
        let keys = |from: u32, to: u32| -> Vec<String> {
            self.agents().filter(|said| said.n > from && said.n <= to).map(|said| said.key.clone()).collect()
        };
        let news = (keys(self.got.max(seen), got), keys(self.seen, seen));
        self.got = self.got.max(got).max(seen);
        self.seen = self.seen.max(seen);
        news
    }

    fn agents(&self) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(|said| said.by == By::Agent)
    }

    /// Agents' words that nobody has seen.
    pub fn unseen(&self) -> impl Iterator<Item = &Said> {
        self.agents().filter(|said| said.n > self.seen)
    }

    /// Whether the visitor's browser has not asked for so long.
    pub fn is_left(&self, minutes: i64, now: i64) -> bool {
        self.ended > 0 || now - self.here > minutes * MINUTE
    }
}

impl Said {
    fn size(&self) -> usize {
        let files: usize = self.files.iter().map(|name| name.len() + 8).sum();
        self.text.len() + self.who.len() + self.key.len() + files + 100
    }
}

#[cfg(test)]
mod tests {
    use super::{Conversation, LONGEST, MINUTE, Taken};

    #[test]
    fn the_same_again_is_the_same() {
        let mut talk = Conversation::default();
        assert_eq!(talk.visitor_says("a", "Hei", vec![], 1), Taken::New(1));
        assert_eq!(talk.visitor_says("a", "Hei", vec![], 2), Taken::Known(1));
        assert_eq!(talk.agent_says("a", "Ane", "Hei", 3), Taken::New(2), "a key is its speaker's own");
        assert_eq!(talk.agent_says("a", "Ane", "Hei", 4), Taken::Known(2));
        assert_eq!(talk.after(1).len(), 1);
        assert_eq!(talk.after(9).len(), 0);
    }

    #[test]
    fn what_is_read_is_told_once_and_never_taken_back() {
        let mut talk = Conversation::default();
        talk.visitor_says("a", "Hei", vec![], 1);
        talk.agent_says("x", "Ane", "Hei", 2);
        talk.agent_says("y", "Ane", "Og?", 3);
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        assert_eq!(talk.reads(2, 0), (keys(&["x"]), vec![]));
        assert_eq!(talk.reads(99, 2), (keys(&["y"]), keys(&["x"])));
        assert_eq!(talk.unseen().count(), 1);
        assert_eq!(talk.reads(0, 0), (vec![], vec![]));
        assert_eq!(talk.reads(3, 3), (vec![], keys(&["y"])));
        assert_eq!((talk.got, talk.seen, talk.unseen().count()), (3, 3, 0));
    }

    #[test]
    fn nobody_is_faster_than_people_and_a_long_talk_stays_small() {
        let mut talk = Conversation::default();
        let long = "x".repeat(LONGEST);
        for n in 0..20 {
            assert_eq!(talk.visitor_says(&n.to_string(), &long, vec![], 5 * MINUTE), Taken::New(n + 1));
        }
        assert_eq!(talk.visitor_says("x", "Hei", vec![], 5 * MINUTE + 1), Taken::TooFast);
        assert_eq!(talk.visitor_says("x", "Hei", vec![], 6 * MINUTE), Taken::New(21));
        assert!(serde_json::to_vec(&talk).unwrap().len() < 60 << 10);
        assert_eq!(talk.said.last().map(|said| said.n), Some(21));
    }

    #[test]
    fn whoever_ended_it_or_is_silent_has_left() {
        let mut talk = Conversation::default();
        talk.visitor_says("a", "Hei", vec![], 10 * MINUTE);
        assert!(!talk.is_left(5, 15 * MINUTE) && talk.is_left(5, 15 * MINUTE + 1));
        talk.ended = 11 * MINUTE;
        assert!(talk.is_left(5, 11 * MINUTE));
        talk.visitor_says("b", "Hei igjen", vec![], 12 * MINUTE);
        assert!(!talk.is_left(5, 12 * MINUTE));
    }
}
