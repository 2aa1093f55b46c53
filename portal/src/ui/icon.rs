//! Drawings from the sprite. They carry no meaning alone: what uses them says it in words as well.

use desk::model::settings::State;
use leptos::prelude::*;

/// A drawing from `icons.svg`, 16 px unless `size` says 14, 18 or 20.
#[component]
pub fn Icon(#[prop(into)] name: String, #[prop(optional)] size: u8) -> impl IntoView {
    let href = format!("{}#i-{name}", sheet());
    let class = match size {
        14 => "icon icon-14",
        18 => "icon icon-18",
        20 => "icon icon-20",
        _ => "icon",
    };
    view! { <svg class=class aria-hidden="true"><use href=href></use></svg> }
}

/// Where a request stands: a shape first, then `label`, and colour last.
#[component]
pub fn StatusIcon(
    state: State,
    /// Nobody has answered yet.
    #[prop(optional)]
    new: bool,
    /// Empty where the word stands beside it.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let shape = match (state, new) {
        (State::Open, true) => "new",
        (State::Open, false) => "open",
        (State::Closed | State::Linked | State::Deleted, _) => "closed",
        (State::Postponed, _) => "post",
    };
    let href = format!("{}#i-st-{shape}", sheet());
    let class = format!("icon st st-{shape}");
    // Without a word of its own it stands beside one.
    let (role, label, hidden) =
        if label.is_empty() { (None, None, Some("true")) } else { (Some("img"), Some(label), None) };
    view! {
        <span class="st-box" role=role aria-label=label.clone() title=label aria-hidden=hidden>
            <svg class=class aria-hidden="true"><use href=href></use></svg>
        </span>
    }
}

/// Address of the sprite. The server knows it from the manifest, the page hands it on in `<html data-icons>`.
#[cfg(not(target_family = "wasm"))]
fn sheet() -> String {
    use_context::<crate::Assets>().unwrap_or_default().url("icons.svg")
}

#[cfg(target_family = "wasm")]
fn sheet() -> String {
    thread_local! {
        static SHEET: String = document()
            .document_element()
            .and_then(|html| html.get_attribute("data-icons"))
            .unwrap_or_default();
    }
    SHEET.with(String::clone)
}
