//! How urgent a request is. Section 7.1.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    db::{Fact, Write},
    model::*,
};

impl Desk {
    pub async fn set_priority(&self, actor: &Actor, id: &TicketId, priority: &PriorityId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.set_priority(actor, Cause::Person, id, priority).await?;
        self.commit(write).await
    }
}

impl Write {
    /// The names of both languages stand in the choices; the log keeps the ids. PRI-4: the first priority is kept.
    pub(crate) async fn set_priority(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        priority: &PriorityId,
    ) -> Result<()> {
        let old: String = sqlx::query_scalar("select priority_id from ticket where id = $1")
            .bind(id.clone())
            .fetch_one(self.sql())
            .await?;
        if old == priority.0 {
            return Ok(());
        }
        let known: Option<i64> = sqlx::query_scalar("select rank from priority where id = $1 and deleted_at is null")
            .bind(priority.clone())
            .fetch_optional(self.sql())
            .await?;
        known.ok_or_else(|| Error::invalid("priority", Why::NotAChoice))?;
        sqlx::query("update ticket set priority_id = $2 where id = $1")
            .bind(id.clone())
            .bind(priority.clone())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(id), old: Some(&old), new: Some(priority.as_str()), ..Fact::default() };
        self.record(actor, cause, EventKind::PriorityChanged, fact).await?;
        Ok(())
    }

    /// PRI-2: the contact's priority, else the company's, else the door's own (which is the default where none was set).
    pub(crate) async fn automatic_priority(
        &mut self,
        person: Option<&PersonId>,
        door: &PriorityId,
    ) -> Result<PriorityId> {
        let Some(person) = person else { return Ok(door.clone()) };
        let own: Option<Option<String>> = sqlx::query_scalar(
            "select coalesce(p.priority_id, c.priority_id) from person p
             left join company c on c.id = p.company_id where p.id = $1",
        )
        .bind(person.clone())
        .fetch_optional(self.sql())
        .await?;
        Ok(own.flatten().map_or_else(|| door.clone(), PriorityId))
    }
}
