//! What an account's form asks, from its settings.

use crate::words::{Both, label};
use saker_channel::{Tongue, worded};
use serde_json::Value;

/// Topics of one form.
const MOST_TOPICS: usize = 60;
/// Questions of an account's own.
const MOST_OWN: usize = 30;
/// The button where nobody chose.
const COLOUR: Colour = Colour(0x1f, 0x5f, 0x99);

/// An account's form.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The only language; none where the page decides.
    pub only: Option<Tongue>,
    /// Its heading.
    pub title: Both,
    /// Under the heading.
    pub intro: Both,
    /// When it is sent; empty for the form's own words.
    pub thanks: Both,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
    /// What goes with a topic, by its place.
    pub categories: Vec<Option<String>>,
    /// Of the button.
    pub colour: Colour,
    /// Sites that may show it.
    pub origins: Vec<String>,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The field's name in HTML.
    pub name: String,
    /// In words.
    pub label: Both,
    /// What answers it.
    pub kind: Kind,
    /// It must be answered.
    pub required: bool,
}

/// What answers a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Who asks.
    Name,
    /// Where the answer goes.
    Email,
    /// A telephone number.
    Phone,
    /// Where they work.
    Company,
    /// A line.
    Line,
    /// The message itself.
    Message,
    /// One of these, by its place.
    Choice(Vec<Both>),
    /// Files.
    Files,
}

impl Kind {
    /// Letters that an answer may have.
    pub fn most(&self) -> usize {
        match self {
            Self::Email => 254,
            Self::Phone => 40,
            Self::Message => 20_000,
            Self::Line => 500,
            _ => 200,
        }
    }
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    fn read(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self(part(0)?, part(2)?, part(4)?))
    }

    /// As CSS has it.
    pub fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// Black or white, whichever is read better on it (WCAG 2.2, relative luminance).
    pub fn ink(self) -> &'static str {
        let part = |part: u8| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let light = 0.2126 * part(self.0) + 0.7152 * part(self.1) + 0.0722 * part(self.2);
        if light > 0.179 { "#000" } else { "#fff" }
    }
}

impl Asked {
    /// From the settings, and what is wrong with them, beginning with a setting's name. What is wrong is left out.
    pub fn of(settings: &Value) -> (Self, Vec<String>) {
        let mut wrong = vec![];
        let text = |name: &str| settings[name].as_str().unwrap_or_default().trim();
        let both = |name: &str| Both::of(text(name), text(&format!("{name}-en")));
        let colour = match text("colour") {
            "" => COLOUR,
            typed => Colour::read(typed).unwrap_or_else(|| {
                wrong.push(worded!("colour: skriv den som #1f5f99", "colour: write it as #1f5f99"));
                COLOUR
            }),
        };
        let mut origins = vec![];
        for line in lines(text("origins")) {
            match origin(line) {
                Some(origin) => origins.push(origin),
                None => wrong.push(worded!(
                    "origins: {line} er ikke noe nettsted: skriv det som https://www.eksempel.no",
                    "origins: {line} is no site: write it as https://www.example.com"
                )),
            }
        }
        let (topics, categories) = topics(text("topics"));
        let title = both("title");
        let asked = Self {
            only: match text("languages") {
                "nb" => Some(Tongue::Nb),
                "en" => Some(Tongue::En),
                _ => None,
            },
            title: if title.is_empty() { label::title() } else { title },
            intro: both("intro"),
            thanks: both("thanks"),
            questions: questions(&text, topics),
            categories,
            colour,
            origins,
        };
        (asked, wrong)
    }

    /// The language for somebody who reads these, as `lang` and `Accept-Language` write them.
    pub fn tongue(&self, lang: &str, accepted: &str) -> Tongue {
        let known = |tag: &str| {
            let tag = tag.trim().to_ascii_lowercase();
            match tag.split(['-', '_', ';']).next().unwrap_or_default() {
                "nb" | "no" | "nn" => Some(Tongue::Nb),
                "en" => Some(Tongue::En),
                _ => None,
            }
        };
        let read = if lang.trim().is_empty() { accepted } else { lang };
        let first = read.split(',').find_map(known);
        // Norwegian for who says nothing, English for who says something else.
        let other = if read.trim().is_empty() || read.trim() == "*" { Tongue::Nb } else { Tongue::En };
        self.only.or(first).unwrap_or(other)
    }

    /// The language of what is written for agents.
    pub fn first(&self) -> Tongue {
        self.only.unwrap_or(Tongue::Nb)
    }

    /// Whether a page of this site may show it.
    pub fn may_stand_on(&self, origin: &str) -> bool {
        let origin = origin.trim_end_matches('/');
        self.origins.iter().any(|known| known.eq_ignore_ascii_case(origin))
    }

    /// Whether files are asked for.
    pub fn takes_files(&self) -> bool {
        self.questions.iter().any(|question| question.kind == Kind::Files)
    }
}

