//! Where does the earlier mail begin? Nothing is ever removed: the answer is an offset, and screens fold what follows.
//!
//! A mistake in one direction shows too much, in the other it hides a customer's words. So a quotation counts only when
//! nothing new stands after it: replies between the lines and below the quotation stay whole.

use crate::{clean, words};
use memchr::{memchr, memchr_iter, memchr2_iter};

/// Bytes of a line in which it is seen whether it begins with a day: no start in the lists is longer.
const LONGEST_START: usize = 16;
/// Bytes before the colon of `From:` and its like.
const LONGEST_LABEL: usize = 40;

/// The byte offset of the first quoted line; `None` where nothing, or everything, is quoted.
pub fn split(text: &str, subject: &str) -> Option<usize> {
    let lines = lines(text);
    let last_new = last_new_line(&lines);
    let subject = subject.trim().to_lowercase();
    let forwarded = words::FORWARDED.iter().any(|start| subject.starts_with(start));
    let asks = may_ask(text.as_bytes());
    let at = (0..lines.len()).find(|&at| {
        let line = &lines[at];
        if line.quoted {
            return at > last_new;
        }
        asks && reply_above(line.text)
            || original(line.text)
            || attribution(&lines, at, last_new)
            || !forwarded && header_block(&lines, at)
    })?;
    let offset = lines[with_rule_above(&lines, at)].offset;
    (!text[..offset].trim().is_empty()).then_some(offset)
}

/// From this offset on, is everything quotation? For marks that were found in HTML.
pub fn nothing_new_after(text: &str, offset: usize) -> bool {
    let rest = &text[offset..];
    let lines = lines(rest);
    let first = lines.iter().position(|line| line.quoted);
    first.is_none_or(|first| first > last_new_line(&lines) || last_new_line(&lines) == 0) && !forwarded_head(&lines)
}

struct Line<'a> {
    offset: usize,
    /// Trimmed.
    text: &'a str,
    quoted: bool,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut offset = 0;
    let ends = memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    ends.map(|end| {
        let line = text[offset..end].trim();
        let line = Line { offset, text: line, quoted: line.starts_with('>') };
        offset = end + 1;
        line
    })
    .collect()
}

