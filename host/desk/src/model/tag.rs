//! Tags. Section 8.3.

use super::TagId;
use serde::{Deserialize, Serialize};

/// A tag and how many requests have it. Section 8.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    pub requests: i64,
}
