//! What a heading sorts by. Section 10.1.
//!
//! A sorted list is a row of stretches, and the requests of each stretch lie in one order in an index: those with a date
//! and then those without; or one owner's, the next owner's, nobody's. So a page is read from where it begins, and the name
//! of an owner, a status or a priority can change without anything being sorted again.

use crate::{
    Desk, Error, Result, Why,
    alphabet::filed_under,
    criteria::{Bound, Condition},
    field::order::Sorted,
    model::*,
    page::Range,
};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use std::cmp::Ordering;

/// The key of whoever has nothing under a numeric heading; under the others it is the empty text.
const NOTHING: i64 = -1;

/// What a request is sorted by under one heading.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    fn is_nothing(&self) -> bool {
        match self {
            Key::Number(number) => *number == NOTHING,
            Key::Text(text) => text.is_empty(),
        }
    }

    /// Which comes first in a list; nothing comes last in both directions.
    fn towards(&self, other: &Key, descending: bool) -> Ordering {
        let there = if descending { other.cmp(self) } else { self.cmp(other) };
        self.is_nothing().cmp(&other.is_nothing()).then(there)
    }
}

/// Where a page ended: the key of its last request, and its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mark(pub Key, pub i64);

/// What lies behind a heading.
enum Basis {
    /// A column of the request itself.
    Own { column: &'static str, text: bool, optional: bool },
    /// A column that names something with a name (`text`) or a place of its own.
    Named { column: &'static str, text: bool },
    /// What is written in a custom field, in a row `e` beside the request.
    Written { field: FieldId },
    /// What is chosen there.
    Chosen { field: FieldId, several: bool },
}

/// Of a heading that every request has; custom fields are looked up.
fn basis(heading: Heading) -> Option<Basis> {
    let number = |column, optional| Basis::Own { column, text: false, optional };
    let text = |column| Basis::Own { column, text: true, optional: true };
    let name = |column| Basis::Named { column, text: true };
    let place = |column| Basis::Named { column, text: false };
    Some(match heading {
        Heading::Custom => return None,
        Heading::Number => number("t.number_key", false),
        Heading::Created => number("t.created_at", false),
        Heading::Changed => number("t.changed_at", false),
        Heading::Messages => number("t.messages", false),
        Heading::Minutes => number("t.minutes", false),
        Heading::Read => number("t.read_key", false),
        Heading::Closed => number("t.closed_key", true),
        Heading::Deadline => number("t.deadline_key", true),
        Heading::Title => text("t.title_key"),
        Heading::Contact => text("t.contact_key"),
        Heading::Company => text("t.company_key"),
        Heading::Owner => name("t.owner_key"),
        Heading::Category => name("t.category_id"),
        Heading::Status => place("t.status_id"),
        Heading::Priority => place("t.priority_id"),
        Heading::Type => place("t.type_key"),
    })
}

/// Requests with the same key, whoever's they are: two owners can have one name.
struct Group {
    key: Key,
    /// The empty one is nobody, or nothing.
    ids: Vec<String>,
}

impl Group {
    /// Of whoever has nothing where others have something with a place.
    fn of_nothing() -> Group {
        Group { key: Key::Number(NOTHING), ids: vec![String::new()] }
    }
}

/// An order that a list can be in.
pub(crate) struct Order {
    pub descending: bool,
    basis: Basis,
    /// In order; of headings that name something.
    groups: Vec<Group>,
}

/// Where in an order a page begins.
pub(crate) struct Start {
    pub stretch: usize,
    /// What is passed in the first stretch: all up to this key and number.
    pub passed: Option<(Key, i64)>,
}

impl Order {
    /// How many stretches there are.
    pub fn stretches(&self) -> usize {
        match self.basis {
            Basis::Own { optional, .. } => 1 + usize::from(optional),
            Basis::Written { .. } => 2,
            Basis::Named { .. } | Basis::Chosen { .. } => self.groups.len(),
        }
    }

    /// Whether a stretch is about any of these: of headings that name something.
    pub fn names(&self, stretch: usize, any: impl Fn(&str) -> bool) -> bool {
        self.groups[stretch].ids.iter().any(|id| any(id))
    }

    /// Whether keys are words; else they are numbers.
    pub fn in_words(&self) -> bool {
        matches!(self.basis, Basis::Own { text: true, .. } | Basis::Written { .. })
    }

    /// Whether a stretch is read from the rows of a custom field.
    pub fn in_field(&self, stretch: usize) -> bool {
        match self.basis {
            Basis::Own { .. } | Basis::Named { .. } => false,
            Basis::Written { .. } => stretch == 0,
            Basis::Chosen { .. } => !self.groups[stretch].key.is_nothing(),
        }
    }

    /// Whether a stretch is looked at only when those before it don't fill a page. In custom fields and categories that is
    /// the rest after the first stretch, which most pages end in; and who has nothing in a field is found by asking each.
    pub fn stands_alone(&self, stretch: usize, first: usize) -> bool {
        match self.basis {
            Basis::Own { .. } => false,
            Basis::Named { column, .. } => column == "t.category_id" && stretch == first + 1,
            Basis::Written { .. } | Basis::Chosen { .. } => stretch == first + 1 || !self.in_field(stretch),
        }
    }

    /// Where a stretch is read from, of requests `t` that are in a range, and which they are. `cross join` keeps SQLite in
    /// the order of the field's index, or in that of the range.
    pub fn within(&self, stretch: usize, range: &Range, condition: &mut Condition) -> Range {
        let all = range.from == "ticket t";
        let from = match self.in_field(stretch) {
            false => range.from.clone(),
            true if all => "ticket_field e cross join ticket t".to_owned(),
            true => format!("{} cross join ticket_field e", range.from),
        };
        let holds = match &self.basis {
            Basis::Written { field } if stretch == 0 && all => {
                let field = condition.bind(Bound::Text(field.0.clone()));
                format!("e.field_id = {field} and e.filed > '' and t.id = e.ticket_id")
            }
            Basis::Chosen { field, several } if all && self.in_field(stretch) => {
                let not_before = self.not_before(stretch, field, *several, condition);
                let field = condition.bind(Bound::Text(field.0.clone()));
                let choice = condition.bind(Bound::Text(self.groups[stretch].ids.concat()));
                format!("e.field_id = {field} and e.filed = {choice} and t.id = e.ticket_id and {not_before}")
            }
            _ => self.holds(stretch, condition),
        };
        Range { from, holds: format!("{} and {holds}", range.holds) }
    }

    /// What keys in a stretch are read from. None where all of it have the same.
    pub fn column(&self, stretch: usize) -> Option<&'static str> {
        match self.basis {
            Basis::Own { column, .. } => Some(column),
            Basis::Written { .. } if stretch == 0 => Some("e.filed"),
            Basis::Named { .. } | Basis::Written { .. } | Basis::Chosen { .. } => None,
        }
    }

    /// The same for whoever sorts all requests `t`.
    pub fn any_column(&self, condition: &mut Condition) -> Option<String> {
        match &self.basis {
            Basis::Written { field } => {
                let field = condition.bind(Bound::Text(field.0.clone()));
                // The greatest of one request's, not looked for along all of the field's index.
                Some(format!(
                    "coalesce((select max(e.filed || '') from ticket_field e where e.field_id = {field} and e.ticket_id = t.id), '')"
                ))
            }
            _ => self.column(0).map(str::to_owned),
        }
    }

    /// What requests with the same key are in the order of: their number, as the index of the stretch has it.
    pub fn turn(&self, stretch: usize) -> &'static str {
        match self.basis {
            Basis::Own { .. } | Basis::Named { .. } => "t.turn",
            Basis::Written { .. } | Basis::Chosen { .. } if self.in_field(stretch) => "e.turn",
            Basis::Written { .. } | Basis::Chosen { .. } => "t.number_key",
        }
    }

