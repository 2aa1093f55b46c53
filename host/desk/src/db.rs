//! One text for SQLite and PostgreSQL, and the one way to write.

use crate::{
    Error, Result,
    clock::Clock,
    model::{Actor, Cause, EventKind, TicketId},
};
use sqlx::{Any, AnyPool, any::AnyPoolOptions};
use std::{str::FromStr, sync::Arc};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Which engine lies below. Only this file asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

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
        let pool = AnyPoolOptions::new()
            .max_connections(if engine == Engine::Sqlite { 8 } else { 16 })
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if engine == Engine::Sqlite {
                        // A power cut may not undo an accepted mail: full, not normal.
                        for pragma in [
                            "pragma journal_mode = wal",
                            "pragma synchronous = full",
                            "pragma busy_timeout = 10000",
                            "pragma foreign_keys = on",
                            "pragma temp_store = memory",
                            "pragma cache_size = -16000",
                        ] {
                            sqlx::query(pragma).execute(&mut *connection).await?;
                        }
                    }
                    Ok(())
                })
            })
            .connect(&with_create(url, engine))
            .await?;
        sqlx::migrate!("./migrations").run(&pool).await.map_err(Error::internal)?;
        Ok(Self { pool, pen: Arc::default(), engine, clock })
    }

    /// For reading. Nothing is ever written through it.
    pub fn read(&self) -> &AnyPool {
        &self.pool
    }

    pub fn engine(&self) -> Engine {
        self.engine
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
        Ok(Write { tx, number, used: false, now: self.clock.now(), wakes: false, _pen: pen })
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
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
    number: i64,
    used: bool,
    /// One instant for everything that this write does.
    pub now: i64,
    wakes: bool,
    /// Last, so that it is laid down after the transaction has ended.
    _pen: OwnedMutexGuard<()>,
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
    pub fn sql(&mut self) -> &mut sqlx::AnyConnection {
        &mut self.tx
    }

    /// Appends one fact to the log.
    pub async fn record(&mut self, actor: &Actor, cause: Cause, kind: EventKind, fact: Fact<'_>) -> Result<i64> {
        if self.used {
            self.number =
                sqlx::query_scalar("update counter set value = value + 1 where name = 'event' returning value")
                    .fetch_one(&mut *self.tx)
                    .await?;
        }
        self.used = true;
        let (actor_kind, actor_id) = match actor {
            Actor::Anonymous => ("anonymous", None),
            Actor::Customer { id, .. } => ("customer", Some(id.as_str())),
            Actor::Follower { id, .. } => ("customer", Some(id.as_str())),
            Actor::Agent { id, .. } => ("agent", Some(id.as_str())),
            Actor::System => ("system", None),
        };
        sqlx::query(
            "insert into event (number, at, kind, ticket_id, actor_kind, actor_id, actor_name, cause, old, new, data)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(self.number)
        .bind(self.now)
        .bind(kind.as_str())
        .bind(fact.ticket.map(|t| t.0.clone()))
        .bind(actor_kind)
        .bind(actor_id.map(str::to_owned))
        .bind(actor.name().to_owned())
        .bind(cause.as_str())
        .bind(fact.old.map(str::to_owned))
        .bind(fact.new.map(str::to_owned))
        .bind(fact.data)
        .execute(&mut *self.tx)
        .await?;
        Ok(self.number)
    }

    /// The next request number.
    pub async fn next_ticket_number(&mut self) -> Result<i64> {
        Ok(sqlx::query_scalar("update counter set value = value + 1 where name = 'ticket' returning value")
            .fetch_one(&mut *self.tx)
            .await?)
    }

    /// Queues work that must happen once, in the same transaction as its reason.
    pub async fn enqueue(&mut self, kind: crate::job::Kind, subject: &str) -> Result<()> {
        self.wakes = true;
        crate::job::enqueue(self, kind, subject).await
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}

/// Parses a stored word; a word that no release ever wrote is a broken database.
pub fn word<T: FromStr<Err = String>>(text: &str) -> Result<T> {
    text.parse().map_err(Error::internal)
}
