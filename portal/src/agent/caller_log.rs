//! The caller log: missed calls first, so that they are called back, then all of them.

use super::{
    calls,
    here::{Here, here},
    loads::loads,
    nav::NavButton,
    place::ticket_address,
    ringing::{caller_name, log_address},
    states::{Empty, Failed, Skeleton},
};
use crate::{
    Fault,
    ui::{Avatar, Icon, Moment, grouped},
    visitor::words,
};
use desk::model::{CallDirection, CallState, CallsAsked, PhoneCall, PhoneCallId};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

/// The page's two parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallerLog {
    /// Those that nobody has called back.
    pub missed: Vec<PhoneCall>,
    /// The newest of all.
    pub all: Vec<PhoneCall>,
}

#[component]
pub fn CallerLogPage() -> impl IntoView {
    let (here, w) = (here(), words());
    let log = loads().calls;
    // What was told after the page was drawn.
    Effect::new(move |before: Option<u64>| {
        let rang = here.rang.get();
        if before.is_some_and(|before| before != rang) {
            log.refetch();
        }
        rang
    });
    view! {
        <Title text=w.page_title(w.caller_log())/>
        <section class="pane p-thread" aria-label=w.caller_log()>
            <div class="head head-line"><NavButton/><h1 class="grow clip big">{w.caller_log()}</h1></div>
            <Transition fallback=|| view! { <Skeleton rows=8/> }>
                {move || Suspend::new(async move {
                    match log.await {
                        Ok(None) => ().into_any(),
                        Ok(Some(found)) => view! { <Calls found/> }.into_any(),
                        Err(fault) => view! { <Failed fault retry=move |()| log.refetch()/> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
    .into_any()
}

#[component]
fn Calls(found: CallerLog) -> impl IntoView {
    let (here, w) = (here(), words());
    let CallerLog { missed, all } = found;
    if all.is_empty() {
        return view! { <Empty title=w.no_calls() text=w.no_calls_help()/> }.into_any();
    }
    let count = missed.len();
    let older = RwSignal::new(Vec::<PhoneCall>::new());
    let last = StoredValue::new(all.last().map(|call| call.id.clone()).filter(|_| all.len() >= PAGE));
    let more = RwSignal::new(last.with_value(Option::is_some));
    let fetch = move |_| {
        let after = last.get_value();
        spawn_local(async move {
            match calls::load_phone_calls(CallsAsked { missed: None, after }).await {
                Ok(page) => {
                    more.try_set(page.len() >= PAGE);
                    last.set_value(page.last().map(|call| call.id.clone()));
                    older.try_update(|older| older.extend(page));
                }
                Err(fault) => here.refused(&fault),
            }
        });
    };
    view! {
        <div class="scroll calls">
            {(count > 0).then(|| view! {
                <section aria-labelledby="missed-calls">
                    <h2 class="calls-h" id="missed-calls">{w.to_call_back()}<span class="count">{count}</span></h2>
                    <ol>{missed.into_iter().map(|call| view! { <Line call/> }.into_any()).collect_view()}</ol>
                </section>
            })}
            <section aria-labelledby="all-calls">
                <h2 class="calls-h" id="all-calls">{w.all_calls()}</h2>
                <ol>
                    {all.into_iter().map(|call| view! { <Line call/> }.into_any()).collect_view()}
                    <For each=move || older.get() key=|call| call.id.clone() let:call><Line call/></For>
                </ol>
                <Show when=move || more.get()><p class="calls-more"><button type="button" class="btn" on:click=fetch>{w.older_calls()}</button></p></Show>
            </section>
        </div>
    }
    .into_any()
}

/// Calls on one page; as the desk has it.
const PAGE: usize = 50;

#[component]
fn Line(call: PhoneCall) -> impl IntoView {
    let (here, w) = (here(), words());
    let (icon, class) = match (call.direction, call.state) {
        (_, CallState::Missed) => ("phone", "call-mark is-missed"),
        (CallDirection::Out, _) => ("arrow-up", "call-mark"),
        (CallDirection::In, _) => ("phone", "call-mark"),
    };
    let name = caller_name(&call, w);
    let number = Some(grouped(&call.number)).filter(|number| !number.is_empty() && *number != name);
    let firm = call.person.as_ref().and_then(|person| person.company.as_ref()).map(|company| company.name.clone());
    let whose = call.agents.iter().map(|agent| agent.name.clone()).collect::<Vec<_>>().join(", ");
    let about = [firm, number, Some(whose).filter(|whose| !whose.is_empty())].into_iter().flatten();
    let about = about.collect::<Vec<_>>().join(" · ");
    let how = w.call_state(call.direction, call.state);
    let long = call.seconds.filter(|seconds| *seconds > 0).map(|seconds| w.talked(seconds));
    let waits = call.is_waiting();
    let settled = (call.state == CallState::Missed && !waits).then(|| w.dealt_with());
    let dial = (!call.number.is_empty()).then(|| format!("tel:{}", call.number));
    let id = call.id.clone();
    view! {
        <li class="call" class:is-waiting=waits>
            <span class=class><Icon name=icon/></span>
            <Avatar name=name.clone() size=32 quiet=true/>
            <div class="grow call-who"><p class="b6 clip" dir="auto">{name}</p><p class="sm t2 clip" dir="auto">{about}</p></div>
            <div class="call-how sm"><p>{how}{long.map(|long| format!(", {long}"))}</p><p class="t3"><Moment at=call.began_at/>{settled.map(|words| format!(" · {words}"))}</p></div>
            <div class="call-do">
                {call.ticket.map(|number| view! { <a class="btn btn-sm btn-ghost num" href=ticket_address(number)>"#"{number}</a> })}
                {dial.filter(|_| waits).map(|address| view! { <a class="btn btn-sm" href=address rel="external"><Icon name="phone"/>{w.call_them()}</a> })}
                {call.ticket.is_none().then(|| view! { <a class="btn btn-sm btn-ghost" href=log_address(&call)>{w.log_call()}</a> })}
                {waits.then(|| view! {
                    <button type="button" class="btn btn-sm btn-ghost" on:click=move |_| settle(here, id.clone())><Icon name="check"/>{w.settle_call()}</button>
                })}
            </div>
        </li>
    }
    .into_any()
}

fn settle(here: Here, id: PhoneCallId) {
    spawn_local(async move {
        match calls::settle_phone_call(id).await {
            Ok(()) => here.say(here.words.dealt_with()),
            Err(fault) => here.refused(&fault),
        }
        here.rang.try_update(|rang| *rang += 1);
    });
}

/// Both parts in one load.
pub async fn load() -> Result<CallerLog, Fault> {
    let missed = calls::load_phone_calls(CallsAsked { missed: Some(true), after: None }).await?;
    let all = calls::load_phone_calls(CallsAsked::default()).await?;
    Ok(CallerLog { missed, all })
}
