//! How far a folder was read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Written as `validity:uid`, `validity:uid:since` or `validity:uid:since:until`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The folder's UIDVALIDITY: with another one, the same UID is another mail.
    pub validity: u32,
    /// Every mail up to here is done.
    pub uid: u32,
    /// The arrival of the newest mail that lay there at the first import, in Unix seconds. None
    /// when there was none, or when they were wanted. MBX-1.
    since: Option<i64>,
    /// While the folder is read again: mails up to this UID may be older than the first import.
    until: u32,
    /// Done, above `uid`, with a hole below.
    done: BTreeSet<u32>,
    fetches: BTreeMap<u32, u32>,
    refusals: BTreeMap<u32, u32>,
}

/// A mail in the folder's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    pub uid: u32,
    /// Bytes.
    pub size: u32,
    /// INTERNALDATE in Unix seconds.
    pub arrived: Option<i64>,
}

impl Place {
    /// The first visit: everything up to `last` is left alone, and remembered as old.
    pub fn from_now(validity: u32, last: u32, there: &[Listed]) -> Self {
        let since = there.iter().filter(|mail| mail.uid <= last).filter_map(|mail| mail.arrived).max();
        Place { validity, uid: last, since, ..Place::default() }
    }

    /// The first visit, when old mail is wanted too.
    pub fn from_start(validity: u32) -> Self {
        Place { validity, ..Place::default() }
    }

    /// The UIDs lost their meaning: reads all again that came after the first visit. `last` is the
    /// folder's highest UID now.
    pub fn start_over(&self, validity: u32, last: u32) -> Self {
        Place { validity, since: self.since, until: last, ..Place::default() }
    }

    /// None where the text is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let place = Place {
            validity: parts.next()?.parse().ok()?,
            uid: parts.next()?.parse().ok()?,
            since: parts.next().map(str::parse).transpose().ok()?,
            until: parts.next().map_or(Ok(0), str::parse).ok()?,
            ..Place::default()
        };
        parts.next().is_none().then_some(place)
    }

    /// What is to be taken, in the order to take it: mails that made trouble come last, so that
    /// they block nobody.
    pub fn open(&mut self, listed: &[Listed]) -> Vec<Listed> {
        for mail in listed {
            if mail.uid <= self.until && self.since.is_some_and(|since| mail.arrived.is_some_and(|at| at <= since)) {
                self.done.insert(mail.uid);
            }
        }
        let mut open: Vec<_> =
            listed.iter().copied().filter(|mail| mail.uid > self.uid && !self.done.contains(&mail.uid)).collect();
        open.sort_by_key(|mail| (self.fetches(mail.uid) + self.refusals(mail.uid), mail.uid));
        open
    }

    pub fn finish(&mut self, uid: u32) {
        self.done.insert(uid);
    }

    /// How often the server did not give this mail, or the connection broke over it.
    pub fn fetches(&self, uid: u32) -> u32 {
        self.fetches.get(&uid).copied().unwrap_or(0)
    }

    pub fn fetch_failed(&mut self, uid: u32) {
        *self.fetches.entry(uid).or_default() += 1;
    }

    /// How often the desk did not take it.
    pub fn refusals(&self, uid: u32) -> u32 {
        self.refusals.get(&uid).copied().unwrap_or(0)
    }

    pub fn refused(&mut self, uid: u32) -> u32 {
        let tries = self.refusals.entry(uid).or_default();
        *tries += 1;
        *tries
    }

    /// Moves up to the first mail of the list that is not done. The list is ascending, and holds all
    /// there is above the place. True when it moved.
    pub fn settle(&mut self, listed: &[Listed]) -> bool {
        let before = self.uid;
        if let Some(last) = listed.iter().take_while(|mail| mail.uid <= before || self.done.contains(&mail.uid)).last()
        {
            self.uid = before.max(last.uid);
        }
        let above = self.uid.saturating_add(1);
        self.done = self.done.split_off(&above);
        self.fetches = self.fetches.split_off(&above);
        self.refusals = self.refusals.split_off(&above);
        self.uid > before
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.validity, self.uid)?;
        if let Some(since) = self.since {
            write!(f, ":{since}")?;
            if self.until > self.uid {
                write!(f, ":{}", self.until)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(uids: &[u32]) -> Vec<Listed> {
        uids.iter().map(|&uid| Listed { uid, size: 1, arrived: Some(i64::from(uid) * 10) }).collect()
    }

    fn uids(listed: &[Listed]) -> Vec<u32> {
        listed.iter().map(|mail| mail.uid).collect()
    }

    #[test]
    fn the_text_comes_back_as_it_was() {
        for text in ["7:0", "7:12", "7:12:1700000000", "7:0:1700000000:12"] {
            assert_eq!(Place::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "7", "7:", "a:b", "7:1:2:3:4", "-1:2", "7:99999999999"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_hole_holds_the_place_but_nobody_else() {
        let mut place = Place::parse("1:10").unwrap();
        let listed = list(&[11, 12, 13]);
        place.refused(11);
        assert_eq!(uids(&place.open(&listed)), [12, 13, 11]);
        place.finish(12);
        place.finish(13);
        assert!(!place.settle(&listed));
        assert_eq!(uids(&place.open(&listed)), [11]);
        place.finish(11);
        assert!(place.settle(&listed));
        assert_eq!((place.uid, place.open(&listed).len()), (13, 0));
    }

    #[test]
    fn a_mail_that_vanished_is_no_hole() {
        let mut place = Place::parse("1:10").unwrap();
        place.finish(14);
        assert!(place.settle(&list(&[14])));
        assert_eq!(place.uid, 14);
    }

    #[test]
    fn reading_again_leaves_alone_what_was_there_before_the_first_visit() {
        let first = Place::from_now(1, 3, &list(&[1, 2, 3, 4]));
        assert_eq!(first.to_string(), "1:3:30");
        let mut again = first.start_over(2, 5);
        assert_eq!(again.to_string(), "2:0:30:5");
        // 6 is new, though it says it is old: somebody moved it here to have it read.
        let mut listed = list(&[1, 2, 3, 4, 5, 6]);
        listed[5].arrived = Some(0);
        assert_eq!(uids(&again.open(&listed)), [4, 5, 6]);
        for uid in [4, 5, 6] {
            again.finish(uid);
        }
        again.settle(&listed);
        assert_eq!(again.to_string(), "2:6:30");
    }

    #[test]
    fn old_mail_is_read_when_it_is_wanted() {
        let mut place = Place::from_start(1).start_over(2, 3);
        assert_eq!(uids(&place.open(&list(&[1, 2, 3]))), [1, 2, 3]);
    }
}
