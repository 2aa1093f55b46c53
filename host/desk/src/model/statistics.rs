//! Numbers about the work. Section 21.

use super::{AgentId, CategoryId, StatusId};
use serde::{Deserialize, Serialize};

/// From when to when, in Unix microseconds; the end is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Period {
    pub from: i64,
    pub to: i64,
}

/// The four numbers over an agent's day. NAV-9.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Tiles {
    pub mine: i64,
    pub unassigned: i64,
    /// Open, and later than its deadline.
    pub overdue: i64,
    /// Open or postponed, whoever has it.
    pub unresolved: i64,
}

/// How long something took, in minutes of the whole clock: of the middle one, and of nine in ten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Spread {
    pub count: i64,
    pub median: i64,
    pub most: i64,
}

/// A period in numbers. Spam, what was deleted and what was merged into others counts nowhere (STAT-5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Statistics {
    pub created: i64,
    pub closed: i64,
    pub reopened: i64,
    /// Answers to customers.
    pub replies: i64,
    /// Minutes spent, by what was said in the period.
    pub minutes: i64,
    /// Closed in the period with a deadline, and when that was.
    pub deadline_met: i64,
    pub deadline_missed: i64,
    pub escalated: i64,
    /// From the beginning to the first answer, of those answered in the period.
    pub first_answer: Spread,
    /// From the beginning to the end, of those closed in the period.
    pub resolution: Spread,
    /// The same two inside the opening hours.
    pub first_answer_open: Spread,
    pub resolution_open: Spread,
    /// A day each, by UTC: created and closed.
    pub days: Vec<Day>,
    pub by_origin: Vec<Share<String>>,
    pub by_category: Vec<Share<CategoryId>>,
    /// Open now, by who has it; none is nobody.
    pub open_by_owner: Vec<Share<Option<AgentId>>>,
    pub open_by_status: Vec<Share<StatusId>>,
    /// Closed in the period, by who had it.
    pub closed_by_owner: Vec<Share<Option<AgentId>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Day {
    /// Unix microseconds of its midnight, UTC.
    pub at: i64,
    pub created: i64,
    pub closed: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Share<T> {
    pub of: T,
    pub count: i64,
}
