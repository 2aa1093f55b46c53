//! The Telegram channel: a bot's chats, by webhook or by asking.

#[cfg(target_family = "wasm")]
mod component;
pub mod read;
pub mod write;
