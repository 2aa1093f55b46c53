//! What an administrator decides for the whole house. Section 20.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
};

/// The setting that holds what was chosen.
const SETTING: &str = "house";

impl Desk {
    /// What holds, and who decided each value. Appendix C, number 25.
    pub async fn house_rules(&self, actor: &Actor) -> Result<EffectiveHouseRules> {
        staff(actor)?;
        let mut connection = self.read().acquire().await?;
        let chosen = chosen(&mut connection).await?;
        let values = house_rules(&mut connection).await?;
        let from = chosen
            .decided()
            .into_iter()
            .map(|(name, decided)| (name.to_owned(), if decided { Source::Administrator } else { Source::Saker }));
        Ok(EffectiveHouseRules { values, from: from.collect(), chosen })
    }

    /// Chooses anew; what is left out is left to Saker.
    ///
    /// # Errors
    /// Minutes that nobody can mean; a sender that is no mailbox of ours.
    pub async fn save_house_rules(&self, actor: &Actor, chosen: &ChosenHouseRules) -> Result<()> {
        administrator(actor)?;
        if !chosen.is_sound() {
            return Err(Error::invalid("same_owner", Why::NotAChoice));
        }
        let mut write = self.write().await?;
        if let Some(sender) = &chosen.sender
            && !is_mailbox(write.sql(), sender).await?
        {
            return Err(Error::invalid("sender", Why::NotAChoice));
        }
        write.set_setting(SETTING, &serde_json::to_string(chosen)?).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

impl Write {
    pub(crate) async fn house_rules(&mut self) -> Result<HouseRules> {
        house_rules(self.sql()).await
    }
}

/// What was chosen may have gone since: then nobody chose it.
pub(crate) async fn house_rules(connection: &mut sqlx::AnyConnection) -> Result<HouseRules> {
    let mut rules = HouseRules::default().with(&chosen(connection).await?);
    if let Some(sender) = &rules.sender
        && !is_mailbox(connection, sender).await?
    {
        rules.sender = None;
    }
    Ok(rules)
}

async fn is_mailbox(connection: &mut sqlx::AnyConnection, id: &AccountId) -> Result<bool> {
    let there: Option<String> =
        sqlx::query_scalar("select name from account where id = $1 and kind = 'email' and address is not null")
            .bind(id.clone())
            .fetch_optional(connection)
            .await?;
    Ok(there.is_some())
}

/// Words of a later release, or of none, choose nothing.
async fn chosen(connection: &mut sqlx::AnyConnection) -> Result<ChosenHouseRules> {
    let text = crate::settings::setting(connection, SETTING).await?;
    Ok(serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default())
}
