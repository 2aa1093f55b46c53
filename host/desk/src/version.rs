//! Which version of a request somebody saw, and changes that are for that version only. Appendix C, number 22.

use crate::{Desk, Error, Result, access::staff, db::Write, message::written, model::*, person::shorten};

impl Desk {
    /// A request by the number people say, and its version: the number of its last event. MRG-2: a swallowed number leads to
    /// its survivor.
    pub async fn ticket_version(&self, actor: &Actor, number: i64) -> Result<(TicketId, i64)> {
        staff(actor)?;
        let facts = self.facts_by_number(actor, number).await?;
        let version = sqlx::query_scalar("select coalesce(max(number), 0) from event where ticket_id = $1")
            .bind(facts.id.clone())
            .fetch_one(self.read())
            .await?;
        Ok((facts.id, version))
    }

    /// Changes several things at once, all or none, in one step that can be taken back.
    ///
    /// # Errors
    /// [`Error::Changed`] when something happened after the version that the caller saw.
    pub async fn change_ticket(&self, actor: &Actor, id: &TicketId, change: TicketChange, seen: i64) -> Result<()> {
        staff(actor)?;
        let title = match &change.title {
            Some(title) => Some(shorten(&written("title", title, 255)?, 255)),
            None => None,
        };
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        write.unchanged_since(id, seen).await?;
        if let Some(title) = title.filter(|title| *title != facts.title) {
            write.set_title(actor, id, &facts.title, &title).await?;
        }
        if let Some(access) = change.access.filter(|access| access.as_str() != facts.access) {
            write.set_access(actor, id, &facts.access, access).await?;
        }
        // First: it decides which priorities and statuses there are. TYP-1.
        if let Some(kind) = &change.kind {
            write.set_type(actor, Cause::Person, id, kind).await?;
        }
        if let Some(category) = &change.category {
            write.set_category(actor, Cause::Person, id, category).await?;
        }
        if let Some(priority) = &change.priority {
            write.set_priority(actor, Cause::Person, id, priority).await?;
        }
        if let Some(owner) = change.owner.filter(|owner| facts.owner_id.as_ref() != Some(owner)) {
            write.works_here(&owner).await?;
            write.give(actor, Cause::Person, id, &owner, EventKind::Transferred, None).await?;
        }
        write.set_fields(actor, Cause::Person, id, &change.fields).await?;
        if let Some(sale) = &change.sale {
            write.set_sale(actor, Cause::Person, id, Some(sale).filter(|id| !id.0.is_empty())).await?;
        }
        if let Some(project) = &change.project {
            write.set_project(actor, Cause::Person, id, Some(project).filter(|id| !id.0.is_empty())).await?;
        }
        if let Some(status) = &change.status {
            write.set_status(actor, Cause::Person, id, status).await?;
        }
        self.commit(write).await
    }
}

impl Write {
    async fn unchanged_since(&mut self, id: &TicketId, seen: i64) -> Result<()> {
        let newer: Option<(i64, String)> = sqlx::query_as(
            "select number, actor_name from event where ticket_id = $1 and number > $2 order by number desc limit 1",
        )
        .bind(id.clone())
        .bind(seen)
        .fetch_optional(self.sql())
        .await?;
        match newer {
            Some((_, by)) => Err(Error::Changed { by }),
            None => Ok(()),
        }
    }
}
