//! Names for rows. All are UUID v7 as text, made by the desk and by nobody else.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(sqlx::Type, utoipa::ToSchema))]
        #[cfg_attr(not(target_family = "wasm"), sqlx(transparent))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            #[cfg(not(target_family = "wasm"))]
            /// A new name, later than all names this process made before.
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7().to_string())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        #[cfg(not(target_family = "wasm"))]
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

id! {
    /// A channel account: one mailbox, the portal's form, the phone.
    AccountId,
    /// Someone who works here.
    AgentId,
    AbsenceId,
    AgreementId,
    ApiKeyId,
    AttachmentId,
    /// One action on many requests.
    BulkId,
    CalendarId,
    CategoryId,
    CompanyId,
    /// One mail on its way out.
    DeliveryId,
    FieldId,
    JobId,
    EscalationLevelId,
    LegalHoldId,
    MessageId,
    /// One of those that run on a database, from its start to its stop.
    NodeId,
    NotificationId,
    /// Someone who asks.
    PersonId,
    /// One call, in the caller log.
    PhoneCallId,
    /// A plugin, by the name its author gave it: `com.example.telegram`.
    PluginId,
    PriorityId,
    ProjectId,
    RedactionId,
    RelationId,
    RelationRuleId,
    ReplyTemplateId,
    RequestTypeId,
    RoleId,
    RuleId,
    SaleId,
    /// A conversation with an outside helper.
    SideId,
    StatusId,
    TagId,
    TeamId,
    TicketId,
    ViewId,
    WebhookId,
    /// What a plugin takes a message to be about.
    OpinionId,
    WebhookDeliveryId,
}
