//! The fields of a form that is made from what a plugin asks for.

use super::{document::beside, typed::Typed};
use crate::{
    ui::{Icon, typing},
    words::Words,
};
use desk::model::{SecretField, Setting, SettingSort, SettingsForm, written};
use leptos::prelude::*;
use serde_json::Value;

/// What is saved: the settings, and which secrets there are.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    pub settings: &'a serde_json::Map<String, Value>,
    pub secrets: &'a [String],
}

/// What a field's control says of itself to assistive technology.
pub struct About {
    pub wrong: Option<&'static str>,
    pub described: Option<String>,
}

impl About {
    fn of(name: &str, hint: &str, typed: &Typed) -> Self {
        let wrong = typed.why(name).is_some();
        let told = [(!hint.is_empty()).then(|| format!("{name}-hint")), wrong.then(|| format!("{name}-error"))];
        let described = told.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Self { wrong: wrong.then_some("true"), described: Some(described).filter(|ids| !ids.is_empty()) }
    }
}

/// A control under its label, with what helps to fill it in and what is wrong.
pub fn labelled(
    name: &str,
    label: String,
    hint: String,
    optional: bool,
    typed: &Typed,
    w: Words,
    control: impl FnOnce(About) -> AnyView,
) -> AnyView {
    let about = About::of(name, &hint, typed);
    view! {
        <div class="field">
            <label class="label" for=name.to_owned()>{label}{optional.then(|| view! { <span class="needed">{w.optional()}</span> })}</label>
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            {beside(typed, name)}
            {control(about)}
        </div>
    }
    .into_any()
}

/// What stands in a field: what was typed, else what is saved, else what the plugin proposes.
fn value(setting: &Setting, name: &str, kept: Option<Held>, typed: &Typed) -> String {
    if let Some(typed) = typed.get(name) {
        return typed.to_owned();
    }
    // Not saved is also what a newer version proposes for an address, until somebody has seen it.
    let kept = kept.and_then(|kept| kept.settings.get(&setting.name));
    written(kept.unwrap_or(&setting.default))
}

/// What a plugin asks for. Settings with a heading of their own fold away under it, as long as nobody has said anything there.
pub fn fields(form: &SettingsForm, kept: Option<Held>, typed: &Typed, w: Words) -> AnyView {
    let groups = form.0.chunk_by(|a, b| a.group == b.group);
    let groups = groups.map(|group| {
        let fields = group.iter().map(|setting| field(setting, kept, typed, w)).collect_view();
        if group[0].group.is_empty() {
            return view! { <div class="card-body card-fields">{fields}</div> }.into_any();
        }
        let open = group.iter().any(|setting| is_said(setting, kept, typed));
        view! {
            <details class="fold-fields" open=open>
                <summary class="card-head"><h3 class="card-title grow">{w.both_of(&group[0].group)}</h3><Icon name="down"/></summary>
                <div class="card-body card-fields">{fields}</div>
            </details>
        }
        .into_any()
    });
    groups.collect_view().into_any()
}

/// Whether somebody has said something else than the plugin proposes, or has to.
fn is_said(setting: &Setting, kept: Option<Held>, typed: &Typed) -> bool {
    let name = format!("settings.{}", setting.name);
    let said = value(setting, &name, kept, typed);
    let proposed = written(&setting.default);
    let off = |text: &str| matches!(text, "" | "false");
    typed.why(&name).is_some() || (said != proposed && !(off(&said) && off(&proposed)))
}

