//! The webhook channel: whoever can post JSON can send requests, and somebody who is no programmer says where in it
//! things stand.

#[cfg(target_family = "wasm")]
mod component;
pub mod map;
pub mod prove;
