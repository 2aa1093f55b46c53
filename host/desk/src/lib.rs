//! The product: people, requests, messages, the rules over them, and the log of what happened.
//!
//! [`model`] may cross the wire and compiles to wasm. Everything else is native: [`Desk`] with its
//! verbs, one file per noun, each with its SQL beside its rule.

pub mod model;
pub use model::error::{Error, Result, Why};

#[cfg(not(target_family = "wasm"))]
pub use crate::desk::{Desk, Idle, Running};
#[cfg(not(target_family = "wasm"))]
pub use crate::log::{LogOf, LogSheet};
#[cfg(not(target_family = "wasm"))]
pub use crate::place::Place;

#[cfg(not(target_family = "wasm"))]
mod absence;
#[cfg(not(target_family = "wasm"))]
mod access;
#[cfg(not(target_family = "wasm"))]
mod acknowledge;
#[cfg(not(target_family = "wasm"))]
mod agreement;
#[cfg(not(target_family = "wasm"))]
mod alphabet;
#[cfg(not(target_family = "wasm"))]
pub mod api_key;
#[cfg(not(target_family = "wasm"))]
mod append_only;
#[cfg(not(target_family = "wasm"))]
mod asker;
#[cfg(not(target_family = "wasm"))]
mod bell;
#[cfg(not(target_family = "wasm"))]
pub mod blob;
#[cfg(not(target_family = "wasm"))]
mod bounce;
#[cfg(not(target_family = "wasm"))]
mod bulk;
#[cfg(not(target_family = "wasm"))]
pub mod calendar;
#[cfg(not(target_family = "wasm"))]
mod category;
#[cfg(not(target_family = "wasm"))]
pub mod channel;
#[cfg(not(target_family = "wasm"))]
mod clean;
#[cfg(not(target_family = "wasm"))]
pub mod clock;
#[cfg(not(target_family = "wasm"))]
mod collation;
#[cfg(not(target_family = "wasm"))]
mod comment;
#[cfg(not(target_family = "wasm"))]
mod composer;
#[cfg(not(target_family = "wasm"))]
mod configuration;
#[cfg(not(target_family = "wasm"))]
mod confirmation;
#[cfg(not(target_family = "wasm"))]
mod contact;
#[cfg(not(target_family = "wasm"))]
mod criteria;
#[cfg(not(target_family = "wasm"))]
mod customer;
#[cfg(not(target_family = "wasm"))]
pub mod db;
#[cfg(not(target_family = "wasm"))]
pub mod deliver;
#[cfg(not(target_family = "wasm"))]
mod desk;
#[cfg(not(target_family = "wasm"))]
pub mod distribution;
#[cfg(not(target_family = "wasm"))]
mod domain;
#[cfg(not(target_family = "wasm"))]
mod draft;
#[cfg(not(target_family = "wasm"))]
mod duplicate;
#[cfg(not(target_family = "wasm"))]
mod enquiry;
#[cfg(not(target_family = "wasm"))]
mod erasure;
#[cfg(not(target_family = "wasm"))]
mod export;
#[cfg(not(target_family = "wasm"))]
mod first_letter;
#[cfg(not(target_family = "wasm"))]
mod follow;
#[cfg(not(target_family = "wasm"))]
mod follower;
#[cfg(not(target_family = "wasm"))]
pub mod form;
#[cfg(not(target_family = "wasm"))]
mod form_letter;
#[cfg(not(target_family = "wasm"))]
mod grouping;
#[cfg(not(target_family = "wasm"))]
pub mod hold;
#[cfg(not(target_family = "wasm"))]
mod holds;
#[cfg(not(target_family = "wasm"))]
pub mod hook;
#[cfg(not(target_family = "wasm"))]
mod house;
#[cfg(not(target_family = "wasm"))]
mod house_style;
#[cfg(not(target_family = "wasm"))]
pub mod idempotency;
#[cfg(not(target_family = "wasm"))]
pub mod identity;
#[cfg(not(target_family = "wasm"))]
mod intake;
#[cfg(not(target_family = "wasm"))]
pub mod job;
#[cfg(not(target_family = "wasm"))]
mod last_search;
#[cfg(not(target_family = "wasm"))]
mod legal_hold;
#[cfg(not(target_family = "wasm"))]
mod letter;
#[cfg(not(target_family = "wasm"))]
mod list;
#[cfg(not(target_family = "wasm"))]
pub mod live;
#[cfg(not(target_family = "wasm"))]
mod log;
#[cfg(not(target_family = "wasm"))]
pub mod mailbox;
#[cfg(not(target_family = "wasm"))]
mod measure;
#[cfg(not(target_family = "wasm"))]
mod mention;
#[cfg(not(target_family = "wasm"))]
mod merge;
#[cfg(not(target_family = "wasm"))]
pub mod message;
#[cfg(not(target_family = "wasm"))]
mod node;
#[cfg(not(target_family = "wasm"))]
mod notice;
#[cfg(not(target_family = "wasm"))]
mod notice_choice;
#[cfg(not(target_family = "wasm"))]
mod notice_mail;
#[cfg(not(target_family = "wasm"))]
mod opening;
#[cfg(not(target_family = "wasm"))]
mod order;
#[cfg(not(target_family = "wasm"))]
pub mod outside;
#[cfg(not(target_family = "wasm"))]
mod ownership;
#[cfg(not(target_family = "wasm"))]
mod page;
#[cfg(not(target_family = "wasm"))]
mod paged;
#[cfg(not(target_family = "wasm"))]
pub mod person;
#[cfg(not(target_family = "wasm"))]
mod phone;
#[cfg(not(target_family = "wasm"))]
mod phone_call;
#[cfg(not(target_family = "wasm"))]
mod place;
#[cfg(not(target_family = "wasm"))]
pub mod plugin;
#[cfg(not(target_family = "wasm"))]
mod preference;
#[cfg(not(target_family = "wasm"))]
mod priority;
#[cfg(not(target_family = "wasm"))]
mod property;
#[cfg(not(target_family = "wasm"))]
mod provenance;
#[cfg(not(target_family = "wasm"))]
mod queue;
#[cfg(not(target_family = "wasm"))]
mod reading;
#[cfg(not(target_family = "wasm"))]
pub mod recipient;
#[cfg(not(target_family = "wasm"))]
mod relation;
#[cfg(not(target_family = "wasm"))]
mod reply;
#[cfg(not(target_family = "wasm"))]
mod reply_template;
#[cfg(not(target_family = "wasm"))]
mod request_type;
#[cfg(not(target_family = "wasm"))]
mod retention;
#[cfg(not(target_family = "wasm"))]
mod sale;
#[cfg(not(target_family = "wasm"))]
mod seal;
#[cfg(not(target_family = "wasm"))]
pub mod search;
#[cfg(not(target_family = "wasm"))]
mod selection;
#[cfg(not(target_family = "wasm"))]
pub mod settings;
#[cfg(not(target_family = "wasm"))]
mod several;
#[cfg(not(target_family = "wasm"))]
mod side;
#[cfg(not(target_family = "wasm"))]
mod skill;
#[cfg(not(target_family = "wasm"))]
mod spam;
#[cfg(not(target_family = "wasm"))]
mod split;
#[cfg(not(target_family = "wasm"))]
mod statistics;
#[cfg(not(target_family = "wasm"))]
mod status;
#[cfg(not(target_family = "wasm"))]
mod statuses;
#[cfg(not(target_family = "wasm"))]
mod substitution;
#[cfg(not(target_family = "wasm"))]
mod table;
#[cfg(not(target_family = "wasm"))]
mod tag;
#[cfg(not(target_family = "wasm"))]
mod team;
#[cfg(not(target_family = "wasm"))]
mod template;
#[cfg(not(target_family = "wasm"))]
mod thread;
#[cfg(not(target_family = "wasm"))]
mod ticket;
#[cfg(not(target_family = "wasm"))]
mod tie;
#[cfg(not(target_family = "wasm"))]
mod token;
#[cfg(not(target_family = "wasm"))]
mod transition;
#[cfg(not(target_family = "wasm"))]
mod trial;
#[cfg(not(target_family = "wasm"))]
pub mod upload;
#[cfg(not(target_family = "wasm"))]
mod version;
#[cfg(not(target_family = "wasm"))]
mod view;
#[cfg(not(target_family = "wasm"))]
mod viewer;
#[cfg(not(target_family = "wasm"))]
mod visit;
#[cfg(not(target_family = "wasm"))]
mod webhook;

#[cfg(not(target_family = "wasm"))]
mod bin;

#[cfg(not(target_family = "wasm"))]
mod chore;
#[cfg(not(target_family = "wasm"))]
mod clockwork;

#[cfg(not(target_family = "wasm"))]
mod dashboard;
#[cfg(not(target_family = "wasm"))]
pub mod deadline;

#[cfg(not(target_family = "wasm"))]
pub mod escalation;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod field;
#[cfg(not(target_family = "wasm"))]
mod filing;
#[cfg(not(target_family = "wasm"))]
mod flag;

#[cfg(not(target_family = "wasm"))]
mod react;
#[cfg(not(target_family = "wasm"))]
mod redaction;

#[cfg(not(target_family = "wasm"))]
pub mod role;
#[cfg(not(target_family = "wasm"))]
mod routine;
#[cfg(not(target_family = "wasm"))]
mod routing;
#[cfg(not(target_family = "wasm"))]
mod rule;

#[cfg(not(target_family = "wasm"))]
pub mod step;

#[cfg(not(target_family = "wasm"))]
mod tally;

#[cfg(all(test, not(target_family = "wasm")))]
mod fake;
