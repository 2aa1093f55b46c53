//! The WhatsApp channel: a number of the Cloud API.

#[cfg(target_family = "wasm")]
mod component;
pub mod read;
pub mod write;
