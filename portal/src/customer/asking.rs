//! What is chosen on the form, and what it asks because of that.
//!
//! With scripts the rest of the form follows a choice at once; without them a button sends it, and the page comes back with
//! everything that was typed.

use super::{calls::load_asks, fields::Notes, live, posted::Posted};
use crate::visitor::words;
use desk::model::{FieldValues, FormAsks, Language, Named};
use leptos::{prelude::*, task::spawn_local};

#[derive(Clone, Copy)]
pub struct Asking {
    pub asks: RwSignal<FormAsks>,
    /// What was typed into custom fields, those that are not asked for just now among them.
    pub typed: RwSignal<FieldValues>,
    pub category: RwSignal<String>,
    pub kind: RwSignal<String>,
    pub priority: RwSignal<String>,
    /// Said when the form asks for something else than a moment ago.
    pub said: RwSignal<String>,
}

impl Asking {
    pub fn new(asks: FormAsks, posted: &Posted) -> Self {
        let category = asks.category.as_ref().map(ToString::to_string).unwrap_or_default();
        let kind = asks.kind.as_ref().map(ToString::to_string).unwrap_or_default();
        let asking = Self {
            typed: RwSignal::new(posted.custom.clone()),
            category: RwSignal::new(category),
            kind: RwSignal::new(kind),
            priority: RwSignal::new(posted.typed("priority")),
            said: RwSignal::default(),
            asks: RwSignal::new(asks),
        };
        // A browser may have kept another choice, or the reader was faster than the module.
        Effect::new(move |_| {
            let shown = |name: &str, known: RwSignal<String>| {
                let picked = live::picked(name).filter(|picked| *picked != known.get_untracked());
                picked.inspect(|picked| known.set(picked.clone())).is_some()
            };
            shown("priority", asking.priority);
            let changed = [shown("category", asking.category), shown("kind", asking.kind)];
            if changed.contains(&true) {
                asking.follow();
            }
        });
        asking
    }

    /// Asks what the form asks now. What was typed stays.
    fn follow(self) {
        if !self.asks.with_untracked(|asks| asks.depends) {
            return;
        }
        let w = words();
        let chosen = move || (self.category.try_get_untracked(), self.kind.try_get_untracked());
        let (category, kind) = (self.category.get_untracked(), self.kind.get_untracked());
        spawn_local(async move {
            let answer = load_asks(category.clone(), kind.clone()).await;
            // A later choice has its own answer; a line that broke is no harm, since the server asks in its own time.
            if let (true, Ok(asks)) = (chosen() == (Some(category), Some(kind)), answer) {
                self.said.try_set(w.asks_now(asks.fields.len()));
                self.asks.try_set(asks);
            }
        });
    }
}

/// What the request is about, and what kind of request it is.
#[component]
pub fn Topic(asking: Asking, posted: Posted) -> impl IntoView {
    let w = words();
    let asks = asking.asks.get_untracked();
    let categories: Vec<Named> = (asks.categories.iter())
        .filter(|category| category.is_offered_in(w.0))
        .map(|category| {
            let path = |language| category.external_path(&asks.categories, language);
            Named { id: category.id.to_string(), nb: path(Language::Nb), en: path(Language::En) }
        })
        .collect();
    let only = (categories.len() == 1).then(|| {
        view! { <input type="hidden" name="category" value=asking.category.get_untracked()/> }
    });
    let changed = Callback::new(move |()| asking.follow());
    view! {
        {only}
        {(categories.len() > 1).then(|| view! { <Picks name="category" label=w.field_category() of=categories chosen=asking.category posted=posted.clone() changed/> })}
        {(!asks.kinds.is_empty()).then(|| view! { <Picks name="kind" label=w.field_kind() of=asks.kinds chosen=asking.kind posted=posted.clone() changed/> })}
        {asks.depends.then(|| view! {
            <div class="step">
                <button class="btn" name="step" value="choose" formaction="/new#asked">{w.show_fields()}</button>
            </div>
        })}
    }
    .into_any()
}

/// What the Enter key presses in a field: the same as the last button, though another one stands before it.
#[component]
pub fn FirstButton() -> impl IntoView {
    view! { <div class="trap" aria-hidden="true"><button tabindex="-1">{words().send()}</button></div> }
}

/// How urgent it is, where customers may say so. PRI-3.
#[component]
pub fn Urgency(asking: Asking, posted: Posted) -> impl IntoView {
    let w = words();
    let priorities = Memo::new(move |_| {
        asking.asks.with(|asks| {
            let named = asks.priorities.iter().map(|one| Named {
                id: one.id.to_string(),
                nb: one.nb.clone(),
                en: one.en.clone(),
            });
            named.collect::<Vec<_>>()
        })
    });
    move || {
        let mut of = priorities.get();
        (!of.is_empty()).then(|| {
            let not_sure = w.not_sure().to_owned();
            of.push(Named { id: String::new(), nb: not_sure.clone(), en: not_sure });
            let changed = Callback::new(|()| ());
            view! { <Picks name="priority" label=w.field_priority() of chosen=asking.priority posted=posted.clone() changed/> }
        })
    }
}

/// A few choices as radio buttons.
#[component]
pub fn Picks(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    of: Vec<Named>,
    chosen: RwSignal<String>,
    posted: Posted,
    changed: Callback<()>,
) -> impl IntoView {
    let w = words();
    let notes = Notes::of(w, &posted, &name, None);
    let bad = notes.wrong.is_some();
    let notes_view = notes.draw(&name);
    let field = name.clone();
    view! {
        <fieldset class="field" id=name tabindex="-1" data-bad=bad.then_some("") aria-describedby=notes.described_by>
            <legend class="label">{label}</legend>
            {notes_view}
            <div class="picks">
                {of.into_iter().map(|one| {
                    let (value, name) = (one.id.clone(), field.clone());
                    let checked = chosen.get_untracked() == one.id;
                    view! {
                        <label class="pick">
                            <input type="radio" name=name value=one.id.clone() checked=checked on:change=move |_| { chosen.set(value.clone()); changed.run(()) }/>
                            <span dir="auto">{one.in_language(w.0).to_owned()}</span>
                        </label>
                    }
                }).collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}
