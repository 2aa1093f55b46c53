//! One plugin: what it may do, how it does, which versions there are, and how it goes.

use super::{
    channels::chip,
    chart::Chart,
    document::{Around, Head, Part, Said, act, came_back, document, trouble},
    field::{Held, fields, secret_field},
    health::{Health, Span},
    picture::{picture, state},
    plugins::switch,
    sheet::ticks,
    typed::Typed,
    wall::{civil, moment},
};
use crate::{
    ui::Icon,
    words::{Words, shared::Civil},
};
use desk::model::{Channel, ChannelForm, Plugin, PluginHour, PluginKind, PluginSettings, PluginState};
use leptos::prelude::*;

/// Which of a plugin's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Overview,
    Settings,
    Log,
    Egress,
    Calls,
    Unread,
}

/// What stands over each of a plugin's pages.
pub(super) fn of_plugin(around: &Around, plugin: &Plugin, tab: Tab, body: impl FnOnce(Words) -> AnyView) -> String {
    let w = around.words();
    let head = Head {
        part: Part::Plugins,
        title: w.both_of(&plugin.name),
        up: Some(("/desk/admin/plugins".to_owned(), w.plugins().to_owned())),
        next: next(around, plugin),
    };
    let at = format!("/desk/admin/plugins/{}", plugin.id);
    document(around, head, |w| {
        // A channel's settings are its accounts', and nothing else is called by remotes.
        let own = !plugin.kinds.contains(&PluginKind::Channel);
        let tabs = [
            (Tab::Overview, String::new(), w.overview()),
            (Tab::Settings, "/settings".to_owned(), w.settings_of_it()),
            (Tab::Log, "/log".to_owned(), w.plugin_log()),
            (Tab::Egress, "/egress".to_owned(), w.egress()),
            (Tab::Calls, "/calls".to_owned(), w.failed_calls()),
            (Tab::Unread, "/unread".to_owned(), w.unread_calls()),
        ];
        let tabs = tabs
            .into_iter()
            .filter(|(one, ..)| *one != if own { Tab::Unread } else { Tab::Settings })
            .map(|(one, path, name)| view! { <a class="tab" href=format!("{at}{path}") aria-current=(one == tab).then_some("page")>{name}</a> }.into_any())
            .collect_view();
        let signed = match &plugin.publisher {
            Some(key) if key == "shipped" => w.standing(Some(key), false, None),
            Some(key) => w.signed_by(Some(key)),
            None => w.standing(None, false, None),
        };
        let tripped = (plugin.state == PluginState::Tripped)
            .then(|| trouble(&w.tripped(plugin.why.as_deref().unwrap_or_default(), plugin.retry_at)));
        view! {
            <div class="plugin-top">
                {picture(&plugin.id, plugin.picture)}
                <div class="grow"><div class="flex wrap"><span class="lg b6">{w.both_of(&plugin.name)}</span>{state(plugin.state, w)}</div>
                    <p class="sm t2">{w.both_of(&plugin.summary)}</p>
                    <p class="xs t3 key">{format!("{} · {} · {} · ", plugin.version, plugin.author, plugin.licence)}{signed}</p></div>
                {switch(plugin, w)}
            </div>
            {tripped}
            {(plugin.unread > 0).then(|| trouble(&w.waits_unread(plugin.unread)))}
            <nav class="tabs plugin-tabs" aria-label=w.both_of(&plugin.name)>{tabs}</nav>
            {body(w)}
        }
        .into_any()
    })
}

/// What a channel that was just installed lacks.
fn next(around: &Around, plugin: &Plugin) -> Option<(String, String)> {
    let lacks = plugin.kinds.contains(&PluginKind::Channel) && plugin.accounts == 0;
    (around.said == Some(Said::Installed) && lacks)
        .then(|| (account_address(plugin), around.words().add_account().to_owned()))
}

