//! Roles, and what each agent may do in each category because of them. Section 19.

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    db::{Fact, Write, word},
    model::*,
    person::shorten,
};
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

/// The ladder of one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    pub list: Reach,
    pub read: Reach,
    pub edit: Reach,
}

/// What roles give in one category. RGT-1: one that is for members only is closed to everybody else's wider rights,
/// except administrators'.
pub fn reach(roles: &[Ladder], admin: bool, member: bool, members_only: bool) -> May {
    if admin {
        return May::Edit;
    }
    if members_only && !member {
        return May::Nothing;
    }
    let goes = |step: Reach| step == Reach::All || (member && step == Reach::Own);
    let of = |role: &Ladder| {
        if goes(role.edit) {
            May::Edit
        } else if goes(role.read) {
            May::Read
        } else if goes(role.list) {
            May::List
        } else {
            May::Nothing
        }
    };
    roles.iter().map(of).max().unwrap_or_default()
}

#[derive(sqlx::FromRow)]
struct RoleRow {
    id: RoleId,
    name: String,
    list: String,
    read: String,
    edit: String,
    rights: String,
    default_at: Option<i64>,
}

impl Desk {
    pub async fn roles(&self, actor: &Actor) -> Result<Vec<Role>> {
        administrator(actor)?;
        let rows: Vec<RoleRow> =
            sqlx::query_as("select id, name, list, read, edit, rights, default_at from role order by name")
                .fetch_all(self.read())
                .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Role {
                    list: word(&row.list)?,
                    read: word(&row.read)?,
                    edit: word(&row.edit)?,
                    rights: row.rights.split_whitespace().map(word).collect::<Result<_>>()?,
                    default: row.default_at.is_some(),
                    id: row.id,
                    name: row.name,
                })
            })
            .collect()
    }

    /// Adds a role, or changes the one whose id it has; what it gives holds from the same moment.
    pub async fn save_role(&self, actor: &Actor, role: Role) -> Result<()> {
        administrator(actor)?;
        let name = shorten(&role.name, 200);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        let mut write = self.write().await?;
        let same: Option<RoleId> = sqlx::query_scalar("select id from role where name = $1 and id <> $2")
            .bind(name.clone())
            .bind(role.id.clone())
            .fetch_optional(write.sql())
            .await?;
        if same.is_some() {
            return Err(Error::invalid("name", Why::Double));
        }
        let now = write.now;
        if role.default {
            sqlx::query("update role set default_at = null where id <> $1")
                .bind(role.id.clone())
                .execute(write.sql())
                .await?;
        }
        let rights = role.rights.iter().map(|right| right.as_str()).collect::<Vec<_>>().join(" ");
        sqlx::query(
            "insert into role (id, name, list, read, edit, rights, default_at) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (id) do update set name = excluded.name, list = excluded.list, read = excluded.read,
               edit = excluded.edit, rights = excluded.rights, default_at = excluded.default_at",
        )
        .bind(role.id)
        .bind(name)
        .bind(role.list.as_str())
        .bind(role.read.as_str())
        .bind(role.edit.as_str())
        .bind(rights)
        .bind(role.default.then_some(now))
        .execute(write.sql())
        .await?;
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Takes a role away that nobody has.
    pub async fn delete_role(&self, actor: &Actor, id: &RoleId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let holders: i64 = sqlx::query_scalar("select count(*) from agent_role where role_id = $1")
            .bind(id.clone())
            .fetch_one(write.sql())
            .await?;
        if holders > 0 {
            return Err(Error::invalid("role", Why::InUse { times: holders as u32 }));
        }
        let gone = sqlx::query("delete from role where id = $1 and default_at is null")
            .bind(id.clone())
            .execute(write.sql())
            .await?;
        if gone.rows_affected() == 0 {
            return Err(Error::invalid("role", Why::Needed));
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// These roles in place of the ones they had; none is the default role.
    pub async fn set_roles(&self, actor: &Actor, agent: &AgentId, roles: &[RoleId]) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        write.works_here(agent).await?;
        write.give_roles(agent, roles).await?;
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
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
            let ladder = Ladder { list: word(&list)?, read: word(&read)?, edit: word(&edit)? };
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
        self.reckon_retention().await?;
        self.keep_notices_in_sight(None).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of section 19 and RGT-1, word by word and without cleverness.
    fn naive(roles: &[Ladder], admin: bool, member: bool, members_only: bool) -> i64 {
        let mut best = 0;
        for role in roles {
            for (level, step) in [(1, role.list), (2, role.read), (3, role.edit)] {
                let everywhere = step == Reach::All && !members_only;
                let here = member && (step == Reach::Own || step == Reach::All);
                if (everywhere || here) && level > best {
                    best = level;
                }
            }
        }
        if admin { 3 } else { best }
    }

    #[test]
    fn a_hundred_thousand_random_roles_give_what_the_text_says() {
        let mut random = fastrand::Rng::with_seed(19);
        let (mut closed, mut open) = (0, 0);
        for _ in 0..100_000 {
            let mut roles = vec![];
            for _ in 0..random.usize(0..4) {
                let [list, read, edit] = std::array::from_fn(|_| *random.choice(Reach::ALL).unwrap());
                roles.push(Ladder { list, read, edit });
            }
            let (admin, member, members_only) = (random.u8(0..20) == 0, random.bool(), random.bool());
            let may = reach(&roles, admin, member, members_only);
            assert_eq!(
                may.level(),
                naive(&roles, admin, member, members_only),
                "{roles:?} {admin} {member} {members_only}"
            );
            if may == May::Nothing { closed += 1 } else { open += 1 }
        }
        assert!(closed > 10_000 && open > 10_000, "both ways must have been tried: {closed} {open}");
    }
}
