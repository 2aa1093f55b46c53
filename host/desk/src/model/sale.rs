//! Sales and projects that requests may belong to. CRM-3.

use super::{CompanyId, PersonId, ProjectId, SaleId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Sale {
    pub id: SaleId,
    pub name: String,
    #[serde(default)]
    pub company: Option<CompanyId>,
    /// Not offered any more; its requests keep it.
    #[serde(default)]
    pub closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
    #[serde(default)]
    pub company: Option<CompanyId>,
    /// Not offered any more; its requests keep it.
    #[serde(default)]
    pub closed: bool,
}

/// On whose card requests are listed. CRM-2, CRM-3, CRM-4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "of", content = "id", rename_all = "kebab-case")]
pub enum Card {
    Person(PersonId),
    Company(CompanyId),
    Sale(SaleId),
    Project(ProjectId),
}
