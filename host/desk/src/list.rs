//! Lists of requests, and how many are in each. Section 10.1.

use crate::{
    Desk, Error, Result, Why,
    access::{listed, staff},
    criteria::{Bound, Condition, bind_all, folded},
    db::word,
    model::*,
};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

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

/// Rows a page.
pub const PAGE: i64 = 50;

#[derive(sqlx::FromRow)]
struct Row {
    id: TicketId,
    number: i64,
    title: String,
    state: String,
    status_id: StatusId,
    read: String,
    owner_id: Option<AgentId>,
    owner_name: Option<String>,
    owner_email: Option<String>,
    person: Option<String>,
    sender: String,
    company: Option<String>,
    category_id: CategoryId,
    priority_id: PriorityId,
    type_id: Option<RequestTypeId>,
    preview: String,
    files: i64,
    starred_at: Option<i64>,
    created_at: i64,
    changed_at: i64,
    replied_at: Option<i64>,
    key_number: Option<i64>,
    key_text: Option<String>,
}

impl TryFrom<Row> for TicketRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let owner = match (row.owner_id, row.owner_name, row.owner_email) {
            (Some(id), Some(name), Some(email)) => Some(AgentCard { id, name, email }),
            _ => None,
        };
        Ok(TicketRow {
            new: row.replied_at.is_none() && owner.is_none(),
            state: word(&row.state)?,
            read: word(&row.read)?,
            from: row.person.unwrap_or(row.sender),
            has_files: row.files > 0,
            starred: row.starred_at.is_some(),
            id: row.id,
            number: row.number,
            title: row.title,
            status: row.status_id,
            owner,
            company: row.company,
            category: row.category_id,
            priority: row.priority_id,
            kind: row.type_id,
            preview: row.preview,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

/// What is read of each request, and where it is found. `$1` is the reader, for the star.
const COLUMNS: &str = "t.id, t.number, t.title, t.state, t.status_id, t.read, t.owner_id, a.name as owner_name,
    a.email as owner_email, p.name as person, t.sender, c.name as company, t.category_id, t.priority_id, t.type_id,
    t.preview, t.files, f.at as starred_at, t.created_at, t.changed_at, t.replied_at";
const JOINS: &str = "
    left join agent a on a.id = t.owner_id
    left join person p on p.id = t.person_id
    left join company c on c.id = t.company_id
    left join category g on g.id = t.category_id
    left join status s on s.id = t.status_id
    left join priority r on r.id = t.priority_id
    left join request_type k on k.id = t.type_id
    left join favourite f on f.ticket_id = t.id and f.agent_id = $1";
/// Up to so many matches are counted one by one.
pub const MOST_COUNTED: i64 = 1_000;
/// With more categories than this a reader's own are not walked one by one.
const MOST_WALKED: usize = 200;

/// Where a page ended: the last row's value under the heading, and its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Mark {
    Number(i64, TicketId),
    Text(String, TicketId),
}

/// What a heading sorts by: an expression that is never null, and whether it is text.
struct Key {
    sql: String,
    text: bool,
    /// Of the request alone, without what is joined to it.
    own: bool,
}

fn key(sort: Sort) -> Key {
    // Rows without a value come last in both directions.
    let none = if sort.descending { "-1" } else { "9223372036854775807" };
    let own = |sql: String| Key { sql, text: false, own: true };
    let joined = |sql: &str| Key { sql: sql.to_owned(), text: false, own: false };
    let named = |name: &str| {
        let (missing, there) = if sort.descending { ("0", "1") } else { ("1", "0") };
        let sql =
            format!("case when {name} is null or {name} = '' then '{missing}' else '{there}' || {} end", folded(name));
        Key { sql, text: true, own: name == "t.title" }
    };
    match sort.by {
        Heading::Number => own("t.number".to_owned()),
        Heading::Created => own("t.created_at".to_owned()),
        Heading::Changed => own("t.changed_at".to_owned()),
        Heading::Messages => own("t.messages".to_owned()),
        Heading::Minutes => own("t.minutes".to_owned()),
        Heading::Closed => own(format!("coalesce(t.closed_at, {none})")),
        Heading::Deadline => own(format!("coalesce(t.deadline, {none})")),
        Heading::Read => own("case t.read when 'unread' then 0 when 'news' then 1 else 2 end".to_owned()),
        Heading::Status => joined("s.position"),
        Heading::Priority => joined("r.rank"),
        Heading::Type => joined(&format!("coalesce(k.position, {none})")),
        Heading::Title => named("t.title"),
        Heading::Owner => named("a.name"),
        Heading::Category => named("g.name"),
        Heading::Contact => named("coalesce(p.name, t.sender)"),
        Heading::Company => named("c.name"),
    }
}

/// Whose requests a reader sees.
enum Sight {
    All,
    /// Those of these categories, their own, and those they follow.
    Some(Vec<CategoryId>),
}

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

impl Desk {
    /// One page of a predefined list, in its usual order. `after` is the last page's `next`.
    pub async fn list(&self, actor: &Actor, list: List, after: Option<&str>) -> Result<TicketPage> {
        let by = if list == List::Latest { Heading::Created } else { Heading::Changed };
        self.list_sorted(actor, list, Sort { by, descending: true }, after).await
    }

    /// As [`Desk::list`], in an order of the reader's choice. FND-4.
    pub async fn list_sorted(&self, actor: &Actor, list: List, sort: Sort, after: Option<&str>) -> Result<TicketPage> {
        let me = staff(actor)?;
        let shown = self.shown(me, list).await?;
        let mut condition = Condition::saying(list_condition(list), 1);
        if shown.own {
            condition.sql = format!("{} and {}", condition.sql, own_category!("t.category_id"));
        }
        if shown.open {
            condition.sql += " and t.state = 'open'";
        }
        let mut page = self.page(me, condition, sort, after).await?;
        page.total = self.count(me, list, shown).await?;
        Ok(page)
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
        let context = self.criteria_context(Some(me), criteria).await?;
        let mut page = self.page(me, criteria.compile(&context, 1)?, sort, after).await?;
        page.total = self.count_fits(me, criteria.compile(&context, 1)?).await?;
        Ok(page)
    }

    /// How many fit, of those that the reader sees; 1,001 stands for more than 1,000.
    pub async fn count_by(&self, actor: &Actor, criteria: &Criteria) -> Result<i64> {
        let me = staff(actor)?;
        let context = self.criteria_context(Some(me), criteria).await?;
        self.count_fits(me, criteria.compile(&context, 1)?).await
    }

    pub(crate) async fn count_fits(&self, me: &AgentId, condition: Condition) -> Result<i64> {
        let seen = match self.sight(me).await? {
            Sight::All => "1 = 1",
            Sight::Some(_) => listed!(),
        };
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
        Ok(matches!(self.sight(me).await?, Sight::All))
    }

    async fn sight(&self, me: &AgentId) -> Result<Sight> {
        let closed: Option<i64> = sqlx::query_scalar(
            "select position from category c where not exists
               (select 1 from reach h where h.agent_id = $1 and h.category_id = c.id) limit 1",
        )
        .bind(me.clone())
        .fetch_optional(self.read())
        .await?;
        if closed.is_none() {
            return Ok(Sight::All);
        }
        let open = sqlx::query_scalar("select category_id from reach where agent_id = $1 order by category_id")
            .bind(me.clone())
            .fetch_all(self.read())
            .await?;
        Ok(Sight::Some(open))
    }

    /// Walks an index in the order of the list, and for a reader of few categories one in each of them: what they may
    /// not see costs nothing, however much of it there is.
    pub(crate) async fn page(
        &self,
        me: &AgentId,
        mut condition: Condition,
        sort: Sort,
        after: Option<&str>,
    ) -> Result<TicketPage> {
        let key = key(sort);
        let (way, beyond) = if sort.descending { ("desc", "<") } else { ("asc", ">") };
        let mut fits = format!("({})", condition.sql);
        if let Some(after) = after {
            let (value, id) = match (serde_json::from_str(after), key.text) {
                (Ok(Mark::Number(value, id)), false) => (Bound::Int(value), id),
                (Ok(Mark::Text(value, id)), true) => (Bound::Text(value), id),
                _ => return Err(Error::invalid("after", Why::NotAChoice)),
            };
            let (value, id) = (condition.bind(value), condition.bind(Bound::Text(id.0)));
            let key = &key.sql;
            fits += &format!(" and {key} {beyond}= {value} and ({key} {beyond} {value} or t.id {beyond} {id})");
        }
        let order = format!("order by {} {way}, t.id {way} limit {}", key.sql, PAGE + 1);
        let from = match self.sight(me).await? {
            Sight::All => format!("ticket t {JOINS} where {fits} and $1 <> ''"),
            Sight::Some(open) if key.own && open.len() <= MOST_WALKED => {
                let mut parts = vec![format!(
                    "select * from (select t.id from ticket t where t.owner_id = $1 and {fits} {order}) o"
                )];
                for category in open {
                    let place = condition.bind(Bound::Text(category.0));
                    let part = format!("select t.id from ticket t where t.category_id = {place} and {fits} {order}");
                    parts.push(format!("select * from ({part}) o"));
                }
                parts.push(format!(
                    "select t.id from ticket t join follower w on w.ticket_id = t.id where w.agent_id = $1 and {fits}"
                ));
                format!("({}) v join ticket t on t.id = v.id {JOINS}", parts.join(" union "))
            }
            Sight::Some(_) => format!("ticket t {JOINS} where {fits} and {}", listed!()),
        };
        let (number, text) =
            if key.text { ("cast(null as bigint)", &key.sql[..]) } else { (&key.sql[..], "cast(null as text)") };
        let sql =
            format!("select {COLUMNS}, cast({number} as bigint) as key_number, {text} as key_text from {from} {order}");
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone());
        let mut rows: Vec<Row> = bind_all!(query, condition.values).fetch_all(self.read()).await?;
        let more = rows.len() as i64 > PAGE;
        rows.truncate(PAGE as usize);
        let next = match rows.last() {
            Some(last) if more => Some(serde_json::to_string(&match (&last.key_text, last.key_number) {
                (Some(text), _) => Mark::Text(text.clone(), last.id.clone()),
                (None, number) => Mark::Number(number.unwrap_or_default(), last.id.clone()),
            })?),
            _ => None,
        };
        let rows = rows.into_iter().map(TicketRow::try_from).collect::<Result<_>>()?;
        Ok(TicketPage { rows, total: 0, next })
    }

    /// FND-1, FAV-2: what the reader wants left out of a list. Own requests and favourites were chosen by themselves.
    async fn shown(&self, me: &AgentId, list: List) -> Result<Shown> {
        Ok(Shown::of(list, &self.preferences_of(me).await?))
    }

    /// From the tallies, so that it costs the same however many requests there are.
    async fn count(&self, me: &AgentId, list: List, shown: Shown) -> Result<i64> {
        let state = match list {
            List::Mine => "y.owner = $1 and y.state = 'open'",
            List::Unassigned => "y.owner = '' and y.state = 'open'",
            List::Favourites => return self.count_favourites(me, shown).await,
            List::Open => "y.state = 'open'",
            List::Closed => "y.state = 'closed'",
            List::Latest => "y.state not in ('linked', 'deleted')",
        };
        let own = if shown.own { concat!(" and ", own_category!("y.category")) } else { "" };
        let sql = format!(
            "select cast(coalesce(sum(y.count), 0) as bigint) from tally y where (y.owner = $1 or exists
               (select 1 from reach h where h.agent_id = $1 and h.category_id = y.category)) and {state}{own}"
        );
        let cells: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).bind(me.clone()).fetch_one(self.read()).await?;
        Ok(cells + self.count_followed(me, list, shown).await?)
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

    /// Requests outside of the reader's categories, which they see because they follow them. Costs as much as they follow.
    async fn count_followed(&self, me: &AgentId, list: List, shown: Shown) -> Result<i64> {
        if matches!(list, List::Mine | List::Favourites) {
            return Ok(0);
        }
        let own = if shown.own { concat!(" and ", own_category!("t.category_id")) } else { "" };
        let sql = format!(
            // `cross join` keeps SQLite from walking every request of a state to look for its followers.
            "select count(*) from follower w cross join ticket t
             where t.id = w.ticket_id and w.agent_id = $1 and coalesce(t.owner_id, '') <> $1 and not exists
               (select 1 from reach h where h.agent_id = $1 and h.category_id = t.category_id) and {}{own}",
            list_condition(list)
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
        let ids: Vec<TicketId> = sqlx::query_scalar(
            "select t.id from ticket t join ticket_contact tc on tc.ticket_id = t.id
             where tc.person_id = $1 and t.id <> $2 and t.state not in ('linked', 'deleted')
             order by case when t.state = 'open' then 0 else 1 end, t.changed_at desc limit $3",
        )
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

    pub(crate) async fn row(&self, me: &AgentId, id: &TicketId) -> Result<Option<TicketRow>> {
        let sql = format!(
            "select {COLUMNS}, cast(null as bigint) as key_number, cast(null as text) as key_text
             from ticket t {JOINS} where t.id = $2 and {}",
            listed!()
        );
        let row: Option<Row> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone()).bind(id.clone()).fetch_optional(self.read()).await?;
        row.map(TicketRow::try_from).transpose()
    }
}
