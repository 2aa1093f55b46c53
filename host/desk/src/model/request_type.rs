//! What kind of thing a request is, and what it may be because of that. Section 8.2.

use super::{Language, PriorityId, RequestTypeId, StatusId};
use serde::{Deserialize, Serialize};

/// A request type as administrators set it up. Section 8.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct RequestType {
    pub id: RequestTypeId,
    pub nb: String,
    pub en: String,
    /// For colleagues.
    #[serde(default)]
    pub description: String,
    /// Name of a picture; empty for none.
    #[serde(default)]
    pub icon: String,
    /// Taken where nobody chooses.
    #[serde(default)]
    pub default: bool,
    /// Offered to customers. With fewer than two of them there is nothing to choose, as with priorities (PRI-3).
    #[serde(default)]
    pub external: bool,
    /// Which statuses its requests may have; none listed is all of them.
    #[serde(default)]
    pub statuses: Vec<StatusId>,
    /// Of a new request, before every other preference: TYP-1. Must be there where statuses are listed.
    #[serde(default)]
    pub status: Option<StatusId>,
    /// Which priorities its requests may have; none listed is all of them.
    #[serde(default)]
    pub priorities: Vec<PriorityId>,
    /// Of a new request, before every other preference: TYP-1. Must be there where priorities are listed.
    #[serde(default)]
    pub priority: Option<PriorityId>,
    /// The template that replies begin with.
    #[serde(default)]
    pub template: Option<String>,
}

impl RequestType {
    pub fn name(&self, language: Language) -> &str {
        language.pick(&self.nb, &self.en)
    }

    /// Whether people may choose this status for its requests.
    pub fn allows_status(&self, status: &StatusId) -> bool {
        self.statuses.is_empty() || self.statuses.contains(status)
    }

    /// Whether people may choose this priority for its requests.
    pub fn allows_priority(&self, priority: &PriorityId) -> bool {
        self.priorities.is_empty() || self.priorities.contains(priority)
    }
}
