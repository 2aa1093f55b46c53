//! What is said on a request, and how saying it changes the request.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    db::{Fact, Write, word},
    deliver::OutgoingMail,
    intake::{Account, Enquiry, sender_of},
    model::*,
    outside::{Inbound, InboundFile},
    person::{address, shorten},
};

/// Longest text that a person may write, in characters. Mail may be longer: nothing that arrives is refused for its length.
pub const LONGEST_TEXT: usize = 100_000;
const PREVIEW: usize = 160;

/// A message on its way into the database.
#[derive(Default)]
pub(crate) struct NewMessage {
    pub id: Option<MessageId>,
    pub kind: Option<MessageKind>,
    pub internal: bool,
    pub agent: Option<AgentId>,
    pub person: Option<PersonId>,
    pub author_name: String,
    pub author_email: String,
    pub text: String,
    pub quote_at: Option<i64>,
    pub html: Option<String>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub mail_id: Option<String>,
    pub in_reply_to: Option<String>,
    pub template: Option<String>,
    pub source: Option<String>,
    pub problem: Option<String>,
    pub files: Vec<InboundFile>,
    pub side: Option<SideId>,
    /// Whole minutes.
    pub minutes: i64,
}

impl Write {
    pub(crate) async fn add_message(&mut self, ticket: &TicketId, new: NewMessage) -> Result<MessageId> {
        let id = new.id.unwrap_or_default();
        let kind = new.kind.unwrap_or(MessageKind::Enquiry);
        let access = if new.internal { Access::Internal } else { Access::External };
        let now = self.now;
        // One mail name belongs to one message; a second mail of the same name is kept without it.
        let mail_id = match new.mail_id {
            Some(name) => {
                let taken: Option<MessageId> = sqlx::query_scalar("select id from message where mail_id = $1")
                    .bind(name.clone())
                    .fetch_optional(self.sql())
                    .await?;
                taken.is_none().then_some(name)
            }
            None => None,
        };
        // PostgreSQL's text has no NUL.
        let text = new.text.replace('\0', "");
        let preview = preview(&text, new.quote_at);
        sqlx::query(
            "insert into message (id, ticket_id, kind, access, agent_id, person_id, author_name, author_email, text, quote_at,
                                  html, recipients, cc, mail_id, in_reply_to, template, source, problem, created_at,
                                  side_id, minutes)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        )
        .bind(id.clone())
        .bind(ticket.clone())
        .bind(kind.as_str())
        .bind(access.as_str())
        .bind(new.agent)
        .bind(new.person)
        .bind(new.author_name)
        .bind(new.author_email)
        .bind(text)
        .bind(new.quote_at)
        .bind(new.html.map(|html| html.replace('\0', "")))
        .bind(new.to.join("\n"))
        .bind(new.cc.join("\n"))
        .bind(mail_id)
        .bind(new.in_reply_to)
        .bind(new.template)
        .bind(new.source)
        .bind(new.problem)
        .bind(now)
        .bind(new.side)
        .bind(new.minutes)
        .execute(self.sql())
        .await?;
        for file in &new.files {
            sqlx::query(
                "insert into attachment (id, message_id, name, mime, size, blob, content_id) values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(AttachmentId::new())
            .bind(id.clone())
            .bind(file_name(&file.name))
            .bind(shorten(&file.mime, 200))
            .bind(file.size as i64)
            .bind(file.blob.clone())
            .bind(file.content_id.clone().map(|text| shorten(&text, 250)))
            .execute(self.sql())
            .await?;
        }
        let staff_spoke = matches!(kind, MessageKind::Reply) && !new.internal;
        let customer_spoke = matches!(kind, MessageKind::Enquiry) && !new.internal;
        // The acknowledgement is no news to anybody: it moves nothing in a list.
        let moves = !matches!(kind, MessageKind::Automatic);
        sqlx::query(
            "update ticket set messages = messages + 1, files = files + $2, minutes = minutes + $8,
                    preview = case when $3 = 1 then $4 else preview end,
                    changed_at = case when $3 = 1 then $5 else changed_at end,
                    first_read_at = case when $6 = 1 then coalesce(first_read_at, $5) else first_read_at end,
                    replied_at = case when $6 = 1 then coalesce(replied_at, $5) else replied_at end,
                    replies = replies + $6,
                    last_external_by_staff_at = case when $6 = 1 then $5 else last_external_by_staff_at end,
                    last_external_at = case when $6 = 1 or $7 = 1 then $5 else last_external_at end
             where id = $1",
        )
        .bind(ticket.clone())
        .bind(new.files.len() as i64)
        .bind(i64::from(moves))
        .bind(preview)
        .bind(now)
        .bind(i64::from(staff_spoke))
        .bind(i64::from(customer_spoke))
        .bind(new.minutes)
        .execute(self.sql())
        .await?;
        Ok(id)
    }

