//! When something is due. Section 7.2, C-10.
//!
//! A deadline is a target counted inside the hours. While the customer is waited for the clock stands still: what was
//! waited since a target began is added when the waiting ends. DL-1, DL-2.
//!
//! Each target is warned about once and missed once. It is known by when it would be due had nobody waited, so that waiting
//! doesn't make it another.

use crate::{
    Result,
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
    told: String,
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

/// One promise about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Target {
    name: &'static str,
    /// When it would be due had nobody waited: what it is known by.
    known_by: i64,
    due: i64,
    /// When the last share of its time begins.
    warn: i64,
}

impl Target {
    /// What is written down once this was told of it.
    fn mark(&self, kind: EventKind) -> String {
        format!("{kind} {} {}", self.name, self.known_by)
    }
}

/// The targets that hold now, and what was told of them.
struct Reckoned {
    targets: Vec<Target>,
    told: Vec<String>,
    waiting_since: Option<i64>,
}

impl Reckoned {
    fn told(&self, target: &Target, kind: EventKind) -> bool {
        self.told.contains(&target.mark(kind))
    }

    fn due(&self, name: &str) -> Option<i64> {
        self.running().find(|target| target.name == name).map(|target| target.due)
    }

    /// None while the customer is waited for.
    fn running(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(|_| self.waiting_since.is_none())
    }

    /// When the next of them is to be warned about; what was missed is past warning.
    fn warn_due(&self) -> Option<i64> {
        let open = |target: &&Target| {
            !self.told(target, EventKind::DeadlineNear) && !self.told(target, EventKind::DeadlineMissed)
        };
        self.running().filter(open).map(|target| target.warn).min()
    }

    fn miss_due(&self) -> Option<i64> {
        self.running().filter(|target| !self.told(target, EventKind::DeadlineMissed)).map(|target| target.due).min()
    }
}

const FIRST: &str = "first-response";
const NEXT: &str = "next-response";
const RESOLUTION: &str = "resolution";

