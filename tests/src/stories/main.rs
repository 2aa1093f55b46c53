//! What Saker promises, in the words of the product. Each module is a story; rule ids are those of the specification.

mod admin;
mod api;
mod author;
mod channels;
mod crash;
mod doors;
mod drawing;
mod footprints;
mod form;
mod garbage;
mod imap;
mod intake;
mod live;
mod mails;
mod minds;
mod museum;
mod nodes;
mod phone;
mod plugins;
mod portal;
mod print;
mod reply_template;
mod scenario;
mod start;
mod thread;
mod waiting;
