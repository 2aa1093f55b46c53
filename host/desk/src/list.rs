//! Lists of requests, and how many are in each. Section 10.1.

use crate::{
    Desk, Result,
    access::{listed, reached, staff},
    criteria::{Bound, Condition, bind_all},
    follower::{FOLLOWED, followed_only},
    model::*,
    page::{Range, Way},
    tally::place,
};
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

/// Categories that reader `$1` is a member of, by themselves or through a team.
macro_rules! own_category {
    ($category:literal) => {
        concat!(
            $category,
            " in (select category_id from category_member where agent_id = $1
                  union select x.category_id from category_team x join team_member y on y.team_id = x.team_id
                        where y.agent_id = $1)"
        )
    };
}

/// Up to so many matches are counted one by one.
pub const MOST_COUNTED: i64 = 1_000;
/// So few requests are taken and sorted, sooner than found among all the others in the order of an index.
const FEW: i64 = 500;
/// With more categories than this a reader's own are not walked one by one.
const MOST_WALKED: usize = 40;
/// What reader `$1` owns, found in the order of the pile. The needless `or` keeps SQLite from sorting all that they own;
/// PostgreSQL sees through it.
const MINE_IN_PILE: &str = "t.pile = 'open' and (t.owner_id = $1 or 1 = 0)";

/// What a reader's preferences leave in a list.
#[derive(Clone, Copy)]
struct Shown {
    /// Only their own categories. FND-1.
    own: bool,
    /// Only what is open. FAV-2.
    open: bool,
}

impl Shown {
    fn of(list: List, preferences: &Preferences) -> Shown {
        let chosen = matches!(list, List::Mine | List::Favourites);
        Shown {
            own: preferences.own_categories && !chosen,
            open: preferences.open_favourites && list == List::Favourites,
        }
    }
}

/// Which requests `t` are in a list of reader `$1`.
fn list_condition(list: List) -> &'static str {
    match list {
        List::Mine => "t.owner_id = $1 and t.state = 'open'",
        List::Unassigned => "t.owner_id is null and t.state = 'open'",
        List::Favourites => {
            "t.state not in ('linked', 'deleted')
             and exists (select 1 from favourite v where v.ticket_id = t.id and v.agent_id = $1)"
        }
        List::Open => "t.state = 'open'",
        List::Closed => "t.state = 'closed'",
        List::Latest => "t.state not in ('linked', 'deleted')",
    }
}

/// Cells `y` of the tally that a list is made of. Favourites can be anywhere.
fn cells(list: List) -> &'static str {
    match list {
        List::Mine => "y.owner = $1 and y.state = 'open'",
        List::Unassigned => "y.owner = '' and y.state = 'open'",
        List::Open => "y.state = 'open'",
        List::Closed => "y.state = 'closed'",
        List::Latest | List::Favourites => "y.state not in ('linked', 'deleted')",
    }
}

/// Piles that a list is made of.
fn piles(list: List) -> &'static [&'static str] {
    match list {
        List::Mine => &["open"],
        List::Unassigned => &["unassigned"],
        List::Open => &["open", "unassigned"],
        List::Closed => &["closed"],
        List::Latest | List::Favourites => &["open", "unassigned", "postponed", "closed"],
    }
}

/// Headings that have an index over all piles.
fn everywhere(by: Heading) -> bool {
    matches!(by, Heading::Created | Heading::Changed)
}

/// A list as ranges of the indexes that its heading has.
fn ranges(list: List, by: Heading) -> Vec<Range> {
    if list == List::Latest && everywhere(by) {
        return vec![Range::of("ticket t", list_condition(list))];
    }
    piles(list).iter().map(|pile| Range::of("ticket t", &format!("t.pile = '{pile}'"))).collect()
}

fn favourites(shown: Shown) -> Range {
    let open = if shown.open { " and t.state = 'open'" } else { "" };
    let holds = format!(
        "t.id = v.ticket_id and v.agent_id = $1 and t.state not in ('linked', 'deleted'){open} and {}",
        listed!()
    );
    Range { from: "favourite v cross join ticket t".to_owned(), holds }
}

