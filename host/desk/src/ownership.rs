//! Whose request it is. Section 5.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    db::Fact,
    message::{LONGEST_TEXT, written},
    model::*,
};

impl Desk {
    /// Takes a request: one compare-and-set, so that of two who click at once one is told who was first (ACC-5).
    ///
    /// `from` is the holder the agent saw and agreed to take it from (ACC-6); without one it must be nobody's.
    ///
    /// # Errors
    /// [`Error::Taken`] with the holder's name.
    pub async fn take(&self, actor: &Actor, id: &TicketId, from: Option<&AgentId>) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        if facts.owner_id.as_ref() == Some(&me) {
            return Ok(());
        }
        let taken = sqlx::query(
            "update ticket set owner_id = $2, read = 'read', first_read_at = coalesce(first_read_at, $4),
                    status_id = case when state = 'open'
                                then coalesce((select id from status where accept_at is not null limit 1), status_id)
                                else status_id end
             where id = $1 and coalesce(owner_id, '') = $3",
        )
        .bind(id.clone())
        .bind(me)
        .bind(from.map(|id| id.0.clone()).unwrap_or_default())
        .bind(write.now)
        .execute(write.sql())
        .await?;
        if taken.rows_affected() == 0 {
            let holder: Option<String> =
                sqlx::query_scalar("select a.name from ticket t join agent a on a.id = t.owner_id where t.id = $1")
                    .bind(id.clone())
                    .fetch_optional(write.sql())
                    .await?;
            return Err(Error::Taken { holder: holder.unwrap_or_default() });
        }
        let old = facts.owner_id.map(|id| id.0);
        let fact = Fact { ticket: Some(id), old: old.as_deref(), new: Some(actor.name()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::Accepted, fact).await?;
        self.commit(write).await
    }

    /// Gives a request to a colleague, with a word to them. Section 5.3. It becomes unread for them (TRF-5).
    pub async fn transfer(&self, actor: &Actor, id: &TicketId, to: &AgentId, comment: Option<Draft>) -> Result<()> {
        staff(actor)?;
        let comment = match comment {
            Some(draft) => Some((written("text", &draft.text, LONGEST_TEXT)?, self.uploads(&draft.files)?)),
            None => None,
        };
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        let name: Option<String> = sqlx::query_scalar("select name from agent where id = $1 and disabled_at is null")
            .bind(to.clone())
            .fetch_optional(write.sql())
            .await?;
        let name = name.ok_or_else(|| Error::invalid("to", Why::NotAChoice))?;
        if let Some((text, files)) = comment {
            write.add_comment(actor, id, text, files).await?;
        }
        if facts.owner_id.as_ref() != Some(to) {
            let read = if actor.agent() == Some(to) { ReadState::Read } else { ReadState::Unread };
            sqlx::query("update ticket set owner_id = $2, read = $3 where id = $1")
                .bind(id.clone())
                .bind(to.clone())
                .bind(read.as_str())
                .execute(write.sql())
                .await?;
            let fact = Fact { ticket: Some(id), new: Some(&name), data: Some(to.0.clone()), ..Fact::default() };
            write.record(actor, Cause::Person, EventKind::Transferred, fact).await?;
        }
        self.commit(write).await
    }

    /// Puts it back among the unassigned.
    pub async fn release(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        if facts.owner_id.is_none() {
            return Ok(());
        }
        sqlx::query("update ticket set owner_id = null, read = 'unread' where id = $1")
            .bind(id.clone())
            .execute(write.sql())
            .await?;
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::Released, fact).await?;
        self.commit(write).await
    }
}
