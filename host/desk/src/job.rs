//! Work that must happen once: queued in the same transaction as its reason, leased, tried again with growing pauses.

use crate::{
    Desk, Error, Result,
    clock::{HOUR, SECOND},
    db::{Engine, Write, word},
    model::{JobId, event::text_enum},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
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
pub(crate) const LEASE: i64 = 30 * SECOND;
/// How often a worker gives a sign of life for the jobs in its hand.
pub(crate) const RENEWAL: Duration = Duration::from_secs(10);
/// The longest hand-over of one mail.
pub(crate) const LONGEST_SEND: Duration = Duration::from_secs(15 * 60);
/// How many jobs a worker has in hand at most that wait for no plugin: hand-overs wait for other machines. What comes of events
/// waits for nobody, and is not among them.
const SIDE_BY_SIDE: usize = 8;
/// How many wait for plugins and their remotes besides, and for one of them: one that is slow must not keep the others from
/// being heard and answered.
const OF_PLUGINS: usize = 16;
const OF_ONE_PLUGIN: usize = 4;
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
    /// How often it was begun, this time among them. It tells whose a job is: another worker that takes it counts on.
    pub attempts: i64,
    /// Whose turn it waits for.
    pub lane: String,
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
    jobs: HashMap<Id, Vec<Job>>,
    /// What comes of events is worked on in batches, one at a time, and not one by one.
    reacting: Option<Id>,
}

impl InHand {
    fn begin(&mut self, jobs: Vec<Job>, work: impl Future<Output = ()> + Send + 'static) -> Id {
        let id = self.running.spawn(work).id();
        self.jobs.insert(id, jobs);
        id
    }

    fn lay_down(&mut self, done: std::result::Result<(Id, ()), JoinError>) {
        let id = done.map_or_else(|error| error.id(), |(id, ())| id);
        self.jobs.remove(&id);
        self.reacting = self.reacting.filter(|reacting| *reacting != id);
    }

    fn lay_down_what_is_done(&mut self) {
        while let Some(done) = self.running.try_join_next_with_id() {
            self.lay_down(done);
        }
    }

    fn room(&self) -> Room {
        let mut room = Room {
            reacting: self.reacting.is_some(),
            for_others: SIDE_BY_SIDE,
            for_plugins: OF_PLUGINS,
            of_each: BTreeMap::new(),
        };
        self.jobs.values().flatten().for_each(|job| {
            room.take(&job.lane);
        });
        room
    }
}

/// How much more a worker may take in hand.
struct Room {
    reacting: bool,
    for_others: usize,
    for_plugins: usize,
    /// How many wait for each plugin.
    of_each: BTreeMap<String, usize>,
}

impl Room {
    /// Takes a place for a job that waits in this lane, where there is one.
    fn take(&mut self, lane: &str) -> bool {
        match lane {
            REACTIONS => !self.reacting,
            "" if self.for_others == 0 => false,
            "" => {
                self.for_others -= 1;
                true
            }
            plugin => {
                let of_it = self.of_each.entry(plugin.to_owned()).or_default();
                if self.for_plugins == 0 || *of_it == OF_ONE_PLUGIN {
                    return false;
                }
                *of_it += 1;
                self.for_plugins -= 1;
                true
            }
        }
    }
}

/// The lane of what comes of events. Other lanes are named by the plugin that a job waits for; nobody's is empty.
const REACTIONS: &str = "react";

/// What is in hand, for whoever gives the signs of life.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<Vec<Job>>>);

impl Held {
    fn are<'a>(&self, jobs: impl Iterator<Item = &'a Job>) {
        *self.0.lock().unwrap_or_else(|lost| lost.into_inner()) = jobs.cloned().collect();
    }

    fn now(&self) -> Vec<Job> {
        self.0.lock().unwrap_or_else(|lost| lost.into_inner()).clone()
    }
}

