//! Mail out. What a mail is made of is fixed when it is saved; a retry is the same mail; and nothing whose fate is unclear
//! is ever sent again by itself.

use crate::{
    Desk, Error, Result,
    access::staff,
    db::{Fact, Write, word},
    job::{Job, Kind, LONGEST_SEND, MOST_ATTEMPTS, Outcome, finish},
    letter::Kept,
    model::*,
    outside::{Envelope, Parcel, Sent},
};

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    ticket_id: Option<TicketId>,
    recipient: String,
    state: String,
    parcel: String,
    raw: Option<String>,
}

impl Desk {
    /// One try at one mail. A mail that was cut off while it was with the other server is left to a person.
    pub(crate) async fn deliver(&self, job: &Job) -> Result<Outcome> {
        let id = DeliveryId(job.subject.clone());
        match self.try_to_deliver(job, &id).await {
            Err(error) => self.set_back(job, &id, error.to_string()).await,
            tried => tried,
        }
    }

    /// Something of ours kept a mail from leaving. What it was stands at the mail until the next try; after the last one it
    /// failed, and its request says so.
    async fn set_back(&self, job: &Job, id: &DeliveryId, why: String) -> Result<Outcome> {
        if job.attempts < MOST_ATTEMPTS {
            let mut write = self.write().await?;
            sqlx::query("update delivery set error = $2 where id = $1 and state = 'queued'")
                .bind(id.clone())
                .bind(why.clone())
                .execute(write.sql())
                .await?;
            write.commit().await?;
            return Ok(Outcome::Again(why));
        }
        let row: Option<(Option<TicketId>, String)> =
            sqlx::query_as("select ticket_id, state from delivery where id = $1")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        let Some((ticket, state)) = row else { return Ok(Outcome::Done) };
        let sent = match word::<DeliveryState>(&state)? {
            DeliveryState::Queued => Sent::Refused(why),
            DeliveryState::Sending => Sent::Unclear(why),
            _ => return Ok(Outcome::GivenUp(why)),
        };
        self.end_delivery(job, id, ticket.as_ref(), sent).await
    }

    async fn try_to_deliver(&self, job: &Job, id: &DeliveryId) -> Result<Outcome> {
        let row: Option<DeliveryRow> =
            sqlx::query_as("select ticket_id, recipient, state, parcel, raw from delivery where id = $1")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        let Some(mut row) = row else { return Ok(Outcome::Done) };
        let mut kept: Kept = serde_json::from_str(&row.parcel)?;
        let state = word::<DeliveryState>(&row.state)?;
        if kept.bare && state == DeliveryState::Queued {
            (row.recipient, kept) = match self.put_into_letter(id, kept).await? {
                Some(letter) => letter,
                None => {
                    let why = Setback::NobodyThere.to_string();
                    return self.end_delivery(job, id, row.ticket_id.as_ref(), Sent::Refused(why)).await;
                }
            };
        }
        if let (Some(spoken), DeliveryState::Queued | DeliveryState::Sending) = (kept.spoken.clone(), state) {
            return self.speak(job, id, kept, spoken).await;
        }
        match state {
            DeliveryState::Queued => {}
            DeliveryState::Sending => {
                let why = Setback::CutOffMidway.to_string();
                return self.end_delivery(job, id, row.ticket_id.as_ref(), Sent::Unclear(why)).await;
            }
            _ => return Ok(Outcome::Done),
        }
        let parcel: Parcel = kept.into();
        let (raw, bytes) = match row.raw {
            Some(raw) => (raw.clone(), self.blobs().get(&raw).await?),
            None => match self.outside().compose(&parcel).await {
                Ok(bytes) => {
                    let raw = self.blobs().put(bytes.clone()).await?;
                    self.blobs().flush().await?;
                    (raw, bytes)
                }
                // Another try would find the same.
                Err(unreadable)
                    if Setback::read(&unreadable.words).is_some_and(|(setback, _)| setback.is_for_good()) =>
                {
                    return self.end_delivery(job, id, row.ticket_id.as_ref(), Sent::Refused(unreadable.words)).await;
                }
                Err(unreadable) => return self.set_back(job, id, unreadable.words).await,
            },
        };
        if !self.begin_to_send(job, id, Some(raw)).await? {
            return Ok(Outcome::Done);
        }
        let envelope = Envelope {
            // RFC 3834 section 3.3: an automatic answer has the null return path, so that nothing answers it.
            from: if parcel.auto_submitted.is_some() { String::new() } else { parcel.from.address.clone() },
            // One each, whoever else stands in the head: each has a fate of its own, and a blind copy stays blind.
            to: vec![row.recipient.clone()],
        };
        let sent = match tokio::time::timeout(LONGEST_SEND, self.outside().send(&envelope, &bytes)).await {
            Ok(sent) => sent,
            Err(_) => Sent::Unclear("the other server took too long".to_owned()),
        };
        self.end_delivery(job, id, row.ticket_id.as_ref(), sent).await
    }

