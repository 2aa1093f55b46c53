//! Pages that lead nowhere: not found, no access, expired, failed. They never tell whether something exists.

use super::{
    calls::{House, load_house},
    fields::inside_textarea,
    frame::Frame,
    posted::Posted,
};
use crate::{Fault, ui::Icon, visitor::words};
use desk::Error;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Why there is no page, and what is shown all the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    pub house: House,
    pub fault: Fault,
    /// What was typed into the form that the page would have shown again: nobody else has it.
    #[serde(default)]
    pub wrote: Option<Wrote>,
}

/// What can't be typed again from memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrote {
    pub text: String,
    /// Files were sent along.
    pub files: bool,
}

impl Lost {
    /// What stands around a page that could not be loaded, in whoever's house it is.
    pub async fn because(fault: Fault) -> Self {
        let wrote = use_context::<Posted>().and_then(|posted| Wrote::of(&posted));
        Lost { house: load_house().await.unwrap_or_default(), fault, wrote }
    }
}

impl Wrote {
    fn of(posted: &Posted) -> Option<Self> {
        let typed = ["title", "text", "answer"].map(|field| posted.typed(field));
        let typed: Vec<&str> = typed.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        let text = typed.join("\n\n");
        (!text.is_empty()).then_some(Wrote { text, files: !posted.files.is_empty() })
    }
}

/// What was loaded for a page; where there is none, with whose house it is.
pub async fn in_house<T>(loaded: Result<T, Fault>) -> Result<T, Lost> {
    match loaded {
        Ok(loaded) => Ok(loaded),
        Err(fault) => Err(Lost::because(fault).await),
    }
}

/// The page for an address that has none.
#[component]
pub fn PageNotFound() -> impl IntoView {
    let lost = Resource::new_blocking(
        || (),
        |()| Lost::because(use_context::<Fault>().unwrap_or(Fault::Desk(Error::NotFound))),
    );
    view! { <Suspense>{move || Suspend::new(async move { view! { <DeadEnd lost=lost.await/> } })}</Suspense> }
        .into_any()
}

/// What to show instead of a page that could not be loaded.
#[component]
pub fn DeadEnd(lost: Lost) -> impl IntoView {
    let Lost { house, fault, wrote } = lost;
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
                {wrote.map(|wrote| view! { <Kept wrote/> })}
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

/// What was typed, to be taken along: this page is the only place where it is.
#[component]
fn Kept(wrote: Wrote) -> impl IntoView {
    let w = words();
    view! {
        <section class="card sheet wrote">
            <div class="field">
                <label class="label" for="wrote">{w.you_wrote()}</label>
                <p class="hint" id="wrote-hint">{w.you_wrote_more()}{wrote.files.then(|| view! { " "{w.choose_files_again()} })}</p>
                <textarea class="textarea" id="wrote" rows="8" dir="auto" readonly aria-describedby="wrote-hint" inner_html=inside_textarea(&wrote.text)></textarea>
            </div>
        </section>
    }
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
