//! What a plugin wrote, what left the house for it, and what failed.

use super::{
    document::Around,
    plugin::{Tab, of_plugin},
    wall::moment,
};
use crate::{ui::Icon, words::Words};
use desk::model::{AccountId, Channel, Egress, LinesAsked, Plugin, PluginCall, PluginLine, Setback};
use leptos::prelude::*;

/// Lines on a full page: behind one there may be another.
const PAGE: usize = 100;

/// The name of an account, or its id where it is gone.
pub(super) fn account(id: Option<&AccountId>, accounts: &[Channel]) -> String {
    let name = |id: &AccountId| {
        let known = accounts.iter().find(|account| account.id == *id);
        known.map_or_else(|| id.to_string(), |account| account.name.clone())
    };
    id.map(name).unwrap_or_default()
}

/// A table, or what to say where there is nothing in it; with the way to what is older.
pub(super) fn table(
    heads: &[(&'static str, &'static str)],
    rows: Vec<AnyView>,
    empty: &'static str,
    older: Option<String>,
    first: bool,
    at: String,
    w: Words,
) -> AnyView {
    let pages = view! {
        <div class="flex">
            {(!first).then(|| view! { <a class="btn btn-sm" href=at>{w.newest_first()}</a> })}
            {older.map(|older| view! { <a class="btn btn-sm" href=older>{w.older()}</a> })}
        </div>
    }
    .into_any();
    if rows.is_empty() {
        return view! { <p class="sm t3 card nothing">{empty}</p>{pages} }.into_any();
    }
    let heads =
        heads.iter().map(|(class, name)| view! { <th class=*class scope="col">{*name}</th> }.into_any()).collect_view();
    view! {
        <div class="card table-wrap" tabindex="0"><table class="table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>
        {pages}
    }
    .into_any()
}

pub(super) fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.".contains(&b) { (b as char).to_string() } else { format!("%{b:02X}") }
        })
        .collect()
}

pub fn log(around: &Around, plugin: &Plugin, lines: &[PluginLine], asked: &LinesAsked, accounts: &[Channel]) -> String {
    of_plugin(around, plugin, Tab::Log, |w| {
        let at = format!("/desk/admin/plugins/{}/log", plugin.id);
        let (level, words) = (asked.level.clone().unwrap_or_default(), asked.words.clone().unwrap_or_default());
        let levels =
            [("", w.level_any()), ("info", w.level_info()), ("warn", w.level_warn()), ("error", w.level_error())]
                .map(|(value, name)| view! { <option value=value selected=value == level>{name}</option> }.into_any())
                .into_iter()
                .collect_view();
        let older = lines.last().filter(|_| lines.len() >= PAGE).map(|last| {
            format!("{at}?level={}&words={}&after={}", escaped(&level), escaped(&words), escaped(&last.id))
        });
        let rows = lines
            .iter()
            .map(|line| {
                let class = match line.level.as_str() {
                    "error" => "chip chip-bad",
                    "warn" => "chip chip-warn",
                    _ => "chip",
                };
                view! {
                    <tr><td class="num t3">{moment(w, line.at)}</td><td><span class=class>{w.log_level(&line.level)}</span></td>
                        <td class="said" dir="auto">{line.words.clone()}</td><td class="t3">{account(line.account.as_ref(), accounts)}</td></tr>
                }
                .into_any()
            })
            .collect();
        let whole = level.is_empty() && words.is_empty() && asked.after.is_none();
        let heads = [("", w.when_word()), ("", w.level()), ("", w.plugin_log()), ("", w.account_word())];
        view! {
            <form class="filter" method="get" action=at.clone()>
                <div class="field"><label class="label" for="level">{w.level()}</label><select class="select" id="level" name="level">{levels}</select></div>
                <div class="field grow"><label class="label" for="words">{w.filter_words()}</label><input class="input" id="words" name="words" value=words maxlength="200"/></div>
                <button class="btn">{w.show_these()}</button>
            </form>
            {table(&heads, rows, if whole { w.log_is_empty() } else { w.no_lines() }, older, asked.after.is_none(), at, w)}
        }
        .into_any()
    })
}

