//! How requests find their owner, and why it was this one. Section 5.4, C-8.

use super::{AbsenceId, AgentId, CalendarId, CategoryId, RoleId, SkillsOf, StatusId, TeamId, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// How a category gives its requests away.
    Method {
        /// They wait until somebody takes them.
        None = "none",
        /// In turn.
        Even = "even",
        /// In turn, the heavier more often: exact over each cycle.
        Weighted = "weighted",
        /// To whoever has the fewest open requests.
        Fewest = "fewest",
    }
}

text_enum! {
    /// What decided. ASG-8.
    Ground {
        /// A rule or a level of escalation named them.
        Named = "named",
        /// The customer's own contact here. ASG-4.
        ServiceContact = "service-contact",
        /// The same customer was with them a moment ago. ASG-5.
        Quarantine = "quarantine",
        /// Their mails stay together for a while, whatever the category. ASG-5.
        CrossPost = "cross-post",
        Even = "even",
        Weighted = "weighted",
        Fewest = "fewest",
        /// The next in the queue for them. QUE-3.
        Queue = "queue",
        /// Nobody else was there. ASG-2.
        Administrator = "administrator",
        /// Nobody at all was there: it stays unassigned. ASG-7.
        Nobody = "nobody",
    }
}

text_enum! {
    /// Why somebody was passed over.
    Passed {
        /// Said to be away.
        Away = "away",
        /// On a planned absence.
        Absent = "absent",
        /// Not at a screen.
        NotPresent = "not-present",
        /// Outside their working hours.
        OffHours = "off-hours",
        /// Has as many as they can have.
        Full = "full",
        /// Lacks a skill that is required. C-9.
        Unskilled = "unskilled",
        /// Just gave it away. TRF-3.
        Giver = "giver",
    }
}

/// One decision with its grounds, kept on the request. Names are those of the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Decision {
    pub category: String,
    pub ground: Ground,
    /// None where nobody was there.
    pub chosen: Option<String>,
    /// For whom the chosen one stands in.
    pub instead_of: Option<String>,
    /// The rule, or the level of escalation, that named them.
    #[serde(default)]
    pub by: Option<String>,
    pub passed: Vec<PassedOver>,
    /// What those who could get it have of the skills that it asks for; none where it asks for none. C-9.
    #[serde(default)]
    pub skills: Vec<SkillsOf>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PassedOver {
    pub name: String,
    pub why: Passed,
}

/// A category as an administrator sets it up. Section 8.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct CategorySettings {
    /// What agents call it.
    pub name: String,
    /// External names. CAT-3: one is needed unless internal; in a language without one it is not offered.
    pub nb: String,
    pub en: String,
    pub internal: bool,
    pub parent: Option<CategoryId>,
    /// Fallback of distribution, and told of escalations.
    pub administrator: Option<AgentId>,
    /// Only members have access. RGT-1.
    pub members_only: bool,
    pub notify_members: bool,
    pub notify_addresses: Vec<String>,
    /// MSG-4.
    pub take_on_reply: bool,
    /// CRE-8; none leaves it to the agent.
    pub new_status: Option<StatusId>,
    /// MSG-5.
    pub message_status: Option<StatusId>,
    pub method: Method,
    /// ASG-1.
    pub present_only: bool,
    /// ASG-3.
    pub reassign_absent: bool,
    /// ASG-4.
    pub service_contact_first: bool,
    /// Minutes; none is off. ASG-5.
    pub quarantine: Option<i64>,
    /// It stands in the status view: see [`super::Standing`]. Section 8.1.
    pub status_view: bool,
    pub members: Vec<Member>,
    /// ASG-6: whoever comes by a team has no weight of their own.
    pub teams: Vec<TeamId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Member {
    pub agent: AgentId,
    /// At least 1.
    pub weight: i64,
}

/// Agents that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub members: Vec<AgentId>,
}

/// How somebody works here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AgentWork {
    pub id: AgentId,
    pub name: String,
    pub email: String,
    /// Not disabled.
    pub works_here: bool,
    /// Away for now.
    pub away: bool,
    /// Open requests by the rules, at most.
    pub capacity: Option<i64>,
    /// The hours they work in; none is whenever they are there.
    pub hours: Option<CalendarId>,
    pub roles: Vec<RoleId>,
}

/// A planned absence. C-9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Absence {
    pub id: AbsenceId,
    /// Unix microseconds; the end is not part of it.
    pub from: i64,
    pub to: i64,
    /// Who stands in.
    pub delegate: Option<AgentId>,
}

/// What "get next" answers. QUE-3, QUE-6.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// This request is yours now.
    Yours { number: i64 },
    /// The queue is empty.
    Empty,
}

/// How taking many went, row by row. ACC-2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Took {
    pub ticket: super::TicketId,
    /// None when it was taken.
    pub refused: Option<super::error::Error>,
}
