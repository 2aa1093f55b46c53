//! What an agent last looked for by criteria, the same on every device. FND-2.

use crate::{Desk, Result, access::staff, model::*};

impl Desk {
    /// Remembers what was looked for; nothing is written where it is the same again.
    pub async fn remember_search(&self, actor: &Actor, search: &LastSearch) -> Result<()> {
        let me = staff(actor)?;
        if self.last_search(actor).await?.as_ref() == Some(search) {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("update agent set last_search = $2 where id = $1")
            .bind(me.clone())
            .bind(serde_json::to_string(search)?)
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }

    /// None where nothing was, or where an earlier release looked in ways that are no more.
    pub async fn last_search(&self, actor: &Actor) -> Result<Option<LastSearch>> {
        let kept: String = sqlx::query_scalar("select last_search from agent where id = $1")
            .bind(staff(actor)?.clone())
            .fetch_one(self.read())
            .await?;
        Ok(serde_json::from_str(&kept).ok())
    }
}
