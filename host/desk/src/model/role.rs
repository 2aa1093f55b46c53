//! What somebody may do because of what they are here. Section 19.

use super::{PersonId, RoleId, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// How far one step of the ladder goes.
    Reach {
        None = "none",
        /// Categories one is a member of.
        Own = "own",
        All = "all",
    }
}

text_enum! {
    /// Rights beside the ladder. Administrators have all of them.
    Right {
        /// Makes new tags by using them.
        Tags = "tags",
        Bulk = "bulk",
        Export = "export",
        Spam = "spam",
        /// Into the recycle bin and out again.
        Delete = "delete",
        /// Properties of messages, and blacking out. EDM-1.
        EditMessages = "edit-messages",
        /// Merging people.
        Merge = "merge",
        /// Numbers about the work, on pages and by mail.
        Statistics = "statistics",
        /// Categories with their members, without being an administrator. CAT-2.
        Categories = "categories",
        /// Placing legal holds and lifting them. C-20.
        LegalHold = "legal-hold",
    }
}

/// A role: list, read and edit as a ladder, and rights beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Role {
    pub id: RoleId,
    pub name: String,
    pub list: Reach,
    pub read: Reach,
    pub edit: Reach,
    pub rights: Vec<Right>,
    /// Given to whoever gets no other.
    pub default: bool,
}

/// A request in the recycle bin. DEL-1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Binned {
    pub number: i64,
    pub title: String,
    pub deleted_at: i64,
    /// When it is erased, unless it is held by then.
    pub erased_at: i64,
    pub spam: bool,
    /// A legal hold keeps it. C-20.
    #[serde(default)]
    pub held: bool,
}

/// Everything that is kept about one person. C-20.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Dossier {
    pub person: super::Person,
    pub id: PersonId,
    pub note: String,
    pub requests: Vec<DossierRequest>,
    /// Numbers of requests that name them in a custom field.
    #[serde(default)]
    pub named_in: Vec<i64>,
    /// Contacts that were merged into this one.
    #[serde(default)]
    pub merged: Vec<MergedPerson>,
    /// How channels know them.
    #[serde(default)]
    pub handles: Vec<Handle>,
    /// What plugins found out about them.
    #[serde(default)]
    pub findings: Vec<super::Finding>,
    /// Telephone calls with them, the first first.
    #[serde(default)]
    pub calls: Vec<DossierCall>,
}

/// What somebody is called in a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Handle {
    pub plugin: super::PluginId,
    pub address: String,
}

/// A telephone call, as the exchange told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct DossierCall {
    pub direction: super::CallDirection,
    pub number: String,
    pub name: String,
    /// Unix microseconds.
    pub began_at: i64,
    /// How long was talked.
    pub seconds: Option<i64>,
}

/// Somebody who was merged into another, as they were called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct MergedPerson {
    pub id: PersonId,
    pub name: String,
    pub note: String,
    /// Unix microseconds.
    pub at: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct DossierRequest {
    pub number: i64,
    pub title: String,
    pub created_at: i64,
    pub closed_at: Option<i64>,
    pub messages: Vec<super::Message>,
    /// Custom fields that hold something.
    #[serde(default)]
    pub fields: Vec<super::FieldValue>,
}
