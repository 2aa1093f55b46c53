//! Legal hold: while one stands on a request, a person or a company, nothing of it is erased: not by time, not by the bin,
//! not by forgetting a person, not by undoing and not by hand. Whoever tries is told who holds it, and why. C-20.
//!
//! Whoever is merged into another is held as that one: what a hold is on now is kept beside what it was placed on.

use crate::{
    Desk, Error, Result,
    db::{Fact, Write, word},
    message::written,
    model::*,
};

/// Whether a hold `h` is on request `t`: on itself, also on what was written on it and lies elsewhere now; on somebody who
/// has part in it; on the company that it or one of them belongs to.
macro_rules! holding {
    () => {
        "((h.kind = 'ticket' and (h.holds = t.id
             or exists (select 1 from message m where m.ticket_id = t.id and m.moved_from in (h.holds, h.placed_on))))
          or (h.kind = 'person' and (h.holds = t.person_id
             or exists (select 1 from ticket_contact c where c.ticket_id = t.id and c.person_id = h.holds)
             or exists (select 1 from message m where m.ticket_id = t.id and m.person_id = h.holds)))
          or (h.kind = 'company' and (h.holds = t.company_id
             or exists (select 1 from ticket_contact c join person p on p.id = c.person_id
                        where c.ticket_id = t.id and p.company_id = h.holds))))"
    };
}
pub(crate) use holding;

macro_rules! holds {
    ($($tail:tt)*) => {
        concat!(
            "select h.id, h.kind, h.holds, h.reason, h.by_name, h.at, t.number, coalesce(p.name, c.name, '') as name
             from legal_hold h left join ticket t on h.kind = 'ticket' and t.id = h.holds
             left join person p on h.kind = 'person' and p.id = h.holds
             left join company c on h.kind = 'company' and c.id = h.holds ",
            $($tail)*
        )
    };
}

#[derive(sqlx::FromRow)]
struct HoldRow {
    id: LegalHoldId,
    kind: String,
    holds: String,
    reason: String,
    by_name: String,
    at: i64,
    number: Option<i64>,
    name: String,
}

impl TryFrom<HoldRow> for LegalHold {
    type Error = Error;

    fn try_from(row: HoldRow) -> Result<LegalHold> {
        Ok(LegalHold {
            id: row.id,
            kind: word(&row.kind)?,
            on: row.holds,
            name: row.number.map_or(row.name, |number| format!("#{number}")),
            reason: row.reason,
            by: row.by_name,
            at: row.at,
        })
    }
}

/// Who keeps something, and why.
#[derive(sqlx::FromRow)]
struct Keeps {
    by_name: String,
    reason: String,
}

impl From<Keeps> for Error {
    fn from(keeps: Keeps) -> Self {
        Error::Held { by: keeps.by_name, reason: keeps.reason }
    }
}

impl Desk {
    /// Places a legal hold. Several may stand on the same; each is lifted by itself.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to; [`Error::NotFound`] for what is not there, or not to be read.
    pub async fn place_legal_hold(&self, actor: &Actor, new: &NewLegalHold) -> Result<LegalHoldId> {
        self.entitled(actor, Right::LegalHold).await?;
        let reason = written("reason", &new.reason, 1_000)?;
        let mut write = self.write().await?;
        let now_on = write.may_be_held(actor, new.kind, &new.on).await?;
        let (id, now) = (LegalHoldId::new(), write.now);
        sqlx::query(
            "insert into legal_hold (id, kind, placed_on, holds, reason, agent_id, by_name, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.clone())
        .bind(new.kind.as_str())
        .bind(new.on.clone())
        .bind(now_on.clone())
        .bind(reason.clone())
        .bind(actor.agent().cloned())
        .bind(actor.name().to_owned())
        .bind(now)
        .execute(write.sql())
        .await?;
        write.say_of_hold(actor, EventKind::LegalHoldPlaced, new.kind, &now_on, &reason).await?;
        self.commit(write).await?;
        Ok(id)
    }

    /// Lifts one; what other holds keep stays kept.
    ///
    /// # Errors
    /// As [`Desk::place_legal_hold`].
    pub async fn lift_legal_hold(&self, actor: &Actor, id: &LegalHoldId, reason: &str) -> Result<()> {
        self.entitled(actor, Right::LegalHold).await?;
        let reason = written("reason", reason, 1_000)?;
        let mut write = self.write().await?;
        let row: Option<(String, String)> = sqlx::query_as("select kind, holds from legal_hold where id = $1")
            .bind(id.clone())
            .fetch_optional(write.sql())
            .await?;
        let (kind, on) = row.ok_or(Error::NotFound)?;
        let kind: HeldKind = word(&kind)?;
        if kind == HeldKind::Ticket {
            write.facts(actor, &TicketId(on.clone())).await?;
        }
        sqlx::query("delete from legal_hold where id = $1").bind(id.clone()).execute(write.sql()).await?;
        write.say_of_hold(actor, EventKind::LegalHoldLifted, kind, &on, &reason).await?;
        self.commit(write).await
    }

    /// All that stand, the newest first; of requests those that the reader may read.
    pub async fn legal_holds(&self, actor: &Actor) -> Result<Vec<LegalHold>> {
        self.entitled(actor, Right::LegalHold).await?;
        let rows: Vec<HoldRow> = sqlx::query_as(holds!("order by h.at desc, h.id desc")).fetch_all(self.read()).await?;
        let mut holds = vec![];
        for row in rows {
            let hold = LegalHold::try_from(row)?;
            let hidden = hold.kind == HeldKind::Ticket
                && self.may(actor, &TicketId(hold.on.clone())).await? < crate::role::May::Read;
            if !hidden {
                holds.push(hold);
            }
        }
        Ok(holds)
    }

    /// What keeps one request from being erased, the oldest first.
    pub(crate) async fn holds_on(&self, ticket: &TicketId) -> Result<Vec<LegalHold>> {
        let rows: Vec<HoldRow> = sqlx::query_as(holds!(
            "where h.id in (select h.id from legal_hold h join ticket t on t.id = $1 where ",
            holding!(),
            ") order by h.at, h.id"
        ))
        .bind(ticket.clone())
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(LegalHold::try_from).collect()
    }
}

impl Write {
    /// What a hold is on now.
    async fn may_be_held(&mut self, actor: &Actor, kind: HeldKind, on: &str) -> Result<String> {
        match kind {
            HeldKind::Ticket => {
                let ticket = self.survivor(&TicketId::from(on)).await?;
                // In the bin, too: from there it would be erased.
                Ok(self.facts(actor, &ticket).await?.id.0)
            }
            HeldKind::Person => {
                let person = self.person_now(&PersonId::from(on)).await?;
                let there: Option<i64> =
                    sqlx::query_scalar("select created_at from person where id = $1 and erased_at is null")
                        .bind(person.clone())
                        .fetch_optional(self.sql())
                        .await?;
                there.map(|_| person.0).ok_or(Error::NotFound)
            }
            HeldKind::Company => {
                let company = self.company_now(&CompanyId::from(on)).await?;
                let there: Option<i64> = sqlx::query_scalar("select created_at from company where id = $1")
                    .bind(company.clone())
                    .fetch_optional(self.sql())
                    .await?;
                there.map(|_| company.0).ok_or(Error::NotFound)
            }
        }
    }

