//! Which request a mail belongs to.
//!
//! In this order: the request's signed name inside our own Message-Id, then any Message-Id that is known, then the
//! number in the subject. In each case the sender must already be part of that request: a tag alone lets nobody in (THR-4).

use crate::{
    Desk, Result,
    db::{Write, word},
    model::*,
    outside::{Inbound, Party},
    person::{address, escape_like},
    ticket::numbered,
    token,
    transition::{Deciders, decide},
};
use std::collections::HashSet;

/// Where a mail goes.
pub(crate) enum Place {
    On(TicketId),
    New,
    /// A new one that follows up this one: its status wants no more answers. STA-3.
    After(TicketId),
}

/// A message of ours that left as a mail.
#[derive(sqlx::FromRow)]
pub(crate) struct OwnMessage {
    pub id: MessageId,
    pub ticket_id: TicketId,
}

/// The Message-Id of a mail about a request, without brackets. It names the request and carries a signature, so that an
/// answer finds home even where the database was restored from an older copy.
pub(crate) fn message_name(desk: &Desk, ticket: &TicketId, number: i64, message: &str, domain: &str) -> String {
    let signature = token::sign(desk.secret(), "thread", ticket.as_str());
    // Case is not safe in a Message-Id on its way through the world's servers; letters are folded.
    format!("{message}.{number}.{}@{domain}", &signature.to_lowercase()[..12])
}

impl Write {
    /// Where a mail goes that `author` wrote, and that `mail` is from whoever asks by it (`asker.rs`).
    pub(crate) async fn place(
        &mut self,
        desk: &Desk,
        mail: &Inbound,
        author: &Party,
        person: Option<&PersonId>,
    ) -> Result<Place> {
        let mut candidates: Vec<TicketId> = vec![];
        for name in mail.in_reply_to.iter().chain(mail.references.iter().rev()).take(40) {
            candidates.extend(self.ticket_by_signature(desk, name).await?);
            let known: Option<TicketId> = sqlx::query_scalar("select ticket_id from message where mail_id = $1")
                .bind(name.clone())
                .fetch_optional(self.sql())
                .await?;
            candidates.extend(known);
        }
        // A number can be guessed, and whoever fills in a form on the web can say to be anybody.
        if mail.from.address == author.address
            && let Some(number) = mail.subject.as_deref().and_then(number_in_subject)
        {
            candidates.extend(numbered(self.sql(), number).await?);
        }
        let mut asked = HashSet::new();
        candidates.retain(|ticket| asked.insert(ticket.clone()));
        let Ok(sender) = address(&mail.from.address) else { return Ok(Place::New) };
        // To write as one of our own addresses makes nobody part of anything: every customer's mail names it.
        if candidates.is_empty() || self.is_ours(&sender).await? {
            return Ok(Place::New);
        }
        for ticket in &candidates {
            if self.takes_part(ticket, &sender, person).await? {
                return self.place_on(ticket, Happening::CustomerWrote).await;
            }
        }
        // Whoever got a blind copy must not step out into the customer's thread by answering: theirs is a request beside it.
        for ticket in &candidates {
            if self.was_blind_copied(ticket, &sender).await? {
                return Ok(Place::After(self.survivor(ticket).await?));
            }
        }
        Ok(Place::New)
    }

    /// Where it goes, whatever way a customer said it. Section 25.2: a swallowed request's mail lands on the survivor (MRG-3), a
    /// deleted one's on a new request.
    pub(crate) async fn place_on(&mut self, ticket: &TicketId, what: Happening) -> Result<Place> {
        let ticket = self.survivor(ticket).await?;
        let (state, anew): (String, Option<i64>) = sqlx::query_as(
            "select t.state, s.new_on_reply_at from ticket t join status s on s.id = t.status_id where t.id = $1",
        )
        .bind(ticket.clone())
        .fetch_one(self.sql())
        .await?;
        let by = Deciders { new_on_reply: anew.is_some(), ..Deciders::default() };
        Ok(match decide(Some(word(&state)?), what, by).to {
            Whereto::Anew { related: false } => Place::New,
            Whereto::Anew { related: true } => Place::After(ticket),
            _ => Place::On(ticket),
        })
    }

