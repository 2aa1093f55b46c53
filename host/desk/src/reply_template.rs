//! Replies that agents write beforehand, for themselves or for all. They are filled in by the templates' plugin, in its sandbox:
//! an endless loop in one ends there. Section 13.2.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    alphabet::filed_under,
    db::{Fact, Write},
    model::*,
    outside::Sheet,
    person::shorten,
    template::unfilled,
};

/// What the templates' plugin calls the one that it fills in.
const TEMPLATE: &str = "own";
/// How these are called among all templates: this, and their id.
const PLACE: &str = "own/";
/// Letters of a name, and of a text.
const LONGEST_NAME: usize = 100;
const LONGEST_TEXT: usize = 20_000;
/// Templates of one agent.
const MOST: i64 = 200;

#[derive(sqlx::FromRow)]
struct Row {
    id: ReplyTemplateId,
    agent_id: AgentId,
    by: String,
    name: String,
    shared_at: Option<i64>,
    nb: String,
    en: String,
}

impl Row {
    fn read_by(self, me: &AgentId) -> ReplyTemplate {
        ReplyTemplate {
            mine: self.agent_id == *me,
            by: self.by,
            id: self.id,
            name: self.name,
            shared: self.shared_at.is_some(),
            nb: self.nb,
            en: self.en,
        }
    }
}

/// Those that `$1` may use: their own, and shared ones.
macro_rules! usable {
    ($columns:literal, $more:literal) => {
        concat!(
            "select ",
            $columns,
            " from reply_template r join agent a on a.id = r.agent_id
             where (r.agent_id = $1 or r.shared_at is not null)",
            $more
        )
    };
}

impl Desk {
    /// One's own reply templates and the shared ones, by name.
    pub async fn reply_templates(&self, actor: &Actor) -> Result<Vec<ReplyTemplate>> {
        let me = staff(actor)?;
        let sql = usable!("r.id, r.agent_id, a.name as by, r.name, r.shared_at, r.nb, r.en", "");
        let rows: Vec<Row> = sqlx::query_as(sql).bind(me.clone()).fetch_all(self.read()).await?;
        let mut templates: Vec<ReplyTemplate> = rows.into_iter().map(|row| row.read_by(me)).collect();
        templates.sort_by_cached_key(|template| (filed_under(&template.name), template.id.clone()));
        Ok(templates)
    }

    /// Adds a reply template, or changes the one with this id. A shared one is its author's and administrators' to change.
    ///
    /// # Errors
    /// `Invalid` for a `name` that is missing, for a text (`nb`, `en`) that is too long or can't be filled in
    /// ([`Why::Template`]), and for `nb` where there is none at all.
    pub async fn save_reply_template(
        &self,
        actor: &Actor,
        id: Option<&ReplyTemplateId>,
        new: NewReplyTemplate,
    ) -> Result<ReplyTemplateId> {
        let me = staff(actor)?.clone();
        let name = shorten(&new.name, LONGEST_NAME);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        if new.nb.trim().is_empty() && new.en.trim().is_empty() {
            return Err(Error::invalid("nb", Why::Missing));
        }
        for (field, language, text) in [("nb", Language::Nb, &new.nb), ("en", Language::En, &new.en)] {
            if text.chars().count() > LONGEST_TEXT {
                return Err(Error::invalid(field, Why::TooLong { most: LONGEST_TEXT as u32 }));
            }
            if text.trim().is_empty() {
                continue;
            }
            // What can't be filled in is refused now and not when a customer waits for it.
            let sheet = Sheet { language, more: own_text(text), ..self.own_sheet(self.empty_sheet()) };
            self.outside().render(&sheet).await.map_err(|why| unfilled(field, why))?;
        }
        let mut write = self.write().await?;
        match id {
            Some(id) => write.may_change(actor, &me, id).await?,
            None => {
                let there: i64 = sqlx::query_scalar("select count(*) from reply_template where agent_id = $1")
                    .bind(me.clone())
                    .fetch_one(write.sql())
                    .await?;
                if there >= MOST {
                    return Err(Error::invalid("name", Why::TooMany { most: MOST as u32 }));
                }
            }
        }
        let id = id.cloned().unwrap_or_default();
        let now = write.now;
        sqlx::query(
            "insert into reply_template (id, agent_id, name, shared_at, nb, en, changed_at) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (id) do update set name = excluded.name, shared_at = excluded.shared_at, nb = excluded.nb,
               en = excluded.en, changed_at = excluded.changed_at",
        )
        .bind(id.clone())
        .bind(me)
        .bind(name.clone())
        .bind(new.shared.then_some(now))
        .bind(clean(&new.nb))
        .bind(clean(&new.en))
        .bind(now)
        .execute(write.sql())
        .await?;
        let fact = Fact { new: Some(&name), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await?;
        Ok(id)
    }

    pub async fn delete_reply_template(&self, actor: &Actor, id: &ReplyTemplateId) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        write.may_change(actor, &me, id).await?;
        sqlx::query("delete from reply_template where id = $1").bind(id.clone()).execute(write.sql()).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// How they stand among all templates: without their texts, since every composer asks.
    pub(crate) async fn own_cards(&self, actor: &Actor) -> Result<Vec<TemplateCard>> {
        let mut named: Vec<(String, String)> =
            sqlx::query_as(usable!("r.id, r.name", "")).bind(staff(actor)?.clone()).fetch_all(self.read()).await?;
        named.sort_by_cached_key(|(id, name)| (filed_under(name), id.clone()));
        let card = |(id, name): (String, String)| TemplateCard {
            name: format!("{PLACE}{id}"),
            title: Named { id, nb: name.clone(), en: name },
            asks: SettingsForm::default(),
        };
        Ok(named.into_iter().map(card).collect())
    }

    /// The sheet of one of them, in the language of the sheet where it has one, else in the other; none for another's name.
    /// TPL-1.
    pub(crate) async fn own_template(&self, me: &AgentId, mut sheet: Sheet) -> Result<Option<Sheet>> {
        let Some(id) = sheet.template.strip_prefix(PLACE) else { return Ok(None) };
        let texts: Option<(String, String)> = sqlx::query_as(usable!("r.nb, r.en", " and r.id = $2"))
            .bind(me.clone())
            .bind(id.to_owned())
            .fetch_optional(self.read())
            .await?;
        let (nb, en) = texts.ok_or(Error::NotFound)?;
        let other = if sheet.language == Language::Nb { Language::En } else { Language::Nb };
        if sheet.language.pick(&nb, &en).trim().is_empty() {
            sheet.language = other;
        }
        sheet.more = own_text(sheet.language.pick(&nb, &en));
        Ok(Some(self.own_sheet(sheet)))
    }

    fn own_sheet(&self, sheet: Sheet) -> Sheet {
        Sheet { template: TEMPLATE.to_owned(), ..sheet }
    }
}

impl Write {
    async fn may_change(&mut self, actor: &Actor, me: &AgentId, id: &ReplyTemplateId) -> Result<()> {
        let there: Option<(AgentId, Option<i64>)> =
            sqlx::query_as("select agent_id, shared_at from reply_template where id = $1")
                .bind(id.clone())
                .fetch_optional(self.sql())
                .await?;
        match there {
            Some((owner, _)) if owner == *me => Ok(()),
            Some((_, Some(_))) => administrator(actor),
            _ => Err(Error::NotFound),
        }
    }
}

fn own_text(text: &str) -> Vec<(String, String)> {
    vec![("own-text".to_owned(), text.to_owned())]
}

fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\0', "")
}
