//! The conversation: messages as they came, and between them what was done.

use super::{browser, here::here, message::MessageCard, open::Open};
use crate::{
    ui::{Moment, StatusIcon},
    visitor::words,
};
use desk::model::*;
use leptos::prelude::*;

/// What stands in the thread, in order of time.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Message(Box<Message>),
    /// Things done one after the other, with no message between them.
    Done(Vec<LogEntry>),
    /// Here begins what is new since the last visit: so many messages.
    New(usize),
}

impl Item {
    fn key(&self) -> String {
        match self {
            Item::Message(message) => {
                let flags = (message.flagged, message.own_flag.is_some());
                format!("{}{:?}{flags:?}", message.id, message.delivery)
            }
            Item::Done(entries) => format!("{}+{}", entries.first().map_or(0, |entry| entry.number), entries.len()),
            Item::New(count) => format!("new{count}"),
        }
    }
}

/// Facts that say something beside the messages; the rest is in the log.
fn is_shown(kind: EventKind) -> bool {
    use EventKind::*;
    matches!(
        kind,
        Accepted
            | Transferred
            | Released
            | StatusChanged
            | Closed
            | Reopened
            | CategoryChanged
            | PriorityChanged
            | TitleChanged
            | ContactAdded
            | Acknowledged
            | AcknowledgementWithheld
            | DeliveryFailed
            | DeliveryUncertain
            | Bounced
    )
}

fn items(ticket: &Ticket, read_to: i64) -> Vec<Item> {
    let mut log = ticket.log.iter().filter(|entry| is_shown(entry.kind)).cloned().collect::<Vec<_>>();
    log.sort_by_key(|entry| (entry.at, entry.number));
    let mut log = log.into_iter().peekable();
    let new = ticket.messages.iter().filter(|message| message.at > read_to && !message.author.staff).count();
    let mut line_drawn = read_to == 0 || new == 0;
    let mut items = Vec::new();
    let until = |limit: i64, log: &mut std::iter::Peekable<std::vec::IntoIter<LogEntry>>| {
        let mut entries = Vec::new();
        while let Some(entry) = log.next_if(|entry| entry.at < limit) {
            entries.push(entry);
        }
        (!entries.is_empty()).then_some(Item::Done(entries))
    };
    for message in &ticket.messages {
        items.extend(until(message.at, &mut log));
        if !line_drawn && message.at > read_to && !message.author.staff {
            items.push(Item::New(new));
            line_drawn = true;
        }
        items.push(Item::Message(Box::new(message.clone())));
    }
    items.extend(until(i64::MAX, &mut log));
    items
}

#[component]
pub fn Thread(open: Open, full: Memo<bool>) -> impl IntoView {
    let w = words();
    let shown = Memo::new(move |_| open.ticket.with(|ticket| items(ticket, open.read_to)));
    let last = Memo::new(move |_| open.ticket.with(|ticket| ticket.messages.last().map(|message| message.id.clone())));
    let read_to = open.read_to;
    // The newest is at the foot: begin there, and come back there when one's own message is added.
    // Once the layout has settled, and again when the composer takes room from it.
    Effect::new(move |_| {
        last.track();
        open.writing.track();
        request_animation_frame(|| request_animation_frame(|| browser::scroll_to_end("thread-scroll")));
    });
    let earlier = move || open.ticket.with(|ticket| ticket.earlier.clone());
    let first_name = move || {
        open.ticket.with(|ticket| ticket.contacts.first().map(|person| person.name.clone()).unwrap_or_default())
    };
    view! {
        <div class="scroll" id="thread-scroll">
            <ol class="thread" aria-label=w.conversation()>
                <For each=move || shown.get() key=Item::key let:item>
                    {
                        match item {
                            Item::Message(message) => {
                                let folded = message.at <= read_to && message.kind != MessageKind::Comment && last.get_untracked().as_ref() != Some(&message.id);
                                view! { <li><MessageCard message=*message folded/></li> }.into_any()
                            }
                            Item::Done(entries) => view! { <li><Events entries/></li> }.into_any(),
                            Item::New(count) => view! { <li class="newline" id="new">{w.new_messages(count)}</li> }.into_any(),
                        }
                    }
                </For>
            </ol>
            <Show when=move || !full.get() && !earlier().is_empty()>
                <section class="earlier" aria-label=w.earlier()>
                    <h3 class="ctx-h">{move || w.earlier_of(&first_name())}<span class="count">{move || earlier().len()}</span></h3>
                    {move || earlier().into_iter().take(5).map(|row| view! { <Mini row/> }.into_any()).collect_view()}
                </section>
            </Show>
        </div>
    }
    .into_any()
}

/// A request in one line.
#[component]
pub fn Mini(row: TicketRow) -> impl IntoView {
    let status = here().status_name(&row.status, row.state);
    view! {
        <a class="rq-mini" href=super::place::ticket_address(row.number)>
            <StatusIcon state=row.state label=status/>
            <span class="clip"><span dir="auto">{row.title}</span>" "<span class="t3">"#"{row.number}</span></span>
            <Moment at=row.changed_at short=true/>
        </a>
    }
    .into_any()
}

/// What was done, in one line; more than one fold under the last.
#[component]
fn Events(entries: Vec<LogEntry>) -> impl IntoView {
    let w = words();
    let count = entries.len();
    let mut lines = entries
        .into_iter()
        .map(|entry| {
            view! { <span class="event-line">{w.log_line(&entry)}" · "<Moment at=entry.at/></span> }.into_any()
        })
        .collect::<Vec<_>>();
    let last = lines.pop();
    if lines.is_empty() {
        return view! { <p class="event">{last}</p> }.into_any();
    }
    view! {
        <details class="events">
            <summary class="event">{last}<span class="event-more">{w.changes(count)}</span></summary>
            {lines.into_iter().map(|line| view! { <p class="event">{line}</p> }.into_any()).collect_view()}
        </details>
    }
    .into_any()
}
