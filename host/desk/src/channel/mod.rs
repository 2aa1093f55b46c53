//! Accounts of channels: a bot, a number, a form on a site. The plugin speaks with the remote; what comes of it here is
//! requests and messages like any others.

mod account;
mod by_mail;
mod carried;
mod converse;
mod hear;
mod look;
mod presence;
mod resume;
mod sample;
mod speak;
mod unread;

pub(crate) use account::Filled;
pub use hear::{Answered, MOST_WAITING};
pub use presence::{Hours, Standing, Stands};

use crate::{
    job::Outcome,
    model::{AccountId, PluginId, Setback, Turn},
};
use std::collections::BTreeMap;

/// An account with everything that its plugin gets, and what the host fills in for it. Never leaves the host.
#[derive(Clone, Debug)]
pub struct Line {
    pub account: AccountId,
    pub plugin: PluginId,
    pub settings: serde_json::Map<String, serde_json::Value>,
    pub secrets: BTreeMap<String, String>,
    /// Its settings and secrets as they stand in their row: whoever changed them since has other ones there.
    pub(crate) stands: [String; 2],
    /// Where its remote calls.
    pub hook_url: String,
    /// Else its settings are only tried, and nothing is remembered by them.
    pub saved: bool,
}

/// Why a channel's plugin did not do what it was asked, and thereby what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A key or a setting is wrong: the account waits for somebody.
    Setup(String),
    /// Never.
    Refused(String),
    /// Later; after so many milliseconds where the remote said so.
    Later(String, Option<u32>),
    /// The whole account is too fast.
    Slower(String, Option<u32>),
    /// It ended without an answer. What it was doing may have been done.
    Unclear(String),
    /// Nobody is at the other end any more: it goes by mail, where an address is known.
    Gone(String),
    /// The plugin does not do this.
    Unsupported,
    /// The plugin does not run now, or has too much to do.
    NotNow(String),
}

impl Failure {
    /// When it is worth another try: as the remote asked, else by the clock of the jobs.
    pub(crate) fn again(&self) -> Outcome {
        match self {
            Self::Later(words, Some(ms)) | Self::Slower(words, Some(ms)) => {
                Outcome::Later(words.clone(), i64::from(*ms) * 1_000)
            }
            other => Outcome::Again(other.words().to_owned()),
        }
    }

    pub fn words(&self) -> &str {
        match self {
            Self::Setup(words)
            | Self::Refused(words)
            | Self::Later(words, _)
            | Self::Slower(words, _)
            | Self::Unclear(words)
            | Self::Gone(words)
            | Self::NotNow(words) => words,
            Self::Unsupported => Setback::NotItsTask.as_str(),
        }
    }
}

/// Everything that came of one call.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub said: Vec<Said>,
    pub news: Vec<News>,
}

/// One message of a channel.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// With the account, the key against doubles.
    pub external_id: String,
    /// Unix microseconds.
    pub sent_at: Option<i64>,
    /// Empty where every message is a request of its own.
    pub conversation: String,
    /// What the plugin wants to have back when it answers.
    pub token: Option<String>,
    /// As the channel knows them.
    pub address: String,
    pub name: String,
    /// An e-mail address or a phone number, where the channel knows one: people are found by it.
    pub email: Option<String>,
    /// The remote knows that the e-mail address is theirs; else it is what they typed.
    pub sure: bool,
    pub phone: Option<String>,
    /// Where a request that it begins belongs: a category's name in either language, or its id.
    pub category: Option<String>,
    /// It is no message, but a turn that a telephone call takes; `conversation` is the call.
    pub turn: Option<Turn>,
    /// The organisation's own side wrote it, elsewhere: shown, and nobody is woken.
    pub by_agent: bool,
    pub subject: Option<String>,
    pub text: String,
    pub html: Option<String>,
    pub files: Vec<crate::outside::InboundFile>,
    /// Files that it should have and that could not be had: the name, and why where that is known.
    pub missing: Vec<String>,
    pub locale: Option<String>,
}

/// How far something is that was sent before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub external_id: String,
    pub reached: Reached,
    pub why: Option<String>,
    /// It did not arrive because nobody is there any more: it goes by mail, where an address is known.
    pub by_mail: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    OnItsWay,
    Arrived,
    Seen,
    Never,
}

/// One call by a remote.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct HookCall {
    /// The same when the plugin sees it again.
    pub id: String,
    pub method: String,
    /// Behind the account's address.
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub remote: String,
    /// Unix microseconds.
    pub at: i64,
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// What the remote is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookReply {
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    /// Its plugin may show people pages.
    pub page: bool,
}

/// A look for messages.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    pub heard: Heard,
    pub cursor: String,
    pub more: bool,
    /// Milliseconds.
    pub after_ms: Option<u32>,
}

/// Under this name a plugin that is set up finds the language of whoever does it, beside its settings. No setting has a point.
pub(crate) const LANGUAGE: &str = "saker.language";

/// Something to be said on a channel.
#[derive(Clone, Debug)]
pub struct Utterance {
    /// The same key has at most one effect.
    pub key: String,
    pub attempt: u32,
    pub conversation: String,
    pub token: Option<String>,
    pub in_reply_to: Option<String>,
    pub to: String,
    pub to_name: String,
    pub from_name: String,
    pub subject: Option<String>,
    /// Markdown, as the agent wrote it.
    pub text: String,
    pub language: crate::model::Language,
    pub files: Vec<crate::outside::InboundFile>,
}

/// What the remote said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub external_id: String,
    pub token: Option<String>,
    pub reached: Reached,
}

/// What is done when an account is set up or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUp {
    Check,
    Connect,
    Disconnect,
}
