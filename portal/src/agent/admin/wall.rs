//! Moments on administrators' pages: as the clock on the wall of the house says, because nothing wakes these pages up.

use crate::words::{Words, shared::Civil};
use jiff::{Timestamp, tz::TimeZone};
use leptos::prelude::*;

/// The zone of the house, in a page that is drawn.
#[derive(Clone, Debug)]
pub struct Wall(pub TimeZone);

impl Wall {
    /// `Europe/Oslo`.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// From Unix microseconds.
    pub fn civil(&self, micros: i64) -> Civil {
        let Ok(at) = Timestamp::from_microsecond(micros) else { return Civil::universal(micros) };
        let at = self.0.to_datetime(at);
        Civil {
            year: i32::from(at.year()),
            month: at.month() as u8,
            day: at.day() as u8,
            hour: at.hour() as u8,
            minute: at.minute() as u8,
        }
    }
}

/// A moment on the wall of the page that is drawn.
pub fn civil(micros: i64) -> Civil {
    use_context::<Wall>().map_or_else(|| Civil::universal(micros), |wall| wall.civil(micros))
}

/// `10. nov. 2026 kl. 10:05`.
pub fn moment(w: Words, micros: i64) -> String {
    w.date_and_clock(&civil(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_knows_summer_and_winter() {
        let wall = Wall(TimeZone::get("Europe/Oslo").unwrap());
        let hour = |micros| wall.civil(micros).hour;
        // 1 July and 1 December 2026, 12:00 UTC.
        assert_eq!((hour(1_782_907_200_000_000), hour(1_796_126_400_000_000)), (14, 13));
        assert_eq!(wall.name(), "Europe/Oslo");
    }
}
