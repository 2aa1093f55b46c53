//! A list of requests, and the request that was chosen from it.

use super::{
    browser, calls,
    command::Command,
    here::here,
    loads::loads,
    nav::NavButton,
    open::RequestPane,
    place::{Place, list_address, row_address},
    states::{Empty, Failed, Skeleton},
};
use crate::{
    ui::{Avatar, Icon, Moment, StatusIcon},
    visitor::words,
};
use desk::model::{List, ReadState, TicketId, TicketPage, TicketRow};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};

#[component]
pub fn Lists(place: Memo<Place>) -> impl IntoView {
    let list = loads().list;
    let number = Memo::new(move |_| place.get().number());
    let full = Memo::new(move |_| place.get().is_full());
    view! {
        <ListPane list number full/>
        <RequestPane full/>
    }
    .into_any()
}

#[component]
fn ListPane(list: Memo<List>, number: Memo<Option<i64>>, full: Memo<bool>) -> impl IntoView {
    let w = words();
    let page = loads().rows;
    let heading = move || {
        let name = w.list_name(list.get());
        if full.get() {
            view! { <h2 class="clip grow">{name}</h2> }.into_any()
        } else {
            view! { <h1 class="clip grow">{name}</h1> }.into_any()
        }
    };
    view! {
        <section class="pane p-list" aria-label=move || w.list_name(list.get())>
            <Show when=move || !full.get()><Title text=move || list.try_get().map(|list| w.page_title(w.list_name(list))).unwrap_or_default()/></Show>
            <div class="head"><NavButton/>{heading}</div>
            <Transition fallback=|| view! { <div class="subhead"></div><Skeleton rows=8/> }>
                {move || Suspend::new(async move {
                    let list = list.get_untracked();
                    match page.await {
                        Ok(None) => ().into_any(),
                        Ok(Some(first)) => view! { <Rows list number first/> }.into_any(),
                        Err(fault) => view! { <div class="subhead"></div><Failed fault retry=move |()| page.refetch()/> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
    .into_any()
}

/// What is in the list right now. `held` waits under the pill until the reader looks elsewhere or asks for it.
#[derive(Clone, Copy)]
struct Shown {
    page: RwSignal<TicketPage>,
    held: RwSignal<Option<TicketPage>>,
    /// Pointer or focus is inside: nothing may move.
    busy: RwSignal<bool>,
}

impl Shown {
    /// Takes in a fresh first page. Rows that are shown get their new content at once, order and number only when nobody is looking.
    fn take_in(self, fresh: TicketPage) {
        if !self.busy.get_untracked() {
            self.held.set(None);
            self.page.update(|page| lay(page, fresh));
            return;
        }
        self.page.update(|page| {
            page.total = fresh.total;
            for row in &mut page.rows {
                if let Some(new) = fresh.rows.iter().find(|new| new.id == row.id) {
                    row.clone_from(new);
                }
            }
        });
        self.held.set(Some(fresh));
    }

    fn let_go(self) {
        if let Some(fresh) = self.held.get_untracked() {
            self.held.set(None);
            self.page.update(|page| lay(page, fresh));
        }
    }

    /// How many of the held rows are not shown yet.
    fn waiting(self) -> usize {
        self.held.with(|held| {
            held.as_ref().map_or(0, |held| {
                self.page.with(|page| {
                    held.rows.iter().filter(|row| !page.rows.iter().any(|shown| shown.id == row.id)).count()
                })
            })
        })
    }
}

/// Puts a fresh first page in place of the old one, and keeps the pages that were fetched after it.
fn lay(page: &mut TicketPage, fresh: TicketPage) {
    if page.rows.len() <= fresh.rows.len() || fresh.next.is_none() {
        *page = fresh;
        return;
    }
    let first = fresh.rows.len();
    let later = page.rows.split_off(first).into_iter().filter(|row| !fresh.rows.iter().any(|new| new.id == row.id));
    let mut rows = fresh.rows.clone();
    rows.extend(later);
    page.total = fresh.total;
    page.rows = rows;
}

#[component]
fn Rows(list: List, number: Memo<Option<i64>>, first: TicketPage) -> impl IntoView {
    let (here, w) = (here(), words());
    let shown = Shown { page: RwSignal::new(first), held: RwSignal::new(None), busy: RwSignal::new(false) };
    let page = shown.page;
    let ids = Memo::new(move |_| page.with(|page| page.rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>()));
    let total = Memo::new(move |_| page.with(|page| page.total));
    let more = Memo::new(move |_| page.with(|page| page.next.clone()));
    let fetching = RwSignal::new(false);

    let born = here.news.with_untracked(|news| news.version);
    Effect::new(move |_| {
        if here.news.with(|news| news.version) == born {
            return;
        }
        spawn_local(async move {
            // A list that can't be read just now keeps what it has; the bar over the page says why.
            if let Ok(fresh) = calls::load_list(list, None).await
                && !page.is_disposed()
            {
                shown.take_in(fresh);
            }
        });
    });
    Effect::new(move |_| here.order.set(page.with(|page| page.rows.iter().map(|row| row.number).collect())));

    let navigate = use_navigate();
    let step = move |by: isize| {
        let order = here.order.get_untracked();
        let at = number.get_untracked().and_then(|number| order.iter().position(|row| *row == number));
        let next = match at {
            Some(at) => at.saturating_add_signed(by).min(order.len().saturating_sub(1)),
            None => 0,
        };
        if let Some(row) = order.get(next) {
            navigate(&row_address(list, *row), NavigateOptions { scroll: false, ..Default::default() });
            browser::reveal(&format!("#row-{row}"));
        }
    };
    here.on_command(move |command| match command {
        Command::Next => step(1),
        Command::Previous => step(-1),
        Command::Open if number.get_untracked().is_none() => step(0),
        Command::Open => browser::show("thread", true),
        _ => {}
    });

    let show_more = move |_| {
        let Some(after) = more.get_untracked() else {
            return;
        };
        fetching.set(true);
        spawn_local(async move {
            match calls::load_list(list, Some(after)).await {
                Ok(further) => {
                    page.try_update(|page| {
                        page.next = further.next;
                        page.rows.extend(
                            further
                                .rows
                                .into_iter()
                                .filter(|row| !page.rows.iter().any(|shown| shown.id == row.id))
                                .collect::<Vec<_>>(),
                        );
                    });
                }
                Err(fault) => here.refused(&fault),
            }
            fetching.try_set(false);
        });
    };
    let waiting = move || shown.waiting();
    view! {
        <div class="list-zone"
            on:mouseenter=move |_| shown.busy.set(true) on:focusin=move |_| shown.busy.set(true)
            on:mouseleave=move |_| { shown.busy.set(false); shown.let_go() } on:focusout=move |_| shown.busy.set(false)>
        <div class="subhead">
            <span class="count grow">{move || w.tickets_in_list(total.get())}</span>
            <Show when=move || waiting().gt(&0)>
                <button type="button" class="pill" on:click=move |_| shown.let_go()><Icon name="arrow-up" size=14/>{move || w.new_rows(waiting())}</button>
            </Show>
            <span class="sr" aria-live="polite">{move || (waiting() > 0).then(|| w.new_rows(waiting()))}</span>
        </div>
        <div class="scroll rows">
            <Show when=move || !ids.with(Vec::is_empty) fallback=move || view! { <Nothing list/> }>
                <ol class="list" aria-label=w.tickets()>
                    <For each=move || ids.get() key=Clone::clone let:id>
                        {view! { <Row id page list number/> }.into_any()}
                    </For>
                </ol>
            </Show>
            <Show when=move || more.with(Option::is_some)>
                <p class="list-end">
                    <button type="button" class="btn btn-sm" aria-busy=move || fetching.get().then_some("true") on:click=show_more>{w.show_more()}</button>
                </p>
            </Show>
        </div>
        </div>
        <div class="foot" aria-hidden="true">
            <span><span class="keys"><kbd>"J"</kbd><kbd>"K"</kbd></span>{w.hint_step()}</span>
            <span><kbd>"I"</kbd>{w.hint_take()}</span>
            <span><span class="keys"><kbd>"Ctrl"</kbd><kbd>"K"</kbd></span>{w.hint_all()}</span>
        </div>
    }
    .into_any()
}

/// Three lines in 72 px: who and when, what, and how it goes on.
#[component]
fn Row(id: TicketId, page: RwSignal<TicketPage>, list: List, number: Memo<Option<i64>>) -> impl IntoView {
    let row = Memo::new(move |before: Option<&Option<TicketRow>>| {
        let found = page.with(|page| page.rows.iter().find(|row| row.id == id).cloned());
        // A row on its way out keeps its last content.
        found.or_else(|| before.cloned().flatten())
    });
    move || row.get().map(|row| view! { <RowFace row list number/> }.into_any())
}

#[component]
fn RowFace(row: TicketRow, list: List, number: Memo<Option<i64>>) -> impl IntoView {
    let (here, w) = (here(), words());
    let this = row.number;
    let selected = move || number.get() == Some(this);
    let unread = row.read != ReadState::Read;
    let status = if row.new { w.status_new().to_owned() } else { here.status_name(&row.status, row.state) };
    let urgent = here.is_urgent(&row.priority).then(|| here.priority_name(&row.priority));
    let owner = row.owner.filter(|_| list != List::Mine && list != List::Unassigned);
    view! {
        <li>
            <a class="row" id=format!("row-{this}") class:unread=unread href=row_address(list, this) aria-current=move || selected().then_some("true")>
                {unread.then(|| view! { <i class="dot" role="img" aria-label=w.unread()></i> })}
                <span class="line">
                    <span class="who clip" dir="auto">{row.from}</span>
                    <span class="firm clip" dir="auto">{row.company}</span>
                    {owner.map(|owner| view! { <Avatar name=owner.name size=20/> })}
                    <Moment at=row.changed_at short=true/>
                </span>
                <span class="line">
                    <StatusIcon state=row.state new=row.new label=status/>
                    <span class="subject clip grow" dir="auto">{row.title}</span>
                    {row.has_files.then(|| view! { <span role="img" aria-label=w.has_files() class="t3"><Icon name="clip" size=14/></span> })}
                    {row.starred.then(|| view! { <span role="img" aria-label=w.starred() class="starred"><Icon name="star" size=14/></span> })}
                </span>
                <span class="line">
                    <span class="preview clip grow" dir="auto">{row.preview}</span>
                    {urgent.map(|name| view! { <span class="chip chip-bad"><Icon name="flag"/>{name}</span> })}
                    <span class="count">"#"{this}</span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

#[component]
fn Nothing(list: List) -> impl IntoView {
    let w = words();
    let (title, text) = w.empty_list(list);
    let lead = (list == List::Mine)
        .then(|| view! { <a class="btn btn-primary" href=list_address(List::Unassigned)>{w.see_unassigned()}</a> });
    view! { <Empty title text>{lead}</Empty> }.into_any()
}
