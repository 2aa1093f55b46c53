//! The chat: a button on anybody's site, a page for those without JavaScript, and requests behind both.
//!
//! A conversation is one value in the account's memory ([`conversation`]), changed only where it is as it was read ([`memory`]),
//! so that nothing in it is lost or doubled however many tabs, tries and answers come at once. Where there is no room, the oldest
//! make some ([`room`]). Whose it is says a pass that nobody can make but the host ([`pass`]). What a visitor's browser asks is
//! read in [`asked`], how often it may is counted in [`pace`], what it may ask for is done in [`visit`], what people see is written
//! in [`page`] and by `widget/`, and when somebody is there is said by [`hours`].

pub mod asked;
pub mod color;
#[cfg(target_family = "wasm")]
mod component;
pub mod conversation;
pub mod hours;
#[cfg(target_family = "wasm")]
mod memory;
pub mod origin;
pub mod pace;
pub mod page;
#[cfg(target_family = "wasm")]
mod pass;
pub mod room;
pub mod script;
#[cfg(target_family = "wasm")]
mod visit;
pub mod words;
