//! The house's colour, and what can be read on it.

/// Three parts from 0 to 255; none for what is not `#rrggbb`.
pub fn parts(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// White or black, whichever stands out more (WCAG 2.2, relative luminance).
pub fn on(color: [u8; 3]) -> &'static str {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = color.map(linear);
    let light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 { "#ffffff" } else { "#000000" }
}

#[cfg(test)]
mod tests {
    use super::{on, parts};

    #[test]
    fn words_stand_out_on_any_colour() {
        for (text, words) in
            [("#000000", "#ffffff"), ("#FFFFFF", "#000000"), ("#4B45C6", "#ffffff"), ("#ffcc00", "#000000")]
        {
            assert_eq!(parts(text).map(on), Some(words), "{text}");
        }
        for text in ["", "#fff", "4B45C6", "#gggggg", "#4B45C6;", "#ææ"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