    /// The key of a row: of its stretch, or what was read with it.
    pub fn key(&self, stretch: usize, read: Key) -> Key {
        self.groups.get(stretch).map_or(read, |group| group.key.clone())
    }

    /// Which requests `t` are in a stretch.
    fn holds(&self, stretch: usize, condition: &mut Condition) -> String {
        match &self.basis {
            Basis::Own { optional: false, .. } => "1 = 1".to_owned(),
            Basis::Own { column, text, .. } => {
                let nothing = if *text { "''".to_owned() } else { NOTHING.to_string() };
                let sign = if stretch == 0 { ">" } else { "=" };
                format!("{column} {sign} {nothing}")
            }
            Basis::Named { column, .. } => {
                let each = self.groups[stretch].ids.iter();
                let either: Vec<String> =
                    each.map(|id| format!("{column} = {}", condition.bind(Bound::Text(id.clone())))).collect();
                format!("({})", either.join(" or "))
            }
            Basis::Written { field } => {
                let field = condition.bind(Bound::Text(field.0.clone()));
                // One row of one request: not all that the index of the field has.
                let written = format!("e.field_id = {field} and e.ticket_id = t.id and e.filed || '' > ''");
                match stretch {
                    0 => written,
                    _ => format!("not exists (select 1 from ticket_field e where {written})"),
                }
            }
            Basis::Chosen { field, several } => {
                let not_before = self.not_before(stretch, field, *several, condition);
                if self.groups[stretch].key.is_nothing() {
                    return not_before;
                }
                let field = condition.bind(Bound::Text(field.0.clone()));
                let choice = condition.bind(Bound::Text(self.groups[stretch].ids.concat()));
                format!("e.field_id = {field} and e.ticket_id = t.id and e.text = {choice} and {not_before}")
            }
        }
    }

