//! The browser's own dialog: it keeps the focus inside, gives it back, and closes on Esc.

use super::{Icon, menu::focus};
use crate::visitor::words;
use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};

#[component]
pub fn Dialog(
    #[prop(into)] title: Signal<String>,
    open: RwSignal<bool>,
    #[prop(optional)] wide: bool,
    /// Where the focus goes back to, where what opened it is gone by then, such as a choice of a menu.
    #[prop(optional)]
    back: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() && !dialog.open() {
            // Refused only when it is open already.
            dialog.show_modal().ok();
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    let beside = move |click: web_sys::MouseEvent| {
        let target = click.target().and_then(|target| target.dyn_into::<web_sys::HtmlDialogElement>().ok());
        if target.is_some() {
            open.set(false);
        }
    };
    let closed = move |_| {
        open.set(false);
        if !back.is_empty() {
            focus(back);
        }
    };
    // Esc closes this, and nothing that it stands on.
    let keys = |key: ev::KeyboardEvent| {
        if key.key() == "Escape" {
            key.stop_propagation();
        }
    };
    let children = StoredValue::new(children);
    view! {
        <dialog class=if wide { "dialog dialog-wide" } else { "dialog" } node_ref=dialog aria-label=title
            on:close=closed on:click=beside on:keydown=keys>
            <Show when=move || open.get()>
                <div class="dialog-head">
                    <h2>{title}</h2>
                    <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=words().close() on:click=move |_| open.set(false)>
                        <Icon name="x"/>
                    </button>
                </div>
                {children.with_value(|children| children())}
            </Show>
        </dialog>
    }
    .into_any()
}
