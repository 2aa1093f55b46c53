//! What stands around every page of administrators: the same frame as the workspace's, drawn once and left alone.

use super::{
    super::shell::ICON,
    typed::{TROUBLE, Typed},
    wall::Wall,
};
use crate::{
    Assets, Visitor,
    ui::{Avatar, Icon},
    words::Words,
};
use desk::model::Words as Both;
use leptos::prelude::*;

/// Who reads, and what they have just done.
#[derive(Clone, Debug)]
pub struct Around {
    pub visitor: Visitor,
    pub assets: Assets,
    /// The reader's name.
    pub name: String,
    /// Plugins that switched themselves off.
    pub tripped: Vec<Both>,
    pub said: Option<Said>,
    /// When it is, where the house is.
    pub wall: Wall,
}

impl Around {
    pub fn words(&self) -> Words {
        self.visitor.words()
    }
}

/// What was just done, told once over the page that comes after it. Only these words can stand in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Installed,
    Granted,
    On,
    Off,
    /// An account.
    Paused,
    Resumed,
    RolledBack,
    Removed,
    Pinned,
    Unpinned,
    /// Settings that somebody still has to check.
    Saved,
    /// Settings that were checked.
    Kept,
    Works,
    Connected,
    ReadAgain,
    Dropped,
}

const SAID: [(&str, Said); 16] = [
    ("installed", Said::Installed),
    ("granted", Said::Granted),
    ("on", Said::On),
    ("off", Said::Off),
    ("paused", Said::Paused),
    ("resumed", Said::Resumed),
    ("rolled-back", Said::RolledBack),
    ("removed", Said::Removed),
    ("pinned", Said::Pinned),
    ("unpinned", Said::Unpinned),
    ("saved", Said::Saved),
    ("kept", Said::Kept),
    ("works", Said::Works),
    ("connected", Said::Connected),
    ("read-again", Said::ReadAgain),
    ("dropped", Said::Dropped),
];

impl Said {
    pub fn read(text: &str) -> Option<Self> {
        SAID.iter().find(|(word, _)| *word == text).map(|(_, said)| *said)
    }

    /// The address of a page that tells it.
    pub fn at(self, path: &str) -> String {
        let word = SAID.iter().find(|(_, said)| *said == self).map_or("", |(word, _)| *word);
        format!("{path}?said={word}")
    }
}

/// Where in the pages one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Plugins,
    Channels,
}

/// A page's head.
pub struct Head {
    pub part: Part,
    pub title: String,
    /// The page above: its address and name.
    pub up: Option<(String, String)>,
    /// What comes after what was just done: its address and name.
    pub next: Option<(String, String)>,
}

/// The whole document.
pub fn document(around: &Around, head: Head, body: impl FnOnce(Words) -> AnyView) -> String {
    let w = around.words();
    let title = w.page_title(&head.title);
    let page = Owner::new().with(|| {
        provide_context(around.assets.clone());
        provide_context(w);
        provide_context(around.wall.clone());
        let bars = (!around.tripped.is_empty()).then(|| view! {
            <p class="banner banner-bad" role="status"><Icon name="alert"/><span class="grow">{w.plugins_tripped(&around.tripped)}</span>
                <a class="btn btn-sm" href="/desk/admin/plugins">{w.plugins()}</a></p>
        });
        let next = head.next.map(|(address, name)| view! { <a class="btn btn-sm" href=address>{name}</a> });
        let said = around.said.map(|said| view! {
            <p class="banner banner-ok" role="status"><Icon name="check"/><span class="grow">{w.said(said)}</span>{next}</p>
        });
        let up = head.up.map(|(address, name)| view! {
            <a class="link sm hide-phone" href=address>{name}</a><span class="t3 hide-phone" aria-hidden="true"><Icon name="right" size=14/></span>
        });
        view! {
            <div class="app" data-pane="thread">
                <a class="sr" href="#main">{w.skip_to_content()}</a>
                {rail(w, &around.name)}
                <nav class="nav" aria-label=w.administration()>
                    <div class="nav-head"><p class="nav-title">{w.administration()}</p></div>
                    <div class="list">{parts(w, head.part, "item")}
                        <a class="item" href="/desk/settings"><Icon name="sliders"/><span class="grow clip">{w.my_settings()}</span></a>
                    </div>
                </nav>
                <main id="main" class="stage stage-page" tabindex="-1">
                    <div class="bars">{bars}</div>
                    <section class="pane p-thread page" aria-label=head.title.clone()>
                        <div class="head head-line">{up}<h1 class="grow big clip">{head.title.clone()}</h1></div>
                        <div class="scroll"><div class="page-body page-wide">
                            <nav class="tabs admin-parts" aria-label=w.administration()>{parts(w, head.part, "tab")}</nav>
                            {said}
                            {body(w)}
                            <p class="xs t3">{w.times_are_in(around.wall.name())}</p>
                        </div></div>
                    </section>
                </main>
            </div>
        }
        .to_html()
    });
    let meta = view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <meta name="robots" content="noindex"/>
        <title>{title}</title>
        <link rel="icon" href=ICON/>
        <link rel="stylesheet" href=around.assets.url("agent.css")/>
        <link rel="preload" href=around.assets.url("inter.woff2") r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
    }
    .to_html();
    let lang = w.0.tag();
    let theme = match around.visitor.theme.as_deref() {
        Some("light") => " data-theme=\"light\"",
        Some("dark") => " data-theme=\"dark\"",
        _ => "",
    };
    format!("<!DOCTYPE html><html lang=\"{lang}\"{theme}><head>{meta}</head><body>{page}</body></html>")
}

