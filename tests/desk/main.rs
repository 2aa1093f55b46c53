//! What the desk promises, as stories: one file a noun, rule ids of the specification in the comments.
//!
//! The desk stands alone here, before a world that does as it is told, with a clock that stands still. Each story runs on
//! SQLite and, where `SAKER_TEST_DATABASE` names a server, on PostgreSQL.

mod house;
#[path = "../src/postgres.rs"]
mod postgres;
mod statistics;
mod step;
mod tally;
