//! The e-mail channel: raw bytes become one clean message, and a message becomes raw bytes.
//!
//! [`read`] and [`compose`] are plain functions without a clock, a network or a disk, so tests and benches call the
//! same code that runs in the sandbox. `component.rs` is the thin layer that makes them a WebAssembly component.
//!
//! Reading is total: any bytes give a [`Mail`] or a [`Rejected`]. The README says how each field is found.

mod address;
mod automatic;
mod base64;
mod bounce;
mod clean;
mod compose;
mod dates;
mod entity;
mod field;
mod header;
mod large;
mod locale;
mod mail;
mod name;
mod nested;
mod part;
mod plain;
mod quote;
mod quoted;
mod read;
mod skeleton;
mod words;

#[cfg(target_family = "wasm")]
mod component;

pub use compose::compose;
pub use large::{LARGE, Store};
pub use mail::{Content, Enclosure, Envelope, File, Letter, Mail, Party, Rejected};
pub use plain::{Plain, plain};
pub use quote::split;
pub use read::{read, read_large};
