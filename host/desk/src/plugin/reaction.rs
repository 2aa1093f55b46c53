//! What plugins propose when something happens on a request. A proposal goes through the same verbs as a rule's, in one write
//! under the plugin's name, and can be taken back like any change.

use super::mind::{Answered, Glimpse, Mind, mistaken};
use crate::{
    Desk, Result,
    access::administrator,
    category,
    clock::{DAY, HOUR},
    criteria::{fold, folded},
    db::{Write, word},
    model::{rule::Then, *},
    outside::Unreadable,
};
use sqlx::AssertSqlSafe;

/// Proposals of one answer.
const MOST: usize = 10;
/// Times that one plugin acts on one request in an hour.
const MOST_AN_HOUR: i64 = 20;
/// How long it is remembered what was reacted to.
const REMEMBERED: i64 = 30 * DAY;

/// Something happened on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    pub number: i64,
    pub kind: EventKind,
    pub at: i64,
    pub ticket: Glimpse,
    /// `actor`, `actor-kind`, `old` and `new`, as far as there are.
    pub data: Vec<(String, String)>,
}

/// What a plugin would have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// `set-status`, `close`, `set-priority`, `set-category`, `set-type`, `add-tag`, `set-field`, `give`, `release`,
    /// `distribute`, `comment`, `follow`.
    pub kind: String,
    pub args: Vec<(String, String)>,
}

impl Proposal {
    fn arg(&self, name: &str) -> std::result::Result<&str, Unreadable> {
        let found = self.args.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        found.ok_or_else(|| Unreadable::new(format!("its proposal {} lacks {name}", self.kind)))
    }
}

#[derive(sqlx::FromRow)]
struct EventRow {
    kind: String,
    at: i64,
    ticket_id: TicketId,
    actor_kind: String,
    actor_name: String,
    old: Option<String>,
    new: Option<String>,
}

impl Desk {
    /// Tells a plugin of an event, and does what it proposes: all of it, or nothing.
    pub(super) async fn react_by(&self, mind: &Mind, number: i64) -> Result<Answered> {
        let row: Option<EventRow> = sqlx::query_as(
            "select kind, at, ticket_id, actor_kind, actor_name, old, new from event
             where number = $1 and ticket_id is not null",
        )
        .bind(number)
        .fetch_optional(self.read())
        .await?;
        let Some(row) = row else { return Ok(Ok(())) };
        let ticket = row.ticket_id;
        let Some(seen) = self.glimpse(&ticket).await? else { return Ok(Ok(())) };
        let data =
            [("actor", Some(row.actor_name)), ("actor-kind", Some(row.actor_kind)), ("old", row.old), ("new", row.new)];
        let data = data.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let happening = Happening { number, kind: word(&row.kind)?, at: row.at, ticket: seen, data };
        let proposals = match self.outside().propose(mind, &happening).await {
            Ok(proposals) => proposals,
            Err(why) => return Ok(Err(why)),
        };
        if proposals.is_empty() {
            return Ok(Ok(()));
        }
        let name = self.manifest(&mind.plugin).await?.name.en;
        let actor = Actor::Plugin { id: mind.plugin.clone(), name };
        let mut write = self.write().await?;
        let done = write.carry_out(&actor, mind, number, &ticket, proposals).await?;
        match done {
            Ok(()) => {
                self.commit(write).await?;
                Ok(Ok(()))
            }
            Err(why) => {
                drop(write);
                let mut write = self.write().await?;
                write.note_reaction(mind, number, &ticket, Some(&why.words)).await?;
                self.commit(write).await?;
                Ok(Err(why))
            }
        }
    }

    /// What plugins proposed and could not be done, the latest first. For administrators.
    pub async fn refused_reactions(&self, actor: &Actor, plugin: &PluginId) -> Result<Vec<Refused>> {
        administrator(actor)?;
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "select t.number, r.at, r.error from reaction r join ticket t on t.id = r.ticket_id
             where r.plugin_id = $1 and r.error is not null order by r.at desc limit 100",
        )
        .bind(plugin.clone())
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(number, at, why)| Refused { number, at, why }).collect())
    }
}

