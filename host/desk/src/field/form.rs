//! How a value of each kind is written, and what is none. Pure.

use crate::{Why, model::*};
use jiff::{civil::Date, tz::TimeZone};

pub const LONGEST: usize = 4_000;

/// A value as it is stored: its short form, its words where it is text, and what compares as a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub text: String,
    pub words: Option<String>,
    pub number: Option<f64>,
}

/// What somebody wrote, as it is stored.
///
/// # Errors
/// Why it is no value of this field. That a person exists is for others to find out.
pub fn form(field: &Field, text: &str) -> Result<Form, Why> {
    let text = text.trim().replace('\0', "");
    let plain = |text: String| Form { text, words: None, number: None };
    match field.kind {
        FieldKind::Text if text.chars().count() > LONGEST => Err(Why::TooLong { most: LONGEST as u32 }),
        FieldKind::Text => Ok(Form { words: Some(text), ..plain(String::new()) }),
        FieldKind::Number => {
            let number: f64 = text.replace(',', ".").parse().map_err(|_| Why::NotAFigure)?;
            match number.is_finite() && number.abs() < 1e15 {
                true => Ok(Form { number: Some(number), ..plain(number.to_string()) }),
                false => Err(Why::NotAFigure),
            }
        }
        FieldKind::Date => {
            let day: Date = text.parse().map_err(|_| Why::NotADate)?;
            // Noon by the world's clock lies within the same day wherever the office is, on whatever clock it is later.
            let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).map_err(|_| Why::NotADate)?;
            let number = noon.timestamp().as_microsecond() as f64;
            match (1_000..=9_000).contains(&day.year()) {
                true => Ok(Form { number: Some(number), ..plain(day.to_string()) }),
                false => Err(Why::NotADate),
            }
        }
        FieldKind::Choice | FieldKind::MultiChoice => {
            let known = field.choices.iter().any(|choice| choice.key == text && !choice.retired);
            if known { Ok(plain(text)) } else { Err(Why::NotAChoice) }
        }
        FieldKind::Person if text.len() <= 64 => Ok(plain(text)),
        FieldKind::Person => Err(Why::NotAChoice),
        FieldKind::YesNo => match text.to_lowercase().as_str() {
            "yes" | "true" | "1" | "ja" => Ok(plain("yes".to_owned())),
            "no" | "false" | "0" | "nei" => Ok(plain("no".to_owned())),
            _ => Err(Why::NotAChoice),
        },
    }
}

/// A stored value as people read it.
pub fn shown(field: &Field, text: &str, person: Option<String>) -> Named {
    let both = |text: String| Named { id: text.clone(), nb: text.clone(), en: text };
    match field.kind {
        FieldKind::Choice | FieldKind::MultiChoice => match field.choices.iter().find(|choice| choice.key == text) {
            Some(choice) => Named { id: text.to_owned(), nb: choice.nb.clone(), en: choice.en.clone() },
            None => both(text.to_owned()),
        },
        FieldKind::YesNo if text == "yes" => Named { id: text.to_owned(), nb: "Ja".to_owned(), en: "Yes".to_owned() },
        FieldKind::YesNo => Named { id: text.to_owned(), nb: "Nei".to_owned(), en: "No".to_owned() },
        FieldKind::Person => Named { id: text.to_owned(), ..both(person.unwrap_or_default()) },
        _ => both(text.to_owned()),
    }
}

/// Whether rules, criteria and the API can call a field so.
pub fn is_key(key: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    key.len() <= 60 && key.starts_with(|c: char| c.is_ascii_lowercase()) && key.chars().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind) -> Field {
        let choice = |key: &str, retired| FieldChoice { key: key.into(), nb: key.into(), en: key.into(), retired };
        Field {
            id: "x".into(),
            key: "x".into(),
            nb: "x".into(),
            en: "x".into(),
            hint_nb: String::new(),
            hint_en: String::new(),
            kind,
            choices: vec![choice("a", false), choice("old", true)],
            required: false,
            portal: false,
            places: vec![],
        }
    }

    #[test]
    fn each_kind_has_one_written_form() {
        let written = |kind, text: &str| form(&field(kind), text).map(|form| form.text);
        assert_eq!(written(FieldKind::Number, " 12,50 "), Ok("12.5".into()));
        assert_eq!(written(FieldKind::Number, "-0.001"), Ok("-0.001".into()));
        assert_eq!(written(FieldKind::Date, "2026-11-24"), Ok("2026-11-24".into()));
        assert_eq!(written(FieldKind::Choice, "a"), Ok("a".into()));
        assert_eq!(written(FieldKind::YesNo, "Ja"), Ok("yes".into()));
        assert_eq!(form(&field(FieldKind::Text), " to ord ").map(|form| form.words), Ok(Some("to ord".into())));
    }

    #[test]
    fn what_is_no_value_says_why() {
        let wrong = |kind, text: &str| form(&field(kind), text).err();
        assert_eq!(wrong(FieldKind::Text, &"x".repeat(4_001)), Some(Why::TooLong { most: 4_000 }));
        for text in ["", "tolv", "1e15", "inf", "NaN", "1 000"] {
            assert_eq!(wrong(FieldKind::Number, text), Some(Why::NotAFigure), "{text}");
        }
        for text in ["24.11.2026", "2026-02-30", "0001-01-01", "i dag"] {
            assert_eq!(wrong(FieldKind::Date, text), Some(Why::NotADate), "{text}");
        }
        for (kind, text) in [(FieldKind::Choice, "b"), (FieldKind::MultiChoice, "old"), (FieldKind::YesNo, "kanskje")] {
            assert_eq!(wrong(kind, text), Some(Why::NotAChoice), "{text}");
        }
    }

    #[test]
    fn keys_are_words_that_need_no_quotes() {
        assert!(is_key("serial_number") && is_key("a-1"));
        assert!(["", "1a", "Ab", "a b", "æ", &"a".repeat(61)].iter().all(|key| !is_key(key)));
    }
}
