//! When something is due. Section 7.2, C-10.
//!
//! A deadline is a target counted inside the hours. While the customer is waited for the clock stands still: what was
//! waited is added when the waiting ends. DL-1, DL-2.

use crate::{
    Desk, Result,
    calendar::Calendar,
    clock::MINUTE,
    db::{Fact, Write, word},
    model::*,
};

#[derive(sqlx::FromRow)]
struct Standing {
    state: String,
    priority_id: String,
    due_from: i64,
    replied_at: Option<i64>,
    last_external_by_staff_at: Option<i64>,
    last_external_at: Option<i64>,
    waiting_since: Option<i64>,
    waited: i64,
    deadline: Option<i64>,
    waits: i64,
    calendar_id: Option<String>,
    first_response: Option<i64>,
    next_response: Option<i64>,
    resolution: Option<i64>,
    warn_at: i64,
    agreement_id: Option<String>,
}

/// What a company's agreement says about a priority.
#[derive(sqlx::FromRow)]
struct Agreed {
    calendar_id: Option<String>,
    first_response: Option<i64>,
    next_response: Option<i64>,
    resolution: Option<i64>,
}

/// Time as a priority counts it: inside opening hours, or all of it.
#[derive(Clone, Debug)]
pub(crate) struct Counted(pub Option<Calendar>);

impl Counted {
    /// None when that much open time never comes.
    pub fn add(&self, from: i64, amount: i64) -> Option<i64> {
        match &self.0 {
            Some(calendar) => calendar.add(from, amount),
            None => Some(from + amount.max(0)),
        }
    }

    pub fn between(&self, from: i64, to: i64) -> i64 {
        match &self.0 {
            Some(calendar) => calendar.between(from, to),
            None => (to - from).max(0),
        }
    }
}

/// What is due when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Dues {
    first_response: Option<i64>,
    next_response: Option<i64>,
    resolution: Option<i64>,
    /// When the earliest of them is warned about.
    warn: Option<i64>,
}

impl Dues {
    fn earliest(&self) -> Option<i64> {
        [self.first_response, self.next_response, self.resolution].into_iter().flatten().min()
    }
}

impl Write {
    /// Puts deadlines and the chain of escalation right after something happened to a request.
    pub(crate) async fn reckon_deadlines(&mut self, ticket: &TicketId, kinds: &[EventKind]) -> Result<()> {
        let moves = |kind: &EventKind| {
            use EventKind::*;
            matches!(
                kind,
                TicketOpened
                    | SplitOff
                    | StatusChanged
                    | Closed
                    | Reopened
                    | Postponed
                    | Woken
                    | PriorityChanged
                    | Replied
                    | EnquiryReceived
                    | Unmerged
                    | Restored
                    | Undone
                    | Acknowledged
                    | MessageMoved
                    | Merged
            )
        };
        if kinds.iter().any(moves) {
            if kinds.contains(&EventKind::Reopened) {
                self.begin_anew(ticket).await?;
            }
            self.reckon_dues(ticket).await?;
        }
        self.move_chain(ticket, kinds).await
    }