/// `now` is the server's clock: the last column is the hour that runs.
pub fn overview(
    around: &Around,
    plugin: &Plugin,
    hours: &[PluginHour],
    span: Span,
    now: i64,
    accounts: &[Channel],
    typed: &Typed,
) -> String {
    of_plugin(around, plugin, Tab::Overview, |w| {
        view! {
            {came_back(typed, w)}
            {accounts_of(plugin, accounts, w)}
            {grants(plugin, typed, w)}
            {health(plugin, hours, span, now, w)}
            {versions(plugin, w)}
            <section class="card" aria-labelledby="gone"><div class="card-head"><h2 class="card-title" id="gone">{w.remove_plugin()}</h2></div>
                <div class="card-body card-fields"><p class="sm t2">{w.remove_plugin_lead()}</p>
                    <div><a class="btn" href=format!("/desk/admin/plugins/{}/remove", plugin.id)><Icon name="trash"/>{w.remove_plugin()}</a></div></div>
            </section>
        }
        .into_any()
    })
}

/// The settings of a plugin that has no accounts: a form made from what it asks for.
pub fn settings(around: &Around, plugin: &Plugin, form: &ChannelForm, saved: &PluginSettings, typed: &Typed) -> String {
    of_plugin(around, plugin, Tab::Settings, |w| {
        if form.settings.0.is_empty() && form.secrets.is_empty() {
            return view! { <p class="sm t3">{w.nothing_to_set()}</p> }.into_any();
        }
        let secrets: Vec<String> = saved.secrets.keys().cloned().collect();
        // Nothing saved yet: what it proposes stands there.
        let kept = (!saved.settings.is_empty()).then_some(Held { settings: &saved.settings, secrets: &secrets });
        let fields = fields(&form.settings, kept, typed, w);
        let secrets = form.secrets.iter().map(|secret| secret_field(secret, kept, typed, w)).collect_view();
        view! {
            {came_back(typed, w)}
            <form class="card" method="post" action=format!("/desk/admin/plugins/{}/settings", plugin.id) novalidate>
                <div class="card-head"><h2 class="card-title">{w.settings_of_it()}</h2></div>
                {fields}
                {(!form.secrets.is_empty()).then(|| view! { <div class="card-body card-fields">{secrets}</div> })}
                <div class="card-foot"><button class="btn btn-primary">{w.save()}</button></div>
            </form>
        }
        .into_any()
    })
}

fn health(plugin: &Plugin, hours: &[PluginHour], span: Span, now: i64, w: Words) -> AnyView {
    let all = Health::of(hours);
    let columns = span.columns(hours, now);
    let spans = [(Span::Day, w.one_day()), (Span::Week, w.one_week()), (Span::Month, w.one_month())]
        .map(|(one, name)| view! {
            <a href=format!("/desk/admin/plugins/{}?days={}#health", plugin.id, one.days()) aria-current=(one == span).then_some("true")>{name}</a>
        }
        .into_any())
        .into_iter()
        .collect_view();
    let stats = [
        (w.calls_word(), w.count(all.calls)),
        (w.failed_word(), w.count(all.failures)),
        (w.errors_word(), w.count(all.errors)),
        (w.mean_time(), w.millis(all.mean())),
        (w.slowest(), w.millis(all.slowest)),
        (w.computing(), w.millis(all.mean_computing())),
    ]
    .map(|(name, value)| view! { <div class="stat"><dt>{name}</dt><dd>{value}</dd></div> }.into_any())
    .into_iter()
    .collect_view();
    let drawn = match all.calls {
        0 => view! { <p class="sm t3">{w.no_calls_yet()}</p> }.into_any(),
        _ => view! { <div class="charts">{charts(&columns, span, w)}</div>{table(&columns, w)} }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="health">
            <div class="card-head"><h2 class="card-title grow" id="health">{w.health()}</h2><nav class="seg" aria-label=w.period()>{spans}</nav></div>
            <div class="card-body"><dl class="stats">{stats}</dl>{drawn}</div>
        </section>
    }
    .into_any()
}

