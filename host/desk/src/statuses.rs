//! The organisation's own statuses. STA-1 to STA-5.

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    db::{Fact, Write, word},
    model::*,
    person::shorten,
};

#[derive(sqlx::FromRow)]
struct StatusRow {
    id: StatusId,
    state: String,
    nb: String,
    en: String,
    default_at: Option<i64>,
    accept_at: Option<i64>,
    queue_at: Option<i64>,
    new_on_reply_at: Option<i64>,
    waiting_at: Option<i64>,
    track: String,
}

impl TryFrom<StatusRow> for Status {
    type Error = Error;

    fn try_from(row: StatusRow) -> Result<Status> {
        Ok(Status {
            state: word(&row.state)?,
            track: word(&row.track)?,
            id: row.id,
            nb: row.nb,
            en: row.en,
            default: row.default_at.is_some(),
            accept: row.accept_at.is_some(),
            queue: row.queue_at.is_some(),
            new_on_reply: row.new_on_reply_at.is_some(),
            waiting: row.waiting_at.is_some(),
        })
    }
}

impl Desk {
    pub(crate) async fn statuses(&self) -> Result<Vec<Status>> {
        let rows: Vec<StatusRow> = sqlx::query_as(
            "select id, state, nb, en, default_at, accept_at, queue_at, new_on_reply_at, waiting_at, track
             from status where deleted_at is null order by position, id",
        )
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(Status::try_from).collect()
    }

    /// Adds a status, or changes the one whose id it has. A state is for good once requests are in it.
    pub async fn save_status(&self, actor: &Actor, status: Status) -> Result<StatusId> {
        administrator(actor)?;
        if !status.state.is_chosen() {
            return Err(Error::invalid("state", Why::NotAChoice));
        }
        if status.nb.trim().is_empty() || status.en.trim().is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        let mut write = self.write().await?;
        let old: Option<(String, Option<i64>, Option<i64>)> =
            sqlx::query_as("select state, default_at, deleted_at from status where id = $1")
                .bind(status.id.clone())
                .fetch_optional(write.sql())
                .await?;
        if let Some((state, default, deleted)) = &old {
            if deleted.is_some() {
                return Err(Error::NotFound);
            }
            let used = write.requests_in(&status.id).await?;
            if *state != status.state.as_str() && (used > 0 || default.is_some()) {
                return Err(Error::invalid("state", Why::InUse { times: used as u32 }));
            }
            if default.is_some() && !status.default {
                return Err(Error::invalid("default", Why::Needed));
            }
        }
        write.save_status(&status).await?;
        let fact = Fact { new: Some(&status.en), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await?;
        Ok(status.id)
    }

    /// The order of the pick list.
    pub async fn order_statuses(&self, actor: &Actor, ids: &[StatusId]) -> Result<()> {
        self.put_in_order(actor, "status", ids, 0).await
    }

    /// STA-4: not the default, so never the last of its state; its requests move to another of the same state. What time they
    /// were in it is kept. STAT-4.
    pub async fn delete_status(&self, actor: &Actor, id: &StatusId, to: Option<&StatusId>) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let status: Option<(String, Option<i64>)> =
            sqlx::query_as("select state, default_at from status where id = $1 and deleted_at is null")
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
        let (state, default) = status.ok_or(Error::NotFound)?;
        if default.is_some() {
            return Err(Error::invalid("status", Why::Needed));
        }
        let begins: i64 = sqlx::query_scalar("select count(*) from request_type where status_id = $1")
            .bind(id.clone())
            .fetch_one(write.sql())
            .await?;
        let used = write.requests_in(id).await? + begins;
        if used > 0 {
            let to = to.ok_or_else(|| Error::invalid("to", Why::InUse { times: used as u32 }))?;
            if to == id || write.state_of(to).await?.as_str() != state {
                return Err(Error::invalid("to", Why::NotAChoice));
            }
            write.move_all(actor, id, to).await?;
        }
        write.replace_status_in_types(id, to.filter(|_| used > 0)).await?;
        for sql in [
            "update category set new_status_id = null where new_status_id = $1",
            "update category set message_status_id = null where message_status_id = $1",
        ] {
            sqlx::query(sql).bind(id.clone()).execute(write.sql()).await?;
        }
        let now = write.now;
        sqlx::query("update status set deleted_at = $2, accept_at = null, queue_at = null where id = $1")
            .bind(id.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

impl Write {
    async fn requests_in(&mut self, id: &StatusId) -> Result<i64> {
        Ok(sqlx::query_scalar("select count(*) from ticket where status_id = $1 or status_before_id = $1")
            .bind(id.clone())
            .fetch_one(self.sql())
            .await?)
    }

    async fn save_status(&mut self, status: &Status) -> Result<()> {
        let now = self.now;
        let since = |on: bool| on.then_some(now);
        if status.default {
            sqlx::query("update status set default_at = null where state = $1 and id <> $2")
                .bind(status.state.as_str())
                .bind(status.id.clone())
                .execute(self.sql())
                .await?;
        }
        if status.accept {
            sqlx::query("update status set accept_at = null where id <> $1")
                .bind(status.id.clone())
                .execute(self.sql())
                .await?;
        }
        sqlx::query(
            "insert into status (id, state, nb, en, default_at, accept_at, queue_at, new_on_reply_at, waiting_at, track, position)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, (select count(*) from status))
             on conflict (id) do update set state = excluded.state, nb = excluded.nb, en = excluded.en,
               default_at = excluded.default_at, accept_at = excluded.accept_at, queue_at = excluded.queue_at,
               new_on_reply_at = excluded.new_on_reply_at, waiting_at = excluded.waiting_at, track = excluded.track",
        )
        .bind(status.id.clone())
        .bind(status.state.as_str())
        .bind(shorten(&status.nb, 200))
        .bind(shorten(&status.en, 200))
        .bind(since(status.default))
        .bind(since(status.accept))
        .bind(since(status.queue))
        .bind(since(status.new_on_reply))
        .bind(since(status.waiting))
        .bind(status.track.as_str())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Every request of one status into another, each with its line in the log.
    async fn move_all(&mut self, actor: &Actor, from: &StatusId, to: &StatusId) -> Result<()> {
        let tickets: Vec<TicketId> = sqlx::query_scalar("select id from ticket where status_id = $1 order by id")
            .bind(from.clone())
            .fetch_all(self.sql())
            .await?;
        for sql in [
            "update ticket set status_id = $2 where status_id = $1",
            "update ticket set status_before_id = $2 where status_before_id = $1",
        ] {
            sqlx::query(sql).bind(from.clone()).bind(to.clone()).execute(self.sql()).await?;
        }
        for id in &tickets {
            let fact = Fact { ticket: Some(id), old: Some(from.as_str()), new: Some(to.as_str()), ..Fact::default() };
            self.record(actor, Cause::Setup, EventKind::StatusChanged, fact).await?;
        }
        Ok(())
    }
}
