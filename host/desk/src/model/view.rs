//! Saved views. Section 10.3.

use super::{CompanyId, Criteria, List, PersonId, Sort, TicketId, ViewId, event::text_enum};
use serde::{Deserialize, Serialize};

/// A saved view, or selection. Section 10.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct View {
    pub id: ViewId,
    pub name: String,
    /// Seen by all colleagues; changed by its owner and administrators.
    pub shared: bool,
    pub holds: Holds,
    pub order: Sort,
    /// Which columns are shown, in order. FND-7.
    pub columns: Vec<String>,
}

/// Requests to be acted on, counted or put into a file, named in one of four ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    List(List),
    Fits(Criteria),
    View(ViewId),
    /// By hand, by their numbers: at most 20,000.
    Picked(Vec<i64>),
}

/// A contact of requests in a selection, and of how many. Section 10.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct LinkedContact {
    pub id: PersonId,
    pub name: String,
    pub requests: i64,
}

/// The same of a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct LinkedCompany {
    pub id: CompanyId,
    pub name: String,
    pub requests: i64,
}

/// What is in a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Holds {
    /// Whatever meets the criteria now.
    Dynamic { criteria: Criteria },
    /// Picked by hand.
    Static { tickets: Vec<TicketId> },
    /// Of two others.
    Combined { left: ViewId, right: ViewId, how: Combined },
}

text_enum! {
    Combined {
        Either = "either",
        Both = "both",
        /// In the left one and not in the right one.
        Without = "without",
    }
}
