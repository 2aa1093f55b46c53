//! The few words that a channel adds to a message itself, for the agents who read it.

use crate::config;

/// A language of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Bokmål.
    Nb,
    /// English.
    En,
}

impl Tongue {
    /// As the account's setting `language` says.
    pub fn of_account() -> Self {
        if config::get("language").as_deref() == Some("en") { Self::En } else { Self::Nb }
    }

    /// Of whoever sets the account up just now; the account's own where nobody does.
    pub fn of_reader() -> Self {
        // Without a host, as in the crates' own tests, nobody has said.
        if cfg!(not(target_family = "wasm")) {
            return Self::En;
        }
        match config::get("saker.language").as_deref() {
            Some("en") => Self::En,
            Some(_) => Self::Nb,
            None => Self::of_account(),
        }
    }

    /// The text in this language.
    pub fn pick<'a>(self, nb: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Nb => nb,
            Self::En => en,
        }
    }
}

/// A text for people, in the language of whoever reads it ([`Tongue::of_reader`]). Both are formats; a remote's own words stay as
/// they are.
#[macro_export]
macro_rules! worded {
    ($nb:literal, $en:literal $(,)?) => {
        match $crate::Tongue::of_reader() {
            $crate::Tongue::Nb => ::std::format!($nb),
            $crate::Tongue::En => ::std::format!($en),
        }
    };
}