    /// Marks a mail before its first byte leaves. False where another worker has it by now, or where it is not to leave any
    /// more: what was made internal, taken away or blacked out since it was written stays here, and so does what is on a
    /// request that customers do not see any more; it says so (CRE-6, section 25.1). A question to helpers
    /// is internal and leaves, unless its request was thrown away.
    pub(crate) async fn begin_to_send(&self, job: &Job, id: &DeliveryId, raw: Option<String>) -> Result<bool> {
        let mut write = self.write().await?;
        if !write.holds(job).await? {
            return Ok(false);
        }
        let ours = sqlx::query(
            "update delivery set state = 'sending', raw = $2, attempts = attempts + 1 where id = $1 and state = 'queued'
               and not exists (select 1 from message m join ticket t on t.id = m.ticket_id
                 where m.id = delivery.message_id and (m.kind in ('reply', 'automatic')
                   and (m.access = 'internal' or m.taken_back_at is not null or m.redacted_at is not null
                     or t.access <> 'external' or t.state in ('deleted', 'linked'))
                   or m.kind = 'forward' and (m.redacted_at is not null or t.state = 'deleted')))",
        )
        .bind(id.clone())
        .bind(raw)
        .execute(write.sql())
        .await?;
        if ours.rows_affected() == 1 {
            write.commit().await?;
            return Ok(true);
        }
        let by_itself: Option<String> = sqlx::query_scalar(
            "select m.id from message m join delivery d on d.message_id = m.id where d.id = $1
               and (m.access = 'internal' and m.kind <> 'forward' or m.taken_back_at is not null or m.redacted_at is not null)",
        )
        .bind(id.clone())
        .fetch_optional(write.sql())
        .await?;
        let why = if by_itself.is_some() { Setback::Withheld } else { Setback::RequestWithheld };
        let withheld: Option<(Option<TicketId>, String)> = sqlx::query_as(
            "update delivery set state = 'failed', error = $2 where id = $1 and state = 'queued'
             returning ticket_id, recipient",
        )
        .bind(id.clone())
        .bind(why.as_str())
        .fetch_optional(write.sql())
        .await?;
        if let Some((Some(ticket), whom)) = withheld {
            let fact = Fact { ticket: Some(&ticket), new: Some(why.as_str()), data: Some(whom), ..Fact::default() };
            write.record(&Actor::System, Cause::Clock, EventKind::DeliveryFailed, fact).await?;
        }
        self.commit(write).await?;
        Ok(false)
    }

    async fn end_delivery(&self, job: &Job, id: &DeliveryId, ticket: Option<&TicketId>, sent: Sent) -> Result<Outcome> {
        let mut write = self.write().await?;
        if !write.holds(job).await? && !write.left_all_the_same(id, matches!(sent, Sent::Accepted)).await? {
            return Ok(Outcome::Done);
        }
        let sent = match sent {
            Sent::Later(why) if job.attempts >= MOST_ATTEMPTS => Sent::Refused(why),
            other => other,
        };
        let (state, error, event) = match &sent {
            Sent::Accepted => (DeliveryState::Sent, None, Some(EventKind::Delivered)),
            Sent::Later(why) => (DeliveryState::Queued, Some(why.clone()), None),
            Sent::Refused(why) => (DeliveryState::Failed, Some(why.clone()), Some(EventKind::DeliveryFailed)),
            Sent::Unclear(why) => (DeliveryState::Uncertain, Some(why.clone()), Some(EventKind::DeliveryUncertain)),
        };
        let sent_at = (state == DeliveryState::Sent).then_some(write.now);
        sqlx::query("update delivery set state = $2, error = $3, sent_at = $4 where id = $1")
            .bind(id.clone())
            .bind(state.as_str())
            .bind(error.clone())
            .bind(sent_at)
            .execute(write.sql())
            .await?;
        if let (Some(event), Some(ticket)) = (event, ticket) {
            let whom: Option<String> = sqlx::query_scalar("select recipient from delivery where id = $1")
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
            let fact = Fact { ticket: Some(ticket), new: error.as_deref(), data: whom, ..Fact::default() };
            write.record(&Actor::System, Cause::Clock, event, fact).await?;
        }
        if let Sent::Later(why) = sent {
            self.commit(write).await?;
            return Ok(Outcome::Again(why));
        }
        finish(&mut write, job).await?;
        self.commit(write).await?;
        Ok(Outcome::Done)
    }

    /// A person decides to try a mail again that failed or whose fate is unclear.
    pub async fn retry_delivery(&self, actor: &Actor, id: &DeliveryId) -> Result<()> {
        staff(actor)?;
        let ticket: Option<Option<String>> = sqlx::query_scalar("select ticket_id from delivery where id = $1")
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?;
        let mut write = self.write().await?;
        // Only mail of requests that the actor may change; a sign-in link is asked for anew instead.
        let ticket = ticket.flatten().ok_or(Error::NotFound)?;
        write.editable(actor, &TicketId(ticket)).await?;
        let again = sqlx::query(
            "update delivery set state = 'queued', error = null, attempts = 0 where id = $1
               and state in ('failed', 'uncertain') and parcel <> '{}'",
        )
        .bind(id.clone())
        .execute(write.sql())
        .await?;
        if again.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.enqueue(Kind::Deliver, id.as_str()).await?;
        self.commit(write).await
    }

