//! One page of requests in an order, read from where it begins. Section 10.1.

use crate::{
    Desk, Error, Result,
    access::listed,
    criteria::{Bound, Condition, bind_all},
    db::word,
    model::*,
    order::{Key, Mark, Order},
};
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

/// Rows a page.
pub const PAGE: i64 = 50;
/// Ranges of an index that are read at once.
const MOST_RANGES: usize = 48;

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
    /// Which stretch of the list it was read from, and its key there.
    stretch: i64,
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
    left join favourite f on f.ticket_id = t.id and f.agent_id = $1";

/// Where requests `t` are read from, and which of them; `$1` is the reader.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    pub from: String,
    pub holds: String,
}

impl Range {
    pub fn of(from: &str, holds: &str) -> Self {
        Range { from: from.to_owned(), holds: holds.to_owned() }
    }
}

/// How a page is found.
pub(crate) enum Way {
    /// All are taken and sorted: they are few, or there is no index for it.
    Gathered(Range),
    /// Each range is read in the order of an index, and no further than the page reaches. No request is in two of them.
    Walked(Vec<Range>),
    /// By a custom field: in the first ranges those that hold something in it, which lie in the order of the field's index;
    /// in the others, as they lie there, those that don't.
    Beside(Vec<Range>, Vec<Range>),
    /// By category: the piles, and what of them is in sight in categories that the reader does not reach.
    ByCategory { piles: Vec<Range>, elsewhere: Vec<Range>, reached: BTreeSet<String> },
}

impl Way {
    /// What a stretch is read from in the order of an index; none where everything is gathered.
    fn ranges(&self, order: &Order, stretch: usize) -> &[Range] {
        match self {
            Way::Gathered(_) => &[],
            Way::Walked(ranges) => ranges,
            Way::Beside(ranges, _) if order.in_field(stretch) => ranges,
            Way::Beside(_, ranges) => ranges,
            Way::ByCategory { elsewhere, reached, .. } if !order.names(stretch, |id| reached.contains(id)) => elsewhere,
            Way::ByCategory { piles, .. } => piles,
        }
    }
}

impl Desk {
    /// The page after the mark `after`. `condition` only has the values of what the way says.
    pub(crate) async fn page(
        &self,
        me: &AgentId,
        condition: &Condition,
        order: &Order,
        way: &Way,
        after: Option<&str>,
    ) -> Result<TicketPage> {
        let start = order.after(after)?;
        let mut rows: Vec<Row> = vec![];
        let mut stretch = start.stretch;
        while rows.len() as i64 <= PAGE && stretch < order.stretches() {
            let mut condition = condition.clone();
            let mut parts = vec![];
            match way {
                Way::Gathered(range) => {
                    let first = (stretch, start.passed.as_ref());
                    parts.push(gathered(range, order, first, &mut condition));
                    stretch = order.stretches();
                }
                Way::Walked(_) | Way::Beside(..) | Way::ByCategory { .. } => {
                    while stretch < order.stretches() {
                        let ranges = way.ranges(order, stretch);
                        let full = parts.len() + ranges.len() > MOST_RANGES;
                        if !parts.is_empty() && (full || order.stands_alone(stretch, start.stretch)) {
                            break;
                        }
                        let passed = start.passed.as_ref().filter(|_| stretch == start.stretch);
                        let each = ranges.iter().map(|range| walked(range, order, stretch, passed, &mut condition));
                        parts.extend(each);
                        stretch += 1;
                    }
                }
            }
            let (number, text) = match order.in_words() {
                true => ("cast(null as bigint)", "v.sorted"),
                false => ("v.sorted", "cast(null as text)"),
            };
            let sql = format!(
                "select {COLUMNS}, v.stretch, {number} as key_number, {text} as key_text
                 from ({}) v join ticket t on t.id = v.id {JOINS} order by v.stretch, {} limit {}",
                parts.join(" union all "),
                ordered("v.sorted", "v.number", order.descending),
                PAGE + 1 - rows.len() as i64
            );
            let query = sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone());
            rows.extend(bind_all!(query, condition.values).fetch_all(self.read()).await?);
        }
        let more = rows.len() as i64 > PAGE;
        rows.truncate(PAGE as usize);
        let next = match rows.last() {
            Some(last) if more => {
                let read = match (&last.key_text, last.key_number) {
                    (Some(text), _) => Key::Text(text.clone()),
                    (None, number) => Key::Number(number.unwrap_or_default()),
                };
                Some(serde_json::to_string(&Mark(order.key(last.stretch as usize, read), last.number))?)
            }
            _ => None,
        };
        let rows = rows.into_iter().map(TicketRow::try_from).collect::<Result<_>>()?;
        Ok(TicketPage { rows, total: 0, next })
    }

    pub(crate) async fn row(&self, me: &AgentId, id: &TicketId) -> Result<Option<TicketRow>> {
        let sql = format!(
            "select {COLUMNS}, cast(0 as bigint) as stretch, cast(null as bigint) as key_number, cast(null as text) as key_text
             from ticket t {JOINS} where t.id = $2 and {}",
            listed!()
        );
        let row: Option<Row> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone()).bind(id.clone()).fetch_optional(self.read()).await?;
        row.map(TicketRow::try_from).transpose()
    }
}

