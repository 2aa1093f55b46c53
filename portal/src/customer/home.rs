//! The front page: what can we help with, and how to reach us.

use super::{
    calls::load_front,
    dead_end::{DeadEnd, in_house},
    frame::{Frame, Phone},
};
use crate::{ui::Icon, visitor::words};
use leptos::prelude::*;

#[component]
pub fn Home() -> impl IntoView {
    let front = Resource::new_blocking(|| (), |()| async move { in_house(load_front().await).await });
    let w = words();
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let front = match front.await {
                    Ok(front) => front,
                    Err(lost) => return view! { <DeadEnd lost/> }.into_any(),
                };
                let organisation = front.house.organisation.clone();
                let topics: Vec<_> = front.categories.into_iter().filter(|topic| topic.is_offered_in(w.0)).collect();
                view! {
                    <Frame house=front.house title=w.help() reachable=true>
                        <section class="hero" aria-labelledby="hello">
                            <div class="wide">
                                <h1 id="hello">{w.how_can_we_help()}</h1>
                                <p>{w.how_can_we_help_lead()}</p>
                                <a class="btn btn-primary" href="/new">{w.contact_us()}</a>
                            </div>
                        </section>
                        <div class="wide page">
                            {(!topics.is_empty()).then(|| view! {
                                <section aria-labelledby="topics">
                                    <h2 id="topics">{w.what_is_it_about()}</h2>
                                    <ul class="topics">
                                        {topics.into_iter().map(|topic| view! {
                                            <li><a class="card topic" href=format!("/new?category={}", topic.id)>
                                                <b dir="auto">{topic.external_name(w.0).to_owned()}</b>
                                                <span>{w.write_about_it()}</span>
                                                <Icon name="right" size=18/>
                                            </a></li>
                                        }).collect_view()}
                                    </ul>
                                </section>
                            })}
                            <section class="ways" aria-labelledby="ways">
                                <h2 id="ways">{w.ways_to_reach_us()}</h2>
                                <ul>
                                    <li class="card">
                                        <Icon name="send" size=20/><h3>{w.way_form()}</h3>
                                        <p>{w.way_form_lead()}</p>
                                        <a class="btn" href="/new">{w.contact_us()}</a>
                                    </li>
                                    {(!organisation.email.is_empty()).then(|| view! {
                                        <li class="card">
                                            <Icon name="mail" size=20/><h3>{w.way_mail()}</h3>
                                            <p>{w.way_mail_lead()}</p>
                                            <a class="btn" href=format!("mailto:{}", organisation.email) rel="external"><span class="clip">{organisation.email.clone()}</span></a>
                                        </li>
                                    })}
                                    {if organisation.phone.is_empty() {
                                        view! {
                                            <li class="card">
                                                <Icon name="inbox" size=20/><h3>{w.way_follow()}</h3>
                                                <p>{w.way_follow_lead()}</p>
                                                <a class="btn" href="/requests">{w.my_requests()}</a>
                                            </li>
                                        }.into_any()
                                    } else {
                                        view! {
                                            <li class="card">
                                                <Icon name="phone" size=20/><h3>{w.way_phone()}</h3>
                                                <p>{w.way_phone_lead()}</p>
                                                <Phone number=organisation.phone.clone() class="btn"/>
                                            </li>
                                        }.into_any()
                                    }}
                                </ul>
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
