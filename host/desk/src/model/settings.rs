//! What an administrator decides.

use super::Language;
use super::{CategoryId, Named, PriorityId, ReplyTemplateId, SettingsForm, StatusId, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What a user-defined status means to Saker. STA-1, STA-2.
    State {
        Open = "open",
        Closed = "closed",
        Postponed = "postponed",
        /// Swallowed by another request. Only a merge sets it. STA-2.
        Linked = "linked",
        /// In the recycle bin. STA-2.
        Deleted = "deleted",
    }
}

impl State {
    /// People may choose a status of it; the others come with a merge or the bin. STA-2.
    pub fn is_chosen(self) -> bool {
        matches!(self, State::Open | State::Closed | State::Postponed)
    }
}

/// A user-defined status over one [`State`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Status {
    pub id: StatusId,
    pub state: State,
    pub nb: String,
    pub en: String,
    /// The one taken for this state when nobody chooses.
    pub default: bool,
    /// Taken when somebody accepts a request. ACC-3.
    pub accept: bool,
    /// Handed out by "get next". QUE-1.
    pub queue: bool,
    /// A customer's answer makes a new request. STA-3.
    pub new_on_reply: bool,
    /// The customer is waited for: the clock of the deadlines stands still.
    pub waiting: bool,
    /// Which phase its time counts as. STAT-3.
    pub track: Phase,
}

text_enum! {
    /// Where the time of a request goes.
    Phase {
        Queue = "queue",
        Internal = "internal",
        External = "external",
    }
}

/// How long a request was in each phase, in minutes of the whole clock. STAT-3, STAT-4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Phases {
    pub queue: i64,
    pub internal: i64,
    pub external: i64,
}

/// Until when a request is put off. STA-6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "until", rename_all = "kebab-case")]
pub enum Until {
    /// Unix microseconds.
    At {
        at: i64,
    },
    Hours {
        hours: u8,
    },
    Day,
    Week,
    Month,
}

/// What somebody should know before closing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct BeforeClosing {
    /// The customer has had no answer. CLO-3.
    pub unanswered: bool,
    /// Keys of required custom fields that are empty: it can't be closed before they are filled in.
    pub missing_fields: Vec<String>,
    /// Numbers of children that must be closed first. RUL-1.
    pub open_children: Vec<i64>,
    /// Open children that could be closed along, with a message. RUL-1, REL-4.
    pub offer_children: Vec<i64>,
    /// The parent, when this is its last open child. RUL-1.
    pub offer_parent: Option<i64>,
}

impl Status {
    pub fn name(&self, language: Language) -> &str {
        language.pick(&self.nb, &self.en)
    }
}

/// A category; `nb` and `en` are its external names, `name` what agents call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Category {
    pub id: CategoryId,
    pub name: String,
    pub nb: String,
    pub en: String,
    /// Not offered to customers.
    pub internal: bool,
    /// What it stands under; for customers the nearest above that is offered to them.
    #[serde(default)]
    pub parent: Option<CategoryId>,
}

impl Category {
    pub fn external_name(&self, language: Language) -> &str {
        language.pick(&self.nb, &self.en)
    }

    /// CAT-3: where it has no name in a language it is not offered in that language.
    pub fn is_offered_in(&self, language: Language) -> bool {
        !self.internal && !self.external_name(language).is_empty()
    }

    /// Its outside name after those it stands under: `Support › Printers`. What has no name in the language is left out.
    pub fn external_path(&self, all: &[Category], language: Language) -> String {
        let mut names = vec![self.external_name(language)];
        let mut here = self;
        // No tree is deeper than it has branches.
        for _ in 0..all.len() {
            let above = here.parent.as_ref().and_then(|parent| all.iter().find(|one| one.id == *parent));
            let Some(above) = above else { break };
            names.push(above.external_name(language));
            here = above;
        }
        names.retain(|name| !name.is_empty());
        names.reverse();
        names.join(" › ")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Priority {
    pub id: PriorityId,
    /// 0 is the most urgent.
    pub rank: i64,
    pub nb: String,
    pub en: String,
    pub default: bool,
}

impl Priority {
    pub fn name(&self, language: Language) -> &str {
        language.pick(&self.nb, &self.en)
    }
}

/// Everything a page needs to offer choices. Small, and the same for all agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Choices {
    pub statuses: Vec<Status>,
    pub categories: Vec<Category>,
    pub priorities: Vec<Priority>,
    /// Request types, in their order. Section 8.2.
    #[serde(default)]
    pub types: Vec<super::RequestType>,
    pub agents: Vec<super::AgentCard>,
}

/// The organisation, as customers meet it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Organisation {
    pub name: String,
    /// Where mail to the desk goes.
    pub email: String,
    /// Empty when nobody answers the phone.
    pub phone: String,
}

/// A reply that an agent wrote beforehand: a template in Markdown, for each language that it has. Section 13.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ReplyTemplate {
    pub id: ReplyTemplateId,
    pub name: String,
    /// Everybody may use it; else only its author.
    pub shared: bool,
    pub mine: bool,
    /// Its author's name.
    pub by: String,
    /// Empty where it has no text in that language.
    pub nb: String,
    pub en: String,
}

/// A reply template as its author wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NewReplyTemplate {
    pub name: String,
    #[serde(default)]
    pub shared: bool,
    #[serde(default)]
    pub nb: String,
    #[serde(default)]
    pub en: String,
}

/// A reply template that a plugin or an agent offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TemplateCard {
    pub name: String,
    pub title: Named,
    /// What it asks whoever takes it, such as when the customer hears again.
    #[cfg_attr(not(target_family = "wasm"), schema(value_type = Vec<Object>))]
    pub asks: SettingsForm,
}
