//! The head of an open request: what it is, what to do with it, and its properties.

use super::{
    browser, calls,
    command::Command,
    here::{Here, here},
    open::Open,
    place::{list_address, ticket_address},
    viewers::Viewers,
};
use crate::{
    ui::{Avatar, Dialog, Icon, Menu, StatusIcon, menu},
    visitor::words,
};
use desk::model::*;
use leptos::prelude::*;

/// Title, number, and the few things one does without writing.
#[component]
pub fn Head(open: Open, full: Memo<bool>) -> impl IntoView {
    let (here, w) = (here(), words());
    let title = move || open.ticket.with(|ticket| ticket.title.clone());
    let closed = move || open.ticket.with(|ticket| ticket.state == State::Closed);
    let heading = move || {
        if full.get() {
            view! { <h1 class="rq-title clip" id="thread" tabindex="-1" dir="auto">{title}</h1> }.into_any()
        } else {
            view! { <h2 class="rq-title clip" id="thread" tabindex="-1" dir="auto">{title}</h2> }.into_any()
        }
    };
    view! {
        <div class="rq-head">
            <a class="btn btn-ghost btn-icon only-phone" href=move || list_address(here.list.get()) aria-label=w.back()><Icon name="left" size=18/></a>
            {heading}
            <span class="rq-id">"#"{move || open.ticket.with(|ticket| ticket.number)}</span>
            <span class="grow"></span>
            <Viewers open/>
            <button type="button" class="btn btn-icon btn-ghost btn-sm btn-star" aria-label=w.do_star() title=w.with_key(w.do_star(), "B")
                aria-pressed=move || if open.ticket.with(|ticket| ticket.starred) { "true" } else { "false" } on:click=move |_| open.star(here)>
                <Icon name="star"/>
            </button>
            <Menu id="transfer" class="btn btn-icon btn-ghost btn-sm hide-phone" place="menu-end" label=w.with_key(w.do_transfer(), "A") open=open.owner_menu
                face=|| view! { <Icon name="user-plus"/> }>
                <Owners open/>
            </Menu>
            <Show when=move || !full.get()>
                <a class="btn btn-icon btn-ghost btn-sm hide-phone" href=ticket_address(open.number()) aria-label=w.open_full() title=w.open_full()><Icon name="full"/></a>
            </Show>
            <Show when=move || full.get()>
                <button type="button" class="btn btn-icon btn-ghost btn-sm only-narrow" aria-label=w.do_context() title=w.with_key(w.do_context(), "]")
                    aria-expanded=move || if open.context.get() { "true" } else { "false" } on:click=move |_| open.context.update(|open| *open = !*open)>
                    <Icon name="panel"/>
                </button>
            </Show>
            <button type="button" class="btn btn-sm close-button" title=move || w.with_key(if closed() { w.do_reopen() } else { w.do_close() }, "E") on:click=move |_| open.turn(here)>
                {move || if closed() {
                    view! { <Icon name="undo"/><span>{w.do_reopen()}</span> }.into_any()
                } else {
                    view! { <Icon name="check"/><span>{w.do_close()}</span> }.into_any()
                }}
                <kbd>"E"</kbd>
            </button>
        </div>
        <TakeOver open/>
        <Lost open/>
    }
    .into_any()
}

/// Somebody was faster: who has it now, in place of a button that lies.
#[component]
fn Lost(open: Open) -> impl IntoView {
    let w = words();
    view! {
        <div class="lost" role="alert">
            {move || open.lost_to.get().map(|holder| view! {
                <p class="banner banner-warn">
                    <Icon name="user-check"/><span class="grow">{w.lost_to(&holder)}</span>
                    <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=w.close() on:click=move |_| open.lost_to.set(None)><Icon name="x"/></button>
                </p>
            })}
        </div>
    }
    .into_any()
}

