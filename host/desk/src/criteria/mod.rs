//! Criteria as one condition on requests, for both databases. FND-2, FND-3.
//!
//! The condition's text is put together from constants only; every value is bound.

mod moment;
mod row;

use crate::{
    Desk, Error, Result, Why,
    access::readable,
    model::{
        AgentId, Aspect, CompanyId, Criteria, PersonId,
        criteria::{Kind, Operator},
    },
    search::Scope,
};
use jiff::tz::TimeZone;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

/// Most rows that criteria may have, over all sets.
const MOST_ROWS: usize = 100;
/// Most values of one row.
const MOST_VALUES: usize = 1_000;
/// Most requests that all rows of words may find together: each is named to the database, which takes no more than 32,766.
const MOST_FOUND: usize = 20_000;

/// A value for a place in the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bound {
    Text(String),
    Int(i64),
    Real(f64),
}

/// What criteria mean for one reader at one moment.
pub(crate) struct Context {
    /// None for rules and the clock: *me* is then nobody.
    pub me: Option<AgentId>,
    pub now: i64,
    pub zone: TimeZone,
    /// Parent and child.
    categories: Vec<(String, String)>,
    /// Team and agent.
    members: Vec<(String, String)>,
    /// Custom fields: kind by key.
    fields: HashMap<String, Kind>,
    /// Whom, and which company, an id that was asked for means now, where it was swallowed.
    survivors: HashMap<String, String>,
    /// What the index found for full-text rows.
    found: HashMap<String, Vec<String>>,
}

/// A condition on `ticket t` under construction; the first `offset` places belong to the query around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    pub sql: String,
    pub values: Vec<Bound>,
    offset: usize,
}

impl Condition {
    pub fn after(offset: usize) -> Self {
        Condition { sql: String::new(), values: vec![], offset }
    }

    /// Requests picked by what stands in a column: none without values, and none that is out of all lists.
    pub fn among(offset: usize, column: &str, values: impl Iterator<Item = Bound>) -> Self {
        let mut condition = Condition::after(offset);
        let places: Vec<String> = values.map(|value| condition.bind(value)).collect();
        condition.sql = match places.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("{column} in ({}) and t.state not in ('linked', 'deleted')", places.join(", ")),
        };
        condition
    }

    /// Keeps a value, and gives the place to write for it.
    pub fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.offset + self.values.len())
    }
}

/// Letters beyond ASCII that people here write, large and small in turn. Neither database's own `lower` knows more than ASCII.
const LETTERS: &str = "ÆæØøÅåÄäÖöÜüÉéÈèÊêËëÁáÀàÂâÃãÓóÒòÔôÕõÍíÌìÎîÚúÙùÛûÝýÐðÞþÇçÑñŠšŽžČčĆćĐđŁłŊŋŦŧ";

/// A column without regard to case: to be compared with what [`fold`] makes of a value.
pub(crate) fn folded(column: &str) -> String {
    let letters: Vec<char> = LETTERS.chars().collect();
    letters
        .chunks(2)
        .fold(format!("lower({column})"), |sql, pair| format!("replace({sql}, '{}', '{}')", pair[0], pair[1]))
}

/// A value without regard to case, as [`folded`] has a column: here, since a value alone is lowered as the database's language does.
pub(crate) fn fold(text: &str) -> String {
    let small = |letter: char| {
        let mut letters = LETTERS.chars();
        letters.by_ref().step_by(2).position(|large| large == letter).and_then(|at| LETTERS.chars().nth(2 * at + 1))
    };
    text.chars().map(|letter| small(letter).unwrap_or(letter.to_ascii_lowercase())).collect()
}

