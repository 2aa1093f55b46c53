//! All addresses, on one screen.

mod admin;
pub mod asset;
pub mod desk_door;
pub mod file;
pub mod forms;
mod hooks;
pub mod identity;
pub mod live;
mod log;
mod origin;
pub mod page;
pub mod print;
pub mod remote;
pub mod sent_mail;
mod sheet;
pub(crate) mod status;

use crate::api::rate::Rates;
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, header},
    middleware,
    routing::{get, post},
};
use desk::{Desk, model::ApiKeyId};
use leptos::config::LeptosOptions;
use std::{net::IpAddr, sync::Arc, time::Duration};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, set_header::SetResponseHeaderLayer};

/// What every door needs.
#[derive(Clone, Debug)]
pub struct App {
    pub desk: Desk,
    pub assets: portal::Assets,
    pub leptos: LeptosOptions,
    /// How often each key called.
    pub rates: Arc<Rates<ApiKeyId>>,
    /// How often somebody whom nobody knows posted, by where they are.
    pub strangers: Arc<Rates<IpAddr>>,
    /// Who says where a call came from.
    pub proxies: Arc<remote::Proxies>,
    /// Mail that leaves can be read on a page: the demo's way.
    pub keeps_mail: bool,
}

impl axum::extract::FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        app.leptos.clone()
    }
}

impl App {
    pub fn new(desk: Desk, keeps_mail: bool) -> Self {
        // Pages load their data on this runtime. Once for each process; later calls change nothing.
        let _ = any_spawner::Executor::init_tokio();
        let leptos = LeptosOptions::builder().output_name("saker").build();
        let assets = asset::manifest();
        let (rates, strangers, proxies) = Default::default();
        Self { desk, assets, leptos, rates, strangers, proxies, keeps_mail }
    }

    /// Behind these proxies.
    pub fn behind(mut self, proxies: remote::Proxies) -> Self {
        self.proxies = Arc::new(proxies);
        self
    }

    /// Whether browsers come here by lines that nobody reads along.
    pub fn is_safe(&self) -> bool {
        self.desk.public_url().starts_with("https://")
    }
}

/// How long the database has to show that it is there.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// Bytes of one uploaded file, with what a form adds.
const LARGEST_UPLOAD: usize = (25 << 20) + (1 << 20);

/// Browsers that came by a safe line once come by no other for a year: nobody in between can lead them to one.
const ALWAYS_SAFE: &str = "max-age=31536000";

pub fn router(app: App) -> Router {
    let safety = app.is_safe().then(|| HeaderValue::from_static(ALWAYS_SAFE));
    let pages = Router::new()
        // Customers and agents: two apps, one server. Server functions are registered once, by name.
        .route("/call/{*name}", post(page::call).get(page::call))
        .route("/desk", get(page::agent))
        .route("/desk/{*place}", get(page::agent))
        .route("/desk/print/{number}", get(print::request))
        .route("/desk/log/{name}", get(log::file))
        .route("/desk/sign-in", post(desk_door::sign_in).get(page::agent_door))
        .route("/desk/sign-in/{token}", post(desk_door::redeem).get(page::agent_door))
        .route("/desk/sign-out", post(desk_door::sign_out))
        .route("/live", get(live::stream))
        .route("/upload", post(file::upload).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)))
        .route("/file/attachment/{id}", get(file::attachment))
        .route("/file/message/{name}", get(file::message))
        .route("/sent-mail", get(sent_mail::list))
        .route("/sent-mail/{name}", get(sent_mail::one))
        .merge(admin::routes())
        .merge(forms::routes())
        .fallback(page::customer)
        .layer(middleware::from_fn_with_state(app.clone(), identity::recognise));
    Router::new()
        .merge(pages)
        .merge(crate::api::routes())
        .merge(hooks::routes())
        .route("/assets/{name}", get(asset::serve))
        .route("/healthz", get(health))
        .layer(CatchPanicLayer::new())
        .layer(CompressionLayer::new().compress_when(asset::worth_squeezing()))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(header::X_FRAME_OPTIONS, "SAMEORIGIN"))
        .layer(SetResponseHeaderLayer::if_not_present(header::STRICT_TRANSPORT_SECURITY, safety))
        .with_state(app)
}

/// `GET /healthz`: whether this node can do its work, for whoever leads people to it.
async fn health(State(app): State<App>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(LONGEST_LOOK, app.desk.last_event()).await {
        Ok(Ok(_)) => (StatusCode::OK, "ok"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"),
    }
}

fn header(name: header::HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
