//! Who may see and do what. One module decides, for every door.

use crate::{
    Desk, Error, Result,
    db::Write,
    model::{Access, Actor, AgentId, PersonId, Right, State, TicketId},
    role::May,
};

/// What deciding about a request needs to know of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct TicketFacts {
    pub id: TicketId,
    pub number: i64,
    pub title: String,
    pub state: String,
    pub access: String,
    pub owner_id: Option<AgentId>,
    pub category_id: String,
    pub priority_id: String,
    pub account_id: String,
    pub person_id: Option<PersonId>,
    pub company_id: Option<String>,
    pub read: String,
    pub first_read_at: Option<i64>,
}

macro_rules! facts {
    ($tail:literal) => {
        concat!(
            "select id, number, title, state, access, owner_id, category_id, priority_id, account_id, person_id, company_id,
                    read, first_read_at from ticket ",
            $tail
        )
    };
}

/// Requests `t` that agent `$1` may see in lists; a condition for every query that shows more than one.
macro_rules! listed {
    () => {
        "(t.owner_id = $1
          or exists (select 1 from reach h where h.agent_id = $1 and h.category_id = t.category_id)
          or exists (select 1 from follower w where w.agent_id = $1 and w.ticket_id = t.id))"
    };
}
pub(crate) use listed;

/// A category of requests that agent `$1` may see in lists, whoever they belong to.
macro_rules! reached {
    ($category:literal) => {
        concat!("exists (select 1 from reach h where h.agent_id = $1 and h.category_id = ", $category, ")")
    };
}
pub(crate) use reached;

/// Requests `t` that agent `$1` may read.
macro_rules! readable {
    () => {
        "(t.owner_id = $1
          or exists (select 1 from reach h where h.agent_id = $1 and h.category_id = t.category_id and h.level >= 2)
          or exists (select 1 from follower w where w.agent_id = $1 and w.ticket_id = t.id))"
    };
}
pub(crate) use readable;

/// Only staff go on.
pub(crate) fn staff(actor: &Actor) -> Result<&AgentId> {
    match actor {
        Actor::Agent { id, .. } => Ok(id),
        Actor::Anonymous => Err(Error::Unauthenticated),
        _ => Err(Error::Forbidden),
    }
}

/// Only staff go on, and Saker itself on its first start.
pub(crate) fn staff_or_setup(actor: &Actor) -> Result<()> {
    match actor {
        Actor::System => Ok(()),
        _ => staff(actor).map(|_| ()),
    }
}

/// Only administrators go on. Saker itself, on its first start, may do what they may.
pub(crate) fn administrator(actor: &Actor) -> Result<()> {
    match actor {
        Actor::System | Actor::Agent { admin: true, .. } => Ok(()),
        Actor::Anonymous => Err(Error::Unauthenticated),
        _ => Err(Error::Forbidden),
    }
}

/// Only who has a special right goes on; administrators have all of them. Section 19.
pub(crate) async fn entitled(connection: &mut sqlx::AnyConnection, actor: &Actor, right: Right) -> Result<()> {
    if administrator(actor).is_ok() || matches!(actor, Actor::Rule { .. } | Actor::Plugin { .. }) {
        return Ok(());
    }
    if rights_of(connection, staff(actor)?).await?.contains(&right) { Ok(()) } else { Err(Error::Forbidden) }
}

/// What the roles of somebody give beside the ladder.
async fn rights_of(connection: &mut sqlx::AnyConnection, agent: &AgentId) -> Result<Vec<Right>> {
    let rights: Vec<String> =
        sqlx::query_scalar("select r.rights from agent_role a join role r on r.id = a.role_id where a.agent_id = $1")
            .bind(agent.clone())
            .fetch_all(connection)
            .await?;
    let words: Vec<&str> = rights.iter().flat_map(|words| words.split_whitespace()).collect();
    Ok(Right::ALL.iter().copied().filter(|right| words.contains(&right.as_str())).collect())
}

