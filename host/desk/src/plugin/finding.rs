//! What plugins find out about people elsewhere. Each finding has an end, after which it is looked for again.

use super::mind::{Answered, Mind};
use crate::{
    Desk, Result, access::staff, clock::DAY, db::Write, model::*, outside::Party, person::shorten, provenance::family,
};

/// Findings of one answer that are kept.
const MOST: usize = 50;
/// Asked again after so long, where a plugin does not say when.
const STAYS: i64 = 7 * DAY;
/// And never sooner than this, whatever it says.
const SOONEST: i64 = DAY / 24;
/// Nor later.
const LATEST: i64 = 365 * DAY;

/// One finding, as a plugin says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: String,
    pub value: String,
    pub source: String,
    /// Unix microseconds.
    pub expires_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    plugin_id: PluginId,
    name: String,
    value: String,
    source: String,
    found_at: i64,
}

/// Whom a plugin is asked about.
#[derive(sqlx::FromRow)]
struct Who {
    name: String,
    language: String,
    organisation: Option<String>,
    address: Option<String>,
    phone: Option<String>,
}

impl Desk {
    /// What is known elsewhere about a person, by plugin and name.
    pub async fn findings(&self, actor: &Actor, person: &PersonId) -> Result<Vec<Finding>> {
        staff(actor)?;
        let person = self.person_now(person).await?;
        self.found_out(
            "select plugin_id, name, value, source, found_at from finding
             where person_id = $1 and expires_at > $2 order by plugin_id, name",
            &person,
        )
        .await
    }

    /// As [`Desk::findings`], and what was found out about whoever was merged into them.
    pub(crate) async fn findings_of_family(&self, person: &PersonId) -> Result<Vec<Finding>> {
        self.found_out(
            concat!(
                "select plugin_id, name, value, source, found_at from finding where expires_at > $2 and person_id in ",
                family!("$1"),
                " order by plugin_id, name, person_id",
            ),
            person,
        )
        .await
    }

    async fn found_out(&self, sql: &'static str, person: &PersonId) -> Result<Vec<Finding>> {
        let rows: Vec<Row> =
            sqlx::query_as(sql).bind(person.clone()).bind(self.clock().now()).fetch_all(self.read()).await?;
        let finding = |row: Row| Finding {
            plugin: row.plugin_id,
            name: row.name,
            value: row.value,
            source: row.source,
            found_at: row.found_at,
        };
        Ok(rows.into_iter().map(finding).collect())
    }

    /// Has it looked for again, now.
    pub async fn find_out_again(&self, actor: &Actor, person: &PersonId) -> Result<()> {
        staff(actor)?;
        let person = self.person_now(person).await?;
        let minds = self.minds().await?;
        let mut write = self.write().await?;
        for plugin in minds.enrichers() {
            write.ask_about(plugin, &person).await?;
        }
        self.commit(write).await
    }

    /// Asks a plugin about a person. What it found before and does not say any more is forgotten.
    pub(super) async fn find_out(&self, mind: &Mind, person: &PersonId) -> Result<Answered> {
        let who: Option<Who> = sqlx::query_as(
            "select p.name, p.language, o.name as organisation,
                    (select e.address from person_email e where e.person_id = p.id order by e.position limit 1) as address,
                    (select f.number from person_phone f where f.person_id = p.id order by f.position limit 1) as phone
             from person p left join company o on o.id = p.company_id
             where p.id = $1 and p.erased_at is null and p.merged_into is null",
        )
        .bind(person.clone())
        .fetch_optional(self.read())
        .await?;
        let Some(who) = who else { return Ok(Ok(())) };
        let known = [("language", Some(who.language)), ("organisation", who.organisation), ("phone", who.phone)];
        let context: Vec<(String, String)> =
            known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let party = Party { address: who.address.unwrap_or_default(), name: who.name };
        let found = match self.outside().enrich(mind, &party, &context).await {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let mut write = self.write().await?;
        write.keep_findings(mind, person, found).await?;
        self.commit(write).await?;
        Ok(Ok(()))
    }
}

impl Write {
    /// Whether a plugin has not been asked about somebody, or not for long enough.
    pub(super) async fn is_to_be_asked(&mut self, plugin: &PluginId, person: &PersonId) -> Result<bool> {
        let now = self.now;
        // Noted when it is queued: mail after mail asks once.
        let asked = sqlx::query(
            "insert into finding_asked (person_id, plugin_id, again_at) values ($1, $2, $3)
             on conflict (person_id, plugin_id) do update set again_at = excluded.again_at
               where finding_asked.again_at <= $4",
        )
        .bind(person.clone())
        .bind(plugin.clone())
        .bind(now + STAYS)
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(asked.rows_affected() == 1)
    }

    async fn keep_findings(&mut self, mind: &Mind, person: &PersonId, found: Vec<Found>) -> Result<()> {
        let now = self.now;
        sqlx::query("delete from finding where person_id = $1 and plugin_id = $2")
            .bind(person.clone())
            .bind(mind.plugin.clone())
            .execute(self.sql())
            .await?;
        let mut again = now + STAYS;
        for one in found.into_iter().take(MOST) {
            let (name, value) = (shorten(&one.name, 60), shorten(&one.value, 300));
            if name.is_empty() || value.is_empty() {
                continue;
            }
            let expires = one.expires_at.unwrap_or(now + STAYS).clamp(now + SOONEST, now + LATEST);
            again = again.min(expires);
            sqlx::query(
                "insert into finding (person_id, plugin_id, name, value, source, found_at, expires_at)
                 select p.id, $2, $3, $4, $5, $6, $7 from person p where p.id = $1 and p.erased_at is null
                 on conflict (person_id, plugin_id, name) do update set value = excluded.value",
            )
            .bind(person.clone())
            .bind(mind.plugin.clone())
            .bind(name)
            .bind(value)
            .bind(shorten(&one.source, 200))
            .bind(now)
            .bind(expires)
            .execute(self.sql())
            .await?;
        }
        sqlx::query("update finding_asked set again_at = $3 where person_id = $1 and plugin_id = $2")
            .bind(person.clone())
            .bind(mind.plugin.clone())
            .bind(again)
            .execute(self.sql())
            .await?;
        Ok(())
    }
}
