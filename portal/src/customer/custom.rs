//! The organisation's own questions in the form, one control for each kind of field.

use super::{
    asking::Asking,
    fields::{Notes, inside_textarea},
    live,
    posted::{Posted, custom_name},
};
use crate::visitor::words;
use desk::model::{Field, FieldKind};
use leptos::prelude::*;

/// Most characters of a text.
const LONGEST: u32 = 4_000;

/// What the form asks beside what every request has.
#[component]
pub fn CustomFields(asking: Asking, posted: Posted) -> impl IntoView {
    let fields = Memo::new(move |_| asking.asks.with(|asks| asks.fields.clone()));
    // Drawn anew when the form asks for something else; what was typed is in the new ones.
    let drawn = move || {
        let typed = asking.typed.get_untracked();
        let fields = fields.get();
        let others = typed.iter().filter(|(key, _)| !fields.iter().any(|field| field.key == **key));
        let others = others.flat_map(|(key, values)| values.iter().map(|value| (custom_name(key), value.clone())));
        let hidden = others.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
        let asked = fields.iter().map(|field| {
            let values = typed.get(&field.key).cloned().unwrap_or_default();
            view! { <Control field=field.clone() values posted=posted.clone()/> }.into_any()
        });
        view! { {asked.collect_view()}{hidden} }.into_any()
    };
    view! {
        <div
            class="asked" id="asked"
            on:input=move |event| live::note_typed(&event, asking.typed)
            on:change=move |event| live::note_typed(&event, asking.typed)
        >{drawn}</div>
    }
    .into_any()
}

#[component]
fn Control(field: Field, values: Vec<String>, posted: Posted) -> impl IntoView {
    let w = words();
    let name = custom_name(&field.key);
    let hint = Some(field.hint(w.0)).filter(|hint| !hint.is_empty());
    let notes = Notes::of(w, &posted, &name, hint);
    let bad = notes.wrong.is_some();
    let notes_view = notes.draw(&name);
    let invalid = bad.then_some("true");
    let required = field.required;
    let label = view! {
        <span dir="auto">{field.name(w.0).to_owned()}</span>
        {(!required).then(|| view! { " "<i>{w.optional()}</i> })}
    };
    let typed = values.first().cloned().unwrap_or_default();
    let choices: Vec<(String, String)> = match field.kind {
        FieldKind::YesNo => {
            let none = (!required).then(|| (String::new(), w.no_answer().to_owned()));
            [("yes".to_owned(), w.yes().to_owned()), ("no".to_owned(), w.no().to_owned())]
                .into_iter()
                .chain(none)
                .collect()
        }
        _ => field.choices.iter().map(|choice| (choice.key.clone(), choice.name(w.0).to_owned())).collect(),
    };
    let picks = matches!(field.kind, FieldKind::YesNo | FieldKind::MultiChoice);
    if picks {
        let kind = if field.kind == FieldKind::MultiChoice { "checkbox" } else { "radio" };
        return view! {
            <fieldset class="field" id=name.clone() tabindex="-1" data-bad=bad.then_some("") aria-describedby=notes.described_by>
                <legend class="label">{label}</legend>
                {notes_view}
                <div class="picks">
                    {choices.into_iter().map(|(value, text)| {
                        let checked = values.contains(&value) || (kind == "radio" && value.is_empty() && typed.is_empty());
                        view! {
                            <label class="pick">
                                <input r#type=kind name=name.clone() value=value checked=checked/>
                                <span dir="auto">{text}</span>
                            </label>
                        }
                    }).collect_view()}
                </div>
            </fieldset>
        }
        .into_any();
    }
    let described_by = notes.described_by;
    let control = match field.kind {
        FieldKind::Text => view! {
            <textarea
                class="textarea one-line" id=name.clone() name=name.clone() rows="1" maxlength=LONGEST.to_string() dir="auto" required=required
                aria-invalid=invalid aria-describedby=described_by on:input=|event| live::grow(&event) inner_html=inside_textarea(&typed)
            ></textarea>
        }
        .into_any(),
        FieldKind::Choice => view! {
            <select class="select" id=name.clone() name=name.clone() required=required aria-invalid=invalid aria-describedby=described_by>
                <option value="">{w.choose_one()}</option>
                {choices.into_iter().map(|(value, text)| {
                    let selected = value == typed;
                    view! { <option value=value selected=selected>{text}</option> }
                }).collect_view()}
            </select>
        }
        .into_any(),
        kind => {
            // A control for days shows nothing but days: what is none stays to be seen, as text.
            let day = kind == FieldKind::Date && !bad;
            let number = kind == FieldKind::Number;
            view! {
                <input
                    class="input short" id=name.clone() name=name.clone() r#type=if day { "date" } else { "text" } inputmode=number.then_some("decimal")
                    value=typed autocomplete="off" maxlength="100" required=required aria-invalid=invalid aria-describedby=described_by
                />
            }
            .into_any()
        }
    };
    view! {
        <div class="field" data-bad=bad.then_some("")>
            <label class="label" for=name>{label}</label>
            {notes_view}
            {control}
        </div>
    }
    .into_any()
}
