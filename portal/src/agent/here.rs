//! What every part of the workspace knows: who works here, what can be chosen, and what just changed.

use super::{browser, calls::Frame, command::Command};
use crate::{Fault, ui::Toasts, visitor::words, words::Words};
use desk::{Error, model::*};
use leptos::prelude::*;

/// Something changed on the desk since the page was drawn. Says what to look at again, never what is new.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Goes up by one at most once a second.
    pub version: u64,
    /// The requests concerned; nothing means that any of them may be.
    pub tickets: Option<Vec<TicketId>>,
}

/// Cheap to copy: only handles.
#[derive(Clone, Copy)]
pub struct Here {
    /// The catalogue, for what is said outside a component: after a call, in an event.
    pub words: Words,
    pub profile: RwSignal<Profile>,
    pub choices: StoredValue<Choices>,
    pub counts: RwSignal<Counts>,
    /// Plugins that switched themselves off; for administrators.
    pub tripped: RwSignal<Vec<desk::model::Words>>,
    pub news: RwSignal<News>,
    /// A request whose viewers changed. C-1.
    pub attended: RwSignal<Option<TicketId>>,
    /// What the telephone says.
    pub switchboard: RwSignal<Switchboard>,
    /// Goes up when that changes.
    pub rang: RwSignal<u64>,
    /// What this screen is called among one agent's screens; empty on the server.
    pub screen: StoredValue<String>,
    pub toasts: Toasts,
    pub commands: RwSignal<(u32, Option<Command>)>,
    pub online: RwSignal<bool>,
    pub signed_out: RwSignal<bool>,
    /// The list that was open last, to go back to.
    pub list: RwSignal<List>,
    /// The list's requests in order, for going to the next one.
    pub order: RwSignal<Vec<i64>>,
    /// Read out by screen readers when it changes.
    pub spoken: RwSignal<String>,
    pub palette: RwSignal<bool>,
    pub shortcuts: RwSignal<bool>,
    pub nav: RwSignal<bool>,
}

/// The workspace around this component.
pub fn here() -> Here {
    expect_context::<Here>()
}

impl Here {
    pub fn new(frame: Frame) -> Self {
        Self {
            words: words(),
            profile: RwSignal::new(frame.profile),
            choices: StoredValue::new(frame.choices),
            counts: RwSignal::new(frame.counts),
            tripped: RwSignal::new(frame.tripped),
            news: RwSignal::default(),
            attended: RwSignal::new(None),
            switchboard: RwSignal::new(frame.switchboard),
            rang: RwSignal::new(0),
            screen: StoredValue::new(browser::fresh_key()),
            toasts: Toasts::default(),
            commands: RwSignal::default(),
            online: RwSignal::new(true),
            signed_out: RwSignal::new(false),
            list: RwSignal::new(List::Mine),
            order: RwSignal::default(),
            spoken: RwSignal::default(),
            palette: RwSignal::new(false),
            shortcuts: RwSignal::new(false),
            nav: RwSignal::new(false),
        }
    }

    /// Says why something was refused. A lost session is a banner, since every later try would fail as well.
    pub fn refused(self, fault: &Fault) {
        match fault {
            Fault::Desk(Error::Unauthenticated | Error::Expired) => self.signed_out.set(true),
            other => self.toasts.failed(self.words.fault(other)),
        }
    }

    pub fn is_administrator(self) -> bool {
        self.profile.with_untracked(|profile| profile.admin)
    }

    pub fn is_me(self, agent: &AgentId) -> bool {
        self.profile.with_untracked(|profile| profile.id == *agent)
    }

    /// Looks at the lists and the open request again, without waiting for the live stream.
    pub fn look_again(self) {
        self.news.update(|news| {
            news.version += 1;
            news.tickets = None;
        });
    }

    pub fn say(self, text: impl Into<String>) {
        self.spoken.set(text.into());
    }

    pub fn status(self, id: &StatusId) -> Option<Status> {
        self.choices.with_value(|choices| choices.statuses.iter().find(|status| status.id == *id).cloned())
    }

    /// The organisation's own word for a status.
    pub fn status_name(self, id: &StatusId, state: State) -> String {
        let w = self.words;
        self.status(id).map_or_else(|| w.state_name(state).to_owned(), |status| status.name(w.0).to_owned())
    }

    /// The status taken for a state when nobody chooses.
    pub fn default_status(self, state: State) -> Option<Status> {
        self.choices.with_value(|choices| {
            let of_state = || choices.statuses.iter().filter(|status| status.state == state);
            of_state().find(|status| status.default).or_else(|| of_state().next()).cloned()
        })
    }

    /// What agents call a category.
    pub fn category_name(self, id: &CategoryId) -> String {
        self.choices.with_value(|choices| {
            choices
                .categories
                .iter()
                .find(|category| category.id == *id)
                .map_or_else(String::new, |category| category.name.clone())
        })
    }

    /// What a type is called; nothing for one that is there no more.
    pub fn type_name(self, id: &RequestTypeId) -> String {
        self.choices.with_value(|choices| {
            let kind = choices.types.iter().find(|kind| kind.id == *id);
            kind.map_or_else(String::new, |kind| kind.name(self.words.0).to_owned())
        })
    }

    pub fn priority(self, id: &PriorityId) -> Option<Priority> {
        self.choices.with_value(|choices| choices.priorities.iter().find(|priority| priority.id == *id).cloned())
    }

    pub fn priority_name(self, id: &PriorityId) -> String {
        self.priority(id).map_or_else(String::new, |priority| priority.name(self.words.0).to_owned())
    }

    /// More urgent than what is taken when nobody chooses: worth a mark in a list.
    pub fn is_urgent(self, id: &PriorityId) -> bool {
        let usual = self.choices.with_value(|choices| {
            choices.priorities.iter().find(|priority| priority.default).map(|priority| priority.rank)
        });
        matches!((self.priority(id), usual), (Some(priority), Some(usual)) if priority.rank < usual)
    }
}
