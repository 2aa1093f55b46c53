//! Messages are never edited in silence: parts are blacked out, with a reason and a history. Section 4.5, C-6.

use crate::{
    Desk, Error, Result, Why,
    blob::hex,
    db::{Fact, Write},
    message::{Time, written},
    model::*,
};
use sha2::{Digest, Sha256};

/// What stands where something was.
const BAR: char = '█';

impl Desk {
    /// Blacks out parts of a message's text; none is all of it. Its other forms go with it: what was hidden can be read
    /// nowhere but in the history, by those with the right to. EDM-1, EDM-2.
    ///
    /// # Errors
    /// `Invalid` for a missing reason, and for a part that is not in the text.
    pub async fn redact(
        &self,
        actor: &Actor,
        message: &MessageId,
        parts: &[String],
        reason: &str,
    ) -> Result<RedactionId> {
        self.entitled(actor, Right::EditMessages).await?;
        let reason = written("reason", reason, 1_000)?;
        let mut write = self.write().await?;
        let ticket = write.ticket_of(message).await?;
        write.editable(actor, &ticket).await?;
        let text: String = sqlx::query_scalar("select text from message where id = $1")
            .bind(message.clone())
            .fetch_one(write.sql())
            .await?;
        let blackened = blacken(&text, parts)?;
        let now = write.now;
        let id = write.reword(actor, message, &reason, blackened, Some(now)).await?;
        write.recount(&ticket).await?;
        let fact = Fact { ticket: Some(&ticket), new: Some(&reason), data: Some(message.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::MessageRedacted, fact).await?;
        self.commit(write).await?;
        Ok(id)
    }

    /// What was blacked out of a message, when, by whom and why.
    pub async fn redactions(&self, actor: &Actor, message: &MessageId) -> Result<Vec<Redaction>> {
        self.entitled(actor, Right::EditMessages).await?;
        let ticket: Option<TicketId> = sqlx::query_scalar("select ticket_id from message where id = $1")
            .bind(message.clone())
            .fetch_optional(self.read())
            .await?;
        self.facts(actor, &ticket.ok_or(Error::NotFound)?).await?;
        let rows: Vec<(RedactionId, i64, String, String, Option<String>)> = sqlx::query_as(
            "select r.id, r.at, a.name, r.reason, r.before_text from redaction r join agent a on a.id = r.agent_id
             where r.message_id = $1 and r.taken_back_at is null order by r.at, r.id",
        )
        .bind(message.clone())
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(id, at, by, reason, before)| Redaction { id, at, by, reason, before }).collect())
    }

    /// Erases what was hidden for good: also the mail it came in.
    pub async fn erase_redacted(&self, actor: &Actor, message: &MessageId) -> Result<()> {
        self.entitled(actor, Right::EditMessages).await?;
        let mut write = self.write().await?;
        let ticket = write.ticket_of(message).await?;
        write.editable(actor, &ticket).await?;
        let hidden: Option<i64> =
            sqlx::query_scalar("select redacted_at from message where id = $1 and redacted_at is not null")
                .bind(message.clone())
                .fetch_optional(write.sql())
                .await?;
        hidden.ok_or(Error::NotFound)?;
        write.is_not_held(&ticket).await?;
        let source: Option<Option<String>> = sqlx::query_scalar("select source from message where id = $1")
            .bind(message.clone())
            .fetch_optional(write.sql())
            .await?;
        for sql in [
            "update redaction set before_text = null, before_html = null where message_id = $1",
            "update message set source = null where id = $1 and redacted_at is not null",
        ] {
            sqlx::query(sql).bind(message.clone()).execute(write.sql()).await?;
        }
        let fact = Fact { ticket: Some(&ticket), data: Some(message.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::MessageRedacted, fact).await?;
        let blobs: Vec<String> = source.flatten().into_iter().collect();
        write.loosen(&blobs).await?;
        self.commit(write).await?;
        self.sweep(blobs).await
    }

    /// Time, access, files, or the whole message. EDM-1, EDM-3, ATT-1.
    pub async fn change_message(&self, actor: &Actor, message: &MessageId, change: MessageChange) -> Result<()> {
        self.entitled(actor, Right::EditMessages).await?;
        let mut write = self.write().await?;
        let ticket = write.ticket_of(message).await?;
        write.editable(actor, &ticket).await?;
        if change.delete || !change.remove_files.is_empty() {
            write.is_not_held(&ticket).await?;
        }
        write.change_time(actor, &ticket, message, &change).await?;
        if let Some(access) = change.access {
            write.stays_aside(message, access).await?;
            let changed = sqlx::query("update message set access = $2 where id = $1 and access <> $2")
                .bind(message.clone())
                .bind(access.as_str())
                .execute(write.sql())
                .await?;
            if changed.rows_affected() == 1 {
                let old = if access == Access::Internal { Access::External } else { Access::Internal };
                write.note_change(actor, &ticket, message, old.as_str(), access.as_str()).await?;
            }
        }
        for file in &change.remove_files {
            let there: Option<(String, String)> =
                sqlx::query_as("select name, blob from attachment where id = $1 and message_id = $2")
                    .bind(file.clone())
                    .bind(message.clone())
                    .fetch_optional(write.sql())
                    .await?;
            let (name, blob) = there.ok_or_else(|| Error::invalid("remove_files", Why::NotAChoice))?;
            sqlx::query("delete from attachment where id = $1").bind(file.clone()).execute(write.sql()).await?;
            write.loosen_for_good(&ticket, &blob).await?;
            write.note_change(actor, &ticket, message, &name, "").await?;
        }
        if change.delete {
            let now = write.now;
            sqlx::query("update message set taken_back_at = $2 where id = $1")
                .bind(message.clone())
                .bind(now)
                .execute(write.sql())
                .await?;
            write.note_change(actor, &ticket, message, message.as_str(), "").await?;
        }
        write.recount(&ticket).await?;
        self.commit(write).await
    }
}