    /// On a request's own log where it is on a request; else in the log over everything.
    async fn say_of_hold(
        &mut self,
        actor: &Actor,
        kind: EventKind,
        of: HeldKind,
        on: &str,
        reason: &str,
    ) -> Result<()> {
        let ticket = (of == HeldKind::Ticket).then(|| TicketId::from(on));
        let data = serde_json::json!({ "kind": of.as_str(), "id": on }).to_string();
        let fact = Fact { ticket: ticket.as_ref(), new: Some(reason), data: Some(data), ..Fact::default() };
        self.record(actor, Cause::Person, kind, fact).await?;
        Ok(())
    }

    /// Nothing keeps this request from being erased.
    ///
    /// # Errors
    /// [`Error::Held`] with whoever placed the oldest hold, and why.
    pub(crate) async fn is_not_held(&mut self, id: &TicketId) -> Result<()> {
        let keeps: Option<Keeps> = sqlx::query_as(concat!(
            "select h.by_name, h.reason from legal_hold h join ticket t on t.id = $1 where ",
            holding!(),
            " order by h.at, h.id limit 1"
        ))
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        keeps.map_or(Ok(()), |keeps| Err(keeps.into()))
    }

    /// Nothing keeps this person from being forgotten: they are not held, nor their company, nor any request that they have
    /// part in or are named on.
    ///
    /// # Errors
    /// As [`Write::is_not_held`].
    pub(crate) async fn person_is_not_held(&mut self, id: &PersonId, named_on: &[TicketId]) -> Result<()> {
        let any: Option<i64> =
            sqlx::query_scalar("select at from legal_hold limit 1").fetch_optional(self.sql()).await?;
        if any.is_none() {
            return Ok(());
        }
        let keeps: Option<Keeps> = sqlx::query_as(
            "select h.by_name, h.reason from legal_hold h join person p on p.id = $1
             where (h.kind = 'person' and h.holds = p.id) or (h.kind = 'company' and h.holds = p.company_id)
             order by h.at, h.id limit 1",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        if let Some(keeps) = keeps {
            return Err(keeps.into());
        }
        let mut tickets = named_on.to_vec();
        for member in self.family(id).await? {
            let theirs: Vec<TicketId> = sqlx::query_scalar(
                "select id from ticket where person_id = $1 union select ticket_id from ticket_contact where person_id = $1
                 union select ticket_id from message where person_id = $1
                 union select x.ticket_id from ticket_field x join field f on f.id = x.field_id
                       where f.kind = 'person' and x.text = $1",
            )
            .bind(member)
            .fetch_all(self.sql())
            .await?;
            tickets.extend(theirs);
        }
        tickets.sort();
        tickets.dedup();
        for ticket in tickets {
            self.is_not_held(&ticket).await?;
        }
        Ok(())
    }

    /// What each hold is on now. Called by every write that merges, or takes a merge apart.
    pub(crate) async fn reckon_legal_holds(&mut self) -> Result<()> {
        let holds: Vec<(LegalHoldId, String, String, String)> =
            sqlx::query_as("select id, kind, placed_on, holds from legal_hold order by id")
                .fetch_all(self.sql())
                .await?;
        for (id, kind, placed_on, holds) in holds {
            let now_on = match word(&kind)? {
                HeldKind::Ticket => self.survivor(&TicketId(placed_on)).await?.0,
                HeldKind::Person => self.person_now(&PersonId(placed_on)).await?.0,
                HeldKind::Company => self.company_now(&CompanyId(placed_on)).await?.0,
            };
            if now_on != holds {
                sqlx::query("update legal_hold set holds = $2 where id = $1")
                    .bind(id)
                    .bind(now_on)
                    .execute(self.sql())
                    .await?;
            }
        }
        Ok(())
    }
}
