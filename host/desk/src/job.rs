//! Work that must happen once: queued in the same transaction as its reason, leased, tried again with growing pauses.

use crate::{
    Desk, Error, Result,
    clock::{HOUR, SECOND},
    db::{Engine, Write, word},
    model::{JobId, event::text_enum},
};
use std::{collections::HashMap, time::Duration};
use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
    time::Instant,
};

text_enum! {
    /// What there is to do. The subject's meaning is the kind's.
    Kind {
        /// Subject: the request.
        Acknowledge = "acknowledge",
        /// Subject: the request. The number, by mail, after a call.
        Confirm = "confirm",
        /// Subject: the delivery.
        Deliver = "deliver",
        /// Subject: the event's number. Notices, rules and webhooks that come of it.
        React = "react",
        /// Subject: language and address.
        SendLink = "send-link",
        /// Subject: the webhook's delivery.
        Hook = "hook",
        /// Subject: the call of a remote.
        Hear = "hear",
        /// Subject: the channel's account.
        Look = "look",
        /// Subject: which plugin is asked what; JSON.
        Think = "think",
        /// Subject: the bulk action.
        Bulk = "bulk",
        /// Subject: which mail to whom; JSON.
        MailNotice = "mail-notice",
        /// Subject: which child is closed for whom; JSON.
        CloseChild = "close-child",
        /// Subject: what is mailed to whom when a level of escalation fires; JSON.
        MailEscalation = "mail-escalation",
        /// Subject: which template goes to the customer of which request; JSON.
        FormLetter = "form-letter",
    }
}

/// How long after a worker's last sign of life another may take its jobs.
const LEASE: i64 = 30 * SECOND;
/// How often a worker gives a sign of life for the jobs in its hand.
const RENEWAL: Duration = Duration::from_secs(10);
/// The longest hand-over of one mail.
pub(crate) const LONGEST_SEND: Duration = Duration::from_secs(15 * 60);
/// How many jobs a worker has in hand at most: hand-overs wait for other machines. What comes of events waits for nobody, and
/// is not among them.
const SIDE_BY_SIDE: usize = 8;
/// Of these, how many wait for plugins and their remotes: one that is slow must not keep mails and receipts from leaving.
const OF_PLUGINS: usize = 4;
/// The longest pause between two tries, whatever the other side asks for: six hours, in microseconds.
pub(crate) const LONGEST_PAUSE: i64 = 6 * HOUR;
/// About two days, by [`pause`].
pub(crate) const MOST_ATTEMPTS: i64 = 16;

/// A job in hand.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Job {
    pub id: JobId,
    pub kind: String,
    pub subject: String,
    pub attempts: i64,
    /// Whether it waits for a plugin.
    #[sqlx(skip)]
    pub of_plugin: bool,
}

/// How a try ended.
pub(crate) enum Outcome {
    Done,
    /// There is more to do, at once: it was laid down so that whoever stops Saker need not wait for all of it.
    GoesOn,
    /// Not now; the words are for an administrator.
    Again(String),
    /// Not before so many microseconds are over, as the other side asked.
    Later(String, i64),
    /// Never; a person has been told.
    GivenUp(String),
}

impl Outcome {
    /// A remote tells what became of a message that is still being sent.
    pub(crate) fn early() -> Self {
        Self::Later("what it tells of is being sent".to_owned(), SECOND)
    }
}

/// What a worker works on now.
#[derive(Default)]
struct InHand {
    running: JoinSet<()>,
    jobs: HashMap<Id, Job>,
}

impl InHand {
    fn lay_down(&mut self, done: std::result::Result<(Id, ()), JoinError>) {
        let id = done.map_or_else(|error| error.id(), |(id, ())| id);
        self.jobs.remove(&id);
    }

    fn room(&self) -> usize {
        SIDE_BY_SIDE - self.jobs.len()
    }

    fn room_for_plugins(&self) -> usize {
        let of_plugins = self.jobs.values().filter(|job| job.of_plugin).count();
        self.room().min(OF_PLUGINS.saturating_sub(of_plugins))
    }
}

