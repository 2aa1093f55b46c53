//! Title, access level and contacts of a request. Sections 1.3 and 16.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    db::{Fact, Write},
    message::written,
    model::*,
    person::shorten,
    substitution::Swap,
};

impl Desk {
    pub async fn set_title(&self, actor: &Actor, id: &TicketId, title: &str) -> Result<()> {
        staff(actor)?;
        let title = shorten(&written("title", title, 255)?, 255);
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        if facts.title == title {
            return Ok(());
        }
        write.set_title(actor, id, &facts.title, &title).await?;
        self.commit(write).await
    }

    /// Searches in the title, and puts other words there. Section 10.4.
    pub async fn replace_in_title(&self, actor: &Actor, id: &TicketId, what: &Substitution) -> Result<()> {
        staff(actor)?;
        let swap = Swap::new(what)?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        let title = shorten(&written("title", &swap.apply(&facts.title), 255)?, 255);
        if facts.title == title {
            return Ok(());
        }
        write.set_title(actor, id, &facts.title, &title).await?;
        self.commit(write).await
    }

    /// Internal, it is gone from the portal at once; POR-3.
    pub async fn set_access(&self, actor: &Actor, id: &TicketId, access: Access) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        if facts.access == access.as_str() {
            return Ok(());
        }
        write.set_access(actor, id, &facts.access, access).await?;
        self.commit(write).await
    }

    /// One more contact; the first one is the main contact. CRM-2.
    pub async fn add_ticket_contact(&self, actor: &Actor, id: &TicketId, person: &PersonId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        let person = &write.person_now(person).await?;
        write.join_contact(actor, &facts, person).await?;
        self.commit(write).await
    }

    /// The next one becomes main contact where it was the main one.
    pub async fn remove_ticket_contact(&self, actor: &Actor, id: &TicketId, person: &PersonId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        let person = &write.person_now(person).await?;
        if write.part_with_family(id, person).await? == 0 {
            return Err(Error::NotFound);
        }
        let name = write.name_of(person).await?;
        let fact = Fact { ticket: Some(id), new: Some(&name), data: Some(person.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::ContactRemoved, fact).await?;
        if facts.person_id.as_ref() == Some(person) {
            let next: Option<PersonId> = sqlx::query_scalar(
                "select person_id from ticket_contact where ticket_id = $1 order by position limit 1",
            )
            .bind(id.clone())
            .fetch_optional(write.sql())
            .await?;
            let name = match &next {
                Some(next) => write.name_of(next).await?,
                None => String::new(),
            };
            write.set_main_contact(actor, id, next.as_ref(), &name).await?;
        }
        self.commit(write).await
    }

    /// Another of its contacts becomes the main one, and the company goes along. CRM-1.
    pub async fn make_main_contact(&self, actor: &Actor, id: &TicketId, person: &PersonId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        let person = &write.person_now(person).await?;
        let there: Option<i64> =
            sqlx::query_scalar("select position from ticket_contact where ticket_id = $1 and person_id = $2")
                .bind(id.clone())
                .bind(person.clone())
                .fetch_optional(write.sql())
                .await?;
        there.ok_or_else(|| Error::invalid("person", Why::NotAChoice))?;
        let name = write.name_of(person).await?;
        write.set_main_contact(actor, id, Some(person), &name).await?;
        self.commit(write).await
    }
}

impl Write {
    pub(crate) async fn set_title(&mut self, actor: &Actor, id: &TicketId, old: &str, new: &str) -> Result<()> {
        sqlx::query("update ticket set title = $2 where id = $1")
            .bind(id.clone())
            .bind(new.to_owned())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(id), old: Some(old), new: Some(new), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::TitleChanged, fact).await?;
        Ok(())
    }

    pub(crate) async fn set_access(&mut self, actor: &Actor, id: &TicketId, old: &str, new: Access) -> Result<()> {
        sqlx::query("update ticket set access = $2 where id = $1")
            .bind(id.clone())
            .bind(new.as_str())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(id), old: Some(old), new: Some(new.as_str()), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::AccessChanged, fact).await?;
        Ok(())
    }

    /// One more contact, main contact where there was none. True when they were not one before.
    pub(crate) async fn join_contact(
        &mut self,
        actor: &Actor,
        facts: &crate::access::TicketFacts,
        person: &PersonId,
    ) -> Result<bool> {
        let id = &facts.id;
        let name = self.name_of(person).await?;
        let there: Option<i64> =
            sqlx::query_scalar("select position from ticket_contact where ticket_id = $1 and person_id = $2")
                .bind(id.clone())
                .bind(person.clone())
                .fetch_optional(self.sql())
                .await?;
        if there.is_some() {
            return Ok(false);
        }
        self.add_ticket_contact(id, person).await?;
        let fact = Fact { ticket: Some(id), new: Some(&name), data: Some(person.0.clone()), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::ContactAdded, fact).await?;
        let main: Option<Option<PersonId>> = sqlx::query_scalar("select person_id from ticket where id = $1")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?;
        if main.flatten().is_none() {
            self.set_main_contact(actor, id, Some(person), &name).await?;
        }
        Ok(true)
    }

    pub(crate) async fn name_of(&mut self, person: &PersonId) -> Result<String> {
        let name: Option<String> =
            sqlx::query_scalar("select name from person where id = $1 and erased_at is null and merged_into is null")
                .bind(person.clone())
                .fetch_optional(self.sql())
                .await?;
        name.ok_or_else(|| Error::invalid("person", Why::NotAChoice))
    }

    async fn set_main_contact(
        &mut self,
        actor: &Actor,
        id: &TicketId,
        person: Option<&PersonId>,
        name: &str,
    ) -> Result<()> {
        let lowest: i64 = sqlx::query_scalar(
            "select cast(coalesce(min(position), 0) as bigint) from ticket_contact where ticket_id = $1",
        )
        .bind(id.clone())
        .fetch_one(self.sql())
        .await?;
        sqlx::query("update ticket_contact set position = $3 where ticket_id = $1 and person_id = $2")
            .bind(id.clone())
            .bind(person.map(|id| id.0.clone()).unwrap_or_default())
            .bind(lowest - 1)
            .execute(self.sql())
            .await?;
        sqlx::query(
            "update ticket set person_id = $2, company_id = (select company_id from person where id = $2) where id = $1",
        )
        .bind(id.clone())
        .bind(person.cloned())
        .execute(self.sql())
        .await?;
        let data = person.map(|person| person.0.clone());
        let fact = Fact { ticket: Some(id), new: Some(name), data, ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::MainContactChanged, fact).await?;
        Ok(())
    }
}
