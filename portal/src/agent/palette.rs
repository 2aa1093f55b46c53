//! Everything by name: Ctrl+K. And the sheet that shows all keys: `?`.

use super::{
    browser, calls,
    command::{Command, KEYS},
    here::here,
    place::{Place, ticket_address},
    search,
    settings::KeyList,
};
use crate::{
    ui::{Dialog, Icon, StatusIcon},
    visitor::words,
};
use desk::model::*;
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use std::time::Duration;

/// One line of the palette.
#[derive(Clone, PartialEq)]
enum Line {
    Do(Command),
    Ticket(Box<TicketRow>),
    Search(String),
}

#[component]
pub fn Palette(place: Memo<Place>) -> impl IntoView {
    let (here, w) = (here(), words());
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let found = RwSignal::new(Vec::<TicketRow>::new());
    Effect::new(move |_| {
        if here.palette.get() {
            typed.set(String::new());
            found.set(Vec::new());
            request_animation_frame(|| browser::show("palette-field", true));
        }
    });
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let query = typed.get();
        at.set(0);
        asked.update_value(|asked| *asked += 1);
        let this = asked.get_value();
        if query.trim().chars().count() < 2 {
            found.set(Vec::new());
            return;
        }
        set_timeout(
            move || {
                if asked.get_value() != this {
                    return;
                }
                spawn_local(async move {
                    if let Ok(hits) = calls::search_tickets(query, Sift::default()).await
                        && asked.get_value() == this
                    {
                        found.set(hits.hits.into_iter().take(6).map(|hit| hit.ticket).collect());
                    }
                });
            },
            Duration::from_millis(120),
        );
    });
    let lines = Memo::new(move |_| {
        let query = typed.get();
        let on_ticket = place.get().number().is_some();
        let fits = |command: &Command| {
            (on_ticket || !command.is_about_a_ticket())
                && (*command != Command::Administration || here.is_administrator())
                && !matches!(
                    command,
                    Command::Palette | Command::Next | Command::Previous | Command::Open | Command::Back
                )
                && matches(command.words(w), &query)
        };
        let mut lines: Vec<Line> = KEYS.iter().map(|(command, _)| *command).filter(fits).map(Line::Do).collect();
        lines.extend(found.get().into_iter().map(|row| Line::Ticket(Box::new(row))));
        if !query.trim().is_empty() {
            lines.push(Line::Search(query));
        }
        lines
    });
    let navigate = use_navigate();
    let run = Callback::new(move |line: Line| {
        here.palette.set(false);
        match line {
            // After the dialog has given the focus back.
            Line::Do(command) => request_animation_frame(move || here.command(command)),
            Line::Ticket(row) => navigate(&ticket_address(row.number), NavigateOptions::default()),
            Line::Search(query) => navigate(&search::address(&query), NavigateOptions::default()),
        }
    });
    let keys = move |key: ev::KeyboardEvent| {
        let count = lines.with(Vec::len);
        match key.key().as_str() {
            "ArrowDown" => at.update(|at| *at = (*at + 1).min(count.saturating_sub(1))),
            "ArrowUp" => at.update(|at| *at = at.saturating_sub(1)),
            "Enter" => {
                if let Some(line) = lines.with(|lines| lines.get(at.get()).cloned()) {
                    run.run(line);
                }
            }
            "Escape" => here.palette.set(false),
            _ => return,
        }
        key.prevent_default();
        browser::reveal(&format!("#palette-{}", at.get_untracked()));
    };
    let rows = move || {
        lines.get().into_iter().enumerate().map(|(place, line)| {
            let chosen = line.clone();
            let face = match line {
                Line::Do(command) => view! {
                    <Icon name="right"/><span class="grow clip">{command.words(w)}</span><span class="keys">{command.keys().iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</span>
                }
                .into_any(),
                Line::Ticket(row) => view! {
                    <StatusIcon state=row.state new=row.new label=here.status_name(&row.status, row.state)/>
                    <span class="grow clip" dir="auto">{row.title}</span><span class="count">"#"{row.number}</span>
                }
                .into_any(),
                Line::Search(query) => view! { <Icon name="search"/><span class="grow clip">{w.search_for(&query)}</span> }.into_any(),
            };
            view! {
                <li class="menu-item" id=format!("palette-{place}") role="option" aria-selected=move || if at.get() == place { "true" } else { "false" }
                    on:mousemove=move |_| at.set(place) on:click=move |_| run.run(chosen.clone())>{face}</li>
            }
            .into_any()
        }).collect_view()
    };
    view! {
        <Dialog title=Signal::derive(move || w.do_palette().to_owned()) open=here.palette>
            <div class="palette" on:keydown=keys>
                <label class="pal-in"><Icon name="search" size=18/><span class="sr">{w.do_palette()}</span>
                    <input id="palette-field" autofocus autocomplete="off" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list"
                        aria-activedescendant=move || format!("palette-{}", at.get()) placeholder=w.palette_hint()
                        prop:value=move || typed.get() on:input=move |input| typed.set(event_target_value(&input))/>
                </label>
                <ul class="pal-list" id="palette-list" role="listbox" aria-label=w.do_palette()>{rows}</ul>
            </div>
        </Dialog>
    }
    .into_any()
}

#[component]
pub fn Shortcuts() -> impl IntoView {
    let (here, w) = (here(), words());
    view! {
        <Dialog title=Signal::derive(move || w.shortcuts().to_owned()) open=here.shortcuts wide=true>
            <div class="dialog-body"><KeyList/></div>
        </Dialog>
    }
    .into_any()
}

/// All letters of the query are there, in their order.
fn matches(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .all(|wanted| letters.any(|letter| letter == wanted))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn letters_in_order_are_enough() {
        assert!(matches("Avslutt saken", "avsak"));
        assert!(matches("Overta saken", ""));
        assert!(!matches("Overta saken", "kas"));
    }
}