fn questions<'a>(text: &impl Fn(&str) -> &'a str, topics: Vec<Both>) -> Vec<Question> {
    let asked = |name: &str, nb: &str, en: &str, kind: Kind, required: bool| Question {
        name: name.to_owned(),
        label: Both::of(nb, en),
        kind,
        required,
    };
    let wished = |name: &str, nb: &str, en: &str, kind: Kind| {
        let wish = text(name);
        matches!(wish, "may" | "must").then(|| asked(name, nb, en, kind, wish == "must"))
    };
    let mut all = vec![
        asked("name", "Navn", "Name", Kind::Name, true),
        asked("email", "E-postadresse", "E-mail address", Kind::Email, true),
    ];
    all.extend(wished("phone", "Telefonnummer", "Phone number", Kind::Phone));
    all.extend(wished("company", "Firma", "Company", Kind::Company));
    if !topics.is_empty() {
        all.push(asked("topic", "Hva gjelder det?", "What is it about?", Kind::Choice(topics), true));
    }
    all.extend(lines(text("own")).take(MOST_OWN).enumerate().filter_map(|(at, line)| own(at, line)));
    all.extend(wished("subject", "Emne", "Subject", Kind::Line));
    all.push(asked("message", "Melding", "Message", Kind::Message, true));
    all.extend(wished("files", "Filer", "Files", Kind::Files));
    all
}

/// `nb | en`, choices after a colon, `*` at the end where it must be answered.
fn own(at: usize, line: &str) -> Option<Question> {
    let (line, required) = match line.strip_suffix('*') {
        Some(rest) => (rest, true),
        None => (line, false),
    };
    let (name, choices) = line.split_once(':').unwrap_or((line, ""));
    let choices: Vec<Both> = choices.split(',').map(Both::read).filter(|choice| !choice.is_empty()).collect();
    let label = Both::read(name);
    let kind = if choices.is_empty() { Kind::Line } else { Kind::Choice(choices) };
    (!label.is_empty()).then(|| Question { name: format!("own-{at}"), label, kind, required })
}

/// `nb | en = category`.
fn topics(text: &str) -> (Vec<Both>, Vec<Option<String>>) {
    let topic = |line: &str| {
        let (name, category) = line.split_once('=').unwrap_or((line, ""));
        let category = Some(category.trim().to_owned()).filter(|category| !category.is_empty());
        (Both::read(name), category)
    };
    lines(text).map(topic).filter(|(name, _)| !name.is_empty()).take(MOST_TOPICS).unzip()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// A scheme, a host and a port where it is not the usual one, and nothing else.
fn origin(line: &str) -> Option<String> {
    let line = line.trim_end_matches('/').to_ascii_lowercase();
    let host = line.strip_prefix("https://").or_else(|| line.strip_prefix("http://"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    (!host.is_empty() && host.len() <= 253 && host.chars().all(plain)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::{Asked, Colour, Kind};
    use saker_channel::Tongue;
    use serde_json::json;

    #[test]
    fn settings_become_questions_in_their_order() {
        let (asked, wrong) = Asked::of(&json!({
            "phone": "may", "company": "no", "subject": "must", "files": "may",
            "topics": "Faktura | Invoice = Økonomi\nAnnet",
            "own": "Kundenummer | Customer number *\nKontor: Oslo, Bergen\n:\n*",
        }));
        assert_eq!(wrong, Vec::<String>::new());
        let names: Vec<_> = asked.questions.iter().map(|question| question.name.as_str()).collect();
        assert_eq!(names, ["name", "email", "phone", "topic", "own-0", "own-1", "subject", "message", "files"]);
        assert_eq!(asked.categories, [Some("Økonomi".to_owned()), None]);
        let own = &asked.questions[4];
        assert!(own.required && own.label.en == "Customer number" && own.kind == Kind::Line);
        assert!(matches!(&asked.questions[5].kind, Kind::Choice(of) if of.len() == 2 && of[1].en == "Bergen"));
        assert_eq!(asked.title.en, "Contact us");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_setting() {
        let settings =
            json!({ "colour": "blue", "origins": "https://a.example\nwww.b.example\nhttps://c.example/page" });
        let (asked, wrong) = Asked::of(&settings);
        assert!(
            wrong[0].starts_with("colour:") && wrong[1].starts_with("origins: www.b") && wrong.len() == 3,
            "{wrong:?}"
        );
        assert!(asked.may_stand_on("https://A.example") && !asked.may_stand_on("https://c.example"));
        assert!(!asked.may_stand_on("null") && !asked.may_stand_on(""));
    }

    #[test]
    fn the_page_decides_the_language_where_it_may() {
        let (both, _) = Asked::of(&json!({ "languages": "both" }));
        for (lang, accepted, tongue) in [
            ("en-GB", "nb", Tongue::En),
            ("", "nn-NO,nb;q=0.9,en;q=0.8", Tongue::Nb),
            ("", "de,en;q=0.5", Tongue::En),
            ("de", "nb", Tongue::En),
            ("", "", Tongue::Nb),
        ] {
            assert_eq!(both.tongue(lang, accepted), tongue, "{lang} {accepted}");
        }
        let (norwegian, _) = Asked::of(&json!({ "languages": "nb" }));
        assert_eq!(norwegian.tongue("en", "en"), Tongue::Nb);
    }

    #[test]
    fn letters_can_be_read_on_the_button() {
        for (colour, ink) in [("#1f5f99", "#fff"), ("#ffd400", "#000"), ("#ffffff", "#000"), ("#000000", "#fff")] {
            assert_eq!(Colour::read(colour).map(Colour::ink), Some(ink), "{colour}");
        }
        for bad in ["", "red", "#12345", "#12345g", "#øø1"] {
            assert_eq!(Colour::read(bad), None, "{bad}");
        }
    }
}
