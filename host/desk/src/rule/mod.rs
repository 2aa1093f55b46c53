//! Automations as administrators write them: kept, tried out, ordered, looked after. What they do is in `run`.

pub(crate) mod run;

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    clock::{DAY, MINUTE},
    criteria::{Bound, Condition, bind_all},
    db::Fact,
    field::{Layout, form::form},
    message::LONGEST_TEXT,
    model::{
        rule::{DryRun, Rule, RuleRun, Since, Then, When},
        *,
    },
    person::shorten,
};
use sqlx::AssertSqlSafe;

const MOST_RULES: i64 = 200;
const MOST_ACTIONS: usize = 20;
/// How far back a rule is tried out.
const TRIED: i64 = 7 * DAY;

/// The column that a rule of time counts from.
fn column(since: Since) -> &'static str {
    match since {
        Since::Created => "t.created_at",
        Since::Changed => "t.changed_at",
        Since::Replied => "t.replied_at",
        Since::Assigned => "t.assigned_at",
        Since::Closed => "t.closed_at",
        Since::Deadline => "t.deadline",
    }
}

impl Desk {
    /// All of them, in the order in which they are asked.
    pub async fn rules(&self, actor: &Actor) -> Result<Vec<Rule>> {
        administrator(actor)?;
        self.all_rules().await
    }

    pub(crate) async fn all_rules(&self) -> Result<Vec<Rule>> {
        let rows: Vec<(String,)> =
            sqlx::query_as("select content from rule order by position, id").fetch_all(self.read()).await?;
        rows.into_iter().map(|(content,)| Ok(serde_json::from_str(&content)?)).collect()
    }

