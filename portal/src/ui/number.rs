//! Phone numbers as people read them.

/// A number as it is kept (`+` and digits) in groups: Norwegian ones as they are said there, others in threes after the
/// country's code, which is not known here and stays with the first group. Anything else is left alone.
pub fn grouped(number: &str) -> String {
    let Some(digits) = number.strip_prefix('+').filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())) else {
        return number.to_owned();
    };
    match digits.strip_prefix("47") {
        // Mobile numbers in 3-2-3, the others in pairs.
        Some(own) if own.len() == 8 && own.starts_with(['4', '9']) => {
            format!("+47 {} {} {}", &own[..3], &own[3..5], &own[5..])
        }
        Some(own) if own.len() == 8 => format!("+47 {} {} {} {}", &own[..2], &own[2..4], &own[4..6], &own[6..]),
        _ => {
            let first = digits.len() % 3;
            let mut groups = vec![&digits[..first]];
            groups.extend((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
            format!("+{}", groups.join(" ").trim_start())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_read_in_groups() {
        for (kept, read) in [
            ("+4790000001", "+47 900 00 001"),
            ("+4722000000", "+47 22 00 00 00"),
            ("+46812345678", "+46 812 345 678"),
            ("+1", "+1"),
            ("+", "+"),
            ("", ""),
            ("12345", "12345"),
            ("+47 900 00 001", "+47 900 00 001"),
            ("+æøå", "+æøå"),
        ] {
            assert_eq!(grouped(kept), read);
        }
    }
}
