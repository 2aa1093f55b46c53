//! What the stories stand on: a whole Saker on free ports, with a folder and a database of its own.

pub mod company;
pub mod dovecot;
pub mod house;
pub mod postgres;
pub mod relay;

pub use house::House;
