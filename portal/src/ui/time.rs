//! Moments. The server prints them in UTC; the browser says them in the reader's zone and keeps them fresh.

use crate::{visitor::words, words::shared::Civil};
use leptos::prelude::*;
use std::time::Duration;

/// The wall clock of this browser, to the minute. Nothing on the server and until the page is awake.
#[derive(Clone, Copy)]
pub struct Clock(RwSignal<Option<Civil>>);

/// To be called once by an app, after `provide_words`.
pub fn provide_clock() {
    let clock = Clock(RwSignal::new(None));
    provide_context(clock);
    Effect::new(move |_| {
        clock.0.set(now());
        set_interval(move || clock.0.set(now()), Duration::from_secs(30));
    });
}

/// A moment in words: *4 min ago*, or just *4 min* when `short`.
#[component]
pub fn Moment(
    /// Unix microseconds.
    at: i64,
    #[prop(optional)] short: bool,
) -> impl IntoView {
    let (w, clock) = (words(), use_context::<Clock>());
    let machine = Civil::universal(at).datetime();
    let here = move || clock.and_then(|clock| clock.0.get()).map(|now| (local(at), now));
    let text = move || match here() {
        Some((at, now)) if short => w.age(&at, &now),
        Some((at, now)) => w.relative(&at, &now),
        None if short => w.date(&Civil::universal(at)),
        None => w.universal(at),
    };
    let title = move || here().map_or_else(|| w.universal(at), |(at, _)| w.date_and_clock(&at));
    view! { <time datetime=machine title=title>{text}</time> }
}

#[cfg(target_family = "wasm")]
fn now() -> Option<Civil> {
    Some(Civil::now())
}

#[cfg(not(target_family = "wasm"))]
fn now() -> Option<Civil> {
    None
}

#[cfg(target_family = "wasm")]
fn local(at: i64) -> Civil {
    Civil::local(at)
}

/// Never asked for on the server, which knows nobody's zone.
#[cfg(not(target_family = "wasm"))]
fn local(at: i64) -> Civil {
    Civil::universal(at)
}