fn charts(columns: &[(i64, Health)], span: Span, w: Words) -> AnyView {
    type Value = fn(&Health) -> f64;
    let kinds: [(&'static str, &'static str, bool, Value); 5] = [
        (w.calls_over_time(), "--c1", true, |health| health.calls as f64),
        (w.failed_over_time(), "--bad", true, |health| health.failures as f64),
        (w.errors_over_time(), "--warn", true, |health| health.errors as f64),
        (w.time_over_time(), "--c2", false, |health| health.mean() as f64 / 1_000.0),
        (w.computing_over_time(), "--c3", false, |health| health.mean_computing() as f64 / 1_000.0),
    ];
    kinds
        .into_iter()
        .map(|(name, colour, whole, value)| {
            let columns: Vec<(String, f64)> =
                columns.iter().map(|(at, health)| (under(*at, span), value(health))).collect();
            let svg = Chart { says: name, columns: &columns, colour, decimal: w.pick(",", "."), whole }.svg();
            view! { <figure><figcaption class="xs t2">{name}</figcaption><div inner_html=svg></div></figure> }
                .into_any()
        })
        .collect_view()
        .into_any()
}

/// What stands under a column: the hour, or the day.
fn under(at: i64, span: Span) -> String {
    match span {
        Span::Day => format!("{:02}:00", civil(at).hour),
        // A column is a day of UTC, whatever the wall says.
        _ => {
            let day = Civil::universal(at);
            format!("{}.{}.", day.day, day.month)
        }
    }
}

fn table(columns: &[(i64, Health)], w: Words) -> AnyView {
    let rows = columns
        .iter()
        .filter(|(_, health)| health.calls > 0)
        .map(|(at, health)| view! {
            <tr><td class="num">{moment(w, *at)}</td><td class="r">{w.count(health.calls)}</td><td class="r">{w.count(health.failures)}</td><td class="r">{w.count(health.errors)}</td>
                <td class="r">{w.millis(health.mean())}</td><td class="r">{w.millis(health.slowest)}</td><td class="r">{w.millis(health.mean_computing())}</td></tr>
        }
        .into_any())
        .collect_view();
    view! {
        <details class="as-table"><summary class="link sm">{w.as_table()}</summary>
            <div class="table-wrap" tabindex="0"><table class="table"><thead><tr><th>{w.when_word()}</th><th class="r">{w.calls_word()}</th><th class="r">{w.failed_word()}</th><th class="r">{w.errors_word()}</th>
                <th class="r">{w.mean_time()}</th><th class="r">{w.slowest()}</th><th class="r">{w.computing()}</th></tr></thead><tbody>{rows}</tbody></table></div>
        </details>
    }
    .into_any()
}

/// A channel does nothing before it has an account: the way to one stands here.
fn accounts_of(plugin: &Plugin, accounts: &[Channel], w: Words) -> Option<AnyView> {
    plugin.kinds.contains(&PluginKind::Channel).then(|| {
        let rows = accounts
            .iter()
            .map(|account| view! {
                <li class="cap"><span class="cap-ic"><Icon name="globe"/></span><a class="grow link" href=format!("/desk/admin/channels/{}", account.id)>{account.name.clone()}</a>
                    {chip(account, w)}</li>
            }
            .into_any())
            .collect_view();
        let none = accounts.is_empty().then(|| view! { <p class="card-body sm t2">{w.no_account_of_it()}</p> });
        let class = if accounts.is_empty() { "btn btn-primary" } else { "btn" };
        view! {
            <section class="card" aria-labelledby="accounts"><div class="card-head"><h2 class="card-title" id="accounts">{w.channels()}</h2></div>{none}<ul class="caps">{rows}</ul>
                <div class="card-foot"><a class=class href=account_address(plugin)><Icon name="plus"/>{w.add_account()}</a></div></section>
        }
        .into_any()
    })
}

