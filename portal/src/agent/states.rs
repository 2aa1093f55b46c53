//! What a pane shows when it has nothing to show: still loading, refused, or empty.

use super::{here::here, place::ADMINISTRATION};
use crate::{Fault, ui::Icon, visitor::words};
use leptos::prelude::*;

/// The shape of what is on its way. Invisible for the first third of a second.
#[component]
pub fn Skeleton(rows: usize) -> impl IntoView {
    let lines = (0..rows).map(|_| view! { <div class="skel-row"><i class="skel skel-s"></i><i class="skel skel-m"></i><i class="skel skel-l"></i></div> }).collect_view();
    view! { <div class="skels" role="status" aria-label=words().loading()>{lines}</div> }.into_any()
}

/// It could not be read. Says why, and offers to try again.
#[component]
pub fn Failed(fault: Fault, #[prop(into)] retry: Callback<()>) -> impl IntoView {
    let w = words();
    view! {
        <div class="empty" role="alert">
            <svg class="art" viewBox="0 0 72 72" aria-hidden="true">
                <path d="M36 12 10 58h52z"></path><path class="accent" d="M36 28v14M36 50v.01"></path>
            </svg>
            <h2>{w.could_not_read()}</h2>
            <p>{w.fault(&fault)}</p>
            <button type="button" class="btn" on:click=move |_| retry.run(())><Icon name="refresh"/>{w.retry()}</button>
        </div>
    }
    .into_any()
}

/// Nothing is here, and that is fine.
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <svg class="art" viewBox="0 0 72 72" aria-hidden="true">
                <path d="m12 40 9-22h30l9 22v16H12z"></path><path d="M12 40h14l3 6h14l3-6h14"></path><path class="accent" d="m29 28 5 5 9-10"></path>
            </svg>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}

/// Bars over the whole page: no line, or no session.
#[component]
pub fn Bars() -> impl IntoView {
    let (here, w) = (here(), words());
    view! {
        <div class="bars">
            <Show when=move || here.tripped.with(|tripped| !tripped.is_empty())>
                <p class="banner banner-bad" role="status">
                    <Icon name="alert"/><span class="grow">{move || here.tripped.with(|tripped| w.plugins_tripped(tripped))}</span>
                    <a class="btn btn-sm" href=ADMINISTRATION rel="external">{w.plugins()}</a>
                </p>
            </Show>
            <Show when=move || !here.online.get()>
                <p class="banner" role="status"><Icon name="info"/>{w.offline()}</p>
            </Show>
            <Show when=move || here.signed_out.get()>
                <p class="banner banner-warn" role="alert">
                    <Icon name="lock"/>{w.signed_out()}
                    <a class="btn btn-sm" href="/desk/sign-in" rel="external">{w.sign_in()}</a>
                </p>
            </Show>
        </div>
    }
    .into_any()
}