impl Criteria {
    /// The condition, its places counted from `offset + 1`.
    ///
    /// # Errors
    /// `Invalid` with `sets.0.2.values` or the like as the field: which set, which row, and what of it.
    pub(crate) fn compile(&self, context: &Context, offset: usize) -> Result<Condition> {
        if self.sets.iter().map(Vec::len).sum::<usize>() > MOST_ROWS {
            return Err(Error::invalid("sets", Why::TooMany { most: MOST_ROWS as u32 }));
        }
        let mut condition = Condition::after(offset);
        let mut sets = vec![];
        for (s, rows) in self.sets.iter().enumerate() {
            let mut parts = vec![];
            for (r, row) in rows.iter().enumerate().filter(|(_, row)| row.is_active()) {
                let at = |part: &str| format!("sets.{s}.{r}.{part}");
                if row.values.len() > MOST_VALUES {
                    return Err(Error::invalid(&at("values"), Why::TooMany { most: MOST_VALUES as u32 }));
                }
                let kind = context.kind_of(row).ok_or_else(|| Error::invalid(&at("key"), Why::NotAChoice))?;
                if !row.operator.fits(kind) {
                    return Err(Error::invalid(&at("operator"), Why::NotAChoice));
                }
                let part = row::condition(row, kind, context, &mut condition)
                    .map_err(|why| Error::invalid(&at("values"), why))?;
                parts.push(part);
            }
            if !parts.is_empty() {
                // MRG-2, DEL-1: what was swallowed or lies in the bin is found only by whoever asks for it.
                if !rows.iter().any(asks_for_state) {
                    parts.push("t.state not in ('linked', 'deleted')".to_owned());
                }
                sets.push(format!("({})", parts.join(" and ")));
            }
        }
        condition.sql = match sets.is_empty() {
            true => "t.state not in ('linked', 'deleted') and t.spam_at is null".to_owned(),
            // STAT-5: spam is excluded everywhere.
            false => format!("({}) and t.spam_at is null", sets.join(" or ")),
        };
        Ok(condition)
    }

    /// What leads to all that fits by an index: a query for the ids of requests that ends in a column, and the value that
    /// this must have. None where nothing is common to all that fits.
    pub(crate) fn lead(&self, context: &Context) -> Option<(&'static str, String)> {
        let [rows] = &self.sets[..] else { return None };
        rows.iter().filter(|row| row.is_active() && row.operator == Operator::OneOf).find_map(|row| {
            let [value] = &row.values[..] else { return None };
            let ids = match row.aspect {
                _ if value.trim() == "none" => return None,
                Aspect::Contact => "select k.ticket_id from ticket_contact k where k.person_id",
                Aspect::Company => "select k.id from ticket k where k.company_id",
                Aspect::Sale => "select k.id from ticket k where k.sale_id",
                Aspect::Project => "select k.id from ticket k where k.project_id",
                Aspect::Tag => "select k.ticket_id from ticket_tag k where k.tag_id",
                _ => return None,
            };
            Some((ids, context.now(value.trim())))
        })
    }
}

fn asks_for_state(row: &crate::model::Criterion) -> bool {
    row.is_active() && matches!(row.aspect, Aspect::State | Aspect::Status) && row.operator == Operator::OneOf
}

/// What rows of words ask for, and the field that each stands in.
fn asked_words(criteria: &Criteria) -> Vec<(String, String)> {
    let mut asked = vec![];
    for (s, rows) in criteria.sets.iter().enumerate() {
        for (r, row) in rows.iter().enumerate().filter(|(_, row)| row.aspect == Aspect::Text && row.is_active()) {
            asked.extend(row.values.first().map(|words| (words.clone(), format!("sets.{s}.{r}.values"))));
        }
    }
    asked
}

impl Context {
    fn kind_of(&self, row: &crate::model::Criterion) -> Option<Kind> {
        row.aspect.kind().or_else(|| self.fields.get(&row.key).copied())
    }

    /// A category and all below it.
    fn below(&self, category: &str) -> Vec<String> {
        let mut found = vec![category.to_owned()];
        let mut at = 0;
        while at < found.len() {
            let children: Vec<String> = self
                .categories
                .iter()
                .filter(|(parent, child)| *parent == found[at] && !found.contains(child))
                .map(|(_, child)| child.clone())
                .collect();
            found.extend(children);
            at += 1;
        }
        found
    }

    /// An id that was swallowed leads to the survivor for ever.
    fn now(&self, id: &str) -> String {
        self.survivors.get(id).map_or(id, String::as_str).to_owned()
    }

