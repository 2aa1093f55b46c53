//! Time and randomness.

use crate::plugins::{
    call::Call,
    contract::{clock, random},
    notebook::now,
};
use std::time::Instant;

/// Bytes at once.
const MOST_RANDOM: u32 = 4_096;

impl clock::Host for Call {
    async fn now(&mut self) -> wasmtime::Result<f64> {
        self.count()?;
        if let Some(at) = self.scripted("clock.now") {
            return Ok(at);
        }
        let at = match &self.world.desk {
            Some(desk) => desk.clock().now(),
            None => now(),
        };
        Ok(self.traced("clock.now", at.div_euclid(1_000) as f64))
    }

    async fn remaining_ms(&mut self) -> wasmtime::Result<u32> {
        self.count()?;
        if let Some(left) = self.scripted("clock.remaining-ms") {
            return Ok(left);
        }
        let left = self.ends.saturating_duration_since(Instant::now()).as_millis();
        Ok(self.traced("clock.remaining-ms", u32::try_from(left).unwrap_or(u32::MAX)))
    }
}

impl random::Host for Call {
    async fn bytes(&mut self, len: u32) -> wasmtime::Result<Vec<u8>> {
        self.count()?;
        if let Some(bytes) = self.scripted("random.bytes") {
            return Ok(bytes);
        }
        let mut bytes = vec![0; len.min(MOST_RANDOM) as usize];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
            .map_err(|_| wasmtime::Error::msg("the system gives no randomness"))?;
        Ok(self.traced("random.bytes", bytes))
    }
}
