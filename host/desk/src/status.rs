//! Where a request stands. Section 6: user-defined statuses over a few states that Saker understands.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    clock::{DAY, HOUR, MINUTE},
    db::{Fact, Write, word},
    model::*,
    transition::{Deciders, decide},
};

/// Postponed requests whose time has come. Section 6.2.
pub(crate) const DUE: &str = "select id as subject, id as ticket_id, wake_at as due_at from ticket where wake_at <= $1";

impl Desk {
    /// Sets a status. One that postpones needs a time: see [`Desk::postpone`].
    pub async fn set_status(&self, actor: &Actor, id: &TicketId, status: &StatusId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.set_status(actor, Cause::Person, id, status).await?;
        self.commit(write).await
    }

    /// Puts it off until a time; then it opens by itself. STA-6.
    ///
    /// # Errors
    /// [`Why::Past`] for a time that is not to come.
    pub async fn postpone(&self, actor: &Actor, id: &TicketId, until: Until, status: Option<&StatusId>) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        let at = wake_at(until, write.now)?;
        let status = match status {
            Some(status) => status.clone(),
            None => write.usual_status(id, State::Postponed).await?,
        };
        if write.state_of(&status).await? != State::Postponed || !write.type_allows_status(id, &status).await? {
            return Err(Error::invalid("status", Why::NotAChoice));
        }
        write.postpone(actor, Cause::Person, id, &status, at).await?;
        self.commit(write).await
    }

    /// Closes it with the usual status.
    pub async fn close_ticket(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.close(actor, Cause::Person, id).await?;
        self.commit(write).await
    }

    /// A customer is content, and closes it from the portal.
    pub async fn solve(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        actor.person().ok_or(Error::Unauthenticated)?;
        let mut write = self.write().await?;
        let facts = write.facts(actor, id).await?;
        let moved = decide(Some(word(&facts.state)?), Happening::CustomerSolved, Deciders::default());
        if moved.fact.is_some() {
            write.close(actor, Cause::Form, id).await?;
        }
        self.commit(write).await
    }

    /// What somebody should know before closing. CLO-3.
    pub async fn before_closing(&self, actor: &Actor, id: &TicketId) -> Result<BeforeClosing> {
        staff(actor)?;
        let facts = self.facts(actor, id).await?;
        let replied: Option<i64> =
            sqlx::query_scalar("select replied_at from ticket where id = $1 and replied_at is not null")
                .bind(facts.id.clone())
                .fetch_optional(self.read())
                .await?;
        let mut before = self.closing_offers(&facts.id).await?;
        before.missing_fields = self.missing_fields(&facts.id).await?;
        before.unanswered = replied.is_none() && facts.access == Access::External.as_str();
        Ok(before)
    }

    /// How long a request was in each phase up to now, by the statuses that it was in; closed time counts nowhere.
    pub async fn phases(&self, actor: &Actor, id: &TicketId) -> Result<Phases> {
        staff(actor)?;
        self.facts(actor, id).await?;
        let spells: Vec<(String, i64, Option<i64>)> = sqlx::query_as(
            "select s.track, p.from_at, p.to_at from status_spell p join status s on s.id = p.status_id
             where p.ticket_id = $1 and s.state in ('open', 'postponed') order by p.from_at",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let mut phases = Phases::default();
        for (track, from, to) in spells {
            let minutes = (to.unwrap_or_else(|| self.clock().now()) - from) / MINUTE;
            match word(&track)? {
                Phase::Queue => phases.queue += minutes,
                Phase::Internal => phases.internal += minutes,
                Phase::External => phases.external += minutes,
            }
        }
        Ok(phases)
    }
}

/// STA-6: a moment, or one of the usual spans. A month is as long as the months are.
pub(crate) fn wake_at(until: Until, now: i64) -> Result<i64> {
    let at = match until {
        Until::At { at } => at,
        Until::Hours { hours } => now + i64::from(hours) * HOUR,
        Until::Day => now + DAY,
        Until::Week => now + 7 * DAY,
        Until::Month => jiff::Timestamp::from_microsecond(now)
            .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC))
            .and_then(|at| at.checked_add(jiff::Span::new().months(1)))
            .map_or(now + 30 * DAY, |at| at.timestamp().as_microsecond()),
    };
    if at <= now { Err(Error::invalid("until", Why::Past)) } else { Ok(at) }
}

