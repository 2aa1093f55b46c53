//! Search over everything an agent may see.

use super::{
    context::PersonCard,
    here::here,
    loads::{Loads, loads},
    nav::NavButton,
    place::ticket_address,
    states::{Empty, Failed, Skeleton},
};
use crate::{
    ui::{Avatar, Icon, Moment, StatusIcon},
    visitor::words,
};
use desk::model::*;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::time::Duration;

/// `/desk/search?q=…`
pub fn address(query: &str) -> String {
    let mut address = String::from("/desk/search?q=");
    for byte in query.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => address.push(char::from(byte)),
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address
}

#[component]
pub fn Search() -> impl IntoView {
    let w = words();
    let Loads { query, sift, hits, .. } = loads();
    let typed = RwSignal::new(query.get_untracked());
    Effect::new(move |_| super::browser::show("search-field", true));
    let navigate = use_navigate();
    let asked = StoredValue::new(0_u32);
    let go = move |text: String| {
        navigate(&address(&text), NavigateOptions { replace: true, scroll: false, ..Default::default() })
    };
    let on_type = {
        let go = go.clone();
        move |input: leptos::ev::Event| {
            let text = event_target_value(&input);
            typed.set(text.clone());
            asked.update_value(|asked| *asked += 1);
            let (this, go) = (asked.get_value(), go.clone());
            set_timeout(
                move || {
                    if asked.try_get_value() == Some(this) {
                        go(text);
                    }
                },
                Duration::from_millis(150),
            );
        }
    };
    view! {
        <Title text=move || query.try_get().map(|query| w.page_title(&w.search_title(&query))).unwrap_or_default()/>
        <section class="pane p-thread" aria-label=w.do_search()>
            <form class="sq" role="search" action="/desk/search" on:submit=move |submit| { submit.prevent_default(); go(typed.get_untracked()) }>
                <NavButton/>
                <h1 class="sr">{w.do_search()}</h1>
                <label class="input-wrap grow"><Icon name="search" size=18/><span class="sr">{w.do_search()}</span>
                    <input id="search-field" name="q" type="search" autocomplete="off" value=query.get_untracked() prop:value=move || typed.get() placeholder=w.search_hint() on:input=on_type/>
                    <kbd class="hide-phone" aria-hidden="true">"/"</kbd>
                </label>
            </form>
            <Transition fallback=|| view! { <Skeleton rows=6/> }>
                {move || Suspend::new(async move {
                    match hits.await {
                        Ok(Some(hits)) => view! { <Found hits sift query=query.get_untracked()/> }.into_any(),
                        Ok(None) => view! { <Empty title=w.search_empty() text=w.search_empty_help()/> }.into_any(),
                        Err(fault) => view! { <Failed fault retry=move |()| hits.refetch()/> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
    .into_any()
}

/// What was found, and the ways to make it less.
#[component]
fn Found(hits: Hits, sift: RwSignal<Sift>, query: String) -> impl IntoView {
    let (here, w) = (here(), words());
    if hits.states.is_empty() && hits.people.is_empty() {
        return view! { <Empty title=w.no_hits(&query) text=w.no_hits_help()/> }.into_any();
    }
    let picked = sift.get_untracked();
    let told = w.found(hits.hits.len() as u32, hits.total, picked.newest, hits.took);
    // What was picked can be let go where there is none of it any more.
    let states = State::ALL.iter().copied().filter_map(|state| {
        let count = hits.states.iter().find(|counted| counted.state == state).map_or(0, |counted| counted.count);
        (count > 0 || picked.state == Some(state)).then_some((state, count))
    });
    let facets = states.map(|(state, count)| view! {
        <label class="facet"><input class="check" type="checkbox" prop:checked=move || sift.get().state == Some(state)
            on:change=move |change| { let on = event_target_checked(&change); sift.update(|sift| sift.state = on.then_some(state)) }/>
            <StatusIcon state label=""/><span class="clip">{w.state_name(state)}</span><span class="count">{count}</span>
        </label>
    }.into_any()).collect_view();
    let people = hits
        .people
        .into_iter()
        .map(|person| view! { <li class="found-person"><PersonCard person/></li> }.into_any())
        .collect_view();
    let all = StoredValue::new(hits.hits);
    let pressed = move |on: bool| move || if sift.get().newest == on { "true" } else { "false" };
    let first = move |newest: bool| move |_: leptos::ev::MouseEvent| sift.update(|sift| sift.newest = newest);
    view! {
        <div class="found">
            <aside class="facets" aria-label=w.narrow_down()>
                <h2>{w.status()}</h2>{facets}
                <h2>{w.people()}</h2><ul>{people}</ul>
            </aside>
            <section class="pane" aria-label=w.hits()>
                <div class="subhead"><p class="sm t2 grow" role="status">{told}</p>
                    <div class="seg" role="group" aria-label=w.order()>
                        <button type="button" aria-pressed=pressed(false) on:click=first(false)>{w.best_match()}</button>
                        <button type="button" aria-pressed=pressed(true) on:click=first(true)>{w.newest()}</button>
                    </div>
                </div>
                <ol class="scroll">
                    <For each=move || all.get_value() key=|hit| (hit.ticket.id.clone(), hit.snippet.clone()) let:hit>
                        {
                            let Hit { ticket, snippet, marks, internal } = hit;
                            view! {
                                <li class="hit">
                                    <div class="flex">
                                        <StatusIcon state=ticket.state new=ticket.new label=here.status_name(&ticket.status, ticket.state)/>
                                        <h3 class="clip"><a href=ticket_address(ticket.number) dir="auto">{ticket.title}</a></h3><span class="count">"#"{ticket.number}</span>
                                        <span class="grow"></span>
                                        {ticket.owner.map(|owner| view! { <Avatar name=owner.name size=20/> })}
                                    </div>
                                    <p class="hit-from"><span dir="auto">{ticket.from}</span>{ticket.company.map(|firm| format!(", {firm}"))}" · "<Moment at=ticket.changed_at/></p>
                                    <p class="snip clip2" dir="auto">
                                        {internal.then(|| view! { <span class="note-label"><Icon name="lock" size=14/>{w.do_comment()}</span>" " })}
                                        {marked(&snippet, &marks)}
                                    </p>
                                </li>
                            }
                            .into_any()
                        }
                    </For>
                </ol>
            </section>
        </div>
    }
    .into_any()
}

/// The snippet with its found words marked.
fn marked(text: &str, marks: &[(u32, u32)]) -> AnyView {
    let view = |(piece, found): (&str, bool)| {
        let piece = piece.to_owned();
        if found { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() }
    };
    cut(text, marks).into_iter().map(view).collect_view().into_any()
}

/// Cuts a text at its marks. A mark that does not fit the text is left out.
fn cut<'a>(text: &'a str, marks: &[(u32, u32)]) -> Vec<(&'a str, bool)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (from, to) in marks.iter().map(|(from, to)| (*from as usize, *to as usize)) {
        let Some(word) = text.get(from..to).filter(|word| !word.is_empty() && from >= at) else {
            continue;
        };
        pieces.push((text.get(at..from).unwrap_or_default(), false));
        pieces.push((word, true));
        at = to;
    }
    pieces.push((text.get(at..).unwrap_or_default(), false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::{address, cut};

    #[test]
    fn marks_that_do_not_fit_are_left_out() {
        assert_eq!(cut("få skriver nå", &[(4, 11)]), [("få ", false), ("skriver", true), (" nå", false)]);
        assert_eq!(cut("æøå", &[(1, 2), (0, 99), (4, 2)]), [("æøå", false)]);
        assert_eq!(cut("ab", &[(0, 1), (0, 2)]), [("a", true), ("b", false)]);
    }

    #[test]
    fn a_query_survives_its_address() {
        assert_eq!(address("a&b #1 å"), "/desk/search?q=a%26b%20%231%20%C3%A5");
    }
}
