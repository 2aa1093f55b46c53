//! A mail of ours that came back.

use crate::{
    Result,
    db::{Fact, Write},
    intake::sender_of,
    message::NewMessage,
    model::*,
    outside::Inbound,
    person::shorten,
    thread::BouncedMessage,
};

impl Write {
    pub(crate) async fn add_bounce(
        &mut self,
        found: &BouncedMessage,
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
}
