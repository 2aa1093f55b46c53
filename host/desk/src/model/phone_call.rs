//! Telephone calls, as an exchange tells of them.

use super::{AgentCard, AgentId, Caller, Person, PhoneCallId, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Who called whom.
    CallDirection {
        In = "in",
        Out = "out",
    }
}

text_enum! {
    /// How far a call is.
    CallState {
        Ringing = "ringing",
        Answered = "answered",
        Ended = "ended",
        /// It came in, and nobody answered.
        Missed = "missed",
    }
}

/// A line of the caller log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PhoneCall {
    pub id: PhoneCallId,
    pub direction: CallDirection,
    pub state: CallState,
    /// Of the other side; empty where it is hidden.
    pub number: String,
    /// What the exchange calls them; empty where it does not say.
    pub name: String,
    /// Who it is, where one contact alone has that number.
    pub person: Option<Person>,
    /// The number of ours that it came by, or was made from.
    pub line: String,
    /// What the exchange calls the phone that it rang on.
    pub extension: String,
    /// Whose phones it is about; none is everybody's.
    pub agents: Vec<AgentCard>,
    /// Unix microseconds.
    pub began_at: i64,
    pub answered_at: Option<i64>,
    pub ended_at: Option<i64>,
    /// How long was talked.
    pub seconds: Option<i64>,
    /// A missed call that was called back, or that somebody dealt with in another way.
    pub settled_at: Option<i64>,
    /// The request that it became.
    pub ticket: Option<i64>,
}

/// What stands in somebody's way to a call just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Ringing {
    pub call: PhoneCall,
    /// Who it may be, with their requests, the open ones first.
    pub callers: Vec<Caller>,
}

/// What the telephone says just now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Switchboard {
    /// Calls that ring for whoever asks, and those that they have answered.
    pub calls: Vec<Ringing>,
    /// Missed calls that nobody has dealt with.
    pub missed: i64,
    /// There has been a call at all: some desks have no exchange.
    pub used: bool,
}

/// Which calls are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::IntoParams))]
pub struct CallsAsked {
    /// Missed ones alone that nobody has dealt with.
    pub missed: Option<bool>,
    /// The last call of the page before.
    pub after: Option<PhoneCallId>,
}

/// A turn that a call takes, as a channel tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub state: CallState,
    pub direction: CallDirection,
    pub line: String,
    pub extension: String,
    /// Addresses of those whose phones it is about.
    pub agents: Vec<String>,
    pub seconds: Option<i64>,
    /// It becomes a request too.
    pub request: bool,
}

impl PhoneCall {
    /// Whether somebody should be called back.
    pub fn is_waiting(&self) -> bool {
        self.state == CallState::Missed && self.settled_at.is_none()
    }

    /// Whether it is about this agent's phone, or about everybody's.
    pub fn concerns(&self, agent: &AgentId) -> bool {
        self.agents.is_empty() || self.agents.iter().any(|card| card.id == *agent)
    }
}
