//! What rules do. Each run is a write of its own, under the rule's name, once for each event; it never sets itself off.

use super::{column, due};
use crate::{
    Desk, Error, Result,
    clock::{DAY, HOUR, MINUTE},
    criteria::{Bound, Condition, Context, bind_all},
    db::{Write, word},
    message::Time,
    model::{
        rule::{Rule, Since, Then, When},
        *,
    },
};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;

/// Rules that set each other off, one after the other, at most.
const DEEPEST: usize = 5;
/// Runs of one rule on one request in an hour.
const MOST_RUNS: i64 = 20;
/// What came due longer ago, while Saker did not run, is let be.
const LATEST: i64 = 7 * DAY;
/// How long runs are remembered.
const REMEMBERED: i64 = 30 * DAY;

/// What was forgotten, or became true by nothing but time, is found at the latest after so long.
const FULL_LOOK: i64 = 10 * MINUTE;
/// Requests that a rule of time acts on in one go.
const MOST_AT_ONCE: usize = 100;

/// Up to where a rule of time was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The rule as it was then, by its last change.
    changed: i64,
    /// When everything was looked at.
    full: i64,
    until: i64,
    /// Number of the last event by then.
    event: i64,
}

/// When a rule of time is due, and the moment it is asked at.
struct Look {
    minutes: u32,
    since: Since,
    on: i64,
    now: i64,
}

/// Who and what an event is about.
struct Set {
    number: i64,
    kind: EventKind,
    ticket: TicketId,
}

/// Requests on which a rule of time has not acted since the moment that it counts from.
fn unacted(condition: &mut Condition, rule: &RuleId, since: Since) -> String {
    let id = condition.bind(Bound::Text(rule.0.clone()));
    let column = column(since);
    format!(
        "not exists (select 1 from rule_run r where r.rule_id = {id} and r.ticket_id = t.id and r.event = 0 and r.at >= {column})"
    )
}

impl Desk {
    /// Runs every rule that an event sets off. Safe to be begun twice.
    pub(crate) async fn run_rules(&self, numbers: &[i64]) -> Result<()> {
        let rules: Vec<Rule> = self.all_rules().await?.into_iter().filter(|rule| rule.on).collect();
        let rules: Vec<&Rule> = rules.iter().filter(|rule| matches!(rule.when, When::Happened { .. })).collect();
        if rules.is_empty() {
            return Ok(());
        }
        for number in numbers {
            let Some(set) = self.what_happened(*number).await? else { continue };
            let before = self.chain(*number).await?;
            for rule in &rules {
                let When::Happened { kinds } = &rule.when else { continue };
                if kinds.contains(&set.kind) && before.len() < DEEPEST && !before.contains(&rule.id) {
                    self.run_rule(rule, &set.ticket, set.number).await?;
                }
            }
        }
        Ok(())
    }

