//! What is filled in: who first, then what is said, then what is known about it.

use super::{Call, Way, looks_like_a_number};
use crate::{
    agent::{
        attach::{Attaching, Files},
        browser,
        custom::{Answers, CustomFields},
        here::here,
    },
    ui::{Avatar, Icon},
    visitor::words,
};
use desk::model::*;
use leptos::{ev, prelude::*};

#[component]
pub fn Form(
    call: RwSignal<Call>,
    callers: RwSignal<Option<Vec<Caller>>>,
    answers: Answers,
    wrong: RwSignal<Option<(String, String)>>,
) -> impl IntoView {
    let (here, w) = (here(), words());
    let is_letter = Memo::new(move |_| call.with(|call| call.way == Way::Letter));
    let types = here.choices.with_value(|choices| choices.types.clone());
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
            <fieldset><legend class="sr">{w.channel()}</legend>
                <div class="seg">{[(Way::Phone, "phone", w.phone()), (Way::Letter, "mail", w.email())].into_iter().map(|(way, icon, name)| view! {
                    <label><input type="radio" name="way" prop:checked=move || call.with(|call| call.way == way) on:change=move |_| call.update(|call| call.way = way)/><Icon name=icon/>{name}</label>
                }.into_any()).collect_view()}</div>
            </fieldset>
            <div class="field">
                <label class="label" for="who">{move || if is_letter.get() { w.to_which_customer() } else { w.who_calls() }}</label>
                <div class="input-wrap input-wrap-lg">{move || view! { <Icon name=if is_letter.get() { "mail" } else { "phone" } size=18/> }}
                    <input id="who" autocomplete="off" placeholder=w.who_hint() prop:value=field(|call| &call.who)
                        on:input=move |input| {
                            let text = event_target_value(&input);
                            wrong.set(None);
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
                {found}{error("who")}{error("to")}
            </div>
            <Show when=move || is_letter.get()><Copies call wrong/></Show>
            <div class="field"><label class="label" for="title">{w.what_about()}</label>
                <input class="input" id="title" maxlength="200" prop:value=field(|call| &call.title) aria-invalid=invalid("title") on:input=write(|call, text| call.title = text)/>{error("title")}
            </div>
            <div class="field"><label class="label" for="text">{move || if is_letter.get() { w.letter_text() } else { w.what_they_say() }}</label>
                <textarea class="textarea" id="text" rows="5" dir="auto" prop:value=field(|call| &call.text) aria-invalid=invalid("text") on:input=write(|call, text| call.text = text)></textarea>{error("text")}
                <Show when=move || is_letter.get()><Along call/></Show>
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
            {(types.len() > 1).then(|| view! {
                <div class="field"><label class="label" for="type">{w.request_type()}</label>
                    <select class="select" id="type" on:change=write(|call, id| call.kind = (!id.is_empty()).then_some(RequestTypeId(id)))>
                        {types.iter().map(|kind| {
                            let (id, default) = (kind.id.clone(), kind.default);
                            view! { <option value=kind.id.0.clone() selected=move || call.with(|call| call.kind.as_ref().map_or(default, |chosen| *chosen == id))>{kind.name(w.0).to_owned()}</option> }.into_any()
                        }).collect_view()}
                    </select>{error("type")}
                </div>
            })}
            <CustomFields answers changed=Callback::new(|_| ())/>
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
            <Show when=move || !is_letter.get()><label class="check-row"><input class="check" type="checkbox" prop:checked=move || call.with(|call| call.confirm) on:change=move |change| { let on = event_target_checked(&change); call.update(|call| call.confirm = on) }/>
                <span>{w.send_confirmation()}<span class="hint">{w.send_confirmation_hint()}</span></span>
            </label></Show>
        </form>
    }
    .into_any()
}

/// Who else gets the letter.
#[component]
fn Copies(call: RwSignal<Call>, wrong: RwSignal<Option<(String, String)>>) -> impl IntoView {
    let w = words();
    let line = move |id: &'static str, label: &'static str, read: fn(&mut Call) -> &mut String| {
        let value = move || {
            let mut copy = call.get();
            read(&mut copy).clone()
        };
        let why = move || {
            let why = wrong.get().filter(|(field, _)| field == id);
            why.map(|(_, why)| view! { <p class="error" role="alert"><Icon name="alert"/>{why}</p> })
        };
        view! {
            <div class="field"><label class="label" for=id>{label}</label>
                <input class="input" id=id autocomplete="off" autocapitalize="off" spellcheck="false" prop:value=value on:input=move |input| { let text = event_target_value(&input); call.update(|call| *read(call) = text) }/>{why}
            </div>
        }
        .into_any()
    };
    let open = RwSignal::new(false);
    // What is kept in them is not hidden.
    Effect::new(move |_| {
        if call.with(|call| !call.cc.is_empty() || !call.bcc.is_empty()) {
            open.set(true);
        }
    });
    view! {
        <div class="copies">
            <button type="button" class="btn btn-ghost btn-sm" aria-expanded=move || if open.get() { "true" } else { "false" } on:click=move |_| open.update(|open| *open = !*open)>
                {w.copies()}<Icon name="down" size=14/>
            </button>
            <Show when=move || open.get()>
                <div class="two">{line("cc", w.copy_to(), |call| &mut call.cc)}{line("bcc", w.blind_copy(), |call| &mut call.bcc)}</div>
            </Show>
        </div>
    }
    .into_any()
}

/// What goes along with a letter: the signature, and files. CRE-4.
#[component]
fn Along(call: RwSignal<Call>) -> impl IntoView {
    let (here, w) = (here(), words());
    let attaching = Attaching::new(move |upload: Upload| call.update(|call| call.files.push(upload)));
    view! {
        <Show when=move || here.profile.with(|profile| !profile.signature.trim().is_empty())>
            <p class="cmp-sign" aria-label=w.signature()>{move || here.profile.with(|profile| profile.signature.clone())}</p>
        </Show>
        <Files attaching files=Signal::derive(move || call.with(|call| call.files.clone()))
            on_remove=Callback::new(move |blob: String| call.update(|call| call.files.retain(|file| file.blob != blob)))/>
        <label class="btn btn-sm file-button along"><Icon name="clip"/>{w.attach_file()}
            <input class="sr" type="file" multiple on:change=move |chosen| attaching.take_chosen(&chosen)/>
        </label>
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
            {move || call.with(|call| call.way == Way::Letter && call.name.trim().is_empty()).then(|| view! { <p class="hint">{w.address_only()}</p> })}
        </fieldset>
    }
    .into_any()
}
