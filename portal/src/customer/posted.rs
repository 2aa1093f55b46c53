//! A form that came back: what was typed, and what is wrong with it. Nobody types anything twice.

use crate::words::Words;
use desk::{
    Error, Why,
    model::{FieldValues, FormAsks, Upload},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Provided as context by the door that took the form, and read back by the page through `load_posted`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// As typed, by the names of the fields; `key` is among them, so that a second try is still the same form.
    pub fields: BTreeMap<String, String>,
    /// What was typed into custom fields, by their keys; also into those that the form does not ask for any more.
    #[serde(default)]
    pub custom: FieldValues,
    /// In the order of the page.
    pub wrong: Vec<(String, Why)>,
    /// Files that were too large: their names, and how many bytes they had.
    #[serde(default)]
    pub too_large: Vec<(String, i64)>,
    /// Files came with a form that was refused, and were not kept.
    #[serde(default)]
    pub passed_over: bool,
    /// What is not about one field.
    pub trouble: Option<Trouble>,
    /// Files that did arrive, signed by the desk.
    pub files: Vec<Upload>,
    /// The sign-in form: a link is on its way.
    pub sent: bool,
}

/// Why a form could not be taken, where no single field is to blame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The hidden field was filled in: a machine, or a too helpful browser.
    Trap,
    /// The body broke off, or is not a form.
    Unreadable,
    /// More bytes in all than are read.
    TooMuch,
    /// Sent from a page of another site.
    OtherSite,
    /// Too many forms from one place: the next one in so many seconds.
    Rush {
        seconds: u32,
    },
    Desk(Error),
}

/// The fields of a request, in the order of the page.
pub const FIELDS: [&str; 9] = ["category", "kind", "title", "text", CUSTOM, "priority", "name", "email", "files"];
/// What the name of a custom field begins with, before a point and its key.
pub const CUSTOM: &str = "fields";

/// The name of a custom field in the form, and its id on the page.
pub fn custom_name(key: &str) -> String {
    format!("{CUSTOM}.{key}")
}

/// Where a field stands on the page. Custom fields stand together, in the order in which they are found.
fn place(field: &str) -> Option<usize> {
    let field = field.split_once('.').map_or(field, |(group, _)| group);
    FIELDS.iter().position(|known| *known == field)
}

impl Posted {
    /// What was typed into a field; empty where nothing was.
    pub fn typed(&self, field: &str) -> String {
        self.fields.get(field).cloned().unwrap_or_default()
    }

    pub fn why(&self, field: &str) -> Option<&Why> {
        self.wrong.iter().find(|(name, _)| name == field).map(|(_, why)| why)
    }

    /// Notes what is wrong with a field; the first finding about it stands.
    pub fn blame(&mut self, field: &str, why: Why) {
        if self.why(field).is_none() {
            self.wrong.push((field.to_owned(), why));
            self.wrong.sort_by_key(|(name, _)| place(name));
        }
    }

    /// What is wrong with a field, in words: which file, where it is one.
    pub fn told(&self, w: Words, field: &str, why: &Why) -> String {
        match why {
            Why::TooLarge { .. } if field == "files" && !self.too_large.is_empty() => {
                w.files_too_large(&self.too_large)
            }
            why => w.wrong(field, why),
        }
    }

    /// Notes what the desk answered, at its field or above the form.
    pub fn refuse(&mut self, error: Error) {
        match error {
            Error::Invalid { field, why } => self.blame(&field, why),
            other => self.trouble = Some(Trouble::Desk(other)),
        }
    }

    /// Notes that it was refused before it was read, and for what: what is wrong inside of it matters less.
    pub fn turn_away(&mut self, refused: Option<Trouble>) {
        if refused.is_some() {
            self.trouble = refused;
        }
    }

    /// What was typed into the custom fields that the form asks for. Nothing else is taken.
    pub fn answers(&self, asks: &FormAsks) -> FieldValues {
        let asked = |key: &str| asks.fields.iter().any(|field| field.key == key);
        self.custom.iter().filter(|(key, _)| asked(key)).map(|(key, values)| (key.clone(), values.clone())).collect()
    }

    /// Finds everything that is missing from a request at once, so that it is told at once. The desk has the last word.
    pub fn check_request(&mut self) {
        for field in ["title", "text", "name"] {
            if self.typed(field).trim().is_empty() {
                self.blame(field, Why::Missing);
            }
        }
        self.check_address();
    }

    pub fn check_address(&mut self) {
        let typed = self.typed("email");
        let address = typed.trim();
        let whole = address.split_once('@').is_some_and(|(name, house)| !name.is_empty() && house.contains('.'));
        if address.is_empty() {
            self.blame("email", Why::Missing);
        } else if !whole {
            self.blame("email", Why::NotAnAddress);
        }
    }

    pub fn is_fine(&self) -> bool {
        self.wrong.is_empty() && self.trouble.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::model::Language;

    #[test]
    fn what_is_wrong_is_told_once_a_field_and_in_the_order_of_the_page() {
        let mut posted = Posted::default();
        posted.refuse(Error::invalid("email", Why::NotAnAddress));
        posted.blame("title", Why::Missing);
        posted.blame("email", Why::Missing);
        let fields: Vec<_> = posted.wrong.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["title", "email"]);
        assert_eq!(posted.why("email"), Some(&Why::NotAnAddress));
        assert!(!posted.is_fine());
    }

    #[test]
    fn custom_fields_stand_behind_the_text_and_files_are_last() {
        let mut posted = Posted::default();
        for field in ["files", "fields.b", "email", "fields.a", "text"] {
            posted.blame(field, Why::Missing);
        }
        let fields: Vec<_> = posted.wrong.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["text", "fields.b", "fields.a", "email", "files"]);
    }

    #[test]
    fn files_that_are_too_large_are_named() {
        let mut posted = Posted::default();
        let why = Why::TooLarge { megabytes: 25 };
        let told = |posted: &Posted| posted.told(Words::new(Language::Nb), "files", &why);
        assert!(told(&posted).starts_with("En fil er for stor."));
        posted.too_large.push(("film.mov".to_owned(), 48_000_000));
        assert!(told(&posted).starts_with("«film.mov» er 48\u{a0}MB. Største fil er 25\u{a0}MB."), "{}", told(&posted));
        posted.too_large.push(("lyd.wav".to_owned(), 31_000_000));
        assert!(told(&posted).starts_with("Disse er for store: «film.mov», «lyd.wav»."), "{}", told(&posted));
    }

    #[test]
    fn all_that_is_missing_is_found_at_once() {
        let mut posted =
            Posted { fields: BTreeMap::from([("email".to_owned(), "kari@fjord".to_owned())]), ..Posted::default() };
        posted.check_request();
        assert_eq!(posted.wrong.len(), 4);
        assert_eq!(posted.why("email"), Some(&Why::NotAnAddress));
    }
}
