//! What a visitor's browser asks, believed as little as anything from the internet. Pure.

use crate::{conversation::LONGEST, words::Words};
use saker_channel::{
    file, form, json,
    parts::{self, File},
};
use serde_json::Value;

/// Letters of a name, an address, a page's address and its title.
const LONGEST_NAME: usize = 100;
const LONGEST_EMAIL: usize = 254;
const LONGEST_PLACE: usize = 500;
/// Files of one message; what they weigh together is limited by the call that carries them.
pub const MOST_FILES: usize = 10;
/// Bytes of a call without files.
const LARGEST_WORDS: usize = 64 << 10;

/// Everything that can be asked with; empty where nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whose conversation it is.
    pub pass: String,
    /// The browser's own name for the message.
    pub key: String,
    /// The message.
    pub text: String,
    /// Who it is from.
    pub name: String,
    /// The same.
    pub email: String,
    /// The page it is said on.
    pub place: String,
    /// Its title.
    pub place_title: String,
    /// BCP 47, as the page has it.
    pub lang: String,
    /// What the browser has.
    pub after: u32,
    /// What its person has seen.
    pub seen: u32,
    /// A page's button.
    pub act: String,
    /// Files that go with the message.
    pub files: Vec<File>,
}

/// What is wrong with it, where a person can mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field; empty for all of it.
    pub field: &'static str,
    /// For people.
    pub words: String,
}

impl Asked {
    /// From the script: JSON, or a form of several parts where files go along.
    pub fn of_script(content_type: &str, body: &[u8]) -> Option<Self> {
        match parts::boundary(content_type) {
            Some(boundary) => Some(Self::of_parts(parts::read(body, &boundary)?)),
            None => Self::of_json(body),
        }
    }

    /// From a page's form; none where it was cut off on the way.
    pub fn of_page(content_type: &str, body: &[u8]) -> Option<Self> {
        match parts::boundary(content_type) {
            Some(boundary) => Some(Self::of_parts(parts::read(body, &boundary)?)),
            None => (body.len() <= LARGEST_WORDS).then(|| Self::of_form(body)),
        }
    }

    fn of_parts(parts: Vec<parts::Part>) -> Self {
        let (fields, files) = parts::fields_and_files(parts);
        let text = |name: &str| form::field(&fields, name).to_owned();
        let number = |name: &str| text(name).parse().unwrap_or(0);
        let named = |file: File| {
            let name = Some(tidy(&file.name, LONGEST_NAME, false)).filter(|name| !name.is_empty());
            File { name: name.unwrap_or_else(|| file::named_by_kind(&file.mime)), ..file }
        };
        let files = files.into_iter().map(named).collect();
        Self { files, ..Self::of(text, number("after"), number("seen")) }
    }

    /// From the script, without files.
    fn of_json(body: &[u8]) -> Option<Self> {
        if body.len() > LARGEST_WORDS {
            return None;
        }
        let value: Value = serde_json::from_slice(body).ok().filter(Value::is_object)?;
        let text = |name: &str| json::text(&value, name).unwrap_or_default();
        let number = |name: &str| json::whole(&value, name).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        Some(Self::of(text, number("after"), number("seen")))
    }

    /// From a page's form without files, or its address.
    pub fn of_form(body: &[u8]) -> Self {
        let fields = form::read(body);
        Self::of(|name| form::field(&fields, name).to_owned(), 0, 0)
    }

    fn of(text: impl Fn(&str) -> String, after: u32, seen: u32) -> Self {
        Self {
            pass: text("pass"),
            key: text("key"),
            text: tidy(&text("text"), usize::MAX, true),
            name: tidy(&text("name"), LONGEST_NAME, false),
            email: tidy(&text("email"), LONGEST_EMAIL, false),
            place: tidy(&text("place"), LONGEST_PLACE, false),
            place_title: tidy(&text("place_title"), LONGEST_PLACE, false),
            lang: tidy(&text("lang"), 20, false),
            after,
            seen,
            act: text("act"),
            files: vec![],
        }
    }

