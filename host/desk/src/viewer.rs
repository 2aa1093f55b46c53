//! Who has a request on their screen just now, and who is writing on it, so that two don't answer the same customer. C-1.
//!
//! What nobody asks for an hour later is no event: it stands in rows that end by themselves, and the tail tells screens of
//! them as it tells them of events.

use crate::{Desk, Error, Result, Why, access::staff, clock::SECOND, db::Write, model::*};

/// A screen that says nothing for so long is gone. It speaks every [`VIEWER_BEAT`] seconds.
const STAYS: i64 = 2 * VIEWER_BEAT * SECOND + 5 * SECOND;
/// Screens of one agent that are remembered for one moment.
const MOST_SCREENS: i64 = 40;
/// The longest name of a screen.
const LONGEST_SCREEN: usize = 64;

#[derive(sqlx::FromRow)]
struct Row {
    id: AgentId,
    name: String,
    email: String,
    writing: i64,
}

impl Desk {
    /// Notes what an agent's screen does with a request, and says which colleagues are there. Whoever stays says so again
    /// every [`VIEWER_BEAT`] seconds; that writes nothing as long as nothing would end in between.
    ///
    /// # Errors
    /// `NotFound` for what the agent may not read; `Invalid` for a screen without a name, or with a long one.
    pub async fn attend(
        &self,
        actor: &Actor,
        ticket: &TicketId,
        screen: &str,
        attention: Attention,
    ) -> Result<Vec<Viewer>> {
        let me = staff(actor)?;
        if screen.is_empty() {
            return Err(Error::invalid("screen", Why::Missing));
        }
        if screen.chars().count() > LONGEST_SCREEN {
            return Err(Error::invalid("screen", Why::TooLong { most: LONGEST_SCREEN as u32 }));
        }
        if attention == Attention::Gone {
            self.turn_away(me, ticket, screen).await?;
            return Ok(vec![]);
        }
        self.facts(actor, ticket).await?;
        let writing = i64::from(attention == Attention::Writing);
        let there: Option<i64> = sqlx::query_scalar(
            "select until_at from viewer where ticket_id = $1 and agent_id = $2 and screen = $3 and writing = $4",
        )
        .bind(ticket.clone())
        .bind(me.clone())
        .bind(screen.to_owned())
        .bind(writing)
        .fetch_optional(self.read())
        .await?;
        if there.is_none_or(|until| until < self.clock().now() + STAYS / 2) {
            let mut write = self.write().await?;
            write.attend(me, ticket, screen, writing).await?;
            self.commit(write).await?;
        }
        self.viewers(actor, ticket).await
    }

    /// The colleagues who have a request on a screen just now, those who write first.
    ///
    /// # Errors
    /// `NotFound` for what the agent may not read.
    pub async fn viewers(&self, actor: &Actor, ticket: &TicketId) -> Result<Vec<Viewer>> {
        let me = staff(actor)?;
        self.facts(actor, ticket).await?;
        let rows: Vec<Row> = sqlx::query_as(
            "select a.id, a.name, a.email, max(v.writing) as writing from viewer v join agent a on a.id = v.agent_id
             where v.ticket_id = $1 and v.agent_id <> $2 and v.until_at > $3
             group by a.id, a.name, a.email order by max(v.writing) desc, a.name, a.id",
        )
        .bind(ticket.clone())
        .bind(me.clone())
        .bind(self.clock().now())
        .fetch_all(self.read())
        .await?;
        let viewer = |row: Row| Viewer {
            agent: AgentCard { id: row.id, name: row.name, email: row.email },
            writing: row.writing > 0,
        };
        Ok(rows.into_iter().map(viewer).collect())
    }

    /// A screen shows something else now; nothing happens where it never showed this.
    async fn turn_away(&self, me: &AgentId, ticket: &TicketId, screen: &str) -> Result<()> {
        let mut write = self.write().await?;
        let (number, now) = (write.number(), write.now);
        sqlx::query(
            "update viewer set until_at = $5, attended = $1 where ticket_id = $2 and agent_id = $3 and screen = $4",
        )
        .bind(number)
        .bind(ticket.clone())
        .bind(me.clone())
        .bind(screen.to_owned())
        .bind(now)
        .execute(write.sql())
        .await?;
        self.commit(write).await
    }

    /// The last write that the viewers of a request changed in.
    pub(crate) async fn last_attended(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("select coalesce(max(attended), 0) from viewer").fetch_one(self.read()).await?)
    }

    /// Tells the live streams whose viewers changed after write number `told`.
    pub(crate) async fn tell_viewers(&self, told: &mut i64) -> Result<()> {
        let rows: Vec<(TicketId, i64)> = sqlx::query_as(
            "select ticket_id, max(attended) from viewer where attended > $1 group by ticket_id order by max(attended)",
        )
        .bind(*told)
        .fetch_all(self.read())
        .await?;
        for (ticket, attended) in rows {
            *told = attended;
            self.tell_attended(ticket);
        }
        Ok(())
    }
}

impl Write {
    /// A screen looks at a request, or writes on it. What ended a while ago goes.
    async fn attend(&mut self, me: &AgentId, ticket: &TicketId, screen: &str, writing: i64) -> Result<()> {
        let (now, number) = (self.now, self.number());
        // One agent's only: a write never grows with the number of colleagues.
        sqlx::query(
            "delete from viewer where agent_id = $1 and (until_at < $2 or (until_at, ticket_id, screen) not in
               (select until_at, ticket_id, screen from viewer where agent_id = $1
                order by until_at desc, ticket_id, screen limit $3))",
        )
        .bind(me.clone())
        .bind(now - STAYS)
        .bind(MOST_SCREENS)
        .execute(self.sql())
        .await?;
        // Looking on is no news; beginning and ending to write is.
        sqlx::query(
            "insert into viewer (ticket_id, agent_id, screen, writing, until_at, attended) values ($1, $2, $3, $4, $5, $6)
             on conflict (ticket_id, agent_id, screen) do update set
               attended = case when viewer.writing = excluded.writing and viewer.until_at > $7 then viewer.attended
                               else excluded.attended end,
               writing = excluded.writing, until_at = excluded.until_at",
        )
        .bind(ticket.clone())
        .bind(me.clone())
        .bind(screen.to_owned())
        .bind(writing)
        .bind(now + STAYS)
        .bind(number)
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
