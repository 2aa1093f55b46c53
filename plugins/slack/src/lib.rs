//! The Slack channel: conversations with a bot, by the Events API.

#[cfg(target_family = "wasm")]
mod component;
pub mod read;
pub mod text;
pub mod write;
