//! One text for SQLite and PostgreSQL, and the one way to write.

use crate::{
    Error, Result, append_only,
    clock::Clock,
    collation,
    model::{Actor, BulkRow, Cause, EventKind, TicketId, Via},
    opening::Grounds,
    step::Before,
    trial::Trial,
};
use sha2::{Digest, Sha256};
use sqlx::{Any, AnyConnection, AnyPool, Connection, any::AnyPoolOptions};
use std::{
    collections::BTreeSet,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// A name for the schema of this release, in hex: another one after each change of a migration.
pub fn schema() -> String {
    let mut hash = Sha256::new();
    MIGRATIONS.iter().for_each(|migration| hash.update(&migration.checksum));
    crate::blob::hex(&hash.finalize())
}

/// Which engine lies below. This file asks, and the one about the log, which tells each in its own words; the others that ask
/// want to know whether there may be several nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A power cut may not undo an accepted mail: full, not normal.
const SQLITE: &[&str] = &[
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma busy_timeout = 10000",
    "pragma foreign_keys = on",
    "pragma temp_store = memory",
    "pragma cache_size = -16000",
];

const ISOLATION: &str = "set default_transaction_isolation = 'read committed'";

/// All nodes write one after the other, so one that vanished in the middle, without a word to the server, must not keep the
/// others waiting: a write does nothing else than write, and who waits for it is told after a while. Each statement sees what
/// is committed by then, whatever the server's own choice is.
const POSTGRES: &[&str] = &[
    ISOLATION,
    "set idle_in_transaction_session_timeout = '20s'",
    "set lock_timeout = '30s'",
    "set tcp_keepalives_idle = 10",
    "set tcp_keepalives_interval = 5",
    "set tcp_keepalives_count = 3",
    "set tcp_user_timeout = '30s'",
];

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    /// Whoever waits to write waits here, in line and without a connection: the one who writes may have to read, and
    /// SQLite's own waiting is a lottery.
    pen: Arc<Mutex<()>>,
    engine: Engine,
    clock: Clock,
}

