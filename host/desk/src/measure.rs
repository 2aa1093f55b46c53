//! How long requests took, inside the hours and by the whole clock: kept with the answer and with the end, so that another
//! calendar tomorrow does not change what was yesterday. STAT-2, STAT-3.

use crate::{
    Desk, Error, Result,
    access::{listed, staff},
    clock::MINUTE,
    db::{Write, word},
    deadline::Counted,
    model::*,
    priority::calendar,
    statistics::spread,
};
use std::collections::{HashMap, hash_map::Entry};

/// Joins the priority `p` of requests `t`, and the agreement `a` that has targets for it: what their deadlines count by. C-11.
macro_rules! with_agreement {
    () => {
        "join priority p on p.id = t.priority_id left join company c on c.id = t.company_id
         left join agreement_target g on g.agreement_id = c.agreement_id and g.priority_id = t.priority_id
         left join agreement a on a.id = g.agreement_id"
    };
}

#[derive(sqlx::FromRow)]
struct Times {
    created_at: i64,
    replied_at: Option<i64>,
    closed_at: Option<i64>,
    reply_took: Option<i64>,
    close_took: Option<i64>,
    calendar_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Numbers {
    messages: i64,
    replies: i64,
    minutes: i64,
    charge: i64,
    reopenings: i64,
    deadline: Option<i64>,
    escalations: i64,
    missed: i64,
}

/// Events after which an answer or an end is there, or is there no more.
fn moves_measures(kind: EventKind) -> bool {
    use EventKind::*;
    matches!(
        kind,
        Replied
            | Closed
            | Reopened
            | StatusChanged
            | MessageChanged
            | MessageMoved
            | Split
            | SplitOff
            | Merged
            | Swallowed
            | Unmerged
            | Undone
    )
}

impl Desk {
    /// A request in numbers. STAT-2.
    pub async fn measures(&self, actor: &Actor, id: &TicketId) -> Result<Measures> {
        staff(actor)?;
        self.facts(actor, id).await?;
        let mut connection = self.read().acquire().await?;
        let times = times(&mut connection, id).await?.ok_or(Error::NotFound)?;
        let counted = Counted(calendar(&mut connection, times.calendar_id.as_deref()).await?);
        let numbers: Numbers = sqlx::query_as(
            "select messages, replies, minutes, charge, reopenings, deadline,
                    (select count(*) from event e where e.ticket_id = $1 and e.kind = 'escalated') as escalations,
                    (select count(*) from event e where e.ticket_id = $1 and e.kind = 'deadline-missed') as missed
             from ticket where id = $1",
        )
        .bind(id.clone())
        .fetch_one(&mut *connection)
        .await?;
        let open_phases = open_phases(&mut connection, id, &counted, self.clock().now()).await?;
        drop(connection);
        let took = |open: Option<i64>, until: Option<i64>| {
            open.zip(until)
                .map(|(open, until)| Lasted { open: open / MINUTE, whole: (until - times.created_at) / MINUTE })
        };
        let had_deadline = numbers.deadline.is_some() || numbers.missed > 0;
        Ok(Measures {
            first_answer: took(times.reply_took, times.replied_at),
            resolution: took(times.close_took, times.closed_at),
            phases: self.phases(actor, id).await?,
            open_phases,
            messages: numbers.messages,
            replies: numbers.replies,
            minutes: numbers.minutes,
            charge: numbers.charge,
            reopenings: numbers.reopenings,
            escalations: numbers.escalations,
            deadline_met: had_deadline.then_some(numbers.missed == 0),
        })
    }
}

impl Desk {
    /// How long the requests that reader `me` sees, and that were closed in a period, had been in each phase. STAT-3.
    pub(crate) async fn phase_spreads(&self, me: &AgentId, period: Period) -> Result<PhaseSpreads> {
        let spells: Vec<Spell> = sqlx::query_as(concat!(
            "select t.id, s.track, o.from_at, coalesce(o.to_at, t.closed_at) as to_at,
                    coalesce(a.calendar_id, p.calendar_id) as calendar_id
             from ticket t join status_spell o on o.ticket_id = t.id join status s on s.id = o.status_id ",
            with_agreement!(),
            " where t.closed_at >= $2 and t.closed_at < $3 and t.state not in ('linked', 'deleted')
               and s.state in ('open', 'postponed') and ",
            listed!()
        ))
        .bind(me.clone())
        .bind(period.from)
        .bind(period.to)
        .fetch_all(self.read())
        .await?;
        let (mut calendars, mut took) = (HashMap::new(), HashMap::new());
        for spell in spells {
            let counted = match calendars.entry(spell.calendar_id.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let mut connection = self.read().acquire().await?;
                    new.insert(Counted(calendar(&mut connection, spell.calendar_id.as_deref()).await?))
                }
            };
            let (whole, open) = (spell.to_at - spell.from_at, counted.between(spell.from_at, spell.to_at));
            let sum: &mut (i64, i64) = took.entry((word::<Phase>(&spell.track)?, spell.id)).or_default();
            *sum = (sum.0 + whole, sum.1 + open);
        }
        let of = |phase: Phase| took.iter().filter(move |((of, _), _)| *of == phase).map(|(_, took)| *took);
        let whole = |phase| spread(of(phase).map(|(whole, _)| whole));
        let open = |phase| spread(of(phase).map(|(_, open)| open));
        Ok(PhaseSpreads {
            queue: whole(Phase::Queue),
            internal: whole(Phase::Internal),
            external: whole(Phase::External),
            queue_open: open(Phase::Queue),
            internal_open: open(Phase::Internal),
            external_open: open(Phase::External),
        })
    }
}

