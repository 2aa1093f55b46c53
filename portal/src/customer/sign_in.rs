//! Signing in without a password: an address, a mail, a link, and a button. Scanners follow links; only people press buttons.

use super::{
    calls::{load_house, load_link, load_sign_in},
    dead_end::{DeadEnd, Lost, in_house},
    fields::{Line, SendButton, Summary},
    frame::Frame,
    live,
    posted::Posted,
};
use crate::{ui::Icon, visitor::words};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn SignIn() -> impl IntoView {
    let page = Resource::new_blocking(|| (), |()| async move { in_house(load_sign_in().await).await });
    let w = words();
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let (house, posted) = match page.await {
                    Ok(loaded) => loaded,
                    Err(lost) => return view! { <DeadEnd lost/> }.into_any(),
                };
                let posted = posted.unwrap_or_default();
                let (sent, sender) = (posted.sent, house.organisation.email.clone());
                let title = if sent { w.check_mail() } else { w.sign_in() };
                view! {
                    <Frame house title>
                        <div class="single alone">
                            {if sent {
                                view! { <CheckMail address=posted.typed("email") sender/> }.into_any()
                            } else {
                                view! { <AskLink posted/> }.into_any()
                            }}
                            <p class="below">{w.receipt_link_works()}</p>
                        </div>
                    </Frame>
                }
                .into_any()
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn AskLink(posted: Posted) -> impl IntoView {
    let w = words();
    let sending = live::once();
    view! {
        <section class="card sheet" aria-labelledby="sign-in">
            <h1 id="sign-in">{w.sign_in()}</h1>
            <p class="lead">{w.sign_in_lead()}</p>
            <form class="stack" method="post" action="/sign-in" novalidate on:submit=move |event| live::submit_once(&event, sending)>
                <Summary posted=posted.clone() title=w.sign_in()/>
                <Line posted=posted.clone() name="email" label=w.field_email() value=posted.typed("email") kind="email" autocomplete="username" most=254/>
                <SendButton label=w.send_me_a_link() sending/>
            </form>
        </section>
    }
    .into_any()
}

/// The same page whether the address is known or not.
#[component]
fn CheckMail(address: String, sender: String) -> impl IntoView {
    let w = words();
    let sending = live::once();
    let (before, after) = w.link_on_its_way();
    view! {
        <section class="card sheet" aria-labelledby="check-mail">
            <h1 id="check-mail">{w.check_mail()}</h1>
            <p class="lead">{before}" "<b>{address.clone()}</b>" "{after}</p>
            <ul class="facts">
                <li><Icon name="clock" size=18/><span>{w.link_lifetime()}</span></li>
                {(!sender.is_empty()).then(|| view! { <li><Icon name="mail" size=18/><span>{w.link_comes_from(&sender)}</span></li> })}
                <li><Icon name="external" size=18/><span>{w.link_other_device()}</span></li>
            </ul>
            <form class="stack" method="post" action="/sign-in" on:submit=move |event| live::submit_once(&event, sending)>
                <input type="hidden" name="email" value=address/>
                <button class="btn" aria-disabled=move || sending.get().then_some("true")>{w.send_again()}</button>
                <a class="btn btn-ghost" href="/sign-in" rel="external">{w.other_address()}</a>
            </form>
        </section>
    }
    .into_any()
}

/// Where the mailed link leads.
#[component]
pub fn Confirm() -> impl IntoView {
    let params = use_params_map();
    let token = Memo::new(move |_| params.with(|params| params.get("token").unwrap_or_default()));
    let owner = Resource::new_blocking(
        move || token.get(),
        |token| async move {
            let address = in_house(load_link(token).await).await?;
            Ok::<_, Lost>((load_house().await.unwrap_or_default(), address))
        },
    );
    let w = words();
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let (house, address) = match owner.await {
                    Ok(loaded) => loaded,
                    Err(lost) => return view! { <DeadEnd lost/> }.into_any(),
                };
                let sending = live::once();
                view! {
                    <Frame house title=w.sign_in() private=true>
                        <div class="single alone">
                            <section class="card sheet" aria-labelledby="welcome">
                                <h1 id="welcome">{w.welcome_back()}</h1>
                                <p class="lead">{w.press_to_sign_in()}</p>
                                <form
                                    class="stack" method="post" action=format!("/sign-in/{}", token.get_untracked())
                                    on:submit=move |event| live::submit_once(&event, sending)
                                >
                                    <SendButton label=w.sign_in_as(&address) sending/>
                                </form>
                                <p class="under">{w.not_you()}</p>
                            </section>
                        </div>
                    </Frame>
                }
                .into_any()
            })}
        </Suspense>
    }
    .into_any()
}
