//! The doors of plugins' pages.

use super::{
    chief::{Chief, done, html, of, plugin_path},
    form::{self, Fields},
};
use axum::{
    extract::{Multipart, Path, Query, multipart::MultipartRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use desk::{Error, Why, model::*};
use portal::agent::admin::{self, Health, Said, Span, Typed, UNSIGNED, ticked};
use serde::Deserialize;

/// Which part of a page is looked at. What makes no sense is the beginning.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    days: String,
    level: String,
    words: String,
    after: String,
}

impl Asked {
    fn after(&self) -> Option<String> {
        let is_name = |after: &String| after.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        Some(self.after.clone()).filter(|after| !after.is_empty() && after.len() <= 40 && is_name(after))
    }
}

pub async fn list(chief: Chief) -> Response {
    chief.shown(draw_list(&chief, StatusCode::OK, &Typed::default()).await).await
}

async fn draw_list(chief: &Chief, status: StatusCode, typed: &Typed) -> desk::Result<Response> {
    let (desk, actor) = (chief.desk(), chief.actor());
    let mut rows = vec![];
    for plugin in desk.plugins(actor).await? {
        let health = Health::of(&desk.plugin_hours(actor, &plugin.id, 1).await?);
        rows.push((plugin, health));
    }
    let (shipped, pinned) = (desk.shipped_plugins(actor).await?, desk.pinned_publishers(actor).await?);
    Ok(html(status, admin::plugins(&chief.around().await?, &rows, &shipped, &pinned, typed)))
}

/// `POST /desk/admin/plugins`: a file to be looked through. Leads to its sheet.
pub async fn look(chief: Chief, sent: Result<Multipart, MultipartRejection>) -> Response {
    let looked = match form::file(sent).await {
        Ok(file) => chief.desk().look_at_plugin(chief.actor(), file).await,
        Err(error) => Err(error),
    };
    let came = match looked {
        Ok(sheet) => Ok(Redirect::to(&format!("/desk/admin/plugins/sheet/{}", sheet.file)).into_response()),
        Err(error) => {
            let mut typed = Typed::of(vec![]);
            chief.note(&mut typed, &error, &["file"]);
            draw_list(&chief, of(&error), &typed).await
        }
    };
    chief.shown(came).await
}

/// `POST /desk/admin/plugins/shipped/{plugin}`: as if the file of what comes with Saker had been handed in.
pub async fn look_at_shipped(chief: Chief, Path(id): Path<PluginId>) -> Response {
    let looked = chief.desk().look_at_shipped_plugin(chief.actor(), &id).await;
    let led = looked.map(|sheet| Redirect::to(&format!("/desk/admin/plugins/sheet/{}", sheet.file)).into_response());
    chief.shown(led).await
}

pub async fn sheet(chief: Chief, Path(file): Path<String>) -> Response {
    chief.shown(draw_sheet(&chief, &file, StatusCode::OK, &Typed::default()).await).await
}

async fn draw_sheet(chief: &Chief, file: &str, status: StatusCode, typed: &Typed) -> desk::Result<Response> {
    let (desk, actor) = (chief.desk(), chief.actor());
    let sheet = match desk.plugin_sheet(actor, file).await {
        Ok(sheet) => sheet,
        // Looked at too long ago.
        Err(Error::NotFound) => {
            let mut typed = Typed::of(vec![]);
            typed.blame("file", chief.words().sheet_gone().to_owned());
            return draw_list(chief, StatusCode::NOT_FOUND, &typed).await;
        }
        Err(error) => return Err(error),
    };
    let (here, pinned) = (desk.plugins(actor).await?, desk.pinned_publishers(actor).await?);
    Ok(html(status, admin::sheet(&chief.around().await?, &sheet, &here, &pinned, typed)))
}

/// `POST /desk/admin/plugins/sheet/{file}`: the answer to a sheet.
pub async fn install(chief: Chief, Path(file): Path<String>, fields: Fields) -> Response {
    let mut typed = form::typed(fields);
    let unsigned = typed.text(UNSIGNED) == "yes";
    let asked = Install { file: file.clone(), granted: ticked(&typed), unsigned };
    let came = match chief.desk().install_plugin(chief.actor(), asked).await {
        Ok(plugin) => done(Said::Installed, &plugin_path(&plugin.id)),
        Err(error) => {
            note_grants(&chief, &mut typed, &error);
            draw_sheet(&chief, &file, of(&error), &typed).await
        }
    };
    chief.shown(came).await
}

/// What the desk said to lines that were ticked, where the reader can do something about it.
fn note_grants(chief: &Chief, typed: &mut Typed, error: &Error) {
    match error {
        Error::Invalid { field, why: Why::Needed } if field == "granted" => {
            typed.blame("granted", chief.words().tick_this().to_owned());
        }
        Error::Invalid { why: Why::Unsigned, .. } if typed.text(UNSIGNED) != "yes" => {
            typed.blame(UNSIGNED, chief.words().say_unsigned().to_owned());
        }
        other => chief.note(typed, other, &[]),
    }
}

/// A plugin and the accounts that it serves.
async fn whole(chief: &Chief, id: &PluginId) -> desk::Result<(Plugin, Vec<Channel>)> {
    let plugin = chief.desk().plugin(chief.actor(), id).await?;
    let mut accounts = chief.desk().channels(chief.actor()).await?;
    accounts.retain(|account| account.plugin == *id);
    Ok((plugin, accounts))
}

pub async fn overview(chief: Chief, Path(id): Path<PluginId>, Query(asked): Query<Asked>) -> Response {
    let span = Span::read(&asked.days);
    chief.shown(draw_overview(&chief, &id, span, StatusCode::OK, &Typed::default()).await).await
}

async fn draw_overview(
    chief: &Chief,
    id: &PluginId,
    span: Span,
    status: StatusCode,
    typed: &Typed,
) -> desk::Result<Response> {
    let (plugin, accounts) = whole(chief, id).await?;
    let hours = chief.desk().plugin_hours(chief.actor(), id, span.days()).await?;
    let now = chief.desk().clock().now();
    Ok(html(status, admin::overview(&chief.around().await?, &plugin, &hours, span, now, &accounts, typed)))
}

pub async fn picture(chief: Chief, Path(id): Path<PluginId>) -> Response {
    match chief.desk().plugin_picture(&id).await {
        Ok((mime, bytes)) => {
            let head = [
                (header::CONTENT_TYPE, mime),
                // A drawing from outside: opened by itself it may do nothing.
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox".to_owned()),
                (header::CACHE_CONTROL, "private, max-age=300".to_owned()),
            ];
            (head, bytes).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

pub async fn log(chief: Chief, Path(id): Path<PluginId>, Query(asked): Query<Asked>) -> Response {
    let text = |text: &str| Some(text.trim().replace('\0', "")).filter(|text| !text.is_empty() && text.len() <= 400);
    let asked = LinesAsked { level: text(&asked.level), words: text(&asked.words), after: asked.after() };
    let draw = async || {
        let (plugin, accounts) = whole(&chief, &id).await?;
        let lines = chief.desk().plugin_lines(chief.actor(), &id, asked.clone()).await?;
        Ok(html(StatusCode::OK, admin::log(&chief.around().await?, &plugin, &lines, &asked, &accounts)))
    };
    chief.shown(draw().await).await
}

pub async fn egress(chief: Chief, Path(id): Path<PluginId>, Query(asked): Query<Asked>) -> Response {
    let after = asked.after();
    let draw = async || {
        let (plugin, accounts) = whole(&chief, &id).await?;
        let requests = chief.desk().egress(chief.actor(), &id, after.as_deref()).await?;
        Ok(html(StatusCode::OK, admin::egress(&chief.around().await?, &plugin, &requests, after.as_deref(), &accounts)))
    };
    chief.shown(draw().await).await
}

pub async fn calls(chief: Chief, Path(id): Path<PluginId>) -> Response {
    let draw = async || {
        let (plugin, accounts) = whole(&chief, &id).await?;
        let calls = chief.desk().plugin_calls(chief.actor(), &id, None).await?;
        Ok(html(StatusCode::OK, admin::calls(&chief.around().await?, &plugin, &calls, &accounts)))
    };
    chief.shown(draw().await).await
}

/// What went into a call that failed, as a file for `saker plugin replay`.
pub async fn recording(chief: Chief, Path((id, call)): Path<(PluginId, String)>) -> Response {
    let find = async || {
        // As many as are kept stand on one page.
        let calls = chief.desk().plugin_calls(chief.actor(), &id, None).await?;
        let record = calls.into_iter().find(|kept| kept.id == call).and_then(|kept| kept.record);
        let record = record.ok_or(Error::NotFound)?;
        let head = [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"call-{}.json\"", plain(&call))),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ];
        Ok((head, record).into_response())
    };
    chief.shown(find().await).await
}

pub async fn unread(chief: Chief, Path(id): Path<PluginId>, Query(asked): Query<Asked>) -> Response {
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let draw = async || {
        let (plugin, accounts) = whole(&chief, &id).await?;
        let calls = match chief.desk().unread_calls(chief.actor(), &id, after).await {
            // What makes no sense is the beginning.
            Err(Error::Invalid { .. }) => chief.desk().unread_calls(chief.actor(), &id, None).await?,
            other => other?,
        };
        Ok(html(StatusCode::OK, admin::unread(&chief.around().await?, &plugin, &calls, after.is_none(), &accounts)))
    };
    chief.shown(draw().await).await
}

pub async fn read_all_again(chief: Chief, Path(id): Path<PluginId>) -> Response {
    let came = chief.desk().read_again(chief.actor(), &id, None).await;
    chief.shown(came.and_then(|_| done(Said::ReadAgain, &unread_path(&id)))).await
}

/// One that was read or dropped meanwhile is no mistake: the page shows what is left.
pub async fn read_again(chief: Chief, Path((id, call)): Path<(PluginId, String)>) -> Response {
    let came = match chief.desk().read_again(chief.actor(), &id, Some(&call)).await {
        Ok(_) | Err(Error::NotFound) => done(Said::ReadAgain, &unread_path(&id)),
        Err(error) => Err(error),
    };
    chief.shown(came).await
}

pub async fn drop_unread(chief: Chief, Path((id, call)): Path<(PluginId, String)>) -> Response {
    let came = match chief.desk().drop_unread(chief.actor(), &id, &call).await {
        Ok(()) | Err(Error::NotFound) => done(Said::Dropped, &unread_path(&id)),
        Err(error) => Err(error),
    };
    chief.shown(came).await
}

fn unread_path(id: &PluginId) -> String {
    format!("{}/unread", plugin_path(id))
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

pub async fn switch_on(chief: Chief, Path(id): Path<PluginId>) -> Response {
    let came = chief.desk().switch_plugin(chief.actor(), &id, true).await;
    chief.shown(came.and_then(|_| done(Said::On, &plugin_path(&id)))).await
}

pub async fn switch_off(chief: Chief, Path(id): Path<PluginId>) -> Response {
    let came = chief.desk().switch_plugin(chief.actor(), &id, false).await;
    chief.shown(came.and_then(|_| done(Said::Off, &plugin_path(&id)))).await
}

pub async fn grant(chief: Chief, Path(id): Path<PluginId>, fields: Fields) -> Response {
    let mut typed = form::typed(fields);
    let came = match chief.desk().grant(chief.actor(), &id, ticked(&typed)).await {
        Ok(_) => done(Said::Granted, &plugin_path(&id)),
        Err(Error::NotFound) => Err(Error::NotFound),
        Err(error) => {
            note_grants(&chief, &mut typed, &error);
            draw_overview(&chief, &id, Span::default(), of(&error), &typed).await
        }
    };
    chief.shown(came).await
}

pub async fn roll_back(chief: Chief, Path(id): Path<PluginId>) -> Response {
    let came = chief.desk().roll_back_plugin(chief.actor(), &id).await;
    chief.shown(came.and_then(|_| done(Said::RolledBack, &plugin_path(&id)))).await
}

pub async fn leave(chief: Chief, Path(id): Path<PluginId>) -> Response {
    chief.shown(draw_leave(&chief, &id, StatusCode::OK, None).await).await
}

async fn draw_leave(chief: &Chief, id: &PluginId, status: StatusCode, why: Option<String>) -> desk::Result<Response> {
    let (plugin, accounts) = whole(chief, id).await?;
    let mut alone = plugin.kinds.clone();
    for other in chief.desk().plugins(chief.actor()).await?.iter().filter(|other| other.id != *id) {
        alone.retain(|kind| !other.kinds.contains(kind));
    }
    Ok(html(status, admin::leave_plugin(&chief.around().await?, &plugin, &accounts, &alone, why)))
}

pub async fn remove(chief: Chief, Path(id): Path<PluginId>) -> Response {
    let came = match chief.desk().remove_plugin(chief.actor(), &id).await {
        Ok(()) => done(Said::Removed, "/desk/admin/plugins"),
        // It got an account in the meantime.
        Err(error @ Error::Invalid { .. }) => {
            draw_leave(&chief, &id, of(&error), Some(chief.words().error(&error))).await
        }
        Err(error) => Err(error),
    };
    chief.shown(came).await
}

pub async fn pin(chief: Chief, fields: Fields) -> Response {
    let mut typed = form::typed(fields);
    let (key, name) = (typed.text("key").to_lowercase(), typed.text("name").to_owned());
    let name = if name.is_empty() { key.chars().take(12).collect() } else { name };
    let came = match chief.desk().pin_publisher(chief.actor(), PinnedPublisher { key, name }).await {
        Ok(()) => done(Said::Pinned, "/desk/admin/plugins"),
        Err(error @ Error::Invalid { .. }) => {
            typed.blame("key", chief.words().not_a_key().to_owned());
            draw_list(&chief, of(&error), &typed).await
        }
        Err(error) => Err(error),
    };
    chief.shown(came).await
}

pub async fn unpin(chief: Chief, fields: Fields) -> Response {
    let typed = form::typed(fields);
    let came = chief.desk().unpin_publisher(chief.actor(), typed.text("key")).await;
    chief.shown(came.and_then(|()| done(Said::Unpinned, "/desk/admin/plugins"))).await
}
