//! Who gets a reply. Sections 3.1 and 4.1.

use crate::{
    Desk, Error, Result, Why,
    access::{TicketFacts, staff},
    db::Write,
    mailbox::is_among,
    model::*,
    outside::Party,
    person::address,
};
use std::collections::BTreeSet;

/// Most recipients of one reply, in To, Cc and Bcc together.
pub const MOST_RECIPIENTS: usize = 50;

/// Whom one external message was between.
#[derive(sqlx::FromRow)]
struct Between {
    author_email: String,
    reply_to: String,
    recipients: String,
    cc: String,
    bcc: String,
}

impl Between {
    /// Where whoever wrote it is answered. What comes back to us is no answer to them.
    fn answered_at(&self, ours: &[String]) -> &str {
        let elsewhere = !self.reply_to.is_empty() && !is_among(ours, &self.reply_to);
        if elsewhere { &self.reply_to } else { &self.author_email }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        [self.author_email.as_str()]
            .into_iter()
            .chain(self.recipients.lines())
            .chain(self.cc.lines())
            .chain(self.bcc.lines())
    }
}

/// What was asked for in the form that is kept: each address once, where it stands most openly.
pub(crate) fn tidied(asked: &Recipients, ours: &[String]) -> Result<Recipients> {
    let mut once = BTreeSet::new();
    let mut list = |field: &str, texts: &[String]| -> Result<Vec<String>> {
        let mut list = vec![];
        for text in texts {
            let address = address(text).map_err(|why| Error::invalid(field, why))?;
            // A mail to ourselves would come back as one from a customer.
            if is_among(ours, &address) {
                return Err(Error::invalid(field, Why::NotAChoice));
            }
            if once.insert(address.clone()) {
                list.push(address);
            }
            if once.len() > MOST_RECIPIENTS {
                return Err(Error::invalid(field, Why::TooMany { most: MOST_RECIPIENTS as u32 }));
            }
        }
        Ok(list)
    };
    Ok(Recipients {
        to: list("to", &asked.to)?,
        cc: list("cc", &asked.cc)?,
        bcc: list("bcc", &asked.bcc)?,
        apart: asked.apart,
    })
}

/// Good addresses among these that are neither ours nor there yet, in their order.
fn further<'a>(texts: impl Iterator<Item = &'a str>, ours: &[String], there: &mut Vec<String>) -> Vec<String> {
    let mut list = vec![];
    for found in texts.filter_map(|text| address(text).ok()) {
        if !is_among(ours, &found) && !there.contains(&found) {
            there.push(found.clone());
            list.push(found);
        }
    }
    list
}

impl Desk {
    /// Whom a reply goes to when nobody says otherwise, and who could be added. An internal request has neither (CRE-6).
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever may not read the request.
    pub async fn usual_recipients(&self, actor: &Actor, id: &TicketId) -> Result<(Recipients, Vec<String>)> {
        staff(actor)?;
        let facts = self.facts(actor, id).await?;
        let usual = self.reply_to_all(&facts, None).await?;
        let suggested = self.involved(&facts, &usual).await?;
        Ok((usual, suggested))
    }

    /// The main contact, and everybody who was part of a message, without us; of the customer's last where none is named.
    pub(crate) async fn reply_to_all(&self, facts: &TicketFacts, message: Option<&MessageId>) -> Result<Recipients> {
        if facts.access != Access::External.as_str() {
            return Ok(Recipients::default());
        }
        let main = self.customer_address(&facts.id, facts.person_id.as_ref()).await?;
        let last: Option<Between> = sqlx::query_as(
            "select author_email, reply_to, recipients, cc, bcc from message
             where ticket_id = $1 and access = 'external' and taken_back_at is null
               and ((id = $2 and kind in ('enquiry', 'reply')) or ($2 = '' and kind = 'enquiry'))
             order by created_at desc, id desc limit 1",
        )
        .bind(facts.id.clone())
        .bind(message.map(|id| id.0.clone()).unwrap_or_default())
        .fetch_optional(self.read())
        .await?;
        let (ours, mut there) = (self.own_addresses().await?, vec![]);
        let author = last.iter().map(|last| last.answered_at(&ours));
        // Whoever asks to be answered elsewhere is answered there, and not where they wrote from.
        let moved = |main: &str| last.iter().any(|last| last.author_email == main && last.answered_at(&ours) != main);
        let to = further(main.as_deref().filter(|main| !moved(main)).into_iter().chain(author), &ours, &mut there);
        // Whoever got a blind copy of ours is not brought out into the open.
        let copied = last.iter().flat_map(|last| last.recipients.lines().chain(last.cc.lines()));
        let mut cc = further(copied, &ours, &mut there);
        cc.truncate(MOST_RECIPIENTS - to.len());
        Ok(Recipients { to, cc, ..Recipients::default() })
    }

    /// MSG-8: who wrote or got an external message without being a contact, the latest first. Outside helpers are not among
    /// them: what they are part of is another conversation (FWD-2).
    pub(crate) async fn involved(&self, facts: &TicketFacts, usual: &Recipients) -> Result<Vec<String>> {
        if facts.access != Access::External.as_str() {
            return Ok(vec![]);
        }
        let rows: Vec<Between> = sqlx::query_as(
            "select author_email, reply_to, recipients, cc, bcc from message
             where ticket_id = $1 and access = 'external' and taken_back_at is null
             order by created_at desc, id desc limit 200",
        )
        .bind(facts.id.clone())
        .fetch_all(self.read())
        .await?;
        let ours = self.own_addresses().await?;
        let mut there: Vec<String> = usual.all().cloned().collect();
        let contacts: Vec<String> = sqlx::query_scalar(
            "select e.address from person_email e join ticket_contact c on c.person_id = e.person_id where c.ticket_id = $1",
        )
        .bind(facts.id.clone())
        .fetch_all(self.read())
        .await?;
        there.extend(contacts);
        let mut involved = further(rows.iter().flat_map(Between::all), &ours, &mut there);
        involved.truncate(MOST_RECIPIENTS);
        Ok(involved)
    }

