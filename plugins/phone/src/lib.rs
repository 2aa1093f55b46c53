//! A telephone exchange says what happens to its calls. Each exchange has its own form ([`sipgate`], [`placetel`], [`twilio`],
//! [`own`]); what comes of it is one [`Turn`] of a call, with numbers that are written alike ([`saker_channel::number`]).

#[cfg(target_family = "wasm")]
mod component;
pub mod own;
pub mod phones;
pub mod placetel;
pub mod said;
pub mod sipgate;
pub mod twilio;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It rings.
    Ringing,
    /// Somebody answered.
    Answered,
    /// It is over.
    Ended,
    /// It is over, and nobody answered.
    Missed,
}

impl State {
    /// As the host knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Ended => "ended",
            Self::Missed => "missed",
        }
    }
}

/// A turn that a call takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The exchange's own name for the call.
    pub call: String,
    /// Its name for the part of the call that rings at one phone, where each of those has turns of its own; empty elsewhere.
    pub leg: String,
    /// Which turn.
    pub state: State,
    /// We call them.
    pub outward: bool,
    /// Who calls, as the exchange writes it.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// What the exchange calls them; empty where it does not say.
    pub name: String,
    /// Whose phones it is about, by every name that the exchange says.
    pub phones: Vec<String>,
    /// How long was talked, in seconds, where it says so.
    pub seconds: Option<u32>,
}
