//! Who else has this request on a screen, and who is writing on it, so that no customer is answered twice. C-1.

use super::{browser, calls, here::Here, open::Open};
use crate::{ui::Avatar, visitor::words};
use desk::model::{Attention, VIEWER_BEAT, Viewer};
use leptos::{prelude::*, task::spawn_local};
use serde_json::json;
use std::time::Duration;

/// Whoever only passes by on the way down a list is gone before.
const SETTLES: Duration = Duration::from_millis(1_500);
/// Who has pressed no key for so long does not write any more, in milliseconds.
const WRITES: f64 = 60_000.0;

/// Tells the desk, for as long as the request is open and in front, and learns who else is there.
pub fn attend(here: Here, open: Open) {
    let beat = RwSignal::new(0_u32);
    Effect::new(move |_| {
        set_timeout(
            move || {
                open.settled.try_set(true);
            },
            SETTLES,
        );
        let turned = window_event_listener_untyped("visibilitychange", move |_| {
            beat.try_update(|beat| *beat += 1);
        });
        let (leaving, screen) = (open.id(), here.screen.get_value());
        // A tab that is closed says nothing any more in other ways.
        let gone = window_event_listener_untyped("pagehide", move |_| {
            if open.settled.try_get_untracked() == Some(true) {
                let words = json!({ "id": leaving, "screen": screen, "attention": Attention::Gone });
                browser::say("/call/attend", &words);
            }
        });
        let ticks = set_interval_with_handle(
            move || {
                beat.try_update(|beat| *beat += 1);
            },
            Duration::from_secs(VIEWER_BEAT as u64),
        );
        let (id, screen) = (open.id(), here.screen.get_value());
        on_cleanup(move || {
            turned.remove();
            gone.remove();
            if let Ok(ticks) = ticks {
                ticks.clear();
            }
            if open.settled.try_get_untracked() == Some(true) {
                spawn_local(async move {
                    calls::attend_ticket(id, screen, Attention::Gone).await.ok();
                });
            }
        });
    });
    let writes = Memo::new(move |_| {
        beat.track();
        browser::now() - open.typed.get() < WRITES
    });
    Effect::new(move |_| {
        beat.track();
        let attention = match (browser::is_in_front(), writes.get()) {
            (false, _) => Attention::Gone,
            (true, true) => Attention::Writing,
            (true, false) => Attention::Viewing,
        };
        if !open.settled.get() {
            return;
        }
        let (id, screen) = (open.id(), here.screen.get_value());
        spawn_local(async move {
            if let Ok(viewers) = calls::attend_ticket(id, screen, attention).await {
                open.viewers.try_set(viewers);
            }
        });
    });
    Effect::new(move |_| {
        let id = open.id();
        if here.attended.get().as_ref() != Some(&id) || !open.settled.get_untracked() {
            return;
        }
        spawn_local(async move {
            if let Ok(viewers) = calls::load_viewers(id).await {
                open.viewers.try_set(viewers);
            }
        });
    });
}

/// The colleagues beside the title; who is writing says so in words.
#[component]
pub fn Viewers(open: Open) -> impl IntoView {
    let w = words();
    let face = move |viewer: Viewer| {
        let said = w.viewer(&viewer.agent.name, viewer.writing);
        let title = said.clone();
        view! {
            <span class="viewer" class:is-writing=viewer.writing title=title>
                <Avatar name=viewer.agent.name size=20 quiet=true/>
                <span class:sr=!viewer.writing class="clip">{said}</span>
            </span>
        }
        .into_any()
    };
    view! { <span class="viewers" role="status">{move || open.viewers.get().into_iter().map(face).collect_view()}</span> }
        .into_any()
}
