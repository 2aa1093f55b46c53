//! A customer's own requests, open or solved. One sentence each says who has the ball.

use super::{
    calls::load_tickets,
    dead_end::{DeadEnd, Lost, in_house},
    frame::{Frame, Place},
};
use crate::{
    ui::{Icon, Moment},
    visitor::words,
};
use desk::model::{CustomerRow, Progress};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn Requests() -> impl IntoView {
    let rows = Resource::new_blocking(|| (), |()| async move { in_house(load_tickets().await).await });
    let query = use_query_map();
    let shows_solved = Memo::new(move |_| query.with(|query| query.get("show").as_deref() == Some("solved")));
    let w = words();
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let (house, rows) = match rows.await {
                    Ok(loaded) => loaded,
                    Err(Lost { house, fault }) => return view! { <DeadEnd house fault/> }.into_any(),
                };
                let (solved, open): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.progress == Progress::Solved);
                let (open_count, solved_count) = (open.len(), solved.len());
                let lists = StoredValue::new((open, solved));
                view! {
                    <Frame house title=w.my_requests() place=Place::Requests private=true>
                        <div class="narrow page">
                            <div class="title-row">
                                <h1>{w.my_requests()}</h1>
                                <a class="btn btn-primary" href="/new"><Icon name="plus" size=18/>{w.new_request()}</a>
                            </div>
                            <nav class="tabs" aria-label=w.filter()>
                                <a class="tab" href="/requests" aria-current=move || (!shows_solved.get()).then_some("page")>
                                    {w.open()}" "<span class="count">{open_count}</span>
                                </a>
                                <a class="tab" href="/requests?show=solved" aria-current=move || shows_solved.get().then_some("page")>
                                    {w.solved()}" "<span class="count">{solved_count}</span>
                                </a>
                            </nav>
                            {move || {
                                let rows = lists.with_value(|(open, solved)| if shows_solved.get() { solved.clone() } else { open.clone() });
                                if rows.is_empty() {
                                    view! { <Nothing solved=shows_solved.get()/> }.into_any()
                                } else {
                                    view! { <ul class="card rows">{rows.into_iter().map(|row| view! { <Row row/> }).collect_view()}</ul> }.into_any()
                                }
                            }}
                        </div>
                    </Frame>
                }
                .into_any()
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Nothing(solved: bool) -> impl IntoView {
    let w = words();
    let (title, lead) =
        if solved { (w.none_solved(), w.none_solved_more()) } else { (w.none_open(), w.none_open_more()) };
    view! {
        <div class="card empty">
            <h2>{title}</h2>
            <p>{lead}</p>
            {(!solved).then(|| view! { <a class="btn" href="/new">{w.contact_us()}</a> })}
        </div>
    }
}

#[component]
fn Row(row: CustomerRow) -> impl IntoView {
    let w = words();
    view! {
        <li>
            <a class=if row.news { "row-link row-news" } else { "row-link" } href=row.link>
                <span class="row-title" dir="auto">{row.title}</span>
                <span class="row-number">"#"{row.number}</span>
                <span class="row-ball">{w.ball(row.progress)}" "{w.last_change()}" "<Moment at=row.changed_at/></span>
                <span class="row-state">
                    <Standing progress=row.progress/>
                    {row.news.then(|| view! { <span class="news">{w.new_answer()}</span> })}
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// Where a request stands: a shape and a word first, colour last.
#[component]
fn Standing(progress: Progress) -> impl IntoView {
    let (class, shape) = match progress {
        Progress::Received => ("chip chip-lg", "st-new"),
        Progress::InProgress => ("chip chip-lg chip-info", "st-open"),
        Progress::WaitingForYou => ("chip chip-lg chip-warn", "reply"),
        Progress::Solved => ("chip chip-lg chip-ok", "st-closed"),
    };
    view! { <span class=class><Icon name=shape size=14/>{words().progress(progress)}</span> }
}
