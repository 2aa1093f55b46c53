//! Calls by remotes: kept before anybody is told, seen by the plugin, and taken in once.

use super::{Failure, HookCall, HookReply, Line};
use crate::{
    Desk, Error, Result,
    job::{Job, Kind, MOST_ATTEMPTS, Outcome, finish},
    model::*,
    person::shorten,
};
use package::{Manifest, Method, WebhookMode, WebhookWish};

/// Calls of one account that may wait to be seen, those among them on which its plugin failed.
pub const MOST_WAITING: i64 = 10_000;
/// Bytes of their bodies.
const MOST_BYTES: i64 = 500 << 20;
/// Requests whose numbers one answer may say.
const MOST_NUMBERS: usize = 20;
/// A crash may be the machine's; as many on the same call are the call's and the plugin's.
const MOST_CRASHES: i64 = 3;

/// What a remote is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// By the plugin, after what it said was taken in.
    Reply(HookReply),
    /// Kept; the plugin sees it soon.
    Kept,
    /// The plugin wants none of it: a signature that is wrong, bytes that mean nothing.
    Refused(String),
    /// Not like that.
    NotAllowed,
    TooLarge,
    /// Come again.
    Later,
}

impl Desk {
    /// Largest body that an account takes, in bytes.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an address that is nobody's, or whose account is switched off.
    pub async fn hook_room(&self, hook: &str) -> Result<usize> {
        let (_, webhook) = self.hook_account(hook).await?;
        Ok(webhook.max_body_kb as usize * 1_024)
    }

    /// Whose address it is, and how its plugin wants to be called.
    async fn hook_account(&self, hook: &str) -> Result<(AccountId, WebhookWish)> {
        let (account, manifest): (AccountId, String) = sqlx::query_as(
            "select c.account_id, v.manifest from channel c join plugin p on p.id = c.plugin_id
             join plugin_version v on v.plugin_id = p.id and v.hash = p.hash where c.hook = $1 and c.off_at is null",
        )
        .bind(hook.to_owned())
        .fetch_optional(self.read())
        .await?
        .ok_or(Error::NotFound)?;
        let manifest: Manifest = serde_json::from_str(&manifest)?;
        Ok((account, manifest.webhook.ok_or(Error::NotFound)?))
    }

    /// A remote calls.
    ///
    /// # Errors
    /// As [`Self::hook_room`].
    pub async fn answer_hook(&self, hook: &str, call: HookCall) -> Result<Answered> {
        let (account, webhook) = self.hook_account(hook).await?;
        if call.body.len() > webhook.max_body_kb as usize * 1_024 {
            return Ok(Answered::TooLarge);
        }
        let allowed = webhook.methods.iter().any(|method| method_name(*method) == call.method);
        if !allowed {
            return Ok(Answered::NotAllowed);
        }
        match webhook.mode {
            WebhookMode::StoreFirst => self.keep_hook_call(&account, call).await,
            WebhookMode::Sync => self.answer_at_once(&account, &webhook, call).await,
        }
    }

    async fn keep_hook_call(&self, account: &AccountId, call: HookCall) -> Result<Answered> {
        let head = serde_json::to_string(&call)?;
        let size = call.body.len() as i64;
        if self.has_too_much(account, size).await? {
            return Ok(Answered::Later);
        }
        let body = self.blobs().put(call.body).await?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("insert into hook_call (id, account_id, at, head, body, size) values ($1, $2, $3, $4, $5, $6)")
            .bind(call.id.clone())
            .bind(account.clone())
            .bind(now)
            .bind(head)
            .bind(body)
            .bind(size)
            .execute(write.sql())
            .await?;
        write.enqueue(Kind::Hear, &call.id).await?;
        self.commit(write).await?;
        Ok(Answered::Kept)
    }

    /// Whether as much waits for an account as is kept for one. It is asked before anything is stored, so that whoever floods an
    /// address costs a look; of calls that come at once some more are kept.
    async fn has_too_much(&self, account: &AccountId, more: i64) -> Result<bool> {
        let (calls, bytes): (i64, i64) = sqlx::query_as(
            "select count(*), cast(coalesce(sum(size), 0) as bigint) from hook_call
             where account_id = $1 and coalesce(aside, '') <> $2",
        )
        .bind(account.clone())
        .bind(Aside::Refused.as_str())
        .fetch_one(self.read())
        .await?;
        Ok(calls >= MOST_WAITING || bytes + more > MOST_BYTES)
    }

    async fn answer_at_once(&self, account: &AccountId, webhook: &WebhookWish, call: HookCall) -> Result<Answered> {
        let Some(line) = self.open_line(account).await? else { return Err(Error::NotFound) };
        match self.outside().hear(&line, &call).await {
            Ok((heard, mut reply)) => {
                let names: Vec<String> = heard.said.iter().map(|said| said.external_id.clone()).collect();
                match self.take_in_heard(&line, heard, None).await {
                    Ok(Some(_)) => {}
                    Ok(None) => return self.keep_for_later(account, webhook, call).await,
                    Err(why) => {
                        tracing::warn!(account = account.as_str(), %why, "a call could not be taken in");
                        return self.keep_for_later(account, webhook, call).await;
                    }
                }
                self.fill_numbers_in(account, &names, &mut reply).await?;
                Ok(Answered::Reply(reply))
            }
            Err(Failure::Refused(why)) => {
                // A key that is wrong is seen nowhere else: the remote keeps to itself what it was told.
                if call.method != "GET" {
                    self.note_refused(account, &why).await?;
                }
                Ok(Answered::Refused(why))
            }
            Err(Failure::Unsupported) => Ok(Answered::NotAllowed),
            Err(Failure::Setup(why)) if why == Setback::MayNotBeCalled.as_str() => Ok(Answered::Later),
            // Who calls more than can be heard is not kept instead.
            Err(Failure::NotNow(why)) if [Setback::Busy, Setback::AllBusy].iter().any(|busy| why == busy.as_str()) => {
                Ok(Answered::Later)
            }
            Err(why @ (Failure::Setup(_) | Failure::Unclear(_) | Failure::NotNow(_))) => {
                if let Failure::Setup(why) = &why {
                    self.pause_channel(&line, why).await?;
                }
                self.keep_for_later(account, webhook, call).await
            }
            Err(_) => Ok(Answered::Later),
        }
    }

