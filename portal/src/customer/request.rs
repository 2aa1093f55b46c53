//! One request, as its customer sees it: where it stands, what was said, and a place to answer.

use super::{
    calls::{Sheet, load_ticket},
    dead_end::{DeadEnd, in_house},
    fields::{Notes, SendButton, Summary, Trap, inside_textarea},
    files::Files,
    frame::{Crumb, Frame, Place, house_name},
    live,
    posted::Posted,
    sent::number_and_key,
    thread::Thread,
    timeline::Timeline,
};
use crate::{
    Fault,
    ui::{Avatar, Icon, Moment},
    visitor::words,
    words::Words,
};
use desk::{
    Error,
    model::{CustomerTicket, Progress},
};
use leptos::{html, prelude::*};

#[component]
pub fn RequestPage() -> impl IntoView {
    let address = number_and_key();
    let sheet = Resource::new_blocking(
        move || address.get(),
        |address| async move {
            let loaded = match address {
                Some((number, key)) => load_ticket(number, key).await,
                None => Err(Fault::Desk(Error::NotFound)),
            };
            in_house(loaded).await
        },
    );
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match sheet.await {
                    Ok(sheet) => {
                        let key = address.get_untracked().map(|(_, key)| key).unwrap_or_default();
                        view! { <Page sheet link=key/> }.into_any()
                    }
                    Err(lost) => view! { <DeadEnd lost/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// Drawn once; what changes afterwards flows through `current`, so that nobody loses what they are writing.
#[component]
fn Page(sheet: Sheet, link: String) -> impl IntoView {
    let w = words();
    let Sheet { house, ticket, key, posted } = sheet;
    let posted = posted.unwrap_or_default();
    let organisation = house_name(&house);
    let signed_in = house.customer.is_some();
    let address =
        if link.is_empty() { format!("/r/{}", ticket.number) } else { format!("/r/{}/{link}", ticket.number) };
    let number = ticket.number;
    let current = RwSignal::new(ticket.clone());
    let fresh = live::follow(current, link.clone());
    let solved = move || current.with(|ticket| ticket.progress == Progress::Solved);
    let error = if posted.is_fine() { String::new() } else { format!("{} ", w.error_prefix()) };
    let title = format!("{error}{} #{number}", ticket.title);
    view! {
        <Frame house title place=Place::Requests private=true>
            <div class="wide page beside-thread">
                <div>
                    {if signed_in {
                        view! { <Crumb href="/requests" label=w.my_requests()/> }
                    } else {
                        view! { <Crumb href="/" label=w.help()/> }
                    }}
                    <header class="top">
                        <h1 dir="auto">{ticket.title.clone()}</h1>
                        <p class="meta">
                            <span>"#"{number}</span>
                            {about(&ticket, w).map(|about| view! { <span dir="auto">{about}</span> })}
                            {move || current.with(|ticket| ticket.owner.clone()).map(|name| view! { <span>{w.answers_you(&name)}</span> })}
                        </p>
                    </header>
                    <section class="card stand" aria-label=w.progress_label()>
                        <Timeline ticket=current/>
                        {move || (current.with(|ticket| ticket.progress) == Progress::WaitingForYou).then(|| view! {
                            <div class="ask">
                                <p><b>{w.waits_for_you(current.with(|ticket| ticket.owner.clone()).as_deref())}</b><span>{w.we_continue()}</span></p>
                                <a class="btn btn-primary" href="#answer" rel="external">{w.write_answer()}</a>
                            </div>
                        })}
                    </section>
                    <Thread ticket=current house=organisation key=link/>
                    <Answer posted key address=address.clone() ticket solved=Signal::derive(solved)/>
                    <div class="pill" role="status">
                        {move || fresh.get().map(|id| view! {
                            <a class="btn btn-primary" href=format!("#m-{id}") rel="external" on:click=move |_| fresh.set(None)>
                                <Icon name="down" size=18/>{w.new_answer()}
                            </a>
                        })}
                    </div>
                    {move || (!solved()).then(|| view! {
                        <form class="solve" method="post" action=format!("{address}/solve")>
                            <p>{w.solve_question()}</p>
                            <button class="btn"><Icon name="st-closed" size=18/>{w.mark_solved()}</button>
                        </form>
                    })}
                </div>
                <About ticket=current/>
            </div>
        </Frame>
    }
    .into_any()
}

#[component]
fn Answer(
    posted: Posted,
    key: String,
    address: String,
    ticket: CustomerTicket,
    #[prop(into)] solved: Signal<bool>,
) -> impl IntoView {
    let w = words();
    let sending = live::once();
    let paper = NodeRef::<html::Textarea>::new();
    live::keep_draft(paper, &ticket);
    let (ended, number) = (ticket.ended, ticket.number);
    let notes = Notes::of(w, &posted, "answer", None);
    let bad = notes.wrong.is_some();
    let notes_view = notes.draw("answer");
    view! {
        <form
            class="card answer" method="post" action=address enctype="multipart/form-data" novalidate
            on:submit=move |event| { live::note_sent(number); live::submit_once(&event, sending); }
        >
            <Summary posted=posted.clone() title=w.answer_not_sent()/>
            <input type="hidden" name="key" value=key/>
            <Trap/>
            <div class="field" data-bad=bad.then_some("")>
                <label class="label" for="answer">{w.answer()}</label>
                {move || match (ended, solved.get()) {
                    (true, _) => Some(w.ended_hint()),
                    (false, true) => Some(w.reopen_hint()),
                    (false, false) => None,
                }.map(|hint| view! { <p class="hint">{hint}</p> })}
                {notes_view}
                <textarea
                    class="textarea" id="answer" name="answer" rows="4" dir="auto" placeholder=w.answer_placeholder() node_ref=paper
                    aria-invalid=bad.then_some("true") aria-describedby=notes.described_by
                    on:input=|event| live::grow(&event)
                    inner_html=inside_textarea(&posted.typed("answer"))
                ></textarea>
            </div>
            <Files posted label=w.attach()/>
            <div class="send">
                <p></p>
                <SendButton label=w.send_answer() sending/>
            </div>
        </form>
    }
    .into_any()
}

/// What its category is called outside; nothing where it has no name there.
fn about(ticket: &CustomerTicket, w: Words) -> Option<String> {
    Some(ticket.category.external_name(w.0).to_owned()).filter(|name| !name.is_empty())
}

#[component]
fn About(ticket: RwSignal<CustomerTicket>) -> impl IntoView {
    let w = words();
    let now = ticket.get_untracked();
    view! {
        <aside class="about" aria-label=w.about_request()>
            <section>
                <h2>{w.about_request()}</h2>
                <dl>
                    <dt>{w.request_number()}</dt><dd>"#"{now.number}</dd>
                    {about(&now, w).map(|about| view! { <dt>{w.about()}</dt><dd dir="auto">{about}</dd> })}
                    <dt>{w.sent_in()}</dt><dd><Moment at=now.created_at/></dd>
                    {move || ticket.with(|ticket| ticket.fields.clone()).into_iter().map(|field| {
                        let shown = w.field_value(&field);
                        view! { <dt dir="auto">{field.name(w.0).to_owned()}</dt><dd dir="auto">{shown}</dd> }
                    }).collect_view()}
                </dl>
            </section>
            <section>
                <h2>{w.gets_updates()}</h2>
                <p class="person">
                    <Avatar name=now.customer.clone() size=32 quiet=true/>
                    <span><span dir="auto">{now.customer}</span><small>{now.customer_email}</small></span>
                </p>
            </section>
            <section>
                <h2>{w.private_link()}</h2>
                <p class="under"><a class="link" href=now.link>{w.see_request()}</a>" · "{w.private_link_more()}</p>
            </section>
        </aside>
    }
    .into_any()
}