impl Write {
    pub(crate) async fn state_of(&mut self, status: &StatusId) -> Result<State> {
        let state: Option<String> = sqlx::query_scalar("select state from status where id = $1 and deleted_at is null")
            .bind(status.clone())
            .fetch_optional(self.sql())
            .await?;
        word(&state.ok_or_else(|| Error::invalid("status", Why::NotAChoice))?)
    }

    /// To a status, or put off until a time where the status is one for that.
    pub(crate) async fn set_status_until(
        &mut self,
        actor: &Actor,
        id: &TicketId,
        status: &StatusId,
        until: Option<Until>,
    ) -> Result<()> {
        match until {
            Some(until) if self.state_of(status).await? == State::Postponed => {
                if !self.type_allows_status(id, status).await? {
                    return Err(Error::invalid("status", Why::NotAChoice));
                }
                let at = wake_at(until, self.now)?;
                self.postpone(actor, Cause::Person, id, status, at).await
            }
            _ => self.set_status(actor, Cause::Person, id, status).await,
        }
    }

    pub(crate) async fn set_status(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        status: &StatusId,
    ) -> Result<()> {
        match self.state_of(status).await? {
            // STA-2
            State::Linked | State::Deleted => Err(Error::invalid("status", Why::NotAChoice)),
            State::Postponed => Err(Error::invalid("until", Why::Missing)),
            // Section 8.2: only what its type allows.
            _ if !self.type_allows_status(id, status).await? => Err(Error::invalid("status", Why::NotAChoice)),
            state => self.move_to(actor, cause, id, status, state).await,
        }
    }

    /// Section 6.2, for every way into open and closed.
    pub(crate) async fn move_to(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        status: &StatusId,
        state: State,
    ) -> Result<()> {
        let (old_state, old): (String, String) = sqlx::query_as("select state, status_id from ticket where id = $1")
            .bind(id.clone())
            .fetch_one(self.sql())
            .await?;
        if old == status.0 {
            return Ok(());
        }
        let closes = state == State::Closed;
        let what = if closes { Happening::SetClosed } else { Happening::SetOpen };
        let kind = decide(Some(word(&old_state)?), what, Deciders::default()).allowed("status")?;
        if kind == EventKind::Closed {
            self.may_close(id).await?;
            if matches!(actor, Actor::Agent { .. } | Actor::Rule { .. } | Actor::Plugin { .. }) {
                self.fields_are_filled(id, false).await?;
            }
        }
        let now = self.now;
        sqlx::query(
            "update ticket set status_id = $2, state = $3, wake_at = null, reopenings = reopenings + $4,
                    closed_at = case when $5 = 0 then null else coalesce(closed_at, $6) end where id = $1",
        )
        .bind(id.clone())
        .bind(status.clone())
        .bind(state.as_str())
        .bind(i64::from(kind == EventKind::Reopened))
        .bind(i64::from(closes))
        .bind(now)
        .execute(self.sql())
        .await?;
        let fact = Fact { ticket: Some(id), old: Some(&old), new: Some(status.as_str()), ..Fact::default() };
        self.record(actor, cause, kind, fact).await?;
        Ok(())
    }

    pub(crate) async fn postpone(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        status: &StatusId,
        at: i64,
    ) -> Result<()> {
        let (old_state, old): (String, String) = sqlx::query_as("select state, status_id from ticket where id = $1")
            .bind(id.clone())
            .fetch_one(self.sql())
            .await?;
        let kind = decide(Some(word(&old_state)?), Happening::PutOff, Deciders::default()).allowed("status")?;
        sqlx::query(
            "update ticket set status_id = $2, state = 'postponed', wake_at = $3, closed_at = null where id = $1",
        )
        .bind(id.clone())
        .bind(status.clone())
        .bind(at)
        .execute(self.sql())
        .await?;
        let fact = Fact { ticket: Some(id), old: Some(&old), new: Some(status.as_str()), data: Some(at.to_string()) };
        self.record(actor, cause, kind, fact).await?;
        Ok(())
    }