    /// The first message of a new request, or one more on an old one; the facts about the request are the caller's.
    pub(crate) async fn add_enquiry(&mut self, ticket: &TicketId, enquiry: &Enquiry<'_>) -> Result<MessageId> {
        let Inbound { text, quote_at, html, attachments, .. } = enquiry.mail;
        let mail = enquiry.mail;
        let mut text = text.trim_end().to_owned();
        let quote_at = quote_at.filter(|at| text.is_char_boundary(*at) && *at < text.len());
        if text.is_empty() && enquiry.problem.is_none() {
            text = mail.subject.clone().unwrap_or_default();
        }
        let new = NewMessage {
            person: enquiry.person.cloned(),
            author_name: sender_of(mail),
            author_email: mail.from.address.clone(),
            text,
            quote_at: quote_at.map(|at| at as i64),
            html: html.as_deref().map(crate::clean::mail_html),
            to: mail.to.iter().map(|party| party.address.clone()).collect(),
            cc: mail.cc.iter().map(|party| party.address.clone()).collect(),
            mail_id: (!mail.external_id.is_empty()).then(|| shorten(&mail.external_id, 500)),
            in_reply_to: mail.in_reply_to.first().cloned(),
            source: Some(enquiry.source.to_owned()),
            problem: enquiry.problem.map(str::to_owned),
            files: attachments.clone(),
            ..NewMessage::default()
        };
        let message = self.add_message(ticket, new).await?;
        // Whoever was copied on purpose takes part: their answers belong here too.
        Ok(message)
    }

    /// Section 25.2: an enquiry on a request that is there already.
    pub(crate) async fn append_enquiry(&mut self, ticket: &TicketId, enquiry: &Enquiry<'_>) -> Result<MessageId> {
        let message = self.add_enquiry(ticket, enquiry).await?;
        // A machine's answer wakes nobody: no reopening, no notice. It is there to be read.
        if enquiry.mail.automatic.is_none() || enquiry.problem.is_some() {
            self.heard_from_customer(&Actor::System, Cause::Mail, ticket, &sender_of(enquiry.mail)).await?;
        }
        Ok(message)
    }

