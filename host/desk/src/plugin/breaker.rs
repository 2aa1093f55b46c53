//! A plugin that fails again and again is switched off by itself, and tried again with growing pauses.

use crate::{
    Desk, Result,
    clock::{HOUR, MINUTE},
    db::Engine,
    model::*,
};

/// How long a plugin does well after it was tried again until it is forgotten where it failed.
const A_WHILE: i64 = HOUR;

impl Desk {
    /// Switches a plugin off because of what just happened, at a door of its or when it was loaded. Only the version that failed:
    /// one that was installed since is another matter.
    pub async fn trip_plugin(&self, id: &PluginId, hash: &str, door: Option<&str>, why: &str) -> Result<()> {
        let mut write = self.write().await?;
        let now = write.now;
        let trips: Option<i64> = sqlx::query_scalar(
            "update plugin set tripped_at = coalesce(tripped_at, $3), tripped_why = $4, trips = trips + 1,
                    tripped_door = coalesce(tripped_door, $5)
             where id = $1 and hash = $2 and off_at is null and (tripped_at is null or retry_at <= $3) returning trips",
        )
        .bind(id.clone())
        .bind(hash.to_owned())
        .bind(now)
        .bind(why.to_owned())
        .bind(door.map(str::to_owned))
        .fetch_optional(write.sql())
        .await?;
        let Some(trips) = trips else {
            drop(write);
            // Another node was first, or it was changed since: either way what runs here is no longer what should.
            self.outside().load_plugins(self).await;
            return Ok(());
        };
        sqlx::query("update plugin set retry_at = $2 where id = $1")
            .bind(id.clone())
            .bind(now + pause(trips))
            .execute(write.sql())
            .await?;
        if trips == 1 {
            write.note_plugin(&Actor::System, EventKind::PluginTripped, id, Some(id.as_str()), Some(why)).await?;
        }
        self.commit(write).await?;
        self.outside().load_plugins(self).await;
        Ok(())
    }

    /// A plugin can't be loaded here. Where this process is the only one, it is switched off; one of several nodes that lacks
    /// memory, or a file for a moment, says nothing about the others, and tries again by itself.
    pub async fn could_not_load(&self, id: &PluginId, hash: &str, why: &str) -> Result<()> {
        match self.db().engine() {
            Engine::Sqlite => self.trip_plugin(id, hash, None, why).await,
            Engine::Postgres => Ok(()),
        }
    }

    /// One that was on trial has done well at a door. That counts where it is the one that it failed at: what a plugin can't do
    /// is not made good by what it can. Unless it has not failed for a while, since some doors are seldom knocked at.
    pub async fn trust_plugin_again(&self, id: &PluginId, hash: &str, door: &str) -> Result<()> {
        let elsewhere: Option<i64> = sqlx::query_scalar(
            "select retry_at from plugin where id = $1 and hash = $2 and tripped_door <> $3 and retry_at > $4",
        )
        .bind(id.clone())
        .bind(hash.to_owned())
        .bind(door.to_owned())
        .bind(self.clock().now() - A_WHILE)
        .fetch_optional(self.read())
        .await?;
        if elsewhere.is_some() {
            return Ok(());
        }
        let name = self.manifest(id).await?.name.en;
        let mut write = self.write().await?;
        let well = sqlx::query(
            "update plugin set tripped_at = null, tripped_why = null, tripped_door = null, retry_at = null, trips = 0
             where id = $1 and hash = $2 and tripped_at is not null",
        )
        .bind(id.clone())
        .bind(hash.to_owned())
        .execute(write.sql())
        .await?;
        if well.rows_affected() == 1 {
            write.note_plugin(&Actor::System, EventKind::PluginChanged, id, None, Some(&name)).await?;
        }
        self.commit(write).await?;
        self.outside().load_plugins(self).await;
        Ok(())
    }

    /// Whether one that failed is due for another try; the host then loads it. Looked at by the clock.
    pub(crate) async fn try_plugins_again(&self) -> Result<()> {
        let now = self.clock().now();
        let due: Option<i64> = sqlx::query_scalar(
            "select retry_at from plugin where tripped_at is not null and off_at is null and retry_at <= $1 limit 1",
        )
        .bind(now)
        .fetch_optional(self.read())
        .await?;
        if due.is_some() {
            self.outside().load_plugins(self).await;
        }
        Ok(())
    }
}

/// One minute, doubled each time, at most four hours.
fn pause(trips: i64) -> i64 {
    (MINUTE << (trips.clamp(1, 9) - 1)).min(4 * HOUR)
}