    /// Runs the rules whose time has come. Looks before it takes the pen; between two full looks only at what came due or
    /// changed since the last one, so that it costs the same however many requests there are.
    pub(crate) async fn run_timed_rules(&self) -> Result<()> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "select content, enabled_at, changed_at from rule where enabled_at is not null order by position, id",
        )
        .fetch_all(self.read())
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        // Before anything is looked for: what is written meanwhile is looked at the next time.
        let event: i64 =
            sqlx::query_scalar("select value from counter where name = 'event'").fetch_one(self.read()).await?;
        for (content, on, changed) in rows {
            let rule: Rule = serde_json::from_str(&content)?;
            let When::Passed { minutes, since } = rule.when else { continue };
            let last = self.asked().lock().await.get(&rule.id).copied();
            let look = Look { minutes, since, on, now: self.clock().now() };
            let last = last.filter(|last| last.changed == changed && look.now - last.full < FULL_LOOK);
            let found = self.due_by(&rule, &look, last).await?;
            let all = found.len() < MOST_AT_ONCE;
            for ticket in found {
                self.run_rule(&rule, &ticket, 0).await?;
            }
            // Where there is more, the same is asked again.
            if all {
                let full = last.map_or(look.now, |last| last.full);
                let asked = Asked { changed, full, until: look.now, event };
                self.asked().lock().await.insert(rule.id, asked);
            }
        }
        Ok(())
    }

    async fn due_by(&self, rule: &Rule, look: &Look, last: Option<Asked>) -> Result<Vec<TicketId>> {
        let Look { minutes, since, on, now } = *look;
        let context = self.criteria_context(None, &rule.only).await?;
        let mut condition = rule.only.compile(&context, 0)?;
        let among = match last {
            None => "ticket t where 1 = 1".to_owned(),
            Some(last) => {
                let came = due(&mut condition, minutes, since, last.until, now);
                let event = condition.bind(Bound::Int(last.event));
                // `cross join` keeps SQLite from walking all that the criteria could fit.
                format!(
                    "(select t.id from ticket t where {came}
                      union select e.ticket_id from event e where e.number > {event} and e.ticket_id is not null) x
                     cross join ticket t where t.id = x.id"
                )
            }
        };
        let window = due(&mut condition, minutes, since, on.max(now - LATEST), now);
        let unacted = unacted(&mut condition, &rule.id, since);
        let sql = format!(
            "select t.id from {among} and {window} and t.state not in ('linked', 'deleted') and ({}) and {unacted}
             order by t.number limit {MOST_AT_ONCE}",
            condition.sql,
        );
        Ok(bind_all!(sqlx::query_scalar(AssertSqlSafe(sql)), condition.values).fetch_all(self.read()).await?)
    }

    async fn what_happened(&self, number: i64) -> Result<Option<Set>> {
        let row: Option<(String, Option<TicketId>)> =
            sqlx::query_as("select kind, ticket_id from event where number = $1")
                .bind(number)
                .fetch_optional(self.read())
                .await?;
        let Some((kind, Some(ticket))) = row else { return Ok(None) };
        Ok(Some(Set { number, kind: word(&kind)?, ticket }))
    }

    /// The rules that led to an event, latest first.
    async fn chain(&self, number: i64) -> Result<Vec<RuleId>> {
        let (mut chain, mut number) = (vec![], number);
        while chain.len() < DEEPEST {
            let row: Option<(String, Option<String>)> = sqlx::query_as(
                "select e.ticket_id, e.cause_id from event e
                 where e.number = $1 and e.actor_kind = 'rule' and e.ticket_id is not null",
            )
            .bind(number)
            .fetch_optional(self.read())
            .await?;
            let Some((ticket, Some(rule))) = row else { break };
            // Runs are one after the other: the last event that set it off before is the one.
            let by: Option<i64> = sqlx::query_scalar(
                "select event from rule_run where rule_id = $1 and ticket_id = $2 and event < $3 order by event desc limit 1",
            )
            .bind(rule.clone())
            .bind(ticket)
            .bind(number)
            .fetch_optional(self.read())
            .await?;
            chain.push(RuleId(rule));
            match by {
                Some(by) if by > 0 => number = by,
                _ => break,
            }
        }
        Ok(chain)
    }

    /// One run: what it does and that it was done are one write. What goes wrong is kept for administrators, and stops
    /// nobody else.
    async fn run_rule(&self, rule: &Rule, ticket: &TicketId, event: i64) -> Result<()> {
        let context = self.criteria_context(None, &rule.only).await?;
        let mut write = self.write().await?;
        let failed = match write.run_rule(rule, ticket, event, &context).await {
            Ok(false) => return Ok(()),
            Ok(true) => match self.commit(write).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            },
            Err(error) => {
                drop(write);
                error
            }
        };
        let mut write = self.write().await?;
        write.note_run(rule, ticket, event, Some(&failed)).await?;
        self.commit(write).await
    }
}

