//! What a plugin says about itself, in `plugin.toml`, and as JSON in its file.

use crate::schema::Schema;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The contract this host speaks, as a manifest names it.
pub const CONTRACT: &str = "saker:plugin@0.1";

/// Hosts that one plugin may name.
const MOST_HOSTS: usize = 20;
/// Secrets that one plugin may have.
const MOST_SECRETS: usize = 20;
/// Letters in a name.
const LONGEST_NAME: usize = 60;
/// Letters in a sentence.
const LONGEST_SENTENCE: usize = 300;
/// Letters in why a line is wanted.
const LONGEST_WHY: usize = 120;

/// Who a plugin is and what it wants. Everything that is left out is not wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Reverse DNS, lower case: `com.example.telegram`. The first who signs it owns it.
    pub id: String,
    /// Semantic version 2.0.
    pub version: String,
    /// The contract it was built against: `saker:plugin@0.1`.
    pub wit: String,
    /// What it is for; checked against what it exports.
    pub kind: Vec<Kind>,
    pub name: Words,
    pub summary: Words,
    /// SPDX expression.
    pub licence: String,
    pub author: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub net: Net,
    /// By name: lower case, digits and `-`. They are asked for in this order.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub secrets: IndexMap<String, Secret>,
    #[serde(default)]
    pub state: State,
    /// Knowing whether anybody is there, and how long the line is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub presence: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookWish>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    /// What becomes of a message whose sending ended without an answer, where the plugin can't tell.
    #[serde(default)]
    pub on_unknown: OnUnknown,
    /// JSON Schema 2020-12 of the settings; what of it is understood stands in [`crate::Form`].
    #[serde(default, skip_serializing_if = "Schema::is_empty")]
    pub settings: Schema,
}

/// The same words in both languages of the product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "both languages, as in { nb = \"Papegøye\", en = \"Parrot\" }")]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Words {
    pub nb: String,
    pub en: String,
}

/// What a plugin is for. Each kind has interfaces that it must export and imports that it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub enum Kind {
    /// Brings messages in, takes them out, or both.
    Channel,
    /// Reads and writes mail; the sockets are the host's.
    Mail,
    ReplyTemplate,
    Classifier,
    Enricher,
    Automation,
}

/// What one call wants to use. The host's own limits win where they are lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Milliseconds of the plugin's own computing.
    pub cpu_ms: u32,
    /// Milliseconds from the first instruction to the last, waiting included.
    pub wall_ms: u32,
    /// Mebibytes, all memories together.
    pub memory_mb: u32,
    /// Requests to other hosts.
    pub http_calls: u32,
    /// Kibibytes of log.
    pub log_kb: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { cpu_ms: 200, wall_ms: 10_000, memory_mb: 32, http_calls: 20, log_kb: 64 }
    }
}

/// Where it wants to call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Net {
    /// `https://HOST[:PORT][/PREFIX]`; a host may begin with `*.`. `{{NAME}}` in place of all stands for the address in
    /// the setting NAME, for services that everybody runs themselves.
    pub hosts: Vec<String>,
    /// When one of them is needed, for whoever grants it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub why: BTreeMap<String, Words>,
}

/// A key or token that the administrator fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    pub title: Words,
    /// When it is needed, for whoever grants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Words>,
    /// Where the host may fill it in; some of [`Net::hosts`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The plugin may see it. Rarely needed, and asked for in plain words.
    #[serde(default)]
    pub readable: bool,
    /// It may be left empty.
    #[serde(default)]
    pub optional: bool,
    /// Made up by the host, for hooks that the remote signs or knows by a word.
    #[serde(default)]
    pub generated: bool,
}

/// Its memory between calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct State {
    /// Kibibytes for each account; 0 is none.
    pub quota_kb: u32,
}

/// Being called by its remote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WebhookWish {
    pub mode: WebhookMode,
    pub methods: Vec<Method>,
    #[serde(default = "megabyte")]
    pub max_body_kb: u32,
    /// It answers people’s browsers, with pages and forms; else only machines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pages: bool,
    /// Settings say how a call is read: an administrator may try them on a sample of one before they are saved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub samples: bool,
}

