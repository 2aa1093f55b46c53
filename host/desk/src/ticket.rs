//! A request: read, and what an agent sees of it.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    db::{Fact, word},
    model::*,
    token,
};

#[derive(sqlx::FromRow)]
struct TicketRecord {
    id: TicketId,
    number: i64,
    title: String,
    state: String,
    status_id: StatusId,
    access: String,
    origin: String,
    channel: Option<String>,
    read: String,
    owner_id: Option<AgentId>,
    category_id: CategoryId,
    priority_id: PriorityId,
    type_id: Option<RequestTypeId>,
    sale_id: Option<SaleId>,
    project_id: Option<ProjectId>,
    person_id: Option<PersonId>,
    created_at: i64,
    changed_at: i64,
    closed_at: Option<i64>,
    replied_at: Option<i64>,
    minutes: i64,
    charge: i64,
    wake_at: Option<i64>,
    deadline: Option<i64>,
    why: Option<String>,
    starred_at: Option<i64>,
}

/// The request that has or had this number: one that was swallowed is not led on.
pub(crate) async fn numbered(connection: &mut sqlx::AnyConnection, number: i64) -> Result<Option<TicketId>> {
    Ok(sqlx::query_scalar("select id from ticket where number = $1").bind(number).fetch_optional(connection).await?)
}

impl Desk {
    /// A request with all that an agent sees of it.
    pub async fn ticket(&self, actor: &Actor, number: i64) -> Result<Ticket> {
        let me = staff(actor)?;
        let facts = self.facts_by_number(actor, number).await?;
        // Read before the content: whoever answers by it is told about anything newer.
        let seen: i64 =
            sqlx::query_scalar("select value from counter where name = 'event'").fetch_one(self.read()).await?;
        let record: TicketRecord = sqlx::query_as(
            "select t.id, t.number, t.title, t.state, t.status_id, t.access, t.origin,
                    (select a.name from account a where a.id = t.account_id and a.kind = 'channel') as channel, t.read, t.owner_id, t.category_id,
                    t.priority_id, t.type_id, t.sale_id, t.project_id, t.person_id, t.created_at, t.changed_at, t.closed_at, t.replied_at, t.minutes, t.charge, t.wake_at, t.deadline, t.why,
                    f.at as starred_at
             from ticket t left join favourite f on f.ticket_id = t.id and f.agent_id = $2
             where t.id = $1",
        )
        .bind(facts.id.clone())
        .bind(me.clone())
        .fetch_one(self.read())
        .await?;
        let contacts: Vec<PersonId> =
            sqlx::query_scalar("select person_id from ticket_contact where ticket_id = $1 order by position")
                .bind(facts.id.clone())
                .fetch_all(self.read())
                .await?;
        let contacts = self.people(&contacts).await?;
        let owner = match &record.owner_id {
            Some(id) => {
                Some(self.agent(id).await.map(|row| AgentCard { id: row.id, name: row.name, email: row.email })?)
            }
            None => None,
        };
        let earlier = match &record.person_id {
            Some(person) => self.tickets_of(actor, person, Some(&record.id), 5).await?,
            None => vec![],
        };
        let link = match (&record.person_id, record.access == Access::External.as_str()) {
            (Some(person), true) => Some(self.link(record.number, &record.id, person)),
            _ => None,
        };
        let mut messages = self.messages(&record.id, true).await?;
        self.with_own_flags(me, &record.id, &mut messages).await?;
        Ok(Ticket {
            messages,
            log: self.log(&record.id).await?,
            company: self.company_of(&facts.id).await?,
            contacts,
            owner,
            earlier,
            link,
            holds: self.holds_on(&record.id).await?,
            seen,
            state: word(&record.state)?,
            access: word(&record.access)?,
            origin: word(&record.origin)?,
            channel: record.channel,
            read: word(&record.read)?,
            starred: record.starred_at.is_some(),
            minutes: record.minutes,
            charge: record.charge,
            wake_at: record.wake_at,
            deadline: record.deadline,
            why: record.why.as_deref().map(serde_json::from_str).transpose()?,
            id: record.id,
            number: record.number,
            title: record.title,
            status: record.status_id,
            category: record.category_id,
            priority: record.priority_id,
            kind: record.type_id,
            sale: record.sale_id,
            project: record.project_id,
            fields: self.fields_of(&facts.id).await?,
            created_at: record.created_at,
            changed_at: record.changed_at,
            closed_at: record.closed_at,
            replied_at: record.replied_at,
        })
    }

    /// An agent has opened it: it is among what they opened lately, what they were told of it is seen, and where they own it,
    /// it is green. Section 1.3, read status; section 11.3.
    pub async fn mark_read(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        let me = staff(actor)?;
        let facts = self.facts(actor, id).await?;
        let mine = facts.owner_id.as_ref() == Some(me);
        let known = facts.first_read_at.is_some() && (!mine || facts.read == ReadState::Read.as_str());
        // A look before the pen is taken: a page that reloads writes nothing.
        if known && !self.is_new_visit(me, id).await? && !self.has_news_of(me, id).await? {
            return Ok(());
        }
        let mut write = self.write().await?;
        write.visit(me, id).await?;
        write.see_notices_of(me, id).await?;
        if !known {
            write.note_first_read(id).await?;
        }
        if mine {
            let changed =
                sqlx::query("update ticket set read = 'read' where id = $1 and owner_id = $2 and read <> 'read'")
                    .bind(id.clone())
                    .bind(me.clone())
                    .execute(write.sql())
                    .await?;
            if changed.rows_affected() == 1 {
                let fact = Fact { ticket: Some(id), ..Fact::default() };
                write.record(actor, Cause::Person, EventKind::ReadByOwner, fact).await?;
            }
        }
        self.commit(write).await
    }

