//! Telephone numbers, written alike (E.164).

/// Digits of an extension, at most: inside of the house, no number of the world.
const LONGEST_EXTENSION: usize = 6;
/// Countries whose numbers begin with the same digit at home and have no 0 before them to be left out.
const NO_TRUNK: [&str; 9] = ["47", "45", "34", "351", "352", "354", "39", "420", "371"];

/// With `+` and the country's code; an extension and a short number stay as they are. None for a hidden number and for what
/// is no number. `international`: digits alone are a whole number, the country's code first.
pub fn written(text: &str, country: &str, international: bool) -> Option<String> {
    let text = text.trim();
    // SIP: sip:+4790000001@exchange.
    let text = text.strip_prefix("sip:").or_else(|| text.strip_prefix("tel:")).unwrap_or(text);
    let text = text.split(['@', ';']).next().unwrap_or_default().trim();
    let plain = |c: char| c.is_ascii_digit() || " +-()./\u{a0}".contains(c);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !text.chars().all(plain) || digits.is_empty() || digits.len() > 18 {
        return None;
    }
    if text.starts_with('+') {
        return Some(format!("+{digits}"));
    }
    if let Some(rest) = digits.strip_prefix("00") {
        return Some(format!("+{rest}"));
    }
    if digits.len() <= LONGEST_EXTENSION {
        return Some(digits);
    }
    let country = country.trim().trim_start_matches('+').trim_start_matches("00");
    // At home a number begins with the digit that is left out abroad.
    match digits.strip_prefix('0') {
        Some(rest) if !country.is_empty() && !NO_TRUNK.contains(&country) => return Some(format!("+{country}{rest}")),
        _ if international => return Some(format!("+{digits}")),
        _ => {}
    }
    // Already whole: longer than a number at home, which has eight digits or more.
    let whole = digits.strip_prefix(country).is_some_and(|rest| rest.len() >= 8);
    Some(if whole { format!("+{digits}") } else { format!("+{country}{digits}") })
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn numbers_are_written_alike_however_they_come() {
        for (text, country, international, want) in [
            ("+47 900 00 001", "47", false, Some("+4790000001")),
            ("004790000001", "47", false, Some("+4790000001")),
            ("90000001", "47", false, Some("+4790000001")),
            ("4790000001", "47", false, Some("+4790000001")),
            // A Norwegian number that begins as the country's code does.
            ("47900001", "47", false, Some("+4747900001")),
            ("022129191999", "49", false, Some("+4922129191999")),
            ("022129191999", "49", true, Some("+4922129191999")),
            ("492111234567", "47", true, Some("+492111234567")),
            ("020 7946 0000", "+44", false, Some("+442079460000")),
            ("sip:+4790000001@sentral.example", "47", false, Some("+4790000001")),
            ("201", "47", false, Some("201")),
            ("anonymous", "47", true, None),
            ("", "47", false, None),
            ("+", "47", false, None),
            ("1234567890123456789", "47", false, None),
        ] {
            assert_eq!(written(text, country, international).as_deref(), want, "{text}");
        }
    }
}
