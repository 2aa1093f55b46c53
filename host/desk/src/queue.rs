//! Get the next request of the queue. Section 5.5.

use crate::{Desk, Result, access::staff, model::*};

impl Desk {
    /// Claims the request whose deadline is nearest, of those that wait in a queue status in one's own categories and that
    /// one may change; without a deadline the oldest, after all others. Writers are serial, so nothing is handed out twice. QUE-1 to QUE-3.
    pub async fn next_in_queue(&self, actor: &Actor) -> Result<Next> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let found: Option<(TicketId, i64)> = sqlx::query_as(
            // The first of each queue, and the first of those.
            "select t.id, t.number from
               (select (select q.id from ticket q
                          where q.pile = 'unassigned' and q.category_id = h.category_id and q.status_id = s.id
                          order by coalesce(q.deadline, 9223372036854775807), q.created_at, q.id limit 1) as id
                from reach h cross join status s
                where h.agent_id = $1 and h.level >= 3 and s.queue_at is not null
                  and (h.category_id in (select category_id from category_member where agent_id = $1)
                       or h.category_id in (select c.category_id from category_team c
                                            join team_member m on m.team_id = c.team_id where m.agent_id = $1))) f
               join ticket t on t.id = f.id
             order by coalesce(t.deadline, 9223372036854775807), t.created_at, t.id limit 1",
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
