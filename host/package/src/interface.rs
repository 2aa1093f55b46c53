//! What the contract calls the parts of a plugin.

/// An interface of the contract that a plugin may export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    Setup,
    Inbound,
    Poller,
    Outbound,
    MailCodec,
    ReplyRenderer,
    Classifier,
    Enricher,
    Automation,
}

impl Interface {
    const ALL: [(Self, &str); 9] = [
        (Self::Setup, "setup"),
        (Self::Inbound, "inbound"),
        (Self::Poller, "poller"),
        (Self::Outbound, "outbound"),
        (Self::MailCodec, "mail-codec"),
        (Self::ReplyRenderer, "reply-renderer"),
        (Self::Classifier, "classifier"),
        (Self::Enricher, "enricher"),
        (Self::Automation, "automation"),
    ];

    /// As the contract spells it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(interface, _)| *interface)
    }
}
