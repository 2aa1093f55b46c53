//! When something is due, and what happens then. Section 7.

use crate::{
    Desk, Result,
    db::Write,
    model::{EventKind, TicketId},
};

impl Write {
    /// Puts deadlines and the chain of escalation right after something happened to a request.
    pub(crate) async fn reckon_deadlines(&mut self, _ticket: &TicketId, _kinds: &[EventKind]) -> Result<()> {
        Ok(())
    }
}

impl Desk {
    /// Warns before a deadline is missed, and notes that one was.
    pub(crate) async fn heed_deadlines(&self) -> Result<()> {
        Ok(())
    }
}