fn megabyte() -> u32 {
    1024
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookMode {
    /// The plugin answers the remote, after what it said is stored.
    Sync,
    /// The host stores the call and answers 200 at once; the plugin sees it soon after, more than once if need be.
    StoreFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Looking for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Poll {
    /// Seconds between two looks.
    pub every_s: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnUnknown {
    /// A person decides.
    #[default]
    Hold,
    /// Sent again: for remotes where twice does no harm.
    Retry,
}

/// What is wrong with a manifest or a file, for its author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Trouble {
    pub words: String,
    pub flaw: Flaw,
}

/// Where the flaw of a plugin's file lies, for whoever hands it in and is not its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub enum Flaw {
    /// It is no plugin at all.
    NoPlugin,
    /// More bytes than a plugin may have.
    TooLarge,
    /// What it says about itself makes no sense.
    Manifest,
    /// It was changed after it was signed, or its signature is broken.
    Signature,
    /// Its code is broken, or has more parts than are taken.
    Code,
    /// Its code asks for, or offers, something else than what it says about itself; or it is made for another Saker.
    Contract,
    /// Its picture can't be shown.
    Picture,
    /// It did not come up when it was tried.
    Trial,
}

impl Trouble {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), flaw: Flaw::Manifest }
    }

    /// The same, somewhere else.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn of(self, flaw: Flaw) -> Self {
        Self { flaw, ..self }
    }
}

impl Manifest {
    /// From the JSON in a file.
    ///
    /// # Errors
    /// For what is no manifest, and for one that [`Self::check`] refuses.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Trouble> {
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|why| Trouble::new(format!("the manifest can't be read: {why}")))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// From `plugin.toml`, as its author writes it.
    ///
    /// # Errors
    /// As [`Self::from_json`], with the line.
    #[cfg(not(target_family = "wasm"))]
    pub fn from_toml(text: &str) -> Result<Self, Trouble> {
        let manifest: Self = toml::from_str(text).map_err(|why| Trouble::new(format!("plugin.toml: {why}")))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Whether it makes sense, whoever wrote it.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), Trouble> {
        let no = |words: String| Err(Trouble::new(words));
        if !is_id(&self.id) {
            return no(format!(
                "id: {:?} is not of the form com.example.name (lower case, at most 80 letters)",
                self.id
            ));
        }
        if !is_version(&self.version) {
            return no(format!("version: {:?} is not of the form 1.2.3", self.version));
        }
        if self.wit != CONTRACT {
            let words = format!("wit: this host speaks {CONTRACT}, not {:?}", self.wit);
            return Err(Trouble { words, flaw: Flaw::Contract });
        }
        if self.kind.is_empty() {
            return no("kind: say what it is for, such as [\"channel\"]".to_owned());
        }
        self.name.check("name", LONGEST_NAME)?;
        self.summary.check("summary", LONGEST_SENTENCE)?;
        for (what, text) in [("licence", &self.licence), ("author", &self.author)] {
            if !is_line(text, 120) || text.is_empty() {
                return no(format!("{what}: one line of at most 120 letters"));
            }
        }
        if self.website.as_ref().is_some_and(|at| !at.starts_with("https://") || !is_line(at, 200)) {
            return no("website: an address that begins with https://".to_owned());
        }
        self.limits.check()?;
        let form = crate::Form::of(&self.settings)?;
        if self.net.hosts.len() > MOST_HOSTS {
            return no(format!("net.hosts: at most {MOST_HOSTS}"));
        }
        for host in &self.net.hosts {
            check_host(host, &form)?;
        }
        self.check_whys()?;
        self.check_secrets()?;
        if self.state.quota_kb > 10_240 {
            return no("state.quota-kb: at most 10240".to_owned());
        }
        if let Some(webhook) = &self.webhook
            && (webhook.methods.is_empty() || webhook.max_body_kb == 0 || webhook.max_body_kb > 5_120)
        {
            return no("webhook: name at least one method, and a max-body-kb from 1 to 5120".to_owned());
        }
        if self.webhook.as_ref().is_some_and(|webhook| webhook.pages && webhook.mode != WebhookMode::Sync) {
            return no("webhook: pages are answers, so the mode has to be sync".to_owned());
        }
        if self.poll.is_some_and(|poll| !(5..=86_400).contains(&poll.every_s)) {
            return no("poll.every-s: from 5 to 86400".to_owned());
        }
        Ok(())
    }

    fn check_whys(&self) -> Result<(), Trouble> {
        for (host, why) in &self.net.why {
            if !self.net.hosts.contains(host) {
                return Err(Trouble::new(format!("net.why: {host:?} does not stand in net.hosts")));
            }
            why.check(&format!("net.why.{host}"), LONGEST_WHY)?;
        }
        Ok(())
    }

    fn check_secrets(&self) -> Result<(), Trouble> {
        if self.secrets.len() > MOST_SECRETS {
            return Err(Trouble::new(format!("secrets: at most {MOST_SECRETS}")));
        }
        for (name, secret) in &self.secrets {
            if !is_name(name) {
                return Err(Trouble::new(format!("secrets: {name:?} may have lower-case letters, digits and -")));
            }
            secret.title.check(&format!("secrets.{name}.title"), LONGEST_NAME)?;
            if let Some(why) = &secret.why {
                why.check(&format!("secrets.{name}.why"), LONGEST_WHY)?;
            }
            if let Some(stranger) = secret.hosts.iter().find(|host| !self.net.hosts.contains(host)) {
                return Err(Trouble::new(format!("secrets.{name}.hosts: {stranger:?} does not stand in net.hosts")));
            }
        }
        Ok(())
    }
}

