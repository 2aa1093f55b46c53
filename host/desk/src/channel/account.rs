//! An account is made, changed, checked and given up.

use super::{Failure, LANGUAGE, Line, SetUp, sample::unfit};
use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    clock::MINUTE,
    db::{Fact, Write},
    job::Kind,
    model::*,
    person::shorten,
    plugin::misfit,
    seal, token,
};
use package::{Form, Manifest};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Accounts of all channels.
const MOST: i64 = 500;
/// Letters of a secret.
const LONGEST_SECRET: usize = 8_000;

#[derive(sqlx::FromRow)]
struct ChannelRow {
    account_id: AccountId,
    plugin_id: PluginId,
    name: String,
    category_id: CategoryId,
    settings: String,
    secrets: String,
    hook: String,
    off_at: Option<i64>,
    paused_at: Option<i64>,
    paused_why: Option<String>,
    connected: Option<String>,
    heard_at: Option<i64>,
    check_failure: Option<String>,
    refused_at: Option<i64>,
    refused: Option<String>,
    granted: Option<String>,
    failed_at: Option<i64>,
    failure: Option<String>,
}

macro_rules! channel_rows {
    ($tail:literal) => {
        concat!(
            "select c.account_id, c.plugin_id, a.name, a.category_id, c.settings, c.secrets, c.hook, c.off_at, c.paused_at,
                    c.paused_why, c.connected, c.heard_at, c.check_failure, c.refused_at, c.refused, p.granted, f.at as failed_at, f.outcome as failure
             from channel c join account a on a.id = c.account_id
             left join plugin p on p.id = c.plugin_id
             left join plugin_call f on f.id = (select max(l.id) from plugin_call l
                                                where l.plugin_id = c.plugin_id and l.account_id = c.account_id) ",
            $tail
        )
    };
}

impl Desk {
    /// The accounts of all channels, by name. For administrators.
    pub async fn channels(&self, actor: &Actor) -> Result<Vec<Channel>> {
        administrator(actor)?;
        let rows: Vec<ChannelRow> =
            sqlx::query_as(channel_rows!("order by a.name, a.id")).fetch_all(self.read()).await?;
        let mut channels = Vec::with_capacity(rows.len());
        for row in rows {
            channels.push(self.channel_card(row).await?);
        }
        Ok(channels)
    }

    pub async fn channel(&self, actor: &Actor, id: &AccountId) -> Result<Channel> {
        administrator(actor)?;
        let row = self.channel_row(id).await?;
        self.channel_card(row).await
    }

    async fn channel_row(&self, id: &AccountId) -> Result<ChannelRow> {
        Ok(sqlx::query_as(channel_rows!("where c.account_id = $1")).bind(id.clone()).fetch_one(self.read()).await?)
    }

    async fn channel_card(&self, row: ChannelRow) -> Result<Channel> {
        let line = self.line(&row).await?;
        let called = match self.manifest(&row.plugin_id).await {
            Ok(manifest) => manifest.webhook.is_some(),
            Err(Error::NotFound) => false,
            Err(error) => return Err(error),
        };
        let granted: Vec<Want> = row.granted.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        let may_be_called = granted.iter().any(|want| matches!(want, Want::BeCalled { .. }));
        let state = match (row.off_at, row.paused_at) {
            (Some(_), _) => ChannelState::Off,
            (None, Some(_)) => ChannelState::Paused,
            (None, None) => ChannelState::On,
        };
        Ok(Channel {
            id: row.account_id,
            plugin: row.plugin_id,
            name: row.name,
            category: row.category_id,
            state,
            why: row.paused_why,
            settings: line.settings,
            secrets: line.secrets.into_iter().filter(|(_, secret)| !secret.is_empty()).map(|(name, _)| name).collect(),
            hook_url: called.then_some(line.hook_url),
            not_called: called && !may_be_called,
            check_failure: row.check_failure,
            refused_at: row.refused_at,
            refused: row.refused,
            connected: row.connected.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default(),
            heard_at: row.heard_at,
            failed_at: row.failed_at,
            failure: row.failure,
        })
    }

    /// What an account of a plugin is asked for, as its version says that is installed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not installed, and for a plugin without accounts.
    pub async fn channel_form(&self, actor: &Actor, plugin: &PluginId) -> Result<ChannelForm> {
        administrator(actor)?;
        let manifest = self.manifest(plugin).await?;
        if !manifest.kind.contains(&PluginKind::Channel) {
            return Err(Error::NotFound);
        }
        form_of(manifest)
    }

