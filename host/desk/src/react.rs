//! What comes of an event, once, after its commit: notices to colleagues, rules, webhooks, and questions to plugins.

use crate::{
    Desk, Result,
    db::{Write, word},
    job::{Job, Kind, finish},
    model::EventKind,
};

/// Some facts are only for the log: nobody waits for them.
pub(crate) fn concerns_anybody(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::ReadByOwner
            | EventKind::MarkedUnread
            | EventKind::ReadByCustomer
            | EventKind::Acknowledged
            | EventKind::TemplateSent
            | EventKind::AcknowledgementWithheld
            | EventKind::ReplyLeft
            | EventKind::Delivered
    )
}

impl Desk {
    /// Everything that comes of a batch of events: rules first, each run in a write of its own and known when it is begun
    /// again; the rest in one write.
    pub(crate) async fn react_to_all(&self, jobs: &[Job]) -> Result<()> {
        let numbers: Vec<i64> = jobs.iter().filter_map(|job| job.subject.parse().ok()).collect();
        self.run_rules(&numbers).await?;
        let minds = self.minds().await?;
        let mut write = self.write().await?;
        for job in jobs {
            // Nobody is told twice where two workers had the same in hand.
            if finish(&mut write, job).await?
                && let Ok(number) = job.subject.parse()
            {
                write.notify_of(number).await?;
                write.queue_hooks(number).await?;
                write.ask_minds(number, &minds).await?;
            }
        }
        self.commit(write).await
    }
}

impl Write {
    /// Queues what comes of events that were recorded quietly, but for those of one kind.
    pub(crate) async fn react_to(&mut self, first: i64, last: i64, but: Option<EventKind>) -> Result<()> {
        let events: Vec<(i64, String)> = sqlx::query_as(
            "select number, kind from event where number >= $1 and number <= $2 and ticket_id is not null order by number",
        )
        .bind(first)
        .bind(last)
        .fetch_all(self.sql())
        .await?;
        for (number, kind) in events {
            let kind: EventKind = word(&kind)?;
            if concerns_anybody(kind) && but != Some(kind) {
                self.enqueue(Kind::React, &number.to_string()).await?;
            }
        }
        Ok(())
    }
}