    /// Green without having been opened, or red again: whether its owner has read it is theirs to say. Sections 1.3 and 10.4.
    ///
    /// # Errors
    /// [`Why::NotAChoice`] for who does not own it.
    pub async fn set_read(&self, actor: &Actor, id: &TicketId, on: bool) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let facts = write.facts(actor, id).await?;
        if facts.owner_id.as_ref() != Some(&me) {
            return Err(Error::invalid("read", Why::NotAChoice));
        }
        let (state, kind) = match on {
            true => (ReadState::Read, EventKind::ReadByOwner),
            false => (ReadState::Unread, EventKind::MarkedUnread),
        };
        if facts.read == state.as_str() {
            return Ok(());
        }
        sqlx::query("update ticket set read = $2 where id = $1")
            .bind(id.clone())
            .bind(state.as_str())
            .execute(write.sql())
            .await?;
        if on {
            write.see_notices_of(&me, id).await?;
        }
        write.record(actor, Cause::Person, kind, Fact { ticket: Some(id), ..Fact::default() }).await?;
        self.commit(write).await
    }

    /// CRM-1: the main contact's; of a closed request as it was then.
    async fn company_of(&self, id: &TicketId) -> Result<Option<Company>> {
        let row: Option<(CompanyId, String)> =
            sqlx::query_as("select c.id, c.name from ticket t join company c on c.id = t.company_id where t.id = $1")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        Ok(row.map(|(id, name)| Company { id, name }))
    }

    /// Stars it, or takes the star away. FAV-1: personal, so no event.
    pub async fn star(&self, actor: &Actor, id: &TicketId, on: bool) -> Result<()> {
        let me = staff(actor)?;
        self.facts(actor, id).await?;
        let mut write = self.write().await?;
        let now = write.now;
        if on {
            sqlx::query("insert into favourite (agent_id, ticket_id, at) values ($1, $2, $3) on conflict do nothing")
                .bind(me.clone())
                .bind(id.clone())
                .bind(now)
                .execute(write.sql())
                .await?;
        } else {
            sqlx::query("delete from favourite where agent_id = $1 and ticket_id = $2")
                .bind(me.clone())
                .bind(id.clone())
                .execute(write.sql())
                .await?;
        }
        self.commit(write).await
    }

    /// The path of the private link by which one contact follows one request.
    pub(crate) fn link(&self, number: i64, ticket: &TicketId, person: &PersonId) -> String {
        format!("/r/{number}/{}", token::sign(self.secret(), "follow", &format!("{ticket}:{person}")))
    }

    /// Whoever holds the private link of a request, or of one that it swallowed: on the survivor's page everything goes by the
    /// survivor's number, and by the key that its reader came with (MRG-2).
    ///
    /// # Errors
    /// [`Error::NotFound`] for a wrong key, a wrong number and an internal request alike.
    pub async fn follow(&self, number: i64, key: &str) -> Result<Actor> {
        // A link was made for somebody who may have become another since.
        let contacts: Vec<(String, String, String, String)> = sqlx::query_as(
            "with recursive whole(id) as (
               select id from ticket where number = $1
               union select t.id from ticket t join whole w on t.master_id = w.id),
             line(ticket, person, name, once) as (
               select t.id, p.id, p.name, p.id from whole w join ticket t on t.id = w.id
               join ticket_contact c on c.ticket_id = t.id join person p on p.id = c.person_id
               where t.access = 'external'
               union all select l.ticket, l.person, l.name, p.id from person p join line l on p.merged_into = l.once)
             select ticket, person, name, once from line",
        )
        .bind(number)
        .fetch_all(self.read())
        .await?;
        let (ticket, person, name, _) = contacts
            .into_iter()
            .find(|(ticket, _, _, once)| token::verify(self.secret(), "follow", &format!("{ticket}:{once}"), key))
            .ok_or(Error::NotFound)?;
        // The link of a swallowed request leads to the survivor, for the same person.
        let ticket = self.survivor(&TicketId(ticket)).await?;
        Ok(Actor::Follower { id: PersonId(person), name, ticket })
    }

    /// Whoever holds the private link of the request that a message, or one of its attachments, belongs to.
    pub async fn follow_file(&self, id: &str, key: &str) -> Result<Actor> {
        let number: Option<i64> = sqlx::query_scalar(
            "select t.number from ticket t join message m on m.ticket_id = t.id
             where m.id = $1 or m.id = (select message_id from attachment where id = $1)",
        )
        .bind(id.to_owned())
        .fetch_optional(self.read())
        .await?;
        self.follow(number.ok_or(Error::NotFound)?, key).await
    }
}
