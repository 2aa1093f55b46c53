//! Counts how often a plugin fails, and says when it is enough.

use std::{
    collections::VecDeque,
    sync::Mutex,
    time::{Duration, Instant},
};

/// So many failures ...
const ENOUGH: usize = 5;
/// ... in so short a time.
const WITHIN: Duration = Duration::from_secs(5 * 60);

/// The failures of one version of a plugin, as long as it is loaded. Failures are traps, timeouts and values that can't
/// be: a plugin that says no with an error of the contract has done its work.
#[derive(Default)]
pub struct Breaker(Mutex<VecDeque<Instant>>);

impl Breaker {
    /// One more failure; true when that is one too many. On trial, one is.
    pub fn failed(&self, on_trial: bool) -> bool {
        let now = Instant::now();
        let mut failures = self.0.lock().unwrap_or_else(|lost| lost.into_inner());
        failures.retain(|at| now.duration_since(*at) < WITHIN);
        failures.push_back(now);
        on_trial || failures.len() >= ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::Breaker;

    #[test]
    fn five_times_is_enough_and_on_trial_once() {
        let breaker = Breaker::default();
        assert_eq!([0; 5].map(|_| breaker.failed(false)), [false, false, false, false, true]);
        assert!(Breaker::default().failed(true));
    }
}
