//! What a server function answers when it could not do it.

use desk::Error;
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// The desk's error, or a line that broke on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fault {
    Desk(Error),
    /// The server could not be reached, or did not understand. Safe to try again.
    Line(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Desk(error)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Desk(error) => error.fmt(f),
            Fault::Line(why) => f.write_str(why),
        }
    }
}

impl FromServerFnError for Fault {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Fault::Line(error.to_string())
    }
}
