//! Beside the conversation: who asks, what the request is, what they asked before, and what happened.

use super::{
    details::Details,
    here::here,
    holds::Holds,
    open::Open,
    place::ticket_address,
    request::{CategoryMenu, PriorityMenu, TypeMenu},
    suggestions::Findings,
    thread::Mini,
};
use crate::{
    ui::{Avatar, Icon, Moment, grouped},
    visitor::words,
};
use desk::model::*;
use leptos::prelude::*;

#[derive(Clone, Copy, PartialEq)]
enum Tab {
    Customer,
    Log,
}

#[component]
pub fn Context(open: Open) -> impl IntoView {
    let w = words();
    let tab = RwSignal::new(Tab::Customer);
    let chosen = move |this: Tab| move || if tab.get() == this { "true" } else { "false" };
    view! {
        <aside class="pane ctx" class:is-open=move || open.context.get() aria-label=w.customer_and_properties()>
            <div class="tabs ctx-tabs" role="tablist" aria-label=w.customer_and_properties()>
                <button type="button" class="tab" role="tab" aria-selected=chosen(Tab::Customer) on:click=move |_| tab.set(Tab::Customer)>{w.customer()}</button>
                <button type="button" class="tab" role="tab" aria-selected=chosen(Tab::Log) on:click=move |_| tab.set(Tab::Log)>{w.log()}</button>
                <button type="button" class="btn btn-icon btn-ghost btn-sm only-narrow ctx-close" aria-label=w.close() on:click=move |_| open.context.set(false)><Icon name="x"/></button>
            </div>
            <div class="scroll" role="tabpanel" tabindex="0">
                {move || match tab.get() {
                    Tab::Customer => view! { <Customer open/><Findings open/><Properties open/><Details open/><Holds open/><Earlier open/> }.into_any(),
                    Tab::Log => view! { <Log open/> }.into_any(),
                }}
            </div>
        </aside>
    }
    .into_any()
}

#[component]
fn Customer(open: Open) -> impl IntoView {
    let w = words();
    let contacts = move || open.ticket.with(|ticket| ticket.contacts.clone());
    let cards = move || {
        let contacts = contacts();
        if contacts.is_empty() {
            return view! { <p class="sm t3">{w.no_contact()}</p> }.into_any();
        }
        contacts.into_iter().map(|person| view! { <PersonCard person/> }.into_any()).collect_view().into_any()
    };
    let unproven = Memo::new(move |_| open.ticket.with(Ticket::is_by_somebody_unproven));
    let warning = move || unproven.get().then(|| view! { <p class="sm t3">{w.not_confirmed_means()}</p> });
    view! { <section class="ctx-sec"><h3 class="sr">{w.customer()}</h3>{cards}{warning}</section> }.into_any()
}

