//! The doors of the settings of plugins that have no accounts.

use super::{
    accounts::{note, objects, told},
    chief::{Chief, done, html, plugin_path},
    form::{self, Fields},
};
use axum::{extract::Path, http::StatusCode, response::Response};
use desk::{Error, Why, model::*};
use portal::agent::admin::{self, Said, Typed};

pub async fn form(chief: Chief, Path(id): Path<PluginId>) -> Response {
    chief.shown(draw(&chief, &id, StatusCode::OK, &Typed::default()).await).await
}

async fn draw(chief: &Chief, id: &PluginId, status: StatusCode, typed: &Typed) -> desk::Result<Response> {
    let (desk, actor) = (chief.desk(), chief.actor());
    let (plugin, form) = (desk.plugin(actor, id).await?, desk.plugin_form(actor, id).await?);
    let saved = desk.plugin_settings(actor, id).await?;
    Ok(html(status, admin::settings(&chief.around().await?, &plugin, &form, &saved, typed)))
}

/// `POST /desk/admin/plugins/{plugin}/settings`
pub async fn save(chief: Chief, Path(id): Path<PluginId>, fields: Fields) -> Response {
    let mut typed = form::typed(fields);
    let save = async {
        let form = chief.desk().plugin_form(chief.actor(), &id).await?;
        let before: Vec<String> = chief.desk().plugin_settings(chief.actor(), &id).await?.secrets.into_keys().collect();
        let (settings, secrets) = told(&chief, &id, &form, &mut typed, &before);
        if typed.is_fine() {
            let new = PluginSettings { settings, secrets };
            match chief.desk().save_plugin_settings(chief.actor(), &id, new).await {
                Ok(()) => return done(Said::Kept, &format!("{}/settings", plugin_path(&id))),
                Err(Error::Invalid { why: Why::Unfit { words, .. }, .. }) => objects(&chief, &form, &mut typed, &words),
                Err(error) => note(&chief, &mut typed, error)?,
            }
        }
        draw(&chief, &id, StatusCode::UNPROCESSABLE_ENTITY, &typed).await
    };
    let came = save.await;
    chief.shown(came).await
}
