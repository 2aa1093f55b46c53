//! Work that must happen once: queued in the same transaction as its reason, leased, tried again with growing pauses.

use crate::{
    Desk, Result,
    clock::{HOUR, MINUTE, SECOND},
    db::{Engine, Write, word},
    model::{JobId, event::text_enum},
};
use std::time::Duration;
use tokio::sync::watch;

text_enum! {
    /// What there is to do. The subject's meaning is the kind's.
    Kind {
        /// Subject: the request.
        Acknowledge = "acknowledge",
        /// Subject: the request. The number, by mail, after a call.
        Confirm = "confirm",
        /// Subject: the delivery.
        Deliver = "deliver",
        /// Subject: the event's number.
        Notify = "notify",
        /// Subject: language and address.
        SendLink = "send-link",
    }
}

/// How long a worker may hold a job before another may take it: longer than the slowest hand-over of a mail may last.
const LEASE: i64 = 20 * MINUTE;
/// The longest hand-over of one mail.
pub(crate) const LONGEST_SEND: Duration = Duration::from_secs(15 * 60);
/// How many are leased in one go.
const BATCH: i64 = 32;
/// About two days, by [`pause`].
pub(crate) const MOST_ATTEMPTS: i64 = 16;

/// A job in hand.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Job {
    pub id: JobId,
    pub kind: String,
    pub subject: String,
    pub attempts: i64,
}

/// How a try ended.
pub(crate) enum Outcome {
    Done,
    /// Not now; the words are for an administrator.
    Again(String),
    /// Never; a person has been told.
    GivenUp(String),
}

pub(crate) async fn enqueue(write: &mut Write, kind: Kind, subject: &str) -> Result<()> {
    let now = write.now;
    sqlx::query("insert into job (id, kind, subject, run_at, leased_until, attempts) values ($1, $2, $3, $4, 0, 0)")
        .bind(JobId::new())
        .bind(kind.as_str())
        .bind(subject.to_owned())
        .bind(now)
        .execute(write.sql())
        .await?;
    Ok(())
}

/// Exponential from 15 seconds, at most six hours.
pub(crate) fn pause(attempts: i64) -> i64 {
    let doubling = attempts.clamp(1, 12) as u32 - 1;
    (15 * SECOND * (1i64 << doubling)).min(6 * HOUR)
}

impl Desk {
    /// Works until told to stop. Several processes may do so at once; a lease belongs to one.
    pub(crate) async fn work(self, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            match self.work_once().await {
                Ok(0) => {
                    tokio::select! {
                        () = self.worker_waker().notified() => {}
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                        _ = stopped.changed() => {}
                    }
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }

    /// Does what is due now, at most one batch; how many jobs that were.
    pub async fn work_once(&self) -> Result<usize> {
        let jobs = self.claim_jobs().await?;
        let (notices, others): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|j| j.kind == Kind::Notify.as_str());
        let count = notices.len() + others.len();
        if !notices.is_empty() {
            self.notify_all(&notices).await?;
        }
        let mut running = tokio::task::JoinSet::new();
        for job in others {
            let desk = self.clone();
            running.spawn(async move { desk.run(job).await });
            if running.len() >= 8 {
                running.join_next().await;
            }
        }
        while running.join_next().await.is_some() {}
        Ok(count)
    }

    async fn run(&self, job: Job) -> Result<()> {
        let outcome = match word::<Kind>(&job.kind)? {
            Kind::Acknowledge => self.acknowledge(&job).await,
            Kind::Confirm => self.confirm(&job).await,
            Kind::Deliver => self.deliver(&job).await,
            Kind::SendLink => self.send_link(&job).await,
            Kind::Notify => Ok(Outcome::Done),
        };
        let outcome = outcome.unwrap_or_else(|error| {
            if job.attempts >= MOST_ATTEMPTS {
                Outcome::GivenUp(error.to_string())
            } else {
                Outcome::Again(error.to_string())
            }
        });
        self.settle(&job, outcome).await
    }

    async fn claim_jobs(&self) -> Result<Vec<Job>> {
        let now = self.clock().now();
        // A look before the pen is taken: an idle desk writes nothing.
        let due: Vec<String> = sqlx::query_scalar(
            "select id from job where done_at is null and failed_at is null and run_at <= $1 and leased_until < $1
             order by run_at, id limit $2",
        )
        .bind(now)
        .bind(BATCH)
        .fetch_all(self.read())
        .await?;
        if due.is_empty() {
            return Ok(vec![]);
        }
        let mut write = self.write().await?;
        let mut jobs = Vec::with_capacity(due.len());
        for id in due {
            // The predicate makes a race a miss, not a double claim.
            let job: Option<Job> = sqlx::query_as(
                "update job set leased_until = $2, attempts = attempts + 1
                 where id = $3 and leased_until < $1 and done_at is null and failed_at is null
                 returning id, kind, subject, attempts",
            )
            .bind(now)
            .bind(now + LEASE)
            .bind(id)
            .fetch_optional(write.sql())
            .await?;
            jobs.extend(job);
        }
        write.commit().await?;
        Ok(jobs)
    }

    async fn settle(&self, job: &Job, outcome: Outcome) -> Result<()> {
        let mut write = self.write().await?;
        match outcome {
            Outcome::Done => finish(&mut write, job).await?,
            Outcome::Again(why) => {
                let at = write.now + pause(job.attempts);
                sqlx::query("update job set run_at = $2, leased_until = 0, error = $3 where id = $1")
                    .bind(job.id.clone())
                    .bind(at)
                    .bind(why)
                    .execute(write.sql())
                    .await?;
            }
            Outcome::GivenUp(why) => {
                tracing::warn!(job = %job.id, kind = %job.kind, %why, "job given up");
                let now = write.now;
                sqlx::query("update job set failed_at = $2, error = $3 where id = $1")
                    .bind(job.id.clone())
                    .bind(now)
                    .bind(why)
                    .execute(write.sql())
                    .await?;
            }
        }
        write.commit().await
    }

    /// A database with a single process has no worker but this one: what was leased before the start is free again.
    pub(crate) async fn free_leases(&self) -> Result<()> {
        if self.db().engine() == Engine::Postgres {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("update job set leased_until = 0 where leased_until > 0").execute(write.sql()).await?;
        write.commit().await
    }

    /// How many jobs wait or are in hand.
    pub async fn open_jobs(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("select count(*) from job where done_at is null and failed_at is null")
            .fetch_one(self.read())
            .await?)
    }
}

/// Done jobs are forgotten: the log holds what they did.
pub(crate) async fn finish(write: &mut Write, job: &Job) -> Result<()> {
    sqlx::query("delete from job where id = $1").bind(job.id.clone()).execute(write.sql()).await?;
    Ok(())
}
