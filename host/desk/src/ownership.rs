//! Whose request it is. Section 5.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write, word},
    message::{LONGEST_TEXT, Time, written},
    model::*,
    transition::{Deciders, decide},
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
        if facts.owner_id.as_ref() != from {
            return Err(Error::Taken { holder: write.holder(id).await?.map(|(_, name)| name).unwrap_or_default() });
        }
        write.give(actor, Cause::Person, id, &me, EventKind::Accepted, None).await?;
        write.note_first_read(id).await?;
        let accept = write.status_on_accept(id).await?;
        let by = Deciders { accept: accept.is_some(), ..Deciders::default() };
        if let (Whereto::Accept, Some(status)) = (decide(Some(word(&facts.state)?), Happening::Taken, by).to, accept) {
            write.set_status(actor, Cause::Person, id, &status).await?;
        }
        self.commit(write).await
    }

    /// Takes several that nobody has. ACC-2: each answers for itself.
    pub async fn take_many(&self, actor: &Actor, tickets: &[TicketId]) -> Result<Vec<Took>> {
        staff(actor)?;
        let mut took = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            let refused = self.take(actor, ticket, None).await.err();
            took.push(Took { ticket: ticket.clone(), refused });
        }
        Ok(took)
    }

    /// Gives a request to a colleague, with a word to them. Section 5.3. It becomes unread for them (TRF-5).
    pub async fn transfer(&self, actor: &Actor, id: &TicketId, to: &AgentId, comment: Option<Draft>) -> Result<()> {
        staff(actor)?;
        let comment = match comment {
            Some(draft) => {
                let time = Time::of(draft.seconds, draft.charge)?;
                Some((written("text", &draft.text, LONGEST_TEXT)?, self.uploads(&draft.files)?, time))
            }
            None => None,
        };
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        write.works_here(to).await?;
        if let Some((text, files, time)) = comment {
            write.add_comment(actor, id, text, files, time).await?;
        }
        if facts.owner_id.as_ref() != Some(to) {
            write.give(actor, Cause::Person, id, to, EventKind::Transferred, None).await?;
        }
        self.commit(write).await
    }

    /// Back to the rules, mostly with another category: they find somebody, never the giver while another is there.
    /// TRF-2, TRF-3. Who has it now; none where it waits for somebody.
    pub async fn hand_back(
        &self,
        actor: &Actor,
        id: &TicketId,
        category: Option<&CategoryId>,
    ) -> Result<Option<AgentId>> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        if let Some(category) = category {
            write.set_category(actor, Cause::Person, id, category).await?;
        }
        let facts = write.facts(&Actor::System, id).await?;
        let found = write.distribute(actor, Cause::Person, &facts, facts.owner_id.as_ref()).await?;
        if found.is_none() {
            write.release(actor, Cause::Person, id).await?;
        }
        self.commit(write).await?;
        Ok(found)
    }

    /// Puts it back among the unassigned.
    pub async fn release(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.release(actor, Cause::Person, id).await?;
        self.commit(write).await
    }

    /// Somebody doesn't work here any more: they can't come in, and what they had finds somebody else.
    pub async fn disable_agent(&self, actor: &Actor, agent: &AgentId) -> Result<()> {
        administrator(actor)?;
        if actor.agent() == Some(agent) {
            return Err(Error::invalid("agent", Why::Needed));
        }
        let mut write = self.write().await?;
        write.works_here(agent).await?;
        let now = write.now;
        sqlx::query("update agent set disabled_at = $2 where id = $1")
            .bind(agent.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        sqlx::query("delete from session where agent_id = $1").bind(agent.clone()).execute(write.sql()).await?;
        let theirs: Vec<TicketId> = sqlx::query_scalar(
            "select id from ticket where owner_id = $1 and state in ('open', 'postponed') order by id",
        )
        .bind(agent.clone())
        .fetch_all(write.sql())
        .await?;
        for id in theirs {
            // Found for the administrator: the step that is kept can be taken back once they work here again.
            let facts = write.facts(actor, &id).await?;
            if write.distribute(actor, Cause::Person, &facts, Some(agent)).await?.is_none() {
                write.release(actor, Cause::Person, &id).await?;
            }
        }
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Somebody works here again. What they had stays where it is, until the step that took it from them is taken back.
    pub async fn enable_agent(&self, actor: &Actor, agent: &AgentId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let back = sqlx::query("update agent set disabled_at = null where id = $1 and disabled_at is not null")
            .bind(agent.clone())
            .execute(write.sql())
            .await?;
        if back.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

impl Write {
    pub(crate) async fn release(&mut self, actor: &Actor, cause: Cause, id: &TicketId) -> Result<()> {
        let Some((holder, name)) = self.holder(id).await? else { return Ok(()) };
        sqlx::query("update ticket set owner_id = null, read = 'unread', assigned_at = null where id = $1")
            .bind(id.clone())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(id), old: Some(&name), data: Some(holder.0), ..Fact::default() };
        self.record(actor, cause, EventKind::Released, fact).await?;
        self.tally(id).await
    }

    /// The owner and their name.
    async fn holder(&mut self, id: &TicketId) -> Result<Option<(AgentId, String)>> {
        Ok(sqlx::query_as("select a.id, a.name from ticket t join agent a on a.id = t.owner_id where t.id = $1")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?)
    }

    pub(crate) async fn works_here(&mut self, agent: &AgentId) -> Result<()> {
        let there: Option<i64> =
            sqlx::query_scalar("select created_at from agent where id = $1 and disabled_at is null")
                .bind(agent.clone())
                .fetch_optional(self.sql())
                .await?;
        if there.is_some() { Ok(()) } else { Err(Error::invalid("to", Why::NotAChoice)) }
    }

    /// ACC-3; none where the request's type does not have it.
    pub(crate) async fn status_on_accept(&mut self, id: &TicketId) -> Result<Option<StatusId>> {
        let status: Option<StatusId> = sqlx::query_scalar("select id from status where accept_at is not null limit 1")
            .fetch_optional(self.sql())
            .await?;
        let Some(status) = status else { return Ok(None) };
        Ok(self.type_allows_status(id, &status).await?.then_some(status))
    }

    /// Whoever takes it has seen it.
    pub(crate) async fn note_first_read(&mut self, id: &TicketId) -> Result<()> {
        let now = self.now;
        sqlx::query("update ticket set first_read_at = coalesce(first_read_at, $2) where id = $1")
            .bind(id.clone())
            .bind(now)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// ASG-3: a customer wrote, and whoever has the request is not there.
    pub(crate) async fn reassign_if_absent(&mut self, cause: Cause, id: &TicketId) -> Result<()> {
        let facts = self.facts(&Actor::System, id).await?;
        let Some(owner) = &facts.owner_id else { return Ok(()) };
        let asked: Option<Option<i64>> = sqlx::query_scalar("select reassign_absent_at from category where id = $1")
            .bind(facts.category_id.clone())
            .fetch_optional(self.sql())
            .await?;
        if asked.flatten().is_none() || !self.is_absent(owner).await? {
            return Ok(());
        }
        self.distribute(&Actor::System, cause, &facts, Some(owner)).await?;
        Ok(())
    }

    /// MSG-4: whoever replies becomes owner where the category says so.
    pub(crate) async fn take_on_reply(
        &mut self,
        actor: &Actor,
        facts: &crate::access::TicketFacts,
        me: &AgentId,
    ) -> Result<()> {
        if facts.owner_id.as_ref() == Some(me) {
            return Ok(());
        }
        let asked: Option<Option<i64>> = sqlx::query_scalar("select take_on_reply_at from category where id = $1")
            .bind(facts.category_id.clone())
            .fetch_optional(self.sql())
            .await?;
        if asked.flatten().is_some() {
            self.give(actor, Cause::Person, &facts.id, me, EventKind::Accepted, None).await?;
        }
        Ok(())
    }
}
