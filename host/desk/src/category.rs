//! Categories: the tree, who belongs to it, how it gives requests away. Section 8.1.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    criteria::{fold, folded},
    db::{Fact, Write, word},
    model::*,
    person::{address, shorten},
};
use sqlx::AssertSqlSafe;

/// One that is there, by its id `$1` or by `$2`, its folded name in any language.
pub(crate) fn named() -> String {
    format!(
        "select id from category where deleted_at is null
         and (id = $1 or $2 in ({name}, {nb}, {en})) order by id limit 1",
        name = folded("name"),
        nb = folded("nb"),
        en = folded("en"),
    )
}

#[derive(sqlx::FromRow)]
struct SettingsRow {
    name: String,
    nb: String,
    en: String,
    internal_at: Option<i64>,
    parent_id: Option<String>,
    admin_agent_id: Option<String>,
    members_only_at: Option<i64>,
    notify_members_at: Option<i64>,
    notify_addresses: String,
    take_on_reply_at: Option<i64>,
    new_status_id: Option<String>,
    message_status_id: Option<String>,
    method: String,
    present_only_at: Option<i64>,
    reassign_absent_at: Option<i64>,
    service_contact_first_at: Option<i64>,
    quarantine: Option<i64>,
    status_view_at: Option<i64>,
}

impl Desk {
    /// CAT-4: the first category is kept for reports.
    pub async fn set_category(&self, actor: &Actor, id: &TicketId, category: &CategoryId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.set_category(actor, Cause::Person, id, category).await?;
        self.commit(write).await
    }

    /// A category as it is set up.
    pub async fn category_settings(&self, actor: &Actor, id: &CategoryId) -> Result<CategorySettings> {
        self.entitled(actor, Right::Categories).await?;
        let row: SettingsRow = sqlx::query_as(
            "select name, nb, en, internal_at, parent_id, admin_agent_id, members_only_at, notify_members_at,
                    notify_addresses, take_on_reply_at, new_status_id, message_status_id, method, present_only_at,
                    reassign_absent_at, service_contact_first_at, quarantine, status_view_at from category where id = $1 and deleted_at is null",
        )
        .bind(id.clone())
        .fetch_optional(self.read())
        .await?
        .ok_or(Error::NotFound)?;
        let members: Vec<(AgentId, i64)> =
            sqlx::query_as("select agent_id, weight from category_member where category_id = $1 order by agent_id")
                .bind(id.clone())
                .fetch_all(self.read())
                .await?;
        let teams: Vec<TeamId> =
            sqlx::query_scalar("select team_id from category_team where category_id = $1 order by team_id")
                .bind(id.clone())
                .fetch_all(self.read())
                .await?;
        Ok(CategorySettings {
            name: row.name,
            nb: row.nb,
            en: row.en,
            internal: row.internal_at.is_some(),
            parent: row.parent_id.map(CategoryId),
            administrator: row.admin_agent_id.map(AgentId),
            members_only: row.members_only_at.is_some(),
            notify_members: row.notify_members_at.is_some(),
            notify_addresses: row.notify_addresses.lines().map(str::to_owned).collect(),
            take_on_reply: row.take_on_reply_at.is_some(),
            new_status: row.new_status_id.map(StatusId),
            message_status: row.message_status_id.map(StatusId),
            method: word(&row.method)?,
            present_only: row.present_only_at.is_some(),
            reassign_absent: row.reassign_absent_at.is_some(),
            service_contact_first: row.service_contact_first_at.is_some(),
            quarantine: row.quarantine,
            status_view: row.status_view_at.is_some(),
            members: members.into_iter().map(|(agent, weight)| Member { agent, weight }).collect(),
            teams,
        })
    }

    /// Sets a category up anew.
    ///
    /// # Errors
    /// A missing name (CAT-3: an external one in one language at least, unless it is internal), a parent below itself, a
    /// weight below 1, an address that is none.
    pub async fn save_category(&self, actor: &Actor, id: &CategoryId, new: CategorySettings) -> Result<()> {
        check(&new)?;
        let mut write = self.write().await?;
        write.entitled(actor, Right::Categories).await?;
        write.category_there(id).await?;
        if let Some(parent) = &new.parent {
            write.no_circle(id, parent).await?;
        }
        write.save_category(id, &new).await?;
        write.reckon_reach().await?;
        write.say_of_category(actor, id).await?;
        self.commit(write).await
    }

