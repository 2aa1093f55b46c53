//! What customers do and see. Sections 15 and 25.1: external requests, external messages, and none of our inner words.

use crate::{
    Desk, Error, Result,
    db::{Fact, Write},
    message::first_name,
    model::*,
    paged::{ASKED, page, passed},
};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// A request in its customer's list.
#[derive(sqlx::FromRow)]
struct Standing {
    id: TicketId,
    number: i64,
    title: String,
    state: String,
    category_id: String,
    owner: Option<String>,
    created_at: i64,
    changed_at: i64,
    first_read_at: Option<i64>,
    replied_at: Option<i64>,
    closed_at: Option<i64>,
    /// When the status was told to begin a new request for an answer.
    new_on_reply_at: Option<i64>,
    read_by_customer_at: Option<i64>,
    last_external_by_staff_at: Option<i64>,
    last_external_at: Option<i64>,
    /// [`Seen`], while a reply waits to leave.
    seen: Option<String>,
}

/// What a reply that can still be called back would change for its customer, as it was before.
#[derive(Serialize, Deserialize)]
struct Seen {
    state: String,
    owner: Option<String>,
    first_read_at: Option<i64>,
    replied_at: Option<i64>,
    closed_at: Option<i64>,
    by_staff_at: Option<i64>,
    external_at: Option<i64>,
}

/// The columns of [`Standing`]; `$1` is now.
macro_rules! standing {
    ($tail:literal) => {
        concat!(
            "select t.id, t.number, t.title, t.state, t.category_id, a.name as owner, t.created_at, t.changed_at,
                    t.first_read_at, t.replied_at, t.closed_at, t.read_by_customer_at, t.last_external_by_staff_at,
                    t.last_external_at, s.new_on_reply_at,
                    (select h.seen from held h join message m on m.id = h.message_id
                     where m.ticket_id = t.id and h.until_at > $1 order by h.until_at limit 1) as seen
             from ticket t left join agent a on a.id = t.owner_id join status s on s.id = t.status_id ",
            $tail
        )
    };
}

/// Of a customer's own requests, and those of their company where they may (POR-4); `$2` is who.
macro_rules! theirs {
    ($what:expr, $tail:literal) => {
        concat!(
            $what,
            "where (exists (select 1 from ticket_contact c where c.ticket_id = t.id and c.person_id = $2)
                    or exists (select 1 from person p where p.id = $2 and p.company_requests_at is not null
                               and p.company_id = t.company_id))
               and t.access = 'external' and t.state not in ('linked', 'deleted') ",
            $tail
        )
    };
}

impl Standing {
    /// Without what waits to leave. What the customer said meanwhile counts.
    fn without_what_waits(mut self) -> Result<Self> {
        let Some(seen) = self.seen.take() else { return Ok(self) };
        let seen: Seen = serde_json::from_str(&seen)?;
        if self.last_external_at == self.last_external_by_staff_at {
            self.last_external_at = seen.external_at;
        }
        Ok(Standing {
            state: seen.state,
            owner: seen.owner,
            first_read_at: seen.first_read_at,
            replied_at: seen.replied_at,
            closed_at: seen.closed_at,
            last_external_by_staff_at: seen.by_staff_at,
            ..self
        })
    }

    fn is_solved(&self) -> bool {
        self.state == State::Closed.as_str()
    }

    /// Our statuses in a customer's four words.
    fn progress(&self) -> Progress {
        if self.is_solved() {
            Progress::Solved
        } else if self.last_external_by_staff_at.is_some() && self.last_external_by_staff_at == self.last_external_at {
            Progress::WaitingForYou
        } else if self.owner.is_some() || self.first_read_at.is_some() {
            Progress::InProgress
        } else {
            Progress::Received
        }
    }

    /// When something last happened that its customer can see.
    fn moved_at(&self) -> i64 {
        self.last_external_at.unwrap_or(self.changed_at)
    }

    fn news(&self) -> bool {
        self.last_external_by_staff_at.is_some_and(|at| self.read_by_customer_at.is_none_or(|read| read < at))
    }
}

impl Desk {
    /// A request as its customer sees it. Opening it is noted (POR-6).
    pub async fn customer_ticket(&self, actor: &Actor, number: i64) -> Result<CustomerTicket> {
        let person = actor.person().ok_or(Error::Unauthenticated)?.clone();
        let facts = self.facts_by_number(actor, number).await?;
        let standing: Standing = sqlx::query_as(standing!("where t.id = $2"))
            .bind(self.clock().now())
            .bind(facts.id.clone())
            .fetch_one(self.read())
            .await?;
        let standing = standing.without_what_waits()?;
        if standing.news() {
            self.read_by_customer(actor, &facts.id).await?;
        }
        let email = self.first_address(&person).await?.unwrap_or_default();
        Ok(CustomerTicket {
            progress: standing.progress(),
            messages: self.messages(&facts.id, false).await?,
            category: self.category_outside(&standing.category_id).await?,
            link: self.link(facts.number, &facts.id, &person),
            customer: actor.name().to_owned(),
            customer_email: email,
            owner: standing.owner.as_deref().map(first_name),
            fields: self.fields_of(&facts.id).await?.into_iter().filter(|f| f.portal && !f.values.is_empty()).collect(),
            id: standing.id,
            number: standing.number,
            title: standing.title,
            created_at: standing.created_at,
            read_at: standing.first_read_at,
            replied_at: standing.replied_at,
            closed_at: standing.closed_at,
            ended: standing.new_on_reply_at.is_some(),
        })
    }

