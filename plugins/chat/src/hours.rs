//! Whether somebody is there, and when, in words.

use crate::words::Words;
use saker_channel::Tongue;

/// What the host says of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// Inside of the opening hours.
    pub open: bool,
    /// When it opens or closes next; Unix milliseconds.
    pub changes_at: Option<i64>,
    /// How far its clock is ahead of UTC at `changes_at`, and wherever nothing better is known.
    pub offset_minutes: i64,
    /// The same from given moments on, in their order; Unix milliseconds.
    pub clocks: Vec<(i64, i64)>,
    /// Colleagues who are there.
    pub agents: u32,
}

impl House {
    /// Somebody may answer now.
    pub fn is_there(&self) -> bool {
        self.open && self.agents > 0
    }

    /// Why nobody answers now, and when somebody does.
    pub fn away(&self, tongue: Tongue, now: i64) -> String {
        let w = Words(tongue);
        if self.open {
            return w.nobody().to_owned();
        }
        match self.changes_at {
            Some(at) => format!("{} {}", w.closed(), w.opens(&self.when(tongue, at, now))),
            None => w.closed().to_owned(),
        }
    }

    /// A moment by the house's clock: "i dag kl. 09:00", "on Monday at 09:00", "3. januar kl. 09:00".
    fn when(&self, tongue: Tongue, at: i64, now: i64) -> String {
        let w = Words(tongue);
        let (day, today) = (self.local(at).div_euclid(1_440), self.local(now).div_euclid(1_440));
        let named = match day - today {
            0 => w.today().to_owned(),
            1 => w.tomorrow().to_owned(),
            // 1 January 1970 was a Thursday.
            2..=6 => w.on_weekday((day + 3).rem_euclid(7) as usize),
            _ => {
                let (month, day) = month_and_day(day);
                w.on_date(month, day)
            }
        };
        w.at(&named, &self.clock(at))
    }

    /// When something was said: the time of day alone if it was today, with the day before it if not.
    pub fn said(&self, tongue: Tongue, at: i64, now: i64) -> String {
        let w = Words(tongue);
        let (day, today) = (self.local(at).div_euclid(1_440), self.local(now).div_euclid(1_440));
        if day == today {
            return self.clock(at);
        }
        let (month, day) = month_and_day(day);
        format!("{} {}", w.date(month, day), self.clock(at))
    }

    /// The time of day of a moment.
    pub fn clock(&self, at: i64) -> String {
        let minute = self.local(at).rem_euclid(1_440);
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }

    /// A moment by the house's clock as it was then, in minutes.
    fn local(&self, at: i64) -> i64 {
        let then = self.clocks.iter().take_while(|(from, _)| *from <= at).last().or(self.clocks.first());
        at.div_euclid(60_000) + then.map_or(self.offset_minutes, |(_, minutes)| *minutes)
    }
}

/// The house's clocks as the host tells them: "from=minutes", with blanks between them.
pub fn clocks(told: &str) -> Vec<(i64, i64)> {
    let clock = |one: &str| -> Option<(i64, i64)> {
        let (from, minutes) = one.split_once('=')?;
        Some((from.parse().ok()?, minutes.parse().ok().filter(|minutes: &i64| minutes.abs() < 1_440)?))
    };
    told.split(' ').filter_map(clock).collect()
}

/// From days since 1970, by the Gregorian calendar ("Euclidean affine functions", Neri and Schneider).
fn month_and_day(days: i64) -> (usize, i64) {
    let shifted = days + 719_468;
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    (((month + 2) % 12) as usize, day)
}

#[cfg(test)]
mod tests {
    use super::{House, clocks, month_and_day};
    use saker_channel::Tongue;

    /// Friday 20 November 2026, 16:00 in Oslo.
    const FRIDAY: i64 = 1_795_186_800_000;
    const HOUR: i64 = 3_600_000;

    #[test]
    fn days_are_months() {
        for (days, month, day) in [(0, 0, 1), (58, 1, 28), (59, 2, 1), (20_777, 10, 20), (11_016, 1, 29), (364, 11, 31)]
        {
            assert_eq!(month_and_day(days), (month, day), "{days}");
        }
    }

    /// Sunday 25 October 2026, 03:00 in Oslo, when it becomes 02:00.
    const BACK: i64 = 1_792_890_000_000;

    #[test]
    fn each_moment_is_told_by_the_clock_of_then() {
        let told = format!("{}=120 {BACK}=60 nonsense 1=99999", BACK - 30 * 24 * HOUR);
        let clocks = clocks(&told);
        assert_eq!(clocks.len(), 2);
        let house = House { changes_at: Some(BACK + 30 * HOUR), offset_minutes: 60, clocks, ..House::default() };
        // A minute before and after; and before all that was told.
        assert_eq!((house.clock(BACK - 60_000), house.clock(BACK)), ("02:59".to_owned(), "02:00".to_owned()));
        assert_eq!(house.clock(BACK - 90 * 24 * HOUR), "03:00");
        assert!(house.away(Tongue::Nb, BACK - 10 * HOUR).ends_with("Vi åpner mandag kl. 08:00."));
        let said = |at| (house.said(Tongue::Nb, at, BACK), house.said(Tongue::En, at, BACK));
        assert_eq!(said(BACK - HOUR), ("02:00".to_owned(), "02:00".to_owned()));
        assert_eq!(said(BACK - 10 * HOUR), ("24. oktober 17:00".to_owned(), "24 October 17:00".to_owned()));
        // A host that tells no more than one.
        assert_eq!(House { offset_minutes: 60, ..House::default() }.clock(BACK - 60_000), "01:59");
    }

    #[test]
    fn it_says_when_it_opens() {
        let house =
            |hours: i64| House { changes_at: Some(FRIDAY + hours * HOUR), offset_minutes: 60, ..House::default() };
        for (hours, nb, en) in [
            (1, "Vi åpner i dag kl. 17:00.", "We open today at 17:00."),
            (17, "Vi åpner i morgen kl. 09:00.", "We open tomorrow at 09:00."),
            (65, "Vi åpner mandag kl. 09:00.", "We open on Monday at 09:00."),
            (24 * 44 - 7, "Vi åpner 3. januar kl. 09:00.", "We open on 3 January at 09:00."),
        ] {
            assert!(house(hours).away(Tongue::Nb, FRIDAY).ends_with(nb), "{}", house(hours).away(Tongue::Nb, FRIDAY));
            assert!(house(hours).away(Tongue::En, FRIDAY).ends_with(en), "{}", house(hours).away(Tongue::En, FRIDAY));
        }
        assert_eq!(house(0).clock(FRIDAY), "16:00");
        let nobody = House { open: true, ..House::default() };
        assert!(!nobody.is_there() && House { agents: 1, ..nobody.clone() }.is_there());
        assert!(!nobody.away(Tongue::En, FRIDAY).contains("open"));
    }
}
