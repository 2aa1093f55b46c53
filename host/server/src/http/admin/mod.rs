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
    extract::DefaultBodyLimit,
    response::Redirect,
    routing::{get, post},
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
        .route("/desk/admin/plugins/shipped/{plugin}", post(plugins::look_at_shipped))
        .route("/desk/admin/plugins/{plugin}", get(plugins::overview))
        .route("/desk/admin/plugins/{plugin}/settings", get(settings::form).post(settings::save))
        .route("/desk/admin/plugins/{plugin}/picture", get(plugins::picture))
        .route("/desk/admin/plugins/{plugin}/log", get(plugins::log))
        .route("/desk/admin/plugins/{plugin}/egress", get(plugins::egress))
        .route("/desk/admin/plugins/{plugin}/calls", get(plugins::calls))
        .route("/desk/admin/plugins/{plugin}/calls/{call}", get(plugins::recording))
        .route("/desk/admin/plugins/{plugin}/unread", get(plugins::unread).post(plugins::read_all_again))
        .route("/desk/admin/plugins/{plugin}/unread/{call}/again", post(plugins::read_again))
        .route("/desk/admin/plugins/{plugin}/unread/{call}/drop", post(plugins::drop_unread))
        .route("/desk/admin/plugins/{plugin}/on", post(plugins::switch_on))
        .route("/desk/admin/plugins/{plugin}/off", post(plugins::switch_off))
        .route("/desk/admin/plugins/{plugin}/grants", post(plugins::grant))
        .route("/desk/admin/plugins/{plugin}/rollback", post(plugins::roll_back))
        .route("/desk/admin/plugins/{plugin}/remove", get(plugins::leave).post(plugins::remove))
        .route("/desk/admin/publishers", post(plugins::pin))
        .route("/desk/admin/publishers/unpin", post(plugins::unpin))
        .route("/desk/admin/channels", get(accounts::list))
        .route("/desk/admin/channels/new/{plugin}", get(accounts::blank).post(accounts::add))
        .route("/desk/admin/channels/{account}", get(accounts::one).post(accounts::save))
        .route("/desk/admin/channels/new/{plugin}/try", post(accounts::try_new))
        .route("/desk/admin/channels/{account}/try", post(accounts::try_one))
        .route("/desk/admin/channels/{account}/check", post(accounts::check))
        .route("/desk/admin/channels/{account}/connect", post(accounts::connect))
        .route("/desk/admin/channels/{account}/pause", post(accounts::pause))
        .route("/desk/admin/channels/{account}/resume", post(accounts::resume))
        .route("/desk/admin/channels/{account}/remove", get(accounts::leave).post(accounts::remove))
        .merge(with_file)
}