    /// DL-2: reopened, everything is counted from now.
    async fn begin_anew(&mut self, ticket: &TicketId) -> Result<()> {
        let now = self.now;
        sqlx::query(
            "update ticket set due_from = $2, waited = 0, waiting_since = null, missed_at = null where id = $1",
        )
        .bind(ticket.clone())
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn reckon_dues(&mut self, ticket: &TicketId) -> Result<()> {
        let row: Option<Standing> = sqlx::query_as(
            "select t.state, t.priority_id, coalesce(t.due_from, t.created_at) as due_from, t.replied_at,
                    t.last_external_by_staff_at, t.last_external_at, t.waiting_since, t.waited, t.deadline,
                    case when t.state = 'postponed' or s.waiting_at is not null then 1 else 0 end as waits,
                    p.calendar_id, p.first_response, p.next_response, p.resolution, p.warn_at, c.agreement_id
             from ticket t join status s on s.id = t.status_id join priority p on p.id = t.priority_id
             left join company c on c.id = t.company_id where t.id = $1",
        )
        .bind(ticket.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some(mut standing) = row else { return Ok(()) };
        let state: State = word(&standing.state)?;
        // What is closed keeps the deadline it had, for the statistics.
        if !matches!(state, State::Open | State::Postponed) {
            return Ok(());
        }
        self.agreed(&mut standing).await?;
        let counted = Counted(self.calendar(standing.calendar_id.as_deref()).await?);
        let now = self.now;
        let (waiting_since, waited) = match (standing.waits == 1, standing.waiting_since) {
            (true, since) => (Some(since.unwrap_or(now)), standing.waited),
            (false, Some(since)) => (None, standing.waited + counted.between(since, now)),
            (false, None) => (None, standing.waited),
        };
        let unanswered = self.unanswered_since(ticket, &standing).await?;
        let dues =
            if waiting_since.is_some() { Dues::default() } else { dues(&standing, &counted, waited, unanswered) };
        let deadline = dues.earliest();
        sqlx::query(
            "update ticket set first_response_due = $2, next_response_due = $3, resolution_due = $4, deadline = $5,
                    warn_due = $6, waiting_since = $7, waited = $8,
                    warned_at = case when $9 = 1 then null else warned_at end,
                    missed_at = case when $9 = 1 then null else missed_at end where id = $1",
        )
        .bind(ticket.clone())
        .bind(dues.first_response)
        .bind(dues.next_response)
        .bind(dues.resolution)
        .bind(deadline)
        .bind(dues.warn)
        .bind(waiting_since)
        .bind(waited)
        // Another deadline is warned about, and missed, anew.
        .bind(i64::from(deadline != standing.deadline))
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// C-11: what was agreed with the company stands in place of the priority's own.
    async fn agreed(&mut self, standing: &mut Standing) -> Result<()> {
        let Some(agreement) = &standing.agreement_id else { return Ok(()) };
        let row: Option<Agreed> = sqlx::query_as(
            "select a.calendar_id, g.first_response, g.next_response, g.resolution
             from agreement a join agreement_target g on g.agreement_id = a.id where a.id = $1 and g.priority_id = $2",
        )
        .bind(agreement.clone())
        .bind(standing.priority_id.clone())
        .fetch_optional(self.sql())
        .await?;
        if let Some(agreed) = row {
            standing.calendar_id = agreed.calendar_id.or(standing.calendar_id.take());
            standing.first_response = agreed.first_response;
            standing.next_response = agreed.next_response;
            standing.resolution = agreed.resolution;
        }
        Ok(())
    }

    /// Since when the customer waits for an answer to something they wrote after ours.
    async fn unanswered_since(&mut self, ticket: &TicketId, standing: &Standing) -> Result<Option<i64>> {
        let Some(ours) = standing.last_external_by_staff_at else { return Ok(None) };
        if standing.last_external_at.is_none_or(|last| last <= ours) {
            return Ok(None);
        }
        Ok(sqlx::query_scalar(
            "select min(created_at) from message
             where ticket_id = $1 and kind = 'enquiry' and access = 'external' and taken_back_at is null and created_at > $2",
        )
        .bind(ticket.clone())
        .bind(ours)
        .fetch_one(self.sql())
        .await?)
    }
}

fn dues(standing: &Standing, counted: &Counted, waited: i64, unanswered: Option<i64>) -> Dues {
    let due = |from: i64, minutes: Option<i64>, waited: i64| {
        minutes.and_then(|minutes| counted.add(from, minutes * MINUTE + waited))
    };
    let first_response = match standing.replied_at {
        None => due(standing.due_from, standing.first_response, waited),
        Some(_) => None,
    };
    let next_response = unanswered.and_then(|since| due(since, standing.next_response, 0));
    let resolution = due(standing.due_from, standing.resolution, waited);
    let mut dues = Dues { first_response, next_response, resolution, warn: None };
    // Warned when the last share of the earliest one's time begins.
    let share = |minutes: i64| minutes * MINUTE / 100 * (100 - standing.warn_at);
    dues.warn = match dues.earliest() {
        None => None,
        earliest if earliest == first_response => {
            standing.first_response.and_then(|minutes| counted.add(standing.due_from, share(minutes) + waited))
        }
        earliest if earliest == next_response => {
            unanswered.zip(standing.next_response).and_then(|(since, minutes)| counted.add(since, share(minutes)))
        }
        _ => standing.resolution.and_then(|minutes| counted.add(standing.due_from, share(minutes) + waited)),
    };
    dues
}

impl Desk {
    /// Warns before a deadline is missed, and notes that one was; once each.
    pub(crate) async fn heed_deadlines(&self) -> Result<()> {
        for (kind, find, mark) in [
            (
                EventKind::DeadlineNear,
                "select id from ticket where state = 'open' and warn_due <= $1 and warned_at is null and deadline > $1 limit 200",
                "update ticket set warned_at = $2 where id = $1 and warned_at is null",
            ),
            (
                EventKind::DeadlineMissed,
                "select id from ticket where state = 'open' and deadline <= $1 and missed_at is null limit 200",
                "update ticket set missed_at = $2 where id = $1 and missed_at is null",
            ),
        ] {
            let Some((due, mut write)) = self.take_up_due::<TicketId>(find).await? else { continue };
            let now = write.now;
            for id in due {
                let first = sqlx::query(mark).bind(id.clone()).bind(now).execute(write.sql()).await?;
                if first.rows_affected() == 1 {
                    let fact = Fact { ticket: Some(&id), ..Fact::default() };
                    write.record(&Actor::System, Cause::Clock, kind, fact).await?;
                }
            }
            self.commit(write).await?;
        }
        Ok(())
    }
}
