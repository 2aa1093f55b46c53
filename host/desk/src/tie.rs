//! What becomes of relations when requests are merged and taken apart. Sections 9.3 and 9.4.

use crate::{Result, db::Write, model::*};
use serde::{Deserialize, Serialize};

/// A relation as it is kept: from parent to child where it is one of those.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub(crate) struct Tie {
    pub id: RelationId,
    pub from_id: TicketId,
    pub to_id: TicketId,
    pub kind: String,
    pub comment: String,
    pub at: i64,
}

impl Tie {
    fn is_parent(&self) -> bool {
        self.kind == "parent"
    }

    fn other(&self, end: &TicketId) -> TicketId {
        if self.from_id == *end { self.to_id.clone() } else { self.from_id.clone() }
    }

    /// The same with another request in the place of one of its ends.
    fn moved(&self, old: &TicketId, new: &TicketId) -> Tie {
        let end = |end: &TicketId| if end == old { new.clone() } else { end.clone() };
        Tie { from_id: end(&self.from_id), to_id: end(&self.to_id), ..self.clone() }
    }
}

impl Write {
    /// What a swallowed request was related to, its survivor is related to from now on: children keep a parent that is there.
    /// Between the two there is nothing left to say, and nothing is said twice. What REL-1 forbids for the survivor stays as
    /// a plain relation. The relations as they were.
    pub(crate) async fn take_over_relations(&mut self, into: &TicketId, from: &TicketId) -> Result<Vec<Tie>> {
        let ties = self.ties_of(from).await?;
        for tie in &ties {
            self.delete_tie(&tie.id).await?;
            let other = tie.other(from);
            if other != *into && self.tie_between(into, &other).await?.is_none() {
                self.put_tie(tie.moved(from, into)).await?;
            }
        }
        Ok(ties)
    }

    /// Gives a request that was taken out of a merge its relations again: those that nobody took away since. `line` are the
    /// requests that had swallowed it.
    pub(crate) async fn bring_relations_back(
        &mut self,
        swallowed: &TicketId,
        line: &[TicketId],
        ties: Vec<Tie>,
    ) -> Result<()> {
        for tie in ties {
            let now = self.tie(&tie.id).await?;
            let other = match &now {
                // The other end may have been merged since.
                Some(now) if line.contains(&now.from_id) => now.to_id.clone(),
                Some(now) if line.contains(&now.to_id) => now.from_id.clone(),
                Some(_) => continue,
                None => tie.other(swallowed),
            };
            let was_dropped = line.contains(&other) || self.double(line, &other).await?;
            if now.is_none() && !was_dropped {
                continue;
            }
            self.delete_tie(&tie.id).await?;
            let there: Option<i64> =
                sqlx::query_scalar("select number from ticket where id = $1 and state not in ('linked', 'deleted')")
                    .bind(other.clone())
                    .fetch_optional(self.sql())
                    .await?;
            if there.is_some() && other != *swallowed && self.tie_between(swallowed, &other).await?.is_none() {
                self.put_tie(tie.moved(&tie.other(swallowed), &other)).await?;
            }
        }
        Ok(())
    }

    /// Whether one of these has a relation of its own with a request: then another one was not kept beside it.
    async fn double(&mut self, line: &[TicketId], other: &TicketId) -> Result<bool> {
        for end in line {
            if self.tie_between(end, other).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn ties_of(&mut self, id: &TicketId) -> Result<Vec<Tie>> {
        Ok(sqlx::query_as(
            "select id, from_id, to_id, kind, comment, at from relation where from_id = $1 or to_id = $1
             order by case when kind = 'parent' then 0 else 1 end, at, id",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?)
    }

    async fn tie(&mut self, id: &RelationId) -> Result<Option<Tie>> {
        Ok(sqlx::query_as("select id, from_id, to_id, kind, comment, at from relation where id = $1")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?)
    }

    async fn tie_between(&mut self, one: &TicketId, other: &TicketId) -> Result<Option<Tie>> {
        Ok(sqlx::query_as(
            "select id, from_id, to_id, kind, comment, at from relation
             where (from_id = $1 and to_id = $2) or (from_id = $2 and to_id = $1) limit 1",
        )
        .bind(one.clone())
        .bind(other.clone())
        .fetch_optional(self.sql())
        .await?)
    }

    async fn delete_tie(&mut self, id: &RelationId) -> Result<()> {
        sqlx::query("delete from relation where id = $1").bind(id.clone()).execute(self.sql()).await?;
        Ok(())
    }

    /// Under its own id, so that a step that is taken back finds it.
    async fn put_tie(&mut self, tie: Tie) -> Result<()> {
        let allowed = !tie.is_parent() || self.one_parent_and_no_circle(&tie.from_id, &tie.to_id).await.is_ok();
        sqlx::query("insert into relation (id, from_id, to_id, kind, comment, at) values ($1, $2, $3, $4, $5, $6)")
            .bind(tie.id)
            .bind(tie.from_id)
            .bind(tie.to_id)
            .bind(if allowed { tie.kind } else { "related".to_owned() })
            .bind(tie.comment)
            .bind(tie.at)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Whether a relation that an undo changed breaks REL-1: a second parent, or a circle.
    pub(crate) async fn relation_is_wrong(&mut self, id: &str) -> Result<bool> {
        let id = RelationId(id.to_owned());
        let Some(tie) = self.tie(&id).await?.filter(Tie::is_parent) else { return Ok(false) };
        self.delete_tie(&id).await?;
        let wrong = self.one_parent_and_no_circle(&tie.from_id, &tie.to_id).await.is_err();
        self.put_tie(tie).await?;
        Ok(wrong)
    }
}