    /// What can be said at all; `files` where they may go along, `whole` where a name and an address are needed,
    /// `reachable` where an address is.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn sayable(&self, w: Words, files: bool, whole: bool, reachable: bool) -> Result<(), Wrong> {
        let wrong = |field, words: &str| Err(Wrong { field, words: words.to_owned() });
        let good_key = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.key.is_empty() || self.key.len() > 64 || !self.key.chars().all(good_key) {
            return wrong("", w.bad_call());
        }
        if whole && self.name.is_empty() {
            return wrong("name", w.no_name());
        }
        self.mailable(w, whole || reachable)?;
        if !files && !self.files.is_empty() {
            return wrong("files", w.no_files());
        }
        if self.files.len() > MOST_FILES {
            return wrong("files", w.many_files());
        }
        match self.text.chars().count() {
            0 if self.files.is_empty() => wrong("text", w.no_text()),
            letters if letters > LONGEST => wrong("text", w.long_text()),
            _ => Ok(()),
        }
    }

    /// Whether the address is one; `needed` where it may not be empty.
    ///
    /// # Errors
    /// That it is not.
    pub fn mailable(&self, w: Words, needed: bool) -> Result<(), Wrong> {
        match self.email.as_str() {
            "" if needed => Err(Wrong { field: "email", words: w.no_email().to_owned() }),
            "" => Ok(()),
            email if is_address(email) => Ok(()),
            _ => Err(Wrong { field: "email", words: w.bad_email().to_owned() }),
        }
    }
}

/// Only the plainest: the host looks again.
fn is_address(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c);
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
    }) && !text.contains(odd)
}

/// Without what can't be seen; a line, or several.
fn tidy(text: &str, most: usize, lines: bool) -> String {
    let hidden = |c: &char| {
        (c.is_control() && !(lines && (*c == '\n' || *c == '\t')))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let kept: String = text.replace("\r\n", "\n").chars().filter(|c| !hidden(c)).take(most).collect();
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Asked, is_address};
    use crate::words::Words;
    use saker_channel::{Tongue, parts::File};

    #[test]
    fn what_is_asked_is_read_or_is_nothing() {
        let asked = Asked::of_json(
            "{\"key\":\"k-1\",\"text\":\" Hei\\r\\n\\u202edu \",\"after\":\"7\",\"seen\":-1,\"name\":\"K\\nN\"}"
                .as_bytes(),
        );
        let asked = asked.unwrap();
        assert_eq!((asked.text.as_str(), asked.after, asked.seen, asked.name.as_str()), ("Hei\ndu", 7, 0, "KN"));
        let huge = format!("{{\"text\":\"{}\"}}", "x".repeat(64 << 10));
        for body in ["", "[]", "{", "7", "\"x\"", &huge] {
            assert_eq!(Asked::of_json(body.as_bytes()), None, "{body}");
        }
        assert_eq!(Asked::of_form(b"text=a+b&act=end&lang=nb").text, "a b");
        let (kind, parts) = (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n Hei\r\n--b\r\nContent-Disposition: form-data; \
              name=\"files\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\none\r\n--b--\r\n",
        );
        let asked = Asked::of_script(kind, parts).unwrap();
        assert_eq!(
            (asked.text.as_str(), asked.files[0].name.as_str(), asked.files[0].bytes.as_slice()),
            ("Hei", "a.txt", &b"one"[..])
        );
        assert_eq!(Asked::of_page(kind, &parts[..parts.len() - 9]), None, "it was cut off");
    }

    #[test]
    fn what_is_wrong_is_said_where_it_stands() {
        let w = Words(Tongue::En);
        let good = Asked { key: "k".into(), text: "Hi".into(), ..Asked::default() };
        assert_eq!(good.sayable(w, false, false, false), Ok(()));
        let field = |asked: &Asked, whole, reachable| asked.sayable(w, true, whole, reachable).unwrap_err().field;
        assert_eq!(field(&good, true, false), "name");
        assert_eq!(field(&good, false, true), "email");
        assert_eq!(field(&Asked { email: "x".into(), ..good.clone() }, false, false), "email");
        assert_eq!(field(&Asked { text: "x".repeat(4_001), ..good.clone() }, false, false), "text");
        assert_eq!(field(&Asked { text: String::new(), ..good.clone() }, false, false), "text");
        let file = File { name: "a.txt".into(), ..File::default() };
        let alone = Asked { text: String::new(), files: vec![file.clone()], ..good.clone() };
        assert_eq!(alone.sayable(w, true, false, false), Ok(()), "a file says enough");
        assert_eq!(alone.sayable(w, false, false, false).unwrap_err().field, "files");
        assert_eq!(field(&Asked { files: vec![file; 11], ..good.clone() }, false, false), "files");
        for key in ["", "a b", "<", &"x".repeat(65)] {
            assert_eq!(field(&Asked { key: key.into(), ..good.clone() }, false, false), "");
        }
    }

    #[test]
    fn an_address_is_plain() {
        assert!(is_address("kari@example.com"));
        for text in ["", "kari", "@example.com", "kari@example", "kari@.com", "a b@example.com", "a@b@c.no", "<a@b.no>"]
        {
            assert!(!is_address(text), "{text}");
        }
    }
}