/// Asked before taking a request that somebody has. ACC-6.
#[component]
fn TakeOver(open: Open) -> impl IntoView {
    let (here, w) = (here(), words());
    let asking = RwSignal::new(None::<AgentCard>);
    let shown = RwSignal::new(false);
    here.on_command(move |command| {
        if command != Command::Take {
            return;
        }
        match open.ticket.with_untracked(|ticket| ticket.owner.clone()) {
            None => open.take(here, None),
            Some(owner) if here.is_me(&owner.id) => {}
            Some(owner) => {
                asking.set(Some(owner));
                shown.set(true);
            }
        }
    });
    let holder = move || asking.get().map(|owner| owner.name).unwrap_or_default();
    view! {
        <Dialog title=Signal::derive(move || w.take_over_title(&holder())) open=shown>
            <div class="dialog-body"><p>{move || w.take_over_text(&holder())}</p></div>
            <div class="dialog-foot">
                <button type="button" class="btn" on:click=move |_| shown.set(false)>{w.cancel()}</button>
                <button type="button" class="btn btn-primary" autofocus on:click=move |_| {
                    shown.set(false);
                    if let Some(owner) = asking.get_untracked() {
                        open.take(here, Some(owner.id));
                    }
                }>{w.take_over()}</button>
            </div>
        </Dialog>
    }
    .into_any()
}

/// Status, owner, priority and category of a request that somebody has.
#[component]
pub fn Bar(open: Open) -> impl IntoView {
    let w = words();
    view! {
        <div class="rq-bar">
            <StatusMenu open/>
            <OwnerMenu open/>
            <PriorityMenu open id="priority" own_key=true/>
            <CategoryMenu open id="category"/>
            <span class="sr">{w.properties()}</span>
        </div>
    }
    .into_any()
}

/// Under the title of a request that nobody has: take it, and what to know before that.
#[component]
pub fn PreviewFacts(open: Open) -> impl IntoView {
    let (here, w) = (here(), words());
    let who = move || {
        open.ticket.with(|ticket| ticket.contacts.first().map_or_else(String::new, |person| person.name.clone()))
    };
    let firm = move || open.ticket.with(|ticket| ticket.company.as_ref().map(|company| company.name.clone()));
    view! {
        <div class="pv-actions">
            <button type="button" class="btn btn-primary" on:click=move |_| here.command(Command::Take)><Icon name="user-check"/>{w.take()}<kbd>"I"</kbd></button>
            <button type="button" class="btn" on:click=move |_| open.owner_menu.set(true)><Icon name="user-plus"/>{w.assign()}<kbd>"A"</kbd></button>
        </div>
        <dl class="pv-facts">
            <div><dt>{w.customer()}</dt><dd class="clip">{who}<span class="t3">{firm}</span></dd></div>
            <div><dt>{w.category()}</dt><dd><CategoryMenu open id="pv-category"/></dd></div>
            <div><dt>{w.priority()}</dt><dd><PriorityMenu open id="pv-priority"/></dd></div>
            <div><dt>{w.status()}</dt><dd><StatusMenu open/></dd></div>
        </dl>
    }
    .into_any()
}

/// One choice in a menu, with a tick at the present one.
#[component]
fn Choice(
    chosen: bool,
    #[prop(into)] name: String,
    on_choose: Callback<()>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <button type="button" class="menu-item" role="menuitemradio" tabindex="-1" aria-checked=if chosen { "true" } else { "false" } on:click=move |_| on_choose.run(())>
            {children.map(|children| children())}<span class="grow clip">{name}</span>
            {chosen.then(|| view! { <span class="tick"><Icon name="check"/></span> })}
        </button>
    }
    .into_any()
}

