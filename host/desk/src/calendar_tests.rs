//! The engine against a clock that is looked at every minute.

use super::*;
use crate::model::Holiday;

/// Zones with odd ways: half-hour summer time, a skipped day, a change of mind, midnight changes, and none at all.
const ZONES: [&str; 12] = [
    "Europe/Oslo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Santiago",
    "Asia/Tehran",
    "Asia/Pyongyang",
    "Asia/Kathmandu",
    "America/Havana",
    "Europe/Istanbul",
    "UTC",
];

fn instant(text: &str) -> i64 {
    text.parse::<jiff::Zoned>().unwrap().timestamp().as_microsecond()
}

fn office() -> OpeningHours {
    let day = vec![Interval { from: 9 * 60, to: 17 * 60 }];
    let week = [day.clone(), day.clone(), day.clone(), day.clone(), day, vec![], vec![]];
    OpeningHours { zone: "Europe/Oslo".to_owned(), week, holidays: vec![] }
}

#[test]
fn the_changes_of_a_wall_clock_are_the_clock_that_is_looked_at() {
    for zone in ZONES {
        let calendar = Calendar::new(&OpeningHours { zone: zone.to_owned(), ..office() }).unwrap();
        let (from, to) = (instant("2026-01-01T00:00[UTC]"), instant("2027-01-01T00:00[UTC]"));
        let clocks = calendar.wall_clocks(from, to);
        assert!(clocks.is_sorted() && clocks.len() < 8, "{zone}: {clocks:?}");
        for at in (from..to).step_by((30 * MINUTE) as usize) {
            let then = clocks.iter().take_while(|(since, _)| *since <= at).last().map(|(_, seconds)| *seconds);
            assert_eq!(then, Some(calendar.wall_clock(at).0), "{zone} {at}");
        }
    }
}

/// ESC-1, the example of the specification.
#[test]
fn two_hours_from_friday_at_four_are_monday_at_ten() {
    let calendar = Calendar::new(&office()).unwrap();
    let friday = instant("2026-11-20T16:00[Europe/Oslo]");
    assert_eq!(calendar.add(friday, 120 * MINUTE), Some(instant("2026-11-23T10:00[Europe/Oslo]")));
    // What ends at closing time ends then.
    assert_eq!(calendar.add(friday, 60 * MINUTE), Some(instant("2026-11-20T17:00[Europe/Oslo]")));
    assert_eq!(calendar.add(friday, 0), Some(friday));
    assert_eq!(calendar.between(friday, instant("2026-11-23T10:00[Europe/Oslo]")), 120 * MINUTE);
}

#[test]
fn it_says_when_it_opens_and_when_it_closes() {
    let mut hours = office();
    let calendar = Calendar::new(&hours).unwrap();
    for (at, changes) in [
        ("2026-11-20T16:00[Europe/Oslo]", "2026-11-20T17:00[Europe/Oslo]"),
        ("2026-11-20T17:00[Europe/Oslo]", "2026-11-23T09:00[Europe/Oslo]"),
        ("2026-11-21T12:00[Europe/Oslo]", "2026-11-23T09:00[Europe/Oslo]"),
        ("2026-11-23T09:00[Europe/Oslo]", "2026-11-23T17:00[Europe/Oslo]"),
    ] {
        assert_eq!(calendar.changes_at(instant(at)), Some(instant(changes)), "{at}");
    }
    assert_eq!(calendar.wall_clock(instant("2026-11-23T09:00[Europe/Oslo]")), (3_600, "Europe/Oslo".to_owned()));
    // Midnight ends no stretch that goes on behind it; around the clock and never have no next change.
    hours.week = std::array::from_fn(|_| vec![Interval { from: 0, to: 1_440 }]);
    assert_eq!(Calendar::new(&hours).unwrap().changes_at(instant("2026-11-20T16:00[Europe/Oslo]")), None);
    hours.week[6].clear();
    let calendar = Calendar::new(&hours).unwrap();
    let sunday = Some(instant("2026-11-22T00:00[Europe/Oslo]"));
    assert_eq!(calendar.changes_at(instant("2026-11-20T16:00[Europe/Oslo]")), sunday);
    hours.week = std::array::from_fn(|_| vec![]);
    assert_eq!(Calendar::new(&hours).unwrap().changes_at(0), None);
}

#[test]
fn holidays_and_nights_don_t_count() {
    let mut hours = office();
    let holiday = |day: &str| Holiday { day: day.to_owned(), name: String::new() };
    hours.holidays = vec![holiday("12-24"), holiday("12-25"), holiday("2026-12-31")];
    let calendar = Calendar::new(&hours).unwrap();
    let eve = instant("2026-12-23T16:30[Europe/Oslo]");
    assert_eq!(calendar.add(eve, 60 * MINUTE), Some(instant("2026-12-28T09:30[Europe/Oslo]")));
    let last = instant("2026-12-30T17:00[Europe/Oslo]");
    assert_eq!(calendar.add(last, MINUTE), Some(instant("2027-01-01T09:01[Europe/Oslo]")));
    assert!(!calendar.is_open(instant("2026-12-24T10:00[Europe/Oslo]")));
}

