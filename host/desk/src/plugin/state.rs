//! A plugin's memory between calls: names and values, for each account apart, under a quota, compared before set.

use crate::{Desk, Error, Result, blob::hex, clock::SECOND, model::*};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Bytes of a name.
const LONGEST_NAME: usize = 200;
/// Bytes of one value.
const LARGEST_VALUE: usize = 64 << 10;
/// Names in one answer.
const MOST_NAMES: u32 = 1_000;
/// Bytes that a value takes of the quota by being there at all: a row is not free, however short its name.
const ROW: i64 = 256;

/// A stored value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub value: Vec<u8>,
    /// Changes with every write.
    pub etag: String,
}

/// What a write takes for granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    Any,
    Absent,
    Etag(String),
}

/// Why nothing was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Quota,
    TooLarge,
    Conflict,
}

impl Desk {
    pub async fn recall(&self, plugin: &PluginId, account: &AccountId, name: &str) -> Result<Option<Kept>> {
        let row: Option<(String, String)> = sqlx::query_as(
            "select value, etag from plugin_state where plugin_id = $1 and account_id = $2 and name = $3
             and (expires_at is null or expires_at > $4)",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(name.to_owned())
        .bind(self.clock().now())
        .fetch_optional(self.read())
        .await?;
        row.map(|(value, etag)| {
            let value = STANDARD.decode(value).map_err(crate::Error::internal)?;
            Ok(Kept { value, etag })
        })
        .transpose()
    }

    /// Keeps a value, and returns its etag. `quota` is in bytes, names counted with values, and [`ROW`] for each. `account` is
    /// empty for a plugin without accounts.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a plugin or an account that was removed while the call went on: it leaves nothing.
    #[expect(clippy::too_many_arguments, reason = "the contract's own list")]
    pub async fn remember(
        &self,
        plugin: &PluginId,
        account: &AccountId,
        name: &str,
        value: &[u8],
        expect: &Expect,
        seconds: Option<u32>,
        quota: u64,
    ) -> Result<std::result::Result<String, Refusal>> {
        if name.is_empty() || name.len() > LONGEST_NAME || value.len() > LARGEST_VALUE {
            return Ok(Err(Refusal::TooLarge));
        }
        let mut write = self.write().await?;
        let is_there: Option<i64> = sqlx::query_scalar(
            "select 1 from plugin p where p.id = $1 and ($2 = '' or exists
               (select 1 from channel c where c.account_id = $2 and c.plugin_id = p.id))",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .fetch_optional(write.sql())
        .await?;
        if is_there.is_none() {
            return Err(Error::NotFound);
        }
        let now = write.now;
        sqlx::query("delete from plugin_state where plugin_id = $1 and account_id = $2 and expires_at <= $3")
            .bind(plugin.clone())
            .bind(account.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        let there: Option<(String, i64)> = sqlx::query_as(
            "select etag, size from plugin_state where plugin_id = $1 and account_id = $2 and name = $3",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(name.to_owned())
        .fetch_optional(write.sql())
        .await?;
        if !holds(expect, there.as_ref().map(|(etag, _)| etag.as_str())) {
            return Ok(Err(Refusal::Conflict));
        }
        let all: i64 = sqlx::query_scalar(
            "select cast(coalesce(sum(size), 0) as bigint) from plugin_state where plugin_id = $1 and account_id = $2",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .fetch_one(write.sql())
        .await?;
        let size = ROW + (name.len() + value.len()) as i64;
        if (all - there.map_or(0, |(_, size)| size) + size) as u64 > quota {
            return Ok(Err(Refusal::Quota));
        }
        let etag = hex(&Sha256::digest([name.as_bytes(), value, &write_mark()].concat())[..8]);
        sqlx::query(
            "insert into plugin_state (plugin_id, account_id, name, value, etag, size, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (plugin_id, account_id, name) do update set
               value = excluded.value, etag = excluded.etag, size = excluded.size, expires_at = excluded.expires_at",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(name.to_owned())
        .bind(STANDARD.encode(value))
        .bind(etag.clone())
        .bind(size)
        .bind(seconds.map(|seconds| now + i64::from(seconds) * SECOND))
        .execute(write.sql())
        .await?;
        write.commit().await?;
        Ok(Ok(etag))
    }

    pub async fn forget(
        &self,
        plugin: &PluginId,
        account: &AccountId,
        name: &str,
        expect: &Expect,
    ) -> Result<std::result::Result<(), Refusal>> {
        let mut write = self.write().await?;
        let there: Option<String> =
            sqlx::query_scalar("select etag from plugin_state where plugin_id = $1 and account_id = $2 and name = $3")
                .bind(plugin.clone())
                .bind(account.clone())
                .bind(name.to_owned())
                .fetch_optional(write.sql())
                .await?;
        if !holds(expect, there.as_deref()) {
            return Ok(Err(Refusal::Conflict));
        }
        sqlx::query("delete from plugin_state where plugin_id = $1 and account_id = $2 and name = $3")
            .bind(plugin.clone())
            .bind(account.clone())
            .bind(name.to_owned())
            .execute(write.sql())
            .await?;
        write.commit().await?;
        Ok(Ok(()))
    }

    /// Names that begin so, in order of their bytes.
    pub async fn remembered(
        &self,
        plugin: &PluginId,
        account: &AccountId,
        prefix: &str,
        after: Option<&str>,
        most: u32,
    ) -> Result<Vec<String>> {
        let mut names: Vec<String> = sqlx::query_scalar(
            "select name from plugin_state where plugin_id = $1 and account_id = $2 and (expires_at is null or expires_at > $3)",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(self.clock().now())
        .fetch_all(self.read())
        .await?;
        // The quota bounds how many these are; engines differ in how they order letters.
        names.retain(|name| name.starts_with(prefix) && after.is_none_or(|after| name.as_str() > after));
        names.sort_unstable();
        names.truncate(most.min(MOST_NAMES) as usize);
        Ok(names)
    }
}

fn holds(expect: &Expect, etag: Option<&str>) -> bool {
    match expect {
        Expect::Any => true,
        Expect::Absent => etag.is_none(),
        Expect::Etag(expected) => etag == Some(expected),
    }
}

/// The same value written twice has two etags.
fn write_mark() -> [u8; 16] {
    rand::random()
}
