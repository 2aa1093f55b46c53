//! Custom fields where colleagues fill them in: of a new request, and of one that is open. Section 1.3.

use super::{browser, calls};
use crate::{ui::Icon, visitor::words};
use desk::model::*;
use leptos::{ev, prelude::*, task::spawn_local};
use std::{collections::BTreeMap, time::Duration};

/// The longest text, in characters.
const LONGEST: &str = "4000";

/// What a request of one type and category is asked for, and what it answers.
#[derive(Clone, Copy)]
pub struct Answers {
    pub fields: RwSignal<Vec<Field>>,
    pub values: RwSignal<FieldValues>,
    /// What people are called, by their ids.
    pub names: RwSignal<BTreeMap<String, String>>,
    /// Which field was refused, as the desk calls it, and why.
    pub wrong: RwSignal<Option<(String, String)>>,
}

impl Answers {
    pub fn new(values: FieldValues) -> Self {
        Self {
            fields: RwSignal::default(),
            values: RwSignal::new(values),
            names: RwSignal::default(),
            wrong: RwSignal::default(),
        }
    }

    /// Keeps the fields those of this type and category. Only in the browser: a page is whole without them.
    pub fn follow(self, spot: impl Fn() -> (Option<RequestTypeId>, Option<CategoryId>) + Send + Sync + 'static) {
        let spot = Memo::new(move |_| spot());
        Effect::new(move |_| {
            let (kind, category) = spot.get();
            spawn_local(async move {
                let asked = (kind.clone(), category.clone());
                let Ok(fields) = calls::load_fields(kind, category).await else { return };
                if spot.try_get_untracked() == Some(asked) && self.fields.with_untracked(|old| *old != fields) {
                    self.fields.set(fields);
                }
            });
        });
    }

    /// What is answered of what is asked.
    pub fn asked(self) -> FieldValues {
        self.fields.with_untracked(|fields| {
            self.values.with_untracked(|values| {
                let held = |field: &Field| Some((field.key.clone(), values.get(&field.key)?.clone()));
                fields.iter().filter_map(held).collect()
            })
        })
    }

    fn first(self, key: &str) -> String {
        self.values.with(|values| values.get(key).and_then(|values| values.first()).cloned().unwrap_or_default())
    }

    fn put(self, key: &str, values: Vec<String>) {
        let values = values.into_iter().filter(|value| !value.is_empty()).collect();
        self.values.update(|all| {
            all.insert(key.to_owned(), values);
        });
    }
}

/// One control for each field. `changed` is told the key when somebody is done with one.
#[component]
pub fn CustomFields(answers: Answers, changed: Callback<String>) -> impl IntoView {
    move || {
        answers
            .fields
            .get()
            .into_iter()
            .map(|field| view! { <Control answers field changed/> }.into_any())
            .collect_view()
    }
}

#[component]
fn Control(answers: Answers, field: Field, changed: Callback<String>) -> impl IntoView {
    let w = words();
    let (key, name) = (field.key.clone(), format!("fields.{}", field.key));
    let hint = Some(field.hint(w.0).to_owned()).filter(|hint| !hint.is_empty());
    let wrong = {
        let name = name.clone();
        Memo::new(move |_| {
            answers.wrong.with(|wrong| wrong.as_ref().filter(|(field, _)| *field == name).map(|(_, why)| why.clone()))
        })
    };
    let invalid = move || wrong.with(Option::is_some).then_some("true");
    let error = move || wrong.get().map(|why| view! { <p class="error" role="alert"><Icon name="alert"/>{why}</p> });
    let label = view! { <span dir="auto">{field.name(w.0).to_owned()}</span>{field.required.then(|| view! { <span class="needed">{w.needed()}</span> })} };
    let hint_view = hint.map(|hint| view! { <span class="hint" dir="auto">{hint}</span> });
    let (shown, put, done) = (key.clone(), key.clone(), key.clone());
    let value = move || answers.first(&shown);
    let typed = move |input: ev::Event| answers.put(&put, vec![event_target_value(&input)]);
    let leave = move |_: ev::Event| changed.run(done.clone());
    if field.kind == FieldKind::MultiChoice {
        return view! {
            <fieldset class="field" id=name tabindex="-1"><legend class="label">{label}</legend>{hint_view}
                {offered(&field, answers).into_iter().map(|choice| {
                    let (at, on, one) = (key.clone(), choice.key.clone(), choice.name(w.0).to_owned());
                    let (there, this) = (key.clone(), choice.key.clone());
                    let checked = move || answers.values.with(|values| values.get(&there).is_some_and(|held| held.contains(&this)));
                    let turn = move |change: ev::Event| {
                        let mut held = answers.values.with_untracked(|values| values.get(&at).cloned().unwrap_or_default());
                        held.retain(|other| *other != on);
                        if event_target_checked(&change) {
                            held.push(on.clone());
                        }
                        answers.put(&at, held);
                        changed.run(at.clone());
                    };
                    view! { <label class="check-row"><input class="check" type="checkbox" prop:checked=checked on:change=turn/><span dir="auto">{one}</span></label> }.into_any()
                }).collect_view()}{error}
            </fieldset>
        }
        .into_any();
    }
    let control = match field.kind {
        FieldKind::Text => view! {
            <textarea class="textarea one-line" id=name.clone() rows="1" maxlength=LONGEST dir="auto" prop:value=value aria-invalid=invalid on:input=typed on:change=leave></textarea>
        }
        .into_any(),
        FieldKind::Choice | FieldKind::YesNo => {
            let choices: Vec<(String, String)> = match field.kind {
                FieldKind::YesNo => vec![("yes".to_owned(), w.yes().to_owned()), ("no".to_owned(), w.no().to_owned())],
                _ => offered(&field, answers).into_iter().map(|one| (one.key.clone(), one.name(w.0).to_owned())).collect(),
            };
            let none = key.clone();
            view! {
                <select class="select" id=name.clone() aria-invalid=invalid on:input=typed on:change=leave>
                    <option value="" selected=move || answers.first(&none).is_empty()>"–"</option>
                    {choices.into_iter().map(|(one, text)| {
                        let (key, this) = (key.clone(), one.clone());
                        view! { <option value=one selected=move || answers.first(&key) == this>{text}</option> }.into_any()
                    }).collect_view()}
                </select>
            }
            .into_any()
        }
        FieldKind::Person => view! { <PersonField answers field_key=key id=name.clone() changed/> }.into_any(),
        kind => view! {
            <input class="input" id=name.clone() type=if kind == FieldKind::Date { "date" } else { "text" } inputmode=(kind == FieldKind::Number).then_some("decimal")
                autocomplete="off" prop:value=value aria-invalid=invalid on:input=typed on:change=leave/>
        }
        .into_any(),
    };
    view! { <div class="field"><label class="label" for=name>{label}</label>{hint_view}{control}{error}</div> }
        .into_any()
}

