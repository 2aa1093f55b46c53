//! What is filled in during a call: who first, then five fields.

use super::{Call, looks_like_a_number};
use crate::{
    agent::{browser, here::here},
    ui::{Avatar, Icon},
    visitor::words,
};
use desk::model::*;
use leptos::{ev, prelude::*};

#[component]
pub fn Form(
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
            wrong
                .get()
                .filter(|(field, _)| field == name)
                .map(|(_, why)| view! { <p class="error" role="alert"><Icon name="alert"/>{why}</p> })
        }
    };
    let invalid = move |name: &'static str| {
        move || wrong.with(|wrong| wrong.as_ref().is_some_and(|(field, _)| field == name)).then_some("true")
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
    view! {
        <form class="form" on:submit=move |submit| submit.prevent_default()>
            {move || wrong.get().filter(|(field, _)| field.is_empty()).map(|(_, why)| view! { <p class="banner banner-bad" role="alert"><Icon name="alert"/>{why}</p> })}
            <div class="field">
                <label class="label" for="who">{w.who_calls()}</label>
                <div class="input-wrap input-wrap-lg"><Icon name="phone" size=18/>
                    <input id="who" autocomplete="off" placeholder=w.who_hint() prop:value=field(|call| &call.who)
                        on:input=move |input| {
                            let text = event_target_value(&input);
                            call.update(|call| {
                                let number = looks_like_a_number(&text);
                                call.phone = if number { text.clone() } else { String::new() };
                                call.name = if number || text.contains('@') { String::new() } else { text.clone() };
                                call.email = if text.contains('@') { text.clone() } else { String::new() };
                                call.who = text;
                                call.person = None;
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
fn NewPersonFields(call: RwSignal<Call>, wrong: RwSignal<Option<(String, String)>>) -> impl IntoView {
    let w = words();
    let field = move |id: &'static str, label: &'static str, kind: &'static str, read: fn(&mut Call) -> &mut String| {
        let value = move || {
            let mut copy = call.get();
            read(&mut copy).clone()
        };
        let why = move || {
            wrong
                .get()
                .filter(|(field, _)| field == id)
                .map(|(_, why)| view! { <p class="error" role="alert"><Icon name="alert"/>{why}</p> })
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
