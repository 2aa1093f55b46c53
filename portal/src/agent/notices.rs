//! The bell.

use super::{calls, here::here, place::ticket_address};
use crate::{
    ui::{Icon, Menu, Moment},
    visitor::words,
};
use desk::model::Notification;
use leptos::{prelude::*, task::spawn_local};

/// Notices, read from the desk when the bell is pressed, and counted as seen from then on.
#[component]
pub fn Notices() -> impl IntoView {
    let (here, w) = (here(), words());
    let open = RwSignal::new(false);
    let notices = RwSignal::new(None::<Vec<Notification>>);
    let unseen = move || here.counts.with(|counts| counts.notifications);
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        spawn_local(async move {
            match calls::load_notices().await {
                Ok(found) => {
                    notices.try_set(Some(found));
                    if calls::see_notices().await.is_ok() {
                        here.counts.try_update(|counts| counts.notifications = 0);
                    }
                }
                Err(fault) => here.refused(&fault),
            }
        });
    });
    let rows = move || match notices.get() {
        None => view! { <p class="menu-head" role="none">{w.one_moment()}</p> }.into_any(),
        Some(none) if none.is_empty() => view! { <p class="menu-note" role="none">{w.no_notices()}</p> }.into_any(),
        Some(some) => some.into_iter().map(|notice| view! { <Notice notice/> }.into_any()).collect_view().into_any(),
    };
    view! {
        <Menu id="notices" open class="rail-button" place="menu-up rail-menu notices" label=Signal::derive(move || w.notices(unseen()))
            face=move || view! {
                <Icon name="bell" size=18/>
                {move || (unseen() > 0).then(|| view! { <i class="badge"></i> })}
                <span class="lab" aria-hidden="true">{w.notices_short()}</span>
            }>
            {rows}
        </Menu>
    }
    .into_any()
}

#[component]
fn Notice(notice: Notification) -> impl IntoView {
    let text = words().notice(&notice);
    view! {
        <a class="menu-item notice" class:is-new=!notice.seen role="menuitem" tabindex="-1" href=ticket_address(notice.number)>
            <span class="grow"><span class="notice-what">{text}</span><span class="clip t3" dir="auto">{notice.title}" #"{notice.number}</span></span>
            <Moment at=notice.at short=true/>
        </a>
    }
    .into_any()
}
