//! What agents can do, and what requests ask for by their category, type and tags. Appendix C, number 9.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
    person::shorten,
};
use std::collections::BTreeMap;

/// Skills of one agent, and of one place.
const MOST: usize = 100;
const BEST: i64 = 5;

/// A skill that one place asks for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Asked {
    /// As it is compared.
    skill: String,
    name: String,
    level: i64,
    required: i64,
}

/// How somebody fits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fit {
    pub has: Vec<String>,
    pub lacks: Vec<String>,
    /// How often something that is preferred is lacking.
    pub lacking: usize,
    /// Lacks something that is required.
    pub out: bool,
}

/// What somebody has of what is asked for. Pure.
pub(crate) fn fit(asked: &[Asked], own: &BTreeMap<String, i64>) -> Fit {
    let mut fit = Fit::default();
    let has = |skill: &Asked| own.get(&skill.skill).is_some_and(|level| *level >= skill.level);
    // Where several places ask for the same, somebody has it who is good enough for all of them.
    for same in asked.chunk_by(|one, next| one.skill == next.skill) {
        let name = same[0].name.clone();
        if same.iter().all(has) {
            fit.has.push(name)
        } else {
            fit.lacks.push(name)
        }
        fit.lacking += same.iter().filter(|skill| skill.required == 0 && !has(skill)).count();
        fit.out |= same.iter().any(|skill| skill.required != 0 && !has(skill));
    }
    fit
}

impl Write {
    pub(crate) async fn skills_asked(&mut self, ticket: &TicketId) -> Result<Vec<Asked>> {
        Ok(sqlx::query_as(
            "select w.skill, w.name, w.level, case when w.required_at is null then 0 else 1 end as required
             from wanted_skill w join ticket t on t.id = $1
             where (w.place = 'category' and w.place_id = t.category_id) or (w.place = 'type' and w.place_id = t.type_id)
                or (w.place = 'tag' and w.place_id in (select x.tag_id from ticket_tag x where x.ticket_id = t.id))
             order by w.skill, w.level, w.place",
        )
        .bind(ticket.clone())
        .fetch_all(self.sql())
        .await?)
    }

    pub(crate) async fn skills_of(&mut self, agent: &AgentId) -> Result<BTreeMap<String, i64>> {
        let rows: Vec<(String, i64)> = sqlx::query_as("select skill, level from agent_skill where agent_id = $1")
            .bind(agent.clone())
            .fetch_all(self.sql())
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// How an agent fits a request; nothing to say where it asks for nothing.
    pub(crate) async fn fit_of(&mut self, asked: &[Asked], agent: &AgentId) -> Result<Fit> {
        if asked.is_empty() { Ok(Fit::default()) } else { Ok(fit(asked, &self.skills_of(agent).await?)) }
    }
}

impl Desk {
    /// What everybody who works here can do.
    pub async fn skills(&self, actor: &Actor) -> Result<Vec<AgentSkills>> {
        staff(actor)?;
        let agents: Vec<(AgentId, String)> =
            sqlx::query_as("select id, name from agent where disabled_at is null order by name, id")
                .fetch_all(self.read())
                .await?;
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("select agent_id, name, level from agent_skill order by skill")
                .fetch_all(self.read())
                .await?;
        let mut skills: BTreeMap<String, Vec<Skill>> = BTreeMap::new();
        for (agent, name, level) in rows {
            skills.entry(agent).or_default().push(Skill { name, level });
        }
        let of = |(agent, name): (AgentId, String)| AgentSkills {
            skills: skills.remove(agent.as_str()).unwrap_or_default(),
            agent,
            name,
        };
        Ok(agents.into_iter().map(of).collect())
    }

