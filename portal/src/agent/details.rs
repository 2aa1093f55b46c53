//! The organisation's own fields of the open request, each saved when somebody is done with it.

use super::{
    calls,
    custom::{Answers, CustomFields},
    here::here,
    open::Open,
};
use crate::{Fault, visitor::words};
use desk::{Error, model::*};
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn Details(open: Open) -> impl IntoView {
    let (here, w) = (here(), words());
    let held = Memo::new(move |_| open.ticket.with(|ticket| ticket.fields.clone()));
    let values = |fields: &[FieldValue]| -> FieldValues {
        fields.iter().map(|field| (field.key.clone(), field.values.clone())).collect()
    };
    let answers = Answers::new(held.with_untracked(|held| values(held)));
    answers.follow(move || open.ticket.with(|ticket| (ticket.kind.clone(), Some(ticket.category.clone()))));
    // What somebody else changed comes in; what is being typed here stays.
    let known = StoredValue::new(FieldValues::new());
    Effect::new(move |_| {
        held.with(|held| {
            let people = held.iter().filter(|field| field.kind == FieldKind::Person).flat_map(|field| &field.shown);
            answers.names.update(|names| names.extend(people.map(|person| (person.id.clone(), person.nb.clone()))));
            let fresh = values(held);
            answers.values.update(|values| {
                let news = fresh.iter().filter(|(key, held)| known.with_value(|known| known.get(*key) != Some(*held)));
                values.extend(news.map(|(key, held)| (key.clone(), held.clone())));
            });
            known.set_value(fresh);
        });
    });
    let save = Callback::new(move |key: String| {
        let given = answers.values.with_untracked(|values| values.get(&key).cloned().unwrap_or_default());
        if known.with_value(|known| known.get(&key).is_some_and(|held| *held == given)) {
            return answers.wrong.set(None);
        }
        let id = open.id();
        spawn_local(async move {
            match calls::set_fields(id, FieldValues::from([(key, given)])).await {
                Ok(()) => {
                    answers.wrong.try_set(None);
                    here.say(w.saved());
                    open.refresh().await;
                    here.look_again();
                }
                Err(Fault::Desk(Error::Invalid { field, why })) => {
                    answers.wrong.try_set(Some((field, w.why(&why))));
                }
                Err(fault) => here.refused(&fault),
            }
        });
    });
    // Held, but of another type or category: to be read.
    let others = move || {
        let asked = answers.fields.get();
        let left = held
            .get()
            .into_iter()
            .filter(|field| !field.values.is_empty() && !asked.iter().any(|one| one.id == field.id));
        left.map(|field| {
            let shown = w.field_value(&field);
            view! { <div class="field"><span class="label" dir="auto">{field.name(w.0).to_owned()}</span><span class="sm" dir="auto">{shown}</span></div> }.into_any()
        })
        .collect_view()
    };
    view! {
        <Show when=move || !held.with(Vec::is_empty)>
            <section class="ctx-sec details"><h3 class="ctx-h">{w.details()}</h3><CustomFields answers changed=save/>{others}</section>
        </Show>
    }
    .into_any()
}