fn rail(w: Words, name: &str) -> AnyView {
    view! {
        <nav class="rail" aria-label=w.rail()>
            <span class="mark" aria-hidden="true"><Icon name="mark" size=18/></span>
            <a href="/desk" aria-label=w.tickets() title=w.tickets()><Icon name="inbox" size=18/><span class="lab" aria-hidden="true">{w.tickets()}</span></a>
            <a href="/desk/search" aria-label=w.do_search() title=w.do_search()><Icon name="search" size=18/><span class="lab" aria-hidden="true">{w.do_search()}</span></a>
            <a href="/desk/new" aria-label=w.new_ticket() title=w.new_ticket()><Icon name="plus" size=18/><span class="lab" aria-hidden="true">{w.new_short()}</span></a>
            <span class="space"></span>
            <a href="/desk/admin/plugins" aria-label=w.admin_short() title=w.administration() aria-current="page"><Icon name="puzzle" size=18/><span class="lab" aria-hidden="true">{w.admin_short()}</span></a>
            <a href="/desk/settings" aria-label=w.my_account(name) title=w.my_account(name)><Avatar name=name.to_owned() quiet=true/><span class="lab" aria-hidden="true">{w.me()}</span></a>
        </nav>
    }
    .into_any()
}

fn parts(w: Words, here: Part, class: &'static str) -> AnyView {
    [(Part::Plugins, "/desk/admin/plugins", "puzzle", w.plugins()), (Part::Channels, "/desk/admin/channels", "globe", w.channels())]
        .into_iter()
        .map(|(part, address, icon, name)| view! {
            <a class=class href=address aria-current=(part == here).then_some("page")><Icon name=icon/><span class="grow clip">{name}</span></a>
        }
        .into_any())
        .collect_view()
        .into_any()
}

/// A page that says why something was not done, where there is no form to say it beside.
pub fn refused(around: &Around, why: String) -> String {
    let w = around.words();
    document(around, Head { part: Part::Plugins, title: w.not_done().to_owned(), up: None, next: None }, |_| {
        trouble(&why)
    })
}

/// What is not about one field, over a form.
pub(super) fn trouble(why: &str) -> AnyView {
    trouble_about(why, None)
}

/// The same, with what only somebody technical understands below it.
fn trouble_about(why: &str, detail: Option<&str>) -> AnyView {
    let detail = detail.map(|detail| view! { <span class="detail" dir="auto">{detail.to_owned()}</span> });
    view! { <p class="banner banner-bad" role="alert"><Icon name="alert"/><span>{why.to_owned()}{detail}</span></p> }
        .into_any()
}

/// The same for a form that came back, with a word on the fields below where they are to blame.
pub(super) fn came_back(typed: &Typed, w: Words) -> Option<AnyView> {
    match &typed.trouble {
        Some(why) => Some(trouble_about(why, typed.detail(TROUBLE))),
        None if typed.wrong.is_empty() => None,
        None => Some(trouble(w.put_right_below())),
    }
}

/// What is wrong with a field, beside it.
pub(super) fn beside(typed: &Typed, name: &str) -> Option<AnyView> {
    let why = typed.why(name)?.to_owned();
    let detail = typed.detail(name).map(|detail| view! { <span class="detail" dir="auto">{detail.to_owned()}</span> });
    Some(
        view! { <p class="error" id=format!("{name}-error")><Icon name="alert" size=14/><span>{why}{detail}</span></p> }
            .into_any(),
    )
}

/// A button that posts, alone.
pub(super) fn act(to: String, class: &'static str, label: &'static str) -> AnyView {
    view! { <form method="post" action=to><button class=class>{label}</button></form> }.into_any()
}