    /// A machine’s call that can’t be taken in now is kept: many remotes don’t come again. Whoever waits at a page is told to try
    /// again, and so is whoever only asks for something.
    async fn keep_for_later(&self, account: &AccountId, webhook: &WebhookWish, call: HookCall) -> Result<Answered> {
        match webhook.pages || call.method == "GET" {
            true => Ok(Answered::Later),
            false => self.keep_hook_call(account, call).await,
        }
    }

    /// Nothing is wrong with an account whose plugin may not be called, and its page says so by itself.
    async fn pause_for(&self, line: &Line, why: &str) -> Result<()> {
        if why == Setback::MayNotBeCalled.as_str() {
            return Ok(());
        }
        self.pause_channel(line, why).await
    }

    /// `{{number:NAME}}` in what the remote is told becomes the number of the request that this message belongs to: it is
    /// given after the plugin has spoken.
    async fn fill_numbers_in(&self, account: &AccountId, names: &[String], reply: &mut HookReply) -> Result<()> {
        const MARK: &str = "{{number:";
        let Some(mut text) =
            std::str::from_utf8(&reply.body).ok().filter(|text| text.contains(MARK)).map(str::to_owned)
        else {
            return Ok(());
        };
        for name in names.iter().take(MOST_NUMBERS) {
            let mark = format!("{MARK}{name}}}}}");
            if !text.contains(&mark) {
                continue;
            }
            let number: Option<i64> = sqlx::query_scalar(
                "select t.number from received r join ticket t on t.id = r.ticket_id
                 where r.account_id = $1 and r.external_id = $2",
            )
            .bind(account.clone())
            .bind(shorten(name, 400))
            .fetch_optional(self.read())
            .await?;
            text = text.replace(&mark, &number.map(|number| number.to_string()).unwrap_or_default());
        }
        reply.body = text.into_bytes();
        Ok(())
    }

    /// A call that was kept is seen by its plugin; taken in, it is forgotten. What can't be taken in is never lost: it is set
    /// aside, where administrators see it.
    pub(crate) async fn hear_kept(&self, job: &Job) -> Result<Outcome> {
        match self.hear_once(job).await {
            Err(error) if job.attempts >= MOST_ATTEMPTS => self.set_aside(job, Aside::Failed, &error.to_string()).await,
            other => other,
        }
    }

    async fn hear_once(&self, job: &Job) -> Result<Outcome> {
        let row: Option<(AccountId, String, String)> =
            sqlx::query_as("select account_id, head, body from hook_call where id = $1 and aside_at is null")
                .bind(job.subject.clone())
                .fetch_optional(self.read())
                .await?;
        let Some((account, head, body)) = row else { return Ok(Outcome::Done) };
        let Some(line) = self.open_line(&account).await? else {
            return Ok(Outcome::Again(Setback::SwitchedOff.to_string()));
        };
        let mut call: HookCall = serde_json::from_str(&head)?;
        call.body = self.blobs().get(&body).await?;
        match self.outside().hear(&line, &call).await {
            Ok((heard, _)) => {
                if self.take_in_heard(&line, heard, None).await?.is_none() {
                    return Ok(Outcome::early());
                }
                let mut write = self.write().await?;
                sqlx::query("delete from hook_call where id = $1")
                    .bind(job.subject.clone())
                    .execute(write.sql())
                    .await?;
                write.loosen(std::slice::from_ref(&body)).await?;
                finish(&mut write, job).await?;
                self.commit(write).await?;
                self.sweep(vec![body]).await?;
                Ok(Outcome::Done)
            }
            Err(Failure::Setup(why)) => {
                self.pause_for(&line, &why).await?;
                Ok(Outcome::Again(why))
            }
            Err(why @ (Failure::Later(..) | Failure::Slower(..) | Failure::NotNow(_))) => Ok(why.again()),
            Err(Failure::Unclear(why)) if self.crashed(&job.subject).await? < MOST_CRASHES => Ok(Outcome::Again(why)),
            Err(why @ Failure::Unclear(_)) => self.set_aside(job, Aside::Failed, why.words()).await,
            Err(why) => self.set_aside(job, Aside::Refused, why.words()).await,
        }
    }

    /// One crash more; how many there were.
    async fn crashed(&self, call: &str) -> Result<i64> {
        let mut write = self.write().await?;
        let crashes: Option<i64> =
            sqlx::query_scalar("update hook_call set crashes = crashes + 1 where id = $1 returning crashes")
                .bind(call.to_owned())
                .fetch_optional(write.sql())
                .await?;
        write.commit().await?;
        Ok(crashes.unwrap_or(MOST_CRASHES))
    }
}

fn method_name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}
