//! How long a request took. STAT-2, STAT-3.

use super::Phases;
use serde::{Deserialize, Serialize};

/// A stretch of time in whole minutes: inside the opening hours that the request's deadlines count in, and by the whole
/// clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Lasted {
    pub open: i64,
    pub whole: i64,
}

/// One request in numbers. STAT-2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Measures {
    /// From the beginning to the first answer to the customer, as it was kept with that answer.
    pub first_answer: Option<Lasted>,
    /// From the beginning to the end, as it was kept with the end; none while it is not closed.
    pub resolution: Option<Lasted>,
    /// By the whole clock. STAT-3.
    pub phases: Phases,
    /// Inside the opening hours. STAT-3.
    pub open_phases: Phases,
    pub messages: i64,
    /// Answers to the customer.
    pub replies: i64,
    /// Minutes spent. TIM-1.
    pub minutes: i64,
    /// Minutes to charge. TIM-1.
    pub charge: i64,
    pub reopenings: i64,
    pub escalations: i64,
    /// Whether no deadline was missed; none where there was none to miss.
    pub deadline_met: Option<bool>,
}
