//! What an account had to do goes on: a call went well again, or somebody put the account or its plugin right.

use crate::{Result, db::Write, job::Kind, model::*};

impl Write {
    /// A call by an account went well: whatever was against it is over.
    pub(crate) async fn went_well(&mut self, account: &AccountId) -> Result<()> {
        let over = sqlx::query(
            "update channel set check_failure = null, paused_at = null, paused_why = null, refused_at = null, refused = null
             where account_id = $1 and (check_failure is not null or paused_at is not null or refused_at is not null)",
        )
        .bind(account.clone())
        .execute(self.sql())
        .await?;
        if over.rows_affected() == 1 { self.keep_looking(account).await } else { Ok(()) }
    }

    /// What waits for an account is tried at once.
    pub(crate) async fn resume(&mut self, account: &AccountId) -> Result<()> {
        let now = self.now;
        sqlx::query(
            "update job set run_at = $2 where run_at > $2 and leased_until = 0 and done_at is null and failed_at is null
               and (kind = 'hear' and subject in (select id from hook_call where account_id = $1)
                 or kind = 'deliver' and subject in (select id from delivery where account_id = $1 and state = 'queued'))",
        )
        .bind(account.clone())
        .bind(now)
        .execute(self.sql())
        .await?;
        self.keep_looking(account).await
    }

    /// The same for all accounts of a plugin that are on and wait for nobody.
    pub(crate) async fn resume_all(&mut self, plugin: &PluginId) -> Result<()> {
        let accounts: Vec<AccountId> = sqlx::query_scalar(
            "select account_id from channel where plugin_id = $1 and off_at is null and paused_at is null order by account_id",
        )
        .bind(plugin.clone())
        .fetch_all(self.sql())
        .await?;
        for account in accounts {
            self.resume(&account).await?;
        }
        Ok(())
    }

    /// A look is planned, where none is: one by a plugin that never looks ends at once, and plans no other.
    async fn keep_looking(&mut self, account: &AccountId) -> Result<()> {
        let planned: Option<String> = sqlx::query_scalar(
            "select id from job where kind = 'look' and subject = $1 and done_at is null and failed_at is null limit 1",
        )
        .bind(account.clone())
        .fetch_optional(self.sql())
        .await?;
        match planned {
            Some(_) => Ok(()),
            None => self.enqueue(Kind::Look, account.as_str()).await,
        }
    }
}
