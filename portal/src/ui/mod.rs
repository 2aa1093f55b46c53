//! Components that both apps use.

pub mod avatar;
pub mod dialog;
pub mod icon;
pub mod menu;
pub mod number;
pub mod time;
pub mod toast;
pub mod typing;

pub use avatar::Avatar;
pub use dialog::Dialog;
pub use icon::{Icon, StatusIcon};
pub use menu::Menu;
pub use number::grouped;
pub use time::{Moment, provide_clock};
pub use toast::{Toaster, Toasts};
pub use typing::typing;