/// A setting that a plugin asks for.
pub fn field(setting: &Setting, kept: Option<Held>, typed: &Typed, w: Words) -> AnyView {
    let name = format!("settings.{}", setting.name);
    let value = value(setting, &name, kept, typed);
    let (label, hint) = (w.both_of(&setting.title), w.both_of(&setting.description));
    let id = name.clone();
    let empty = !setting.required && setting.default.is_null();
    if let SettingSort::YesNo = setting.sort {
        let on = matches!(value.as_str(), "true" | "on");
        let about = About::of(&name, &hint, typed);
        return view! {
            <div class="field">
                {beside(typed, &name)}
                <label class="check-row" for=id.clone()><input class="check" type="checkbox" id=id.clone() name=id.clone() value="on" checked=on
                    autofocus=about.wrong.is_some() aria-invalid=about.wrong aria-describedby=about.described/><span>{label}</span></label>
                {(!hint.is_empty()).then(|| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            </div>
        }
        .into_any();
    }
    labelled(&name, label, hint, empty, typed, w, |about| match &setting.sort {
        SettingSort::Choice { of } => {
            let options = of
                .iter()
                .map(|(word, words)| {
                    view! { <option value=word.clone() selected=*word == value>{w.both_of(words)}</option> }.into_any()
                })
                .collect_view();
            let none = setting
                .default
                .is_null()
                .then(|| view! { <option value="">{if setting.required { w.choose() } else { "" }}</option> });
            view! { <select class="select" id=id.clone() name=id.clone() autofocus=about.wrong.is_some() aria-invalid=about.wrong aria-describedby=about.described>{none}{options}</select> }.into_any()
        }
        SettingSort::Text { lines: true, .. } => {
            // The browser drops a line end right behind the tag.
            let text = format!("\n{}", value.replace('&', "&amp;").replace('<', "&lt;"));
            view! { <textarea class="textarea" id=id.clone() name=id.clone() rows="4" dir="auto" autofocus=about.wrong.is_some() aria-invalid=about.wrong aria-describedby=about.described inner_html=text></textarea> }.into_any()
        }
        sort => {
            let (kind, mode) = typing(sort);
            view! {
                <input class="input" id=id.clone() name=id.clone() type=kind inputmode=mode value=value autocomplete="off" dir="auto"
                    aria-required=setting.required.then_some("true") autofocus=about.wrong.is_some() aria-invalid=about.wrong aria-describedby=about.described/>
            }
            .into_any()
        }
    })
}

/// What it holds is never shown, neither what is kept nor what was just typed.
pub fn secret_field(secret: &SecretField, kept: Option<Held>, typed: &Typed, w: Words) -> AnyView {
    let name = format!("secrets.{}", secret.name);
    let kept = kept.is_some_and(|kept| kept.secrets.contains(&secret.name));
    let carried = typed.carried.iter().find(|(name, _)| *name == secret.name).map(|(_, sealed)| sealed.clone());
    let hint = match (carried.is_some(), kept, secret.generated) {
        (true, ..) => w.secret_carried(),
        (_, true, _) => w.secret_kept(),
        (_, _, true) => w.secret_generated(),
        _ => "",
    };
    let id = name.clone();
    let forget = (kept && !secret.needed).then(|| {
        let name = format!("forget.{}", secret.name);
        view! {
            <label class="check-row" for=name.clone()><input class="check" type="checkbox" id=name.clone() name=name.clone() value="yes" checked=typed.text(&name) == "yes"/><span>{w.forget_secret()}</span></label>
        }
    });
    view! {
        {labelled(&name, w.both_of(&secret.title), hint.to_owned(), !secret.needed, typed, w, |about| view! {
            <input class="input" id=id.clone() name=id.clone() type="password" autocomplete="new-password" autofocus=about.wrong.is_some() aria-invalid=about.wrong aria-describedby=about.described/>
        }.into_any())}
        {carried.map(|sealed| view! { <input type="hidden" name=format!("carried.{}", secret.name) value=sealed/> })}
        {forget}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::model::{Language, Words as Both};

    #[test]
    fn a_yes_or_no_is_told_together_with_its_hint_and_with_what_is_wrong() {
        let both = |text: &str| Both { nb: text.to_owned(), en: text.to_owned() };
        let setting = Setting {
            name: "files".to_owned(),
            title: both("Files"),
            description: both("From here alone."),
            required: false,
            default: Value::Null,
            sort: SettingSort::YesNo,
            group: both(""),
        };
        let mut typed = Typed::default();
        let drawn = |typed: &Typed| {
            Owner::new().with(|| field(&setting, None, typed, crate::words::Words::new(Language::En)).to_html())
        };
        let page = drawn(&typed);
        assert!(page.contains("aria-describedby=\"settings.files-hint\"") && !page.contains("aria-invalid"), "{page}");
        assert!(page.contains("id=\"settings.files-hint\""), "{page}");
        typed.blame("settings.files", "Not here.".to_owned());
        let page = drawn(&typed);
        assert!(page.contains("settings.files-hint settings.files-error") && page.contains("Not here."), "{page}");
    }
}
