//! Reply templates, and what some of them ask before they are filled in. MSG-9.

use super::{calls, here::here, open::Open};
use crate::{
    ui::{Dialog, Icon, Menu, menu::enter, typing},
    visitor::words,
};
use desk::model::*;
use leptos::{ev, prelude::*, task::spawn_local};
use std::collections::BTreeMap;

/// The longest answer, in characters, where the template asks for no fewer.
const LONGEST: u64 = 4_000;

/// The menu of them, in the language of the customer. `draft` is told which was taken (name and title) and what it says.
#[component]
pub fn Templates(open: Open, draft: Callback<((String, String), Rendered)>) -> impl IntoView {
    let (here, w) = (here(), words());
    let shown = RwSignal::new(false);
    let cards = RwSignal::new(None::<Vec<TemplateCard>>);
    let question = Question::new();
    Effect::new(move |_| {
        if shown.get() && cards.with_untracked(Option::is_none) {
            spawn_local(async move {
                match calls::load_templates().await {
                    Ok(found) => {
                        cards.try_set(Some(found));
                        request_animation_frame(|| enter("templates-list"));
                    }
                    Err(fault) => here.refused(&fault),
                }
            });
        }
    });
    let fill = Callback::new(move |(card, answers): (TemplateCard, BTreeMap<String, String>)| {
        let language = open.ticket.with_untracked(|ticket| ticket.contacts.first().map(|person| person.language));
        let id = open.id();
        spawn_local(async move {
            match calls::fill_template(id, card.name.clone(), language, answers).await {
                Ok(filled) => {
                    let title = card.title.in_language(w.0).to_owned();
                    draft.try_run(((card.name, title), filled));
                }
                Err(fault) => here.refused(&fault),
            }
        });
    });
    let take = move |card: TemplateCard| match card.asks.0.is_empty() {
        true => fill.run((card, BTreeMap::new())),
        false => question.ask(card),
    };
    view! {
        <Menu id="templates" class="btn btn-icon btn-ghost btn-sm" place="menu-up" open=shown label=w.templates() face=|| view! { <Icon name="zap"/> }>
            {move || match cards.get() {
                None => view! { <p class="menu-head" role="none">{w.one_moment()}</p> }.into_any(),
                Some(none) if none.is_empty() => view! { <p class="menu-note" role="none">{w.no_templates()}</p> }.into_any(),
                Some(some) => some.into_iter().map(|card| {
                    let title = card.title.in_language(w.0).to_owned();
                    let face = if card.asks.0.is_empty() { title } else { format!("{title} …") };
                    view! {
                        <button type="button" class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| take(card.clone())><Icon name="zap"/>{face}</button>
                    }
                    .into_any()
                }).collect_view().into_any(),
            }}
        </Menu>
        <Answers question fill/>
    }
    .into_any()
}

/// What a template asks, and what is answered so far.
#[derive(Clone, Copy)]
struct Question {
    of: RwSignal<Option<TemplateCard>>,
    answers: RwSignal<BTreeMap<String, String>>,
    /// Whether somebody wanted to go on: what does not fit is told from then on.
    told: RwSignal<bool>,
    shown: RwSignal<bool>,
}

impl Question {
    fn new() -> Self {
        Self {
            of: RwSignal::default(),
            answers: RwSignal::default(),
            told: RwSignal::default(),
            shown: RwSignal::default(),
        }
    }

    fn ask(self, card: TemplateCard) {
        self.answers.set(card.asks.0.iter().map(|setting| (setting.name.clone(), written(&setting.default))).collect());
        self.of.set(Some(card));
        self.told.set(false);
        self.shown.set(true);
    }

    fn answer(self, name: &str) -> String {
        self.answers.with(|answers| answers.get(name).cloned().unwrap_or_default())
    }

    /// Whether an answer is missing (`Some(true)`) or does not fit (`Some(false)`).
    fn misfit(self, setting: &Setting) -> Option<bool> {
        let answer = self.answer(&setting.name);
        match answer.trim().is_empty() && setting.sort != SettingSort::YesNo {
            true => (setting.required && setting.default.is_null()).then_some(true),
            false => (!setting.fits(&setting.typed(&answer))).then_some(false),
        }
    }
}

