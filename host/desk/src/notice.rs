//! Whom an event concerns. Section 18: in the ways they chose, about what they may read, never about their own doing.

use crate::{
    Result,
    db::{Write, word},
    distribution::Given,
    model::*,
    several::{MOST_VALUES, places},
};
use sqlx::AssertSqlSafe;

/// An event, and how its request stands by the time it is told.
#[derive(sqlx::FromRow)]
struct Heard {
    kind: String,
    ticket_id: TicketId,
    actor_id: Option<String>,
    actor_name: String,
    data: Option<String>,
    at: i64,
    state: String,
    owner_id: Option<AgentId>,
    category_id: CategoryId,
}

impl Heard {
    /// From whom to whom, where the event is a new owner.
    fn given(&self) -> Option<Given> {
        self.data.as_deref().and_then(|data| serde_json::from_str(data).ok())
    }
}

/// What some agents are told.
type Told = Vec<(NoticeKind, Vec<AgentId>)>;

impl Write {
    /// Tells everybody whom an event concerns, on screens now and by mail with what else happens within minutes.
    pub(crate) async fn notify_of(&mut self, number: i64) -> Result<()> {
        let heard: Option<Heard> = sqlx::query_as(
            "select e.kind, t.id as ticket_id, e.actor_id, e.actor_name, e.data, e.at, t.state, t.owner_id, t.category_id
             from event e join ticket t on t.id = e.ticket_id
             where e.number = $1 and t.state not in ('linked', 'deleted')",
        )
        .bind(number)
        .fetch_optional(self.sql())
        .await?;
        let Some(heard) = heard else { return Ok(()) };
        let event: EventKind = word(&heard.kind)?;
        for (kind, mut agents) in self.who_is_told(event, &heard).await? {
            // NOT-1
            agents.retain(|agent| heard.actor_id.as_deref() != Some(agent.as_str()));
            let agents = self.who_may_hear_of(&heard.ticket_id, &agents).await?;
            self.notify(&agents, &heard.ticket_id, kind, &heard.actor_name, heard.at).await?;
        }
        if is_new_in_queue(event, &heard)? {
            self.tell_addresses(&heard).await?;
        }
        Ok(())
    }

    async fn who_is_told(&mut self, event: EventKind, heard: &Heard) -> Result<Told> {
        use EventKind as E;
        use NoticeKind as N;
        Ok(match event {
            E::Released => {
                let from: Vec<AgentId> = heard.data.clone().map(AgentId).into_iter().collect();
                let mut members =
                    if is_new_in_queue(event, heard)? { self.members(&heard.category_id).await? } else { vec![] };
                // Whoever had it knows it.
                members.retain(|agent| !from.contains(agent));
                let mut along = self.going_along(heard, N::OwnerChanged).await?;
                along.retain(|agent| !from.contains(agent) && !members.contains(agent));
                vec![(N::Released, from), (N::NewTicket, members), (N::OwnerChanged, along)]
            }
            _ if is_new_in_queue(event, heard)? => vec![(N::NewTicket, self.members(&heard.category_id).await?)],
            E::Accepted | E::HandedOut | E::Transferred | E::Distributed => {
                let mut told = given(heard);
                let mut along = self.going_along(heard, N::OwnerChanged).await?;
                along.retain(|agent| {
                    heard.owner_id.as_ref() != Some(agent) && !told.iter().any(|(_, of)| of.contains(agent))
                });
                told.push((N::OwnerChanged, along));
                told
            }
            E::Mentioned => vec![(N::Mentioned, heard.data.clone().map(AgentId).into_iter().collect())],
            _ => match told_to_concerned(event) {
                Some(kind) => vec![(kind, self.concerned(heard, kind).await?)],
                None => vec![],
            },
        })
    }

    /// Each of them in the ways that they chose for this.
    pub(crate) async fn notify(
        &mut self,
        agents: &[AgentId],
        ticket: &TicketId,
        kind: NoticeKind,
        by: &str,
        at: i64,
    ) -> Result<()> {
        for some in agents.chunks(MOST_VALUES) {
            let chosen = self.notices_chosen(some).await?;
            let by_way = |way| some.iter().filter(|agent| chosen.wants(agent, kind, way)).cloned().collect::<Vec<_>>();
            self.ring(&by_way(Way::Screen), ticket, kind, by, at).await?;
            for agent in by_way(Way::Mail) {
                self.put_by_for_mail(agent.as_str(), ticket, kind, by, at).await?;
            }
        }
        Ok(())
    }

    /// Tells every administrator something about a request that they should look into.
    pub(crate) async fn tell_administrators(&mut self, ticket: &TicketId, kind: NoticeKind) -> Result<()> {
        let now = self.now;
        let administrators: Vec<AgentId> =
            sqlx::query_scalar("select id from agent where admin_at is not null and disabled_at is null order by id")
                .fetch_all(self.sql())
                .await?;
        self.notify(&administrators, ticket, kind, "", now).await
    }

