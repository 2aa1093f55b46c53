//! The telephone: what rings just now, and the caller log. An exchange tells of each turn that a call takes, through a channel;
//! whoever is concerned sees it at once, and a missed call waits until somebody has dealt with it.
//!
//! Calls are rows of their own and no events: nothing on a request changes when a telephone rings. The tail tells screens of
//! them as it tells of viewers.

use crate::{
    Desk, Error, Result,
    access::staff,
    clock::{DAY, HOUR, MINUTE},
    db::{Write, word},
    model::*,
    person::shorten,
    provenance::person_now,
};

/// Calls on one page of the log.
const PAGE: i64 = 50;
/// Whoever rings longer has hung up, and the exchange forgot to say so.
const RINGS: i64 = 3 * MINUTE;
/// The longest conversation.
const TALKS: i64 = 4 * HOUR;
/// How long calls are kept.
const KEPT: i64 = 180 * DAY;
/// Calls that ring at once on one screen.
const MOST_RINGING: i64 = 5;

#[derive(sqlx::FromRow)]
struct Row {
    id: PhoneCallId,
    direction: String,
    state: String,
    number: String,
    name: String,
    person_id: Option<PersonId>,
    line: String,
    extension: String,
    agents: String,
    began_at: i64,
    answered_at: Option<i64>,
    ended_at: Option<i64>,
    seconds: Option<i64>,
    settled_at: Option<i64>,
    ticket: Option<i64>,
}

macro_rules! calls {
    ($rest:literal) => {
        concat!(
            "select c.id, c.direction, c.state, c.number, c.name, c.person_id, c.line, c.extension, c.agents, c.began_at,
                    c.answered_at, c.ended_at, c.seconds, c.settled_at, t.number as ticket
             from phone_call c left join ticket t on t.id = c.ticket_id ",
            $rest
        )
    };
}

impl Desk {
    /// The caller log, the newest first.
    pub async fn phone_calls(&self, actor: &Actor, asked: CallsAsked) -> Result<Vec<PhoneCall>> {
        staff(actor)?;
        let sql = match asked.missed {
            Some(true) => calls!(
                "where c.state = 'missed' and c.settled_at is null and ($1 = '' or c.id < $1) order by c.id desc limit $2"
            ),
            _ => calls!("where ($1 = '' or c.id < $1) order by c.id desc limit $2"),
        };
        let rows: Vec<Row> = sqlx::query_as(sql)
            .bind(asked.after.map(|id| id.0).unwrap_or_default())
            .bind(PAGE)
            .fetch_all(self.read())
            .await?;
        self.phone_calls_of(rows).await
    }