/// Requests `t` that their reader may see, found by the categories that they reach, by what they own and what they follow.
fn reachable(in_list: &str, shown: Shown) -> Range {
    let reached = if shown.own { concat!(" and ", own_category!("h.category_id")) } else { "" };
    let from = format!(
        "(select t.id from reach h cross join ticket t
            where h.agent_id = $1 and t.category_id = h.category_id and {in_list}{reached}
          union select t.id from ticket t where t.owner_id = $1 and {in_list}
          union select t.id from {FOLLOWED} where {} and {in_list}) r cross join ticket t",
        followed_only!()
    );
    let own = if shown.own { concat!(" and ", own_category!("t.category_id")) } else { "" };
    Range { from, holds: format!("t.id = r.id{own}") }
}

impl Desk {
    /// One page of a predefined list, in its usual order. `after` is the last page's `next`.
    pub async fn list(&self, actor: &Actor, list: List, after: Option<&str>) -> Result<TicketPage> {
        let by = if list == List::Latest { Heading::Created } else { Heading::Changed };
        self.list_sorted(actor, list, Sort::new(by, true), after).await
    }

    /// As [`Desk::list`], in an order of the reader's choice. FND-4.
    pub async fn list_sorted(&self, actor: &Actor, list: List, sort: Sort, after: Option<&str>) -> Result<TicketPage> {
        let me = staff(actor)?;
        let shown = self.shown(me, list).await?;
        let total = self.count(me, list, shown).await?;
        let open = self.sees_all(me).await? && !shown.own;
        let seen = if open { "$1 <> ''" } else { concat!("y.owner = $1 or ", reached!("y.category")) };
        let order = self.order(me, &sort, &format!("{} and ({seen})", cells(list))).await?;
        let mut condition = Condition::after(1);
        let way = match list {
            List::Favourites => Way::Gathered(favourites(shown)),
            List::Mine if total <= FEW => Way::Gathered(Range::of("ticket t", list_condition(list))),
            _ if sort.by == Heading::Custom && (open || total > FEW) => {
                self.beside_fields(me, list, shown, open, total, &mut condition).await?
            }
            List::Mine if sort.by == Heading::Changed => Way::Walked(vec![Range::of("ticket t", list_condition(list))]),
            List::Mine => Way::Walked(vec![Range::of("ticket t", MINE_IN_PILE)]),
            _ if open => Way::Walked(ranges(list, sort.by)),
            _ if total <= FEW => Way::Gathered(reachable(list_condition(list), shown)),
            _ => match self.by_category(me, list, sort.by, shown, &mut condition).await? {
                Some(ranges) => Way::Walked(ranges),
                None if sort.by == Heading::Category => {
                    let (piles, elsewhere) = self.piles_in_sight(me, list, shown).await?;
                    Way::ByCategory { piles, elsewhere, reached: self.reached_categories(me, shown).await? }
                }
                None => Way::Walked(self.piles_in_sight(me, list, shown).await?.0),
            },
        };
        let page = self.page(me, &condition, &order, &way, after).await?;
        Ok(TicketPage { total, ..page })
    }

