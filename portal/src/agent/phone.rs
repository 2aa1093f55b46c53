//! A new request while somebody is on the line: who first, five fields, Ctrl+Enter. D2, PHO-1.

use super::{
    browser, calls,
    context::{CallerTickets, PersonCard},
    draft::Kept,
    here::here,
    nav::NavButton,
    place::ticket_address,
};
use crate::{
    Fault,
    ui::{Avatar, Icon},
    visitor::words,
};
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
    fn request(self) -> NewTicket {
        let new_person = NewPerson {
            name: self.name,
            email: self.email,
            phone: self.phone,
        };
        let unknown = self.person.is_none() && new_person != NewPerson::default();
        let internal = self.person.is_none() && !unknown;
        NewTicket {
            title: self.title,
            text: self.text,
            person: self.person.map(|person| person.id),
            new_person: unknown.then_some(new_person),
            category: self.category,
            priority: self.priority,
            owner: if self.nobody {
                NewOwner::Nobody
            } else {
                NewOwner::Me
            },
            origin: if internal {
                Origin::Internal
            } else {
                Origin::Phone
            },
            access: if internal {
                Access::Internal
            } else {
                Access::External
            },
            confirm: self.confirm && !internal,
            key: self.key,
        }
    }

    fn is_empty(&self) -> bool {
        [&self.who, &self.title, &self.text, &self.name]
            .into_iter()
            .all(|text| text.trim().is_empty())
    }
}

