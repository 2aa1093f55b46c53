//! What agents write leaves by the channel it came from, at most once: a send whose fate is unclear is asked after, and
//! where nobody can tell, a person decides.

use super::{Failure, Reached, Receipt, Utterance};
use crate::{
    Desk, Result,
    blob::hex,
    clock::SECOND,
    db::{Fact, Write},
    job::{Job, LONGEST_PAUSE, MOST_ATTEMPTS, Outcome, finish, pause},
    letter::{Kept, Spoken},
    merge::with_swallowed,
    message::first_name,
    model::*,
    outside::Parcel,
    person::shorten,
};
use package::OnUnknown;
use sha2::{Digest, Sha256};

/// Of a channel `c`: it belongs to a plugin that sends, as it is installed now.
macro_rules! sends {
    () => {
        "exists (select 1 from plugin p join plugin_version v on v.plugin_id = p.id and v.hash = p.hash
                 where p.id = c.plugin_id and ' ' || v.exports || ' ' like '% outbound %')"
    };
}

/// A conversation that can be answered in.
#[derive(sqlx::FromRow)]
struct ConversationRow {
    account_id: AccountId,
    name: String,
    token: Option<String>,
    last_heard: Option<String>,
    address: String,
}

impl Desk {
    /// The conversation in which a request can be answered: of its own and of those that it swallowed, the last one that
    /// something was heard in, on an account that is not given up, of a plugin that sends.
    pub(crate) async fn conversation(&self, ticket: &TicketId) -> Result<Option<Spoken>> {
        let row: Option<ConversationRow> = sqlx::query_as(concat!(
            "select o.account_id, o.name, o.token, o.last_heard, o.address from conversation o
             join channel c on c.account_id = o.account_id where o.ticket_id in ",
            with_swallowed!("$1"),
            " and ",
            sends!(),
            " order by o.at desc limit 1"
        ))
        .bind(ticket.clone())
        .fetch_optional(self.read())
        .await?;
        Ok(row.map(|row| Spoken {
            account: row.account_id.0,
            conversation: row.name,
            token: row.token,
            in_reply_to: row.last_heard,
            to: row.address,
        }))
    }

    /// Whether something can be said by an account.
    pub(crate) async fn speaks(&self, account: &AccountId) -> Result<bool> {
        let there: Option<String> =
            sqlx::query_scalar(concat!("select c.account_id from channel c where c.account_id = $1 and ", sends!()))
                .bind(account.clone())
                .fetch_optional(self.read())
                .await?;
        Ok(there.is_some())
    }

