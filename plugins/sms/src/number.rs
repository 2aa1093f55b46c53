//! Telephone numbers, and the letters that a text message has for nothing.

/// With `+`, where it is a number; a short number or a name stays as it is.
pub fn written(text: &str) -> String {
    let text = text.trim();
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("+{}", digits.trim_start_matches("00"))
    } else {
        text.to_owned()
    }
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
        ] {
            assert_eq!(written(text), want);
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
