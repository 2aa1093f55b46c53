//! Priorities with their targets, and the chain of escalation. Section 7.

use super::{AccountId, AgentId, AgreementId, CalendarId, CompanyId, EscalationLevelId, PriorityId, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What an event does to the chain. Section 7.4.
    Chain {
        /// Leaves it as it is.
        Leave = "",
        Stop = "stop",
        Continue = "continue",
        Restart = "restart",
    }
}

/// What is promised, in minutes; none is no promise. C-10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Targets {
    pub first_response: Option<i64>,
    pub next_response: Option<i64>,
    pub resolution: Option<i64>,
}

/// A priority as an administrator sets it up. PRI-1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PrioritySettings {
    pub id: PriorityId,
    /// 0 is the most urgent.
    pub rank: i64,
    pub nb: String,
    pub en: String,
    pub default: bool,
    /// Offered to customers. PRI-3.
    pub external: bool,
    /// Whose hours count; none is around the clock.
    pub calendar: Option<CalendarId>,
    pub targets: Targets,
    /// Warned when this share of the time is left, in percent: 0 to 100.
    pub warn_at: i64,
    pub on_new: Chain,
    pub on_read: Chain,
    /// Given to somebody by hand.
    pub on_transfer: Chain,
    /// A message by the customer or a colleague.
    pub on_news: Chain,
    pub on_closed: Chain,
    /// Changed to this priority.
    pub on_priority: Chain,
    /// The chain counts inside the calendar. ESC-2.
    pub calendar_escalation: bool,
    pub levels: Vec<Level>,
}

/// One step of the chain. Section 7.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Level {
    pub id: EscalationLevelId,
    /// Minutes after the step before; at least 1.
    pub after: i64,
    pub reassign_to: Option<AgentId>,
    /// Who is told: `owner`, `admin` of the category, `contact`, addresses, and telephone numbers with their `+`. Section 7.3.
    pub tell: Vec<String>,
    /// The reply template that the contact gets, by mail or where they are talked with; needed with `contact`.
    #[serde(default)]
    pub template: Option<String>,
    /// The reply template that all others get, in place of Saker's own note; a number gets its text.
    #[serde(default)]
    pub note: Option<String>,
    /// The channel account, such as one for text messages, by which numbers are told; needed with them.
    #[serde(default)]
    pub account: Option<AccountId>,
}

/// What was agreed with a customer, in place of the priority's own targets. C-11.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Agreement {
    pub id: AgreementId,
    pub name: String,
    pub calendar: Option<CalendarId>,
    pub targets: Vec<(PriorityId, Targets)>,
}

/// An agreement as it stands, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AgreementCard {
    pub agreement: Agreement,
    pub companies: Vec<CompanyId>,
}
