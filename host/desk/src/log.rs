//! The log over everything, for administrators: read page by page, and written to a file. LOG-1.
//!
//! It only grows, and the database sees to it (`append_only.rs`). What a person who is forgotten is called is the one thing that is ever taken out of it (`erasure.rs`), and
//! what an erased or anonymous request was about (`bin.rs`, `retention.rs`).

use crate::{Desk, Error, Result, access::administrator, db::word, model::*};

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

impl Desk {
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
