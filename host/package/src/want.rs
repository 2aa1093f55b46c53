//! What a plugin wants, line by line, in the order of a capability sheet. An administrator grants each line by itself, and
//! a newer version that wants another line asks again.

use crate::{
    Form,
    interface::Interface,
    manifest::{Kind, Limits, Manifest, WebhookMode, Words},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of the sheet. Equal lines are the same right, whatever version asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "want", rename_all = "kebab-case")]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub enum Want {
    /// To put messages into requests.
    Receive,
    /// To send what agents write to customers.
    Send,
    /// To read and write the organisation's mail.
    Mail,
    /// To write texts from templates.
    Render,
    /// To say what a message is about.
    Classify,
    /// To say what it knows about a person.
    Enrich,
    /// To hear what happens to requests and propose changes.
    Automate,
    /// To call this address.
    Reach { host: String },
    /// To have this secret sent along to these addresses, without seeing it.
    Secret { name: String, hosts: Vec<String> },
    /// To see this secret.
    SeeSecret { name: String },
    /// To remember so many kibibytes for each account.
    Remember { kb: u32 },
    /// To be called from the internet.
    BeCalled { sync: bool },
    /// To show people pages with forms at the address where it is called, which is ours.
    ShowPages,
    /// To know whether anybody is there, and how long the line is.
    Presence,
    /// To look for messages every so many seconds.
    Look { every_s: u32 },
    /// To use so much at a time.
    Use { cpu_ms: u32, memory_mb: u32 },
    /// To take longer than others, ask others more often, or write more into its log, at a time.
    Take { wall_ms: u32, http_calls: u32, log_kb: u32 },
}

impl Want {
    /// The plugin is of no use without it: installing is granting it. A channel that does not look for messages hears
    /// nothing where it may not be called.
    pub fn is_needed(&self, manifest: &Manifest) -> bool {
        match self {
            Self::BeCalled { .. } => manifest.kind.contains(&Kind::Channel) && manifest.poll.is_none(),
            Self::Reach { .. }
            | Self::Secret { .. }
            | Self::SeeSecret { .. }
            | Self::Remember { .. }
            | Self::ShowPages
            | Self::Presence
            | Self::Look { .. } => false,
            _ => true,
        }
    }

    /// What secrets and settings in the line are called, by how it names them: `token`, `{{server}}`.
    pub fn names(&self, manifest: &Manifest) -> BTreeMap<String, Words> {
        let (secret, hosts) = match self {
            Self::Reach { host } => (None, std::slice::from_ref(host)),
            Self::Secret { name, hosts } => (Some(name), hosts.as_slice()),
            Self::SeeSecret { name } => (Some(name), [].as_slice()),
            _ => return BTreeMap::new(),
        };
        let secret = secret.and_then(|name| Some((name.clone(), manifest.secrets.get(name)?.title.clone())));
        let form = Form::of(&manifest.settings).unwrap_or_default();
        let settings = hosts.iter().filter_map(|host| {
            let name = host.strip_prefix("{{")?.strip_suffix("}}")?;
            Some((host.clone(), form.setting(name)?.title.clone()))
        });
        settings.chain(secret).collect()
    }

    /// When it is needed, where its author says so.
    pub fn why(&self, manifest: &Manifest) -> Option<Words> {
        match self {
            Self::Reach { host } => manifest.net.why.get(host).cloned(),
            Self::Secret { name, .. } | Self::SeeSecret { name } => manifest.secrets.get(name)?.why.clone(),
            _ => None,
        }
    }

    /// Worth a second look.
    pub fn is_grave(&self) -> bool {
        match self {
            Self::SeeSecret { .. } | Self::Mail | Self::ShowPages => true,
            Self::Reach { host } => host.contains("*."),
            Self::Use { cpu_ms, memory_mb } => *cpu_ms > 2_000 || *memory_mb > 128,
            _ => false,
        }
    }
}

