//! What plugins take a request to be. An opinion is shown with its reason; nothing comes of it before somebody says yes.
//! Appendix C, number 29.

use super::mind::{Answered, Mind};
use crate::{
    Desk, Error, Result,
    access::staff,
    db::{Write, word},
    model::*,
    person::shorten,
};

/// Opinions that are kept of one answer.
const MOST: usize = 20;
/// Names of categories, priorities and types that a plugin is told of.
const MOST_CHOICES: i64 = 500;

/// One opinion, as a plugin says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub name: String,
    pub value: String,
    /// 0 to 1.
    pub confidence: f64,
    pub why: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: OpinionId,
    ticket_id: TicketId,
    plugin_id: PluginId,
    about: String,
    target: String,
    confidence: f64,
    why: Option<String>,
    at: i64,
}

/// What can be chosen, by id and both names; a category also by what agents call it.
fn choices(matter: Matter) -> &'static str {
    match matter {
        Matter::Category => "select id, nb, en, name from category order by position, id limit $1",
        Matter::Priority => "select id, nb, en, en as name from priority order by rank, id limit $1",
        Matter::Type => "select id, nb, en, en as name from request_type order by position, id limit $1",
        Matter::Tag => "select name as id, name as nb, name as en, name from tag order by folded limit $1",
    }
}

impl Desk {
    /// What plugins take a request to be and it is not, the surest first.
    pub async fn opinions(&self, actor: &Actor, ticket: &TicketId) -> Result<Vec<Opinion>> {
        staff(actor)?;
        let facts = self.facts(actor, ticket).await?;
        let rows: Vec<Row> = sqlx::query_as(
            "select id, ticket_id, plugin_id, about, target, confidence, why, at from opinion
             where ticket_id = $1 and settled_at is null order by confidence desc, id",
        )
        .bind(ticket.clone())
        .fetch_all(self.read())
        .await?;
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let kind: Option<String> = sqlx::query_scalar("select type_id from ticket where id = $1")
            .bind(ticket.clone())
            .fetch_one(self.read())
            .await?;
        let tags = self.tags_of(actor, ticket).await?;
        let mut opinions = Vec::with_capacity(rows.len());
        for row in rows {
            let about: Matter = word(&row.about)?;
            let is_so = match about {
                Matter::Category => facts.category_id == row.target,
                Matter::Priority => facts.priority_id == row.target,
                Matter::Type => kind.as_ref() == Some(&row.target),
                Matter::Tag => tags.contains(&row.target),
            };
            let Some(value) = self.value_of(about, &row.target).await?.filter(|_| !is_so) else { continue };
            opinions.push(Opinion {
                id: row.id,
                plugin: row.plugin_id,
                about,
                value,
                confidence: row.confidence,
                why: row.why,
                at: row.at,
            });
        }
        Ok(opinions)
    }

    /// How a value is called; none for one that is gone. A tag may be new.
    async fn value_of(&self, about: Matter, target: &str) -> Result<Option<Words>> {
        if about == Matter::Tag {
            return Ok(Some(Words { nb: target.to_owned(), en: target.to_owned() }));
        }
        let all: Vec<(String, String, String, String)> =
            sqlx::query_as(choices(about)).bind(MOST_CHOICES).fetch_all(self.read()).await?;
        let found = all.into_iter().find(|(id, ..)| id == target);
        Ok(found.map(|(_, nb, en, name)| match about {
            Matter::Category => Words { nb: name.clone(), en: name },
            _ => Words { nb, en },
        }))
    }

    /// Somebody says yes: the request becomes what the opinion says, as if they had chosen it themselves.
    ///
    /// # Errors
    /// `NotFound` for one that was taken or thrown away already, or is on nothing the agent may read.
    pub async fn take_opinion(&self, actor: &Actor, id: &OpinionId) -> Result<()> {
        staff(actor)?;
        let row = self.opinion(id).await?;
        let mut write = self.write().await?;
        write.editable(actor, &row.ticket_id).await?;
        let (ticket, target) = (&row.ticket_id, row.target.clone());
        match word(&row.about)? {
            Matter::Category => write.set_category(actor, Cause::Person, ticket, &CategoryId(target)).await?,
            Matter::Priority => write.set_priority(actor, Cause::Person, ticket, &PriorityId(target)).await?,
            Matter::Type => write.set_type(actor, Cause::Person, ticket, &RequestTypeId(target)).await?,
            Matter::Tag => write.add_tag(actor, Cause::Person, ticket, &target).await?,
        }
        write.settle_opinion(id).await?;
        self.commit(write).await
    }

