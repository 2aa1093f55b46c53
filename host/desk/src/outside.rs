//! The one port outwards. The plugin runtime implements it; tests have a fake.
//!
//! Nothing here is ever called inside a write transaction.

use crate::{
    Desk,
    channel::{Failure, Heard, HookCall, HookReply, Line, Looked, Receipt, SetUp, Utterance},
    model::{AccountId, Language, Rendered, TemplateCard},
    plugin::{Found, Glimpse, Happening, Label, Mind, Proposal},
};
use package::Package;
use std::{borrow::Cow, future::Future, pin::Pin, sync::Arc};

pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A plugin's file that an administrator may install, and what it says about itself.
pub struct Offered {
    pub package: Package,
    pub file: Cow<'static, [u8]>,
    /// It lies in the folder for plugins, and did not come with the program.
    pub aside: bool,
}

/// Raw bytes become messages, messages become raw bytes, and bytes leave the house.
pub trait Outside: Send + Sync + 'static {
    /// Reads raw mail. Attachments are already blobs when this returns.
    fn read<'a>(&'a self, mail: &'a Arrival) -> Boxed<'a, Result<Vec<Inbound>, Unreadable>>;
    /// Writes raw mail; the same parcel always gives the same bytes.
    fn compose<'a>(&'a self, parcel: &'a Parcel) -> Boxed<'a, Result<Vec<u8>, Unreadable>>;
    /// Hands raw mail to the next server.
    fn send<'a>(&'a self, envelope: &'a Envelope, raw: &'a [u8]) -> Boxed<'a, Sent>;
    /// Whether there is a next server.
    fn has_way_out(&self) -> bool {
        true
    }
    fn templates<'a>(&'a self, language: Language) -> Boxed<'a, Result<Vec<TemplateCard>, Unreadable>>;
    fn render<'a>(&'a self, sheet: &'a Sheet) -> Boxed<'a, Result<Rendered, Unreadable>>;
    /// Looks whether a file among the blobs, of this hash, would run: compiles it, and asks it once who it is.
    fn try_plugin<'a>(&'a self, file: &'a str) -> Boxed<'a, Result<(), Unreadable>> {
        let _ = file;
        Box::pin(async { Ok(()) })
    }
    /// Plugins that come with the program, or lie in the folder for plugins, and run only where somebody installs them.
    fn offered(&self) -> Vec<Arc<Offered>> {
        vec![]
    }
    /// Runs from now on what [`Desk::running_plugins`] says. What can't be loaded is switched off, and says why.
    fn load_plugins<'a>(&'a self, desk: &'a Desk) -> Boxed<'a, ()> {
        let _ = desk;
        Box::pin(async {})
    }
    /// A remote calls: what was said, and what it is to be told.
    fn hear<'a>(&'a self, line: &'a Line, call: &'a HookCall) -> Boxed<'a, Result<(Heard, HookReply), Failure>> {
        let _ = (line, call);
        Box::pin(async { Err(Failure::Unsupported) })
    }
    /// Looks for messages after `cursor`.
    fn look<'a>(&'a self, line: &'a Line, cursor: Option<&'a str>, most: u32) -> Boxed<'a, Result<Looked, Failure>> {
        let _ = (line, cursor, most);
        Box::pin(async { Err(Failure::Unsupported) })
    }
    /// Says something on a channel.
    fn speak<'a>(&'a self, line: &'a Line, utterance: &'a Utterance) -> Boxed<'a, Result<Receipt, Failure>> {
        let _ = (line, utterance);
        Box::pin(async { Err(Failure::Unsupported) })
    }
    /// Was it said? Asked after an attempt that ended without an answer.
    fn ask_after<'a>(&'a self, line: &'a Line, key: &'a str) -> Boxed<'a, Result<Option<Receipt>, Failure>> {
        let _ = (line, key);
        Box::pin(async { Err(Failure::Unsupported) })
    }
    /// Machine code made of these files goes: nobody will run them.
    fn forget_plugin_code(&self, files: &[String]) {
        let _ = files;
    }
    /// Checks an account's settings, or tells its remote where to call.
    fn set_up<'a>(&'a self, line: &'a Line, what: SetUp) -> Boxed<'a, Result<Vec<(String, String)>, Failure>> {
        let _ = (line, what);
        Box::pin(async { Err(Failure::Unsupported) })
    }
    /// What a plugin would make of a call, where nothing of it is kept. Files are named, and lie nowhere.
    fn try_sample<'a>(&'a self, line: &'a Line, call: &'a HookCall) -> Boxed<'a, Result<Heard, Failure>> {
        let _ = (line, call);
        Box::pin(async { Err(Failure::Unsupported) })
    }
    /// Whether a plugin without accounts can work with settings that somebody wants to save.
    fn check_mind<'a>(&'a self, mind: &'a Mind) -> Boxed<'a, Result<(), Failure>> {
        let _ = mind;
        Box::pin(async { Err(Failure::Unsupported) })
    }
    /// What a request is about; `choices` are the desk's own values, by matter.
    fn classify<'a>(
        &'a self,
        mind: &'a Mind,
        ticket: &'a Glimpse,
        choices: &'a [(String, String)],
    ) -> Boxed<'a, Result<Vec<Label>, Unreadable>> {
        let _ = (mind, ticket, choices);
        Box::pin(async { Ok(vec![]) })
    }
    /// What is known elsewhere about somebody.
    fn enrich<'a>(
        &'a self,
        mind: &'a Mind,
        who: &'a Party,
        context: &'a [(String, String)],
    ) -> Boxed<'a, Result<Vec<Found>, Unreadable>> {
        let _ = (mind, who, context);
        Box::pin(async { Ok(vec![]) })
    }
    /// What should be done about what happened.
    fn propose<'a>(&'a self, mind: &'a Mind, event: &'a Happening) -> Boxed<'a, Result<Vec<Proposal>, Unreadable>> {
        let _ = (mind, event);
        Box::pin(async { Ok(vec![]) })
    }
    /// Posts to a webhook, where the policy for addresses allows it. Follows no redirect, and has an end.
    fn post_hook<'a>(&'a self, post: &'a HookPost) -> Boxed<'a, HookAnswer>;
}

