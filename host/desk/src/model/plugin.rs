//! Plugins, as an administrator sees them.

use super::{AccountId, CategoryId, OpinionId, PluginId, event::text_enum};
pub use package::{Flaw, Form as SettingsForm, Kind as PluginKind, Setting, Sort as SettingSort, Want, Words, written};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Whether a plugin runs.
    PluginState {
        On = "on",
        /// Switched off by an administrator.
        Off = "off",
        /// Switched off by itself, after failing again and again. What it has to do waits.
        Tripped = "tripped",
    }
}

/// A plugin that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Plugin {
    pub id: PluginId,
    pub name: Words,
    pub summary: Words,
    pub version: String,
    pub author: String,
    pub licence: String,
    pub website: Option<String>,
    pub kinds: Vec<PluginKind>,
    /// The key that signed it, or `shipped` for what came with Saker; none for a file that nobody signed.
    pub publisher: Option<String>,
    pub state: PluginState,
    /// Why it is switched off by itself.
    pub why: Option<String>,
    /// When it is tried again, in Unix microseconds.
    pub retry_at: Option<i64>,
    /// It has a picture.
    pub picture: bool,
    /// The lines of its sheet, and which were granted.
    pub wants: Vec<Wanted>,
    /// The version that can be gone back to.
    pub previous: Option<String>,
    /// Accounts that it serves.
    pub accounts: u32,
    /// Calls by their remotes on which it failed, and which wait for a version that can read them.
    pub unread: u32,
    /// Unix microseconds.
    pub installed_at: i64,
    pub changed_at: i64,
}

/// A line of a capability sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Wanted {
    #[serde(flatten)]
    pub want: Want,
    pub granted: bool,
    /// It is of no use without.
    pub needed: bool,
    /// Worth a second look.
    pub grave: bool,
    /// What secrets and settings in the line are called, by how it names them: `token`, `{{server}}`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub names: std::collections::BTreeMap<String, Words>,
    /// When it is needed, in its author's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Words>,
}

/// A file that was looked at and not installed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PluginSheet {
    /// SHA-256 of the file: what is installed is what was looked at.
    pub file: String,
    pub id: PluginId,
    pub name: Words,
    pub summary: Words,
    pub version: String,
    pub author: String,
    pub licence: String,
    pub website: Option<String>,
    pub kinds: Vec<PluginKind>,
    pub publisher: Option<String>,
    /// The version that is installed now.
    pub installed: Option<String>,
    pub wants: Vec<Wanted>,
}

/// A plugin that comes with Saker and runs only where somebody installs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ShippedPlugin {
    pub id: PluginId,
    pub name: Words,
    pub summary: Words,
    /// The version that lies ready.
    pub version: String,
    pub author: String,
    pub licence: String,
    pub kinds: Vec<PluginKind>,
    /// The version that is installed now; none where it is not.
    pub installed: Option<String>,
    /// Another file of it is installed than the one that lies ready: this one wants more than was granted, or somebody else
    /// made it.
    pub newer: bool,
    /// It lies in the folder for plugins, and did not come with this Saker.
    #[serde(default)]
    pub aside: bool,
    /// It has a picture.
    #[serde(default)]
    pub picture: bool,
}

/// An answer to a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Install {
    /// The sheet's file.
    pub file: String,
    /// The lines that are granted.
    pub granted: Vec<Want>,
    /// Nobody signed it, and it is taken all the same.
    #[serde(default)]
    pub unsigned: bool,
}

/// A publisher whose plugins are taken. As soon as one is pinned, no other's are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PinnedPublisher {
    /// 64 hexadecimal digits.
    pub key: String,
    pub name: String,
}

/// How a plugin's calls went in one hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PluginHour {
    /// When it began, in Unix microseconds.
    pub hour: i64,
    /// Which function: `render`, `handle-webhook`, …
    pub door: String,
    pub calls: i64,
    pub failures: i64,
    /// Calls that it answered with an error: its remote was not reached, a key was refused.
    pub errors: i64,
    /// Microseconds, all calls together, and the slowest.
    pub micros: i64,
    pub slowest: i64,
    /// Microseconds of computing.
    pub computing: i64,
}

/// A line of a plugin's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PluginLine {
    pub id: String,
    pub account: Option<AccountId>,
    pub at: i64,
    pub level: String,
    pub words: String,
}

/// Which lines of a log are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::IntoParams))]
pub struct LinesAsked {
    /// As grave as this or graver: one of `trace`, `debug`, `info`, `warn`, `error`. Anything else is all of them.
    pub level: Option<String>,
    /// Lines that say this.
    pub words: Option<String>,
    /// The last line of the page before.
    pub after: Option<String>,
}

/// A request that left for a plugin, or was not let out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Egress {
    pub id: String,
    pub account: Option<AccountId>,
    pub at: i64,
    pub method: String,
    pub host: String,
    /// Without secrets; of a long one the beginning, and how many bytes it has.
    pub path: String,
    /// Names of the headers that the plugin wrote.
    pub headers: String,
    pub status: Option<i64>,
    /// Every byte of HTTP that left: line, head and body, also where no answer came.
    pub sent: i64,
    /// Bytes of the answer's body.
    pub received: i64,
    pub micros: i64,
    /// `allowed`, or why not.
    pub decision: String,
}

/// A call that failed, or was kept for another reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PluginCall {
    pub id: String,
    pub account: Option<AccountId>,
    pub at: i64,
    pub door: String,
    pub outcome: String,
    pub micros: i64,
    /// Everything that went in, as JSON and without secrets: `saker plugin replay` does it again.
    pub record: Option<String>,
}

