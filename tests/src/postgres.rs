//! A database of the test's own, on the PostgreSQL that `SAKER_TEST_DATABASE` names.

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

/// The number under which processes queue to make the template.
const QUEUE: i64 = 7_303;
/// How often a template is asked for that another connection is just leaving, and how long between.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

static MADE: AtomicU32 = AtomicU32::new(0);

/// A database that is dropped with this value.
pub struct Database {
    server: PgConnectOptions,
    address: String,
    name: String,
}

impl Database {
    /// A copy of a template that `prepare` has filled once for all tests, given its address; it must have closed its
    /// connections when it returns. None while `SAKER_TEST_DATABASE` is unset: the test then uses a SQLite file.
    ///
    /// # Errors
    /// What PostgreSQL or `prepare` says.
    pub async fn create(prepare: impl AsyncFnOnce(&str) -> Result<()>) -> Result<Option<Database>> {
        let Ok(address) = env::var("SAKER_TEST_DATABASE") else {
            return Ok(None);
        };
        let server: PgConnectOptions = address.parse().context("SAKER_TEST_DATABASE is no address of a PostgreSQL")?;
        let mut line = PgConnection::connect_with(&server)
            .await
            .context("The PostgreSQL of SAKER_TEST_DATABASE does not answer")?;
        // Another schema is another template, also on a server that outlives it.
        let template = format!("saker_template_{}", &desk::db::schema()[..16]);

        sqlx::query("select pg_advisory_lock($1)").bind(QUEUE).execute(&mut line).await?;
        let known = sqlx::query("select 1 from pg_database where datname = $1").bind(&template);
        if known.fetch_optional(&mut line).await?.is_none() {
            // Under another name until it is whole: a prepare that failed leaves no template behind.
            let draft = format!("{template}_draft");
            run(&mut line, format!(r#"drop database if exists "{draft}" with (force)"#)).await?;
            run(
                &mut line,
                format!(
                    r#"create database "{draft}" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'
                       locale_provider icu icu_locale 'nb-NO'"#
                ),
            )
            .await?;
            prepare(&beside(&address, &draft)).await?;
            insist(&mut line, &format!(r#"alter database "{draft}" rename to "{template}""#)).await?;
        }
        sqlx::query("select pg_advisory_unlock($1)").bind(QUEUE).execute(&mut line).await?;

        let name = fresh_name();
        insist(&mut line, &format!(r#"create database "{name}" template "{template}""#)).await?;
        line.close().await?;
        Ok(Some(Database { address: beside(&address, &name), server, name }))
    }

    /// Its address, for `Db::open`.
    pub fn url(&self) -> &str {
        &self.address
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), std::mem::take(&mut self.name));
        // A runtime of its own: the test's may be gone, and cannot be waited for from here.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut line = PgConnection::connect_with(&server).await?;
                run(&mut line, format!(r#"drop database if exists "{name}" with (force)"#)).await?;
                Ok::<_, anyhow::Error>(line.close().await?)
            })
        });
        // What is left goes away with the server.
        let _ = dropped.join();
    }
}

async fn run(line: &mut PgConnection, sql: String) -> Result<()> {
    // Names are made of letters, digits and underscores, above.
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(line).await?;
    Ok(())
}

/// Tries until a connection that was just closed has really left (55006: object in use).
async fn insist(line: &mut PgConnection, sql: &str) -> Result<()> {
    for _ in 0..TRIES {
        match sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *line).await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55006") => {
                tokio::time::sleep(PAUSE).await
            }
            other => return Ok(other.map(|_| ())?),
        }
    }
    run(line, sql.to_owned()).await
}

/// The same address with another database's name.
fn beside(address: &str, name: &str) -> String {
    let (server, rest) = address.rsplit_once('/').unwrap_or((address, ""));
    let settings = rest.split_once('?').map_or(String::new(), |(_, settings)| format!("?{settings}"));
    format!("{server}/{name}{settings}")
}

/// Different for each test of each process on this server.
fn fresh_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    format!("saker_test_{}_{}_{now:x}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn the_name_of_the_database_is_put_in_its_place() {
        assert_eq!(beside("postgres://a@127.0.0.1:5/postgres", "x"), "postgres://a@127.0.0.1:5/x");
        assert_eq!(beside("postgres://a@h/postgres?sslmode=disable", "x"), "postgres://a@h/x?sslmode=disable");
    }
}
