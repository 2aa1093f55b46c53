//! The live stream: it says that something changed, and the page looks again, at most once a second.

use super::{browser, calls, here::Here};
use desk::model::TicketId;
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

/// Least time between two looks, in milliseconds.
const PAUSE: f64 = 1_000.0;

/// To be called once by the frame. Runs in the browser only.
pub fn follow(here: Here) {
    let waiting = StoredValue::new(Vec::<TicketId>::new());
    let anything = StoredValue::new(false);
    let timer = StoredValue::new(false);
    let last = StoredValue::new(0.0_f64);
    let look = move || {
        timer.set_value(false);
        last.set_value(browser::now());
        let tickets = waiting.with_value(Clone::clone);
        waiting.set_value(Vec::new());
        let all = anything.get_value();
        anything.set_value(false);
        here.news.update(|news| {
            news.version += 1;
            news.tickets = (!all).then_some(tickets);
        });
    };
    let soon = move || {
        if timer.get_value() {
            return;
        }
        timer.set_value(true);
        let wait = (PAUSE - (browser::now() - last.get_value())).clamp(0.0, PAUSE);
        set_timeout(look, Duration::from_millis(wait as u64));
    };
    Effect::new(move |_| {
        let opened_before = StoredValue::new(false);
        browser::follow(
            move |change| {
                match change.ticket {
                    Some(ticket) => waiting.update_value(|waiting| waiting.push(ticket)),
                    None => anything.set_value(true),
                }
                soon();
            },
            move |ticket| here.attended.set(Some(ticket)),
            move || here.rang.update(|rang| *rang += 1),
            move |up| {
                here.online.set(up || browser::is_online());
                // What was said while nobody listened is not said again by every server: look at everything.
                if up && opened_before.get_value() {
                    anything.set_value(true);
                    here.rang.update(|rang| *rang += 1);
                    soon();
                }
                opened_before.update_value(|before| *before |= up);
            },
        );
        window_event_listener_untyped("online", move |_| here.online.set(true));
        window_event_listener_untyped("offline", move |_| here.online.set(false));
    });
    Effect::new(move |_| {
        if here.news.with(|news| news.version) == 0 {
            return;
        }
        let administers = here.is_administrator() && here.news.with_untracked(|news| news.tickets.is_none());
        spawn_local(async move {
            if let Ok(counts) = calls::load_counts().await {
                here.counts.try_set(counts);
            }
            // What concerns no request may be a plugin.
            if administers && let Ok(tripped) = calls::load_tripped().await {
                here.tripped.try_set(tripped);
            }
        });
    });
}
