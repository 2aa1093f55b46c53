//! The portal's form for a new request.

use super::{Category, CategoryId, Field, FieldValues, Language, Named, Priority, RequestTypeId, Upload};
use serde::{Deserialize, Serialize};

/// What a visitor of the portal fills in. 15.1, POR-1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Form {
    pub name: String,
    pub email: String,
    pub category: String,
    /// One of those that customers may choose among, or empty. PRI-3.
    #[serde(default)]
    pub priority: String,
    /// One of the types that customers choose among, or empty where there is nothing to choose.
    #[serde(default)]
    pub kind: String,
    pub title: String,
    pub text: String,
    pub files: Vec<Upload>,
    pub language: Option<Language>,
    /// Custom fields that the portal asks for, by their keys.
    #[serde(default)]
    pub fields: FieldValues,
    /// Made when the page was drawn; the same form twice is one request.
    pub key: String,
}

/// What the browser that sent a form is told of the request, where nobody knows whose browser it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub number: i64,
    /// As it was typed: the receipt goes to whoever has it.
    pub email: String,
}

/// What the form asks, given what was chosen on it so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormAsks {
    pub categories: Vec<Category>,
    /// The category that counts as chosen: the only one, where there is one.
    pub category: Option<CategoryId>,
    /// Types to choose among; none where there is nothing to choose.
    pub kinds: Vec<Named>,
    /// The type that counts as chosen.
    pub kind: Option<RequestTypeId>,
    /// Those to choose among that the type allows; none where there is nothing to choose. PRI-3.
    pub priorities: Vec<Priority>,
    /// Custom fields that customers fill in, with the choices that are still offered.
    pub fields: Vec<Field>,
    /// With another category or type it may ask for something else.
    pub depends: bool,
}

impl FormAsks {
    /// Somebody has to say what kind of request it is: the usual type is not for customers to choose.
    pub fn needs_kind(&self) -> bool {
        !self.kinds.is_empty() && !self.kind.as_ref().is_some_and(|kind| self.offers(kind.as_str()))
    }

    pub fn offers(&self, kind: &str) -> bool {
        self.kinds.iter().any(|offered| offered.id == kind)
    }
}
