//! What people can do, and what requests ask for. Appendix C, number 9.

use super::{AgentId, CategoryId, RequestTypeId, TagId};
use serde::{Deserialize, Serialize};

/// Something that somebody can do, such as a language or a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Skill {
    /// At most 80 characters. Large and small letters are the same.
    pub name: String,
    /// How well: 1 to 5, or 0 where that is not said.
    #[serde(default)]
    pub level: i64,
}

/// What an agent can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct AgentSkills {
    pub agent: AgentId,
    pub name: String,
    pub skills: Vec<Skill>,
}

/// A skill that requests ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct WantedSkill {
    pub name: String,
    /// At least this level; 0 for any.
    #[serde(default)]
    pub level: i64,
    /// Nobody without it gets one by the rules or from the queue; else who has it is preferred.
    #[serde(default)]
    pub required: bool,
}

/// Which requests ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum SkillPlace {
    Category { id: CategoryId },
    Type { id: RequestTypeId },
    Tag { id: TagId },
}

/// What the requests of one category, of one type, or with one tag ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct SkillsWanted {
    pub place: SkillPlace,
    pub skills: Vec<WantedSkill>,
}

/// What somebody who could get a request has of what it asks for: kept with the decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct SkillsOf {
    /// The agent's, as of the moment.
    pub name: String,
    pub has: Vec<String>,
    /// Not at all, or not well enough.
    pub lacks: Vec<String>,
}

impl SkillPlace {
    /// What kind of thing asks, and which one, as they are stored.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            SkillPlace::Category { id } => ("category", id.as_str()),
            SkillPlace::Type { id } => ("type", id.as_str()),
            SkillPlace::Tag { id } => ("tag", id.as_str()),
        }
    }
}
