//! What comes of an event, once, after its commit: notices to colleagues, rules, webhooks.

use crate::{
    Desk, Result,
    job::{Job, finish},
    model::EventKind,
};

/// Some facts are only for the log: nobody waits for them.
pub(crate) fn concerns_anybody(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::ReadByOwner
            | EventKind::ReadByCustomer
            | EventKind::Acknowledged
            | EventKind::AcknowledgementWithheld
            | EventKind::Delivered
    )
}

impl Desk {
    /// Everything that comes of a batch of events: rules first, each run in a write of its own and known when it is begun
    /// again; the rest in one write.
    pub(crate) async fn react_to_all(&self, jobs: &[Job]) -> Result<()> {
        let numbers: Vec<i64> = jobs.iter().filter_map(|job| job.subject.parse().ok()).collect();
        self.run_rules(&numbers).await?;
        let mut write = self.write().await?;
        for job in jobs {
            // Nobody is told twice where two workers had the same in hand.
            if finish(&mut write, job).await?
                && let Ok(number) = job.subject.parse()
            {
                write.notify_of(number).await?;
                write.queue_hooks(number).await?;
            }
        }
        self.commit(write).await
    }
}