    /// Adds a rule at the end, or changes the one whose id it has.
    ///
    /// # Errors
    /// `Invalid` for what can't be asked or done, as a rule that fails each time helps nobody.
    pub async fn save_rule(&self, actor: &Actor, mut rule: Rule) -> Result<()> {
        administrator(actor)?;
        rule.name = shorten(&rule.name, 200);
        self.check_rule(&rule).await?;
        let mut write = self.write().await?;
        let others: i64 = sqlx::query_scalar("select count(*) from rule where id <> $1")
            .bind(rule.id.clone())
            .fetch_one(write.sql())
            .await?;
        if others >= MOST_RULES {
            return Err(Error::invalid("rule", Why::TooMany { most: MOST_RULES as u32 }));
        }
        let now = write.now;
        // Turned on anew it does not act on what was due before.
        sqlx::query(
            "insert into rule (id, name, position, enabled_at, content, changed_at)
             values ($1, $2, (select coalesce(max(position), 0) + 1 from rule), $3, $4, $5)
             on conflict (id) do update set name = excluded.name, content = excluded.content,
               changed_at = excluded.changed_at,
               enabled_at = case when excluded.enabled_at is null then null
                            else coalesce(rule.enabled_at, excluded.enabled_at) end",
        )
        .bind(rule.id.clone())
        .bind(rule.name.clone())
        .bind(rule.on.then_some(now))
        .bind(serde_json::to_string(&rule)?)
        .bind(now)
        .execute(write.sql())
        .await?;
        let fact = Fact { new: Some(&rule.name), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await
    }

    pub async fn delete_rule(&self, actor: &Actor, id: &RuleId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        for sql in ["delete from rule_run where rule_id = $1", "delete from rule where id = $1"] {
            sqlx::query(sql).bind(id.clone()).execute(write.sql()).await?;
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Puts them into this order; what is not named keeps its place after them.
    pub async fn order_rules(&self, actor: &Actor, order: &[RuleId]) -> Result<()> {
        self.put_in_order(actor, "rule", order, -(order.len() as i64)).await
    }

    /// When a rule was set off lately, and what went wrong, newest first.
    pub async fn rule_runs(&self, actor: &Actor, id: &RuleId) -> Result<Vec<RuleRun>> {
        administrator(actor)?;
        let rows: Vec<(i64, i64, Option<String>)> = sqlx::query_as(
            "select t.number, r.at, r.error from rule_run r join ticket t on t.id = r.ticket_id
             where r.rule_id = $1 order by r.at desc, r.event desc limit 100",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|(number, at, error)| {
                Ok(RuleRun { number, at, error: error.map(|text| serde_json::from_str(&text)).transpose()? })
            })
            .collect()
    }

    /// What a rule would have done, before it is saved: nothing is changed. Appendix C, number 25.
    pub async fn try_rule(&self, actor: &Actor, rule: &Rule) -> Result<DryRun> {
        administrator(actor)?;
        self.check_rule(rule).await?;
        let now = self.clock().now();
        let context = self.criteria_context(None, &rule.only).await?;
        let mut condition = rule.only.compile(&context, 0)?;
        let set_off = match &rule.when {
            When::Happened { kinds } => {
                let after = condition.bind(Bound::Int(now - TRIED));
                let kinds: Vec<String> =
                    kinds.iter().map(|kind| condition.bind(Bound::Text(kind.as_str().to_owned()))).collect();
                format!(
                    "exists (select 1 from event e where e.ticket_id = t.id and e.at > {after} and e.kind in ({}))",
                    kinds.join(", ")
                )
            }
            When::Passed { minutes, since } => due(&mut condition, *minutes, *since, now - TRIED, now),
        };
        let found = format!("from ticket t where {set_off} and ({})", condition.sql);
        let sql = format!("select count(*) {found}");
        let requests =
            bind_all!(sqlx::query_scalar(AssertSqlSafe(sql)), condition.values.clone()).fetch_one(self.read()).await?;
        let sql = format!("select t.number {found} order by t.number desc limit 10");
        let examples =
            bind_all!(sqlx::query_scalar(AssertSqlSafe(sql)), condition.values).fetch_all(self.read()).await?;
        Ok(DryRun { requests, examples })
    }

    async fn check_rule(&self, rule: &Rule) -> Result<()> {
        if rule.name.trim().is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        if matches!(&rule.when, When::Happened { kinds } if kinds.is_empty()) {
            return Err(Error::invalid("when", Why::Missing));
        }
        if rule.then.is_empty() {
            return Err(Error::invalid("then", Why::Missing));
        }
        if rule.then.len() > MOST_ACTIONS {
            return Err(Error::invalid("then", Why::TooMany { most: MOST_ACTIONS as u32 }));
        }
        if rule.only.sets.iter().flatten().any(|row| row.aspect == Aspect::Text && row.is_active()) {
            return Err(Error::invalid("only", Why::NotAChoice));
        }
        let context = self.criteria_context(None, &rule.only).await?;
        rule.only.compile(&context, 0)?;
        for (n, then) in rule.then.iter().enumerate() {
            let wrong = |why| Error::invalid(&format!("then.{n}"), why);
            let (sql, id) = match then {
                Then::Status { status } => (
                    "select id from status where id = $1 and state in ('open', 'closed') and deleted_at is null",
                    &status.0,
                ),
                Then::Priority { priority } => {
                    ("select id from priority where id = $1 and deleted_at is null", &priority.0)
                }
                Then::Category { category } => {
                    ("select id from category where id = $1 and deleted_at is null", &category.0)
                }
                Then::Type { to } => ("select id from request_type where id = $1 and deleted_at is null", &to.0),
                Then::Field { key, values } => {
                    let fields = Layout::load(&mut *self.read().acquire().await?).await?;
                    let field = fields.by_key(key).ok_or_else(|| wrong(Why::NotAChoice))?;
                    values.iter().try_for_each(|value| form(field, value).map(|_| ())).map_err(wrong)?;
                    continue;
                }
                Then::Tag { tag } if tag.trim().is_empty() => return Err(wrong(Why::Missing)),
                Then::Give { to: agent } | Then::Follow { agent } => {
                    ("select id from agent where id = $1 and disabled_at is null", &agent.0)
                }
                Then::Comment { text } if text.trim().is_empty() => return Err(wrong(Why::Missing)),
                Then::Comment { text } if text.chars().count() > LONGEST_TEXT => {
                    return Err(wrong(Why::TooLong { most: LONGEST_TEXT as u32 }));
                }
                Then::Write { template } => {
                    self.sends_itself(&format!("then.{n}"), template).await?;
                    continue;
                }
                Then::Close | Then::Release | Then::Distribute | Then::Tag { .. } | Then::Comment { .. } => continue,
            };
            let there: Option<String> = sqlx::query_scalar(sql).bind(id.clone()).fetch_optional(self.read()).await?;
            there.ok_or_else(|| wrong(Why::NotAChoice))?;
        }
        Ok(())
    }
}

/// Requests whose time came between two moments.
fn due(condition: &mut Condition, minutes: u32, since: Since, from: i64, to: i64) -> String {
    let wait = i64::from(minutes) * MINUTE;
    let (from, to) = (condition.bind(Bound::Int(from - wait)), condition.bind(Bound::Int(to - wait)));
    let column = column(since);
    format!("{column} > {from} and {column} <= {to}")
}
