//! One account of a channel: a form made from what its plugin asks for.

use super::{
    channels::chip,
    document::{Around, Head, Part, act, beside, came_back, document, trouble},
    typed::Typed,
};
use crate::{ui::Icon, words::Words};
use desk::model::{Category, Channel, ChannelForm, ChannelState, PluginId, SecretField, Setting, SettingSort};
use leptos::prelude::*;
use serde_json::Value;

/// An account that is there, or (without one) the form for another account of `plugin`.
pub fn account(
    around: &Around,
    plugin: &PluginId,
    form: &ChannelForm,
    account: Option<&Channel>,
    categories: &[Category],
    typed: &Typed,
) -> String {
    let w = around.words();
    let title = account.map_or_else(|| format!("{}: {}", w.add_account(), w.both_of(&form.name)), |it| it.name.clone());
    let up = Some(("/desk/admin/channels".to_owned(), w.channels().to_owned()));
    let to = match account {
        Some(account) => format!("/desk/admin/channels/{}", account.id),
        None => format!("/desk/admin/channels/new/{plugin}"),
    };
    document(around, Head { part: Part::Channels, title, up }, |w| {
        let kept = account.map(|account| Held { settings: &account.settings, secrets: &account.secrets });
        let fields = form.settings.0.iter().map(|setting| field(setting, kept, typed, w)).collect_view();
        let secrets = form.secrets.iter().map(|secret| secret_field(secret, kept, typed, w)).collect_view();
        let category = typed.get("category").or(account.map(|account| account.category.as_str())).unwrap_or_default();
        let categories = categories
            .iter()
            .map(|one| view! { <option value=one.id.to_string() selected=one.id.as_str() == category>{one.name.clone()}</option> }.into_any())
            .collect_view();
        let name = typed.get("name").or(account.map(|account| account.name.as_str())).unwrap_or_default().to_owned();
        view! {
            {came_back(typed, w)}
            {account.map(|account| standing(account, w))}
            <form class="card" method="post" action=to novalidate>
                <div class="card-head"><h2 class="card-title">{w.the_account()}</h2></div>
                <div class="card-body card-fields">
                    {labelled("name", w.account_name().to_owned(), w.account_name_hint().to_owned(), false, typed, w, |about| view! {
                        <input class="input" id="name" name="name" value=name maxlength="100" aria-invalid=about.wrong aria-describedby=about.described/>
                    }.into_any())}
                    {labelled("category", w.account_category().to_owned(), String::new(), false, typed, w, |about| view! {
                        <select class="select" id="category" name="category" aria-invalid=about.wrong aria-describedby=about.described>{categories}</select>
                    }.into_any())}
                </div>
                {(!form.settings.0.is_empty()).then(|| view! { <div class="card-head"><h2 class="card-title">{w.settings_of_it()}</h2></div> })}
                <div class="card-body card-fields">{fields}</div>
                {(!form.secrets.is_empty()).then(|| view! { <div class="card-head"><h2 class="card-title">{w.secrets()}</h2></div> })}
                <div class="card-body card-fields">{secrets}</div>
                <div class="card-foot"><button class="btn btn-primary">{if account.is_some() { w.save() } else { w.add_account() }}</button></div>
            </form>
            {account.map(|account| view! {
                <section class="card" aria-labelledby="gone"><div class="card-head"><h2 class="card-title" id="gone">{w.remove_account()}</h2></div>
                    <div class="card-body card-fields"><p class="sm t2">{w.remove_account_lead()}</p>
                        <div><a class="btn" href=format!("/desk/admin/channels/{}/remove", account.id)><Icon name="trash"/>{w.remove_account()}</a></div></div>
                </section>
            })}
        }
        .into_any()
    })
}

/// What is saved: the settings, and which secrets there are.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub settings: &'a serde_json::Map<String, Value>,
    pub secrets: &'a [String],
}

/// What a field's control says of itself to assistive technology.
struct About {
    wrong: Option<&'static str>,
    described: Option<String>,
}