/// What a message says in all its forms, known by its hash.
fn known(text: &str, html: Option<&str>) -> String {
    let mut hash = Sha256::new();
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
    hash.update(html.unwrap_or_default());
    hex(&hash.finalize())
}

/// What a message says now, and what its redaction would have it say.
#[derive(sqlx::FromRow)]
struct Turning {
    message: MessageId,
    leaves: String,
    text: String,
    html: Option<String>,
    quote_at: Option<i64>,
    redacted_at: Option<i64>,
    before_text: String,
    before_html: Option<String>,
    before_quote_at: Option<i64>,
    before_redacted_at: Option<i64>,
}

impl Write {
    /// Words a message anew; what it said before is kept in its history, and can be put back.
    pub(crate) async fn reword(
        &mut self,
        actor: &Actor,
        message: &MessageId,
        reason: &str,
        text: String,
        redacted_at: Option<i64>,
    ) -> Result<RedactionId> {
        let (id, now) = (RedactionId::new(), self.now);
        sqlx::query(
            "insert into redaction (id, message_id, agent_id, at, reason, before_text, before_html, before_quote_at,
                                    before_redacted_at, leaves)
             select $1, id, $3, $4, $5, text, html, quote_at, redacted_at, $6 from message where id = $2",
        )
        .bind(id.clone())
        .bind(message.clone())
        .bind(actor.agent().map(|id| id.0.clone()).unwrap_or_default())
        .bind(now)
        .bind(reason.to_owned())
        .bind(known(&text, None))
        .execute(self.sql())
        .await?;
        sqlx::query(
            "update message set text = $2, html = null, quote_at = null, redacted_at = coalesce($3, redacted_at)
             where id = $1",
        )
        .bind(message.clone())
        .bind(text)
        .bind(redacted_at)
        .execute(self.sql())
        .await?;
        Ok(id)
    }

    /// Turns a redaction round: its message says what it said before, or what it said after where that was taken back. How
    /// much was turned: nothing of what was erased for good.
    ///
    /// # Errors
    /// [`Error::Changed`] where the message was worded otherwise since, which would show what that hides.
    pub(crate) async fn turn_redaction(&mut self, id: &str, back: bool) -> Result<u64> {
        let found: Option<Turning> = sqlx::query_as(
            "select m.id as message, r.leaves, m.text, m.html, m.quote_at, m.redacted_at, r.before_text, r.before_html,
                    r.before_quote_at, r.before_redacted_at
             from redaction r join message m on m.id = r.message_id
             where r.id = $1 and r.before_text is not null and case when r.taken_back_at is null then 1 else 0 end = $2",
        )
        .bind(id.to_owned())
        .bind(i64::from(back))
        .fetch_optional(self.sql())
        .await?;
        let Some(now) = found else { return Ok(0) };
        if known(&now.text, now.html.as_deref()) != now.leaves {
            let by: Option<String> = sqlx::query_scalar(
                "select a.name from redaction r join agent a on a.id = r.agent_id
                 where r.message_id = $1 and r.id <> $2 order by r.at desc, r.id desc limit 1",
            )
            .bind(now.message)
            .bind(id.to_owned())
            .fetch_optional(self.sql())
            .await?;
            return Err(Error::Changed { by: by.unwrap_or_default() });
        }
        let at = back.then_some(self.now);
        sqlx::query(
            "update redaction set taken_back_at = $2, before_text = $3, before_html = $4, before_quote_at = $5,
                    before_redacted_at = $6, leaves = $7 where id = $1",
        )
        .bind(id.to_owned())
        .bind(at)
        .bind(now.text)
        .bind(now.html)
        .bind(now.quote_at)
        .bind(now.redacted_at)
        .bind(known(&now.before_text, now.before_html.as_deref()))
        .execute(self.sql())
        .await?;
        let done =
            sqlx::query("update message set text = $2, html = $3, quote_at = $4, redacted_at = $5 where id = $1")
                .bind(now.message)
                .bind(now.before_text)
                .bind(now.before_html)
                .bind(now.before_quote_at)
                .bind(now.before_redacted_at)
                .execute(self.sql())
                .await?;
        Ok(done.rows_affected())
    }
}