    /// What a plugin without accounts is asked for.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not installed, and for a channel, whose accounts have settings of their own.
    pub async fn plugin_form(&self, actor: &Actor, plugin: &PluginId) -> Result<ChannelForm> {
        administrator(actor)?;
        let manifest = self.manifest(plugin).await?;
        if manifest.kind.contains(&PluginKind::Channel) {
            return Err(Error::NotFound);
        }
        form_of(manifest)
    }

    async fn line(&self, row: &ChannelRow) -> Result<Line> {
        let secrets = seal::open(self.secret(), row.account_id.as_str(), &row.secrets)?;
        Ok(Line {
            account: row.account_id.clone(),
            plugin: row.plugin_id.clone(),
            settings: self.completed(&row.plugin_id, &row.settings).await?,
            secrets: serde_json::from_str(&secrets)?,
            stands: [row.settings.clone(), row.secrets.clone()],
            hook_url: format!("{}/hooks/{}", self.public_url(), row.hook),
            saved: true,
        })
    }

    /// Settings as they were saved, with what the version that runs proposes for those that it is the first to have. Where null was
    /// saved nothing stands, whatever is proposed.
    pub(crate) async fn completed(&self, plugin: &PluginId, saved: &str) -> Result<Map<String, Value>> {
        let saved = serde_json::from_str(saved)?;
        let mut settings = match self.manifest(plugin).await {
            Ok(manifest) => Form::of(&manifest.settings).map_err(Error::internal)?.completed(saved),
            Err(Error::NotFound) => saved,
            Err(error) => return Err(error),
        };
        settings.retain(|_, value| !value.is_null());
        Ok(settings)
    }

