//! Where the built files are, by the names that pages use.

use std::{collections::HashMap, sync::Arc};

/// `customer.css` → `/assets/customer-1f0c….css`. Read once at start from the bundle's manifest.
#[derive(Clone, Debug, Default)]
pub struct Assets(pub Arc<HashMap<String, String>>);

impl Assets {
    /// The address of a built file. A name that was never built gives an address that answers 404, never a panic.
    pub fn url(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_else(|| format!("/assets/{name}"))
    }
}
