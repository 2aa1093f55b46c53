//! Spans of time that people mean by *today*, *next week* or a day, in their own time zone. FND-3.

use crate::{Why, clock::MINUTE, model::criteria::Operator};
use jiff::{Span, Timestamp, ToSpan, civil::Date, tz::TimeZone};

/// From, up to but without; none is without end.
pub type Range = (Option<i64>, Option<i64>);

/// The span that an operator means now.
///
/// # Errors
/// What is wrong with its values.
pub fn range(operator: Operator, values: &[String], now: i64, zone: &TimeZone) -> Result<Range, Why> {
    use Operator::*;
    let value = |n: usize| values.get(n).map(|text| text.trim()).ok_or(Why::Missing);
    let moment = |n: usize| value(n).and_then(|text| instant(text, zone));
    let ago = |n: usize| {
        let minutes: i64 = value(n)?.parse().map_err(|_| Why::NotANumber)?;
        if minutes < 0 { Err(Why::NotANumber) } else { Ok(minutes.saturating_mul(MINUTE)) }
    };
    Ok(match operator {
        Before => (None, Some(moment(0)?.0)),
        After => (Some(moment(0)?.1), None),
        Equals => moment(0).map(|(from, to)| (Some(from), Some(to)))?,
        Between => (Some(moment(0)?.0), Some(moment(1)?.1)),
        OlderThan => (None, Some(now.saturating_sub(ago(0)?).saturating_add(1))),
        WithinLast => (Some(now.saturating_sub(ago(0)?)), Some(now + 1)),
        WithinNext => (Some(now), Some(now.saturating_add(ago(0)?).saturating_add(1))),
        _ => relative(operator, now, zone).ok_or(Why::NotAChoice)?,
    })
}

fn relative(operator: Operator, now: i64, zone: &TimeZone) -> Option<Range> {
    use Operator::*;
    let today = Timestamp::from_microsecond(now).ok()?.to_zoned(zone.clone()).date();
    let monday = today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok()?;
    let (month, year) = (today.first_of_month(), today.first_of_year());
    let between = |from: Date, unit: Span, shift: i64| {
        let from = from.checked_add(unit.checked_mul(shift).ok()?).ok()?;
        Some((Some(begins(from, zone)?), Some(begins(from.checked_add(unit).ok()?, zone)?)))
    };
    match operator {
        Today => between(today, 1.day(), 0),
        Yesterday => between(today, 1.day(), -1),
        Tomorrow => between(today, 1.day(), 1),
        BeforeToday => Some((None, Some(begins(today, zone)?))),
        AfterToday => Some((Some(begins(today.tomorrow().ok()?, zone)?), None)),
        ThisWeek => between(monday, 1.week(), 0),
        NextWeek => between(monday, 1.week(), 1),
        PreviousWeek => between(monday, 1.week(), -1),
        ThisMonth => between(month, 1.month(), 0),
        NextMonth => between(month, 1.month(), 1),
        PreviousMonth => between(month, 1.month(), -1),
        ThisYear => between(year, 1.year(), 0),
        NextYear => between(year, 1.year(), 1),
        PreviousYear => between(year, 1.year(), -1),
        _ => None,
    }
}

/// When a day begins there: a clock that is put forward at midnight is no trouble.
fn begins(day: Date, zone: &TimeZone) -> Option<i64> {
    Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond())
}

/// A moment lasts for one microsecond, a day from its first to the next day's first.
fn instant(text: &str, zone: &TimeZone) -> Result<(i64, i64), Why> {
    if let Ok(at) = text.parse::<i64>() {
        return Ok((at, at.saturating_add(1)));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        let at = at.as_microsecond();
        return Ok((at, at + 1));
    }
    let day: Date = text.parse().map_err(|_| Why::NotAChoice)?;
    let next = day.tomorrow().map_err(|_| Why::NotAChoice)?;
    begins(day, zone).zip(begins(next, zone)).ok_or(Why::NotAChoice)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday 24 November 2026, 10:00 in Oslo.
    const NOW: i64 = 1_795_510_800 * 1_000_000;

    fn days(operator: Operator, values: &[&str]) -> (String, String) {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let values: Vec<String> = values.iter().map(|text| (*text).to_owned()).collect();
        let (from, to) = range(operator, &values, NOW, &zone).unwrap();
        let say = |at: Option<i64>| match at {
            Some(at) => {
                let there = Timestamp::from_microsecond(at).unwrap().to_zoned(zone.clone());
                there.strftime("%Y-%m-%d %H:%M").to_string()
            }
            None => String::new(),
        };
        (say(from), say(to))
    }

    #[test]
    fn people_s_words_for_time_are_spans_of_their_own_days() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(days(Operator::Today, &[]), pair("2026-11-24 00:00", "2026-11-25 00:00"));
        assert_eq!(days(Operator::ThisWeek, &[]), pair("2026-11-23 00:00", "2026-11-30 00:00"));
        assert_eq!(days(Operator::PreviousWeek, &[]), pair("2026-11-16 00:00", "2026-11-23 00:00"));
        assert_eq!(days(Operator::NextMonth, &[]), pair("2026-12-01 00:00", "2027-01-01 00:00"));
        assert_eq!(days(Operator::NextYear, &[]), pair("2027-01-01 00:00", "2028-01-01 00:00"));
        assert_eq!(days(Operator::PreviousYear, &[]), pair("2025-01-01 00:00", "2026-01-01 00:00"));
        assert_eq!(days(Operator::BeforeToday, &[]), pair("", "2026-11-24 00:00"));
        assert_eq!(days(Operator::After, &["2026-11-20"]), pair("2026-11-21 00:00", ""));
        // Both days belong to it, and summer time ends within.
        assert_eq!(
            days(Operator::Between, &["2026-10-20", "2026-10-25"]),
            pair("2026-10-20 00:00", "2026-10-26 00:00")
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let bad = |operator, value: &str| range(operator, &[value.to_owned()], NOW, &TimeZone::UTC);
        assert_eq!(bad(Operator::Before, "i fjor"), Err(Why::NotAChoice));
        assert_eq!(bad(Operator::WithinLast, "mye"), Err(Why::NotANumber));
        assert_eq!(bad(Operator::Between, "2026-10-20"), Err(Why::Missing));
    }
}
