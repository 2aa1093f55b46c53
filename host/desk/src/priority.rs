//! How urgent a request is, and what is promised about it. Section 7.1.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    calendar::Calendar,
    db::{Fact, Write, word},
    escalation::Recipient,
    model::*,
    person::shorten,
};

#[derive(sqlx::FromRow)]
struct SettingsRow {
    id: PriorityId,
    rank: i64,
    nb: String,
    en: String,
    default_at: Option<i64>,
    external_at: Option<i64>,
    calendar_id: Option<String>,
    first_response: Option<i64>,
    next_response: Option<i64>,
    resolution: Option<i64>,
    warn_at: i64,
    on_new: String,
    on_read: String,
    on_transfer: String,
    on_news: String,
    on_closed: String,
    on_priority: String,
    calendar_escalation_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct LevelRow {
    id: EscalationLevelId,
    after_minutes: i64,
    reassign_to: Option<String>,
    tell: String,
    template: String,
    note: String,
    account_id: String,
}

impl Desk {
    pub async fn set_priority(&self, actor: &Actor, id: &TicketId, priority: &PriorityId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.set_priority(actor, Cause::Person, id, priority).await?;
        self.commit(write).await
    }

    /// Priorities as they are set up, the most urgent first.
    pub async fn priority_settings(&self, actor: &Actor) -> Result<Vec<PrioritySettings>> {
        administrator(actor)?;
        let rows: Vec<SettingsRow> = sqlx::query_as(
            "select id, rank, nb, en, default_at, external_at, calendar_id, first_response, next_response, resolution,
                    warn_at, on_new, on_read, on_transfer, on_news, on_closed, on_priority, calendar_escalation_at
             from priority where deleted_at is null order by rank, id",
        )
        .fetch_all(self.read())
        .await?;
        let mut settings = vec![];
        for row in rows {
            let levels: Vec<LevelRow> = sqlx::query_as(
                "select id, after_minutes, reassign_to, tell, template, note, account_id from escalation_level
                 where priority_id = $1 order by position",
            )
            .bind(row.id.clone())
            .fetch_all(self.read())
            .await?;
            settings.push(PrioritySettings {
                default: row.default_at.is_some(),
                external: row.external_at.is_some(),
                calendar: row.calendar_id.map(CalendarId),
                targets: Targets {
                    first_response: row.first_response,
                    next_response: row.next_response,
                    resolution: row.resolution,
                },
                warn_at: row.warn_at,
                on_new: word(&row.on_new)?,
                on_read: word(&row.on_read)?,
                on_transfer: word(&row.on_transfer)?,
                on_news: word(&row.on_news)?,
                on_closed: word(&row.on_closed)?,
                on_priority: word(&row.on_priority)?,
                calendar_escalation: row.calendar_escalation_at.is_some(),
                levels: levels
                    .into_iter()
                    .map(|row| Level {
                        id: row.id,
                        after: row.after_minutes,
                        reassign_to: row.reassign_to.map(AgentId),
                        tell: row.tell.lines().map(str::to_owned).collect(),
                        template: Some(row.template).filter(|name| !name.is_empty()),
                        note: Some(row.note).filter(|name| !name.is_empty()),
                        account: Some(row.account_id).filter(|id| !id.is_empty()).map(AccountId),
                    })
                    .collect(),
                id: row.id,
                rank: row.rank,
                nb: row.nb,
                en: row.en,
            });
        }
        Ok(settings)
    }