impl Words {
    pub fn is_empty(&self) -> bool {
        self.nb.is_empty() && self.en.is_empty()
    }

    /// Whether both say something.
    fn check(&self, what: &str, most: usize) -> Result<(), Trouble> {
        for (language, text) in [("nb", &self.nb), ("en", &self.en)] {
            if text.trim().is_empty() || !is_line(text, most) {
                return Err(Trouble::new(format!("{what}.{language}: one line of at most {most} letters")));
            }
        }
        Ok(())
    }
}

impl Limits {
    fn check(&self) -> Result<(), Trouble> {
        let bounds = [
            ("cpu-ms", self.cpu_ms, 1..=10_000),
            ("wall-ms", self.wall_ms, 1..=60_000),
            ("memory-mb", self.memory_mb, 1..=256),
            ("http-calls", self.http_calls, 0..=200),
            ("log-kb", self.log_kb, 0..=256),
        ];
        match bounds.into_iter().find(|(_, value, bounds)| !bounds.contains(value)) {
            None => Ok(()),
            Some((what, value, bounds)) => {
                Err(Trouble::new(format!("limits.{what}: {value} is not from {} to {}", bounds.start(), bounds.end())))
            }
        }
    }
}

/// A single `*.` in front, never alone; or a setting's name in braces.
fn check_host(host: &str, form: &crate::Form) -> Result<(), Trouble> {
    let no = |why: &str| Err(Trouble::new(format!("net.hosts: {host:?} {why}")));
    if let Some(name) = host.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
        return if form.setting(name).is_some() { Ok(()) } else { no("names a setting that there is not") };
    }
    let Some(rest) = host.strip_prefix("https://") else { return no("must begin with https://") };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path.contains(['?', '#', '\\']) || path.split('/').any(|part| part == "..") || !is_line(path, 200) {
        return no("has no plain path");
    }
    let (name, port) = authority.split_once(':').unwrap_or((authority, "443"));
    if port.parse::<u16>().is_err() {
        return no("has no port");
    }
    let plain = name.strip_prefix("*.").unwrap_or(name);
    let labels: Vec<_> = plain.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.len() < 64
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if labels.len() < 2 || !labels.iter().all(is_label) {
        return no("is no host name, in lower case and with a dot");
    }
    if labels.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
        return no("is an address, not a name");
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    let parts: Vec<_> = id.split('.').collect();
    id.len() <= 80 && parts.len() >= 2 && parts.iter().all(|part| is_name(part))
}

/// Lower-case letters, digits and `-`, beginning with a letter.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(not(target_family = "wasm"))]
impl Manifest {
    /// By semantic version, 2.0, section 11: also the parts after a dash count, those after a plus don't.
    pub fn is_newer_than(&self, other: &Manifest) -> bool {
        let parsed = |version: &str| semver::Version::parse(version).ok();
        let precedence =
            |version: &str| parsed(version).map(|v| semver::Version { build: semver::BuildMetadata::EMPTY, ..v });
        precedence(&self.version) > precedence(&other.version)
    }
}

/// Semantic version, 2.0, sections 2, 9 and 10.
fn is_version(version: &str) -> bool {
    let (rest, build) = version.split_once('+').map_or((version, None), |(rest, build)| (rest, Some(build)));
    let (core, before) = rest.split_once('-').map_or((rest, None), |(core, before)| (core, Some(before)));
    let parts: Vec<_> = core.split('.').collect();
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let led_by_zero = |part: &str| is_number(part) && part.len() > 1 && part.starts_with('0');
    version.len() <= 40
        && parts.len() == 3
        && parts.iter().all(|part| part.parse::<u32>().is_ok_and(|number| number.to_string() == *part))
        && before.is_none_or(|before| before.split('.').all(|part| word(part) && !led_by_zero(part)))
        && build.is_none_or(|build| build.split('.').all(word))
}

