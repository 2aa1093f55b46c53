//! Settings of an account are tried before they are saved: the plugin is asked whether they work, and what it would make of a
//! sample of what the other side sends. Neither leaves a trace on the desk.

use super::{Failure, Filled, HookCall, LANGUAGE, Line, Reached, SetUp};
use crate::{Desk, Error, Result, Why, access::administrator, model::*, person::shorten, token};
use package::Manifest;
use std::collections::BTreeMap;

/// Under this name a plugin finds that nobody calls: a sample is tried. No setting has a point.
const TRIAL: &str = "saker.trial";
/// Bytes of a sample.
const LARGEST_SAMPLE: usize = 100_000;

impl Desk {
    /// What a plugin would make of a sample, with settings that are not saved.
    ///
    /// # Errors
    /// `settings.NAME` for what the plugin's form does not take; `sample` with the plugin's words, where it can't read it.
    pub async fn try_sample(&self, actor: &Actor, plugin: &PluginId, new: NewSample) -> Result<Tried> {
        administrator(actor)?;
        let manifest = self.manifest(plugin).await?;
        let Some(webhook) = manifest.webhook.as_ref().filter(|webhook| webhook.samples) else {
            return Err(Error::NotFound);
        };
        let sample = new.sample.trim();
        if sample.is_empty() {
            return Err(Error::invalid("sample", Why::Missing));
        }
        if sample.len() > LARGEST_SAMPLE.min(webhook.max_body_kb as usize * 1_024) {
            return Err(Error::invalid("sample", Why::TooLong { most: LARGEST_SAMPLE as u32 }));
        }
        let mut settings = Filled::settings(&manifest, &new.settings)?;
        settings.insert(TRIAL.to_owned(), "true".into());
        let filled = Filled { settings, secrets: BTreeMap::new() };
        let line = self.line_to_try(actor, plugin, AccountId::new(), filled).await?;
        match self.outside().try_sample(&line, &call(sample, self.clock().now())).await {
            Ok(heard) => Ok(Tried {
                messages: heard.said.into_iter().map(message).collect(),
                news: heard.news.into_iter().map(news).collect(),
            }),
            Err(why) => Err(unfit("sample", &why)),
        }
    }

    /// Asks the plugin whether settings work that are about to be saved; one that has nothing to set up has nothing against
    /// them.
    ///
    /// # Errors
    /// `settings` with the plugin's words.
    pub(super) async fn check_filled(
        &self,
        actor: &Actor,
        plugin: &PluginId,
        id: &AccountId,
        filled: &Filled,
    ) -> Result<()> {
        let filled = Filled { settings: filled.settings.clone(), secrets: filled.secrets.clone() };
        let line = self.line_to_try(actor, plugin, id.clone(), filled).await?;
        match self.outside().set_up(&line, SetUp::Check).await {
            Ok(_) | Err(Failure::Unsupported) => Ok(()),
            Err(why) => Err(unfit("settings", &why)),
        }
    }

    /// An account that is not there, or not like that. What it is called at leads nowhere.
    async fn line_to_try(&self, actor: &Actor, plugin: &PluginId, id: AccountId, filled: Filled) -> Result<Line> {
        let Filled { mut settings, secrets } = filled;
        settings.insert(LANGUAGE.to_owned(), self.profile(actor).await?.language.tag().into());
        let hook_url = format!("{}/hooks/{}", self.public_url(), token::random());
        Ok(Line {
            account: id,
            plugin: plugin.clone(),
            settings,
            secrets,
            stands: [const { String::new() }; 2],
            hook_url,
            saved: false,
        })
    }
}

impl Filled {
    /// The settings alone, for what needs no secrets.
    fn settings(
        manifest: &Manifest,
        given: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<serde_json::Map<String, serde_json::Value>> {
        let form = package::Form::of(&manifest.settings).map_err(Error::internal)?;
        form.fill(given).map_err(|misfits| crate::plugin::misfit("settings", misfits))
    }
}

/// In the plugin's words, or the host's where it got to say nothing.
pub(super) fn unfit(field: &str, why: &Failure) -> Error {
    Error::invalid(field, Why::Unfit { words: shorten(why.words(), 300), flaw: None })
}

/// The call that a sample is of. Whoever copies an address with all that stands behind `?` means what stands there.
fn call(sample: &str, at: i64) -> HookCall {
    let address = sample.starts_with("http://") || sample.starts_with("https://");
    let sample = sample.split_once('?').filter(|_| address).map_or(sample, |(_, query)| query);
    let mime = if sample.starts_with(['{', '[']) { "application/json" } else { "application/x-www-form-urlencoded" };
    HookCall {
        id: token::random(),
        method: "POST".to_owned(),
        path: String::new(),
        query: String::new(),
        headers: vec![("content-type".to_owned(), mime.as_bytes().to_vec())],
        remote: "127.0.0.1".to_owned(),
        at,
        body: sample.as_bytes().to_vec(),
    }
}

fn message(said: super::Said) -> TriedMessage {
    TriedMessage {
        id: said.external_id,
        conversation: said.conversation,
        title: said.subject.unwrap_or_default(),
        text: said.text,
        name: said.name,
        address: said.address,
        email: said.email.unwrap_or_default(),
        phone: said.phone.unwrap_or_default(),
        sent_at: said.sent_at,
        files: said.files.into_iter().map(|file| file.name).collect(),
    }
}

fn news(news: super::News) -> TriedNews {
    TriedNews {
        message: news.external_id,
        arrived: matches!(news.reached, Reached::Arrived | Reached::Seen),
        failed: news.reached == Reached::Never,
        why: news.why.unwrap_or_default(),
    }
}
