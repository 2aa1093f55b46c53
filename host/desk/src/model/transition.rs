//! Every way from one state to another, as one table. Section 6.2; appendix C, number 2.

use super::{EventKind, HookEvent, Language, NoticeKind, State, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What happens to a request that may move it.
    Happening {
        /// It comes into being, through whatever door.
        Begun = "begun",
        /// Somebody chooses an open status.
        SetOpen = "set-open",
        SetClosed = "set-closed",
        /// Somebody puts it off until a time.
        PutOff = "put-off",
        /// The time that it was put off to is there.
        TimeCame = "time-came",
        /// Somebody takes it who did not have it.
        Taken = "taken",
        /// A customer writes, by mail or in a channel.
        CustomerWrote = "customer-wrote",
        /// A customer answers on its page in the portal.
        CustomerAnswered = "customer-answered",
        /// A customer says that it is solved.
        CustomerSolved = "customer-solved",
        /// A mail of ours came back.
        Bounced = "bounced",
        /// It is merged into another.
        Merged = "merged",
        /// It is taken out of the one that it was merged into.
        TakenOut = "taken-out",
        Deleted = "deleted",
        MarkedSpam = "marked-spam",
        /// It is taken out of the bin.
        Restored = "restored",
    }
}

text_enum! {
    /// What of the setup decides, beside the state.
    Decider {
        /// Its status makes a new request of an answer. STA-3.
        NewOnReply = "new-on-reply",
        /// Its status waits for the customer.
        Waiting = "waiting",
        /// A status is set up for what is taken. ACC-3.
        Accept = "accept",
    }
}

/// One of the deciders, and how it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct DeciderIs {
    pub decider: Decider,
    pub on: bool,
}

/// Where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(tag = "where", rename_all = "kebab-case")]
pub enum Whereto {
    /// Nowhere.
    Stays,
    /// Into the first status: its type's, else its category's, else its maker's, else the usual open one. CRE-8.
    First,
    /// Into the status that was chosen, which is of this state.
    Chosen { state: State },
    /// Into the usual status of this state, or the first of it that its type allows.
    Usual { state: State },
    /// Into the status that is set up for what is taken.
    Accept,
    /// Into the status that it left, where that was open or closed, else the usual open one.
    Left,
    /// Nowhere: what was said begins a new request.
    Anew { related: bool },
    /// Nowhere: what was said belongs to the request that swallowed it.
    Survivor,
    /// It can't be done.
    Refused,
}

text_enum! {
    /// What comes with a move, beside the facts in the log.
    SideEffect {
        /// When it was closed is noted.
        ClosedAt = "closed-at",
        /// It was never closed.
        NotClosed = "not-closed",
        /// It is reopened once more.
        CountsReopening = "counts-reopening",
        /// Deadlines are counted from now.
        DeadlinesAnew = "deadlines-anew",
        /// Rules about relations may forbid it, and required fields have to be filled. RUL-2.
        AsksFirst = "asks-first",
        /// Until when is noted.
        WakesLater = "wakes-later",
        /// Its owner sees that there is news, where they had read it.
        News = "news",
        /// Given by the rules of its category.
        Distributed = "distributed",
        /// Given anew where its owner is not there and the category says so. ASG-3.
        DistributedIfAbsent = "distributed-if-absent",
        /// It has another owner.
        Owner = "owner",
        /// Erased after some days. DEL-1.
        ErasedLater = "erased-later",
        /// Its messages are those of the request that swallowed it.
        MessagesGo = "messages-go",
        MessagesComeBack = "messages-come-back",
    }
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Transition {
    /// None for what is not there yet.
    pub from: Option<State>,
    pub event: Happening,
    /// All of these have to be so; none where nothing else decides.
    pub when: Vec<DeciderIs>,
    pub to: Whereto,
    /// What stands in its log, in this order.
    pub facts: Vec<EventKind>,
    pub effects: Vec<SideEffect>,
    /// What whoever it concerns is told.
    pub notices: Vec<NoticeKind>,
    /// What webhooks are told.
    pub hooks: Vec<HookEvent>,
    /// The row as sentences.
    pub nb: String,
    pub en: String,
}

impl Happening {
    pub fn words(self, language: Language) -> &'static str {
        let (nb, en) = match self {
            Happening::Begun => ("En ny sak kommer inn", "A new request comes in"),
            Happening::SetOpen => ("Noen velger en åpen status", "Somebody chooses an open status"),
            Happening::SetClosed => ("Noen velger en avsluttet status", "Somebody chooses a closed status"),
            Happening::PutOff => ("Noen utsetter saken", "Somebody postpones it"),
            Happening::TimeCame => ("Tiden den var utsatt til er nådd", "The time it was postponed to has come"),
            Happening::Taken => ("Noen overtar saken", "Somebody takes it"),
            Happening::CustomerWrote => {
                ("Kunden skriver på e-post eller i en kanal", "The customer writes by mail or in a channel")
            }
            Happening::CustomerAnswered => ("Kunden svarer i portalen", "The customer answers in the portal"),
            Happening::CustomerSolved => ("Kunden sier at den er løst", "The customer says it is solved"),
            Happening::Bounced => ("En e-post fra oss kom i retur", "A mail of ours came back"),
            Happening::Merged => ("Saken slås sammen med en annen", "It is merged into another"),
            Happening::TakenOut => ("Saken skilles ut igjen", "It is taken out again"),
            Happening::Deleted => ("Noen sletter saken", "Somebody deletes it"),
            Happening::MarkedSpam => ("Noen merker den som søppel", "Somebody marks it as spam"),
            Happening::Restored => ("Noen henter den fra papirkurven", "Somebody restores it from the bin"),
        };
        language.pick(nb, en)
    }
}

