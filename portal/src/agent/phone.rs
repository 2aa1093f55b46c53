//! A new request while somebody is on the line: who first, five fields, Ctrl+Enter. D2, PHO-1.

mod form;

use self::form::Form;
use super::{
    browser, calls,
    context::{CallerTickets, PersonCard},
    draft::Kept,
    here::here,
    nav::NavButton,
    place::ticket_address,
};
use crate::{Fault, ui::Icon, visitor::words};
use desk::{Error, model::*};
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const DRAFT: &str = "saker.phone";

/// What has been filled in so far. Kept in this browser until it is saved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Call {
    /// Number, name or address, as typed.
    who: String,
    person: Option<Person>,
    /// For somebody who is not known yet.
    name: String,
    email: String,
    phone: String,
    title: String,
    text: String,
    category: Option<CategoryId>,
    priority: Option<PriorityId>,
    nobody: bool,
    confirm: bool,
    key: String,
}

impl Call {
    /// `seconds` is how long the call has lasted.
    fn request(self, seconds: u32) -> NewTicket {
        let new_person = NewPerson { name: self.name, email: self.email, phone: self.phone };
        let unknown = self.person.is_none() && new_person != NewPerson::default();
        let internal = self.person.is_none() && !unknown;
        NewTicket {
            title: self.title,
            text: self.text,
            person: self.person.map(|person| person.id),
            new_person: unknown.then_some(new_person),
            category: self.category,
            priority: self.priority,
            owner: if self.nobody { NewOwner::Nobody } else { NewOwner::Me },
            origin: if internal { Origin::Internal } else { Origin::Phone },
            access: if internal { Access::Internal } else { Access::External },
            confirm: self.confirm && !internal,
            key: self.key,
            seconds: i64::from(seconds),
            ..NewTicket::default()
        }
    }

    fn is_empty(&self) -> bool {
        [&self.who, &self.title, &self.text, &self.name].into_iter().all(|text| text.trim().is_empty())
    }
}

#[component]
pub fn Phone() -> impl IntoView {
    let (here, w) = (here(), words());
    let given = use_query_map().with_untracked(|query| query.get("phone")).unwrap_or_default();
    let call = RwSignal::new(Call { who: given, ..Call::default() });
    let callers = RwSignal::new(None::<Vec<Caller>>);
    let saved = RwSignal::new(None::<Opened>);
    let seconds = RwSignal::new(0_u32);
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<(String, String)>);

    Effect::new(move |_| {
        let kept = browser::stored(DRAFT).and_then(|kept| serde_json::from_str::<Call>(&kept).ok());
        if let Some(kept) = kept.filter(|_| call.with_untracked(|call| call.who.is_empty())) {
            call.set(kept);
        }
        browser::show("who", true);
    });
    Effect::new(move |_| {
        let text = call.with(|call| (!call.is_empty()).then(|| serde_json::to_string(call).ok()).flatten());
        if saved.with_untracked(Option::is_none) {
            browser::store(DRAFT, text.as_deref());
        }
    });
    look_up(call, callers);

    let save = move |()| {
        if busy.get_untracked() || saved.with_untracked(Option::is_some) {
            return;
        }
        wrong.set(None);
        call.update(|call| {
            if call.key.is_empty() {
                call.key = browser::fresh_key();
            }
            // What the field shows is what is meant.
            call.category = call.category.take().or_else(|| {
                here.choices.with_value(|choices| choices.categories.first().map(|first| first.id.clone()))
            });
        });
        let request = call.get_untracked().request(seconds.get_untracked());
        busy.set(true);
        spawn_local(async move {
            match calls::register_ticket(request).await {
                Ok(opened) => {
                    saved.try_set(Some(opened));
                    browser::store(DRAFT, None);
                    here.look_again();
                    browser::show("saved", true);
                }
                Err(Fault::Desk(Error::Invalid { field, why })) => {
                    browser::show(&field, true);
                    wrong.try_set(Some((field, w.why(&why))));
                }
                Err(fault) => {
                    wrong.try_set(Some((String::new(), format!("{} {}", w.text_is_safe(), w.fault(&fault)))));
                    here.refused(&fault);
                }
            }
            busy.try_set(false);
        });
    };
    let keys = move |key: ev::KeyboardEvent| {
        if key.key() == "Enter" && (key.ctrl_key() || key.meta_key()) {
            key.prevent_default();
            save(());
        }
    };
    let again = move |_| {
        saved.set(None);
        callers.set(None);
        call.set(Call::default());
        browser::show("who", true);
    };
    let navigate = use_navigate();
    let put_here = Callback::new(move |row: TicketRow| {
        let (text, key) = call.with_untracked(|call| (call.text.clone(), browser::fresh_key()));
        if !text.trim().is_empty() {
            // It waits in that request's comment field, marked as not sent.
            Kept { text, key, ..Kept::default() }.keep(&row.id, Access::Internal);
            browser::store(DRAFT, None);
        }
        navigate(&ticket_address(row.number), NavigateOptions::default());
    });
    let tickets = move || {
        call.with(|call| call.person.as_ref().map(|person| person.id.clone())).and_then(|id| {
            callers.with(|callers| {
                callers.as_ref()?.iter().find(|caller| caller.person.id == id).map(|caller| caller.tickets.clone())
            })
        })
    };
    view! {
        <Title text=w.page_title(w.new_from_phone())/>
        <section class="pane p-thread" aria-label=w.new_from_phone() on:keydown=keys>
            <div class="head head-line"><NavButton/><h1 class="grow clip big">{w.new_from_phone()}</h1><Timer seconds/></div>
            <Show when=move || saved.with(Option::is_none) fallback=move || view! {
                <div class="scroll saved" id="saved" tabindex="-1" role="status">
                    {move || saved.get().map(|opened| view! {
                        <p class="t2">{w.saved_as()}</p><p class="saved-number">"#"{opened.number}</p><p class="t2">{w.read_it_out()}</p>
                        <div class="flex wrap">
                            <a class="btn btn-primary" href=ticket_address(opened.number)>{w.open_ticket()}</a>
                            <button type="button" class="btn" on:click=again>{w.next_call()}</button>
                        </div>
                    })}
                </div>
            }>
                <div class="scroll"><Form call callers wrong/></div>
                <div class="actions">
                    <button type="button" class="btn btn-primary" aria-busy=move || busy.get().then_some("true") on:click=move |_| save(())>{w.save_ticket()}<span class="keys"><kbd>"Ctrl"</kbd><kbd>"↵"</kbd></span></button>
                    <span class="grow"></span>
                    <span class="sm t3 hide-phone">{w.number_shown_large()}</span>
                </div>
            </Show>
        </section>
        <aside class="pane ctx" aria-label=w.who_calls()>
            <div class="head head-line"><h2>{w.one_of_these()}</h2></div>
            <div class="scroll">
                {move || call.with(|call| call.person.clone()).map(|person| view! { <section class="ctx-sec"><PersonCard person/></section> })}
                {move || match tickets() {
                    Some(rows) if !rows.is_empty() => view! { <CallerTickets rows on_here=put_here/> }.into_any(),
                    _ => view! { <p class="ctx-sec sm t3">{w.callers_tickets_here()}</p> }.into_any(),
                }}
            </div>
        </aside>
    }
    .into_any()
}

