//! The tail: reads the log after its cursor, tells the live streams, feeds the index. Nothing else reacts to a write.
//!
//! What is filed is what a row says now, not what an event said then: an event only names what to look at.

use crate::{
    Desk, Error, Result,
    db::word,
    model::{event::Change, *},
    search::{Found, Index, Scope},
};
use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// Events read in one go.
const BATCH: i64 = 500;
/// Requests filed in one go. Events may name few people, and these take part in many requests.
const PIECE: usize = 500;
/// How long another process's write may stay unseen.
const POLL: Duration = Duration::from_millis(500);
/// From one filing to the next, at least: a rush of mail is filed in a few large pieces, and is found within a second all
/// the same. After a quiet time nothing waits.
const PAUSE: Duration = Duration::from_millis(150);
/// Requests that a search shows; how many there are beside them it tells.
const MOST_HITS: usize = 50;

#[derive(sqlx::FromRow)]
struct EventRow {
    number: i64,
    kind: String,
    ticket_id: Option<TicketId>,
    new: Option<String>,
    data: Option<String>,
}

impl Desk {
    pub(crate) async fn follow_log(self, mut stopped: watch::Receiver<bool>) {
        let mut told = self.last_event().await.unwrap_or(0);
        let mut attended = self.last_attended().await.unwrap_or(0);
        let mut rang = self.last_call_told().await.unwrap_or(0);
        let mut next_filing = Instant::now();
        loop {
            let failed = self.tell_news(&mut told).await.is_err()
                | self.tell_viewers(&mut attended).await.is_err()
                | self.tell_calls(&mut rang).await.is_err();
            let mut wait = if failed { Duration::from_secs(1) } else { POLL };
            if next_filing <= Instant::now() {
                wait = match self.file_news().await {
                    Ok(true) => Duration::ZERO,
                    Ok(false) => wait,
                    Err(_) => Duration::from_secs(1),
                };
                next_filing = Instant::now() + if wait.is_zero() { wait } else { PAUSE };
            } else {
                wait = wait.min(next_filing - Instant::now());
            }
            if *stopped.borrow() {
                return;
            }
            if !wait.is_zero() {
                tokio::select! {
                    () = self.tail_waker().notified() => {}
                    () = tokio::time::sleep(wait) => {}
                    _ = stopped.changed() => {}
                }
            }
        }
    }

