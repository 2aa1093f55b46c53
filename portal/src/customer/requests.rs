//! A customer's own requests, open or solved. One sentence each says who has the ball.

use super::{
    calls::load_tickets,
    dead_end::{DeadEnd, in_house},
    frame::{Frame, Place},
};
use crate::{
    ui::{Icon, Moment},
    visitor::words,
};
use desk::model::{CustomerList, CustomerRow, Progress};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, location::Url};

/// What the address asks for: solved requests or the others, and behind which row.
type Asked = (bool, Option<String>);

#[component]
pub fn Requests() -> impl IntoView {
    let query = use_query_map();
    let asked: Memo<Asked> =
        Memo::new(move |_| query.with(|query| (query.get("show").as_deref() == Some("solved"), query.get("after"))));
    let list = Resource::new_blocking(
        move || asked.get(),
        |(solved, after)| async move {
            let further = after.is_some();
            in_house(load_tickets(solved, after).await.map(|(house, list)| (house, list, solved, further))).await
        },
    );
    let w = words();
    view! {
        // The page before stays until the next one is here.
        <Transition>
            {move || Suspend::new(async move {
                let (house, list, solved, further) = match list.await {
                    Ok(loaded) => loaded,
                    Err(lost) => return view! { <DeadEnd lost/> }.into_any(),
                };
                let CustomerList { rows, next, open, solved: done } = list;
                let count = if solved { done } else { open };
                view! {
                    <Frame house title=w.my_requests() place=Place::Requests private=true>
                        <div class="narrow page">
                            <div class="title-row">
                                <h1>{w.my_requests()}</h1>
                                <a class="btn btn-primary" href="/new"><Icon name="plus" size=18/>{w.new_request()}</a>
                            </div>
                            <nav class="tabs" aria-label=w.filter()>
                                <a class="tab" href=address(false, None) aria-current=(!solved).then_some("page")>
                                    {w.open()}" "<span class="count">{open}</span>
                                </a>
                                <a class="tab" href=address(true, None) aria-current=solved.then_some("page")>
                                    {w.solved()}" "<span class="count">{done}</span>
                                </a>
                            </nav>
                            {(count == 0).then(|| view! { <Nothing solved/> })}
                            {(!rows.is_empty()).then(|| view! { <ul class="card rows">{rows.into_iter().map(|row| view! { <Row row/> }).collect_view()}</ul> })}
                            {(further || next.is_some()).then(|| view! {
                                <nav class="pages" aria-label=w.pages()>
                                    {further.then(|| view! { <a class="btn" href=address(solved, None)><Icon name="left" size=18/>{w.newest_requests()}</a> })}
                                    {next.map(|next| view! { <a class="btn further" href=address(solved, Some(&next))>{w.older_requests()}<Icon name="right" size=18/></a> })}
                                </nav>
                            })}
                        </div>
                    </Frame>
                }
                .into_any()
            })}
        </Transition>
    }
    .into_any()
}

/// Where a page of a list stands.
fn address(solved: bool, after: Option<&str>) -> String {
    let parts = [solved.then(|| "show=solved".to_owned()), after.map(|mark| format!("after={}", Url::escape(mark)))];
    let query: Vec<String> = parts.into_iter().flatten().collect();
    if query.is_empty() { "/requests".to_owned() } else { format!("/requests?{}", query.join("&")) }
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
