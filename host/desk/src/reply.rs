//! An agent's answer to the customer. Section 4.1.

use crate::{
    Desk, Error, Result, Why,
    access::{TicketFacts, staff},
    blob::hex,
    db::{Fact, Write},
    hold::Wait,
    intake::Account,
    letter::{Letter, OutgoingMail, Prepared, Spoken},
    message::{LONGEST_TEXT, NewMessage, Time, written},
    model::*,
    outside::Party,
    person::address,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

impl Desk {
    /// Answers the customer: on the request, and by mail. Section 4.1.
    ///
    /// # Errors
    /// `Invalid { field: "seen" }` when the customer wrote something the agent has not seen; at `to` where their mail has nobody
    /// to be answered and nobody is named.
    pub async fn reply(&self, actor: &Actor, id: &TicketId, draft: Draft) -> Result<MessageId> {
        let me = staff(actor)?.clone();
        if draft.access == Access::Internal {
            return Err(Error::invalid("access", Why::InternalToCustomer));
        }
        let text = written("text", &draft.text, LONGEST_TEXT)?;
        // MRG-2: what is said to a swallowed one is said to its survivor.
        let id = &self.survivor(id).await?;
        let facts = self.facts(actor, id).await?;
        let time = Time::of(draft.seconds, draft.charge)?;
        let files = self.uploads(&draft.files)?;
        // Rendered before the pen is taken: a guest may take its time.
        let mut mail = self.prepare_reply(actor, &facts, &draft, &text).await?;
        // CRE-3 is for whoever leaves the line empty; nobody is to believe that a mail was answered which nobody gets.
        if mail.is_none() && draft.recipients.is_none() && self.came_by_mail(&facts).await? {
            return Err(Error::invalid("to", Why::Missing));
        }
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        // Swallowed while the letter was made: it is made again for the other one.
        if write.survivor(id).await? != *id {
            return Err(Error::Changed { by: String::new() });
        }
        let now_facts = write.editable(actor, id).await?;
        let account = write.account(&AccountId(now_facts.account_id.clone())).await?;
        if let Some(before) = write.sent_before(&account, &draft.key).await? {
            return Ok(before);
        }
        if let Some(seen) = draft.seen {
            write.nothing_newer(id, seen).await?;
        }
        let hold = write.hold(actor).await?;
        // Nobody is told of what may still come back.
        write.quiet = hold > 0;
        let seen = if write.quiet { write.seen_by_customer(id).await? } else { String::new() };
        if let Some(mail) = &mut mail {
            mail.hold = hold;
        }
        let new = NewMessage {
            kind: Some(MessageKind::Reply),
            agent: Some(me.clone()),
            author_name: actor.name().to_owned(),
            text,
            template: draft.template.clone(),
            files,
            time,
            ..NewMessage::default()
        };
        let joins = mail.as_ref().map(|mail| mail.joins.clone()).unwrap_or_default();
        let message = write.send_message(self, actor, &now_facts, new, mail, OutgoingMail::REPLY).await?;
        write.note_sent(&account, &draft.key, id, &message).await?;
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        let said = write.record(actor, Cause::Person, EventKind::Replied, fact).await?;
        write.join_recipients(actor, &now_facts, &joins).await?;
        write.take_on_reply(actor, &now_facts, &me).await?;
        write.set_status_with_reply(actor, id, &draft).await?;
        if hold > 0 {
            write.keep_held(actor, &message, Wait { hold, said, seen }, draft).await?;
        }
        self.commit(write).await?;
        Ok(message)
    }

    /// Whether a customer wrote by mail about something that customers see.
    async fn came_by_mail(&self, facts: &TicketFacts) -> Result<bool> {
        let mail: Option<MessageId> = sqlx::query_scalar(
            "select id from message where ticket_id = $1 and kind = 'enquiry' and access = 'external' and source is not null
               and taken_back_at is null limit 1",
        )
        .bind(facts.id.clone())
        .fetch_optional(self.read())
        .await?;
        Ok(mail.is_some() && facts.access == Access::External.as_str())
    }

    /// A reply as mail: rendered by its plugin in the customer's language. None when there is nobody to mail it to.
    pub(crate) async fn prepare_reply(
        &self,
        actor: &Actor,
        facts: &TicketFacts,
        draft: &Draft,
        text: &str,
    ) -> Result<Option<Prepared>> {
        // A conversation is answered where it goes on, unless somebody is named.
        if draft.recipients.is_none()
            && let Some(spoken) = self.conversation(&facts.id).await?
        {
            return self.prepare_to_speak(facts, spoken, text).await.map(Some);
        }
        let recipients = self.recipients(facts, draft).await?;
        if recipients.all().next().is_none() {
            return Ok(None);
        }
        let mut sheet = self.sheet("reply", facts).await?;
        if let Some(me) = actor.agent() {
            let agent = self.agent(me).await?;
            sheet.agent_name = agent.name;
            sheet.signature = agent.signature;
        }
        sheet.draft = Some(text.to_owned());
        // MSG-3
        let quotes = match (draft.quote, actor.agent()) {
            (Some(quotes), _) => quotes,
            (None, Some(me)) => self.preferences_of(me).await?.quote,
            (None, None) => false,
        };
        if !quotes {
            sheet.quote = None;
        }
        let mut mail = Prepared {
            to: self.parties(&recipients.to).await?,
            cc: self.parties(&recipients.cc).await?,
            subject: facts.title.clone(),
            language: sheet.language,
            ..Prepared::default()
        };
        let mut rendered: HashMap<String, Rendered> = HashMap::new();
        for address in recipients.all() {
            let joins = !recipients.apart && recipients.to.contains(address);
            // Each contact finds the request by their own link, and nobody by another's.
            let contact = self.contact_at(&facts.id, address, joins).await?;
            sheet.ticket_url = match &contact {
                Some(person) => format!("{}{}", self.public_url(), self.link(facts.number, &facts.id, person)),
                None => String::new(),
            };
            if !rendered.contains_key(&sheet.ticket_url) {
                rendered.insert(sheet.ticket_url.clone(), self.render_mail(facts, &sheet).await?);
            }
            let letter = &rendered[&sheet.ticket_url];
            if let Some(subject) = &letter.subject {
                mail.subject.clone_from(subject);
            }
            let (recipient, text, html) = (address.clone(), letter.text.clone(), letter.html.clone());
            mail.letters.push(Letter { recipient, text, html });
        }
        if !recipients.apart {
            mail.joins = recipients.to;
        }
        mail.bcc = recipients.bcc;
        Ok(Some(mail))
    }

    /// A reply on a channel: what the agent wrote, and nothing around it.
    async fn prepare_to_speak(&self, facts: &TicketFacts, spoken: Spoken, text: &str) -> Result<Prepared> {
        let sheet = self.sheet("reply", facts).await?;
        let letter = Letter { recipient: spoken.to.clone(), text: text.to_owned(), html: String::new() };
        Ok(Prepared {
            to: vec![Party { address: spoken.to.clone(), name: sheet.customer_name }],
            subject: facts.title.clone(),
            language: sheet.language,
            letters: vec![letter],
            spoken: Some(spoken),
            ..Prepared::default()
        })
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
               and taken_back_at is null and ($2 = '' or person_id = $2)
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

/// A key of ours beside the names that remotes give to their messages: those have no blanks. A program may well answer a
/// message under the message's own name.
fn by_us(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("key {key}") }
}

/// What a customer's form is known by: its key and everything that was sent with it. The same again is the same, and other
/// words under an old key are something else, so that none are dropped. Nothing without a key; else of one length, however
/// long the key.
pub(crate) fn known_as(key: &str, sent: &impl Serialize) -> Result<String> {
    if key.is_empty() {
        return Ok(String::new());
    }
    Ok(hex(&Sha256::digest(serde_json::to_vec(&(key, sent))?)))
}

impl Write {
    /// Whether a draft with this key has been sent before.
    pub(crate) async fn sent_before(&mut self, account: &Account, key: &str) -> Result<Option<MessageId>> {
        let key = by_us(key);
        if key.is_empty() || self.first_time(&account.id, &key).await? {
            return Ok(None);
        }
        let known: Option<String> =
            sqlx::query_scalar("select message_id from received where account_id = $1 and external_id = $2")
                .bind(account.id.clone())
                .bind(key)
                .fetch_one(self.sql())
                .await?;
        Ok(known.map(MessageId))
    }

    /// What was said under a key, for when it comes again; nothing without one.
    pub(crate) async fn note_sent(
        &mut self,
        account: &Account,
        key: &str,
        ticket: &TicketId,
        message: &MessageId,
    ) -> Result<()> {
        match by_us(key) {
            key if key.is_empty() => Ok(()),
            key => self.note_received(&account.id, &key, ticket, Some(message)).await,
        }
    }

    /// MSG-5, MSG-7: the status that was chosen together with the reply.
    async fn set_status_with_reply(&mut self, actor: &Actor, id: &TicketId, draft: &Draft) -> Result<()> {
        match &draft.status {
            _ if draft.close => self.close(actor, Cause::Person, id).await,
            Some(status) => self.set_status_until(actor, id, status, draft.until).await,
            None => Ok(()),
        }
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
