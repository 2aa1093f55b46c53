//! Mail out. What a mail is made of is fixed when it is saved; a retry is the same mail; and nothing whose fate is unclear
//! is ever sent again by itself.

use crate::{
    Desk, Error, Result,
    access::{TicketFacts, staff},
    db::{Fact, Write, word},
    job::{Job, Kind, LONGEST_SEND, MOST_ATTEMPTS, Outcome, finish},
    message::NewMessage,
    model::*,
    outside::{Envelope, InboundFile, Parcel, Party, Sent, Sheet},
    thread::message_name,
};
use serde::{Deserialize, Serialize};

/// How an outgoing mail marks itself (RFC 3834).
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutgoingMail {
    pub auto_submitted: Option<&'static str>,
}

impl OutgoingMail {
    pub const REPLY: Self = Self { auto_submitted: None };
    pub const ACKNOWLEDGEMENT: Self = Self { auto_submitted: Some("auto-replied") };
    pub const NOTICE: Self = Self { auto_submitted: Some("auto-generated") };
}

/// A mail that has been rendered and waits for its message.
pub(crate) struct Prepared {
    pub to: Party,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub language: Language,
}

/// A parcel as the database keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    message_id: String,
    date: i64,
    from: (String, String),
    to: (String, String),
    subject: String,
    text: String,
    html: String,
    in_reply_to: Option<String>,
    references: Vec<String>,
    auto_submitted: Option<String>,
    language: Language,
    files: Vec<KeptFile>,
}

#[derive(Serialize, Deserialize)]
struct KeptFile {
    name: String,
    mime: String,
    size: u64,
    blob: String,
}

impl From<Kept> for Parcel {
    fn from(kept: Kept) -> Self {
        let party = |(address, name)| Party { address, name };
        Parcel {
            message_id: kept.message_id,
            date: kept.date,
            from: party(kept.from),
            reply_to: None,
            to: vec![party(kept.to)],
            cc: vec![],
            subject: kept.subject,
            text: kept.text,
            html: Some(kept.html).filter(|html| !html.is_empty()),
            in_reply_to: kept.in_reply_to,
            references: kept.references,
            auto_submitted: kept.auto_submitted,
            language: kept.language,
            attachments: kept
                .files
                .into_iter()
                .map(|f| InboundFile { name: f.name, mime: f.mime, size: f.size, blob: f.blob, content_id: None })
                .collect(),
        }
    }
}

/// The mailbox that a mail leaves from, when nothing else is set up.
const NO_MAILBOX: &str = "saker@localhost.localdomain";

impl Write {
    /// OUT-2: the mailbox by which the request came, else the first one.
    async fn sender_party(&mut self, account: &str, organisation: &str) -> Result<Party> {
        let row: Option<(String, String)> = sqlx::query_as(
            "select address, name from account where kind = 'email' and address is not null
             order by case when id = $1 then 0 else 1 end, id limit 1",
        )
        .bind(account.to_owned())
        .fetch_optional(self.sql())
        .await?;
        Ok(match row {
            Some((address, name)) => Party { address, name },
            None => Party { address: NO_MAILBOX.to_owned(), name: organisation.to_owned() },
        })
    }

    /// Adds a message of ours and, where there is somebody to mail it to, the mail and the job that sends it.
    pub(crate) async fn send_message(
        &mut self,
        desk: &Desk,
        actor: &Actor,
        facts: &TicketFacts,
        mut new: NewMessage,
        mail: Option<Prepared>,
        manner: OutgoingMail,
    ) -> Result<MessageId> {
        let Some(mail) = mail else { return self.add_message(&facts.id, new).await };
        let from = self.sender_party(&facts.account_id, actor.name()).await?;
        let domain = from.address.rsplit('@').next().unwrap_or("localhost").to_owned();
        let id = new.id.get_or_insert_with(MessageId::new).clone();
        let name = message_name(desk, &facts.id, facts.number, &id.0, &domain);
        let earlier: Vec<String> = sqlx::query_scalar(
            "select mail_id from message where ticket_id = $1 and access = 'external' and mail_id is not null
             order by created_at, id",
        )
        .bind(facts.id.clone())
        .fetch_all(self.sql())
        .await?;
        let answered: Option<String> = sqlx::query_scalar(
            "select mail_id from message where ticket_id = $1 and kind = 'enquiry' and access = 'external' and mail_id is not null
             order by created_at desc, id desc limit 1",
        )
        .bind(facts.id.clone())
        .fetch_optional(self.sql())
        .await?;
        let kept = Kept {
            message_id: name.clone(),
            date: self.now,
            from: (from.address, from.name),
            to: (mail.to.address.clone(), mail.to.name),
            subject: mail.subject.clone(),
            text: mail.text,
            html: mail.html,
            in_reply_to: answered.or_else(|| earlier.last().cloned()),
            references: first_and_last(earlier),
            auto_submitted: manner.auto_submitted.map(str::to_owned),
            language: mail.language,
            files: kept_files(&new.files),
        };
        new.to = vec![mail.to.address.clone()];
        new.mail_id = Some(name);
        let message = self.add_message(&facts.id, new).await?;
        self.queue_delivery(Some((&message, &facts.id)), &kept).await?;
        Ok(message)
    }