/// Not before `run_at`, in Unix microseconds.
pub(crate) async fn enqueue(write: &mut Write, kind: Kind, subject: &str, run_at: i64) -> Result<()> {
    sqlx::query("insert into job (id, kind, subject, run_at, leased_until, attempts) values ($1, $2, $3, $4, 0, 0)")
        .bind(JobId::new())
        .bind(kind.as_str())
        .bind(subject.to_owned())
        .bind(run_at)
        .execute(write.sql())
        .await?;
    Ok(())
}

/// Exponential from 15 seconds, at most six hours.
pub(crate) fn pause(attempts: i64) -> i64 {
    let doubling = attempts.clamp(1, 12) as u32 - 1;
    (15 * SECOND * (1i64 << doubling)).min(LONGEST_PAUSE)
}

/// What comes after a try that failed for a reason of our own.
fn after(error: &Error, job: &Job) -> Outcome {
    if job.attempts >= MOST_ATTEMPTS { Outcome::GivenUp(error.to_string()) } else { Outcome::Again(error.to_string()) }
}

impl Desk {
    /// Works until told to stop, then finishes what is in hand. Several processes may do so at once; a lease belongs to one.
    pub(crate) async fn work(self, mut stopped: watch::Receiver<bool>) {
        let mut in_hand = InHand::default();
        let mut sign = tokio::time::interval_at(Instant::now() + RENEWAL, RENEWAL);
        loop {
            let stopping = *stopped.borrow();
            if stopping && in_hand.jobs.is_empty() {
                return;
            }
            let began = if stopping { Ok(0) } else { self.begin(&mut in_hand).await };
            if matches!(began, Ok(count) if count > 0) {
                continue;
            }
            tokio::select! {
                Some(done) = in_hand.running.join_next_with_id() => in_hand.lay_down(done),
                () = self.worker_waker().notified() => {}
                // Work that is due by the clock, or that another process left; after a failure, a pause.
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                _ = sign.tick(), if !in_hand.jobs.is_empty() => {
                    // When this fails, another worker may take them: each is safe to be begun twice.
                    let _ = self.renew(in_hand.jobs.values().map(|job| &job.id)).await;
                }
                _ = stopped.changed(), if !stopping => {}
            }
        }
    }

