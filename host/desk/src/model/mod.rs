//! What may cross the wire: plain data, the same on the server, in the browser and in tests.

pub mod actor;
pub mod calendar;
pub mod contact;
pub mod criteria;
pub mod distribution;
pub mod error;
pub mod event;
pub mod id;
pub mod language;
pub mod message;
pub mod person;
pub mod priority;
pub mod relation;
pub mod role;
pub mod settings;
pub mod side;
pub mod statistics;
pub mod ticket;

pub use actor::{Actor, Via};
pub use calendar::*;
pub use contact::*;
pub use criteria::{Aspect, Criteria, Criterion, Heading, Operator, Sort};
pub use distribution::*;
pub use event::{Cause, Change, EventKind, LogEntry, Named};
pub use id::*;
pub use language::Language;
pub use message::*;
pub use person::*;
pub use priority::*;
pub use relation::*;
pub use role::*;
pub use settings::*;
pub use side::*;
pub use statistics::*;
pub use ticket::*;