#[component]
pub fn Phone() -> impl IntoView {
    let (here, w) = (here(), words());
    let given = use_query_map()
        .with_untracked(|query| query.get("phone"))
        .unwrap_or_default();
    let call = RwSignal::new(Call {
        who: given,
        ..Call::default()
    });
    let callers = RwSignal::new(None::<Vec<Caller>>);
    let saved = RwSignal::new(None::<Opened>);
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
        let text = call.with(|call| {
            (!call.is_empty())
                .then(|| serde_json::to_string(call).ok())
                .flatten()
        });
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
                here.choices
                    .with_value(|choices| choices.categories.first().map(|first| first.id.clone()))
            });
        });
        let request = call.get_untracked().request();
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
                    wrong.try_set(Some((
                        String::new(),
                        format!("{} {}", w.text_is_safe(), w.fault(&fault)),
                    )));
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
            Kept {
                text,
                key,
                ..Kept::default()
            }
            .keep(&row.id, Access::Internal);
            browser::store(DRAFT, None);
        }
        navigate(&ticket_address(row.number), NavigateOptions::default());
    });
    let tickets = move || {
        call.with(|call| call.person.as_ref().map(|person| person.id.clone()))
            .and_then(|id| {
                callers.with(|callers| {
                    callers
                        .as_ref()?
                        .iter()
                        .find(|caller| caller.person.id == id)
                        .map(|caller| caller.tickets.clone())
                })
            })
    };
    view! {
        <Title text=w.page_title(w.new_from_phone())/>
        <section class="pane p-thread" aria-label=w.new_from_phone() on:keydown=keys>
            <div class="head head-line"><NavButton/><h1 class="grow clip big">{w.new_from_phone()}</h1><Timer/></div>
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
                    let only = (found.len() == 1 && looks_like_a_number(&query))
                        .then(|| found[0].person.clone());
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

#[component]
fn Form(
    call: RwSignal<Call>,
    callers: RwSignal<Option<Vec<Caller>>>,
    wrong: RwSignal<Option<(String, String)>>,
) -> impl IntoView {
    let (here, w) = (here(), words());
    let field = move |read: fn(&Call) -> &String| move || call.with(|call| read(call).clone());
    let write = move |write: fn(&mut Call, String)| {
        move |input: ev::Event| {
            let text = event_target_value(&input);
            call.update(|call| write(call, text));
        }
    };
    let error = move |name: &'static str| {
        move || {
            wrong.get().filter(|(field, _)| field == name).map(
                |(_, why)| view! { <p class="error" role="alert"><Icon name="alert"/>{why}</p> },
            )
        }
    };
    let invalid = move |name: &'static str| {
        move || {
            wrong
                .with(|wrong| wrong.as_ref().is_some_and(|(field, _)| field == name))
                .then_some("true")
        }
    };
    let choose = move |person: Person| call.update(|call| call.person = Some(person));
    let other = move |_| {
        call.update(|call| {
            call.person = None;
            call.who.clear();
        });
        browser::show("who", true);
    };
    let found = move || {
        match (call.with(|call| call.person.clone()), callers.get()) {
        (Some(person), _) => view! { <Match person on_other=Callback::new(other)/> }.into_any(),
        (None, Some(some)) if !some.is_empty() => view! {
            <ul class="matches" aria-label=w.who_is_it()>
                {some.into_iter().map(|caller| {
                    let (person, firm) = (caller.person.clone(), caller.person.company.as_ref().map(|company| company.name.clone()));
                    view! {
                        <li><button type="button" class="match" on:click=move |_| choose(person.clone())>
                            <Avatar name=caller.person.name.clone() size=32 quiet=true/>
                            <span class="grow"><span class="b6 clip" dir="auto">{caller.person.name}</span><span class="sm t2 clip">{firm.into_iter().chain(caller.person.emails.into_iter().next()).collect::<Vec<_>>().join(" · ")}</span></span>
                        </button></li>
                    }
                    .into_any()
                }).collect_view()}
            </ul>
            <NewPersonFields call wrong/>
        }
        .into_any(),
        (None, Some(_)) => view! { <NewPersonFields call wrong/> }.into_any(),
        (None, None) => ().into_any(),
    }
    };
    let has_person = move || call.with(|call| call.person.is_some());
    view! {
        <form class="form" on:submit=move |submit| submit.prevent_default()>
            {move || wrong.get().filter(|(field, _)| field.is_empty()).map(|(_, why)| view! { <p class="banner banner-bad" role="alert"><Icon name="alert"/>{why}</p> })}
            <div class="field">
                <label class="label" for="who">{w.who_calls()}</label>
                <div class="input-wrap input-wrap-lg"><Icon name="phone" size=18/>
                    <input id="who" autocomplete="off" placeholder=w.who_hint() prop:value=field(|call| &call.who) disabled=has_person
                        on:input=move |input| {
                            let text = event_target_value(&input);
                            call.update(|call| {
                                let number = looks_like_a_number(&text);
                                call.phone = if number { text.clone() } else { String::new() };
                                call.name = if number || text.contains('@') { String::new() } else { text.clone() };
                                call.email = if text.contains('@') { text.clone() } else { String::new() };
                                call.who = text;
                            });
                        }/>
                </div>
                {found}
            </div>
            <div class="field"><label class="label" for="title">{w.what_about()}</label>
                <input class="input" id="title" maxlength="200" prop:value=field(|call| &call.title) aria-invalid=invalid("title") on:input=write(|call, text| call.title = text)/>{error("title")}
            </div>
            <div class="field"><label class="label" for="text">{w.what_they_say()}</label>
                <textarea class="textarea" id="text" rows="5" dir="auto" prop:value=field(|call| &call.text) aria-invalid=invalid("text") on:input=write(|call, text| call.text = text)></textarea>{error("text")}
            </div>
            <div class="two">
                <div class="field"><label class="label" for="category">{w.category()}</label>
                    <select class="select" id="category" on:change=write(|call, id| call.category = (!id.is_empty()).then_some(CategoryId(id)))>
                        {move || here.choices.with_value(|choices| choices.categories.iter().map(|category| {
                            let id = category.id.clone();
                            view! { <option value=category.id.0.clone() selected=move || call.with(|call| call.category.as_ref() == Some(&id))>{category.name.clone()}</option> }.into_any()
                        }).collect_view())}
                    </select>{error("category")}
                </div>
                <div class="field"><label class="label" for="owner">{w.owner()}</label>
                    <select class="select" id="owner" on:change=write(|call, choice| call.nobody = choice == "nobody")>
                        <option value="me" selected=move || call.with(|call| !call.nobody)>{move || w.me_named(&here.profile.with(|profile| profile.name.clone()))}</option>
                        <option value="nobody" selected=move || call.with(|call| call.nobody)>{w.nobody()}</option>
                    </select>
                </div>
            </div>
            <fieldset class="field"><legend class="label">{w.priority()}</legend>
                <div class="seg">{move || here.choices.with_value(|choices| {
                    let mut priorities = choices.priorities.clone();
                    priorities.sort_by_key(|priority| std::cmp::Reverse(priority.rank));
                    priorities.into_iter().map(|priority| {
                        let (id, default, name) = (priority.id.clone(), priority.default, priority.name(w.0).to_owned());
                        let (wanted, value) = (id.clone(), id.0.clone());
                        view! {
                            <label><input type="radio" name="priority" value=value prop:checked=move || call.with(|call| call.priority.as_ref().map_or(default, |chosen| *chosen == id))
                                on:change=move |_| call.update(|call| call.priority = Some(wanted.clone()))/>{name}</label>
                        }
                        .into_any()
                    }).collect_view()
                })}</div>
            </fieldset>
            <label class="check-row"><input class="check" type="checkbox" prop:checked=move || call.with(|call| call.confirm) on:change=move |change| { let on = event_target_checked(&change); call.update(|call| call.confirm = on) }/>
                <span>{w.send_confirmation()}<span class="hint">{w.send_confirmation_hint()}</span></span>
            </label>
        </form>
    }
    .into_any()
}