/// The last line with words of the sender's own. A signature below the quotation does not count, and neither does the
/// single line that a mail program broke off a long quoted one.
fn last_new_line(lines: &[Line<'_>]) -> usize {
    let last_quoted = lines.iter().rposition(|line| line.quoted);
    let Some(last_quoted) = last_quoted else {
        return lines.len();
    };
    let tail = lines[last_quoted..]
        .iter()
        .position(|line| line.text == "--" || line.text.len() >= 10 && line.text.bytes().all(|b| b == b'_'));
    let end = tail.map_or(lines.len(), |tail| last_quoted + tail);
    let broken_off = |at: usize| {
        at > 0
            && lines[at - 1].quoted
            && lines.get(at + 1).is_some_and(|next| next.quoted)
            && lines[at - 1].text.len() > 60
    };
    (0..end).rev().find(|&at| !lines[at].quoted && !lines[at].text.is_empty() && !broken_off(at)).unwrap_or(0)
}

/// Is one of the two words there that each of [`words::REPLY_ABOVE`] has one of? Hardly any mail has, and to search each line
/// by itself takes longer. The letter that is looked for is the rarest of its word.
fn may_ask(text: &[u8]) -> bool {
    let around = |at: usize, before: usize, word: &[u8]| {
        let start = at.checked_sub(before);
        start
            .and_then(|start| text.get(start..start + word.len()))
            .is_some_and(|there| there.eq_ignore_ascii_case(word))
    };
    memchr2_iter(b'b', b'B', text).any(|at| around(at, 1, b"above"))
        || memchr2_iter(b'j', b'J', text).any(|at| around(at, 3, b"linjen"))
}

fn reply_above(line: &str) -> bool {
    line.len() < 200 && {
        let line = line.to_lowercase();
        words::REPLY_ABOVE.iter().any(|words| line.contains(words))
    }
}

/// `-----Original Message-----`
fn original(line: &str) -> bool {
    if line.len() > 120 || !line.starts_with("--") && !line.starts_with("__") {
        return false;
    }
    let core = line.trim_matches(|c: char| "-_* ".contains(c)).to_lowercase();
    words::ORIGINAL.contains(&core.as_str())
}

/// A forwarded mail's head: what follows is the message itself.
fn forwarded_head(lines: &[Line<'_>]) -> bool {
    lines.iter().find(|line| !line.text.is_empty()).is_some_and(|line| {
        let line = line.text.to_lowercase();
        line.starts_with("---")
            && (line.contains("forwarded") || line.contains("videresend") || line.contains("weitergeleitet"))
            || line.starts_with("begin forwarded message")
    })
}

/// `On Monday, Kari wrote:`, on one line or broken over up to four.
fn attribution(lines: &[Line<'_>], at: usize, last_new: usize) -> bool {
    let first = lines[at].text;
    let with_day = || may_begin_with_day(first) && begins_with_day(&clean::start(first, LONGEST_START).to_lowercase());
    if !first.ends_with([':', '：']) && !with_day() {
        return false;
    }
    let mut joined = String::new();
    for (count, line) in lines[at..].iter().take(4).enumerate() {
        if line.text.is_empty() || line.quoted || joined.len() + line.text.len() > 400 {
            return false;
        }
        if count > 0 {
            joined.push(' ');
        }
        joined.push_str(&line.text.to_lowercase());
        if !joined.ends_with([':', '：']) {
            continue;
        }
        let after = at + count + 1;
        let next = lines[after..].iter().position(|line| !line.text.is_empty()).map(|gap| after + gap);
        let before_quote = next.is_some_and(|next| lines[next].quoted);
        let says_wrote = words::WROTE.iter().any(|verb| has_word(&joined, verb));
        if before_quote {
            // The quotation itself must be the end; the attribution line is new text by itself.
            let certain = says_wrote || begins_with_day(&joined) && joined.contains('@');
            return certain && next.is_some_and(|next| next > last_new || only_attributions(lines, next, last_new));
        }
        let day_first = begins_with_day(&joined);
        return next.is_some() && says_wrote && has_time(&joined) && (day_first || joined.contains('@'));
    }
    false
}

/// Between here and the last new line there are only more attributions: a quotation in a quotation without marks.
fn only_attributions(lines: &[Line<'_>], from: usize, last_new: usize) -> bool {
    lines[from..=last_new.min(lines.len() - 1)].iter().all(|line| {
        line.quoted
            || line.text.is_empty()
            || line.text.ends_with(':') && line.text.len() < 120 && line.text.contains("wrote")
    })
}

/// Of a line in lower case.
fn begins_with_day(line: &str) -> bool {
    // Most differ in their first byte, and to see that takes no call.
    let first = line.bytes().next().unwrap_or_default();
    first.is_ascii_digit()
        || words::WROTE_STARTS.iter().any(|start| start.as_bytes()[0] == first && line.starts_with(start))
}

/// Most lines differ in their first byte already, and to see that nothing has to be in lower case.
fn may_begin_with_day(line: &str) -> bool {
    const FIRST: [bool; 256] = {
        let mut first = [false; 256];
        let mut at = 0;
        while at < words::WROTE_STARTS.len() {
            first[words::WROTE_STARTS[at].as_bytes()[0] as usize] = true;
            at += 1;
        }
        first
    };
    let first = line.bytes().next().unwrap_or_default();
    first.is_ascii_digit() || !first.is_ascii() || FIRST[usize::from(first.to_ascii_lowercase())]
}

fn has_word(line: &str, word: &str) -> bool {
    // Chinese and Japanese have no spaces between words.
    if !word.is_ascii() && word.chars().all(|c| c as u32 > 0x3000) {
        return line.contains(word);
    }
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_none_or(|c| !c.is_alphanumeric())
    })
}

/// A clock time, a year, or an address.
fn has_time(line: &str) -> bool {
    let bytes = line.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    line.contains('@')
        || (1..bytes.len())
            .any(|at| matches!(bytes[at], b':' | b'.') && digit(at - 1) && digit(at + 1) && digit(at + 2))
        || (0..bytes.len()).any(|at| digit(at) && digit(at + 1) && digit(at + 2) && digit(at + 3))
}

/// Outlook's block: `From:`, and at least two of sent, to and subject in the lines below.
fn header_block(lines: &[Line<'_>], at: usize) -> bool {
    let Some(first) = label(lines[at].text) else {
        return false;
    };
    words::HEADER_BLOCKS.iter().filter(|block| block.0 == first).any(|(_, sent, to, subject)| {
        let below = lines[at + 1..].iter().filter(|line| !line.text.is_empty()).take(7);
        let (mut seen_sent, mut seen_to, mut seen_subject) = (false, false, false);
        for label in below.filter_map(|line| label(line.text)) {
            seen_sent |= sent.contains(&label.as_str());
            seen_to |= label == *to;
            seen_subject |= label == *subject;
        }
        usize::from(seen_sent) + usize::from(seen_to) + usize::from(seen_subject) >= 2
    })
}

/// `*From:* Kari` gives `from`.
fn label(line: &str) -> Option<String> {
    let colon = memchr(b':', &line.as_bytes()[..line.len().min(LONGEST_LABEL + 1)])?;
    let name = line[..colon].trim_matches(|c: char| c == '*' || c.is_whitespace());
    (!name.is_empty()).then(|| name.to_lowercase())
}

/// The rule that Outlook draws above its block belongs to it.
fn with_rule_above(lines: &[Line<'_>], at: usize) -> usize {
    let above = lines[..at].iter().rposition(|line| !line.text.is_empty());
    match above {
        Some(rule) if lines[rule].text.len() >= 5 && lines[rule].text.bytes().all(|b| b == b'_' || b == b'-') => rule,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_START, may_ask, split};
    use crate::words;

    /// What is left above the fold.
    fn new(text: &str) -> &str {
        split(text, "Re: Skriver").map_or(text, |at| text[..at].trim_end())
    }

    #[test]
    fn quotations_at_the_end_are_found() {
        let styles = [
            "Takk!\n\nOn Mon, Nov 23, 2026 at 10:49 AM Ane <ane@nordvik.example> wrote:\n> Hei\n> du",
            "Takk!\n\nOn Mon, Nov 23, 2026 at 10:49 AM Ane Nordvik Support With A Long Name\n<ane@nordvik.example> wrote:\n\n> Hei",
            "Takk!\n\nman. 23. nov. 2026 kl. 10:49 skrev Ane <ane@nordvik.example>:\n\n> Hei",
            "Takk!\n\nDen 23.11.2026 10:49, skrev Ane:\n> Hei",
            "Takk!\n\nAm 23.11.2026 um 10:49 schrieb Ane:\n> Hei",
            "Takk!\n\nLe lun. 23 nov. 2026 à 10:49, Ane <ane@nordvik.example> a écrit :\n> Hei",
            "Takk!\n\nEl lun, 23 nov 2026 a las 10:49, Ane (<ane@nordvik.example>) escribió:\n> Hei",
            "Takk!\n\nOp ma 23 nov 2026 om 10:49 schreef Ane <ane@nordvik.example>:\n> Hei",
            "Takk!\n\nIl giorno lun 23 nov 2026 alle ore 10:49 Ane <ane@nordvik.example> ha scritto:\n> Hei",
            "Takk!\n\nW dniu 23.11.2026 o 10:49 Ane pisze:\n> Hei",
            "Takk!\n\n2026年11月23日(月) 10:49 Ane <ane@nordvik.example> のメール:\n> Hei",
            "Takk!\n\nAne wrote:\n\n> Hei",
            "Takk!\n\n> Hei\n> du",
            "Takk!\n\n-----Original Message-----\nFrom: Ane\nHei",
            "Takk!\n\n-----Opprinnelig melding-----\nFra: Ane\nHei",
            "Takk!\n\n________________________________\nFra: Ane <ane@nordvik.example>\nSendt: mandag 23. november 2026 10:49\nTil: Kari\nEmne: Skriver\n\nHei",
            "Takk!\n\n*From:* Ane\n*Sent:* Monday\n*To:* Kari\n*Subject:* Printer\n\nHei",
            "Takk!\n\nVon: Ane\nGesendet: Montag\nAn: Kari\nBetreff: Drucker\n\nHei",
            "Takk!\n\n## Svar over denne linjen ##\nHei",
            "Takk!\n\nOn 23 Nov 2026, at 10:49, Ane <ane@nordvik.example> wrote:\n\nHei uten tegn",
            "Takk!\n\nOn Monday Ane wrote:\n> Hei\n-- \nKari\nFjord AS",
        ];
        for text in styles {
            assert_eq!(new(text), "Takk!", "{text}");
        }
    }

    #[test]
    fn new_words_are_never_folded() {
        let whole = [
            "Hei, skriveren virker ikke.",
            "> Virker den nå?\n\nNei.",
            "On Monday Ane wrote:\n> Virker den nå?\n\nNei.\n\n> Og den andre?\n\nJa.",
            "My boss wrote 3 mails:\none\ntwo",
            "On Monday I wrote 3 things:\n- a",
            "Fra: Oslo\nTil: Bergen",
            "> alt er sitat",
            "",
        ];
        for text in whole {
            assert_eq!(split(text, "Re: Skriver"), None, "{text}");
        }
    }

    #[test]
    fn no_words_that_ask_for_it_are_overlooked() {
        assert!(words::REPLY_ABOVE.iter().all(|words| may_ask(words.to_uppercase().as_bytes())));
        assert!(words::WROTE_STARTS.iter().all(|start| start.len() < LONGEST_START));
        assert!(!may_ask("Skriveren er bortenfor deg, jo.".as_bytes()));
    }

    #[test]
    fn a_forwarded_mail_is_the_message() {
        let text = "Se under.\n\n---------- Forwarded message ---------\nFrom: Per\nDate: Monday\nSubject: Feil\nTo: Kari\n\nDen er ødelagt.";
        assert_eq!(split(text, "Fwd: Feil"), None);
    }

    #[test]
    fn a_broken_quoted_line_is_still_a_quotation() {
        let text = "Ja.\n\nAne wrote:\n> a long line that the program had to break because it was far too long for it\nto show\n> and more";
        assert_eq!(new(text), "Ja.");
    }
}
