//! Pages that lead nowhere: not found, no access, expired, failed. They never tell whether something exists.

use super::{
    calls::{House, load_house},
    frame::Frame,
};
use crate::{Fault, ui::Icon, visitor::words};
use desk::Error;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Why there is no page, and what its frame shows all the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    pub house: House,
    pub fault: Fault,
}

/// What was loaded for a page; where there is none, with whose house it is.
pub async fn in_house<T>(loaded: Result<T, Fault>) -> Result<T, Lost> {
    match loaded {
        Ok(loaded) => Ok(loaded),
        Err(fault) => Err(Lost { house: load_house().await.unwrap_or_default(), fault }),
    }
}

/// The page for an address that is none of ours.
#[component]
pub fn PageNotFound() -> impl IntoView {
    let house = Resource::new_blocking(|| (), |()| load_house());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let house = house.await.unwrap_or_default();
                view! { <DeadEnd house fault=Fault::Desk(Error::NotFound)/> }
            })}
        </Suspense>
    }
    .into_any()
}

/// What to show instead of a page that could not be loaded.
#[component]
pub fn DeadEnd(house: House, fault: Fault) -> impl IntoView {
    answer_with(&fault);
    let w = words();
    let title = w.dead_end(&fault);
    let signed_in = house.customer.is_some();
    let asks_sign_in = matches!(fault, Fault::Desk(Error::Unauthenticated | Error::Expired));
    let lead = match &fault {
        Fault::Desk(Error::NotFound | Error::Forbidden) => w.page_not_found_more().to_owned(),
        Fault::Desk(Error::Expired) => w.link_expired_more().to_owned(),
        Fault::Desk(Error::Unauthenticated) => w.sign_in_lead().to_owned(),
        Fault::Desk(Error::Internal { .. }) => w.failed_more().to_owned(),
        other => w.fault(other),
    };
    let code = match &fault {
        Fault::Desk(error @ Error::Internal { .. }) => Some(w.error(error)),
        _ => None,
    };
    let sign_in = if matches!(fault, Fault::Desk(Error::Expired)) { w.ask_new_link() } else { w.sign_in() };
    view! {
        <Frame house title private=true>
            <div class="narrow alone">
                <h1>{title}</h1>
                <p class="lead">{lead}</p>
                {asks_sign_in.then(|| view! { <p class="acts"><a class="btn btn-primary" href="/sign-in">{sign_in}</a></p> })}
                <ul class="card ways-out">
                    <li><a href="/requests"><Icon name="inbox" size=20/><span>{w.my_requests()}</span><Icon name="right"/></a></li>
                    {(!signed_in && !asks_sign_in).then(|| view! {
                        <li><a href="/sign-in"><Icon name="user" size=20/><span>{w.sign_in()}</span><Icon name="right"/></a></li>
                    })}
                    <li><a href="/"><Icon name="help" size=20/><span>{w.home()}</span><Icon name="right"/></a></li>
                </ul>
                {code.map(|code| view! { <p class="under">{code}</p> })}
            </div>
        </Frame>
    }
    .into_any()
}

/// The status line says the same as the page.
#[cfg(not(target_family = "wasm"))]
fn answer_with(fault: &Fault) {
    use http::StatusCode;
    let status = match fault {
        Fault::Desk(Error::NotFound | Error::Forbidden) => StatusCode::NOT_FOUND,
        Fault::Desk(Error::Unauthenticated) => StatusCode::UNAUTHORIZED,
        Fault::Desk(Error::Expired) => StatusCode::GONE,
        Fault::Desk(Error::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}

#[cfg(target_family = "wasm")]
fn answer_with(_: &Fault) {}
