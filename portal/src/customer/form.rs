//! A new request. Problem first, person last.

use super::{
    asking::{Asking, FirstButton, Topic, Urgency},
    calls::{Blank, load_form},
    custom::CustomFields,
    dead_end::{DeadEnd, in_house},
    fields::{Line, Notes, SendButton, Summary, Trap, inside_textarea},
    files::Files,
    frame::{Crumb, Frame, Phone, Place},
    live,
    posted::custom_name,
};
use crate::{ui::Icon, visitor::words};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_query_map;

/// What a tab keeps of a request that is not sent yet: its lines, and the text.
pub const KEPT: [&str; 4] = ["title", "name", "email", "text"];

#[component]
pub fn NewRequest() -> impl IntoView {
    let asked = |name: &str| use_query_map().with_untracked(|query| query.get(name).unwrap_or_default());
    let asked = (asked("category"), asked("type"));
    let blank = Resource::new_blocking(
        move || asked.clone(),
        |(category, kind)| async move { in_house(load_form(category, kind).await).await },
    );
    let w = words();
    view! {
        <Suspense>
            {move || {
                Suspend::new(async move {
                    let blank = match blank.await {
                        Ok(blank) => blank,
                        Err(lost) => return view! { <DeadEnd lost/> }.into_any(),
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
                                    <Form blank/>
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
fn Form(blank: Blank) -> impl IntoView {
    let w = words();
    let customer = blank.house.customer.unwrap_or_default();
    let posted = blank.posted.unwrap_or_default();
    let typed_or =
        |field: &str, known: String| Some(posted.typed(field)).filter(|typed| !typed.is_empty()).unwrap_or(known);
    let (name, email) = (typed_or("name", customer), typed_or("email", blank.email));
    let (title, name_input, email_input) = (NodeRef::new(), NodeRef::new(), NodeRef::new());
    let paper = NodeRef::<html::Textarea>::new();
    KEPT.into_iter().zip([title, name_input, email_input]).for_each(|(field, input)| live::keep_new(field, input));
    live::keep_new("text", paper);
    let text = Notes::of(w, &posted, "text", Some(w.hint_text()));
    let text_bad = text.wrong.is_some();
    let text_notes = text.draw("text");
    let sending = live::once();
    let called = blank.asks.fields.iter().map(|field| (custom_name(&field.key), field.name(w.0).to_owned())).collect();
    let asking = Asking::new(blank.asks, &posted);
    view! {
        <form
            class="card sheet" id="form" method="post" action="/new" enctype="multipart/form-data" novalidate
            on:submit=move |event| live::submit_once(&event, sending)
        >
            <Summary posted=posted.clone() title=w.not_sent() called/>
            <input type="hidden" name="key" value=blank.key/>
            <Trap/>
            <FirstButton/>
            <p class="sr" role="status">{asking.said}</p>
            <Topic asking posted=posted.clone()/>
            <Line posted=posted.clone() name="title" label=w.field_title() value=posted.typed("title") input=title/>
            <div class="field" data-bad=text_bad.then_some("")>
                <label class="label" for="text">{w.field_text()}</label>
                {text_notes}
                <textarea
                    class="textarea" id="text" name="text" rows="6" dir="auto" required node_ref=paper
                    aria-invalid=text_bad.then_some("true") aria-describedby=text.described_by
                    on:input=|event| live::grow(&event)
                    inner_html=inside_textarea(&posted.typed("text"))
                ></textarea>
            </div>
            <CustomFields asking posted=posted.clone()/>
            <Urgency asking posted=posted.clone()/>
            <hr class="rule"/>
            <Line posted=posted.clone() name="name" label=w.field_name() value=name autocomplete="name" most=200 input=name_input/>
            <Line posted=posted.clone() name="email" label=w.field_email() value=email kind="email" autocomplete="email" most=254 input=email_input/>
            // Last: where files are more than is read, everything else has arrived.
            <Files posted=posted.clone() label=w.field_files()/>
            <div class="send">
                <p><Icon name="clock" size=18/><span>{w.answer_comes()}</span></p>
                <SendButton label=w.send() sending/>
            </div>
        </form>
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