    /// One try at one message.
    pub(crate) async fn speak(&self, job: &Job, id: &DeliveryId, kept: Kept, spoken: Spoken) -> Result<Outcome> {
        let account = AccountId(spoken.account.clone());
        let (state, attempts, taken_as): (String, i64, Option<String>) =
            sqlx::query_as("select state, attempts, external_id from delivery where id = $1")
                .bind(id.clone())
                .fetch_one(self.read())
                .await?;
        let key = key(id, taken_as.as_deref());
        let cut_off = state == DeliveryState::Sending.as_str();
        let conversation = spoken.conversation.clone();
        let place = (&account, conversation.as_str());
        let Some(line) = self.open_line(&account).await? else {
            let off = Setback::SwitchedOff.to_string();
            // What may have been sent stays so: switched on, the remote is asked after it.
            return match cut_off {
                true => Ok(Outcome::Again(off)),
                false => self.end_speech(job, place, id, Err(Failure::NotNow(off))).await,
            };
        };
        // Cut off while it was with the plugin: somebody must know.
        if cut_off {
            let answer = match self.outside().ask_after(&line, &key).await {
                Ok(Some(receipt)) => Ok(receipt),
                Ok(None) => {
                    self.begin_anew(job, id).await?;
                    return Ok(Outcome::Again("it was not sent; it will be now".to_owned()));
                }
                Err(Failure::NotNow(why)) => return Ok(Outcome::Again(why)),
                Err(_) if self.may_repeat(&line.plugin).await? => {
                    self.begin_anew(job, id).await?;
                    return Ok(Outcome::Again("nobody knows whether it was sent; it may be sent twice".to_owned()));
                }
                Err(_) => Err(Failure::Unclear(Setback::CutOffMidway.to_string())),
            };
            return self.end_speech(job, place, id, answer).await;
        }
        if !self.begin_to_send(job, id, None).await? {
            return Ok(Outcome::Done);
        }
        let parcel: Parcel = kept.into();
        // As in the portal, customers meet colleagues by their first name.
        let author: Option<String> = sqlx::query_scalar(
            "select m.author_name from message m join delivery d on d.message_id = m.id where d.id = $1 and m.agent_id is not null",
        )
        .bind(id.clone())
        .fetch_optional(self.read())
        .await?;
        let utterance = Utterance {
            key: key.clone(),
            attempt: attempts as u32 + 1,
            conversation: spoken.conversation,
            token: spoken.token,
            in_reply_to: spoken.in_reply_to,
            to_name: parcel.to.first().map(|party| party.name.clone()).unwrap_or_default(),
            to: spoken.to,
            from_name: author.map_or(parcel.from.name, |name| first_name(&name)),
            subject: Some(parcel.subject).filter(|subject| !subject.is_empty()),
            text: parcel.text,
            language: parcel.language,
            files: parcel.attachments,
        };
        let answer = self.outside().speak(&line, &utterance).await;
        if let Err(Failure::Setup(why)) = &answer {
            self.pause_channel(&line, why).await?;
        }
        if let Err(Failure::Gone(_)) = answer {
            let mut write = self.write().await?;
            if finish(&mut write, job).await? {
                write.say_by_mail(id).await?;
            }
            self.commit(write).await?;
            return Ok(Outcome::Done);
        }
        if let Err(Failure::Unclear(_)) = &answer {
            // Asked at once, while it is fresh; what is not known now is asked again by the next try.
            if let Ok(Some(receipt)) = self.outside().ask_after(&line, &key).await {
                return self.end_speech(job, place, id, Ok(receipt)).await;
            }
            if self.may_repeat(&line.plugin).await? {
                self.begin_anew(job, id).await?;
                return Ok(Outcome::Again("it ended without an answer".to_owned()));
            }
        }
        self.end_speech(job, place, id, answer).await
    }

    async fn may_repeat(&self, plugin: &PluginId) -> Result<bool> {
        Ok(self.manifest(plugin).await?.on_unknown == OnUnknown::Retry)
    }

    async fn begin_anew(&self, job: &Job, id: &DeliveryId) -> Result<()> {
        let mut write = self.write().await?;
        if !write.holds(job).await? {
            return Ok(());
        }
        sqlx::query("update delivery set state = 'queued' where id = $1 and state = 'sending'")
            .bind(id.clone())
            .execute(write.sql())
            .await?;
        write.commit().await
    }

    async fn end_speech(
        &self,
        job: &Job,
        (account, conversation): (&AccountId, &str),
        id: &DeliveryId,
        answer: std::result::Result<Receipt, Failure>,
    ) -> Result<Outcome> {
        let mut write = self.write().await?;
        if !write.holds(job).await? && !write.left_all_the_same(id, answer.is_ok()).await? {
            return Ok(Outcome::Done);
        }
        if let Ok(receipt) = &answer {
            write.went_well(account).await?;
            if let Some(token) = &receipt.token {
                write.keep_token(account, conversation, token).await?;
            }
        }
        let outcome = write.note_said(job, id, answer).await?;
        if matches!(outcome, Outcome::Done) {
            finish(&mut write, job).await?;
        }
        self.commit(write).await?;
        Ok(outcome)
    }
}

/// The name by which the plugin and its remote know a message: the same at each try. What the remote took and did not bring is a new
/// message when it is sent again, since under its old name everybody would know it as sent.
fn key(id: &DeliveryId, taken_as: Option<&str>) -> String {
    match taken_as {
        None => id.0.clone(),
        Some(name) => format!("{}-{}", id.0, &hex(&Sha256::digest(name))[..8]),
    }
}

