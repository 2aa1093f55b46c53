//! One action on many requests. Section 10.4.

use super::{
    AgentId, BulkId, CategoryId, FieldHow, PriorityId, ProjectId, RequestTypeId, SaleId, StatusId, error::Error,
};
use serde::{Deserialize, Serialize};

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
    Status {
        status: StatusId,
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
    /// Sets, clears, adds to or takes from a custom field.
    Field {
        key: String,
        how: FieldHow,
        values: Vec<String>,
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
    Favourite {
        on: bool,
    },
    Comment {
        text: String,
    },
    /// MSG-10: mailed only for external requests, and only when asked.
    Reply {
        text: String,
        mail: bool,
        close: bool,
    },
    /// FWD-5: the comment stands in the mail and on each request.
    Forward {
        to: Vec<String>,
        comment: String,
        close: bool,
    },
    Delete,
    Spam,
}

/// How far a bulk action has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Bulk {
    pub id: BulkId,
    pub action: BulkAction,
    pub all: i64,
    pub done: i64,
    pub skipped: Vec<Skipped>,
    pub stopped: bool,
    pub finished: bool,
}

/// A row that was left out, and why. BLK-1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Skipped {
    pub number: i64,
    pub why: Error,
}
