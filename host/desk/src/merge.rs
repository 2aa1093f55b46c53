//! Several requests become one, and can be taken apart again. Section 9.3.
//!
//! The swallowed request keeps its row, its contacts and its log; its messages go to the survivor and remember where they
//! came from. Who swallowed whom is kept as it happened, link by link, and followed to the end when asked.

use crate::tie::Tie;
use crate::{
    Desk, Error, Result, Why,
    access::{TicketFacts, staff},
    db::{Fact, Write, word},
    model::*,
    ticket::numbered,
    transition::{Deciders, decide},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Request `$n` and everything that it swallowed, directly or along a chain: what stays with these for when they are taken out
/// again, and is the survivor's until then. Its first row is put as in provenance.rs.
macro_rules! with_swallowed {
    ($place:literal) => {
        concat!(
            "(with recursive line(id) as (select coalesce((select max(id) from ticket where id = ",
            $place,
            "), ",
            $place,
            ") union select t.id from ticket t join line l on t.master_id = l.id) select id from line)"
        )
    };
}
pub(crate) use with_swallowed;

/// How many links a chain of merges has at most before something must be wrong.
const LONGEST_CHAIN: usize = 100;

/// What a merge brought to the survivor, kept with its event, so that taking it apart takes just that away. What another
/// swallowed request has as well is noted for that one, with the event by which the first came out.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Brought {
    pub from: String,
    pub contacts: Vec<String>,
    pub tags: Vec<String>,
    pub followers: Vec<String>,
    /// The relations of the swallowed request, as they were.
    #[serde(default)]
    pub relations: Vec<Tie>,
}

impl Brought {
    fn is_nothing(&self) -> bool {
        self.contacts.is_empty() && self.tags.is_empty() && self.followers.is_empty()
    }

    /// Takes out of it what another request has too.
    fn leave_to(&mut self, other: &Brought) -> Brought {
        fn shared(all: &mut Vec<String>, theirs: &[String]) -> Vec<String> {
            let (shared, rest) = std::mem::take(all).into_iter().partition(|one| theirs.contains(one));
            *all = rest;
            shared
        }
        Brought {
            from: other.from.clone(),
            contacts: shared(&mut self.contacts, &other.contacts),
            tags: shared(&mut self.tags, &other.tags),
            followers: shared(&mut self.followers, &other.followers),
            relations: vec![],
        }
    }
}

impl Desk {
    /// Merges requests into one. MRG-1: all contacts and messages are kept; MRG-2: the others lead to it from now on.
    ///
    /// # Errors
    /// `Invalid` at `keep`, at the property's name or at `fields` for a request that is not among them.
    pub async fn merge(&self, actor: &Actor, merge: Merge) -> Result<()> {
        staff(actor)?;
        if merge.from.is_empty() {
            return Err(Error::invalid("from", Why::Missing));
        }
        let mut write = self.write().await?;
        let into = write.editable(actor, &merge.into).await?;
        write.is_live(&into.state, "into")?;
        let named = [("keep", merge.keep.as_ref())].into_iter();
        let named = named.chain(merge.each.iter().map(|(property, of)| (property.as_str(), Some(of))));
        for (field, of) in named.chain(merge.fields.values().map(|of| ("fields", Some(of)))) {
            if of.is_some_and(|of| *of != merge.into && !merge.from.contains(of)) {
                return Err(Error::invalid(field, Why::NotAChoice));
            }
        }
        write.take_over_properties(actor, &merge, &into).await?;
        for from in &merge.from {
            write.swallow(actor, &merge.into, from).await?;
        }
        write.reckon_legal_holds().await?;
        write.recount(&merge.into).await?;
        self.commit(write).await
    }

    /// The request that once had this number, wherever it is now.
    pub async fn swallowed(&self, actor: &Actor, number: i64) -> Result<TicketId> {
        staff(actor)?;
        numbered(&mut *self.read().acquire().await?, number).await?.ok_or(Error::NotFound)
    }

