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
    /// How far its clock is ahead of UTC.
    pub offset_minutes: i64,
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
        let local = |moment: i64| moment.div_euclid(60_000) + self.offset_minutes;
        let (day, today) = (local(at).div_euclid(1_440), local(now).div_euclid(1_440));
        let minute = local(at).rem_euclid(1_440);
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
        w.at(&named, &format!("{:02}:{:02}", minute / 60, minute % 60))
    }

    /// The time of day of a moment.
    pub fn clock(&self, at: i64) -> String {
        let minute = (at.div_euclid(60_000) + self.offset_minutes).rem_euclid(1_440);
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }
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
    use super::{House, month_and_day};
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
