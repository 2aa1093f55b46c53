//! Numbers about the work: tiles, a period's figures. Section 21. Each counts only what its reader may see in lists.

use crate::{
    Desk, Error, Result, Why,
    access::{listed, reached, staff},
    clock::{DAY, MINUTE},
    criteria::{Bound, Condition},
    follower::{FOLLOWED, followed_only},
    model::*,
};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;

/// The longest period that is counted in one go.
const LONGEST: i64 = 3 * 366 * DAY;

const CREATED: &str = "t.created_at";
const CLOSED: &str = "t.closed_at";

/// Requests of reader `$1` that count at all. STAT-5.
macro_rules! counted {
    ($select:literal, $tail:literal) => {
        concat!($select, " from ticket t where t.state not in ('linked', 'deleted') and ", listed!(), " and ", $tail)
    };
}
pub(crate) use counted;

impl Desk {
    /// The four numbers of the dashboard. NAV-9, DL-3.
    pub async fn tiles(&self, actor: &Actor) -> Result<Tiles> {
        let me = staff(actor)?;
        let now = self.clock().now();
        let postponed = self.count_in(me, "y.state = 'postponed'", "t.state = 'postponed'").await?;
        let counted =
            self.count_in(me, "y.state = 'open' and y.late = 1", "t.state = 'open' and t.counted_late = 1").await?;
        // What the clock has not come to yet.
        let since: i64 =
            sqlx::query_scalar(concat!("select count(*) from ticket t where t.late_at < $2 and ", listed!()))
                .bind(me.clone())
                .bind(now)
                .fetch_one(self.read())
                .await?;
        let counts = self.counts(actor).await?;
        Ok(Tiles {
            mine: counts.mine,
            unassigned: counts.unassigned,
            overdue: counted + since,
            unresolved: counts.open + postponed,
        })
    }

    /// How each category stands that is to be shown, in their order. From the tallies: as quick with a million requests as
    /// with none. Section 8.1.
    pub async fn status_view(&self, actor: &Actor) -> Result<Vec<Standing>> {
        let me = staff(actor)?;
        let sql = format!(
            "select c.id, cast(coalesce(sum(case when x.state = 'open' then x.count end), 0) as bigint),
                    cast(coalesce(sum(case when x.state = 'open' and x.owner = '' then x.count end), 0) as bigint),
                    cast(coalesce(sum(case when x.state = 'postponed' then x.count end), 0) as bigint)
             from category c left join
               (select y.category, y.state, y.owner, y.count as count from tally y where y.owner = $1 or {}
                union all select t.category_id, t.state, coalesce(t.owner_id, ''), 1 from {FOLLOWED} where {}) x
               on x.category = c.id
             where c.status_view_at is not null and c.deleted_at is null group by c.id, c.position
             having sum(x.count) > 0 or exists (select 1 from reach h where h.agent_id = $1 and h.category_id = c.id)
             order by c.position, c.id",
            reached!("y.category"),
            followed_only!(),
        );
        let rows: Vec<(CategoryId, i64, i64, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone()).fetch_all(self.read()).await?;
        let standing = |(category, open, unassigned, postponed)| Standing { category, open, unassigned, postponed };
        Ok(rows.into_iter().map(standing).collect())
    }

