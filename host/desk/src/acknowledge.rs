//! The one automatic answer that a new request gets. Section 12.5.

use crate::{
    Desk, Result,
    access::TicketFacts,
    db::Fact,
    job::{Job, Outcome, finish},
    letter::OutgoingMail,
    message::NewMessage,
    model::*,
};

/// The template of the receipt.
pub(crate) const RECEIVED: &str = "received";

impl Desk {
    /// AUT-1, AUT-5: exactly one for each request, however often this runs.
    pub(crate) async fn acknowledge(&self, job: &Job) -> Result<Outcome> {
        self.answer_by_machine(job, RECEIVED).await
    }

    /// The number, by mail, for someone who called. PHO-1.
    pub(crate) async fn confirm(&self, job: &Job) -> Result<Outcome> {
        self.answer_by_machine(job, "registered").await
    }

    async fn answer_by_machine(&self, job: &Job, template: &str) -> Result<Outcome> {
        let id = TicketId(job.subject.clone());
        let facts: TicketFacts = self.facts(&Actor::System, &id).await?;
        let sheet = self.sheet(template, &facts).await?;
        let Some(mail) = self.prepare(&facts, sheet).await? else { return Ok(Outcome::Done) };
        let mut write = self.write().await?;
        let facts = write.facts(&Actor::System, &id).await?;
        // Section 25.1: it may have become internal or gone to the bin since it was begun.
        if let Some(hidden) = facts.hidden_from_customers() {
            if finish(&mut write, job).await? {
                write.withhold_receipt(Cause::Plugin, &id, hidden).await?;
                self.commit(write).await?;
            }
            return Ok(Outcome::Done);
        }
        let there: Option<String> =
            sqlx::query_scalar("select id from message where ticket_id = $1 and kind = 'automatic' limit 1")
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
        if there.is_none() {
            let organisation = self.organisation().await?;
            let new = NewMessage {
                kind: Some(MessageKind::Automatic),
                author_name: organisation.name,
                text: mail.letters.first().map(|letter| letter.text.clone()).unwrap_or_default(),
                template: Some(template.to_owned()),
                ..NewMessage::default()
            };
            let manner = OutgoingMail::ACKNOWLEDGEMENT;
            write.send_message(self, &Actor::System, &facts, new, Some(mail), manner).await?;
            let fact = Fact { ticket: Some(&id), new: Some(template), ..Fact::default() };
            write.record(&Actor::System, Cause::Plugin, EventKind::Acknowledged, fact).await?;
        }
        finish(&mut write, job).await?;
        self.commit(write).await?;
        Ok(Outcome::Done)
    }
}
