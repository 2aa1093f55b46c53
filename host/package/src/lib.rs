//! A plugin's file: one `.wasm` that a component model runtime can run as it is, with three custom sections of ours.
//!
//! | section | |
//! |---|---|
//! | `saker-plugin` | the [`Manifest`] as JSON: who it is, what it wants, how it is set up |
//! | `saker-picture` | an SVG or PNG, where it has one |
//! | `saker-signature` | always last: the author's Ed25519 key, and their signature over every byte before |
//!
//! Rights come from the manifest and from nowhere else; what the code imports must agree with it ([`Package::open`]), and what it has
//! no door for it does not ask for ([`wants`]).

mod interface;
mod manifest;
mod schema;
mod setting;
mod want;

pub use interface::Interface;
pub use manifest::{
    Flaw, Kind, Limits, Manifest, Method, Net, OnUnknown, Poll, Secret, State, Trouble, WebhookMode, WebhookWish, Words,
};
pub use schema::{Properties, Schema};
pub use setting::{Form, Misfit, Setting, Sort, written};
pub use want::{Want, wants};

#[cfg(not(target_family = "wasm"))]
mod file;
#[cfg(not(target_family = "wasm"))]
mod seal;
#[cfg(not(target_family = "wasm"))]
mod world;

#[cfg(not(target_family = "wasm"))]
pub use file::{LARGEST, Package, Picture, pack};
#[cfg(not(target_family = "wasm"))]
pub use seal::{KeyFile, Publisher};
