//! The same call made again: one effect, one answer. Appendix C, number 23.

use crate::{
    Desk, Error, Result, Why,
    clock::{DAY, MINUTE},
    model::ApiKeyId,
};
use serde::{Deserialize, Serialize};

/// How long an answer is kept.
pub const ANSWER_LIFE: i64 = DAY;
/// A call without an answer after this long is not under way any more: its process died before it could say what came of it.
const LONGEST_CALL: i64 = 5 * MINUTE;

/// What was answered, to be said again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub status: u16,
    /// Names and values that go with it, such as where the new thing is.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody made this call before: make it, then [`Desk::keep_answer`] or [`Desk::drop_claim`].
    Yours,
    Answered(Answered),
}

impl Desk {
    /// Asks whether a call was made before. `request` stands for everything in it: the same name for another call is a
    /// mistake of the caller.
    ///
    /// # Errors
    /// `Double` for another call under the same name; [`Error::Taken`] while the first is still under way; `Unsure` where it
    /// ended without an answer. It may have had its effect, so it is not made again: its caller looks, and calls under another
    /// name. After a day this one is free again, as every name is.
    pub async fn claim(&self, key: &ApiKeyId, name: &str, request: &str) -> Result<Claim> {
        if name.is_empty() || name.len() > 255 || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid("idempotency-key", Why::NotAChoice));
        }
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("delete from idempotency where at < $1").bind(now - ANSWER_LIFE).execute(write.sql()).await?;
        let new = sqlx::query(
            "insert into idempotency (api_key_id, key, request, at) values ($1, $2, $3, $4)
             on conflict (api_key_id, key) do nothing",
        )
        .bind(key.clone())
        .bind(name.to_owned())
        .bind(request.to_owned())
        .bind(now)
        .execute(write.sql())
        .await?;
        let (known, body, at): (String, Option<String>, i64) =
            sqlx::query_as("select request, body, at from idempotency where api_key_id = $1 and key = $2")
                .bind(key.clone())
                .bind(name.to_owned())
                .fetch_one(write.sql())
                .await?;
        write.commit().await?;
        match (new.rows_affected(), known == request, body) {
            (1, ..) => Ok(Claim::Yours),
            (_, false, _) => Err(Error::invalid("idempotency-key", Why::Double)),
            (_, _, Some(body)) => Ok(Claim::Answered(serde_json::from_str(&body)?)),
            _ if at < now - LONGEST_CALL => Err(Error::invalid("idempotency-key", Why::Unsure)),
            _ => Err(Error::Taken { holder: String::new() }),
        }
    }

    /// Keeps what was answered, for a day.
    pub async fn keep_answer(&self, key: &ApiKeyId, name: &str, answer: &Answered) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("update idempotency set status = $3, body = $4 where api_key_id = $1 and key = $2")
            .bind(key.clone())
            .bind(name.to_owned())
            .bind(i64::from(answer.status))
            .bind(serde_json::to_string(answer)?)
            .execute(write.sql())
            .await?;
        write.commit().await
    }

    /// Nothing came of it: the call may be made again.
    pub async fn drop_claim(&self, key: &ApiKeyId, name: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("delete from idempotency where api_key_id = $1 and key = $2 and status is null")
            .bind(key.clone())
            .bind(name.to_owned())
            .execute(write.sql())
            .await?;
        write.commit().await
    }
}
