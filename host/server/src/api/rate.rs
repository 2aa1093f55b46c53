//! How often somebody may call: a bucket of calls for each, that fills again with time.
//!
//! In memory, so that a call costs no write; a process counts for itself. A bucket is known by the instant at which it is
//! full again, and one that is full need not be kept.

use desk::{
    clock::{MINUTE, SECOND},
    model::ApiLimit,
};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// Buckets that are kept before the full ones are thrown out.
const MOST: usize = 1_024;

/// The buckets, by whose they are.
#[derive(Debug)]
pub struct Rates<K>(Mutex<HashMap<K, i64>>);

impl<K> Default for Rates<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// How a key stands after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    limit: ApiLimit,
    /// Calls that are left.
    left: i64,
    /// Microseconds until the bucket is full again.
    full_in: i64,
    /// Microseconds until the next call; 0 where this one comes through.
    wait: i64,
}

impl<K: Clone + Eq + Hash> Rates<K> {
    /// Takes one call out of a bucket, if there is one. `now` in Unix microseconds.
    pub fn take(&self, key: &K, limit: ApiLimit, now: i64) -> Standing {
        let each = (MINUTE / limit.per_minute.max(1)).max(1);
        let most = each * limit.at_once.max(1);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A smaller bucket since, or a clock that went back: never emptier than empty.
        let full_at = buckets.get(key).copied().unwrap_or(now).clamp(now, now + most);
        let wait = (full_at + each - most - now).max(0);
        let full_at = if wait == 0 { full_at + each } else { full_at };
        if buckets.len() >= MOST {
            buckets.retain(|_, full_at| *full_at > now);
        }
        buckets.insert(key.clone(), full_at);
        Standing { limit, left: (now + most - full_at) / each, full_in: full_at - now, wait }
    }
}

impl Standing {
    /// Seconds to wait, where the bucket was empty.
    pub fn seconds(&self) -> Option<u32> {
        (self.wait > 0).then(|| u32::try_from(whole_seconds(self.wait)).unwrap_or(u32::MAX))
    }

    /// As <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/> has it.
    pub fn headers(&self) -> [(String, String); 2] {
        let ApiLimit { per_minute, at_once } = self.limit;
        let window = whole_seconds(MINUTE / per_minute.max(1) * at_once);
        [
            ("ratelimit-policy".to_owned(), format!("\"key\";q={at_once};w={window}")),
            ("ratelimit".to_owned(), format!("\"key\";r={};t={}", self.left, whole_seconds(self.full_in))),
        ]
    }
}

/// Begun seconds count.
fn whole_seconds(time: i64) -> i64 {
    (time + SECOND - 1) / SECOND
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::model::ApiKeyId;

    const SLOW: ApiLimit = ApiLimit { per_minute: 60, at_once: 3 };

    #[test]
    fn a_bucket_empties_fills_again_and_is_one_keys_own() {
        let (rates, key) = (Rates::default(), ApiKeyId::new());
        let at = |now| rates.take(&key, SLOW, now);
        let now = 1_000 * SECOND;
        assert_eq!([at(now).left, at(now).left, at(now).left], [2, 1, 0]);
        assert_eq!(at(now).seconds(), Some(1));
        assert_eq!(
            at(now + SECOND / 2).seconds(),
            Some(1),
            "half a second is left, and what was refused costs nothing"
        );
        assert_eq!(rates.take(&ApiKeyId::new(), SLOW, now).left, 2, "another key's");
        assert_eq!((at(now + SECOND).seconds(), at(now + SECOND).seconds()), (None, Some(1)));
        assert_eq!(at(now + 60 * SECOND).left, 2, "never more than full");
    }

    #[test]
    fn another_limit_holds_at_once_and_a_clock_that_went_back_locks_nobody_out() {
        let (rates, key) = (Rates::default(), ApiKeyId::new());
        let now = 1_000 * SECOND;
        for _ in 0..300 {
            rates.take(&key, ApiLimit { per_minute: 60, at_once: 300 }, now);
        }
        assert_eq!(rates.take(&key, SLOW, now).seconds(), Some(1));
        assert!(rates.take(&key, SLOW, now - 500 * SECOND).seconds().is_some_and(|seconds| seconds <= 3));
    }

    #[test]
    fn headers_say_what_holds_and_what_is_left() {
        let standing = Rates::default().take(&ApiKeyId::new(), SLOW, 0);
        let [policy, left] = standing.headers();
        assert_eq!((policy.1.as_str(), left.1.as_str()), ("\"key\";q=3;w=3", "\"key\";r=2;t=1"));
    }

    #[test]
    fn full_buckets_are_not_kept() {
        let rates = Rates::default();
        for n in 0..3 * MOST as i64 {
            rates.take(&ApiKeyId::new(), SLOW, n * SECOND);
        }
        assert!(rates.0.lock().unwrap().len() <= MOST);
    }
}