impl Db {
    /// Connects to `sqlite:path` or `postgres://…`, and brings the schema up to date.
    pub async fn open(url: &str, clock: Clock) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let engine = if url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
        let url = with_create(url, engine);
        bring_up_to_date(&url, engine).await?;
        let settings = match engine {
            Engine::Sqlite => SQLITE,
            Engine::Postgres => POSTGRES,
        };
        let pool = AnyPoolOptions::new()
            .max_connections(if engine == Engine::Sqlite { 8 } else { 16 })
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    for setting in settings {
                        sqlx::query(*setting).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            })
            .connect(&url)
            .await?;
        Ok(Self { pool, pen: Arc::default(), engine, clock })
    }

    /// For reading. Nothing is ever written through it.
    pub fn read(&self) -> &AnyPool {
        &self.pool
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// How far this machine's clock is ahead of the database server's, in microseconds; none where there is only one.
    pub(crate) async fn ahead(&self) -> Result<Option<i64>> {
        if self.engine == Engine::Sqlite || !self.clock.is_real() {
            return Ok(None);
        }
        let there: i64 = sqlx::query_scalar("select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)")
            .fetch_one(&self.pool)
            .await?;
        Ok(Some(self.clock.now() - there))
    }

    /// Starts a write by taking the next event number: one statement that makes writers serial on both engines, so that
    /// read-decide-write needs no retry, and the order of events is the order of commits.
    pub async fn write(&self) -> Result<Write> {
        let pen = self.pen.clone().lock_owned().await;
        let mut tx = self.pool.begin().await?;
        let number: i64 =
            sqlx::query_scalar("update counter set value = value + 1 where name = 'event' returning value")
                .fetch_one(&mut *tx)
                .await?;
        Ok(Write {
            tx,
            counted: number,
            number,
            first: None,
            happened: vec![],
            before: Before::default(),
            quiet: false,
            met: None,
            trial: None,
            grounds: Grounds::default(),
            now: self.clock.now(),
            _pen: pen,
        })
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// On a connection of its own, which may wait for as long as another process's migration takes.
async fn bring_up_to_date(url: &str, engine: Engine) -> Result<()> {
    let mut connection = AnyConnection::connect(url).await?;
    if engine == Engine::Sqlite {
        sqlx::query("pragma busy_timeout = 60000").execute(&mut connection).await?;
        sqlx::query("pragma journal_mode = wal").execute(&mut connection).await?;
    }
    if engine == Engine::Postgres {
        // As in the pool: who waits for another node's migration has to see what it did.
        sqlx::query(ISOLATION).execute(&mut connection).await?;
    }
    MIGRATIONS.run(&mut connection).await.map_err(Error::internal)?;
    append_only::keep_the_log(&mut connection, engine).await?;
    collation::compare_bytes(&mut connection, engine).await?;
    Ok(connection.close().await?)
}

fn with_create(url: &str, engine: Engine) -> String {
    match engine {
        Engine::Sqlite if !url.contains('?') => format!("{url}?mode=rwc"),
        _ => url.to_owned(),
    }
}

/// A write in progress. Dropped without [`Write::commit`], nothing happened.
pub struct Write {
    tx: sqlx::Transaction<'static, Any>,
    /// The number that the counter stands at. Nobody else takes one before this write ends, so those after it are only
    /// counted here until then.
    counted: i64,
    number: i64,
    /// The first thing that happened in it, which names the step.
    pub(crate) first: Option<First>,
    /// What happened to which request, in order.
    happened: Vec<(TicketId, EventKind)>,
    pub(crate) before: Before,
    /// Nothing comes of what happens in it by itself: a reply that is held says later what does.
    pub(crate) quiet: bool,
    /// Told when it is all true.
    pub(crate) met: Option<Arc<AtomicBool>>,
    /// It is only tried out: told what happened in it, and dropped.
    pub(crate) trial: Option<Arc<Trial>>,
    pub(crate) grounds: Grounds,
    /// One instant for everything that this write does.
    pub now: i64,
    /// Last, so that it is laid down after the transaction has ended.
    _pen: OwnedMutexGuard<()>,
}

/// The first event of a write, and who made it.
#[derive(Clone, Debug)]
pub(crate) struct First {
    pub number: i64,
    pub kind: EventKind,
    pub actor_kind: &'static str,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub bulk: Option<BulkRow>,
}

/// What an event says beside its kind.
#[derive(Clone, Debug, Default)]
pub struct Fact<'a> {
    pub ticket: Option<&'a TicketId>,
    pub old: Option<&'a str>,
    pub new: Option<&'a str>,
    pub data: Option<String>,
}

impl Write {
    /// The connection, for the verbs' own statements.
    pub fn sql(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }

    /// The number that this write took: higher than that of every write before.
    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    /// Appends one fact to the log, and queues what comes of it.
    pub async fn record(&mut self, actor: &Actor, cause: Cause, kind: EventKind, fact: Fact<'_>) -> Result<i64> {
        if self.first.is_some() {
            self.number += 1;
        }
        let (actor_kind, actor_id) = match actor {
            Actor::Anonymous => ("anonymous", None),
            Actor::Customer { id, .. } => ("customer", Some(id.as_str())),
            Actor::Follower { id, .. } => ("customer", Some(id.as_str())),
            Actor::Agent { id, .. } => ("agent", Some(id.as_str())),
            Actor::Rule { id, .. } => ("rule", Some(id.as_str())),
            Actor::Plugin { id, .. } => ("plugin", Some(id.as_str())),
            Actor::System => ("system", None),
        };
        // A verb says why as if by hand; through what the actor came is the actor's to say.
        let (cause, cause_id, bulk) = match (actor, cause) {
            (Actor::Agent { via: Via::Key(id), .. }, Cause::Person) => (Cause::Key, Some(id.0.clone()), None),
            (Actor::Agent { via: Via::Bulk(row), .. }, _) => (Cause::Bulk, Some(row.bulk.0.clone()), Some(row.clone())),
            (Actor::Rule { id, .. }, _) => (Cause::Rule, Some(id.0.clone()), None),
            (Actor::Plugin { id, .. }, _) => (Cause::Plugin, Some(id.0.clone()), None),
            (_, cause) => (cause, None, None),
        };
        if let (Some(row), None) = (&bulk, &self.first) {
            self.bulk_goes_on(&row.bulk).await?;
        }
        self.first.get_or_insert_with(|| First {
            number: self.number,
            kind,
            actor_kind,
            actor_id: actor_id.map(str::to_owned),
            actor_name: actor.name().to_owned(),
            bulk,
        });
        sqlx::query(
            "insert into event (number, at, kind, ticket_id, actor_kind, actor_id, actor_name, cause, cause_id, old, new, data)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(self.number)
        .bind(self.now)
        .bind(kind.as_str())
        .bind(fact.ticket.map(|t| t.0.clone()))
        .bind(actor_kind)
        .bind(actor_id.map(str::to_owned))
        .bind(actor.name().to_owned())
        .bind(cause.as_str())
        .bind(cause_id)
        .bind(fact.old.map(str::to_owned))
        .bind(fact.new.map(str::to_owned))
        .bind(fact.data)
        .execute(&mut *self.tx)
        .await?;
        if let Some(ticket) = fact.ticket {
            self.happened.push((ticket.clone(), kind));
            if !self.quiet && crate::react::concerns_anybody(kind) {
                self.enqueue(crate::job::Kind::React, &self.number.to_string()).await?;
            }
        }
        Ok(self.number)
    }

    /// How much has happened so far, since the last time it was settled.
    pub(crate) fn mark(&self) -> usize {
        self.happened.len()
    }

    /// What happened after a mark was undone within the write.
    pub(crate) fn forget_since(&mut self, mark: usize) {
        self.happened.truncate(mark);
    }

    /// The next request number.
    pub async fn next_ticket_number(&mut self) -> Result<i64> {
        Ok(sqlx::query_scalar("update counter set value = value + 1 where name = 'ticket' returning value")
            .fetch_one(&mut *self.tx)
            .await?)
    }

    /// Queues work that must happen once, in the same transaction as its reason.
    pub async fn enqueue(&mut self, kind: crate::job::Kind, subject: &str) -> Result<()> {
        let now = self.now;
        crate::job::enqueue(self, kind, subject, now).await
    }

    /// As [`Write::enqueue`], for later: Unix microseconds.
    pub async fn enqueue_at(&mut self, kind: crate::job::Kind, subject: &str, at: i64) -> Result<()> {
        crate::job::enqueue(self, kind, subject, at).await
    }

    /// Brings everything that follows from what happened up to date, and makes it all true at once.
    pub async fn commit(mut self) -> Result<()> {
        self.settle().await?;
        if self.quiet {
            self.end_held(self.number).await?;
        }
        self.keep_step().await?;
        if let Some(trial) = self.trial.take() {
            trial.note(&mut self).await?;
            return Ok(self.tx.rollback().await?);
        }
        if self.number > self.counted {
            sqlx::query("update counter set value = $1 where name = 'event'")
                .bind(self.number)
                .execute(&mut *self.tx)
                .await?;
        }
        self.tx.commit().await?;
        if let Some(met) = self.met {
            met.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Brings up to date what follows from what happened so far.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        let happened = std::mem::take(&mut self.happened);
        let tickets: BTreeSet<&TicketId> = happened.iter().map(|(id, _)| id).collect();
        for id in tickets {
            let kinds: Vec<EventKind> = happened.iter().filter(|(of, _)| of == id).map(|(_, kind)| *kind).collect();
            self.reckon_spell(id).await?;
            self.reckon_deadlines(id, &kinds).await?;
            self.reckon_measures(id, &kinds).await?;
            self.tally(id).await?;
            self.file(id).await?;
            if kinds.iter().copied().any(crate::bell::moves_sight) {
                self.keep_notices_in_sight(Some(id)).await?;
            }
        }
        Ok(())
    }
}

/// Parses a stored word; a word that no release ever wrote is a broken database.
pub fn word<T: FromStr<Err = String>>(text: &str) -> Result<T> {
    text.parse().map_err(Error::internal)
}