pub fn egress(
    around: &Around,
    plugin: &Plugin,
    requests: &[Egress],
    after: Option<&str>,
    accounts: &[Channel],
) -> String {
    of_plugin(around, plugin, Tab::Egress, |w| {
        let at = format!("/desk/admin/plugins/{}/egress", plugin.id);
        let older =
            requests.last().filter(|_| requests.len() >= PAGE).map(|last| format!("{at}?after={}", escaped(&last.id)));
        let rows = requests
            .iter()
            .map(|one| {
                let kept_in = [Setback::Denied, Setback::Invalid, Setback::TooManyRequests];
                let left = !Setback::read(&one.decision).is_some_and(|(why, _)| kept_in.contains(&why));
                let answer = match (one.decision.as_str(), one.status) {
                    ("allowed", Some(status)) if status < 400 => view! { <span class="status t2"><Icon name="check" size=14/>{status}</span> }.into_any(),
                    ("allowed", Some(status)) => view! { <span class="chip chip-warn"><Icon name="alert"/>{status}</span> }.into_any(),
                    _ => view! { <span class="chip chip-bad"><Icon name="x"/>{if left { w.no_answer_came() } else { w.stopped() }}</span><span class="xs t3 why">{w.setback_begins(&one.decision)}</span> }.into_any(),
                };
                view! {
                    <tr><td class="num t3">{moment(w, one.at)}</td>
                        <td class="mono said"><span class="t3">{one.method.clone()}</span>" "{one.host.clone()}{one.path.clone()}
                            {(!one.headers.is_empty()).then(|| view! { <span class="xs t3 why">{one.headers.clone()}</span> })}</td>
                        <td>{answer}</td><td class="r">{w.size(one.sent)}</td><td class="r">{w.size(one.received)}</td><td class="r">{w.millis(one.micros)}</td>
                        <td class="t3">{account(one.account.as_ref(), accounts)}</td></tr>
                }
                .into_any()
            })
            .collect();
        let heads = [
            ("", w.when_word()),
            ("", w.request_word()),
            ("", w.answer_word()),
            ("r", w.sent_word()),
            ("r", w.received_word()),
            ("r", w.took_word()),
            ("", w.account_word()),
        ];
        view! { <p class="sm t2">{w.egress_lead()}</p>{table(&heads, rows, w.no_egress(), older, after.is_none(), at, w)} }.into_any()
    })
}

pub fn calls(around: &Around, plugin: &Plugin, calls: &[PluginCall], accounts: &[Channel]) -> String {
    of_plugin(around, plugin, Tab::Calls, |w| {
        let at = format!("/desk/admin/plugins/{}/calls", plugin.id);
        let rows = calls
            .iter()
            .map(|call| {
                let record = call.record.is_some().then(|| view! {
                    <a class="btn btn-sm" href=format!("{at}/{}", call.id) download="" aria-label=format!("{} {}", w.recording(), moment(w, call.at))><Icon name="download"/>{w.recording()}</a>
                });
                view! {
                    <tr><td class="num t3">{moment(w, call.at)}</td><td>{w.door(&call.door)}</td><td class="said">{w.outcome(&call.outcome)}</td>
                        <td class="r">{w.millis(call.micros)}</td><td class="t3">{account(call.account.as_ref(), accounts)}</td><td>{record}</td></tr>
                }
                .into_any()
            })
            .collect();
        let heads = [
            ("", w.when_word()),
            ("", w.function_word()),
            ("", w.outcome_word()),
            ("r", w.took_word()),
            ("", w.account_word()),
            ("", w.recording()),
        ];
        view! { <p class="sm t2">{w.calls_lead()}</p>{table(&heads, rows, w.no_failed_calls(), None, true, at, w)} }
            .into_any()
    })
}
