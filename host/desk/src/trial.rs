//! Trying things out: the real verbs in writes that are dropped, and what would have come of them.

use crate::{
    Result,
    db::{Write, word},
    model::*,
    routing::Asked,
};
use std::sync::{Mutex, MutexGuard};

/// What the writes of a desk that only tries would have done.
#[derive(Default)]
pub(crate) struct Trial {
    /// Where the way of what comes in is asked for: the rules that it may set off.
    rules: Option<Asked>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    events: Vec<Tried>,
    route: Option<Route>,
}

/// One line that was not written.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub ticket: Option<TicketId>,
    pub event: ForeseenEvent,
}

impl Trial {
    pub fn of_arrival(rules: Asked) -> Trial {
        Trial { rules: Some(rules), ..Trial::default() }
    }

    /// Reads what a write did, before it is dropped.
    pub async fn note(&self, write: &mut Write) -> Result<()> {
        let Some(first) = write.first.as_ref().map(|first| first.number) else { return Ok(()) };
        let route = match &self.rules {
            Some(rules) => write.route(rules).await?,
            None => None,
        };
        let events = write.log_since(first).await?;
        let mut seen = self.seen();
        seen.events.extend(events);
        seen.route = route.or(seen.route.take());
        Ok(())
    }

    /// What was noted so far; it is empty after.
    pub fn take(&self) -> Vec<Tried> {
        std::mem::take(&mut self.seen().events)
    }

    /// The way of what came in, if anything did.
    pub fn route(&self) -> Option<Route> {
        self.seen().route.take()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

#[derive(sqlx::FromRow)]
struct Line {
    ticket_id: Option<TicketId>,
    kind: String,
    old: Option<String>,
    new: Option<String>,
}

impl Write {
    /// What was recorded in this write, from a number on.
    pub(crate) async fn log_since(&mut self, first: i64) -> Result<Vec<Tried>> {
        let lines: Vec<Line> =
            sqlx::query_as("select ticket_id, kind, old, new from event where number >= $1 order by number")
                .bind(first)
                .fetch_all(self.sql())
                .await?;
        lines
            .into_iter()
            .map(|line| {
                let event = ForeseenEvent { kind: word(&line.kind)?, old: line.old, new: line.new };
                Ok(Tried { ticket: line.ticket_id, event })
            })
            .collect()
    }
}
