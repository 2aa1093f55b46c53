//! Tags. Section 8.3.

use super::TagId;
use serde::{Deserialize, Serialize};

/// A tag and how many requests have it. Section 8.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    pub requests: i64,
}
