//! Who may see and do what. One module decides, for every door.

use crate::{
    Desk, Error, Result,
    db::Write,
    model::{Access, Actor, AgentId, PersonId, TicketId},
};

/// What deciding about a request needs to know of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct TicketFacts {
    pub id: TicketId,
    pub number: i64,
    pub title: String,
    pub state: String,
    pub status_id: String,
    pub access: String,
    pub owner_id: Option<AgentId>,
    pub category_id: String,
    pub priority_id: String,
    pub account_id: String,
    pub person_id: Option<PersonId>,
    pub read: String,
    pub first_read_at: Option<i64>,
}

macro_rules! facts {
    ($tail:literal) => {
        concat!(
            "select id, number, title, state, status_id, access, owner_id, category_id, priority_id, account_id,
                    person_id, read, first_read_at from ticket ",
            $tail
        )
    };
}

/// Only staff go on.
pub(crate) fn staff(actor: &Actor) -> Result<&AgentId> {
    match actor {
        Actor::Agent { id, .. } => Ok(id),
        Actor::Anonymous => Err(Error::Unauthenticated),
        _ => Err(Error::Forbidden),
    }
}

impl Desk {
    /// The request, if the actor may know of it; *not found* is the answer for all others.
    pub(crate) async fn facts(&self, actor: &Actor, id: &TicketId) -> Result<TicketFacts> {
        let facts: TicketFacts = sqlx::query_as(facts!("where id = $1"))
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?
            .ok_or(Error::NotFound)?;
        self.judge(actor, facts).await
    }

    /// As [`Desk::facts`], by the number people say.
    pub(crate) async fn facts_by_number(&self, actor: &Actor, number: i64) -> Result<TicketFacts> {
        let facts: TicketFacts = sqlx::query_as(facts!("where number = $1"))
            .bind(number)
            .fetch_optional(self.read())
            .await?
            .ok_or(Error::NotFound)?;
        self.judge(actor, facts).await
    }

    async fn judge(&self, actor: &Actor, facts: TicketFacts) -> Result<TicketFacts> {
        let mut connection = self.read().acquire().await?;
        if may_see(&mut connection, actor, &facts).await? { Ok(facts) } else { Err(Error::NotFound) }
    }

    /// Whether a live stream may tell this actor that something about the request changed.
    pub async fn may_see(&self, actor: &Actor, id: &TicketId) -> Result<bool> {
        match self.facts(actor, id).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Write {
    /// The request as it is inside this write, if the actor may know of it.
    pub(crate) async fn facts(&mut self, actor: &Actor, id: &TicketId) -> Result<TicketFacts> {
        let facts: TicketFacts = sqlx::query_as(facts!("where id = $1"))
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?
            .ok_or(Error::NotFound)?;
        if may_see(self.sql(), actor, &facts).await? { Ok(facts) } else { Err(Error::NotFound) }
    }
}

async fn may_see(connection: &mut sqlx::AnyConnection, actor: &Actor, ticket: &TicketFacts) -> Result<bool> {
    let person = match actor {
        Actor::System | Actor::Agent { .. } => return Ok(true),
        Actor::Anonymous => return Ok(false),
        Actor::Follower { ticket: only, .. } if *only != ticket.id => return Ok(false),
        Actor::Follower { id, .. } | Actor::Customer { id, .. } => id,
    };
    // POR-3: an internal request does not exist for customers.
    if ticket.access != Access::External.as_str() {
        return Ok(false);
    }
    let contact: Option<i64> =
        sqlx::query_scalar("select position from ticket_contact where ticket_id = $1 and person_id = $2")
            .bind(ticket.id.clone())
            .bind(person.clone())
            .fetch_optional(connection)
            .await?;
    Ok(contact.is_some())
}