    /// Takes a swallowed request out again, with the messages that it brought. MRG-4. What came since stays.
    pub async fn unmerge(&self, actor: &Actor, swallowed: &TicketId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, swallowed).await?;
        let kind = decide(Some(word(&facts.state)?), Happening::TakenOut, Deciders::default()).allowed("ticket")?;
        let survivor = write.survivor(swallowed).await?;
        write.editable(actor, &survivor).await?;
        let relations = write.relations_brought(swallowed).await?;
        let line = write.masters(swallowed).await?;
        let mut left = write.take_away_what_came(swallowed).await?;
        write.bring_back(swallowed, &survivor).await?;
        write.bring_relations_back(swallowed, &line, relations).await?;
        write.reckon_legal_holds().await?;
        for id in [&survivor, swallowed] {
            write.recount(id).await?;
        }
        let (own, other) = (write.number_of(swallowed).await?, write.number_of(&survivor).await?);
        // A master in the middle of a chain says so where it has something to note.
        left.entry(survivor).or_default();
        for (master, left) in left {
            let data = if left.is_empty() { None } else { Some(serde_json::to_string(&left)?) };
            let fact = Fact { ticket: Some(&master), new: Some(&own), data, ..Fact::default() };
            write.record(actor, Cause::Person, kind, fact).await?;
        }
        let fact = Fact { ticket: Some(swallowed), new: Some(&other), ..Fact::default() };
        write.record(actor, Cause::Person, kind, fact).await?;
        self.commit(write).await
    }
}

/// MRG-3: to the end of the chain.
pub(crate) async fn survivor(connection: &mut sqlx::AnyConnection, id: &TicketId) -> Result<TicketId> {
    let mut here = id.clone();
    for _ in 0..LONGEST_CHAIN {
        match master(connection, &here).await? {
            Some(master) => here = master,
            None => return Ok(here),
        }
    }
    Err(Error::internal("a chain of merges has no end"))
}

/// Which request swallowed this one.
async fn master(connection: &mut sqlx::AnyConnection, id: &TicketId) -> Result<Option<TicketId>> {
    let master: Option<Option<String>> = sqlx::query_scalar("select master_id from ticket where id = $1")
        .bind(id.clone())
        .fetch_optional(connection)
        .await?;
    Ok(master.flatten().map(TicketId))
}

