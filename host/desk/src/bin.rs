//! The recycle bin: what is deleted stays for a while, can be brought back, and is then erased for good. DEL-1.

use crate::{
    Desk, Error, Result, Why,
    access::{TicketFacts, listed, staff},
    clock::{DAY, HOUR},
    db::{Fact, Write, word},
    legal_hold::holding,
    model::*,
    paged::{ASKED, page, passed},
    step::UNDO_LIFE,
    transition::{Deciders, decide},
};

/// Days in the bin where nothing else is set up.
const KEPT: i64 = 14;

/// Everything that refers to a request or its messages, children first. The log is not among it: that something was there,
/// and is gone, stays known.
const ROWS: &[&str] = &[
    "delete from attachment where message_id in (select id from message where ticket_id = $1)",
    "delete from redaction where message_id in (select id from message where ticket_id = $1)",
    "delete from mention where message_id in (select id from message where ticket_id = $1)",
    "delete from held_child where ticket_id = $1 or message_id in (select id from message where ticket_id = $1)",
    "delete from own_flag where message_id in (select id from message where ticket_id = $1)",
    "delete from held where message_id in (select id from message where ticket_id = $1)",
    "delete from delivery where ticket_id = $1",
    "delete from delivery where message_id in (select id from message where ticket_id = $1)",
    "update received set ticket_id = null, message_id = null where ticket_id = $1",
    "delete from message where ticket_id = $1",
    "delete from side where ticket_id = $1",
    "delete from conversation where ticket_id = $1",
    "delete from relation where from_id = $1 or to_id = $1",
    "delete from ticket_contact where ticket_id = $1",
    "delete from ticket_tag where ticket_id = $1",
    "delete from ticket_field where ticket_id = $1",
    "delete from follower where ticket_id = $1",
    "delete from favourite where ticket_id = $1",
    "delete from visit where ticket_id = $1",
    "update agent set unseen = unseen - (select count(*) from notification n where n.agent_id = agent.id
       and n.ticket_id = $1 and n.seen_at is null and n.hidden_at is null)
     where id in (select n.agent_id from notification n where n.ticket_id = $1 and n.seen_at is null and n.hidden_at is null)",
    "delete from notification where ticket_id = $1",
    "delete from notice_mail where ticket_id = $1",
    "delete from status_spell where ticket_id = $1",
    "update step set changes = '[]' where number in (select number from step_ticket where ticket_id = $1)",
    "delete from step_ticket where ticket_id = $1",
    "delete from draft where place = $1",
    "update event set old = null, new = null, data = null where ticket_id = $1",
    "delete from view_ticket where ticket_id = $1",
    "delete from bulk_row where ticket_id = $1",
    "delete from rule_run where ticket_id = $1",
    "delete from opinion where ticket_id = $1",
    "delete from reaction where ticket_id = $1",
    "delete from stumble where ticket_id = $1",
    // The caller log keeps its calls for as long as it keeps any.
    "update phone_call set ticket_id = null where ticket_id = $1",
    "delete from ticket where id = $1",
];

impl Desk {
    /// Into the bin.
    ///
    /// # Errors
    /// [`Error::Held`] while a legal hold keeps it. C-20.
    pub async fn delete_ticket(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.entitled(actor, Right::Delete).await?;
        let facts = write.editable(actor, id).await?;
        let kind = decide(Some(word(&facts.state)?), Happening::Deleted, Deciders::default()).allowed("ticket")?;
        write.is_not_held(id).await?;
        write.put_in_bin(id).await?;
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        write.record(actor, Cause::Person, kind, fact).await?;
        self.commit(write).await
    }

    /// Out of the bin, to where it was. A sender that was remembered for spam is forgotten again. SPM-1.
    pub async fn restore_ticket(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.entitled(actor, Right::Delete).await?;
        let facts = write.editable(actor, id).await?;
        let kind = decide(Some(word(&facts.state)?), Happening::Restored, Deciders::default()).allowed("ticket")?;
        write.restore(id).await?;
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        write.record(actor, Cause::Person, kind, fact).await?;
        self.commit(write).await
    }

    /// A page of what is in the bin, the latest first, and when each is erased.
    ///
    /// # Errors
    /// `Invalid` at `after` for what no page ended with.
    pub async fn bin(&self, actor: &Actor, after: Option<&str>) -> Result<Paged<Binned>> {
        let me = staff(actor)?;
        self.entitled(actor, Right::Delete).await?;
        let kept = self.bin_days().await? * DAY;
        let (last, id) = passed(after, i64::MAX)?;
        let rows: Vec<(String, i64, String, i64, Option<i64>, i64)> = sqlx::query_as(concat!(
            "select t.id, t.number, t.title, t.deleted_at, t.spam_at, (select count(*) from legal_hold h where ",
            holding!(),
            ") as holds from ticket t
             where t.state = 'deleted' and t.deleted_at <= $2 and (t.deleted_at < $2 or t.id > $3) and ",
            listed!(),
            " order by t.deleted_at desc, t.id limit $4"
        ))
        .bind(me.clone())
        .bind(last)
        .bind(id)
        .bind(ASKED)
        .fetch_all(self.read())
        .await?;
        let binned = |(id, number, title, deleted_at, spam_at, holds): (String, i64, String, i64, Option<i64>, i64)| {
            let erased_at = deleted_at + kept;
            let (spam, held) = (spam_at.is_some(), holds > 0);
            ((deleted_at, id), Binned { number, title, deleted_at, erased_at, spam, held })
        };
        page(rows.into_iter().map(binned).collect())
    }

