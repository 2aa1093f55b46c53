//! How long a plugin computes, lately: who is quick may begin where it is called.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// A quick call computes no longer: a fifth of a tick.
const QUICK: Duration = Duration::from_millis(2);
/// So many in a row make a plugin quick; one that is not begins the count again.
const IN_A_ROW: u32 = 3;

/// The pace of one version of a plugin, as long as it is loaded.
#[derive(Default)]
pub struct Pace(AtomicU32);

impl Pace {
    /// A call has ended: well or not, after so much computing.
    pub fn ended(&self, well: bool, computing: Duration) {
        if well && computing < QUICK {
            // Once it is quick there is nothing to write: all cores read this.
            if !self.is_quick() {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        } else {
            self.0.store(0, Ordering::Relaxed);
        }
    }

    pub fn is_quick(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= IN_A_ROW
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::Duration;

    #[test]
    fn quick_is_who_was_three_times_in_a_row() {
        let (pace, short) = (Pace::default(), Duration::from_micros(50));
        let after = |well, computing| {
            pace.ended(well, computing);
            pace.is_quick()
        };
        assert_eq!([0; 4].map(|_| after(true, short)), [false, false, true, true]);
        assert!(!after(true, Duration::from_millis(2)));
        assert_eq!([0; 3].map(|_| after(true, short)), [false, false, true]);
        assert!(!after(false, short));
    }
}
