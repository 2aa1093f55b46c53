//! What plugins may call, as far as their kind and their grants let them.

mod config;
mod http;
mod presence;
mod secrets;
mod state;
mod time;
