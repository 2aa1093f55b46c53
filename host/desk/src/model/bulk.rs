//! The same on many requests. Section 10.4.

use super::{
    Access, AgentId, BulkId, CategoryId, EventKind, FieldHow, PersonId, PriorityId, ProjectId, RequestTypeId, SaleId,
    StatusId, Until, error::Error,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is done to many requests. Section 10.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum BulkAction {
    Take,
    Release,
    Give {
        to: AgentId,
    },
    /// Back to the rules of its category. TRF-2.
    HandBack,
    /// An open or a closed one.
    Status {
        status: StatusId,
    },
    /// Puts them off. STA-6.
    Postpone {
        until: Until,
        #[serde(default)]
        status: Option<StatusId>,
    },
    Access {
        access: Access,
    },
    Title {
        to: String,
    },
    /// Searches in the title, and puts other words there.
    ReplaceInTitle {
        what: Substitution,
    },
    Priority {
        priority: PriorityId,
    },
    Category {
        category: CategoryId,
    },
    Type {
        to: RequestTypeId,
    },
    /// Sets, clears, toggles, adds to or takes from a custom field.
    Field {
        key: String,
        how: FieldHow,
        #[serde(default)]
        values: Vec<String>,
    },
    /// Searches in a custom field of text, and puts other words there.
    ReplaceInField {
        key: String,
        what: Substitution,
    },
    Sale {
        to: Option<SaleId>,
    },
    Project {
        to: Option<ProjectId>,
    },
    AddTag {
        tag: String,
    },
    RemoveTag {
        tag: String,
    },
    /// These tags and no others.
    SetTags {
        tags: Vec<String>,
    },
    AddContact {
        person: PersonId,
    },
    RemoveContact {
        person: PersonId,
    },
    /// Into one's favourites, or out of them.
    Favourite {
        on: bool,
    },
    /// Read by oneself as their owner, or not. Section 1.3.
    Read {
        on: bool,
    },
    /// Into the request with this number, which may be one of the chosen. Section 9.3.
    Merge {
        into: i64,
    },
    Comment {
        text: String,
    },
    /// MSG-10: mailed only for external requests, and only when asked.
    Reply {
        /// May be empty where a template says it all.
        text: String,
        /// Filled in for each request in its customer's language; it stands above the text. TPL-1.
        #[serde(default)]
        template: Option<String>,
        /// To what the template asks, the same for all.
        #[serde(default)]
        answers: BTreeMap<String, String>,
        mail: bool,
        close: bool,
    },
    /// FWD-5: the comment stands in the mail and on each request.
    Forward {
        to: Vec<String>,
        #[serde(default)]
        cc: Vec<String>,
        #[serde(default)]
        bcc: Vec<String>,
        comment: String,
        close: bool,
    },
    Delete,
    Spam,
}

impl From<BulkAction> for Vec<BulkAction> {
    fn from(action: BulkAction) -> Self {
        vec![action]
    }
}

/// What is searched for in a text, and what stands there instead. Section 10.4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Substitution {
    /// At most 500 characters.
    pub find: String,
    /// At most 500 characters. In the place of a pattern `$1` and `${name}` are what its groups found, and `$$` is a dollar.
    pub with: String,
    /// `find` is a regular expression, as the Rust crate `regex` reads it.
    #[serde(default)]
    pub pattern: bool,
    /// Large and small letters are different ones.
    #[serde(default)]
    pub case: bool,
}

/// What bulk actions would do, as it looks now: each of them tried by itself, as if none went before. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct BulkPreview {
    /// How many requests it is about.
    pub all: i64,
    /// How many of them, from the first, were tried out: at most 100.
    pub tried: i64,
    /// Those that would be changed, and those that stay as they are.
    pub rows: Vec<Foreseen>,
    pub skipped: Vec<Skipped>,
}

/// What would happen to one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Foreseen {
    pub number: i64,
    pub title: String,
    /// In order; none where it stays as it is.
    pub events: Vec<ForeseenEvent>,
}

/// A line that would stand in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ForeseenEvent {
    pub kind: EventKind,
    /// Before and after where a value would change, as in the log.
    pub old: Option<String>,
    pub new: Option<String>,
}

/// How far a bulk action has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Bulk {
    pub id: BulkId,
    /// In the order in which each request goes through them.
    pub actions: Vec<BulkAction>,
    /// Requests.
    pub all: i64,
    /// Those among them for which every action was done.
    pub done: i64,
    pub skipped: Vec<Skipped>,
    pub stopped: bool,
    pub finished: bool,
}

/// An action that was left out for a request, and why. BLK-1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Skipped {
    pub number: i64,
    /// Which of the actions, from 0.
    pub action: i64,
    pub why: Error,
}