fn labelled(
    name: &str,
    label: String,
    hint: String,
    optional: bool,
    typed: &Typed,
    w: Words,
    control: impl FnOnce(About) -> AnyView,
) -> AnyView {
    let wrong = typed.why(name).is_some();
    let told = [(!hint.is_empty()).then(|| format!("{name}-hint")), wrong.then(|| format!("{name}-error"))];
    let described = told.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let about = About { wrong: wrong.then_some("true"), described: Some(described).filter(|ids| !ids.is_empty()) };
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
    match kept.map_or(Some(&setting.default), |kept| kept.settings.get(&setting.name)) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

pub(super) fn field(setting: &Setting, kept: Option<Held>, typed: &Typed, w: Words) -> AnyView {
    let name = format!("settings.{}", setting.name);
    let value = value(setting, &name, kept, typed);
    let (label, hint) = (w.both_of(&setting.title), w.both_of(&setting.description));
    let id = name.clone();
    let empty = !setting.required && setting.default.is_null();
    if let SettingSort::YesNo = setting.sort {
        let on = matches!(value.as_str(), "true" | "on");
        return view! {
            <div class="field">
                <label class="check-row" for=id.clone()><input class="check" type="checkbox" id=id.clone() name=id.clone() value="on" checked=on/><span>{label}</span></label>
                {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
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
            view! { <select class="select" id=id.clone() name=id.clone() aria-invalid=about.wrong aria-describedby=about.described>{none}{options}</select> }.into_any()
        }
        SettingSort::Text { lines: true, .. } => {
            // The browser drops a line end right behind the tag.
            let text = format!("\n{}", value.replace('&', "&amp;").replace('<', "&lt;"));
            view! { <textarea class="textarea" id=id.clone() name=id.clone() rows="4" dir="auto" aria-invalid=about.wrong aria-describedby=about.described inner_html=text></textarea> }.into_any()
        }
        sort => {
            let (kind, mode) = match sort {
                SettingSort::Address => ("url", "url"),
                SettingSort::Email => ("email", "email"),
                SettingSort::Whole { .. } => ("text", "numeric"),
                SettingSort::Number { .. } => ("text", "decimal"),
                _ => ("text", "text"),
            };
            view! {
                <input class="input" id=id.clone() name=id.clone() type=kind inputmode=mode value=value autocomplete="off" dir="auto"
                    aria-required=setting.required.then_some("true") aria-invalid=about.wrong aria-describedby=about.described/>
            }
            .into_any()
        }
    })
}

/// What it holds is never shown, neither what is kept nor what was just typed.
pub(super) fn secret_field(secret: &SecretField, kept: Option<Held>, typed: &Typed, w: Words) -> AnyView {
    let name = format!("secrets.{}", secret.name);
    let kept = kept.is_some_and(|kept| kept.secrets.contains(&secret.name));
    let hint = match (typed.get(&name).is_some_and(|typed| !typed.is_empty()), kept, secret.generated) {
        (true, ..) => w.secret_retype(),
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
            <input class="input" id=id.clone() name=id.clone() type="password" autocomplete="new-password" aria-invalid=about.wrong aria-describedby=about.described/>
        }.into_any())}
        {forget}
    }
    .into_any()
}

/// How an account that is there does, and what can be done with it.
fn standing(account: &Channel, w: Words) -> AnyView {
    let at = |word: &str| format!("/desk/admin/channels/{}/{word}", account.id);
    let heard = account.heard_at.map_or_else(|| w.never().to_owned(), |at| w.universal(at));
    let failed = match (&account.failure, account.failed_at) {
        (Some(why), Some(at)) => format!("{}: {why}", w.universal(at)),
        _ => w.none_failed().to_owned(),
    };
    let connected = account
        .connected
        .iter()
        .map(|(name, value)| view! { <dt>{name.clone()}</dt><dd dir="auto">{value.clone()}</dd> }.into_any())
        .collect_view();
    let hook = account.hook_url.clone().map(|hook| view! {
        <div class="field"><label class="label" for="hook">{w.hook_address()}</label><p class="hint" id="hook-hint">{w.hook_hint()}</p>
            <input class="input mono" id="hook" readonly value=hook aria-describedby="hook-hint"/></div>
    });
    let rests = account.state == ChannelState::Off;
    view! {
        {account.why.as_deref().map(trouble)}
        <section class="card" aria-labelledby="standing">
            <div class="card-head"><h2 class="card-title grow" id="standing">{w.health()}</h2>{chip(account.state, w)}</div>
            <div class="card-body card-fields">
                <dl class="dl"><dt>{w.last_heard()}</dt><dd class="num">{heard}</dd><dt>{w.last_failure()}</dt><dd>{failed}</dd>{connected}</dl>
                {hook}
                <div class="flex wrap">
                    {act(at("check"), "btn", w.check_now())}
                    {account.hook_url.is_some().then(|| act(at("connect"), "btn", w.connect()))}
                    {act(at(if rests { "resume" } else { "pause" }), "btn", if rests { w.resume_account() } else { w.pause_account() })}
                    <a class="btn btn-ghost" href=format!("/desk/admin/plugins/{}/log", account.plugin)>{w.plugin_log()}</a>
                </div>
                <p class="hint">{w.check_lead()}{account.hook_url.is_some().then(|| format!(" {}: {}", w.connect(), w.connect_lead()))}</p>
            </div>
        </section>
    }
    .into_any()
}

/// Asks whether it should really go.
pub fn leave(around: &Around, account: &Channel) -> String {
    let w = around.words();
    let at = format!("/desk/admin/channels/{}", account.id);
    let head = Head {
        part: Part::Channels,
        title: w.remove_account().to_owned(),
        up: Some((at.clone(), account.name.clone())),
    };
    document(around, head, |w| {
        view! {
            <section class="card leave">
                <h2 class="lg b6">{account.name.clone()}</h2>
                <p>{w.remove_account_lead()}</p>
                <form method="post" action=format!("{at}/remove") class="flex"><button class="btn btn-danger">{w.remove_for_good()}</button><a class="btn" href=at.clone()>{w.cancel()}</a></form>
            </section>
        }
        .into_any()
    })
}
