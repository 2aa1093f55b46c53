//! The rail and the lists.

use super::{
    here::here,
    notices::Notices,
    place::{ADMINISTRATION, CALLER_LOG, Page, Place, list_address},
};
use crate::{
    ui::{Avatar, Icon, Menu},
    visitor::words,
};
use desk::model::List;
use leptos::prelude::*;

/// The lists in the order they are shown, with their drawings.
pub const LISTS: &[(List, &str)] = &[
    (List::Mine, "user"),
    (List::Unassigned, "inbox"),
    (List::Favourites, "star"),
    (List::Latest, "history"),
    (List::Open, "globe"),
    (List::Closed, "archive"),
];

/// The narrow bar at the edge; on a phone, the bar at the foot.
#[component]
pub fn Rail(page: Memo<Page>) -> impl IntoView {
    let (here, w) = (here(), words());
    let current = move |wanted: Page| move || (page.get() == wanted).then_some("page");
    let name = move || here.profile.with(|profile| profile.name.clone());
    view! {
        <nav class="rail" aria-label=w.rail()>
            <span class="mark" aria-hidden="true"><Icon name="mark" size=18/></span>
            <a href=move || list_address(here.list.get()) aria-label=w.tickets() title=w.tickets() aria-current=current(Page::Lists)>
                <Icon name="inbox" size=18/><span class="lab" aria-hidden="true">{w.tickets()}</span>
            </a>
            <a href="/desk/search" aria-label=w.do_search() title=w.with_key(w.do_search(), "/") aria-current=current(Page::Search)>
                <Icon name="search" size=18/><span class="lab" aria-hidden="true">{w.do_search()}</span>
            </a>
            <a href="/desk/new" aria-label=w.new_ticket() title=w.with_key(w.new_ticket(), "C") aria-current=current(Page::New)>
                <Icon name="plus" size=18/><span class="lab" aria-hidden="true">{w.new_short()}</span>
            </a>
            <span class="space"></span>
            <Notices/>
            {here.is_administrator().then(|| view! {
                <a class="hide-phone" href=ADMINISTRATION rel="external" aria-label=w.administration() title=w.with_key(w.administration(), "G P")><Icon name="puzzle" size=18/></a>
            })}
            <a class="hide-phone" href="/desk/settings" aria-label=w.settings() title=w.settings() aria-current=current(Page::Settings)>
                <Icon name="sliders" size=18/>
            </a>
            <Menu id="me" label=Signal::derive(move || w.my_account(&name())) class="rail-button" place="menu-up rail-menu"
                face=move || view! {
                    {move || view! { <Avatar name=name() quiet=true/> }}
                    <span class="lab" aria-hidden="true">{w.me()}</span>
                }>
                <Me/>
            </Menu>
        </nav>
    }
    .into_any()
}

/// Plain forms, so that they work before the page is awake.
#[component]
fn Me() -> impl IntoView {
    let (here, w) = (here(), words());
    view! {
        <p class="menu-head" role="none">{here.profile.with_untracked(|profile| profile.email.clone())}</p>
        <a class="menu-item" role="menuitem" tabindex="-1" href="/desk/settings"><Icon name="sliders"/>{w.settings()}</a>
        {here.is_administrator().then(|| view! {
            <a class="menu-item" role="menuitem" tabindex="-1" href=ADMINISTRATION rel="external"><Icon name="puzzle"/>{w.administration()}</a>
        })}
        <button type="button" class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| here.shortcuts.set(true)>
            <Icon name="keyboard"/>{w.shortcuts()}<kbd>"?"</kbd>
        </button>
        <form class="menu-form" method="post" action="/desk/sign-out">
            <button class="menu-item" role="menuitem" tabindex="-1"><Icon name="signout"/>{w.sign_out()}</button>
        </form>
    }
    .into_any()
}

/// The lists with their counts. Folds away where the room is needed; the menu button brings it back.
#[component]
pub fn Nav(place: Memo<Place>) -> impl IntoView {
    let (here, w) = (here(), words());
    let current = move |list: List| match place.get() {
        Place::List { list: open, .. } => (open == list).then_some("page"),
        Place::Request(_) => (here.list.get() == list).then_some("page"),
        _ => None,
    };
    let count = move |list: List| {
        here.counts
            .with(|counts| match list {
                List::Mine => Some(counts.mine),
                List::Unassigned => Some(counts.unassigned),
                List::Favourites => Some(counts.favourites),
                List::Open => Some(counts.open),
                List::Closed | List::Latest => None,
            })
            .filter(|count| *count > 0)
            .map(|count| w.count(count))
    };
    let items = LISTS
        .iter()
        .map(|&(list, icon)| {
            view! {
                <a class="item" href=list_address(list) aria-current=move || current(list) on:click=move |_| here.nav.set(false)>
                    <Icon name=icon/><span class="grow clip">{w.list_name(list)}</span>
                    <span class="count">{move || count(list)}</span>
                </a>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <Show when=move || here.nav.get()>
            <button type="button" class="nav-shade" aria-label=w.close() on:click=move |_| here.nav.set(false)></button>
        </Show>
        <nav class="nav" id="nav" aria-label=w.lists()>
            <div class="nav-head">
                <p class="nav-title">{w.tickets()}</p>
                <a class="btn btn-icon btn-ghost btn-sm" href="/desk/search" aria-label=w.do_search() title=w.with_key(w.do_search(), "/")><Icon name="search"/></a>
                <a class="btn btn-icon btn-sm" href="/desk/new" aria-label=w.new_ticket() title=w.with_key(w.new_ticket(), "C")><Icon name="plus"/></a>
            </div>
            <div class="list">{items}
                <Show when=move || here.switchboard.with(|now| now.used)>
                    <a class="item" href=CALLER_LOG aria-current=move || (place.get() == Place::Calls).then_some("page") on:click=move |_| here.nav.set(false)>
                        <Icon name="phone"/><span class="grow clip">{w.caller_log()}</span>
                        <span class="count">{move || Some(here.switchboard.with(|now| now.missed)).filter(|missed| *missed > 0).map(|missed| w.count(missed))}</span>
                    </a>
                </Show>
            </div>
        </nav>
    }
    .into_any()
}

/// Brings the lists back where they are folded away.
#[component]
pub fn NavButton() -> impl IntoView {
    let (here, w) = (here(), words());
    view! {
        <button type="button" class="btn btn-ghost btn-sm btn-icon nav-button" aria-label=w.lists() title=w.lists() aria-controls="nav"
            aria-expanded=move || if here.nav.get() { "true" } else { "false" } on:click=move |_| here.nav.update(|open| *open = !*open)>
            <Icon name="menu"/>
        </button>
    }
    .into_any()
}
