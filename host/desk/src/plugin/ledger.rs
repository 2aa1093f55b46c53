//! What plugins did: calls by the hour, lines of log, requests that left, and calls that failed.

use crate::{
    Desk, Result,
    access::administrator,
    clock::{DAY, HOUR},
    criteria::{fold, folded},
    db::Write,
    model::*,
    person::with_letters,
};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet};

/// Days that all of it is kept.
const DAYS: i64 = 30;
/// Lines of log that are kept for each plugin.
const MOST_LINES: i64 = 2_000;
/// Failed calls that are kept for each plugin.
const MOST_CALLS: i64 = 100;
/// Requests out that are kept for each plugin: two a minute all month.
const MOST_DEPARTURES: i64 = 100_000;
/// Lines on one page.
const PAGE: i64 = 100;
/// Entries in one write.
const AT_ONCE: usize = 100;

/// One call that ended.
#[derive(Clone, Debug)]
pub struct Deed {
    pub plugin: PluginId,
    pub hash: String,
    pub account: Option<AccountId>,
    pub at: i64,
    pub door: &'static str,
    /// `well`, or what went wrong.
    pub outcome: String,
    /// It died.
    pub failed: bool,
    /// It answered with an error of the contract.
    pub error: bool,
    pub micros: i64,
    pub computing: i64,
    /// What went in, for calls that failed or answered with an error.
    pub record: Option<String>,
}

/// A line of a plugin's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub plugin: PluginId,
    pub account: Option<AccountId>,
    pub at: i64,
    pub level: &'static str,
    pub words: String,
}

/// A request that left, or was not let out.
#[derive(Clone, Debug)]
pub struct Departure {
    pub plugin: PluginId,
    pub account: Option<AccountId>,
    pub at: i64,
    pub method: String,
    pub host: String,
    pub path: String,
    /// Names of the headers that the plugin wrote.
    pub headers: String,
    pub status: Option<u16>,
    /// Every byte that left: line, head and body.
    pub sent: u64,
    pub received: u64,
    pub micros: i64,
    pub decision: String,
}

/// What plugins did since somebody wrote it down last.
#[derive(Clone, Debug, Default)]
pub struct Doings {
    /// To be counted.
    pub deeds: Vec<Deed>,
    /// Those of them that failed or answered with an error, to be kept one by one.
    pub failures: Vec<Deed>,
    pub lines: Vec<Line>,
    pub departures: Vec<Departure>,
}

impl Desk {
    /// Writes down what happened, a little at a time: whoever else wants to write waits for one of these writes at most. What
    /// is written is taken out, so that the rest can be tried again. Of a plugin that was removed meanwhile nothing is kept.
    pub async fn note_plugin_use(&self, doings: &mut Doings) -> Result<()> {
        let Doings { deeds, failures, lines, departures } = doings;
        if !deeds.is_empty() {
            let mut write = self.write().await?;
            let installed = write.installed().await?;
            write.note_hours(deeds.iter().filter(|deed| installed.contains(&deed.plugin))).await?;
            write.commit().await?;
            deeds.clear();
        }
        keep_newest(failures, MOST_CALLS, |deed| &deed.plugin);
        while !failures.is_empty() {
            let some = &failures[..failures.len().min(AT_ONCE)];
            let mut write = self.write().await?;
            let installed = write.installed().await?;
            for deed in some.iter().filter(|deed| installed.contains(&deed.plugin)) {
                write.note_call(deed).await?;
            }
            write.commit().await?;
            failures.drain(..failures.len().min(AT_ONCE));
        }
        keep_newest(lines, MOST_LINES, |line| &line.plugin);
        while !lines.is_empty() {
            let some = &lines[..lines.len().min(AT_ONCE)];
            let mut write = self.write().await?;
            let installed = write.installed().await?;
            for line in some.iter().filter(|line| installed.contains(&line.plugin)) {
                write.note_line(line).await?;
            }
            let loud: BTreeSet<&PluginId> = some.iter().map(|line| &line.plugin).collect();
            for plugin in loud {
                write.drop_old_lines(plugin).await?;
            }
            write.commit().await?;
            lines.drain(..lines.len().min(AT_ONCE));
        }
        let mut calling = BTreeSet::new();
        while !departures.is_empty() {
            let some = &departures[..departures.len().min(AT_ONCE)];
            let mut write = self.write().await?;
            let installed = write.installed().await?;
            for departure in some.iter().filter(|departure| installed.contains(&departure.plugin)) {
                write.note_departure(departure).await?;
            }
            write.commit().await?;
            let written = departures.drain(..departures.len().min(AT_ONCE));
            calling.extend(written.map(|departure| departure.plugin));
        }
        self.shorten_egress(calling).await
    }