/// What can be chosen, and what is chosen though it cannot be any more.
fn offered(field: &Field, answers: Answers) -> Vec<FieldChoice> {
    let held = answers.values.with_untracked(|values| values.get(&field.key).cloned().unwrap_or_default());
    field.choices.iter().filter(|choice| !choice.retired || held.contains(&choice.key)).cloned().collect()
}

/// A contact, found by name, address or number.
#[component]
fn PersonField(answers: Answers, field_key: String, id: String, changed: Callback<String>) -> impl IntoView {
    let w = words();
    let key = StoredValue::new(field_key);
    let found = RwSignal::new(Vec::<Person>::new());
    let asked = StoredValue::new(0_u32);
    let held = move || key.with_value(|key| answers.first(key));
    let choose = move |person: Option<Person>| {
        found.set(vec![]);
        if let Some(person) = &person {
            answers.names.update(|names| {
                names.insert(person.id.to_string(), person.name.clone());
            });
        }
        key.with_value(|key| answers.put(key, person.map(|person| person.id.0).into_iter().collect()));
        changed.run(key.get_value());
    };
    let look = move |input: ev::Event| {
        let query = event_target_value(&input);
        asked.update_value(|asked| *asked += 1);
        let this = asked.get_value();
        if query.trim().chars().count() < 2 {
            return found.set(vec![]);
        }
        let ask = move || {
            if asked.try_get_value() != Some(this) {
                return;
            }
            spawn_local(async move {
                if let Ok(callers) = calls::find_callers(query).await
                    && asked.try_get_value() == Some(this)
                {
                    found.set(callers.into_iter().map(|caller| caller.person).take(6).collect());
                }
            });
        };
        set_timeout(ask, Duration::from_millis(150));
    };
    let field = id.clone();
    let other = move |_| {
        choose(None);
        browser::show(&field, true);
    };
    let name = move || answers.names.with(|names| names.get(&held()).cloned().unwrap_or_default());
    view! {
        <Show when=move || !held().is_empty()>
            <div class="person-held"><Icon name="user-check"/><span class="grow clip" dir="auto">{name}</span>
                <button type="button" class="btn btn-ghost btn-sm" on:click=other.clone()>{w.somebody_else()}</button>
            </div>
        </Show>
        <div class:gone=move || !held().is_empty()>
            <input class="input" id=id autocomplete="off" placeholder=w.search_person() on:input=look/>
            <ul class="matches">
                {move || found.get().into_iter().map(|person| {
                    let (name, about, this) = (person.name.clone(), person.emails.first().cloned().unwrap_or_default(), person);
                    view! { <li><button type="button" class="match" on:click=move |_| choose(Some(this.clone()))><span class="grow"><span class="b6 clip" dir="auto">{name}</span><span class="sm t2 clip">{about}</span></span></button></li> }.into_any()
                }).collect_view()}
            </ul>
        </div>
    }
    .into_any()
}
