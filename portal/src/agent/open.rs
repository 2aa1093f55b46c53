//! The open request: what is known of it, and how it stays fresh without taking anything from its reader.

use super::{
    calls,
    composer::Composer,
    context::Context,
    draft::{Kept, kind},
    here::{Here, here},
    loads::loads,
    request::{Bar, Head, PreviewFacts},
    states::{Empty, Failed, Skeleton},
    suggestions::Suggestions,
    thread::Thread,
};
use crate::{Fault, visitor::words};
use desk::{Error, model::*};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;

/// One request on screen. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Open {
    pub ticket: RwSignal<Ticket>,
    /// Up to here its messages had been read when it was opened, in Unix microseconds.
    pub read_to: i64,
    /// The customer's panel, where the window is too narrow to show it always.
    pub context: RwSignal<bool>,
    /// Which tab of the composer is in front, once it is open.
    pub writing: RwSignal<Option<Access>>,
    /// The menus that have a key of their own.
    pub owner_menu: RwSignal<bool>,
    pub status_menu: RwSignal<bool>,
    pub priority_menu: RwSignal<bool>,
    /// Somebody else was first. ACC-5.
    pub lost_to: RwSignal<Option<String>>,
    /// It has been on the screen for a moment, and is not only passed by.
    pub settled: RwSignal<bool>,
    /// When a key was pressed last in the composer, in milliseconds since 1970.
    pub typed: RwSignal<f64>,
    /// Colleagues who have it on their screens just now. C-1.
    pub viewers: RwSignal<Vec<Viewer>>,
}

impl Open {
    fn new(ticket: Ticket) -> Self {
        let read_to = ticket
            .log
            .iter()
            .filter(|entry| entry.kind == EventKind::ReadByOwner)
            .map(|entry| entry.at)
            .max()
            .unwrap_or_default();
        Self {
            ticket: RwSignal::new(ticket),
            read_to,
            context: RwSignal::new(false),
            writing: RwSignal::new(None),
            owner_menu: RwSignal::new(false),
            status_menu: RwSignal::new(false),
            priority_menu: RwSignal::new(false),
            lost_to: RwSignal::new(None),
            settled: RwSignal::new(false),
            typed: RwSignal::new(f64::NEG_INFINITY),
            viewers: RwSignal::default(),
        }
    }

    pub fn id(self) -> TicketId {
        self.ticket.with_untracked(|ticket| ticket.id.clone())
    }

    pub fn number(self) -> i64 {
        self.ticket.with_untracked(|ticket| ticket.number)
    }

    /// Reads it again; a failure leaves what is there.
    pub async fn refresh(self) {
        let Some(number) = self.ticket.try_with_untracked(|ticket| ticket.number) else {
            return;
        };
        if let Ok(fresh) = calls::load_ticket(number).await
            && !self.ticket.is_disposed()
            && self.ticket.with_untracked(|ticket| *ticket != fresh)
        {
            self.ticket.set(fresh);
        }
    }

    /// Changes the screen first, the desk second; on a refusal the screen goes back and says why.
    pub fn change<F>(self, here: Here, at_once: impl FnOnce(&mut Ticket), call: F, done: Option<String>)
    where
        F: Future<Output = Result<(), Fault>> + 'static,
    {
        let before = self.ticket.get_untracked();
        self.ticket.update(at_once);
        spawn_local(async move {
            match call.await {
                Ok(()) => {
                    if let Some(done) = done {
                        here.toasts.done(done);
                    }
                    here.look_again();
                }
                Err(fault) => {
                    if !self.ticket.is_disposed() {
                        self.ticket.set(before);
                        if let Fault::Desk(Error::Taken { holder }) = &fault {
                            self.lost_to.set(Some(holder.clone()));
                        }
                    }
                    if !matches!(fault, Fault::Desk(Error::Taken { .. })) {
                        here.refused(&fault);
                    }
                    self.refresh().await;
                }
            }
        });
    }

    /// Takes it: at once if nobody has it, else from the holder that the agent saw and agreed to.
    pub fn take(self, here: Here, from: Option<AgentId>) {
        let me = here.profile.with_untracked(|me| AgentCard {
            id: me.id.clone(),
            name: me.name.clone(),
            email: me.email.clone(),
        });
        let taken = here.words.you_took(self.number());
        self.lost_to.set(None);
        self.change(here, |ticket| ticket.owner = Some(me), calls::take_ticket(self.id(), from), Some(taken));
    }

    /// Calls a reply back that has not left yet: its words are in the composer again.
    pub fn call_back(self, here: Here, message: &MessageId) {
        let (id, message) = (self.ticket.try_with_untracked(|ticket| ticket.id.clone()), message.clone());
        let Some(id) = id else { return };
        spawn_local(async move {
            match calls::call_back(id.clone(), message).await {
                Ok(draft) => {
                    self.refresh().await;
                    // It lies there too. Met now, it does not come back later beside what was made of it here meanwhile.
                    let there = calls::read_draft(id.as_str().to_owned(), kind(Access::External).to_owned()).await;
                    let mut kept = Kept::read(&id, Access::External);
                    kept.take_back(draft);
                    if let Ok(Some(there)) = there {
                        kept.meet(&there);
                    }
                    let _ = self.ticket.try_with_untracked(|ticket| kept.begin(ticket));
                    kept.keep(&id, Access::External);
                    // Closed and opened again, so that it reads what is kept now.
                    let _ = self.writing.try_set(None);
                    request_animation_frame(move || {
                        let _ = self.writing.try_set(Some(Access::External));
                    });
                }
                Err(fault) => here.refused(&fault),
            }
            here.look_again();
        });
    }

