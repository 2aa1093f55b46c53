//! Spam: into the bin, its sender remembered, never answered, counted nowhere. SPM-1, STAT-5.

use crate::{
    Desk, Result,
    access::staff,
    db::{Fact, Write, word},
    model::*,
    outside::Inbound,
    person::address,
    transition::{Deciders, decide},
};

impl Desk {
    /// Marks requests as spam; each answers for itself, like [`Desk::take_many`].
    pub async fn mark_spam(&self, actor: &Actor, tickets: &[TicketId]) -> Result<Vec<Took>> {
        staff(actor)?;
        self.entitled(actor, Right::Spam).await?;
        let mut done = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            let refused = self.mark_one_spam(actor, ticket).await.err();
            done.push(Took { ticket: ticket.clone(), refused });
        }
        Ok(done)
    }

    async fn mark_one_spam(&self, actor: &Actor, id: &TicketId) -> Result<()> {
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        let kind = decide(Some(word(&facts.state)?), Happening::MarkedSpam, Deciders::default()).allowed("ticket")?;
        write.is_not_held(id).await?;
        let senders: Vec<String> = sqlx::query_scalar(
            "select distinct author_email from message where ticket_id = $1 and kind = 'enquiry' and author_email <> ''",
        )
        .bind(id.clone())
        .fetch_all(write.sql())
        .await?;
        let now = write.now;
        for sender in senders {
            // All who fill in a form on the web may write from an address of ours.
            if write.is_ours(&sender).await? {
                continue;
            }
            sqlx::query("insert into spam_sender (address, agent_id, at) values ($1, $2, $3) on conflict do nothing")
                .bind(sender)
                .bind(actor.agent().cloned())
                .bind(now)
                .execute(write.sql())
                .await?;
        }
        write.put_in_bin(id).await?;
        sqlx::query("update ticket set spam_at = $2 where id = $1")
            .bind(id.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        write.record(actor, Cause::Person, kind, fact).await?;
        self.commit(write).await
    }
}

impl Write {
    /// Whether mail of this sender goes to the bin unseen.
    pub(crate) async fn is_spam(&mut self, mail: &Inbound) -> Result<bool> {
        let Ok(sender) = address(&mail.from.address) else { return Ok(false) };
        let known: Option<i64> = sqlx::query_scalar("select at from spam_sender where address = $1")
            .bind(sender)
            .fetch_optional(self.sql())
            .await?;
        Ok(known.is_some())
    }

    /// Whoever wrote this request is a sender like any other again.
    pub(crate) async fn forget_spam_senders(&mut self, id: &TicketId) -> Result<()> {
        sqlx::query("delete from spam_sender where address in (select author_email from message where ticket_id = $1)")
            .bind(id.clone())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// A request that just came, from a sender who is known for spam: nobody is told, nothing is answered.
    pub(crate) async fn bin_spam(&mut self, id: &TicketId) -> Result<()> {
        self.put_in_bin(id).await?;
        let now = self.now;
        sqlx::query("update ticket set spam_at = $2 where id = $1")
            .bind(id.clone())
            .bind(now)
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(id), ..Fact::default() };
        self.record(&Actor::System, Cause::Mail, EventKind::MarkedSpam, fact).await?;
        Ok(())
    }
}
