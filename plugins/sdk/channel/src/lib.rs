//! What the channels for other companies' services share.
//!
//! A channel is three things: what comes in is believed or not ([`proof`]), and read ([`message`], [`file`], [`parts`]); what goes out is
//! put into the remote's letters ([`markup`]), sent with [`call`], and each piece of it once ([`once`]); and what goes wrong is
//! said in the contract's words ([`fault`]).
//!
//! Where nobody knows the remote beforehand, an administrator says what it wants and where in what it says things stand: requests
//! are made of texts with places in them ([`wording`], [`template`]), and calls and answers are read by paths ([`content`],
//! [`listed`], [`when`]).
//!
//! Reading is pure, so that it is tested here with what the remotes document; what calls the host is tested as a component,
//! with recorded calls.

pub mod bindings;
pub mod call;
pub mod content;
pub mod fault;
pub mod file;
pub mod form;
pub mod json;
pub mod jwt;
pub mod listed;
pub mod markup;
pub mod message;
pub mod number;
pub mod once;
pub mod parts;
pub mod proof;
pub mod template;
pub mod tongue;
pub mod when;
pub mod wording;

pub use bindings::{
    exports::saker::plugin::{descriptor, inbound, outbound, setup},
    saker::plugin::{blobs, clock, config, http, log, presence, random, secrets, state, types},
};
pub use tongue::Tongue;

use descriptor::Description;
use types::PluginError;

/// What came of a function of the contract.
pub type Result<T> = std::result::Result<T, PluginError>;

/// Who a channel is. Rights come from its manifest, and so do its settings.
pub fn description(id: &str, name: &str, version: &str, summary: &str, most: u32, largest_file: u32) -> Description {
    Description {
        id: id.to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        summary: summary.to_owned(),
        config_schema: "{}".to_owned(),
        features: if largest_file > 0 { vec!["attachments".to_owned()] } else { vec![] },
        max_body_bytes: Some(most),
        max_attachment_bytes: (largest_file > 0).then_some(largest_file),
    }
}

/// A setting's text, without the slash at the end of an address; none where it is empty.
pub fn setting(name: &str) -> Option<String> {
    config::get(name).map(|text| text.trim().trim_end_matches('/').to_owned()).filter(|text| !text.is_empty())
}

/// The same for one that the form does not leave empty.
///
/// # Errors
/// That it is missing.
pub fn needed(name: &str) -> Result<String> {
    setting(name).ok_or_else(|| fault::missing(name))
}

/// Whether nobody calls, but an administrator tries settings on a sample of a call. It proves nothing, and nothing of it is kept.
/// No setting of a plugin's own has a point in its name.
pub fn on_trial() -> bool {
    config::get("saker.trial").as_deref() == Some("true")
}
