//! The doors of channels' accounts.

use super::{
    chief::{Chief, done, html},
    form::{self, Fields},
};
use axum::{extract::Path, http::StatusCode, response::Response};
use desk::{Error, Why, model::*};
use package::Misfit;
use portal::agent::admin::{self, Said, Typed};
use std::collections::BTreeMap;

fn path(id: &AccountId) -> String {
    format!("/desk/admin/channels/{id}")
}

pub async fn list(chief: Chief) -> Response {
    let draw = async || {
        let (accounts, plugins) =
            (chief.desk().channels(chief.actor()).await?, chief.desk().plugins(chief.actor()).await?);
        Ok(html(StatusCode::OK, admin::channels(&chief.around().await?, &accounts, &plugins)))
    };
    chief.shown(draw().await).await
}

pub async fn blank(chief: Chief, Path(plugin): Path<PluginId>) -> Response {
    chief.shown(draw(&chief, &plugin, None, StatusCode::OK, &Typed::default()).await).await
}

pub async fn one(chief: Chief, Path(id): Path<AccountId>) -> Response {
    chief.shown(draw_one(&chief, &id, StatusCode::OK, &Typed::default()).await).await
}

async fn draw_one(chief: &Chief, id: &AccountId, status: StatusCode, typed: &Typed) -> desk::Result<Response> {
    let account = chief.desk().channel(chief.actor(), id).await?;
    draw(chief, &account.plugin, Some(&account), status, typed).await
}

async fn draw(
    chief: &Chief,
    plugin: &PluginId,
    account: Option<&Channel>,
    status: StatusCode,
    typed: &Typed,
) -> desk::Result<Response> {
    let form = chief.desk().channel_form(chief.actor(), plugin).await?;
    let categories = chief.desk().choices(chief.actor()).await?.categories;
    Ok(html(status, admin::account(&chief.around().await?, plugin, &form, account, &categories, typed)))
}

/// The form as it was filled in, with everything that is wrong with it noted at once. The desk has the last word.
fn filled(chief: &Chief, plugin: &PluginId, form: &ChannelForm, typed: &mut Typed, before: &[String]) -> NewChannel {
    let w = chief.words();
    let mut new = NewChannel {
        name: typed.text("name").to_owned(),
        category: Some(typed.text("category")).filter(|id| !id.is_empty()).map(CategoryId::from),
        ..NewChannel::default()
    };
    if new.name.is_empty() {
        typed.blame("name", w.why(&Why::Missing));
    }
    (new.settings, new.secrets) = told(chief, plugin, form, typed, before);
    new
}

/// Settings and secrets as they were filled in; those left out stay.
pub(super) fn told(
    chief: &Chief,
    plugin: &PluginId,
    form: &ChannelForm,
    typed: &mut Typed,
    before: &[String],
) -> (serde_json::Map<String, serde_json::Value>, BTreeMap<String, String>) {
    let w = chief.words();
    let (mut settings, mut secrets) = (serde_json::Map::new(), BTreeMap::new());
    for setting in &form.settings.0 {
        let value = setting.typed(typed.text(&format!("settings.{}", setting.name)));
        settings.insert(setting.name.clone(), value);
    }
    for misfit in form.settings.fill(&settings).err().unwrap_or_default() {
        let (Misfit::Missing(name) | Misfit::Wrong(name) | Misfit::Unknown(name)) = &misfit;
        if let Some(setting) = form.settings.setting(name) {
            typed.blame(&format!("settings.{name}"), w.misfit(setting, matches!(misfit, Misfit::Missing(_))));
        }
    }
    for secret in &form.secrets {
        let mut given = typed.text(&format!("secrets.{}", secret.name)).to_owned();
        if given.is_empty() {
            let sealed = typed.text(&format!("carried.{}", secret.name));
            given = chief.desk().carried_secret(chief.actor(), plugin, &secret.name, sealed).unwrap_or_default();
        }
        if !given.is_empty()
            && let Ok(sealed) = chief.desk().carry_secret(chief.actor(), plugin, &secret.name, &given)
        {
            typed.carried.push((secret.name.clone(), sealed));
        }
        let forget = typed.text(&format!("forget.{}", secret.name)) == "yes";
        if !given.is_empty() || forget {
            secrets.insert(secret.name.clone(), given);
        } else if secret.needed && !before.contains(&secret.name) {
            typed.blame(&format!("secrets.{}", secret.name), w.why(&Why::Missing));
        }
    }
    (settings, secrets)
}

