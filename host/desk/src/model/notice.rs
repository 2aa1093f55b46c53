//! What colleagues are told, and in which way. Section 18.

use super::{AgentId, NotificationId, Source, event::text_enum};
use serde::{Deserialize, Serialize};

/// Something that an agent should know. NOT-1: never about their own doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Notification {
    pub id: NotificationId,
    pub kind: NoticeKind,
    pub number: i64,
    pub title: String,
    /// Who caused it; empty for Saker.
    pub by: String,
    /// How often, since it was last seen.
    pub times: i64,
    pub at: i64,
    pub seen: bool,
}

/// A page of notices, the latest first. `next` is handed back to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NoticePage {
    pub rows: Vec<Notification>,
    /// How many were not seen yet, on all pages.
    pub unseen: i64,
    pub next: Option<String>,
}

text_enum! {
    /// Section 18.
    NoticeKind {
        NewTicket = "new-ticket",
        NewMessage = "new-message",
        /// Given to you.
        Assigned = "assigned",
        TakenOver = "taken-over",
        /// One that you follow, or that is among your favourites, has another owner, or none.
        OwnerChanged = "owner-changed",
        /// Yours was put back among the unassigned.
        Released = "released",
        Reopened = "reopened",
        DeliveryFailed = "delivery-failed",
        Escalated = "escalated",
        DeadlineNear = "deadline-near",
        DeadlineMissed = "deadline-missed",
        Mentioned = "mentioned",
        /// An outside helper answered.
        HelperAnswered = "helper-answered",
        /// Open and untouched for long.
        Unhandled = "unhandled",
        /// For administrators: what should happen by itself fails on it.
        Stuck = "stuck",
    }
}

text_enum! {
    /// How much a follower hears of a request. C-15.
    Hearing {
        /// Everything that its owner hears of.
        All = "all",
        /// What turns it: everything but new messages.
        Turns = "turns",
        /// Only where somebody mentions them.
        Nothing = "nothing",
    }
}

impl Hearing {
    /// Whether this is heard of.
    pub fn takes(self, kind: NoticeKind) -> bool {
        match self {
            Hearing::All => true,
            Hearing::Turns => kind != NoticeKind::NewMessage,
            Hearing::Nothing => false,
        }
    }
}

/// Somebody who goes along with a request without owning it. C-15.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Follower {
    pub id: AgentId,
    pub name: String,
    pub email: String,
    pub hears: Hearing,
}

text_enum! {
    /// How somebody is told.
    Way {
        Screen = "screen",
        /// What happens within some minutes comes as one mail.
        Mail = "mail",
    }
}

/// Whether an agent hears of something in one way, and who decided that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NoticeChoice {
    pub kind: NoticeKind,
    pub way: Way,
    pub wanted: bool,
    pub from: Source,
}

/// A choice to be made: none leaves it to the administrator, or to Saker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NoticeWish {
    pub kind: NoticeKind,
    pub way: Way,
    pub wanted: Option<bool>,
}

text_enum! {
    /// Who is reminded each morning of what lies.
    Reminding {
        Nobody = "nobody",
        /// Whoever has not chosen otherwise.
        Chosen = "chosen",
        Everybody = "everybody",
    }
}

/// The reminder of each morning. Section 18, *open, not handled in N days*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Reminders {
    pub of: Reminding,
    /// Open and untouched for so many days, 1 to 365.
    pub days: i64,
    /// The hour of the agents' own clock, 0 to 23.
    pub hour: i64,
}

impl Default for Reminders {
    fn default() -> Self {
        Reminders { of: Reminding::Chosen, days: 3, hour: 7 }
    }
}

impl Reminders {
    /// Days and an hour that there are.
    pub fn is_sound(&self) -> bool {
        (1..=365).contains(&self.days) && (0..24).contains(&self.hour)
    }
}
