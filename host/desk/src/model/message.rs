//! What is said on a request.

use super::{AttachmentId, DeliveryId, Language, MessageId, SideId, StatusId, Until, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Section 2.3 of the product's specification: enquiries, replies, internal comments; and what Saker says itself.
    MessageKind {
        Enquiry = "enquiry",
        Reply = "reply",
        Comment = "comment",
        /// The acknowledgement.
        Automatic = "automatic",
        /// A mail of ours that came back.
        Bounce = "bounce",
        /// Sent on to somebody outside. FWD-3.
        Forward = "forward",
        /// What an outside helper wrote.
        Helper = "helper",
    }
}

text_enum! {
    /// Who may read it: everyone on the request, or staff only.
    Access {
        External = "external",
        Internal = "internal",
    }
}

text_enum! {
    DeliveryState {
        Queued = "queued",
        /// With the other server right now, or cut off while it was.
        Sending = "sending",
        Sent = "sent",
        /// Refused for good, or too often.
        Failed = "failed",
        /// Handed over without a clear answer; a person decides.
        Uncertain = "uncertain",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Message {
    pub id: MessageId,
    pub kind: MessageKind,
    pub access: Access,
    pub author: Author,
    /// Unix microseconds.
    pub at: i64,
    /// Always there: the readable text, without what was quoted.
    pub text: String,
    /// What the mail quoted from earlier, folded on screen.
    pub quoted: Option<String>,
    /// There is an HTML form, cleaned, to be shown in a sandboxed frame at `/file/message/{id}.html`.
    pub has_html: bool,
    pub attachments: Vec<Attachment>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// Known to colleagues only.
    #[serde(default)]
    pub bcc: Vec<String>,
    /// For what was sent: of all its deliveries the one that most needs to be looked at.
    pub delivery: Option<Delivery>,
    /// One for each who gets it.
    #[serde(default)]
    pub deliveries: Vec<Delivery>,
    /// A reply that can still be called back leaves then; Unix microseconds.
    #[serde(default)]
    pub leaves_at: Option<i64>,
    /// Why this mail could not be read; its raw source is attached.
    pub problem: Option<String>,
    /// There is a raw source at `/file/message/{id}.eml`, for agents.
    pub has_source: bool,
    /// FLG-1.
    pub flagged: bool,
    /// The reader's own flag, which nobody else sees. C-14.
    #[serde(default)]
    pub own_flag: Option<OwnFlag>,
    /// Spent on it. TIM-1.
    pub minutes: i64,
    /// Minutes of it to charge. TIM-1.
    #[serde(default)]
    pub charge: i64,
    /// Part of it was blacked out.
    pub redacted: bool,
    /// The conversation with an outside helper that it belongs to.
    pub side: Option<SideId>,
}

/// A flag of one's own on a message. Appendix C, number 14.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct OwnFlag {
    /// What it is there for; empty for nothing. At most 500 characters.
    pub note: String,
    /// Unix microseconds.
    pub at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Author {
    pub name: String,
    /// Empty where the reader may not know it.
    pub email: String,
    pub staff: bool,
    /// The address is only what they typed: nobody has shown that it is theirs. Known to colleagues only.
    #[serde(default)]
    pub unproven: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Attachment {
    pub id: AttachmentId,
    pub name: String,
    pub mime: String,
    /// Bytes.
    pub size: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Delivery {
    pub id: DeliveryId,
    /// Whom it goes to. A bounce fails this one and no other.
    #[serde(default)]
    pub recipient: String,
    pub state: DeliveryState,
    pub attempts: i64,
    pub error: Option<String>,
    /// When the remote of a channel said that it arrived, and that it was seen; Unix microseconds.
    #[serde(default)]
    pub reached_at: Option<i64>,
    #[serde(default)]
    pub seen_at: Option<i64>,
}

impl Default for Access {
    /// Nothing becomes visible by oversight.
    fn default() -> Self {
        Access::Internal
    }
}

/// Who gets a reply: addresses, each once. Section 3.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Recipients {
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// Kept from everybody else.
    pub bcc: Vec<String>,
    /// The box is unticked: whoever stands in To does not become a contact of the request. CRE-1.
    pub apart: bool,
}

impl Recipients {
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

/// What an agent is about to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Draft {
    /// Markdown.
    pub text: String,
    pub access: Access,
    /// Template the text came from, for the log.
    #[serde(default)]
    pub template: Option<String>,
    /// Close in the same step. MSG-7.
    #[serde(default)]
    pub close: bool,
    /// Uploaded before with `POST /upload`; the server hands out these names.
    #[serde(default)]
    pub files: Vec<Upload>,
    /// The number of the last event the writer had seen: a reply is held back when a newer message is there.
    #[serde(default)]
    pub seen: Option<i64>,
    /// Makes sending twice the same as sending once.
    #[serde(default)]
    pub key: String,
    /// How long it was worked on, by the composer's timer; kept in whole minutes, rounded up. TIM-1.
    #[serde(default)]
    pub seconds: i64,
    /// Minutes of it to charge: 0 to 100,000. TIM-1.
    #[serde(default)]
    pub charge: i64,
    /// Who gets a reply. None is everybody who was part of the customer's last message, without us; with nobody in it,
    /// nothing is mailed (CRE-3).
    #[serde(default)]
    pub recipients: Option<Recipients>,
    /// Set in the same step; one for postponed requests needs `until`. MSG-5.
    #[serde(default)]
    pub status: Option<StatusId>,
    #[serde(default)]
    pub until: Option<Until>,
    /// Whether the mail quotes the customer's last message below; none is as the writer prefers. False where the text holds
    /// the quotation. MSG-3.
    #[serde(default)]
    pub quote: Option<bool>,
}

/// A file that lies in the blob store and waits for its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Upload {
    pub name: String,
    pub mime: String,
    pub size: i64,
    /// SHA-256 in hex, signed by the server so that nobody can guess into the store.
    pub blob: String,
    pub signature: String,
}

/// A template filled in for one request, as the composer takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Rendered {
    pub subject: Option<String>,
    pub text: String,
    pub html: String,
    pub language: Language,
    /// Missing values and the like. TPL-3.
    pub warnings: Vec<String>,
}
