//! A mail of ours as it is made up and kept: everything in it is fixed when it is saved, so that a retry is the same mail.

use crate::{
    Desk, Error, Result, Why,
    access::TicketFacts,
    db::Write,
    job::Kind,
    message::NewMessage,
    model::*,
    outside::{InboundFile, MOST_FILES, Parcel, Party, Sheet},
    thread::{message_name, notice_name},
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
#[derive(Default)]
pub(crate) struct Prepared {
    /// What stands in the head of each letter.
    pub to: Vec<Party>,
    pub cc: Vec<Party>,
    /// They get a letter and stand in no head.
    pub bcc: Vec<String>,
    pub subject: String,
    pub language: Language,
    /// One for each who gets it.
    pub letters: Vec<Letter>,
    /// Who becomes a contact of the request. CRE-1.
    pub joins: Vec<String>,
    /// Microseconds for which it can be called back before it leaves.
    pub hold: i64,
    /// Said on a channel, and not mailed.
    pub spoken: Option<Spoken>,
}

/// What one of them gets: contacts are told their own link to the request.
pub(crate) struct Letter {
    pub recipient: String,
    pub text: String,
    pub html: String,
}

/// A parcel as the database keeps it; empty where it was forgotten.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    pub(crate) message_id: String,
    pub(crate) date: i64,
    pub(crate) from: (String, String),
    pub(crate) to: Vec<(String, String)>,
    pub(crate) cc: Vec<(String, String)>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) in_reply_to: Option<String>,
    pub(crate) references: Vec<String>,
    pub(crate) auto_submitted: Option<String>,
    pub(crate) language: Language,
    pub(crate) files: Vec<KeptFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spoken: Option<Spoken>,
    /// It was said on a channel where nobody was any more, and has no letter around it yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) bare: bool,
}

/// Where something is said on a channel, instead of being mailed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Spoken {
    pub(crate) account: String,
    pub(crate) conversation: String,
    pub(crate) token: Option<String>,
    pub(crate) in_reply_to: Option<String>,
    /// Who speaks there, as the channel knows them.
    pub(crate) to: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptFile {
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
            to: kept.to.into_iter().map(party).collect(),
            cc: kept.cc.into_iter().map(party).collect(),
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
    /// OUT-2: the mailbox by which the request came, else the one that the house chose, else the first one.
    async fn sender_party(&mut self, account: &str, organisation: &str) -> Result<Party> {
        let chosen = self.house_rules().await?.sender.map(|id| id.0).unwrap_or_default();
        let row: Option<(String, String)> = sqlx::query_as(
            "select address, name from account where kind = 'email' and address is not null
             order by case when id = $1 then 0 when id = $2 then 1 else 2 end, id limit 1",
        )
        .bind(account.to_owned())
        .bind(chosen)
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
        // A channel has limits of its own, of which its plugin knows.
        if mail.spoken.is_none() {
            fits(&new.files)?;
        }
        let from = self.sender_party(&facts.account_id, actor.name()).await?;
        let domain = from.address.rsplit('@').next().unwrap_or("localhost").to_owned();
        let id = new.id.get_or_insert_with(MessageId::new).clone();
        let name = message_name(desk, &facts.id, facts.number, &id.0, &domain);
        let earlier: Vec<String> = sqlx::query_scalar(
            "select mail_id from message where ticket_id = $1 and access = 'external' and mail_id is not null
               and taken_back_at is null order by created_at, id",
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
            to: kept_parties(&mail.to),
            cc: kept_parties(&mail.cc),
            subject: mail.subject,
            in_reply_to: answered.or_else(|| earlier.last().cloned()),
            references: first_and_last(earlier),
            auto_submitted: manner.auto_submitted.map(str::to_owned),
            language: mail.language,
            files: kept_files(&new.files),
            spoken: mail.spoken,
            ..Kept::default()
        };
        new.to = addresses(&mail.to);
        new.cc = addresses(&mail.cc);
        new.bcc = mail.bcc;
        new.mail_id = Some(name);
        let message = self.add_message(&facts.id, new).await?;
        for letter in mail.letters {
            let about = About { message: Some(&message), ticket: Some(&facts.id), recipient: &letter.recipient };
            let kept = Kept { text: letter.text, html: letter.html, ..kept.clone() };
            self.queue_delivery(about, &kept, mail.hold).await?;
        }
        Ok(message)
    }

    /// A mail to outside helpers, one each, with the same head: nothing of the customer's thread is named in it. FWD-2.
    pub(crate) async fn send_aside(
        &mut self,
        desk: &Desk,
        actor: &Actor,
        facts: &TicketFacts,
        mut new: NewMessage,
        subject: &str,
    ) -> Result<MessageId> {
        fits(&new.files)?;
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
        let unnamed = |list: &[String]| list.iter().map(|address| (address.clone(), String::new())).collect();
        let everybody: Vec<String> = new.to.iter().chain(&new.cc).chain(&new.bcc).cloned().collect();
        let kept = Kept {
            message_id: name.clone(),
            date: self.now,
            from: (from.address, from.name),
            to: unnamed(&new.to),
            cc: unnamed(&new.cc),
            subject: format!("{subject} [#{}]", facts.number),
            text: new.text.clone(),
            in_reply_to: earlier.last().cloned(),
            references: first_and_last(earlier),
            files: kept_files(&new.files),
            ..Kept::default()
        };
        new.mail_id = Some(name);
        let message = self.add_message(&facts.id, new).await?;
        for recipient in &everybody {
            let about = About { message: Some(&message), ticket: Some(&facts.id), recipient };
            self.queue_delivery(about, &kept, 0).await?;
        }
        Ok(message)
    }

    /// A mail that belongs to no request, such as a sign-in link.
    pub(crate) async fn queue_notice(
        &mut self,
        desk: &Desk,
        organisation: &Organisation,
        to: Party,
        rendered: Rendered,
        language: Language,
    ) -> Result<()> {
        let from = self.sender_party("", &organisation.name).await?;
        let domain = from.address.rsplit('@').next().unwrap_or("localhost").to_owned();
        let kept = Kept {
            message_id: notice_name(desk, &domain),
            date: self.now,
            from: (from.address, from.name),
            to: kept_parties(std::slice::from_ref(&to)),
            subject: rendered.subject.unwrap_or_default(),
            text: rendered.text,
            html: rendered.html,
            auto_submitted: OutgoingMail::NOTICE.auto_submitted.map(str::to_owned),
            language,
            ..Kept::default()
        };
        let about = About { message: None, ticket: None, recipient: &to.address };
        self.queue_delivery(about, &kept, 0).await
    }

    /// A text that belongs to no request, said to a number by a channel's account.
    pub(crate) async fn queue_text(
        &mut self,
        organisation: &Organisation,
        account: &AccountId,
        number: &str,
        text: String,
        language: Language,
    ) -> Result<()> {
        let spoken = Spoken {
            account: account.0.clone(),
            conversation: number.to_owned(),
            token: None,
            in_reply_to: None,
            to: number.to_owned(),
        };
        let from = (String::new(), organisation.name.clone());
        let kept = Kept { date: self.now, from, text, language, spoken: Some(spoken), ..Kept::default() };
        self.queue_delivery(About { message: None, ticket: None, recipient: number }, &kept, 0).await
    }

    async fn queue_delivery(&mut self, about: About<'_>, kept: &Kept, hold: i64) -> Result<()> {
        let id = DeliveryId::new();
        let now = self.now;
        sqlx::query(
            "insert into delivery (id, message_id, ticket_id, state, parcel, recipient, subject, attempts, created_at, account_id)
             values ($1, $2, $3, 'queued', $4, $5, $6, 0, $7, $8)",
        )
        .bind(id.clone())
        .bind(about.message.map(|message| message.0.clone()))
        .bind(about.ticket.map(|ticket| ticket.0.clone()))
        .bind(serde_json::to_string(kept)?)
        .bind(about.recipient.to_owned())
        .bind(kept.subject.clone())
        .bind(now)
        .bind(kept.spoken.as_ref().map(|spoken| spoken.account.clone()))
        .execute(self.sql())
        .await?;
        self.enqueue_at(Kind::Deliver, id.as_str(), now + hold).await
    }
}

