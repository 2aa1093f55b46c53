//! Teams: agents that belong to categories together. ASG-6.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
    person::shorten,
};

impl Desk {
    pub async fn teams(&self, actor: &Actor) -> Result<Vec<Team>> {
        staff(actor)?;
        let rows: Vec<(TeamId, String, Option<String>)> = sqlx::query_as(
            "select t.id, t.name, m.agent_id from team t left join team_member m on m.team_id = t.id
             order by t.name, t.id, m.agent_id",
        )
        .fetch_all(self.read())
        .await?;
        let mut teams: Vec<Team> = vec![];
        for (id, name, member) in rows {
            if teams.last().is_none_or(|team| team.id != id) {
                teams.push(Team { id, name, members: vec![] });
            }
            if let (Some(team), Some(member)) = (teams.last_mut(), member) {
                team.members.push(AgentId(member));
            }
        }
        Ok(teams)
    }

    /// Makes a team, or makes one anew where `id` names one.
    pub async fn save_team(
        &self,
        actor: &Actor,
        id: Option<&TeamId>,
        name: &str,
        members: &[AgentId],
    ) -> Result<TeamId> {
        administrator(actor)?;
        let name = shorten(name, 200);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        let id = id.cloned().unwrap_or_default();
        let mut write = self.write().await?;
        let same: Option<TeamId> = sqlx::query_scalar("select id from team where name = $1 and id <> $2")
            .bind(name.clone())
            .bind(id.clone())
            .fetch_optional(write.sql())
            .await?;
        if same.is_some() {
            return Err(Error::invalid("name", Why::Double));
        }
        sqlx::query("insert into team (id, name) values ($1, $2) on conflict (id) do update set name = excluded.name")
            .bind(id.clone())
            .bind(name)
            .execute(write.sql())
            .await?;
        write.set_team(&id, members).await?;
        self.commit_team(actor, write).await?;
        Ok(id)
    }

    pub async fn delete_team(&self, actor: &Actor, id: &TeamId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        write.set_team(id, &[]).await?;
        for sql in ["delete from category_team where team_id = $1", "delete from team where id = $1"] {
            sqlx::query(sql).bind(id.clone()).execute(write.sql()).await?;
        }
        self.commit_team(actor, write).await
    }

    async fn commit_team(&self, actor: &Actor, mut write: Write) -> Result<()> {
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

impl Write {
    async fn set_team(&mut self, id: &TeamId, members: &[AgentId]) -> Result<()> {
        sqlx::query("delete from team_member where team_id = $1").bind(id.clone()).execute(self.sql()).await?;
        for member in members {
            sqlx::query("insert into team_member (team_id, agent_id) values ($1, $2) on conflict do nothing")
                .bind(id.clone())
                .bind(member.clone())
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }
}
