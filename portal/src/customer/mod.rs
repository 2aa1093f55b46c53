//! The customers’ portal. Every page works as plain HTML with plain forms; the browser module only makes it livelier.

mod asking;
pub mod calls;
mod custom;
mod dead_end;
mod fields;
mod files;
mod form;
mod frame;
mod home;
#[cfg(target_family = "wasm")]
mod live;
#[cfg(not(target_family = "wasm"))]
#[path = "still.rs"]
mod live;
pub mod posted;
mod prose;
mod request;
mod requests;
mod sent;
mod sign_in;
mod thread;
mod timeline;

use crate::{
    Assets, Visitor, ui,
    visitor::{provide_words, words},
};
use dead_end::PageNotFound;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// The mark for the browser's tab, in the address itself: one file less to fetch.
const MARK: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 28 28'%3E%3Crect width='28' height='28' rx='7' fill='%234B45C6'/%3E%3Cpath d='M7.5 17.5c3.5 0 5.5-1.5 6.5-4 1 2.5 3 4 6.5 4M10.5 9.5h7' fill='none' stroke='%23fff' stroke-width='2.25' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/// The whole document around [`App`]. Needs [`Visitor`] and [`Assets`] as context, and the page's nonce.
pub fn shell() -> impl IntoView {
    let visitor = use_context::<Visitor>().unwrap_or_default();
    let assets = use_context::<Assets>().unwrap_or_default();
    let nonce = leptos::nonce::use_nonce();
    let (script, module) = (assets.url("customer.js"), assets.url("customer_bg.wasm"));
    // Addresses come from our own manifest; `{:?}` writes them as JavaScript strings.
    let wake =
        format!("import({script:?}).then(m => m.default({{ module_or_path: {module:?} }}).then(() => m.hydrate()))");
    view! {
        <!DOCTYPE html>
        <html lang=visitor.language.tag() data-theme=visitor.theme data-clock=visitor.clock.mark() data-icons=assets.url("icons.svg") data-heard=visitor.heard>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="preload" href=assets.url("inter.woff2") r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                <link rel="icon" href=MARK/>
                <link rel="stylesheet" href=assets.url("customer.css")/>
                <link rel="modulepreload" href=script/>
                <script type="module" nonce=nonce inner_html=wake></script>
                <MetaTags/>
            </head>
            <body class="portal">
                <App/>
            </body>
        </html>
    }
}

/// All pages. The same on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_words();
    ui::provide_clock();
    let w = words();
    view! {
        <Router>
            <a class="skip" href="#content" rel="external">{w.skip_to_content()}</a>
            <Routes fallback=PageNotFound transition=false>
                <Route path=path!("/") view=home::Home ssr=SsrMode::Async/>
                <Route path=path!("/new") view=form::NewRequest ssr=SsrMode::Async/>
                <Route path=path!("/sent/:number/:key") view=sent::Sent ssr=SsrMode::Async/>
                <Route path=path!("/r/:number/:key") view=request::RequestPage ssr=SsrMode::Async/>
                <Route path=path!("/r/:number") view=request::RequestPage ssr=SsrMode::Async/>
                <Route path=path!("/requests") view=requests::Requests ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=sign_in::SignIn ssr=SsrMode::Async/>
                <Route path=path!("/sign-in/:token") view=sign_in::Confirm ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
    .into_any()
}

/// Wakes up a page that the server drew.
#[cfg(target_family = "wasm")]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