/// What a delivery belongs to, and whom it goes to.
struct About<'a> {
    message: Option<&'a MessageId>,
    ticket: Option<&'a TicketId>,
    recipient: &'a str,
}

fn kept_parties(parties: &[Party]) -> Vec<(String, String)> {
    parties.iter().map(|party| (party.address.clone(), party.name.clone())).collect()
}

fn addresses(parties: &[Party]) -> Vec<String> {
    parties.iter().map(|party| party.address.clone()).collect()
}

fn kept_files(files: &[InboundFile]) -> Vec<KeptFile> {
    files
        .iter()
        .map(|f| KeptFile { name: f.name.clone(), mime: f.mime.clone(), size: f.size, blob: f.blob.clone() })
        .collect()
}

/// Whether one mail can carry these files: one that can't would never leave.
///
/// # Errors
/// `files`.
pub(crate) fn fits(files: &[InboundFile]) -> Result<()> {
    let together: u64 = files.iter().map(|file| file.size).sum();
    if together > MOST_FILES {
        return Err(Error::invalid("files", Why::TooLarge { megabytes: (MOST_FILES >> 20) as u32 }));
    }
    Ok(())
}

/// At most twenty names, keeping the first, as RFC 5322 section 3.6.4 lets a client do with a long thread.
fn first_and_last(mut names: Vec<String>) -> Vec<String> {
    if names.len() > 20 {
        names.drain(1..names.len() - 19);
    }
    names
}

impl Desk {
    pub(crate) async fn prepare(&self, facts: &TicketFacts, sheet: Sheet) -> Result<Option<Prepared>> {
        if sheet.customer_email.is_empty() {
            return Ok(None);
        }
        let rendered = self.render_mail(facts, &sheet).await?;
        Ok(Some(Prepared {
            subject: rendered.subject.unwrap_or_else(|| facts.title.clone()),
            language: sheet.language,
            letters: vec![Letter { recipient: sheet.customer_email.clone(), text: rendered.text, html: rendered.html }],
            to: vec![Party { address: sheet.customer_email, name: sheet.customer_name }],
            ..Prepared::default()
        }))
    }
}