    async fn ticket_by_signature(&mut self, desk: &Desk, name: &str) -> Result<Option<TicketId>> {
        let Some((local, _)) = name.split_once('@') else { return Ok(None) };
        let mut parts = local.rsplitn(3, '.');
        let (Some(signature), Some(number)) = (parts.next(), parts.next().and_then(|n| n.parse::<i64>().ok())) else {
            return Ok(None);
        };
        Ok(numbered(self.sql(), number).await?.filter(|ticket| {
            token::sign(desk.secret(), "thread", ticket.as_str()).to_lowercase()[..12] == signature.to_lowercase()
        }))
    }

    /// A contact of the request, or someone who got or sent an external mail of it.
    async fn takes_part(&mut self, ticket: &TicketId, sender: &str, person: Option<&PersonId>) -> Result<bool> {
        if let Some(person) = person {
            let contact: Option<i64> =
                sqlx::query_scalar("select position from ticket_contact where ticket_id = $1 and person_id = $2")
                    .bind(ticket.clone())
                    .bind(person.clone())
                    .fetch_optional(self.sql())
                    .await?;
            if contact.is_some() {
                return Ok(true);
            }
        }
        // Only rows with the address somewhere in them are looked at.
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "select author_email, recipients, cc from message where ticket_id = $1 and access = 'external'
               and (author_email = $2 or recipients like $3 escape '!' or cc like $3 escape '!')",
        )
        .bind(ticket.clone())
        .bind(sender.to_owned())
        .bind(format!("%{}%", escape_like(sender)))
        .fetch_all(self.sql())
        .await?;
        Ok(rows.iter().any(|(author, to, cc)| {
            author == sender || to.split('\n').chain(cc.split('\n')).any(|recipient| recipient == sender)
        }))
    }

    /// The message of ours that this mail is.
    pub(crate) async fn our_own(&mut self, mail: &Inbound) -> Result<Option<OwnMessage>> {
        Ok(sqlx::query_as(
            "select m.id, m.ticket_id from message m join account a on a.address = $2
             where m.mail_id = $1 and m.kind in ('reply', 'automatic', 'forward')",
        )
        .bind(mail.external_id.clone())
        .bind(mail.from.address.to_lowercase())
        .fetch_optional(self.sql())
        .await?)
    }

    /// The message of ours that a mail about mail names. What somebody else wrote did not leave from here.
    pub(crate) async fn sent_as(&mut self, mail_id: &str) -> Result<Option<OwnMessage>> {
        Ok(sqlx::query_as(
            "select id, ticket_id from message where mail_id = $1 and kind in ('reply', 'automatic', 'forward')",
        )
        .bind(mail_id.to_owned())
        .fetch_optional(self.sql())
        .await?)
    }
}

/// The Message-Id of a mail of ours that is about no single request, such as a notice, without brackets. By its signature it is
/// known again where it comes home: told of, it would come home again.
pub(crate) fn notice_name(desk: &Desk, domain: &str) -> String {
    let id = MessageId::new();
    format!("{id}.notice.{}@{domain}", notice_signature(desk, id.as_str()))
}

/// Whether a mail bears such a name.
pub(crate) fn is_our_notice(desk: &Desk, name: &str) -> bool {
    let local = name.split('@').next().unwrap_or_default().to_lowercase();
    let mut parts = local.split(".notice.");
    let (id, signature) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    !signature.is_empty() && signature == notice_signature(desk, id)
}

fn notice_signature(desk: &Desk, id: &str) -> String {
    token::sign(desk.secret(), "notice", id).to_lowercase()[..12].to_owned()
}

/// The number in `… [Sak #1042]` or `… [Request #1042]`.
pub(crate) fn number_in_subject(subject: &str) -> Option<i64> {
    let lower = subject.to_lowercase();
    ["[sak #", "[request #"].iter().find_map(|tag| {
        let start = lower.rfind(tag)? + tag.len();
        let digits: String = lower[start..].chars().take_while(char::is_ascii_digit).collect();
        let closed = lower[start + digits.len()..].starts_with(']');
        if closed { digits.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::number_in_subject;

    #[test]
    fn the_number_is_read_from_its_tag_only() {
        assert_eq!(number_in_subject("Re: Skriver [Sak #1042]"), Some(1042));
        assert_eq!(number_in_subject("SV: Printer [Request #7] "), Some(7));
        assert_eq!(number_in_subject("[Sak #12"), None);
        assert_eq!(number_in_subject("Faktura #1042"), None);
        assert_eq!(number_in_subject("[sak #99999999999999999999]"), None);
    }
}