    /// Yellow, reopened where it was not open, and noticed.
    pub(crate) async fn heard_from_customer(
        &mut self,
        actor: &Actor,
        cause: Cause,
        ticket: &TicketId,
        by: &str,
    ) -> Result<()> {
        sqlx::query("update ticket set read = case when read = 'read' then 'news' else read end where id = $1")
            .bind(ticket.clone())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(ticket), new: Some(by), ..Fact::default() };
        self.record(actor, cause, EventKind::EnquiryReceived, fact).await?;
        self.reopen(actor, cause, ticket).await?;
        self.reassign_if_absent(cause, ticket).await
    }

    pub(crate) async fn add_bounce(
        &mut self,
        found: &crate::thread::BouncedMessage,
        mail: &Inbound,
        source: &str,
    ) -> Result<MessageId> {
        let new = NewMessage {
            kind: Some(MessageKind::Bounce),
            internal: true,
            author_name: sender_of(mail),
            author_email: mail.from.address.clone(),
            text: mail.text.clone(),
            source: Some(source.to_owned()),
            files: mail.attachments.clone(),
            ..NewMessage::default()
        };
        let message = self.add_message(&found.ticket_id, new).await?;
        sqlx::query("update delivery set state = 'failed', error = $2 where message_id = $1")
            .bind(found.id.clone())
            .bind(shorten(mail.subject.as_deref().unwrap_or_default(), 200))
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(&found.ticket_id), ..Fact::default() };
        self.record(&Actor::System, Cause::Mail, EventKind::Bounced, fact).await?;
        self.reopen(&Actor::System, Cause::Mail, &found.ticket_id).await?;
        Ok(message)
    }

    /// Whether a draft with this key has been sent before.
    pub(crate) async fn sent_before(&mut self, account: &Account, key: &str) -> Result<Option<MessageId>> {
        if key.is_empty() || self.first_time(&account.id, key).await? {
            return Ok(None);
        }
        let known: Option<String> =
            sqlx::query_scalar("select message_id from received where account_id = $1 and external_id = $2")
                .bind(account.id.clone())
                .bind(key.to_owned())
                .fetch_one(self.sql())
                .await?;
        Ok(known.map(MessageId))
    }
}

/// The first words of what is new in a message.
pub(crate) fn preview(text: &str, quote_at: Option<i64>) -> String {
    let fresh = quote_at.and_then(|at| text.get(..at as usize)).unwrap_or(text);
    let fresh = if fresh.trim().is_empty() { text } else { fresh };
    let words: Vec<&str> = fresh.split_whitespace().take(60).collect();
    shorten(&words.join(" "), PREVIEW)
}

/// A name that is safe to show and to save under: no path, no control or direction-changing characters.
pub(crate) fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = last
        .chars()
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .take(200)
        .collect();
    let clean = clean.trim().trim_start_matches('.').to_owned();
    if clean.is_empty() { "file".to_owned() } else { clean }
}

/// Text that a person wrote, or why it can't be taken.
pub(crate) fn written(field: &str, text: &str, most: usize) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::invalid(field, Why::Missing));
    }
    if text.chars().count() > most {
        return Err(Error::invalid(field, Why::TooLong { most: most as u32 }));
    }
    Ok(text.replace('\0', "").replace("\r\n", "\n").trim().to_owned())
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: MessageId,
    kind: String,
    access: String,
    agent_id: Option<AgentId>,
    author_name: String,
    author_email: String,
    text: String,
    quote_at: Option<i64>,
    has_html: i64,
    recipients: String,
    cc: String,
    source: Option<String>,
    problem: Option<String>,
    created_at: i64,
    flagged_at: Option<i64>,
    minutes: i64,
    redacted_at: Option<i64>,
    side_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct AttachmentRow {
    id: AttachmentId,
    message_id: MessageId,
    name: String,
    mime: String,
    size: i64,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    id: DeliveryId,
    message_id: MessageId,
    state: String,
    attempts: i64,
    error: Option<String>,
}