    /// Says what an agent can do, in place of what was said before.
    ///
    /// # Errors
    /// `Invalid` for a skill without a name, named twice, or with a level above 5.
    pub async fn set_skills(&self, actor: &Actor, agent: &AgentId, skills: &[Skill]) -> Result<()> {
        administrator(actor)?;
        let mut named = vec![];
        for skill in skills {
            named.push((checked(&skill.name, skill.level)?, skill.level));
        }
        nothing_twice(named.iter().map(|(name, _)| name))?;
        let mut write = self.write().await?;
        write.works_here(agent).await?;
        sqlx::query("delete from agent_skill where agent_id = $1").bind(agent.clone()).execute(write.sql()).await?;
        for (name, level) in named {
            sqlx::query("insert into agent_skill (agent_id, skill, name, level) values ($1, $2, $3, $4)")
                .bind(agent.clone())
                .bind(name.to_lowercase())
                .bind(name)
                .bind(level)
                .execute(write.sql())
                .await?;
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// What requests ask for, place by place.
    pub async fn skills_wanted(&self, actor: &Actor) -> Result<Vec<SkillsWanted>> {
        staff(actor)?;
        let rows: Vec<(String, String, String, i64, Option<i64>)> = sqlx::query_as(
            "select place, place_id, name, level, required_at from wanted_skill order by place, place_id, skill",
        )
        .fetch_all(self.read())
        .await?;
        let mut wanted: Vec<SkillsWanted> = vec![];
        for (place, id, name, level, required) in rows {
            let place = match place.as_str() {
                "category" => SkillPlace::Category { id: CategoryId(id) },
                "type" => SkillPlace::Type { id: RequestTypeId(id) },
                _ => SkillPlace::Tag { id: TagId(id) },
            };
            let skill = WantedSkill { name, level, required: required.is_some() };
            match wanted.last_mut().filter(|last| last.place == place) {
                Some(last) => last.skills.push(skill),
                None => wanted.push(SkillsWanted { place, skills: vec![skill] }),
            }
        }
        Ok(wanted)
    }

    /// Says what the requests of a place ask for, in place of what they did before.
    ///
    /// # Errors
    /// As [`Desk::set_skills`]; and for a place that is not there.
    pub async fn want_skills(&self, actor: &Actor, wanted: &SkillsWanted) -> Result<()> {
        administrator(actor)?;
        let mut named = vec![];
        for skill in &wanted.skills {
            named.push((checked(&skill.name, skill.level)?, skill));
        }
        nothing_twice(named.iter().map(|(name, _)| name))?;
        let (place, id) = wanted.place.parts();
        let mut write = self.write().await?;
        let there: Option<String> = sqlx::query_scalar(match place {
            "category" => "select id from category where id = $1 and deleted_at is null",
            "type" => "select id from request_type where id = $1 and deleted_at is null",
            _ => "select id from tag where id = $1",
        })
        .bind(id.to_owned())
        .fetch_optional(write.sql())
        .await?;
        there.ok_or_else(|| Error::invalid("place", Why::NotAChoice))?;
        let now = write.now;
        sqlx::query("delete from wanted_skill where place = $1 and place_id = $2")
            .bind(place)
            .bind(id.to_owned())
            .execute(write.sql())
            .await?;
        for (name, skill) in named {
            sqlx::query(
                "insert into wanted_skill (place, place_id, skill, name, level, required_at) values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(place)
            .bind(id.to_owned())
            .bind(name.to_lowercase())
            .bind(name)
            .bind(skill.level)
            .bind(skill.required.then_some(now))
            .execute(write.sql())
            .await?;
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

fn checked(name: &str, level: i64) -> Result<String> {
    let name = shorten(name, 80);
    if name.is_empty() {
        return Err(Error::invalid("name", Why::Missing));
    }
    if !(0..=BEST).contains(&level) {
        return Err(Error::invalid("level", Why::NotAChoice));
    }
    Ok(name)
}

fn nothing_twice<'a>(names: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut folded: Vec<String> = names.map(|name| name.to_lowercase()).collect();
    if folded.len() > MOST {
        return Err(Error::invalid("skills", Why::TooMany { most: MOST as u32 }));
    }
    folded.sort_unstable();
    match folded.windows(2).any(|pair| pair[0] == pair[1]) {
        true => Err(Error::invalid("name", Why::Double)),
        false => Ok(()),
    }
}
