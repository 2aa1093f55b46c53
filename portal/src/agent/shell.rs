//! The document around the workspace, and its routes.

use super::{
    frame::Workspace,
    sign_in::{SignIn, SignInLink},
};
use crate::{
    Assets, Visitor,
    ui::provide_clock,
    visitor::{provide_words, words},
};
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

/// The mark, small enough to come with the page.
pub(super) const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 28 28'%3E%3Crect width='28' height='28' rx='8' fill='%234B45C6'/%3E%3Cpath d='M8.500 10h11M8.500 14.500h7M8.500 19h3.500M15 19l1.800 1.800 3.700-4.300' fill='none' stroke='%23fff' stroke-width='2' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/// The whole HTML document. Drawn on the server only; `Visitor` and `Assets` come from context.
pub fn shell() -> impl IntoView {
    let visitor = use_context::<Visitor>().unwrap_or_default();
    let assets = use_context::<Assets>().unwrap_or_default();
    let (js, wasm) = (assets.url("agent.js"), assets.url("agent_bg.wasm"));
    let wake = format!("import init, {{ hydrate }} from {js:?}; init({{ module_or_path: {wasm:?} }}).then(hydrate);");
    view! {
        <!DOCTYPE html>
        <html lang=visitor.language.tag() data-theme=visitor.theme data-clock=visitor.clock.mark() data-icons=assets.url("icons.svg") data-heard=visitor.heard>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <link rel="icon" href=ICON/>
                <link rel="stylesheet" href=assets.url("agent.css")/>
                <link rel="preload" href=assets.url("inter.woff2") r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                <link rel="modulepreload" href=js/>
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <MetaTags/>
                <script type="module" nonce=leptos::nonce::use_nonce()>{wake}</script>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_words();
    provide_clock();
    view! {
        <Router>
            <Routes fallback=|| view! { <p class="lone">{words().no_such_page()}</p> }>
                <Route path=path!("/desk/sign-in") view=SignIn/>
                <Route path=path!("/desk/sign-in/:token") view=SignInLink/>
                <Route path=path!("/desk/*place") view=Workspace/>
            </Routes>
        </Router>
    }
}
