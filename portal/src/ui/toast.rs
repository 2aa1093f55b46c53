//! Short notices at the foot of the page: what was done, and how to take it back.

use super::Icon;
use crate::visitor::words;
use leptos::prelude::*;
use std::time::Duration;

const STAYS: Duration = Duration::from_secs(8);

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    bad: bool,
    action: Option<(String, Callback<()>)>,
}

/// All notices on the page; the latest is at the bottom.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
}

impl Default for Toasts {
    fn default() -> Self {
        Self { shown: RwSignal::new(Vec::new()), last: StoredValue::new(0) }
    }
}

impl Toasts {
    /// Something was done.
    pub fn done(self, text: impl Into<String>) {
        self.show(text.into(), false, None, STAYS);
    }

    /// Something could not be done. Read out at once.
    pub fn failed(self, text: impl Into<String>) {
        self.show(text.into(), true, None, STAYS);
    }

    /// Something was done that can be taken back, or could be done again.
    pub fn offer(self, text: impl Into<String>, action: impl Into<String>, run: impl Fn() + Send + Sync + 'static) {
        self.offer_for(STAYS, text, action, run);
    }

    /// As [`Toasts::offer`], for as long as it can be taken back.
    pub fn offer_for(
        self,
        stays: Duration,
        text: impl Into<String>,
        action: impl Into<String>,
        run: impl Fn() + Send + Sync + 'static,
    ) {
        self.show(text.into(), false, Some((action.into(), Callback::new(move |()| run()))), stays);
    }

    fn show(self, text: String, bad: bool, action: Option<(String, Callback<()>)>, stays: Duration) {
        let id = self.last.get_value().wrapping_add(1);
        self.last.set_value(id);
        self.shown.update(|shown| {
            shown.push(Toast { id, text, bad, action });
            // More than three would hide the page.
            if shown.len() > 3 {
                shown.remove(0);
            }
        });
        set_timeout(move || self.drop(id), stays);
    }

    fn drop(self, id: u32) {
        self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
    }
}

/// Where they appear. Once per page.
#[component]
pub fn Toaster(toasts: Toasts) -> impl IntoView {
    view! {
        <div class="toasts" aria-live="polite" role="status">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                {
                    let Toast { id, text, bad, action } = toast;
                    let action = action.map(|(label, run)| {
                        view! {
                            <button type="button" class="btn btn-sm" on:click=move |_| { toasts.drop(id); run.run(()) }>{label}</button>
                        }
                    });
                    view! {
                        <div class="toast" role=bad.then_some("alert")>
                            {bad.then(|| view! { <Icon name="alert"/> })}
                            <span class="grow">{text}</span>
                            {action}
                            <button type="button" class="btn btn-icon btn-sm" aria-label=words().close() on:click=move |_| toasts.drop(id)>
                                <Icon name="x"/>
                            </button>
                        </div>
                    }
                    .into_any()
                }
            </For>
        </div>
    }
    .into_any()
}
