//! The webhook channel: whoever can post JSON or a form can send requests, and somebody who is no programmer says where in it
//! things stand, and what answers look like.

#[cfg(target_family = "wasm")]
mod component;
pub mod taken;