/// Not before `run_at`, in Unix microseconds.
pub(crate) async fn enqueue(write: &mut Write, kind: Kind, subject: &str, run_at: i64) -> Result<()> {
    let lane = match kind {
        Kind::React => Some(REACTIONS.to_owned()),
        Kind::Think => Some(crate::plugin::asked(subject)?.0),
        Kind::Look => plugin_of(write, "select plugin_id from channel where account_id = $1", subject).await?,
        Kind::Hear => {
            let sql =
                "select c.plugin_id from hook_call h join channel c on c.account_id = h.account_id where h.id = $1";
            plugin_of(write, sql, subject).await?
        }
        Kind::Deliver => {
            let sql =
                "select c.plugin_id from delivery d join channel c on c.account_id = d.account_id where d.id = $1";
            plugin_of(write, sql, subject).await?
        }
        _ => None,
    };
    sqlx::query(
        "insert into job (id, kind, subject, lane, run_at, leased_until, attempts) values ($1, $2, $3, $4, $5, 0, 0)",
    )
    .bind(JobId::new())
    .bind(kind.as_str())
    .bind(subject.to_owned())
    .bind(lane.unwrap_or_default())
    .bind(run_at)
    .execute(write.sql())
    .await?;
    Ok(())
}

async fn plugin_of(write: &mut Write, sql: &'static str, subject: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(sql).bind(subject.to_owned()).fetch_optional(write.sql()).await?)
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
        let held = Held::default();
        // By itself: however much there is to begin, what is in hand stays ours.
        let renewing = tokio::spawn(self.clone().keep_renewing(held.clone()));
        loop {
            in_hand.lay_down_what_is_done();
            let stopping = *stopped.borrow();
            if stopping && in_hand.jobs.is_empty() {
                renewing.abort();
                return;
            }
            let began = if stopping { Ok(0) } else { self.begin(&mut in_hand).await };
            held.are(in_hand.jobs.values().flatten());
            if matches!(began, Ok(count) if count > 0) {
                continue;
            }
            tokio::select! {
                Some(done) = in_hand.running.join_next_with_id() => in_hand.lay_down(done),
                () = self.worker_waker().notified() => {}
                // Work that is due by the clock, or that another process left; after a failure, a pause.
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                _ = stopped.changed(), if !stopping => {}
            }
        }
    }

    /// Begins what is due and finds room; how many jobs that were.
    async fn begin(&self, in_hand: &mut InHand) -> Result<usize> {
        let jobs = self.claim_jobs(in_hand.room()).await?;
        let count = jobs.len();
        let (reactions, others): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.lane == REACTIONS);
        for job in others {
            let (desk, begun) = (self.clone(), job.clone());
            in_hand.begin(vec![job], async move {
                let job_id = begun.id.clone();
                if let Err(error) = desk.run(begun).await {
                    tracing::warn!(job = %job_id, %error, "a job's end could not be noted: it begins again when its lease ends");
                }
            });
        }
        // What comes of events is much and small: together it needs one commit.
        if !reactions.is_empty() {
            let (desk, begun) = (self.clone(), reactions.clone());
            let reacting = in_hand.begin(reactions, async move {
                let Err(error) = desk.react_to_all(&begun).await else { return };
                for job in &begun {
                    let _ = desk.settle(job, after(&error, job)).await;
                }
            });
            in_hand.reacting = Some(reacting);
        }
        Ok(count)
    }

    async fn keep_renewing(self, held: Held) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let jobs = held.now();
            if !jobs.is_empty() {
                // When this fails, another worker may take them: each is safe to be begun twice.
                let _ = self.renew(&jobs).await;
            }
        }
    }

    async fn renew(&self, jobs: &[Job]) -> Result<()> {
        let mut write = self.write().await?;
        let until = write.now + LEASE;
        for job in jobs {
            sqlx::query("update job set leased_until = $3 where id = $1 and attempts = $2 and leased_until > 0")
                .bind(job.id.clone())
                .bind(job.attempts)
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

    /// What is due, and this worker's from now on: of each lane the oldest, as far as there is room.
    async fn claim_jobs(&self, mut room: Room) -> Result<Vec<Job>> {
        let now = self.clock().now();
        // What is sent by a plugin waits in its lane; the rest goes by mail.
        let leaves_mail = self.leaves_mail_to_others().await?;
        // A look before the pen is taken: a worker with nothing to do writes nothing.
        let due: Vec<(JobId, String)> = sqlx::query_as(
            "select id, lane from (
               select id, lane, run_at, row_number() over (partition by lane order by run_at, id) as turn from job
               where done_at is null and failed_at is null and run_at <= $1 and leased_until < $1
                 and ($3 = 0 or kind <> 'deliver' or lane <> '')) due
             where turn <= $2 order by run_at, id",
        )
        .bind(now)
        .bind(SIDE_BY_SIDE as i64)
        .bind(i64::from(leaves_mail))
        .fetch_all(self.read())
        .await?;
        let fitting: Vec<JobId> = due.into_iter().filter(|(_, lane)| room.take(lane)).map(|(id, _)| id).collect();
        if fitting.is_empty() {
            return Ok(vec![]);
        }
        let mut write = self.write().await?;
        let mut jobs = Vec::with_capacity(fitting.len());
        for id in fitting {
            // The predicate makes a race a miss, not a double claim.
            let job: Option<Job> = sqlx::query_as(
                "update job set leased_until = $2, attempts = attempts + 1
                 where id = $3 and leased_until < $1 and done_at is null and failed_at is null
                 returning id, kind, subject, attempts, lane",
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
            Outcome::Done => {
                finish(&mut write, job).await?;
            }
            Outcome::GoesOn => {
                // It goes on as often as there is more; only tries that failed are counted against it.
                sqlx::query("update job set leased_until = 0, attempts = attempts - 1 where id = $1 and attempts = $2")
                    .bind(job.id.clone())
                    .bind(job.attempts)
                    .execute(write.sql())
                    .await?;
            }
            Outcome::Again(why) => write.put_off(job, pause(job.attempts), why).await?,
            Outcome::Later(why, after) => write.put_off(job, after.clamp(SECOND, LONGEST_PAUSE), why).await?,
            Outcome::GivenUp(why) => {
                tracing::warn!(job = %job.id, kind = %job.kind, %why, "job given up");
                let now = write.now;
                sqlx::query("update job set failed_at = $3, error = $4 where id = $1 and attempts = $2")
                    .bind(job.id.clone())
                    .bind(job.attempts)
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
    /// Whether a job is still that of the worker who began it: a lease that ended may have made it another's.
    pub(crate) async fn holds(&mut self, job: &Job) -> Result<bool> {
        let ours: Option<i64> = sqlx::query_scalar("select attempts from job where id = $1 and attempts = $2")
            .bind(job.id.clone())
            .bind(job.attempts)
            .fetch_optional(self.sql())
            .await?;
        Ok(ours.is_some())
    }

    async fn put_off(&mut self, job: &Job, after: i64, why: String) -> Result<()> {
        let at = self.now + after;
        sqlx::query("update job set run_at = $3, leased_until = 0, error = $4 where id = $1 and attempts = $2")
            .bind(job.id.clone())
            .bind(job.attempts)
            .bind(at)
            .bind(why)
            .execute(self.sql())
            .await?;
        Ok(())
    }
}

/// Done jobs are forgotten: the log holds what they did. False where it is another worker's since, after a lease that ended.
pub(crate) async fn finish(write: &mut Write, job: &Job) -> Result<bool> {
    let gone = sqlx::query("delete from job where id = $1 and attempts = $2")
        .bind(job.id.clone())
        .bind(job.attempts)
        .execute(write.sql())
        .await?;
    Ok(gone.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::{InHand, Kind, OF_ONE_PLUGIN, OF_PLUGINS, Outcome, SIDE_BY_SIDE};
    use crate::fake::House;
    use std::collections::BTreeMap;

    async fn put(house: &House, lane: &str, kind: Kind, count: usize) {
        for _ in 0..count {
            sqlx::query(
                "insert into job (id, kind, subject, lane, run_at, leased_until, attempts) values ($1, $2, '', $3, 0, 0, 0)",
            )
            .bind(crate::model::JobId::new())
            .bind(kind.as_str())
            .bind(lane.to_owned())
            .execute(house.desk.read())
            .await
            .unwrap();
        }
    }

    /// A flood of one plugin delays nobody else.
    #[tokio::test]
    async fn what_waits_for_one_plugin_takes_nobody_elses_turn() {
        let house = House::asleep().await;
        put(&house, "flood", Kind::Hear, 100).await;
        put(&house, "", Kind::Deliver, 2).await;
        put(&house, "calm", Kind::Hear, 2).await;
        let mut in_hand = InHand::default();
        let mut lanes = BTreeMap::new();
        // However often it is asked what else to take in hand.
        for _ in 0..3 {
            for job in house.desk.claim_jobs(in_hand.room()).await.unwrap() {
                *lanes.entry(job.lane.clone()).or_insert(0) += 1;
                in_hand.begin(vec![job], std::future::pending());
            }
        }
        let expected = [("", 2), ("calm", 2), ("flood", OF_ONE_PLUGIN)];
        assert_eq!(lanes, expected.map(|(lane, count)| (lane.to_owned(), count)).into());
        put(&house, "", Kind::Deliver, 50).await;
        for plugin in 0..10 {
            put(&house, &format!("p{plugin}"), Kind::Think, 10).await;
        }
        for job in house.desk.claim_jobs(in_hand.room()).await.unwrap() {
            in_hand.begin(vec![job], std::future::pending());
        }
        let of_nobody = in_hand.jobs.values().flatten().filter(|job| job.lane.is_empty()).count();
        assert_eq!((of_nobody, in_hand.jobs.len()), (SIDE_BY_SIDE, SIDE_BY_SIDE + OF_PLUGINS));
    }

    /// What comes of events is done in batches, and others go on meanwhile.
    #[tokio::test]
    async fn while_events_are_reacted_to_other_work_begins() {
        let house = House::asleep().await;
        put(&house, "react", Kind::React, 100).await;
        let mut in_hand = InHand::default();
        let batch = house.desk.claim_jobs(in_hand.room()).await.unwrap();
        assert!(batch.len() > 1);
        in_hand.reacting = Some(in_hand.begin(batch, std::future::pending()));
        put(&house, "", Kind::Deliver, 1).await;
        let next = house.desk.claim_jobs(in_hand.room()).await.unwrap();
        assert_eq!(next.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), ["deliver"]);
    }

    #[tokio::test]
    async fn whoever_lost_a_job_neither_ends_it_nor_puts_it_off_nor_keeps_it() {
        let house = House::asleep().await;
        put(&house, "", Kind::Deliver, 1).await;
        let lost = house.desk.claim_jobs(InHand::default().room()).await.unwrap();
        let free = "update job set leased_until = 0";
        sqlx::query(free).execute(house.desk.read()).await.unwrap();
        let won = house.desk.claim_jobs(InHand::default().room()).await.unwrap();
        let row = async || -> (i64, i64, Option<i64>) {
            sqlx::query_as("select run_at, leased_until, failed_at from job")
                .fetch_one(house.desk.read())
                .await
                .unwrap()
        };
        let before = row().await;
        for outcome in [Outcome::Done, Outcome::GoesOn, Outcome::Again(String::new()), Outcome::GivenUp(String::new())]
        {
            house.desk.settle(&lost[0], outcome).await.unwrap();
            assert_eq!(row().await, before);
        }
        sqlx::query("update job set leased_until = 1").execute(house.desk.read()).await.unwrap();
        house.desk.renew(&lost).await.unwrap();
        assert_eq!(row().await.1, 1);
        house.desk.renew(&won).await.unwrap();
        assert!(row().await.1 > 1);
        house.desk.settle(&won[0], Outcome::Done).await.unwrap();
        assert_eq!(house.desk.open_jobs().await.unwrap(), 0);
    }
}
