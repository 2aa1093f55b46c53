//! The Microsoft Teams channel: a bot's conversations, by the Bot Framework.

#[cfg(target_family = "wasm")]
mod component;
pub mod key;
pub mod read;
pub mod write;