impl Write {
    async fn carry_out(
        &mut self,
        actor: &Actor,
        mind: &Mind,
        number: i64,
        ticket: &TicketId,
        proposals: Vec<Proposal>,
    ) -> Result<Answered> {
        let now = self.now;
        let done: Option<i64> = sqlx::query_scalar("select at from reaction where plugin_id = $1 and event = $2")
            .bind(mind.plugin.clone())
            .bind(number)
            .fetch_optional(self.sql())
            .await?;
        if done.is_some() {
            return Ok(Ok(()));
        }
        let lately: i64 = sqlx::query_scalar(
            "select count(*) from reaction where plugin_id = $1 and ticket_id = $2 and at > $3 and error is null",
        )
        .bind(mind.plugin.clone())
        .bind(ticket.clone())
        .bind(now - HOUR)
        .fetch_one(self.sql())
        .await?;
        if lately >= MOST_AN_HOUR {
            return Ok(Err(Unreadable::new("it acted on this request too often in an hour")));
        }
        if proposals.len() > MOST {
            return Ok(Err(Unreadable::new(format!("it proposes more than {MOST} things at once"))));
        }
        for proposal in &proposals {
            let then = match self.meant(proposal).await? {
                Ok(then) => then,
                Err(why) => return Ok(Err(why)),
            };
            if let Err(error) = self.act(actor, ticket, &then).await {
                return Ok(Err(mistaken(error)?));
            }
        }
        self.note_reaction(mind, number, ticket, None).await?;
        Ok(Ok(()))
    }

    /// A proposal as an action of this desk. Things are named by id or by name, people by address.
    async fn meant(&mut self, proposal: &Proposal) -> Result<std::result::Result<Then, Unreadable>> {
        let asked = match proposal.kind.as_str() {
            "set-status" => Some(("status", by_name("status"))),
            "set-priority" => Some(("priority", by_name("priority"))),
            "set-category" => Some(("category", category::named())),
            "set-type" => Some(("type", by_name("request_type"))),
            "give" | "follow" => {
                let sql = format!("select id from agent where id = $1 or {} = $2 limit 1", folded("email"));
                Some(("to", sql))
            }
            _ => None,
        };
        let found = match asked {
            None => String::new(),
            Some((name, sql)) => {
                let value = match proposal.arg(name) {
                    Ok(value) => value.to_owned(),
                    Err(why) => return Ok(Err(why)),
                };
                let found: Option<String> = sqlx::query_scalar(AssertSqlSafe(sql))
                    .bind(value.clone())
                    .bind(fold(&value))
                    .fetch_optional(self.sql())
                    .await?;
                match found {
                    Some(id) => id,
                    None => return Ok(Err(Unreadable::new(format!("there is no {name} {value}")))),
                }
            }
        };
        let text = |name: &str| proposal.arg(name).map(str::to_owned);
        Ok(match proposal.kind.as_str() {
            "set-status" => Ok(Then::Status { status: StatusId(found) }),
            "set-priority" => Ok(Then::Priority { priority: PriorityId(found) }),
            "set-category" => Ok(Then::Category { category: CategoryId(found) }),
            "set-type" => Ok(Then::Type { to: RequestTypeId(found) }),
            "give" => Ok(Then::Give { to: AgentId(found) }),
            "follow" => Ok(Then::Follow { agent: AgentId(found) }),
            "close" => Ok(Then::Close),
            "release" => Ok(Then::Release),
            "distribute" => Ok(Then::Distribute),
            "add-tag" => text("tag").map(|tag| Then::Tag { tag }),
            "comment" => text("text").map(|text| Then::Comment { text }),
            "set-field" => text("key").map(|key| {
                let values = proposal.args.iter().filter(|(name, _)| name == "value").map(|(_, value)| value.clone());
                Then::Field { key, values: values.collect() }
            }),
            other => Err(Unreadable::new(format!("this desk knows no proposal {other}"))),
        })
    }

    async fn note_reaction(&mut self, mind: &Mind, number: i64, ticket: &TicketId, error: Option<&str>) -> Result<()> {
        let now = self.now;
        sqlx::query("delete from reaction where at < $1").bind(now - REMEMBERED).execute(self.sql()).await?;
        sqlx::query(
            "insert into reaction (plugin_id, event, ticket_id, at, error)
             select $1, $2, t.id, $4, $5 from ticket t where t.id = $3 on conflict do nothing",
        )
        .bind(mind.plugin.clone())
        .bind(number)
        .bind(ticket.clone())
        .bind(now)
        .bind(error.map(str::to_owned))
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

/// One of these by its id `$1`, or by `$2`, its folded name in either language.
fn by_name(table: &str) -> String {
    format!("select id from {table} where id = $1 or $2 in ({}, {}) limit 1", folded("nb"), folded("en"))
}