    async fn read_by_customer(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        let mut write = self.write().await?;
        let now = write.now;
        // What waits was not seen: it is news when it leaves.
        let waiting: Option<i64> = sqlx::query_scalar(
            "select min(m.created_at) from message m join held h on h.message_id = m.id
             where m.ticket_id = $1 and h.until_at > $2",
        )
        .bind(id.clone())
        .bind(now)
        .fetch_one(write.sql())
        .await?;
        sqlx::query("update ticket set read_by_customer_at = $2 where id = $1")
            .bind(id.clone())
            .bind(waiting.map_or(now, |said| said - 1))
            .execute(write.sql())
            .await?;
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::ReadByCustomer, fact).await?;
        self.commit(write).await
    }

    /// A page of a signed-in customer's own requests, those that are solved or those that are not, and how many there are of
    /// each. By what they see: neither our comments nor what waits to leave moves a request.
    ///
    /// # Errors
    /// `Invalid` at `after` for what no page ended with.
    pub async fn customer_tickets(&self, actor: &Actor, solved: bool, after: Option<&str>) -> Result<CustomerList> {
        let Actor::Customer { id, .. } = actor else { return Err(Error::Unauthenticated) };
        let (at, last) = passed(after, i64::MAX)?;
        let now = self.clock().now();
        let mut rows: Vec<Standing> = sqlx::query_as(theirs!(
            standing!(""),
            "and not exists (select 1 from held h join message m on m.id = h.message_id
                             where m.ticket_id = t.id and h.until_at > $1)
               and case when t.state = 'closed' then 1 else 0 end = $3
               and (coalesce(t.last_external_at, t.changed_at) < $4
                    or (coalesce(t.last_external_at, t.changed_at) = $4 and t.id > $5))
             order by coalesce(t.last_external_at, t.changed_at) desc, t.id limit $6"
        ))
        .bind(now)
        .bind(id.clone())
        .bind(i64::from(solved))
        .bind(at)
        .bind(last.clone())
        .bind(ASKED)
        .fetch_all(self.read())
        .await?;
        // Where a reply waits to leave, what they see is not what the rows say; there are never many.
        let waiting: Vec<Standing> = sqlx::query_as(theirs!(
            standing!(""),
            "and exists (select 1 from held h join message m on m.id = h.message_id
                         where m.ticket_id = t.id and h.until_at > $1)"
        ))
        .bind(now)
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let counted: Vec<(i64, i64)> = sqlx::query_as(theirs!(
            "select case when t.state = 'closed' then 1 else 0 end as solved, count(*) from ticket t ",
            "and not exists (select 1 from held h join message m on m.id = h.message_id
                             where m.ticket_id = t.id and h.until_at > $1)
             group by case when t.state = 'closed' then 1 else 0 end"
        ))
        .bind(now)
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let count = |of: bool| -> i64 {
            counted.iter().filter(|(closed, _)| *closed == i64::from(of)).map(|(_, count)| count).sum()
        };
        let mut counts = [count(false), count(true)];
        for row in waiting {
            let row = row.without_what_waits()?;
            counts[usize::from(row.is_solved())] += 1;
            let behind = (Reverse(row.moved_at()), row.id.as_str()) > (Reverse(at), last.as_str());
            if row.is_solved() == solved && behind {
                rows.push(row);
            }
        }
        rows.sort_by(|one, other| (Reverse(one.moved_at()), &one.id.0).cmp(&(Reverse(other.moved_at()), &other.id.0)));
        let rows = rows.into_iter().map(|row| {
            let shown = CustomerRow {
                progress: row.progress(),
                news: row.news(),
                link: format!("/r/{}", row.number),
                number: row.number,
                changed_at: row.moved_at(),
                title: row.title,
            };
            ((shown.changed_at, row.id.0), shown)
        });
        let Paged { rows, next } = page(rows.collect())?;
        let [open, solved] = counts;
        Ok(CustomerList { rows, next, open, solved })
    }
}

impl Write {
    /// What the customer sees of a request now, to be kept with a reply that waits.
    pub(crate) async fn seen_by_customer(&mut self, id: &TicketId) -> Result<String> {
        let now = self.now;
        let standing: Standing =
            sqlx::query_as(standing!("where t.id = $2")).bind(now).bind(id.clone()).fetch_one(self.sql()).await?;
        let standing = standing.without_what_waits()?;
        Ok(serde_json::to_string(&Seen {
            state: standing.state,
            owner: standing.owner,
            first_read_at: standing.first_read_at,
            replied_at: standing.replied_at,
            closed_at: standing.closed_at,
            by_staff_at: standing.last_external_by_staff_at,
            external_at: standing.last_external_at,
        })?)
    }
}
