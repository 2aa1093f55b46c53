//! Who goes along with a request without owning it. C-15, section 11.2.

use crate::{
    Desk, Error, Result,
    access::staff,
    db::{Fact, Write, word},
    model::*,
};

/// Requests `t` by who follows them. `cross join` keeps SQLite from walking every request to look for its followers.
pub(crate) const FOLLOWED: &str = "follower w cross join ticket t";

/// What agent `$1` sees only because they follow it: in nothing that they own, in no category that they reach.
macro_rules! followed_only {
    () => {
        concat!(
            "t.id = w.ticket_id and w.agent_id = $1 and coalesce(t.owner_id, '') <> $1 and not ",
            $crate::access::reached!("t.category_id")
        )
    };
}
pub(crate) use followed_only;

impl Desk {
    /// Follows a request, or lets it go: for oneself, or for a colleague who is to know of it. Whoever follows may read it.
    pub async fn follow_ticket(&self, actor: &Actor, id: &TicketId, agent: &AgentId, on: bool) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        if *agent == me {
            write.facts(actor, id).await?;
        } else {
            write.editable(actor, id).await?;
        }
        write.go_along(actor, Cause::Person, id, agent, on).await?;
        self.commit(write).await
    }

    /// Who follows a request.
    pub async fn followers(&self, actor: &Actor, id: &TicketId) -> Result<Vec<Follower>> {
        staff(actor)?;
        self.facts(actor, id).await?;
        let rows: Vec<(AgentId, String, String, String)> = sqlx::query_as(
            "select a.id, a.name, a.email, f.hears from follower f join agent a on a.id = f.agent_id
             where f.ticket_id = $1 order by a.name, a.id",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|(id, name, email, hears)| Ok(Follower { id, name, email, hears: word(&hears)? }))
            .collect()
    }

    /// How much one hears of a request that one follows. Nobody else's business, so that no log tells it. C-15.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that one does not follow.
    pub async fn hear_of(&self, actor: &Actor, id: &TicketId, hearing: Hearing) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let changed = sqlx::query("update follower set hears = $3 where ticket_id = $1 and agent_id = $2")
            .bind(id.clone())
            .bind(me)
            .bind(hearing.as_str())
            .execute(write.sql())
            .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        self.commit(write).await
    }
}

impl Write {
    /// An agent follows a request, or no longer does; nothing happens where that was so already.
    pub(crate) async fn go_along(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        agent: &AgentId,
        on: bool,
    ) -> Result<()> {
        self.works_here(agent).await?;
        let now = self.now;
        let changed = if on {
            sqlx::query("insert into follower (ticket_id, agent_id, at) values ($1, $2, $3) on conflict do nothing")
                .bind(id.clone())
                .bind(agent.clone())
                .bind(now)
                .execute(self.sql())
                .await?
        } else {
            sqlx::query("delete from follower where ticket_id = $1 and agent_id = $2")
                .bind(id.clone())
                .bind(agent.clone())
                .execute(self.sql())
                .await?
        };
        if changed.rows_affected() == 1 {
            let name: String = sqlx::query_scalar("select name from agent where id = $1")
                .bind(agent.clone())
                .fetch_one(self.sql())
                .await?;
            let kind = if on { EventKind::Followed } else { EventKind::Unfollowed };
            let fact = Fact { ticket: Some(id), new: Some(&name), data: Some(agent.0.clone()), ..Fact::default() };
            self.record(actor, cause, kind, fact).await?;
        }
        Ok(())
    }
}
