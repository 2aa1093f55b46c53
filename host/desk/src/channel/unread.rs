//! Calls that were kept and could not be taken in: those on which the plugin itself failed wait until one can read them, however
//! long, and are thrown away by nobody but an administrator; those that it refused are shown for a month.

use super::HookCall;
use crate::{
    Desk, Error, Result,
    access::administrator,
    clock::DAY,
    db::{Write, word},
    job::{Job, Kind, Outcome, finish},
    model::*,
    paged::{ASKED, page, passed},
};

/// Days that a refused call is kept.
const KEPT_DAYS: i64 = 30;
/// Refused calls of one account that are kept: anybody may send some.
const MOST_REFUSED: i64 = 500;
/// Calls that are put back to work in one write.
const AT_ONCE: i64 = 200;

impl Desk {
    /// Calls by the remotes of a plugin's accounts that were not taken in, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not installed; `Invalid` at `after` for what no page ended with.
    pub async fn unread_calls(&self, actor: &Actor, id: &PluginId, after: Option<&str>) -> Result<Paged<UnreadCall>> {
        self.plugin(actor, id).await?;
        let (at, call) = passed(after, i64::MAX)?;
        let rows: Vec<Row> = sqlx::query_as(
            "select h.id, h.account_id, h.at, h.head, h.aside_at, h.aside, h.problem from hook_call h
             join channel c on c.account_id = h.account_id
             where c.plugin_id = $1 and h.aside_at is not null and (h.aside_at < $2 or h.aside_at = $2 and h.id < $3)
             order by h.aside_at desc, h.id desc limit $4",
        )
        .bind(id.clone())
        .bind(at)
        .bind(call)
        .bind(ASKED)
        .fetch_all(self.read())
        .await?;
        page(rows.into_iter().map(Row::placed).collect::<Result<_>>()?)
    }

    /// Has a plugin read a call again that was not taken in; all on which it failed where none is named. How many.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a call that is not there any more.
    pub async fn read_again(&self, actor: &Actor, id: &PluginId, call: Option<&str>) -> Result<u64> {
        self.plugin(actor, id).await?;
        match call {
            None => self.read_failed_again(id).await,
            Some(call) => {
                let mut write = self.write().await?;
                let found: Option<String> = sqlx::query_scalar(
                    "select h.id from hook_call h join channel c on c.account_id = h.account_id
                     where h.id = $1 and c.plugin_id = $2 and h.aside_at is not null",
                )
                .bind(call.to_owned())
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
                write.put_back(&[found.ok_or(Error::NotFound)?]).await?;
                self.commit(write).await?;
                Ok(1)
            }
        }
    }

    /// The calls on which a plugin failed go to what runs now.
    pub(crate) async fn read_failed_again(&self, id: &PluginId) -> Result<u64> {
        let mut count = 0;
        loop {
            let mut write = self.write().await?;
            let some: Vec<String> = sqlx::query_scalar(
                "select h.id from hook_call h join channel c on c.account_id = h.account_id
                 where c.plugin_id = $1 and h.aside = $2 order by h.at, h.id limit $3",
            )
            .bind(id.clone())
            .bind(Aside::Failed.as_str())
            .bind(AT_ONCE)
            .fetch_all(write.sql())
            .await?;
            if some.is_empty() {
                return Ok(count);
            }
            write.put_back(&some).await?;
            self.commit(write).await?;
            count += some.len() as u64;
        }
    }

    /// Throws a call away that was not taken in.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a call that is not there any more.
    pub async fn drop_unread(&self, actor: &Actor, id: &PluginId, call: &str) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let body: Option<String> = sqlx::query_scalar(
            "delete from hook_call where id = $1 and aside_at is not null
             and account_id in (select account_id from channel where plugin_id = $2) returning body",
        )
        .bind(call.to_owned())
        .bind(id.clone())
        .fetch_optional(write.sql())
        .await?;
        let body = vec![body.ok_or(Error::NotFound)?];
        write.loosen(&body).await?;
        let name = self.manifest(id).await?.name.en;
        write.note_plugin(actor, EventKind::PluginChanged, id, Some(&name), None).await?;
        self.commit(write).await?;
        self.sweep(body).await
    }

    /// What a plugin could not or did not want to read.
    pub(super) async fn set_aside(&self, job: &Job, aside: Aside, why: &str) -> Result<Outcome> {
        let mut write = self.write().await?;
        let now = write.now;
        let account: Option<AccountId> = sqlx::query_scalar(
            "update hook_call set aside_at = $2, aside = $3, problem = $4 where id = $1 returning account_id",
        )
        .bind(job.subject.clone())
        .bind(now)
        .bind(aside.as_str())
        .bind(why.to_owned())
        .fetch_optional(write.sql())
        .await?;
        let surplus: Vec<(String, String)> = match (aside, account) {
            (Aside::Refused, Some(account)) => {
                sqlx::query_as(
                    "select id, body from hook_call where account_id = $1 and aside = $2
                     order by aside_at desc, id desc limit 50 offset $3",
                )
                .bind(account)
                .bind(Aside::Refused.as_str())
                .bind(MOST_REFUSED)
                .fetch_all(write.sql())
                .await?
            }
            _ => vec![],
        };
        let bodies = write.drop_calls(surplus).await?;
        finish(&mut write, job).await?;
        self.commit(write).await?;
        self.sweep(bodies).await?;
        Ok(Outcome::Done)
    }

    /// Calls that a plugin refused go after a month. Looked at by the clock.
    pub(crate) async fn forget_refused_calls(&self) -> Result<()> {
        let old: Vec<(String, String)> = sqlx::query_as(
            "select id, body from hook_call where aside_at <= $1 and aside = $2 order by aside_at limit 50",
        )
        .bind(self.clock().now() - KEPT_DAYS * DAY)
        .bind(Aside::Refused.as_str())
        .fetch_all(self.read())
        .await?;
        if old.is_empty() {
            return Ok(());
        }
        let mut write = self.write().await?;
        let bodies = write.drop_calls(old).await?;
        write.commit().await?;
        self.sweep(bodies).await
    }
}

impl Write {
    async fn put_back(&mut self, calls: &[String]) -> Result<()> {
        for call in calls {
            sqlx::query(
                "update hook_call set aside_at = null, aside = null, problem = null, crashes = 0 where id = $1",
            )
            .bind(call.clone())
            .execute(self.sql())
            .await?;
            self.enqueue(Kind::Hear, call).await?;
        }
        Ok(())
    }

    /// The bodies of what is dropped.
    pub(crate) async fn drop_calls(&mut self, calls: Vec<(String, String)>) -> Result<Vec<String>> {
        let (ids, bodies): (Vec<String>, Vec<String>) = calls.into_iter().unzip();
        for id in ids {
            sqlx::query("delete from hook_call where id = $1").bind(id).execute(self.sql()).await?;
        }
        self.loosen(&bodies).await?;
        Ok(bodies)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    account_id: AccountId,
    at: i64,
    head: String,
    aside_at: i64,
    aside: String,
    problem: Option<String>,
}

impl Row {
    fn placed(self) -> Result<((i64, String), UnreadCall)> {
        let head: HookCall = serde_json::from_str(&self.head)?;
        let call = UnreadCall {
            id: self.id.clone(),
            account: self.account_id,
            at: self.at,
            method: head.method,
            path: head.path,
            aside: word(&self.aside)?,
            why: self.problem.unwrap_or_default(),
        };
        Ok(((self.aside_at, self.id), call))
    }
}
