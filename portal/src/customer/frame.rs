//! What stands around every page: header, footer, title.

use super::{calls::House, live};
use crate::{
    ui::{Avatar, Icon},
    visitor::words,
};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_location;

/// Which entry of the menu the page belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    Requests,
    Contact,
    #[default]
    Elsewhere,
}

/// A page with its header and footer.
#[component]
pub fn Frame(
    house: House,
    #[prop(into)] title: String,
    #[prop(optional)] place: Place,
    /// The page itself offers the ways to reach us, so the footer does not.
    #[prop(optional)]
    reachable: bool,
    /// Not for search engines: it is somebody's own.
    #[prop(optional)]
    private: bool,
    children: Children,
) -> impl IntoView {
    let w = words();
    let name = house_name(&house);
    view! {
        <Title text=format!("{title} · {name}")/>
        {private.then(|| view! { <Meta name="robots" content="noindex"/> })}
        <Header house=house.clone() place/>
        <main id="content" tabindex="-1">{children()}</main>
        <footer class="foot">
            <div class="wide">
                {(!reachable).then(|| view! {
                    <section class="foot-contact" aria-labelledby="contact">
                        <div>
                            <h2 id="contact">{w.need_more_help()}</h2>
                            <p>{w.need_more_help_lead()}</p>
                        </div>
                        <div class="foot-acts">
                            <a class="btn" href="/new">{w.contact_us()}</a>
                            <Phone number=house.organisation.phone.clone() class="btn btn-ghost"/>
                        </div>
                    </section>
                })}
                <FinePrint theme=house.theme/>
            </div>
        </footer>
    }
    .into_any()
}

/// The organisation's name, or the product's where none is set.
pub fn house_name(house: &House) -> String {
    if house.organisation.name.is_empty() { words().product().to_owned() } else { house.organisation.name.clone() }
}

/// A number to press. Nothing where nobody answers the phone.
#[component]
pub fn Phone(number: String, class: &'static str) -> impl IntoView {
    let w = words();
    (!number.is_empty()).then(|| {
        let dial: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        view! {
            <a class=class href=format!("tel:{dial}") rel="external"><Icon name="phone" size=18/>{w.call(&number)}</a>
        }
    })
}

#[component]
fn Header(house: House, place: Place) -> impl IntoView {
    let w = words();
    let name = house_name(&house);
    let known = house.customer.is_some();
    // Whoever came by a private link has one request, and no list.
    let current = move |here: Place| (here == place && (known || here != Place::Requests)).then_some("page");
    let customer = house.customer;
    view! {
        <header class="head">
            <div class="wide head-in">
                <a class="logo" href="/">
                    <svg viewBox="0 0 28 28" aria-hidden="true">
                        <rect class="logo-ground" width="28" height="28" rx="7"/>
                        <path class="logo-line" d="M7.5 17.5c3.5 0 5.5-1.5 6.5-4 1 2.5 3 4 6.5 4M10.5 9.5h7"/>
                    </svg>
                    <span>{name}" "<i>{w.help()}</i></span>
                </a>
                <nav class="nav" aria-label=w.main_menu()>
                    <a href="/requests" aria-current=current(Place::Requests)>{w.my_requests()}</a>
                    <a href="/new" aria-current=current(Place::Contact)>{w.contact_us()}</a>
                    {match customer.clone() {
                        Some(name) => view! {
                            <form class="nav-user" method="post" action="/sign-out">
                                <Avatar name=name.clone() size=32 quiet=true/>
                                <span class="clip">{name}</span>
                                <button class="btn btn-ghost">{w.sign_out()}</button>
                            </form>
                        }.into_any(),
                        None => view! { <a class="btn" href="/sign-in">{w.sign_in()}</a> }.into_any(),
                    }}
                </nav>
                <details class="nav-small">
                    <summary aria-label=w.menu()><Icon name="menu" size=20/></summary>
                    <nav aria-label=w.menu()>
                        <a href="/requests" aria-current=current(Place::Requests)><Icon name="inbox" size=20/>{w.my_requests()}</a>
                        <a href="/new" aria-current=current(Place::Contact)><Icon name="send" size=20/>{w.contact_us()}</a>
                        {match customer {
                            Some(name) => view! {
                                <form method="post" action="/sign-out">
                                    <button><Icon name="signout" size=20/>{w.sign_out()}" · "{name}</button>
                                </form>
                            }.into_any(),
                            None => view! { <a href="/sign-in"><Icon name="user" size=20/>{w.sign_in()}</a> }.into_any(),
                        }}
                    </nav>
                </details>
            </div>
        </header>
    }
    .into_any()
}

/// Appearance and language. Plain forms: each button is one post, and the server leads back here.
#[component]
fn FinePrint(theme: Option<String>) -> impl IntoView {
    let w = words();
    let place = use_location();
    // With what was asked for: which topic, which list.
    let here = move || match place.search.get() {
        query if query.is_empty() => place.pathname.get(),
        query => format!("{}?{query}", place.pathname.get()),
    };
    let chosen = RwSignal::new(theme.unwrap_or_else(|| "system".to_owned()));
    let themes =
        [("light", "sun", w.theme_light()), ("dark", "moon", w.theme_dark()), ("system", "sliders", w.theme_system())];
    let languages = [("nb", "Norsk"), ("en", "English")];
    view! {
        <div class="fine">
            <form class="fine-set" method="post" action="/theme" aria-label=w.theme()>
                <input type="hidden" name="back" value=here/>
                {themes.into_iter().map(|(value, icon, label)| view! {
                    <button
                        name="theme" value=value
                        aria-pressed=move || if chosen.get() == value { "true" } else { "false" }
                        on:click=move |event| if live::wear(value) { event.prevent_default(); chosen.set(value.to_owned()); }
                    >
                        <Icon name=icon size=18/>{label}
                    </button>
                }).collect_view()}
            </form>
            <form class="fine-set fine-language" method="post" action="/language" aria-label=w.language()>
                <input type="hidden" name="back" value=here/>
                {languages.into_iter().map(|(value, label)| view! {
                    <button name="language" value=value lang=value aria-pressed=if w.0.tag() == value { "true" } else { "false" }>{label}</button>
                }).collect_view()}
            </form>
        </div>
    }
    .into_any()
}

/// The way back, above a page's heading.
#[component]
pub fn Crumb(href: &'static str, label: &'static str) -> impl IntoView {
    let w = words();
    view! {
        <nav class="crumb" aria-label=w.you_are_here()><a href=href><Icon name="left"/>{label}</a></nav>
    }
}
