//! Telephone numbers, and the letters that a text message has for nothing.

use saker_channel::number;

/// Digits of a number that is no short one, at least.
const FEWEST: usize = 7;

/// With `+`, where it is a number; a short number or a name stays as it is. A number at home has no country's code before it:
/// it gets this one. Without one, digits alone are a whole number.
pub fn written(text: &str, country: &str) -> String {
    let text = text.trim();
    if text.bytes().filter(u8::is_ascii_digit).count() < FEWEST {
        return text.to_owned();
    }
    number::written(text, country, country.is_empty()).unwrap_or_else(|| text.to_owned())
}

/// Digits alone, as some want it.
pub fn digits(text: &str) -> &str {
    text.strip_prefix('+').unwrap_or(text)
}

/// Whether a text needs no letters but those of the network's own alphabet (3GPP TS 23.038, 6.2.1): with one other, a message
/// holds 70 letters in place of 160.
pub fn is_plain(text: &str) -> bool {
    const MORE: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ¡ÄÖÑÜ§¿äöñüà\u{c}^{}\\[~]|€!\"#¤%&'()*+,-./:;<=>?";
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || MORE.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::{digits, is_plain, written};
    use crate::MARKS;
    use saker_channel::markup::write;

    #[test]
    fn numbers_are_written_alike() {
        for (text, want) in [
            ("4740000000", "+4740000000"),
            ("+47 ", "+47"),
            ("004740000000", "+4740000000"),
            ("Posten", "Posten"),
            ("2000", "2000"),
            ("+47 400 00 000", "+4740000000"),
            ("40000000", "+40000000"),
            ("0700000000", "+0700000000"),
            ("Butikk 1234567", "Butikk 1234567"),
            ("", ""),
        ] {
            assert_eq!(written(text, ""), want);
        }
        for (text, country, want) in [
            ("40000000", "47", "+4740000000"),
            ("400 00 000", "+47", "+4740000000"),
            ("4740000000", "47", "+4740000000"),
            ("+46700000000", "47", "+46700000000"),
            ("0046700000000", "47", "+46700000000"),
            ("0700000000", "46", "+46700000000"),
            ("2000", "47", "2000"),
            ("Posten", "47", "Posten"),
        ] {
            assert_eq!(written(text, country), want, "{text}");
        }
        assert_eq!(digits("+4740000000"), "4740000000");
    }

    #[test]
    fn norwegian_costs_nothing_and_a_smile_does() {
        assert!(is_plain("Æøå, {100 €}?\n"));
        assert!(!is_plain("😀") && !is_plain("á"));
        let list = write("Ta med:\n\n- nøkler\n- kort\n\n1. først", &MARKS);
        assert!(is_plain(&list), "{list}");
    }
}