    /// What rings for this agent, what they are talking on, and how many missed calls wait.
    pub async fn switchboard(&self, actor: &Actor) -> Result<Switchboard> {
        let me = staff(actor)?;
        let now = self.clock().now();
        let rows: Vec<Row> = sqlx::query_as(calls!(
            "where (c.state = 'ringing' and c.direction = 'in' and c.began_at > $2
                    and (c.agents = '' or ' ' || c.agents || ' ' like '% ' || $1 || ' %'))
                or (c.state = 'answered' and c.direction = 'in' and c.began_at > $3
                    and ' ' || c.agents || ' ' like '% ' || $1 || ' %')
             order by c.id desc limit $4"
        ))
        .bind(me.clone())
        .bind(now - RINGS)
        .bind(now - TALKS)
        .bind(MOST_RINGING)
        .fetch_all(self.read())
        .await?;
        let mut calls = vec![];
        for call in self.phone_calls_of(rows).await? {
            let callers = match call.number.as_str() {
                "" => vec![],
                number => self.find_callers(actor, number).await?,
            };
            calls.push(Ringing { call, callers });
        }
        let missed: i64 =
            sqlx::query_scalar("select count(*) from phone_call where state = 'missed' and settled_at is null")
                .fetch_one(self.read())
                .await?;
        let used: Option<i64> =
            sqlx::query_scalar("select told from phone_call limit 1").fetch_optional(self.read()).await?;
        Ok(Switchboard { calls, missed, used: used.is_some() })
    }

    /// A missed call is dealt with. The same again does nothing.
    ///
    /// # Errors
    /// `NotFound` for one that is not there, or was not missed.
    pub async fn settle_phone_call(&self, actor: &Actor, id: &PhoneCallId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let (now, number) = (write.now, write.number());
        let changed = sqlx::query(
            "update phone_call set settled_at = coalesce(settled_at, $2), told = $3 where id = $1 and state = 'missed'",
        )
        .bind(id.clone())
        .bind(now)
        .bind(number)
        .execute(write.sql())
        .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        self.commit(write).await
    }

    async fn phone_calls_of(&self, rows: Vec<Row>) -> Result<Vec<PhoneCall>> {
        let mut calls = Vec::with_capacity(rows.len());
        for row in rows {
            let person = match &row.person_id {
                // Who was merged since is who they are now.
                Some(id) => {
                    let id = person_now(&mut *self.read().acquire().await?, id).await?;
                    self.people(&[id]).await?.pop()
                }
                None => None,
            };
            let mut agents = vec![];
            for id in row.agents.split_whitespace() {
                let card: Option<(AgentId, String, String)> =
                    sqlx::query_as("select id, name, email from agent where id = $1")
                        .bind(id.to_owned())
                        .fetch_optional(self.read())
                        .await?;
                agents.extend(card.map(|(id, name, email)| AgentCard { id, name, email }));
            }
            calls.push(PhoneCall {
                id: row.id,
                direction: word(&row.direction)?,
                state: word(&row.state)?,
                number: row.number,
                name: row.name,
                person,
                line: row.line,
                extension: row.extension,
                agents,
                began_at: row.began_at,
                answered_at: row.answered_at,
                ended_at: row.ended_at,
                seconds: row.seconds,
                settled_at: row.settled_at,
                ticket: row.ticket,
            });
        }
        Ok(calls)
    }

    /// The one contact with this number, however it is written; asked before a write, which must not look long.
    pub(crate) async fn only_caller(&self, number: &str) -> Result<Option<PersonId>> {
        let Some(number) = crate::person::phone(number).filter(|number| number.len() >= 7) else { return Ok(None) };
        let found = self.people_by_number(&number).await?;
        let found = self.people(&found).await?;
        Ok(<[Person; 1]>::try_from(found).ok().map(|[person]| person.id))
    }

    /// The last write that a call changed in.
    pub(crate) async fn last_call_told(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("select coalesce(max(told), 0) from phone_call").fetch_one(self.read()).await?)
    }

    /// Tells the live streams that calls changed after write number `told`.
    pub(crate) async fn tell_calls(&self, told: &mut i64) -> Result<()> {
        let last = self.last_call_told().await?;
        if last > *told {
            *told = last;
            self.tell_rang();
        }
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct Known {
    id: PhoneCallId,
    state: String,
    agents: String,
    answered_at: Option<i64>,
    person_id: Option<PersonId>,
}

impl Write {
    /// A call takes a turn, `at` a moment that its exchange said. Turns may come late and in any order: what is over is not begun again.
    pub(crate) async fn take_turn(
        &mut self,
        account: &AccountId,
        name: &str,
        who: (&str, &str),
        turn: &Turn,
        person: Option<&PersonId>,
        at: Option<i64>,
    ) -> Result<PhoneCallId> {
        let name = shorten(name, 400);
        let known: Option<Known> = sqlx::query_as(
            "select id, state, agents, answered_at, person_id from phone_call where account_id = $1 and name_there = $2",
        )
        .bind(account.clone())
        .bind(name.clone())
        .fetch_optional(self.sql())
        .await?;
        let agents = self.agents_with(&turn.agents).await?;
        // What was kept for its plugin is heard later than it happened.
        let (number, now) = (self.number(), at.unwrap_or(self.now).min(self.now));
        let before = match &known {
            Some(known) => Some(word(&known.state)?),
            None => None,
        };
        let answered =
            known.as_ref().and_then(|known| known.answered_at).is_some() || turn.state == CallState::Answered;
        let state = after(before, turn, answered);
        let answered_at =
            known.as_ref().and_then(|known| known.answered_at).or((turn.state == CallState::Answered).then_some(now));
        let over = matches!(state, CallState::Ended | CallState::Missed);
        let seconds = match (turn.seconds, answered_at) {
            (Some(seconds), _) => Some(seconds),
            (None, Some(answered)) if over => Some((now - answered) / 1_000_000),
            _ => None,
        };
        let id = match known {
            Some(known) => {
                // Who answered has it; while it rings, every phone that rings is named.
                let agents = match turn.state {
                    CallState::Ringing => joined(&known.agents, &agents),
                    CallState::Answered if !agents.is_empty() => agents,
                    _ => known.agents,
                };
                sqlx::query(
                    "update phone_call set state = $2, agents = $3, answered_at = $4, told = $5, person_id = $6,
                       began_at = case when began_at > $8 then $8 else began_at end,
                       ended_at = case when $7 = 1 then coalesce(ended_at, $8) else ended_at end,
                       seconds = coalesce($9, seconds) where id = $1",
                )
                .bind(known.id.clone())
                .bind(state.as_str())
                .bind(agents)
                .bind(answered_at)
                .bind(number)
                .bind(known.person_id.or_else(|| person.cloned()))
                .bind(i64::from(over))
                .bind(now)
                .bind(seconds)
                .execute(self.sql())
                .await?;
                known.id
            }
            None => {
                let id = PhoneCallId::new();
                sqlx::query(
                    "insert into phone_call (id, account_id, name_there, direction, state, number, name, person_id, line,
                       extension, agents, began_at, answered_at, ended_at, seconds, told)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                )
                .bind(id.clone())
                .bind(account.clone())
                .bind(name)
                .bind(turn.direction.as_str())
                .bind(state.as_str())
                .bind(shorten(who.0, 40))
                .bind(shorten(who.1, 200))
                .bind(person.cloned())
                .bind(shorten(&turn.line, 60))
                .bind(shorten(&turn.extension, 60))
                .bind(agents)
                .bind(now)
                .bind(answered_at)
                .bind(over.then_some(now))
                .bind(seconds)
                .bind(number)
                .execute(self.sql())
                .await?;
                self.forget_old_calls().await?;
                id
            }
        };
        if turn.direction == CallDirection::Out || state == CallState::Answered {
            self.settle_calls_of(who.0, now).await?;
        }
        Ok(id)
    }

    /// Whoever was spoken with, or called, `at` a moment need not be called back for what was before.
    async fn settle_calls_of(&mut self, theirs: &str, at: i64) -> Result<()> {
        let (number, now) = (self.number(), self.now);
        sqlx::query(
            "update phone_call set settled_at = $2, told = $3
             where number = $1 and number <> '' and state = 'missed' and settled_at is null and began_at <= $4",
        )
        .bind(shorten(theirs, 40))
        .bind(now)
        .bind(number)
        .bind(at)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Which request a call is about. Whoever made it by hand has dealt with the call; one that came by itself waits on.
    pub(crate) async fn call_became(&mut self, id: &PhoneCallId, ticket: &TicketId, by_hand: bool) -> Result<()> {
        let (number, now) = (self.number(), self.now);
        sqlx::query(
            "update phone_call set ticket_id = $2, told = $3,
               settled_at = case when state = 'missed' and $5 = 1 then coalesce(settled_at, $4) else settled_at end,
               person_id = coalesce(person_id, (select t.person_id from ticket t where t.id = $2)) where id = $1",
        )
        .bind(id.clone())
        .bind(ticket.clone())
        .bind(number)
        .bind(now)
        .bind(i64::from(by_hand))
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Their ids, with a blank between them.
    async fn agents_with(&mut self, addresses: &[String]) -> Result<String> {
        let mut ids: Vec<String> = vec![];
        for address in addresses.iter().take(20) {
            let id: Option<String> = sqlx::query_scalar("select id from agent where lower(email) = $1 limit 1")
                .bind(address.trim().to_lowercase())
                .fetch_optional(self.sql())
                .await?;
            ids.extend(id);
        }
        Ok(ids.join(" "))
    }

    async fn forget_old_calls(&mut self) -> Result<()> {
        let now = self.now;
        sqlx::query("delete from phone_call where began_at < $1").bind(now - KEPT).execute(self.sql()).await?;
        Ok(())
    }
}

/// Both, each once.
fn joined(one: &str, two: &str) -> String {
    let mut ids: Vec<&str> = one.split_whitespace().collect();
    for id in two.split_whitespace() {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.join(" ")
}

/// How far a call is after a turn. `answered`: somebody has answered by now.
fn after(before: Option<CallState>, turn: &Turn, answered: bool) -> CallState {
    use CallState::*;
    // An exchange that knows only that it is over: nobody talked, so nobody answered.
    let ended = |seconds: Option<i64>| {
        let lost = !answered && seconds.is_none() && turn.direction == CallDirection::In;
        if lost { Missed } else { Ended }
    };
    match (before, turn.state) {
        // It was answered after all; the news came in another order.
        (Some(Ended | Missed), Answered) => Ended,
        (Some(over @ (Ended | Missed)), Ringing) => over,
        (Some(Answered), Ringing) => Answered,
        // Another phone that rang as well.
        (Some(Answered), Missed) => Answered,
        (Some(Ended), Missed) | (_, Missed) if answered => Ended,
        (_, Ended) => ended(turn.seconds),
        (_, state) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CallState::*;

    fn turn(state: CallState, seconds: Option<i64>) -> Turn {
        Turn {
            state,
            direction: CallDirection::In,
            line: String::new(),
            extension: String::new(),
            agents: vec![],
            seconds,
            request: false,
        }
    }

    #[test]
    fn turns_that_come_in_any_order_lead_to_the_same() {
        for (turns, end) in [
            (&[Ringing, Answered, Ended][..], Ended),
            (&[Ringing, Ended], Missed),
            (&[Ringing, Missed], Missed),
            (&[Ended, Ringing, Answered], Ended),
            (&[Answered, Ringing], Answered),
            (&[Missed, Answered], Ended),
            (&[Ringing, Answered, Missed], Answered),
            (&[Ringing, Answered, Missed, Ended], Ended),
            (&[Ended], Missed),
        ] {
            let mut state = None;
            let mut answered = false;
            for next in turns {
                answered |= *next == Answered;
                state = Some(after(state, &turn(*next, None), answered));
            }
            assert_eq!(state, Some(end), "{turns:?}");
        }
        assert_eq!(after(None, &turn(Ended, Some(12)), false), Ended);
        let out = Turn { direction: CallDirection::Out, ..turn(Ended, None) };
        assert_eq!(after(Some(Ringing), &out, false), Ended);
    }

    #[test]
    fn phones_that_ring_are_named_once() {
        assert_eq!(joined("a b", "b c"), "a b c");
        assert_eq!(joined("", ""), "");
    }
}
