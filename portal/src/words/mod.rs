//! Everything a page says, in both languages, side by side.
//!
//! `words!` turns each line into a method of [`Language`]-bound [`Words`]: `w.take()`. Sentences with
//! values in them are functions beside their line. There is no text for people anywhere else in this crate.

pub mod agent;
pub mod customer;
pub mod mail;
pub mod shared;

use desk::model::Language;

/// How a reader's clock counts. Section 20.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// 14:05
    #[default]
    Day,
    /// 2:05 pm
    HalfDay,
}

impl Clock {
    /// As the cookie and the page have it: nothing for the usual one.
    pub fn from_mark(mark: Option<&str>) -> Self {
        if mark == Some("12") { Clock::HalfDay } else { Clock::Day }
    }

    pub fn mark(self) -> Option<&'static str> {
        (self == Clock::HalfDay).then_some("12")
    }
}

/// A reader's language and clock, with every sentence as a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(pub Language, pub Clock);

impl Words {
    /// By the usual clock.
    pub const fn new(language: Language) -> Self {
        Words(language, Clock::Day)
    }

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
