//! What the desk promises, as stories: one file a noun, rule ids of the specification in the comments.
//!
//! The desk stands alone here, before a world that does as it is told, with a clock that stands still. Each story runs on
//! SQLite and, where `SAKER_TEST_DATABASE` names a server, on PostgreSQL.

mod api_key;
mod bin;
mod bulk;
mod category;
mod chore;
mod composer;
mod configuration;
mod contact;
mod criteria;
mod dashboard;
mod deadline;
mod distribution;
mod duplicate;
mod escalation;
mod export;
mod field;
mod hold;
mod house;
mod house_rules;
mod house_style;
mod idempotency;
mod interleaving;
mod keeping;
mod list;
mod log;
mod mail;
mod mailbox;
mod measure;
mod memory;
mod merge;
mod message;
mod notice;
mod opening;
mod order;
mod ownership;
mod paged;
#[path = "../src/postgres.rs"]
mod postgres;
mod preference;
mod property;
mod queue;
mod recipient;
mod relation;
mod request_type;
mod rights;
mod role;
mod routing;
mod rule;
mod sale;
mod scale;
mod side;
mod skill;
mod split;
mod statistics;
mod status;
mod step;
mod tally;
mod transition;
mod version;
mod view;
mod viewer;
mod visit;
mod webhook;
