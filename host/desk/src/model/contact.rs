//! How a person and a company are looked after. Section 16.

use super::{AgentId, CompanyId, Language, PriorityId};
use serde::{Deserialize, Serialize};

/// A contact as agents set it up. CRM-5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ContactSettings {
    pub name: String,
    /// The first is the one that is written to.
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub language: Language,
    pub company: Option<CompanyId>,
    /// Comes before the company's. PRI-2.
    pub priority: Option<PriorityId>,
    /// "Our service contact". ASG-4.
    pub service_contact: Option<AgentId>,
    /// Sees all requests of the company in the portal. POR-4.
    pub company_requests: bool,
    /// For colleagues only.
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct CompanySettings {
    pub name: String,
    /// Mail domain: whoever writes from it belongs here.
    pub domain: Option<String>,
    pub priority: Option<PriorityId>,
    pub service_contact: Option<AgentId>,
}
