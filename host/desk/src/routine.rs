//! What agents get by their own clock: each working morning what lies, on Mondays the numbers of the week. Sections 18
//! and 21.
//!
//! When the next one comes is kept, and moved on in the write that does it: so once, also across a restart.

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    calendar::Calendar,
    clock::DAY,
    db::{Fact, Write, word},
    model::{event::text_enum, *},
    notice_mail::{Line, Notice},
    outside::{Party, Sheet},
};
use jiff::{
    Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What comes by the clock.
    Routine {
        Reminder = "reminder",
        Weekly = "weekly",
    }
}

/// A mail that a routine sends, as its job keeps it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "errand", rename_all = "kebab-case")]
pub(crate) enum Errand {
    Reminder { agent: AgentId },
    Weekly { agent: AgentId, from: i64, to: i64 },
}

/// The setting of the reminders.
const REMINDERS: &str = "reminders";
/// How long a notice that was seen is kept. A recommendation.
const NOTICE_LIFE: i64 = 90 * DAY;

impl Desk {
    /// When and whom the mornings remind.
    pub async fn reminders(&self, actor: &Actor) -> Result<Reminders> {
        administrator(actor)?;
        reminders(&mut *self.read().acquire().await?).await
    }

    /// # Errors
    /// Days outside 1 to 365, an hour that no clock has.
    pub async fn save_reminders(&self, actor: &Actor, reminders: Reminders) -> Result<()> {
        administrator(actor)?;
        if !(1..=365).contains(&reminders.days) {
            return Err(Error::invalid("days", Why::NotAChoice));
        }
        if !(0..24).contains(&reminders.hour) {
            return Err(Error::invalid("hour", Why::NotAChoice));
        }
        let mut write = self.write().await?;
        write.set_setting(REMINDERS, &serde_json::to_string(&reminders)?).await?;
        write.reckon_routines(None).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Does what is due by each agent's clock.
    pub(crate) async fn do_routines(&self) -> Result<()> {
        let unplanned = "select a.id from agent a where a.disabled_at is null and $1 > 0 and
            (select count(*) from routine r where r.agent_id = a.id and r.next_at is not null) < 2 limit 200";
        if let Some((agents, mut write)) = self.take_up_due::<AgentId>(unplanned).await? {
            for agent in agents {
                for routine in Routine::ALL {
                    write.plan(&agent, *routine).await?;
                }
            }
            write.commit().await?;
        }
        let due = "select distinct agent_id from routine where next_at <= $1 limit 200";
        let Some((agents, mut write)) = self.take_up_due::<AgentId>(due).await? else { return Ok(()) };
        for agent in agents {
            write.do_routines(&agent).await?;
        }
        self.commit(write).await
    }

    /// The mail of a routine; nothing where by now there is nothing to say, or nobody to say it to.
    pub(crate) async fn errand(&self, errand: &Errand) -> Result<Option<(Party, Sheet)>> {
        let agent = match errand {
            Errand::Reminder { agent } | Errand::Weekly { agent, .. } => agent,
        };
        let Some((to, language)) = self.mailable(agent).await? else { return Ok(None) };
        if self.is_ours(&to.address).await? {
            return Ok(None);
        }
        let sheet = match errand {
            Errand::Reminder { agent } => self.reminder(agent, language).await?,
            Errand::Weekly { agent, from, to } => {
                match self.week(agent, language, Period { from: *from, to: *to }).await {
                    // The right was taken away meanwhile.
                    Err(Error::Forbidden) => None,
                    other => Some(other?),
                }
            }
        };
        Ok(sheet.map(|sheet| (to, sheet)))
    }

    async fn reminder(&self, agent: &AgentId, language: Language) -> Result<Option<Sheet>> {
        let mut connection = self.read().acquire().await?;
        let lying = lying(&mut connection, agent, self.clock().now()).await?;
        drop(connection);
        if lying.is_empty() {
            return Ok(None);
        }
        let now = self.clock().now();
        let lines = lying
            .into_iter()
            .map(|lies| Line {
                kind: if lies.overdue(now) { "overdue" } else { "untouched" }.to_owned(),
                number: lies.number,
                by: String::new(),
                times: (now - lies.changed_at) / DAY,
                title: lies.title,
            })
            .collect();
        Ok(Some(self.notice_sheet("reminder", language, lines).await?))
    }

    /// STAT-1: the numbers of a week, of what the agent sees in lists.
    async fn week(&self, agent: &AgentId, language: Language, week: Period) -> Result<Sheet> {
        let actor = self.agent_actor(agent).await?;
        let (numbers, tiles) = (self.statistics(&actor, week).await?, self.tiles(&actor).await?);
        let mut sheet = self.notice_sheet("weekly", language, vec![]).await?;
        sheet.more.push(("time-zone".to_owned(), self.preferences_of(agent).await?.zone));
        let values = [
            ("created", numbers.created),
            ("closed", numbers.closed),
            ("replies", numbers.replies),
            ("reopened", numbers.reopened),
            ("met", numbers.deadline_met),
            ("missed", numbers.deadline_missed),
            ("first-answer-minutes", numbers.first_answer.median),
            ("resolution-minutes", numbers.resolution.median),
            ("mine", tiles.mine),
            ("open", tiles.unresolved),
            ("overdue", tiles.overdue),
        ];
        sheet.more.extend(values.map(|(name, value)| (name.to_owned(), value.to_string())));
        Ok(sheet)
    }
}

impl Write {
    /// Another hour or another zone: when the next ones come is reckoned anew.
    pub(crate) async fn reckon_routines(&mut self, agent: Option<&AgentId>) -> Result<()> {
        sqlx::query("update routine set next_at = null where agent_id = $1 or $1 = ''")
            .bind(agent.map(|id| id.0.clone()).unwrap_or_default())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Keeps when the next one comes.
    async fn plan(&mut self, agent: &AgentId, routine: Routine) -> Result<()> {
        let hour = reminders(self.sql()).await?.hour;
        let zone = self.zone_of(agent).await?;
        let done: Option<Option<i64>> =
            sqlx::query_scalar("select done_at from routine where agent_id = $1 and kind = $2")
                .bind(agent.clone())
                .bind(routine.as_str())
                .fetch_optional(self.sql())
                .await?;
        let next = next_morning(self.now, done.flatten(), &zone, hour, routine)?;
        sqlx::query(
            "insert into routine (agent_id, kind, next_at) values ($1, $2, $3)
             on conflict (agent_id, kind) do update set next_at = excluded.next_at",
        )
        .bind(agent.clone())
        .bind(routine.as_str())
        .bind(next)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn zone_of(&mut self, agent: &AgentId) -> Result<TimeZone> {
        let zone = self.preferences_of(agent).await?.zone;
        Ok(TimeZone::get(&zone).unwrap_or(TimeZone::UTC))
    }

    async fn do_routines(&mut self, agent: &AgentId) -> Result<()> {
        let now = self.now;
        let due: Vec<String> =
            sqlx::query_scalar("update routine set done_at = $2 where agent_id = $1 and next_at <= $2 returning kind")
                .bind(agent.clone())
                .bind(now)
                .fetch_all(self.sql())
                .await?;
        for kind in due {
            let routine: Routine = word(&kind)?;
            match routine {
                Routine::Reminder => self.remind(agent).await?,
                Routine::Weekly => self.report_week(agent).await?,
            }
            self.plan(agent, routine).await?;
        }
        Ok(())
    }

    /// Section 18: what the agent has that is overdue or was not touched for days. Nothing where nothing lies, and not on
    /// days that they don't work.
    async fn remind(&mut self, agent: &AgentId) -> Result<()> {
        self.forget_old_notices(agent).await?;
        let of = reminders(self.sql()).await?.of;
        if of == Reminding::Nobody || !self.works_today(agent).await? {
            return Ok(());
        }
        let now = self.now;
        let lying = lying(self.sql(), agent, now).await?;
        let agents = std::slice::from_ref(agent);
        let chosen = self.notices_chosen(agents).await?;
        let wanted = |way| of == Reminding::Everybody || chosen.wants(agent, NoticeKind::Unhandled, way);
        if wanted(Way::Screen) {
            for lies in &lying {
                self.ring(agents, &lies.id, NoticeKind::Unhandled, "", now).await?;
            }
        }
        if !lying.is_empty() && wanted(Way::Mail) {
            self.queue_notice_mail(&Notice::Errand(Errand::Reminder { agent: agent.clone() })).await?;
        }
        Ok(())
    }

    /// The week that ended with the last Sunday, for whoever wants it and may see statistics. STAT-1.
    async fn report_week(&mut self, agent: &AgentId) -> Result<()> {
        if !self.preferences_of(agent).await?.weekly || !self.has_right(agent, Right::Statistics).await? {
            return Ok(());
        }
        let zone = self.zone_of(agent).await?;
        let week = last_week(self.now, &zone)?;
        let errand = Errand::Weekly { agent: agent.clone(), from: week.from, to: week.to };
        self.queue_notice_mail(&Notice::Errand(errand)).await
    }

    /// Neither away nor on a planned absence, and on a day of their working hours; without those, Monday to Friday.
    async fn works_today(&mut self, agent: &AgentId) -> Result<bool> {
        if matches!(self.why_not(agent, false).await?, Some(Passed::Away | Passed::Absent)) {
            return Ok(false);
        }
        let zone = self.zone_of(agent).await?;
        let today = local(self.now, &zone)?;
        let calendar: Option<Option<String>> = sqlx::query_scalar("select calendar_id from agent where id = $1")
            .bind(agent.clone())
            .fetch_optional(self.sql())
            .await?;
        let hours: Option<Calendar> = self.calendar(calendar.flatten().as_deref()).await?;
        Ok(match hours {
            Some(hours) => {
                hours.between(begins(today, &zone)?, begins(today.tomorrow().map_err(Error::internal)?, &zone)?) > 0
            }
            None => !matches!(today.weekday(), Weekday::Saturday | Weekday::Sunday),
        })
    }

    async fn forget_old_notices(&mut self, agent: &AgentId) -> Result<()> {
        let before = self.now - NOTICE_LIFE;
        sqlx::query("delete from notification where agent_id = $1 and seen_at < $2")
            .bind(agent.clone())
            .bind(before)
            .execute(self.sql())
            .await?;
        Ok(())
    }
}

/// A request that should not lie.
#[derive(sqlx::FromRow)]
struct Lies {
    id: TicketId,
    number: i64,
    title: String,
    changed_at: i64,
    deadline: Option<i64>,
}

impl Lies {
    fn overdue(&self, now: i64) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

/// An agent's own open requests that are overdue, or that nothing was said on for as many days as the setting says.
async fn lying(connection: &mut sqlx::AnyConnection, agent: &AgentId, now: i64) -> Result<Vec<Lies>> {
    let days = reminders(connection).await?.days;
    Ok(sqlx::query_as(
        "select id, number, title, changed_at, deadline from ticket
         where owner_id = $1 and state = 'open' and (deadline <= $2 or changed_at <= $3)
         order by case when deadline <= $2 then deadline else $2 end, changed_at, id",
    )
    .bind(agent.clone())
    .bind(now)
    .bind(now - days * DAY)
    .fetch_all(connection)
    .await?)
}

async fn reminders(connection: &mut sqlx::AnyConnection) -> Result<Reminders> {
    let text = crate::settings::setting(connection, REMINDERS).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// The next time that the clock there shows this hour, on a day that the routine was not done on yet.
fn next_morning(now: i64, done: Option<i64>, zone: &TimeZone, hour: i64, routine: Routine) -> Result<i64> {
    let done = done.map(|at| local(at, zone)).transpose()?;
    let mut day = local(now, zone)?;
    loop {
        // An hour that the clock leaves out comes when it goes on.
        let at = day.at(hour.clamp(0, 23) as i8, 0, 0, 0).to_zoned(zone.clone()).map_err(Error::internal)?;
        let at = at.timestamp().as_microsecond();
        let fits = routine == Routine::Reminder || day.weekday() == Weekday::Monday;
        if at > now && fits && done.is_none_or(|done| day > done) {
            return Ok(at);
        }
        day = day.tomorrow().map_err(Error::internal)?;
    }
}

/// From Monday to Monday, the one before this instant's week.
fn last_week(now: i64, zone: &TimeZone) -> Result<Period> {
    let today = local(now, zone)?;
    let monday = today.checked_sub(jiff::Span::new().days(today.weekday().to_monday_zero_offset()));
    let to = monday.map_err(Error::internal)?;
    let from = to.checked_sub(jiff::Span::new().days(7)).map_err(Error::internal)?;
    Ok(Period { from: begins(from, zone)?, to: begins(to, zone)? })
}

fn local(at: i64, zone: &TimeZone) -> Result<Date> {
    Ok(Timestamp::from_microsecond(at).map_err(Error::internal)?.to_zoned(zone.clone()).date())
}

fn begins(day: Date, zone: &TimeZone) -> Result<i64> {
    Ok(day.to_zoned(zone.clone()).map_err(Error::internal)?.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn a_morning_comes_by_the_clock_there_once_a_day() {
        let oslo = TimeZone::get("Europe/Oslo").unwrap();
        let next = |now: &str, done: Option<&str>, hour: i64, routine: Routine| {
            let next = next_morning(at(now), done.map(at), &oslo, hour, routine).unwrap();
            Timestamp::from_microsecond(next).unwrap().to_string()
        };
        // Tuesday 24 November 2026, 10:00 in Oslo.
        assert_eq!(next("2026-11-24T09:00:00Z", None, 7, Routine::Reminder), "2026-11-25T06:00:00Z");
        assert_eq!(next("2026-11-24T09:00:00Z", None, 12, Routine::Reminder), "2026-11-24T11:00:00Z");
        // Done this morning at seven: another hour does not make it come twice.
        let done = Some("2026-11-24T06:00:00Z");
        assert_eq!(next("2026-11-24T09:00:00Z", done, 12, Routine::Reminder), "2026-11-25T11:00:00Z");
        assert_eq!(next("2026-11-24T09:00:00Z", done, 7, Routine::Weekly), "2026-11-30T06:00:00Z");
        // 29 March 2027 is summer time; the hour that was left out on the 28th comes when the clock goes on.
        assert_eq!(next("2027-03-28T12:00:00Z", None, 7, Routine::Reminder), "2027-03-29T05:00:00Z");
        assert_eq!(next("2027-03-27T12:00:00Z", None, 2, Routine::Reminder), "2027-03-28T01:00:00Z");
    }

    #[test]
    fn a_week_is_from_monday_to_monday_there() {
        let oslo = TimeZone::get("Europe/Oslo").unwrap();
        let week = last_week(at("2026-11-23T06:00:00Z"), &oslo).unwrap();
        assert_eq!((week.from, week.to), (at("2026-11-15T23:00:00Z"), at("2026-11-22T23:00:00Z")));
    }
}
