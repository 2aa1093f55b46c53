//! What live streams tell: that something changed, to customers never what, and only to whom it may be told. A screen whose
//! line was down hears what it missed.

use crate::{
    Desk, Result,
    db::word,
    model::{event::Change, *},
};
use std::collections::BTreeMap;

/// Changes that are told one by one to a screen that comes back. Whoever missed more looks at everything again.
const MOST: i64 = 500;
/// With this kind every screen looks again, whatever it shows.
const ANYTHING: EventKind = EventKind::SettingsChanged;

/// What a screen missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Oldest first.
    pub changes: Vec<Change>,
    /// The last event that was looked at: of a live stream only what comes after it is news.
    pub until: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    kind: String,
    ticket_id: Option<TicketId>,
}

impl Desk {
    /// Whether this actor may be told of a change. What belongs to no request is told to staff only; a customer hears of what
    /// they can see, and of a reply when it leaves.
    pub async fn may_hear(&self, actor: &Actor, change: &Change) -> Result<bool> {
        if actor.agent().is_none() && (!customers_see(change.kind) || self.is_kept_quiet(change.number).await?) {
            return Ok(false);
        }
        self.may_hear_of(actor, change.ticket.as_ref()).await
    }

    /// As it is said to this actor. What colleagues do is nothing to tell others: they look again.
    pub fn as_told(&self, actor: &Actor, change: Change) -> Change {
        if actor.agent().is_some() { change } else { Change { kind: ANYTHING, ..change } }
    }

    async fn may_hear_of(&self, actor: &Actor, ticket: Option<&TicketId>) -> Result<bool> {
        match ticket {
            Some(ticket) => self.may_see(actor, ticket).await,
            None => Ok(actor.agent().is_some()),
        }
    }

    /// What this actor may be told of the events after number `heard`; none of them for who has heard nothing yet.
    ///
    /// After more than 500, or after a number that this log never had, it is one change for all that is on a screen:
    /// one without a request for staff, one for each of their requests for customers.
    pub async fn missed(&self, actor: &Actor, heard: Option<i64>) -> Result<Missed> {
        let until = self.last_event().await?;
        let Some(heard) = heard else { return Ok(Missed { changes: vec![], until }) };
        let changes = if (0..=until).contains(&heard) {
            let changes = self.changes_between(actor, heard, until).await?;
            if changes.len() as i64 > MOST {
                self.all_between(actor, heard, until).await?
            } else {
                let shown = |change: &Change| actor.agent().is_some() || customers_see(change.kind);
                changes.into_iter().filter(shown).collect()
            }
        } else {
            self.all_between(actor, 0, until).await?
        };
        let mut known = BTreeMap::new();
        let mut told = Vec::with_capacity(changes.len());
        for change in changes {
            let may = match known.get(&change.ticket) {
                Some(may) => *may,
                None => {
                    let may = self.may_hear_of(actor, change.ticket.as_ref()).await?;
                    known.insert(change.ticket.clone(), may);
                    may
                }
            };
            if may {
                told.push(change);
            }
        }
        Ok(Missed { changes: told, until })
    }

    /// At most one more than [`MOST`]; for customers only on requests of which they are a contact.
    async fn changes_between(&self, actor: &Actor, after: i64, until: i64) -> Result<Vec<Change>> {
        let query = match actor.person() {
            None => sqlx::query_as(
                "select number, kind, ticket_id from event where number > $1 and number <= $2 order by number limit $3",
            )
            .bind(after)
            .bind(until)
            .bind(MOST + 1),
            Some(person) => sqlx::query_as(
                "select e.number, e.kind, e.ticket_id from event e join ticket_contact c on c.ticket_id = e.ticket_id
                 where e.number > $1 and e.number <= $2 and c.person_id = $4
                   and not exists (select 1 from held h where h.until_at > $5 and h.step <= e.number and h.last_event >= e.number)
                 order by e.number limit $3",
            )
            .bind(after)
            .bind(until)
            .bind(MOST + 1)
            .bind(person.clone())
            .bind(self.clock().now()),
        };
        let rows: Vec<Row> = query.fetch_all(self.read()).await?;
        rows.into_iter()
            .map(|row| Ok(Change { number: row.number, kind: word(&row.kind)?, ticket: row.ticket_id }))
            .collect()
    }

    /// Customers' screens know nothing of other requests, so each of theirs is named, by its last event: a line that
    /// breaks again in the middle goes on with the rest.
    async fn all_between(&self, actor: &Actor, after: i64, until: i64) -> Result<Vec<Change>> {
        let Some(person) = actor.person() else {
            return Ok(vec![Change { number: until, kind: ANYTHING, ticket: None }]);
        };
        let last: Vec<Row> = sqlx::query_as(
            "select max(e.number) as number, e.kind, e.ticket_id from event e
             join ticket_contact c on c.ticket_id = e.ticket_id
             where e.number > $1 and e.number <= $2 and c.person_id = $3
               and not exists (select 1 from held h where h.until_at > $4 and h.step <= e.number and h.last_event >= e.number)
             group by e.ticket_id, e.kind",
        )
        .bind(after)
        .bind(until)
        .bind(person.clone())
        .bind(self.clock().now())
        .fetch_all(self.read())
        .await?;
        let mut seen = BTreeMap::new();
        for row in last {
            if customers_see(word(&row.kind)?) {
                let latest = seen.entry(row.ticket_id).or_insert(row.number);
                *latest = row.number.max(*latest);
            }
        }
        let mut told: Vec<Change> =
            seen.into_iter().map(|(ticket, number)| Change { number, kind: ANYTHING, ticket }).collect();
        told.sort_by_key(|change| change.number);
        Ok(told)
    }
}