/// Everything that a plugin wants, by its manifest and by what its code has: only a channel with `outbound` sends.
pub fn wants(manifest: &Manifest, exports: &[Interface]) -> Vec<Want> {
    let mut wants = vec![];
    for kind in &manifest.kind {
        match kind {
            Kind::Channel => {
                let has = |interface| exports.contains(&interface);
                wants.extend((has(Interface::Inbound) || has(Interface::Poller)).then_some(Want::Receive));
                wants.extend(has(Interface::Outbound).then_some(Want::Send));
            }
            Kind::Mail => wants.push(Want::Mail),
            Kind::ReplyTemplate => wants.push(Want::Render),
            Kind::Classifier => wants.push(Want::Classify),
            Kind::Enricher => wants.push(Want::Enrich),
            Kind::Automation => wants.push(Want::Automate),
        }
    }
    wants.extend(manifest.net.hosts.iter().map(|host| Want::Reach { host: host.clone() }));
    for (name, secret) in &manifest.secrets {
        if secret.readable {
            wants.push(Want::SeeSecret { name: name.clone() });
        } else {
            wants.push(Want::Secret { name: name.clone(), hosts: secret.hosts.clone() });
        }
    }
    if manifest.state.quota_kb > 0 {
        wants.push(Want::Remember { kb: manifest.state.quota_kb });
    }
    if let Some(webhook) = &manifest.webhook {
        wants.push(Want::BeCalled { sync: webhook.mode == WebhookMode::Sync });
        if webhook.pages {
            wants.push(Want::ShowPages);
        }
    }
    if manifest.presence {
        wants.push(Want::Presence);
    }
    if let Some(poll) = manifest.poll {
        wants.push(Want::Look { every_s: poll.every_s });
    }
    let (limits, usual) = (manifest.limits, Limits::default());
    wants.push(Want::Use { cpu_ms: limits.cpu_ms, memory_mb: limits.memory_mb });
    // Only where it is more than what everybody has: so it was not asked for in what was granted before there was this line.
    let taken = [limits.wall_ms, limits.http_calls, limits.log_kb];
    let usual = [usual.wall_ms, usual.http_calls, usual.log_kb];
    if taken.iter().zip(&usual).any(|(taken, usual)| taken > usual) {
        let [wall_ms, http_calls, log_kb] = std::array::from_fn(|at| taken[at].max(usual[at]));
        wants.push(Want::Take { wall_ms, http_calls, log_kb });
    }
    wants
}

#[cfg(test)]
mod tests {
    use super::{Want, wants};
    use crate::{
        interface::Interface,
        manifest::{Limits, Manifest, tests::WHOLE},
    };

    #[test]
    fn every_wish_is_a_line() {
        let mut manifest = Manifest::from_toml(WHOLE).unwrap();
        let wants = wants(&manifest, &[Interface::Inbound, Interface::Outbound]);
        assert_eq!(wants.len(), 11);
        let server = Want::Reach { host: "{{server}}".to_owned() };
        assert!(wants.contains(&server));
        assert_eq!(server.names(&manifest)["{{server}}"].nb, "Tjener");
        let token = Want::Secret { name: "token".to_owned(), hosts: vec!["https://api.example.com".to_owned()] };
        assert!(wants.contains(&token) && token.names(&manifest)["token"].en == "Token");
        assert_eq!((token.why(&manifest).unwrap().en.as_str(), server.why(&manifest)), ("Always.", None));
        assert!(
            wants
                .iter()
                .filter(|want| want.is_grave())
                .eq([&Want::Reach { host: "https://*.cdn.example.com:8443/files".to_owned() }])
        );
        // It may look for messages instead; where it doesn't, being called is all that it hears by.
        let called = wants.iter().find(|want| matches!(want, Want::BeCalled { .. })).unwrap();
        assert!(manifest.poll.is_some() && !called.is_needed(&manifest));
        manifest.poll = None;
        assert!(called.is_needed(&manifest));
    }

    #[test]
    fn who_only_hears_asks_for_no_more() {
        let manifest = Manifest::from_toml(WHOLE).unwrap();
        let both =
            |exports: &[Interface]| [Want::Receive, Want::Send].map(|want| wants(&manifest, exports).contains(&want));
        assert_eq!(both(&[Interface::Setup, Interface::Inbound]), [true, false]);
        assert_eq!(both(&[Interface::Poller]), [true, false]);
        assert_eq!(both(&[Interface::Outbound]), [false, true]);
    }

    #[test]
    fn who_takes_more_than_others_says_so() {
        let mut manifest = Manifest::from_toml(WHOLE).unwrap();
        let takes =
            |manifest: &Manifest| wants(manifest, &[]).into_iter().find(|want| matches!(want, Want::Take { .. }));
        manifest.limits = Limits { wall_ms: 5_000, ..Limits::default() };
        assert_eq!(takes(&manifest), None);
        manifest.limits.http_calls = 200;
        let more = Want::Take { wall_ms: 10_000, http_calls: 200, log_kb: 64 };
        assert_eq!(takes(&manifest), Some(more.clone()));
        assert!(more.is_needed(&manifest));
    }
}