    /// How many days what is deleted is kept: 1 to 3,650.
    pub async fn keep_deleted_for(&self, actor: &Actor, days: i64) -> Result<()> {
        crate::access::administrator(actor)?;
        if !(1..=3_650).contains(&days) {
            return Err(Error::invalid("days", Why::NotAChoice));
        }
        let mut write = self.write().await?;
        write.set_setting("bin.days", &days.to_string()).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    async fn bin_days(&self) -> Result<i64> {
        let days: Option<String> =
            sqlx::query_scalar("select value from setting where name = 'bin.days'").fetch_optional(self.read()).await?;
        Ok(days.and_then(|days| days.parse().ok()).unwrap_or(KEPT))
    }

    /// Erases what has been in the bin for longer than it is kept.
    pub(crate) async fn empty_bin(&self) -> Result<()> {
        let before = self.clock().now() - self.bin_days().await? * DAY;
        let due: Vec<TicketId> =
            // Found by the time alone: an index over states would go through the whole bin each second.
            sqlx::query_scalar(concat!(
                "select t.id from ticket t where t.deleted_at <= $1 and case when t.state = 'deleted' then 1 end = 1
                   and not exists (select 1 from legal_hold h where ",
                holding!(),
                ") order by t.deleted_at limit 50",
            ))
                .bind(before)
                .fetch_all(self.read())
                .await?;
        let mut done = Ok(());
        for id in due {
            // One that can't be erased keeps no other.
            done = done.and(self.erase_due(&id, before).await);
        }
        done
    }

    /// Rows first, bytes after the commit; their names are kept until they are gone, so that a crash in between leaves
    /// nothing for good, and no name is without bytes. What somebody put back or another node erased since it was found
    /// to be due is let be.
    async fn erase_due(&self, id: &TicketId, before: i64) -> Result<()> {
        let mut write = self.write().await?;
        let still: Option<String> =
            sqlx::query_scalar("select id from ticket where id = $1 and state = 'deleted' and deleted_at <= $2")
                .bind(id.clone())
                .bind(before)
                .fetch_optional(write.sql())
                .await?;
        if still.is_none() {
            return Ok(());
        }
        write.is_not_held(id).await?;
        let blobs = write.erase(&Actor::System, Cause::Clock, id).await?;
        write.loosen(&blobs).await?;
        self.commit(write).await?;
        self.sweep(blobs).await
    }

    /// Looks again at bytes that somebody had just put when rows let go of them. C-20.
    pub(crate) async fn sweep_loose(&self) -> Result<()> {
        let due: Vec<String> = sqlx::query_scalar("select blob from loose_blob where at <= $1 order by at limit 50")
            .bind(self.clock().now())
            .fetch_all(self.read())
            .await?;
        self.sweep(due).await
    }

    /// Removes the bytes that nothing refers to any more. What can't go yet is looked at again in an hour.
    pub(crate) async fn sweep(&self, blobs: Vec<String>) -> Result<()> {
        for blob in blobs {
            let used: Option<String> = sqlx::query_scalar(
                "select id from attachment where blob = $1 union all select id from message where source = $1
                 union all select id from delivery where raw = $1
                 union all select plugin_id from plugin_version where hash = $1
                 union all select id from hook_call where body = $1 limit 1",
            )
            .bind(blob.clone())
            .fetch_optional(self.read())
            .await?;
            let settled = match used {
                Some(_) => true,
                // It may be thrown away, or sent: either is seen to later.
                None if self.is_in_a_draft(&blob).await? => false,
                None => {
                    let (blobs, blob) = (self.blobs().clone(), blob.clone());
                    tokio::task::spawn_blocking(move || blobs.remove_old(&blob)).await.map_err(Error::internal)??
                }
            };
            let mut write = self.write().await?;
            let later = write.now + HOUR;
            let sql = match settled {
                true => "delete from loose_blob where blob = $1 and $2 > 0",
                false => "update loose_blob set at = $2 where blob = $1",
            };
            sqlx::query(sql).bind(blob).bind(later).execute(write.sql()).await?;
            write.commit().await?;
        }
        Ok(())
    }
}

impl Desk {
    /// What is half-written names its files in words of its own.
    async fn is_in_a_draft(&self, blob: &str) -> Result<bool> {
        let named: Option<String> = sqlx::query_scalar(
            "select place from draft where body like $1 union all select message_id from held where draft like $1 limit 1",
        )
        .bind(format!("%{blob}%"))
        .fetch_optional(self.read())
        .await?;
        Ok(named.is_some())
    }
}

impl Write {
    /// Notes bytes that wait for the message that will refer to them: they are looked at in a day.
    pub(crate) async fn await_message(&mut self, blob: &str) -> Result<()> {
        let at = self.now + DAY;
        sqlx::query(
            "insert into loose_blob (blob, at) values ($1, $2) on conflict (blob) do update set
               at = case when excluded.at > loose_blob.at then excluded.at else loose_blob.at end",
        )
        .bind(blob.to_owned())
        .bind(at)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// What is in the bin comes out of it only by whoever may delete; piece by piece too. DEL-1.
    pub(crate) async fn may_leave_bin(&mut self, actor: &Actor, from: &TicketFacts) -> Result<()> {
        if from.state == State::Deleted.as_str() {
            self.entitled(actor, Right::Delete).await?;
        }
        Ok(())
    }

    /// Notes bytes that rows of this write let go of, until they are gone.
    pub(crate) async fn loosen(&mut self, blobs: &[String]) -> Result<()> {
        let now = self.now;
        for blob in blobs {
            sqlx::query(
                "insert into loose_blob (blob, at) values ($1, $2)
                 on conflict (blob) do update set at = excluded.at, ticket_id = null",
            )
            .bind(blob.clone())
            .bind(now)
            .execute(self.sql())
            .await?;
        }
        Ok(())
    }

    /// Notes bytes of a file that was taken away: they stay for as long as that can be taken back, unless its request goes.
    pub(crate) async fn loosen_for_good(&mut self, ticket: &TicketId, blob: &str) -> Result<()> {
        let at = self.now + UNDO_LIFE;
        sqlx::query(
            "insert into loose_blob (blob, at, ticket_id) values ($1, $2, $3)
             on conflict (blob) do update set at = excluded.at",
        )
        .bind(blob.to_owned())
        .bind(at)
        .bind(ticket.clone())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// To the bin, remembering where it was.
    pub(crate) async fn put_in_bin(&mut self, id: &TicketId) -> Result<()> {
        let status = self.default_status(State::Deleted).await?;
        let now = self.now;
        sqlx::query(
            "update ticket set status_before_id = case when state = 'deleted' then status_before_id else status_id end,
                    state = 'deleted', status_id = $2, deleted_at = coalesce(deleted_at, $3), wake_at = null where id = $1",
        )
        .bind(id.clone())
        .bind(status)
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn restore(&mut self, id: &TicketId) -> Result<()> {
        let spam: Option<Option<i64>> = sqlx::query_scalar("select spam_at from ticket where id = $1")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?;
        if spam.flatten().is_some() {
            self.forget_spam_senders(id).await?;
        }
        let (status, state) = self.status_to_return_to(id).await?;
        sqlx::query(
            "update ticket set status_id = $2, state = $3, status_before_id = null, deleted_at = null, spam_at = null,
                    wake_at = null where id = $1",
        )
        .bind(id.clone())
        .bind(status)
        .bind(state.as_str())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// The names of the bytes that belong to a request, and of those that could still come back to it.
    pub(crate) async fn bytes_of(&mut self, id: &TicketId) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(
            "select a.blob from attachment a join message m on m.id = a.message_id where m.ticket_id = $1
             union select source from message where ticket_id = $1 and source is not null
             union select raw from delivery where ticket_id = $1 and raw is not null
             union select blob from loose_blob where ticket_id = $1",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?)
    }

    /// Takes a request and all that hangs on it away; the names of the bytes that belonged to it.
    pub(crate) async fn erase(&mut self, actor: &Actor, cause: Cause, id: &TicketId) -> Result<Vec<String>> {
        let number = self.number_of(id).await?;
        let blobs = self.bytes_of(id).await?;
        self.untally(id).await?;
        // What was merged into it leads nowhere any more.
        let swallowed: Vec<TicketId> = sqlx::query_scalar("select id from ticket where master_id = $1 order by id")
            .bind(id.clone())
            .fetch_all(self.sql())
            .await?;
        for one in swallowed {
            self.put_in_bin(&one).await?;
            sqlx::query("update ticket set master_id = null where id = $1")
                .bind(one.clone())
                .execute(self.sql())
                .await?;
            self.tally(&one).await?;
        }
        for sql in ROWS {
            sqlx::query(*sql).bind(id.clone()).execute(self.sql()).await?;
        }
        let fact = Fact { ticket: Some(id), old: Some(&number), ..Fact::default() };
        self.record(actor, cause, EventKind::Erased, fact).await?;
        Ok(blobs)
    }
}
