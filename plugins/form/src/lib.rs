//! The web form: what an administrator asks ([`asked`]), how it is shown ([`page`]), and how what was typed is read
//! ([`typed`]) and told from what machines send ([`stamp`]).
//!
//! The server draws the form, also for the script: so it is the same with and without, and the script stays small.

pub mod asked;
#[cfg(target_family = "wasm")]
mod component;
pub mod page;
pub mod stamp;
pub mod typed;
pub mod words;
