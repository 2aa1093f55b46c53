//! What one write changed, so that it can be taken back.
//!
//! The first time a write finds a request for somebody, it remembers the request's rows; when it ends, what differs is
//! kept as one step. No verb has to know how to undo itself.

use crate::{
    Desk, Error, Result, Why,
    clock::DAY,
    db::{Fact, Write},
    merge::Brought,
    model::*,
    several::places,
};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use std::collections::BTreeMap;

/// How long a step can be taken back.
pub const UNDO_LIFE: i64 = 30 * DAY;

/// Rows that belong to a request, and which of their columns a step remembers.
struct Kept {
    table: &'static str,
    key: &'static [&'static str],
    /// How the rows of request `$1` are found.
    of: &'static str,
    text: &'static [&'static str],
    number: &'static [&'static str],
    /// Never null: the driver says a missing double is a float to PostgreSQL, which then takes no double in its place.
    double: &'static [&'static str],
    /// Columns that follow from others and from the clock: put back where nobody touched them, never in the way.
    soft: &'static [&'static str],
}

const KEPT: &[Kept] = &[
    Kept {
        table: "ticket",
        key: &["id"],
        of: "id = $1",
        text: &[
            "title",
            "state",
            "status_id",
            "access",
            "owner_id",
            "category_id",
            "priority_id",
            "type_id",
            "person_id",
            "sale_id",
            "project_id",
            "master_id",
            "status_before_id",
            "read",
            "why",
            "company_id",
            "told",
        ],
        number: &[
            "wake_at",
            "spam_at",
            "deleted_at",
            "closed_at",
            "assigned_at",
            "first_response_due",
            "next_response_due",
            "resolution_due",
            "deadline",
            "due_from",
            "warn_due",
            "miss_due",
            "waiting_since",
            "escalation_level",
            "escalate_at",
            "escalate_left",
            "chain_rests_at",
            "reopenings",
        ],
        double: &[],
        soft: &[
            "read",
            "why",
            "company_id",
            "told",
            "closed_at",
            "assigned_at",
            "first_response_due",
            "next_response_due",
            "resolution_due",
            "deadline",
            "due_from",
            "warn_due",
            "miss_due",
            "waiting_since",
            "escalation_level",
            "escalate_at",
            "escalate_left",
            "chain_rests_at",
            "reopenings",
            "status_before_id",
        ],
    },
    Kept {
        table: "ticket_contact",
        key: &["ticket_id", "person_id"],
        of: "ticket_id = $1",
        text: &[],
        number: &["position"],
        double: &[],
        soft: &[],
    },
    Kept {
        table: "provenance",
        key: &["kind", "thing", "person_id"],
        of: "kind = 'contact' and thing = $1",
        text: &[],
        number: &["position"],
        double: &[],
        soft: &["position"],
    },
    Kept {
        table: "ticket_tag",
        key: &["ticket_id", "tag_id"],
        of: "ticket_id = $1",
        text: &[],
        number: &[],
        double: &[],
        soft: &[],
    },
    Kept {
        table: "ticket_field",
        key: &["ticket_id", "field_id", "text"],
        of: "ticket_id = $1",
        text: &["words", "filed"],
        number: &["turn"],
        double: &["number"],
        soft: &["filed"],
    },
    Kept {
        table: "follower",
        key: &["ticket_id", "agent_id"],
        of: "ticket_id = $1",
        text: &["hears"],
        number: &["at"],
        double: &[],
        soft: &["at", "hears"],
    },
    Kept {
        table: "favourite",
        key: &["agent_id", "ticket_id"],
        of: "ticket_id = $1",
        text: &[],
        number: &["at"],
        double: &[],
        soft: &["at"],
    },
    Kept {
        table: "relation",
        key: &["id"],
        of: "(from_id = $1 or to_id = $1)",
        text: &["from_id", "to_id", "kind", "comment"],
        number: &["at"],
        double: &[],
        soft: &[],
    },
    Kept {
        table: "side",
        key: &["id"],
        of: "ticket_id = $1",
        text: &["ticket_id", "subject", "helpers", "cc", "bcc", "agent_id"],
        number: &["created_at", "waiting_since", "remind_at", "closed_at"],
        double: &[],
        soft: &["waiting_since", "remind_at"],
    },
    Kept {
        table: "attachment",
        key: &["id"],
        of: "message_id in (select id from message where ticket_id = $1)",
        text: &["message_id", "name", "mime", "blob", "content_id"],
        number: &["size"],
        double: &[],
        soft: &[],
    },
    Kept {
        table: "redaction",
        key: &["id"],
        of: "message_id in (select id from message where ticket_id = $1)",
        text: &["message_id"],
        number: &["taken_back_at"],
        double: &[],
        soft: &[],
    },
    Kept {
        table: "message",
        key: &["id"],
        of: "ticket_id = $1",
        text: &["ticket_id", "access", "moved_from", "merged_from"],
        number: &["flagged_at", "minutes", "charge", "taken_back_at"],
        double: &[],
        soft: &[],
    },
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    Null,
    Number(i64),
    Double(f64),
    Text(String),
}