    /// Adds a priority, or changes the one whose id it has; open requests get their new deadlines when they next move.
    pub async fn save_priority(&self, actor: &Actor, new: PrioritySettings) -> Result<()> {
        administrator(actor)?;
        check(&new)?;
        self.can_be_told(&new.levels).await?;
        let mut write = self.write().await?;
        let default: Option<Option<i64>> = sqlx::query_scalar("select default_at from priority where id = $1")
            .bind(new.id.clone())
            .fetch_optional(write.sql())
            .await?;
        if default.flatten().is_some() && !new.default {
            return Err(Error::invalid("default", Why::Needed));
        }
        write.save_priority(&new).await?;
        let fact = Fact { new: Some(&new.en), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await
    }

    /// Whether what is to be sent can be, and whether numbers can be told by what is named.
    async fn can_be_told(&self, levels: &[Level]) -> Result<()> {
        for (field, name) in levels.iter().flat_map(|level| [("template", &level.template), ("note", &level.note)]) {
            if let Some(name) = name {
                self.sends_itself(field, name).await?;
            }
        }
        for account in levels.iter().filter_map(|level| level.account.as_ref()) {
            if !self.speaks(account).await? {
                return Err(Error::invalid("account", Why::NotAChoice));
            }
        }
        Ok(())
    }

    /// What customers may choose among, the most urgent first. PRI-3: with fewer than two there is nothing to choose.
    pub async fn open_priorities(&self) -> Result<Vec<Priority>> {
        let rows: Vec<(PriorityId, i64, String, String, Option<i64>)> = sqlx::query_as(
            "select id, rank, nb, en, default_at from priority
             where deleted_at is null and external_at is not null order by rank, id",
        )
        .fetch_all(self.read())
        .await?;
        let open = |(id, rank, nb, en, default): (PriorityId, i64, String, String, Option<i64>)| Priority {
            id,
            rank,
            nb,
            en,
            default: default.is_some(),
        };
        Ok(if rows.len() < 2 { vec![] } else { rows.into_iter().map(open).collect() })
    }

    /// Takes a priority out of every pick list, and out of what contacts, companies and mailboxes give to new requests;
    /// requests that have it keep it.
    pub async fn retire_priority(&self, actor: &Actor, id: &PriorityId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let now = write.now;
        let retired = sqlx::query("update priority set deleted_at = $2 where id = $1 and default_at is null")
            .bind(id.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        if retired.rows_affected() == 0 {
            return Err(Error::invalid("priority", Why::Needed));
        }
        for sql in [
            "delete from type_priority where priority_id = $1",
            "update request_type set priority_id = null where priority_id = $1",
        ] {
            sqlx::query(sql).bind(id.clone()).execute(write.sql()).await?;
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    pub async fn calendars(&self, actor: &Actor) -> Result<Vec<CalendarCard>> {
        staff(actor)?;
        let rows: Vec<(CalendarId, String, String, String)> =
            sqlx::query_as("select id, name, zone, hours from calendar order by name").fetch_all(self.read()).await?;
        let mut cards = vec![];
        for (id, name, zone, hours) in rows {
            let days: Vec<(String, String)> =
                sqlx::query_as("select day, name from holiday where calendar_id = $1 order by day")
                    .bind(id.clone())
                    .fetch_all(self.read())
                    .await?;
            let holidays = days.into_iter().map(|(day, name)| Holiday { day, name }).collect();
            cards.push(CalendarCard {
                id,
                name,
                hours: OpeningHours { zone, week: serde_json::from_str(&hours)?, holidays },
            });
        }
        Ok(cards)
    }

    /// Adds a calendar, or changes the one whose id it has.
    pub async fn save_calendar(&self, actor: &Actor, card: CalendarCard) -> Result<()> {
        administrator(actor)?;
        Calendar::new(&card.hours)?;
        let name = shorten(&card.name, 200);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        let mut write = self.write().await?;
        let same: Option<CalendarId> = sqlx::query_scalar("select id from calendar where name = $1 and id <> $2")
            .bind(name.clone())
            .bind(card.id.clone())
            .fetch_optional(write.sql())
            .await?;
        if same.is_some() {
            return Err(Error::invalid("name", Why::Double));
        }
        write.save_calendar(&card.id, &name, &card.hours).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Takes opening hours away that nothing goes by any more.
    ///
    /// # Errors
    /// `InUse` while priorities, agreements or agents go by them.
    pub async fn delete_calendar(&self, actor: &Actor, id: &CalendarId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let times: i64 = sqlx::query_scalar(
            "select (select count(*) from priority where calendar_id = $1) + (select count(*) from agent where calendar_id = $1)
                  + (select count(*) from agreement where calendar_id = $1)",
        )
        .bind(id.clone())
        .fetch_one(write.sql())
        .await?;
        if times > 0 {
            return Err(Error::invalid("calendar", Why::InUse { times: times as u32 }));
        }
        sqlx::query("delete from holiday where calendar_id = $1").bind(id.clone()).execute(write.sql()).await?;
        let gone = sqlx::query("delete from calendar where id = $1").bind(id.clone()).execute(write.sql()).await?;
        if gone.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

pub(crate) fn check_targets(targets: &Targets) -> Result<()> {
    let all = [targets.first_response, targets.next_response, targets.resolution];
    if all.into_iter().flatten().any(|minutes| !(1..=2_000_000).contains(&minutes)) {
        return Err(Error::invalid("targets", Why::NotAChoice));
    }
    Ok(())
}

fn check(new: &PrioritySettings) -> Result<()> {
    if new.nb.trim().is_empty() || new.en.trim().is_empty() {
        return Err(Error::invalid("name", Why::Missing));
    }
    check_targets(&new.targets)?;
    if !(0..=100).contains(&new.warn_at) {
        return Err(Error::invalid("warn_at", Why::NotAChoice));
    }
    for level in &new.levels {
        if !(1..=2_000_000).contains(&level.after) {
            return Err(Error::invalid("levels", Why::NotAChoice));
        }
        for who in &level.tell {
            match Recipient::of(who).map_err(|why| Error::invalid("tell", why))? {
                Recipient::Contact if level.template.is_none() => return Err(Error::invalid("template", Why::Missing)),
                Recipient::Number(_) if level.account.is_none() => return Err(Error::invalid("account", Why::Missing)),
                _ => {}
            }
        }
    }
    Ok(())
}

impl Write {
    /// The names of both languages stand in the choices; the log keeps the ids. PRI-4: the first priority is kept.
    pub(crate) async fn set_priority(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        priority: &PriorityId,
    ) -> Result<()> {
        let old: String = sqlx::query_scalar("select priority_id from ticket where id = $1")
            .bind(id.clone())
            .fetch_one(self.sql())
            .await?;
        if old == priority.0 {
            return Ok(());
        }
        if !self.is_offered(priority).await? || !self.type_allows_priority(id, priority).await? {
            return Err(Error::invalid("priority", Why::NotAChoice));
        }
        sqlx::query("update ticket set priority_id = $2 where id = $1")
            .bind(id.clone())
            .bind(priority.clone())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(id), old: Some(&old), new: Some(priority.as_str()), ..Fact::default() };
        self.record(actor, cause, EventKind::PriorityChanged, fact).await?;
        Ok(())
    }

    /// PRI-2: the contact's priority, else the company's, else the door's own (which is the default where none was set). One
    /// that was retired counts as none.
    pub(crate) async fn automatic_priority(
        &mut self,
        person: Option<&PersonId>,
        door: &PriorityId,
    ) -> Result<Decided<PriorityId>> {
        let own: Option<(Option<PriorityId>, Option<PriorityId>)> = sqlx::query_as(
            "select p.priority_id, c.priority_id from person p left join company c on c.id = p.company_id where p.id = $1",
        )
        .bind(person.cloned())
        .fetch_optional(self.sql())
        .await?;
        let (own, company) = own.unwrap_or_default();
        let asked = [(own, Source::Contact), (company, Source::Company), (Some(door.clone()), Source::Door)];
        for (priority, from) in asked {
            if let Some(value) = priority
                && self.is_offered(&value).await?
            {
                return Ok(Decided { value, from });
            }
        }
        let value = sqlx::query_scalar("select id from priority where default_at is not null limit 1")
            .fetch_one(self.sql())
            .await?;
        Ok(Decided { value, from: Source::Administrator })
    }

    /// Whether a priority can be given: it is there, and was not retired.
    pub(crate) async fn is_offered(&mut self, priority: &PriorityId) -> Result<bool> {
        let rank: Option<i64> = sqlx::query_scalar("select rank from priority where id = $1 and deleted_at is null")
            .bind(priority.clone())
            .fetch_optional(self.sql())
            .await?;
        Ok(rank.is_some())
    }

    /// # Errors
    /// [`Why::NotAChoice`] for a priority that can't be given.
    pub(crate) async fn offered(&mut self, priority: &PriorityId) -> Result<()> {
        if self.is_offered(priority).await? { Ok(()) } else { Err(Error::invalid("priority", Why::NotAChoice)) }
    }

    async fn save_priority(&mut self, new: &PrioritySettings) -> Result<()> {
        let now = self.now;
        if new.default {
            sqlx::query("update priority set default_at = null where id <> $1")
                .bind(new.id.clone())
                .execute(self.sql())
                .await?;
        }
        sqlx::query(
            "insert into priority (id, rank, nb, en, default_at, external_at, calendar_id, first_response, next_response,
                                   resolution, warn_at, on_new, on_read, on_transfer, on_news, on_closed, on_priority,
                                   calendar_escalation_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
             on conflict (id) do update set rank = excluded.rank, nb = excluded.nb, en = excluded.en,
               default_at = excluded.default_at, external_at = excluded.external_at, calendar_id = excluded.calendar_id,
               first_response = excluded.first_response, next_response = excluded.next_response,
               resolution = excluded.resolution, warn_at = excluded.warn_at, on_new = excluded.on_new,
               on_read = excluded.on_read, on_transfer = excluded.on_transfer, on_news = excluded.on_news,
               on_closed = excluded.on_closed, on_priority = excluded.on_priority,
               calendar_escalation_at = excluded.calendar_escalation_at",
        )
        .bind(new.id.clone())
        .bind(new.rank)
        .bind(shorten(&new.nb, 200))
        .bind(shorten(&new.en, 200))
        .bind(new.default.then_some(now))
        .bind(new.external.then_some(now))
        .bind(new.calendar.clone())
        .bind(new.targets.first_response)
        .bind(new.targets.next_response)
        .bind(new.targets.resolution)
        .bind(new.warn_at)
        .bind(new.on_new.as_str())
        .bind(new.on_read.as_str())
        .bind(new.on_transfer.as_str())
        .bind(new.on_news.as_str())
        .bind(new.on_closed.as_str())
        .bind(new.on_priority.as_str())
        .bind(new.calendar_escalation.then_some(now))
        .execute(self.sql())
        .await?;
        sqlx::query("delete from escalation_level where priority_id = $1")
            .bind(new.id.clone())
            .execute(self.sql())
            .await?;
        for (position, level) in new.levels.iter().enumerate() {
            sqlx::query(
                "insert into escalation_level (id, priority_id, position, after_minutes, reassign_to, tell, template, note,
                                               account_id)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(level.id.clone())
            .bind(new.id.clone())
            .bind(position as i64)
            .bind(level.after)
            .bind(level.reassign_to.clone())
            .bind(level.tell.join("\n"))
            .bind(level.template.clone().unwrap_or_default())
            .bind(level.note.clone().unwrap_or_default())
            .bind(level.account.clone().map(|id| id.0).unwrap_or_default())
            .execute(self.sql())
            .await?;
        }
        Ok(())
    }

    pub(crate) async fn save_calendar(&mut self, id: &CalendarId, name: &str, hours: &OpeningHours) -> Result<()> {
        sqlx::query(
            "insert into calendar (id, name, zone, hours) values ($1, $2, $3, $4)
             on conflict (id) do update set name = excluded.name, zone = excluded.zone, hours = excluded.hours",
        )
        .bind(id.clone())
        .bind(name.to_owned())
        .bind(hours.zone.clone())
        .bind(serde_json::to_string(&hours.week)?)
        .execute(self.sql())
        .await?;
        sqlx::query("delete from holiday where calendar_id = $1").bind(id.clone()).execute(self.sql()).await?;
        for holiday in &hours.holidays {
            sqlx::query("insert into holiday (calendar_id, day, name) values ($1, $2, $3) on conflict do nothing")
                .bind(id.clone())
                .bind(holiday.day.clone())
                .bind(shorten(&holiday.name, 200))
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// Opening hours by their id; none is around the clock.
    pub(crate) async fn calendar(&mut self, id: Option<&str>) -> Result<Option<Calendar>> {
        calendar(self.sql(), id).await
    }
}

/// A calendar, ready to count with; none where there is none.
pub(crate) async fn calendar(connection: &mut sqlx::AnyConnection, id: Option<&str>) -> Result<Option<Calendar>> {
    let Some(id) = id else { return Ok(None) };
    let row: Option<(String, String)> = sqlx::query_as("select zone, hours from calendar where id = $1")
        .bind(id.to_owned())
        .fetch_optional(&mut *connection)
        .await?;
    let Some((zone, hours)) = row else { return Ok(None) };
    let days: Vec<(String, String)> = sqlx::query_as("select day, name from holiday where calendar_id = $1")
        .bind(id.to_owned())
        .fetch_all(&mut *connection)
        .await?;
    let holidays = days.into_iter().map(|(day, name)| Holiday { day, name }).collect();
    Ok(Some(Calendar::new(&OpeningHours { zone, week: serde_json::from_str(&hours)?, holidays })?))
}
