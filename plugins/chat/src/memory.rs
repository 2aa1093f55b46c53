//! Conversations in the account's memory. Each is one value, written only where it is still what was read: of two that change it
//! at once, one reads again and does its part on top of the other's.

use crate::{
    conversation::{By, Conversation},
    pace::Pace,
    room::{self, Old},
};
use saker_channel::{
    Result, fault, proof, random,
    state::{self, Expect, StateError},
    worded,
};

/// Seconds that a conversation is remembered after the last change: two weeks.
const KEPT_S: u32 = 1_209_600;
/// How often a change is tried.
const TRIES: usize = 8;
/// Conversations that wait for their visitor, in one look.
const MOST_WAITING: u32 = 200;
/// Conversations that are looked at where there is no room, and bytes that are made free then.
const LOOKED_AT: u32 = 50;
const ROOM: usize = 256 << 10;
/// Bytes that are kept free for agents' words, by a value that says nothing; and its name.
const RESERVE: usize = 60 << 10;
const RESERVED: &str = "reserve";

/// Why nothing was written.
pub enum Unkept {
    /// There is no room.
    Full,
    /// Try again.
    Busy,
}

fn name(id: &str) -> String {
    format!("talk/{id}")
}

fn waits(id: &str) -> String {
    format!("waits/{id}")
}

/// A conversation; none where nothing was said in it, or it was too long ago.
///
/// # Errors
/// That nobody can say just now.
pub fn read(id: &str) -> std::result::Result<Option<Conversation>, Unkept> {
    let kept = state::get(&name(id)).map_err(|_| Unkept::Busy)?;
    Ok(kept.and_then(|kept| serde_json::from_slice(&kept.value).ok()))
}

/// Changes a conversation, or begins it, for somebody. `change` says whether it did anything. Where there is no room, others
/// make some.
///
/// # Errors
/// Why nothing was written.
pub fn change<T>(
    id: &str,
    whose: By,
    mut change: impl FnMut(&mut Conversation) -> (bool, T),
) -> std::result::Result<T, Unkept> {
    let (mut looked, mut reserved) = (false, whose == By::Agent);
    for _ in 0..TRIES {
        let entry = state::get(&name(id)).map_err(|_| Unkept::Busy)?;
        let (mut talk, expect) = match entry {
            Some(entry) => (serde_json::from_slice(&entry.value).unwrap_or_default(), Expect::Etag(entry.etag)),
            None => (Conversation::default(), Expect::Absent),
        };
        let (changed, came) = change(&mut talk);
        if !changed {
            return Ok(came);
        }
        let value = serde_json::to_vec(&talk).map_err(|_| Unkept::Busy)?;
        match state::put(&name(id), &value, &expect, Some(KEPT_S)) {
            Ok(_) => return Ok(came),
            Err(StateError::Conflict) => {}
            Err(StateError::Quota) if !looked => {
                looked = true;
                make_room(id);
            }
            Err(StateError::Quota) if reserved => {
                reserved = false;
                let _ = state::delete(RESERVED, &Expect::Any);
            }
            Err(StateError::Quota | StateError::TooLarge) => return Err(Unkept::Full),
            Err(StateError::Unavailable) => return Err(Unkept::Busy),
        }
    }
    Err(Unkept::Busy)
}

/// Gives up some conversations, but not this one. All of them may be too many to look at: those behind a name by chance are as
/// good as any.
fn make_room(but: &str) {
    let after = proof::hex(&random::bytes(16));
    let mut ids = some(&after, LOOKED_AT);
    if ids.len() < LOOKED_AT as usize {
        ids.extend(some("", LOOKED_AT - ids.len() as u32).into_iter().filter(|id| *id <= after));
    }
    let old = |id: &String| {
        let kept = state::get(&name(id)).ok()??;
        Old::of(id, &serde_json::from_slice(&kept.value).ok()?, kept.value.len())
    };
    let all = ids.iter().filter(|id| *id != but).filter_map(old).collect();
    for old in room::given_up(all, ROOM) {
        forget(&old.id);
    }
}

/// Keeps room for agents' words.
pub fn reserve() {
    if !matches!(state::get(RESERVED), Ok(None)) {
        return;
    }
    let put = || state::put(RESERVED, &vec![0; RESERVE], &Expect::Absent, None);
    if matches!(put(), Err(StateError::Quota)) {
        make_room("");
        let _ = put();
    }
}

/// Something was said that the visitor has not seen: it is looked after.
pub fn wait_for_visitor(id: &str, since: i64) {
    let _ = state::put(&waits(id), since.to_string().as_bytes(), &Expect::Any, Some(KEPT_S));
}

/// The visitor has seen everything, or it went another way.
pub fn wait_no_more(id: &str) {
    let _ = state::delete(&waits(id), &Expect::Any);
}

/// Conversations that wait for their visitor.
pub fn waiting() -> Result<Vec<String>> {
    let names = state::keys("waits/", None, MOST_WAITING);
    let names = names.map_err(|_| {
        fault::retryable(
            "no-memory",
            &worded!("det som huskes, kan ikke leses nå", "what is remembered can't be read now"),
        )
    })?;
    Ok(names.into_iter().filter_map(|name| name.strip_prefix("waits/").map(str::to_owned)).collect())
}

/// Some of the conversations that are remembered, after this one.
pub fn some(after: &str, most: u32) -> Vec<String> {
    let after = Some(name(after)).filter(|_| !after.is_empty());
    let names = state::keys("talk/", after.as_deref(), most).unwrap_or_default();
    names.into_iter().filter_map(|name| name.strip_prefix("talk/").map(str::to_owned)).collect()
}

/// Nothing of a conversation is remembered any more.
pub fn forget(id: &str) {
    let _ = state::delete(&name(id), &Expect::Any);
    wait_no_more(id);
}

/// Counts one more of something that may happen `most` times within `seconds`; false where that is too often. Counted by the
/// whole, so that a crowd at the same moment may get a few more through.
pub fn may(what: &str, most: u32, seconds: u32, now: i64) -> bool {
    let name = format!("pace/{what}");
    let kept = state::get(&name).ok().flatten();
    let Some(pace) = Pace::of(kept.as_ref().map(|kept| kept.value.as_slice()), now, seconds).one_more(most) else {
        return false;
    };
    let (text, seconds) = pace.kept(now, seconds);
    let _ = state::put(&name, text.as_bytes(), &Expect::Any, Some(seconds));
    true
}