    /// A period in numbers. STAT-1, STAT-2.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to see statistics.
    pub async fn statistics(&self, actor: &Actor, period: Period) -> Result<Statistics> {
        let me = staff(actor)?;
        self.entitled(actor, Right::Statistics).await?;
        if period.to <= period.from || period.to.saturating_sub(period.from) > LONGEST {
            return Err(Error::invalid("to", Why::NotAChoice));
        }
        let mut days = BTreeMap::new();
        let created: Vec<(i64, String, CategoryId)> = self
            .within(
                counted!("select t.created_at, t.origin, t.category_id", "t.created_at >= $2 and t.created_at < $3"),
                me,
                period,
            )
            .await?;
        let closed: Vec<Closed> = self
            .within(
                counted!(
                    "select t.created_at, t.closed_at, t.close_took, t.owner_id, t.deadline,
                     (select c.agreement_id from company c where c.id = t.company_id) as agreement_id,
                     (select count(*) from event e where e.ticket_id = t.id and e.kind = 'deadline-missed') as missed",
                    "t.closed_at >= $2 and t.closed_at < $3"
                ),
                me,
                period,
            )
            .await?;
        let answered: Vec<(i64, i64, Option<i64>)> = self
            .within(
                counted!("select t.created_at, t.replied_at, t.reply_took", "t.replied_at >= $2 and t.replied_at < $3"),
                me,
                period,
            )
            .await?;
        for (at, ..) in &created {
            day(&mut days, *at).created += 1;
        }
        for closed in &closed {
            day(&mut days, closed.closed_at).closed += 1;
        }
        let said = self.said(me, period).await?;
        Ok(Statistics {
            created: created.len() as i64,
            closed: closed.len() as i64,
            reopened: self.happened(me, EventKind::Reopened, period).await?,
            escalated: self.happened(me, EventKind::Escalated, period).await?,
            replies: said.0,
            minutes: said.1,
            charge: said.2,
            deadline_met: closed.iter().filter(|closed| closed.met()).count() as i64,
            deadline_missed: closed.iter().filter(|closed| closed.missed > 0).count() as i64,
            first_answer: spread(answered.iter().map(|(from, to, _)| to - from)),
            first_answer_open: spread(answered.iter().filter_map(|(.., open)| *open)),
            resolution: spread(closed.iter().map(|closed| closed.closed_at - closed.created_at)),
            resolution_open: spread(closed.iter().filter_map(|closed| closed.close_took)),
            phases: self.phase_spreads(me, period).await?,
            days: days.into_values().collect(),
            by_origin: shares(created.iter().map(|(_, origin, _)| origin.clone())),
            by_category: shares(created.into_iter().map(|(.., category)| category)),
            by_priority: named(self.grouped(me, within(CREATED, period), Grouping::Priority, "").await?, PriorityId),
            by_type: known(self.grouped(me, within(CREATED, period), Grouping::Type, "").await?, RequestTypeId),
            by_company: known(self.grouped(me, within(CREATED, period), Grouping::Company, "").await?, CompanyId),
            by_tag: known(self.grouped(me, within(CREATED, period), Grouping::Tag, "").await?, TagId),
            by_language: known(self.grouped(me, within(CREATED, period), Grouping::Language, "").await?, |tag| tag),
            agreements: agreements(&closed),
            closed_by_team: known(self.grouped(me, within(CLOSED, period), Grouping::Team, "").await?, TeamId),
            closed_by_owner: shares(closed.into_iter().map(|closed| closed.owner_id)),
            open_by_owner: known(self.open_by_owner(me).await?, AgentId),
            open_by_status: named(self.open_by_status(me).await?, StatusId),
        })
    }

    pub(crate) async fn within<T>(&self, sql: &'static str, me: &AgentId, period: Period) -> Result<Vec<T>>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::any::AnyRow> + Send + Unpin,
    {
        Ok(sqlx::query_as(sql).bind(me.clone()).bind(period.from).bind(period.to).fetch_all(self.read()).await?)
    }

    /// Answers to customers, minutes spent and to charge, by what was said in the period.
    async fn said(&self, me: &AgentId, period: Period) -> Result<(i64, i64, i64)> {
        let rows: Vec<(i64, i64, i64)> = self
            .within(
                concat!(
                    "select cast(coalesce(sum(case when m.kind = 'reply' and m.access = 'external' then 1 else 0 end), 0) as bigint),
                            cast(coalesce(sum(m.minutes), 0) as bigint), cast(coalesce(sum(m.charge), 0) as bigint)
                     from message m join ticket t on t.id = m.ticket_id
                     where t.state not in ('linked', 'deleted') and m.taken_back_at is null
                       and m.created_at >= $2 and m.created_at < $3 and ",
                    listed!()
                ),
                me,
                period,
            )
            .await?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    async fn happened(&self, me: &AgentId, kind: EventKind, period: Period) -> Result<i64> {
        Ok(sqlx::query_scalar(concat!(
            "select count(*) from event e join ticket t on t.id = e.ticket_id
             where t.state not in ('linked', 'deleted') and e.kind = $4 and e.at >= $2 and e.at < $3 and ",
            listed!()
        ))
        .bind(me.clone())
        .bind(period.from)
        .bind(period.to)
        .bind(kind.as_str())
        .fetch_one(self.read())
        .await?)
    }

    /// By ids, the largest first; an empty one stands for nobody.
    pub(crate) async fn open_by_owner(&self, me: &AgentId) -> Result<Vec<(String, i64)>> {
        self.shares_in(me, "y.owner", "coalesce(t.owner_id, '')", &["open"]).await
    }

    pub(crate) async fn open_by_status(&self, me: &AgentId) -> Result<Vec<(String, i64)>> {
        self.shares_in(me, "y.status", "t.status_id", &["open", "postponed"]).await
    }

    /// From the tallies, and one by one what the reader only follows: as quick with a million requests as with none.
    async fn shares_in(&self, me: &AgentId, of: &str, own: &str, states: &[&str]) -> Result<Vec<(String, i64)>> {
        let states = states.join("', '");
        let sql = format!(
            "select x.name, cast(sum(x.count) as bigint) as sum from
               (select {of} as name, y.count as count from tally y
                  where y.state in ('{states}') and (y.owner = $1 or {})
                union all select {own}, 1 from {FOLLOWED}
                  where {} and t.state in ('{states}')) x
             group by x.name having sum(x.count) > 0 order by sum desc, x.name",
            reached!("y.category"),
            followed_only!(),
        );
        Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone()).fetch_all(self.read()).await?)
    }
}

