//! The agents’ workspace.

#[cfg(not(target_family = "wasm"))]
pub mod admin;
mod attach;
mod autosave;
pub mod browser;
mod caller_log;
pub mod calls;
pub mod command;
mod composer;
mod context;
mod custom;
mod details;
mod draft;
mod flag;
mod frame;
mod here;
mod holds;
mod keyboard;
mod list;
mod live;
mod loads;
mod message;
mod nav;
mod new;
mod notices;
mod open;
mod palette;
pub mod place;
#[cfg(not(target_family = "wasm"))]
pub mod print;
mod recipients;
mod reply_templates;
mod request;
mod ringing;
mod search;
mod settings;
mod shell;
mod sign_in;
mod states;
mod suggestions;
mod templates;
mod thread;
mod viewers;

pub use shell::{App, shell};

/// Wakes up the page that the server drew.
#[cfg(target_family = "wasm")]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
