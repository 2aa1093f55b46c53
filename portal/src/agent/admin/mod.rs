//! The pages of administrators: plugins and channels.
//!
//! The server draws them and nothing wakes them up: links are plain links and forms plain posts. So they cost the program
//! of the workspace nothing, work before it is loaded and without it, and whoever may not see them never gets their code.

mod account;
mod channels;
mod chart;
mod document;
mod field;
mod health;
mod ledgers;
mod picture;
mod plugin;
mod plugins;
mod sample;
mod sheet;
mod typed;
mod unread;
mod wall;

pub use account::{ANYWAY, account, leave as leave_account};
pub use channels::channels;
pub use document::{Around, Said, refused};
pub use health::{Health, Span};
pub use ledgers::{calls, egress, log};
pub use plugin::{leave as leave_plugin, overview, settings};
pub use plugins::plugins;
pub use sheet::{UNSIGNED, WANT, sheet, ticked};
pub use typed::{TROUBLE, Typed};
pub use unread::unread;
pub use wall::Wall;
