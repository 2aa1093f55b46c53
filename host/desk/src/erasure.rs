//! Everything about a person, to be handed over or forgotten. C-20 (GDPR, articles 15 and 17).

use crate::{
    Desk, Error, Result,
    access::administrator,
    alphabet::filed_under,
    db::{Fact, Write, word},
    merge::with_swallowed,
    model::*,
    person::escape_like,
    provenance::family,
};

/// What person `$1` is called, and whoever became them.
macro_rules! names {
    () => {
        concat!("(select name from person where id in ", family!("$1"), ")")
    };
}

/// Requests on which person `$1` wrote, or is a contact.
macro_rules! takes_part {
    () => {
        "(select ticket_id from message where person_id = $1 union select ticket_id from ticket_contact where person_id = $1)"
    };
}

/// What stands where a name or a text was.
const GONE: &str = "—";

impl Desk {
    /// All that is kept about a person, as one document.
    pub async fn dossier(&self, actor: &Actor, id: &PersonId) -> Result<Dossier> {
        administrator(actor)?;
        let id = &self.person_now(id).await?;
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
            let fields = self.filled(&ticket).await?;
            requests.push(DossierRequest { number, title, created_at, closed_at, messages, fields });
        }
        requests.extend(self.copied_to(&person).await?);
        let handles: Vec<(PluginId, String)> = sqlx::query_as(
            "select distinct c.plugin_id, h.address from person_handle h join channel c on c.account_id = h.account_id
             where h.person_id = $1 order by c.plugin_id, h.address",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let findings = self.findings_of_family(id).await?;
        let calls = self.calls_with(id).await?;
        let mut write = self.write().await?;
        let merged = write.merged_into(id).await?;
        let fact = Fact { new: Some(id.as_str()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::PersonExported, fact).await?;
        self.commit(write).await?;
        let named_in = self.named_in(id).await?;
        let handles = handles.into_iter().map(|(plugin, address)| Handle { plugin, address }).collect();
        Ok(Dossier { person, id: id.clone(), note, requests, named_in, merged, handles, findings, calls })
    }

    async fn calls_with(&self, id: &PersonId) -> Result<Vec<DossierCall>> {
        let rows: Vec<(String, String, String, i64, Option<i64>)> = sqlx::query_as(concat!(
            "select direction, number, name, began_at, seconds from phone_call where person_id in ",
            family!("$1"),
            " order by began_at, id",
        ))
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let call = |(direction, number, name, began_at, seconds): (String, _, _, _, _)| {
            Ok(DossierCall { direction: word(&direction)?, number, name, began_at, seconds })
        };
        rows.into_iter().map(call).collect()
    }

    /// Forgets a person: names, addresses, numbers, what they wrote and the mails it came in, and what plugins keep of them.
    /// Their requests stay as numbers for the statistics, without words. Whoever was merged into them is them, and is forgotten along.
    ///
    /// # Errors
    /// [`Error::Held`] while a legal hold keeps them, their company, or a request that they have part in.
    pub async fn erase_person(&self, actor: &Actor, id: &PersonId) -> Result<()> {
        administrator(actor)?;
        let id = &self.person_now(id).await?;
        let addresses: Vec<String> =
            sqlx::query_scalar("select address from person_email where person_id = $1 order by position")
                .bind(id.clone())
                .fetch_all(self.read())
                .await?;
        // Looked for before the pen is taken: all messages have to be looked at.
        let heads = self.heads_with(&addresses).await?;
        let traces = self.traces_of(id).await?;
        let mut write = self.write().await?;
        let there: Option<i64> =
            sqlx::query_scalar("select created_at from person where id = $1 and erased_at is null")
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
        there.ok_or(Error::NotFound)?;
        let named_on: Vec<TicketId> = heads.iter().map(|(_, ticket)| ticket.clone()).collect();
        write.person_is_not_held(id, &named_on).await?;
        write.forget_tries_at(&addresses).await?;
        let mut blobs = write.forget_copies(&addresses, &heads).await?;
        blobs.extend(write.forget_traces(traces).await?);
        let others = write.wrote_on(id).await?;
        for member in write.family(id).await? {
            blobs.extend(write.forget(&member).await?);
        }
        // Requests of others that show what they wrote: their log says why words are missing, and the index looks at them.
        for ticket in &others {
            write.recount(ticket).await?;
            let fact = Fact { ticket: Some(ticket), new: Some(id.as_str()), ..Fact::default() };
            write.record(actor, Cause::Person, EventKind::PersonErased, fact).await?;
        }
        write.loosen(&blobs).await?;
        let fact = Fact { new: Some(id.as_str()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::PersonErased, fact).await?;
        // The index forgets what the rows no longer say.
        let fact = Fact { new: Some(id.as_str()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::PersonChanged, fact).await?;
        self.commit(write).await?;
        self.sweep(blobs).await
    }
}

impl Desk {
    /// The custom fields of a request that hold something.
    async fn filled(&self, ticket: &TicketId) -> Result<Vec<FieldValue>> {
        Ok(self.fields_of(ticket).await?.into_iter().filter(|field| !field.values.is_empty()).collect())
    }

    /// Numbers of requests that name a person in a custom field.
    async fn named_in(&self, id: &PersonId) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar(
            "select distinct t.number from field f join ticket_field x on x.field_id = f.id and x.text = $1
             join ticket t on t.id = x.ticket_id where f.kind = 'person' order by t.number",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?)
    }

    /// Messages whose heads name one of these addresses, with their requests.
    async fn heads_with(&self, addresses: &[String]) -> Result<Vec<(MessageId, TicketId)>> {
        let mut heads = vec![];
        for address in addresses {
            let found: Vec<(MessageId, TicketId)> = sqlx::query_as(
                "select id, ticket_id from message
                 where recipients like $1 escape '!' or cc like $1 escape '!' or bcc like $1 escape '!' order by id",
            )
            .bind(format!("%{}%", escape_like(address)))
            .fetch_all(self.read())
            .await?;
            heads.extend(found);
        }
        Ok(heads)
    }

    /// What was sent to a person on requests that they have no part in: by copy, or as an outside helper.
    async fn copied_to(&self, person: &Person) -> Result<Vec<DossierRequest>> {
        let mut copied: Vec<DossierRequest> = vec![];
        let mut tickets: Vec<TicketId> = self.heads_with(&person.emails).await?.into_iter().map(|(_, id)| id).collect();
        tickets.sort();
        tickets.dedup();
        for id in tickets {
            let contact: Option<i64> =
                sqlx::query_scalar("select position from ticket_contact where ticket_id = $1 and person_id = $2")
                    .bind(id.clone())
                    .bind(person.id.clone())
                    .fetch_optional(self.read())
                    .await?;
            let messages: Vec<Message> =
                self.messages(&id, true).await?.into_iter().filter_map(|m| theirs(m, person)).collect();
            if contact.is_some() || messages.is_empty() {
                continue;
            }
            let (number, title, created_at, closed_at): (i64, String, i64, Option<i64>) =
                sqlx::query_as("select number, title, created_at, closed_at from ticket where id = $1")
                    .bind(id)
                    .fetch_one(self.read())
                    .await?;
            copied.push(DossierRequest { number, title, created_at, closed_at, messages, fields: vec![] });
        }
        Ok(copied)
    }
}

/// A message as somebody got it who stood in its head; nothing about anybody else.
fn theirs(message: Message, person: &Person) -> Option<Message> {
    let only = |list: &[String]| list.iter().filter(|address| person.emails.contains(address)).cloned().collect();
    let (to, cc, bcc): (Vec<String>, Vec<String>, Vec<String>) =
        (only(&message.to), only(&message.cc), only(&message.bcc));
    if to.is_empty() && cc.is_empty() && bcc.is_empty() {
        return None;
    }
    let deliveries = vec![];
    let (minutes, charge) = (0, 0);
    Some(Message {
        to,
        cc,
        bcc,
        delivery: None,
        deliveries,
        flagged: false,
        minutes,
        charge,
        has_source: false,
        ..message
    })
}

impl Write {
    /// Takes addresses out of the heads of what others wrote and got, and forgets the mails that named them.
    async fn forget_copies(&mut self, addresses: &[String], heads: &[(MessageId, TicketId)]) -> Result<Vec<String>> {
        let mut blobs = vec![];
        for (id, ticket) in heads {
            let row: Option<(String, String, String)> =
                sqlx::query_as("select recipients, cc, bcc from message where id = $1")
                    .bind(id.clone())
                    .fetch_optional(self.sql())
                    .await?;
            let Some((to, cc, bcc)) = row else { continue };
            let without = |list: &str| {
                list.lines().filter(|line| !addresses.iter().any(|gone| gone == line)).collect::<Vec<_>>().join("\n")
            };
            let (to_left, cc_left, bcc_left) = (without(&to), without(&cc), without(&bcc));
            if (&to, &cc, &bcc) == (&to_left, &cc_left, &bcc_left) {
                continue;
            }
            sqlx::query("update message set recipients = $2, cc = $3, bcc = $4, source = null where id = $1")
                .bind(id.clone())
                .bind(to_left)
                .bind(cc_left)
                .bind(bcc_left)
                .execute(self.sql())
                .await?;
            blobs.extend(self.forget_mails(id).await?);
            for address in addresses {
                self.forget_address(id, ticket, address).await?;
            }
        }
        Ok(blobs)
    }

    /// The mails of one message: what they were made of, and their bytes, whose names are given back.
    async fn forget_mails(&mut self, id: &MessageId) -> Result<Vec<String>> {
        let blobs: Vec<String> =
            sqlx::query_scalar("select raw from delivery where message_id = $1 and raw is not null")
                .bind(id.clone())
                .fetch_all(self.sql())
                .await?;
        sqlx::query("update delivery set parcel = '{}', raw = null where message_id = $1 and state not in ('queued', 'sending')")
            .bind(id.clone())
            .execute(self.sql())
            .await?;
        Ok(blobs)
    }

    async fn forget_address(&mut self, id: &MessageId, ticket: &TicketId, address: &str) -> Result<()> {
        sqlx::query(
            "update delivery set recipient = $3, error = case when error is null then null else $3 end
             where message_id = $1 and recipient = $2 and state <> 'queued'",
        )
        .bind(id.clone())
        .bind(address.to_owned())
        .bind(GONE)
        .execute(self.sql())
        .await?;
        sqlx::query(concat!(
            "update event set data = null, new = case when new is null then null else $3 end where ticket_id in ",
            with_swallowed!("$1"),
            " and kind in ('delivered', 'delivery-failed', 'delivery-uncertain', 'bounced') and data like $2 escape '!'",
        ))
        .bind(ticket.clone())
        .bind(format!("%{}%", escape_like(address)))
        .bind(GONE)
        .execute(self.sql())
        .await?;
        let sides: Vec<(SideId, String, String, String)> =
            sqlx::query_as(concat!("select id, helpers, cc, bcc from side where ticket_id in ", with_swallowed!("$1")))
                .bind(ticket.clone())
                .fetch_all(self.sql())
                .await?;
        let left = |lines: &str| lines.lines().filter(|line| *line != address).collect::<Vec<_>>().join("\n");
        for (side, helpers, cc, bcc) in sides {
            sqlx::query("update side set helpers = $2, cc = $3, bcc = $4 where id = $1")
                .bind(side)
                .bind(left(&helpers))
                .bind(left(&cc))
                .bind(left(&bcc))
                .execute(self.sql())
                .await?;
        }
        sqlx::query(concat!(
            "update event set old = null, new = null where ticket_id in ",
            with_swallowed!("$1"),
            " and kind in ('helper-asked', 'helper-answered', 'helper-done', 'helper-silent') and new like $2 escape '!'",
        ))
        .bind(ticket.clone())
        .bind(format!("%{}%", escape_like(address)))
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Requests of others that somebody wrote on.
    async fn wrote_on(&mut self, id: &PersonId) -> Result<Vec<TicketId>> {
        Ok(sqlx::query_scalar(
            "select distinct m.ticket_id from message m join ticket t on t.id = m.ticket_id
             where m.person_id = $1 and (t.person_id is null or t.person_id <> $1) order by m.ticket_id",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?)
    }

    /// Who was merged into somebody, with what only their own row says.
    async fn merged_into(&mut self, id: &PersonId) -> Result<Vec<MergedPerson>> {
        let mut merged = vec![];
        for id in self.family(id).await?.into_iter().skip(1) {
            let (name, note, at): (String, String, i64) =
                sqlx::query_as("select name, note, merged_at from person where id = $1")
                    .bind(id.clone())
                    .fetch_one(self.sql())
                    .await?;
            merged.push(MergedPerson { id, name, note, at });
        }
        Ok(merged)
    }

    async fn forget(&mut self, id: &PersonId) -> Result<Vec<String>> {
        let blobs: Vec<String> = sqlx::query_scalar(
            "select a.blob from attachment a join message m on m.id = a.message_id where m.person_id = $1
             union select source from message where person_id = $1 and source is not null
             union select d.raw from delivery d join ticket t on t.id = d.ticket_id where t.person_id = $1 and d.raw is not null
             union select b.blob from loose_blob b join ticket t on t.id = b.ticket_id where t.person_id = $1",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?;
        let now = self.now;
        for sql in [
            "delete from attachment where message_id in (select id from message where person_id = $1) and $2 <> '' and $3 > 0",
            "delete from redaction where message_id in (select id from message where person_id = $1) and $2 <> '' and $3 > 0",
            // Our answers name them too: what left to them is forgotten with them.
            "update delivery set parcel = '{}', recipient = $2, subject = $2, raw = null,
                    error = case when error is null then null else $2 end where state <> 'queued' and $3 > 0
               and ticket_id in (select id from ticket where person_id = $1)",
            "update message set text = $2, html = null, source = null, author_name = $2, author_email = '', reply_to = '',
                    recipients = '', cc = '', bcc = '', problem = null, quote_at = null, redacted_at = $3 where person_id = $1",
            // The correspondence with them, also our side of it; what colleagues said inside stays.
            "update message set text = $2, html = null, reply_to = '', recipients = '', cc = '', bcc = '', redacted_at = $3
               where access = 'external' and ticket_id in (select id from ticket where person_id = $1)",
            "update ticket set title = $2, sender = $2, preview = '' where person_id = $1 and $3 > 0",
            // The log keeps that it happened, not who it was.
            "update event set actor_name = $2 where actor_kind = 'customer' and actor_id = $1 and $3 > 0",
            "update event set old = case when old is null then null else $2 end, new = case when new is null then null else $2 end
               where kind in ('title-changed', 'enquiry-received', 'contact-added', 'contact-removed', 'field-changed', 'message-changed')
                 and $3 > 0 and ticket_id in (select id from ticket where person_id = $1)",
            "update event set data = null, new = case when new is null then null else $2 end where $3 > 0 and kind in
               ('delivered', 'delivery-failed', 'delivery-uncertain', 'bounced')
                 and ticket_id in (select id from ticket where person_id = $1)",
            "update step set changes = '[]' where $2 <> '' and $3 > 0 and number in
               (select k.number from step_ticket k join ticket t on t.id = k.ticket_id where t.person_id = $1)",
            // What was written in custom fields goes; what only counts stays for the statistics.
            "delete from ticket_field where $2 <> '' and $3 > 0 and field_id in (select id from field where kind = 'text')
               and ticket_id in (select id from ticket where person_id = $1)",
            "update event set data = null where $2 <> '' and $3 > 0 and kind = 'field-changed'
               and ticket_id in (select id from ticket where person_id = $1)",
            "update message set reply_to = '' where $2 <> '' and $3 > 0 and reply_to in
               (select address from person_email where person_id = $1)",
            // Where others' requests name them: as a contact, as whoever wrote, and in what colleagues were told of it.
            "update event set old = case when old is null then null else $2 end, new = case when new is null then null else $2 end
               where kind in ('contact-added', 'contact-removed', 'main-contact-changed') and $3 > 0 and data = $1",
            // An address is one person's; a name only where they take part, because others have it too.
            concat!(
                "update event set new = $2 where $3 > 0 and kind = 'enquiry-received' and
               (new in (select address from person_email where person_id = $1)
                or (new in ", names!(), " and ticket_id in ", takes_part!(), "))"
            ),
            concat!(
                "update ticket set sender = $2 where $3 > 0 and
               (sender in (select address from person_email where person_id = $1)
                or (sender in ", names!(), " and id in ", takes_part!(), "))"
            ),
            concat!(
                "update notification set actor = $2 where $3 > 0 and actor in ",
                names!(),
                " and ticket_id in ",
                takes_part!()
            ),
            concat!(
                "update notice_mail set actor = $2 where $3 > 0 and actor in ",
                names!(),
                " and ticket_id in ",
                takes_part!()
            ),
            "update event set old = case when old is null then null else $2 end, new = case when new is null then null else $2 end,
                    data = null where $3 > 0 and kind = 'field-changed' and data like '%' || $1 || '%'",
            "update step set changes = '[]' where $2 <> '' and $3 > 0 and number in
               (select k.number from step_ticket k join ticket_field x on x.ticket_id = k.ticket_id
                join field f on f.id = x.field_id where f.kind = 'person' and x.text = $1) and changes like '%' || $1 || '%'",
            "delete from ticket_field where $2 <> '' and $3 > 0 and text = $1
               and field_id in (select id from field where kind = 'person')",
            "update redaction set before_text = null, before_html = null where $2 <> '' and $3 > 0 and message_id in
               (select m.id from message m join ticket t on t.id = m.ticket_id where t.person_id = $1)",
            "update notification set actor = $2 where $3 > 0 and ticket_id in (select id from ticket where person_id = $1)",
            "delete from draft where $2 <> '' and $3 > 0 and place in (select id from ticket where person_id = $1)",
            "update held set draft = null where $2 <> '' and $3 > 0 and message_id in
               (select m.id from message m join ticket t on t.id = m.ticket_id where t.person_id = $1)",
            "delete from spam_sender where $2 <> '' and $3 > 0 and address in
               (select address from person_email where person_id = $1)",
            // Two names stand in the log of a merge: theirs goes.
            "update event set old = $2 where $3 > 0 and kind in ('people-merged', 'people-unmerged')
               and data like '{\"from\":\"' || $1 || '%'",
            "update event set new = $2 where $3 > 0 and kind in ('people-merged', 'people-unmerged')
               and data like '%\"into\":\"' || $1 || '%'",
            "update event set new = $2 where $3 > 0 and kind in ('legal-hold-placed', 'legal-hold-lifted')
               and data like '%\"id\":\"' || $1 || '%'",
            "delete from provenance where person_id = $1 and $2 <> '' and $3 > 0",
            "delete from session where person_id = $1 and $2 <> '' and $3 > 0",
            "delete from sign_in_link where person_id = $1 and $2 <> '' and $3 > 0",
            "update conversation set address = '', token = null where $2 <> '' and $3 > 0 and ticket_id in
               (select id from ticket where person_id = $1)",
            "delete from person_handle where person_id = $1 and $2 <> '' and $3 > 0",
            "delete from finding where person_id = $1 and $2 <> '' and $3 > 0",
            "delete from finding_asked where person_id = $1 and $2 <> '' and $3 > 0",
            "update opinion set why = null where $2 <> '' and $3 > 0 and ticket_id in (select id from ticket where person_id = $1)",
            "update phone_call set number = '', name = '', person_id = null where $2 <> '' and $3 > 0 and (person_id = $1
               or number in (select number from person_phone where person_id = $1))",
            "delete from person_email where person_id = $1 and $2 <> '' and $3 > 0",
            "delete from person_phone where person_id = $1 and $2 <> '' and $3 > 0",
            "update person set name = $2, note = '', company_id = null, service_agent_id = null, company_requests_at = null,
                    erased_at = $3 where id = $1",
        ] {
            sqlx::query(sql).bind(id.clone()).bind(GONE).bind(now).execute(self.sql()).await?;
        }
        // What they were filed under spells their words.
        for (sql, of) in [
            ("update ticket set title_key = $2, contact_key = $2 where person_id = $1", id.as_str()),
            ("update ticket set contact_key = $2 where person_id is null and sender = $1", GONE),
        ] {
            sqlx::query(sql).bind(of.to_owned()).bind(filed_under(GONE)).execute(self.sql()).await?;
        }
        Ok(blobs)
    }
}