    /// That a request `t` holds nothing in a field that would put it elsewhere: whoever has several choices stands under the
    /// first that is offered, whatever the direction.
    fn not_before(&self, stretch: usize, field: &FieldId, several: bool, condition: &mut Condition) -> String {
        let key = &self.groups[stretch].key;
        let before = self.groups.iter().filter(|other| {
            let choice = !other.key.is_nothing();
            choice && (key.is_nothing() || several && other.key < *key)
        });
        let before: Vec<String> =
            before.flat_map(|group| &group.ids).map(|choice| condition.bind(Bound::Text(choice.clone()))).collect();
        if before.is_empty() {
            return "1 = 1".to_owned();
        }
        let field = condition.bind(Bound::Text(field.0.clone()));
        format!(
            "not exists (select 1 from ticket_field b where b.field_id = {field} and b.ticket_id = t.id and b.text in ({}))",
            before.join(", ")
        )
    }

    /// The number of the stretch that a request `t` is in, for whoever sorts them all.
    pub fn stretch(&self, condition: &mut Condition) -> String {
        let last = match self.basis {
            Basis::Own { .. } | Basis::Written { .. } | Basis::Chosen { .. } => self.stretches() - 1,
            // Who is in none of them.
            Basis::Named { .. } => self.stretches(),
        };
        if last == 0 {
            return "0".to_owned();
        }
        let each: Vec<String> = (0..last)
            .map(|stretch| {
                let holds = self.holds(stretch, condition);
                match self.in_field(stretch) {
                    true => format!("when exists (select 1 from ticket_field e where {holds}) then {stretch}"),
                    false => format!("when {holds} then {stretch}"),
                }
            })
            .collect();
        format!("case {} else {last} end", each.join(" "))
    }