#[test]
fn a_night_with_a_change_of_the_clock_is_as_long_as_it_is() {
    let night = vec![Interval { from: 0, to: 6 * 60 }];
    let hours = OpeningHours { week: std::array::from_fn(|_| night.clone()), ..office() };
    let calendar = Calendar::new(&hours).unwrap();
    let of = |day: &str| {
        calendar.between(instant(&format!("{day}T00:00[Europe/Oslo]")), instant(&format!("{day}T12:00[Europe/Oslo]")))
    };
    assert_eq!(of("2026-03-28"), 6 * 60 * MINUTE);
    assert_eq!(of("2026-03-29"), 5 * 60 * MINUTE);
    assert_eq!(of("2026-10-25"), 7 * 60 * MINUTE);
}

#[test]
fn what_never_opens_and_what_makes_no_sense_is_said() {
    let never = OpeningHours { week: Default::default(), ..office() };
    assert_eq!(Calendar::new(&never).unwrap().add(0, 1), None);
    let wrong = |hours: OpeningHours| Calendar::new(&hours).is_err();
    assert!(wrong(OpeningHours { zone: "Mars/Olympus".to_owned(), ..office() }));
    let holiday = Holiday { day: "02-30".to_owned(), name: String::new() };
    assert!(wrong(OpeningHours { holidays: vec![holiday], ..office() }));
    let mut backwards = office();
    backwards.week[0] = vec![Interval { from: 600, to: 540 }];
    assert!(wrong(backwards));
}

/// `SAKER_CASES` says how many; a million take some minutes.
#[test]
fn the_engine_agrees_with_a_clock_that_is_looked_at_every_minute() {
    let cases = std::env::var("SAKER_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(4_000);
    let mut random = fastrand::Rng::with_seed(42);
    let zones: Vec<TimeZone> = ZONES.iter().map(|zone| TimeZone::get(zone).unwrap()).collect();
    for case in 0..cases {
        let place = random.usize(0..ZONES.len());
        let from = random_instant(&mut random, &zones[place]);
        let hours = random_hours(&mut random, ZONES[place], from);
        let calendar = Calendar::new(&hours).unwrap();
        let minutes = random.i64(1..4_000);
        let open = every_minute(&hours, &zones[place], from, minutes);
        let to = from + minutes * MINUTE;
        let passed = open.iter().filter(|open| **open).count() as i64;
        assert_eq!(calendar.between(from, to), passed * MINUTE, "case {case}: {hours:?} from {from} for {minutes} min");
        if passed > 0 {
            let wanted = random.i64(1..=passed);
            let at = open
                .iter()
                .scan(0, |sum, open| {
                    *sum += i64::from(*open);
                    Some(*sum)
                })
                .position(|sum| sum == wanted);
            let expected = from + (at.unwrap() as i64 + 1) * MINUTE;
            assert_eq!(
                calendar.add(from, wanted * MINUTE),
                Some(expected),
                "case {case}: {hours:?} from {from}, {wanted} min"
            );
        }
    }
}

/// Whole minutes, half of the time close to a change of the clock.
fn random_instant(random: &mut fastrand::Rng, zone: &TimeZone) -> i64 {
    let at = random.i64(1_000_000_000 / 60..1_900_000_000 / 60) * MINUTE;
    let change = zone.following(Timestamp::from_microsecond(at).unwrap()).next();
    match change {
        Some(change) if random.bool() => {
            let at = change.timestamp().as_microsecond() - random.i64(0..2_000) * MINUTE;
            at.div_euclid(MINUTE) * MINUTE
        }
        _ => at,
    }
}

fn random_hours(random: &mut fastrand::Rng, zone: &str, from: i64) -> OpeningHours {
    let week = std::array::from_fn(|_| {
        (0..random.usize(0..4))
            .map(|_| {
                let begin = random.u16(0..1_440);
                Interval { from: begin, to: random.u16(begin + 1..=1_440) }
            })
            .collect()
    });
    let near = Timestamp::from_microsecond(from).unwrap().to_zoned(TimeZone::UTC).date();
    let holidays = (0..random.usize(0..3))
        .map(|n| {
            let date = near.checked_add(jiff::Span::new().days(random.i64(-1..4))).unwrap();
            let day = if n == 0 { date.to_string() } else { format!("{:02}-{:02}", date.month(), date.day()) };
            Holiday { day, name: String::new() }
        })
        .collect();
    OpeningHours { zone: zone.to_owned(), week, holidays }
}

/// Whether each minute is open, by what a clock on the wall shows at its beginning and what the hours say as they were
/// written: nothing of what the engine makes of them.
fn every_minute(hours: &OpeningHours, zone: &TimeZone, from: i64, minutes: i64) -> Vec<bool> {
    let shut: Vec<&str> = hours.holidays.iter().map(|holiday| holiday.day.as_str()).collect();
    (0..minutes)
        .map(|minute| {
            let wall = zone.to_datetime(Timestamp::from_microsecond(from + minute * MINUTE).unwrap());
            let now = wall.hour() as u16 * 60 + wall.minute() as u16;
            let day = &hours.week[wall.weekday().to_monday_zero_offset() as usize];
            day.iter().any(|part| part.from <= now && now < part.to) && !is_shut(&shut, wall.date())
        })
        .collect()
}

fn is_shut(shut: &[&str], date: jiff::civil::Date) -> bool {
    !shut.is_empty()
        && [date.to_string(), format!("{:02}-{:02}", date.month(), date.day())]
            .iter()
            .any(|day| shut.contains(&day.as_str()))
}