    /// Number of the latest event; 0 before the first.
    pub async fn last_event(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("select coalesce(max(number), 0) from event").fetch_one(self.read()).await?)
    }

    async fn events_after(&self, number: i64) -> Result<Vec<EventRow>> {
        Ok(sqlx::query_as(
            "select number, kind, ticket_id, new, data from event where number > $1 order by number limit $2",
        )
        .bind(number)
        .bind(BATCH)
        .fetch_all(self.read())
        .await?)
    }

    async fn tell_news(&self, told: &mut i64) -> Result<()> {
        for event in self.events_after(*told).await? {
            *told = event.number;
            self.tell(Change { number: event.number, kind: word(&event.kind)?, ticket: event.ticket_id });
        }
        Ok(())
    }

    /// Brings the index further; true when there may be more.
    async fn file_news(&self) -> Result<bool> {
        let cursor = self.index().cursor().unwrap_or(0);
        let events = self.events_after(cursor).await?;
        let Some(last) = events.last().map(|event| event.number) else { return self.leave_another_log(cursor).await };
        let mut tickets: BTreeSet<TicketId> = events.iter().filter_map(|event| event.ticket_id.clone()).collect();
        let mut people = about_people(&events, &[EventKind::PersonAdded, EventKind::PersonChanged]);
        for person in about_people(&events, &[EventKind::PersonChanged]) {
            tickets.extend(self.tickets_with(&person).await?);
        }
        let companies = events.iter().filter(|event| event.kind == EventKind::CompanyChanged.as_str());
        for company in companies.filter_map(|event| event.data.clone().map(CompanyId)) {
            people.extend(self.people_of(&company).await?);
            tickets.extend(self.tickets_of_people_of(&company).await?);
        }
        // A field is called otherwise, or customers may not see it any more.
        let settings = events.iter().filter(|event| event.kind == EventKind::SettingsChanged.as_str());
        for field in settings.filter_map(|event| event.data.clone()) {
            tickets.extend(self.tickets_that_fill(&FieldId(field)).await?);
        }
        self.file(tickets, people, last).await?;
        Ok(events.len() as i64 == BATCH)
    }

    /// An index that is further than the log belongs to another one: an older database was put back. All is filed anew then,
    /// true.
    async fn leave_another_log(&self, cursor: i64) -> Result<bool> {
        if cursor <= self.last_event().await? {
            return Ok(false);
        }
        tracing::warn!("the search index knows more than the database, and is made anew");
        self.with_index(Index::empty).await?;
        Ok(true)
    }

    async fn people_of(&self, company: &CompanyId) -> Result<Vec<PersonId>> {
        Ok(sqlx::query_scalar("select id from person where company_id = $1 and merged_into is null")
            .bind(company.clone())
            .fetch_all(self.read())
            .await?)
    }

    /// Requests that are filed under this company's name, as that of one who takes part.
    async fn tickets_of_people_of(&self, company: &CompanyId) -> Result<Vec<TicketId>> {
        Ok(sqlx::query_scalar(
            "select distinct c.ticket_id from person p join ticket_contact c on c.person_id = p.id where p.company_id = $1",
        )
        .bind(company.clone())
        .fetch_all(self.read())
        .await?)
    }

    /// Requests that are filed under this person's names, addresses and numbers, or name them in a custom field.
    async fn tickets_with(&self, person: &PersonId) -> Result<Vec<TicketId>> {
        Ok(sqlx::query_scalar(
            "select ticket_id from ticket_contact where person_id = $1
             union select x.ticket_id from field f join ticket_field x on x.field_id = f.id and x.text = $1
                   where f.kind = 'person'",
        )
        .bind(person.clone())
        .fetch_all(self.read())
        .await?)
    }

    /// Requests that hold something in this custom field.
    async fn tickets_that_fill(&self, field: &FieldId) -> Result<Vec<TicketId>> {
        Ok(sqlx::query_scalar("select distinct ticket_id from ticket_field where field_id = $1")
            .bind(field.clone())
            .fetch_all(self.read())
            .await?)
    }

    /// Files requests and people as they are now, and forgets those that are gone. Only with the last piece the index
    /// has come to event `last`: one that is cut off before files them again.
    async fn file(&self, tickets: BTreeSet<TicketId>, people: BTreeSet<PersonId>, last: i64) -> Result<()> {
        let before = self.index().cursor().unwrap_or(-1);
        let (tickets, mut docs, mut gone) = (Vec::from_iter(tickets), vec![], vec![]);
        for piece in tickets.chunks(PIECE) {
            if !docs.is_empty() {
                let piece = std::mem::take(&mut docs);
                self.with_index(move |index| index.apply(piece, vec![], before)).await?;
            }
            docs = self.ticket_docs(piece).await?;
            let filed: HashSet<&TicketId> = docs.iter().map(|doc| &doc.id).collect();
            gone.extend(piece.iter().filter(|id| !filed.contains(id)).cloned());
        }
        let people = Vec::from_iter(people);
        let there = self.person_docs(&people).await?;
        let left: Vec<PersonId> = people.into_iter().filter(|id| there.iter().all(|person| person.id != *id)).collect();
        self.with_index(move |index| {
            if !(gone.is_empty() && left.is_empty()) {
                index.forget(&gone, &left, before)?;
            }
            index.apply(docs, there, last)
        })
        .await
    }

    /// The index blocks, so it is asked on a thread of its own.
    async fn with_index<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Index) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let index = self.index().clone();
        tokio::task::spawn_blocking(move || work(&index)).await.map_err(Error::internal)?
    }

    /// Returns when the index holds everything that is committed now.
    pub async fn settle_index(&self) -> Result<()> {
        let last = self.last_event().await?;
        loop {
            let cursor = self.index().cursor().unwrap_or(0);
            if (last..=self.last_event().await?).contains(&cursor) {
                return Ok(());
            }
            self.tail_waker().notify_one();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Rights as a part of the question, so that neither hits nor their number tell of what is not theirs.
    pub(crate) async fn search_scope(&self, me: &AgentId) -> Result<Scope> {
        let closed: Option<String> = sqlx::query_scalar(
            "select c.id from category c where not exists
               (select 1 from reach h where h.agent_id = $1 and h.category_id = c.id and h.level >= 2) limit 1",
        )
        .bind(me.clone())
        .fetch_optional(self.read())
        .await?;
        if closed.is_none() {
            return Ok(Scope::Agent);
        }
        let mut filed: Vec<String> =
            sqlx::query_scalar("select category_id from reach where agent_id = $1 and level >= 2")
                .bind(me.clone())
                .fetch_all(self.read())
                .await?;
        filed.push(me.0.clone());
        Ok(Scope::Reach(filed))
    }

    /// Finds requests and people. Hits are loaded through the reader's own eyes: a stale index can delay, never leak.
    pub async fn search(&self, actor: &Actor, query: &str) -> Result<Hits> {
        self.search_sifted(actor, query, Sift::default()).await
    }

    /// The same, of one state or the newest first.
    pub async fn search_sifted(&self, actor: &Actor, query: &str, sift: Sift) -> Result<Hits> {
        let me = crate::access::staff(actor)?;
        let started = std::time::Instant::now();
        // An address is filed as it travels, however it is typed.
        let text = crate::person::address(query).unwrap_or_else(|_| query.to_owned());
        let scope = self.search_scope(me).await?;
        let (found, people): (Found, Vec<PersonId>) = self
            .with_index(move |index| {
                Ok((index.find_sifted(&text, scope, MOST_HITS, sift)?, index.find_people(&text, 5)?))
            })
            .await?;
        let mut hits = Vec::with_capacity(found.hits.len());
        for hit in found.hits {
            if let Some(ticket) = self.row(me, &hit.id).await? {
                hits.push(Hit { ticket, snippet: hit.snippet, marks: hit.marks, internal: hit.internal });
            }
        }
        let people = self.people(&people).await?;
        Ok(Hits { hits, total: found.total, states: found.states, people, took: started.elapsed().as_millis() as u32 })
    }
}

fn about_people(events: &[EventRow], kinds: &[EventKind]) -> BTreeSet<PersonId> {
    events
        .iter()
        .filter(|event| kinds.iter().any(|kind| event.kind == kind.as_str()))
        .filter_map(|event| event.new.clone().map(PersonId))
        .collect()
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
