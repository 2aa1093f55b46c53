//! What other programs are told of, and how that went. API-1, appendix C, number 23.

use super::{AgentCard, EventKind, WebhookDeliveryId, WebhookId, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What a webhook can be told of. A fact that fits several has the most telling name of those that were asked for.
    HookEvent {
        RequestCreated = "request.created",
        /// Anything about a request changed; which field stands in `changed`. API-1.
        RequestChanged = "request.changed",
        MessageCreated = "message.created",
        StatusChanged = "status.changed",
        /// Its owner changed, to somebody or to nobody.
        Assigned = "assigned",
        Escalated = "escalated",
        DeadlineNear = "deadline.near",
        DeadlineMissed = "deadline.missed",
        Merged = "merged",
        Split = "split",
        RequestDeleted = "request.deleted",
        RequestRestored = "request.restored",
        /// A mail of ours did not arrive.
        DeliveryFailed = "delivery.failed",
        /// Sent by hand, to try it out.
        Ping = "ping",
    }
}

impl HookEvent {
    /// The names a fact has, the most telling one first; none for what only the log needs.
    pub fn of(kind: EventKind) -> &'static [HookEvent] {
        use EventKind as E;
        match kind {
            E::TicketOpened | E::SplitOff => &[HookEvent::RequestCreated],
            E::EnquiryReceived | E::Replied | E::Commented | E::Forwarded | E::HelperAsked | E::HelperAnswered => {
                &[HookEvent::MessageCreated]
            }
            E::StatusChanged | E::Closed | E::Reopened | E::Postponed | E::Woken => {
                &[HookEvent::StatusChanged, HookEvent::RequestChanged]
            }
            E::Accepted | E::Transferred | E::Released | E::Distributed | E::HandedOut => {
                &[HookEvent::Assigned, HookEvent::RequestChanged]
            }
            E::Escalated => &[HookEvent::Escalated],
            E::DeadlineNear => &[HookEvent::DeadlineNear],
            E::DeadlineMissed => &[HookEvent::DeadlineMissed],
            E::Merged | E::Swallowed | E::Unmerged => &[HookEvent::Merged, HookEvent::RequestChanged],
            E::Split => &[HookEvent::Split, HookEvent::RequestChanged],
            E::Deleted | E::MarkedSpam | E::Erased => &[HookEvent::RequestDeleted, HookEvent::RequestChanged],
            E::Restored => &[HookEvent::RequestRestored, HookEvent::RequestChanged],
            E::DeliveryFailed | E::DeliveryUncertain | E::Bounced => &[HookEvent::DeliveryFailed],
            E::CategoryChanged
            | E::PriorityChanged
            | E::TitleChanged
            | E::TypeChanged
            | E::AccessChanged
            | E::FieldChanged
            | E::Tagged
            | E::Untagged
            | E::SaleChanged
            | E::ProjectChanged
            | E::ContactAdded
            | E::ContactRemoved
            | E::MainContactChanged
            | E::MessageFlagged
            | E::MessageUnflagged
            | E::MessageRedacted
            | E::MessageChanged
            | E::MessageMoved
            | E::Related
            | E::Unrelated
            | E::TimeChanged
            | E::ChargeChanged
            | E::Undone => &[HookEvent::RequestChanged],
            _ => &[],
        }
    }
}

/// Somebody who is told. Its secret signs what is sent, and is shown when it is made or renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Webhook {
    pub id: WebhookId,
    pub name: String,
    pub url: String,
    pub events: Vec<HookEvent>,
    /// Who made it: it is told of what they may read, and of nothing else.
    pub agent: AgentCard,
    pub enabled: bool,
    /// Since when nothing has got through; none while all is well. Three days of it turn the webhook off.
    pub failing_since: Option<i64>,
    pub created_at: i64,
}

/// A webhook to be made or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NewWebhook {
    /// 1 to 100 characters.
    pub name: String,
    /// Where it is posted: `https`, 2,000 characters at most, without a password in it.
    pub url: String,
    pub events: Vec<HookEvent>,
    /// Turning on what was turned off begins anew.
    pub enabled: bool,
}

/// A new webhook with its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct MadeWebhook {
    pub webhook: Webhook,
    /// `whsec_` and 32 random bytes in base64, as <https://www.standardwebhooks.com> has it.
    pub secret: String,
}

text_enum! {
    HookState {
        Queued = "queued",
        Sent = "sent",
        /// Given up: too often, or the webhook is off.
        Failed = "failed",
    }
}

/// One line of a webhook's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct HookDelivery {
    /// The `webhook-id` of all tries, also of a replay: who is told twice can know.
    pub id: WebhookDeliveryId,
    /// Number of the event in the log; 0 for a ping.
    pub event: i64,
    pub name: HookEvent,
    /// What is posted, as it is.
    pub body: String,
    pub state: HookState,
    pub attempts: i64,
    /// HTTP's, of the last try; none where nobody answered.
    pub status: Option<i64>,
    /// First 2 kB of the last answer, or why there was none.
    pub answer: Option<String>,
    pub created_at: i64,
    pub sent_at: Option<i64>,
}