    /// Forgets what is old. Looked at by the clock.
    pub(crate) async fn shorten_ledgers(&self) -> Result<()> {
        let until = self.clock().now() - DAYS * DAY;
        let old: Option<i64> = sqlx::query_scalar(
            "select 1 where exists (select 1 from plugin_hour where hour < $1) or exists (select 1 from egress where at < $1)
               or exists (select 1 from plugin_line where at < $1) or exists (select 1 from plugin_call where at < $1)",
        )
        .bind(until)
        .fetch_optional(self.read())
        .await?;
        if old.is_none() {
            return Ok(());
        }
        let mut write = self.write().await?;
        for sql in [
            "delete from plugin_hour where hour < $1",
            "delete from plugin_line where at < $1",
            "delete from plugin_call where at < $1",
            "delete from egress where at < $1",
        ] {
            sqlx::query(sql).bind(until).execute(write.sql()).await?;
        }
        write.commit().await
    }

    /// Forgets the oldest departures of plugins that call without end.
    async fn shorten_egress(&self, plugins: BTreeSet<PluginId>) -> Result<()> {
        for plugin in plugins {
            let last: Option<String> =
                sqlx::query_scalar("select id from egress where plugin_id = $1 order by id desc limit 1 offset $2")
                    .bind(plugin.clone())
                    .bind(MOST_DEPARTURES)
                    .fetch_optional(self.read())
                    .await?;
            let Some(last) = last else { continue };
            let mut write = self.write().await?;
            sqlx::query("delete from egress where plugin_id = $1 and id <= $2")
                .bind(plugin.clone())
                .bind(last)
                .execute(write.sql())
                .await?;
            write.commit().await?;
        }
        Ok(())
    }

