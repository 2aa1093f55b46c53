//! What somebody typed, and whether it answers what is asked.

use crate::asked::{Asked, Kind, Question};
use saker_channel::{
    form,
    parts::{self, File},
};
use sha2::{Digest, Sha256};

/// The field that people don't see.
pub const TRAP: &str = "website";
/// The field with the mark of the form.
pub const STAMP: &str = "stamp";
/// Files of one form.
pub const MOST_FILES: usize = 20;

/// A form as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    values: Vec<(String, String)>,
    /// Files that were chosen.
    pub files: Vec<File>,
}

/// What is wrong with one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// There is none.
    Missing,
    /// No e-mail address.
    NotAnAddress,
    /// No telephone number.
    NotANumber,
    /// None of the choices.
    NotAChoice,
    /// Longer than this.
    TooLong(usize),
    /// More files than this.
    TooMany(usize),
}

impl Typed {
    /// Reads a form of either kind; none for what is neither.
    pub fn read(content_type: &str, body: &[u8]) -> Option<Self> {
        if let Some(boundary) = parts::boundary(content_type) {
            let (values, files) = parts::fields_and_files(parts::read(body, &boundary)?);
            return Some(Self { values, files });
        }
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let fits = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") && body.len() <= 256 << 10;
        fits.then(|| Self { values: form::read(body).into_iter().take(200).collect(), files: vec![] })
    }

    /// What stands in a field, without blanks around it.
    pub fn value(&self, name: &str) -> &str {
        form::field(&self.values, name).trim()
    }

    /// The same with line ends as the rest of the world has them.
    pub fn text(&self, name: &str) -> String {
        self.value(name).replace("\r\n", "\n").replace('\r', "\n")
    }

    /// What a question is answered with, by the place of the choice that was made.
    pub fn chosen(&self, question: &Question) -> Option<usize> {
        let Kind::Choice(of) = &question.kind else { return None };
        self.value(&question.name).parse().ok().filter(|at| *at < of.len())
    }

    /// Everything that does not answer what is asked.
    pub fn slips<'a>(&self, asked: &'a Asked) -> Vec<(&'a Question, Slip)> {
        asked.questions.iter().filter_map(|question| Some((question, self.slip(question)?))).collect()
    }

    fn slip(&self, question: &Question) -> Option<Slip> {
        if question.kind == Kind::Files {
            return match self.files.len() {
                0 if question.required => Some(Slip::Missing),
                count => (count > MOST_FILES).then_some(Slip::TooMany(MOST_FILES)),
            };
        }
        let value = self.value(&question.name);
        if value.is_empty() {
            let choice = matches!(question.kind, Kind::Choice(_));
            return question.required.then_some(if choice { Slip::NotAChoice } else { Slip::Missing });
        }
        match &question.kind {
            Kind::Email if !is_address(value) => Some(Slip::NotAnAddress),
            Kind::Phone if !is_number(value) => Some(Slip::NotANumber),
            Kind::Choice(_) => self.chosen(question).is_none().then_some(Slip::NotAChoice),
            kind => (value.chars().count() > kind.most()).then_some(Slip::TooLong(kind.most())),
        }
    }

    /// The name of what was typed into the form with this name: the same twice is the same.
    pub fn name(&self, stamp: &str) -> String {
        let mut hash = Sha256::new();
        // With its length before it, no two ways of cutting are the same.
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        add(stamp.as_bytes());
        for (name, value) in self.values.iter().filter(|(name, _)| name != STAMP) {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        for file in &self.files {
            add(file.name.as_bytes());
            add(&file.bytes);
        }
        saker_channel::proof::hex(&hash.finalize()[..20])
    }
}

fn is_address(text: &str) -> bool {
    let Some((who, host)) = text.split_once('@') else { return false };
    let plain = |c: char| !(c.is_whitespace() || c.is_control() || "<>(),;:\"\\@".contains(c));
    let dotted = host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains("..");
    !who.is_empty() && dotted && text.len() <= 254 && who.chars().chain(host.chars()).all(plain)
}

fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (4..=18).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || " +-()./\u{a0}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::{MOST_FILES, Slip, Typed, is_address};
    use crate::asked::Asked;
    use saker_channel::parts::File;
    use serde_json::json;

    fn typed(body: &str) -> Typed {
        Typed::read("application/x-www-form-urlencoded", body.as_bytes()).unwrap()
    }

    #[test]
    fn each_slip_stands_beside_its_question() {
        let (asked, _) = Asked::of(&json!({ "phone": "may", "topics": "A\nB", "files": "must" }));
        let slips = |body: &str| {
            let typed = typed(body);
            let slips = typed.slips(&asked).into_iter().map(|(question, slip)| (question.name.clone(), slip));
            slips.collect::<Vec<_>>()
        };
        let named = |name: &str, slip: Slip| (name.to_owned(), slip);
        assert_eq!(
            slips("name=+&email=kari&phone=x&topic=2&message=Hei"),
            [
                named("name", Slip::Missing),
                named("email", Slip::NotAnAddress),
                named("phone", Slip::NotANumber),
                named("topic", Slip::NotAChoice),
                named("files", Slip::Missing),
            ]
        );
        let long = "x".repeat(201);
        assert_eq!(slips(&format!("name={long}&email=k@a.no&topic=1&message=a"))[0], named("name", Slip::TooLong(200)));
    }

    #[test]
    fn no_file_is_left_out_without_a_word() {
        let (asked, _) = Asked::of(&json!({ "files": "may" }));
        let part =
            |n| format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{n}.txt\"\r\n\r\nx\r\n");
        let with = |count: usize| {
            let body = (0..count).map(part).collect::<String>() + "--b--\r\n";
            Typed::read("multipart/form-data; boundary=b", body.as_bytes()).unwrap()
        };
        let slip = |typed: &Typed| {
            typed.slips(&asked).into_iter().find(|(question, _)| question.name == "files").map(|(_, slip)| slip)
        };
        assert_eq!((slip(&with(MOST_FILES)), with(MOST_FILES).files.len()), (None, MOST_FILES));
        assert_eq!(slip(&with(MOST_FILES + 1)), Some(Slip::TooMany(MOST_FILES)));
        assert_eq!(with(MOST_FILES + 1).files.last().map(|file: &File| file.name.as_str()), Some("20.txt"));
    }

    #[test]
    fn the_same_twice_has_one_name_and_anything_else_another() {
        let one = typed("name=Kari&message=Hei&stamp=a");
        assert_eq!(one.name("s"), typed("name=Kari&message=Hei&stamp=b").name("s"));
        for other in [typed("name=Kari&message=Hei!"), typed("name=KariHei&message="), typed("message=Hei&name=Kari")] {
            assert_ne!(one.name("s"), other.name("s"));
        }
        assert_ne!(one.name("s"), one.name("t"));
    }

    #[test]
    fn an_address_has_a_name_and_a_place() {
        for (text, good) in [
            ("kari@example.no", true),
            ("kåri+x@sub.example.no", true),
            ("kari@example", false),
            ("kari@@example.no", false),
            ("k ari@example.no", false),
            ("<k@example.no>", false),
            ("k@.no", false),
            ("k@a..no", false),
        ] {
            assert_eq!(is_address(text), good, "{text}");
        }
        assert!(Typed::read("text/plain", b"name=Kari").is_none());
        assert!(Typed::read("", b"").is_none());
    }
}
