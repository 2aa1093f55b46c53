//! One account of a channel: a form made from what its plugin asks for.

use super::{
    channels::chip,
    document::{Around, Head, Part, act, came_back, document, trouble},
    field::{Held, fields, labelled, secret_field},
    sample::sample,
    typed::Typed,
    wall::moment,
};
use crate::{ui::Icon, words::Words};
use desk::model::{Category, Channel, ChannelForm, ChannelState, PluginId};
use leptos::prelude::*;

/// The form, for what stands beside it and belongs to it.
const FORM: &str = "account";
/// Said by whoever saves what the plugin has something against.
pub const ANYWAY: &str = "anyway";

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
    document(around, Head { part: Part::Channels, title, up, next: None }, move |w| {
        let kept = account.map(|account| Held { settings: &account.settings, secrets: &account.secrets });
        let fields = fields(&form.settings, kept, typed, w);
        let secrets = form.secrets.iter().map(|secret| secret_field(secret, kept, typed, w)).collect_view();
        let category = typed.get("category").or(account.map(|account| account.category.as_str())).unwrap_or_default();
        let categories = categories
            .iter()
            .map(|one| view! { <option value=one.id.to_string() selected=one.id.as_str() == category>{one.name.clone()}</option> }.into_any())
            .collect_view();
        let name = typed.get("name").or(account.map(|account| account.name.as_str())).unwrap_or_default().to_owned();
        view! {
            {came_back(typed, w)}
            {account.map(|account| standing(account, form, w))}
            <form class="card" id=FORM method="post" action=to.clone() novalidate>
                <div class="card-head"><h2 class="card-title">{w.the_account()}</h2></div>
                <div class="card-body card-fields">
                    {labelled("name", w.account_name().to_owned(), w.account_name_hint().to_owned(), false, typed, w, |about| view! {
                        <input class="input" id="name" name="name" value=name maxlength="100" autofocus=about.wrong.is_some() aria-invalid=about.wrong aria-describedby=about.described/>
                    }.into_any())}
                    {labelled("category", w.account_category().to_owned(), String::new(), false, typed, w, |about| view! {
                        <select class="select" id="category" name="category" autofocus=about.wrong.is_some() aria-invalid=about.wrong aria-describedby=about.described>{categories}</select>
                    }.into_any())}
                </div>
                {(!form.settings.0.is_empty()).then(|| view! { <div class="card-head"><h2 class="card-title">{w.settings_of_it()}</h2></div> })}
                {fields}
                {(!form.secrets.is_empty()).then(|| view! { <div class="card-head"><h2 class="card-title">{w.secrets()}</h2></div> })}
                <div class="card-body card-fields">{secrets}</div>
                <div class="card-foot">
                    <button class="btn btn-primary">{if account.is_some() { w.save() } else { w.add_account() }}</button>
                    {typed.may_stand.then(|| view! { <button class="btn" name=ANYWAY value="yes">{w.save_anyway()}</button> })}
                </div>
            </form>
            {form.samples.then(|| sample(FORM, format!("{to}/try#tried"), typed, w))}
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

/// How an account that is there does, and what can be done with it.
fn standing(account: &Channel, form: &ChannelForm, w: Words) -> AnyView {
    let at = |word: &str| format!("/desk/admin/channels/{}/{word}", account.id);
    let heard = account.heard_at.map_or_else(|| w.never().to_owned(), |at| moment(w, at));
    let failed = match (&account.failure, account.failed_at) {
        (Some(why), Some(at)) => format!("{}: {}", moment(w, at), w.outcome(&titled(form, why, w))),
        _ => w.none_failed().to_owned(),
    };
    let refused = account.refused_at.zip(account.refused.as_deref()).map(|(at, why)| {
        view! { <dt>{w.last_refused()}</dt><dd dir="auto">{format!("{}: {why}", moment(w, at))}</dd> }.into_any()
    });
    let unfit = account
        .check_failure
        .clone()
        .map(|why| view! { <dt>{w.check_went_wrong()}</dt><dd dir="auto">{why}</dd> }.into_any());
    let (code, connected): (Vec<_>, Vec<_>) = account.connected.iter().partition(|(_, value)| value.starts_with('<'));
    // What is put on a page is taken from a field, also with a thumb.
    let code = code
        .into_iter()
        .enumerate()
        .map(|(at, (name, value))| {
            let id = format!("code-{at}");
            view! {
                <div class="field"><label class="label" for=id.clone()>{name.clone()}</label><p class="hint" id=format!("{id}-hint")>{w.code_hint()}</p>
                    <textarea class="textarea mono" id=id.clone() rows="4" readonly aria-describedby=format!("{id}-hint") inner_html=value.replace('&', "&amp;").replace('<', "&lt;")></textarea></div>
            }
            .into_any()
        })
        .collect_view();
    let connected = connected
        .into_iter()
        .map(|(name, value)| view! { <dt>{name.clone()}</dt><dd dir="auto">{value.clone()}</dd> }.into_any())
        .collect_view();
    let hook = account.hook_url.clone().map(|hook| view! {
        <div class="field"><label class="label" for="hook">{w.hook_address()}</label><p class="hint" id="hook-hint">{w.hook_hint()}</p>
            <input class="input mono" id="hook" readonly value=hook aria-describedby="hook-hint"/></div>
    });
    let rests = account.state == ChannelState::Off;
    view! {
        {account.why.as_deref().map(|why| trouble(&w.setback_begins(why)))}
        {account.not_called.then(|| view! {
            <p class="banner banner-warn" role="status"><Icon name="alert"/><span class="grow">{w.not_called_why()}</span>
                <a class="btn btn-sm" href=format!("/desk/admin/plugins/{}#grants", account.plugin)>{w.let_it()}</a></p>
        })}
        <section class="card" aria-labelledby="standing">
            <div class="card-head"><h2 class="card-title grow" id="standing">{w.health()}</h2>{chip(account, w)}</div>
            <div class="card-body card-fields">
                <dl class="dl"><dt>{w.last_heard()}</dt><dd class="num">{heard}</dd><dt>{w.last_failure()}</dt><dd>{failed}</dd>{refused}{unfit}{connected}</dl>
                {code}
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

/// What the ledger says of a call, with the setting in it called as in the form: `config: NAME: why`.
fn titled(form: &ChannelForm, said: &str, w: Words) -> String {
    let named = said.split_once(": ").and_then(|(kind, rest)| {
        let (name, why) = rest.split_once(": ")?;
        Some(format!("{kind}: {}: {why}", w.both_of(&form.settings.setting(name)?.title)))
    });
    named.unwrap_or_else(|| said.to_owned())
}

/// Asks whether it should really go.
pub fn leave(around: &Around, account: &Channel) -> String {
    let w = around.words();
    let at = format!("/desk/admin/channels/{}", account.id);
    let head = Head {
        part: Part::Channels,
        title: w.remove_account().to_owned(),
        up: Some((at.clone(), account.name.clone())),
        next: None,
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
