//! The pages of administrators: plugins and channels. Plain pages and plain posts; whoever is no administrator finds nothing
//! here.

mod accounts;
mod chief;
mod form;
mod plugins;
mod settings;

use super::App;
use axum::{
    Router,
    extract::{DefaultBodyLimit, OriginalUri},
    response::Redirect,
    routing::{MethodRouter, get, post},
};

/// Bytes of one post with a plugin's file: a slip with a much larger file is answered, not cut off.
const LARGEST_POST: usize = 300_000_000;

pub fn routes() -> Router<App> {
    let with_file = Router::new()
        .route("/desk/admin/plugins", get(plugins::list).post(plugins::look))
        .layer(DefaultBodyLimit::max(LARGEST_POST));
    Router::new()
        .route("/desk/admin", get(|_: chief::Chief| async { Redirect::to("/desk/admin/plugins") }))
        .route("/desk/admin/plugins/sheet/{file}", get(plugins::sheet).post(plugins::install))
        .route("/desk/admin/plugins/shipped/{plugin}", posted(post(plugins::look_at_shipped), 2))
        .route("/desk/admin/plugins/{plugin}", get(plugins::overview))
        .route("/desk/admin/plugins/{plugin}/settings", get(settings::form).post(settings::save))
        .route("/desk/admin/plugins/{plugin}/picture", get(plugins::picture))
        .route("/desk/admin/plugins/{plugin}/log", get(plugins::log))
        .route("/desk/admin/plugins/{plugin}/egress", get(plugins::egress))
        .route("/desk/admin/plugins/{plugin}/calls", get(plugins::calls))
        .route("/desk/admin/plugins/{plugin}/calls/{call}", get(plugins::recording))
        .route("/desk/admin/plugins/{plugin}/unread", get(plugins::unread).post(plugins::read_all_again))
        .route("/desk/admin/plugins/{plugin}/unread/{call}/again", posted(post(plugins::read_again), 2))
        .route("/desk/admin/plugins/{plugin}/unread/{call}/drop", posted(post(plugins::drop_unread), 2))
        .route("/desk/admin/plugins/{plugin}/on", posted(post(plugins::switch_on), 1))
        .route("/desk/admin/plugins/{plugin}/off", posted(post(plugins::switch_off), 1))
        .route("/desk/admin/plugins/{plugin}/grants", posted(post(plugins::grant), 1))
        .route("/desk/admin/plugins/{plugin}/rollback", posted(post(plugins::roll_back), 1))
        .route("/desk/admin/plugins/{plugin}/remove", get(plugins::leave).post(plugins::remove))
        .route("/desk/admin/publishers", posted(post(plugins::pin), 1))
        .route("/desk/admin/publishers/unpin", posted(post(plugins::unpin), 2))
        .route("/desk/admin/channels", get(accounts::list))
        .route("/desk/admin/channels/new/{plugin}", get(accounts::blank).post(accounts::add))
        .route("/desk/admin/channels/{account}", get(accounts::one).post(accounts::save))
        .route("/desk/admin/channels/new/{plugin}/try", posted(post(accounts::try_new), 1))
        .route("/desk/admin/channels/{account}/try", posted(post(accounts::try_one), 1))
        .route("/desk/admin/channels/{account}/check", posted(post(accounts::check), 1))
        .route("/desk/admin/channels/{account}/connect", posted(post(accounts::connect), 1))
        .route("/desk/admin/channels/{account}/pause", posted(post(accounts::pause), 1))
        .route("/desk/admin/channels/{account}/resume", posted(post(accounts::resume), 1))
        .route("/desk/admin/channels/{account}/remove", get(accounts::leave).post(accounts::remove))
        .merge(with_file)
}

/// A door that is only posted to. Whoever opens its address, as after a form that came back, is led so many steps up: to the
/// page that the form stands on.
fn posted(door: MethodRouter<App>, steps: usize) -> MethodRouter<App> {
    door.get(move |_: chief::Chief, OriginalUri(uri): OriginalUri| async move {
        let above = uri.path().rsplitn(steps + 1, '/').last().unwrap_or_default();
        Redirect::to(above)
    })
}
