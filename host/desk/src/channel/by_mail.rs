//! An answer on a channel where nobody is any more goes by mail instead: the same message and the same delivery, with a letter
//! around it. The channel says so, when it is sent or later, by the code `by-mail`.

use crate::{Desk, Result, db::Write, job::Kind, letter::Kept, model::*, outside::Party};

impl Write {
    /// What was said, or was to be said, waits to leave by mail. What was seen meanwhile stays where it is.
    pub(super) async fn say_by_mail(&mut self, id: &DeliveryId) -> Result<()> {
        let parcel: Option<String> = sqlx::query_scalar(
            "select parcel from delivery where id = $1 and seen_at is null and state in ('sending', 'sent', 'uncertain')",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some(kept) = parcel.map(|parcel| serde_json::from_str::<Kept>(&parcel)).transpose()? else { return Ok(()) };
        // Mailed already, or forgotten.
        if kept.spoken.is_none() {
            return Ok(());
        }
        let kept = Kept { spoken: None, bare: true, ..kept };
        // It is the account's no more: its remote has no say in it, and giving the account up does not stop it.
        sqlx::query(
            "update delivery set state = 'queued', parcel = $2, account_id = null, attempts = 0, error = null, sent_at = null
             where id = $1",
        )
        .bind(id.clone())
        .bind(serde_json::to_string(&kept)?)
        .execute(self.sql())
        .await?;
        self.enqueue(Kind::Deliver, id.as_str()).await
    }
}

impl Desk {
    /// Puts what was said into a letter to whoever asks, and says to whom; none where no address is known.
    pub(crate) async fn put_into_letter(&self, id: &DeliveryId, kept: Kept) -> Result<Option<(String, Kept)>> {
        let said: Option<(TicketId, Option<AgentId>)> = sqlx::query_as(
            "select m.ticket_id, m.agent_id from delivery d join message m on m.id = d.message_id where d.id = $1",
        )
        .bind(id.clone())
        .fetch_optional(self.read())
        .await?;
        let Some((ticket, agent)) = said else { return Ok(None) };
        let facts = self.facts(&Actor::System, &ticket).await?;
        let Some(recipient) = self.reply_to_all(&facts, None).await?.to.into_iter().next() else { return Ok(None) };
        let mut sheet = self.sheet("reply", &facts).await?;
        if let Some(agent) = agent {
            let agent = self.agent(&agent).await?;
            sheet.agent_name = agent.name;
            sheet.signature = agent.signature;
        }
        sheet.draft = Some(kept.text.clone());
        let contact = self.contact_at(&facts.id, &recipient, false).await?;
        sheet.ticket_url = match &contact {
            Some(person) => format!("{}{}", self.public_url(), self.link(facts.number, &facts.id, person)),
            None => String::new(),
        };
        let letter = self.render_mail(&facts, &sheet).await?;
        let to = self.parties(std::slice::from_ref(&recipient)).await?;
        let kept = Kept {
            to: to.into_iter().map(|Party { address, name }| (address, name)).collect(),
            subject: letter.subject.unwrap_or(kept.subject),
            text: letter.text,
            html: letter.html,
            language: sheet.language,
            bare: false,
            ..kept
        };
        let mut write = self.write().await?;
        sqlx::query("update delivery set recipient = $2, subject = $3, parcel = $4 where id = $1 and state = 'queued'")
            .bind(id.clone())
            .bind(recipient.clone())
            .bind(kept.subject.clone())
            .bind(serde_json::to_string(&kept)?)
            .execute(write.sql())
            .await?;
        self.commit(write).await?;
        Ok(Some((recipient, kept)))
    }
}
