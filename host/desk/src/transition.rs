//! Where a request goes when something happens to it. Section 6.2; appendix C, number 2.
//!
//! One function decides, and every verb that moves a request asks it. The table that administrators read is the same
//! function asked about everything that there is, so that the two can't differ. Pure.

use crate::{Desk, Error, Result, Why, access::administrator, model::*};

/// How the deciders are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deciders {
    pub new_on_reply: bool,
    pub waiting: bool,
    pub accept: bool,
}

impl Deciders {
    fn of(bits: u8) -> Deciders {
        Deciders { new_on_reply: bits & 1 > 0, waiting: bits & 2 > 0, accept: bits & 4 > 0 }
    }

    fn named(self) -> [DeciderIs; 3] {
        [
            DeciderIs { decider: Decider::NewOnReply, on: self.new_on_reply },
            DeciderIs { decider: Decider::Waiting, on: self.waiting },
            DeciderIs { decider: Decider::Accept, on: self.accept },
        ]
    }
}

/// What was decided: where it goes, and which fact says that it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub to: Whereto,
    pub fact: Option<EventKind>,
}

impl Move {
    fn new(to: Whereto, fact: EventKind) -> Move {
        Move { to, fact: Some(fact) }
    }

    fn silent(to: Whereto) -> Move {
        Move { to, fact: None }
    }

    /// The fact, for what can be done.
    ///
    /// # Errors
    /// [`Why::NotAChoice`] with this field for what can't.
    pub fn allowed(self, field: &str) -> Result<EventKind> {
        self.fact.ok_or_else(|| Error::invalid(field, Why::NotAChoice))
    }
}

/// Where it goes from here. Asked about a state that the happening says nothing of, it can't be done.
pub(crate) fn decide(from: Option<State>, what: Happening, by: Deciders) -> Move {
    use Happening as H;
    use State::{Closed, Deleted, Linked, Open, Postponed};
    let usual_open = Whereto::Usual { state: Open };
    match (what, from) {
        (H::Begun, None) => Move::new(Whereto::First, EventKind::TicketOpened),
        (_, None) | (H::Begun, Some(_)) => Move::silent(Whereto::Refused),

        (H::SetOpen, Some(Closed)) => Move::new(Whereto::Chosen { state: Open }, EventKind::Reopened),
        (H::SetOpen, Some(Open | Postponed)) => Move::new(Whereto::Chosen { state: Open }, EventKind::StatusChanged),
        (H::SetClosed, Some(Open | Postponed)) => Move::new(Whereto::Chosen { state: Closed }, EventKind::Closed),
        (H::SetClosed, Some(Closed)) => Move::new(Whereto::Chosen { state: Closed }, EventKind::StatusChanged),
        (H::PutOff, Some(Open | Closed | Postponed)) => {
            Move::new(Whereto::Chosen { state: Postponed }, EventKind::Postponed)
        }
        (H::TimeCame, Some(Postponed)) => Move::new(usual_open, EventKind::Woken),
        (H::TimeCame, Some(_)) => Move::silent(Whereto::Stays),
        (H::Taken, Some(Open)) if by.accept => Move::new(Whereto::Accept, EventKind::StatusChanged),
        (H::Taken, Some(_)) => Move::silent(Whereto::Stays),

        // A deleted request is found by nobody; a swallowed one's mail goes on to its survivor. Section 25.2.
        (H::CustomerWrote, Some(Deleted)) => Move::silent(Whereto::Anew { related: false }),
        (H::CustomerWrote | H::Bounced, Some(Linked)) => Move::silent(Whereto::Survivor),
        (H::CustomerAnswered, Some(Deleted | Linked)) => Move::silent(Whereto::Refused),
        // STA-3, by whatever way they say it.
        (H::CustomerWrote | H::CustomerAnswered, Some(_)) if by.new_on_reply => {
            Move::silent(Whereto::Anew { related: true })
        }
        (H::Bounced, Some(Deleted)) => Move::silent(Whereto::Stays),
        (H::CustomerWrote | H::CustomerAnswered | H::Bounced, Some(Closed)) => {
            Move::new(usual_open, EventKind::Reopened)
        }
        (H::CustomerWrote | H::CustomerAnswered | H::Bounced, Some(Postponed)) => {
            Move::new(usual_open, EventKind::StatusChanged)
        }
        // Whoever was waited for has spoken: the clock of the deadlines goes on.
        (H::CustomerWrote | H::CustomerAnswered | H::Bounced, Some(Open)) => match by.waiting {
            true => Move::new(usual_open, EventKind::StatusChanged),
            false => Move::silent(Whereto::Stays),
        },
        (H::CustomerSolved, Some(Open | Postponed)) => Move::new(Whereto::Usual { state: Closed }, EventKind::Closed),
        (H::CustomerSolved, Some(Closed)) => Move::silent(Whereto::Stays),

        (H::Merged, Some(Open | Closed | Postponed)) => {
            Move::new(Whereto::Usual { state: Linked }, EventKind::Swallowed)
        }
        (H::TakenOut, Some(Linked)) => Move::new(Whereto::Left, EventKind::Unmerged),
        (H::Deleted, Some(Open | Closed | Postponed)) => {
            Move::new(Whereto::Usual { state: Deleted }, EventKind::Deleted)
        }
        (H::MarkedSpam, Some(Open | Closed | Postponed)) => {
            Move::new(Whereto::Usual { state: Deleted }, EventKind::MarkedSpam)
        }
        (H::Restored, Some(Deleted)) => Move::new(Whereto::Left, EventKind::Restored),
        // STA-2: out of the bin and out of a merge there are ways of their own, with rights of their own.
        (
            H::SetOpen | H::SetClosed | H::PutOff | H::CustomerSolved | H::Merged | H::Deleted | H::MarkedSpam,
            Some(Linked | Deleted),
        )
        | (H::TakenOut | H::Restored, Some(_)) => Move::silent(Whereto::Refused),
    }
}

