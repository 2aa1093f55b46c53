//! The Microsoft Teams channel: a bot's conversations, by the Bot Framework.

pub mod cloud;
#[cfg(target_family = "wasm")]
mod component;
pub mod key;
pub mod read;
pub mod time;
pub mod write;
