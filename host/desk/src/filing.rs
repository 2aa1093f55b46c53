//! What the index holds of requests and people: what their rows say now, for many of them at once.

use crate::{
    Desk, Result,
    db::word,
    mailbox::is_among,
    model::*,
    search::{FieldsDoc, MessageDoc, PersonDoc, TicketDoc},
    several::{by_owner, found_for},
};
use std::collections::{BTreeSet, HashMap, HashSet};

#[derive(sqlx::FromRow)]
struct TicketRow {
    id: TicketId,
    number: i64,
    title: String,
    category_id: CategoryId,
    access: String,
    state: String,
    changed_at: i64,
    sender: String,
    owner_id: Option<AgentId>,
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    ticket_id: TicketId,
    id: MessageId,
    text: String,
    access: String,
    author_email: String,
    recipients: String,
    cc: String,
}

impl Desk {
    /// Those of these requests that are in ordinary search: swallowed and deleted ones are not. MRG-2, DEL-1.
    pub(crate) async fn ticket_docs(&self, ids: &[TicketId]) -> Result<Vec<TicketDoc>> {
        let mut connection = self.read().acquire().await?;
        let rows: Vec<TicketRow> = found_for(
            &mut connection,
            "select id, number, title, category_id, access, state, changed_at, sender, owner_id from ticket
             where id in ({}) and state not in ('linked', 'deleted') order by id",
            ids,
        )
        .await?;
        let contacts: Vec<(TicketId, PersonId)> = found_for(
            &mut connection,
            "select ticket_id, person_id from ticket_contact where ticket_id in ({}) order by position",
            ids,
        )
        .await?;
        let followers: Vec<(TicketId, AgentId)> = found_for(
            &mut connection,
            "select ticket_id, agent_id from follower where ticket_id in ({}) order by agent_id",
            ids,
        )
        .await?;
        let messages: Vec<MessageRow> = found_for(
            &mut connection,
            "select ticket_id, id, text, access, author_email, recipients, cc from message where ticket_id in ({}) and taken_back_at is null
             order by created_at, id",
            ids,
        )
        .await?;
        let files: Vec<(MessageId, String)> = found_for(
            &mut connection,
            "select a.message_id, a.name from message m join attachment a on a.message_id = m.id where m.ticket_id in ({})",
            ids,
        )
        .await?;
        let filled: Vec<(TicketId,)> =
            found_for(&mut connection, "select distinct ticket_id from ticket_field where ticket_id in ({})", ids)
                .await?;
        drop(connection);
        let filled: HashSet<TicketId> = filled.into_iter().map(|(id,)| id).collect();
        let words = self.words_of_people(contacts.iter().map(|(_, person)| person)).await?;
        let (mut contacts, mut followers) = (by_owner(contacts), by_owner(followers));
        let mut corresponded = self.correspondents(&messages).await?;
        let mut messages = message_docs(messages, files);
        let mut docs = Vec::with_capacity(rows.len());
        for row in rows {
            let contacts = contacts.remove(&row.id).unwrap_or_default();
            let mut staff = followers.remove(&row.id).unwrap_or_default();
            staff.extend(row.owner_id.filter(|owner| !staff.contains(owner)));
            let mut people = vec![row.sender];
            people.extend(contacts.iter().filter_map(|person| words.get(person)).flatten().cloned());
            // Who wrote or got a message is found by it too, contact or not.
            let others = corresponded.remove(&row.id).unwrap_or_default();
            people.extend(others.into_iter().filter(|who| !people.contains(who)).collect::<Vec<_>>());
            docs.push(TicketDoc {
                people,
                messages: messages.remove(&row.id).unwrap_or_default(),
                fields: if filled.contains(&row.id) { self.fields_docs(&row.id).await? } else { vec![] },
                number: row.number,
                title: row.title,
                contacts,
                category: row.category_id,
                staff,
                internal: row.access == Access::Internal.as_str(),
                changed_at: row.changed_at,
                state: word(&row.state)?,
                id: row.id,
            });
        }
        Ok(docs)
    }

    /// Those of these people who are there.
    pub(crate) async fn person_docs(&self, ids: &[PersonId]) -> Result<Vec<PersonDoc>> {
        let doc = |person: Person| PersonDoc {
            id: person.id,
            name: person.name,
            emails: person.emails,
            phones: person.phones,
            company: person.company.map(|company| company.name),
        };
        Ok(self.people(ids).await?.into_iter().map(doc).collect())
    }

    /// The addresses that messages of a request came from and went to, each once; without ours, which all of them name, and
    /// without blind copies.
    async fn correspondents(&self, messages: &[MessageRow]) -> Result<HashMap<TicketId, BTreeSet<String>>> {
        let ours = self.own_addresses().await?;
        let mut corresponded: HashMap<TicketId, BTreeSet<String>> = HashMap::new();
        for message in messages {
            let there = corresponded.entry(message.ticket_id.clone()).or_default();
            let all = std::iter::once(message.author_email.as_str());
            let all = all.chain(message.recipients.lines()).chain(message.cc.lines());
            there.extend(all.filter(|who| who.contains('@') && !is_among(&ours, who)).map(str::to_owned));
        }
        Ok(corresponded)
    }

    /// By what people are called and reached.
    async fn words_of_people(
        &self,
        people: impl Iterator<Item = &PersonId> + Send,
    ) -> Result<HashMap<PersonId, Vec<String>>> {
        let people: BTreeSet<PersonId> = people.cloned().collect();
        let mut words = HashMap::new();
        for person in self.people(&Vec::from_iter(people)).await? {
            let mut own = vec![person.name];
            own.extend(person.emails);
            own.extend(person.phones);
            own.extend(person.company.map(|company| company.name));
            words.insert(person.id, own);
        }
        Ok(words)
    }

    /// What custom fields hold, as people read it in either language: those of the portal's form, and the others.
    async fn fields_docs(&self, id: &TicketId) -> Result<Vec<FieldsDoc>> {
        let values = self.fields_of(id).await?;
        let words = |internal: bool| {
            let those = values.iter().filter(|value| value.portal != internal && value.kind != FieldKind::YesNo);
            let mut words: Vec<&str> =
                those.flat_map(|value| &value.shown).flat_map(|named| [named.nb.as_str(), named.en.as_str()]).collect();
            words.dedup();
            FieldsDoc { text: words.join("\n"), internal }
        };
        Ok([words(false), words(true)].into_iter().filter(|doc| !doc.text.is_empty()).collect())
    }
}

fn message_docs(rows: Vec<MessageRow>, files: Vec<(MessageId, String)>) -> HashMap<TicketId, Vec<MessageDoc>> {
    let mut files = by_owner(files);
    let doc = |row: MessageRow| {
        let files = files.remove(&row.id).unwrap_or_default();
        let doc = MessageDoc { id: row.id, text: row.text, internal: row.access == Access::Internal.as_str(), files };
        (row.ticket_id, doc)
    };
    by_owner(rows.into_iter().map(doc).collect())
}
