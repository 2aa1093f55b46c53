//! What the listener says: one line each, with the enhanced codes of RFC 3463.

use desk::Error;

pub const OK: &str = "250 2.0.0 Fine\r\n";
pub const SENDER: &str = "250 2.1.0 Sender noted\r\n";
pub const RECIPIENT: &str = "250 2.1.5 Recipient noted\r\n";
pub const ACCEPTED: &str = "250 2.6.0 The mail is stored\r\n";
pub const CHUNK: &str = "250 2.0.0 Chunk taken\r\n";
pub const BYE: &str = "221 2.0.0 Goodbye\r\n";
pub const CANNOT_VERIFY: &str = "252 2.5.0 Can't tell; send the mail and see\r\n";
pub const HELP: &str = "214 2.0.0 This takes mail for a Saker help desk; see RFC 5321\r\n";
pub const GO_ON: &str = "354 Go on; end with a dot on a line of its own\r\n";

pub const CLOSING: &str = "421 4.3.2 The desk is closing, try again later\r\n";
pub const SILENCE: &str = "421 4.4.2 Nothing came for too long\r\n";
pub const ERRORS: &str = "421 4.7.0 Too many errors\r\n";
pub const NOT_MAIL: &str = "421 4.7.0 This is not a web server\r\n";
pub const TRY_LATER: &str = "451 4.3.0 The desk can't store mail right now, try again later\r\n";
pub const RECIPIENTS: &str = "452 4.5.3 Too many recipients; send the mail to the rest again\r\n";
pub const FULL: &str = "452 4.3.1 Too much mail at this moment, try again later\r\n";

pub const UNKNOWN: &str = "500 5.5.1 Not a command\r\n";
pub const LONG: &str = "500 5.5.6 The line is too long\r\n";
pub const NOT_HERE: &str = "502 5.5.1 Not offered here\r\n";
pub const HELLO_FIRST: &str = "503 5.5.1 Say hello first\r\n";
pub const ALREADY: &str = "503 5.5.1 There is a sender already\r\n";
pub const SENDER_FIRST: &str = "503 5.5.1 Name a sender first\r\n";
pub const NO_RECIPIENT: &str = "503 5.5.1 No recipient was taken\r\n";
pub const MIXED: &str = "503 5.5.1 BDAT has begun; go on with it, or RSET\r\n";
pub const NO_BINARY: &str = "555 5.5.4 BINARYMIME is not offered\r\n";

/// A recipient that no mailbox answers for.
pub fn no_mailbox(address: &str) -> String {
    // Only what can't be mistaken for an answer of ours is repeated.
    let shown: String = address.chars().filter(|c| !c.is_control()).take(100).collect();
    format!("550 5.1.1 <{shown}>: no mailbox here has this address\r\n")
}

pub fn too_large(limit: usize) -> String {
    format!("552 5.3.4 The mail is over {} MB\r\n", limit / 1_000_000)
}

/// What smtp-proto could not read.
pub fn misread(error: &smtp_proto::Error) -> String {
    match error {
        smtp_proto::Error::UnknownCommand => UNKNOWN.to_owned(),
        smtp_proto::Error::InvalidSenderAddress => "553 5.1.7 Not a sender address\r\n".to_owned(),
        smtp_proto::Error::InvalidRecipientAddress => "553 5.1.3 Not an address\r\n".to_owned(),
        smtp_proto::Error::SyntaxError { syntax } => {
            format!("501 5.5.2 It should be: {syntax}\r\n")
        }
        smtp_proto::Error::InvalidParameter { param } => {
            format!("501 5.5.4 {param} is not right\r\n")
        }
        smtp_proto::Error::UnsupportedParameter { .. } => "555 5.5.4 A parameter is not known here\r\n".to_owned(),
        _ => "501 5.5.2 The line can't be read\r\n".to_owned(),
    }
}

/// A desk that fails is always a reason to try again: the sender must not give up the mail.
pub fn failed(error: &Error) -> &'static str {
    tracing::error!(%error, "mail: the desk did not take a mail; its sender will try again");
    TRY_LATER
}