/// `POST /desk/admin/channels/new/{plugin}`
pub async fn add(chief: Chief, Path(plugin): Path<PluginId>, fields: Fields) -> Response {
    let mut typed = form::typed(fields);
    let add = async {
        let anyway = typed.text(admin::ANYWAY) == "yes";
        let form = chief.desk().channel_form(chief.actor(), &plugin).await?;
        let new = NewChannel { check: !anyway, ..filled(&chief, &plugin, &form, &mut typed, &[]) };
        if typed.is_fine() {
            match chief.desk().add_channel(chief.actor(), &plugin, new).await {
                Ok(account) => return done(saved(anyway), &path(&account.id)),
                Err(error) => refused(&chief, &form, &mut typed, error)?,
            }
        }
        draw(&chief, &plugin, None, StatusCode::UNPROCESSABLE_ENTITY, &typed).await
    };
    let came = add.await;
    chief.shown(came).await
}

/// `POST /desk/admin/channels/{account}`
pub async fn save(chief: Chief, Path(id): Path<AccountId>, fields: Fields) -> Response {
    let mut typed = form::typed(fields);
    let save = async {
        let account = chief.desk().channel(chief.actor(), &id).await?;
        let form = chief.desk().channel_form(chief.actor(), &account.plugin).await?;
        let mut new = filled(&chief, &account.plugin, &form, &mut typed, &account.secrets);
        let anyway = typed.text(admin::ANYWAY) == "yes";
        (new.off, new.check) = (account.state == ChannelState::Off, !anyway);
        if typed.is_fine() {
            match chief.desk().save_channel(chief.actor(), &id, new).await {
                Ok(_) => return done(saved(anyway), &path(&id)),
                Err(error) => refused(&chief, &form, &mut typed, error)?,
            }
        }
        draw(&chief, &account.plugin, Some(&account), StatusCode::UNPROCESSABLE_ENTITY, &typed).await
    };
    let came = save.await;
    chief.shown(came).await
}

/// What is said of an account that was saved: it works as far as its plugin knows, or nobody looked.
fn saved(anyway: bool) -> Said {
    if anyway { Said::Saved } else { Said::Kept }
}

/// Why an account was not saved. What its plugin has against it, somebody may know better.
fn refused(chief: &Chief, form: &ChannelForm, typed: &mut Typed, error: Error) -> desk::Result<()> {
    match error {
        Error::Invalid { why: Why::Unfit { words, .. }, .. } => {
            objects(chief, form, typed, &words);
            typed.may_stand = true;
            Ok(())
        }
        error => note(chief, typed, error),
    }
}

/// `POST /desk/admin/channels/new/{plugin}/try`
pub async fn try_new(chief: Chief, Path(plugin): Path<PluginId>, fields: Fields) -> Response {
    let typed = form::typed(fields);
    chief.shown(try_sample(&chief, &plugin, None, typed).await).await
}

/// `POST /desk/admin/channels/{account}/try`
pub async fn try_one(chief: Chief, Path(id): Path<AccountId>, fields: Fields) -> Response {
    let typed = form::typed(fields);
    let came = async {
        let account = chief.desk().channel(chief.actor(), &id).await?;
        try_sample(&chief, &account.plugin, Some(&account), typed).await
    };
    let came = came.await;
    chief.shown(came).await
}

/// The form as it was, with what the plugin makes of the sample. Nothing is missing but what it needs for that.
async fn try_sample(
    chief: &Chief,
    plugin: &PluginId,
    account: Option<&Channel>,
    mut typed: Typed,
) -> desk::Result<Response> {
    let form = chief.desk().channel_form(chief.actor(), plugin).await?;
    let (settings, _) = told(chief, plugin, &form, &mut typed, &[]);
    typed.wrong.retain(|(name, _)| !name.starts_with("secrets."));
    if typed.is_fine() {
        let sample = NewSample { settings, sample: typed.text("sample").to_owned() };
        match chief.desk().try_sample(chief.actor(), plugin, sample).await {
            Ok(tried) => typed.tried = Some(tried),
            Err(Error::Invalid { why: Why::Unfit { words, .. }, .. }) => {
                let about = beside(&form, &words);
                let said = match (&about, named(&form, &words)) {
                    (Some((_, about)), Some(name)) => chief.words().said_about(name, about),
                    _ => words.clone(),
                };
                if let Some((field, about)) = about {
                    typed.blame(&field, about.to_owned());
                }
                typed.blame("sample", chief.words().sample_unread(&said));
            }
            Err(Error::Invalid { field, why }) if field == "sample" => typed.blame("sample", chief.words().why(&why)),
            Err(error) => note(chief, &mut typed, error)?,
        }
    }
    let status = if typed.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    draw(chief, plugin, account, status, &typed).await
}

