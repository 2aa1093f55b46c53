//! What would become of something that came now, and why. Appendix C, number 25.

use super::{
    Access, AccountId, AgentId, CategoryId, Decided, Decision, FieldValues, ForeseenEvent, Language, PriorityId,
    RequestTypeId, RuleId, StatusId, error::Error,
};
use serde::{Deserialize, Serialize};

/// Something that could come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Arriving {
    Mail {
        mailbox: AccountId,
        from: String,
        #[serde(default)]
        name: String,
        subject: String,
        #[serde(default)]
        text: String,
        /// A machine sent it.
        #[serde(default)]
        automatic: bool,
    },
    /// The portal's form, filled in; what is left out is not chosen.
    Form {
        email: String,
        #[serde(default)]
        name: String,
        #[serde(default)]
        category: String,
        #[serde(default)]
        kind: String,
        #[serde(default)]
        priority: String,
        title: String,
        #[serde(default)]
        text: String,
        #[serde(default)]
        language: Option<Language>,
        #[serde(default)]
        fields: FieldValues,
    },
}

/// Where it would end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "on", rename_all = "kebab-case")]
pub enum Lands {
    /// A new request.
    New,
    /// A new request that is related to this one. STA-7.
    Related { number: i64 },
    /// On a request that is there.
    There { number: i64 },
    /// In the bin: its sender is remembered for spam. SPM-1.
    Bin,
}

/// What its sender would be told by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Receipt {
    /// This template, in the contact's language.
    Sent { template: String, language: Decided<Language> },
    /// Nothing; why, in the word of the log, or `there` for what is an answer.
    Withheld { reason: String },
}

/// A rule that what would happen sets off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct RuleTried {
    pub rule: RuleId,
    pub name: String,
    /// False where its criteria don't hold.
    pub acts: bool,
    /// Why it can't do what it should.
    pub failed: Option<Error>,
}

/// The whole way of what came. Nothing of it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Route {
    pub lands: Lands,
    pub category: Decided<CategoryId>,
    pub kind: Decided<Option<RequestTypeId>>,
    pub priority: Decided<PriorityId>,
    pub status: Decided<StatusId>,
    pub access: Decided<Access>,
    pub owner: Option<AgentId>,
    /// Why it is theirs, or why nobody's; none where nothing gives it away. C-8.
    pub why: Option<Decision>,
    pub receipt: Receipt,
    /// In the order in which they are set off.
    pub rules: Vec<RuleTried>,
    /// What would stand in the log.
    pub events: Vec<ForeseenEvent>,
}

/// Who decides about a request that is there, for whoever asks. Appendix C, number 25.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct HoldsOf {
    /// The status that one's reply offers. MSG-5.
    pub reply_status: Decided<Option<StatusId>>,
    /// Whether one takes it by replying. MSG-4.
    pub takes_on_reply: Decided<bool>,
    /// The template that a reply begins with.
    pub reply_template: Decided<Option<String>>,
    /// The priority that it would get by itself. PRI-2.
    pub priority: Decided<PriorityId>,
    /// The language in which its contact is written to.
    pub language: Decided<Language>,
    /// Why its owner has it, where that was decided by rules.
    pub owner: Option<Decision>,
}
