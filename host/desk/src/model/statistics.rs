//! Numbers about the work. Section 21.

use super::{
    AgentId, AgreementId, CategoryId, CompanyId, PriorityId, RequestTypeId, StatusId, TagId, TeamId, event::text_enum,
};
use serde::{Deserialize, Serialize};

/// From when to when, in Unix microseconds; the end is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Period {
    pub from: i64,
    pub to: i64,
}

text_enum! {
    /// By what requests are counted apart. STAT-1, STAT-2.
    Grouping {
        State = "state",
        Status = "status",
        Owner = "owner",
        /// Of the owner; a request of somebody in two teams counts in both.
        Team = "team",
        Category = "category",
        Priority = "priority",
        Type = "type",
        Company = "company",
        /// What was agreed with the company. C-11.
        Agreement = "agreement",
        Origin = "origin",
        Access = "access",
        /// A request with two tags counts in both.
        Tag = "tag",
        /// Of the main contact.
        Language = "language",
        /// A custom field, by its key; a request with two of its choices counts in both.
        Custom = "custom",
    }
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

text_enum! {
    /// What can stand on a dashboard. NAV-8 to NAV-10.
    Tile {
        Mine = "mine",
        Overdue = "overdue",
        Unassigned = "unassigned",
        Unresolved = "unresolved",
        /// The list of one's own.
        MyRequests = "my-requests",
        /// The list of what nobody has.
        Unclaimed = "unclaimed",
        OpenByOwner = "open-by-owner",
        OpenByStatus = "open-by-status",
        /// Of the last twelve weeks.
        CreatedByWeek = "created-by-week",
        /// Of the last twelve months.
        CreatedByMonth = "created-by-month",
        /// Up to the first answer, of the last twelve weeks.
        ResponseTime = "response-time",
    }
}

impl Tile {
    /// One of [`Tiles`].
    pub fn is_number(self) -> bool {
        use Tile::*;
        matches!(self, Mine | Overdue | Unassigned | Unresolved)
    }

    /// For those who may see statistics.
    pub fn is_chart(self) -> bool {
        use Tile::*;
        matches!(self, OpenByOwner | OpenByStatus | CreatedByWeek | CreatedByMonth | ResponseTime)
    }
}

/// A tile with what stands on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ShownTile {
    pub tile: Tile,
    pub content: TileContent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "shows", rename_all = "kebab-case")]
pub enum TileContent {
    Number {
        count: i64,
    },
    /// The first page.
    Requests {
        page: super::TicketPage,
    },
    /// By ids, the largest first; an empty one stands for nobody.
    Shares {
        shares: Vec<Share<String>>,
    },
    /// From the earliest on; the last one has only begun.
    Created {
        stretches: Vec<CreatedIn>,
    },
    Answered {
        stretches: Vec<AnsweredIn>,
    },
}

/// Requests that were created in a week or a month, which begins at midnight by the agent's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct CreatedIn {
    pub from: i64,
    pub count: i64,
}

/// How long first answers took that were given in a week, by the whole clock and inside the opening hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AnsweredIn {
    pub from: i64,
    pub first_answer: Spread,
    pub first_answer_open: Spread,
}

/// How a category stands now, of what the reader sees in lists. Section 8.1, *show in status view*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Standing {
    pub category: CategoryId,
    pub open: i64,
    /// Of the open ones.
    pub unassigned: i64,
    pub postponed: i64,
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
    /// Minutes spent, and to charge, by what was said in the period. TIM-1.
    pub minutes: i64,
    pub charge: i64,
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
    /// How long those closed in the period had been in each phase. STAT-3.
    pub phases: PhaseSpreads,
    /// A day each, by UTC: created and closed.
    pub days: Vec<Day>,
    pub by_origin: Vec<Share<String>>,
    pub by_category: Vec<Share<CategoryId>>,
    pub by_priority: Vec<Share<PriorityId>>,
    pub by_type: Vec<Share<Option<RequestTypeId>>>,
    /// The 200 with most.
    pub by_company: Vec<Share<Option<CompanyId>>>,
    /// The 200 with most; none is those without any.
    pub by_tag: Vec<Share<Option<TagId>>>,
    /// Of the main contact, as a tag; none is nobody known.
    pub by_language: Vec<Share<Option<String>>>,
    /// Open now, by who has it; none is nobody.
    pub open_by_owner: Vec<Share<Option<AgentId>>>,
    pub open_by_status: Vec<Share<StatusId>>,
    /// Closed in the period, by who had it.
    pub closed_by_owner: Vec<Share<Option<AgentId>>>,
    /// How far what was agreed with companies was kept, by agreement. C-11.
    pub agreements: Vec<AgreementReport>,
    /// Closed in the period by their owner's teams; whoever is in two counts in both.
    pub closed_by_team: Vec<Share<Option<TeamId>>>,
}

/// How far an agreement was kept in a period, of what was closed in it. C-11.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AgreementReport {
    pub agreement: AgreementId,
    pub closed: i64,
    /// Of those with a deadline, and when that was kept.
    pub met: i64,
    pub missed: i64,
}

/// Time in each phase, of each request, inside the opening hours and by the whole clock. STAT-3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PhaseSpreads {
    pub queue: Spread,
    pub internal: Spread,
    pub external: Spread,
    pub queue_open: Spread,
    pub internal_open: Spread,
    pub external_open: Spread,
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