    /// Somebody says no.
    pub async fn dismiss_opinion(&self, actor: &Actor, id: &OpinionId) -> Result<()> {
        staff(actor)?;
        let row = self.opinion(id).await?;
        let mut write = self.write().await?;
        write.editable(actor, &row.ticket_id).await?;
        write.settle_opinion(id).await?;
        self.commit(write).await
    }

    async fn opinion(&self, id: &OpinionId) -> Result<Row> {
        Ok(sqlx::query_as(
            "select id, ticket_id, plugin_id, about, target, confidence, why, at from opinion
             where id = $1 and settled_at is null",
        )
        .bind(id.clone())
        .fetch_one(self.read())
        .await?)
    }

    /// Asks a plugin what a request is about. What is no choice of this desk is let be.
    pub(super) async fn form_opinions(&self, mind: &Mind, ticket: &TicketId) -> Result<Answered> {
        let Some(seen) = self.glimpse(ticket).await? else { return Ok(Ok(())) };
        let mut known = vec![];
        let mut told = vec![];
        for matter in Matter::ALL {
            let all: Vec<(String, String, String, String)> =
                sqlx::query_as(choices(*matter)).bind(MOST_CHOICES).fetch_all(self.read()).await?;
            told.extend(all.iter().map(|(_, _, _, name)| (matter.as_str().to_owned(), name.clone())));
            known.extend(all.into_iter().map(|choice| (*matter, choice)));
        }
        let labels = match self.outside().classify(mind, &seen, &told).await {
            Ok(labels) => labels,
            Err(why) => return Ok(Err(why)),
        };
        let mut write = self.write().await?;
        sqlx::query("delete from opinion where ticket_id = $1 and plugin_id = $2 and settled_at is null")
            .bind(ticket.clone())
            .bind(mind.plugin.clone())
            .execute(write.sql())
            .await?;
        for label in labels.into_iter().take(MOST) {
            let Ok(about) = label.name.parse::<Matter>() else { continue };
            let meant = known.iter().find(|(matter, (id, nb, en, name))| {
                let same = |text: &str| text.to_lowercase() == label.value.trim().to_lowercase();
                *matter == about && (*id == label.value || [nb, en, name].into_iter().any(|text| same(text)))
            });
            let target = match meant {
                Some((_, (id, ..))) => id.clone(),
                None if about == Matter::Tag => shorten(&label.value, 60),
                None => continue,
            };
            if target.is_empty() || write.was_settled(ticket, &mind.plugin, about, &target).await? {
                continue;
            }
            write.note_opinion(ticket, mind, about, target, &label).await?;
        }
        self.commit(write).await?;
        Ok(Ok(()))
    }
}

impl Write {
    async fn note_opinion(
        &mut self,
        ticket: &TicketId,
        mind: &Mind,
        about: Matter,
        target: String,
        label: &Label,
    ) -> Result<()> {
        let now = self.now;
        sqlx::query(
            "insert into opinion (id, ticket_id, plugin_id, about, target, confidence, why, at)
             select $1, t.id, $3, $4, $5, $6, $7, $8 from ticket t where t.id = $2",
        )
        .bind(OpinionId::new())
        .bind(ticket.clone())
        .bind(mind.plugin.clone())
        .bind(about.as_str())
        .bind(target)
        .bind(label.confidence.clamp(0.0, 1.0))
        .bind(label.why.as_ref().map(|why| shorten(why, 300)))
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Whoever said yes or no once is not asked the same again.
    async fn was_settled(&mut self, ticket: &TicketId, plugin: &PluginId, about: Matter, target: &str) -> Result<bool> {
        let settled: Option<i64> = sqlx::query_scalar(
            "select at from opinion where ticket_id = $1 and plugin_id = $2 and about = $3 and target = $4
               and settled_at is not null limit 1",
        )
        .bind(ticket.clone())
        .bind(plugin.clone())
        .bind(about.as_str())
        .bind(target.to_owned())
        .fetch_optional(self.sql())
        .await?;
        Ok(settled.is_some())
    }

    async fn settle_opinion(&mut self, id: &OpinionId) -> Result<()> {
        let now = self.now;
        let settled = sqlx::query("update opinion set settled_at = $2 where id = $1 and settled_at is null")
            .bind(id.clone())
            .bind(now)
            .execute(self.sql())
            .await?;
        if settled.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
    }
}
