//! The conversation: messages as they came, and between them what was done.

use super::{browser, calls, here::here, open::Open};
use crate::{
    ui::{Avatar, Icon, Moment, StatusIcon},
    visitor::words,
};
use desk::model::*;
use leptos::{prelude::*, task::spawn_local};

/// What stands in the thread, in order of time.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Message(Message),
    /// Things done one after the other, with no message between them.
    Done(Vec<LogEntry>),
    /// Here begins what is new since the last visit: so many messages.
    New(usize),
}

impl Item {
    fn key(&self) -> String {
        match self {
            Item::Message(message) => format!("{}{:?}", message.id, message.delivery),
            Item::Done(entries) => format!(
                "{}+{}",
                entries.first().map_or(0, |entry| entry.number),
                entries.len()
            ),
            Item::New(count) => format!("new{count}"),
        }
    }
}

/// Facts that say something beside the messages; the rest is in the log.
fn is_shown(kind: EventKind) -> bool {
    use EventKind::*;
    matches!(
        kind,
        Accepted
            | Transferred
            | Released
            | StatusChanged
            | Closed
            | Reopened
            | CategoryChanged
            | PriorityChanged
            | TitleChanged
            | ContactAdded
            | Acknowledged
            | AcknowledgementWithheld
            | DeliveryFailed
            | DeliveryUncertain
            | Bounced
    )
}

fn items(ticket: &Ticket, read_to: i64) -> Vec<Item> {
    let mut log = ticket
        .log
        .iter()
        .filter(|entry| is_shown(entry.kind))
        .cloned()
        .collect::<Vec<_>>();
    log.sort_by_key(|entry| (entry.at, entry.number));
    let mut log = log.into_iter().peekable();
    let new = ticket
        .messages
        .iter()
        .filter(|message| message.at > read_to && !message.author.staff)
        .count();
    let mut line_drawn = read_to == 0 || new == 0;
    let mut items = Vec::new();
    let until = |limit: i64, log: &mut std::iter::Peekable<std::vec::IntoIter<LogEntry>>| {
        let mut entries = Vec::new();
        while let Some(entry) = log.next_if(|entry| entry.at < limit) {
            entries.push(entry);
        }
        (!entries.is_empty()).then_some(Item::Done(entries))
    };
    for message in &ticket.messages {
        items.extend(until(message.at, &mut log));
        if !line_drawn && message.at > read_to && !message.author.staff {
            items.push(Item::New(new));
            line_drawn = true;
        }
        items.push(Item::Message(message.clone()));
    }
    items.extend(until(i64::MAX, &mut log));
    items
}

#[component]
pub fn Thread(open: Open, full: Memo<bool>) -> impl IntoView {
    let w = words();
    let shown = Memo::new(move |_| open.ticket.with(|ticket| items(ticket, open.read_to)));
    let last = Memo::new(move |_| {
        open.ticket
            .with(|ticket| ticket.messages.last().map(|message| message.id.clone()))
    });
    let read_to = open.read_to;
    // The newest is at the foot: begin there, and come back there when one's own message is added.
    Effect::new(move |_| {
        last.track();
        request_animation_frame(|| browser::scroll_to_end("thread-scroll"));
    });
    let earlier = move || open.ticket.with(|ticket| ticket.earlier.clone());
    let first_name = move || {
        open.ticket.with(|ticket| {
            ticket
                .contacts
                .first()
                .map(|person| person.name.clone())
                .unwrap_or_default()
        })
    };
    view! {
        <div class="scroll" id="thread-scroll">
            <ol class="thread" aria-label=w.conversation()>
                <For each=move || shown.get() key=Item::key let:item>
                    {
                        match item {
                            Item::Message(message) => {
                                let folded = message.at <= read_to && message.kind != MessageKind::Comment && last.get_untracked().as_ref() != Some(&message.id);
                                view! { <li><MessageCard message folded/></li> }.into_any()
                            }
                            Item::Done(entries) => view! { <li><Events entries/></li> }.into_any(),
                            Item::New(count) => view! { <li class="newline" id="new">{w.new_messages(count)}</li> }.into_any(),
                        }
                    }
                </For>
            </ol>
            <Show when=move || !full.get() && !earlier().is_empty()>
                <section class="earlier" aria-label=w.earlier()>
                    <h3 class="ctx-h">{move || w.earlier_of(&first_name())}<span class="count">{move || earlier().len()}</span></h3>
                    {move || earlier().into_iter().take(5).map(|row| view! { <Mini row/> }.into_any()).collect_view()}
                </section>
            </Show>
        </div>
    }
    .into_any()
}

/// A request in one line.
#[component]
pub fn Mini(row: TicketRow) -> impl IntoView {
    let status = here().status_name(&row.status, row.state);
    view! {
        <a class="rq-mini" href=super::place::ticket_address(row.number)>
            <StatusIcon state=row.state label=status/>
            <span class="clip"><span dir="auto">{row.title}</span>" "<span class="t3">"#"{row.number}</span></span>
            <Moment at=row.changed_at short=true/>
        </a>
    }
    .into_any()
}