    /// What left, newest first, with the raw mail where it was composed: for the demo's sent-mail page.
    pub async fn sent_mail(&self, actor: &Actor, most: i64) -> Result<Vec<SentMail>> {
        crate::access::administrator(actor)?;
        let rows: Vec<(String, String, String, String, i64, String)> = sqlx::query_as(
            "select id, recipient, subject, state, created_at, parcel from delivery order by created_at desc, id desc limit $1",
        )
        .bind(most)
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|(id, recipient, subject, state, at, parcel)| {
                let kept: Kept = serde_json::from_str(&parcel)?;
                Ok(SentMail {
                    id: DeliveryId(id),
                    recipient,
                    subject,
                    state: word(&state)?,
                    at,
                    text: kept.text,
                    html: kept.html,
                })
            })
            .collect()
    }

    /// The raw bytes of a mail that left.
    pub async fn sent_source(&self, actor: &Actor, id: &DeliveryId) -> Result<Vec<u8>> {
        crate::access::administrator(actor)?;
        let raw: Option<Option<String>> = sqlx::query_scalar("select raw from delivery where id = $1")
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?;
        self.blobs().get(&raw.flatten().ok_or(Error::NotFound)?).await
    }
}

impl Write {
    /// Whoever lost a delivery to another worker, after a lease that ended, has nothing to say of it but that it left: then
    /// nobody has to wonder, and it does not leave again. True where that is news.
    pub(crate) async fn left_all_the_same(&mut self, id: &DeliveryId, left: bool) -> Result<bool> {
        let open: Option<String> =
            sqlx::query_scalar("select id from delivery where id = $1 and state in ('queued', 'sending', 'uncertain')")
                .bind(id.clone())
                .fetch_optional(self.sql())
                .await?;
        Ok(left && open.is_some())
    }
}

/// One mail that left, or tries to.
#[derive(Clone, Debug)]
pub struct SentMail {
    pub id: DeliveryId,
    pub recipient: String,
    pub subject: String,
    pub state: DeliveryState,
    /// Unix microseconds.
    pub at: i64,
    pub text: String,
    pub html: String,
}

#[cfg(test)]
mod tests {
    use crate::{
        fake::House,
        job::{Job, Outcome},
        model::*,
        outside::Sent,
    };

    async fn state(house: &House, id: &DeliveryId) -> String {
        let sql = "select state from delivery where id = $1";
        sqlx::query_scalar(sql).bind(id.clone()).fetch_one(house.desk.read()).await.unwrap()
    }

    /// The job of a reply that waits to be called back, as the worker knows it who begins it for the nth time.
    async fn begun(house: &House, id: &DeliveryId) -> Job {
        let sql = "update job set attempts = attempts + 1 where kind = 'deliver' and subject = $1
                   returning id, kind, subject, attempts, lane";
        sqlx::query_as(sql).bind(id.clone()).fetch_one(house.desk.read()).await.unwrap()
    }

    #[tokio::test]
    async fn whoever_lost_a_mail_to_another_worker_may_only_say_that_it_left() {
        let house = House::open().await;
        let ane = house.agent().await;
        let (ticket, _) = house.request("Kari", Access::External).await;
        house.desk.hold_replies(&Actor::System, 30).await.unwrap();
        let draft = Draft { text: "Svar".to_owned(), access: Access::External, ..Draft::default() };
        house.desk.reply(&ane, &ticket, draft).await.unwrap();
        // Beside the receipt.
        let sql = "select d.id from delivery d join message m on m.id = d.message_id where m.kind = 'reply'";
        let id: DeliveryId = sqlx::query_scalar(sql).fetch_one(house.desk.read()).await.unwrap();

        // Its lease ended before it began to send: the other one does.
        let (slow, quick) = (begun(&house, &id).await, begun(&house, &id).await);
        assert!(!house.desk.begin_to_send(&slow, &id, None).await.unwrap());
        assert_eq!(state(&house, &id).await, "queued");
        assert!(house.desk.begin_to_send(&quick, &id, None).await.unwrap());

        // Its lease ended while it sent: the next one finds it begun, and a person decides.
        let next = begun(&house, &id).await;
        assert!(matches!(house.desk.deliver(&next).await.unwrap(), Outcome::Done));
        assert_eq!(state(&house, &id).await, "uncertain");
        for sent in [Sent::Later("no answer".to_owned()), Sent::Refused("no".to_owned()), Sent::Unclear("?".to_owned())]
        {
            let outcome = house.desk.end_delivery(&quick, &id, Some(&ticket), sent).await.unwrap();
            assert!(matches!(outcome, Outcome::Done));
            assert_eq!(state(&house, &id).await, "uncertain");
        }
        house.desk.end_delivery(&quick, &id, Some(&ticket), Sent::Accepted).await.unwrap();
        assert_eq!(state(&house, &id).await, "sent");
        let told: i64 = sqlx::query_scalar("select count(*) from event where kind = 'delivery-uncertain'")
            .fetch_one(house.desk.read())
            .await
            .unwrap();
        assert_eq!(told, 1);
    }
}
