//! Tags: free labels, many on a request. Section 8.3.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
    paged::{ASKED, page, passed},
    person::{escape_like, shorten},
};

/// Tags that are set at once.
const MOST: usize = 100;

impl Desk {
    /// Puts a tag on a request; a new one is made by whoever may make new ones.
    pub async fn add_tag(&self, actor: &Actor, id: &TicketId, name: &str) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.add_tag(actor, Cause::Person, id, name).await?;
        self.commit(write).await
    }

    pub async fn remove_tag(&self, actor: &Actor, id: &TicketId, name: &str) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.remove_tag(actor, id, name).await?;
        self.commit(write).await
    }

    /// These tags and no others. Section 10.4.
    pub async fn set_tags(&self, actor: &Actor, id: &TicketId, names: &[String]) -> Result<()> {
        staff(actor)?;
        if names.len() > MOST {
            return Err(Error::invalid("tags", Why::TooMany { most: MOST as u32 }));
        }
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        let mut wanted = vec![];
        for name in names {
            wanted.push(tag_name(name)?.to_lowercase());
        }
        let there: Vec<(String, String)> = sqlx::query_as(
            "select g.name, g.folded from ticket_tag t join tag g on g.id = t.tag_id where t.ticket_id = $1 order by g.folded",
        )
        .bind(id.clone())
        .fetch_all(write.sql())
        .await?;
        for (name, folded) in there {
            if !wanted.contains(&folded) {
                write.remove_tag(actor, id, &name).await?;
            }
        }
        for name in names {
            write.add_tag(actor, Cause::Person, id, name).await?;
        }
        self.commit(write).await
    }

    /// A page of the tags that begin like this, the most used first; of all of them for an empty beginning.
    ///
    /// # Errors
    /// `Invalid` at `after` for what no page ended with.
    pub async fn tags(&self, actor: &Actor, beginning: &str, after: Option<&str>) -> Result<Paged<Tag>> {
        staff(actor)?;
        let (last, name) = passed(after, i64::MAX)?;
        let rows: Vec<(TagId, String, String, i64)> = sqlx::query_as(
            "select id, name, folded, requests from (
               select g.id, g.name, g.folded, (select count(*) from ticket_tag t where t.tag_id = g.id) as requests
               from tag g where g.folded like $1 escape '!') as counted
             where requests < $2 or (requests = $2 and folded > $3) order by requests desc, folded limit $4",
        )
        .bind(format!("{}%", escape_like(&shorten(beginning, 500).to_lowercase())))
        .bind(last)
        .bind(name)
        .bind(ASKED)
        .fetch_all(self.read())
        .await?;
        page(
            rows.into_iter()
                .map(|(id, name, folded, requests)| ((requests, folded), Tag { id, name, requests }))
                .collect(),
        )
    }

    /// The tags of a request, in the order of the alphabet.
    pub async fn tags_of(&self, actor: &Actor, id: &TicketId) -> Result<Vec<String>> {
        staff(actor)?;
        self.facts(actor, id).await?;
        Ok(sqlx::query_scalar(
            "select g.name from ticket_tag t join tag g on g.id = t.tag_id where t.ticket_id = $1 order by g.folded",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?)
    }

    /// Another name for a tag; the name of another one makes the two one.
    pub async fn rename_tag(&self, actor: &Actor, id: &TagId, name: &str) -> Result<()> {
        administrator(actor)?;
        let name = tag_name(name)?;
        let mut write = self.write().await?;
        let other: Option<TagId> = sqlx::query_scalar("select id from tag where folded = $1 and id <> $2")
            .bind(name.to_lowercase())
            .bind(id.clone())
            .fetch_optional(write.sql())
            .await?;
        match other {
            Some(other) => {
                for sql in [
                    "insert into ticket_tag (ticket_id, tag_id) select ticket_id, cast($2 as text) from ticket_tag
                     where tag_id = $1 on conflict do nothing",
                    "delete from ticket_tag where tag_id = $1 and tag_id <> $2",
                    "insert into wanted_skill (place, place_id, skill, name, level, required_at)
                     select place, cast($2 as text), skill, name, level, required_at from wanted_skill
                     where place = 'tag' and place_id = $1 on conflict do nothing",
                    "delete from wanted_skill where place = 'tag' and place_id = $1 and place_id <> $2",
                    "delete from tag where id = $1 and id <> $2",
                ] {
                    sqlx::query(sql).bind(id.clone()).bind(other.clone()).execute(write.sql()).await?;
                }
            }
            None => {
                sqlx::query("update tag set name = $2, folded = $3 where id = $1")
                    .bind(id.clone())
                    .bind(name.clone())
                    .bind(name.to_lowercase())
                    .execute(write.sql())
                    .await?;
            }
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

pub(crate) fn tag_name(name: &str) -> Result<String> {
    let name = shorten(name, 80);
    if name.is_empty() { Err(Error::invalid("tag", Why::Missing)) } else { Ok(name) }
}

impl Write {
    async fn remove_tag(&mut self, actor: &Actor, id: &TicketId, name: &str) -> Result<()> {
        let gone = sqlx::query(
            "delete from ticket_tag where ticket_id = $1 and tag_id = (select id from tag where folded = $2)",
        )
        .bind(id.clone())
        .bind(name.trim().to_lowercase())
        .execute(self.sql())
        .await?;
        if gone.rows_affected() == 1 {
            let fact = Fact { ticket: Some(id), new: Some(name.trim()), ..Fact::default() };
            self.record(actor, Cause::Person, EventKind::Untagged, fact).await?;
        }
        Ok(())
    }

    pub(crate) async fn add_tag(&mut self, actor: &Actor, cause: Cause, id: &TicketId, name: &str) -> Result<()> {
        let name = tag_name(name)?;
        let folded = name.to_lowercase();
        let known: Option<(TagId, String)> = sqlx::query_as("select id, name from tag where folded = $1")
            .bind(folded.clone())
            .fetch_optional(self.sql())
            .await?;
        let (tag, name) = match known {
            Some(known) => known,
            None => {
                self.entitled(actor, Right::Tags).await?;
                let (tag, now) = (TagId::new(), self.now);
                sqlx::query("insert into tag (id, name, folded, created_at) values ($1, $2, $3, $4)")
                    .bind(tag.clone())
                    .bind(name.clone())
                    .bind(folded)
                    .bind(now)
                    .execute(self.sql())
                    .await?;
                (tag, name)
            }
        };
        let added = sqlx::query("insert into ticket_tag (ticket_id, tag_id) values ($1, $2) on conflict do nothing")
            .bind(id.clone())
            .bind(tag)
            .execute(self.sql())
            .await?;
        if added.rows_affected() == 1 {
            let fact = Fact { ticket: Some(id), new: Some(&name), ..Fact::default() };
            self.record(actor, cause, EventKind::Tagged, fact).await?;
        }
        Ok(())
    }
}