#[derive(sqlx::FromRow)]
struct Closed {
    created_at: i64,
    closed_at: i64,
    close_took: Option<i64>,
    owner_id: Option<AgentId>,
    deadline: Option<i64>,
    agreement_id: Option<AgreementId>,
    missed: i64,
}

impl Closed {
    /// There was a deadline, and none was missed.
    fn met(&self) -> bool {
        self.deadline.is_some() && self.missed == 0
    }
}

/// How far each agreement was kept, the one with most requests first.
fn agreements(closed: &[Closed]) -> Vec<AgreementReport> {
    let mut reports: BTreeMap<&AgreementId, AgreementReport> = BTreeMap::new();
    for one in closed {
        let Some(agreement) = &one.agreement_id else { continue };
        let none = AgreementReport { agreement: agreement.clone(), closed: 0, met: 0, missed: 0 };
        let report = reports.entry(agreement).or_insert(none);
        report.closed += 1;
        report.met += i64::from(one.met());
        report.missed += i64::from(one.missed > 0);
    }
    let mut reports: Vec<AgreementReport> = reports.into_values().collect();
    reports.sort_by_key(|report| -report.closed);
    reports
}

fn day(days: &mut BTreeMap<i64, Day>, at: i64) -> &mut Day {
    let midnight = at.div_euclid(DAY) * DAY;
    days.entry(midnight).or_insert(Day { at: midnight, ..Day::default() })
}

/// The middle one and the one that nine in ten don't pass, in whole minutes.
pub(crate) fn spread(micros: impl Iterator<Item = i64>) -> Spread {
    let mut minutes: Vec<i64> = micros.map(|took| took / MINUTE).collect();
    minutes.sort_unstable();
    let at = |share: usize| minutes.get((minutes.len() * share).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0);
    Spread { count: minutes.len() as i64, median: at(50), most: at(90) }
}

/// Requests that count, with an instant in a period; after the reader's place. STAT-5.
fn within(at: &str, period: Period) -> Condition {
    let mut condition = Condition::after(1);
    let (from, to) = (condition.bind(Bound::Int(period.from)), condition.bind(Bound::Int(period.to)));
    condition.sql = format!("t.state not in ('linked', 'deleted') and {at} >= {from} and {at} < {to}");
    condition
}

/// Shares of what has an id.
pub(crate) fn named<T>(groups: Vec<(String, i64)>, id: impl Fn(String) -> T) -> Vec<Share<T>> {
    groups.into_iter().map(|(name, count)| Share { of: id(name), count }).collect()
}

/// Shares of what may have none.
fn known<T>(groups: Vec<(String, i64)>, id: impl Fn(String) -> T) -> Vec<Share<Option<T>>> {
    named(groups, |name| Some(name).filter(|name| !name.is_empty()).map(&id))
}

/// How often each stands there, the most frequent first.
fn shares<T: Ord>(values: impl Iterator<Item = T>) -> Vec<Share<T>> {
    let mut counts = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_insert(0) += 1);
    let mut shares: Vec<Share<T>> = counts.into_iter().map(|(of, count)| Share { of, count }).collect();
    // Stable: what is equally frequent stays in its own order.
    shares.sort_by_key(|share| -share.count);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_and_nine_in_ten() {
        let of = |minutes: &[i64]| spread(minutes.iter().map(|m| m * MINUTE));
        assert_eq!(of(&[]), Spread::default());
        assert_eq!(of(&[7]), Spread { count: 1, median: 7, most: 7 });
        assert_eq!(of(&[5, 1, 3, 4, 2, 6, 7, 8, 9, 10]), Spread { count: 10, median: 5, most: 9 });
    }

    #[test]
    fn the_most_frequent_comes_first() {
        let shares = shares(["b", "a", "b", "c"].into_iter());
        assert_eq!(
            shares.iter().map(|share| (share.of, share.count)).collect::<Vec<_>>(),
            [("b", 2), ("a", 1), ("c", 1)]
        );
    }
}
