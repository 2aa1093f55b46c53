//! The agents' door. Plain forms: they work before anything is awake, and with any password manager.

use super::calls;
use crate::{ui::Icon, visitor::words};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// `?why=` says what was wrong with the last try: `wrong`, `wait`, `expired`, `ended` or anything else.
#[component]
pub fn SignIn() -> impl IntoView {
    let w = words();
    let query = use_query_map();
    let why = move || {
        query.with(|query| query.get("why")).map(|why| match why.as_str() {
            "wrong" => w.wrong_sign_in(),
            "wait" => w.sign_in_wait(),
            "expired" => w.sign_in_expired(),
            "ended" => w.sign_in_ended(),
            _ => w.sign_in_failed(),
        })
    };
    let email = query.with_untracked(|query| query.get("email")).unwrap_or_default();
    let to = query.with_untracked(|query| query.get("to"));
    view! {
        <Title text=w.page_title(w.sign_in())/>
        <Door>
            <h1 class="door-title">{w.sign_in_title()}</h1>
            {move || why().map(|why| view! { <p class="banner banner-bad" role="alert" id="why"><Icon name="alert"/>{why}</p> })}
            <form class="door-form" method="post" action="/desk/sign-in">
                {to.map(|to| view! { <input type="hidden" name="to" value=to/> })}
                <div class="field"><label class="label" for="email">{w.email()}</label>
                    <input class="input" id="email" name="email" type="email" autocomplete="username" required autofocus value=email/>
                </div>
                <div class="field"><label class="label" for="password">{w.password()}</label>
                    <input class="input" id="password" name="password" type="password" autocomplete="current-password" required/>
                </div>
                <button class="btn btn-primary">{w.sign_in()}</button>
            </form>
        </Door>
    }
    .into_any()
}

/// One button, because programs that check mail follow links but press no buttons.
#[component]
pub fn SignInLink() -> impl IntoView {
    let w = words();
    let token = use_params_map().with_untracked(|params| params.get("token")).unwrap_or_default();
    let action = format!("/desk/sign-in/{token}");
    let owner = Resource::new(move || token.clone(), calls::link_owner);
    view! {
        <Title text=w.page_title(w.sign_in())/>
        <Door>
            <h1 class="door-title">{w.sign_in_title()}</h1>
            <Suspense fallback=move || view! { <p class="t2">{w.one_moment()}</p> }>
                {move || {
                    let action = action.clone();
                    Suspend::new(async move {
                        match owner.await {
                            Ok(email) => view! {
                                <form class="door-form" method="post" action=action><button class="btn btn-primary">{w.enter_as(&email)}</button></form>
                            }
                            .into_any(),
                            Err(fault) => view! {
                                <p class="banner banner-warn" role="alert"><Icon name="alert"/>{w.fault(&fault)}</p>
                                <a class="btn" href="/desk/sign-in">{w.sign_in()}</a>
                            }
                            .into_any(),
                        }
                    })
                }}
            </Suspense>
        </Door>
    }
    .into_any()
}

#[component]
fn Door(children: Children) -> impl IntoView {
    view! {
        <main class="door" id="main">
            <div class="card door-card"><span class="mark" aria-hidden="true"><Icon name="mark" size=18/></span>{children()}</div>
        </main>
    }
    .into_any()
}
