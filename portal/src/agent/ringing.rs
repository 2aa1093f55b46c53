//! The telephone rings: who it is, and one step to what they asked before or to the phone log. PHO-1.

use super::{
    calls,
    command::Command,
    here::{Here, here},
    place::{CALLER_LOG, ticket_address},
    search,
};
use crate::{
    ui::{Avatar, Icon, StatusIcon, grouped},
    visitor::words,
};
use desk::model::{CallState, Caller, PhoneCall, Ringing, TicketRow};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

/// Requests that are shown beside a caller.
const MOST: usize = 3;

/// Asks what the telephone says, as often as the desk tells that it changed. To be called once by the frame.
pub fn follow(here: Here) {
    Effect::new(move |before: Option<u64>| {
        let rang = here.rang.get();
        if before.is_some_and(|before| before != rang) {
            spawn_local(async move {
                if let Ok(now) = calls::load_switchboard().await {
                    here.switchboard.try_set(now);
                }
            });
        }
        rang
    });
}

/// Where the phone log begins for a call, with its number filled in.
pub fn log_address(call: &PhoneCall) -> String {
    let number = call.number.replace('+', "%2B");
    format!("/desk/new?phone={number}&call={}", call.id)
}

/// Who is called what: the contact, what the exchange says, the number, or that it is hidden.
pub fn caller_name(call: &PhoneCall, w: crate::words::Words) -> String {
    let known = call.person.as_ref().map(|person| person.name.clone());
    let told = Some(call.name.clone()).filter(|name| !name.is_empty());
    let number = Some(grouped(&call.number)).filter(|number| !number.is_empty());
    known.or(told).or(number).unwrap_or_else(|| w.hidden_number().to_owned())
}

/// Every call that rings for this agent, and those they are talking on.
#[component]
pub fn RingingCalls() -> impl IntoView {
    let (here, w) = (here(), words());
    let away = RwSignal::new(Vec::<String>::new());
    let shown = move || {
        let away = away.get();
        here.switchboard
            .with(|now| now.calls.iter().filter(|ringing| !away.contains(&mark(ringing))).cloned().collect::<Vec<_>>())
    };
    let navigate = use_navigate();
    here.on_command(move |command| {
        if command == Command::Answer {
            let first = here.switchboard.with_untracked(|now| now.calls.first().map(|first| log_address(&first.call)));
            if let Some(address) = first {
                navigate(&address, NavigateOptions::default());
            }
        }
    });
    // Kept by the call: a screen reader hears of one once, and of its answer.
    view! {
        <div class="rings" role="status" aria-label=w.telephone()>
            <For each=shown key=mark let:ringing>
                <Rings ringing on_away=Callback::new(move |mark| away.update(|away| away.push(mark)))/>
            </For>
        </div>
    }
    .into_any()
}

fn mark(ringing: &Ringing) -> String {
    format!("{} {}", ringing.call.id, ringing.call.state)
}

#[component]
fn Rings(ringing: Ringing, on_away: Callback<String>) -> impl IntoView {
    let w = words();
    let this = mark(&ringing);
    let Ringing { call, callers } = ringing;
    let (asked, id) = (use_query_map(), call.id.to_string());
    // Its own log lies open below it: on a small screen the card would cover what is written there.
    let logged = move || asked.with(|asked| asked.get_str("call") == Some(id.as_str()));
    let says = if call.state == CallState::Answered { w.on_the_line() } else { w.it_rings() };
    let name = match callers.as_slice() {
        [only] => only.person.name.clone(),
        _ => caller_name(&call, w),
    };
    let about = match callers.as_slice() {
        [] => w.unknown_caller().to_owned(),
        [Caller { person, .. }] => person.company.as_ref().map(|company| company.name.clone()).unwrap_or_default(),
        several => several.iter().map(|caller| caller.person.name.clone()).collect::<Vec<_>>().join(", "),
    };
    let number = grouped(&call.number);
    let number = (number != name && !number.is_empty()).then_some(number);
    let line = Some(call.line.clone()).filter(|line| !line.is_empty()).map(|line| w.by_line(&grouped(&line)));
    let about = Some(about).filter(|about| !about.is_empty()).into_iter().chain(number).chain(line);
    let about = about.collect::<Vec<_>>().join(" · ");
    let person = match callers.as_slice() {
        [Caller { person, .. }] => {
            let who = person.emails.first().cloned().unwrap_or_else(|| person.name.clone());
            Some(search::address(&who))
        }
        _ => None,
    };
    let mut tickets: Vec<TicketRow> = match callers.into_iter().next() {
        Some(only) => only.tickets,
        None => vec![],
    };
    tickets.truncate(MOST);
    view! {
        <section class="ring" class:is-answered=call.state == CallState::Answered class:is-logged=logged>
            <div class="flex">
                <span class="ring-mark"><Icon name="phone" size=18/></span>
                <Avatar name=name.clone() size=32 quiet=true/>
                <div class="grow"><p class="sm t2">{says}</p><p class="b6 clip" dir="auto">{name}</p><p class="sm t2 clip" dir="auto">{about}</p></div>
                <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=w.close() on:click=move |_| on_away.run(this.clone())><Icon name="x"/></button>
            </div>
            {(!tickets.is_empty()).then(|| view! { <ul>{tickets.into_iter().map(|row| view! { <Open row/> }.into_any()).collect_view()}</ul> })}
            <div class="flex wrap">
                <a class="btn btn-primary btn-sm" href=log_address(&call)><Icon name="plus"/>{w.log_call()}<span class="keys"><kbd>"G"</kbd><kbd>"R"</kbd></span></a>
                {person.map(|address| view! { <a class="btn btn-sm" href=address><Icon name="user"/>{w.show_person()}</a> })}
                <a class="btn btn-sm btn-ghost" href=CALLER_LOG>{w.caller_log()}</a>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Open(row: TicketRow) -> impl IntoView {
    let here = here();
    view! {
        <li><a class="ring-ticket" href=ticket_address(row.number)>
            <StatusIcon state=row.state new=row.new label=here.status_name(&row.status, row.state)/>
            <span class="grow clip" dir="auto">{row.title}</span><span class="count">"#"{row.number}</span>
        </a></li>
    }
    .into_any()
}