impl Write {
    /// Runs every rule that the events of this write set off, one after the other in their order, and those that they set off
    /// in turn: as jobs do it after a commit. What fails is taken back by itself.
    pub(crate) async fn try_rules(&mut self, rules: &[(Rule, Context)], first: i64) -> Result<Vec<RuleTried>> {
        let (mut tried, mut looked) = (vec![], first);
        // Which rules led to an event, for what rules did.
        let mut led: BTreeMap<i64, Vec<RuleId>> = BTreeMap::new();
        while let Some((number, kind, ticket)) = self.event_from(looked).await? {
            looked = number + 1;
            let chain = led.get(&number).cloned().unwrap_or_default();
            let kind: EventKind = word(&kind)?;
            if !crate::react::concerns_anybody(kind) {
                continue;
            }
            for (rule, context) in rules {
                let When::Happened { kinds } = &rule.when else { continue };
                if !kinds.contains(&kind) || chain.len() >= DEEPEST || chain.contains(&rule.id) {
                    continue;
                }
                let failed = self.try_rule(rule, &ticket, number, context).await?;
                let acts = matches!(failed, Ok(true));
                tried.push(RuleTried { rule: rule.id.clone(), name: rule.name.clone(), acts, failed: failed.err() });
                let by_it = [std::slice::from_ref(&rule.id), chain.as_slice()].concat();
                let new: Vec<i64> = sqlx::query_scalar(
                    "select number from event where number > $1 and actor_kind = 'rule' and actor_id = $2",
                )
                .bind(number)
                .bind(rule.id.clone())
                .fetch_all(self.sql())
                .await?;
                for new in new {
                    led.entry(new).or_insert_with(|| by_it.clone());
                }
            }
        }
        Ok(tried)
    }

    /// One run; where it fails, all that it did is undone within this write.
    async fn try_rule(
        &mut self,
        rule: &Rule,
        ticket: &TicketId,
        event: i64,
        context: &Context,
    ) -> Result<Result<bool>> {
        sqlx::raw_sql("savepoint rule").execute(self.sql()).await?;
        let happened = self.mark();
        let mut done = self.run_rule(rule, ticket, event, context).await;
        if done.is_ok()
            && let Err(error) = self.settle().await
        {
            done = Err(error);
        }
        if done.is_err() {
            sqlx::raw_sql("rollback to savepoint rule").execute(self.sql()).await?;
            self.forget_since(happened);
        }
        sqlx::raw_sql("release savepoint rule").execute(self.sql()).await?;
        Ok(done)
    }

    async fn event_from(&mut self, number: i64) -> Result<Option<(i64, String, TicketId)>> {
        Ok(sqlx::query_as(
            "select number, kind, ticket_id from event where number >= $1 and ticket_id is not null order by number limit 1",
        )
        .bind(number)
        .fetch_optional(self.sql())
        .await?)
    }

