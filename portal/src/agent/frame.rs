//! The frame around all pages: rail, lists, the sheet that work lies on, and what floats over it.

use super::{
    browser,
    caller_log::CallerLogPage,
    calls,
    command::Command,
    here::Here,
    keyboard,
    list::Lists,
    live,
    loads::Loads,
    nav::{Nav, Rail},
    new::{self, NewTicketPage},
    palette::{Palette, Shortcuts},
    place::{ADMINISTRATION, CALLER_LOG, Page, Place, list_address},
    ringing::{self, RingingCalls},
    search::Search,
    settings::Settings,
    states::{Bars, Empty, Failed, Skeleton},
};
use crate::{ui::Toaster, visitor::words};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

/// Everything below `/desk` but the sign-in. Who is not an agent is led to the door first.
#[component]
pub fn Workspace() -> impl IntoView {
    #[cfg(not(target_family = "wasm"))]
    if crate::visitor::actor().agent().is_none() {
        return view! { <leptos_router::components::Redirect path="/desk/sign-in"/> }.into_any();
    }
    let frame = Resource::new(|| (), |()| calls::load_frame());
    view! {
        <Suspense fallback=|| view! { <div class="app"><main class="stage stage-page"><Skeleton rows=6/></main></div> }>
            // Not in a closure: the server would call it to look for what is to be loaded, and once more to draw. The frame
            // holds what loads the pages, so that a page would be drawn from one load and hand on the other.
            {Suspend::new(async move {
                match frame.await {
                    Ok(frame) => view! { <Frame here=Here::new(frame)/> }.into_any(),
                    Err(fault) => view! { <main class="lone"><Failed fault retry=move |()| browser::reload()/></main> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Frame(here: Here) -> impl IntoView {
    provide_context(here);
    let w = words();
    let path = use_location().pathname;
    let place = Memo::new(move |_| path.with(|path| Place::read(path)));
    let page = Memo::new(move |_| place.get().page());
    provide_context(Loads::new(here, place));
    Effect::new(move |_| {
        if let Place::List { list, .. } = place.get() {
            here.list.set(list);
        }
        here.nav.set(false);
    });
    live::follow(here);
    ringing::follow(here);
    keyboard::listen(here);
    answer_commands(here, place);

    let pane = move || match place.get() {
        Place::List { number: None, .. } => "list",
        _ => "thread",
    };
    let stage = move || match place.get() {
        place if place.page() == Page::Lists && place.is_full() => "stage stage-request",
        Place::List { .. } | Place::Request(_) => "stage stage-queue",
        Place::New => "stage stage-phone",
        _ => "stage stage-page",
    };
    view! {
        <div class="app" class:nav-fold=move || place.get().is_full() || page.get() != Page::Lists class:nav-open=move || here.nav.get() data-pane=pane>
            <a class="sr" href="#main" rel="external">{w.skip_to_content()}</a>
            <Rail page/>
            <Nav place/>
            <main id="main" class=stage tabindex="-1">
                <Bars/>
                {move || match page.get() {
                    Page::Lists => view! { <Lists place/> }.into_any(),
                    Page::New => view! { <NewTicketPage/> }.into_any(),
                    Page::Calls => view! { <CallerLogPage/> }.into_any(),
                    Page::Search => view! { <Search/> }.into_any(),
                    Page::Settings => view! { <Settings/> }.into_any(),
                    Page::Unknown => view! { <Title text=w.page_title(w.no_such_page())/><h1 class="sr">{w.no_such_page()}</h1><Empty title=w.no_such_page() text=w.no_such_page_help()/> }.into_any(),
                }}
            </main>
            <RingingCalls/>
            <Toaster toasts=here.toasts/>
            <p class="sr" role="status" aria-live="polite">{move || here.spoken.get()}</p>
            <Palette place/>
            <Shortcuts/>
        </div>
    }
    .into_any()
}

/// The commands that lead from page to page. What concerns one request is answered there.
fn answer_commands(here: Here, place: Memo<Place>) {
    let navigate = use_navigate();
    here.on_command(move |command| {
        let go = |address: &str| navigate(address, NavigateOptions { scroll: false, ..Default::default() });
        match command {
            Command::Go(list) => go(&list_address(list)),
            Command::New => go("/desk/new"),
            Command::Write => go(new::LETTER),
            Command::Search if place.get_untracked().page() == Page::Search => browser::show("search-field", true),
            Command::Search => go("/desk/search"),
            Command::Settings => go("/desk/settings"),
            Command::Calls => go(CALLER_LOG),
            Command::Administration if here.is_administrator() => browser::go(ADMINISTRATION),
            Command::Palette => here.palette.set(true),
            Command::Shortcuts => here.shortcuts.set(true),
            Command::Back => match place.get_untracked() {
                Place::List { list, number: Some(_) } => go(&list_address(list)),
                Place::List { .. } => {}
                _ => go(&list_address(here.list.get_untracked())),
            },
            _ => {}
        }
    });
}
