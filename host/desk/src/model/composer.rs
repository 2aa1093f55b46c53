//! What a composer begins with, and what can be put into it. Section 4.1.

use super::{Access, Draft, MessageId, Upload};
use serde::{Deserialize, Serialize};

/// What a reply begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Beginning {
    /// With everybody in it who takes part (reply to all), the quotation where the writer prefers one (MSG-3), and the
    /// status that is offered with the reply (MSG-5). To answer one only, empty its Cc.
    pub draft: Draft,
    /// Addresses that take part without being contacts, to be added. MSG-8.
    pub suggested: Vec<String>,
    /// The template that the request's type offers. Section 8.2.
    pub template: Option<String>,
}

/// What this request has that can be put into a message. MSG-9.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Insertable {
    /// The latest first.
    pub messages: Vec<InsertableMessage>,
    pub files: Vec<InsertableFile>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct InsertableMessage {
    pub id: MessageId,
    pub author: String,
    /// Unix microseconds.
    pub at: i64,
    /// Internal is what an outside helper wrote: the customer has not seen it.
    pub access: Access,
    pub preview: String,
    /// Markdown, quoted, as it is pasted.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct InsertableFile {
    pub message: MessageId,
    /// Unix microseconds.
    pub at: i64,
    pub access: Access,
    /// To be put among the files of a draft as it is: nothing is uploaded again.
    pub upload: Upload,
}