fn ordered(key: &str, number: &str, descending: bool) -> String {
    let way = if descending { "desc" } else { "asc" };
    format!("{key} {way}, {number} {way}")
}

/// What comes after a key and number.
fn beyond(key: Option<&str>, number: &str, passed: &(Key, i64), descending: bool, condition: &mut Condition) -> String {
    let sign = if descending { "<" } else { ">" };
    let last = condition.bind(Bound::Int(passed.1));
    let Some(key) = key else { return format!("{number} {sign} {last}") };
    let value = condition.bind(match &passed.0 {
        Key::Number(number) => Bound::Int(*number),
        Key::Text(text) => Bound::Text(text.clone()),
    });
    format!("({key}, {number}) {sign} ({value}, {last})")
}

/// No more of one range than fit on a page, in order.
fn walked(
    range: &Range,
    order: &Order,
    stretch: usize,
    passed: Option<&(Key, i64)>,
    condition: &mut Condition,
) -> String {
    let Range { from, holds: mut which } = order.within(stretch, range, condition);
    let (column, turn) = (order.column(stretch), order.turn(stretch));
    if let Some(passed) = passed {
        which += &format!(" and {}", beyond(column, turn, passed, order.descending, condition));
    }
    let (sorted, by) = match column {
        Some(column) => (column, ordered(column, turn, order.descending)),
        None => (nothing(order), format!("{turn}{}", if order.descending { " desc" } else { "" })),
    };
    format!(
        "select * from (select t.id, cast({stretch} as bigint) as stretch, cast({sorted} as {}) as sorted, t.number
         from {from} where {which} order by {by} limit {}) o",
        kind(order),
        PAGE + 1
    )
}

/// All of a range, sorted.
fn gathered(range: &Range, order: &Order, first: (usize, Option<&(Key, i64)>), condition: &mut Condition) -> String {
    let Range { from, holds } = range;
    let rank = order.stretch(condition);
    let column = order.any_column(condition);
    let after = match first {
        (stretch, Some(passed)) => {
            let key = column.as_ref().map(|_| "c.sorted");
            let beyond = beyond(key, "c.number", passed, order.descending, condition);
            format!("c.stretch > {stretch} or (c.stretch = {stretch} and {beyond})")
        }
        (stretch, None) => format!("c.stretch >= {stretch}"),
    };
    format!(
        "select * from (select c.id, c.stretch, c.sorted, c.number from
           (select t.id, cast({rank} as bigint) as stretch, cast({} as {}) as sorted, t.number from {from} where {holds}) c
         where {after} order by c.stretch, {} limit {}) o",
        column.as_deref().unwrap_or(nothing(order)),
        kind(order),
        ordered("c.sorted", "c.number", order.descending),
        PAGE + 1
    )
}

/// What stands for a key where there is none to read.
fn nothing(order: &Order) -> &'static str {
    if order.in_words() { "''" } else { "0" }
}

fn kind(order: &Order) -> &'static str {
    if order.in_words() { "text" } else { "bigint" }
}
