//! What colleagues are told. Section 18: who it concerns, never about their own doing (NOT-1).

use crate::{
    Desk, Result,
    access::{listed, staff},
    db::{Write, word},
    distribution::Given,
    model::*,
};

#[derive(sqlx::FromRow)]
struct Heard {
    kind: String,
    ticket_id: Option<TicketId>,
    actor_id: Option<String>,
    actor_name: String,
    data: Option<String>,
    at: i64,
    owner_id: Option<AgentId>,
    category_id: Option<CategoryId>,
}

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

impl Desk {
    /// The latest fifty.
    pub async fn notifications(&self, actor: &Actor) -> Result<Vec<Notification>> {
        let me = staff(actor)?;
        // A title is shown to those who may still see the request.
        let rows: Vec<NoticeRow> = sqlx::query_as(concat!(
            "select n.id, n.kind, t.number, t.title, n.actor, n.times, n.at, n.seen_at
             from notification n join ticket t on t.id = n.ticket_id
             where n.agent_id = $1 and t.state <> 'deleted' and ",
            listed!(),
            " order by n.at desc, n.id desc limit 50"
        ))
        .bind(me.clone())
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|row| {
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
            })
            .collect()
    }

    pub async fn see_notifications(&self, actor: &Actor) -> Result<()> {
        let me = staff(actor)?;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("update notification set seen_at = $2 where agent_id = $1 and seen_at is null")
            .bind(me.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }
}

impl Write {
    pub(crate) async fn notify_of(&mut self, number: i64) -> Result<()> {
        let heard: Option<Heard> = sqlx::query_as(
            "select e.kind, e.ticket_id, e.actor_id, e.actor_name, e.data, e.at, t.owner_id, t.category_id
             from event e left join ticket t on t.id = e.ticket_id
             where e.number = $1 and coalesce(t.state, '') <> 'deleted'",
        )
        .bind(number)
        .fetch_optional(self.sql())
        .await?;
        let Some(Heard { kind, ticket_id: Some(ticket), actor_id, actor_name, data, at, owner_id, category_id }) =
            heard
        else {
            return Ok(());
        };
        let (kind, agents): (NoticeKind, Vec<AgentId>) = match word::<EventKind>(&kind)? {
            EventKind::TicketOpened if owner_id.is_none() => (NoticeKind::NewTicket, self.members(category_id).await?),
            EventKind::Transferred | EventKind::Distributed => (NoticeKind::Assigned, owner_id.into_iter().collect()),
            EventKind::Escalated => (NoticeKind::Escalated, self.who_goes_along(&ticket, owner_id).await?),
            EventKind::DeadlineNear => (NoticeKind::DeadlineNear, self.owner_or_members(owner_id, category_id).await?),
            EventKind::DeadlineMissed => {
                (NoticeKind::DeadlineMissed, self.owner_or_members(owner_id, category_id).await?)
            }
            EventKind::Woken => (NoticeKind::Reopened, self.who_goes_along(&ticket, owner_id).await?),
            EventKind::EnquiryReceived | EventKind::Commented => {
                (NoticeKind::NewMessage, self.who_goes_along(&ticket, owner_id).await?)
            }
            EventKind::HelperAnswered => (NoticeKind::HelperAnswered, self.who_goes_along(&ticket, owner_id).await?),
            EventKind::HelperSilent => (NoticeKind::Unhandled, self.who_goes_along(&ticket, owner_id).await?),
            EventKind::Mentioned => (NoticeKind::Mentioned, data.map(AgentId).into_iter().collect()),
            EventKind::Accepted | EventKind::HandedOut => {
                let given: Option<Given> = data.as_deref().and_then(|data| serde_json::from_str(data).ok());
                (NoticeKind::TakenOver, given.and_then(|given| given.from).into_iter().collect())
            }
            EventKind::Reopened => (NoticeKind::Reopened, self.who_goes_along(&ticket, owner_id).await?),
            EventKind::DeliveryFailed | EventKind::DeliveryUncertain | EventKind::Bounced => {
                (NoticeKind::DeliveryFailed, owner_id.into_iter().collect())
            }
            _ => return Ok(()),
        };
        for agent in agents {
            if actor_id.as_deref() == Some(agent.as_str()) {
                continue;
            }
            self.notify(&agent, &ticket, kind, &actor_name, at).await?;
        }
        Ok(())
    }

    /// NOT-1: what is told again before it was seen is the same notice, told more often.
    async fn notify(&mut self, agent: &AgentId, ticket: &TicketId, kind: NoticeKind, by: &str, at: i64) -> Result<()> {
        let again = sqlx::query(
            "update notification set times = times + 1, actor = $4, at = $5
             where agent_id = $1 and ticket_id = $2 and kind = $3 and seen_at is null",
        )
        .bind(agent.clone())
        .bind(ticket.clone())
        .bind(kind.as_str())
        .bind(by.to_owned())
        .bind(at)
        .execute(self.sql())
        .await?;
        if again.rows_affected() > 0 {
            return Ok(());
        }
        sqlx::query(
            "insert into notification (id, agent_id, ticket_id, kind, actor, at) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(NotificationId::new())
        .bind(agent.clone())
        .bind(ticket.clone())
        .bind(kind.as_str())
        .bind(by.to_owned())
        .bind(at)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Its owner, whoever follows it, and whoever has it among their favourites and wants to hear of those. FAV-1.
    async fn who_goes_along(&mut self, ticket: &TicketId, owner: Option<AgentId>) -> Result<Vec<AgentId>> {
        let mut along: Vec<AgentId> = sqlx::query_scalar(
            "select a.id from agent a where a.disabled_at is null and (a.id = $2
               or a.id in (select agent_id from follower where ticket_id = $1)) order by a.id",
        )
        .bind(ticket.clone())
        .bind(owner.map(|id| id.0).unwrap_or_default())
        .fetch_all(self.sql())
        .await?;
        let starred: Vec<AgentId> = sqlx::query_scalar(
            "select a.id from agent a join favourite f on f.agent_id = a.id
             where f.ticket_id = $1 and a.disabled_at is null order by a.id",
        )
        .bind(ticket.clone())
        .fetch_all(self.sql())
        .await?;
        for agent in starred {
            if !along.contains(&agent) && self.preferences_of(&agent).await?.favourite_notices {
                along.push(agent);
            }
        }
        Ok(along)
    }

    /// What nobody has concerns everybody who could have it.
    async fn owner_or_members(&mut self, owner: Option<AgentId>, category: Option<CategoryId>) -> Result<Vec<AgentId>> {
        match owner {
            Some(owner) => Ok(vec![owner]),
            None => self.members(category).await,
        }
    }

    /// Whoever belongs to the category by themselves or by a team, where it wants them told. CAT-2.
    async fn members(&mut self, category: Option<CategoryId>) -> Result<Vec<AgentId>> {
        Ok(sqlx::query_scalar(
            "select a.id from agent a join category c on c.id = $1
             where a.disabled_at is null and c.notify_members_at is not null and (a.id in
                 (select agent_id from category_member where category_id = $1)
               or a.id in (select t.agent_id from team_member t join category_team ct on ct.team_id = t.team_id
                           where ct.category_id = $1))
             order by a.id",
        )
        .bind(category)
        .fetch_all(self.sql())
        .await?)
    }
}