    /// Whom a draft is for, in the form that is kept.
    ///
    /// # Errors
    /// `Invalid` at `to`, `cc` or `bcc` for what is no address, for an address of ours and for more than
    /// [`MOST_RECIPIENTS`]; [`Why::InternalToCustomer`] for anybody at all on an internal request (CRE-6).
    pub(crate) async fn recipients(&self, facts: &TicketFacts, draft: &Draft) -> Result<Recipients> {
        let Some(asked) = &draft.recipients else { return self.reply_to_all(facts, None).await };
        let recipients = tidied(asked, &self.own_addresses().await?)?;
        if facts.access != Access::External.as_str() && recipients.all().next().is_some() {
            return Err(Error::invalid("to", Why::InternalToCustomer));
        }
        Ok(recipients)
    }

    /// Where mail to us goes.
    pub(crate) async fn own_addresses(&self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar("select address from account where kind = 'email' and address is not null order by id")
            .fetch_all(self.read())
            .await?)
    }

    /// Addresses with the names that we know.
    pub(crate) async fn parties(&self, addresses: &[String]) -> Result<Vec<Party>> {
        let mut parties = vec![];
        for address in addresses {
            let name: Option<String> = sqlx::query_scalar(
                "select p.name from person p join person_email e on e.person_id = p.id where e.address = $1",
            )
            .bind(address.clone())
            .fetch_optional(self.read())
            .await?;
            // Whoever is known by their address only has no name.
            let name = name.filter(|name| !name.contains('@')).unwrap_or_default();
            parties.push(Party { address: address.clone(), name });
        }
        Ok(parties)
    }

    /// The contact of a request that an address belongs to; `joins` for whoever becomes one by this reply.
    pub(crate) async fn contact_at(&self, ticket: &TicketId, address: &str, joins: bool) -> Result<Option<PersonId>> {
        let row: Option<(PersonId, Option<i64>)> = sqlx::query_as(
            "select e.person_id, c.position from person_email e
             left join ticket_contact c on c.person_id = e.person_id and c.ticket_id = $2 where e.address = $1",
        )
        .bind(address.to_owned())
        .bind(ticket.clone())
        .fetch_optional(self.read())
        .await?;
        Ok(row.filter(|(_, position)| joins || position.is_some()).map(|(person, _)| person))
    }
}

impl Write {
    /// CRE-1: whoever is known and stands in To becomes a contact. CRE-2: an address that is nobody's does not.
    pub(crate) async fn join_recipients(&mut self, actor: &Actor, facts: &TicketFacts, to: &[String]) -> Result<()> {
        for address in to {
            let person: Option<PersonId> = sqlx::query_scalar("select person_id from person_email where address = $1")
                .bind(address.clone())
                .fetch_optional(self.sql())
                .await?;
            if let Some(person) = person {
                self.join_contact(actor, facts, &person).await?;
            }
        }
        Ok(())
    }

    /// Whether somebody got a message of this request by blind copy only.
    pub(crate) async fn was_blind_copied(&mut self, ticket: &TicketId, sender: &str) -> Result<bool> {
        let rows: Vec<String> = sqlx::query_scalar("select bcc from message where ticket_id = $1 and bcc <> ''")
            .bind(ticket.clone())
            .fetch_all(self.sql())
            .await?;
        Ok(rows.iter().any(|bcc| bcc.lines().any(|line| line == sender)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn each_address_counts_once_where_it_stands_most_openly() {
        let asked = Recipients {
            to: list(&["Kari@Fjord.no", "kari@fjord.no"]),
            cc: list(&["kari@fjord.no", "ola@fjord.no"]),
            bcc: list(&["<ola@fjord.no>", "arkiv@fjord.no"]),
            apart: true,
        };
        let tidied = tidied(&asked, &[]).unwrap();
        assert_eq!(tidied.to, ["kari@fjord.no"]);
        assert_eq!(tidied.cc, ["ola@fjord.no"]);
        assert_eq!(tidied.bcc, ["arkiv@fjord.no"]);
        assert!(tidied.apart);
    }

    #[test]
    fn what_can_t_be_mailed_is_refused_where_it_stands() {
        let cc = Recipients { cc: list(&["kari"]), ..Recipients::default() };
        assert_eq!(tidied(&cc, &[]), Err(Error::invalid("cc", Why::NotAnAddress)));
        let ours = Recipients { bcc: list(&["support@company.com"]), ..Recipients::default() };
        assert_eq!(tidied(&ours, &list(&["support@company.com"])), Err(Error::invalid("bcc", Why::NotAChoice)));
        let crowd: Vec<String> = (0..=MOST_RECIPIENTS).map(|n| format!("n{n}@fjord.no")).collect();
        let many = Recipients { to: crowd, ..Recipients::default() };
        assert_eq!(tidied(&many, &[]), Err(Error::invalid("to", Why::TooMany { most: 50 })));
    }
}
