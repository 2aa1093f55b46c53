//! After sending: the number, and what happens next. It has an address of its own, so it can be opened again.
//!
//! Whoever is known to be the contact sees where the request stands. Everybody else typed an address that may be anybody's: they
//! see what they typed, and the link is in the receipt.

use super::{
    calls::{House, SentSheet, Sheet, load_sent},
    dead_end::{DeadEnd, in_house},
    form::KEPT,
    frame::Frame,
    live,
    timeline::Timeline,
};
use crate::{Fault, ui::Icon, visitor::words};
use desk::{
    Error,
    model::{Confirmation, Progress},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// Number and key of the address; a number that is none leads nowhere.
pub fn number_and_key() -> Memo<Option<(i64, String)>> {
    let params = use_params_map();
    Memo::new(move |_| {
        params.with(|params| {
            let number = params.get("number")?.parse().ok()?;
            Some((number, params.get("key").unwrap_or_default()))
        })
    })
}

#[component]
pub fn Sent() -> impl IntoView {
    let address = number_and_key();
    let sheet = Resource::new_blocking(
        move || address.get(),
        |address| async move {
            let loaded = match address {
                Some((number, key)) => load_sent(number, key).await,
                None => Err(Fault::Desk(Error::NotFound)),
            };
            in_house(loaded).await
        },
    );
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match sheet.await {
                    Ok(SentSheet::Theirs(sheet)) => {
                        live::forget_new(&KEPT);
                        view! { <Theirs sheet=*sheet/> }.into_any()
                    }
                    Ok(SentSheet::Typed(told)) => {
                        live::forget_new(&KEPT);
                        let (house, typed) = *told;
                        view! { <Typed house typed/> }.into_any()
                    }
                    Err(lost) => view! { <DeadEnd lost/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Theirs(sheet: Sheet) -> impl IntoView {
    let w = words();
    let signed_in = sheet.house.customer.is_some();
    let ticket = sheet.ticket;
    let current = RwSignal::new(ticket.clone());
    view! {
        <Frame house=sheet.house title=w.sent_page() private=true>
            <div class="narrow page">
                <section class="card sheet" aria-labelledby="sent">
                    <span class="tick"><Icon name="check" size=20/></span>
                    <h1 id="sent">{w.sent_title()}</h1>
                    <p class="lead"><span dir="auto">{w.is_registered(&ticket.title)}</span>
                        {(!ticket.customer_email.is_empty()).then(|| view! {
                            " "{w.receipt_sent_to()}" "<b>{ticket.customer_email.clone()}</b>"."
                        })}
                    </p>
                    <p class="number"><span>{w.request_number()}</span><b>"#"{ticket.number}</b></p>
                    <Timeline ticket=current/>
                    <hr class="rule"/>
                    {matches!(ticket.progress, Progress::Received | Progress::InProgress).then(|| view! {
                        <h2>{w.what_happens_now()}</h2>
                        <ol class="next">
                            <li><b>{w.next_read()}</b><span>{w.next_read_more()}</span></li>
                            <li><b>{w.next_answer()}</b><span>{w.next_answer_more()}</span></li>
                            <li><b>{w.next_add()}</b><span>{w.next_add_more()}</span></li>
                        </ol>
                    })}
                    <div class="acts">
                        <a class="btn btn-primary" href=ticket.link.clone()>{w.see_request()}</a>
                        <a class="btn" href="/">{w.to_home()}</a>
                    </div>
                    <p class="under"><Icon name="lock"/>{w.private_link_more()}</p>
                </section>
                {(!signed_in).then(|| view! { <Later/> })}
            </div>
        </Frame>
    }
    .into_any()
}

#[component]
fn Typed(house: House, typed: Confirmation) -> impl IntoView {
    let w = words();
    let signed_in = house.customer.is_some();
    view! {
        <Frame house title=w.sent_page() private=true>
            <div class="narrow page">
                <section class="card sheet" aria-labelledby="sent">
                    <span class="tick"><Icon name="check" size=20/></span>
                    <h1 id="sent">{w.sent_title()}</h1>
                    <p class="lead">{w.sent_safely()}" "{w.receipt_comes()}" "<b>{typed.email}</b>"."</p>
                    <p class="number"><span>{w.request_number()}</span><b>"#"{typed.number}</b></p>
                    <hr class="rule"/>
                    <h2>{w.what_happens_now()}</h2>
                    <ol class="next">
                        <li><b>{w.next_receipt()}</b><span>{w.next_receipt_more()}</span></li>
                        <li><b>{w.next_read()}</b><span>{w.next_read_more()}</span></li>
                        <li><b>{w.next_answer()}</b><span>{w.next_answer_mail_more()}</span></li>
                    </ol>
                    <div class="acts"><a class="btn" href="/">{w.to_home()}</a></div>
                </section>
                {(!signed_in).then(|| view! { <Later/> })}
            </div>
        </Frame>
    }
    .into_any()
}

/// There is a page with all of them.
#[component]
fn Later() -> impl IntoView {
    let w = words();
    view! {
        <section class="later" aria-labelledby="later">
            <h2 id="later">{w.all_in_one_place()}</h2>
            <p>{w.all_in_one_place_more()}</p>
            <a class="link" href="/sign-in">{w.sign_in()}</a>
        </section>
    }
    .into_any()
}
