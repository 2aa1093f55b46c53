//! Lists that are read in pages.

use serde::{Deserialize, Serialize};

/// A page of at most 50 rows. `next` is handed back to go on; without it there is no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Paged<T> {
    pub rows: Vec<T>,
    pub next: Option<String>,
}
