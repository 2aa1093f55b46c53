//! Undo send: a reply waits for some seconds before it leaves, and comes back as a draft when it is called back.
//!
//! The wait is the time at which its deliveries may begin, kept with them: a restart changes nothing. Calling back and
//! beginning to send are both writes, one after the other, so that a reply either leaves or comes back, and never both.
//!
//! What comes of a reply waits with it: the write that says it is quiet, and when it is let go its events are handed to
//! notices, rules and webhooks, and its customer sees it and is told. What is called back was never heard of.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    clock::SECOND,
    db::{Fact, Write},
    job::{Job, Kind, Outcome, finish},
    model::*,
};
use serde::{Deserialize, Serialize};

/// Seconds, where nothing else is set up.
const HOLD: i64 = 8;
/// Longest, in seconds.
pub const LONGEST_HOLD: i64 = 30;
const SETTING: &str = "reply.hold";
/// What can't be called back any more is news.
pub(crate) const DUE: &str = "select h.message_id as subject, m.ticket_id, h.until_at as due_at
    from held h join message m on m.id = h.message_id where h.until_at <= $1";

impl Desk {
    /// How long every reply can be called back, in seconds: 0, at once, to 30.
    pub async fn hold_replies(&self, actor: &Actor, seconds: i64) -> Result<()> {
        administrator(actor)?;
        if !(0..=LONGEST_HOLD).contains(&seconds) {
            return Err(Error::invalid("seconds", Why::NotAChoice));
        }
        let mut write = self.write().await?;
        write.set_setting(SETTING, &seconds.to_string()).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// In seconds.
    pub async fn reply_hold(&self, actor: &Actor) -> Result<i64> {
        staff(actor)?;
        hold(&mut *self.read().acquire().await?).await
    }

    /// Calls a reply back: nothing of it leaves, what it changed is as before, and its words are a draft again, as they
    /// were sent. The draft is kept, so that it is there on every device.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all but its author; `Invalid` with [`Why::Sent`] when it has left.
    pub async fn call_back(&self, actor: &Actor, message: &MessageId) -> Result<Draft> {
        match self.try_to_call_back(actor, message, true).await {
            // Somebody changed the request since: that stays, and the words come back all the same.
            Err(Error::Changed { .. }) => self.try_to_call_back(actor, message, false).await,
            other => other,
        }
    }

    async fn try_to_call_back(&self, actor: &Actor, message: &MessageId, with_all: bool) -> Result<Draft> {
        let me = staff(actor)?;
        let mut write = self.write().await?;
        let row: Option<(TicketId, Option<AgentId>)> =
            sqlx::query_as("select ticket_id, agent_id from message where id = $1 and taken_back_at is null")
                .bind(message.clone())
                .fetch_optional(write.sql())
                .await?;
        let (ticket, author) = row.ok_or(Error::NotFound)?;
        write.editable(actor, &ticket).await?;
        if author.as_ref() != Some(me) {
            return Err(Error::Forbidden);
        }
        let held = write.held(message).await?.ok_or_else(|| Error::invalid("message", Why::Sent))?;
        if with_all {
            write.undo(actor, held.step).await?;
        } else {
            write.take_from_post(message).await?;
            write.recount(&ticket).await?;
            // What else was done in the same step stays, and is told now.
            write.react_to(held.step, held.last_event, Some(EventKind::Replied)).await?;
            let (old, new) = (held.step.to_string(), EventKind::Replied.as_str());
            let fact = Fact { ticket: Some(&ticket), old: Some(&old), new: Some(new), ..Fact::default() };
            write.record(actor, Cause::Undo, EventKind::Undone, fact).await?;
        }
        self.commit(write).await?;
        held.draft.map(|draft| serde_json::from_str(&draft)).transpose()?.ok_or(Error::NotFound)
    }

    /// Customers see a reply when it leaves.
    pub(crate) async fn is_held(&self, message: &MessageId) -> Result<bool> {
        let until: Option<i64> = sqlx::query_scalar("select until_at from held where message_id = $1")
            .bind(message.clone())
            .fetch_optional(self.read())
            .await?;
        Ok(until.is_some_and(|until| until > self.clock().now()))
    }

    /// Whether what this event is part of may still be called back: nothing to tell its customer yet.
    pub(crate) async fn is_kept_quiet(&self, event: i64) -> Result<bool> {
        let held: Option<i64> =
            sqlx::query_scalar("select step from held where until_at > $1 and step <= $2 and last_event >= $2 limit 1")
                .bind(self.clock().now())
                .bind(event)
                .fetch_optional(self.read())
                .await?;
        Ok(held.is_some())
    }
}

async fn hold(connection: &mut sqlx::AnyConnection) -> Result<i64> {
    let seconds = crate::settings::setting(connection, SETTING).await?;
    Ok(seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(HOLD))
}

/// A child that is closed because its parent's reply left, for whoever wrote that.
#[derive(Serialize, Deserialize)]
struct ChildToClose {
    child: TicketId,
    agent: AgentId,
}

impl Desk {
    /// What can't be closed by then, or by whom it may not be any more, stays open.
    pub(crate) async fn close_child(&self, job: &Job) -> Result<Outcome> {
        let ChildToClose { child, agent } = serde_json::from_str(&job.subject)?;
        let actor = self.agent_actor(&agent).await?;
        let mut write = self.write().await?;
        let closed = match write.editable(&actor, &child).await {
            Ok(_) => write.close(&actor, Cause::Person, &child).await,
            Err(error) => Err(error),
        };
        match closed {
            Ok(()) => {
                finish(&mut write, job).await?;
                self.commit(write).await?;
                Ok(Outcome::Done)
            }
            Err(Error::Invalid { .. } | Error::Forbidden | Error::NotFound) => Ok(Outcome::Done),
            Err(error) => Err(error),
        }
    }
}

/// A reply that waits.
#[derive(sqlx::FromRow)]
pub(crate) struct Held {
    /// Number of the step that it was said in, and of its last event.
    step: i64,
    last_event: i64,
    draft: Option<String>,
}

/// How a reply waits.
pub(crate) struct Wait {
    /// For how long, in microseconds.
    pub hold: i64,
    /// Number of its event.
    pub said: i64,
    /// What its customer sees meanwhile.
    pub seen: String,
}

impl Write {
    /// For how long a reply of this agent waits, in microseconds. A program calls nothing back.
    pub(crate) async fn hold(&mut self, actor: &Actor) -> Result<i64> {
        match actor {
            Actor::Agent { via: Via::Key(_), .. } => Ok(0),
            Actor::Agent { .. } => Ok(hold(self.sql()).await? * SECOND),
            _ => Ok(0),
        }
    }

