//! The texts that Saker sends, and those that agents start from. Filled in with a handful of plain values, in the
//! sandbox, without a clock, a network or a disk: the same input gives the same text.
//!
//! [`cards`] lists the templates, [`render`] fills one in, [`sample`] makes up input for a preview. `component.rs` is
//! the thin layer that makes them a WebAssembly component.

mod card;
mod input;
mod markdown;
mod notice;
mod render;
mod when;
mod wrong;

#[cfg(target_family = "wasm")]
mod component;

pub use card::{Card, Use, cards, sample};
pub use input::{Input, Quote};
pub use markdown::html as markdown;
pub use render::{Output, Unknown, render};