text_enum! {
    /// Why a call that was kept is not taken in.
    Aside {
        /// The plugin failed on it: it waits, and is tried again with a new version.
        Failed = "failed",
        /// The plugin read it and wants none of it: a signature that is wrong, bytes that mean nothing.
        Refused = "refused",
    }
}

/// A call by a remote that was kept and could not be taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct UnreadCall {
    pub id: String,
    pub account: AccountId,
    /// When the remote called, in Unix microseconds.
    pub at: i64,
    pub method: String,
    /// Behind the account's address.
    pub path: String,
    pub aside: Aside,
    pub why: String,
}

text_enum! {
    /// How an account of a channel is.
    ChannelState {
        On = "on",
        Off = "off",
        /// It waits for somebody: a key was refused, or a setting is wrong.
        Paused = "paused",
    }
}

/// An account of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Channel {
    pub id: AccountId,
    pub plugin: PluginId,
    pub name: String,
    pub category: CategoryId,
    pub state: ChannelState,
    pub why: Option<String>,
    /// As the plugin's form has it.
    #[cfg_attr(not(target_family = "wasm"), schema(value_type = Object))]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Secrets that are filled in; what they are is told to nobody.
    pub secrets: Vec<String>,
    /// Where its remote calls, for a plugin that wants to be called.
    pub hook_url: Option<String>,
    /// Its remote is turned away: its plugin wants to be called, and that is not granted.
    pub not_called: bool,
    /// What the last check found against the settings, until one finds nothing or a call goes well.
    pub check_failure: Option<String>,
    /// When its plugin last turned a call away, in Unix microseconds, and why.
    pub refused_at: Option<i64>,
    pub refused: Option<String>,
    /// What the plugin said when it was connected.
    pub connected: Vec<(String, String)>,
    /// When the last new message came, in Unix microseconds.
    pub heard_at: Option<i64>,
    /// The last call for it that failed within the time that such calls are kept, and why.
    pub failed_at: Option<i64>,
    pub failure: Option<String>,
}

/// What an account of a plugin is asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ChannelForm {
    /// The plugin's.
    pub name: Words,
    /// In the order of the form, each with its `sort` and bounds.
    #[cfg_attr(not(target_family = "wasm"), schema(value_type = Vec<Object>))]
    pub settings: SettingsForm,
    pub secrets: Vec<SecretField>,
    /// They can be tried on a sample of a call.
    pub samples: bool,
}

/// A secret of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct SecretField {
    pub name: String,
    pub title: Words,
    /// The account is of no use without.
    pub needed: bool,
    /// Left empty, Saker makes one up.
    pub generated: bool,
}

/// A channel's account as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NewChannel {
    pub name: String,
    pub category: Option<CategoryId>,
    #[serde(default)]
    #[cfg_attr(not(target_family = "wasm"), schema(value_type = Object))]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Left out, a secret stays as it is.
    #[serde(default)]
    pub secrets: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub off: bool,
    /// Ask the plugin first whether the settings work, and save nothing where it has something against them.
    #[serde(default)]
    pub check: bool,
}

/// A sample of a call, for settings that are not saved yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NewSample {
    #[serde(default)]
    #[cfg_attr(not(target_family = "wasm"), schema(value_type = Object))]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// What the other side sends: JSON, or a form as it stands in a body or behind `?`.
    pub sample: String,
}

/// What a plugin makes of a sample. Nothing of it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Tried {
    pub messages: Vec<TriedMessage>,
    /// News about messages that were sent before.
    pub news: Vec<TriedNews>,
}

/// A message that a sample would become.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TriedMessage {
    /// The same twice is the same message.
    pub id: String,
    /// Messages of one conversation belong to one request; empty where each is a request of its own.
    pub conversation: String,
    /// Empty where it has none: then the request is called by its text.
    pub title: String,
    pub text: String,
    /// The sender’s.
    pub name: String,
    /// As the channel knows them.
    pub address: String,
    pub email: String,
    pub phone: String,
    /// Unix microseconds, where it says.
    pub sent_at: Option<i64>,
    /// Names.
    pub files: Vec<String>,
}

/// How far a message is that was sent before, as a sample says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TriedNews {
    /// The channel’s name for it.
    pub message: String,
    /// It lies with its recipient; else it will not arrive, where `failed`, or is on its way.
    pub arrived: bool,
    pub failed: bool,
    /// Why it failed.
    pub why: String,
}

/// What a plugin takes a request to be, by its customer's last message. Nothing comes of it before somebody says yes. C-29.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Opinion {
    pub id: OpinionId,
    pub plugin: PluginId,
    /// What it is about.
    pub about: Matter,
    /// The value as this desk calls it, in both languages.
    pub value: Words,
    /// 0 to 1.
    pub confidence: f64,
    /// In the plugin's words.
    pub why: Option<String>,
    pub at: i64,
}

text_enum! {
    /// What an opinion can be about.
    Matter {
        Category = "category",
        Priority = "priority",
        Type = "type",
        Tag = "tag",
    }
}

/// What a plugin found out about a person elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Finding {
    pub plugin: PluginId,
    pub name: String,
    pub value: String,
    /// Where it is from, as the plugin says.
    pub source: String,
    pub found_at: i64,
}

/// What a plugin proposed on a request and could not be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Refused {
    /// Of the request.
    pub number: i64,
    pub at: i64,
    pub why: String,
}

/// The settings of a plugin that has no accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct PluginSettings {
    #[serde(default)]
    #[cfg_attr(not(target_family = "wasm"), schema(value_type = Object))]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Going in: those that change. Coming out: the names of those that are set, with nothing in them.
    #[serde(default)]
    pub secrets: std::collections::BTreeMap<String, String>,
}
