//! Keys with which programs act as somebody who works here: shown once, only their hash is kept. Appendix C, numbers 22 and 23.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    clock::MINUTE,
    db::{Fact, word},
    message::written,
    model::*,
    person::shorten,
    token,
};

/// Keys that one agent may have at a time.
const MOST_KEYS: i64 = 50;
/// Where it is kept how often programs may call.
const LIMIT: &str = "api.limit";
/// What a token begins with, so that people and scanners know one when they see it.
const MARK: &str = "saker_";

/// A key at the door: as whom it acts, and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyholder {
    pub id: ApiKeyId,
    /// Its agent, with the rights they have now.
    pub actor: Actor,
    pub scopes: Vec<Scope>,
}

impl Keyholder {
    /// Whether it may call something in this area.
    pub fn covers(&self, area: Area, writes: bool) -> bool {
        self.scopes.iter().any(|scope| scope.covers(area, writes))
    }
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: ApiKeyId,
    name: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    used_at: Option<i64>,
    agent_id: AgentId,
    agent_name: String,
    agent_email: String,
}

impl Desk {
    /// Makes a key for oneself. A key can't make keys: it would outlive its own end.
    ///
    /// # Errors
    /// [`Error::Forbidden`] through a key, and for scopes on settings without being an administrator.
    pub async fn make_api_key(&self, actor: &Actor, new: NewApiKey) -> Result<MadeApiKey> {
        let me = by_hand(actor)?.clone();
        let name = shorten(&written("name", &new.name, 100)?, 100);
        if new.scopes.is_empty() {
            return Err(Error::invalid("scopes", Why::Missing));
        }
        if new.scopes.iter().any(|scope| *scope != Scope::Admin && scope.covers(Area::Settings, false)) {
            administrator(actor)?;
        }
        let token = format!("{MARK}{}", token::random());
        let id = ApiKeyId::new();
        let mut write = self.write().await?;
        let now = write.now;
        if new.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::invalid("expires_at", Why::Past));
        }
        let there: i64 = sqlx::query_scalar("select count(*) from api_key where agent_id = $1 and revoked_at is null")
            .bind(me.clone())
            .fetch_one(write.sql())
            .await?;
        if there >= MOST_KEYS {
            return Err(Error::invalid("name", Why::TooMany { most: MOST_KEYS as u32 }));
        }
        sqlx::query(
            "insert into api_key (id, agent_id, name, hash, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.clone())
        .bind(me)
        .bind(name.clone())
        .bind(token::kept(&token))
        .bind(new.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "))
        .bind(now)
        .bind(new.expires_at)
        .execute(write.sql())
        .await?;
        let fact = Fact { new: Some(&name), data: Some(id.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await?;
        let key = self.api_keys(actor).await?.into_iter().find(|key| key.id == id).ok_or(Error::NotFound)?;
        Ok(MadeApiKey { key, token })
    }

    /// One's own keys, newest first; everybody's for an administrator.
    pub async fn api_keys(&self, actor: &Actor) -> Result<Vec<ApiKey>> {
        let me = staff(actor)?;
        let rows: Vec<KeyRow> = sqlx::query_as(
            "select k.id, k.name, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.used_at,
                    a.id as agent_id, a.name as agent_name, a.email as agent_email
             from api_key k join agent a on a.id = k.agent_id
             where a.id = $1 or $2 = 1 order by k.created_at desc, k.id desc",
        )
        .bind(me.clone())
        .bind(i64::from(administrator(actor).is_ok()))
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(api_key).collect()
    }

    /// From now on it opens nothing. One's own, or anybody's for an administrator.
    pub async fn revoke_api_key(&self, actor: &Actor, id: &ApiKeyId) -> Result<()> {
        let key = self.api_keys(actor).await?.into_iter().find(|key| key.id == *id).ok_or(Error::NotFound)?;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("update api_key set revoked_at = $2 where id = $1 and revoked_at is null")
            .bind(id.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        let fact = Fact { old: Some(&key.name), data: Some(id.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await
    }

    /// As whom a token acts. Its use is noted, at most once a minute.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a token that is unknown, over or revoked, or whose agent no longer works here.
    pub async fn actor_of_key(&self, token: &str) -> Result<Keyholder> {
        if !token.starts_with(MARK) || token.len() > 200 {
            return Err(Error::Unauthenticated);
        }
        let now = self.clock().now();
        let row: Option<(ApiKeyId, AgentId, String, Option<i64>)> = sqlx::query_as(
            "select id, agent_id, scopes, used_at from api_key
             where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)",
        )
        .bind(token::kept(token))
        .bind(now)
        .fetch_optional(self.read())
        .await?;
        let (id, agent, scopes, used_at) = row.ok_or(Error::Unauthenticated)?;
        let Actor::Agent { id: agent, name, admin, language, .. } = self.agent_actor(&agent).await? else {
            return Err(Error::Unauthenticated);
        };
        if used_at.is_none_or(|at| at <= now - MINUTE) {
            self.note_use(&id).await?;
        }
        let actor = Actor::Agent { id: agent, name, admin, language, via: Via::Key(id.clone()) };
        Ok(Keyholder { id, actor, scopes: scopes_of(&scopes)? })
    }

    /// How often programs may call.
    pub async fn api_limit(&self) -> Result<ApiLimit> {
        let kept = crate::settings::setting(self.read(), LIMIT).await?;
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Decides how often programs may call.
    pub async fn limit_api(&self, actor: &Actor, limit: ApiLimit) -> Result<()> {
        administrator(actor)?;
        if !limit.is_sound() {
            return Err(Error::invalid("limit", Why::NotAChoice));
        }
        let mut write = self.write().await?;
        write.set_setting(LIMIT, &serde_json::to_string(&limit)?).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    async fn note_use(&self, id: &ApiKeyId) -> Result<()> {
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("update api_key set used_at = $2 where id = $1")
            .bind(id.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        write.commit().await
    }
}

/// Only a person goes on, whatever rights a key of theirs has.
fn by_hand(actor: &Actor) -> Result<&AgentId> {
    match actor {
        Actor::Agent { via: Via::Hand, .. } => staff(actor),
        Actor::Agent { .. } => Err(Error::Forbidden),
        _ => staff(actor),
    }
}

fn scopes_of(words: &str) -> Result<Vec<Scope>> {
    words.split_whitespace().map(word).collect()
}

fn api_key(row: KeyRow) -> Result<ApiKey> {
    Ok(ApiKey {
        scopes: scopes_of(&row.scopes)?,
        id: row.id,
        name: row.name,
        agent: AgentCard { id: row.agent_id, name: row.agent_name, email: row.agent_email },
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        used_at: row.used_at,
    })
}