    /// CAT-1: its requests go to another category; the categories below it move up.
    pub async fn delete_category(&self, actor: &Actor, id: &CategoryId, to: &CategoryId) -> Result<()> {
        let mut write = self.write().await?;
        write.entitled(actor, Right::Categories).await?;
        if id == to {
            return Err(Error::invalid("to", Why::NotAChoice));
        }
        write.category_there(id).await?;
        write.category_there(to).await?;
        let tickets: Vec<TicketId> = sqlx::query_scalar("select id from ticket where category_id = $1 order by id")
            .bind(id.clone())
            .fetch_all(write.sql())
            .await?;
        for ticket in tickets {
            write.set_category(actor, Cause::Person, &ticket, to).await?;
        }
        let now = write.now;
        for sql in [
            "update account set category_id = $2 where category_id = $1 and $3 > 0",
            "update category set parent_id = (select c.parent_id from category c where c.id = $1)
             where parent_id = $1 and $2 <> '' and $3 > 0",
            "update category set deleted_at = $3 where id = $1 and $2 <> ''",
        ] {
            sqlx::query(sql).bind(id.clone()).bind(to.clone()).bind(now).execute(write.sql()).await?;
        }
        for sql in
            ["delete from category_member where category_id = $1", "delete from category_team where category_id = $1"]
        {
            sqlx::query(sql).bind(id.clone()).execute(write.sql()).await?;
        }
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

fn check(new: &CategorySettings) -> Result<()> {
    if new.name.trim().is_empty() {
        return Err(Error::invalid("name", Why::Missing));
    }
    if !new.internal && new.nb.trim().is_empty() && new.en.trim().is_empty() {
        return Err(Error::invalid("nb", Why::Missing));
    }
    if new.members.iter().any(|member| !(1..=1_000).contains(&member.weight)) {
        return Err(Error::invalid("weight", Why::NotAChoice));
    }
    for text in &new.notify_addresses {
        address(text).map_err(|why| Error::invalid("notify_addresses", why))?;
    }
    Ok(())
}

impl Write {
    /// That somebody set up a category anew, under the name that it has now.
    pub(crate) async fn say_of_category(&mut self, actor: &Actor, id: &CategoryId) -> Result<()> {
        let name: String = sqlx::query_scalar("select name from category where id = $1")
            .bind(id.clone())
            .fetch_one(self.sql())
            .await?;
        let fact = Fact { new: Some(&name), data: Some(id.0.clone()), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        Ok(())
    }

    /// One that is there, by its name, by what customers call it, or by its id.
    pub(crate) async fn category_named(&mut self, name: &str) -> Result<Option<CategoryId>> {
        Ok(sqlx::query_scalar(AssertSqlSafe(named()))
            .bind(name.to_owned())
            .bind(fold(name))
            .fetch_optional(self.sql())
            .await?)
    }

    pub(crate) async fn category_there(&mut self, id: &CategoryId) -> Result<()> {
        let there: Option<i64> =
            sqlx::query_scalar("select position from category where id = $1 and deleted_at is null")
                .bind(id.clone())
                .fetch_optional(self.sql())
                .await?;
        if there.is_some() { Ok(()) } else { Err(Error::invalid("category", Why::NotAChoice)) }
    }

    async fn no_circle(&mut self, id: &CategoryId, parent: &CategoryId) -> Result<()> {
        let mut above = Some(parent.clone());
        while let Some(here) = above {
            if here == *id {
                return Err(Error::invalid("parent", Why::Circle));
            }
            let next: Option<Option<String>> = sqlx::query_scalar("select parent_id from category where id = $1")
                .bind(here)
                .fetch_optional(self.sql())
                .await?;
            above = next.flatten().map(CategoryId);
        }
        Ok(())
    }

    async fn save_category(&mut self, id: &CategoryId, new: &CategorySettings) -> Result<()> {
        let now = self.now;
        let since = |on: bool| on.then_some(now);
        sqlx::query(
            "update category set name = $2, nb = $3, en = $4, internal_at = $5, parent_id = $6, admin_agent_id = $7,
                    members_only_at = $8, notify_members_at = $9, notify_addresses = $10, take_on_reply_at = $11,
                    new_status_id = $12, message_status_id = $13, method = $14, present_only_at = $15,
                    reassign_absent_at = $16, service_contact_first_at = $17, quarantine = $18,
                    status_view_at = $19 where id = $1",
        )
        .bind(id.clone())
        .bind(shorten(&new.name, 200))
        .bind(shorten(&new.nb, 200))
        .bind(shorten(&new.en, 200))
        .bind(since(new.internal))
        .bind(new.parent.clone())
        .bind(new.administrator.clone())
        .bind(since(new.members_only))
        .bind(since(new.notify_members))
        .bind(new.notify_addresses.join("\n"))
        .bind(since(new.take_on_reply))
        .bind(new.new_status.clone())
        .bind(new.message_status.clone())
        .bind(new.method.as_str())
        .bind(since(new.present_only))
        .bind(since(new.reassign_absent))
        .bind(since(new.service_contact_first))
        .bind(new.quarantine.filter(|minutes| *minutes > 0))
        .bind(since(new.status_view))
        .execute(self.sql())
        .await?;
        for sql in
            ["delete from category_member where category_id = $1", "delete from category_team where category_id = $1"]
        {
            sqlx::query(sql).bind(id.clone()).execute(self.sql()).await?;
        }
        for member in &new.members {
            sqlx::query("insert into category_member (category_id, agent_id, weight) values ($1, $2, $3) on conflict do nothing")
                .bind(id.clone())
                .bind(member.agent.clone())
                .bind(member.weight)
                .execute(self.sql())
                .await?;
        }
        for team in &new.teams {
            sqlx::query("insert into category_team (category_id, team_id) values ($1, $2) on conflict do nothing")
                .bind(id.clone())
                .bind(team.clone())
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// To another category, with both names in the log. CAT-4.
    pub(crate) async fn set_category(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        category: &CategoryId,
    ) -> Result<()> {
        let old: (String, String) =
            sqlx::query_as("select c.id, c.name from ticket t join category c on c.id = t.category_id where t.id = $1")
                .bind(id.clone())
                .fetch_one(self.sql())
                .await?;
        if old.0 == category.0 {
            return Ok(());
        }
        let new: Option<String> = sqlx::query_scalar("select name from category where id = $1 and deleted_at is null")
            .bind(category.clone())
            .fetch_optional(self.sql())
            .await?;
        let new = new.ok_or_else(|| Error::invalid("category", Why::NotAChoice))?;
        sqlx::query("update ticket set category_id = $2 where id = $1")
            .bind(id.clone())
            .bind(category.clone())
            .execute(self.sql())
            .await?;
        let fact = Fact { ticket: Some(id), old: Some(&old.1), new: Some(&new), data: Some(category.0.clone()) };
        self.record(actor, cause, EventKind::CategoryChanged, fact).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::fake::House;

    /// Neither database's own `lower` knows more than ASCII for certain.
    #[tokio::test]
    async fn a_category_is_named_in_large_letters_or_small() {
        let house = House::open().await;
        let mut write = house.desk.write().await.unwrap();
        sqlx::query(
            "update category set name = 'Økonomi', nb = '', en = 'Finance' where id = (select min(id) from category)",
        )
        .execute(write.sql())
        .await
        .unwrap();
        let known = write.category_named("Økonomi").await.unwrap();
        assert!(known.is_some());
        for name in ["ØKONOMI", "økonomi", "finance"] {
            assert_eq!(write.category_named(name).await.unwrap(), known, "{name}");
        }
        assert_eq!(write.category_named("Okonomi").await.unwrap(), None);
    }
}
