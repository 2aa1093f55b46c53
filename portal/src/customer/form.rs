//! A new request. Problem first, person last.

use super::{
    calls::{Blank, load_form},
    dead_end::DeadEnd,
    fields::{Line, Notes, SendButton, Summary, Trap, inside_textarea},
    files::Files,
    frame::{Crumb, Frame, Phone, Place},
    live,
    posted::Posted,
};
use crate::{ui::Icon, visitor::words};
use desk::model::Category;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn NewRequest() -> impl IntoView {
    let blank = Resource::new_blocking(|| (), |()| load_form());
    let asked = use_query_map().with_untracked(|query| query.get("category").unwrap_or_default());
    let w = words();
    view! {
        <Suspense>
            {move || {
                let asked = asked.clone();
                Suspend::new(async move {
                    let blank = match blank.await {
                        Ok(blank) => blank,
                        Err(fault) => return view! { <DeadEnd fault/> }.into_any(),
                    };
                    let phone = blank.house.organisation.phone.clone();
                    let failed = blank.posted.as_ref().is_some_and(|posted| !posted.is_fine());
                    let title = if failed { format!("{} {}", w.error_prefix(), w.contact_us()) } else { w.contact_us().to_owned() };
                    view! {
                        <Frame house=blank.house.clone() title place=Place::Contact>
                            <div class="wide page">
                                <Crumb href="/" label=w.help()/>
                                <h1>{w.contact_us()}</h1>
                                <p class="lead">
                                    {w.form_lead()}
                                    {(!phone.is_empty()).then(|| view! { " "{w.urgent()}" "<Phone number=phone.clone() class="link inline"/> })}
                                </p>
                                <div class="beside-form">
                                    <Form blank asked/>
                                    <GoodToKnow/>
                                </div>
                            </div>
                        </Frame>
                    }
                    .into_any()
                })
            }}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Form(blank: Blank, asked: String) -> impl IntoView {
    let w = words();
    let customer = blank.house.customer.unwrap_or_default();
    let posted = blank.posted.unwrap_or_default();
    let chosen = Some(posted.typed("category")).filter(|typed| !typed.is_empty()).unwrap_or(asked);
    let name = Some(posted.typed("name")).filter(|typed| !typed.is_empty()).unwrap_or(customer);
    let text = Notes::of(w, &posted, "text", Some(w.hint_text()));
    let text_bad = text.wrong.is_some();
    let text_notes = text.draw("text");
    let sending = live::once();
    view! {
        <form
            class="card sheet" id="form" method="post" action="/new" enctype="multipart/form-data" novalidate
            on:submit=move |event| live::submit_once(&event, sending)
        >
            <Summary posted=posted.clone() title=w.not_sent()/>
            <input type="hidden" name="key" value=blank.key/>
            <Trap/>
            <Picks categories=blank.categories chosen posted=posted.clone()/>
            <Line posted=posted.clone() name="title" label=w.field_title() value=posted.typed("title")/>
            <div class="field" data-bad=text_bad.then_some("")>
                <label class="label" for="text">{w.field_text()}</label>
                {text_notes}
                <textarea
                    class="textarea" id="text" name="text" rows="6" dir="auto" required
                    aria-invalid=text_bad.then_some("true") aria-describedby=text.described_by
                    on:input=|event| live::grow(&event)
                    inner_html=inside_textarea(&posted.typed("text"))
                ></textarea>
            </div>
            <Files posted=posted.clone() label=w.field_files()/>
            <hr class="rule"/>
            <Line posted=posted.clone() name="name" label=w.field_name() value=name autocomplete="name" most=200/>
            <Line posted=posted.clone() name="email" label=w.field_email() value=posted.typed("email") kind="email" autocomplete="email" most=254/>
            <div class="send">
                <p><Icon name="clock" size=18/><span>{w.answer_comes()}</span></p>
                <SendButton label=w.send() sending/>
            </div>
        </form>
    }
    .into_any()
}

/// The categories as radio buttons; a single one is not a question.
#[component]
fn Picks(categories: Vec<Category>, chosen: String, posted: Posted) -> impl IntoView {
    let w = words();
    if let [only] = categories.as_slice() {
        return view! { <input type="hidden" name="category" value=only.id.to_string()/> }.into_any();
    }
    if categories.is_empty() {
        return ().into_any();
    }
    let notes = Notes::of(w, &posted, "category", None);
    let bad = notes.wrong.is_some();
    let notes_view = notes.draw("category");
    view! {
        <fieldset class="field" id="category" tabindex="-1" data-bad=bad.then_some("") aria-describedby=notes.described_by>
            <legend class="label">{w.field_category()}</legend>
            {notes_view}
            <div class="picks">
                {categories.into_iter().map(|category| view! {
                    <label class="pick">
                        <input type="radio" name="category" value=category.id.to_string() checked=category.id.as_str() == chosen/>
                        <span dir="auto">{category.external_name(w.0).to_owned()}</span>
                    </label>
                }).collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}

#[component]
fn GoodToKnow() -> impl IntoView {
    let w = words();
    view! {
        <aside class="know" aria-labelledby="know">
            <h2 id="know">{w.good_to_know()}</h2>
            <ul>
                <li><Icon name="check" size=18/>{w.know_number()}</li>
                <li><Icon name="mail" size=18/>{w.know_mail()}</li>
                <li><Icon name="link" size=18/>{w.know_link()}</li>
            </ul>
        </aside>
    }
}