    pub fn set_status(self, here: Here, status: Status) {
        let old = self.ticket.with_untracked(|ticket| here.status(&ticket.status));
        let w = here.words;
        self.put_status(here, &status);
        if let Some(old) = old.filter(|old| old.id != status.id) {
            here.toasts.offer(w.status_is(status.name(w.0)), w.undo(), move || {
                if !self.ticket.is_disposed() {
                    self.put_status(here, &old);
                }
            });
        }
    }

    fn put_status(self, here: Here, status: &Status) {
        let wanted = status.clone();
        self.change(
            here,
            move |ticket| {
                ticket.status = wanted.id;
                ticket.state = wanted.state;
            },
            calls::set_status(self.id(), status.id.clone()),
            None,
        );
    }

    /// Closes an open request, opens a closed one.
    pub fn turn(self, here: Here) {
        let to = if self.ticket.with_untracked(|ticket| ticket.state) == State::Closed {
            State::Open
        } else {
            State::Closed
        };
        if let Some(status) = here.default_status(to) {
            self.set_status(here, status);
        }
    }

    pub fn star(self, here: Here) {
        let on = !self.ticket.with_untracked(|ticket| ticket.starred);
        self.change(here, move |ticket| ticket.starred = on, calls::star_ticket(self.id(), on), None);
    }

    /// It lies with the agent who looks at it.
    pub fn is_mine(self, here: Here) -> bool {
        self.ticket.with(|ticket| ticket.owner.as_ref().is_some_and(|owner| here.is_me(&owner.id)))
    }
}

/// The pane beside the list.
#[component]
pub fn RequestPane(full: Memo<bool>) -> impl IntoView {
    let w = words();
    let ticket = loads().ticket;
    view! {
        <Transition fallback=|| view! { <section class="pane p-thread"><Skeleton rows=5/></section> }>
            {move || Suspend::new(async move {
                match ticket.await {
                    Ok(Some(ticket)) => view! { <Request ticket full/> }.into_any(),
                    Ok(None) => view! {
                        <section class="pane p-thread" aria-label=w.preview()><Empty title=w.nothing_chosen() text=w.nothing_chosen_help()/></section>
                    }
                    .into_any(),
                    Err(Fault::Desk(Error::NotFound)) => view! {
                        <section class="pane p-thread" aria-label=w.preview()><Empty title=w.no_such_ticket() text=w.not_found()/></section>
                    }
                    .into_any(),
                    Err(fault) => view! {
                        <section class="pane p-thread" aria-label=w.preview()><Failed fault retry=move |()| ticket.refetch()/></section>
                    }
                    .into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn Request(ticket: Ticket, full: Memo<bool>) -> impl IntoView {
    let (here, w) = (here(), words());
    let open = Open::new(ticket);
    keep_fresh(here, open);
    super::viewers::attend(here, open);
    super::request::answer_commands(here, open);
    let label = move || w.ticket_number(open.ticket.with(|ticket| ticket.number));
    // The head of the document may ask once more after the request has left the page.
    let title = move || {
        open.ticket.try_with(|ticket| w.page_title(&format!("{} #{}", ticket.title, ticket.number))).unwrap_or_default()
    };
    let preview = move || !full.get() && open.ticket.with(|ticket| ticket.owner.is_none());
    view! {
        <section class="pane p-thread" aria-label=label>
            <Title text=title/>
            <Head open full/>
            <Show when=preview fallback=move || view! { <Bar open/> }><PreviewFacts open/></Show>
            <Suggestions open/>
            <Thread open full/>
            <Composer open/>
        </section>
        <Show when=move || full.get() || open.context.get()><Context open/></Show>
    }
    .into_any()
}

fn keep_fresh(here: Here, open: Open) {
    let born = here.news.with_untracked(|news| news.version);
    Effect::new(move |_| {
        let news = here.news.get();
        let mine = news.tickets.as_ref().is_none_or(|tickets| tickets.contains(&open.id()));
        if news.version != born && mine {
            spawn_local(open.refresh());
        }
    });
    // What its owner has in front of them is read, now and when something new comes in.
    let asked = StoredValue::new(None::<i64>);
    Effect::new(move |_| {
        let (read, seen) = open.ticket.with(|ticket| (ticket.read, ticket.seen));
        if read == ReadState::Read || !open.is_mine(here) || asked.get_value() == Some(seen) {
            return;
        }
        asked.set_value(Some(seen));
        let id = open.id();
        spawn_local(async move {
            // Not worth a word if it fails: it stays unread and is tried again next time.
            calls::read_ticket(id).await.ok();
        });
    });
    let known = StoredValue::new(open.ticket.with_untracked(|ticket| ticket.messages.len()));
    Effect::new(move |_| {
        let (count, last) = open
            .ticket
            .with(|ticket| (ticket.messages.len(), ticket.messages.last().map(|message| message.author.name.clone())));
        if count > known.get_value() {
            here.say(here.words.new_message_from(&last.unwrap_or_default()));
        }
        known.set_value(count);
    });
}
