//! Everything that an administrator decided, as one document that can be kept, read and brought back. Appendix C,
//! number 25.
//!
//! A table's rows are compared by their key. What hangs on others (members, levels, holidays) is as the document has it;
//! what requests hang on is never removed by it.

mod part;
mod sound;

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    db::{Fact, Write},
    model::*,
    several::places,
};
use part::{Given, PARTS, Part, Rows, number, text};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet};

/// The document's format.
const FORMAT: u32 = 1;

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

impl Desk {
    /// The configuration as it is, without keys, and without what mailboxes and webhooks keep secret.
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
        self.styles_are_sound(new).await?;
        let mut write = self.write().await?;
        // Laid down without a commit: nothing happened.
        write.bring_in(actor, new).await
    }

    /// Makes the configuration what a document says; what it changed.
    ///
    /// # Errors
    /// [`Why::NotAChoice`] for a document of another kind, for what refers to something or somebody that is not here, and
    /// where it would leave no default; [`Why::Double`] for a name that is taken.
    pub async fn import_configuration(&self, actor: &Actor, new: &Configuration) -> Result<Vec<Difference>> {
        administrator(actor)?;
        self.styles_are_sound(new).await?;
        let mut write = self.write().await?;
        let differences = write.bring_in(actor, new).await?;
        write.reckon_reach().await?;
        write.reckon_routines(None).await?;
        let changed = differences.iter().filter(|one| one.fate != Fate::Kept).count().to_string();
        let fact = Fact { new: Some(&changed), data: Some("configuration".to_owned()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await?;
        Ok(differences)
    }
}

impl Desk {
    /// OUT-3 holds for what comes by a document, too. Looked at before the pen is taken: a guest fills them in.
    async fn styles_are_sound(&self, new: &Configuration) -> Result<()> {
        for row in new.parts.get("category").into_iter().flatten() {
            let (html, words) = (text(row, "style_html"), text(row, "style_text"));
            if html.is_some() || words.is_some() {
                let (html, text) = (html.unwrap_or_default(), words.unwrap_or_default());
                self.check_style(&HouseStyle { html, text, below: false }).await?;
            }
        }
        Ok(())
    }
}

impl Write {
    async fn bring_in(&mut self, actor: &Actor, new: &Configuration) -> Result<Vec<Difference>> {
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
                self.bring_in_part(actor, part, rows, &mut differences).await?;
            }
        }
        self.check_configuration().await?;
        Ok(differences)
    }

    async fn bring_in_part(
        &mut self,
        actor: &Actor,
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
            self.is_sound(part, &row).await?;
            let whole = self.with_secret(part, row.clone()).await?;
            self.put_in(actor, part, &whole).await.map_err(|error| refused(part, error))?;
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
    async fn put_in(
        &mut self,
        actor: &Actor,
        part: &Part,
        row: &ConfigurationRow,
    ) -> std::result::Result<(), sqlx::Error> {
        let now = self.now;
        let given = |column: &str| part.given.iter().find(|(name, _)| *name == column).map(|(_, given)| *given);
        let more = part.given.iter().map(|(column, _)| column);
        let columns: Vec<&str> =
            part.key.iter().chain(part.text).chain(part.number).chain(part.flag).chain(more).copied().collect();
        let set: Vec<String> = columns
            .iter()
            .filter(|column| !part.key.contains(column) && !given(column).is_some_and(Given::stays))
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
            places(1, columns.len()),
            part.key.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for column in columns {
            query = if let Some(given) = given(column) {
                match given {
                    Given::Now | Given::Born => query.bind(now),
                    Given::Maker => query.bind(actor.agent().cloned()),
                    Given::Secret => query.bind(crate::webhook::fresh_secret()),
                    Given::Folded => query.bind(text(row, "name").unwrap_or_default().to_lowercase()),
                }
            } else if part.number.contains(&column) {
                query.bind(number(row, column))
            } else if part.flag.contains(&column) {
                query.bind(row.contains_key(column).then_some(now))
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
        self.one("request_type", "default_at is not null and deleted_at is null").await?;
        for kind in ["portal", "phone"] {
            self.one("account", &format!("kind = '{kind}'")).await?;
        }
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
