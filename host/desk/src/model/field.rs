//! What an organisation wants to know about its requests beside what every request has. Section 1.3, "extra fields".

use super::{CategoryId, FieldId, Language, Named, RequestTypeId, event::text_enum};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

text_enum! {
    /// What a field holds. For good once a request has a value.
    FieldKind {
        /// At most 4,000 characters.
        Text = "text",
        /// Up to 15 digits before the point.
        Number = "number",
        /// A day, as `2026-11-24`.
        Date = "date",
        Choice = "choice",
        MultiChoice = "multi-choice",
        /// A contact, by id.
        Person = "person",
        /// `yes` or `no`.
        YesNo = "yes-no",
    }
}

/// One of the choices of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct FieldChoice {
    /// What values, criteria and the API call it.
    pub key: String,
    pub nb: String,
    pub en: String,
    /// Requests that have it keep it; nobody can choose it any more.
    #[serde(default)]
    pub retired: bool,
}

/// Where a field belongs: requests of this type and in this category or one below it. What is left out asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct FieldPlace {
    pub kind: Option<RequestTypeId>,
    pub category: Option<CategoryId>,
}

/// A custom field as administrators set it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Field {
    pub id: FieldId,
    /// What rules, criteria and the API call it: a small letter, then small letters, digits, `-` and `_`; at most 60. For good.
    pub key: String,
    pub nb: String,
    pub en: String,
    /// What helps to fill it in; empty for nothing. At most 1,000 characters.
    #[serde(default)]
    pub hint_nb: String,
    #[serde(default)]
    pub hint_en: String,
    pub kind: FieldKind,
    /// In the order in which they are offered.
    #[serde(default)]
    pub choices: Vec<FieldChoice>,
    /// Colleagues fill it in when they register a request, and before they close one; customers, in the portal's form.
    #[serde(default)]
    pub required: bool,
    /// Customers fill it in and see it. Never a person.
    #[serde(default)]
    pub portal: bool,
    /// Any of these; none is everywhere.
    #[serde(default)]
    pub places: Vec<FieldPlace>,
}

impl Field {
    pub fn name(&self, language: Language) -> &str {
        language.pick(&self.nb, &self.en)
    }

    pub fn hint(&self, language: Language) -> &str {
        language.pick(&self.hint_nb, &self.hint_en)
    }
}

impl FieldChoice {
    pub fn name(&self, language: Language) -> &str {
        language.pick(&self.nb, &self.en)
    }
}

/// A field of one request, and what it holds there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct FieldValue {
    pub id: FieldId,
    pub key: String,
    pub nb: String,
    pub en: String,
    pub kind: FieldKind,
    pub required: bool,
    pub portal: bool,
    /// As they are written: see [`FieldKind`]; none where it is empty, several only of a multiple choice.
    pub values: Vec<String>,
    /// As people read them, one for each value.
    pub shown: Vec<Named>,
}

impl FieldValue {
    pub fn name(&self, language: Language) -> &str {
        language.pick(&self.nb, &self.en)
    }
}

/// Values by the keys of fields. An empty list clears a field.
pub type FieldValues = BTreeMap<String, Vec<String>>;

text_enum! {
    /// What is done to the values of a field. Section 10.4.
    FieldHow {
        /// Nothing but these.
        Set = "set",
        /// These too; only of a multiple choice.
        Add = "add",
        /// Without these; only of a multiple choice.
        Remove = "remove",
        /// Empty.
        Clear = "clear",
        /// Yes where it was no or empty, and no where it was yes.
        Toggle = "toggle",
    }
}
