//! The process around the desk: sockets, pages, plugins. No line here decides anything about a request.

pub mod api;
pub mod author;
pub mod config;
pub mod demo;
pub mod errand;
pub mod hook;
pub mod http;
pub mod mail;
pub mod outside;
pub mod plugins;
pub mod run;
pub mod shipped;
