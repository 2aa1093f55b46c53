//! Who is there: at a screen, not away, inside their hours, with room for more. ASG-1, C-9.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    clock::MINUTE,
    db::{Fact, Write},
    model::*,
    priority::calendar,
};
use std::collections::BTreeMap;

/// Seen this lately is present.
const PRESENT: i64 = 5 * MINUTE;
/// How often being seen is written down.
const NOTED: i64 = MINUTE;

/// How an agent stands, for whoever gives requests away.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Standing {
    away_at: Option<i64>,
    seen_at: Option<i64>,
    capacity: Option<i64>,
    calendar_id: Option<String>,
    /// How many open requests they have.
    pub open: i64,
    absent: i64,
}

/// The columns of [`Standing`] for agent `a`, at the instant that a parameter holds.
macro_rules! standing {
    ($now:literal) => {
        concat!(
            "a.away_at, a.seen_at, a.capacity, a.calendar_id,
             cast(coalesce((select sum(y.count) from tally y where y.owner = a.id and y.state = 'open'), 0) as bigint) as open,
             (select count(*) from absence b where b.agent_id = a.id and b.from_at <= ",
            $now,
            " and b.to_at > ",
            $now,
            ") as absent"
        )
    };
}
pub(crate) use standing;

/// Which calendars are open now, looked up once each.
pub(crate) type Hours = BTreeMap<String, bool>;

impl Write {
    /// Why this one can't be given anything now. Only `strict` asks for a screen and for working hours.
    pub(crate) async fn why_not(&mut self, agent: &AgentId, strict: bool) -> Result<Option<Passed>> {
        let standing = self.standing_of(agent).await?;
        self.passed(&standing, strict, &mut Hours::default()).await
    }

    /// ASG-3: whether somebody is not there. Who has enough to do is there all the same.
    pub(crate) async fn is_absent(&mut self, agent: &AgentId) -> Result<bool> {
        let standing = self.standing_of(agent).await?;
        Ok(self.absent(&standing, true, &mut Hours::default()).await?.is_some())
    }

    async fn standing_of(&mut self, agent: &AgentId) -> Result<Standing> {
        let now = self.now;
        Ok(sqlx::query_as(concat!("select ", standing!("$2"), " from agent a where a.id = $1"))
            .bind(agent.clone())
            .bind(now)
            .fetch_one(self.sql())
            .await?)
    }

    /// As [`Write::why_not`], for one whose standing is known.
    pub(crate) async fn passed(
        &mut self,
        standing: &Standing,
        strict: bool,
        hours: &mut Hours,
    ) -> Result<Option<Passed>> {
        let absent = self.absent(standing, strict, hours).await?;
        let full = standing.capacity.is_some_and(|most| standing.open >= most);
        Ok(absent.or(full.then_some(Passed::Full)))
    }

    async fn absent(&mut self, standing: &Standing, strict: bool, hours: &mut Hours) -> Result<Option<Passed>> {
        let now = self.now;
        absent(self.sql(), now, standing, strict, hours).await
    }

    /// Who stands in for somebody who is on a planned absence.
    pub(crate) async fn delegate_of(&mut self, agent: &AgentId) -> Result<Option<AgentId>> {
        let now = self.now;
        let delegate: Option<Option<String>> = sqlx::query_scalar(
            "select delegate_id from absence where agent_id = $1 and from_at <= $2 and to_at > $2
             order by from_at desc limit 1",
        )
        .bind(agent.clone())
        .bind(now)
        .fetch_optional(self.sql())
        .await?;
        Ok(delegate.flatten().map(AgentId))
    }
}

/// Why somebody is not there.
async fn absent(
    connection: &mut sqlx::AnyConnection,
    now: i64,
    standing: &Standing,
    strict: bool,
    hours: &mut Hours,
) -> Result<Option<Passed>> {
    if standing.away_at.is_some() {
        return Ok(Some(Passed::Away));
    }
    if standing.absent > 0 {
        return Ok(Some(Passed::Absent));
    }
    if !strict {
        return Ok(None);
    }
    if standing.seen_at.is_none_or(|seen| seen < now - PRESENT) {
        return Ok(Some(Passed::NotPresent));
    }
    let Some(id) = &standing.calendar_id else { return Ok(None) };
    if !hours.contains_key(id) {
        let open = calendar(connection, Some(id)).await?.is_none_or(|calendar| calendar.is_open(now));
        hours.insert(id.clone(), open);
    }
    Ok((!hours[id]).then_some(Passed::OffHours))
}

impl Desk {
    /// Who is there now, of those who may read the requests of a category.
    pub(crate) async fn present_in(&self, category: &CategoryId) -> Result<usize> {
        let now = self.clock().now();
        let readers: Vec<Standing> = sqlx::query_as(concat!(
            "select ",
            standing!("$2"),
            " from agent a where a.disabled_at is null and exists
                (select 1 from reach h where h.agent_id = a.id and h.category_id = $1 and h.level >= 2)"
        ))
        .bind(category.clone())
        .bind(now)
        .fetch_all(self.read())
        .await?;
        let mut connection = self.read().acquire().await?;
        let (mut hours, mut there) = (Hours::default(), 0);
        for standing in readers {
            there += usize::from(absent(&mut connection, now, &standing, true, &mut hours).await?.is_none());
        }
        Ok(there)
    }

    /// Notes that an agent is at a screen; written at most once a minute.
    pub async fn note_seen(&self, agent: &AgentId) -> Result<()> {
        let seen: Option<Option<i64>> = sqlx::query_scalar("select seen_at from agent where id = $1")
            .bind(agent.clone())
            .fetch_optional(self.read())
            .await?;
        self.note_seen_since(agent, seen.flatten()).await
    }

    /// As [`Desk::note_seen`], for who knows already when that was noted last.
    pub(crate) async fn note_seen_since(&self, agent: &AgentId, seen: Option<i64>) -> Result<()> {
        let now = self.clock().now();
        if seen.is_some_and(|seen| seen > now - NOTED) {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("update agent set seen_at = $2 where id = $1")
            .bind(agent.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        write.commit().await
    }

    /// Away until said otherwise: nothing new comes by the rules. One's own, or anybody's for an administrator.
    pub async fn set_away(&self, actor: &Actor, agent: &AgentId, away: bool) -> Result<()> {
        self.own_or_administrator(actor, agent)?;
        let mut write = self.write().await?;
        let at = away.then_some(write.now);
        sqlx::query("update agent set away_at = $2 where id = $1")
            .bind(agent.clone())
            .bind(at)
            .execute(write.sql())
            .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// At most so many open requests by the rules; none is no limit.
    pub async fn set_capacity(&self, actor: &Actor, agent: &AgentId, most: Option<i64>) -> Result<()> {
        administrator(actor)?;
        if most.is_some_and(|most| !(0..=100_000).contains(&most)) {
            return Err(Error::invalid("capacity", Why::NotAChoice));
        }
        let mut write = self.write().await?;
        sqlx::query("update agent set capacity = $2 where id = $1")
            .bind(agent.clone())
            .bind(most)
            .execute(write.sql())
            .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// The hours that an agent works in: by the rules nothing comes to them outside of these. None is whenever they are there.
    /// C-9.
    pub async fn set_working_hours(&self, actor: &Actor, agent: &AgentId, hours: Option<&CalendarId>) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        write.works_here(agent).await?;
        if let Some(hours) = hours {
            let there: Option<String> = sqlx::query_scalar("select name from calendar where id = $1")
                .bind(hours.clone())
                .fetch_optional(write.sql())
                .await?;
            there.ok_or_else(|| Error::invalid("calendar", Why::NotAChoice))?;
        }
        sqlx::query("update agent set calendar_id = $2 where id = $1")
            .bind(agent.clone())
            .bind(hours.cloned())
            .execute(write.sql())
            .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// How somebody works here, for administrators and for themselves.
    pub async fn work_of(&self, actor: &Actor, agent: &AgentId) -> Result<AgentWork> {
        self.own_or_administrator(actor, agent)?;
        type Row = (String, String, Option<i64>, Option<i64>, Option<i64>, Option<String>);
        let row: Option<Row> =
            sqlx::query_as("select name, email, disabled_at, away_at, capacity, calendar_id from agent where id = $1")
                .bind(agent.clone())
                .fetch_optional(self.read())
                .await?;
        let (name, email, disabled_at, away_at, capacity, calendar) = row.ok_or(Error::NotFound)?;
        let roles: Vec<RoleId> =
            sqlx::query_scalar("select role_id from agent_role where agent_id = $1 order by role_id")
                .bind(agent.clone())
                .fetch_all(self.read())
                .await?;
        Ok(AgentWork {
            id: agent.clone(),
            name,
            email,
            works_here: disabled_at.is_none(),
            away: away_at.is_some(),
            capacity,
            hours: calendar.map(CalendarId),
            roles,
        })
    }

    /// Plans an absence, with who stands in.
    pub async fn plan_absence(&self, actor: &Actor, agent: &AgentId, absence: Absence) -> Result<AbsenceId> {
        self.own_or_administrator(actor, agent)?;
        if absence.to <= absence.from {
            return Err(Error::invalid("to", Why::Past));
        }
        if absence.delegate.as_ref() == Some(agent) {
            return Err(Error::invalid("delegate", Why::Circle));
        }
        let id = AbsenceId::new();
        let mut write = self.write().await?;
        sqlx::query("insert into absence (id, agent_id, from_at, to_at, delegate_id) values ($1, $2, $3, $4, $5)")
            .bind(id.clone())
            .bind(agent.clone())
            .bind(absence.from)
            .bind(absence.to)
            .bind(absence.delegate)
            .execute(write.sql())
            .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await?;
        Ok(id)
    }

    /// Absences that are not over, the next one first.
    pub async fn absences(&self, actor: &Actor, agent: &AgentId) -> Result<Vec<Absence>> {
        staff(actor)?;
        let rows: Vec<(AbsenceId, i64, i64, Option<String>)> = sqlx::query_as(
            "select id, from_at, to_at, delegate_id from absence where agent_id = $1 and to_at > $2 order by from_at, id",
        )
        .bind(agent.clone())
        .bind(self.clock().now())
        .fetch_all(self.read())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, from, to, delegate)| Absence { id, from, to, delegate: delegate.map(AgentId) })
            .collect())
    }

    pub async fn cancel_absence(&self, actor: &Actor, agent: &AgentId, absence: &AbsenceId) -> Result<()> {
        self.own_or_administrator(actor, agent)?;
        let mut write = self.write().await?;
        sqlx::query("delete from absence where id = $1 and agent_id = $2")
            .bind(absence.clone())
            .bind(agent.clone())
            .execute(write.sql())
            .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    fn own_or_administrator(&self, actor: &Actor, agent: &AgentId) -> Result<()> {
        if staff(actor)? == agent { Ok(()) } else { administrator(actor) }
    }
}
