//! The accounts of all channels.

use super::{
    document::{Around, Head, Part, document},
    picture::picture,
    wall::moment,
};
use crate::{ui::Icon, words::Words};
use desk::model::{Channel, ChannelState, Plugin, PluginKind};
use leptos::prelude::*;

pub fn channels(around: &Around, accounts: &[Channel], plugins: &[Plugin]) -> String {
    let head = Head { part: Part::Channels, title: around.words().channels().to_owned(), up: None, next: None };
    document(around, head, |w| {
        let rows = accounts
            .iter()
            .map(|account| row(account, plugins.iter().find(|plugin| plugin.id == account.plugin), w))
            .collect_view();
        let list = match accounts.is_empty() {
            true => {
                view! { <div class="empty"><h2>{w.no_channels()}</h2><p>{w.no_channels_help()}</p></div> }.into_any()
            }
            false => view! { <ul class="plugin-list">{rows}</ul> }.into_any(),
        };
        let kinds: Vec<AnyView> = plugins
            .iter()
            .filter(|plugin| plugin.kinds.contains(&PluginKind::Channel))
            .map(|plugin| view! {
                <li><a class="btn" href=format!("/desk/admin/channels/new/{}", plugin.id)><Icon name="plus"/>{w.both_of(&plugin.name)}</a></li>
            }
            .into_any())
            .collect();
        let kinds = match kinds.is_empty() {
            true => view! { <p class="sm t2">{w.no_channel_plugins()}" "<a class="link in-text" href="/desk/admin/plugins">{w.plugins()}</a></p> }.into_any(),
            false => view! { <ul class="flex wrap">{kinds}</ul> }.into_any(),
        };
        view! {
            {list}
            <section class="card" aria-labelledby="add"><div class="card-head"><h2 class="card-title" id="add">{w.add_account()}</h2></div><div class="card-body">{kinds}</div></section>
        }
        .into_any()
    })
}

fn row(account: &Channel, plugin: Option<&Plugin>, w: Words) -> AnyView {
    let face = plugin.map(|plugin| picture(&plugin.id, plugin.picture));
    let of = plugin.map_or_else(|| account.plugin.to_string(), |plugin| w.both_of(&plugin.name));
    let heard = account.heard_at.map_or_else(|| w.never().to_owned(), |at| moment(w, at));
    view! {
        <li class="card plugin-row">
            {face}
            <div class="grow">
                <h2 class="plugin-name"><a href=format!("/desk/admin/channels/{}", account.id)>{account.name.clone()}</a></h2>
                <p class="sm t2">{of}</p>
                {account.why.as_deref().map(|why| view! { <p class="sm plugin-why">{w.setback_begins(why)}</p> })}
            </div>
            <div class="plugin-end">{chip(account, w)}<p class="xs t3">{w.last_heard()}": "{heard}</p></div>
        </li>
    }
    .into_any()
}

/// How an account is, in a word; the gravest of what is true.
pub(super) fn chip(account: &Channel, w: Words) -> AnyView {
    let (class, icon, word) = match account.state {
        ChannelState::Off => ("chip", "pause", w.channel_state(ChannelState::Off)),
        ChannelState::Paused => ("chip chip-bad", "alert", w.channel_state(ChannelState::Paused)),
        ChannelState::On if account.not_called => ("chip chip-warn", "alert", w.not_called()),
        ChannelState::On if account.check_failure.is_some() => ("chip chip-bad", "alert", w.check_went_wrong()),
        ChannelState::On if account.refused_at > account.heard_at => ("chip chip-warn", "alert", w.calls_refused()),
        ChannelState::On => ("chip chip-ok", "check", w.channel_state(ChannelState::On)),
    };
    view! { <span class=class><Icon name=icon/>{word}</span> }.into_any()
}