type Columns = BTreeMap<String, Value>;
/// Rows by table (as its place in [`KEPT`]) and key.
type Rows = BTreeMap<(usize, Vec<String>), Columns>;

/// How the requests that a write has found were before it changed them.
#[derive(Default)]
pub(crate) struct Before {
    rows: Rows,
    tickets: Vec<TicketId>,
}

/// One row that a step changed; a side that is missing means that the row was not there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Changed {
    table: String,
    key: Vec<String>,
    before: Option<Columns>,
    after: Option<Columns>,
}

impl Changed {
    /// Whether only columns differ that are put back without being counted.
    fn is_soft(&self) -> bool {
        let soft = KEPT.iter().find(|kept| kept.table == self.table).map_or(&[][..], |kept| kept.soft);
        match (&self.before, &self.after) {
            (Some(before), Some(_)) => before.keys().all(|name| soft.contains(&name.as_str())),
            _ => false,
        }
    }
}

#[derive(sqlx::FromRow)]
struct StepRow {
    at: i64,
    kind: String,
    actor_id: Option<String>,
    changes: String,
    undone_by: Option<i64>,
}

/// Something that was done, as the log offers to take it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Step {
    pub number: i64,
    /// Unix microseconds.
    pub at: i64,
    pub kind: EventKind,
    pub actor: String,
    pub undone: bool,
}

impl Write {
    /// Remembers a request as it is now. Called when a request is found for somebody, before anything is changed.
    pub(crate) async fn remember(&mut self, id: &TicketId) -> Result<()> {
        if self.before.tickets.contains(id) {
            return Ok(());
        }
        let rows = self.rows_of(id).await?;
        self.before.rows.extend(rows);
        self.before.tickets.push(id.clone());
        Ok(())
    }

    /// Remembers that a request was not there before this write.
    pub(crate) fn remember_new(&mut self, id: &TicketId) {
        self.before.tickets.push(id.clone());
    }

    async fn rows_of(&mut self, id: &TicketId) -> Result<Rows> {
        let mut rows = Rows::new();
        for (place, kept) in KEPT.iter().enumerate() {
            let columns: Vec<&str> =
                kept.key.iter().chain(kept.text).chain(kept.number).chain(kept.double).copied().collect();
            // Only names from the list above get into this text.
            let sql = format!("select {} from {} where {}", columns.join(", "), kept.table, kept.of);
            let found: Vec<AnyRow> = sqlx::query(AssertSqlSafe(sql)).bind(id.clone()).fetch_all(self.sql()).await?;
            for row in found {
                let mut key = vec![];
                for name in kept.key {
                    key.push(row.try_get::<String, _>(*name)?);
                }
                rows.insert((place, key), columns_of(&row, kept)?);
            }
        }
        Ok(rows)
    }

