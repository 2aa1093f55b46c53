//! Requests that belong together: relations, splits, merges. Section 9.

use super::{
    AgentId, AttachmentId, CategoryId, PriorityId, RelationId, RelationRuleId, RequestTypeId, State, StatusId,
    TicketId, Until, event::text_enum, message::Access,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

text_enum! {
    /// As seen from the request that is looked at. REL-1.
    RelationKind {
        Related = "related",
        /// The other one is the parent.
        Parent = "parent",
        /// The other one is a child.
        Child = "child",
    }
}

/// One relation of a request. REL-3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Relation {
    pub id: RelationId,
    pub kind: RelationKind,
    pub ticket: TicketId,
    pub number: i64,
    pub title: String,
    pub state: State,
    pub owner: Option<String>,
    pub changed_at: i64,
    pub comment: String,
}

/// A relation that a new request begins with. REL-2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NewRelation {
    pub ticket: TicketId,
    /// As seen from the new request.
    pub kind: RelationKind,
    #[serde(default)]
    pub comment: String,
}

/// What holds between parents and children of certain types. RUL-1. No types means all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct RelationRule {
    pub id: RelationRuleId,
    pub name: String,
    pub parents: Vec<RequestTypeId>,
    pub children: Vec<RequestTypeId>,
    /// A request of these types can't be made, nor become one, without a parent of those. What comes from outside is taken in
    /// anyway.
    #[serde(default)]
    pub require_parent: bool,
    /// The parent can't be closed before its children.
    pub children_first: bool,
    /// When the last child closes, closing the parent is offered.
    pub offer_parent: bool,
    /// When the parent closes, closing its children is offered.
    pub offer_children: bool,
}

/// What a new request gets that is split off. SPL-1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct SplitOff {
    pub title: String,
    pub category: Option<CategoryId>,
    pub priority: Option<PriorityId>,
    pub access: Option<Access>,
    /// By the rules of its category where nobody is named.
    pub owner: Option<AgentId>,
    /// None is as a new request begins; one for postponed requests needs `until`.
    #[serde(default)]
    pub status: Option<StatusId>,
    #[serde(default)]
    pub until: Option<Until>,
}

/// How one message is divided. SPL-3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Divided {
    /// What stays, and what goes; both may be worded anew.
    pub stays: String,
    pub goes: String,
    /// Files that go along.
    pub files: Vec<AttachmentId>,
}

/// Which requests become one, and what of them is kept. MRG-1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    pub into: TicketId,
    pub from: Vec<TicketId>,
    /// The request among them whose properties stay; none is the one that stays itself.
    pub keep: Option<TicketId>,
    /// Where one of them is kept of another request than all the others are.
    pub each: BTreeMap<Property, TicketId>,
    /// The same for custom fields, by their keys.
    pub fields: BTreeMap<String, TicketId>,
}

impl Merge {
    /// With everything as it is on the one that stays.
    pub fn whole(into: TicketId, from: Vec<TicketId>) -> Merge {
        Merge { into, from, keep: None, each: BTreeMap::new(), fields: BTreeMap::new() }
    }
}

text_enum! {
    /// What of a request can be kept in a merge by itself. Section 9.3.
    Property {
        Title = "title",
        Category = "category",
        Type = "type",
        Priority = "priority",
        Owner = "owner",
    }
}
