//! What goes wrong, in the contract's words.

use crate::{
    types::{Failure, PluginError},
    worded,
};

fn failure(code: &str, message: &str) -> Failure {
    Failure { code: code.to_owned(), message: message.to_owned(), remote_status: None, retry_after_ms: None }
}

/// A key is wrong.
pub fn auth(code: &str, message: &str) -> PluginError {
    PluginError::Auth(failure(code, message))
}

/// A setting is wrong.
pub fn config(code: &str, message: &str) -> PluginError {
    PluginError::Config(failure(code, message))
}

/// A setting is empty that may not be; it is named, so that this stands beside its field.
pub fn missing(name: &str) -> PluginError {
    config("setting-missing", &worded!("{name}: må fylles ut", "{name}: has to be filled in"))
}

/// The same for a secret that is empty, or that was not granted.
pub fn no_secret(name: &str) -> PluginError {
    let words = worded!(
        "{name}: må fylles ut, og utvidelsen må ha fått lov til å bruke den",
        "{name}: has to be filled in, and the plugin allowed to use it"
    );
    config("no-secret", &words)
}

/// Never.
pub fn permanent(code: &str, message: &str) -> PluginError {
    PluginError::Permanent(failure(code, message))
}

/// Later.
pub fn retryable(code: &str, message: &str) -> PluginError {
    PluginError::Retryable(failure(code, message))
}

/// The remote wants it slower; after so many milliseconds, where it said so.
pub fn limited(message: &str, after_ms: Option<u32>) -> PluginError {
    PluginError::RateLimited(Failure {
        remote_status: Some(429),
        retry_after_ms: after_ms,
        ..failure("too-fast", message)
    })
}

/// What came in is refused, and nothing of it is kept.
pub fn rejected(code: &str, message: &str) -> PluginError {
    PluginError::Rejected(failure(code, message))
}

/// It may have been sent, or not: the host asks `lookup`, and lets a person decide.
pub fn unclear(message: &str) -> PluginError {
    PluginError::Retryable(failure("unclear", message))
}

/// Whether that is what happened.
pub fn is_unclear(why: &PluginError) -> bool {
    matches!(why, PluginError::Retryable(failure) if failure.code == "unclear")
}

/// Whether another try makes sense.
pub fn passes(why: &PluginError) -> bool {
    matches!(why, PluginError::Retryable(_) | PluginError::RateLimited(_))
}
