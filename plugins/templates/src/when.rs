//! Moments in words.

/// Days and months as people say them.
const NB_DAYS: [&str; 7] = ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"];
const EN_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const NB_MONTHS: [&str; 12] = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];
const EN_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `tirsdag 10. november 2026 kl. 10:49`, `Tuesday 10 November 2026 at 10:49`; empty for a time that is not known.
pub fn words(ms: i64, zone: &str, norwegian: bool) -> String {
    if ms <= 0 || ms > 253_402_300_799_000 {
        return String::new();
    }
    let utc = ms.div_euclid(1000);
    let local = utc + offset(utc, zone);
    let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let weekday = (days + 3).rem_euclid(7) as usize;
    let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
    if norwegian {
        format!("{} {day}. {} {year} kl. {hour:02}:{minute:02}", NB_DAYS[weekday], NB_MONTHS[month as usize - 1])
    } else {
        format!("{} {day} {} {year} at {hour:02}:{minute:02}", EN_DAYS[weekday], EN_MONTHS[month as usize - 1])
    }
}

/// Seconds east of Greenwich. Central European time has had one rule since 1996 (Directive 2000/84/EC); a table of all
/// zones would be bigger than this plugin.
fn offset(utc: i64, zone: &str) -> i64 {
    let central = [
        "Europe/Oslo",
        "Europe/Stockholm",
        "Europe/Copenhagen",
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Amsterdam",
        "Europe/Brussels",
        "Europe/Madrid",
        "Europe/Rome",
        "Europe/Vienna",
        "Europe/Zurich",
        "Europe/Warsaw",
        "Europe/Prague",
        "Europe/Budapest",
        "Arctic/Longyearbyen",
    ];
    if !central.contains(&zone) {
        return 0;
    }
    let (year, ..) = civil(utc.div_euclid(86_400));
    let one_o_clock = |month| last_sunday(year, month) * 86_400 + 3600;
    if (one_o_clock(3)..one_o_clock(10)).contains(&utc) { 7200 } else { 3600 }
}

/// The day number of a month's last Sunday; months of 31 days.
fn last_sunday(year: i64, month: i64) -> i64 {
    let last = day_number(year, month, 31);
    last - (last + 4).rem_euclid(7)
}

/// Days since 1970 to year, month, day, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn moments_have_a_weekday_and_a_local_clock() {
        // 10 November 2026, 09:49 UTC.
        assert_eq!(words(1_794_304_140_000, "Europe/Oslo", true), "tirsdag 10. november 2026 kl. 10:49");
        assert_eq!(words(1_794_304_140_000, "UTC", false), "Tuesday 10 November 2026 at 09:49");
        // The last second of winter time, and the first of summer time, 2026.
        assert_eq!(words(1_774_745_999_000, "Europe/Oslo", true), "søndag 29. mars 2026 kl. 01:59");
        assert_eq!(words(1_774_746_000_000, "Europe/Oslo", true), "søndag 29. mars 2026 kl. 03:00");
        assert_eq!(words(0, "UTC", true), "");
        assert_eq!(words(i64::MAX, "UTC", true), "");
    }
}
