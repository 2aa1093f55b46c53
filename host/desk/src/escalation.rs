//! What happens when nobody acts. Sections 7.3 and 7.4.

use crate::{Desk, Result};

impl Desk {
    /// Fires every level that is due.
    pub(crate) async fn escalate_due(&self) -> Result<()> {
        Ok(())
    }
}
