//! Moments, as remotes write them.

/// Unix seconds of a moment: digits of seconds or milliseconds, or a date and time as RFC 3339 has it, also with a space in
/// place of the `T` and without the colon in the zone. Without a zone it is UTC. None for anything else.
pub fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        // No message is from before 1973, which is when milliseconds have twelve digits.
        return (number > 0).then_some(if number >= 100_000_000_000 { number / 1_000 } else { number });
    }
    let (date, time) = text.split_once(['T', ' '])?;
    let mut date = date.split('-');
    let (year, month, day) = (number(date.next()?, 4)?, number(date.next()?, 2)?, number(date.next()?, 2)?);
    let fits =
        date.next().is_none() && (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let (clock, zone) = time.split_at(time.find(['Z', 'z', '+', '-']).unwrap_or(time.len()));
    let mut clock = clock.trim().split(':');
    let (hour, minute) = (number(clock.next()?, 2)?, number(clock.next()?, 2)?);
    let second = number(clock.next().unwrap_or("00").split(['.', ',']).next()?, 2)?;
    let fits = fits && clock.next().is_none() && hour < 24 && minute < 60 && second <= 60;
    fits.then_some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?)
}

/// Digits, and so many of them.
fn number(text: &str, digits: usize) -> Option<i64> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// Seconds that a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.bytes().next() {
        None | Some(b'Z' | b'z') => return Some(0),
        Some(b'-') => -1,
        _ => 1,
    };
    let digits = zone[1..].replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes, 2)? };
    Some(sign * (number(hours, 2)? * 3_600 + minutes * 60))
}

/// Days since 1970-01-01 of a date in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March, so that a leap day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn moments_are_read_however_they_are_written() {
        for (text, want) in [
            ("1795510800", Some(1_795_510_800)),
            ("1795510800123", Some(1_795_510_800)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2016-10-06T09:28:39.220+0000", Some(1_475_746_119)),
            ("2016-10-06 11:28:39+02:00", Some(1_475_746_119)),
            ("2016-10-06T09:28:39", Some(1_475_746_119)),
            ("2024-02-29T23:59:59Z", Some(1_709_251_199)),
            ("2024-02-29T23:59Z", Some(1_709_251_140)),
            ("yesterday", None),
            ("2024-02-29", None),
            ("2024-13-01T00:00:00Z", None),
            ("2024-02-29T23:59:59+ø", None),
            ("2024-02-29T23:59:59+2", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), want, "{text}");
        }
    }
}