    /// False when there was nothing to do: done before, the criteria don't hold, or the request was swallowed or deleted: what
    /// a rule would say there nobody would read.
    async fn run_rule(&mut self, rule: &Rule, ticket: &TicketId, event: i64, context: &Context) -> Result<bool> {
        let (now, id) = (self.now, rule.id.clone());
        // The clock sets a rule off more than once: whether it did since the moment that it counts from is asked below.
        let done: Option<i64> = sqlx::query_scalar(
            "select at from rule_run where rule_id = $1 and ticket_id = $2 and event = $3 and event > 0 limit 1",
        )
        .bind(id.clone())
        .bind(ticket.clone())
        .bind(event)
        .fetch_optional(self.sql())
        .await?;
        let lately: i64 = sqlx::query_scalar(
            "select count(*) from rule_run where rule_id = $1 and ticket_id = $2 and at > $3 and error is null",
        )
        .bind(id)
        .bind(ticket.clone())
        .bind(now - HOUR)
        .fetch_one(self.sql())
        .await?;
        if done.is_some() {
            return Ok(false);
        }
        let mut condition = rule.only.compile(context, 0)?;
        let place = condition.bind(Bound::Text(ticket.0.clone()));
        // What was found to be due may not be any more: another node took it, or somebody wrote since.
        let due = match rule.when {
            When::Passed { minutes, since } => {
                let came = due(&mut condition, minutes, since, now - LATEST, now);
                format!(" and {came} and {}", unacted(&mut condition, &rule.id, since))
            }
            When::Happened { .. } => String::new(),
        };
        let sql = format!(
            "select t.number from ticket t where t.id = {place} and t.state not in ('linked', 'deleted') and ({}){due}",
            condition.sql
        );
        let holds: Option<i64> =
            bind_all!(sqlx::query_scalar(AssertSqlSafe(sql)), condition.values).fetch_optional(self.sql()).await?;
        if holds.is_none() {
            return Ok(false);
        }
        if lately >= MOST_RUNS {
            return Err(Error::TooMany { seconds: 3_600 });
        }
        let actor = Actor::Rule { id: rule.id.clone(), name: rule.name.clone() };
        for then in &rule.then {
            self.act(&actor, ticket, then).await?;
        }
        self.note_run(rule, ticket, event, None).await?;
        Ok(true)
    }

    /// The same doors that people's verbs go through.
    pub(crate) async fn act(&mut self, actor: &Actor, ticket: &TicketId, then: &Then) -> Result<()> {
        let facts = self.editable(actor, ticket).await?;
        match then {
            Then::Status { status } => self.set_status(actor, Cause::Rule, ticket, status).await,
            Then::Close if facts.state == State::Closed.as_str() => Ok(()),
            Then::Close => self.close(actor, Cause::Rule, ticket).await,
            Then::Priority { priority } => self.set_priority(actor, Cause::Rule, ticket, priority).await,
            Then::Category { category } => self.set_category(actor, Cause::Rule, ticket, category).await,
            Then::Type { to } => self.set_type(actor, Cause::Rule, ticket, to).await,
            Then::Field { key, values } => {
                let values = FieldValues::from([(key.clone(), values.clone())]);
                self.set_fields(actor, Cause::Rule, ticket, &values).await
            }
            Then::Tag { tag } => self.add_tag(actor, Cause::Rule, ticket, tag).await,
            Then::Give { to } if facts.owner_id.as_ref() == Some(to) => Ok(()),
            Then::Give { to } => {
                self.works_here(to).await?;
                let why = self.naming(ticket, to, actor.name()).await?;
                self.give(actor, Cause::Rule, ticket, to, EventKind::Transferred, Some(&why)).await
            }
            Then::Release => self.release(actor, Cause::Rule, ticket).await,
            Then::Distribute => self.distribute(actor, Cause::Rule, &facts, None).await.map(|_| ()),
            Then::Comment { text } => {
                self.add_comment(actor, ticket, text.trim().to_owned(), vec![], Time::default()).await.map(|_| ())
            }
            Then::Write { .. } if facts.access != Access::External.as_str() => Ok(()),
            Then::Write { template } => self.queue_form_letter(actor, Cause::Rule, ticket, template).await,
            Then::Follow { agent } => self.go_along(actor, Cause::Rule, ticket, agent, true).await,
        }
    }

    async fn note_run(&mut self, rule: &Rule, ticket: &TicketId, event: i64, error: Option<&Error>) -> Result<()> {
        let now = self.now;
        sqlx::query("delete from rule_run where at < $1").bind(now - REMEMBERED).execute(self.sql()).await?;
        sqlx::query(
            "insert into rule_run (rule_id, ticket_id, at, event, error) values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(rule.id.clone())
        .bind(ticket.clone())
        .bind(now)
        .bind(event)
        .bind(error.map(serde_json::to_string).transpose()?)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