#[component]
fn Match(person: Person, on_other: Callback<()>) -> impl IntoView {
    let w = words();
    let about = person
        .company
        .as_ref()
        .map(|company| company.name.clone())
        .into_iter()
        .chain(person.emails.first().cloned())
        .collect::<Vec<_>>()
        .join(" · ");
    view! {
        <div class="match is-chosen" role="status">
            <Avatar name=person.name.clone() size=32 quiet=true/>
            <div class="grow"><p class="b6 clip" dir="auto">{person.name}</p><p class="sm t2 clip">{about}</p></div>
            <span class="chip chip-ok chip-lg hide-phone"><Icon name="check"/>{w.known()}</span>
            <button type="button" class="btn btn-ghost btn-sm" on:click=move |_| on_other.run(())>{w.somebody_else()}</button>
        </div>
    }
    .into_any()
}

/// Somebody new, filled in as far as what was typed says. CRE-10.
#[component]
fn NewPersonFields(
    call: RwSignal<Call>,
    wrong: RwSignal<Option<(String, String)>>,
) -> impl IntoView {
    let w = words();
    let field = move |id: &'static str,
                      label: &'static str,
                      kind: &'static str,
                      read: fn(&mut Call) -> &mut String| {
        let value = move || {
            let mut copy = call.get();
            read(&mut copy).clone()
        };
        let why = move || {
            wrong.get().filter(|(field, _)| field == id).map(
                |(_, why)| view! { <p class="error" role="alert"><Icon name="alert"/>{why}</p> },
            )
        };
        view! {
            <div class="field"><label class="label" for=id>{label}</label>
                <input class="input" id=id type=kind autocomplete="off" prop:value=value on:input=move |input| { let text = event_target_value(&input); call.update(|call| *read(call) = text) }/>{why}
            </div>
        }
        .into_any()
    };
    view! {
        <fieldset class="new-person"><legend class="sm t2">{w.new_contact()}</legend>
            <div class="three">
                {field("name", w.name(), "text", |call| &mut call.name)}
                {field("email", w.email(), "email", |call| &mut call.email)}
                {field("phone", w.phone(), "tel", |call| &mut call.phone)}
            </div>
        </fieldset>
    }
    .into_any()
}

/// How long the call has lasted. Can be paused. CRE-5.
#[component]
fn Timer() -> impl IntoView {
    let w = words();
    let (seconds, running) = (RwSignal::new(0_u32), RwSignal::new(true));
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