impl DeciderIs {
    pub fn words(self, language: Language) -> &'static str {
        let (nb, en) = match (self.decider, self.on) {
            (Decider::NewOnReply, true) => {
                ("statusen lager ny sak av svar", "its status makes a new request of an answer")
            }
            (Decider::NewOnReply, false) => ("statusen tar imot svar", "its status takes answers"),
            (Decider::Waiting, true) => ("statusen venter på kunden", "its status waits for the customer"),
            (Decider::Waiting, false) => {
                ("statusen venter ikke på kunden", "its status does not wait for the customer")
            }
            (Decider::Accept, true) => {
                ("en status er valgt for saker som overtas", "a status is set up for what is taken")
            }
            (Decider::Accept, false) => {
                ("ingen status er valgt for saker som overtas", "no status is set up for what is taken")
            }
        };
        language.pick(nb, en)
    }
}

impl State {
    /// How a request that stands so is spoken of.
    pub fn words(self, language: Language) -> &'static str {
        let (nb, en) = match self {
            State::Open => ("åpen", "open"),
            State::Closed => ("avsluttet", "closed"),
            State::Postponed => ("utsatt", "postponed"),
            State::Linked => ("koblet", "linked"),
            State::Deleted => ("slettet", "deleted"),
        };
        language.pick(nb, en)
    }
}

impl Whereto {
    pub fn words(self, language: Language) -> String {
        let state = |state: State| state.words(language);
        let (nb, en) = match self {
            Whereto::Stays => ("den blir der den er".to_owned(), "it stays where it is".to_owned()),
            Whereto::First => (
                "den får den første statusen: sakstypens, ellers kategoriens, ellers den vanlige".to_owned(),
                "it gets the first status: its type’s, else its category’s, else the usual one".to_owned(),
            ),
            Whereto::Chosen { state: to } => (
                format!("den blir {} med statusen som ble valgt", state(to)),
                format!("it is {}, with the status that was chosen", state(to)),
            ),
            Whereto::Usual { state: to } => (
                format!("den blir {} med den vanlige statusen", state(to)),
                format!("it is {}, with the usual status", state(to)),
            ),
            Whereto::Accept => ("den får den statusen".to_owned(), "it gets that status".to_owned()),
            Whereto::Left => {
                ("den får igjen statusen den hadde".to_owned(), "it gets back the status it had".to_owned())
            }
            Whereto::Anew { related: true } => (
                "den blir der den er, og en ny, relatert sak lages".to_owned(),
                "it stays, and a new, related request is made".to_owned(),
            ),
            Whereto::Anew { related: false } => {
                ("den blir der den er, og en ny sak lages".to_owned(), "it stays, and a new request is made".to_owned())
            }
            Whereto::Survivor => (
                "meldingen havner på saken den ble slått sammen med".to_owned(),
                "the message goes to the request it was merged into".to_owned(),
            ),
            Whereto::Refused => ("det går ikke".to_owned(), "that can’t be done".to_owned()),
        };
        language.pick(&nb, &en).to_owned()
    }
}

impl Transition {
    /// The row as a sentence. Side effects stand beside it.
    pub fn sentence(
        from: Option<State>,
        event: Happening,
        when: &[DeciderIs],
        to: Whereto,
        language: Language,
    ) -> String {
        let mut words = match from {
            Some(from) => {
                let is = language.pick("Saken er", "The request is");
                format!("{is} {}. {}", from.words(language), event.words(language))
            }
            None => event.words(language).to_owned(),
        };
        for (n, when) in when.iter().enumerate() {
            let joint = if n == 0 { language.pick(", og", ", and") } else { language.pick(" og", " and") };
            words = format!("{words}{joint} {}", when.words(language));
        }
        format!("{words}: {}.", to.words(language))
    }
}