impl Desk {
    /// The messages of a request, oldest first; for customers without the internal ones, and without inner details.
    pub(crate) async fn messages(&self, ticket: &TicketId, staff: bool) -> Result<Vec<Message>> {
        let rows: Vec<MessageRow> = sqlx::query_as(
            "select id, kind, access, agent_id, author_name, author_email, text, quote_at,
                    case when html is null then 0 else 1 end as has_html, recipients, cc, source, problem, created_at,
                    flagged_at, minutes, redacted_at, side_id
             from message where ticket_id = $1 and ($2 = 1 or access = 'external') and taken_back_at is null
             order by created_at, id",
        )
        .bind(ticket.clone())
        .bind(i64::from(staff))
        .fetch_all(self.read())
        .await?;
        let mut files: Vec<AttachmentRow> = sqlx::query_as(
            "select a.id, a.message_id, a.name, a.mime, a.size from attachment a join message m on m.id = a.message_id
             where m.ticket_id = $1 order by a.id",
        )
        .bind(ticket.clone())
        .fetch_all(self.read())
        .await?;
        let mut deliveries: Vec<DeliveryRow> = sqlx::query_as(
            "select id, message_id, state, attempts, error from delivery where ticket_id = $1 and message_id is not null",
        )
        .bind(ticket.clone())
        .fetch_all(self.read())
        .await?;
        let mut messages = Vec::with_capacity(rows.len());
        for row in rows {
            let from_staff = row.agent_id.is_some() || row.kind == MessageKind::Automatic.as_str();
            let attachments = files
                .extract_if(.., |file| file.message_id == row.id)
                .map(|file| Attachment { id: file.id, name: file.name, mime: file.mime, size: file.size })
                .collect();
            let delivery = match deliveries.extract_if(.., |delivery| delivery.message_id == row.id).next() {
                Some(found) if staff => Some(Delivery {
                    id: found.id,
                    state: word(&found.state)?,
                    attempts: found.attempts,
                    error: found.error,
                }),
                _ => None,
            };
            let (text, quoted) = match row.quote_at.and_then(|at| row.text.split_at_checked(at as usize)) {
                Some((fresh, old)) if !fresh.trim().is_empty() => (fresh.trim_end().to_owned(), Some(old.to_owned())),
                _ => (row.text, None),
            };
            messages.push(Message {
                kind: word(&row.kind)?,
                access: word(&row.access)?,
                author: Author {
                    // Customers meet colleagues by their first name.
                    name: if from_staff && !staff { first_name(&row.author_name) } else { row.author_name },
                    email: if staff { row.author_email } else { String::new() },
                    staff: from_staff,
                },
                at: row.created_at,
                text,
                quoted,
                has_html: row.has_html == 1,
                attachments,
                to: if staff { lines(&row.recipients) } else { vec![] },
                cc: if staff { lines(&row.cc) } else { vec![] },
                delivery,
                problem: if staff { row.problem } else { None },
                has_source: staff && row.source.is_some() && row.redacted_at.is_none(),
                flagged: staff && row.flagged_at.is_some(),
                minutes: if staff { row.minutes } else { 0 },
                redacted: row.redacted_at.is_some(),
                side: row.side_id.filter(|_| staff).map(SideId),
                id: row.id,
            });
        }
        Ok(messages)
    }

