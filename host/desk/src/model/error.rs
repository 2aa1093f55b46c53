//! What can go wrong, in a form that every door can word for its reader.

use super::plugin::Flaw;
use serde::{Deserialize, Serialize};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb did not do what it was asked. Nothing was changed when one of these comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "error", rename_all = "kebab-case")]
pub enum Error {
    /// It does not exist, or the actor may not know that it does.
    #[error("not found")]
    NotFound,
    /// The actor may see it, but not do this.
    #[error("forbidden")]
    Forbidden,
    /// Nobody is signed in, and somebody must be.
    #[error("nobody is signed in")]
    Unauthenticated,
    /// A link or session that was good once and no longer is.
    #[error("the link has expired")]
    Expired,
    /// One field of what was sent can't be taken.
    #[error("{field}: {why:?}")]
    Invalid { field: String, why: Why },
    /// Somebody else was first. ACC-5: the loser is told who.
    #[error("{holder} already has it")]
    Taken { holder: String },
    /// Somebody changed it in the meantime; both versions are known to the door that answers.
    #[error("changed meanwhile by {by}")]
    Changed { by: String },
    /// A legal hold keeps it from being erased. C-20.
    #[error("held by {by}: {reason}")]
    Held { by: String, reason: String },
    /// Too many tries in a short time.
    #[error("too many tries; wait {seconds} s")]
    TooMany { seconds: u32 },
    /// A bug or a broken machine. The cause is in the log under this code.
    #[error("internal error {code}")]
    Internal { code: String },
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    Missing,
    /// More than this many characters.
    TooLong {
        most: u32,
    },
    /// More than this many megabytes.
    TooLarge {
        megabytes: u32,
    },
    /// More than this many.
    TooMany {
        most: u32,
    },
    /// Words that stand in more requests than this: too many to tell them from the others.
    TooCommon {
        most: u32,
    },
    /// Not an e-mail address.
    NotAnAddress,
    /// Not a phone number.
    NotANumber,
    /// Not a number to reckon with.
    NotAFigure,
    /// Not a day.
    NotADate,
    /// Not one of the choices.
    NotAChoice,
    /// A kind of file that is not taken, such as a program.
    FileKind {
        name: String,
    },
    /// The address and password don't belong together.
    WrongSignIn,
    /// CRE-6: an internal text can't be sent to a customer.
    InternalToCustomer,
    /// The same is there already.
    Double,
    /// It is still used: so many requests, categories or the like hang on it.
    InUse {
        times: u32,
    },
    /// Not with this one: it is the default, or the last of its kind.
    Needed,
    /// It would go in a circle.
    Circle,
    /// Something else has to be done first, such as closing the children.
    First {
        what: String,
    },
    /// What left the house can't be taken back.
    Sent,
    /// Older than can be taken back.
    TooOld,
    /// Lies in the past.
    Past,
    /// A call that changes nothing that has a version.
    NoVersion,
    /// Nobody knows whether the same call, made before, had its effect.
    Unsure,
    /// A template that can't be filled in, in the words of what fills it in.
    Template {
        words: String,
    },
    /// A template that leaves out the message itself. OUT-3.
    NoBody,
    /// Not a regular expression, or one that is too large; what is wrong with it, in the words of whoever reads it.
    NotAPattern {
        words: String,
    },
    /// A plugin's file that can't be taken, in words for its author; what a plugin says of its settings, in its own.
    Unfit {
        words: String,
        /// What is wrong with the file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flaw: Option<Flaw>,
    },
    /// Nobody signed it.
    Unsigned,
    /// Somebody else signed the version before, or only certain publishers' are taken.
    OtherPublisher,
}

impl Error {
    pub fn invalid(field: &str, why: Why) -> Self {
        Error::Invalid { field: field.to_owned(), why }
    }

    /// A failure of ours: logged once, here, with its cause; the reader gets a code to quote.
    #[cfg(not(target_family = "wasm"))]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let code = id[id.len() - 8..].to_owned();
        tracing::error!(%code, %cause, "internal error");
        Error::Internal { code }
    }
}

#[cfg(not(target_family = "wasm"))]
impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        match cause {
            sqlx::Error::RowNotFound => Error::NotFound,
            // A verb looks before it writes, and says which field it is. Where one did not, the database did.
            sqlx::Error::Database(refusal) if refusal.is_foreign_key_violation() => refused(&*refusal, Why::NotAChoice),
            sqlx::Error::Database(refusal) if refusal.is_unique_violation() => refused(&*refusal, Why::Double),
            // PostgreSQL has no text with a NUL in it, so there is nothing by such a name.
            sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some("22021") => Error::NotFound,
            other => Error::internal(other),
        }
    }
}

#[cfg(not(target_family = "wasm"))]
fn refused(refusal: &dyn sqlx::error::DatabaseError, why: Why) -> Error {
    tracing::warn!(%refusal, "the database refused what no verb had looked at");
    Error::invalid("", why)
}

#[cfg(not(target_family = "wasm"))]
impl From<std::io::Error> for Error {
    fn from(cause: std::io::Error) -> Self {
        Error::internal(cause)
    }
}

#[cfg(not(target_family = "wasm"))]
impl From<tantivy::TantivyError> for Error {
    fn from(cause: tantivy::TantivyError) -> Self {
        Error::internal(cause)
    }
}

#[cfg(not(target_family = "wasm"))]
impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Error::internal(cause)
    }
}
