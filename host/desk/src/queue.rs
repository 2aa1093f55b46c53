//! Get the next request of the queue. Section 5.5.

use crate::{Desk, Result, access::staff, model::*};

impl Desk {
    /// Claims the request whose deadline is nearest, of those that wait in a queue status in one's own categories and that
    /// one may change; without a deadline the oldest, after all others. Writers are serial, so nothing is handed out twice. QUE-1 to QUE-3.
    pub async fn next_in_queue(&self, actor: &Actor) -> Result<Next> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let found: Option<(TicketId, i64)> = sqlx::query_as(
            "select t.id, t.number from status s cross join ticket t
             where t.status_id = s.id and t.owner_id is null and t.state = 'open' and s.queue_at is not null
               and exists (select 1 from reach h where h.agent_id = $1 and h.category_id = t.category_id and h.level >= 3)
               and (t.category_id in (select category_id from category_member where agent_id = $1)
                    or t.category_id in (select c.category_id from category_team c
                                         join team_member m on m.team_id = c.team_id where m.agent_id = $1))
             order by case when t.deadline is null then 1 else 0 end, t.deadline, t.created_at, t.id limit 1",
        )
        .bind(me.clone())
        .fetch_optional(write.sql())
        .await?;
        let Some((id, number)) = found else { return Ok(Next::Empty) };
        write.editable(actor, &id).await?;
        write.give(actor, Cause::Person, &id, &me, EventKind::HandedOut, None).await?;
        write.note_first_read(&id).await?;
        // It is in hand now: out of the queue's status. QUE-3.
        if let Some(status) = write.status_on_accept(&id).await? {
            write.set_status(actor, Cause::Person, &id, &status).await?;
        }
        self.commit(write).await?;
        Ok(Next::Yours { number })
    }
}
