//! How long things may take while Teams waits: fifteen seconds, and what got no answer until then is lost.

/// All that a call asks others for, in milliseconds.
const FOR_ALL: u32 = 13_000;
/// Either of the two requests for Microsoft's keys, without which nothing is believed.
pub const FOR_KEYS: u32 = 3_000;
/// A token, an address and one file.
pub const FOR_A_TOKEN: u32 = 4_000;
pub const FOR_AN_ADDRESS: u32 = 3_000;
pub const FOR_A_FILE: u32 = 5_000;
/// What has to be left so that something is begun.
const LEAST: u32 = 500;

/// The time of one call.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// What is left of the host's time when Teams' own is over.
    rest: u32,
}

impl Time {
    /// From what the host leaves at the beginning.
    pub fn of(remaining_ms: u32) -> Self {
        Self { rest: remaining_ms.saturating_sub(FOR_ALL) }
    }

    /// How long something may take that takes `most`, with so much left now; none where it is too late to begin it.
    pub fn for_one(self, remaining_ms: u32, most: u32) -> Option<u32> {
        Some(remaining_ms.saturating_sub(self.rest).min(most)).filter(|ms| *ms >= LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::{FOR_A_FILE, FOR_A_TOKEN, FOR_ALL, FOR_AN_ADDRESS, FOR_KEYS, Time};

    #[test]
    fn several_slow_files_end_before_teams_does() {
        for host in [30_000, 10_000] {
            let (time, mut left, mut files) = (Time::of(host), host, vec![]);
            for _ in 0..10 {
                let Some(ms) = time.for_one(left, FOR_A_FILE) else { break };
                files.push(ms);
                left -= ms;
            }
            let all: u32 = files.iter().sum();
            assert_eq!(
                (all, files.len()),
                (host.min(FOR_ALL), host.min(FOR_ALL).div_ceil(FOR_A_FILE) as usize),
                "{files:?}"
            );
        }
    }

    #[test]
    fn what_comes_too_late_is_not_begun() {
        let time = Time::of(30_000);
        assert_eq!(time.for_one(18_000, FOR_A_FILE), Some(1_000));
        assert_eq!(time.for_one(17_499, FOR_A_FILE), None);
        assert_eq!(time.for_one(9_000, FOR_A_FILE), None);
    }

    #[test]
    fn a_message_without_files_is_in_time() {
        const { assert!(2 * FOR_KEYS + FOR_A_TOKEN + FOR_AN_ADDRESS <= FOR_ALL) };
    }
}