impl Write {
    fn is_live(&self, state: &str, field: &str) -> Result<()> {
        match word(state)? {
            State::Linked | State::Deleted => Err(Error::invalid(field, Why::NotAChoice)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn survivor(&mut self, id: &TicketId) -> Result<TicketId> {
        survivor(self.sql(), id).await
    }

    async fn swallow(&mut self, actor: &Actor, into: &TicketId, from: &TicketId) -> Result<()> {
        if into == from {
            return Err(Error::invalid("from", Why::Circle));
        }
        let facts = self.editable(actor, from).await?;
        let kind = decide(Some(word(&facts.state)?), Happening::Merged, Deciders::default()).allowed("from")?;
        let mut brought = self.bring(into, from).await?;
        brought.relations = self.take_over_relations(into, from).await?;
        sqlx::query("update delivery set ticket_id = $1 where ticket_id = $2")
            .bind(into.clone())
            .bind(from.clone())
            .execute(self.sql())
            .await?;
        sqlx::query("update message set ticket_id = $1, merged_from = coalesce(merged_from, $2) where ticket_id = $2")
            .bind(into.clone())
            .bind(from.clone())
            .execute(self.sql())
            .await?;
        let linked = self.default_status(State::Linked).await?;
        sqlx::query(
            "update ticket set status_before_id = status_id, state = 'linked', status_id = $2, master_id = $3, wake_at = null
             where id = $1",
        )
        .bind(from.clone())
        .bind(linked)
        .bind(into.clone())
        .execute(self.sql())
        .await?;
        self.recount(from).await?;
        let (own, other) = (self.number_of(into).await?, self.number_of(from).await?);
        let fact = Fact {
            ticket: Some(into),
            old: Some(&other),
            data: Some(serde_json::to_string(&brought)?),
            ..Fact::default()
        };
        self.record(actor, Cause::Person, EventKind::Merged, fact).await?;
        let fact = Fact { ticket: Some(from), new: Some(&own), ..Fact::default() };
        self.record(actor, Cause::Person, kind, fact).await?;
        Ok(())
    }

    /// Contacts, tags and followers are copied; favourites and the list of what was opened lately lead to the survivor.
    async fn bring(&mut self, into: &TicketId, from: &TicketId) -> Result<Brought> {
        let mut brought = Brought { from: from.0.clone(), ..Brought::default() };
        let there = self.who_takes_part(into).await?;
        for person in self.who_takes_part(from).await? {
            if !there.contains(&person) {
                self.take_part(into, &person, None).await?;
                brought.contacts.push(person.0);
            }
        }
        brought.tags = self
            .missing(
                "select tag_id from ticket_tag where ticket_id = $2 and tag_id not in
            (select tag_id from ticket_tag where ticket_id = $1) order by tag_id",
                into,
                from,
            )
            .await?;
        for tag in &brought.tags {
            sqlx::query("insert into ticket_tag (ticket_id, tag_id) values ($1, $2)")
                .bind(into.clone())
                .bind(tag.clone())
                .execute(self.sql())
                .await?;
        }
        brought.followers = self
            .missing(
                "select agent_id from follower where ticket_id = $2 and agent_id not in
            (select agent_id from follower where ticket_id = $1) order by agent_id",
                into,
                from,
            )
            .await?;
        let now = self.now;
        for agent in &brought.followers {
            sqlx::query("insert into follower (ticket_id, agent_id, at) values ($1, $2, $3)")
                .bind(into.clone())
                .bind(agent.clone())
                .bind(now)
                .execute(self.sql())
                .await?;
        }
        for sql in [
            "insert into favourite (agent_id, ticket_id, at) select agent_id, cast($1 as text), at from favourite
             where ticket_id = $2 on conflict do nothing",
            "delete from favourite where ticket_id = $2 and ticket_id <> $1",
            "insert into visit (agent_id, ticket_id, at) select agent_id, cast($1 as text), at from visit
             where ticket_id = $2 on conflict do nothing",
            "delete from visit where ticket_id = $2 and ticket_id <> $1",
        ] {
            sqlx::query(sql).bind(into.clone()).bind(from.clone()).execute(self.sql()).await?;
        }
        Ok(brought)
    }

    async fn missing(&mut self, sql: &'static str, into: &TicketId, from: &TicketId) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(sql).bind(into.clone()).bind(from.clone()).fetch_all(self.sql()).await?)
    }

    /// The survivor gets each property of the request that it is kept of; what a property depends on comes before it.
    async fn take_over_properties(&mut self, actor: &Actor, merge: &Merge, own: &TicketFacts) -> Result<()> {
        let into = &merge.into;
        let mut others = BTreeMap::new();
        for of in merge.keep.iter().chain(merge.each.values()).filter(|of| *of != into) {
            if !others.contains_key(of) {
                others.insert(of, self.editable(actor, of).await?);
            }
        }
        let kept_of = |property| merge.each.get(&property).or(merge.keep.as_ref()).and_then(|of| others.get(of));
        if let Some(kept) = kept_of(Property::Title) {
            self.keep_title(actor, own, &kept.title).await?;
        }
        if let Some(kept) = kept_of(Property::Category) {
            self.set_category(actor, Cause::Person, into, &CategoryId(kept.category_id.clone())).await?;
        }
        if let Some(kept) = kept_of(Property::Type)
            && let Some(kind) = self.type_of(&kept.id).await?
        {
            self.set_type(actor, Cause::Person, into, &kind).await?;
        }
        if let Some(kept) = kept_of(Property::Priority) {
            // A priority that was retired, or a category that is gone, is given to nothing any more: then its own stays.
            let priority = PriorityId(kept.priority_id.clone());
            if self.is_offered(&priority).await? {
                self.set_priority(actor, Cause::Person, into, &priority).await?;
            }
        }
        self.take_over_fields(actor, merge).await?;
        if let Some(owner) = kept_of(Property::Owner).and_then(|kept| kept.owner_id.as_ref())
            && own.owner_id.as_ref() != Some(owner)
        {
            self.give(actor, Cause::Person, into, owner, EventKind::Transferred, None).await?;
        }
        Ok(())
    }

    async fn keep_title(&mut self, actor: &Actor, own: &TicketFacts, title: &str) -> Result<()> {
        if own.title == title {
            return Ok(());
        }
        sqlx::query("update ticket set title = $2 where id = $1")
            .bind(own.id.clone())
            .bind(title.to_owned())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(&own.id), old: Some(&own.title), new: Some(title), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::TitleChanged, fact).await?;
        Ok(())
    }

    /// The request is live again, with the messages that it, or what it had swallowed itself, once brought.
    async fn bring_back(&mut self, swallowed: &TicketId, survivor: &TicketId) -> Result<()> {
        let mut family = vec![swallowed.clone()];
        let mut looked = 0;
        while looked < family.len() {
            let below: Vec<TicketId> = sqlx::query_scalar("select id from ticket where master_id = $1 order by id")
                .bind(family[looked].clone())
                .fetch_all(self.sql())
                .await?;
            family.extend(below);
            looked += 1;
        }
        for member in &family {
            for sql in [
                "update delivery set ticket_id = $1 where message_id in
                   (select id from message where ticket_id = $2 and merged_from = $3)",
                "update message set ticket_id = $1, merged_from = case when merged_from = $1 then null else merged_from end
                 where ticket_id = $2 and merged_from = $3",
            ] {
                sqlx::query(sql)
                    .bind(swallowed.clone())
                    .bind(survivor.clone())
                    .bind(member.clone())
                    .execute(self.sql())
                    .await?;
            }
        }
        let (status, state) = self.status_to_return_to(swallowed).await?;
        sqlx::query(
            "update ticket set master_id = null, state = $2, status_id = $3, status_before_id = null where id = $1",
        )
        .bind(swallowed.clone())
        .bind(state.as_str())
        .bind(status)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Nobody goes on seeing a request only because it was once merged with theirs: what the merge brought is followed along
    /// the chain, as far as it was passed on, and taken away there. What stays on each master, because another request that
    /// it swallowed has it too.
    async fn take_away_what_came(&mut self, swallowed: &TicketId) -> Result<BTreeMap<TicketId, Vec<Brought>>> {
        let mut here = swallowed.clone();
        let mut carried: Option<Brought> = None;
        let mut stays: BTreeMap<TicketId, Vec<Brought>> = BTreeMap::new();
        for _ in 0..LONGEST_CHAIN {
            let Some(master) = master(self.sql(), &here).await? else { break };
            let Some(brought) = self.brought(&master, &here).await? else { break };
            let mut passed_on = match &carried {
                None => brought,
                Some(before) => Brought {
                    from: brought.from,
                    contacts: brought.contacts.into_iter().filter(|id| before.contacts.contains(id)).collect(),
                    tags: brought.tags.into_iter().filter(|id| before.tags.contains(id)).collect(),
                    followers: brought.followers.into_iter().filter(|id| before.followers.contains(id)).collect(),
                    relations: vec![],
                },
            };
            let left = self.leave_to_others(&master, std::slice::from_ref(&here), &mut passed_on).await?;
            if !left.is_empty() {
                stays.insert(master.clone(), left);
            }
            for person in &passed_on.contacts {
                self.part_with(&master, &PersonId(person.clone())).await?;
            }
            for (sql, values) in [
                ("delete from ticket_tag where ticket_id = $1 and tag_id = $2", &passed_on.tags),
                ("delete from follower where ticket_id = $1 and agent_id = $2", &passed_on.followers),
            ] {
                for value in values {
                    sqlx::query(sql).bind(master.clone()).bind(value.clone()).execute(self.sql()).await?;
                }
            }
            self.keep_main_contact(&master).await?;
            carried = Some(passed_on);
            here = master;
        }
        Ok(stays)
    }

    /// What goes from a master with those who leave it stays there where another request that it swallowed has it too: that
    /// one takes it along when it leaves in turn.
    pub(crate) async fn leave_to_others(
        &mut self,
        master: &TicketId,
        leaving: &[TicketId],
        going: &mut Brought,
    ) -> Result<Vec<Brought>> {
        let others: Vec<TicketId> = sqlx::query_scalar("select id from ticket where master_id = $1 order by id")
            .bind(master.clone())
            .fetch_all(self.sql())
            .await?;
        let mut left = vec![];
        for other in others.into_iter().filter(|other| !leaving.contains(other)) {
            // As who they were, and as who they are now.
            let mut contacts: Vec<String> =
                self.who_takes_part(&other).await?.into_iter().map(|person| person.0).collect();
            contacts.extend(self.all_of("select person_id from ticket_contact where ticket_id = $1", &other).await?);
            let theirs = Brought {
                contacts,
                tags: self.all_of("select tag_id from ticket_tag where ticket_id = $1", &other).await?,
                followers: self.all_of("select agent_id from follower where ticket_id = $1", &other).await?,
                from: other.0,
                relations: vec![],
            };
            left.push(going.leave_to(&theirs));
        }
        left.retain(|left| !left.is_nothing());
        Ok(left)
    }

    async fn all_of(&mut self, sql: &'static str, ticket: &TicketId) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(sql).bind(ticket.clone()).fetch_all(self.sql()).await?)
    }

    /// Every request that swallowed this one, or who swallowed it, up to the survivor.
    async fn masters(&mut self, swallowed: &TicketId) -> Result<Vec<TicketId>> {
        let mut line = vec![];
        let mut here = swallowed.clone();
        while let Some(above) = master(self.sql(), &here).await?
            && line.len() < LONGEST_CHAIN
        {
            line.push(above.clone());
            here = above;
        }
        Ok(line)
    }

    async fn relations_brought(&mut self, swallowed: &TicketId) -> Result<Vec<Tie>> {
        let Some(master) = master(self.sql(), swallowed).await? else { return Ok(vec![]) };
        Ok(self.brought(&master, swallowed).await?.unwrap_or_default().relations)
    }

    /// What the latest merge of one request into another brought, with what others left to it since.
    async fn brought(&mut self, into: &TicketId, from: &TicketId) -> Result<Option<Brought>> {
        let events: Vec<(String, String)> = sqlx::query_as(
            "select kind, data from event where ticket_id = $1 and kind in ('merged', 'unmerged', 'undone')
               and data is not null order by number desc",
        )
        .bind(into.clone())
        .fetch_all(self.sql())
        .await?;
        let mut left = Brought::default();
        for (kind, data) in events {
            let merged = kind == EventKind::Merged.as_str();
            let all: Vec<Brought> = match merged {
                true => serde_json::from_str(&data).into_iter().collect(),
                false => serde_json::from_str(&data).unwrap_or_default(),
            };
            for brought in all.into_iter().filter(|brought| brought.from == from.0) {
                left.contacts.extend(brought.contacts);
                left.tags.extend(brought.tags);
                left.followers.extend(brought.followers);
                if merged {
                    return Ok(Some(Brought { from: brought.from, relations: brought.relations, ..left }));
                }
            }
        }
        Ok(None)
    }

    /// CRM-1: the main contact is one of the contacts; where it went, the next one is.
    async fn keep_main_contact(&mut self, id: &TicketId) -> Result<()> {
        let first = "(select c.person_id from ticket_contact c where c.ticket_id = $1 order by c.position limit 1)";
        let sql = format!(
            "update ticket set person_id = {first}, company_id = (select p.company_id from person p where p.id = {first})
             where id = $1 and person_id is not null
               and not exists (select 1 from ticket_contact c where c.ticket_id = $1 and c.person_id = ticket.person_id)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.clone()).execute(self.sql()).await?;
        Ok(())
    }
}