/// A guest could not do it: in plain words, for the log and for an agent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Unreadable {
    pub words: String,
    /// It may well do it later: no plugin for it runs now, or all are busy.
    pub for_now: bool,
}

impl Unreadable {
    /// It will never do this.
    pub fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), for_now: false }
    }

    /// Not now.
    pub fn not_now(words: impl Into<String>) -> Self {
        Self { words: words.into(), for_now: true }
    }
}

/// Raw mail that lies in the blob store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub account: AccountId,
    /// SHA-256 of the bytes in hex: their name in the blob store.
    pub blob: String,
    /// Bytes.
    pub size: u64,
    pub envelope: Envelope,
}

/// RFC 5321's envelope; wholly empty where it is not known (IMAP).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Empty beside recipients: the null return path.
    pub from: String,
    pub to: Vec<String>,
}

/// One normalised message from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inbound {
    /// The channel's own name for it: for mail the Message-Id without brackets, or a hash of the bytes. The dedupe key.
    pub external_id: String,
    /// Unix microseconds, as the sender claims.
    pub sent_at: Option<i64>,
    pub from: Party,
    pub reply_to: Option<Party>,
    pub to: Vec<Party>,
    pub cc: Vec<Party>,
    pub subject: Option<String>,
    /// Never empty bodies: readable text, made from the HTML where there was none.
    pub text: String,
    /// Byte offset in `text` where the quoted earlier mail begins.
    pub quote_at: Option<usize>,
    /// As it came; cleaned before it is ever shown.
    pub html: Option<String>,
    pub attachments: Vec<InboundFile>,
    /// Message-Ids without brackets.
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    /// A machine wrote it: `auto-submitted`, `list`, `bulk`, `null-return-path`, `no-reply-wanted`, `out-of-office`.
    pub automatic: Option<String>,
    /// A report that a mail of ours did not arrive: the Message-Id it is about, or empty.
    pub bounce_of: Option<String>,
    /// Whom that report is about, as far as it says.
    pub bounced: Vec<String>,
    /// A report that a mail of ours is late, and nothing more: by which Message-Ids it may be known, and for whom.
    pub late: Option<Late>,
    /// BCP 47, where the mail says or shows one.
    pub locale: Option<String>,
}

/// What a report of delay is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Late {
    /// Message-Ids without brackets, the likeliest first.
    pub names: Vec<String>,
    pub recipients: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Lower-cased address; empty where the mail has none.
    pub address: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundFile {
    pub name: String,
    pub mime: String,
    pub size: u64,
    pub blob: String,
    /// For pictures inside the HTML.
    pub content_id: Option<String>,
}

/// Bytes of files in one mail; encoded, four are made of three.
pub const MOST_FILES: u64 = 48 << 20;

/// A mail to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Fixed when the message was saved, without brackets: a retry is the same mail.
    pub message_id: String,
    /// Unix microseconds.
    pub date: i64,
    pub from: Party,
    pub reply_to: Option<Party>,
    pub to: Vec<Party>,
    pub cc: Vec<Party>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    /// RFC 3834: `auto-replied` for acknowledgements, `auto-generated` for notices, none for people.
    pub auto_submitted: Option<String>,
    pub language: Language,
    pub attachments: Vec<InboundFile>,
}

/// How handing over went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The other server took responsibility.
    Accepted,
    /// Nothing left the house, or it was refused for now (4xx): try again.
    Later(String),
    /// Refused for good (5xx).
    Refused(String),
    /// The bytes were given, and no answer came. Sending again could be twice.
    Unclear(String),
}

/// A call to a webhook, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookPost {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// The beginning of what was said, as text.
    Answered { status: u16, body: String },
    /// Nobody answered, or not in time: try again.
    Silent(String),
    /// It may never be posted there.
    Refused(String),
}

/// What a template is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The plugin's name for it: `received`, `solution`, `sign-in`, …
    pub template: String,
    pub language: Language,
    pub organisation: String,
    pub ticket_number: Option<i64>,
    pub ticket_title: String,
    pub ticket_url: String,
    pub category: String,
    pub customer_name: String,
    pub customer_email: String,
    pub agent_name: String,
    pub signature: String,
    /// Unix microseconds.
    pub now: i64,
    /// What the agent or customer wrote, as Markdown.
    pub draft: Option<String>,
    /// The mail that is answered, to be quoted below: who, when (Unix microseconds), and the text.
    pub quote: Option<(String, i64, String)>,
    /// Anything more that one template wants, such as `link`.
    pub more: Vec<(String, String)>,
}
