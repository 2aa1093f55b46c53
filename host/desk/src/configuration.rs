//! Everything that an administrator decided, as one document that can be kept, read and brought back. Appendix C,
//! number 25.
//!
//! A table's rows are compared by their key. What hangs on others (members, levels, holidays) is as the document has it;
//! what requests hang on is never removed by it.

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    db::{Fact, Write},
    hold::LONGEST_HOLD,
    model::*,
};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use std::collections::{BTreeMap, BTreeSet};

/// The document's format.
const FORMAT: u32 = 1;

/// A table of the configuration, and which of its columns are in the document.
struct Part {
    table: &'static str,
    key: &'static [&'static str],
    text: &'static [&'static str],
    number: &'static [&'static str],
    /// Times since when something holds: in the document they are there or not.
    flag: &'static [&'static str],
    /// Rows that the document does not have go.
    whole: bool,
    /// Which rows count.
    only: &'static str,
    /// What is set where a row is new or changed, beside the document's columns: with the time as `$1`.
    stamp: Option<&'static str>,
}

const PLAIN: Part =
    Part { table: "", key: &["id"], text: &[], number: &[], flag: &[], whole: false, only: "1 = 1", stamp: None };

/// In this order each row finds what it refers to.
const PARTS: &[Part] = &[
    Part { table: "setting", key: &["name"], text: &["value"], whole: true, ..PLAIN },
    Part {
        table: "status",
        text: &["state", "nb", "en", "track"],
        number: &["position"],
        flag: &["default_at", "accept_at", "queue_at", "new_on_reply_at", "waiting_at"],
        ..PLAIN
    },
    Part { table: "calendar", text: &["name", "zone", "hours"], ..PLAIN },
    Part { table: "holiday", key: &["calendar_id", "day"], text: &["name"], whole: true, ..PLAIN },
    Part {
        table: "priority",
        text: &["nb", "en", "calendar_id", "on_new", "on_read", "on_transfer", "on_news", "on_closed", "on_priority"],
        number: &["rank", "first_response", "next_response", "resolution", "warn_at"],
        flag: &["default_at", "external_at", "calendar_escalation_at"],
        only: "deleted_at is null",
        ..PLAIN
    },
    Part {
        table: "escalation_level",
        text: &["priority_id", "reassign_to", "tell"],
        number: &["position", "after_minutes"],
        whole: true,
        ..PLAIN
    },
    Part { table: "agreement", text: &["name", "calendar_id"], ..PLAIN },
    Part {
        table: "agreement_target",
        key: &["agreement_id", "priority_id"],
        number: &["first_response", "next_response", "resolution"],
        whole: true,
        ..PLAIN
    },
    Part {
        table: "category",
        text: &[
            "name",
            "nb",
            "en",
            "parent_id",
            "admin_agent_id",
            "notify_addresses",
            "new_status_id",
            "message_status_id",
            "method",
        ],
        number: &["position", "quarantine"],
        flag: &[
            "internal_at",
            "members_only_at",
            "notify_members_at",
            "take_on_reply_at",
            "present_only_at",
            "reassign_absent_at",
            "service_contact_first_at",
        ],
        only: "deleted_at is null",
        ..PLAIN
    },
    Part { table: "team", text: &["name"], ..PLAIN },
    Part { table: "team_member", key: &["team_id", "agent_id"], whole: true, ..PLAIN },
    Part { table: "category_member", key: &["category_id", "agent_id"], number: &["weight"], whole: true, ..PLAIN },
    Part { table: "category_team", key: &["category_id", "team_id"], whole: true, ..PLAIN },
    Part { table: "role", text: &["name", "list", "read", "edit", "rights"], flag: &["default_at"], ..PLAIN },
    Part { table: "agent_role", key: &["agent_id", "role_id"], whole: true, ..PLAIN },
    Part {
        table: "request_type",
        text: &["nb", "en", "description", "icon", "status_id", "priority_id", "template"],
        number: &["position"],
        flag: &["default_at"],
        only: "deleted_at is null",
        ..PLAIN
    },
    Part { table: "type_status", key: &["type_id", "status_id"], whole: true, ..PLAIN },
    Part { table: "type_priority", key: &["type_id", "priority_id"], whole: true, ..PLAIN },
    Part {
        table: "relation_rule",
        text: &["name", "parent_types", "child_types"],
        flag: &["require_parent_at", "children_first_at", "close_parent_at", "close_children_at"],
        ..PLAIN
    },
    Part {
        table: "rule",
        text: &["name", "content"],
        number: &["position"],
        flag: &["enabled_at"],
        stamp: Some("changed_at"),
        ..PLAIN
    },
];

