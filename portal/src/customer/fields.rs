//! Parts of forms. Order everywhere: label, hint, what is wrong, control.

use super::posted::{Posted, Trouble};
use crate::{ui::Icon, visitor::words, words::Words};
use leptos::{html, prelude::*};
use std::collections::BTreeMap;

/// What went wrong, on top of the form: takes the focus, and leads to each field.
#[component]
pub fn Summary(
    posted: Posted,
    title: &'static str,
    /// What custom fields are called, by their names in the form.
    #[prop(optional)]
    called: BTreeMap<String, String>,
) -> impl IntoView {
    let w = words();
    let place = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(summary) = place.get() {
            let _ = summary.focus();
        }
    });
    let lead = match &posted.trouble {
        Some(trouble) if posted.passed_over => format!("{} {}", trouble_words(w, trouble), w.choose_files_again()),
        Some(trouble) => trouble_words(w, trouble),
        None => w.put_right(posted.wrong.len()),
    };
    (!posted.is_fine()).then(|| {
        view! {
            <div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="summary" node_ref=place>
                <h2 id="summary"><Icon name="alert" size=20/>{title}</h2>
                <p>{lead}</p>
                <ul>
                    {posted.wrong.iter().map(|(field, why)| view! {
                        <li><a href=format!("#{field}") rel="external">{
                            let wrong = posted.told(w, field, why);
                            match called.get(field) {
                                Some(name) => format!("{name}: {wrong}"),
                                None => wrong,
                            }
                        }</a></li>
                    }).collect_view()}
                </ul>
            </div>
        }
    })
}

fn trouble_words(w: Words, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Trap => w.looks_automatic().to_owned(),
        Trouble::Unreadable => w.unreadable_form().to_owned(),
        Trouble::TooMuch => w.too_much().to_owned(),
        Trouble::OtherSite => w.other_site().to_owned(),
        Trouble::Rush { seconds } => w.rush(*seconds),
        Trouble::Desk(error) => w.error(error),
    }
}

/// What stands above the control of one field, and how the control refers to it.
pub struct Notes {
    pub hint: Option<String>,
    pub wrong: Option<String>,
    pub described_by: Option<String>,
}

impl Notes {
    pub fn of(w: Words, posted: &Posted, name: &str, hint: Option<&str>) -> Self {
        let wrong = posted.why(name).map(|why| posted.told(w, name, why));
        let ids: Vec<_> = hint
            .map(|_| format!("{name}-hint"))
            .into_iter()
            .chain(wrong.as_ref().map(|_| format!("{name}-wrong")))
            .collect();
        Self { hint: hint.map(str::to_owned), wrong, described_by: (!ids.is_empty()).then(|| ids.join(" ")) }
    }

    /// The hint and what is wrong, to stand between label and control.
    pub fn draw(&self, name: &str) -> impl IntoView + use<> {
        let hint = self.hint.clone().map(|text| view! { <p class="hint" id=format!("{name}-hint")>{text}</p> });
        let wrong = self.wrong.clone().map(|text| {
            view! { <p class="error" id=format!("{name}-wrong")><Icon name="alert" size=18/>{text}</p> }
        });
        (hint, wrong)
    }
}

/// One line of text.
#[component]
pub fn Line(
    posted: Posted,
    name: &'static str,
    label: &'static str,
    #[prop(into)] value: String,
    #[prop(optional)] kind: Option<&'static str>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(default = 255)] most: u32,
    #[prop(optional)] input: NodeRef<html::Input>,
) -> impl IntoView {
    let notes = Notes::of(words(), &posted, name, None);
    let bad = notes.wrong.is_some();
    let notes_view = notes.draw(name);
    view! {
        <div class="field" data-bad=bad.then_some("")>
            <label class="label" for=name>{label}</label>
            {notes_view}
            <input
                class="input" id=name name=name value=value node_ref=input r#type=kind.unwrap_or("text") inputmode=(kind == Some("email")).then_some("email")
                maxlength=most.to_string() autocomplete=autocomplete.unwrap_or("off") dir="auto" required
                aria-invalid=bad.then_some("true") aria-describedby=notes.described_by
            />
        </div>
    }
    .into_any()
}

/// A text as it is written inside a `<textarea>`. In a page the first newline there is not part of the text; in an element
/// that the browser makes later it is.
pub fn inside_textarea(text: &str) -> String {
    let first = if cfg!(target_family = "wasm") { "" } else { "\n" };
    format!("{first}{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

/// A field that people don't see and machines fill in.
#[component]
pub fn Trap() -> impl IntoView {
    view! {
        <div class="trap" aria-hidden="true">
            <label for="website">{words().trap()}</label>
            <input id="website" name="website" tabindex="-1" autocomplete="off"/>
        </div>
    }
}

/// The button at the end of a form, which can't be pressed twice.
#[component]
pub fn SendButton(#[prop(into)] label: String, sending: RwSignal<bool>) -> impl IntoView {
    let w = words();
    view! {
        <button class="btn btn-primary" aria-disabled=move || sending.get().then_some("true") aria-busy=move || sending.get().then_some("true")>
            {move || if sending.get() { w.sending().to_owned() } else { label.clone() }}
        </button>
    }
}
