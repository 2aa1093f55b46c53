//! The notices that an agent sees, and how many of them are new: a number that is kept and never counted again.

use crate::{
    Desk, Error, Result,
    access::{readable, staff},
    db::{Write, word},
    model::*,
    paged::{ASKED, page, passed},
    several::places,
};
use sqlx::AssertSqlSafe;

#[derive(sqlx::FromRow)]
struct NoticeRow {
    id: NotificationId,
    kind: String,
    number: i64,
    title: String,
    actor: String,
    times: i64,
    at: i64,
    seen_at: Option<i64>,
}

impl TryFrom<NoticeRow> for Notification {
    type Error = Error;

    fn try_from(row: NoticeRow) -> Result<Self> {
        Ok(Notification {
            id: row.id,
            kind: word(&row.kind)?,
            number: row.number,
            title: row.title,
            by: row.actor,
            times: row.times,
            at: row.at,
            seen: row.seen_at.is_some(),
        })
    }
}

/// Whether the agent of a notice may read its request, and it is neither in the bin nor swallowed.
macro_rules! in_sight {
    () => {
        "exists (select 1 from ticket t where t.id = notification.ticket_id and t.state not in ('linked', 'deleted')
           and (t.owner_id = notification.agent_id
             or exists (select 1 from reach h
                        where h.agent_id = notification.agent_id and h.category_id = t.category_id and h.level >= 2)
             or exists (select 1 from follower w
                        where w.agent_id = notification.agent_id and w.ticket_id = t.id)))"
    };
}

/// Events after which somebody may read a request who could not before, or the other way round.
pub(crate) fn moves_sight(kind: EventKind) -> bool {
    use EventKind::*;
    matches!(
        kind,
        Accepted
            | Transferred
            | Released
            | Distributed
            | HandedOut
            | CategoryChanged
            | Followed
            | Unfollowed
            | Deleted
            | Restored
            | MarkedSpam
            | Merged
            | Swallowed
            | Unmerged
            | Undone
    )
}

impl Desk {
    /// The latest fifty.
    pub async fn notifications(&self, actor: &Actor) -> Result<Vec<Notification>> {
        Ok(self.notice_page(actor, None).await?.rows)
    }

    /// A page of notices about requests that the agent may still read. `after` is the last page's `next`.
    ///
    /// # Errors
    /// `Invalid` for a mark that no page ended with.
    pub async fn notice_page(&self, actor: &Actor, after: Option<&str>) -> Result<NoticePage> {
        let me = staff(actor)?;
        let (before, id) = passed(after, i64::MAX)?;
        let rows: Vec<NoticeRow> = sqlx::query_as(concat!(
            "select n.id, n.kind, t.number, t.title, n.actor, n.times, n.at, n.seen_at
             from notification n join ticket t on t.id = n.ticket_id
             where n.agent_id = $1 and (n.at < $2 or (n.at = $2 and n.id < $3))
               and t.state not in ('linked', 'deleted') and ",
            readable!(),
            " order by n.at desc, n.id desc limit $4"
        ))
        .bind(me.clone())
        .bind(before)
        .bind(id)
        .bind(ASKED)
        .fetch_all(self.read())
        .await?;
        let placed = |row: NoticeRow| Ok(((row.at, row.id.to_string()), Notification::try_from(row)?));
        let Paged { rows, next } = page(rows.into_iter().map(placed).collect::<Result<_>>()?)?;
        Ok(NoticePage { rows, unseen: self.unseen(me).await?, next })
    }

    /// How many notices the agent has not seen: kept, not counted.
    pub(crate) async fn unseen(&self, me: &AgentId) -> Result<i64> {
        Ok(sqlx::query_scalar("select unseen from agent where id = $1").bind(me.clone()).fetch_one(self.read()).await?)
    }

    /// Everything that the agent was told is seen.
    pub async fn see_notifications(&self, actor: &Actor) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let now = write.now;
        let seen = sqlx::query(
            "update notification set seen_at = $2 where agent_id = $1 and seen_at is null and hidden_at is null",
        )
        .bind(me.clone())
        .bind(now)
        .execute(write.sql())
        .await?;
        write.count_unseen(&me, -(seen.rows_affected() as i64)).await?;
        // What was seen on a screen needs no mail.
        sqlx::query("delete from notice_mail where reader = $1").bind(me).execute(write.sql()).await?;
        self.commit(write).await
    }

    /// One notice is seen.
    pub async fn see_notice(&self, actor: &Actor, id: &NotificationId) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let now = write.now;
        let seen: Option<(TicketId, String)> = sqlx::query_as(
            "update notification set seen_at = $3
             where id = $2 and agent_id = $1 and seen_at is null and hidden_at is null returning ticket_id, kind",
        )
        .bind(me.clone())
        .bind(id.clone())
        .bind(now)
        .fetch_optional(write.sql())
        .await?;
        // Seen already, or not theirs: nothing to do, and nothing to tell.
        let Some((ticket, kind)) = seen else { return Ok(()) };
        write.count_unseen(&me, -1).await?;
        sqlx::query("delete from notice_mail where reader = $1 and ticket_id = $2 and kind = $3")
            .bind(me)
            .bind(ticket)
            .bind(kind)
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }

    /// Whether opening a request would change what the agent is told of it.
    pub(crate) async fn has_news_of(&self, me: &AgentId, ticket: &TicketId) -> Result<bool> {
        let news: Option<i64> = sqlx::query_scalar(
            "select at from notification where ticket_id = $2 and agent_id = $1 and seen_at is null and hidden_at is null
             union select at from notice_mail where ticket_id = $2 and reader = $1 limit 1",
        )
        .bind(me.clone())
        .bind(ticket.clone())
        .fetch_optional(self.read())
        .await?;
        Ok(news.is_some())
    }
}