/// What was done, in one line; more than one fold under the last.
#[component]
fn Events(entries: Vec<LogEntry>) -> impl IntoView {
    let w = words();
    let count = entries.len();
    let mut lines = entries
        .into_iter()
        .map(|entry| {
            view! { <span class="event-line">{w.log_line(&entry)}" · "<Moment at=entry.at/></span> }
                .into_any()
        })
        .collect::<Vec<_>>();
    let last = lines.pop();
    if lines.is_empty() {
        return view! { <p class="event">{last}</p> }.into_any();
    }
    view! {
        <details class="events">
            <summary class="event">{last}<span class="event-more">{w.changes(count)}</span></summary>
            {lines.into_iter().map(|line| view! { <p class="event">{line}</p> }.into_any()).collect_view()}
        </details>
    }
    .into_any()
}

#[component]
fn MessageCard(message: Message, folded: bool) -> impl IntoView {
    let w = words();
    let comment = message.access == Access::Internal;
    let class = match message.kind {
        _ if comment => "msg msg-note",
        MessageKind::Reply | MessageKind::Automatic => "msg msg-team",
        MessageKind::Bounce => "msg msg-bounce",
        _ => "msg",
    };
    let name = if message.author.name.is_empty() {
        w.product().to_owned()
    } else {
        message.author.name.clone()
    };
    let label = match message.kind {
        _ if comment => Some(view! { <span class="note-label"><Icon name="lock" size=14/>{w.internal_comment()}</span> }.into_any()),
        MessageKind::Automatic => Some(view! { <span class="chip">{w.automatic_reply()}</span> }.into_any()),
        MessageKind::Bounce => Some(view! { <span class="chip chip-bad"><Icon name="alert"/>{w.came_back()}</span> }.into_any()),
        _ => None,
    };
    let id = format!("m-{}", message.id);
    let (at, files) = (message.at, message.attachments.len());
    if folded {
        let first = message
            .text
            .split_whitespace()
            .take(40)
            .collect::<Vec<_>>()
            .join(" ");
        // A mail's frame has no height while it is folded, so what is folded is not there yet.
        let opened = RwSignal::new(false);
        let message = StoredValue::new(message);
        return view! {
            <article class=class id=id>
                <details on:toggle=move |_| opened.set(true)>
                    <summary class="msg-fold">
                        <Avatar name=name.clone() size=32 quiet=true/><span class="fold-who">{name}</span>
                        <span class="t3 clip grow" dir="auto">{first}</span>
                        {(files > 0).then(|| view! { <span class="flex t3" role="img" aria-label=w.has_files()><Icon name="clip" size=14/><span class="count">{files}</span></span> })}
                        <Moment at=at/>
                    </summary>
                    <Show when=move || opened.get()><Body message=message.get_value()/></Show>
                </details>
            </article>
        }
        .into_any();
    }
    let from = if message.author.staff {
        w.to_line(&message.to, &message.cc)
    } else {
        message.author.email.clone()
    };
    let source = message
        .has_source
        .then(|| format!("/file/message/{}.eml", message.id));
    let label_of = w.message_by(&name);
    view! {
        <article class=class id=id aria-label=label_of>
            <header class="msg-head">
                <Avatar name=name.clone() size=32 quiet=true/>
                <span class="meta">
                    <h3 class="msg-who clip" dir="auto">{name}</h3>{label}<span class="msg-sub clip">{from}</span>
                </span>
                {source.map(|source| view! {
                    <span class="tools"><a class="btn btn-icon btn-ghost btn-sm" href=source download="" rel="external" aria-label=w.mail_source() title=w.mail_source()><Icon name="file"/></a></span>
                })}
                <Moment at=at/>
            </header>
            <Body message/>
        </article>
    }
    .into_any()
}

#[component]
fn Body(message: Message) -> impl IntoView {
    let w = words();
    let problem = message.problem.as_ref().map(|problem| view! {
        <p class="banner banner-warn msg-banner"><Icon name="alert"/><span>{w.unreadable()}" "{problem.clone()}</span></p>
    });
    let html = message.has_html && !message.author.staff;
    let as_html = RwSignal::new(html);
    let (text, quoted, id) = (
        message.text.clone(),
        message.quoted.clone(),
        message.id.clone(),
    );
    let said = move || {
        if as_html.get() {
            return view! { <HtmlFrame id=id.clone()/> }.into_any();
        }
        let quote = quoted
            .clone()
            .filter(|quoted| !quoted.trim().is_empty())
            .map(|quoted| {
                let lines = quoted.lines().count();
                view! {
                    <details class="quote">
                        <summary><Icon name="more" size=14/>{w.show_quoted(lines)}</summary>
                        <div class="msg-text" dir="auto">{quoted}</div>
                    </details>
                }
            });
        view! { <div class="msg-text" dir="auto">{linked(&text)}</div>{quote} }.into_any()
    };
    let files = (!message.attachments.is_empty()).then(|| view! {
        <ul class="msg-files">{message.attachments.iter().map(|file| view! { <li><FileLink file=file.clone()/></li> }.into_any()).collect_view()}</ul>
    });
    view! {
        <div class="msg-body">
            {problem}
            {said}
            {html.then(|| view! {
                <button type="button" class="btn btn-link as-text" on:click=move |_| as_html.update(|html| *html = !*html)>
                    {move || if as_html.get() { w.show_as_text() } else { w.show_as_html() }}
                </button>
            })}
        </div>
        {files}
        {message.delivery.map(|delivery| view! { <Sent delivery/> })}
    }
    .into_any()
}

