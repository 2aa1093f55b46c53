//! A request registered by an agent, mostly while somebody talks. Section 3.1, D2.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    job::Kind,
    message::{LONGEST_TEXT, NewMessage, whole_minutes, written},
    model::*,
    outside::Party,
    person::{address, phone, shorten},
    ticket::Opening,
};

impl Desk {
    /// Opens a request for a caller. Nothing is mailed unless `confirm` says so (CRE-3).
    pub async fn open_ticket(&self, actor: &Actor, new: NewTicket) -> Result<Opened> {
        let me = staff(actor)?.clone();
        let title = written("title", &new.title, 255)?;
        if new.text.chars().count() > LONGEST_TEXT {
            return Err(Error::invalid("text", Why::TooLong { most: LONGEST_TEXT as u32 }));
        }
        let checked = match &new.new_person {
            Some(person) if new.person.is_none() => Some(check(person)?),
            _ => None,
        };
        let mut write = self.write().await?;
        let account = write.account_of_kind("phone").await?;
        if !new.key.is_empty() && !write.first_time(&account.id, &new.key).await? {
            return self.opened_before(&account.id, &new.key).await;
        }
        let person = match (new.person, checked) {
            (Some(id), _) => Some(id),
            (None, Some(person)) => Some(write.caller(actor, &person).await?),
            (None, None) => None,
        };
        let sender: Option<String> = match &person {
            Some(id) => Some(
                sqlx::query_scalar("select name from person where id = $1")
                    .bind(id.clone())
                    .fetch_optional(write.sql())
                    .await?
                    .ok_or_else(|| Error::invalid("person", Why::NotAChoice))?,
            ),
            None => None,
        };
        let opening = Opening {
            title,
            origin: new.origin,
            access: new.access,
            account: account.id.clone(),
            category: new.category.unwrap_or_else(|| account.category_id.clone()),
            priority: match new.priority {
                Some(priority) => priority,
                None => write.automatic_priority(person.as_ref(), &account.priority_id).await?,
            },
            person: person.clone(),
            sender: sender.clone().unwrap_or_else(|| actor.name().to_owned()),
            owner: (new.owner == NewOwner::Me).then_some(me.clone()),
        };
        let id = write.open(actor, Cause::Person, opening).await?;
        let text = if new.text.trim().is_empty() { new.title.trim().to_owned() } else { new.text.trim().to_owned() };
        let message = NewMessage {
            kind: Some(MessageKind::Enquiry),
            internal: new.access == Access::Internal,
            person: person.clone(),
            author_name: sender.unwrap_or_else(|| actor.name().to_owned()),
            text,
            minutes: whole_minutes(new.seconds),
            ..NewMessage::default()
        };
        let message = write.add_message(&id, message).await?;
        match &new.owner {
            NewOwner::Me | NewOwner::Nobody => {}
            NewOwner::Automatic => {
                let facts = write.facts(&Actor::System, &id).await?;
                write.distribute(actor, Cause::Person, &facts, None).await?;
            }
            NewOwner::Agent(to) => {
                write.works_here(to).await?;
                write.give(actor, Cause::Person, &id, to, EventKind::Transferred, None).await?;
            }
        }
        if new.confirm && person.is_some() && new.access == Access::External {
            write.enqueue(Kind::Confirm, id.as_str()).await?;
        }
        if !new.key.is_empty() {
            write.note_received(&account.id, &new.key, &id, &message).await?;
        }
        self.commit(write).await?;
        self.opened(&id, person.as_ref()).await
    }

    pub(crate) async fn opened(&self, id: &TicketId, person: Option<&PersonId>) -> Result<Opened> {
        let number: i64 = sqlx::query_scalar("select number from ticket where id = $1")
            .bind(id.clone())
            .fetch_one(self.read())
            .await?;
        let link = person.map(|person| self.link(number, id, person)).unwrap_or_default();
        Ok(Opened { id: id.clone(), number, link })
    }

    /// The same form again: the same answer.
    pub(crate) async fn opened_before(&self, account: &AccountId, key: &str) -> Result<Opened> {
        let (id, person): (String, Option<String>) = sqlx::query_as(
            "select t.id, t.person_id from received r join ticket t on t.id = r.ticket_id
             where r.account_id = $1 and r.external_id = $2",
        )
        .bind(account.clone())
        .bind(key.to_owned())
        .fetch_optional(self.read())
        .await?
        .ok_or(Error::NotFound)?;
        self.opened(&TicketId(id), person.map(PersonId).as_ref()).await
    }
}

/// A new contact whose fields have been checked.
struct Checked {
    name: String,
    email: Option<String>,
    phone: Option<String>,
}

fn check(person: &NewPerson) -> Result<Checked> {
    let email = match person.email.trim() {
        "" => None,
        text => Some(address(text).map_err(|why| Error::invalid("email", why))?),
    };
    let number = match person.phone.trim() {
        "" => None,
        text => Some(phone(text).ok_or_else(|| Error::invalid("phone", Why::NotANumber))?),
    };
    let name = shorten(&person.name, 200);
    let name = match (&name[..], &email, &number) {
        ("", Some(email), _) => email.clone(),
        ("", None, Some(number)) => number.clone(),
        ("", None, None) => return Err(Error::invalid("person", Why::Missing)),
        _ => name,
    };
    Ok(Checked { name, email, phone: number })
}

impl crate::db::Write {
    async fn caller(&mut self, actor: &Actor, new: &Checked) -> Result<PersonId> {
        let language = match actor {
            Actor::Agent { language, .. } => *language,
            _ => Language::default(),
        };
        let id = match &new.email {
            Some(email) => {
                let party = Party { address: email.clone(), name: new.name.clone() };
                self.person_by_address(actor, Cause::Person, &party, language).await?.0
            }
            None => self.add_person(actor, Cause::Person, &new.name, language).await?,
        };
        if let Some(number) = &new.phone {
            self.add_number(&id, number).await?;
        }
        Ok(id)
    }
}
