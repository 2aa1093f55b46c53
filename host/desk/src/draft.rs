//! What is half written, kept on the server and the same on every device. SAV-1, C-17.

use crate::{Desk, Error, Result, Why, access::staff, message::LONGEST_TEXT, model::*};

/// Bytes of a place and of a kind: both are part of a key, and those have a bound.
const LONGEST_NAME: usize = 200;

impl Desk {
    /// Keeps a draft; `version` is the one it was written over, 0 for a new one. The version that it has now.
    ///
    /// # Errors
    /// [`Error::Changed`] when another device saved in between: nothing is overwritten, and both texts are there.
    pub async fn keep_draft(&self, actor: &Actor, place: &str, kind: &str, body: &str, version: i64) -> Result<i64> {
        let me = staff(actor)?;
        for (field, name) in [("place", place), ("kind", kind)] {
            if name.len() > LONGEST_NAME {
                return Err(Error::invalid(field, Why::TooLong { most: LONGEST_NAME as u32 }));
            }
        }
        if body.chars().count() > 4 * LONGEST_TEXT {
            return Err(Error::invalid("body", Why::TooLong { most: LONGEST_TEXT as u32 }));
        }
        let mut write = self.write().await?;
        let there: Option<i64> =
            sqlx::query_scalar("select version from draft where agent_id = $1 and place = $2 and kind = $3")
                .bind(me.clone())
                .bind(place.to_owned())
                .bind(kind.to_owned())
                .fetch_optional(write.sql())
                .await?;
        if there.unwrap_or(0) != version {
            return Err(Error::Changed { by: actor.name().to_owned() });
        }
        let now = write.now;
        sqlx::query(
            "insert into draft (agent_id, place, kind, body, version, changed_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (agent_id, place, kind) do update set body = excluded.body, version = excluded.version,
               changed_at = excluded.changed_at",
        )
        .bind(me.clone())
        .bind(place.to_owned())
        .bind(kind.to_owned())
        .bind(body.to_owned())
        .bind(version + 1)
        .bind(now)
        .execute(write.sql())
        .await?;
        self.commit(write).await?;
        Ok(version + 1)
    }

    /// One's own draft; nothing where there is none.
    pub async fn kept_draft(&self, actor: &Actor, place: &str, kind: &str) -> Result<Option<Kept>> {
        let me = staff(actor)?;
        let row: Option<(String, i64, i64)> = sqlx::query_as(
            "select body, version, changed_at from draft where agent_id = $1 and place = $2 and kind = $3",
        )
        .bind(me.clone())
        .bind(place.to_owned())
        .bind(kind.to_owned())
        .fetch_optional(self.read())
        .await?;
        Ok(row.map(|(body, version, changed_at)| Kept { body, version, changed_at }))
    }

    /// All of one's own at a place, by kind: also what was called back beside something begun since.
    pub async fn kept_drafts(&self, actor: &Actor, place: &str) -> Result<Vec<(String, Kept)>> {
        let me = staff(actor)?;
        let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "select kind, body, version, changed_at from draft where agent_id = $1 and place = $2 order by kind",
        )
        .bind(me.clone())
        .bind(place.to_owned())
        .fetch_all(self.read())
        .await?;
        let kept = |(kind, body, version, changed_at)| (kind, Kept { body, version, changed_at });
        Ok(rows.into_iter().map(kept).collect())
    }

    /// Sent, or thrown away.
    pub async fn drop_draft(&self, actor: &Actor, place: &str, kind: &str) -> Result<()> {
        let me = staff(actor)?;
        let mut write = self.write().await?;
        sqlx::query("delete from draft where agent_id = $1 and place = $2 and kind = $3")
            .bind(me.clone())
            .bind(place.to_owned())
            .bind(kind.to_owned())
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }
}
