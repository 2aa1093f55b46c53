//! What agents choose for themselves, over what the administrator chose for everybody. Section 20.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The setting that holds what is chosen for everybody.
const DEFAULTS: &str = "preferences";

/// Tiles of a dashboard.
const MOST_TILES: usize = 20;

impl Desk {
    /// What holds for the signed-in agent, and who decided each value. Appendix C, number 25.
    pub async fn preferences(&self, actor: &Actor) -> Result<Effective> {
        let me = staff(actor)?;
        let mut connection = self.read().acquire().await?;
        let (own, defaults) = (own(&mut connection, me).await?, defaults(&mut connection).await?);
        let values = hold(&mut connection, &own, &defaults).await?;
        let from = own.decided().into_iter().zip(defaults.decided()).map(|((name, mine), (_, everybodys))| {
            let source = match (mine, everybodys) {
                (true, _) => Source::Own,
                (false, true) => Source::Administrator,
                (false, false) => Source::Saker,
            };
            (name.to_owned(), source)
        });
        Ok(Effective { values, from: from.collect::<BTreeMap<_, _>>(), own, defaults })
    }

    /// Chooses anew; what is left out is as the administrator has it.
    ///
    /// # Errors
    /// A status that is not for open requests, a category that is not there, a zone that no clock knows, more than 100
    /// messages, more than 20 tiles.
    pub async fn save_preferences(&self, actor: &Actor, chosen: &Chosen) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        write.check_preferences(chosen).await?;
        sqlx::query("update agent set preferences = $2 where id = $1")
            .bind(me.clone())
            .bind(serde_json::to_string(chosen)?)
            .execute(write.sql())
            .await?;
        write.reckon_routines(Some(&me)).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// What holds for everybody who has not chosen themselves.
    pub async fn save_default_preferences(&self, actor: &Actor, chosen: &Chosen) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        write.check_preferences(chosen).await?;
        write.set_setting(DEFAULTS, &serde_json::to_string(chosen)?).await?;
        write.reckon_routines(None).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    pub(crate) async fn preferences_of(&self, agent: &AgentId) -> Result<Preferences> {
        preferences_of(&mut *self.read().acquire().await?, agent).await
    }
}

impl Write {
    pub(crate) async fn preferences_of(&mut self, agent: &AgentId) -> Result<Preferences> {
        preferences_of(self.sql(), agent).await
    }

    async fn check_preferences(&mut self, chosen: &Chosen) -> Result<()> {
        for (field, status) in [("new_status", &chosen.new_status), ("message_status", &chosen.message_status)] {
            let Some(status) = status else { continue };
            let state = self.state_of(status).await.map_err(|_| Error::invalid(field, Why::NotAChoice))?;
            // CRE-8: a new request is open; a reply may also close it or put it off.
            if !state.is_chosen() || (field == "new_status" && state != State::Open) {
                return Err(Error::invalid(field, Why::NotAChoice));
            }
        }
        if let Some(category) = &chosen.category
            && !category_there(self.sql(), category).await?
        {
            return Err(Error::invalid("category", Why::NotAChoice));
        }
        if chosen.zone.as_ref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
            return Err(Error::invalid("zone", Why::NotAChoice));
        }
        if chosen.tiles.as_ref().is_some_and(|tiles| tiles.len() > MOST_TILES) {
            return Err(Error::invalid("tiles", Why::TooMany { most: MOST_TILES as u32 }));
        }
        if chosen.expanded.is_some_and(|messages| messages > 100) {
            return Err(Error::invalid("expanded", Why::TooMany { most: 100 }));
        }
        Ok(())
    }
}

pub(crate) async fn preferences_of(connection: &mut sqlx::AnyConnection, agent: &AgentId) -> Result<Preferences> {
    let (own, defaults) = (own(connection, agent).await?, defaults(connection).await?);
    hold(connection, &own, &defaults).await
}

/// What was chosen may have gone since: then nobody chose it.
async fn hold(connection: &mut sqlx::AnyConnection, own: &Chosen, defaults: &Chosen) -> Result<Preferences> {
    let mut values = Preferences::default().with(defaults).with(own);
    for status in [&mut values.new_status, &mut values.message_status] {
        let Some(id) = status else { continue };
        let there: Option<i64> = sqlx::query_scalar("select position from status where id = $1 and deleted_at is null")
            .bind(id.clone())
            .fetch_optional(&mut *connection)
            .await?;
        if there.is_none() {
            *status = None;
        }
    }
    if let Some(id) = &values.category
        && !category_there(connection, id).await?
    {
        values.category = None;
    }
    Ok(values)
}

async fn category_there(connection: &mut sqlx::AnyConnection, id: &CategoryId) -> Result<bool> {
    let there: Option<i64> = sqlx::query_scalar("select position from category where id = $1 and deleted_at is null")
        .bind(id.clone())
        .fetch_optional(connection)
        .await?;
    Ok(there.is_some())
}

/// Words of a later release, or of none, choose nothing.
async fn own(connection: &mut sqlx::AnyConnection, agent: &AgentId) -> Result<Chosen> {
    let text: Option<String> = sqlx::query_scalar("select preferences from agent where id = $1")
        .bind(agent.clone())
        .fetch_optional(connection)
        .await?;
    Ok(serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default())
}

async fn defaults(connection: &mut sqlx::AnyConnection) -> Result<Chosen> {
    let text = crate::settings::setting(connection, DEFAULTS).await?;
    Ok(serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default())
}
