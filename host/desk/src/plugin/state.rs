//! A plugin's memory between calls: names and values, for each account apart, under a quota, compared before set.

use crate::{Desk, Error, Result, blob::hex, clock::SECOND, db::Write, model::*};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Bytes of a name.
const LONGEST_NAME: usize = 200;
/// Bytes of one value.
const LARGEST_VALUE: usize = 64 << 10;
/// Names in one answer.
const MOST_NAMES: u32 = 1_000;
/// Rows that a write clears whose end has come.
const MOST_CLEARED: usize = 100;
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
        .bind(as_kept(name))
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
        let kept_as = &as_kept(name);
        loop {
            let mut write = self.write().await?;
            if !write.has_memory(plugin, account).await? {
                return Err(Error::NotFound);
            }
            let cleared = write.clear_ended(plugin, account).await?;
            let there = write.kept(plugin, account, kept_as).await?;
            if !holds(expect, there.etag.as_deref()) {
                write.commit().await?;
                return Ok(Err(Refusal::Conflict));
            }
            let size = ROW + (name.len() + value.len()) as i64;
            let more = size - there.size;
            if (write.memory(plugin, account).await? + more).max(0) as u64 > quota {
                write.commit().await?;
                // There may be more whose end has come.
                if cleared == MOST_CLEARED {
                    continue;
                }
                return Ok(Err(Refusal::Quota));
            }
            let etag = hex(&Sha256::digest([name.as_bytes(), value, &write_mark()].concat())[..8]);
            let ends = seconds.map(|seconds| write.now + i64::from(seconds) * SECOND);
            sqlx::query(
                "insert into plugin_state (plugin_id, account_id, name, value, etag, size, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (plugin_id, account_id, name) do update set
                   value = excluded.value, etag = excluded.etag, size = excluded.size, expires_at = excluded.expires_at",
            )
            .bind(plugin.clone())
            .bind(account.clone())
            .bind(kept_as.clone())
            .bind(STANDARD.encode(value))
            .bind(etag.clone())
            .bind(size)
            .bind(ends)
            .execute(write.sql())
            .await?;
            write.count_memory(plugin, account, more).await?;
            write.commit().await?;
            return Ok(Ok(etag));
        }
    }

    pub async fn forget(
        &self,
        plugin: &PluginId,
        account: &AccountId,
        name: &str,
        expect: &Expect,
    ) -> Result<std::result::Result<(), Refusal>> {
        let name = &as_kept(name);
        let mut write = self.write().await?;
        let there = write.kept(plugin, account, name).await?;
        if !holds(expect, there.etag.as_deref()) {
            return Ok(Err(Refusal::Conflict));
        }
        write.forget_kept(plugin, account, name).await?;
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
        let names: Vec<String> = sqlx::query_scalar(
            "select name from plugin_state
             where plugin_id = $1 and account_id = $2 and name > $3 and substr(name, 1, length(cast($4 as text))) = $4
               and (expires_at is null or expires_at > $5) order by name limit $6",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(as_kept(after.unwrap_or_default()))
        .bind(as_kept(prefix))
        .bind(self.clock().now())
        .bind(i64::from(most.min(MOST_NAMES)))
        .fetch_all(self.read())
        .await?;
        Ok(names.iter().map(|name| as_said(name)).collect())
    }
}

impl Write {
    /// Whether there is such a plugin, with such an account.
    async fn has_memory(&mut self, plugin: &PluginId, account: &AccountId) -> Result<bool> {
        let is_there: Option<i64> = sqlx::query_scalar(
            "select 1 from plugin p where p.id = $1 and ($2 = '' or exists
               (select 1 from channel c where c.account_id = $2 and c.plugin_id = p.id))",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .fetch_optional(self.sql())
        .await?;
        Ok(is_there.is_some())
    }

    /// What is kept under a name.
    async fn kept(&mut self, plugin: &PluginId, account: &AccountId, name: &str) -> Result<There> {
        let row: Option<(String, i64, Option<i64>)> = sqlx::query_as(
            "select etag, size, expires_at from plugin_state where plugin_id = $1 and account_id = $2 and name = $3",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(name.to_owned())
        .fetch_optional(self.sql())
        .await?;
        let Some((etag, size, ends)) = row else { return Ok(There::default()) };
        Ok(There { etag: Some(etag).filter(|_| ends.is_none_or(|ends| ends > self.now)), size })
    }

    /// Clears some of what has come to its end; how many. Nearly always there is none, so that is asked first, of the index.
    async fn clear_ended(&mut self, plugin: &PluginId, account: &AccountId) -> Result<usize> {
        let now = self.now;
        let ended: Vec<String> = sqlx::query_scalar(
            "select name from plugin_state where plugin_id = $1 and account_id = $2 and expires_at <= $3
             order by expires_at limit $4",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(now)
        .bind(MOST_CLEARED as i64)
        .fetch_all(self.sql())
        .await?;
        for name in &ended {
            self.forget_kept(plugin, account, name).await?;
        }
        Ok(ended.len())
    }

    /// Takes one value away.
    pub(super) async fn forget_kept(&mut self, plugin: &PluginId, account: &AccountId, name: &str) -> Result<()> {
        let size: Option<i64> = sqlx::query_scalar(
            "delete from plugin_state where plugin_id = $1 and account_id = $2 and name = $3 returning size",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(name.to_owned())
        .fetch_optional(self.sql())
        .await?;
        match size {
            Some(size) => self.count_memory(plugin, account, -size).await,
            None => Ok(()),
        }
    }

    /// Bytes that an account remembers.
    async fn memory(&mut self, plugin: &PluginId, account: &AccountId) -> Result<i64> {
        let size: Option<i64> =
            sqlx::query_scalar("select size from plugin_memory where plugin_id = $1 and account_id = $2")
                .bind(plugin.clone())
                .bind(account.clone())
                .fetch_optional(self.sql())
                .await?;
        Ok(size.unwrap_or(0))
    }

    async fn count_memory(&mut self, plugin: &PluginId, account: &AccountId, more: i64) -> Result<()> {
        sqlx::query(
            "insert into plugin_memory (plugin_id, account_id, size) values ($1, $2, $3)
             on conflict (plugin_id, account_id) do update set size = plugin_memory.size + excluded.size",
        )
        .bind(plugin.clone())
        .bind(account.clone())
        .bind(more)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

/// A name as it is kept. PostgreSQL takes no NUL, which many join the parts of a key with; the order stays.
fn as_kept(name: &str) -> String {
    name.replace('\u{1}', "\u{1}1").replace('\0', "\u{1}0")
}

/// A kept name as the plugin said it.
pub(super) fn as_said(name: &str) -> String {
    name.replace("\u{1}0", "\0").replace("\u{1}1", "\u{1}")
}

/// What stands under a name.
#[derive(Default)]
struct There {
    /// None where its end has come.
    etag: Option<String>,
    /// 0 where there is nothing.
    size: i64,
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

#[cfg(test)]
mod tests {
    use super::{as_kept, as_said};

    #[test]
    fn a_name_is_kept_without_nul_and_in_its_order() {
        let names = ["", "a\0", "a\0b", "a\u{1}", "a\u{1}0", "a\u{1}\0", "a\u{1}\u{1}", "a\u{2}", "a/b", "æ"];
        let mut sorted = names;
        sorted.sort_unstable();
        let mut kept: Vec<String> = names.iter().map(|name| as_kept(name)).collect();
        kept.sort_unstable();
        assert!(kept.iter().all(|name| !name.contains('\0')));
        assert_eq!(kept.iter().map(|name| as_said(name)).collect::<Vec<_>>(), sorted);
    }
}