impl Write {
    /// Whoever opens a request has seen what they were told of it, and needs no mail about it.
    pub(crate) async fn see_notices_of(&mut self, me: &AgentId, ticket: &TicketId) -> Result<()> {
        let now = self.now;
        let seen = sqlx::query(
            "update notification set seen_at = $3
             where ticket_id = $2 and agent_id = $1 and seen_at is null and hidden_at is null",
        )
        .bind(me.clone())
        .bind(ticket.clone())
        .bind(now)
        .execute(self.sql())
        .await?;
        self.count_unseen(me, -(seen.rows_affected() as i64)).await?;
        sqlx::query("delete from notice_mail where reader = $1 and ticket_id = $2")
            .bind(me.clone())
            .bind(ticket.clone())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// On the screens of at most [`MOST_VALUES`](crate::several::MOST_VALUES) agents. NOT-1: what is told again before it
    /// was seen is the same notice, told more often.
    pub(crate) async fn ring(
        &mut self,
        agents: &[AgentId],
        ticket: &TicketId,
        kind: NoticeKind,
        by: &str,
        at: i64,
    ) -> Result<()> {
        if agents.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "update notification set times = times + 1, actor = $3, at = $4
             where ticket_id = $1 and kind = $2 and agent_id in ({}) and seen_at is null and hidden_at is null
             returning agent_id",
            places(5, agents.len())
        );
        let query = sqlx::query_scalar(AssertSqlSafe(sql));
        let query = query.bind(ticket.clone()).bind(kind.as_str()).bind(by.to_owned()).bind(at);
        let again: Vec<AgentId> =
            agents.iter().fold(query, |query, agent| query.bind(agent.clone())).fetch_all(self.sql()).await?;
        let new: Vec<&AgentId> = agents.iter().filter(|agent| !again.contains(agent)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let rows: Vec<String> =
            (0..new.len()).map(|row| format!("($1, $2, $3, $4, {})", places(5 + 2 * row, 2))).collect();
        let sql =
            format!("insert into notification (ticket_id, kind, actor, at, id, agent_id) values {}", rows.join(", "));
        let query = sqlx::query(AssertSqlSafe(sql));
        let query = query.bind(ticket.clone()).bind(kind.as_str()).bind(by.to_owned()).bind(at);
        let query = new.iter().fold(query, |query, agent| query.bind(NotificationId::new()).bind((*agent).clone()));
        query.execute(self.sql()).await?;
        let sql = format!("update agent set unseen = unseen + 1 where id in ({})", places(1, new.len()));
        let query = new.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, agent| query.bind(agent.clone()));
        query.execute(self.sql()).await?;
        Ok(())
    }

    async fn count_unseen(&mut self, agent: &AgentId, by: i64) -> Result<()> {
        if by == 0 {
            return Ok(());
        }
        sqlx::query("update agent set unseen = unseen + $2 where id = $1")
            .bind(agent.clone())
            .bind(by)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Hides what may no longer be seen of a request, and shows what may be again. None is all requests, after a change of
    /// rights.
    pub(crate) async fn keep_notices_in_sight(&mut self, ticket: Option<&TicketId>) -> Result<()> {
        let now = self.now;
        // An empty word stands for all: one text for both.
        let of = ticket.map(|id| id.0.clone()).unwrap_or_default();
        let hidden: Vec<AgentId> = sqlx::query_scalar(concat!(
            "update notification set hidden_at = $2
             where seen_at is null and hidden_at is null and (ticket_id = $1 or $1 = '') and not ",
            in_sight!(),
            " returning agent_id"
        ))
        .bind(of.clone())
        .bind(now)
        .fetch_all(self.sql())
        .await?;
        let shown: Vec<AgentId> = sqlx::query_scalar(concat!(
            "update notification set hidden_at = null
             where seen_at is null and hidden_at is not null and (ticket_id = $1 or $1 = '') and ",
            in_sight!(),
            " returning agent_id"
        ))
        .bind(of)
        .fetch_all(self.sql())
        .await?;
        for (agents, by) in [(hidden, -1), (shown, 1)] {
            for agent in agents {
                self.count_unseen(&agent, by).await?;
            }
        }
        Ok(())
    }
}