    /// Where the page after `mark` begins.
    ///
    /// # Errors
    /// `Invalid` for a mark that no page of this order ended with.
    pub fn after(&self, mark: Option<&str>) -> Result<Start> {
        let Some(mark) = mark else { return Ok(Start { stretch: 0, passed: None }) };
        let refused = || Error::invalid("after", Why::NotAChoice);
        let Mark(key, number) = serde_json::from_str(mark).map_err(|_| refused())?;
        let words = match self.basis {
            Basis::Own { text, .. } | Basis::Named { text, .. } => text,
            Basis::Written { .. } => true,
            Basis::Chosen { .. } => false,
        };
        if words != matches!(key, Key::Text(_)) {
            return Err(refused());
        }
        Ok(match self.basis {
            Basis::Own { .. } | Basis::Written { .. } => {
                Start { stretch: usize::from(key.is_nothing()), passed: Some((key, number)) }
            }
            Basis::Named { .. } | Basis::Chosen { .. } => {
                // Whoever got another name since is not met a second time where the name was.
                let stretch = self.groups.partition_point(|g| g.key.towards(&key, self.descending).is_lt());
                let same = self.groups.get(stretch).is_some_and(|group| group.key == key);
                Start { stretch, passed: same.then_some((key, number)) }
            }
        })
    }
}

impl Desk {
    /// An order for a reader, of requests that are counted in `cells` (a condition on `tally y`, `$1` is the reader).
    ///
    /// # Errors
    /// `Invalid` for a custom field that is not there.
    pub(crate) async fn order(&self, me: &AgentId, sort: &Sort, cells: &str) -> Result<Order> {
        let (basis, mut groups) = match basis(sort.by) {
            Some(basis) => (basis, self.named(me, sort.by, cells).await?),
            None => in_field(self.sorted_field(&sort.key).await?),
        };
        groups.sort_by(|a, b| a.key.towards(&b.key, sort.descending));
        groups.dedup_by(|next, group| {
            let same = next.key == group.key;
            if same {
                group.ids.append(&mut next.ids);
            }
            same
        });
        Ok(Order { descending: sort.descending, basis, groups })
    }

    /// What a heading names: one group for each, those with the same key not yet together.
    async fn named(&self, me: &AgentId, by: Heading, cells: &str) -> Result<Vec<Group>> {
        let names = |of: &str, column: &str| {
            format!(
                "select i.id, coalesce(x.name, '') from
                   (select y.{column} as id from tally y where y.count > 0 and {cells}
                    union select coalesce(f.{column}_id, '') from follower w cross join ticket f
                      where f.id = w.ticket_id and w.agent_id = $1) i
                 left join {of} x on x.id = i.id"
            )
        };
        let named: Vec<(String, Key)> = match by {
            Heading::Owner | Heading::Category => {
                let (of, column) = if by == Heading::Owner { ("agent", "owner") } else { ("category", "category") };
                let rows: Vec<(String, String)> =
                    sqlx::query_as(AssertSqlSafe(names(of, column))).bind(me.clone()).fetch_all(self.read()).await?;
                rows.into_iter().map(|(id, name)| (id, Key::Text(filed_under(&name)))).collect()
            }
            Heading::Status | Heading::Priority | Heading::Type => {
                let sql = match by {
                    Heading::Status => "select id, position from status",
                    Heading::Priority => "select id, rank from priority",
                    _ => "select id, position from request_type",
                };
                let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(self.read()).await?;
                rows.into_iter().map(|(id, place)| (id, Key::Number(place))).collect()
            }
            _ => vec![],
        };
        let mut groups: Vec<Group> = named.into_iter().map(|(id, key)| Group { key, ids: vec![id] }).collect();
        if by == Heading::Type {
            groups.push(Group::of_nothing());
        }
        Ok(groups)
    }
}

fn in_field(sorted: Sorted) -> (Basis, Vec<Group>) {
    let Sorted { field, choices, several } = sorted;
    let Some(choices) = choices else { return (Basis::Written { field }, vec![]) };
    let mut groups: Vec<Group> =
        (0..).zip(choices).map(|(place, choice)| Group { key: Key::Number(place), ids: vec![choice] }).collect();
    groups.push(Group::of_nothing());
    (Basis::Chosen { field, several }, groups)
}
