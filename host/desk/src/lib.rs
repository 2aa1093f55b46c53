//! The product: people, requests, messages, the rules over them, and the log of what happened.
//!
//! [`model`] may cross the wire and compiles to wasm. Everything else is native: [`Desk`] with its
//! verbs, one file per noun, each with its SQL beside its rule.

pub mod model;
pub use model::error::{Error, Result, Why};

#[cfg(not(target_family = "wasm"))]
pub mod blob;
#[cfg(not(target_family = "wasm"))]
pub mod outside;
#[cfg(not(target_family = "wasm"))]
pub mod search;
