//! People who ask, and people who answer.

use super::{AgentId, CompanyId, Language, PersonId, TicketRow};
use serde::{Deserialize, Serialize};

/// A contact, with what an agent sees of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Person {
    pub id: PersonId,
    /// As they write it; their address where no name is known.
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub language: Language,
    pub company: Option<Company>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Company {
    pub id: CompanyId,
    pub name: String,
}

/// Someone who works here, as colleagues see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AgentCard {
    pub id: AgentId,
    pub name: String,
    pub email: String,
}

/// The signed-in agent's own settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Profile {
    pub id: AgentId,
    pub name: String,
    pub email: String,
    pub language: Language,
    pub admin: bool,
    /// Plain text, put under replies. SIG-1.
    pub signature: String,
    /// What they may beside the ladder; administrators may all. Section 19.
    #[serde(default)]
    pub rights: Vec<super::Right>,
}

/// A caller or sender found by name, address or number, with their latest requests. PHO-1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Caller {
    pub person: Person,
    /// Open first, then the last five of the others.
    pub tickets: Vec<TicketRow>,
}
