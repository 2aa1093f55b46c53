//! Phone numbers, and other long numbers that people write in groups.

use std::ops::Range;

/// Digits of a number that is worth filing as one, E.164 being at most 15.
const LEAST: usize = 7;
const MOST: usize = 15;
/// Numbers of one text that are filed.
const PER_TEXT: usize = 400;

/// The digits of a phone number, without "(0)".
pub fn digits(number: &str) -> String {
    number.replace("(0)", "").chars().filter(char::is_ascii_digit).collect()
}

/// Whether this is written as part of a phone number and nothing else.
pub fn is_number(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b"+()-./".contains(&b))
}

/// The digits under which a number may be filed by someone else: with and without country code and leading zeros.
pub fn variants(number: &str) -> Vec<String> {
    let all = digits(number);
    let abroad =
        number.trim_start_matches(|c: char| c.is_whitespace() || c == '(').starts_with('+') || all.starts_with("00");
    let bare = all.trim_start_matches('0').to_owned();
    let mut out = vec![all];
    if !bare.is_empty() {
        let code = country_code(&bare);
        if (abroad || bare.len() >= 10) && bare.len() >= code + 5 {
            out.push(bare[code..].trim_start_matches('0').to_owned());
        }
        out.push(bare);
    }
    out.sort();
    out.dedup();
    out.retain(|v| !v.is_empty());
    out
}

/// Length of the country code at the front. ITU-T E.164.
fn country_code(digits: &str) -> usize {
    let b = digits.as_bytes();
    match (b.first(), b.get(1)) {
        (Some(b'1' | b'7'), _) => 1,
        (Some(b'2'), Some(b'0' | b'7'))
        | (Some(b'3'), Some(b'0'..=b'4' | b'6' | b'9'))
        | (Some(b'4'), Some(b'0' | b'1' | b'3'..=b'9'))
        | (Some(b'5'), Some(b'1'..=b'8'))
        | (Some(b'6'), Some(b'0'..=b'6'))
        | (Some(b'8'), Some(b'1' | b'2' | b'4' | b'6'))
        | (Some(b'9'), Some(b'0'..=b'5' | b'8')) => 2,
        _ => 3,
    }
}

/// All ends of a number of at least three digits: a search for the start of an end finds any part.
pub fn ends(number: &str) -> Vec<String> {
    let mut all = digits(number);
    all.truncate(24);
    (0..all.len().saturating_sub(2)).map(|at| all[at..].to_owned()).collect()
}

/// Numbers of 7 to 15 digits in a text, also those written in groups on one line, with their byte ranges.
/// Where several numbers follow each other every row of groups is one.
pub fn numbers_in(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut run: Vec<Range<usize>> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && found.len() < PER_TEXT {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let from = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        if run.last().is_some_and(|before| !is_gap(&text[before.end..from])) {
            rows(text, &run, &mut found);
            run.clear();
        }
        run.push(from..at);
    }
    rows(text, &run, &mut found);
    found.truncate(PER_TEXT);
    found
}

/// What may stand between two groups of one number.
fn is_gap(gap: &str) -> bool {
    gap.len() <= 6 && gap.chars().count() <= 3 && gap.chars().all(|c| " -./()\u{a0}\u{202f}\u{2011}".contains(c))
}

fn rows(text: &str, run: &[Range<usize>], found: &mut Vec<(Range<usize>, String)>) {
    for (i, first) in run.iter().enumerate() {
        let mut number = String::new();
        for group in &run[i..] {
            number.push_str(&text[group.clone()]);
            if number.len() > MOST || found.len() >= PER_TEXT {
                break;
            }
            if number.len() >= LEAST {
                found.push((first.start..group.end, number.clone()));
            }
        }
    }
}
