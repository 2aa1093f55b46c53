//! Conversations with outside helpers. Section 4.4, C-16.
//!
//! They are internal messages that leave by mail. An answer comes back by the name of the mail it answers, and only from an
//! address that was asked; nothing of it reaches the customer, and nobody in it becomes a contact. FWD-1 to FWD-3.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    clock::HOUR,
    db::{Fact, Write},
    intake::{Enquiry, sender_of},
    merge::with_swallowed,
    message::{LONGEST_TEXT, NewMessage, written},
    model::*,
    outside::{Inbound, InboundFile},
    person::{address, shorten},
    recipient::tidied,
};

/// Helpers who have not answered in time.
pub(crate) const DUE: &str = "select id as subject, ticket_id, remind_at as due_at from side
    where remind_at <= $1 and waiting_since is not null";

#[derive(sqlx::FromRow)]
struct SideRow {
    id: SideId,
    subject: String,
    helpers: String,
    cc: String,
    bcc: String,
    agent_id: Option<String>,
    created_at: i64,
    waiting_since: Option<i64>,
    remind_at: Option<i64>,
    closed_at: Option<i64>,
}

impl SideRow {
    /// Everybody who was asked.
    fn all(&self) -> impl Iterator<Item = &str> {
        self.helpers.lines().chain(self.cc.lines()).chain(self.bcc.lines())
    }

    fn names(&self) -> String {
        self.all().collect::<Vec<_>>().join(", ")
    }
}

/// Where a helper's answer belongs.
pub(crate) struct HelperPlace {
    pub ticket: TicketId,
    pub side: SideId,
}

impl Desk {
    /// Asks somebody outside, sending a message along. The mail comes from us, never in the customer's name (FWD-4).
    ///
    /// # Errors
    /// `Invalid` at `to`, `cc` or `bcc` for what is no address, for an address of ours, for nobody and for more than
    /// [`MOST_RECIPIENTS`](crate::recipient::MOST_RECIPIENTS).
    pub async fn ask_helper(&self, actor: &Actor, id: &TicketId, question: Question) -> Result<SideId> {
        staff(actor)?;
        let helpers = self.helpers(&question).await?;
        let text = written("text", &question.text, LONGEST_TEXT)?;
        let signature = self.profile(actor).await?.signature;
        let more = self.uploads(&question.files)?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        let account = write.account(&AccountId(facts.account_id.clone())).await?;
        if let Some(before) = write.sent_before(&account, &question.key).await? {
            return write.side_of(&before).await;
        }
        let (along, mut files) = write.sent_along(id, &question).await?;
        files.extend(more);
        let subject = shorten(&facts.title, 200);
        let side = write.begin_side(actor, id, &subject, &helpers, question.remind_hours).await?;
        let body = [text.as_str(), signature.trim(), along.as_str()].into_iter().filter(|part| !part.is_empty());
        let body = body.collect::<Vec<_>>().join("\n\n");
        let message = write.say_to_helpers(self, actor, &facts, &side, body, files).await?;
        write.note_sent(&account, &question.key, id, &message).await?;
        let who = helpers.all().cloned().collect::<Vec<_>>().join(", ");
        let fact = Fact { ticket: Some(id), new: Some(&who), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::HelperAsked, fact).await?;
        self.commit(write).await?;
        Ok(side)
    }

    /// Writes to the helpers of a conversation once more.
    ///
    /// # Errors
    /// `files` for what was not uploaded to us, and for too many.
    pub async fn write_helper(&self, actor: &Actor, side: &SideId, further: Further) -> Result<()> {
        staff(actor)?;
        let text = written("text", &further.text, LONGEST_TEXT)?;
        let files = self.uploads(&further.files)?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        let (ticket, row) = write.side(side).await?;
        let facts = write.editable(actor, &ticket).await?;
        let (now, remind) = (write.now, further.remind_hours.map(|hours| write.now + i64::from(hours) * HOUR));
        sqlx::query("update side set waiting_since = $2, remind_at = $3, closed_at = null where id = $1")
            .bind(side.clone())
            .bind(now)
            .bind(remind)
            .execute(write.sql())
            .await?;
        write.say_to_helpers(self, actor, &facts, side, text, files).await?;
        let who = row.names();
        let fact = Fact { ticket: Some(&ticket), new: Some(&who), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::HelperAsked, fact).await?;
        self.commit(write).await
    }