    /// A mail to outside helpers, one each: nothing of the customer's thread is named in it. FWD-2.
    pub(crate) async fn send_aside(
        &mut self,
        desk: &Desk,
        actor: &Actor,
        facts: &TicketFacts,
        mut new: NewMessage,
        subject: &str,
    ) -> Result<MessageId> {
        let from = self.sender_party(&facts.account_id, actor.name()).await?;
        let domain = from.address.rsplit('@').next().unwrap_or("localhost").to_owned();
        let id = new.id.get_or_insert_with(MessageId::new).clone();
        let name = message_name(desk, &facts.id, facts.number, &id.0, &domain);
        let earlier: Vec<String> = sqlx::query_scalar(
            "select mail_id from message where side_id = $1 and mail_id is not null order by created_at, id",
        )
        .bind(new.side.clone())
        .fetch_all(self.sql())
        .await?;
        let helpers = new.to.clone();
        let parcels: Vec<Kept> = helpers
            .into_iter()
            .map(|helper| Kept {
                message_id: name.clone(),
                date: self.now,
                from: (from.address.clone(), from.name.clone()),
                to: (helper, String::new()),
                subject: format!("{subject} [#{}]", facts.number),
                text: new.text.clone(),
                html: String::new(),
                in_reply_to: earlier.last().cloned(),
                references: first_and_last(earlier.clone()),
                auto_submitted: None,
                language: Language::default(),
                files: kept_files(&new.files),
            })
            .collect();
        new.mail_id = Some(name);
        let message = self.add_message(&facts.id, new).await?;
        for parcel in &parcels {
            self.queue_delivery(Some((&message, &facts.id)), parcel).await?;
        }
        Ok(message)
    }

    /// A mail that belongs to no request, such as a sign-in link.
    pub(crate) async fn queue_notice(
        &mut self,
        _desk: &Desk,
        organisation: &Organisation,
        to: Party,
        rendered: Rendered,
        language: Language,
    ) -> Result<()> {
        let from = self.sender_party("", &organisation.name).await?;
        let domain = from.address.rsplit('@').next().unwrap_or("localhost").to_owned();
        let kept = Kept {
            message_id: format!("{}@{domain}", MessageId::new()),
            date: self.now,
            from: (from.address, from.name),
            to: (to.address, to.name),
            subject: rendered.subject.unwrap_or_default(),
            text: rendered.text,
            html: rendered.html,
            in_reply_to: None,
            references: vec![],
            auto_submitted: OutgoingMail::NOTICE.auto_submitted.map(str::to_owned),
            language,
            files: vec![],
        };
        self.queue_delivery(None, &kept).await
    }

    async fn queue_delivery(&mut self, about: Option<(&MessageId, &TicketId)>, kept: &Kept) -> Result<()> {
        let id = DeliveryId::new();
        let now = self.now;
        sqlx::query(
            "insert into delivery (id, message_id, ticket_id, state, parcel, recipient, subject, attempts, created_at)
             values ($1, $2, $3, 'queued', $4, $5, $6, 0, $7)",
        )
        .bind(id.clone())
        .bind(about.map(|(message, _)| message.0.clone()))
        .bind(about.map(|(_, ticket)| ticket.0.clone()))
        .bind(serde_json::to_string(kept)?)
        .bind(kept.to.0.clone())
        .bind(kept.subject.clone())
        .bind(now)
        .execute(self.sql())
        .await?;
        self.enqueue(Kind::Deliver, id.as_str()).await
    }
}

fn kept_files(files: &[InboundFile]) -> Vec<KeptFile> {
    files
        .iter()
        .map(|f| KeptFile { name: f.name.clone(), mime: f.mime.clone(), size: f.size, blob: f.blob.clone() })
        .collect()
}