    /// Opens it, if it is still postponed and its time has come.
    pub(crate) async fn wake(&mut self, id: &TicketId) -> Result<()> {
        let now = self.now;
        let old: Option<String> =
            sqlx::query_scalar("select status_id from ticket where id = $1 and state = 'postponed' and wake_at <= $2")
                .bind(id.clone())
                .bind(now)
                .fetch_optional(self.sql())
                .await?;
        let Some(old) = old else { return Ok(()) };
        let moved = decide(Some(State::Postponed), Happening::TimeCame, Deciders::default());
        let (Whereto::Usual { state }, Some(kind)) = (moved.to, moved.fact) else { return Ok(()) };
        let open = self.usual_status(id, state).await?;
        sqlx::query("update ticket set status_id = $2, state = $3, wake_at = null where id = $1")
            .bind(id.clone())
            .bind(open.clone())
            .bind(state.as_str())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(id), old: Some(&old), new: Some(open.as_str()), ..Fact::default() };
        self.record(&Actor::System, Cause::Clock, kind, fact).await?;
        Ok(())
    }

    pub(crate) async fn close(&mut self, actor: &Actor, cause: Cause, id: &TicketId) -> Result<()> {
        let closed = self.usual_status(id, State::Closed).await?;
        self.set_status(actor, cause, id, &closed).await
    }

    /// To the usual open status, where what happened opens it.
    pub(crate) async fn reopen(&mut self, actor: &Actor, cause: Cause, id: &TicketId, what: Happening) -> Result<()> {
        let (state, waiting): (String, Option<i64>) = sqlx::query_as(
            "select t.state, s.waiting_at from ticket t join status s on s.id = t.status_id where t.id = $1",
        )
        .bind(id.clone())
        .fetch_one(self.sql())
        .await?;
        let by = Deciders { waiting: waiting.is_some(), ..Deciders::default() };
        if let Whereto::Usual { state } = decide(Some(word(&state)?), what, by).to {
            let open = self.usual_status(id, state).await?;
            self.move_to(actor, cause, id, &open, state).await?;
        }
        Ok(())
    }

    /// Where a request goes that comes back from the bin or out of a merge: to the status that it left. One that waited for a
    /// time, which may have passed, is open.
    pub(crate) async fn status_to_return_to(&mut self, id: &TicketId) -> Result<(StatusId, State)> {
        let before: Option<(StatusId, String)> = sqlx::query_as(
            "select s.id, s.state from ticket t join status s on s.id = t.status_before_id
             where t.id = $1 and s.state in ('open', 'closed') and s.deleted_at is null",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        match before {
            Some((status, state)) => Ok((status, word(&state)?)),
            None => Ok((self.usual_status(id, State::Open).await?, State::Open)),
        }
    }

    pub(crate) async fn default_status(&mut self, state: State) -> Result<StatusId> {
        Ok(sqlx::query_scalar("select id from status where state = $1 and default_at is not null limit 1")
            .bind(state.as_str())
            .fetch_one(self.sql())
            .await?)
    }

    /// Notes which status a request was in from when to when. STAT-4.
    pub(crate) async fn reckon_spell(&mut self, id: &TicketId) -> Result<()> {
        let now = self.now;
        let standing: Option<(String, Option<String>)> = sqlx::query_as(
            "select t.status_id, s.status_id from ticket t
             left join status_spell s on s.ticket_id = t.id and s.to_at is null where t.id = $1",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some((status, noted)) = standing else { return Ok(()) };
        if noted.as_ref() == Some(&status) {
            return Ok(());
        }
        if noted.is_some() {
            sqlx::query("update status_spell set to_at = $2 where ticket_id = $1 and to_at is null")
                .bind(id.clone())
                .bind(now)
                .execute(self.sql())
                .await?;
        }
        sqlx::query(
            "insert into status_spell (ticket_id, status_id, from_at) values ($1, $2, $3)
             on conflict (ticket_id, from_at, status_id) do update set to_at = null",
        )
        .bind(id.clone())
        .bind(status)
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
