//! Who reads the page, and how they like it.

use crate::words::{Clock, Words};
use desk::model::{Actor, Language};
use leptos::prelude::*;

/// Set by the server for each page; the browser learns the language back from `<html lang>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visitor {
    pub actor: Actor,
    pub language: Language,
    /// `light`, `dark`, or nothing for what the system says.
    pub theme: Option<String>,
    pub clock: Clock,
    /// The last event before the page was drawn: its live stream goes on from here, so that nothing falls between the
    /// drawing and the listening. Handed on in `<html data-heard>`.
    pub heard: Option<i64>,
}

impl Visitor {
    /// Of what is no page of an app.
    pub fn words(&self) -> Words {
        Words(self.language, self.clock)
    }
}

/// Where the page's live stream begins.
#[cfg(target_family = "wasm")]
pub fn live_address() -> String {
    let heard = document().document_element().and_then(|html| html.get_attribute("data-heard"));
    heard.map_or_else(|| "/live".to_owned(), |heard| format!("/live?heard={heard}"))
}

/// The catalogue in the reader's language. Works in any component below the app.
pub fn words() -> Words {
    expect_context::<Words>()
}

/// To be called once by each app, first thing: gives everything below it [`words`].
pub fn provide_words() {
    provide_context(Words(page_language(), page_clock()));
}

#[cfg(not(target_family = "wasm"))]
fn page_language() -> Language {
    use_context::<Visitor>().unwrap_or_default().language
}

#[cfg(target_family = "wasm")]
fn page_language() -> Language {
    document()
        .document_element()
        .and_then(|html| html.get_attribute("lang"))
        .and_then(|tag| Language::from_tag(&tag))
        .unwrap_or_default()
}

#[cfg(not(target_family = "wasm"))]
fn page_clock() -> Clock {
    use_context::<Visitor>().unwrap_or_default().clock
}

#[cfg(target_family = "wasm")]
fn page_clock() -> Clock {
    let mark = document().document_element().and_then(|html| html.get_attribute("data-clock"));
    Clock::from_mark(mark.as_deref())
}

/// The chosen appearance: `light`, `dark`, or `system` where nothing was chosen.
pub fn theme() -> String {
    page_theme().unwrap_or_else(|| "system".to_owned())
}

#[cfg(not(target_family = "wasm"))]
fn page_theme() -> Option<String> {
    use_context::<Visitor>().unwrap_or_default().theme
}

#[cfg(target_family = "wasm")]
fn page_theme() -> Option<String> {
    document().document_element().and_then(|html| html.get_attribute("data-theme"))
}

/// The desk behind the page. Server functions start here.
#[cfg(not(target_family = "wasm"))]
pub fn desk() -> desk::Desk {
    expect_context::<desk::Desk>()
}

/// Who is at the door of this call.
#[cfg(not(target_family = "wasm"))]
pub fn actor() -> Actor {
    use_context::<Visitor>().unwrap_or_default().actor
}