/// What the desk found wrong with the form, beside its fields. What is no matter of the form is passed on.
pub(super) fn note(chief: &Chief, typed: &mut Typed, error: Error) -> desk::Result<()> {
    match error {
        Error::Invalid { field, why } if field == "name" || field.contains('.') => {
            typed.blame(&field, chief.words().why(&why));
        }
        Error::Invalid { why, .. } => typed.trouble = Some(chief.words().why(&why)),
        other => return Err(other),
    }
    Ok(())
}

pub async fn check(chief: Chief, Path(id): Path<AccountId>) -> Response {
    let came = chief.desk().check_channel(chief.actor(), &id).await;
    set_up(&chief, &id, came, Said::Works).await
}

pub async fn connect(chief: Chief, Path(id): Path<AccountId>) -> Response {
    let came = chief.desk().connect_channel(chief.actor(), &id).await;
    set_up(&chief, &id, came, Said::Connected).await
}

/// What the plugin said. Words that begin with the name of a field and a colon stand beside that field.
async fn set_up(chief: &Chief, id: &AccountId, came: desk::Result<Channel>, said: Said) -> Response {
    let came = match came {
        Ok(_) => done(said, &path(id)),
        Err(Error::Invalid { why: Why::Unfit { words, .. }, .. }) => {
            let told = async || {
                let account = chief.desk().channel(chief.actor(), id).await?;
                let form = chief.desk().channel_form(chief.actor(), &account.plugin).await?;
                let mut typed = Typed::default();
                objects(chief, &form, &mut typed, &words);
                let about = beside(&form, &words).map_or(words.as_str(), |(_, about)| about);
                typed.trouble = Some(chief.words().check_failed(about));
                draw(chief, &account.plugin, Some(&account), StatusCode::UNPROCESSABLE_ENTITY, &typed).await
            };
            told().await
        }
        Err(error) => Err(error),
    };
    chief.shown(came).await
}

/// What a plugin has against its settings: beside the field that it names, else over the form.
pub(super) fn objects(chief: &Chief, form: &ChannelForm, typed: &mut Typed, words: &str) {
    match beside(form, words) {
        Some((field, about)) => typed.blame(&field, about.to_owned()),
        None => typed.trouble = Some(chief.words().check_failed(words)),
    }
}

/// `NAME: words`, where the form has a field of that name.
fn beside<'a>(form: &ChannelForm, words: &'a str) -> Option<(String, &'a str)> {
    let (name, about) = words.split_once(':')?;
    let about = about.trim();
    match name {
        name if form.settings.setting(name).is_some() => Some((format!("settings.{name}"), about)),
        name if form.secrets.iter().any(|secret| secret.name == name) => Some((format!("secrets.{name}"), about)),
        _ => None,
    }
}

/// What the form calls the field that words begin with.
fn named<'a>(form: &'a ChannelForm, words: &str) -> Option<&'a Words> {
    let (name, _) = words.split_once(':')?;
    let secret = || form.secrets.iter().find(|secret| secret.name == name).map(|secret| &secret.title);
    form.settings.setting(name).map(|setting| &setting.title).or_else(secret)
}

pub async fn pause(chief: Chief, Path(id): Path<AccountId>) -> Response {
    turn(&chief, &id, true).await
}

pub async fn resume(chief: Chief, Path(id): Path<AccountId>) -> Response {
    turn(&chief, &id, false).await
}

/// Switches an account off or on, with everything else as it is.
async fn turn(chief: &Chief, id: &AccountId, off: bool) -> Response {
    let turn = async || {
        chief.desk().switch_channel(chief.actor(), id, off).await?;
        done(if off { Said::Paused } else { Said::Resumed }, &path(id))
    };
    chief.shown(turn().await).await
}

pub async fn leave(chief: Chief, Path(id): Path<AccountId>) -> Response {
    let draw = async || {
        let account = chief.desk().channel(chief.actor(), &id).await?;
        Ok(html(StatusCode::OK, admin::leave_account(&chief.around().await?, &account)))
    };
    chief.shown(draw().await).await
}

pub async fn remove(chief: Chief, Path(id): Path<AccountId>) -> Response {
    let came = chief.desk().delete_channel(chief.actor(), &id).await;
    chief.shown(came.and_then(|()| done(Said::Removed, "/desk/admin/channels"))).await
}