    /// Those of them who work here, and may read the request by the time it is told.
    async fn who_may_hear_of(&mut self, ticket: &TicketId, agents: &[AgentId]) -> Result<Vec<AgentId>> {
        let mut may = vec![];
        for some in agents.chunks(MOST_VALUES) {
            let sql = format!(
                "select a.id from agent a join ticket t on t.id = $1
                 where a.id in ({}) and a.disabled_at is null and (t.owner_id = a.id
                   or exists (select 1 from reach h where h.agent_id = a.id and h.category_id = t.category_id and h.level >= 2)
                   or exists (select 1 from follower w where w.agent_id = a.id and w.ticket_id = t.id))",
                places(2, some.len())
            );
            let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(ticket.clone());
            let query = some.iter().fold(query, |query, agent| query.bind(agent.clone()));
            may.extend(query.fetch_all(self.sql()).await?);
        }
        Ok(may)
    }

    /// Its owner and whoever goes along with it; and where nobody owns it, everybody who could have it.
    async fn concerned(&mut self, heard: &Heard, kind: NoticeKind) -> Result<Vec<AgentId>> {
        let mut concerned: Vec<AgentId> = heard.owner_id.iter().cloned().collect();
        concerned.extend(self.going_along(heard, kind).await?);
        if heard.owner_id.is_none() {
            concerned.extend(self.members(&heard.category_id).await?);
        }
        concerned.sort_unstable();
        concerned.dedup();
        Ok(concerned)
    }

    /// Whoever follows it and hears of this (C-15), and whoever has it among their favourites and wants to hear of those
    /// (FAV-1).
    async fn going_along(&mut self, heard: &Heard, kind: NoticeKind) -> Result<Vec<AgentId>> {
        let followers: Vec<(AgentId, String)> =
            sqlx::query_as("select agent_id, hears from follower where ticket_id = $1 order by agent_id")
                .bind(heard.ticket_id.clone())
                .fetch_all(self.sql())
                .await?;
        let mut along = vec![];
        let mut follow = vec![];
        for (agent, hears) in followers {
            if word::<Hearing>(&hears)?.takes(kind) {
                along.push(agent.clone());
            }
            follow.push(agent);
        }
        let starred: Vec<AgentId> =
            sqlx::query_scalar("select agent_id from favourite where ticket_id = $1 order by agent_id")
                .bind(heard.ticket_id.clone())
                .fetch_all(self.sql())
                .await?;
        for agent in starred {
            // Who follows it too has said how much of it they hear.
            if !follow.contains(&agent) && self.preferences_of(&agent).await?.favourite_notices {
                along.push(agent);
            }
        }
        Ok(along)
    }

    /// Whoever belongs to the category by themselves or by a team, where it wants them told. CAT-2.
    async fn members(&mut self, category: &CategoryId) -> Result<Vec<AgentId>> {
        Ok(sqlx::query_scalar(
            "select a.id from agent a join category c on c.id = $1
             where c.notify_members_at is not null and (a.id in
                 (select agent_id from category_member where category_id = $1)
               or a.id in (select t.agent_id from team_member t join category_team ct on ct.team_id = t.team_id
                           where ct.category_id = $1))
             order by a.id",
        )
        .bind(category.clone())
        .fetch_all(self.sql())
        .await?)
    }

    /// The addresses that the category names, by mail.
    async fn tell_addresses(&mut self, heard: &Heard) -> Result<()> {
        let addresses: String = sqlx::query_scalar("select notify_addresses from category where id = $1")
            .bind(heard.category_id.clone())
            .fetch_one(self.sql())
            .await?;
        for address in addresses.lines() {
            self.put_by_for_mail(address, &heard.ticket_id, NoticeKind::NewTicket, &heard.actor_name, heard.at).await?;
        }
        Ok(())
    }
}

/// What everybody whom a request concerns is told of an event; none where it is for others, or for nobody.
pub(crate) fn told_to_concerned(event: EventKind) -> Option<NoticeKind> {
    use EventKind as E;
    use NoticeKind as N;
    Some(match event {
        E::EnquiryReceived | E::Commented | E::Replied => N::NewMessage,
        E::Escalated => N::Escalated,
        E::DeadlineNear => N::DeadlineNear,
        E::DeadlineMissed => N::DeadlineMissed,
        E::Woken | E::Reopened => N::Reopened,
        E::HelperAnswered => N::HelperAnswered,
        E::HelperSilent => N::Unhandled,
        E::DeliveryFailed | E::DeliveryUncertain | E::Bounced => N::DeliveryFailed,
        _ => return None,
    })
}

/// Whoever got it hears of it, and whoever had it, unless they are the same again.
fn given(heard: &Heard) -> Told {
    let Some(given) = heard.given() else { return vec![] };
    let still = heard.owner_id.as_ref() == Some(&given.to);
    let from = given.from.filter(|from| heard.owner_id.as_ref() != Some(from));
    vec![
        (NoticeKind::Assigned, Some(given.to).filter(|_| still).into_iter().collect()),
        (NoticeKind::TakenOver, from.into_iter().collect()),
    ]
}

/// It waits for somebody in its category, and did not before.
fn is_new_in_queue(event: EventKind, heard: &Heard) -> Result<bool> {
    use EventKind::*;
    let came = matches!(event, TicketOpened | SplitOff | Released | CategoryChanged);
    Ok(came && heard.owner_id.is_none() && word::<State>(&heard.state)? == State::Open)
}
