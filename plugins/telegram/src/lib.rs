//! The Telegram channel: a bot's chats, by webhook or by asking.

#[cfg(target_family = "wasm")]
mod component;
pub mod links;
pub mod look;
pub mod read;
pub mod write;
