//! One message: who said it, what it says, what came with it, and how far it got.

use super::{
    browser, calls,
    flag::{FlagMenu, FlagNote},
    here::here,
};
use crate::{
    ui::{Avatar, Icon, Moment},
    visitor::words,
};
use desk::model::*;
use leptos::{prelude::*, task::spawn_local};

/// Folded to one line where it was read before.
#[component]
pub fn MessageCard(message: Message, folded: bool) -> impl IntoView {
    let w = words();
    let comment = message.access == Access::Internal;
    let class = match message.kind {
        _ if comment => "msg msg-note",
        MessageKind::Reply | MessageKind::Automatic => "msg msg-team",
        MessageKind::Bounce => "msg msg-bounce",
        _ => "msg",
    };
    let name = if message.author.name.is_empty() { w.product().to_owned() } else { message.author.name.clone() };
    let label = match message.kind {
        _ if comment => {
            Some(view! { <span class="note-label"><Icon name="lock" size=14/>{w.internal_comment()}</span> }.into_any())
        }
        MessageKind::Automatic => Some(view! { <span class="chip">{w.automatic_reply()}</span> }.into_any()),
        MessageKind::Forward => Some(view! { <span class="chip">{w.forwarded()}</span> }.into_any()),
        MessageKind::Helper => Some(view! { <span class="chip">{w.from_helper()}</span> }.into_any()),
        MessageKind::Bounce => {
            Some(view! { <span class="chip chip-bad"><Icon name="alert"/>{w.came_back()}</span> }.into_any())
        }
        _ if message.author.unproven => {
            Some(view! { <span class="chip" title=w.not_confirmed_means()>{w.not_confirmed()}</span> }.into_any())
        }
        _ => None,
    };
    let id = format!("m-{}", message.id);
    let (at, files) = (message.at, message.attachments.len());
    if folded {
        let first = message.text.split_whitespace().take(40).collect::<Vec<_>>().join(" ");
        let flag = match (message.flagged, &message.own_flag) {
            (true, _) => Some(w.flag_shared()),
            (false, Some(_)) => Some(w.flag_own()),
            (false, None) => None,
        };
        // A mail's frame has no height while it is folded, so what is folded is not there yet.
        let opened = RwSignal::new(false);
        let message = StoredValue::new(message);
        return view! {
            <article class=class id=id>
                <details on:toggle=move |_| opened.set(true)>
                    <summary class="msg-fold">
                        <Avatar name=name.clone() size=32 quiet=true/><span class="fold-who">{name}</span>
                        <span class="t3 clip grow" dir="auto">{first}</span>
                        {flag.map(|label| view! { <span class="flex is-flagged" role="img" aria-label=label title=label><Icon name="flag" size=14/></span> })}
                        {(files > 0).then(|| view! { <span class="flex t3" role="img" aria-label=w.has_files()><Icon name="clip" size=14/><span class="count">{files}</span></span> })}
                        <Moment at=at/>
                    </summary>
                    <Show when=move || opened.get()><Flags message=message.get_value()/><Body message=message.get_value()/></Show>
                </details>
            </article>
        }
        .into_any();
    }
    let from = match &message.author {
        author if author.staff => w.to_line(&message.to, &message.cc),
        author if author.email == author.name => String::new(),
        author => author.email.clone(),
    };
    let source = message.has_source.then(|| format!("/file/message/{}.eml", message.id));
    let (flagged, shared, own) = (message.id.clone(), message.flagged, message.own_flag.clone());
    let note = own.clone().map(|flag| view! { <FlagNote message=message.id.clone() flag/> });
    let label_of = w.message_by(&name);
    view! {
        <article class=class id=id aria-label=label_of>
            <header class="msg-head">
                <Avatar name=name.clone() size=32 quiet=true/>
                <span class="meta">
                    <h3 class="msg-who clip" dir="auto">{name}</h3>{label}<span class="msg-sub clip">{from}</span>
                </span>
                <span class="tools">
                    {source.map(|source| view! {
                        <a class="btn btn-icon btn-ghost btn-sm" href=source download="" rel="external" aria-label=w.mail_source() title=w.mail_source()><Icon name="file"/></a>
                    })}
                    <FlagMenu message=flagged shared own/>
                </span>
                <Moment at=at/>
            </header>
            {note}
            <Body message/>
        </article>
    }
    .into_any()
}

