//! Counting time that an organisation is open. Pure: plain data in, instants out.
//!
//! Hours are wall-clock hours. Where the clock jumps forward the minutes that are left out don't count; where it goes back
//! the repeated minutes count twice, as they are worked twice.

use crate::{
    Error, Result, Why,
    clock::{DAY, MINUTE, SECOND},
    model::{Interval, OpeningHours},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::BTreeSet;

/// How far ahead an opening is looked for. A calendar that stays shut for longer never opens.
const HORIZON: i64 = 4_000 * DAY;

/// Opening hours, ready to count with.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// From Monday; sorted, and no two overlap.
    week: [Vec<Interval>; 7],
    /// Days since 1970.
    once: BTreeSet<i64>,
    /// Month and day.
    yearly: BTreeSet<(i8, i8)>,
}

impl Calendar {
    /// Checks the hours and makes them countable.
    ///
    /// # Errors
    /// `Invalid` for an unknown zone, an interval that ends before it begins or after midnight, and a day that is none.
    pub fn new(hours: &OpeningHours) -> Result<Calendar> {
        let zone = TimeZone::get(&hours.zone).map_err(|_| Error::invalid("zone", Why::NotAChoice))?;
        let mut week = hours.week.clone();
        for day in &mut week {
            if day.iter().any(|part| part.from >= part.to || part.to > 1_440) {
                return Err(Error::invalid("week", Why::NotAChoice));
            }
            day.sort_unstable();
            day.dedup_by(|later, earlier| {
                let touch = later.from <= earlier.to;
                if touch {
                    earlier.to = earlier.to.max(later.to);
                }
                touch
            });
        }
        let (mut once, mut yearly) = (BTreeSet::new(), BTreeSet::new());
        for holiday in &hours.holidays {
            match day(&holiday.day).ok_or_else(|| Error::invalid("holidays", Why::NotAChoice))? {
                Day::Once(date) => once.insert(days(date)),
                Day::Yearly(month, day) => yearly.insert((month, day)),
            };
        }
        Ok(Calendar { zone, week, once, yearly })
    }

    /// The instant by which this much open time has passed; what ends at closing time ends then and not at the next
    /// opening. None when it never does. ESC-1, DL-1.
    pub fn add(&self, from: i64, amount: i64) -> Option<i64> {
        let mut left = amount;
        if left <= 0 {
            return Some(from);
        }
        for (begin, end) in self.spans(from, from.saturating_add(HORIZON)) {
            if end - begin >= left {
                return Some(begin + left);
            }
            left -= end - begin;
        }
        None
    }

    /// Open time from one instant to another, in microseconds; nothing where the second is not later.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        self.spans(from, to).map(|(begin, end)| end - begin).sum()
    }

    pub fn is_open(&self, at: i64) -> bool {
        self.between(at, at + 1) > 0
    }

    /// When it closes next, where it is open, and opens next, where it is not; none when it never does.
    pub fn changes_at(&self, at: i64) -> Option<i64> {
        let mut closes = at;
        for (begin, end) in self.spans(at, at.saturating_add(HORIZON)) {
            if begin > closes {
                return Some(if closes > at { closes } else { begin });
            }
            closes = end;
        }
        (closes > at && closes < at.saturating_add(HORIZON)).then_some(closes)
    }

    /// Seconds east of UTC by its wall clock, and the zone's name.
    pub fn wall_clock(&self, at: i64) -> (i32, String) {
        let offset = Timestamp::from_microsecond(at).map_or(0, |at| self.zone.to_offset(at).seconds());
        (offset, self.zone.iana_name().unwrap_or("UTC").to_owned())
    }

    /// Seconds east of UTC from one instant to another, each with when its wall clock began to show that.
    pub fn wall_clocks(&self, from: i64, to: i64) -> Vec<(i64, i32)> {
        let mut clocks = vec![(from, self.wall_clock(from).0)];
        if let Ok(at) = Timestamp::from_microsecond(from) {
            let changes =
                self.zone.following(at).map(|change| (change.timestamp().as_microsecond(), change.offset().seconds()));
            clocks.extend(changes.take_while(|(at, _)| *at <= to));
        }
        clocks
    }

    /// Open stretches from one instant to another, in order.
    fn spans(&self, from: i64, to: i64) -> Spans<'_> {
        Spans { calendar: self, at: from, to, offset: 0, steady_until: from, day: 0, parts: 0 }
    }

    /// What is open on a local day, by days since 1970.
    fn parts(&self, day: i64) -> &[Interval] {
        // 1 January 1970 was a Thursday.
        let weekday = (day + 3).rem_euclid(7) as usize;
        let parts = self.week[weekday].as_slice();
        if parts.is_empty() || self.once.contains(&day) {
            return &[];
        }
        if !self.yearly.is_empty() {
            let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(day));
            if date.is_ok_and(|date| self.yearly.contains(&(date.month(), date.day()))) {
                return &[];
            }
        }
        parts
    }
}

/// Walks over stretches in which the zone's offset stays the same, their days, and the parts of those.
struct Spans<'a> {
    calendar: &'a Calendar,
    at: i64,
    to: i64,
    /// Microseconds east of UTC, right until `steady_until`.
    offset: i64,
    steady_until: i64,
    /// The local day in hand, and how many of its parts are done.
    day: i64,
    parts: usize,
}

impl Iterator for Spans<'_> {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<(i64, i64)> {
        while self.at < self.to {
            if self.at >= self.steady_until {
                self.learn_offset()?;
            }
            let limit = self.steady_until.min(self.to);
            let midnight = self.day * DAY - self.offset;
            let Some(part) = self.calendar.parts(self.day).get(self.parts) else {
                (self.day, self.parts) = (self.day + 1, 0);
                self.at = (midnight + DAY).min(limit).max(self.at);
                if midnight + DAY >= limit {
                    self.at = limit;
                }
                continue;
            };
            self.parts += 1;
            let begin = (midnight + i64::from(part.from) * MINUTE).max(self.at);
            let end = (midnight + i64::from(part.to) * MINUTE).min(limit);
            if begin < end {
                return Some((begin, end));
            }
        }
        None
    }
}

impl Spans<'_> {
    /// From here on, until the zone's next change.
    fn learn_offset(&mut self) -> Option<()> {
        let at = Timestamp::from_microsecond(self.at).ok()?;
        self.offset = i64::from(self.calendar.zone.to_offset(at).seconds()) * SECOND;
        let change = self.calendar.zone.following(at).next().map(|change| change.timestamp().as_microsecond());
        self.steady_until = change.unwrap_or(i64::MAX);
        self.day = (self.at + self.offset).div_euclid(DAY);
        self.parts = 0;
        Some(())
    }
}

enum Day {
    Once(Date),
    Yearly(i8, i8),
}

fn day(text: &str) -> Option<Day> {
    if let Ok(date) = text.parse::<Date>() {
        return Some(Day::Once(date));
    }
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    // A leap year has every day that any year has.
    Date::new(2024, month, day).ok().map(|date| Day::Yearly(date.month(), date.day()))
}

fn days(date: Date) -> i64 {
    date.to_zoned(TimeZone::UTC).map_or(0, |at| at.timestamp().as_second().div_euclid(86_400))
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