    /// Begins what is due and finds room; how many jobs that were.
    async fn begin(&self, in_hand: &mut InHand) -> Result<usize> {
        let jobs = self.claim_jobs(in_hand.room(), in_hand.room_for_plugins()).await?;
        let (reactions, others): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|j| j.kind == Kind::React.as_str());
        let count = reactions.len() + others.len();
        for job in others {
            let (desk, begun) = (self.clone(), job.clone());
            let task = in_hand.running.spawn(async move {
                let job_id = begun.id.clone();
                if let Err(error) = desk.run(begun).await {
                    tracing::warn!(job = %job_id, %error, "a job's end could not be noted: it begins again when its lease ends");
                }
            });
            in_hand.jobs.insert(task.id(), job);
        }
        // What comes of events is much and small: together it needs one commit.
        if !reactions.is_empty()
            && let Err(error) = self.react_to_all(&reactions).await
        {
            for job in &reactions {
                self.settle(job, after(&error, job)).await?;
            }
        }
        Ok(count)
    }

    async fn renew(&self, jobs: impl Iterator<Item = &JobId> + Send) -> Result<()> {
        let mut write = self.write().await?;
        let until = write.now + LEASE;
        for id in jobs {
            sqlx::query("update job set leased_until = $2 where id = $1 and leased_until > 0")
                .bind(id.clone())
                .bind(until)
                .execute(write.sql())
                .await?;
        }
        write.commit().await
    }

    async fn run(&self, job: Job) -> Result<()> {
        let outcome = match word::<Kind>(&job.kind)? {
            Kind::Acknowledge => self.acknowledge(&job).await,
            Kind::Confirm => self.confirm(&job).await,
            Kind::Deliver => self.deliver(&job).await,
            Kind::SendLink => self.send_link(&job).await,
            Kind::Hook => self.deliver_hook(&job).await,
            Kind::MailEscalation => self.mail_escalation(&job).await,
            Kind::FormLetter => self.send_form_letter(&job).await,
            Kind::CloseChild => self.close_child(&job).await,
            Kind::Hear => self.hear_kept(&job).await,
            Kind::Look => self.look(&job).await,
            Kind::Think => self.think(&job).await,
            Kind::Bulk => self.run_bulk(&job).await,
            Kind::MailNotice => self.mail_notice(&job).await,
            Kind::React => Ok(Outcome::Done),
        };
        let outcome = outcome.unwrap_or_else(|error| after(&error, &job));
        self.settle(&job, outcome).await
    }

    /// What is due, and this worker's from now on: what comes of events, and of the rest as much as there is room for.
    async fn claim_jobs(&self, room: usize, for_plugins: usize) -> Result<Vec<Job>> {
        let now = self.clock().now();
        // A look before the pen is taken: an idle desk writes nothing.
        let due: Vec<(String, String, i64)> = sqlx::query_as(
            "select j.id, j.kind, case when j.kind in ('hear', 'look', 'think') or d.account_id is not null then 1 else 0 end
             from job j left join delivery d on j.kind = 'deliver' and d.id = j.subject
             where j.done_at is null and j.failed_at is null and j.run_at <= $1 and j.leased_until < $1 and (j.kind = 'react'
               or $3 > 0 and ($4 > 0 or j.kind not in ('hear', 'look', 'think') and d.account_id is null))
             order by j.run_at, j.id limit $2",
        )
        .bind(now)
        .bind(SIDE_BY_SIDE as i64)
        .bind(room as i64)
        .bind(for_plugins as i64)
        .fetch_all(self.read())
        .await?;
        let (mut room, mut for_plugins) = (room, for_plugins);
        let mut fitting = vec![];
        for (id, kind, of_plugin) in due {
            let of_plugin = of_plugin == 1;
            if kind != Kind::React.as_str() {
                if room == 0 || (of_plugin && for_plugins == 0) {
                    continue;
                }
                room -= 1;
                for_plugins -= usize::from(of_plugin);
            }
            fitting.push((id, of_plugin));
        }
        if fitting.is_empty() {
            return Ok(vec![]);
        }
        let mut write = self.write().await?;
        let mut jobs = Vec::with_capacity(fitting.len());
        for (id, of_plugin) in fitting {
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
            jobs.extend(job.map(|job| Job { of_plugin, ..job }));
        }
        write.commit().await?;
        Ok(jobs)
    }

    async fn settle(&self, job: &Job, outcome: Outcome) -> Result<()> {
        let mut write = self.write().await?;
        match outcome {
            Outcome::Done => {
                finish(&mut write, job).await?;
            }
            Outcome::GoesOn => {
                sqlx::query("update job set leased_until = 0, attempts = attempts - 1 where id = $1")
                    .bind(job.id.clone())
                    .execute(write.sql())
                    .await?;
            }
            Outcome::Again(why) => write.put_off(job, pause(job.attempts), why).await?,
            Outcome::Later(why, after) => write.put_off(job, after.clamp(SECOND, LONGEST_PAUSE), why).await?,
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

    /// How many jobs wait or are in hand. A channel that is asked always has its next look waiting: that is no work left.
    pub async fn open_jobs(&self) -> Result<i64> {
        Ok(sqlx::query_scalar(
            "select count(*) from job where done_at is null and failed_at is null and (kind <> 'look' or leased_until > 0)",
        )
        .fetch_one(self.read())
        .await?)
    }
}

impl Write {
    async fn put_off(&mut self, job: &Job, after: i64, why: String) -> Result<()> {
        let at = self.now + after;
        sqlx::query("update job set run_at = $2, leased_until = 0, error = $3 where id = $1")
            .bind(job.id.clone())
            .bind(at)
            .bind(why)
            .execute(self.sql())
            .await?;
        Ok(())
    }
}

/// Done jobs are forgotten: the log holds what they did. False where another worker did it first, after a lease that ended.
pub(crate) async fn finish(write: &mut Write, job: &Job) -> Result<bool> {
    let gone = sqlx::query("delete from job where id = $1").bind(job.id.clone()).execute(write.sql()).await?;
    Ok(gone.rows_affected() == 1)
}