    fn members_of(&self, team: &str) -> Vec<String> {
        self.members.iter().filter(|(of, _)| of == team).map(|(_, agent)| agent.clone()).collect()
    }
}

impl Desk {
    /// Everything outside of a request that criteria need to know.
    ///
    /// # Errors
    /// [`Why::TooCommon`] for words that stand in more requests than can be told apart.
    pub(crate) async fn criteria_context(&self, me: Option<&AgentId>, criteria: &Criteria) -> Result<Context> {
        let categories = sqlx::query_as("select parent_id, id from category where parent_id is not null")
            .fetch_all(self.read())
            .await?;
        let members = sqlx::query_as("select team_id, agent_id from team_member").fetch_all(self.read()).await?;
        let fields: Vec<(String, String)> =
            sqlx::query_as("select key, kind from field").fetch_all(self.read()).await?;
        let mut found = HashMap::new();
        let mut left = MOST_FOUND;
        for (words, place) in asked_words(criteria) {
            let scope = if let Some(me) = me { self.search_scope(me).await? } else { Scope::Agent };
            let (index, asked) = (self.index().clone(), words.clone());
            let ids = tokio::task::spawn_blocking(move || match index.find_ids(&asked, Scope::Agent, left)? {
                // Of what is not the reader's nothing is counted against them.
                None if scope != Scope::Agent => index.find_ids(&asked, scope, left),
                found => Ok(found),
            });
            // The best of them would do for nobody: what is left out is missing without a word, or there against it.
            let ids = ids.await.map_err(Error::internal)??;
            let ids = ids.ok_or_else(|| Error::invalid(&place, Why::TooCommon { most: MOST_FOUND as u32 }))?;
            let ids: Vec<String> = ids.into_iter().map(|id| id.0).collect();
            // Whoever only lists a request learns no word that was said in it.
            let ids = if let Some(me) = me { self.readable_of(me, ids).await? } else { ids };
            left -= ids.len();
            found.insert(words, ids);
        }
        let mut survivors = HashMap::new();
        for row in criteria.sets.iter().flatten().filter(|row| row.is_active()) {
            for id in &row.values {
                let now = match row.aspect {
                    Aspect::Contact | Aspect::Custom => self.person_now(&PersonId(id.clone())).await?.0,
                    Aspect::Company => self.company_now(&CompanyId(id.clone())).await?.0,
                    _ => continue,
                };
                if now != *id {
                    survivors.insert(id.clone(), now);
                }
            }
        }
        Ok(Context {
            me: me.cloned(),
            now: self.clock().now(),
            zone: self.zone().await?,
            categories,
            members,
            fields: fields.into_iter().map(|(key, kind)| (key, field_kind(&kind))).collect(),
            survivors,
            found,
        })
    }

    async fn readable_of(&self, me: &AgentId, ids: Vec<String>) -> Result<Vec<String>> {
        let condition = Condition::among(1, "t.id", ids.into_iter().map(Bound::Text));
        let sql = format!("select t.id from ticket t where {} and {}", condition.sql, readable!());
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(me.clone());
        Ok(bind_all!(query, condition.values).fetch_all(self.read()).await?)
    }

    /// Whose days *today* and the like mean: the time zone of the first opening hours, else UTC.
    pub async fn zone(&self) -> Result<TimeZone> {
        let name: Option<String> =
            sqlx::query_scalar("select zone from calendar order by id limit 1").fetch_optional(self.read()).await?;
        Ok(name.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC))
    }
}

fn field_kind(kind: &str) -> Kind {
    match kind {
        "number" => Kind::Number,
        "date" => Kind::Moment,
        "choice" | "multi-choice" | "person" => Kind::Choice,
        "yes-no" => Kind::YesNo,
        _ => Kind::Text,
    }
}

/// Gives a query the values of a condition.
macro_rules! bind_all {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::criteria::Bound::Text(text) => query.bind(text),
                $crate::criteria::Bound::Int(number) => query.bind(number),
                $crate::criteria::Bound::Real(number) => query.bind(number),
            };
        }
        query
    }};
}
pub(crate) use bind_all;