    /// Keeps what this write changed on the requests it found. Nothing for what arrives and for Saker itself: mail that
    /// came can't be made not to have come.
    pub(crate) async fn keep_step(&mut self) -> Result<()> {
        let before = std::mem::take(&mut self.before);
        let Some(first) = self.first.clone() else { return Ok(()) };
        if before.tickets.is_empty() {
            return Ok(());
        }
        let mut after = Rows::new();
        for id in &before.tickets {
            after.extend(self.rows_of(id).await?);
        }
        let changes = difference(&before.rows, &after);
        if changes.is_empty() {
            return Ok(());
        }
        let now = self.now;
        sqlx::query(
            "insert into step (number, at, kind, actor_kind, actor_id, actor_name, bulk_id, bulk_row, changes)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(first.number)
        .bind(now)
        .bind(first.kind.as_str())
        .bind(first.actor_kind)
        .bind(first.actor_id)
        .bind(first.actor_name)
        .bind(first.bulk.as_ref().map(|row| row.bulk.clone()))
        .bind(first.bulk.map(|row| row.position))
        .bind(serde_json::to_string(&changes)?)
        .execute(self.sql())
        .await?;
        for id in &before.tickets {
            sqlx::query("insert into step_ticket (ticket_id, number) values ($1, $2) on conflict do nothing")
                .bind(id.clone())
                .bind(first.number)
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// Puts a request's own sums right after messages came, went or were taken back.
    pub(crate) async fn recount(&mut self, id: &TicketId) -> Result<()> {
        let latest: Option<(String, Option<i64>, i64)> = sqlx::query_as(
            "select text, quote_at, created_at from message
             where ticket_id = $1 and taken_back_at is null and kind <> 'automatic' and no_news = 0
             order by created_at desc, id desc limit 1",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        let (preview, changed) = match latest {
            Some((text, quote_at, at)) => (crate::message::preview(&text, quote_at), Some(at)),
            None => (String::new(), None),
        };
        sqlx::query(
            "update ticket set
               messages = (select count(*) from message where ticket_id = $1 and taken_back_at is null),
               files = (select count(*) from attachment a join message m on m.id = a.message_id
                        where m.ticket_id = $1 and m.taken_back_at is null),
               minutes = (select cast(coalesce(sum(minutes), 0) as bigint) from message
                          where ticket_id = $1 and taken_back_at is null),
               charge = (select cast(coalesce(sum(charge), 0) as bigint) from message
                         where ticket_id = $1 and taken_back_at is null),
               replies = (select count(*) from message
                          where ticket_id = $1 and taken_back_at is null and kind = 'reply' and access = 'external'),
               reply_took = case when replied_at = (select min(created_at) from message
                          where ticket_id = $1 and taken_back_at is null and kind = 'reply' and access = 'external')
                          then reply_took end,
               replied_at = (select min(created_at) from message
                          where ticket_id = $1 and taken_back_at is null and kind = 'reply' and access = 'external'),
               last_external_by_staff_at = (select max(created_at) from message
                          where ticket_id = $1 and taken_back_at is null and kind = 'reply' and access = 'external'),
               last_external_at = (select max(created_at) from message
                          where ticket_id = $1 and taken_back_at is null and kind in ('reply', 'enquiry') and access = 'external'
                            and no_news = 0),
               preview = $2, changed_at = coalesce($3, created_at)
             where id = $1",
        )
        .bind(id.clone())
        .bind(preview)
        .bind(changed)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

fn columns_of(row: &AnyRow, kept: &Kept) -> Result<Columns> {
    let mut columns = Columns::new();
    for name in kept.text {
        let value = row.try_get::<Option<String>, _>(*name)?.map_or(Value::Null, Value::Text);
        columns.insert((*name).to_owned(), value);
    }
    for name in kept.number {
        let value = row.try_get::<Option<i64>, _>(*name)?.map_or(Value::Null, Value::Number);
        columns.insert((*name).to_owned(), value);
    }
    for name in kept.double {
        columns.insert((*name).to_owned(), Value::Double(row.try_get(*name)?));
    }
    Ok(columns)
}

/// A value for a column of this kind: also nothing has a type, for PostgreSQL.
enum Typed {
    Text(Option<String>),
    Number(Option<i64>),
    Double(f64),
}

fn typed(kept: &Kept, name: &str, value: &Value) -> Typed {
    match value {
        Value::Text(text) => Typed::Text(Some(text.clone())),
        // A whole double is a number in JSON.
        Value::Number(number) if kept.double.contains(&name) => Typed::Double(*number as f64),
        Value::Number(number) => Typed::Number(Some(*number)),
        Value::Double(number) => Typed::Double(*number),
        Value::Null if kept.number.contains(&name) => Typed::Number(None),
        Value::Null => Typed::Text(None),
    }
}

fn keyed(change: &Changed) -> impl Iterator<Item = Typed> {
    change.key.iter().cloned().map(|part| Typed::Text(Some(part)))
}

fn difference(before: &Rows, after: &Rows) -> Vec<Changed> {
    let mut changes = vec![];
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for at in keys {
        let (place, key) = at;
        let (old, new) = (before.get(at), after.get(at));
        if old == new {
            continue;
        }
        let (before, after) = match (old, new) {
            (Some(old), Some(new)) => {
                let differs = |(name, value): &(&String, &Value)| new.get(*name) != Some(*value);
                let before: Columns = old.iter().filter(differs).map(|(n, v)| (n.clone(), v.clone())).collect();
                let after = before.keys().map(|name| (name.clone(), new[name].clone())).collect();
                (Some(before), Some(after))
            }
            (old, new) => (old.cloned(), new.cloned()),
        };
        changes.push(Changed { table: KEPT[*place].table.to_owned(), key: key.clone(), before, after });
    }
    changes
}

impl Desk {
    /// What was done on a request and can still be taken back, newest first.
    pub async fn steps(&self, actor: &Actor, id: &TicketId) -> Result<Vec<Step>> {
        crate::access::staff(actor)?;
        let facts = self.facts(actor, id).await?;
        let rows: Vec<(i64, i64, String, String, Option<i64>)> = sqlx::query_as(
            "select s.number, s.at, s.kind, s.actor_name, s.undone_by from step s join step_ticket t on t.number = s.number
             where t.ticket_id = $1 and s.at > $2 order by s.number desc limit 200",
        )
        .bind(facts.id)
        .bind(self.clock().now() - UNDO_LIFE)
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|(number, at, kind, actor, undone)| {
                Ok(Step { number, at, kind: crate::db::word(&kind)?, actor, undone: undone.is_some() })
            })
            .collect()
    }

    /// Takes one step back: every value that it changed becomes what it was.
    ///
    /// # Errors
    /// [`Error::Changed`] when somebody changed the same again since; [`Why::TooOld`] after 30 days; [`Why::Sent`] when
    /// all it did was to send something.
    pub async fn undo(&self, actor: &Actor, number: i64) -> Result<()> {
        crate::access::staff(actor)?;
        let mut write = self.write().await?;
        write.undo(actor, number).await?;
        self.commit(write).await
    }
}

impl Write {
    pub(crate) async fn undo(&mut self, actor: &Actor, number: i64) -> Result<()> {
        let row: Option<StepRow> =
            sqlx::query_as("select at, kind, actor_id, changes, undone_by from step where number = $1")
                .bind(number)
                .fetch_optional(self.sql())
                .await?;
        let StepRow { at, kind, actor_id, changes, undone_by: undone } = row.ok_or(Error::NotFound)?;
        let tickets: Vec<TicketId> =
            sqlx::query_scalar("select ticket_id from step_ticket where number = $1 order by ticket_id")
                .bind(number)
                .fetch_all(self.sql())
                .await?;
        let mut changes: Vec<Changed> = serde_json::from_str(&changes)?;
        let moves = |change: &Changed| {
            change.table == "message" && change.before.as_ref().is_some_and(|before| before.contains_key("ticket_id"))
        };
        let moves = changes.iter().any(moves);
        // Rights first, so that nobody learns of steps they may not see.
        for id in &tickets {
            let facts = self.editable(actor, id).await?;
            if moves {
                self.may_leave_bin(actor, &facts).await?;
            }
        }
        // Taking back needs the same right as doing.
        match crate::db::word::<EventKind>(&kind)? {
            EventKind::MessageRedacted | EventKind::MessageChanged => self.entitled(actor, Right::EditMessages).await?,
            EventKind::MarkedSpam => self.entitled(actor, Right::Spam).await?,
            EventKind::Deleted | EventKind::Restored => self.entitled(actor, Right::Delete).await?,
            // To take back that a request was opened is to delete it; one's own one may.
            EventKind::TicketOpened if actor.agent().map(AgentId::as_str) != actor_id.as_deref() => {
                self.entitled(actor, Right::Delete).await?;
            }
            _ => {}
        }
        if undone.is_some() {
            return Ok(());
        }
        if at <= self.now - UNDO_LIFE {
            return Err(Error::invalid("step", Why::TooOld));
        }
        for change in &mut changes {
            self.name_anew(change).await?;
        }
        let left = self.spare_what_others_have(&mut changes).await?;
        let mut moved = 0;
        // Rows that came go first and rows that went come first: a message can't go back to a request that is not there.
        for change in changes.iter().rev() {
            moved += self.take_back(change, number, kind == EventKind::Undone.as_str()).await?;
        }
        // Whether it was read, where that is all, is put back too and is in nobody's way.
        if moved == 0 && !changes.iter().all(Changed::is_soft) {
            return Err(Error::invalid("step", Why::Sent));
        }
        let mut by = 0;
        for id in &tickets {
            if kind == EventKind::MarkedSpam.as_str() {
                self.forget_spam_senders(id).await?;
            }
            self.recount(id).await?;
            let old = number.to_string();
            let data = left.get(id).map(serde_json::to_string).transpose()?;
            let fact = Fact { ticket: Some(id), old: Some(&old), new: Some(&kind), data };
            by = self.record(actor, Cause::Undo, EventKind::Undone, fact).await?;
        }
        // A merge may have come apart.
        self.reckon_legal_holds().await?;
        let by = self.first.as_ref().map_or(by, |first| first.number);
        sqlx::query("update step set undone_by = $2 where number = $1")
            .bind(number)
            .bind(by)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Puts one row back; how much of it there was to put back. `again` is where the step was itself an undo.
    async fn take_back(&mut self, change: &Changed, step: i64, again: bool) -> Result<u64> {
        let Some(kept) = KEPT.iter().find(|kept| kept.table == change.table) else { return Ok(0) };
        let found: Vec<String> = (1..=kept.key.len()).map(|n| format!("{} = ${n}", kept.key[n - 1])).collect();
        let found = found.join(" and ");
        match (&change.before, &change.after) {
            // It was taken back, or is to be again: the message is worded with it.
            (Some(before), Some(_)) if kept.table == "redaction" => {
                self.turn_redaction(&change.key[0], before.get("taken_back_at") != Some(&Value::Null)).await
            }
            (Some(before), Some(after)) => {
                let columns: Vec<&str> = kept.text.iter().chain(kept.number).chain(kept.double).copied().collect();
                let sql = format!("select {} from {} where {found}", columns.join(", "), kept.table);
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for part in &change.key {
                    query = query.bind(part.clone());
                }
                let Some(row) = query.fetch_optional(self.sql()).await? else { return Ok(0) };
                let now = columns_of(&row, kept)?;
                let mut done = 0;
                for (name, old) in before {
                    if now.get(name) == Some(old) {
                        continue;
                    }
                    if name == "taken_back_at" && self.was_called_back(&change.key[0]).await? {
                        continue;
                    }
                    if now.get(name) != after.get(name) {
                        if kept.soft.contains(&name.as_str()) {
                            continue;
                        }
                        return Err(Error::Changed { by: self.last_change_since(step, &change.key).await? });
                    }
                    if kept.table == "ticket" {
                        self.may_come_back(&TicketId(change.key[0].clone()), name, old).await?;
                    }
                    if name == "taken_back_at" && *old != Value::Null {
                        let ticket: TicketId = sqlx::query_scalar("select ticket_id from message where id = $1")
                            .bind(change.key[0].clone())
                            .fetch_one(self.sql())
                            .await?;
                        self.is_not_held(&ticket).await?;
                    }
                    let sql = format!("update {} set {name} = ${} where {found}", kept.table, change.key.len() + 1);
                    self.execute(sql, keyed(change).chain([typed(kept, name, old)])).await?;
                    if kept.table == "message" && name == "ticket_id" {
                        self.send_along(&MessageId(change.key[0].clone())).await?;
                    }
                    done += u64::from(!kept.soft.contains(&name.as_str()));
                }
                if kept.table == "relation" && self.relation_is_wrong(&change.key[0]).await? {
                    return Err(Error::Changed { by: String::new() });
                }
                Ok(done)
            }
            (None, Some(_)) => match kept.table {
                "ticket" => {
                    let id = TicketId(change.key[0].clone());
                    self.is_not_held(&id).await?;
                    self.put_in_bin(&id).await?;
                    Ok(1)
                }
                // What was said inside is taken back, and a reply that still waits; what left the house stays where it can
                // be read.
                "message" => {
                    let now = self.now;
                    if self.take_from_post(&MessageId(change.key[0].clone())).await? {
                        return Ok(1);
                    }
                    let comment: Option<TicketId> = sqlx::query_scalar(
                        "select ticket_id from message
                         where id = $1 and taken_back_at is null and access = 'internal' and kind = 'comment'",
                    )
                    .bind(change.key[0].clone())
                    .fetch_optional(self.sql())
                    .await?;
                    if let Some(ticket) = comment {
                        self.is_not_held(&ticket).await?;
                    }
                    let done = sqlx::query(
                        "update message set taken_back_at = $2
                         where id = $1 and taken_back_at is null and access = 'internal' and kind = 'comment'",
                    )
                    .bind(change.key[0].clone())
                    .bind(now)
                    .execute(self.sql())
                    .await?;
                    Ok(done.rows_affected())
                }
                // What was blacked out or cut away is there again.
                "redaction" => self.turn_redaction(&change.key[0], true).await,
                // Where whoever they became takes part themselves, these stay.
                "ticket_contact" => {
                    self.part_with(&TicketId(change.key[0].clone()), &PersonId(change.key[1].clone())).await
                }
                // A file that was taken out, and put back.
                "attachment" if again => self.take_file_out(&change.key[0]).await,
                // Files that came with a message stay with it.
                "side" | "attachment" => Ok(0),
                table => {
                    let sql = format!("delete from {table} where {found}");
                    self.execute(sql, keyed(change)).await
                }
            },
            (Some(before), None) => {
                // REL-1 holds for what comes back too: another parent may have been found since.
                if kept.table == "relation"
                    && let (Some(Value::Text(from)), Some(Value::Text(to))) =
                        (before.get("from_id"), before.get("to_id"))
                    && before.get("kind") == Some(&Value::Text("parent".to_owned()))
                {
                    let (from, to) = (TicketId(from.clone()), TicketId(to.clone()));
                    if self.one_parent_and_no_circle(&from, &to).await.is_err() {
                        return Err(Error::Changed { by: self.last_change_since(step, &[to.0]).await? });
                    }
                }
                if kept.table == "ticket_contact" {
                    let place = match before.get("position") {
                        Some(Value::Number(place)) => Some(*place),
                        _ => None,
                    };
                    let (ticket, person) = (TicketId(change.key[0].clone()), PersonId(change.key[1].clone()));
                    return self.take_part(&ticket, &person, place).await.map(u64::from);
                }
                let names: Vec<&str> = kept.key.iter().copied().chain(before.keys().map(String::as_str)).collect();
                let sql = format!(
                    "insert into {} ({}) values ({}) on conflict do nothing",
                    kept.table,
                    names.join(", "),
                    places(1, names.len())
                );
                let values = before.iter().map(|(name, value)| typed(kept, name, value));
                self.execute(sql, keyed(change).chain(values)).await
            }
            (None, None) => Ok(0),
        }
    }

    /// What became of a message's mails is told where the message is.
    async fn send_along(&mut self, message: &MessageId) -> Result<()> {
        sqlx::query(
            "update delivery set ticket_id = (select m.ticket_id from message m where m.id = $1) where message_id = $1",
        )
        .bind(message.clone())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Undoing a merge leaves on its survivor what another request that is swallowed there has too: such changes are no part
    /// of the step any more. For whom they stay, by survivor.
    async fn spare_what_others_have(&mut self, changes: &mut Vec<Changed>) -> Result<BTreeMap<TicketId, Vec<Brought>>> {
        let mut leaving: BTreeMap<TicketId, Vec<TicketId>> = BTreeMap::new();
        for change in changes.iter().filter(|change| change.table == "ticket") {
            if let Some(Value::Text(master)) = change.after.as_ref().and_then(|after| after.get("master_id")) {
                leaving.entry(TicketId(master.clone())).or_default().push(TicketId(change.key[0].clone()));
            }
        }
        let mut stays = BTreeMap::new();
        for (master, leaving) in leaving {
            let came = |table: &str| {
                let rows = changes.iter().filter(|change| change.table == table && change.before.is_none());
                rows.filter(|row| row.key[0] == master.0).map(|row| row.key[1].clone()).collect()
            };
            let mut going = Brought {
                contacts: came("ticket_contact"),
                tags: came("ticket_tag"),
                followers: came("follower"),
                ..Brought::default()
            };
            let left = self.leave_to_others(&master, &leaving, &mut going).await?;
            changes.retain(|change| {
                let (ticket, one) = match change.table.as_str() {
                    "ticket_contact" | "ticket_tag" | "follower" => (0, 1),
                    "provenance" => (1, 2),
                    _ => return true,
                };
                let stays = left.iter().any(|left| {
                    let all = match change.table.as_str() {
                        "ticket_tag" => &left.tags,
                        "follower" => &left.followers,
                        _ => &left.contacts,
                    };
                    all.contains(&change.key[one])
                });
                change.before.is_some() || change.key[ticket] != master.0 || !stays
            });
            if !left.is_empty() {
                stays.insert(master, left);
            }
        }
        Ok(stays)
    }

    /// Who, or which company, was swallowed since stands for the survivor.
    async fn name_anew(&mut self, change: &mut Changed) -> Result<()> {
        match change.table.as_str() {
            // Who comes and who goes looks at whom they became by itself.
            "ticket_contact" if change.before.is_some() && change.after.is_some() => {
                change.key[1] = self.person_now(&PersonId(change.key[1].clone())).await?.0;
            }
            "ticket_field" => change.key[2] = self.person_now(&PersonId(change.key[2].clone())).await?.0,
            "ticket" => {
                for columns in [&mut change.before, &mut change.after].into_iter().flatten() {
                    if let Some(Value::Text(id)) = columns.get_mut("person_id") {
                        *id = self.person_now(&PersonId(id.clone())).await?.0;
                    }
                    if let Some(Value::Text(id)) = columns.get_mut("company_id") {
                        *id = self.company_now(&CompanyId(id.clone())).await?.0;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Nothing is put back to where nobody would find it: to somebody who left, into what was taken away; and what closing
    /// waits for, closing by undo waits for too (CLO-2).
    async fn may_come_back(&mut self, id: &TicketId, column: &str, old: &Value) -> Result<()> {
        let Value::Text(value) = old else { return Ok(()) };
        if column == "state" && value == State::Closed.as_str() {
            return self.may_close(id).await;
        }
        if column == "state" && value == State::Deleted.as_str() {
            return self.is_not_held(id).await;
        }
        let (field, sql) = match column {
            "owner_id" => ("owner", "select id from agent where id = $1 and disabled_at is null"),
            "category_id" => ("category", "select id from category where id = $1 and deleted_at is null"),
            "priority_id" => ("priority", "select id from priority where id = $1 and deleted_at is null"),
            "status_id" => ("status", "select id from status where id = $1 and deleted_at is null"),
            _ => return Ok(()),
        };
        let there: Option<String> = sqlx::query_scalar(sql).bind(value.clone()).fetch_optional(self.sql()).await?;
        there.map(|_| ()).ok_or_else(|| Error::invalid(field, Why::NotAChoice))
    }

    /// Out of its message; its bytes stay as long as it can be put back.
    async fn take_file_out(&mut self, file: &str) -> Result<u64> {
        let there: Option<(TicketId, String)> = sqlx::query_as(
            "select m.ticket_id, a.blob from attachment a join message m on m.id = a.message_id where a.id = $1",
        )
        .bind(file.to_owned())
        .fetch_optional(self.sql())
        .await?;
        let Some((ticket, blob)) = there else { return Ok(0) };
        self.is_not_held(&ticket).await?;
        self.loosen_for_good(&ticket, &blob).await?;
        let gone =
            sqlx::query("delete from attachment where id = $1").bind(file.to_owned()).execute(self.sql()).await?;
        Ok(gone.rows_affected())
    }

    async fn execute(&mut self, sql: String, values: impl Iterator<Item = Typed>) -> Result<u64> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in values {
            query = match value {
                Typed::Text(text) => query.bind(text),
                Typed::Number(number) => query.bind(number),
                Typed::Double(number) => query.bind(number),
            };
        }
        Ok(query.execute(self.sql()).await?.rows_affected())
    }

    async fn last_change_since(&mut self, step: i64, key: &[String]) -> Result<String> {
        let name: Option<String> = sqlx::query_scalar(
            "select actor_name from event where number > $1 and ticket_id = $2 order by number desc limit 1",
        )
        .bind(step)
        .bind(key[0].clone())
        .fetch_optional(self.sql())
        .await?;
        Ok(name.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::KEPT;

    /// A missing double is told to PostgreSQL as a float, and a statement that was prepared with one takes no double.
    #[test]
    fn no_double_that_can_be_taken_back_is_ever_missing() {
        let schema =
            concat!(include_str!("../migrations/0001_spine.sql"), include_str!("../migrations/0002_domain.sql"));
        for kept in KEPT {
            let (_, table) = schema.split_once(&format!("create table {} (", kept.table)).unwrap_or_default();
            let (table, _) = table.split_once(");").unwrap_or_default();
            for name in kept.double {
                assert!(table.contains(&format!("{name} double precision not null")), "{}.{name}", kept.table);
            }
        }
    }
}
