//! What a channel may tell the people who wait at its other end.

use crate::{Desk, Result, calendar::Calendar, clock::DAY, db::word, model::*, priority::calendar as calendar_of};

/// How far back the wall clock is told: longer than channels remember what was said.
const CLOCK_BACK: i64 = 31 * DAY;

/// When an account is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    pub open: bool,
    /// When it closes, or opens next; Unix microseconds.
    pub changes_at: Option<i64>,
    /// How far the calendar's wall clock is ahead of UTC then.
    pub offset_minutes: i32,
    pub zone: String,
    /// The same for every moment of the last month and until it changes: from when on it was ahead how many minutes.
    pub clocks: Vec<(i64, i32)>,
}

/// How a conversation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub stands: Stands,
    /// Conversations of the same account that wait for a first answer and began before.
    pub before: i64,
    /// Somebody writes on its request just now.
    pub writing: bool,
}

/// What the other side waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// The first answer.
    Waiting,
    Open,
    Closed,
}

impl Desk {
    /// When an account is served: by the calendar of the priority that its requests begin with.
    pub async fn account_hours(&self, account: &AccountId) -> Result<Hours> {
        let id: Option<String> = sqlx::query_scalar(
            "select p.calendar_id from account a join priority p on p.id = a.priority_id where a.id = $1",
        )
        .bind(account.clone())
        .fetch_one(self.read())
        .await?;
        let mut connection = self.read().acquire().await?;
        let now = self.clock().now();
        let Some(calendar) = calendar_of(&mut connection, id.as_deref()).await? else {
            // Around the clock, and the clock is the house's all the same.
            let any: Option<String> = sqlx::query_scalar("select id from calendar order by name limit 1")
                .fetch_optional(&mut *connection)
                .await?;
            let any = calendar_of(&mut connection, any.as_deref()).await?;
            let clocks = any.as_ref().map_or(vec![(now - CLOCK_BACK, 0)], |calendar| clocks(calendar, now, now));
            let (seconds, zone) = any.map_or((0, "UTC".to_owned()), |calendar| calendar.wall_clock(now));
            return Ok(Hours { open: true, changes_at: None, offset_minutes: seconds / 60, zone, clocks });
        };
        let changes_at = calendar.changes_at(now);
        let (seconds, zone) = calendar.wall_clock(changes_at.unwrap_or(now));
        let clocks = clocks(&calendar, now, changes_at.unwrap_or(now));
        Ok(Hours { open: calendar.is_open(now), changes_at, offset_minutes: seconds / 60, zone, clocks })
    }

    /// How many colleagues are there who may read what comes in by an account.
    pub async fn colleagues_there(&self, account: &AccountId) -> Result<usize> {
        let category: CategoryId = sqlx::query_scalar("select category_id from account where id = $1")
            .bind(account.clone())
            .fetch_one(self.read())
            .await?;
        self.present_in(&category).await
    }

    /// How a conversation of an account stands; none where nothing was said in it, or it was forgotten.
    pub async fn conversation_standing(&self, account: &AccountId, name: &str) -> Result<Option<Standing>> {
        let ticket: Option<TicketId> =
            sqlx::query_scalar("select ticket_id from conversation where account_id = $1 and name = $2")
                .bind(account.clone())
                .bind(name.to_owned())
                .fetch_optional(self.read())
                .await?;
        let Some(ticket) = ticket else { return Ok(None) };
        let ticket = self.survivor(&ticket).await?;
        // Of what was forgotten here nothing is to be remembered elsewhere.
        let row: Option<(String, Option<i64>)> = sqlx::query_as(
            "select t.state, t.replied_at from ticket t left join person p on p.id = t.person_id
             where t.id = $1 and t.anonymised_at is null and p.erased_at is null",
        )
        .bind(ticket.clone())
        .fetch_optional(self.read())
        .await?;
        let Some((state, replied_at)) = row else { return Ok(None) };
        let stands = match (word::<State>(&state)?, replied_at) {
            (State::Open | State::Postponed, None) => Stands::Waiting,
            (State::Open | State::Postponed, Some(_)) => Stands::Open,
            _ => Stands::Closed,
        };
        let before = if stands == Stands::Waiting { self.waiting_before(account, &ticket).await? } else { 0 };
        let writing: Option<i64> =
            sqlx::query_scalar("select 1 from viewer where ticket_id = $1 and writing = 1 and until_at > $2 limit 1")
                .bind(ticket)
                .bind(self.clock().now())
                .fetch_optional(self.read())
                .await?;
        Ok(Some(Standing { stands, before, writing: writing.is_some() }))
    }

    async fn waiting_before(&self, account: &AccountId, ticket: &TicketId) -> Result<i64> {
        Ok(sqlx::query_scalar(
            "select count(distinct t.id) from conversation o join ticket t on t.id = o.ticket_id
             join ticket mine on mine.id = $2
             where o.account_id = $1 and t.state = 'open' and t.replied_at is null
               and (t.created_at < mine.created_at or (t.created_at = mine.created_at and t.id < mine.id))",
        )
        .bind(account.clone())
        .bind(ticket.clone())
        .fetch_one(self.read())
        .await?)
    }
}

/// A calendar's wall clock in minutes, from a month ago.
fn clocks(calendar: &Calendar, now: i64, to: i64) -> Vec<(i64, i32)> {
    calendar.wall_clocks(now - CLOCK_BACK, to).into_iter().map(|(from, seconds)| (from, seconds / 60)).collect()
}