#[component]
fn StatusMenu(open: Open) -> impl IntoView {
    let (here, w) = (here(), words());
    let now = Memo::new(move |_| open.ticket.with(|ticket| (ticket.status.clone(), ticket.state)));
    let name = move || now.with(|(id, state)| here.status_name(id, *state));
    view! {
        <Menu id="status" open=open.status_menu label=Signal::derive(move || w.property_is(w.status(), &name()))
            face=move || view! {
                {move || view! { <StatusIcon state=now.get().1 label=""/> }}
                <b class="clip">{name}</b><Icon name="down" size=14/>
            }>
            {move || here.choices.with_value(|choices| choices.statuses.iter().map(|status| {
                let (status, wanted) = (status.clone(), status.clone());
                let (chosen, name) = (now.with(|(id, _)| *id == status.id), status.name(w.0).to_owned());
                view! {
                    <Choice chosen name on_choose=Callback::new(move |()| open.set_status(here, wanted.clone()))><StatusIcon state=status.state label=""/></Choice>
                }
                .into_any()
            }).collect_view())}
        </Menu>
    }
    .into_any()
}

#[component]
pub fn PriorityMenu(open: Open, id: &'static str, #[prop(optional)] own_key: bool) -> impl IntoView {
    let (here, w) = (here(), words());
    let now = Memo::new(move |_| open.ticket.with(|ticket| ticket.priority.clone()));
    let name = move || now.with(|id| here.priority_name(id));
    let choose = move |id: PriorityId| {
        let wanted = id.clone();
        open.change(here, move |ticket| ticket.priority = wanted, calls::set_priority(open.id(), id), None);
    };
    let shown = if own_key { open.priority_menu } else { RwSignal::new(false) };
    view! {
        <Menu id=id open=shown label=Signal::derive(move || w.property_is(w.priority(), &name()))
            face=move || view! { <Icon name="flag"/><b class="clip">{name}</b><Icon name="down" size=14/> }>
            {move || here.choices.with_value(|choices| choices.priorities.iter().map(|priority| {
                let (id, name, chosen) = (priority.id.clone(), priority.name(w.0).to_owned(), now.with(|now| *now == priority.id));
                view! { <Choice chosen name on_choose=Callback::new(move |()| choose(id.clone()))/> }.into_any()
            }).collect_view())}
        </Menu>
    }
    .into_any()
}

#[component]
pub fn CategoryMenu(open: Open, id: &'static str) -> impl IntoView {
    let (here, w) = (here(), words());
    let now = Memo::new(move |_| open.ticket.with(|ticket| ticket.category.clone()));
    let name = move || now.with(|id| here.category_name(id));
    let choose = move |id: CategoryId| {
        let wanted = id.clone();
        open.change(here, move |ticket| ticket.category = wanted, calls::set_category(open.id(), id), None);
    };
    view! {
        <Menu id=id label=Signal::derive(move || w.property_is(w.category(), &name()))
            face=move || view! { <i class="swatch"></i><b class="clip">{name}</b><Icon name="down" size=14/> }>
            {move || here.choices.with_value(|choices| choices.categories.iter().map(|category| {
                let (id, name, chosen) = (category.id.clone(), category.name.clone(), now.with(|now| *now == category.id));
                view! { <Choice chosen name on_choose=Callback::new(move |()| choose(id.clone()))/> }.into_any()
            }).collect_view())}
        </Menu>
    }
    .into_any()
}

#[component]
pub fn TypeMenu(open: Open) -> impl IntoView {
    let (here, w) = (here(), words());
    let now = Memo::new(move |_| open.ticket.with(|ticket| ticket.kind.clone()));
    let name = move || now.with(|id| id.as_ref().map(|id| here.type_name(id)).unwrap_or_default());
    let choose = move |id: RequestTypeId| {
        let wanted = id.clone();
        open.change(here, move |ticket| ticket.kind = Some(wanted), calls::set_type(open.id(), id), None);
    };
    view! {
        <Menu id="ctx-type" label=Signal::derive(move || w.property_is(w.request_type(), &name()))
            face=move || view! { <b class="clip">{name}</b><Icon name="down" size=14/> }>
            {move || here.choices.with_value(|choices| choices.types.iter().map(|kind| {
                let (id, name, chosen) = (kind.id.clone(), kind.name(w.0).to_owned(), now.with(|now| now.as_ref() == Some(&kind.id)));
                view! { <Choice chosen name on_choose=Callback::new(move |()| choose(id.clone()))/> }.into_any()
            }).collect_view())}
        </Menu>
    }
    .into_any()
}