/// At most twenty names, keeping the first, as RFC 5322 section 3.6.4 lets a client do with a long thread.
fn first_and_last(mut names: Vec<String>) -> Vec<String> {
    if names.len() > 20 {
        names.drain(1..names.len() - 19);
    }
    names
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    ticket_id: Option<TicketId>,
    state: String,
    parcel: String,
    raw: Option<String>,
    attempts: i64,
}

impl Desk {
    /// One try at one mail. A mail that was cut off while it was with the other server is left to a person.
    pub(crate) async fn deliver(&self, job: &Job) -> Result<Outcome> {
        let id = DeliveryId(job.subject.clone());
        let row: Option<DeliveryRow> =
            sqlx::query_as("select ticket_id, state, parcel, raw, attempts from delivery where id = $1")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        let Some(row) = row else { return Ok(Outcome::Done) };
        match word::<DeliveryState>(&row.state)? {
            DeliveryState::Queued => {}
            DeliveryState::Sending => {
                let why = "cut off before the other server answered";
                return self.end_delivery(job, &id, row.ticket_id.as_ref(), Sent::Unclear(why.to_owned())).await;
            }
            _ => return Ok(Outcome::Done),
        }
        let parcel: Parcel = serde_json::from_str::<Kept>(&row.parcel)?.into();
        let (raw, bytes) = match row.raw {
            Some(raw) => (raw.clone(), self.blobs().get(&raw).await?),
            None => match self.outside().compose(&parcel).await {
                Ok(bytes) => {
                    let raw = self.blobs().put(bytes.clone()).await?;
                    self.blobs().flush().await?;
                    (raw, bytes)
                }
                Err(unreadable) if row.attempts + 1 >= MOST_ATTEMPTS => {
                    return self.end_delivery(job, &id, row.ticket_id.as_ref(), Sent::Refused(unreadable.0)).await;
                }
                Err(unreadable) => return Ok(Outcome::Again(unreadable.0)),
            },
        };
        let mut write = self.write().await?;
        let ours = sqlx::query("update delivery set state = 'sending', raw = $2, attempts = attempts + 1 where id = $1 and state = 'queued'")
            .bind(id.clone())
            .bind(raw)
            .execute(write.sql())
            .await?;
        write.commit().await?;
        if ours.rows_affected() == 0 {
            return Ok(Outcome::Done);
        }
        let envelope = Envelope {
            // RFC 3834 section 3.3: an automatic answer has the null return path, so that nothing answers it.
            from: if parcel.auto_submitted.is_some() { String::new() } else { parcel.from.address.clone() },
            to: parcel.to.iter().chain(&parcel.cc).map(|party| party.address.clone()).collect(),
        };
        let sent = match tokio::time::timeout(LONGEST_SEND, self.outside().send(&envelope, &bytes)).await {
            Ok(sent) => sent,
            Err(_) => Sent::Unclear("the other server took too long".to_owned()),
        };
        self.end_delivery(job, &id, row.ticket_id.as_ref(), sent).await
    }

    async fn end_delivery(&self, job: &Job, id: &DeliveryId, ticket: Option<&TicketId>, sent: Sent) -> Result<Outcome> {
        let mut write = self.write().await?;
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
            let fact = Fact { ticket: Some(ticket), new: error.as_deref(), ..Fact::default() };
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
            "update delivery set state = 'queued', error = null, attempts = 0 where id = $1 and state in ('failed', 'uncertain')",
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

    /// A reply as mail: rendered by its plugin in the customer's language. None when there is nobody to mail it to.
    pub(crate) async fn prepare_reply(
        &self,
        actor: &Actor,
        facts: &TicketFacts,
        text: &str,
    ) -> Result<Option<Prepared>> {
        if facts.access != Access::External.as_str() {
            return Ok(None);
        }
        let mut sheet = self.sheet("reply", facts).await?;
        if let Some(me) = actor.agent() {
            let agent = self.agent(me).await?;
            sheet.agent_name = agent.name;
            sheet.signature = agent.signature;
        }
        sheet.draft = Some(text.to_owned());
        self.prepare(facts, sheet).await
    }

    pub(crate) async fn prepare(&self, facts: &TicketFacts, sheet: Sheet) -> Result<Option<Prepared>> {
        if sheet.customer_email.is_empty() {
            return Ok(None);
        }
        let rendered = self.render(&sheet).await?;
        Ok(Some(Prepared {
            to: Party { address: sheet.customer_email, name: sheet.customer_name },
            subject: rendered.subject.unwrap_or_else(|| facts.title.clone()),
            text: rendered.text,
            html: rendered.html,
            language: sheet.language,
        }))
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