/// No line ends, no control or direction marks: it stands in pages and logs as it is.
pub(crate) fn is_line(text: &str, most: usize) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().count() <= most && !text.chars().any(hidden)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Manifest;

    pub(crate) const WHOLE: &str = r#"
        id = "com.example.parrot"
        version = "1.2.3"
        wit = "saker:plugin@0.1"
        kind = ["channel"]
        licence = "MIT"
        author = "Example"
        website = "https://example.com"
        name = { nb = "Papegøye", en = "Parrot" }
        summary = { nb = "Gjentar alt.", en = "Repeats everything." }
        on-unknown = "retry"
        [limits]
        memory-mb = 16
        [net]
        hosts = ["https://api.example.com", "https://*.cdn.example.com:8443/files", "{{server}}"]
        [net.why]
        "https://api.example.com" = { nb = "Bare for dem som bruker den.", en = "For those who use it." }
        [secrets.word]
        title = { nb = "Ord", en = "Word" }
        generated = true
        [secrets.token]
        title = { nb = "Nøkkel", en = "Token" }
        why = { nb = "Alltid.", en = "Always." }
        hosts = ["https://api.example.com"]
        [state]
        quota-kb = 64
        [webhook]
        mode = "store-first"
        methods = ["post"]
        [poll]
        every-s = 60
        [settings]
        type = "object"
        required = ["server"]
        [settings.properties.server]
        type = "string"
        format = "uri"
        title = "Server"
        x-nb = { title = "Tjener" }
    "#;

    #[test]
    fn a_whole_manifest_goes_through_json_unchanged() {
        let manifest = Manifest::from_toml(WHOLE).unwrap();
        assert!(manifest.settings.properties.has("server"));
        let json = serde_json::to_vec(&manifest).unwrap();
        assert_eq!(Manifest::from_json(&json).unwrap(), manifest);
        assert!(manifest.secrets.keys().eq(["word", "token"]), "in their author's order");
        assert!(Manifest::from_json(&json).unwrap().secrets.keys().eq(["word", "token"]));
        assert_eq!(manifest.limits.memory_mb, 16);
        assert_eq!(manifest.limits.cpu_ms, 200);
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        let bad = [
            (r#"id = "com.example.parrot""#, r#"id = "Parrot""#, "id:"),
            (r#"id = "com.example.parrot""#, r#"id = "com.example.""#, "id:"),
            (r#"version = "1.2.3""#, r#"version = "1.2""#, "version:"),
            (r#"version = "1.2.3""#, r#"version = "01.2.3""#, "version:"),
            (r#"version = "1.2.3""#, r#"version = "1.2.3-\u001b[2J""#, "version:"),
            (r#"version = "1.2.3""#, r#"version = "1.2.3+a\nb""#, "version:"),
            (r#"version = "1.2.3""#, r#"version = "1.2.3-01""#, "version:"),
            (r#"version = "1.2.3""#, r#"version = "1.2.3-""#, "version:"),
            ("plugin@0.1", "plugin@0.9", "this host speaks"),
            (r#"["channel"]"#, "[]", "kind:"),
            (r#"["channel"]"#, r#"["shell"]"#, "unknown variant"),
            (r#"nb = "Papegøye""#, r#"nb = "Pape\u202Egøye""#, "name.nb"),
            (r#"nb = "Papegøye""#, r#"nb = """#, "name.nb"),
            ("memory-mb = 16", "memory-mb = 4096", "limits.memory-mb"),
            ("memory-mb = 16", "memory-mb = -1", "plugin.toml"),
            ("memory-mb = 16", "memory = 16", "unknown field"),
            ("https://*.cdn.example.com:8443/files", "https://*", "net.hosts"),
            ("https://*.cdn.example.com:8443/files", "https://*.*.com", "net.hosts"),
            ("https://*.cdn.example.com:8443/files", "http://cdn.example.com", "net.hosts"),
            ("https://*.cdn.example.com:8443/files", "https://169.254.169.254", "net.hosts"),
            ("https://*.cdn.example.com:8443/files", "https://localhost", "net.hosts"),
            ("https://*.cdn.example.com:8443/files", "https://a@cdn.example.com", "net.hosts"),
            ("https://*.cdn.example.com:8443/files", "https://cdn.example.com/a/../b", "net.hosts"),
            ("{{server}}", "{{elsewhere}}", "names a setting"),
            (r#"hosts = ["https://api.example.com"]"#, r#"hosts = ["https://evil.example"]"#, "secrets.token.hosts"),
            ("[secrets.token]", "[secrets.Token]", "secrets:"),
            (r#""https://api.example.com" = {"#, r#""https://evil.example" = {"#, "net.why"),
            (r#"nb = "Alltid.""#, r#"nb = """#, "secrets.token.why"),
            ("every-s = 60", "every-s = 1", "poll.every-s"),
            (r#"methods = ["post"]"#, "methods = []", "webhook:"),
            (r#"methods = ["post"]"#, "methods = [\"get\"]\npages = true", "webhook: pages"),
        ];
        for (from, to, words) in bad {
            let text = WHOLE.replacen(from, to, 1);
            assert_ne!(text, WHOLE, "{from} is not there");
            let why = Manifest::from_toml(&text).unwrap_err().to_string();
            assert!(why.contains(words), "{to}: {why}");
        }
    }
}
