//! What an agent opened lately. Section 11.3.

use crate::{Desk, Result, access::staff, clock::MINUTE, db::Write, model::*};

/// So many are remembered for each agent.
const MOST_VISITS: i64 = 50;
/// Opened again within this time is the same visit: a page that reloads writes nothing.
const SAME_VISIT: i64 = MINUTE;

impl Desk {
    /// Requests that the agent opened lately, the latest first, without those they may no longer read.
    pub async fn visits(&self, actor: &Actor) -> Result<Vec<Visit>> {
        let me = staff(actor)?;
        let opened: Vec<(TicketId, i64)> = sqlx::query_as(
            "select v.ticket_id, v.at from visit v join ticket t on t.id = v.ticket_id
             where v.agent_id = $1 and t.state not in ('linked', 'deleted') order by v.at desc, v.ticket_id desc limit $2",
        )
        .bind(me.clone())
        .bind(MOST_VISITS)
        .fetch_all(self.read())
        .await?;
        let mut visits = Vec::with_capacity(opened.len());
        for (id, at) in opened {
            if self.may(actor, &id).await? < crate::role::May::Read {
                continue;
            }
            visits.extend(self.row(me, &id).await?.map(|ticket| Visit { ticket, at }));
        }
        Ok(visits)
    }

    /// Whether opening it now is worth writing down.
    pub(crate) async fn is_new_visit(&self, me: &AgentId, id: &TicketId) -> Result<bool> {
        let last: Option<i64> = sqlx::query_scalar("select at from visit where agent_id = $1 and ticket_id = $2")
            .bind(me.clone())
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?;
        Ok(last.is_none_or(|at| at <= self.clock().now() - SAME_VISIT))
    }
}

impl Write {
    /// Writes down that an agent opened a request, and forgets what lies further back than fifty.
    pub(crate) async fn visit(&mut self, me: &AgentId, id: &TicketId) -> Result<()> {
        let now = self.now;
        sqlx::query(
            "insert into visit (agent_id, ticket_id, at) values ($1, $2, $3)
             on conflict (agent_id, ticket_id) do update set at = excluded.at",
        )
        .bind(me.clone())
        .bind(id.clone())
        .bind(now)
        .execute(self.sql())
        .await?;
        sqlx::query(
            "delete from visit where agent_id = $1 and ticket_id not in
               (select ticket_id from visit where agent_id = $1 order by at desc, ticket_id desc limit $2)",
        )
        .bind(me.clone())
        .bind(MOST_VISITS)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
