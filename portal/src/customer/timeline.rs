//! Four steps with words and times, from received to solved.

use crate::{ui::Moment, visitor::words};
use desk::model::{CustomerTicket, Progress};
use leptos::prelude::*;

/// One step: its word, when it came, and how it is drawn.
struct Step {
    label: &'static str,
    at: Option<i64>,
    class: &'static str,
    current: bool,
}

/// Where the request stands. Follows the signal when something changes.
#[component]
pub fn Timeline(#[prop(into)] ticket: Signal<CustomerTicket>) -> impl IntoView {
    let w = words();
    let steps = move || {
        ticket.with(|ticket| {
            let here = stands_at(ticket);
            let waiting = ticket.progress == Progress::WaitingForYou;
            let third = if waiting { w.step_waiting() } else { w.step_in_progress() };
            let labels = [w.step_received(), w.step_seen(), third, w.step_solved()];
            let times = [Some(ticket.created_at), ticket.read_at, ticket.replied_at, ticket.closed_at];
            std::array::from_fn::<_, 4, _>(|place| Step {
                label: labels[place],
                at: times[place].filter(|_| place <= here),
                class: match place {
                    3 if here == 3 => "fin",
                    2 if here == 2 && waiting => "you",
                    // A customer may say that it is solved before anyone read it.
                    1 | 2 if here == 3 && ticket.read_at.is_none() && ticket.replied_at.is_none() => "done skipped",
                    _ if place < here => "done",
                    _ if place == here => "here",
                    _ => "ahead",
                },
                current: place == here,
            })
        })
    };
    view! {
        <ol class="line" aria-label=w.progress_label()>
            {move || steps().into_iter().map(|step| view! {
                <li class=step.class aria-current=step.current.then_some("step")>
                    <b>{step.label}</b>
                    {step.at.map(|at| view! { <span><Moment at/></span> })}
                </li>
            }).collect_view()}
        </ol>
    }
    .into_any()
}

/// The step that the request has come to, from 0.
fn stands_at(ticket: &CustomerTicket) -> usize {
    match ticket.progress {
        Progress::Received if ticket.read_at.is_none() => 0,
        Progress::Received => 1,
        Progress::InProgress | Progress::WaitingForYou => 2,
        Progress::Solved => 3,
    }
}
