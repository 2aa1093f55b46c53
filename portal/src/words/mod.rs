//! Everything a page says, in both languages, side by side.
//!
//! `words!` turns each line into a method of [`Language`]-bound [`Words`]: `w.take()`. Sentences with
//! values in them are functions beside their line. There is no text for people anywhere else in this crate.

pub mod agent;
pub mod customer;
pub mod mail;
pub mod shared;

use desk::model::Language;

/// A reader's language, with every sentence as a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(pub Language);

impl Words {
    pub(crate) fn pick<T>(self, nb: T, en: T) -> T {
        match self.0 {
            Language::Nb => nb,
            Language::En => en,
        }
    }
}

/// `name: "bokmål", "English";` one line each.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $nb:literal, $en:literal;)*) => {
        impl $crate::words::Words {
            $($(#[$doc])* pub fn $name(self) -> &'static str { self.pick($nb, $en) })*
        }
    };
}
pub(crate) use words;
