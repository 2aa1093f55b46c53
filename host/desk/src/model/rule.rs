//! Automations: when something happens, if criteria hold, then do. API-2, without a line of script.

use super::{AgentId, CategoryId, Criteria, EventKind, PriorityId, RequestTypeId, RuleId, StatusId, event::text_enum};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Rule {
    pub id: RuleId,
    pub name: String,
    pub on: bool,
    pub when: When,
    /// What must hold of the request then. Full text can't be asked for: the index follows a moment later.
    pub only: Criteria,
    /// In this order, all or none.
    pub then: Vec<Then>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "when", rename_all = "kebab-case")]
pub enum When {
    /// Any of these happened.
    Happened { kinds: Vec<EventKind> },
    /// So many minutes have passed, and the criteria hold then. Once for each such instant.
    Passed { minutes: u32, since: Since },
}

text_enum! {
    /// From when a rule of time counts.
    Since {
        Created = "created",
        /// Last message.
        Changed = "changed",
        /// First answer.
        Replied = "replied",
        Assigned = "assigned",
        Closed = "closed",
        Deadline = "deadline",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Then {
    Status {
        status: StatusId,
    },
    Close,
    Priority {
        priority: PriorityId,
    },
    Category {
        category: CategoryId,
    },
    Type {
        to: RequestTypeId,
    },
    Tag {
        tag: String,
    },
    /// Sets a custom field; no values clear it.
    Field {
        key: String,
        values: Vec<String>,
    },
    Give {
        to: AgentId,
    },
    Release,
    /// By the category's own rules. Section 5.4.
    Distribute,
    /// An internal comment under the rule's name.
    Comment {
        text: String,
    },
    /// Sends a reply template to the customer, where the request is external. It must need no answers.
    Write {
        template: String,
    },
    /// Makes a colleague go along. C-15.
    Follow {
        agent: AgentId,
    },
}

/// What a rule would have done. Appendix C, number 25.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct DryRun {
    /// Requests that it would have been set off on in the last seven days and whose criteria hold now.
    pub requests: i64,
    /// Numbers of the latest of them.
    pub examples: Vec<i64>,
}

/// One time that a rule was set off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct RuleRun {
    /// Of the request.
    pub number: i64,
    pub at: i64,
    /// Why it did nothing.
    pub error: Option<super::error::Error>,
}
