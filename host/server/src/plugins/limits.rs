//! What one call of a plugin may use. A call that asks for more ends; the process does not notice.

use std::time::Duration;
use wasmtime::ResourceLimiter;

/// The limits of one call.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of memory, all of the plugin's memories together.
    pub memory: usize,
    /// Ticks of [`TICK`] that the plugin's own code may run.
    pub ticks: u32,
    /// From the first instruction to the last, waiting included.
    pub wall: Duration,
    /// Bytes of all blobs that the plugin makes.
    pub blobs: usize,
    /// Requests to other hosts.
    pub fetches: u32,
    /// Bytes of log.
    pub log: usize,
}

/// Bigger mail is not given to the plugin at all: the largest providers stop at 50 MB.
pub const MOST_MAIL: u64 = 64 << 20;

/// The clock that ends endless loops.
pub const TICK: Duration = Duration::from_millis(10);

/// Calls into the host. A mail of 500 attachments needs some 2,000; a loop makes a million in a tenth of a second.
pub const HOST_CALLS: u32 = 10_000;

/// Bytes that one crossing into the host may carry: a mail's text and HTML together, or a mebibyte of a file.
pub const CROSSING: usize = 8 << 20;

/// Bytes of one `blobs.read` or `blobs.append`.
pub const PIECE: usize = 1 << 20;

/// Table elements: indirect functions. Ours have some hundreds.
const ELEMENTS: usize = 50_000;

/// Sums over all memories and tables of a store. (Wasmtime's own `StoreLimits` looks at each alone.)
#[derive(Debug)]
pub struct Meter {
    memory_left: usize,
    elements_left: usize,
    /// A wish was turned down: says why a plugin died.
    pub denied: bool,
}

impl Meter {
    pub fn new(limits: Limits) -> Self {
        Self { memory_left: limits.memory, elements_left: ELEMENTS, denied: false }
    }

    fn take(left: &mut usize, current: usize, desired: usize) -> bool {
        match left.checked_sub(desired.saturating_sub(current)) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let granted = maximum.is_none_or(|most| desired <= most) && Self::take(&mut self.memory_left, current, desired);
        self.denied |= !granted;
        Ok(granted)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let granted =
            maximum.is_none_or(|most| desired <= most) && Self::take(&mut self.elements_left, current, desired);
        self.denied |= !granted;
        Ok(granted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, Meter};
    use wasmtime::ResourceLimiter;

    #[test]
    fn memories_are_summed() {
        let mut meter = Meter::new(Limits {
            memory: 100,
            ticks: 1,
            wall: std::time::Duration::from_secs(1),
            blobs: 0,
            fetches: 0,
            log: 0,
        });
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(!meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.memory_growing(60, 100, None).unwrap());
        assert!(meter.denied);
    }
}
