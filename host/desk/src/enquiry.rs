//! What customers say, and what their saying it does to the request.

use crate::{
    Desk, Error, Result,
    access::TicketFacts,
    asker::answered_at,
    db::{Fact, Write},
    form::Author,
    intake::{Account, Enquiry, sender_of},
    message::{LONGEST_TEXT, NewMessage, written},
    model::*,
    opening::Opening,
    outside::{Inbound, Party},
    person::{address, shorten},
    reply::known_as,
    thread::Place,
};

impl Desk {
    /// A customer's answer, from the portal, and where it came: on a new request where the status wants no more answers.
    /// POR-9, STA-3.
    pub async fn answer(
        &self,
        actor: &Actor,
        id: &TicketId,
        text: &str,
        files: Vec<Upload>,
        key: &str,
    ) -> Result<Opened> {
        let person = actor.person().ok_or(Error::Unauthenticated)?.clone();
        let text = written("text", text, LONGEST_TEXT)?;
        // The same page comes back with its key where a browser kept it; other words on it are another answer.
        let key = &known_as(key, &(&person, &text, &files))?;
        let files = self.uploads(&files)?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        let facts = write.facts(actor, id).await?;
        let account = write.account_of_kind("portal").await?;
        if let Some(before) = write.sent_before(&account, key).await? {
            drop(write);
            let there: TicketId = sqlx::query_scalar("select ticket_id from message where id = $1")
                .bind(before.clone())
                .fetch_one(self.read())
                .await?;
            return Ok(Opened { message: Some(before), ..self.opened(&there, Some(&person)).await? });
        }
        let email: Option<String> =
            sqlx::query_scalar("select address from person_email where person_id = $1 order by position limit 1")
                .bind(person.clone())
                .fetch_optional(write.sql())
                .await?;
        let party = Party { address: email.unwrap_or_default(), name: actor.name().to_owned() };
        let new = NewMessage {
            person: Some(person.clone()),
            author_name: actor.name().to_owned(),
            author_email: party.address.clone(),
            text,
            files,
            ..NewMessage::default()
        };
        let old = match write.place_on(id, Happening::CustomerAnswered).await? {
            Place::After(old) => Some(old),
            _ => None,
        };
        let there = match &old {
            Some(_) => write.open_after(actor, &facts, &account, &person).await?,
            None => id.clone(),
        };
        let message = write.add_message(&there, new).await?;
        write.note_sent(&account, key, &there, &message).await?;
        match old {
            Some(old) => {
                write.hand_in(actor, &account, &there, Author { person: &person, party, new: false }).await?;
                // STA-7
                write.relate(&Actor::System, Cause::Form, &there, &old, RelationKind::Related, "").await?;
            }
            None => {
                write.heard_from_customer(actor, Cause::Form, id, actor.name(), Happening::CustomerAnswered).await?;
            }
        }
        self.commit(write).await?;
        Ok(Opened { message: Some(message), ..self.opened(&there, Some(&person)).await? })
    }
}

impl Write {
    /// A request about the same as one that wants no more answers, for what its customer has to say.
    async fn open_after(
        &mut self,
        actor: &Actor,
        old: &TicketFacts,
        account: &Account,
        person: &PersonId,
    ) -> Result<TicketId> {
        self.grounds.category = Some(Source::Saker);
        let opening = Opening {
            title: old.title.clone(),
            origin: Origin::Portal,
            access: Access::External,
            account: account.id.clone(),
            category: CategoryId(old.category_id.clone()),
            priority: None,
            kind: None,
            status: None,
            person: Some(person.clone()),
            sender: actor.name().to_owned(),
            owner: None,
        };
        self.open(actor, Cause::Form, opening).await
    }

    /// The first message of a new request, or one more on an old one; the facts about the request are the caller's. What
    /// only a machine says, such as that somebody is away, is no news.
    pub(crate) async fn add_enquiry(
        &mut self,
        ticket: &TicketId,
        enquiry: &Enquiry<'_>,
        news: bool,
    ) -> Result<MessageId> {
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
            author_email: address(&mail.from.address).unwrap_or_else(|_| mail.from.address.clone()),
            unproven: enquiry.unproven,
            reply_to: answered_at(mail).map(|party| party.address).unwrap_or_default(),
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
            no_news: !news,
            ..NewMessage::default()
        };
        self.add_message(ticket, new).await
    }

    /// Section 25.2: an enquiry on a request that is there already.
    pub(crate) async fn append_enquiry(&mut self, ticket: &TicketId, enquiry: &Enquiry<'_>) -> Result<MessageId> {
        let by_somebody = enquiry.by_somebody();
        let message = self.add_enquiry(ticket, enquiry, by_somebody).await?;
        // A machine's answer wakes nobody: no reopening, no notice. It is there to be read.
        if by_somebody {
            let sender = sender_of(enquiry.mail);
            self.heard_from_customer(&Actor::System, Cause::Mail, ticket, &sender, Happening::CustomerWrote).await?;
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
        what: Happening,
    ) -> Result<()> {
        sqlx::query("update ticket set read = case when read = 'read' then 'news' else read end where id = $1")
            .bind(ticket.clone())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(ticket), new: Some(by), ..Fact::default() };
        self.record(actor, cause, EventKind::EnquiryReceived, fact).await?;
        self.reopen(actor, cause, ticket, what).await?;
        self.reassign_if_absent(cause, ticket).await
    }
}
