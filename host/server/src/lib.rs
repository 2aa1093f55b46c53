
pub mod mail;
pub mod plugins;