/// The flags of a message that was folded: its head is the fold.
#[component]
fn Flags(message: Message) -> impl IntoView {
    let note = message.own_flag.clone().map(|flag| view! { <FlagNote message=message.id.clone() flag/> });
    view! {
        <div class="fold-tools">
            <span class="tools"><FlagMenu message=message.id shared=message.flagged own=message.own_flag/></span>
            {note}
        </div>
    }
    .into_any()
}

#[component]
fn Body(message: Message) -> impl IntoView {
    let w = words();
    let problem = message.problem.as_ref().map(|problem| {
        let said = match Setback::read(problem) {
            Some((Setback::FilesMissing, files)) if !files.is_empty() => w.files_missing(files),
            _ => format!("{} {}", w.unreadable(), w.setback_begins(problem)),
        };
        view! { <p class="banner banner-warn msg-banner"><Icon name="alert"/><span>{said}</span></p> }
    });
    let html = message.has_html && !message.author.staff;
    let as_html = RwSignal::new(html);
    let (text, quoted, id) = (message.text.clone(), message.quoted.clone(), message.id.clone());
    let said = move || {
        if as_html.get() {
            return view! { <HtmlFrame id=id.clone()/> }.into_any();
        }
        let quote = quoted.clone().filter(|quoted| !quoted.trim().is_empty()).map(|quoted| {
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
    let icon = if file.mime.starts_with("image/") { "image" } else { "file" };
    let kind = file.name.rsplit_once('.').map(|(_, kind)| kind.to_uppercase()).filter(|kind| kind.len() <= 5);
    let about = [kind, Some(w.size(file.size))].into_iter().flatten().collect::<Vec<_>>().join(" · ");
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
                <Icon name="alert"/><span class="grow">{text}{delivery.error.map(|error| format!(" {}", w.setback_begins(&error)))}</span>
                <button type="button" class="btn btn-sm" on:click=retry>{w.deliver_again()}</button>
            </p>
        }
        .into_any(),
        DeliveryState::Sent if delivery.reached_at.is_some() => {
            let seen = delivery.seen_at.is_some();
            let icon = if seen { "eye" } else { "check" };
            let at = delivery.seen_at.or(delivery.reached_at).unwrap_or_default();
            view! { <p class="sent"><Icon name=icon size=14/>{w.arrived(seen)}" "<Moment at/></p> }.into_any()
        }
        // Somewhere on its way it is late, and was said to be tried again.
        DeliveryState::Sent if delivery.error.is_some() => {
            view! { <p class="sent"><Icon name="clock" size=14/>{text}{delivery.error.map(|error| format!(" · {error}"))}</p> }.into_any()
        }
        DeliveryState::Sent => view! { <p class="sent"><Icon name="check" size=14/>{text}</p> }.into_any(),
        _ => {
            let why = delivery.error.map(|error| format!(" · {}", w.setback_begins(&error)));
            view! { <p class="sent"><Icon name="clock" size=14/>{text}{why}</p> }.into_any()
        }
    }
}

/// A text with its web addresses as links. Only `http` and `https`.
fn linked(text: &str) -> AnyView {
    pieces(text)
        .into_iter()
        .map(|(piece, is_link)| {
            if is_link {
                view! { <a class="link in-text" href=piece.to_owned() rel="external noopener noreferrer nofollow" target="_blank">{piece.to_owned()}</a> }.into_any()
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
    while let Some(from) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, after) = rest.split_at(from);
        let end = after.find(|c: char| c.is_whitespace() || "<>\"'«»".contains(c)).unwrap_or(after.len());
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
        assert_eq!(pieces("Se https://x.no/a, takk"), [("Se ", false), ("https://x.no/a", true), (", takk", false)]);
        assert_eq!(pieces("javascript:alert(1)"), [("javascript:alert(1)", false)]);
        assert_eq!(pieces("http://"), [("http://", false)]);
        assert_eq!(pieces("(https://æ.no)"), [("(", false), ("https://æ.no", true), (")", false)]);
        assert_eq!(pieces(""), []);
    }
}