    /// By a custom field. Each cell of the tally that a list shows lies in the order of the field; so does all there is. A
    /// page takes a page's rows of each cell, or so many times its rows of all as the list's `total` is contained in it: the
    /// way that takes fewer is taken.
    async fn beside_fields(
        &self,
        me: &AgentId,
        list: List,
        shown: Shown,
        open: bool,
        total: i64,
        condition: &mut Condition,
    ) -> Result<Way> {
        let everything: i64 = sqlx::query_scalar("select cast(coalesce(sum(count), 0) as bigint) from tally")
            .fetch_one(self.read())
            .await?;
        let own = |own: &'static str| if shown.own { own } else { "" };
        let seen = if open { "$1 <> ''" } else { concat!("(y.owner = $1 or ", reached!("y.category"), ")") };
        let sql = format!(
            "select distinct y.state, y.owner, y.category from tally y where y.count > 0 and {} and {seen}{} limit {}",
            cells(list),
            own(concat!(" and ", own_category!("y.category"))),
            MOST_WALKED + 1,
        );
        let cells: Vec<(String, String, String)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone()).fetch_all(self.read()).await?;
        let own = own(concat!(" and ", own_category!("t.category_id || ''")));
        let mut holding = vec![];
        if cells.len() <= MOST_WALKED && cells.len() as i64 * total <= everything {
            holding.extend(cells.iter().map(|(state, owner, category)| {
                let place = condition.bind(Bound::Text(place(state, owner, category)));
                Range::of("ticket t", &format!("e.cell = {place}"))
            }));
            if !open {
                let followed = format!("{} and {}{own}", followed_only!(), list_condition(list));
                holding.push(Range::of(FOLLOWED, &followed));
            }
        } else {
            let seen = if open { "$1 <> ''" } else { listed!() };
            holding.push(Range::of("ticket t", &format!("{} and {seen}{own}", list_condition(list))));
        }
        let rest = match (list, open) {
            (List::Mine, _) => vec![Range::of("ticket t", MINE_IN_PILE)],
            (_, true) => ranges(list, Heading::Custom),
            (_, false) => self.piles_in_sight(me, list, shown).await?.0,
        };
        Ok(Way::Beside(holding, rest))
    }

    /// The categories that a reader sees all of, as far as their lists show them.
    async fn reached_categories(&self, me: &AgentId, shown: Shown) -> Result<BTreeSet<String>> {
        let own = if shown.own { concat!(" and ", own_category!("h.category_id")) } else { "" };
        let sql = format!("select h.category_id from reach h where h.agent_id = $1{own}");
        let reached: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(me.clone()).fetch_all(self.read()).await?;
        Ok(reached.into_iter().collect())
    }

    /// The piles of a list that a reader sees something in: nothing of theirs is looked for where there is none, and few are
    /// found by where they may be. And what they may see of it in categories that they don't reach, where what is nobody's is
    /// theirs only if they follow it.
    async fn piles_in_sight(&self, me: &AgentId, list: List, shown: Shown) -> Result<(Vec<Range>, Vec<Range>)> {
        let own = |own: &'static str| if shown.own { own } else { "" };
        let sql = format!(
            "select x.pile, cast(sum(x.count) as bigint) from
               (select case when y.state = 'open' and y.owner = '' then 'unassigned' else y.state end as pile, y.count as count
                  from tally y where {} and (y.owner = $1 or {}){}
                union all select t.pile, 1 from {FOLLOWED} where {} and {}{}) x
             group by x.pile having sum(x.count) > 0 order by x.pile",
            cells(list),
            reached!("y.category"),
            own(concat!(" and ", own_category!("y.category"))),
            followed_only!(),
            list_condition(list),
            own(concat!(" and ", own_category!("t.category_id"))),
        );
        let piles: Vec<(String, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone()).fetch_all(self.read()).await?;
        let both = piles.into_iter().map(|(pile, count)| {
            let which = format!("t.pile = '{pile}'");
            if count <= FEW {
                let few = reachable(&which, shown);
                return (few.clone(), few);
            }
            let own = own(concat!(" and ", own_category!("t.category_id || ''")));
            let all = Range::of("ticket t", &format!("{which} and {}{own}", listed!()));
            let elsewhere = match pile.as_str() {
                "unassigned" => Range::of(FOLLOWED, &format!("{} and {which}{own}", followed_only!())),
                _ => all.clone(),
            };
            (all, elsewhere)
        });
        Ok(both.unzip())
    }

    /// In the usual orders each category has an index of its own: what a reader may not see costs nothing then, however
    /// much of it there is, and wherever it lies. None for another order, and for readers of very many categories.
    async fn by_category(
        &self,
        me: &AgentId,
        list: List,
        by: Heading,
        shown: Shown,
        condition: &mut Condition,
    ) -> Result<Option<Vec<Range>>> {
        let usual = if list == List::Latest { Heading::Created } else { Heading::Changed };
        if by != usual {
            return Ok(None);
        }
        let categories = self.reached_categories(me, shown).await?;
        if categories.len() > MOST_WALKED {
            return Ok(None);
        }
        let in_list = list_condition(list);
        let places: Vec<String> =
            categories.into_iter().map(|category| condition.bind(Bound::Text(category))).collect();
        let mut ranges: Vec<Range> = places
            .iter()
            .map(|place| Range::of("ticket t", &format!("t.category_id = {place} and {in_list}")))
            .collect();
        let own = if shown.own { concat!(" and ", own_category!("t.category_id")) } else { "" };
        // Not in `reach`, said with what is known of it: a planner sees then that it leaves nearly all.
        let elsewhere: String = places.iter().map(|place| format!(" and t.category_id <> {place}")).collect();
        ranges.push(Range::of("ticket t", &format!("t.owner_id = $1 and {in_list}{elsewhere}{own}")));
        ranges.push(Range::of(FOLLOWED, &format!("{} and {in_list}{own}", followed_only!())));
        Ok(Some(ranges))
    }

    /// One page of what fits. `total` is exact up to 1,000; 1,001 says that there are more. FND-2, FND-4.
    ///
    /// # Errors
    /// `Invalid` for criteria that make no sense, and for a mark that no page of this order ended with.
    pub async fn list_by(
        &self,
        actor: &Actor,
        criteria: &Criteria,
        sort: Sort,
        after: Option<&str>,
    ) -> Result<TicketPage> {
        let me = staff(actor)?;
        self.page_of(me, self.fitting(me, criteria, 1).await?, sort, after).await
    }

    /// One page of the requests `t` that a condition holds of, with their number as [`Desk::list_by`] gives it.
    pub(crate) async fn page_of(
        &self,
        me: &AgentId,
        condition: Condition,
        sort: Sort,
        after: Option<&str>,
    ) -> Result<TicketPage> {
        let total = self.count_fits(me, condition.clone()).await?;
        let seen = if self.sees_all(me).await? { "$1 <> ''" } else { listed!() };
        let range = Range::of("ticket t", &format!("({}) and {seen}", condition.sql));
        let order = self.order(me, &sort, "$1 <> ''").await?;
        let dense = total > MOST_COUNTED && everywhere(sort.by);
        let way = if dense { Way::Walked(vec![range]) } else { Way::Gathered(range) };
        let page = self.page(me, &condition, &order, &way, after).await?;
        Ok(TicketPage { total, ..page })
    }

    /// What holds of the requests `t` that fit, for a reader whose place is `$1`, its own places after `offset`. It is asked
    /// only of the requests that an index leads to where those are few: of many it is asked sooner in the order of a list.
    ///
    /// # Errors
    /// `Invalid` for criteria that make no sense.
    pub(crate) async fn fitting(&self, me: &AgentId, criteria: &Criteria, offset: usize) -> Result<Condition> {
        let context = self.criteria_context(Some(me), criteria).await?;
        let mut condition = criteria.compile(&context, offset)?;
        let Some((ids, value)) = criteria.lead(&context) else { return Ok(condition) };
        let sql = format!("select count(*) from (select 1 as n from ({ids} = $1) k limit {}) x", MOST_COUNTED + 1);
        let many: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).bind(value.clone()).fetch_one(self.read()).await?;
        if many <= MOST_COUNTED {
            let place = condition.bind(Bound::Text(value));
            condition.sql = format!("t.id in ({ids} = {place}) and ({})", condition.sql);
        }
        Ok(condition)
    }

    /// What holds of the requests `t` in a list of reader `$1`, as their preferences leave it.
    pub(crate) async fn in_list(&self, me: &AgentId, list: List) -> Result<Condition> {
        let shown = self.shown(me, list).await?;
        let own = if shown.own { concat!(" and ", own_category!("t.category_id")) } else { "" };
        let open = if shown.open { " and t.state = 'open'" } else { "" };
        let mut condition = Condition::after(1);
        condition.sql = format!("{}{own}{open}", list_condition(list));
        Ok(condition)
    }

    /// How many fit, of those that the reader sees; 1,001 stands for more than 1,000.
    pub async fn count_by(&self, actor: &Actor, criteria: &Criteria) -> Result<i64> {
        let me = staff(actor)?;
        self.count_fits(me, self.fitting(me, criteria, 1).await?).await
    }

    pub(crate) async fn count_fits(&self, me: &AgentId, condition: Condition) -> Result<i64> {
        let seen = if self.sees_all(me).await? { "1 = 1" } else { listed!() };
        let sql = format!(
            "select count(*) from (select 1 as n from ticket t where ({}) and {seen} and $1 <> '' limit {}) x",
            condition.sql,
            MOST_COUNTED + 1
        );
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(me.clone());
        Ok(bind_all!(query, condition.values).fetch_one(self.read()).await?)
    }

    /// Whether nothing is hidden from a reader.
    pub(crate) async fn sees_all(&self, me: &AgentId) -> Result<bool> {
        let closed: Option<i64> = sqlx::query_scalar(
            "select position from category c where not exists
               (select 1 from reach h where h.agent_id = $1 and h.category_id = c.id) limit 1",
        )
        .bind(me.clone())
        .fetch_optional(self.read())
        .await?;
        Ok(closed.is_none())
    }

    /// FND-1, FAV-2: what the reader wants left out of a list. Own requests and favourites were chosen by themselves.
    async fn shown(&self, me: &AgentId, list: List) -> Result<Shown> {
        Ok(Shown::of(list, &self.preferences_of(me).await?))
    }

    /// From the tallies, so that it costs the same however many requests there are.
    async fn count(&self, me: &AgentId, list: List, shown: Shown) -> Result<i64> {
        if list == List::Favourites {
            return self.count_favourites(me, shown).await;
        }
        let own = |own: &'static str| if shown.own { own } else { "" };
        let cells = format!("{}{}", cells(list), own(concat!(" and ", own_category!("y.category"))));
        let followed = format!("{}{}", list_condition(list), own(concat!(" and ", own_category!("t.category_id"))));
        self.count_in(me, &cells, &followed).await
    }

    /// How many requests there are in cells `y` that the reader `$1` sees, or owns something in, and of those beside them
    /// that they only follow, which are `t` and have to be counted one by one.
    pub(crate) async fn count_in(&self, me: &AgentId, cells: &str, followed: &str) -> Result<i64> {
        let sql = format!(
            "select cast(coalesce(sum(y.count), 0) as bigint)
               + (select count(*) from {FOLLOWED} where {} and {followed})
             from tally y where {cells} and (y.owner = $1 or {})",
            followed_only!(),
            reached!("y.category")
        );
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(me.clone()).fetch_one(self.read()).await?)
    }

    /// Costs as much as there are favourites.
    async fn count_favourites(&self, me: &AgentId, shown: Shown) -> Result<i64> {
        let open = if shown.open { " and t.state = 'open'" } else { "" };
        let sql = format!(
            "select count(*) from favourite v join ticket t on t.id = v.ticket_id
             where v.agent_id = $1 and t.state not in ('linked', 'deleted'){open} and {}",
            listed!()
        );
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(me.clone()).fetch_one(self.read()).await?)
    }

    /// The numbers beside the lists' names.
    pub async fn counts(&self, actor: &Actor) -> Result<Counts> {
        let me = staff(actor)?;
        let preferences = self.preferences_of(me).await?;
        let count = |list| self.count(me, list, Shown::of(list, &preferences));
        Ok(Counts {
            mine: count(List::Mine).await?,
            unassigned: count(List::Unassigned).await?,
            favourites: count(List::Favourites).await?,
            open: count(List::Open).await?,
            notifications: self.unseen(me).await?,
        })
    }

    /// A person's requests, open ones first; without one that is being looked at.
    pub(crate) async fn tickets_of(
        &self,
        actor: &Actor,
        person: &PersonId,
        but: Option<&TicketId>,
        most: i64,
    ) -> Result<Vec<TicketRow>> {
        let me = staff(actor)?;
        // Rights before the limit, so that what is not the reader's takes no room.
        let ids: Vec<TicketId> = sqlx::query_scalar(concat!(
            "select t.id from ticket t join ticket_contact tc on tc.ticket_id = t.id
             where tc.person_id = $2 and t.id <> $3 and t.state not in ('linked', 'deleted') and ",
            listed!(),
            " order by case when t.state = 'open' then 0 else 1 end, t.changed_at desc limit $4",
        ))
        .bind(me.clone())
        .bind(person.clone())
        .bind(but.map(|id| id.0.clone()).unwrap_or_default())
        .bind(most)
        .fetch_all(self.read())
        .await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(self.row(me, &id).await?);
        }
        Ok(found)
    }
}