    /// An account as its plugin gets it; none where it is switched off.
    pub(crate) async fn open_line(&self, id: &AccountId) -> Result<Option<Line>> {
        match self.channel_row(id).await {
            Ok(row) if row.off_at.is_some() => Ok(None),
            Ok(row) => Ok(Some(self.line(&row).await?)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes an account of a plugin that is installed.
    ///
    /// # Errors
    /// `settings.NAME` and `secrets.NAME` for what the plugin's form does not take; `settings` with the plugin's words, where it
    /// was to be asked and has something against them.
    pub async fn add_channel(&self, actor: &Actor, plugin: &PluginId, new: NewChannel) -> Result<Channel> {
        administrator(actor)?;
        let manifest = self.manifest(plugin).await?;
        if !manifest.kind.contains(&PluginKind::Channel) {
            return Err(Error::invalid("plugin", Why::NotAChoice));
        }
        let name = named(&new)?;
        let filled = Filled::of(&manifest, &new.settings, &new.secrets, &BTreeMap::new())?;
        let id = AccountId::new();
        if new.check {
            self.check_filled(actor, plugin, &id, &filled).await?;
        }
        let secrets = seal::seal(self.secret(), id.as_str(), &serde_json::to_string(&filled.secrets)?)?;
        let mut write = self.write().await?;
        let there: i64 = sqlx::query_scalar("select count(*) from channel").fetch_one(write.sql()).await?;
        if there >= MOST {
            return Err(Error::invalid("plugin", Why::TooMany { most: MOST as u32 }));
        }
        sqlx::query(
            "insert into account (id, kind, name, category_id, priority_id)
             values ($1, 'channel', $2, coalesce($3, (select category_id from account where kind = 'portal' order by id limit 1)),
                     (select id from priority where default_at is not null limit 1))",
        )
        .bind(id.clone())
        .bind(name.clone())
        .bind(new.category)
        .execute(write.sql())
        .await?;
        let now = write.now;
        sqlx::query(
            "insert into channel (account_id, plugin_id, settings, secrets, hook, off_at) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.clone())
        .bind(plugin.clone())
        .bind(serde_json::to_string(&filled.settings)?)
        .bind(secrets)
        .bind(token::random())
        .bind(new.off.then_some(now))
        .execute(write.sql())
        .await?;
        if manifest.poll.is_some() && !new.off {
            write.enqueue(Kind::Look, id.as_str()).await?;
        }
        write.note_channel(actor, None, Some(&name), &id).await?;
        self.commit(write).await?;
        self.channel(actor, &id).await
    }

    /// Changes an account. Secrets that are left out stay; one that was paused is tried again.
    ///
    /// # Errors
    /// As [`Self::add_channel`].
    pub async fn save_channel(&self, actor: &Actor, id: &AccountId, new: NewChannel) -> Result<Channel> {
        administrator(actor)?;
        let row = self.channel_row(id).await?;
        let manifest = self.manifest(&row.plugin_id).await?;
        let name = named(&new)?;
        let filled = Filled::of(&manifest, &new.settings, &new.secrets, &self.line(&row).await?.secrets)?;
        if new.check {
            self.check_filled(actor, &row.plugin_id, id, &filled).await?;
        }
        let secrets = seal::seal(self.secret(), id.as_str(), &serde_json::to_string(&filled.secrets)?)?;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("update account set name = $2, category_id = coalesce($3, category_id) where id = $1")
            .bind(id.clone())
            .bind(name.clone())
            .bind(new.category)
            .execute(write.sql())
            .await?;
        sqlx::query(
            "update channel set settings = $2, secrets = $3, paused_at = null, paused_why = null,
                    off_at = case when $4 = 1 then coalesce(off_at, $5) else null end,
                    check_failure = case when $6 = 1 then null else check_failure end
             where account_id = $1",
        )
        .bind(id.clone())
        .bind(serde_json::to_string(&filled.settings)?)
        .bind(secrets)
        .bind(i64::from(new.off))
        .bind(now)
        .bind(i64::from(new.check))
        .execute(write.sql())
        .await?;
        sqlx::query("delete from job where kind = 'look' and subject = $1")
            .bind(id.clone())
            .execute(write.sql())
            .await?;
        if !new.off {
            write.resume(id).await?;
        }
        write.note_channel(actor, Some(&row.name), Some(&name), id).await?;
        self.commit(write).await?;
        self.channel(actor, id).await
    }

    /// Switches an account off or on, with everything else as it is: also where its plugin asks for more by now than was
    /// saved.
    pub async fn switch_channel(&self, actor: &Actor, id: &AccountId, off: bool) -> Result<Channel> {
        administrator(actor)?;
        let row = self.channel_row(id).await?;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query(
            "update channel set paused_at = null, paused_why = null,
                    off_at = case when $2 = 1 then coalesce(off_at, $3) else null end where account_id = $1",
        )
        .bind(id.clone())
        .bind(i64::from(off))
        .bind(now)
        .execute(write.sql())
        .await?;
        if off {
            sqlx::query("delete from job where kind = 'look' and subject = $1")
                .bind(id.clone())
                .execute(write.sql())
                .await?;
        } else {
            write.resume(id).await?;
        }
        write.note_channel(actor, Some(&row.name), Some(&row.name), id).await?;
        self.commit(write).await?;
        self.channel(actor, id).await
    }

    /// Whether the settings work, as the plugin finds.
    ///
    /// # Errors
    /// `settings` with the plugin's words.
    pub async fn check_channel(&self, actor: &Actor, id: &AccountId) -> Result<Channel> {
        self.set_up_channel(actor, id, SetUp::Check).await
    }

    /// Tells the remote where to call.
    pub async fn connect_channel(&self, actor: &Actor, id: &AccountId) -> Result<Channel> {
        self.set_up_channel(actor, id, SetUp::Connect).await
    }

    async fn set_up_channel(&self, actor: &Actor, id: &AccountId, what: SetUp) -> Result<Channel> {
        administrator(actor)?;
        let row = self.channel_row(id).await?;
        let mut line = self.line(&row).await?;
        line.settings.insert(LANGUAGE.to_owned(), self.profile(actor).await?.language.tag().into());
        let said = match self.outside().set_up(&line, what).await {
            Ok(said) => said,
            // A plugin without anything to set up has nothing against it.
            Err(Failure::Unsupported) => vec![],
            Err(why) => {
                if !matches!(why, Failure::NotNow(_)) {
                    self.note_check(id, Some(why.words())).await?;
                }
                return Err(unfit("settings", &why));
            }
        };
        let mut write = self.write().await?;
        let now = write.now;
        let connected = matches!(what, SetUp::Connect).then_some(now);
        sqlx::query(
            "update channel set paused_at = null, paused_why = null, check_failure = null,
                    connected = case when $3 > 0 then $2 else connected end,
                    connected_at = case when $3 > 0 then $3 else connected_at end
             where account_id = $1",
        )
        .bind(id.clone())
        .bind(serde_json::to_string(&said)?)
        .bind(connected.unwrap_or(0))
        .execute(write.sql())
        .await?;
        if row.off_at.is_none() {
            write.resume(id).await?;
        }
        self.commit(write).await?;
        self.channel(actor, id).await
    }

    /// What a check found is remembered until one finds nothing, or a call goes well.
    pub(super) async fn note_check(&self, id: &AccountId, failure: Option<&str>) -> Result<()> {
        let Some(failure) = failure.map(|why| shorten(why, 300)) else { return self.note_well(id).await };
        let before: Option<Option<String>> =
            sqlx::query_scalar("select check_failure from channel where account_id = $1")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        if before.flatten().as_ref() == Some(&failure) {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("update channel set check_failure = $2 where account_id = $1")
            .bind(id.clone())
            .bind(failure)
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }

    /// Nothing is against an account, as far as its last call says.
    async fn note_well(&self, id: &AccountId) -> Result<()> {
        let against: Option<i64> = sqlx::query_scalar(
            "select 1 from channel where account_id = $1 and (check_failure is not null or refused_at is not null)",
        )
        .bind(id.clone())
        .fetch_optional(self.read())
        .await?;
        if against.is_none() {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("update channel set check_failure = null, refused_at = null, refused = null where account_id = $1")
            .bind(id.clone())
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }

    /// The remote keeps to itself what it was told, so the last call that was turned away is remembered. Not each of many.
    pub(super) async fn note_refused(&self, id: &AccountId, why: &str) -> Result<()> {
        let (now, why) = (self.clock().now(), shorten(why, 300));
        let known: Option<i64> = sqlx::query_scalar("select 1 from channel where account_id = $1 and refused_at > $2")
            .bind(id.clone())
            .bind(now - MINUTE)
            .fetch_optional(self.read())
            .await?;
        if known.is_some() {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("update channel set refused = $2, refused_at = $3 where account_id = $1")
            .bind(id.clone())
            .bind(why)
            .bind(now)
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }

    /// Gives an account up: the remote is told, what it remembers goes, its requests stay, and what still waited to leave by
    /// it has failed. A remote that can't be told does not keep it alive.
    pub async fn delete_channel(&self, actor: &Actor, id: &AccountId) -> Result<()> {
        administrator(actor)?;
        let row = self.channel_row(id).await?;
        let _ = self.outside().set_up(&self.line(&row).await?, SetUp::Disconnect).await;
        let mut write = self.write().await?;
        let bodies: Vec<String> = sqlx::query_scalar("select body from hook_call where account_id = $1")
            .bind(id.clone())
            .fetch_all(write.sql())
            .await?;
        for sql in [
            "delete from channel where account_id = $1",
            "delete from plugin_state where account_id = $1",
            "delete from plugin_memory where account_id = $1",
            "delete from hook_call where account_id = $1",
            "delete from conversation where account_id = $1",
            "delete from person_handle where account_id = $1",
            "delete from job where kind = 'look' and subject = $1",
        ] {
            sqlx::query(sql).bind(id.clone()).execute(write.sql()).await?;
        }
        write.loosen(&bodies).await?;
        write.give_up_deliveries(id).await?;
        write.note_channel(actor, Some(&row.name), None, id).await?;
        self.commit(write).await?;
        self.sweep(bodies).await
    }

    /// An account waits, until it is changed or a call goes well: unless somebody changed it while the call was made that failed.
    /// What it waits for already is not told again: whoever calls it could fill the log.
    pub(super) async fn pause_channel(&self, line: &Line, why: &str) -> Result<()> {
        let id = &line.account;
        let [settings, secrets] = line.stands.clone();
        let mut write = self.write().await?;
        let now = write.now;
        let paused = sqlx::query(
            "update channel set paused_at = coalesce(paused_at, $2), paused_why = $3
             where account_id = $1 and off_at is null and (paused_at is null or coalesce(paused_why, '') <> $3)
               and settings = $4 and secrets = $5",
        )
        .bind(id.clone())
        .bind(now)
        .bind(shorten(why, 300))
        .bind(settings)
        .bind(secrets)
        .execute(write.sql())
        .await?;
        if paused.rows_affected() == 0 {
            return Ok(());
        }
        write.note_channel(&Actor::System, None, Some(&shorten(why, 300)), id).await?;
        self.commit(write).await
    }
}

impl Write {
    /// Agents see what the customer never got.
    async fn give_up_deliveries(&mut self, id: &AccountId) -> Result<()> {
        let waiting: Vec<(DeliveryId, Option<TicketId>, String, String)> = sqlx::query_as(
            "select id, ticket_id, recipient, state from delivery where account_id = $1 and state in ('queued', 'sending')
             order by created_at, id",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?;
        for (delivery, ticket, whom, was) in waiting {
            // Whoever could have been asked after what was being sent is gone.
            let (state, kind, why) = match was == DeliveryState::Sending.as_str() {
                true => (DeliveryState::Uncertain, EventKind::DeliveryUncertain, Setback::CutOffMidway),
                false => (DeliveryState::Failed, EventKind::DeliveryFailed, Setback::GivenUp),
            };
            sqlx::query("update delivery set state = $2, error = $3 where id = $1")
                .bind(delivery.clone())
                .bind(state.as_str())
                .bind(why.as_str())
                .execute(self.sql())
                .await?;
            sqlx::query("delete from job where kind = 'deliver' and subject = $1")
                .bind(delivery)
                .execute(self.sql())
                .await?;
            if let Some(ticket) = &ticket {
                let fact = Fact { ticket: Some(ticket), new: Some(why.as_str()), data: Some(whom), ..Fact::default() };
                self.record(&Actor::System, Cause::Plugin, kind, fact).await?;
            }
        }
        Ok(())
    }

    async fn note_channel(
        &mut self,
        actor: &Actor,
        old: Option<&str>,
        new: Option<&str>,
        id: &AccountId,
    ) -> Result<()> {
        let cause = if matches!(actor, Actor::System) { Cause::Plugin } else { Cause::Person };
        let fact = Fact { old, new, data: Some(id.0.clone()), ..Fact::default() };
        self.record(actor, cause, EventKind::SettingsChanged, fact).await?;
        Ok(())
    }
}

/// What a manifest asks for.
fn form_of(manifest: Manifest) -> Result<ChannelForm> {
    let secret = |(name, wish): (String, package::Secret)| SecretField {
        name,
        title: wish.title,
        needed: !wish.optional && !wish.generated,
        generated: wish.generated,
    };
    Ok(ChannelForm {
        samples: manifest.webhook.is_some_and(|webhook| webhook.samples),
        name: manifest.name,
        settings: Form::of(&manifest.settings).map_err(Error::internal)?,
        secrets: manifest.secrets.into_iter().map(secret).collect(),
    })
}

/// What an account is called; the rest of its form is [`Filled`].
fn named(new: &NewChannel) -> Result<String> {
    let name = shorten(&new.name, 100);
    if name.is_empty() { Err(Error::invalid("name", Why::Missing)) } else { Ok(name) }
}

/// A form as it was filled in, checked against the plugin's.
pub(crate) struct Filled {
    pub settings: serde_json::Map<String, serde_json::Value>,
    pub secrets: BTreeMap<String, String>,
}

impl Filled {
    /// `before` has the secrets that stay where none is given.
    ///
    /// # Errors
    /// `settings.NAME` and `secrets.NAME` for what the plugin's form does not take.
    pub(crate) fn of(
        manifest: &Manifest,
        settings: &serde_json::Map<String, serde_json::Value>,
        secrets: &BTreeMap<String, String>,
        before: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let (given_settings, given_secrets) = (settings, secrets);
        let form = Form::of(&manifest.settings).map_err(Error::internal)?;
        let settings = form.fill(given_settings).map_err(|misfits| misfit("settings", misfits))?;
        let mut secrets = BTreeMap::new();
        for (name, wish) in &manifest.secrets {
            let given = given_secrets.get(name).or_else(|| before.get(name)).map(|secret| secret.trim().to_owned());
            let secret = match given.filter(|secret| !secret.is_empty()) {
                Some(secret) => secret,
                None if wish.generated => token::random(),
                None if wish.optional => continue,
                None => return Err(Error::invalid(&format!("secrets.{name}"), Why::Missing)),
            };
            if secret.len() > LONGEST_SECRET {
                return Err(Error::invalid(&format!("secrets.{name}"), Why::TooLong { most: LONGEST_SECRET as u32 }));
            }
            secrets.insert(name.clone(), secret);
        }
        if let Some(stranger) = given_secrets.keys().find(|name| !manifest.secrets.contains_key(*name)) {
            return Err(Error::invalid(&format!("secrets.{stranger}"), Why::NotAChoice));
        }
        Ok(Self { settings, secrets })
    }
}
