//! Flags on a message: the one that everybody sees, and one's own with its note. FLG-1; appendix C, number 14.

use super::{calls, here::here};
use crate::{
    Fault,
    ui::{Icon, Menu},
    visitor::words,
};
use desk::model::*;
use leptos::{prelude::*, task::spawn_local};

/// The menu of both.
#[component]
pub fn FlagMenu(message: MessageId, shared: bool, own: Option<OwnFlag>) -> impl IntoView {
    let (here, w) = (here(), words());
    let face = if shared || own.is_some() {
        "btn btn-icon btn-ghost btn-sm is-flagged"
    } else {
        "btn btn-icon btn-ghost btn-sm"
    };
    let (own, message) = (StoredValue::new(own), StoredValue::new(message));
    let share = move |()| {
        spawn_local(async move {
            match calls::flag_message(message.get_value(), !shared).await {
                Ok(()) => {
                    here.look_again();
                    let (done, message) = (w.flag_done(!shared), message.get_value());
                    here.toasts.offer(done, w.undo(), move || {
                        let message = message.clone();
                        put(here, async move { calls::flag_message(message, shared).await });
                    });
                }
                Err(fault) => here.refused(&fault),
            }
        });
    };
    let keep = move |()| {
        let note = if own.with_value(Option::is_some) { None } else { Some(String::new()) };
        spawn_local(async move {
            let taken = note.is_none();
            match calls::flag_own(message.get_value(), note).await {
                Ok(before) => {
                    here.look_again();
                    let message = message.get_value();
                    here.toasts.offer(w.own_flag_done(!taken), w.undo(), move || {
                        let (message, note) = (message.clone(), before.clone().map(|flag| flag.note));
                        put(here, async move { calls::flag_own(message, note).await.map(|_| ()) });
                    });
                }
                Err(fault) => here.refused(&fault),
            }
        });
    };
    let id = message.with_value(|message| format!("flag-{message}"));
    view! {
        <Menu id=id class=face place="menu-end" label=w.flag().to_owned() face=move || view! { <Icon name="flag"/> }>
            <button type="button" class="menu-item" role="menuitemcheckbox" tabindex="-1" aria-checked=checked(shared) on:click=move |_| share(())>
                <Icon name="flag"/><span class="grow">{w.flag_shared()}</span>{shared.then(|| view! { <span class="tick"><Icon name="check"/></span> })}
            </button>
            <button type="button" class="menu-item" role="menuitemcheckbox" tabindex="-1" aria-checked=move || checked(own.with_value(Option::is_some)) on:click=move |_| keep(())>
                <Icon name="user"/><span class="grow">{w.flag_own()}</span>
                {own.with_value(Option::is_some).then(|| view! { <span class="tick"><Icon name="check"/></span> })}
            </button>
        </Menu>
    }
    .into_any()
}

fn checked(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}

fn put(here: super::here::Here, call: impl Future<Output = Result<(), Fault>> + 'static) {
    spawn_local(async move {
        match call.await {
            Ok(()) => here.look_again(),
            Err(fault) => here.refused(&fault),
        }
    });
}

/// What one's own flag is there for, to be written and changed; kept when one leaves it.
#[component]
pub fn FlagNote(message: MessageId, flag: OwnFlag) -> impl IntoView {
    let (here, w) = (here(), words());
    let message = StoredValue::new(message);
    let keep = move |event: leptos::ev::Event| {
        let note = event_target_value(&event);
        put(here, async move { calls::flag_own(message.get_value(), Some(note)).await.map(|_| ()) });
    };
    view! {
        <label class="flag-note">
            <Icon name="flag" size=14/><span class="sr">{w.flag_note()}</span>
            <input type="text" class="input input-sm grow" maxlength="500" placeholder=w.flag_note() prop:value=flag.note.clone() value=flag.note on:change=keep/>
        </label>
    }
    .into_any()
}
