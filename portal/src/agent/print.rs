//! A request on paper: no frame, no script, everything that was said. PRT-1.

use crate::words::Words;
use desk::model::{Access, Choices, Message, MessageId, MessageKind, Ticket};
use leptos::prelude::*;

const STYLE: &str = include_str!("../../style/print.css");

/// The whole page as HTML; of all messages, or of one only. None where there is no such message.
pub fn page(ticket: &Ticket, choices: &Choices, only: Option<&MessageId>, w: Words) -> Option<String> {
    let messages: Vec<&Message> =
        ticket.messages.iter().filter(|message| only.is_none_or(|id| message.id == *id)).collect();
    if messages.is_empty() && only.is_some() {
        return None;
    }
    let title = format!("{} #{}", ticket.title, ticket.number);
    let body = view! {
        <main>
            <h1 dir="auto">{ticket.title.clone()}</h1>
            <p class="number">"#"{ticket.number}</p>
            {only.is_none().then(|| facts(ticket, choices, w))}
            {messages.into_iter().map(|message| said(message, w)).collect_view()}
        </main>
    }
    .to_html();
    let head = view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width"/>
        <title>{title}</title>
    }
    .to_html();
    let lang = w.0.tag();
    Some(format!(
        "<!DOCTYPE html><html lang=\"{lang}\"><head>{head}<style>{STYLE}</style></head><body>{body}</body></html>"
    ))
}

fn facts(ticket: &Ticket, choices: &Choices, w: Words) -> impl IntoView + use<> {
    let status = choices.statuses.iter().find(|status| status.id == ticket.status);
    let priority = choices.priorities.iter().find(|priority| priority.id == ticket.priority);
    let category = choices.categories.iter().find(|category| category.id == ticket.category);
    let people = ticket.contacts.iter().map(|person| person.name.clone()).collect::<Vec<_>>().join(", ");
    let company = ticket.company.as_ref().map(|company| company.name.clone());
    let rows = [
        (
            w.customer(),
            [Some(people), company]
                .into_iter()
                .flatten()
                .filter(|name| !name.is_empty())
                .collect::<Vec<_>>()
                .join(" · "),
        ),
        (w.status(), status.map(|status| status.name(w.0).to_owned()).unwrap_or_default()),
        (w.owner(), ticket.owner.as_ref().map_or_else(|| w.nobody().to_owned(), |owner| owner.name.clone())),
        (w.category(), category.map(|category| category.name.clone()).unwrap_or_default()),
        (w.priority(), priority.map(|priority| priority.name(w.0).to_owned()).unwrap_or_default()),
        (w.channel(), ticket.channel.clone().unwrap_or_else(|| w.origin(ticket.origin).to_owned())),
        (w.created(), w.universal(ticket.created_at)),
    ];
    view! { <dl>{rows.into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd dir="auto">{value}</dd> }).collect_view()}</dl> }
}

fn said(message: &Message, w: Words) -> impl IntoView + use<> {
    let internal = message.access == Access::Internal;
    let kind = match message.kind {
        _ if internal => Some(w.internal_comment()),
        MessageKind::Automatic => Some(w.automatic_reply()),
        MessageKind::Bounce => Some(w.came_back()),
        _ => None,
    };
    let who = if message.author.name.is_empty() { w.product().to_owned() } else { message.author.name.clone() };
    let when =
        [Some(w.universal(message.at)), kind.map(str::to_owned)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let files = (!message.attachments.is_empty()).then(|| view! {
        <ul class="files">{message.attachments.iter().map(|file| view! { <li dir="auto">{file.name.clone()}</li> }).collect_view()}</ul>
    });
    view! {
        <article class=if internal { "internal" } else { "" }>
            <h2 dir="auto">{who}</h2>
            <p class="when">{when}</p>
            <p class="said" dir="auto">{message.text.clone()}</p>
            {files}
        </article>
    }
}
