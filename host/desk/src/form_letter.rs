//! A template that the house sends to a customer by itself, where a rule or a level of an escalation says so. Section 7.3.

use crate::{
    Desk, Error, Result, Why,
    db::{Fact, Write},
    job::{Job, Kind, Outcome, finish},
    letter::OutgoingMail,
    message::NewMessage,
    model::*,
    template::unasked,
};
use serde::{Deserialize, Serialize};

/// A letter to be made, as its job keeps it.
#[derive(Serialize, Deserialize)]
struct FormLetter {
    ticket: TicketId,
    template: String,
    /// The rule, or the house itself.
    by: Actor,
    cause: Cause,
}

impl Desk {
    /// Whether a template is there, and can be filled in without anybody answering what it asks.
    ///
    /// # Errors
    /// `field` with [`Why::NotAChoice`] where it can't.
    pub(crate) async fn sends_itself(&self, field: &str, template: &str) -> Result<()> {
        let card = self.template(Language::default(), template).await?;
        card.filter(|card| unasked(card).is_ok()).map(|_| ()).ok_or_else(|| Error::invalid(field, Why::NotAChoice))
    }

    /// Makes the letter, says it where the customer is talked with, and notes it on the request: all in one write with the end
    /// of the job, so that it leaves once. Nobody hears of a request that customers do not see (CRE-6, section 25.1).
    pub(crate) async fn send_form_letter(&self, job: &Job) -> Result<Outcome> {
        let FormLetter { ticket, template, by, cause } = serde_json::from_str(&job.subject)?;
        let facts = self.facts(&Actor::System, &ticket).await?;
        if facts.hidden_from_customers().is_some() {
            return Ok(Outcome::Done);
        }
        let mut sheet = self.sheet(&template, &facts).await?;
        sheet.quote = None;
        let Some(card) = self.template(sheet.language, &template).await? else {
            // Taken away since it was chosen: nobody to blame, and nothing to say.
            return Ok(Outcome::Done);
        };
        sheet.more.extend(unasked(&card)?);
        let text = self.render(&sheet).await?.text;
        let draft = Draft { quote: Some(false), ..Draft::default() };
        let Some(mail) = self.prepare_reply(&Actor::System, &facts, &draft, &text).await? else {
            return Ok(Outcome::Done);
        };
        let new = NewMessage {
            kind: Some(MessageKind::Automatic),
            author_name: self.organisation().await?.name,
            text,
            template: Some(template.clone()),
            ..NewMessage::default()
        };
        let mut write = self.write().await?;
        // Another worker may have had it in hand, after a lease that ended.
        if finish(&mut write, job).await? {
            let facts = write.facts(&Actor::System, &ticket).await?;
            if facts.hidden_from_customers().is_none() {
                write.send_message(self, &Actor::System, &facts, new, Some(mail), OutgoingMail::NOTICE).await?;
                let fact = Fact { ticket: Some(&ticket), new: Some(&template), ..Fact::default() };
                write.record(&by, cause, EventKind::TemplateSent, fact).await?;
            }
            self.commit(write).await?;
        }
        Ok(Outcome::Done)
    }
}

impl Write {
    /// Leaves with this write.
    pub(crate) async fn queue_form_letter(
        &mut self,
        by: &Actor,
        cause: Cause,
        ticket: &TicketId,
        template: &str,
    ) -> Result<()> {
        let letter = FormLetter { ticket: ticket.clone(), template: template.to_owned(), by: by.clone(), cause };
        self.enqueue(Kind::FormLetter, &serde_json::to_string(&letter)?).await
    }
}
