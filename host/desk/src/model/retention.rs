//! How long what is closed is kept, and what has to be kept. C-20.

use super::{CategoryId, LegalHoldId, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What becomes of a closed request when its time is up.
    Farewell {
        /// Gone, with messages and files; only its number is left.
        Erase = "erase",
        /// Without words, files and people. What counts stays for the statistics.
        Anonymise = "anonymise",
    }
}

/// How long closed requests of a category are kept, and what comes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Retention {
    /// Days after closing: 1 to 36,500.
    pub days: i64,
    pub then: Farewell,
}

impl Retention {
    /// Whether anybody can mean it.
    pub fn is_sound(&self) -> bool {
        (1..=36_500).contains(&self.days)
    }
}

/// What holds for the closed requests of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct CategoryRetention {
    pub category: CategoryId,
    /// What it says itself.
    pub own: Option<Retention>,
    /// What holds: its own word, else that of the nearest category above it. None keeps them for good.
    pub holds: Option<Retention>,
    /// Whose word that is.
    pub from: Option<CategoryId>,
}

/// How a category is to keep its closed requests; none leaves it to the categories above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RetentionChoice {
    pub own: Option<Retention>,
}

/// What would go today.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct RetentionPreview {
    pub erased: i64,
    pub anonymised: i64,
    /// Their time is up too, and a legal hold keeps them.
    pub held: i64,
    /// Numbers of the first that go, the longest closed first; 50 at most.
    pub numbers: Vec<i64>,
}

text_enum! {
    /// What a legal hold is on.
    HeldKind {
        Ticket = "ticket",
        /// Everything that somebody has part in.
        Person = "person",
        /// Everything of a company and of its people.
        Company = "company",
    }
}

/// A legal hold: while it stands, nothing of what it is on is erased by anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct LegalHold {
    pub id: LegalHoldId,
    pub kind: HeldKind,
    /// Id of what is held, as it is now: whoever was merged into another is that one.
    pub on: String,
    /// `#1042`, or what the person or company is called.
    pub name: String,
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// Since when: Unix microseconds.
    pub at: i64,
}

/// A legal hold that is to be placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NewLegalHold {
    pub kind: HeldKind,
    /// Id of the request, the person or the company.
    pub on: String,
    pub reason: String,
}