impl Write {
    /// Whether somebody has a special right, when they do not ask for themselves.
    pub(crate) async fn has_right(&mut self, agent: &AgentId, right: Right) -> Result<bool> {
        let admin: Option<i64> =
            sqlx::query_scalar("select admin_at from agent where id = $1 and admin_at is not null")
                .bind(agent.clone())
                .fetch_optional(self.sql())
                .await?;
        Ok(admin.is_some() || rights_of(self.sql(), agent).await?.contains(&right))
    }

    pub(crate) async fn entitled(&mut self, actor: &Actor, right: Right) -> Result<()> {
        entitled(self.sql(), actor, right).await
    }
}

impl Desk {
    /// All that the actor may beside the ladder.
    pub(crate) async fn rights(&self, actor: &Actor) -> Result<Vec<Right>> {
        match administrator(actor) {
            Ok(()) => Ok(Right::ALL.to_vec()),
            Err(_) => rights_of(&mut *self.read().acquire().await?, staff(actor)?).await,
        }
    }

    pub(crate) async fn entitled(&self, actor: &Actor, right: Right) -> Result<()> {
        let mut connection = self.read().acquire().await?;
        entitled(&mut connection, actor, right).await
    }

    /// The request, if the actor may read it; *not found* is the answer for all others.
    pub(crate) async fn facts(&self, actor: &Actor, id: &TicketId) -> Result<TicketFacts> {
        let facts: TicketFacts = sqlx::query_as(facts!("where id = $1"))
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?
            .ok_or(Error::NotFound)?;
        self.judge(actor, facts).await
    }

    /// As [`Desk::facts`], by the number people say; a swallowed one leads to its survivor (MRG-2).
    pub(crate) async fn facts_by_number(&self, actor: &Actor, number: i64) -> Result<TicketFacts> {
        let facts: TicketFacts = sqlx::query_as(facts!("where number = $1"))
            .bind(number)
            .fetch_optional(self.read())
            .await?
            .ok_or(Error::NotFound)?;
        if facts.state == State::Linked.as_str() {
            return self.facts(actor, &self.survivor(&facts.id).await?).await;
        }
        self.judge(actor, facts).await
    }

    /// Where a request is found now: itself, unless it was merged into another.
    pub(crate) async fn survivor(&self, id: &TicketId) -> Result<TicketId> {
        let mut connection = self.read().acquire().await?;
        crate::merge::survivor(&mut connection, id).await
    }

    async fn judge(&self, actor: &Actor, facts: TicketFacts) -> Result<TicketFacts> {
        let mut connection = self.read().acquire().await?;
        if may(&mut connection, actor, &facts).await? >= May::Read { Ok(facts) } else { Err(Error::NotFound) }
    }

    /// Whether a live stream may tell this actor that something about the request changed.
    pub async fn may_see(&self, actor: &Actor, id: &TicketId) -> Result<bool> {
        Ok(self.may(actor, id).await? >= May::List)
    }

    /// What the actor may do with a request; nothing where there is none.
    pub async fn may(&self, actor: &Actor, id: &TicketId) -> Result<May> {
        let facts: Option<TicketFacts> =
            sqlx::query_as(facts!("where id = $1")).bind(id.clone()).fetch_optional(self.read()).await?;
        let mut connection = self.read().acquire().await?;
        match facts {
            Some(facts) => may(&mut connection, actor, &facts).await,
            None => Ok(May::Nothing),
        }
    }
}

impl Write {
    /// The request as it is inside this write, if the actor may read it. It is remembered, so that what follows can be
    /// taken back.
    pub(crate) async fn facts(&mut self, actor: &Actor, id: &TicketId) -> Result<TicketFacts> {
        self.facts_if(actor, id, May::Read).await
    }

    /// As [`Write::facts`], for those who may change it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for whoever may read it only.
    pub(crate) async fn editable(&mut self, actor: &Actor, id: &TicketId) -> Result<TicketFacts> {
        self.facts_if(actor, id, May::Edit).await
    }

    /// The request as it is, for whoever asks about somebody else's rights. Remembers nothing.
    pub(crate) async fn ticket_facts(&mut self, id: &TicketId) -> Result<Option<TicketFacts>> {
        Ok(sqlx::query_as(facts!("where id = $1")).bind(id.clone()).fetch_optional(self.sql()).await?)
    }

