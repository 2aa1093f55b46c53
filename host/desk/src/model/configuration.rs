//! Everything that an administrator decided, as one document. Appendix C, number 25.

use super::{Access, Retention, Source, StatusId, event::text_enum};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A row as the document has it: the columns that say something. A flag is there or not.
pub type ConfigurationRow = BTreeMap<String, Cell>;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Cell {
    Flag(bool),
    Number(i64),
    Text(String),
}

/// The whole configuration. Passwords, keys and what a secret could be made from are not in it, nor are people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Configuration {
    /// Of this document; 1.
    pub format: u32,
    /// By what they are called, each with its rows.
    // Spelled out: a map's schema would bear the name that another map's has.
    #[cfg_attr(not(target_family = "wasm"), schema(value_type = BTreeMap<String, Vec<Object>>))]
    pub parts: BTreeMap<String, Vec<ConfigurationRow>>,
}

/// Parts that say what people belong to, and columns that name one.
const PEOPLE: [&str; 4] = ["team_member", "category_member", "agent_role", "agent_skill"];
const NAMES: [&str; 2] = ["admin_agent_id", "reassign_to"];

impl Configuration {
    /// Without who works here: for another desk, which has people of its own.
    #[must_use]
    pub fn without_people(mut self) -> Self {
        self.parts.retain(|part, _| !PEOPLE.contains(&part.as_str()));
        for row in self.parts.values_mut().flatten() {
            row.retain(|column, _| !NAMES.contains(&column.as_str()));
        }
        self
    }
}

text_enum! {
    /// What becomes of a row.
    Fate {
        Added = "added",
        Changed = "changed",
        Removed = "removed",
        /// It is here and not in the document, and stays: somebody has to say where its requests go.
        Kept = "kept",
    }
}

/// One row that is not the same here and in a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Difference {
    /// Such as `category`.
    pub part: String,
    /// What a person would call it.
    pub name: String,
    pub fate: Fate,
    /// Names of the columns that change.
    pub columns: Vec<String>,
}

/// A value, and who decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Decided<T> {
    pub value: T,
    pub from: Source,
}

/// What holds for an agent in one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct HoldsIn {
    /// The status of a new request without a type. CRE-8.
    pub new_status: Decided<StatusId>,
    /// The status that a reply offers. MSG-5.
    pub message_status: Decided<Option<StatusId>>,
    /// Whether they hear, on the screen, of new requests that nobody has.
    pub told_of_new: Decided<bool>,
    /// Whether they take what they answer. MSG-4.
    pub takes_on_reply: Decided<bool>,
    /// The status of what they take. ACC-3.
    pub accept_status: Decided<StatusId>,
    /// The access level of what they register by hand.
    pub access: Decided<Access>,
    /// For how many minutes a customer stays with whoever had them last. ASG-5.
    pub same_owner: Decided<Option<i64>>,
    /// How long what is closed is kept; none is for good. C-20.
    pub retention: Decided<Option<Retention>>,
}