    /// Answers the customer: on the request, and by mail. Section 4.1.
    ///
    /// # Errors
    /// `Invalid { field: "seen" }` when the customer wrote something the agent has not seen.
    pub async fn reply(&self, actor: &Actor, id: &TicketId, draft: Draft) -> Result<MessageId> {
        let me = staff(actor)?.clone();
        if draft.access == Access::Internal {
            return Err(Error::invalid("access", Why::InternalToCustomer));
        }
        let text = written("text", &draft.text, LONGEST_TEXT)?;
        let facts = self.facts(actor, id).await?;
        let files = self.uploads(&draft.files)?;
        // Rendered before the pen is taken: a guest may take its time.
        let mail = self.prepare_reply(actor, &facts, &text).await?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        let now_facts = write.editable(actor, id).await?;
        let account = write.account(&AccountId(now_facts.account_id.clone())).await?;
        if let Some(before) = write.sent_before(&account, &draft.key).await? {
            return Ok(before);
        }
        if let Some(seen) = draft.seen {
            write.nothing_newer(id, seen).await?;
        }
        let message_id = MessageId::new();
        let new = NewMessage {
            id: Some(message_id.clone()),
            kind: Some(MessageKind::Reply),
            agent: Some(me.clone()),
            author_name: actor.name().to_owned(),
            text,
            template: draft.template,
            files: files.clone(),
            minutes: whole_minutes(draft.seconds),
            ..NewMessage::default()
        };
        let message = write.send_message(self, actor, &now_facts, new, mail, OutgoingMail::REPLY).await?;
        if !draft.key.is_empty() {
            write.note_received(&account.id, &draft.key, id, &message).await?;
        }
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::Replied, fact).await?;
        write.take_on_reply(actor, &now_facts, &me).await?;
        if draft.close {
            write.close(actor, Cause::Person, id).await?;
        }
        self.commit(write).await?;
        Ok(message)
    }

    /// Says something to colleagues only. MSG-11: never mailed, never shown to a customer.
    pub async fn comment(&self, actor: &Actor, id: &TicketId, draft: Draft) -> Result<MessageId> {
        staff(actor)?;
        let text = written("text", &draft.text, LONGEST_TEXT)?;
        let files = self.uploads(&draft.files)?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        let facts = write.facts(actor, id).await?;
        let account = write.account(&AccountId(facts.account_id)).await?;
        if let Some(before) = write.sent_before(&account, &draft.key).await? {
            return Ok(before);
        }
        let message = write.add_comment(actor, id, text, files, whole_minutes(draft.seconds)).await?;
        if !draft.key.is_empty() {
            write.note_received(&account.id, &draft.key, id, &message).await?;
        }
        self.commit(write).await?;
        Ok(message)
    }

    /// A customer's answer, from the portal. POR-9.
    pub async fn answer(
        &self,
        actor: &Actor,
        id: &TicketId,
        text: &str,
        files: Vec<Upload>,
        key: &str,
    ) -> Result<MessageId> {
        let person = actor.person().ok_or(Error::Unauthenticated)?.clone();
        let text = written("text", text, LONGEST_TEXT)?;
        let files = self.uploads(&files)?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        write.facts(actor, id).await?;
        let account = write.account_of_kind("portal").await?;
        if let Some(before) = write.sent_before(&account, key).await? {
            return Ok(before);
        }
        let email: Option<String> =
            sqlx::query_scalar("select address from person_email where person_id = $1 order by position limit 1")
                .bind(person.clone())
                .fetch_optional(write.sql())
                .await?;
        let new = NewMessage {
            person: Some(person),
            author_name: actor.name().to_owned(),
            author_email: email.unwrap_or_default(),
            text,
            files,
            ..NewMessage::default()
        };
        let message = write.add_message(id, new).await?;
        if !key.is_empty() {
            write.note_received(&account.id, key, id, &message).await?;
        }
        write.heard_from_customer(actor, Cause::Form, id, actor.name()).await?;
        self.commit(write).await?;
        Ok(message)
    }

    /// The cleaned HTML of a mail, for its sandboxed frame; pictures inside it point to their attachments.
    pub async fn message_html(&self, actor: &Actor, id: &MessageId) -> Result<String> {
        let (ticket, access, html): (String, String, Option<String>) =
            sqlx::query_as("select ticket_id, access, html from message where id = $1 and taken_back_at is null")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?
                .ok_or(Error::NotFound)?;
        self.facts(actor, &TicketId(ticket)).await?;
        if actor.agent().is_none() && access != Access::External.as_str() {
            return Err(Error::NotFound);
        }
        let mut html = html.ok_or(Error::NotFound)?;
        let pictures: Vec<(String, String)> =
            sqlx::query_as("select id, content_id from attachment where message_id = $1 and content_id is not null")
                .bind(id.clone())
                .fetch_all(self.read())
                .await?;
        for (attachment, content_id) in pictures {
            html = html.replace(&format!("cid:{content_id}"), &format!("/file/attachment/{attachment}"));
        }
        Ok(html)
    }

    /// The mail as it came, for agents.
    pub async fn message_source(&self, actor: &Actor, id: &MessageId) -> Result<Vec<u8>> {
        staff(actor)?;
        let (ticket, source): (String, Option<String>) =
            // What was blacked out is not there to be read in the mail it came in.
            sqlx::query_as("select ticket_id, source from message where id = $1 and redacted_at is null and taken_back_at is null")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?
                .ok_or(Error::NotFound)?;
        self.facts(actor, &TicketId(ticket)).await?;
        self.blobs().get(&source.ok_or(Error::NotFound)?).await
    }

    /// An attached file. D3: those of internal messages are not there for customers.
    pub async fn attachment(&self, actor: &Actor, id: &AttachmentId) -> Result<(Attachment, Vec<u8>)> {
        let row: Option<(String, String, String, String, i64, String)> = sqlx::query_as(
            "select m.ticket_id, m.access, a.name, a.mime, a.size, a.blob
             from attachment a join message m on m.id = a.message_id
             where a.id = $1 and m.taken_back_at is null",
        )
        .bind(id.clone())
        .fetch_optional(self.read())
        .await?;
        let (ticket, access, name, mime, size, blob) = row.ok_or(Error::NotFound)?;
        self.facts(actor, &TicketId(ticket)).await?;
        if actor.agent().is_none() && access != Access::External.as_str() {
            return Err(Error::NotFound);
        }
        let bytes = self.blobs().get(&blob).await?;
        Ok((Attachment { id: id.clone(), name, mime, size }, bytes))
    }

    /// Who a request's mail goes to: the main contact, or the address it came from.
    pub(crate) async fn customer_address(
        &self,
        ticket: &TicketId,
        person: Option<&PersonId>,
    ) -> Result<Option<String>> {
        // The address they wrote from last, so that nobody is answered at an address they don't use here.
        let last: Option<String> = sqlx::query_scalar(
            "select author_email from message
             where ticket_id = $1 and kind = 'enquiry' and access = 'external' and author_email <> ''
               and ($2 = '' or person_id = $2)
             order by created_at desc, id desc limit 1",
        )
        .bind(ticket.clone())
        .bind(person.map(|p| p.0.clone()).unwrap_or_default())
        .fetch_optional(self.read())
        .await?;
        match (last, person) {
            (Some(text), _) => Ok(address(&text).ok()),
            (None, Some(person)) => self.first_address(person).await,
            (None, None) => Ok(None),
        }
    }
}