    /// The last so many days, by hour and door.
    pub async fn plugin_hours(&self, actor: &Actor, id: &PluginId, days: u32) -> Result<Vec<PluginHour>> {
        self.plugin(actor, id).await?;
        let from = self.clock().now() - i64::from(days.clamp(1, 30)) * DAY;
        let rows: Vec<HourRow> = sqlx::query_as(
            "select hour, door, calls, failures, errors, micros, slowest, computing from plugin_hour
             where plugin_id = $1 and hour >= $2 order by hour, door",
        )
        .bind(id.clone())
        .bind(from)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(PluginHour::from).collect())
    }

    /// Its log, newest first.
    pub async fn plugin_lines(&self, actor: &Actor, id: &PluginId, asked: LinesAsked) -> Result<Vec<PluginLine>> {
        self.plugin(actor, id).await?;
        let least = asked.level.and_then(|level| LEVELS.iter().position(|known| *known == level)).unwrap_or(0);
        let words = asked.words.unwrap_or_default();
        let sql = format!(
            "select id, account_id, at, level, words from plugin_line
             where plugin_id = $1 and id < $2 and $4 like '%' || level || '%' and {} like $5 escape '!'
             order by id desc limit $3",
            folded("words")
        );
        let rows: Vec<(String, Option<AccountId>, i64, String, String)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(id.clone())
            .bind(asked.after.unwrap_or_else(|| LAST.to_owned()))
            .bind(PAGE)
            .bind(LEVELS[least..].join(" "))
            .bind(with_letters(&fold(&words)))
            .fetch_all(self.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(id, account, at, level, words)| PluginLine { id, account, at, level, words })
            .collect())
    }

    /// What left the house for it, newest first.
    pub async fn egress(&self, actor: &Actor, id: &PluginId, after: Option<&str>) -> Result<Vec<Egress>> {
        administrator(actor)?;
        #[derive(sqlx::FromRow)]
        struct Row {
            id: String,
            account_id: Option<AccountId>,
            at: i64,
            method: String,
            host: String,
            path: String,
            headers: String,
            status: Option<i64>,
            sent: i64,
            received: i64,
            micros: i64,
            decision: String,
        }
        let rows: Vec<Row> = sqlx::query_as(
            "select id, account_id, at, method, host, path, headers, status, sent, received, micros, decision from egress
             where plugin_id = $1 and id < $2 order by id desc limit $3",
        )
        .bind(id.clone())
        .bind(after.unwrap_or(LAST).to_owned())
        .bind(PAGE)
        .fetch_all(self.read())
        .await?;
        let egress = |row: Row| Egress {
            id: row.id,
            account: row.account_id,
            at: row.at,
            method: row.method,
            host: row.host,
            path: row.path,
            headers: row.headers,
            status: row.status,
            sent: row.sent,
            received: row.received,
            micros: row.micros,
            decision: row.decision,
        };
        Ok(rows.into_iter().map(egress).collect())
    }

    /// Calls that failed, newest first.
    pub async fn plugin_calls(&self, actor: &Actor, id: &PluginId, after: Option<&str>) -> Result<Vec<PluginCall>> {
        self.plugin(actor, id).await?;
        let rows: Vec<CallRow> = sqlx::query_as(
            "select id, account_id as account, at, door, outcome, micros, record from plugin_call
             where plugin_id = $1 and id < $2 order by id desc limit $3",
        )
        .bind(id.clone())
        .bind(after.unwrap_or(LAST).to_owned())
        .bind(PAGE)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(PluginCall::from).collect())
    }
}

#[derive(sqlx::FromRow)]
struct HourRow {
    hour: i64,
    door: String,
    calls: i64,
    failures: i64,
    errors: i64,
    micros: i64,
    slowest: i64,
    computing: i64,
}

impl From<HourRow> for PluginHour {
    fn from(row: HourRow) -> Self {
        let HourRow { hour, door, calls, failures, errors, micros, slowest, computing } = row;
        Self { hour, door, calls, failures, errors, micros, slowest, computing }
    }
}

#[derive(sqlx::FromRow)]
struct CallRow {
    id: String,
    account: Option<AccountId>,
    at: i64,
    door: String,
    outcome: String,
    micros: i64,
    record: Option<String>,
}

impl From<CallRow> for PluginCall {
    fn from(row: CallRow) -> Self {
        let CallRow { id, account, at, door, outcome, micros, record } = row;
        Self { id, account, at, door, outcome, micros, record }
    }
}

/// Keeps the last so many of each plugin, in their order: more would be thrown away as soon as it is written.
fn keep_newest<T>(all: &mut Vec<T>, most: i64, plugin: impl Fn(&T) -> &PluginId) {
    let mut left: BTreeMap<PluginId, i64> = BTreeMap::new();
    all.iter().for_each(|entry| *left.entry(plugin(entry).clone()).or_default() += 1);
    all.retain(|entry| {
        let left = left.entry(plugin(entry).clone()).or_default();
        *left -= 1;
        *left < most
    });
}

/// Lines of log, from the least grave.
const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

/// Behind every id.
const LAST: &str = "g";

impl Write {
    /// Plugins that are there, as of this write.
    async fn installed(&mut self) -> Result<BTreeSet<PluginId>> {
        Ok(sqlx::query_scalar("select id from plugin").fetch_all(self.sql()).await?.into_iter().collect())
    }

