//! The log over everything, for administrators: read page by page, and written to a file. LOG-1.
//!
//! It only grows, and the database sees to it (`append_only.rs`). What a person who is forgotten is called is the one thing
//! that is ever taken out of it (`erasure.rs`), and what an erased or anonymous request was about (`bin.rs`,
//! `retention.rs`).

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::word,
    model::{export::Format, *},
    several::found_for,
    table::{Cell, Table, moment},
};
use jiff::tz::TimeZone;
use std::collections::{BTreeSet, HashMap};

/// Entries a page.
const PAGE: i64 = 200;
/// Entries of one file.
const MOST: i64 = 200_000;

#[derive(sqlx::FromRow)]
pub(crate) struct EntryRow {
    number: i64,
    at: i64,
    kind: String,
    ticket_id: Option<TicketId>,
    actor_name: String,
    cause: String,
    cause_id: Option<String>,
    old: Option<String>,
    new: Option<String>,
    data: Option<String>,
}

impl TryFrom<EntryRow> for LogEntry {
    type Error = Error;

    fn try_from(row: EntryRow) -> Result<LogEntry> {
        Ok(LogEntry {
            number: row.number,
            at: row.at,
            kind: word(&row.kind)?,
            ticket: row.ticket_id,
            actor: row.actor_name,
            cause: word(&row.cause)?,
            cause_id: row.cause_id,
            old: row.old,
            new: row.new,
            data: row.data,
        })
    }
}

/// Which log is written to a file.
#[derive(Clone, Debug)]
pub enum LogOf {
    Request(TicketId),
    /// Everything that fits, for administrators.
    Everything(LogAsked),
}

/// How a file of the log is worded: what only the catalogue of the reader's language knows.
pub struct LogSheet {
    pub language: Language,
    pub title: String,
    /// Number, time, request, who, what happened, because of what, before, after.
    pub headings: [String; 8],
    pub line: Box<dyn Fn(&LogEntry) -> String + Send + Sync>,
    pub cause: Box<dyn Fn(Cause) -> String + Send + Sync>,
}

impl std::fmt::Debug for LogSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogSheet").field("headings", &self.headings).finish_non_exhaustive()
    }
}

impl Desk {
    /// The log of a request, oldest first, or of everything, newest first, as a file in the reader's words and by their clock.
    /// LOG-1.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to export; [`Why::TooMany`] above 200,000 entries.
    pub async fn log_file(&self, actor: &Actor, of: &LogOf, format: Format, words: &LogSheet) -> Result<Vec<u8>> {
        let me = staff(actor)?;
        self.entitled(actor, Right::Export).await?;
        let entries = match of {
            LogOf::Request(id) => {
                self.facts(actor, id).await?;
                self.log(id).await?
            }
            LogOf::Everything(asked) => {
                administrator(actor)?;
                self.entries(asked, None, MOST + 1).await?
            }
        };
        if entries.len() as i64 > MOST {
            return Err(Error::invalid("asked", Why::TooMany { most: MOST as u32 }));
        }
        let zone = TimeZone::get(&self.preferences_of(me).await?.zone).unwrap_or(TimeZone::UTC);
        let names = self.names(actor).await?;
        let numbers = self.numbers_of(&entries).await?;
        let text = |text: Option<String>| text.filter(|text| !text.is_empty()).map_or(Cell::Empty, Cell::Text);
        let rows = entries.into_iter().map(|mut entry| {
            // As the reader calls it, where it is one of the things that have names.
            for value in [&mut entry.old, &mut entry.new].into_iter().flatten() {
                if let Some(name) = names.get(value.as_str()) {
                    name.clone_into(value);
                }
            }
            let line = (words.line)(&entry);
            let number = entry.ticket.as_ref().and_then(|id| numbers.get(id.as_str()));
            vec![
                Cell::Number(entry.number),
                moment(entry.at, &zone),
                number.map_or(Cell::Empty, |number| Cell::Number(*number)),
                text(Some(entry.actor)),
                Cell::Text(line),
                Cell::Text((words.cause)(entry.cause)),
                text(entry.old),
                text(entry.new),
            ]
        });
        let table = Table {
            title: words.title.clone(),
            language: words.language,
            headings: words.headings.to_vec(),
            rows: rows.collect(),
            mark: true,
        };
        table.write(format).await
    }

