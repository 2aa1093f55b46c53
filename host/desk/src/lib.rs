//! The product: people, requests, messages, the rules over them, and the log of what happened.
//!
//! [`model`] may cross the wire and compiles to wasm. Everything else is native: [`Desk`] with its
//! verbs, one file per noun, each with its SQL beside its rule.

pub mod model;
pub use model::error::{Error, Result, Why};

#[cfg(not(target_family = "wasm"))]
mod native {
    pub use crate::desk::{Desk, Place, Running};
}
#[cfg(not(target_family = "wasm"))]
pub use native::*;

macro_rules! native {
    ($($(#[$doc:meta])* $vis:vis mod $name:ident;)*) => {
        $($(#[$doc])* #[cfg(not(target_family = "wasm"))] $vis mod $name;)*
    };
}

native! {
    mod access;
    mod acknowledge;
    pub mod blob;
    mod clean;
    pub mod clock;
    mod customer;
    pub mod db;
    pub mod deliver;
    mod desk;
    mod follow;
    pub mod identity;
    mod intake;
    pub mod job;
    mod list;
    pub mod mailbox;
    pub mod message;
    mod notice;
    pub mod outside;
    mod ownership;
    pub mod person;
    mod phone;
    pub mod search;
    pub mod settings;
    mod status;
    mod template;
    mod thread;
    mod ticket;
    mod token;
    pub mod upload;
}
