//! Talks beside the customer's: with outside helpers, among colleagues. Sections 4.4 and 11.1.

use super::{Access, AgentId, Message, MessageId, OwnFlag, RedactionId, SideId, event::text_enum};
use serde::{Deserialize, Serialize};

/// A conversation with somebody outside who helps; the customer sees nothing of it. C-16.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Side {
    pub id: SideId,
    pub subject: String,
    /// Addresses.
    pub helpers: Vec<String>,
    pub cc: Vec<String>,
    /// Kept from the others.
    pub bcc: Vec<String>,
    /// Who began it.
    pub agent: Option<AgentId>,
    pub created_at: i64,
    /// An answer is waited for since.
    pub waiting_since: Option<i64>,
    /// When somebody is reminded that none came.
    pub remind_at: Option<i64>,
    pub closed_at: Option<i64>,
}

/// What an outside helper is asked. FWD-1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Question {
    pub to: Vec<String>,
    /// They get the same mail, and may answer it as well. With To and Bcc at most 50.
    #[serde(default)]
    pub cc: Vec<String>,
    /// Kept from the others.
    #[serde(default)]
    pub bcc: Vec<String>,
    pub text: String,
    /// The message that is sent along, and whether its files are.
    pub message: Option<MessageId>,
    pub with_files: bool,
    /// Hours until somebody is reminded.
    pub remind_hours: Option<u16>,
    /// More files, uploaded before.
    #[serde(default)]
    pub files: Vec<super::Upload>,
    /// The same again asks once. Empty asks anew each time.
    #[serde(default)]
    pub key: String,
}

/// What the helpers of a conversation are told once more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Further {
    pub text: String,
    /// Remind the owner when nobody answered for this many hours.
    #[serde(default)]
    pub remind_hours: Option<u16>,
    /// Uploaded before.
    #[serde(default)]
    pub files: Vec<super::Upload>,
}

/// A flagged message, wherever it is. FLG-2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Flagged {
    pub message: MessageId,
    pub number: i64,
    pub title: String,
    pub author: String,
    pub preview: String,
    pub access: Access,
    pub at: i64,
    /// The later of the two flags.
    pub flagged_at: i64,
    /// With the flag that everybody sees.
    pub shared: bool,
    /// With the reader's own.
    pub own: Option<OwnFlag>,
}

text_enum! {
    /// Which flagged messages are listed. C-14.
    Flags {
        All = "all",
        /// Those that everybody sees.
        Shared = "shared",
        /// One's own.
        Own = "own",
    }
}

text_enum! {
    /// What of a thread is shown. FLG-2.
    ThreadFilter {
        All = "all",
        Flagged = "flagged",
        /// With one's own flag. C-14.
        OwnFlagged = "own-flagged",
        Internal = "internal",
        External = "external",
        Customer = "customer",
        Staff = "staff",
        Files = "files",
    }
}

impl ThreadFilter {
    pub fn fits(self, message: &Message) -> bool {
        match self {
            ThreadFilter::All => true,
            ThreadFilter::Flagged => message.flagged,
            ThreadFilter::OwnFlagged => message.own_flag.is_some(),
            ThreadFilter::Internal => message.access == Access::Internal,
            ThreadFilter::External => message.access == Access::External,
            ThreadFilter::Customer => !message.author.staff && message.access == Access::External,
            ThreadFilter::Staff => message.author.staff,
            ThreadFilter::Files => !message.attachments.is_empty(),
        }
    }
}

/// What a message said before part of it was blacked out. EDM-2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Redaction {
    pub id: RedactionId,
    pub at: i64,
    pub by: String,
    pub reason: String,
    /// None once it was erased for good.
    pub before: Option<String>,
}

/// Changes of a message by those with the right to. EDM-1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct MessageChange {
    /// Minutes.
    pub minutes: Option<i64>,
    pub charge: Option<i64>,
    pub access: Option<Access>,
    pub remove_files: Vec<super::AttachmentId>,
    /// Takes the whole message away.
    pub delete: bool,
}

/// Half-written text, kept on the server. SAV-1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Kept {
    /// What the composer put in; its own form.
    pub body: String,
    /// Handed back when it is saved again.
    pub version: i64,
    pub changed_at: i64,
}
