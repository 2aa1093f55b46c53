//! What is installed, and where a file is handed in.

use super::{
    document::{Around, Head, Part, act, beside, came_back, document},
    health::Health,
    picture::{picture, state},
    typed::Typed,
};
use crate::{ui::Icon, words::Words};
use desk::model::{PinnedPublisher, Plugin, PluginState, ShippedPlugin};
use leptos::prelude::*;

/// The list, each with how it went in the last 24 hours; `typed` is the form that came back, for a file or a publisher.
pub fn plugins(
    around: &Around,
    installed: &[(Plugin, Health)],
    shipped: &[ShippedPlugin],
    pinned: &[PinnedPublisher],
    typed: &Typed,
) -> String {
    let head = Head { part: Part::Plugins, title: around.words().plugins().to_owned(), up: None, next: None };
    document(around, head, |w| {
        let rows = installed.iter().map(|(plugin, health)| row(plugin, *health, w)).collect_view();
        let list = match installed.is_empty() {
            true => view! { <div class="empty"><h2>{w.no_plugins()}</h2><p>{w.no_plugins_help()}</p></div> }.into_any(),
            false => view! { <ul class="plugin-list">{rows}</ul> }.into_any(),
        };
        view! { {came_back(typed, w)}{list}{offered(shipped, w)}{upload(typed, w)}{publishers(pinned, typed, w)} }
            .into_any()
    })
}

fn row(plugin: &Plugin, health: Health, w: Words) -> AnyView {
    let kinds = plugin.kinds.iter().map(|kind| w.plugin_kind(*kind)).collect::<Vec<_>>().join(", ");
    let about = format!("{} · {kinds}", plugin.version);
    let tripped = (plugin.state == PluginState::Tripped).then(|| {
        view! { <p class="sm plugin-why">{w.tripped(plugin.why.as_deref().unwrap_or_default(), plugin.retry_at)}</p> }
    });
    view! {
        <li class="card plugin-row">
            {picture(&plugin.id, plugin.picture)}
            <div class="grow">
                <h2 class="plugin-name"><a href=format!("/desk/admin/plugins/{}", plugin.id)>{w.both_of(&plugin.name)}</a></h2>
                <p class="sm t2">{w.both_of(&plugin.summary)}</p>
                <p class="xs t3">{about}</p>
                {tripped}
                {(plugin.unread > 0).then(|| view! { <p class="sm plugin-why">{w.waits_unread(plugin.unread)}</p> })}
            </div>
            <div class="plugin-end">{state(plugin.state, w)}
                <p class="xs t3">{w.plugin_figures(health.calls, health.failures + health.errors, &w.millis(health.mean()))}<span class="hide-phone">", "{w.last_day()}</span></p>
            </div>
        </li>
    }
    .into_any()
}

/// What comes with Saker, and what lies in the folder for plugins: it does nothing before somebody installs it.
fn offered(shipped: &[ShippedPlugin], w: Words) -> AnyView {
    let mut open: Vec<_> = shipped.iter().filter(|one| one.installed.is_none() || one.newer).collect();
    open.sort_by_key(|one| w.both_of(&one.name).to_lowercase());
    let (aside, with_us): (Vec<_>, Vec<_>) = open.into_iter().partition(|one| one.aside);
    let ours = offers("shipped", (w.comes_with_saker(), w.comes_with_saker_help()), &with_us, w);
    let theirs = offers("aside", (w.in_the_folder(), w.in_the_folder_help()), &aside, w);
    view! { {theirs}{ours} }.into_any()
}

