//! The screens of Saker: one library, compiled twice. Natively it draws HTML; in the browser it wakes it up.
//!
//! `customer` is the support portal and works without JavaScript; `agent` is the workspace.

pub mod agent;
pub mod assets;
pub mod customer;
pub mod fault;
pub mod ui;
pub mod visitor;
pub mod words;

pub use assets::Assets;
pub use fault::Fault;
pub use visitor::Visitor;
