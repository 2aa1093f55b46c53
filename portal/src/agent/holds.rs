//! What keeps the open request from being erased, and how that is begun and ended by those who may. C-20.

use super::{calls, here::here, open::Open};
use crate::{
    ui::{Icon, Moment},
    visitor::words,
};
use desk::model::*;
use leptos::{prelude::*, task::spawn_local};

/// What a reason is asked for.
#[derive(Clone, PartialEq)]
enum Asked {
    ToPlace,
    ToLift(LegalHoldId),
}

#[component]
pub fn Holds(open: Open) -> impl IntoView {
    let (here, w) = (here(), words());
    let holds = Memo::new(move |_| open.ticket.with(|ticket| ticket.holds.clone()));
    let may = Memo::new(move |_| here.profile.with(|me| me.rights.contains(&Right::LegalHold)));
    let (asked, reason, busy) = (RwSignal::new(None::<Asked>), RwSignal::new(String::new()), RwSignal::new(false));
    let ask = move |what: Asked| {
        reason.set(String::new());
        asked.set(Some(what));
    };
    let save = move |submit: leptos::ev::SubmitEvent| {
        submit.prevent_default();
        let (Some(what), why) = (asked.get_untracked(), reason.get_untracked()) else { return };
        let on = open.id().0;
        busy.set(true);
        spawn_local(async move {
            let done = match what {
                Asked::ToPlace => {
                    let new = NewLegalHold { kind: HeldKind::Ticket, on, reason: why };
                    calls::place_legal_hold(new).await.map(|_| ())
                }
                Asked::ToLift(id) => calls::lift_legal_hold(id, why).await,
            };
            match done {
                Ok(()) => {
                    asked.try_set(None);
                    open.refresh().await;
                }
                Err(fault) => here.refused(&fault),
            }
            busy.try_set(false);
        });
    };
    let line = move |hold: LegalHold| {
        let on = (hold.kind != HeldKind::Ticket).then(|| format!("{} · ", hold.name));
        let id = hold.id.clone();
        let lift = (may.get() && hold.kind == HeldKind::Ticket).then(|| {
            view! { <button type="button" class="btn btn-link btn-sm" on:click=move |_| ask(Asked::ToLift(id.clone()))>{w.lift_hold()}</button> }
        });
        view! {
            <li class="hold">
                <p class="sm" dir="auto"><Icon name="lock"/>{hold.reason}</p>
                <p class="sm t3" dir="auto">{on}{hold.by}" · "<Moment at=hold.at/>{lift}</p>
            </li>
        }
        .into_any()
    };
    let form = move || {
        asked.get().map(|what| {
            let label = if what == Asked::ToPlace { w.why_hold() } else { w.why_lift() };
            view! {
                <form class="hold-form" on:submit=save>
                    <label class="label" for="hold-reason">{label}</label>
                    <input class="input" id="hold-reason" required maxlength="1000" dir="auto" autofocus prop:value=move || reason.get()
                        on:input=move |input| reason.set(event_target_value(&input))/>
                    <div class="flex">
                        <button class="btn btn-primary btn-sm" aria-busy=move || busy.get().then_some("true")>{w.save()}</button>
                        <button type="button" class="btn btn-sm" on:click=move |_| asked.set(None)>{w.cancel()}</button>
                    </div>
                </form>
            }
            .into_any()
        })
    };
    view! {
        <Show when=move || may.get() || !holds.with(Vec::is_empty)>
            <section class="ctx-sec holds">
                <h3 class="ctx-h">{w.legal_hold()}</h3>
                <ul>{move || holds.get().into_iter().map(line).collect_view()}</ul>
                {form}
                <Show when=move || may.get() && asked.with(Option::is_none)>
                    <button type="button" class="btn btn-sm" on:click=move |_| ask(Asked::ToPlace)><Icon name="lock"/>{w.place_hold()}</button>
                </Show>
            </section>
        </Show>
    }
    .into_any()
}