fn offers(
    id: &'static str,
    (title, help): (&'static str, &'static str),
    open: &[&ShippedPlugin],
    w: Words,
) -> Option<AnyView> {
    let line = |one: &ShippedPlugin| {
        let name = w.both_of(&one.name);
        let label = if one.newer { w.replace() } else { w.look_at_it() };
        let said = format!("{label}: {name}");
        view! {
            <li class="cap">{picture(&one.id, one.picture)}
                <div class="grow"><b>{name}</b><span class="sm t2">{w.both_of(&one.summary)}</span></div>
                <form method="post" action=format!("/desk/admin/plugins/shipped/{}", one.id)><button class="btn btn-sm" aria-label=said>{label}</button></form>
            </li>
        }
        .into_any()
    };
    (!open.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby=id>
                <div class="card-head"><h2 class="card-title" id=id>{title}</h2></div>
                <p class="card-body sm t2">{help}</p>
                <ul class="caps">{open.iter().map(|one| line(one)).collect_view()}</ul>
            </section>
        }
        .into_any()
    })
}

/// The field takes a file that is dropped on it, as browsers do by themselves.
fn upload(typed: &Typed, w: Words) -> AnyView {
    let wrong = typed.why("file").is_some();
    view! {
        <section class="card" aria-labelledby="install">
            <div class="card-head"><h2 class="card-title" id="install">{w.install_from_file()}</h2></div>
            <form class="card-body card-fields" method="post" action="/desk/admin/plugins" enctype="multipart/form-data">
                <div class="field">
                    <label class="label" for="file">{w.plugin_file()}</label>
                    <p class="hint" id="file-hint">{w.plugin_file_hint()}</p>
                    {beside(typed, "file")}
                    <input class="drop" id="file" type="file" name="file" accept=".wasm,application/wasm" autofocus=wrong
                        aria-invalid=wrong.then_some("true") aria-describedby=if wrong { "file-hint file-error" } else { "file-hint" }/>
                </div>
                <div><button class="btn btn-primary">{w.look_through()}</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn publishers(pinned: &[PinnedPublisher], typed: &Typed, w: Words) -> AnyView {
    let rows = pinned
        .iter()
        .map(|publisher| {
            let key = publisher.key.clone();
            view! {
                <li class="cap"><span class="cap-ic"><Icon name="shield"/></span>
                    <div class="grow"><b>{publisher.name.clone()}</b><span class="mono xs t3 key">{key.clone()}</span></div>
                    <form method="post" action="/desk/admin/publishers/unpin"><input type="hidden" name="key" value=key/>
                        <button class="btn btn-sm" aria-label=format!("{} {}", w.unpin(), publisher.name)>{w.unpin()}</button></form>
                </li>
            }
            .into_any()
        })
        .collect_view();
    let wrong = |name: &str| typed.why(name).map(|_| "true");
    view! {
        <details class="card" open=typed.why("key").is_some() || !pinned.is_empty()>
            <summary class="card-head"><h2 class="card-title grow">{w.publishers()}</h2><Icon name="down"/></summary>
            <p class="card-body sm t2">{if pinned.is_empty() { w.all_publishers() } else { w.pinned_only() }}</p>
            <ul class="caps">{rows}</ul>
            <form class="card-foot pin-form" method="post" action="/desk/admin/publishers">
                <div class="field grow"><label class="label" for="key">{w.publisher_key()}</label>
                    {beside(typed, "key")}
                    <input class="input mono" id="key" name="key" value=typed.text("key").to_owned() maxlength="80" autocomplete="off" spellcheck="false"
                        aria-invalid=wrong("key") aria-describedby=wrong("key").map(|_| "key-error")/></div>
                <div class="field"><label class="label" for="publisher">{w.publisher_name()}</label>
                    <input class="input" id="publisher" name="name" value=typed.text("name").to_owned() maxlength="100"/></div>
                <button class="btn">{w.pin()}</button>
            </form>
        </details>
    }
    .into_any()
}

/// A button that switches it.
pub(super) fn switch(plugin: &Plugin, w: Words) -> AnyView {
    let to = |word: &str| format!("/desk/admin/plugins/{}/{word}", plugin.id);
    match plugin.state {
        PluginState::On => act(to("off"), "btn", w.switch_off()),
        PluginState::Off => act(to("on"), "btn btn-primary", w.switch_on()),
        PluginState::Tripped => view! {
            <div class="flex">{act(to("on"), "btn btn-primary", w.try_again_now())}{act(to("off"), "btn", w.switch_off())}</div>
        }
        .into_any(),
    }
}