/// Asked before a template is filled in.
#[component]
fn Answers(question: Question, fill: Callback<(TemplateCard, BTreeMap<String, String>)>) -> impl IntoView {
    let w = words();
    let title = Signal::derive(move || {
        question.of.with(|card| card.as_ref().map(|card| card.title.in_language(w.0).to_owned()).unwrap_or_default())
    });
    let asks = move || question.of.with(|card| card.as_ref().map(|card| card.asks.0.clone()).unwrap_or_default());
    let go = move |submit: ev::SubmitEvent| {
        submit.prevent_default();
        if asks().iter().any(|setting| question.misfit(setting).is_some()) {
            return question.told.set(true);
        }
        question.shown.set(false);
        if let Some(card) = question.of.get_untracked() {
            fill.run((card, question.answers.get_untracked()));
        }
    };
    view! {
        <Dialog title open=question.shown back="templates-button">
            <form novalidate on:submit=go>
                <div class="dialog-body">
                    {move || asks().into_iter().enumerate().map(|(n, setting)| view! { <Answer question setting first=n == 0/> }.into_any()).collect_view()}
                </div>
                <div class="dialog-foot">
                    <button type="button" class="btn" on:click=move |_| question.shown.set(false)>{w.cancel()}</button>
                    <button type="submit" class="btn btn-primary">{w.insert()}</button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

/// One control under its label.
#[component]
fn Answer(question: Question, setting: Setting, first: bool) -> impl IntoView {
    let w = words();
    let id = format!("answers.{}", setting.name);
    let label = w.both_of(&setting.title);
    let hint = Some(w.both_of(&setting.description)).filter(|hint| !hint.is_empty());
    let wrong = {
        let setting = setting.clone();
        Memo::new(move |_| {
            let missing = question.told.get().then(|| question.misfit(&setting)).flatten()?;
            Some(w.misfit(&setting, missing))
        })
    };
    let invalid = move || wrong.with(Option::is_some).then_some("true");
    let error = move || wrong.get().map(|why| view! { <p class="error" role="alert"><Icon name="alert"/>{why}</p> });
    let name = StoredValue::new(setting.name.clone());
    let value = move || name.with_value(|name| question.answer(name));
    let put = move |text: String| {
        name.with_value(|name| question.answers.update(|answers| drop(answers.insert(name.clone(), text))));
    };
    let typed = move |input: ev::Event| put(event_target_value(&input));
    if setting.sort == SettingSort::YesNo {
        let turn = move |change: ev::Event| put(event_target_checked(&change).to_string());
        return view! {
            <div class="field">
                <label class="check-row" for=id.clone()><input class="check" type="checkbox" id=id.clone() autofocus=first prop:checked=move || value() == "true" on:change=turn/><span>{label}</span></label>
                {hint.map(|hint| view! { <span class="hint">{hint}</span> })}
            </div>
        }
        .into_any();
    }
    let optional = !setting.required || !setting.default.is_null();
    let control = match &setting.sort {
        SettingSort::Choice { of } => {
            let none = setting.default.is_null().then(|| view! { <option value="">"–"</option> });
            let each = of.iter().map(|(word, words)| {
                let (this, face) = (word.clone(), w.both_of(words));
                view! { <option value=word.clone() selected=move || value() == this>{face}</option> }.into_any()
            });
            let options = each.collect_view();
            view! { <select class="select" id=id.clone() autofocus=first aria-invalid=invalid on:input=typed>{none}{options}</select> }.into_any()
        }
        SettingSort::Text { lines: true, most, .. } => view! {
            <textarea class="textarea" id=id.clone() rows="4" dir="auto" autofocus=first maxlength=(*most).min(LONGEST).to_string() prop:value=value aria-invalid=invalid on:input=typed></textarea>
        }
        .into_any(),
        sort => {
            let (kind, mode) = typing(sort);
            view! {
                <input class="input" id=id.clone() type=kind inputmode=mode autocomplete="off" dir="auto" autofocus=first maxlength=LONGEST.to_string() prop:value=value aria-invalid=invalid on:input=typed/>
            }
            .into_any()
        }
    };
    view! {
        <div class="field">
            <label class="label" for=id>{label}{optional.then(|| view! { <span class="needed">{w.optional()}</span> })}</label>
            {hint.map(|hint| view! { <span class="hint">{hint}</span> })}
            {control}{error}
        </div>
    }
    .into_any()
}
