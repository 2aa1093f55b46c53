//! Opening hours. C-10: several intervals a day, holidays, any time zone.

use super::CalendarId;
use serde::{Deserialize, Serialize};

/// Part of a local day, in minutes since its midnight: from the first until just before the second, 1440 at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Interval {
    pub from: u16,
    pub to: u16,
}

/// A day on which nothing is open: `2026-12-24`, or `12-24` for every year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Holiday {
    pub day: String,
    pub name: String,
}

/// When an organisation works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct OpeningHours {
    /// IANA name, such as `Europe/Oslo`.
    pub zone: String,
    /// Seven days from Monday.
    pub week: [Vec<Interval>; 7],
    pub holidays: Vec<Holiday>,
}

/// Opening hours with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct CalendarCard {
    pub id: CalendarId,
    pub name: String,
    pub hours: OpeningHours,
}