    /// The numbers of the requests that entries are about, as far as they are there.
    async fn numbers_of(&self, entries: &[LogEntry]) -> Result<HashMap<String, i64>> {
        let ids: BTreeSet<TicketId> = entries.iter().filter_map(|entry| entry.ticket.clone()).collect();
        let mut connection = self.read().acquire().await?;
        let numbers: Vec<(String, i64)> =
            found_for(&mut connection, "select id, number from ticket where id in ({})", &Vec::from_iter(ids)).await?;
        Ok(numbers.into_iter().collect())
    }

    /// The change log of a request, oldest first. LOG-1.
    pub(crate) async fn log(&self, ticket: &TicketId) -> Result<Vec<LogEntry>> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "select number, at, kind, ticket_id, actor_name, cause, cause_id, old, new, data from event
             where ticket_id = $1 order by number",
        )
        .bind(ticket.clone())
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(LogEntry::try_from).collect()
    }

    /// What happened before this entry, newest first; from the newest for none. A page that is not full is the last.
    pub async fn whole_log(&self, actor: &Actor, asked: &LogAsked, before: Option<i64>) -> Result<Vec<LogEntry>> {
        administrator(actor)?;
        self.entries(asked, before, PAGE).await
    }

    /// The same as CSV, with the words of the log as they are stored.
    pub async fn export_log(&self, actor: &Actor, asked: &LogAsked) -> Result<Vec<u8>> {
        administrator(actor)?;
        let entries = self.entries(asked, None, MOST).await?;
        let mut sheet = csv::Writer::from_writer(vec![]);
        let head = ["number", "at", "kind", "request", "actor", "cause", "cause_id", "old", "new"];
        sheet.write_record(head).map_err(Error::internal)?;
        for entry in entries {
            let at = jiff::Timestamp::from_microsecond(entry.at).map(|at| at.to_string()).unwrap_or_default();
            let number = entry.number.to_string();
            let ticket = entry.ticket.map(|id| id.0).unwrap_or_default();
            let [cause_id, old, new] = [entry.cause_id, entry.old, entry.new].map(Option::unwrap_or_default);
            let row = [
                number.as_str(),
                at.as_str(),
                entry.kind.as_str(),
                ticket.as_str(),
                harmless(&entry.actor),
                entry.cause.as_str(),
                cause_id.as_str(),
                harmless(&old),
                harmless(&new),
            ];
            sheet.write_record(row).map_err(Error::internal)?;
        }
        sheet.into_inner().map_err(Error::internal)
    }

    async fn entries(&self, asked: &LogAsked, before: Option<i64>, most: i64) -> Result<Vec<LogEntry>> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "select number, at, kind, ticket_id, actor_name, cause, cause_id, old, new, data from event
             where number < $1 and ($2 = '' or kind = $2) and ($3 = '' or actor_id = $3) and at >= $4 and at < $5
             order by number desc limit $6",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(asked.kind.map(|kind| kind.as_str()).unwrap_or_default())
        .bind(asked.actor.clone().unwrap_or_default())
        .bind(asked.from.unwrap_or(i64::MIN))
        .bind(asked.to.unwrap_or(i64::MAX))
        .bind(most)
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(LogEntry::try_from).collect()
    }
}

/// A spreadsheet takes what begins with one of these for a formula.
fn harmless(text: &str) -> &str {
    text.trim_start_matches(['=', '+', '-', '@', '\t', '\r'])
}