    async fn facts_if(&mut self, actor: &Actor, id: &TicketId, needed: May) -> Result<TicketFacts> {
        let facts: TicketFacts = sqlx::query_as(facts!("where id = $1"))
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?
            .ok_or(Error::NotFound)?;
        let may = may(self.sql(), actor, &facts).await?;
        if may < May::Read {
            return Err(Error::NotFound);
        }
        if may < needed {
            return Err(Error::Forbidden);
        }
        if matches!(actor, Actor::Agent { .. } | Actor::Rule { .. } | Actor::Plugin { .. }) {
            self.remember(id).await?;
        }
        Ok(facts)
    }
}

/// The one function that decides. Every page, call, search hit, file and live update asks it.
pub(crate) async fn may(connection: &mut sqlx::AnyConnection, actor: &Actor, ticket: &TicketFacts) -> Result<May> {
    match actor {
        Actor::System | Actor::Rule { .. } | Actor::Plugin { .. } | Actor::Agent { admin: true, .. } => Ok(May::Edit),
        Actor::Anonymous => Ok(May::Nothing),
        Actor::Agent { id, .. } => agent_may(connection, id, ticket).await,
        Actor::Follower { ticket: only, .. } if *only != ticket.id => Ok(May::Nothing),
        Actor::Follower { id, .. } | Actor::Customer { id, .. } => customer_may(connection, id, ticket).await,
    }
}

/// Section 19: by role and category; whoever owns it or takes part in it reads it anyway (RGT-3).
async fn agent_may(connection: &mut sqlx::AnyConnection, agent: &AgentId, ticket: &TicketFacts) -> Result<May> {
    if ticket.owner_id.as_ref() == Some(agent) {
        return Ok(May::Edit);
    }
    let level: Option<i64> = sqlx::query_scalar("select level from reach where agent_id = $1 and category_id = $2")
        .bind(agent.clone())
        .bind(ticket.category_id.clone())
        .fetch_optional(&mut *connection)
        .await?;
    let may = May::from_level(level.unwrap_or(0));
    if may >= May::Read {
        return Ok(may);
    }
    let takes_part: Option<i64> = sqlx::query_scalar("select at from follower where agent_id = $1 and ticket_id = $2")
        .bind(agent.clone())
        .bind(ticket.id.clone())
        .fetch_optional(connection)
        .await?;
    Ok(if takes_part.is_some() { May::Read } else { may })
}

impl TicketFacts {
    /// Section 25.1: the word for why a request does not exist for customers; none for one that does.
    pub(crate) fn hidden_from_customers(&self) -> Option<&str> {
        if self.access != Access::External.as_str() {
            return Some(&self.access);
        }
        [State::Deleted.as_str(), State::Linked.as_str()].contains(&self.state.as_str()).then_some(&self.state)
    }
}

/// Section 25.1: what is internal, deleted or swallowed does not exist for customers; their own they may answer.
async fn customer_may(connection: &mut sqlx::AnyConnection, person: &PersonId, ticket: &TicketFacts) -> Result<May> {
    if ticket.hidden_from_customers().is_some() {
        return Ok(May::Nothing);
    }
    let contact: Option<i64> =
        sqlx::query_scalar("select position from ticket_contact where ticket_id = $1 and person_id = $2")
            .bind(ticket.id.clone())
            .bind(person.clone())
            .fetch_optional(&mut *connection)
            .await?;
    if contact.is_some() {
        return Ok(May::Edit);
    }
    // POR-4: a colleague who may see everything of their company.
    let colleague: Option<i64> = sqlx::query_scalar(
        "select company_requests_at from person where id = $1 and company_id = $2 and company_requests_at is not null",
    )
    .bind(person.clone())
    .bind(ticket.company_id.clone().unwrap_or_default())
    .fetch_optional(connection)
    .await?;
    Ok(if colleague.is_some() { May::Edit } else { May::Nothing })
}
