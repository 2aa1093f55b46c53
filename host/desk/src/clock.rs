//! The only place time comes from.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Microseconds since 1970 in UTC. A test may hold it still and move it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    fixed: Option<Arc<AtomicI64>>,
}

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

impl Clock {
    /// The machine's clock.
    pub fn real() -> Self {
        Self::default()
    }

    /// A clock that stands still at this instant until it is moved.
    pub fn fixed(micros: i64) -> Self {
        Self { fixed: Some(Arc::new(AtomicI64::new(micros))) }
    }

    /// It is the machine's.
    pub fn is_real(&self) -> bool {
        self.fixed.is_none()
    }

    pub fn now(&self) -> i64 {
        match &self.fixed {
            Some(at) => at.load(Ordering::SeqCst),
            None => jiff::Timestamp::now().as_microsecond(),
        }
    }

    /// Moves a fixed clock; a real one can't be moved.
    pub fn advance(&self, micros: i64) {
        if let Some(at) = &self.fixed {
            at.fetch_add(micros, Ordering::SeqCst);
        }
    }
}
