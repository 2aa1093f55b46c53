//! What colleagues say among themselves. Section 4.3.

use crate::{
    Desk, Result,
    access::staff,
    db::{Fact, Write},
    message::{LONGEST_TEXT, NewMessage, Time, written},
    model::*,
    outside::InboundFile,
};

impl Desk {
    /// Says something to colleagues only. MSG-11: never mailed, never shown to a customer.
    pub async fn comment(&self, actor: &Actor, id: &TicketId, draft: Draft) -> Result<MessageId> {
        staff(actor)?;
        let text = written("text", &draft.text, LONGEST_TEXT)?;
        let time = Time::of(draft.seconds, draft.charge)?;
        let files = self.uploads(&draft.files)?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        // MRG-2: what is said to a swallowed one is said to its survivor.
        let id = &write.survivor(id).await?;
        let facts = write.facts(actor, id).await?;
        let account = write.account(&AccountId(facts.account_id)).await?;
        if let Some(before) = write.sent_before(&account, &draft.key).await? {
            return Ok(before);
        }
        let message = write.add_comment(actor, id, text, files, time).await?;
        write.note_sent(&account, &draft.key, id, &message).await?;
        self.commit(write).await?;
        Ok(message)
    }
}

impl Write {
    pub(crate) async fn add_comment(
        &mut self,
        actor: &Actor,
        id: &TicketId,
        text: String,
        files: Vec<InboundFile>,
        time: Time,
    ) -> Result<MessageId> {
        let said = text.clone();
        let new = NewMessage {
            time,
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
}