/// What stands in the log of the request, in order.
fn facts(what: Happening, moved: Move) -> Vec<EventKind> {
    let before = match (what, moved.to) {
        // STA-7: the old one says so too.
        (_, Whereto::Anew { related: true }) => Some(EventKind::Related),
        (_, Whereto::Refused | Whereto::Anew { related: false } | Whereto::Survivor) => None,
        (Happening::CustomerWrote | Happening::CustomerAnswered, _) => Some(EventKind::EnquiryReceived),
        (Happening::Bounced, _) => Some(EventKind::Bounced),
        (Happening::Taken, _) => Some(EventKind::Accepted),
        _ => None,
    };
    before.into_iter().chain(moved.fact).collect()
}

fn effects(what: Happening, moved: Move) -> Vec<SideEffect> {
    let mut effects = vec![];
    let heard = matches!(what, Happening::CustomerWrote | Happening::CustomerAnswered);
    match moved.to {
        Whereto::Stays if heard => {}
        Whereto::Stays if what == Happening::Taken => return vec![SideEffect::Owner],
        Whereto::Stays | Whereto::Refused | Whereto::Anew { .. } | Whereto::Survivor => return effects,
        Whereto::Chosen { state } | Whereto::Usual { state } => effects.extend(match state {
            State::Closed => &[SideEffect::ClosedAt][..],
            State::Postponed => &[SideEffect::NotClosed, SideEffect::WakesLater],
            State::Open => &[SideEffect::NotClosed],
            State::Linked => &[SideEffect::MessagesGo],
            State::Deleted => &[SideEffect::ErasedLater],
        }),
        Whereto::First => effects.push(SideEffect::Distributed),
        Whereto::Accept => effects.push(SideEffect::Owner),
        Whereto::Left => {
            if what == Happening::TakenOut {
                effects.push(SideEffect::MessagesComeBack);
            }
        }
    }
    match moved.fact {
        Some(EventKind::Closed) => effects.push(SideEffect::AsksFirst),
        Some(EventKind::Reopened) => effects.extend([SideEffect::CountsReopening, SideEffect::DeadlinesAnew]),
        _ => {}
    }
    if heard {
        effects.extend([SideEffect::News, SideEffect::DistributedIfAbsent]);
    }
    effects
}

/// Everything that can happen to everything: the deciders are named only where they decide.
pub(crate) fn table() -> Vec<Transition> {
    let states = [None].into_iter().chain(State::ALL.iter().copied().map(Some));
    let mut rows = vec![];
    for from in states {
        for what in Happening::ALL.iter().copied().filter(|what| (*what == Happening::Begun) == from.is_none()) {
            let mut seen: Vec<Vec<DeciderIs>> = vec![];
            for bits in 0..8 {
                let moved = decide(from, what, Deciders::of(bits));
                let decides = |n: usize| decide(from, what, Deciders::of(bits ^ (1 << n))) != moved;
                let named = Deciders::of(bits).named();
                let when: Vec<DeciderIs> = (0..3).filter(|n| decides(*n)).map(|n| named[n]).collect();
                if !seen.contains(&when) {
                    rows.push(row(from, what, when.clone(), moved));
                    seen.push(when);
                }
            }
        }
    }
    rows
}

fn row(from: Option<State>, event: Happening, when: Vec<DeciderIs>, moved: Move) -> Transition {
    let facts = facts(event, moved);
    // One each, in the order of the facts.
    let mut hooks: Vec<HookEvent> = vec![];
    for hook in facts.iter().flat_map(|fact| HookEvent::of(*fact)) {
        if !hooks.contains(hook) {
            hooks.push(*hook);
        }
    }
    // Nobody is told of what is not there for them any more.
    let gone = match moved.to {
        Whereto::Usual { state } => !state.is_chosen(),
        Whereto::Stays => from.is_some_and(|state| !state.is_chosen()),
        _ => false,
    };
    let told = |fact: &EventKind| crate::notice::told_to_concerned(*fact).filter(|_| !gone);
    let notices = facts.iter().filter_map(told).collect();
    let sentence = |language| Transition::sentence(from, event, &when, moved.to, language);
    Transition {
        nb: sentence(Language::Nb),
        en: sentence(Language::En),
        effects: effects(event, moved),
        to: moved.to,
        from,
        event,
        facts,
        notices,
        hooks,
        when,
    }
}

impl Desk {
    /// The table of section 6.2, as it is carried out.
    pub async fn transitions(&self, actor: &Actor) -> Result<Vec<Transition>> {
        administrator(actor)?;
        Ok(table())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What decides is in the row's words for every combination, and no combination fits two rows.
    #[test]
    fn each_combination_fits_exactly_one_row() {
        let rows = table();
        for from in State::ALL.iter().copied() {
            for what in Happening::ALL.iter().copied().filter(|what| *what != Happening::Begun) {
                for bits in 0..8 {
                    let named = Deciders::of(bits).named();
                    let fits = |row: &&Transition| {
                        row.from == Some(from) && row.event == what && row.when.iter().all(|when| named.contains(when))
                    };
                    let found: Vec<_> = rows.iter().filter(fits).collect();
                    assert_eq!(found.len(), 1, "{from} {what} {bits}: {found:?}");
                    assert_eq!(found[0].to, decide(Some(from), what, Deciders::of(bits)).to);
                }
            }
        }
    }
}
