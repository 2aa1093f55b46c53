//! Keys with which programs act as somebody who works here. Appendix C, numbers 22 and 23.

use super::{AgentCard, ApiKeyId, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What a key is good for: whole words for everything, or one area at a time. Writing implies reading.
    Scope {
        /// Reads everything but settings.
        Read = "read",
        /// Reads and changes everything but settings.
        Write = "write",
        /// Everything that its agent may do.
        Admin = "admin",
        RequestsRead = "requests:read",
        RequestsWrite = "requests:write",
        PeopleRead = "people:read",
        PeopleWrite = "people:write",
        WebhooksRead = "webhooks:read",
        WebhooksWrite = "webhooks:write",
        SettingsRead = "settings:read",
        SettingsWrite = "settings:write",
    }
}

text_enum! {
    /// Where a call belongs.
    Area {
        Requests = "requests",
        People = "people",
        Webhooks = "webhooks",
        Settings = "settings",
    }
}

impl Scope {
    /// Whether a key with this scope may call something in `area`.
    pub fn covers(self, area: Area, writes: bool) -> bool {
        let (of, may_write) = match self {
            Scope::Admin => return true,
            Scope::Read => return !writes && area != Area::Settings,
            Scope::Write => return area != Area::Settings,
            Scope::RequestsRead => (Area::Requests, false),
            Scope::RequestsWrite => (Area::Requests, true),
            Scope::PeopleRead => (Area::People, false),
            Scope::PeopleWrite => (Area::People, true),
            Scope::WebhooksRead => (Area::Webhooks, false),
            Scope::WebhooksWrite => (Area::Webhooks, true),
            Scope::SettingsRead => (Area::Settings, false),
            Scope::SettingsWrite => (Area::Settings, true),
        };
        of == area && (may_write || !writes)
    }
}

/// A key, without its secret: that is shown once and kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// Whose rights it has, and never more.
    pub agent: AgentCard,
    pub scopes: Vec<Scope>,
    /// Unix microseconds, as all times.
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    /// Last used, to the minute.
    pub used_at: Option<i64>,
}

/// A key to be made, for oneself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NewApiKey {
    /// What it is for: 1 to 100 characters.
    pub name: String,
    pub scopes: Vec<Scope>,
    /// None is until it is revoked.
    pub expires_at: Option<i64>,
}

/// A new key. Whoever sees this is the last who sees the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct MadeApiKey {
    pub key: ApiKey,
    pub token: String,
}

/// How often programs may call, each key for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ApiLimit {
    /// In the long run: 1 to 1,000,000.
    pub per_minute: i64,
    /// After a rest: 1 to 1,000,000.
    pub at_once: i64,
}

impl Default for ApiLimit {
    fn default() -> Self {
        ApiLimit { per_minute: 1_200, at_once: 300 }
    }
}

impl ApiLimit {
    pub fn is_sound(&self) -> bool {
        [self.per_minute, self.at_once].iter().all(|calls| (1..=1_000_000).contains(calls))
    }
}

#[cfg(test)]
mod tests {
    use super::{Area, Scope};

    #[test]
    fn a_scope_covers_its_area_and_writing_implies_reading() {
        assert!(Scope::RequestsWrite.covers(Area::Requests, false));
        assert!(!Scope::RequestsRead.covers(Area::Requests, true));
        assert!(!Scope::RequestsWrite.covers(Area::People, false));
        assert!(Scope::Write.covers(Area::Webhooks, true) && !Scope::Write.covers(Area::Settings, false));
        assert!(!Scope::Read.covers(Area::Settings, false) && !Scope::Read.covers(Area::People, true));
        assert!(Area::ALL.iter().all(|area| Scope::Admin.covers(*area, true)));
    }
}