#[component]
fn OwnerMenu(open: Open) -> impl IntoView {
    let w = words();
    let owner = Memo::new(move |_| open.ticket.with(|ticket| ticket.owner.clone()));
    let name = move || owner.get().map_or_else(|| w.nobody().to_owned(), |owner| owner.name);
    view! {
        <Menu id="owner" label=Signal::derive(move || w.property_is(w.owner(), &name()))
            face=move || view! {
                {move || match owner.get() {
                    Some(owner) => view! { <Avatar name=owner.name size=20 quiet=true/> }.into_any(),
                    None => view! { <span class="av av-20 av-none"></span> }.into_any(),
                }}
                <b class="clip">{name}</b><Icon name="down" size=14/>
            }>
            <Owners open/>
        </Menu>
    }
    .into_any()
}

/// Everyone a request can lie with: oneself first, then colleagues, then nobody.
#[component]
fn Owners(open: Open) -> impl IntoView {
    let (here, w) = (here(), words());
    // Drawn when the menu opens, and as long as it is open.
    let owner = move || open.ticket.with_untracked(|ticket| ticket.owner.as_ref().map(|owner| owner.id.clone()));
    let give = move |agent: AgentCard| {
        let (to, card) = (agent.id.clone(), agent.clone());
        open.change(
            here,
            move |ticket| ticket.owner = Some(card),
            calls::transfer_ticket(open.id(), to, None),
            Some(w.given_to(&agent.name)),
        );
    };
    let let_go = move || {
        open.change(here, |ticket| ticket.owner = None, calls::release_ticket(open.id()), Some(w.released().to_owned()))
    };
    let colleagues = move || {
        here.choices.with_value(|choices| {
            choices.agents.iter().filter(|agent| !here.is_me(&agent.id)).cloned().collect::<Vec<_>>()
        })
    };
    view! {
        <Choice chosen=owner().is_some_and(|owner| here.is_me(&owner)) name=w.myself() on_choose=Callback::new(move |()| here.command(Command::Take))>
            <Avatar name=here.profile.with_untracked(|profile| profile.name.clone()) size=20 quiet=true/>
        </Choice>
        {move || colleagues().into_iter().map(|agent| {
            let (name, chosen, to) = (agent.name.clone(), owner().as_ref() == Some(&agent.id), agent.clone());
            view! {
                <Choice chosen name on_choose=Callback::new(move |()| give(to.clone()))><Avatar name=agent.name size=20 quiet=true/></Choice>
            }
            .into_any()
        }).collect_view()}
        <Choice chosen=owner().is_none() name=w.nobody() on_choose=Callback::new(move |()| let_go())><span class="av av-20 av-none"></span></Choice>
    }
    .into_any()
}

/// The commands that concern the open request, but for taking it, which may ask first.
pub fn answer_commands(here: Here, open: Open) {
    here.on_command(move |command| match command {
        Command::Reply => open.writing.set(Some(Access::External)),
        Command::Comment => open.writing.set(Some(Access::Internal)),
        Command::Close => open.turn(here),
        Command::Transfer => {
            open.owner_menu.set(true);
            menu::focus("transfer-button");
        }
        Command::Status => open.status_menu.set(true),
        Command::Priority => open.priority_menu.set(true),
        Command::Star => open.star(here),
        Command::Context => open.context.update(|open| *open = !*open),
        Command::Copy => {
            browser::copy(&format!("{}{}", browser::origin(), ticket_address(open.number())));
            here.toasts.done(here.words.link_copied());
        }
        _ => {}
    });
}
