//! Which conversations are given up where the memory is full: their text is in the request. Pure.

use crate::conversation::Conversation;

/// A conversation as one that may be given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old {
    /// Its name.
    pub id: String,
    /// Bytes that it takes.
    pub size: usize,
    ended: bool,
    /// When its visitor was there last.
    here: i64,
}

impl Old {
    /// None for one with an agent's words that nobody has seen: they are still to be read, or to go by mail.
    pub fn of(id: &str, talk: &Conversation, size: usize) -> Option<Self> {
        let quiet = talk.unseen().next().is_none();
        quiet.then(|| Self { id: id.to_owned(), size, ended: talk.ended > 0, here: talk.here })
    }
}

/// Those that go, so that at least so many bytes are free: first what has ended, then whoever was there longest ago.
pub fn given_up(mut all: Vec<Old>, bytes: usize) -> Vec<Old> {
    all.sort_by_key(|old| (!old.ended, old.here));
    let mut free = 0;
    all.into_iter()
        .take_while(|old| {
            let more = free < bytes;
            free += old.size;
            more
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Old, given_up};
    use crate::conversation::Conversation;

    fn old(id: &str, here: i64, ended: i64) -> Old {
        let talk = Conversation { here, ended, ..Conversation::default() };
        Old::of(id, &talk, 40).unwrap()
    }

    #[test]
    fn what_has_ended_goes_first_and_then_whoever_was_there_longest_ago() {
        let all = vec![old("here", 900, 0), old("gone", 100, 0), old("ended", 800, 850), old("ended long ago", 50, 60)];
        let names = |bytes| given_up(all.clone(), bytes).into_iter().map(|old| old.id).collect::<Vec<_>>();
        assert_eq!(names(41), ["ended long ago", "ended"]);
        assert_eq!(names(81), ["ended long ago", "ended", "gone"]);
        assert_eq!(names(9_999).len(), 4);
        assert_eq!(names(0).len(), 0);
    }

    #[test]
    fn what_an_agent_said_and_nobody_saw_stays() {
        let mut talk = Conversation::default();
        talk.visitor_says("a", "Hei", vec![], 1);
        talk.agent_says("x", "Ane", "Hei", 2);
        assert_eq!(Old::of("k", &talk, 40), None);
        talk.reads(2, 2);
        assert!(Old::of("k", &talk, 40).is_some());
    }
}