/// What refers to something that is not here, where the database does not look itself.
const DANGLING: &[(&str, &str)] = &[
    (
        "priority",
        "select id from priority where calendar_id is not null and calendar_id not in (select id from calendar) limit 1",
    ),
    (
        "category",
        "select id from category where (new_status_id is not null and new_status_id not in (select id from status))
           or (message_status_id is not null and message_status_id not in (select id from status)) limit 1",
    ),
];

/// Settings that an administrator decides, and whether a value of theirs can be read. Others are the desk's own.
fn is_decided(name: &str, value: Option<&str>) -> bool {
    let reads = |fits: fn(&str) -> bool| value.is_none_or(fits);
    match name {
        "organisation.name" | "organisation.phone" => true,
        "preferences" => reads(|text| serde_json::from_str::<Chosen>(text).is_ok()),
        "reminders" => reads(|text| serde_json::from_str::<Reminders>(text).is_ok_and(|new| new.is_sound())),
        "bin.days" => reads(|text| text.parse().is_ok_and(|days: i64| (1..=3_650).contains(&days))),
        "reply.hold" => reads(|text| text.parse().is_ok_and(|seconds| (0..=LONGEST_HOLD).contains(&seconds))),
        _ => name.starts_with("notice.") && reads(|text| text == "0" || text == "1"),
    }
}

/// Rows by their keys.
type Rows = BTreeMap<Vec<String>, ConfigurationRow>;

impl Desk {
    /// The configuration as it is. Mailboxes, webhooks and keys are left out: what they need is secret.
    pub async fn export_configuration(&self, actor: &Actor) -> Result<Configuration> {
        administrator(actor)?;
        let mut connection = self.read().acquire().await?;
        let mut parts = BTreeMap::new();
        for part in PARTS {
            let rows = part.rows(&mut connection).await?;
            parts.insert(part.table.to_owned(), rows.into_values().collect());
        }
        Ok(Configuration { format: FORMAT, parts })
    }

    /// What bringing a document in would change; nothing is changed. The same checks refuse the same documents.
    pub async fn compare_configuration(&self, actor: &Actor, new: &Configuration) -> Result<Vec<Difference>> {
        administrator(actor)?;
        let mut write = self.write().await?;
        // Laid down without a commit: nothing happened.
        write.bring_in(new).await
    }

    /// Makes the configuration what a document says; what it changed.
    ///
    /// # Errors
    /// [`Why::NotAChoice`] for a document of another kind, for what refers to something or somebody that is not here, and
    /// where it would leave no default; [`Why::Double`] for a name that is taken.
    pub async fn import_configuration(&self, actor: &Actor, new: &Configuration) -> Result<Vec<Difference>> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let differences = write.bring_in(new).await?;
        write.reckon_reach().await?;
        write.reckon_routines(None).await?;
        let changed = differences.iter().filter(|one| one.fate != Fate::Kept).count().to_string();
        let fact = Fact { new: Some(&changed), data: Some("configuration".to_owned()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await?;
        Ok(differences)
    }
}

impl Write {
    async fn bring_in(&mut self, new: &Configuration) -> Result<Vec<Difference>> {
        if new.format != FORMAT {
            return Err(Error::invalid("format", Why::NotAChoice));
        }
        if let Some(unknown) = new.parts.keys().find(|name| PARTS.iter().all(|part| part.table != name.as_str())) {
            return Err(Error::invalid(unknown, Why::NotAChoice));
        }
        let mut differences = vec![];
        for part in PARTS {
            // A document may be a part of a configuration: what it does not speak of stays.
            if let Some(rows) = new.parts.get(part.table) {
                self.bring_in_part(part, rows, &mut differences).await?;
            }
        }
        self.check_configuration().await?;
        Ok(differences)
    }

    async fn bring_in_part(
        &mut self,
        part: &Part,
        rows: &[ConfigurationRow],
        differences: &mut Vec<Difference>,
    ) -> Result<()> {
        let here = part.rows(self.sql()).await?;
        let mut wanted = Rows::new();
        for row in rows {
            part.check(row)?;
            wanted.insert(part.key_of(row)?, row.clone());
        }
        let difference = |row: &ConfigurationRow, fate: Fate, columns: Vec<String>| Difference {
            part: part.table.to_owned(),
            name: part.name_of(row),
            fate,
            columns,
        };
        for (_, row) in here.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
            if part.whole {
                self.take_out(part, row).await?;
                differences.push(difference(row, Fate::Removed, vec![]));
            } else {
                differences.push(difference(row, Fate::Kept, vec![]));
            }
        }
        for row in in_order(part, wanted.values().cloned().collect()) {
            let old = here.get(&part.key_of(&row)?);
            let columns = part.changed(old, &row);
            if old.is_some() && columns.is_empty() {
                continue;
            }
            self.put_in(part, &row).await.map_err(|error| refused(part, error))?;
            let fate = if old.is_some() { Fate::Changed } else { Fate::Added };
            differences.push(difference(&row, fate, columns));
        }
        Ok(())
    }

