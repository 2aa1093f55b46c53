//! Everything about a person, to be handed over or forgotten. C-20 (GDPR, articles 15 and 17).

use crate::{
    Desk, Error, Result,
    access::administrator,
    db::{Fact, Write},
    model::*,
};

/// What stands where a name or a text was.
const GONE: &str = "—";

impl Desk {
    /// All that is kept about a person, as one document.
    pub async fn dossier(&self, actor: &Actor, id: &PersonId) -> Result<Dossier> {
        administrator(actor)?;
        let person = self.people(std::slice::from_ref(id)).await?.pop().ok_or(Error::NotFound)?;
        let note: String =
            sqlx::query_scalar("select note from person where id = $1").bind(id.clone()).fetch_one(self.read()).await?;
        let tickets: Vec<(TicketId, i64, String, i64, Option<i64>)> = sqlx::query_as(
            "select t.id, t.number, t.title, t.created_at, t.closed_at from ticket t
             join ticket_contact c on c.ticket_id = t.id where c.person_id = $1 order by t.number",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let mut requests = vec![];
        for (ticket, number, title, created_at, closed_at) in tickets {
            // What colleagues said among themselves is theirs.
            let messages = self.messages(&ticket, false).await?;
            requests.push(DossierRequest { number, title, created_at, closed_at, messages });
        }
        let mut write = self.write().await?;
        let fact = Fact { new: Some(id.as_str()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::PersonExported, fact).await?;
        self.commit(write).await?;
        Ok(Dossier { person, id: id.clone(), note, requests })
    }

    /// Forgets a person: names, addresses, numbers, what they wrote and the mails it came in. Their requests stay as numbers
    /// for the statistics, without words.
    pub async fn erase_person(&self, actor: &Actor, id: &PersonId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let there: Option<i64> =
            sqlx::query_scalar("select created_at from person where id = $1 and erased_at is null")
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
        there.ok_or(Error::NotFound)?;
        let blobs = write.forget(id).await?;
        let fact = Fact { new: Some(id.as_str()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::PersonErased, fact).await?;
        // The index forgets what the rows no longer say.
        let fact = Fact { new: Some(id.as_str()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::PersonChanged, fact).await?;
        self.commit(write).await?;
        self.sweep(blobs).await
    }
}

impl Write {
    async fn forget(&mut self, id: &PersonId) -> Result<Vec<String>> {
        let blobs: Vec<String> = sqlx::query_scalar(
            "select a.blob from attachment a join message m on m.id = a.message_id where m.person_id = $1
             union select source from message where person_id = $1 and source is not null
             union select d.raw from delivery d join ticket t on t.id = d.ticket_id where t.person_id = $1 and d.raw is not null",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?;
        let now = self.now;
        for sql in [
            "delete from attachment where message_id in (select id from message where person_id = $1) and $2 <> '' and $3 > 0",
            "delete from redaction where message_id in (select id from message where person_id = $1) and $2 <> '' and $3 > 0",
            // Our answers name them too: what left to them is forgotten with them.
            "update delivery set parcel = '{}', recipient = $2, subject = $2, raw = null where state <> 'queued' and $3 > 0
               and ticket_id in (select id from ticket where person_id = $1)",
            "update message set text = $2, html = null, source = null, author_name = $2, author_email = '', recipients = '',
                    cc = '', problem = null, quote_at = null, redacted_at = $3 where person_id = $1",
            // The correspondence with them, also our side of it; what colleagues said inside stays.
            "update message set text = $2, html = null, recipients = '', cc = '', redacted_at = $3
               where access = 'external' and ticket_id in (select id from ticket where person_id = $1)",
            "update ticket set title = $2, sender = $2, preview = '' where person_id = $1 and $3 > 0",
            // The log keeps that it happened, not who it was.
            "update event set actor_name = $2 where actor_kind = 'customer' and actor_id = $1 and $3 > 0",
            "update event set old = case when old is null then null else $2 end, new = case when new is null then null else $2 end
               where kind in ('title-changed', 'enquiry-received', 'contact-added', 'contact-removed') and $3 > 0
                 and ticket_id in (select id from ticket where person_id = $1)",
            "update step set changes = '[]' where $2 <> '' and $3 > 0 and number in
               (select k.number from step_ticket k join ticket t on t.id = k.ticket_id where t.person_id = $1)",
            "update redaction set before_text = null, before_html = null where $2 <> '' and $3 > 0 and message_id in
               (select m.id from message m join ticket t on t.id = m.ticket_id where t.person_id = $1)",
            "update notification set actor = $2 where $3 > 0 and ticket_id in (select id from ticket where person_id = $1)",
            "delete from draft where $2 <> '' and $3 > 0 and place in (select id from ticket where person_id = $1)",
            "delete from spam_sender where $2 <> '' and $3 > 0 and address in
               (select address from person_email where person_id = $1)",
            "delete from session where person_id = $1 and $2 <> '' and $3 > 0",
            "delete from sign_in_link where person_id = $1 and $2 <> '' and $3 > 0",
            "delete from person_email where person_id = $1 and $2 <> '' and $3 > 0",
            "delete from person_phone where person_id = $1 and $2 <> '' and $3 > 0",
            "update person set name = $2, note = '', company_id = null, service_agent_id = null, company_requests_at = null,
                    erased_at = $3 where id = $1",
        ] {
            sqlx::query(sql).bind(id.clone()).bind(GONE).bind(now).execute(self.sql()).await?;
        }
        Ok(blobs)
    }
}