/// Asks for the caller a moment after the last key, and takes the only one there is.
fn look_up(call: RwSignal<Call>, callers: RwSignal<Option<Vec<Caller>>>) {
    let who = Memo::new(move |_| call.with(|call| call.who.trim().to_owned()));
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let query = who.get();
        asked.update_value(|asked| *asked += 1);
        let this = asked.get_value();
        if query.chars().count() < 3 {
            callers.set(None);
            return;
        }
        set_timeout(
            move || {
                if asked.try_get_value() != Some(this) {
                    return;
                }
                spawn_local(async move {
                    let Ok(found) = calls::find_callers(query.clone()).await else {
                        return;
                    };
                    if asked.try_get_value() != Some(this) {
                        return;
                    }
                    let only = (found.len() == 1 && looks_like_a_number(&query)).then(|| found[0].person.clone());
                    callers.set(Some(found));
                    if let Some(person) = only {
                        call.update(|call| call.person = Some(person));
                    }
                });
            },
            Duration::from_millis(150),
        );
    });
}

fn looks_like_a_number(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 5 && !text.chars().any(char::is_alphabetic)
}

/// How long the call has lasted. Can be paused. CRE-5.
#[component]
fn Timer(seconds: RwSignal<u32>) -> impl IntoView {
    let w = words();
    let running = RwSignal::new(true);
    Effect::new(move |_| {
        let tick = set_interval_with_handle(
            move || {
                if running.try_get_untracked() == Some(true) {
                    seconds.update(|seconds| *seconds += 1)
                }
            },
            Duration::from_secs(1),
        );
        on_cleanup(move || {
            if let Ok(tick) = tick {
                tick.clear();
            }
        });
    });
    view! {
        <span class="timer" role="timer" aria-label=w.time_spent()>
            <i class="rec" class:is-paused=move || !running.get()></i>
            <span class="num">{move || format!("{:02}:{:02}", seconds.get() / 60, seconds.get() % 60)}</span>
            <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=move || if running.get() { w.pause() } else { w.go_on() } on:click=move |_| running.update(|running| *running = !*running)>
                {move || view! { <Icon name=if running.get() { "pause" } else { "play" }/> }}
            </button>
        </span>
    }
    .into_any()
}
