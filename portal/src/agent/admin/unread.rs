//! What the remotes of a channel sent and was not taken in.

use super::{
    document::{Around, act},
    ledgers::{account, escaped, table},
    plugin::{Tab, of_plugin},
    wall::moment,
};
use desk::model::{Aside, Channel, Paged, Plugin, UnreadCall};
use leptos::prelude::*;

/// `first` is for the page that begins with the newest.
pub fn unread(
    around: &Around,
    plugin: &Plugin,
    calls: &Paged<UnreadCall>,
    first: bool,
    accounts: &[Channel],
) -> String {
    of_plugin(around, plugin, Tab::Unread, |w| {
        let at = format!("/desk/admin/plugins/{}/unread", plugin.id);
        let older = calls.next.as_ref().map(|next| format!("{at}?after={}", escaped(next)));
        let rows: Vec<AnyView> = calls
            .rows
            .iter()
            .map(|call| {
                let aside = match call.aside {
                    Aside::Failed => view! { <span class="chip chip-bad">{w.aside_failed()}</span> },
                    Aside::Refused => view! { <span class="chip chip-warn">{w.aside_refused()}</span> },
                };
                view! {
                    <tr><td class="num t3">{moment(w, call.at)}</td>
                        <td class="mono said"><span class="t3">{call.method.clone()}</span>" "{call.path.clone()}</td>
                        <td>{aside}</td><td class="said" dir="auto">{w.setback_begins(&call.why)}</td>
                        <td class="t3">{account(Some(&call.account), accounts)}</td>
                        <td><div class="flex">{act(format!("{at}/{}/again", call.id), "btn btn-sm", w.read_again())}{act(format!("{at}/{}/drop", call.id), "btn btn-sm", w.drop_unread())}</div></td></tr>
                }
                .into_any()
            })
            .collect();
        let heads = [
            ("", w.when_word()),
            ("", w.request_word()),
            ("", w.answer_word()),
            ("", w.outcome_word()),
            ("", w.account_word()),
            ("", w.read_again()),
        ];
        let all = (plugin.unread > 0).then(|| act(at.clone(), "btn btn-primary", w.read_all_again()));
        view! { <p class="sm t2">{w.unread_lead()}</p>{all}<div class="as-cards">{table(&heads, rows, w.no_unread(), older, first, at, w)}</div> }
            .into_any()
    })
}
