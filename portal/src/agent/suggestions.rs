//! What plugins think: what this request may be, and what is known elsewhere about whoever asks. Appendix C, number 29.

use super::{calls, here::here, open::Open};
use crate::{ui::Icon, visitor::words};
use desk::model::{Finding, Opinion};
use leptos::{prelude::*, task::spawn_local};

/// Under the bar of a request: a suggestion, its reason, yes and no.
#[component]
pub fn Suggestions(open: Open) -> impl IntoView {
    let (here, w) = (here(), words());
    let all = RwSignal::new(Vec::<Opinion>::new());
    // With each change of the request: what is so already is no suggestion.
    let asked = Memo::new(move |_| open.settled.get().then(|| open.ticket.with(|ticket| ticket.seen)));
    Effect::new(move |_| {
        if asked.get().is_none() {
            return;
        }
        let id = open.id();
        spawn_local(async move {
            if let Ok(opinions) = calls::load_opinions(id).await {
                all.try_set(opinions);
            }
        });
    });
    let settle = move |opinion: &Opinion, yes: bool| {
        let id = opinion.id.clone();
        all.update(|all| all.retain(|one| one.id != id));
        spawn_local(async move {
            match calls::settle_opinion(id, yes).await {
                Ok(()) => open.refresh().await,
                Err(fault) => here.refused(&fault),
            }
        });
    };
    let line = move |opinion: Opinion| {
        let said = w.suggestion(opinion.about, w.pick(&opinion.value.nb, &opinion.value.en), opinion.confidence);
        let (yes, no) = (opinion.clone(), opinion.clone());
        view! {
            <li class="banner banner-info suggestion">
                <Icon name="zap"/>
                <span class="grow">{said}{opinion.why.map(|why| view! { <span class="t3 sm">" "{w.in_quotes(&why)}</span> })}</span>
                <button type="button" class="btn btn-sm" on:click=move |_| settle(&yes, true)>{w.use_it()}</button>
                <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=w.no_thanks() title=w.no_thanks() on:click=move |_| settle(&no, false)><Icon name="x"/></button>
            </li>
        }
        .into_any()
    };
    let shown = move || {
        let all = all.get();
        (!all.is_empty()).then(|| view! { <ul class="suggestions" aria-label=w.suggestions()>{all.into_iter().take(3).map(line).collect_view()}</ul> })
    };
    view! { {shown} }.into_any()
}

/// Beside the customer: what other places say about them, and which those are.
#[component]
pub fn Findings(open: Open) -> impl IntoView {
    let w = words();
    let all = RwSignal::new(Vec::<Finding>::new());
    let person = Memo::new(move |_| {
        let main = open.ticket.with(|ticket| ticket.contacts.first().map(|person| person.id.clone()));
        main.filter(|_| open.settled.get())
    });
    Effect::new(move |_| {
        let Some(person) = person.get() else { return all.set(vec![]) };
        spawn_local(async move {
            if let Ok(findings) = calls::load_findings(person).await {
                all.try_set(findings);
            }
        });
    });
    let shown = move || {
        let all = all.get();
        let source = all.first().map(|finding| finding.source.clone())?;
        let rows = all.into_iter().map(|finding| view! { <dt>{finding.name}</dt><dd dir="auto">{finding.value}</dd> });
        Some(view! {
            <section class="ctx-sec">
                <h3 class="ctx-h">{w.from_elsewhere()}<span class="count clip">{source}</span></h3>
                <dl class="dl">{rows.collect_view()}</dl>
            </section>
        })
    };
    view! { {shown} }.into_any()
}