/// A mail's own layout. No script runs in it and it can reach nothing; only its height is read.
#[component]
fn HtmlFrame(id: MessageId) -> impl IntoView {
    let (source, frame) = (format!("/file/message/{id}.html"), format!("frame-{id}"));
    let (loaded, woken) = (frame.clone(), frame.clone());
    // It may have been loaded before the page was awake.
    Effect::new(move |_| browser::fit_frame(&woken));
    view! {
        <iframe class="msg-frame" id=frame src=source title=words().mail_as_sent()
            sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" on:load=move |_| browser::fit_frame(&loaded)></iframe>
    }
    .into_any()
}

#[component]
fn FileLink(file: Attachment) -> impl IntoView {
    let w = words();
    let icon = if file.mime.starts_with("image/") {
        "image"
    } else {
        "file"
    };
    let kind = file
        .name
        .rsplit_once('.')
        .map(|(_, kind)| kind.to_uppercase())
        .filter(|kind| kind.len() <= 5);
    let about = [kind, Some(w.size(file.size))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ");
    view! {
        <a class="file" href=format!("/file/attachment/{}", file.id) rel="external" target="_blank">
            <span class="file-ic"><Icon name=icon size=18/></span>
            <span class="clip"><span class="file-name clip" dir="auto">{file.name}</span><small>{about}</small></span>
        </a>
    }
    .into_any()
}

/// How far a mail of ours got. What failed says why, and can be tried again.
#[component]
fn Sent(delivery: Delivery) -> impl IntoView {
    let (here, w) = (here(), words());
    let (state, id) = (delivery.state, delivery.id.clone());
    let retry = move |_| {
        let id = id.clone();
        spawn_local(async move {
            match calls::retry_delivery(id).await {
                Ok(()) => here.look_again(),
                Err(fault) => here.refused(&fault),
            }
        });
    };
    let text = w.delivery(state);
    match state {
        DeliveryState::Failed | DeliveryState::Uncertain => view! {
            <p class="banner banner-bad msg-banner msg-sent" role="alert">
                <Icon name="alert"/><span class="grow">{text}{delivery.error.map(|error| format!(" {error}"))}</span>
                <button type="button" class="btn btn-sm" on:click=retry>{w.deliver_again()}</button>
            </p>
        }
        .into_any(),
        DeliveryState::Sent => view! { <p class="sent"><Icon name="check" size=14/>{text}</p> }.into_any(),
        _ => view! { <p class="sent"><Icon name="clock" size=14/>{text}</p> }.into_any(),
    }
}

/// A text with its web addresses as links. Only `http` and `https`.
fn linked(text: &str) -> AnyView {
    pieces(text)
        .into_iter()
        .map(|(piece, is_link)| {
            if is_link {
                view! { <a class="link" href=piece.to_owned() rel="external noopener noreferrer nofollow" target="_blank">{piece.to_owned()}</a> }.into_any()
            } else {
                piece.to_owned().into_any()
            }
        })
        .collect_view()
        .into_any()
}

/// Cuts a text into what is a web address and what is not.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(from) = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| rest.find(scheme))
        .min()
    {
        let (before, after) = rest.split_at(from);
        let end = after
            .find(|c: char| c.is_whitespace() || "<>\"'«»".contains(c))
            .unwrap_or(after.len());
        let address = after[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '…']);
        pieces.push((before, false));
        pieces.push((address, address.len() > "https://".len()));
        rest = &after[address.len()..];
    }
    pieces.push((rest, false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn web_addresses_are_found_and_nothing_else() {
        assert_eq!(
            pieces("Se https://x.no/a, takk"),
            [("Se ", false), ("https://x.no/a", true), (", takk", false)]
        );
        assert_eq!(
            pieces("javascript:alert(1)"),
            [("javascript:alert(1)", false)]
        );
        assert_eq!(pieces("http://"), [("http://", false)]);
        assert_eq!(
            pieces("(https://æ.no)"),
            [("(", false), ("https://æ.no", true), (")", false)]
        );
        assert_eq!(pieces(""), []);
    }
}