impl Write {
    pub(crate) async fn add_comment(
        &mut self,
        actor: &Actor,
        id: &TicketId,
        text: String,
        files: Vec<InboundFile>,
        minutes: i64,
    ) -> Result<MessageId> {
        let said = text.clone();
        let new = NewMessage {
            minutes,
            kind: Some(MessageKind::Comment),
            internal: true,
            agent: actor.agent().cloned(),
            author_name: actor.name().to_owned(),
            text,
            files,
            ..NewMessage::default()
        };
        let message = self.add_message(id, new).await?;
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::Commented, fact).await?;
        self.note_mentions(actor, id, &message, &said).await?;
        Ok(message)
    }

    /// A reply is held back when the customer said something after what its writer had read.
    async fn nothing_newer(&mut self, ticket: &TicketId, seen: i64) -> Result<()> {
        let newer: Option<i64> = sqlx::query_scalar(
            "select number from event where ticket_id = $1 and number > $2 and kind in ('enquiry-received', 'replied') limit 1",
        )
        .bind(ticket.clone())
        .bind(seen)
        .fetch_optional(self.sql())
        .await?;
        if newer.is_some() { Err(Error::invalid("seen", Why::NotAChoice)) } else { Ok(()) }
    }
}

/// TIM-1: begun minutes count.
pub(crate) fn whole_minutes(seconds: i64) -> i64 {
    (seconds.clamp(0, 100_000 * 60) + 59) / 60
}

pub(crate) fn first_name(name: &str) -> String {
    name.split_whitespace().next().unwrap_or(name).to_owned()
}

fn lines(text: &str) -> Vec<String> {
    text.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{file_name, preview};

    #[test]
    fn file_names_can_t_lead_astray() {
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("faktura\u{202e}fdp.exe"), "fakturafdp.exe");
        assert_eq!(file_name("C:\\temp\\a.pdf"), "a.pdf");
        assert_eq!(file_name("..."), "file");
    }

    #[test]
    fn a_preview_leaves_out_what_was_quoted() {
        assert_eq!(preview("Takk!\n\n> gammelt", Some(7)), "Takk!");
        assert_eq!(preview("> bare sitat", Some(0)), "> bare sitat");
    }
}
