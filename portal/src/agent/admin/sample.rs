//! A sample of what the other side sends, and what its plugin would make of it with the settings as they are typed.

use super::{field::labelled, typed::Typed, wall::moment};
use crate::words::Words;
use desk::model::{Tried, TriedMessage, TriedNews};
use leptos::prelude::*;

/// `form` is the id of the form that the settings are typed into; `to`, where it is tried.
pub fn sample(form: &'static str, to: String, typed: &Typed, w: Words) -> AnyView {
    // The browser drops a line end right behind the tag.
    let text = format!("\n{}", typed.text("sample").replace('&', "&amp;").replace('<', "&lt;"));
    view! {
        <section class="card" id="tried" aria-labelledby="try">
            <div class="card-head"><h2 class="card-title" id="try">{w.try_sample()}</h2></div>
            <div class="card-body card-fields">
                <p class="sm t2">{w.try_sample_lead()}</p>
                {labelled("sample", w.sample().to_owned(), w.sample_hint().to_owned(), false, typed, w, |about| view! {
                    <textarea class="textarea mono" id="sample" name="sample" form=form rows="6" dir="auto" spellcheck="false" autofocus=about.wrong.is_some() aria-invalid=about.wrong aria-describedby=about.described inner_html=text></textarea>
                }.into_any())}
                <div><button class="btn" form=form formaction=to>{w.try_it()}</button></div>
                {typed.tried.as_ref().map(|tried| outcome(tried, w))}
            </div>
        </section>
    }
    .into_any()
}

fn outcome(tried: &Tried, w: Words) -> AnyView {
    if tried.messages.is_empty() && tried.news.is_empty() {
        return view! { <p class="banner" role="status">{w.sample_is_nothing()}</p> }.into_any();
    }
    let messages = tried.messages.iter().map(|one| message(one, w)).collect_view();
    let news = tried.news.iter().map(|one| news(one, w)).collect_view();
    view! { <div class="tried" role="status">{messages}{news}</div> }.into_any()
}

fn message(one: &TriedMessage, w: Words) -> AnyView {
    let when = one.sent_at.map(|at| moment(w, at)).unwrap_or_default();
    let lines = [
        (w.sample_title(), if one.title.is_empty() { w.sample_no_title().to_owned() } else { one.title.clone() }),
        (w.sample_text(), one.text.clone()),
        (w.sample_sender(), sender(one)),
        (
            w.sample_conversation(),
            if one.conversation.is_empty() { w.sample_alone().to_owned() } else { one.conversation.clone() },
        ),
        (w.sample_name(), one.id.clone()),
        (w.sample_when(), when),
        (w.sample_files(), one.files.join(", ")),
    ];
    listed(w.sample_is_message(), lines.into_iter().filter(|(_, value)| !value.is_empty()).collect())
}

fn news(one: &TriedNews, w: Words) -> AnyView {
    let reached = match (one.arrived, one.failed) {
        (true, _) => w.sample_arrived(),
        (_, true) => w.sample_failed(),
        _ => w.sample_under_way(),
    };
    let mut lines = vec![(w.sample_about(), one.message.clone()), (w.sample_status(), reached.to_owned())];
    if !one.why.is_empty() {
        lines.push((w.sample_why(), one.why.clone()));
    }
    listed(w.sample_is_news(), lines)
}

fn listed(head: &'static str, lines: Vec<(&'static str, String)>) -> AnyView {
    let lines = lines
        .into_iter()
        .map(|(name, value)| view! { <dt>{name}</dt><dd class="pre" dir="auto">{value}</dd> }.into_any());
    view! { <div><h3 class="b6">{head}</h3><dl class="dl">{lines.collect_view()}</dl></div> }.into_any()
}

/// All that is known of whoever sent it.
fn sender(one: &TriedMessage) -> String {
    let mut known: Vec<&str> = vec![];
    for word in [&one.name, &one.email, &one.phone, &one.address] {
        if !word.is_empty() && !known.contains(&word.as_str()) {
            known.push(word);
        }
    }
    known.join(", ")
}