/// The text with these parts hidden; the length says how much there was, roughly.
fn blacken(text: &str, parts: &[String]) -> Result<String> {
    let bar = |part: &str| part.chars().map(|c| if c.is_whitespace() { c } else { BAR }).collect::<String>();
    if parts.is_empty() {
        return Ok(bar(text));
    }
    let mut hidden = text.to_owned();
    for part in parts {
        if part.trim().is_empty() || !hidden.contains(part.as_str()) {
            return Err(Error::invalid("parts", Why::NotAChoice));
        }
        hidden = hidden.replace(part.as_str(), &bar(part));
    }
    Ok(hidden)
}

impl Write {
    async fn note_change(
        &mut self,
        actor: &Actor,
        ticket: &TicketId,
        message: &MessageId,
        old: &str,
        new: &str,
    ) -> Result<()> {
        let fact = Fact { ticket: Some(ticket), old: Some(old), new: Some(new), data: Some(message.0.clone()) };
        self.record(actor, Cause::Person, EventKind::MessageChanged, fact).await?;
        Ok(())
    }

    /// What was said with an outside helper is never made visible to the customer. FWD-2.
    async fn stays_aside(&mut self, message: &MessageId, access: Access) -> Result<()> {
        let side: Option<String> = sqlx::query_scalar("select side_id from message where id = $1")
            .bind(message.clone())
            .fetch_one(self.sql())
            .await?;
        if side.is_some() && access == Access::External {
            return Err(Error::invalid("access", Why::NotAChoice));
        }
        Ok(())
    }

    /// TIM-1
    async fn change_time(
        &mut self,
        actor: &Actor,
        ticket: &TicketId,
        message: &MessageId,
        change: &MessageChange,
    ) -> Result<()> {
        let (minutes, charge): (i64, i64) = sqlx::query_as("select minutes, charge from message where id = $1")
            .bind(message.clone())
            .fetch_one(self.sql())
            .await?;
        let old = Time { minutes, charge };
        let new = Time { minutes: change.minutes.unwrap_or(minutes), charge: change.charge.unwrap_or(charge) };
        let new = new.checked()?;
        if old == new {
            return Ok(());
        }
        sqlx::query("update message set minutes = $2, charge = $3 where id = $1")
            .bind(message.clone())
            .bind(new.minutes)
            .bind(new.charge)
            .execute(self.sql())
            .await?;
        let changes =
            [(EventKind::TimeChanged, old.minutes, new.minutes), (EventKind::ChargeChanged, old.charge, new.charge)];
        for (kind, old, new) in changes.into_iter().filter(|(_, old, new)| old != new) {
            let (old, new) = (old.to_string(), new.to_string());
            let fact = Fact { ticket: Some(ticket), old: Some(&old), new: Some(&new), data: Some(message.0.clone()) };
            self.record(actor, Cause::Person, kind, fact).await?;
        }
        Ok(())
    }
}