/// A request in one status.
#[derive(sqlx::FromRow)]
struct Spell {
    id: TicketId,
    track: String,
    from_at: i64,
    to_at: i64,
    calendar_id: Option<String>,
}

impl Write {
    /// Keeps what the first answer and the end took; nothing is kept of an end that was taken back.
    pub(crate) async fn reckon_measures(&mut self, id: &TicketId, kinds: &[EventKind]) -> Result<()> {
        if !kinds.iter().copied().any(moves_measures) {
            return Ok(());
        }
        // The write may have taken it away.
        let Some(times) = times(self.sql(), id).await? else { return Ok(()) };
        let missing = |took: Option<i64>, until: Option<i64>| took.is_none() && until.is_some();
        let counts = missing(times.reply_took, times.replied_at) || missing(times.close_took, times.closed_at);
        let gone = times.close_took.is_some() && times.closed_at.is_none();
        if !counts && !gone {
            return Ok(());
        }
        let counted = Counted(calendar(self.sql(), times.calendar_id.as_deref()).await?);
        let took = |took: Option<i64>, until: Option<i64>| {
            until.map(|until| took.unwrap_or_else(|| counted.between(times.created_at, until)))
        };
        sqlx::query("update ticket set reply_took = $2, close_took = $3 where id = $1")
            .bind(id.clone())
            .bind(took(times.reply_took, times.replied_at))
            .bind(took(times.close_took, times.closed_at))
            .execute(self.sql())
            .await?;
        Ok(())
    }
}

/// With the calendar that the request's deadlines count in: what was agreed with the company, else the priority's. C-11.
async fn times(connection: &mut sqlx::AnyConnection, id: &TicketId) -> Result<Option<Times>> {
    Ok(sqlx::query_as(concat!(
        "select t.created_at, t.replied_at, t.closed_at, t.reply_took, t.close_took,
                coalesce(a.calendar_id, p.calendar_id) as calendar_id from ticket t ",
        with_agreement!(),
        " where t.id = $1"
    ))
    .bind(id.clone())
    .fetch_optional(connection)
    .await?)
}

/// How long it was in each phase inside the hours. STAT-3.
async fn open_phases(
    connection: &mut sqlx::AnyConnection,
    id: &TicketId,
    counted: &Counted,
    now: i64,
) -> Result<Phases> {
    let spells: Vec<(String, i64, Option<i64>)> = sqlx::query_as(
        "select s.track, p.from_at, p.to_at from status_spell p join status s on s.id = p.status_id
         where p.ticket_id = $1 and s.state in ('open', 'postponed') order by p.from_at",
    )
    .bind(id.clone())
    .fetch_all(connection)
    .await?;
    let mut phases = Phases::default();
    for (track, from, to) in spells {
        let minutes = counted.between(from, to.unwrap_or(now)) / MINUTE;
        match word(&track)? {
            Phase::Queue => phases.queue += minutes,
            Phase::Internal => phases.internal += minutes,
            Phase::External => phases.external += minutes,
        }
    }
    Ok(phases)
}
