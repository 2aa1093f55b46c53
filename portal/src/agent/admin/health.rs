//! How a plugin's calls went, hours put together.

use desk::model::PluginHour;

const HOUR: i64 = 3_600_000_000;

/// Calls of some time, all functions together. Times in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    pub calls: i64,
    pub failures: i64,
    pub errors: i64,
    pub micros: i64,
    pub slowest: i64,
    pub computing: i64,
}

impl Health {
    pub fn of<'a>(hours: impl IntoIterator<Item = &'a PluginHour>) -> Self {
        hours.into_iter().fold(Self::default(), |all, hour| Self {
            calls: all.calls + hour.calls,
            failures: all.failures + hour.failures,
            errors: all.errors + hour.errors,
            micros: all.micros + hour.micros,
            slowest: all.slowest.max(hour.slowest),
            computing: all.computing + hour.computing,
        })
    }

    /// Of one call; nothing where there was none.
    pub fn mean(self) -> i64 {
        if self.calls == 0 { 0 } else { self.micros / self.calls }
    }

    pub fn mean_computing(self) -> i64 {
        if self.calls == 0 { 0 } else { self.computing / self.calls }
    }
}

/// How far back one looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    #[default]
    Day,
    Week,
    Month,
}

impl Span {
    pub fn read(text: &str) -> Self {
        match text {
            "7" => Self::Week,
            "30" => Self::Month,
            _ => Self::Day,
        }
    }

    pub fn days(self) -> u32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
        }
    }

    /// Hours in one column of a chart.
    fn step(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 6,
            Self::Month => 24,
        }
    }

    /// Columns from the first to the one that `now` falls into, empty ones too: when each began, and its calls.
    pub fn columns(self, hours: &[PluginHour], now: i64) -> Vec<(i64, Health)> {
        let step = self.step() * HOUR;
        let last = now - now.rem_euclid(step);
        let count = i64::from(self.days()) * 24 / self.step();
        (0..count)
            .map(|place| {
                let from = last - (count - 1 - place) * step;
                (from, Health::of(hours.iter().filter(|hour| (from..from + step).contains(&hour.hour))))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour: i64, calls: i64, micros: i64) -> PluginHour {
        PluginHour {
            hour: hour * HOUR,
            door: "send".to_owned(),
            calls,
            failures: 1,
            errors: 0,
            micros,
            slowest: micros,
            computing: calls,
        }
    }

    #[test]
    fn every_hour_falls_into_one_column_and_none_is_left_out() {
        let hours = [hour(0, 2, 10), hour(23, 4, 40), hour(23, 4, 8)];
        let columns = Span::Day.columns(&hours, 23 * HOUR + 5);
        assert_eq!(columns.len(), 24);
        assert_eq!((columns[0].0, columns[0].1.calls), (0, 2));
        assert_eq!(columns[23].1, Health { calls: 8, failures: 2, errors: 0, micros: 48, slowest: 40, computing: 8 });
        assert_eq!(columns[23].1.mean(), 6);
        assert_eq!(columns[12].1.mean(), 0);
        assert_eq!(Span::Week.columns(&hours, 23 * HOUR).len(), 28);
        assert_eq!(Span::Month.columns(&hours, 23 * HOUR).len(), 30);
    }
}