    async fn take_out(&mut self, part: &Part, row: &ConfigurationRow) -> Result<()> {
        let places: Vec<String> = (1..=part.key.len()).map(|n| format!("{} = ${n}", part.key[n - 1])).collect();
        // Only names from the list above get into this text.
        let sql = format!("delete from {} where {}", part.table, places.join(" and "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in part.key_of(row)? {
            query = query.bind(value);
        }
        query.execute(self.sql()).await?;
        Ok(())
    }

    /// Adds a row or changes it. A flag that is set already keeps since when it holds.
    async fn put_in(&mut self, part: &Part, row: &ConfigurationRow) -> std::result::Result<(), sqlx::Error> {
        let now = self.now;
        let columns: Vec<&str> =
            part.key.iter().chain(part.text).chain(part.number).chain(part.flag).chain(&part.stamp).copied().collect();
        let places: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
        let set: Vec<String> = columns
            .iter()
            .filter(|column| !part.key.contains(column))
            .map(|column| match part.flag.contains(column) {
                true => format!(
                    "{column} = case when excluded.{column} is null then null else coalesce({}.{column}, excluded.{column}) end",
                    part.table
                ),
                false => format!("{column} = excluded.{column}"),
            })
            .chain(part.only.contains("deleted_at").then(|| "deleted_at = null".to_owned()))
            .collect();
        let then = if set.is_empty() { "nothing".to_owned() } else { format!("update set {}", set.join(", ")) };
        // Only names from the list above get into this text.
        let sql = format!(
            "insert into {} ({}) values ({}) on conflict ({}) do {then}",
            part.table,
            columns.join(", "),
            places.join(", "),
            part.key.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for column in columns {
            query = if part.number.contains(&column) {
                query.bind(number(row, column))
            } else if part.flag.contains(&column) {
                query.bind(row.contains_key(column).then_some(now))
            } else if part.stamp == Some(column) {
                query.bind(now)
            } else {
                query.bind(text(row, column))
            };
        }
        query.execute(self.sql()).await?;
        Ok(())
    }

    /// What a desk can't be without, and what the code relies on.
    async fn check_configuration(&mut self) -> Result<()> {
        for state in State::ALL {
            self.one("status", &format!("state = '{state}' and default_at is not null")).await?;
        }
        self.one("priority", "default_at is not null and deleted_at is null").await?;
        self.one("role", "default_at is not null").await?;
        let calendars: Vec<String> = sqlx::query_scalar("select id from calendar").fetch_all(self.sql()).await?;
        for id in calendars {
            self.calendar(Some(&id)).await.map_err(|_| Error::invalid("calendar", Why::NotAChoice))?;
        }
        self.no_category_below_itself().await?;
        let rules: Vec<String> = sqlx::query_scalar("select content from rule").fetch_all(self.sql()).await?;
        if rules.iter().any(|content| serde_json::from_str::<rule::Rule>(content).is_err()) {
            return Err(Error::invalid("rule", Why::NotAChoice));
        }
        for (table, dangling) in DANGLING {
            let found: Option<String> = sqlx::query_scalar(*dangling).fetch_optional(self.sql()).await?;
            if found.is_some() {
                return Err(Error::invalid(table, Why::NotAChoice));
            }
        }
        Ok(())
    }

    async fn one(&mut self, table: &'static str, only: &str) -> Result<()> {
        let sql = format!("select count(*) from {table} where {only}");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(self.sql()).await?;
        if count == 1 { Ok(()) } else { Err(Error::invalid(table, Why::Needed)) }
    }

    async fn no_category_below_itself(&mut self) -> Result<()> {
        let parents: Vec<(String, Option<String>)> =
            sqlx::query_as("select id, parent_id from category").fetch_all(self.sql()).await?;
        let parents: BTreeMap<String, Option<String>> = parents.into_iter().collect();
        for start in parents.keys() {
            let (mut seen, mut above) = (BTreeSet::new(), Some(start.clone()));
            while let Some(here) = above {
                above = parents.get(&here).cloned().flatten();
                if !seen.insert(here) {
                    return Err(Error::invalid("category", Why::Circle));
                }
            }
        }
        Ok(())
    }
}

impl Part {
    async fn rows(&self, connection: &mut sqlx::AnyConnection) -> Result<Rows> {
        let columns: Vec<&str> =
            self.key.iter().chain(self.text).chain(self.number).chain(self.flag).copied().collect();
        // Only names from the list above get into this text.
        let sql = format!(
            "select {} from {} where {} order by {}",
            columns.join(", "),
            self.table,
            self.only,
            self.key.join(", ")
        );
        let found: Vec<AnyRow> = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
        let mut rows = Rows::new();
        for row in found {
            let row = self.read(&row)?;
            let key = self.key_of(&row)?;
            if self.table != "setting" || is_decided(&key[0], None) {
                rows.insert(key, row);
            }
        }
        Ok(rows)
    }

    fn read(&self, row: &AnyRow) -> Result<ConfigurationRow> {
        let mut cells = ConfigurationRow::new();
        let mut put = |name: &str, cell: Option<Cell>| {
            if let Some(cell) = cell {
                cells.insert(name.to_owned(), cell);
            }
        };
        for name in self.key.iter().chain(self.text) {
            put(name, row.try_get::<Option<String>, _>(*name)?.map(Cell::Text));
        }
        for name in self.number {
            put(name, row.try_get::<Option<i64>, _>(*name)?.map(Cell::Number));
        }
        for name in self.flag {
            put(name, row.try_get::<Option<i64>, _>(*name)?.map(|_| Cell::Flag(true)));
        }
        Ok(cells)
    }

    /// Every column is one of ours and of its kind.
    fn check(&self, row: &ConfigurationRow) -> Result<()> {
        let fits = row.iter().all(|(name, cell)| {
            let name = name.as_str();
            match cell {
                Cell::Text(_) => self.key.contains(&name) || self.text.contains(&name),
                Cell::Number(_) => self.number.contains(&name),
                Cell::Flag(on) => *on && self.flag.contains(&name),
            }
        });
        let sound = self.table != "setting"
            || text(row, "name").is_some_and(|name| is_decided(&name, text(row, "value").as_deref()));
        if fits && sound { Ok(()) } else { Err(Error::invalid(self.table, Why::NotAChoice)) }
    }

    fn key_of(&self, row: &ConfigurationRow) -> Result<Vec<String>> {
        self.key.iter().map(|name| text(row, name).ok_or_else(|| Error::invalid(self.table, Why::Missing))).collect()
    }

    fn name_of(&self, row: &ConfigurationRow) -> String {
        let named = ["name", "nb"].iter().find_map(|column| text(row, column));
        named.or_else(|| self.key_of(row).ok().map(|key| key.join(" "))).unwrap_or_default()
    }

    fn changed(&self, old: Option<&ConfigurationRow>, new: &ConfigurationRow) -> Vec<String> {
        let columns = self.text.iter().chain(self.number).chain(self.flag);
        let differs = |name: &&&str| old.and_then(|old| old.get(**name)) != new.get(**name);
        columns.filter(differs).map(|name| (*name).to_owned()).collect()
    }
}

/// Those above before those below them; what stands in a circle comes last and is refused.
fn in_order(part: &Part, rows: Vec<ConfigurationRow>) -> Vec<ConfigurationRow> {
    if part.table != "category" {
        return rows;
    }
    let (mut waiting, mut ordered) = (rows, vec![]);
    while !waiting.is_empty() {
        let ids: BTreeSet<Option<String>> = waiting.iter().map(|row| text(row, "id")).collect();
        let (later, now): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|row| {
            let parent = text(row, "parent_id");
            parent.is_some() && ids.contains(&parent)
        });
        if now.is_empty() {
            ordered.extend(later);
            break;
        }
        ordered.extend(now);
        waiting = later;
    }
    ordered
}

fn text(row: &ConfigurationRow, name: &str) -> Option<String> {
    match row.get(name) {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn number(row: &ConfigurationRow, name: &str) -> Option<i64> {
    match row.get(name) {
        Some(Cell::Number(number)) => Some(*number),
        _ => None,
    }
}

/// What the database refuses is the document's fault.
fn refused(part: &Part, error: sqlx::Error) -> Error {
    match error.as_database_error() {
        Some(fault) if fault.is_unique_violation() => Error::invalid(part.table, Why::Double),
        Some(fault) if fault.is_foreign_key_violation() || fault.is_check_violation() => {
            Error::invalid(part.table, Why::NotAChoice)
        }
        Some(fault) if matches!(fault.kind(), sqlx::error::ErrorKind::NotNullViolation) => {
            Error::invalid(part.table, Why::Missing)
        }
        _ => error.into(),
    }
}
