//! Who does something.

use super::{AgentId, ApiKeyId, BulkId, Language, PersonId, PluginId, RuleId, TicketId};
use serde::{Deserialize, Serialize};

/// Who is at the door. Every verb takes one first, and `access` alone decides what it may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Actor {
    #[default]
    Anonymous,
    /// A signed-in customer.
    Customer { id: PersonId, name: String },
    /// Someone who holds the private link of one request, and nothing else.
    Follower { id: PersonId, name: String, ticket: TicketId },
    Agent {
        id: AgentId,
        name: String,
        admin: bool,
        language: Language,
        #[serde(default)]
        via: Via,
    },
    /// An automation that an administrator wrote. What it changes is logged under its name.
    Rule { id: RuleId, name: String },
    /// A plugin that reacts to what happens. What it changes is logged under its name.
    Plugin { id: PluginId, name: String },
    /// Saker itself: arriving mail, the clock.
    System,
}

/// Through what an agent acts. The log tells it beside the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "via", content = "id", rename_all = "kebab-case")]
pub enum Via {
    #[default]
    Hand,
    Key(ApiKeyId),
    Bulk(BulkRow),
}

/// One action on one request, of those that a bulk run is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct BulkRow {
    pub bulk: BulkId,
    /// From 0, in the order in which they are done.
    pub position: i64,
}

impl Actor {
    pub fn agent(&self) -> Option<&AgentId> {
        match self {
            Actor::Agent { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The customer behind a session or a private link.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Actor::Customer { id, .. } | Actor::Follower { id, .. } => Some(id),
            _ => None,
        }
    }

    /// This customer, signed in: a link to one request may have been handed on.
    pub fn is_customer(&self, person: &PersonId) -> bool {
        matches!(self, Actor::Customer { id, .. } if id == person)
    }

    pub fn name(&self) -> &str {
        match self {
            Actor::Customer { name, .. }
            | Actor::Follower { name, .. }
            | Actor::Agent { name, .. }
            | Actor::Rule { name, .. }
            | Actor::Plugin { name, .. } => name,
            Actor::Anonymous | Actor::System => "",
        }
    }
}