impl Write {
    /// What else waits to leave by the account of this delivery leaves no sooner: the remote counts all of it together.
    async fn slow_down(&mut self, id: &DeliveryId, after: i64) -> Result<()> {
        let at = self.now + after.clamp(SECOND, LONGEST_PAUSE);
        sqlx::query(
            "update job set run_at = $2 where kind = 'deliver' and run_at < $2 and leased_until = 0 and subject in
               (select d.id from delivery d join delivery slow on slow.account_id = d.account_id
                where slow.id = $1 and d.state = 'queued' and d.id <> $1)",
        )
        .bind(id.clone())
        .bind(at)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// What the plugin wants to have back the next time in this conversation.
    async fn keep_token(&mut self, account: &AccountId, conversation: &str, token: &str) -> Result<()> {
        sqlx::query("update conversation set token = $3 where account_id = $1 and name = $2")
            .bind(account.clone())
            .bind(conversation.to_owned())
            .bind(token.to_owned())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// That something arrived, or was read as well.
    pub(super) async fn note_reached(&mut self, id: &DeliveryId, reached: Reached) -> Result<()> {
        let sql = match reached {
            Reached::OnItsWay | Reached::Never => return Ok(()),
            Reached::Arrived => "update delivery set reached_at = coalesce(reached_at, $2) where id = $1",
            Reached::Seen => {
                "update delivery set reached_at = coalesce(reached_at, $2), seen_at = coalesce(seen_at, $2) where id = $1"
            }
        };
        let now = self.now;
        sqlx::query(sql).bind(id.clone()).bind(now).execute(self.sql()).await?;
        Ok(())
    }

    async fn note_said(
        &mut self,
        job: &Job,
        id: &DeliveryId,
        answer: std::result::Result<Receipt, Failure>,
    ) -> Result<Outcome> {
        let now = self.now;
        let (state, event, why) = match answer {
            Ok(receipt) => {
                sqlx::query(
                    "update delivery set external_id = $2 where id = $1 and not exists (select 1 from delivery d
                       where d.account_id = delivery.account_id and d.external_id = $2 and d.id <> $1)",
                )
                .bind(id.clone())
                .bind(shorten(&receipt.external_id, 400))
                .execute(self.sql())
                .await?;
                match receipt.reached {
                    Reached::Never => {
                        (DeliveryState::Failed, EventKind::DeliveryFailed, Some(Setback::Bounced.to_string()))
                    }
                    reached => {
                        self.note_reached(id, reached).await?;
                        (DeliveryState::Sent, EventKind::Delivered, None)
                    }
                }
            }
            Err(why @ (Failure::Later(..) | Failure::Slower(..) | Failure::NotNow(_) | Failure::Setup(_)))
                if job.attempts < MOST_ATTEMPTS =>
            {
                sqlx::query("update delivery set state = 'queued', error = $2 where id = $1")
                    .bind(id.clone())
                    .bind(shorten(why.words(), 300))
                    .execute(self.sql())
                    .await?;
                if let Failure::Slower(_, ms) = why {
                    let after = ms.map_or_else(|| pause(job.attempts), |ms| i64::from(ms) * 1_000);
                    self.slow_down(id, after).await?;
                }
                return Ok(why.again());
            }
            Err(Failure::Unclear(why)) => (DeliveryState::Uncertain, EventKind::DeliveryUncertain, Some(why)),
            Err(why) => (DeliveryState::Failed, EventKind::DeliveryFailed, Some(shorten(why.words(), 300))),
        };
        sqlx::query("update delivery set state = $2, error = $3, sent_at = $4 where id = $1")
            .bind(id.clone())
            .bind(state.as_str())
            .bind(why.clone())
            .bind((state == DeliveryState::Sent).then_some(now))
            .execute(self.sql())
            .await?;
        let (ticket, whom): (Option<TicketId>, String) =
            sqlx::query_as("select ticket_id, recipient from delivery where id = $1")
                .bind(id.clone())
                .fetch_one(self.sql())
                .await?;
        if let Some(ticket) = &ticket {
            let fact = Fact { ticket: Some(ticket), new: why.as_deref(), data: Some(whom), ..Fact::default() };
            self.record(&Actor::System, Cause::Plugin, event, fact).await?;
        }
        Ok(Outcome::Done)
    }
}