    /// Nothing more is waited for.
    pub async fn end_side(&self, actor: &Actor, side: &SideId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let (ticket, row) = write.side(side).await?;
        write.editable(actor, &ticket).await?;
        let now = write.now;
        sqlx::query("update side set closed_at = $2, waiting_since = null, remind_at = null where id = $1")
            .bind(side.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        let who = row.names();
        let fact = Fact { ticket: Some(&ticket), new: Some(&who), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::HelperDone, fact).await?;
        self.commit(write).await
    }

    /// The conversations about a request, and about those that it swallowed.
    pub async fn sides(&self, actor: &Actor, id: &TicketId) -> Result<Vec<Side>> {
        staff(actor)?;
        self.facts(actor, id).await?;
        let rows: Vec<SideRow> = sqlx::query_as(concat!(
            "select id, subject, helpers, cc, bcc, agent_id, created_at, waiting_since, remind_at, closed_at
             from side where ticket_id in ",
            with_swallowed!("$1"),
            " order by created_at, id",
        ))
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Side {
                id: row.id,
                subject: row.subject,
                helpers: lines(&row.helpers),
                cc: lines(&row.cc),
                bcc: lines(&row.bcc),
                agent: row.agent_id.map(AgentId),
                created_at: row.created_at,
                waiting_since: row.waiting_since,
                remind_at: row.remind_at,
                closed_at: row.closed_at,
            })
            .collect())
    }

    async fn helpers(&self, question: &Question) -> Result<Recipients> {
        let Question { to, cc, bcc, .. } = question.clone();
        let helpers = tidied(&Recipients { to, cc, bcc, apart: true }, &self.own_addresses().await?)?;
        if helpers.to.is_empty() { Err(Error::invalid("to", Why::Missing)) } else { Ok(helpers) }
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

impl Write {
    /// Tells that no answer came in time, once.
    pub(crate) async fn remind_of_helpers(&mut self, id: &SideId) -> Result<()> {
        let (ticket, row) = self.side(id).await?;
        // An answer may have come in between, or another node was first.
        if row.waiting_since.is_none() || row.remind_at.is_none_or(|at| at > self.now) {
            return Ok(());
        }
        sqlx::query("update side set remind_at = null where id = $1").bind(id.clone()).execute(self.sql()).await?;
        let who = row.names();
        let fact = Fact { ticket: Some(&ticket), new: Some(&who), ..Fact::default() };
        self.record(&Actor::System, Cause::Clock, EventKind::HelperSilent, fact).await?;
        Ok(())
    }

    async fn side(&mut self, id: &SideId) -> Result<(TicketId, SideRow)> {
        let ticket: Option<TicketId> = sqlx::query_scalar("select ticket_id from side where id = $1")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?;
        let row: SideRow = sqlx::query_as(
            "select id, subject, helpers, cc, bcc, agent_id, created_at, waiting_since, remind_at, closed_at
             from side where id = $1",
        )
        .bind(id.clone())
        .fetch_one(self.sql())
        .await?;
        let ticket = ticket.ok_or(Error::NotFound)?;
        // After a merge the conversation goes on where its request does.
        Ok((self.survivor(&ticket).await?, row))
    }

    async fn begin_side(
        &mut self,
        actor: &Actor,
        ticket: &TicketId,
        subject: &str,
        helpers: &Recipients,
        remind_hours: Option<u16>,
    ) -> Result<SideId> {
        let (side, now) = (SideId::new(), self.now);
        sqlx::query(
            "insert into side (id, ticket_id, subject, helpers, cc, bcc, agent_id, created_at, waiting_since, remind_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
        )
        .bind(side.clone())
        .bind(ticket.clone())
        .bind(subject.to_owned())
        .bind(helpers.to.join("\n"))
        .bind(helpers.cc.join("\n"))
        .bind(helpers.bcc.join("\n"))
        .bind(actor.agent().cloned())
        .bind(now)
        .bind(remind_hours.map(|hours| now + i64::from(hours) * HOUR))
        .execute(self.sql())
        .await?;
        Ok(side)
    }

    /// The quoted text of the message that goes along, and its files.
    async fn sent_along(&mut self, ticket: &TicketId, question: &Question) -> Result<(String, Vec<InboundFile>)> {
        let Some(message) = &question.message else { return Ok((String::new(), vec![])) };
        let row: Option<(String, String)> = sqlx::query_as(
            "select author_name, text from message where id = $1 and ticket_id = $2 and taken_back_at is null",
        )
        .bind(message.clone())
        .bind(ticket.clone())
        .fetch_optional(self.sql())
        .await?;
        let (author, text) = row.ok_or_else(|| Error::invalid("message", Why::NotAChoice))?;
        let quoted = text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
        let files = if question.with_files { self.files_of(message).await? } else { vec![] };
        Ok((format!("{author}:\n{quoted}"), files))
    }

    async fn files_of(&mut self, message: &MessageId) -> Result<Vec<InboundFile>> {
        let rows: Vec<(String, String, i64, String)> =
            sqlx::query_as("select name, mime, size, blob from attachment where message_id = $1 order by id")
                .bind(message.clone())
                .fetch_all(self.sql())
                .await?;
        let file = |(name, mime, size, blob): (String, String, i64, String)| InboundFile {
            name,
            mime,
            size: size as u64,
            blob,
            content_id: None,
        };
        Ok(rows.into_iter().map(file).collect())
    }

    async fn say_to_helpers(
        &mut self,
        desk: &Desk,
        actor: &Actor,
        facts: &crate::access::TicketFacts,
        side: &SideId,
        text: String,
        files: Vec<InboundFile>,
    ) -> Result<MessageId> {
        let (_, row) = self.side(side).await?;
        let new = NewMessage {
            id: Some(MessageId::new()),
            kind: Some(MessageKind::Forward),
            internal: true,
            agent: actor.agent().cloned(),
            author_name: actor.name().to_owned(),
            text,
            files,
            side: Some(side.clone()),
            to: lines(&row.helpers),
            cc: lines(&row.cc),
            bcc: lines(&row.bcc),
            ..NewMessage::default()
        };
        self.send_aside(desk, actor, facts, new, &row.subject).await
    }

    async fn side_of(&mut self, message: &MessageId) -> Result<SideId> {
        let side: Option<Option<SideId>> = sqlx::query_scalar("select side_id from message where id = $1")
            .bind(message.clone())
            .fetch_optional(self.sql())
            .await?;
        side.flatten().ok_or_else(|| Error::invalid("key", Why::Double))
    }

    /// A mail that answers one of ours to a helper, from an address that was asked.
    pub(crate) async fn helper_place(&mut self, mail: &Inbound) -> Result<Option<HelperPlace>> {
        let Ok(sender) = address(&mail.from.address) else { return Ok(None) };
        for name in mail.in_reply_to.iter().chain(mail.references.iter().rev()).take(40) {
            let side: Option<Option<SideId>> = sqlx::query_scalar("select side_id from message where mail_id = $1")
                .bind(name.clone())
                .fetch_optional(self.sql())
                .await?;
            let Some(side) = side.flatten() else { continue };
            let (ticket, row) = self.side(&side).await?;
            if row.all().any(|helper| helper == sender) {
                return Ok(Some(HelperPlace { ticket, side }));
            }
        }
        Ok(None)
    }

    /// A helper's answer: internal, noticed, and nothing in it moves the customer's side of the request. What only their
    /// machine says is no answer: they are waited for as before.
    pub(crate) async fn append_helper(&mut self, place: &HelperPlace, enquiry: &Enquiry<'_>) -> Result<MessageId> {
        let mail = enquiry.mail;
        let by_somebody = enquiry.by_somebody();
        let new = NewMessage {
            kind: Some(MessageKind::Helper),
            internal: true,
            author_name: sender_of(mail),
            author_email: mail.from.address.clone(),
            text: mail.text.trim_end().to_owned(),
            quote_at: mail.quote_at.filter(|at| mail.text.is_char_boundary(*at)).map(|at| at as i64),
            html: mail.html.as_deref().map(crate::clean::mail_html),
            mail_id: (!mail.external_id.is_empty()).then(|| shorten(&mail.external_id, 500)),
            in_reply_to: mail.in_reply_to.first().cloned(),
            source: Some(enquiry.source.to_owned()),
            problem: enquiry.problem.map(str::to_owned),
            files: mail.attachments.clone(),
            side: Some(place.side.clone()),
            no_news: !by_somebody,
            ..NewMessage::default()
        };
        let message = self.add_message(&place.ticket, new).await?;
        if !by_somebody {
            return Ok(message);
        }
        sqlx::query("update side set waiting_since = null, remind_at = null where id = $1")
            .bind(place.side.clone())
            .execute(self.sql())
            .await?;
        sqlx::query("update ticket set read = case when read = 'read' then 'news' else read end where id = $1")
            .bind(place.ticket.clone())
            .execute(self.sql())
            .await?;
        let who = sender_of(mail);
        let fact = Fact { ticket: Some(&place.ticket), new: Some(&who), ..Fact::default() };
        self.record(&Actor::System, Cause::Mail, EventKind::HelperAnswered, fact).await?;
        Ok(message)
    }
}