/// Where another account of it begins.
fn account_address(plugin: &Plugin) -> String {
    format!("/desk/admin/channels/new/{}", plugin.id)
}

fn grants(plugin: &Plugin, typed: &Typed, w: Words) -> AnyView {
    let lines = plugin.wants.iter().cloned().enumerate().collect();
    view! {
        <section class="card" aria-labelledby="grants">
            <div class="card-head"><h2 class="card-title" id="grants">{w.what_it_may()}</h2></div>
            <form method="post" action=format!("/desk/admin/plugins/{}/grants", plugin.id)>
                <ul class="caps">{ticks(lines, typed, w)}</ul>
                <div class="card-foot"><button class="btn">{w.save_grants()}</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn versions(plugin: &Plugin, w: Words) -> AnyView {
    let before = match &plugin.previous {
        Some(version) => view! {
            <li class="cap"><span class="cap-ic"><Icon name="history"/></span><div class="grow"><b>{version.clone()}</b><span class="t3">{w.version_before()}</span></div>
                {act(format!("/desk/admin/plugins/{}/rollback", plugin.id), "btn btn-sm", w.go_back())}</li>
        }
        .into_any(),
        None => view! { <li class="cap"><span class="sm t3 whole">{w.no_version_before()}</span></li> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="versions">
            <div class="card-head"><h2 class="card-title" id="versions">{w.versions()}</h2></div>
            <ul class="caps">
                <li class="cap"><span class="cap-ic"><Icon name="check"/></span><div class="grow"><b>{plugin.version.clone()}</b><span class="t3">{w.version_now()}</span></div>
                    <span class="xs t3">{moment(w, plugin.changed_at)}</span></li>
                {before}
            </ul>
        </section>
    }
    .into_any()
}

/// Asks whether it should really go. While it serves accounts it can't. Of `alone` it is the only one there is.
pub fn leave(
    around: &Around,
    plugin: &Plugin,
    accounts: &[Channel],
    alone: &[PluginKind],
    why: Option<String>,
) -> String {
    let w = around.words();
    let at = format!("/desk/admin/plugins/{}", plugin.id);
    let head = Head {
        part: Part::Plugins,
        title: w.remove_plugin().to_owned(),
        up: Some((at.clone(), w.both_of(&plugin.name))),
        next: None,
    };
    document(around, head, |w| {
        let goes = [w.goes_files(), w.goes_memory(), w.goes_ledgers()];
        let goes = goes.map(|what| view! { <li>{what}</li> }.into_any()).into_iter().collect_view();
        let lost = [(PluginKind::Mail, w.no_mail_then()), (PluginKind::ReplyTemplate, w.no_templates_then())]
            .into_iter()
            .filter(|(kind, _)| alone.contains(kind))
            .map(|(_, what)| {
                view! { <p class="banner banner-bad"><Icon name="alert"/><span>{what}</span></p> }.into_any()
            })
            .collect_view();
        let done = match accounts.is_empty() {
            true => view! {
                <form method="post" action=format!("{at}/remove") class="flex"><button class="btn btn-danger">{w.remove_for_good()}</button><a class="btn" href=at.clone()>{w.cancel()}</a></form>
            }
            .into_any(),
            false => {
                let rows = accounts.iter().map(|account| view! {
                    <li><a class="link" href=format!("/desk/admin/channels/{}/remove", account.id)>{account.name.clone()}</a></li>
                }.into_any()).collect_view();
                view! { <p class="b6">{w.accounts_first()}</p><ul class="plain">{rows}</ul><div><a class="btn" href=at.clone()>{w.cancel()}</a></div> }.into_any()
            }
        };
        view! {
            {why.as_deref().map(trouble)}
            <section class="card leave">
                <h2 class="lg b6">{w.both_of(&plugin.name)}</h2>
                <p>{w.this_goes()}</p><ul class="plain">{goes}</ul><p class="t2">{w.goes_not()}</p>
                {lost}
                {done}
            </section>
        }
        .into_any()
    })
}
