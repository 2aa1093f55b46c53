//! Roles, and what each agent may do in each category because of them. Section 19.

use crate::{Result, db::Write, model::*};
use std::collections::{BTreeMap, BTreeSet};

/// What someone may do with the requests of a category, or with one request; each includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    #[default]
    Nothing,
    /// See that it is there, in lists.
    List,
    Read,
    Edit,
}

impl May {
    pub fn from_level(level: i64) -> May {
        match level {
            ..=0 => May::Nothing,
            1 => May::List,
            2 => May::Read,
            3.. => May::Edit,
        }
    }

    pub fn level(self) -> i64 {
        self as i64
    }
}

/// How far one right of a role goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    #[default]
    None,
    /// Categories one is a member of.
    Own,
    All,
}

impl Scope {
    pub fn from_word(word: &str) -> Scope {
        match word {
            "all" => Scope::All,
            "own" => Scope::Own,
            _ => Scope::None,
        }
    }
}

/// The ladder of one role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    pub list: Scope,
    pub read: Scope,
    pub edit: Scope,
}

/// What roles give in one category. RGT-1: one that is for members only is closed to everybody else's wider rights,
/// except administrators'.
pub fn reach(roles: &[Ladder], admin: bool, member: bool, members_only: bool) -> May {
    if admin {
        return May::Edit;
    }
    let needed = match (member, members_only) {
        (true, _) => Scope::Own,
        (false, false) => Scope::All,
        (false, true) => return May::Nothing,
    };
    let of = |role: &Ladder| {
        if role.edit >= needed {
            May::Edit
        } else if role.read >= needed {
            May::Read
        } else if role.list >= needed {
            May::List
        } else {
            May::Nothing
        }
    };
    roles.iter().map(of).max().unwrap_or_default()
}

impl Write {
    /// Gives an agent these roles in place of the ones they had; none is the default role.
    pub(crate) async fn give_roles(&mut self, agent: &AgentId, roles: &[RoleId]) -> Result<()> {
        sqlx::query("delete from agent_role where agent_id = $1").bind(agent.clone()).execute(self.sql()).await?;
        if roles.is_empty() {
            sqlx::query(
                "insert into agent_role (agent_id, role_id) select $1, id from role where default_at is not null",
            )
            .bind(agent.clone())
            .execute(self.sql())
            .await?;
        }
        for role in roles {
            sqlx::query("insert into agent_role (agent_id, role_id) values ($1, $2) on conflict do nothing")
                .bind(agent.clone())
                .bind(role.clone())
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// Derives `reach` anew. Called by every write that changes a role, a team, a category or who belongs to one.
    pub(crate) async fn reckon_reach(&mut self) -> Result<()> {
        let agents: Vec<(String, Option<i64>)> =
            sqlx::query_as("select id, admin_at from agent where disabled_at is null").fetch_all(self.sql()).await?;
        let categories: Vec<(String, Option<i64>)> =
            sqlx::query_as("select id, members_only_at from category").fetch_all(self.sql()).await?;
        let ladders: Vec<(String, String, String, String)> = sqlx::query_as(
            "select a.agent_id, r.list, r.read, r.edit from agent_role a join role r on r.id = a.role_id",
        )
        .fetch_all(self.sql())
        .await?;
        let members: Vec<(String, String)> = sqlx::query_as(
            "select category_id, agent_id from category_member
             union select c.category_id, t.agent_id from category_team c join team_member t on t.team_id = c.team_id",
        )
        .fetch_all(self.sql())
        .await?;
        let members: BTreeSet<(String, String)> = members.into_iter().collect();
        let mut roles: BTreeMap<String, Vec<Ladder>> = BTreeMap::new();
        for (agent, list, read, edit) in ladders {
            let ladder =
                Ladder { list: Scope::from_word(&list), read: Scope::from_word(&read), edit: Scope::from_word(&edit) };
            roles.entry(agent).or_default().push(ladder);
        }
        sqlx::query("delete from reach").execute(self.sql()).await?;
        for (agent, admin) in &agents {
            let theirs = roles.get(agent).map(Vec::as_slice).unwrap_or_default();
            for (category, closed) in &categories {
                let member = members.contains(&(category.clone(), agent.clone()));
                let may = reach(theirs, admin.is_some(), member, closed.is_some());
                if may == May::Nothing {
                    continue;
                }
                sqlx::query("insert into reach (agent_id, category_id, level) values ($1, $2, $3)")
                    .bind(agent.clone())
                    .bind(category.clone())
                    .bind(may.level())
                    .execute(self.sql())
                    .await?;
            }
        }
        Ok(())
    }
}