impl Write {
    /// Puts deadlines and the chain of escalation right after something happened to a request.
    pub(crate) async fn reckon_deadlines(&mut self, ticket: &TicketId, kinds: &[EventKind]) -> Result<()> {
        let moves = |kind: &EventKind| {
            use EventKind::*;
            matches!(
                kind,
                TicketOpened
                    | Split
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
                    | Swallowed
                    | Deleted
                    | MarkedSpam
                    | Restored
                    | Undone
                    | Acknowledged
                    | MessageChanged
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
        sqlx::query("update ticket set due_from = $2, waiting_since = null where id = $1")
            .bind(ticket.clone())
            .bind(now)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    async fn reckon_dues(&mut self, ticket: &TicketId) -> Result<()> {
        match self.targets(ticket).await? {
            Some(reckoned) => self.keep_dues(ticket, &reckoned).await,
            None => Ok(()),
        }
    }

    /// What is promised about a request now; nothing where it is not open, which keeps the deadline that it had.
    async fn targets(&mut self, ticket: &TicketId) -> Result<Option<Reckoned>> {
        let row: Option<Standing> = sqlx::query_as(
            "select t.state, t.priority_id, coalesce(t.due_from, t.created_at) as due_from, t.replied_at,
                    t.last_external_by_staff_at, t.last_external_at, t.waiting_since, t.told,
                    case when t.state = 'postponed' or s.waiting_at is not null then 1 else 0 end as waits,
                    p.calendar_id, p.first_response, p.next_response, p.resolution, p.warn_at, c.agreement_id
             from ticket t join status s on s.id = t.status_id join priority p on p.id = t.priority_id
             left join company c on c.id = t.company_id where t.id = $1",
        )
        .bind(ticket.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some(mut standing) = row else { return Ok(None) };
        if !matches!(word(&standing.state)?, State::Open | State::Postponed) {
            self.tell_nothing(ticket).await?;
            return Ok(None);
        }
        self.agreed(&mut standing).await?;
        let counted = Counted(self.calendar(standing.calendar_id.as_deref()).await?);
        let mut targets = vec![];
        if standing.replied_at.is_none() {
            targets.push((FIRST, standing.due_from, standing.first_response));
        }
        if let Some(since) = self.unanswered_since(ticket, &standing).await? {
            targets.push((NEXT, since, standing.next_response));
        }
        targets.push((RESOLUTION, standing.due_from, standing.resolution));
        let spells = self.waiting_spells(ticket).await?;
        let targets: Vec<Target> = targets
            .into_iter()
            .filter_map(|(name, from, minutes)| target(name, from, minutes?, standing.warn_at, &counted, &spells))
            .collect();
        let marks =
            |target: &Target| [EventKind::DeadlineNear, EventKind::DeadlineMissed].map(|kind| target.mark(kind));
        let known: Vec<String> = targets.iter().flat_map(marks).collect();
        let told = standing.told.lines().map(str::to_owned).filter(|line| known.contains(line)).collect();
        let waiting_since = (standing.waits == 1).then_some(standing.waiting_since.unwrap_or(self.now));
        Ok(Some(Reckoned { targets, told, waiting_since }))
    }

    async fn keep_dues(&mut self, ticket: &TicketId, reckoned: &Reckoned) -> Result<()> {
        sqlx::query(
            "update ticket set first_response_due = $2, next_response_due = $3, resolution_due = $4, deadline = $5,
                    warn_due = $6, miss_due = $7, told = $8, waiting_since = $9 where id = $1",
        )
        .bind(ticket.clone())
        .bind(reckoned.due(FIRST))
        .bind(reckoned.due(NEXT))
        .bind(reckoned.due(RESOLUTION))
        .bind(reckoned.running().map(|target| target.due).min())
        .bind(reckoned.warn_due())
        .bind(reckoned.miss_due())
        .bind(reckoned.told.join("\n"))
        .bind(reckoned.waiting_since)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn tell_nothing(&mut self, ticket: &TicketId) -> Result<()> {
        sqlx::query("update ticket set warn_due = null, miss_due = null where id = $1")
            .bind(ticket.clone())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// From when to when the customer was waited for, by the statuses that it was in. STAT-4.
    async fn waiting_spells(&mut self, ticket: &TicketId) -> Result<Vec<(i64, i64)>> {
        let now = self.now;
        Ok(sqlx::query_as(
            "select p.from_at, coalesce(p.to_at, $2) from status_spell p join status s on s.id = p.status_id
             where p.ticket_id = $1 and (s.state = 'postponed' or (s.state = 'open' and s.waiting_at is not null))",
        )
        .bind(ticket.clone())
        .bind(now)
        .fetch_all(self.sql())
        .await?)
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
             where ticket_id = $1 and kind = 'enquiry' and access = 'external' and taken_back_at is null and no_news = 0
               and created_at > $2",
        )
        .bind(ticket.clone())
        .bind(ours)
        .fetch_one(self.sql())
        .await?)
    }
}

/// A promise of so many minutes from an instant, with the time added that was waited since. None when that much open time
/// never comes.
fn target(
    name: &'static str,
    from: i64,
    minutes: i64,
    warn_at: i64,
    counted: &Counted,
    spells: &[(i64, i64)],
) -> Option<Target> {
    let waited: i64 = spells.iter().map(|(since, until)| counted.between((*since).max(from), *until)).sum();
    let share = minutes * MINUTE / 100 * (100 - warn_at);
    Some(Target {
        name,
        known_by: counted.add(from, minutes * MINUTE)?,
        due: counted.add(from, minutes * MINUTE + waited)?,
        warn: counted.add(from, share + waited)?,
    })
}

/// Only what is due now is looked at, however many requests are open or overdue.
pub(crate) const DUE: &str = "select id as subject, id as ticket_id, 0 as due_at from ticket where warn_due <= $1
    union select id, id, 0 from ticket where miss_due <= $1";

impl Write {
    /// Warns before a deadline is missed, and notes that one was; once each for each target.
    pub(crate) async fn heed_deadlines(&mut self, id: &TicketId) -> Result<()> {
        let Some(mut reckoned) = self.targets(id).await? else { return Ok(()) };
        let running: Vec<Target> = reckoned.running().copied().collect();
        for target in running {
            let kind = match (target.due <= self.now, target.warn <= self.now) {
                (true, _) => EventKind::DeadlineMissed,
                (false, true) => EventKind::DeadlineNear,
                (false, false) => continue,
            };
            if !reckoned.told(&target, kind) {
                reckoned.told.push(target.mark(kind));
                let fact = Fact { ticket: Some(id), data: Some(target.name.to_owned()), ..Fact::default() };
                self.record(&Actor::System, Cause::Clock, kind, fact).await?;
            }
        }
        self.keep_dues(id, &reckoned).await
    }
}