#[component]
pub fn PersonCard(person: Person) -> impl IntoView {
    let firm = person.company.map(|company| company.name);
    view! {
        <div class="person">
            <Avatar name=person.name.clone() size=40 quiet=true/>
            <div class="grow"><p class="person-name clip" dir="auto">{person.name}</p>{firm.map(|firm| view! { <p class="sm t3 clip" dir="auto">{firm}</p> })}</div>
        </div>
        <ul class="facts">
            {person.emails.into_iter().map(|email| {
                let address = format!("mailto:{email}");
                view! { <li><Icon name="mail"/><a class="clip" href=address rel="external">{email}</a></li> }.into_any()
            }).collect_view()}
            {person.phones.into_iter().map(|phone| {
                let address = format!("tel:{}", phone.replace(' ', ""));
                view! { <li><Icon name="phone"/><a class="num" href=address rel="external">{grouped(&phone)}</a></li> }.into_any()
            }).collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn Properties(open: Open) -> impl IntoView {
    let w = words();
    // With one type there is nothing to say.
    let several = here().choices.with_value(|choices| choices.types.len() > 1);
    let access = move || open.ticket.with(|ticket| ticket.access);
    let origin = move || open.ticket.with(|ticket| ticket.origin);
    let link = move || open.ticket.with(|ticket| ticket.link.clone());
    view! {
        <section class="ctx-sec">
            <h3 class="ctx-h">{w.properties()}</h3>
            <dl class="dl">
                <dt>{w.category()}</dt><dd><CategoryMenu open id="ctx-category"/></dd>
                <dt>{w.priority()}</dt><dd><PriorityMenu open id="ctx-priority"/></dd>
                {several.then(|| view! { <dt>{w.request_type()}</dt><dd><TypeMenu open/></dd> })}
                <dt>{w.access()}</dt>
                <dd>{move || match access() {
                    Access::External => view! { <Icon name="globe"/>{w.external()} }.into_any(),
                    Access::Internal => view! { <Icon name="lock"/>{w.internal()} }.into_any(),
                }}</dd>
                <dt>{w.channel()}</dt>
                <dd>{move || view! { <Icon name=match origin() {
                    Origin::Email => "mail",
                    Origin::Portal => "globe",
                    Origin::Phone => "phone",
                    Origin::Channel => "chat",
                    Origin::Internal => "lock",
                }/>{open.ticket.with(|ticket| ticket.channel.clone()).unwrap_or_else(|| w.origin(origin()).to_owned())} }}</dd>
                <dt>{w.created()}</dt><dd>{move || view! { <Moment at=open.ticket.with(|ticket| ticket.created_at)/> }}</dd>
                {move || link().map(|link| view! {
                    <dt>{w.customers_page()}</dt>
                    <dd><a class="link clip" href=link rel="external" target="_blank">{w.open_page()}</a></dd>
                })}
                <dt>{w.on_paper()}</dt>
                <dd><a class="link clip" href=move || format!("/desk/print/{}", open.number()) rel="external" target="_blank">{w.print()}</a></dd>
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn Earlier(open: Open) -> impl IntoView {
    let w = words();
    let rows = Memo::new(move |_| open.ticket.with(|ticket| ticket.earlier.clone()));
    let all = move || {
        open.ticket.with(|ticket| {
            ticket.contacts.first().and_then(|person| person.emails.first().cloned().or(Some(person.name.clone())))
        })
    };
    view! {
        <Show when=move || !rows.with(Vec::is_empty)>
            <section class="ctx-sec">
                <h3 class="ctx-h">{w.earlier()}<span class="count">{move || rows.with(Vec::len)}</span>
                    {move || all().map(|who| view! { <a class="btn btn-link btn-sm" href=super::search::address(&who)>{w.show_all()}</a> })}
                </h3>
                {move || rows.get().into_iter().take(6).map(|row| view! { <Mini row/> }.into_any()).collect_view()}
            </section>
        </Show>
    }
    .into_any()
}

/// Every fact about the request, newest first. LOG-1.
#[component]
fn Log(open: Open) -> impl IntoView {
    let w = words();
    let lines = move || {
        let mut log = open.ticket.with(|ticket| ticket.log.clone());
        log.sort_by_key(|entry| std::cmp::Reverse(entry.number));
        log.into_iter()
            .map(|entry| {
                view! {
                    <li class="log-line"><span class="grow">{w.log_line(&entry)}</span><Moment at=entry.at/></li>
                }
                .into_any()
            })
            .collect_view()
    };
    // FND-4: each kind of file there is.
    let files = [("csv", "CSV"), ("xlsx", "Excel"), ("html", "HTML"), ("txt", w.as_text())].map(|(end, name)| {
        let href = move || format!("/desk/log/{}.{end}", open.number());
        view! { <a class="link" href=href download="" rel="external">{name}</a> }.into_any()
    });
    view! {
        <section class="ctx-sec">
            <h3 class="sr">{w.log()}</h3><ol class="log">{lines}</ol>
            <p class="log-files"><span>{w.log_as_file()}</span>{files.into_iter().collect_view()}</p>
        </section>
    }
    .into_any()
}

/// The requests of a caller: *is it one of these?*
#[component]
pub fn CallerTickets(rows: Vec<TicketRow>, on_here: Callback<TicketRow>) -> impl IntoView {
    let (here, w) = (here(), words());
    let (open, done): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.state != State::Closed);
    let count = (open.len(), done.len());
    let cards = open.into_iter().map(|row| {
        let chosen = row.clone();
        view! {
            <li class="card call-card">
                <a class="flex" href=ticket_address(row.number)>
                    <crate::ui::StatusIcon state=row.state new=row.new label=here.status_name(&row.status, row.state)/>
                    <span class="b5 sm clip grow" dir="auto">{row.title}</span><span class="count">"#"{row.number}</span>
                </a>
                <p class="sm t3">{row.owner.map_or_else(|| w.nobody_has_it().to_owned(), |owner| owner.name)}" · "<Moment at=row.changed_at/></p>
                <button type="button" class="btn btn-sm" on:click=move |_| on_here.run(chosen.clone())><Icon name="note"/>{w.put_call_here()}</button>
            </li>
        }
        .into_any()
    }).collect_view();
    view! {
        {(count.0 > 0).then(|| view! {
            <section class="ctx-sec"><h3 class="ctx-h">{w.open_tickets()}<span class="count">{count.0}</span></h3><ul class="call-cards">{cards}</ul></section>
        })}
        {(count.1 > 0).then(|| view! {
            <section class="ctx-sec"><h3 class="ctx-h">{w.last_closed()}<span class="count">{count.1}</span></h3>
                {done.into_iter().map(|row| view! { <Mini row/> }.into_any()).collect_view()}
            </section>
        })}
    }
    .into_any()
}
