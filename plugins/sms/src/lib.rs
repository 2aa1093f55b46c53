//! The channel for text messages, with the forms of three companies, and any other's as an administrator says it.

use saker_channel::{
    file::Wanted,
    markup::{Marks, PLAIN},
    types::DeliveryUpdate,
};

#[cfg(target_family = "wasm")]
mod component;
pub mod gateway;
pub mod gatewayapi;
#[cfg(target_family = "wasm")]
mod mapped;
pub mod number;
pub mod stop;
pub mod twilio;
pub mod vonage;

/// No marks, and for a list one that the network's own alphabet has ([`number::is_plain`]).
pub const MARKS: Marks = Marks { bullet: "- ", ..PLAIN };

/// What a company calls about.
#[derive(Debug)]
pub enum News {
    /// A text message came.
    Text {
        /// The company's name for it.
        id: String,
        /// The number it is from, as [`number::written`]; a name, where it is from one.
        from: String,
        /// Its words.
        text: String,
        /// Unix seconds, where the company says.
        at: Option<i64>,
        /// Pictures, where the network carries them. They lie behind a redirect and are only named.
        files: Vec<Wanted>,
    },
    /// How far one is that was sent.
    Update(DeliveryUpdate),
    /// Nothing that is for us.
    Nothing,
}

/// One that is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The number, as [`number::written`].
    pub to: &'a str,
    /// The account's own.
    pub from: &'a str,
    /// Plain.
    pub text: &'a str,
    /// Our name for it, another one for each piece of a long text. Given back with news about it, where the company does that.
    pub key: &'a str,
    /// Where news about it go.
    pub hook: Option<&'a str>,
}