    async fn note_hours(&mut self, deeds: impl Iterator<Item = &Deed>) -> Result<()> {
        let mut hours: BTreeMap<(&PluginId, i64, &str), [i64; 6]> = BTreeMap::new();
        for deed in deeds {
            let hour = deed.at - deed.at.rem_euclid(HOUR);
            let [calls, failures, errors, micros, slowest, computing] =
                hours.entry((&deed.plugin, hour, deed.door)).or_default();
            *calls += 1;
            *failures += i64::from(deed.failed);
            *errors += i64::from(deed.error);
            *micros += deed.micros;
            *slowest = deed.micros.max(*slowest);
            *computing += deed.computing;
        }
        for ((plugin, hour, door), [calls, failures, errors, micros, slowest, computing]) in hours {
            sqlx::query(
                "insert into plugin_hour (plugin_id, hour, door, calls, failures, micros, slowest, computing, errors)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 on conflict (plugin_id, hour, door) do update set
                   calls = plugin_hour.calls + excluded.calls, failures = plugin_hour.failures + excluded.failures,
                   errors = plugin_hour.errors + excluded.errors,
                   micros = plugin_hour.micros + excluded.micros, computing = plugin_hour.computing + excluded.computing,
                   slowest = case when excluded.slowest > plugin_hour.slowest then excluded.slowest else plugin_hour.slowest end",
            )
            .bind(plugin.clone())
            .bind(hour)
            .bind(door)
            .bind(calls)
            .bind(failures)
            .bind(micros)
            .bind(slowest)
            .bind(computing)
            .bind(errors)
            .execute(self.sql())
            .await?;
        }
        Ok(())
    }

    async fn note_call(&mut self, deed: &Deed) -> Result<()> {
        sqlx::query(
            "insert into plugin_call (id, plugin_id, hash, account_id, at, door, outcome, micros, record)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(uuid::Uuid::now_v7().to_string())
        .bind(deed.plugin.clone())
        .bind(deed.hash.clone())
        .bind(deed.account.clone())
        .bind(deed.at)
        .bind(deed.door)
        .bind(deed.outcome.clone())
        .bind(deed.micros)
        .bind(deed.record.clone())
        .execute(self.sql())
        .await?;
        sqlx::query(
            "delete from plugin_call where plugin_id = $1
             and id < (select id from plugin_call where plugin_id = $1 order by id desc limit 1 offset $2)",
        )
        .bind(deed.plugin.clone())
        .bind(MOST_CALLS - 1)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn note_line(&mut self, line: &Line) -> Result<()> {
        sqlx::query(
            "insert into plugin_line (id, plugin_id, account_id, at, level, words) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(uuid::Uuid::now_v7().to_string())
        .bind(line.plugin.clone())
        .bind(line.account.clone())
        .bind(line.at)
        .bind(line.level)
        .bind(line.words.clone())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn drop_old_lines(&mut self, plugin: &PluginId) -> Result<()> {
        sqlx::query(
            "delete from plugin_line where plugin_id = $1
             and id < (select id from plugin_line where plugin_id = $1 order by id desc limit 1 offset $2)",
        )
        .bind(plugin.clone())
        .bind(MOST_LINES - 1)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn note_departure(&mut self, departure: &Departure) -> Result<()> {
        sqlx::query(
            "insert into egress (id, plugin_id, account_id, at, method, host, path, status, sent, received, micros, decision,
                                 headers)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(uuid::Uuid::now_v7().to_string())
        .bind(departure.plugin.clone())
        .bind(departure.account.clone())
        .bind(departure.at)
        .bind(departure.method.clone())
        .bind(departure.host.clone())
        .bind(departure.path.clone())
        .bind(departure.status.map(i64::from))
        .bind(departure.sent as i64)
        .bind(departure.received as i64)
        .bind(departure.micros)
        .bind(departure.decision.clone())
        .bind(departure.headers.clone())
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