    /// Notes that a reply waits.
    pub(crate) async fn keep_held(
        &mut self,
        actor: &Actor,
        message: &MessageId,
        wait: Wait,
        mut draft: Draft,
    ) -> Result<()> {
        let Wait { hold, said, seen } = wait;
        // When it is sent again, what was written meanwhile by others holds it back, and not what was called back.
        draft.seen = draft.seen.map(|_| said);
        // What was said to many at once is no draft of each.
        let alone = !matches!(actor, Actor::Agent { via: Via::Bulk(_), .. });
        let draft = if alone { Some(serde_json::to_string(&draft)?) } else { None };
        let until = self.now + hold;
        let step = self.first.as_ref().map_or(said, |first| first.number);
        sqlx::query(
            "insert into held (message_id, until_at, step, last_event, draft, seen) values ($1, $2, $3, $3, $4, $5)",
        )
        .bind(message.clone())
        .bind(until)
        .bind(step)
        .bind(draft)
        .bind(seen)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// The reply with which an agent closed a request, while it can be called back.
    pub(crate) async fn closing_reply(&mut self, actor: &Actor, id: &TicketId) -> Result<Option<MessageId>> {
        let now = self.now;
        Ok(sqlx::query_scalar(
            "select h.message_id from held h join message m on m.id = h.message_id join ticket t on t.id = m.ticket_id
             where m.ticket_id = $1 and m.agent_id = $2 and h.until_at > $3 and t.state = 'closed'
             order by h.until_at desc limit 1",
        )
        .bind(id.clone())
        .bind(actor.agent().cloned().unwrap_or_default())
        .bind(now)
        .fetch_optional(self.sql())
        .await?)
    }

    /// Closes a child when this reply of its parent leaves, and not before; called back, it is not closed at all.
    pub(crate) async fn close_with(&mut self, reply: &MessageId, child: &TicketId) -> Result<()> {
        self.may_close(child).await?;
        sqlx::query("insert into held_child (message_id, ticket_id) values ($1, $2) on conflict do nothing")
            .bind(reply.clone())
            .bind(child.clone())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Everything up to this event was done together with the reply that this write holds, if it holds one.
    pub(crate) async fn end_held(&mut self, last: i64) -> Result<()> {
        let Some(step) = self.first.as_ref().map(|first| first.number) else { return Ok(()) };
        sqlx::query("update held set last_event = $2 where step = $1")
            .bind(step)
            .bind(last)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Hands what was done with a reply to those who wait for it, and says on its request that it left.
    pub(crate) async fn let_go(&mut self, message: &MessageId) -> Result<()> {
        let held: Option<(i64, i64)> =
            sqlx::query_as("delete from held where message_id = $1 returning step, last_event")
                .bind(message.clone())
                .fetch_optional(self.sql())
                .await?;
        let Some((step, last)) = held else { return Ok(()) };
        self.react_to(step, last, None).await?;
        let (ticket, author): (TicketId, Option<AgentId>) =
            sqlx::query_as("select ticket_id, agent_id from message where id = $1")
                .bind(message.clone())
                .fetch_one(self.sql())
                .await?;
        let children: Vec<TicketId> =
            sqlx::query_scalar("delete from held_child where message_id = $1 returning ticket_id")
                .bind(message.clone())
                .fetch_all(self.sql())
                .await?;
        for child in children {
            let errand = ChildToClose { child, agent: author.clone().unwrap_or_default() };
            self.enqueue(Kind::CloseChild, &serde_json::to_string(&errand)?).await?;
        }
        let fact = Fact { ticket: Some(&ticket), ..Fact::default() };
        self.record(&Actor::System, Cause::Clock, EventKind::ReplyLeft, fact).await?;
        Ok(())
    }

    /// The reply, when nothing of it has begun to leave.
    async fn held(&mut self, message: &MessageId) -> Result<Option<Held>> {
        let now = self.now;
        let held: Option<Held> =
            sqlx::query_as("select step, last_event, draft from held where message_id = $1 and until_at > $2")
                .bind(message.clone())
                .bind(now)
                .fetch_optional(self.sql())
                .await?;
        let begun: Option<String> =
            sqlx::query_scalar("select id from delivery where message_id = $1 and state <> 'queued' limit 1")
                .bind(message.clone())
                .fetch_optional(self.sql())
                .await?;
        Ok(held.filter(|_| begun.is_none()))
    }

    /// Takes a waiting reply and its mails away and gives the words back to their writer. False when it does not wait.
    pub(crate) async fn take_from_post(&mut self, message: &MessageId) -> Result<bool> {
        let Some(held) = self.held(message).await? else { return Ok(false) };
        // Nobody heard of it, so nobody hears that it was undone.
        self.quiet = true;
        let now = self.now;
        for sql in [
            "delete from job where kind = 'deliver' and subject in (select id from delivery where message_id = $1)",
            "delete from delivery where message_id = $1",
            // So that the same draft can be sent again.
            "delete from received where message_id = $1",
            "delete from held_child where message_id = $1",
            "delete from held where message_id = $1",
        ] {
            sqlx::query(sql).bind(message.clone()).execute(self.sql()).await?;
        }
        sqlx::query("update message set taken_back_at = $2, recalled_at = $2 where id = $1")
            .bind(message.clone())
            .bind(now)
            .execute(self.sql())
            .await?;
        if let Some(draft) = held.draft {
            self.give_back(message, draft).await?;
        }
        Ok(true)
    }

    /// Keeps the draft where its writer left it; beside what they have begun to write since, if they have.
    async fn give_back(&mut self, message: &MessageId, body: String) -> Result<()> {
        let (author, place): (Option<AgentId>, String) =
            sqlx::query_as("select agent_id, ticket_id from message where id = $1")
                .bind(message.clone())
                .fetch_one(self.sql())
                .await?;
        let Some(author) = author else { return Ok(()) };
        let there: Option<i64> =
            sqlx::query_scalar("select version from draft where agent_id = $1 and place = $2 and kind = 'reply'")
                .bind(author.clone())
                .bind(place.clone())
                .fetch_optional(self.sql())
                .await?;
        let kind = if there.is_none() { "reply" } else { message.as_str() };
        let now = self.now;
        sqlx::query(
            "insert into draft (agent_id, place, kind, body, version, changed_at) values ($1, $2, $3, $4, 1, $5)",
        )
        .bind(author)
        .bind(place)
        .bind(kind.to_owned())
        .bind(body)
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// What was called back is said again by sending it, not by undoing.
    pub(crate) async fn was_called_back(&mut self, message: &str) -> Result<bool> {
        let at: Option<Option<i64>> = sqlx::query_scalar("select recalled_at from message where id = $1")
            .bind(message.to_owned())
            .fetch_optional(self.sql())
            .await?;
        Ok(at.flatten().is_some())
    }
}
