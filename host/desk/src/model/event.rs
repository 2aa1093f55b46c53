//! The append-only log: what happened, who did it, and because of what.

use super::{Language, TicketId};
use serde::{Deserialize, Serialize};

macro_rules! text_enum {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),* }

        // By hand: the derive does not see words that come through a macro.
        #[cfg(not(target_family = "wasm"))]
        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                ::utoipa::openapi::ObjectBuilder::new()
                    .schema_type(::utoipa::openapi::Type::String)
                    .description(Some(concat!("" $(, $doc)*).trim()))
                    .enum_values(Some([$($text),*]))
                    .into()
            }
        }

        #[cfg(not(target_family = "wasm"))]
        impl ::utoipa::ToSchema for $name {}

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word that is stored and sent.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok($name::$variant),)*
                    other => Err(format!(concat!("not a ", stringify!($name), ": {}"), other)),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
    };
}
pub(crate) use text_enum;

text_enum! {
    /// One fact each.
    EventKind {
        TicketOpened = "ticket-opened",
        /// A message from outside: an enquiry by a customer.
        EnquiryReceived = "enquiry-received",
        Replied = "replied",
        Commented = "commented",
        Acknowledged = "acknowledged",
        /// A template that a rule or an escalation sent to the customer; its name is the new value.
        TemplateSent = "template-sent",
        /// Why no automatic reply was sent; `reason` in the data. AUT-2.
        AcknowledgementWithheld = "acknowledgement-withheld",
        Accepted = "accepted",
        Transferred = "transferred",
        Released = "released",
        StatusChanged = "status-changed",
        Closed = "closed",
        Reopened = "reopened",
        CategoryChanged = "category-changed",
        PriorityChanged = "priority-changed",
        TitleChanged = "title-changed",
        TypeChanged = "type-changed",
        AccessChanged = "access-changed",
        FieldChanged = "field-changed",
        Tagged = "tagged",
        Untagged = "untagged",
        SaleChanged = "sale-changed",
        ProjectChanged = "project-changed",
        ContactAdded = "contact-added",
        ContactRemoved = "contact-removed",
        MainContactChanged = "main-contact-changed",
        /// Given to somebody by a category's rules; the reason is in the data. Section 5.4.
        Distributed = "distributed",
        /// Handed out by "get next". QUE-3.
        HandedOut = "handed-out",
        Postponed = "postponed",
        /// A postponed request whose time has come. Section 6.2.
        Woken = "woken",
        Escalated = "escalated",
        DeadlineNear = "deadline-near",
        DeadlineMissed = "deadline-missed",
        /// Sent on to somebody outside.
        Forwarded = "forwarded",
        /// A conversation with an outside helper: begun, answered, ended.
        HelperAsked = "helper-asked",
        HelperAnswered = "helper-answered",
        HelperDone = "helper-done",
        /// No answer came in time.
        HelperSilent = "helper-silent",
        Mentioned = "mentioned",
        MessageFlagged = "message-flagged",
        MessageUnflagged = "message-unflagged",
        MessageRedacted = "message-redacted",
        MessageChanged = "message-changed",
        MessageMoved = "message-moved",
        /// On the old request: messages went to a new one.
        Split = "split",
        /// On the new request: it came out of another.
        SplitOff = "split-off",
        /// On the request that stays.
        Merged = "merged",
        /// On the request that was swallowed.
        Swallowed = "swallowed",
        Unmerged = "unmerged",
        Related = "related",
        Unrelated = "unrelated",
        Deleted = "deleted",
        Restored = "restored",
        MarkedSpam = "marked-spam",
        /// Gone for good, with messages and files. Only its number is left.
        Erased = "erased",
        /// Closed for so many days, which stand in the new value: without words, files and people from now on. C-20.
        Anonymised = "anonymised",
        /// Nothing of it is erased from now on; the reason is the new value, on what in the data.
        LegalHoldPlaced = "legal-hold-placed",
        LegalHoldLifted = "legal-hold-lifted",
        TimeChanged = "time-changed",
        /// Of a message: minutes to charge.
        ChargeChanged = "charge-changed",
        Followed = "followed",
        Unfollowed = "unfollowed",
        /// Earlier changes were taken back; the step is in the old value.
        Undone = "undone",
        ReadByOwner = "read-by-owner",
        /// Its owner put it back among what is not read.
        MarkedUnread = "marked-unread",
        ReadByCustomer = "read-by-customer",
        /// A reply that could be called back is on its way.
        ReplyLeft = "reply-left",
        Delivered = "delivered",
        DeliveryFailed = "delivery-failed",
        /// Handed to the other server without a clear answer. Never sent again by itself.
        DeliveryUncertain = "delivery-uncertain",
        /// A mail of ours came back.
        Bounced = "bounced",
        PersonAdded = "person-added",
        PersonChanged = "person-changed",
        /// Two contacts who are one: their names old and new, their ids in the data.
        PeopleMerged = "people-merged",
        PeopleUnmerged = "people-unmerged",
        CompaniesMerged = "companies-merged",
        PersonErased = "person-erased",
        PersonExported = "person-exported",
        CompanyChanged = "company-changed",
        SignedIn = "signed-in",
        SettingsChanged = "settings-changed",
        /// A plugin was installed or replaced; its version before and now, and its id in the data.
        PluginInstalled = "plugin-installed",
        PluginChanged = "plugin-changed",
        PluginRemoved = "plugin-removed",
        /// It failed again and again, and was switched off by itself.
        PluginTripped = "plugin-tripped",
        /// What should happen by the clock failed; on which request is in the old value, why in the new one.
        ChoreFailed = "chore-failed",
    }
}

text_enum! {
    /// Because of what an event came about.
    Cause {
        Person = "person",
        Mail = "mail",
        Form = "form",
        Plugin = "plugin",
        Clock = "clock",
        Setup = "setup",
        Rule = "rule",
        /// An API key.
        Key = "key",
        Bulk = "bulk",
        Undo = "undo",
    }
}

/// One line of the change log, ready to be worded. LOG-1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct LogEntry {
    pub number: i64,
    /// Unix microseconds.
    pub at: i64,
    pub kind: EventKind,
    pub ticket: Option<TicketId>,
    /// Empty for Saker itself.
    pub actor: String,
    pub cause: Cause,
    /// The rule, key, bulk action or step that the cause names.
    pub cause_id: Option<String>,
    /// Before and after where a value changed, by their names as the reader knows them.
    pub old: Option<String>,
    pub new: Option<String>,
    /// More, as JSON; its meaning is the kind's.
    pub data: Option<String>,
}

/// Which entries of the whole log are asked for; what is left out asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct LogAsked {
    pub kind: Option<EventKind>,
    /// Id of an agent, a customer or a rule.
    pub actor: Option<String>,
    /// Unix microseconds; the end is not part of it.
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// What the live stream says: something about this request changed. To customers never what: of which kind it was is for
/// colleagues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Change {
    pub number: i64,
    pub kind: EventKind,
    pub ticket: Option<TicketId>,
}

/// A choice with a name in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Named {
    pub id: String,
    pub nb: String,
    pub en: String,
}

impl Named {
    pub fn in_language(&self, language: Language) -> &str {
        language.pick(&self.nb, &self.en)
    }
}
