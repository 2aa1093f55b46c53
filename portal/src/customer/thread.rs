//! What was said, oldest first, like mail. People write; nothing they wrote becomes markup.

use super::{files::FileMark, prose::Prose};
use crate::{
    ui::{Avatar, Icon, Moment},
    visitor::words,
};
use desk::model::{Attachment, CustomerTicket, Message, MessageKind};
use leptos::prelude::*;

/// The messages. Follows the signal; a message that is already there is not drawn again.
#[component]
pub fn Thread(
    #[prop(into)] ticket: Signal<CustomerTicket>,
    /// The organisation's name.
    house: String,
    /// The private link's key; empty for a signed-in customer.
    key: String,
) -> impl IntoView {
    let w = words();
    let messages = move || ticket.with(|ticket| ticket.messages.clone());
    let customer = ticket.with_untracked(|ticket| (ticket.customer.clone(), ticket.customer_email.clone()));
    let pass = ticket.with_untracked(|ticket| pass(ticket.number, &key));
    view! {
        <h2 class="sr">{w.messages()}</h2>
        <ol class="thread">
            <For each=messages key=|message| message.id.clone() let:message>
                <li><Said message house=house.clone() pass=pass.clone() customer=customer.clone()/></li>
            </For>
        </ol>
    }
    .into_any()
}

#[component]
fn Said(message: Message, house: String, pass: String, customer: (String, String)) -> impl IntoView {
    let w = words();
    let staff = message.author.staff || matches!(message.kind, MessageKind::Reply | MessageKind::Automatic);
    let (name, from) = match message.kind {
        MessageKind::Automatic => (house, w.automatic().to_owned()),
        _ if staff && message.author.name.is_empty() => (house, String::new()),
        _ if staff => (message.author.name.clone(), w.from_house(&house)),
        _ if message.author.name == customer.0 || (message.author.email == customer.1 && !customer.1.is_empty()) => {
            (message.author.name.clone(), w.you().to_owned())
        }
        _ => (message.author.name.clone(), String::new()),
    };
    let id = format!("m-{}", message.id);
    let heading = format!("{id}-h");
    let labelled_by = heading.clone();
    let frame = format!("/file/message/{}.html{pass}", message.id);
    let frame_title = w.file_of_mail(&name);
    view! {
        <article class=if staff { "card said said-team" } else { "card said" } id=id aria-labelledby=labelled_by tabindex="-1">
            <div class="said-head">
                <Avatar name=name.clone() size=40 quiet=true/>
                <div>
                    <h3 id=heading><span dir="auto">{name}</span>" "<i>{from}</i></h3>
                    <Moment at=message.at/>
                </div>
            </div>
            <Prose text=message.text marked=staff/>
            {message.quoted.map(|quoted| view! {
                <details class="fold"><summary><Icon name="right"/>{w.quoted()}</summary><Prose text=quoted/></details>
            })}
            {message.has_html.then(|| view! {
                <details class="fold">
                    <summary><Icon name="right"/>{w.as_designed()}</summary>
                    // One of our own place, as its pictures are: to any other a browser shows no session. Nothing in it runs.
                    <iframe class="mail" src=frame title=frame_title sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>
                </details>
            })}
            <Attached files=message.attachments pass/>
        </article>
    }
    .into_any()
}

#[component]
fn Attached(files: Vec<Attachment>, pass: String) -> impl IntoView {
    let w = words();
    (!files.is_empty()).then(|| {
        view! {
            <ul class="files">
                {files.into_iter().map(|file| view! {
                    <li><a class="file" href=format!("/file/attachment/{}{pass}", file.id) rel="external">
                        <FileMark name=file.name.clone()/>
                        <span><span class="file-name" dir="auto">{file.name.clone()}</span><small>{w.size(file.size)}</small></span>
                        <Icon name="download" size=18/><span class="sr">{w.download()}</span>
                    </a></li>
                }).collect_view()}
            </ul>
        }
    })
}

/// What a file's address needs from those who hold a private link instead of a session.
fn pass(number: i64, key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("?number={number}&key={key}") }
}