/// Whether something may look different to a customer afterwards. All else is inside; and their own reading is no news.
fn customers_see(kind: EventKind) -> bool {
    use EventKind as E;
    matches!(
        kind,
        E::TicketOpened
            | E::EnquiryReceived
            | E::Replied
            | E::ReplyLeft
            | E::Acknowledged
            | E::TemplateSent
            | E::Accepted
            | E::Transferred
            | E::Released
            | E::Distributed
            | E::HandedOut
            | E::ReadByOwner
            | E::StatusChanged
            | E::Postponed
            | E::Woken
            | E::Closed
            | E::Reopened
            | E::CategoryChanged
            | E::TitleChanged
            | E::AccessChanged
            | E::FieldChanged
            | E::MessageRedacted
            | E::MessageChanged
            | E::MessageMoved
            | E::Split
            | E::SplitOff
            | E::Merged
            | E::Unmerged
            | E::Restored
            | E::Anonymised
            | E::PersonErased
            | E::Undone
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{db::Fact, fake::House};

    fn numbers(missed: &Missed) -> Vec<i64> {
        missed.changes.iter().map(|change| change.number).collect()
    }

    async fn all(house: &House, after: i64) -> Vec<i64> {
        sqlx::query_scalar("select number from event where number > $1 order by number")
            .bind(after)
            .fetch_all(house.desk.read())
            .await
            .unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_comes_back_hears_what_came_after_and_whoever_is_new_nothing() {
        let house = House::open().await;
        house.request("Kari", Access::External).await;
        let agent = house.agent().await;
        house.rest().await;
        let heard = house.desk.missed(&agent, None).await.unwrap();
        assert_eq!(heard.changes, []);
        house.request("Kari", Access::External).await;
        house.request("Ola", Access::Internal).await;
        house.rest().await;
        let missed = house.desk.missed(&agent, Some(heard.until)).await.unwrap();
        assert!(!missed.changes.is_empty());
        assert_eq!(numbers(&missed), all(&house, heard.until).await);
        assert_eq!(missed.until, *all(&house, 0).await.last().unwrap());
        // From the middle, too: the number itself was heard.
        let middle = missed.changes[0].number;
        assert_eq!(numbers(&house.desk.missed(&agent, Some(middle)).await.unwrap()), all(&house, middle).await);
        assert_eq!(house.desk.missed(&agent, Some(missed.until)).await.unwrap().changes, []);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_customer_hears_of_their_own_requests_only() {
        let house = House::open().await;
        let (hers, kari) = house.request("Kari", Access::External).await;
        let (inside, _) = house.request_for(&kari, Access::Internal).await;
        let (other, _) = house.request("Ola", Access::External).await;
        let customer = Actor::Customer { id: kari.clone(), name: "Kari".into() };
        for heard in [0, 99_999, -1] {
            let missed = house.desk.missed(&customer, Some(heard)).await.unwrap();
            assert!(!missed.changes.is_empty(), "{heard}");
            assert!(
                missed.changes.iter().all(|change| change.ticket.as_ref() == Some(&hers)),
                "{heard}: {missed:?}, not {inside}, {other}"
            );
        }
        let (second, _) = house.request_for(&kari, Access::External).await;
        let follower = Actor::Follower { id: kari, name: "Kari".into(), ticket: second.clone() };
        let missed = house.desk.missed(&follower, Some(0)).await.unwrap();
        assert!(
            !missed.changes.is_empty() && missed.changes.iter().all(|change| change.ticket.as_ref() == Some(&second))
        );
        let nobody = house.desk.missed(&Actor::Anonymous, Some(0)).await.unwrap();
        assert_eq!(nobody.changes, []);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_missed_too_much_or_comes_from_elsewhere_looks_at_everything() {
        let house = House::open().await;
        let (id, kari) = house.request("Kari", Access::External).await;
        let (agent, customer) = (house.agent().await, Actor::Customer { id: kari, name: String::new() });
        house.rest().await;
        let heard = house.desk.missed(&agent, None).await.unwrap().until;
        let mut write = house.desk.write().await.unwrap();
        for round in 0..=MOST {
            let kind = if round == MOST { EventKind::ReadByCustomer } else { EventKind::TitleChanged };
            let fact = Fact { ticket: Some(&id), ..Fact::default() };
            write.record(&Actor::System, Cause::Setup, kind, fact).await.unwrap();
        }
        house.desk.commit(write).await.unwrap();
        let until = house.desk.last_event().await.unwrap();
        for missed in [heard, until + 1, -1] {
            let all = house.desk.missed(&agent, Some(missed)).await.unwrap();
            assert_eq!(all.changes, [Change { number: until, kind: ANYTHING, ticket: None }], "{missed}");
            assert_eq!(all.until, until);
            // Her own reading, the last of them, is no news to her.
            let hers = house.desk.missed(&customer, Some(missed)).await.unwrap();
            assert_eq!(
                hers.changes,
                [Change { number: until - 1, kind: ANYTHING, ticket: Some(id.clone()) }],
                "{missed}"
            );
        }
        // Exactly as many as are told one by one.
        let missed = house.desk.missed(&agent, Some(until - MOST)).await.unwrap();
        assert_eq!(numbers(&missed), all(&house, until - MOST).await);
    }
}
