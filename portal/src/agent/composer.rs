//! Where a reply or a comment is written. Its text is never lost: not by a reload, a refusal or a newer message.

use super::{
    attach::{Attaching, Files},
    autosave::Autosave,
    browser, calls,
    draft::{self, Kept},
    here::here,
    open::Open,
    recipients::ToWhom,
    templates::Templates,
};
use crate::{
    Fault,
    ui::{Icon, Menu},
    visitor::words,
};
use desk::{Error, Why, model::*};
use leptos::{ev, prelude::*, task::spawn_local};
use std::time::Duration;

/// Where the last way of sending is kept: `close`, or nothing.
const SEND_SETTING: &str = "saker.send";
const FIELD: &str = "composer-field";
const TO: &str = "composer-to";

#[component]
pub fn Composer(open: Open) -> impl IntoView {
    let w = words();
    let to = move || open.ticket.with(|ticket| ticket.contacts.first().map(|person| person.name.clone()));
    let first_name =
        move || to().and_then(|name| name.split_whitespace().next().map(str::to_owned)).unwrap_or_default();
    let kept = RwSignal::new(None::<Access>);
    Effect::new(move |_| {
        if open.writing.get().is_none() {
            let id = open.id();
            let found =
                [Access::External, Access::Internal].into_iter().find(|access| !Kept::read(&id, *access).is_empty());
            kept.set(found);
        }
    });
    // What was written on another device is here as well, and what was sent from there is no longer.
    Effect::new(move |_| {
        if !open.settled.get() || open.writing.get_untracked().is_some() {
            return;
        }
        let id = open.id();
        let here = [Access::External, Access::Internal].map(|access| Kept::read(&id, access));
        spawn_local(async move {
            let Ok(there) = calls::read_drafts(id.clone()).await else { return };
            if open.writing.try_get_untracked() != Some(None) {
                return;
            }
            for access in [Access::External, Access::Internal] {
                let mut text = Kept::read(&id, access);
                let other = there.iter().find(|(kind, _)| kind == draft::kind(access)).map(|(_, kept)| kept.clone());
                let other = other.unwrap_or_default();
                // What came there after the question is not gone there.
                let is_gone = other.version == 0 && text.clean && here.contains(&text);
                if is_gone || other.version > text.version {
                    text.meet(&other);
                    text.keep(&id, access);
                    kept.try_update(|kept| match text.is_empty() {
                        false => *kept = Some(access),
                        true => *kept = kept.filter(|kept| *kept != access),
                    });
                }
            }
        });
    });
    let begin = move |access: Access| move |_: ev::MouseEvent| open.writing.set(Some(access));
    view! {
        <div class="dock">
            <Show when=move || open.writing.get().is_some() fallback=move || view! {
                <div class="composer composer-rest">
                    <button type="button" class="rest-main" on:click=move |_| open.writing.set(Some(kept.get_untracked().unwrap_or(Access::External)))>
                        <Icon name="reply"/>
                        <span class="clip grow">{move || if kept.get().is_some() { w.go_on_writing().to_owned() } else { w.reply_to(&first_name()) }}</span>
                        <kbd>"R"</kbd>
                    </button>
                    <button type="button" class="btn btn-ghost btn-sm" on:click=begin(Access::Internal)><Icon name="lock"/>{w.do_comment()}<kbd>"N"</kbd></button>
                </div>
            }>
                <Writing open to=Signal::derive(move || to().unwrap_or_default())/>
            </Show>
        </div>
    }
    .into_any()
}

#[component]
fn Writing(open: Open, to: Signal<String>) -> impl IntoView {
    let (here, w) = (here(), words());
    let access = Memo::new(move |_| open.writing.get().unwrap_or(Access::External));
    let draft = RwSignal::new(Kept::default());
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let warnings = RwSignal::new(Vec::<String>::new());
    let closes = RwSignal::new(false);
    let lines = RwSignal::new(false);
    let is_note = move || access.get() == Access::Internal;

    let ways = saved(open, access, draft);
    let way = move |access: Access| if access == Access::External { ways.0 } else { ways.1 };
    // Each tab has its own text.
    Effect::new(move |_| {
        let mut kept = Kept::read(&open.id(), access.get());
        // What came back from the post is begun anew by whoever looks at it.
        if !kept.is_empty() {
            open.ticket.with_untracked(|ticket| kept.begin(ticket));
        }
        draft.set(kept);
        problem.set(None);
        way(access.get()).look();
        // At once: a letter that is typed a frame too early would be a command.
        browser::show(FIELD, true);
    });
    on_cleanup(move || {
        ways.0.now();
        ways.1.now();
        open.typed.try_set(f64::NEG_INFINITY);
    });
    Effect::new(move |_| closes.set(browser::stored(SEND_SETTING).as_deref() == Some("close")));

    let change = move |change: &dyn Fn(&mut Kept)| {
        draft.update(|draft| {
            open.ticket.with_untracked(|ticket| draft.begin(ticket));
            draft.work();
            change(draft);
            draft.clean = false;
        });
        open.typed.set(browser::now());
        let access = access.get_untracked();
        draft.with_untracked(|draft| {
            draft.keep(&open.id(), access);
            way(access).later(draft.body());
        });
    };
    let attaching = Attaching::new(move |upload: Upload| change(&|draft| draft.files.push(upload.clone())));
    let missed =
        Memo::new(
            move |_| {
                if is_note() { 0 } else { draft.with(|draft| open.ticket.with(|ticket| draft.missed(ticket))) }
            },
        );

    let review = move || {
        let at = open.ticket.with_untracked(|ticket| {
            let external = ticket.messages.iter().filter(|message| message.access == Access::External);
            external.skip(draft.with_untracked(|draft| draft.heard)).map(|message| format!("m-{}", message.id)).next()
        });
        change(&|draft| open.ticket.with_untracked(|ticket| draft.catch_up(ticket)));
        problem.set(None);
        if let Some(at) = at {
            browser::show(&at, false);
        }
    };

    let send = move |close: bool| {
        let (kept, access) = (draft.get_untracked(), access.get_untracked());
        if busy.get_untracked() || kept.text.trim().is_empty() {
            browser::show(FIELD, true);
            return;
        }
        if attaching.is_busy() {
            here.say(w.wait_for_files());
            problem.set(Some(w.wait_for_files().to_owned()));
            return;
        }
        if missed.get_untracked() > 0 {
            review();
            return;
        }
        busy.set(true);
        problem.set(None);
        let line = way(access).line();
        let (id, seen) = (open.id(), (access == Access::External).then_some(kept.seen));
        let message = Draft {
            seconds: kept.seconds(),
            text: kept.text,
            access,
            template: kept.template.map(|(name, _)| name),
            close,
            files: kept.files,
            recipients: kept.recipients.filter(|_| access == Access::External),
            seen,
            key: kept.key,
            ..Draft::default()
        };
        spawn_local(async move {
            let answer = match access {
                Access::External => calls::send_reply(id.clone(), message).await,
                Access::Internal => calls::add_comment(id.clone(), message).await.map(|comment| (comment, 0)),
            };
            match answer {
                Ok((message, hold)) => {
                    if let Some(line) = line {
                        line.forget();
                    }
                    Kept::default().keep(&id, access);
                    let sent = w.sent_words(access, close);
                    match u64::try_from(hold) {
                        Ok(hold) if hold > 0 => {
                            let stays = Duration::from_secs(hold);
                            here.toasts.offer_for(stays, sent, w.undo(), move || open.call_back(here, &message));
                        }
                        _ => here.toasts.done(sent),
                    }
                    open.writing.try_set(None);
                    open.refresh().await;
                    here.look_again();
                }
                Err(Fault::Desk(Error::Invalid { field, .. })) if field == "seen" => open.refresh().await,
                Err(Fault::Desk(Error::Invalid { field, why })) if ["to", "cc", "bcc"].contains(&field.as_str()) => {
                    lines.try_set(true);
                    problem.try_set(Some(format!("{}: {}", w.line_name(&field), w.line_wrong(&why))));
                    request_animation_frame(move || browser::show(&format!("composer-{field}"), true));
                }
                Err(Fault::Desk(Error::Invalid { field, why: Why::TooLarge { megabytes } })) if field == "files" => {
                    problem.try_set(Some(w.files_too_large_to_mail(megabytes)));
                }
                Err(fault) => {
                    if matches!(fault, Fault::Desk(Error::Unauthenticated | Error::Expired)) {
                        here.signed_out.set(true);
                    }
                    problem.try_set(Some(format!("{} {}", w.text_is_safe(), w.fault(&fault))));
                }
            }
            busy.try_set(false);
        });
    };
    let keys = move |key: ev::KeyboardEvent| {
        if key.key() == "Enter" && (key.ctrl_key() || key.meta_key()) {
            key.prevent_default();
            send(!is_note() && (key.shift_key() || closes.get_untracked()));
        } else if key.key() == "Escape" && !key.default_prevented() {
            key.prevent_default();
            key.stop_propagation();
            open.writing.set(None);
        }
    };
    let choose = move |close: bool| {
        closes.set(close);
        browser::store(SEND_SETTING, close.then_some("close"));
        send(close);
    };
    let label = move || {
        if is_note() { w.comment_field().to_owned() } else { w.reply_to(&to.get()) }
    };
    let chosen = move |tab: Access| move || if access.get() == tab { "true" } else { "false" };
    let whom = move || {
        let chosen =
            draft.with(|draft| draft.recipients.as_ref().map(|all| (all.to.first().cloned(), all.all().count())));
        match chosen {
            Some((first, count)) => w.to_whom(&first.unwrap_or_default(), count.saturating_sub(1)),
            None => w.to_whom(&to.get(), open.ticket.with(|ticket| ticket.contacts.len().saturating_sub(1))),
        }
    };
    let others_write = move || {
        let name = |viewers: &Vec<Viewer>| viewers.iter().find(|viewer| viewer.writing).map(|v| v.agent.name.clone());
        open.viewers.with(name).filter(|_| !is_note())
    };
    let whom = move || Some(whom()).filter(|whom| !whom.is_empty()).unwrap_or_else(|| w.recipients().to_owned());
    // What the browser's spelling goes by: the customer's language, and one's own among colleagues. Section 20.
    let spelling = move || {
        let customer = open.ticket.with(|ticket| ticket.contacts.first().map(|person| person.language));
        customer.filter(|_| !is_note()).unwrap_or(w.0).tag()
    };
    view! {
        <div class="composer" class:is-note=is_note on:keydown=keys on:dragover=move |drag| drag.prevent_default()
            on:drop=move |drop| { drop.prevent_default(); attaching.take_dropped(&drop) }>
            <div class="cmp-top">
                <div role="tablist" class="flex" aria-label=w.answer_how()>
                    <button type="button" class="cmp-tab" role="tab" aria-selected=chosen(Access::External) on:click=move |_| open.writing.set(Some(Access::External))>
                        <Icon name="reply"/>{w.do_reply()}
                    </button>
                    <button type="button" class="cmp-tab" role="tab" aria-selected=chosen(Access::Internal) on:click=move |_| open.writing.set(Some(Access::Internal))>
                        <Icon name="lock"/>{w.do_comment()}
                    </button>
                </div>
                <Show when=is_note fallback=move || view! {
                    <button type="button" class="btn btn-ghost btn-sm cmp-to" aria-expanded=move || if lines.get() { "true" } else { "false" }
                        on:click=move |_| { lines.update(|open| *open = !*open); if lines.get_untracked() { request_animation_frame(|| browser::show(TO, true)) } }>
                        <span class="clip">{move || whom()}</span><Icon name="down" size=14/>
                    </button>
                }><span class="cmp-to clip">{w.only_colleagues()}</span></Show>
                <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=w.put_away() title=w.with_key(w.put_away(), "Esc") on:click=move |_| open.writing.set(None)><Icon name="down"/></button>
            </div>
            <Show when=move || lines.get() && !is_note()>
                <ToWhom ticket=open.id() given=draft.with_untracked(|draft| draft.recipients.clone()) id=TO
                    changed=Callback::new(move |to: Recipients| change(&|draft| draft.recipients = Some(to.clone())))/>
            </Show>
            <Show when=move || missed.get().gt(&0)>
                <p class="banner banner-info cmp-banner" role="alert">
                    <Icon name="mail"/><span class="grow">{w.written_meanwhile()}</span>
                    <button type="button" class="btn btn-sm" on:click=move |_| review()>{move || w.review(missed.get())}</button>
                </p>
            </Show>
            {move || others_write().map(|name| view! {
                <p class="banner banner-info cmp-banner" role="status"><Icon name="pencil"/><span class="grow">{w.viewer(&name, true)}</span></p>
            })}
            <textarea class="cmp-body" id=FIELD rows="3" dir="auto" lang=spelling aria-label=label placeholder=label prop:value=move || draft.with(|draft| draft.text.clone())
                on:input=move |input| { let text = event_target_value(&input); change(&|draft| draft.text.clone_from(&text)) }
                on:paste=move |paste| attaching.take_pasted(&paste)></textarea>
            <Show when=move || !is_note() && here.profile.with(|profile| !profile.signature.trim().is_empty())>
                <p class="cmp-sign" aria-label=w.signature()>{move || here.profile.with(|profile| profile.signature.clone())}</p>
            </Show>
            <Files attaching files=Signal::derive(move || draft.with(|draft| draft.files.clone()))
                on_remove=Callback::new(move |blob: String| change(&|draft| draft.files.retain(|file| file.blob != blob)))/>
            <Show when=move || !warnings.with(Vec::is_empty)>
                <p class="banner banner-warn cmp-banner"><Icon name="alert"/><span>{move || warnings.get().join(" ")}</span></p>
            </Show>
            {move || problem.get().map(|problem| view! {
                <p class="banner banner-bad cmp-banner" role="alert">
                    <Icon name="alert"/><span class="grow">{problem}</span>
                    <button type="button" class="btn btn-sm" on:click=move |_| send(false)>{w.retry()}</button>
                </p>
            })}
            <div class="cmp-bar">
                <Show when=move || !is_note()><Templates open draft=Callback::new(move |filled: ((String, String), Rendered)| {
                    let (name, filled) = filled;
                    let text = browser::insert(FIELD, &filled.text).unwrap_or(filled.text);
                    warnings.set(filled.warnings);
                    change(&|draft| { draft.text.clone_from(&text); draft.template = Some(name.clone()) });
                })/></Show>
                <label class="btn btn-icon btn-ghost btn-sm file-button" title=w.attach_file()>
                    <Icon name="clip"/><span class="sr">{w.attach_file()}</span>
                    <input class="sr" type="file" multiple on:change=move |chosen| attaching.take_chosen(&chosen)/>
                </label>
                <span class="grow"></span>
                <span class="xs t3 clip hide-phone cmp-kept">{move || draft.with(|draft| (!draft.is_empty()).then(|| w.kept(draft.template.as_ref().map(|(_, title)| title.as_str()))))}</span>
                <Show when=move || !is_note() fallback=move || view! {
                    <button type="button" class="btn btn-primary btn-sm" title="Ctrl ↵" aria-busy=move || busy.get().then_some("true") on:click=move |_| send(false)>{w.add_comment()}</button>
                }>
                    <div class="split">
                        <button type="button" class="btn btn-primary btn-sm" title="Ctrl ↵" aria-busy=move || busy.get().then_some("true") disabled=move || missed.get().gt(&0)
                            on:click=move |_| send(closes.get_untracked())>{move || w.send_words(closes.get())}</button>
                        <Menu id="send" class="btn btn-primary btn-sm" place="menu-end menu-up" label=w.other_ways() face=|| view! { <Icon name="down" size=14/> }>
                            <button type="button" class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| choose(false)>{w.send_words(false)}</button>
                            <button type="button" class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| choose(true)>{w.send_words(true)}<span class="keys"><kbd>"Ctrl"</kbd><kbd>"⇧"</kbd><kbd>"↵"</kbd></span></button>
                        </Menu>
                    </div>
                </Show>
            </div>
        </div>
    }
    .into_any()
}

/// The ways of the reply and of the comment to the server, and back from another device.
fn saved(open: Open, access: Memo<Access>, draft: RwSignal<Kept>) -> (Autosave, Autosave) {
    let way = move |of: Access| {
        let id = open.id();
        // In front is what is on the screen, else what this browser keeps.
        let change = move |change: &dyn Fn(&mut Kept)| {
            let in_front = access.try_get_untracked() == Some(of);
            let mut text = match draft.try_get_untracked() {
                Some(text) if in_front => text,
                _ => Kept::read(&id, of),
            };
            change(&mut text);
            text.keep(&id, of);
            let more = text.body().filter(|_| !text.clean);
            if in_front {
                draft.try_set(text);
            }
            more
        };
        let changing = change.clone();
        let met = move |there: desk::model::Kept| changing(&|text| text.meet(&there));
        let kept = move |version: i64, body: Option<&str>| {
            change(&|text| {
                text.clean = text.is_all_of(body);
                text.version = version;
            });
        };
        Autosave::new(open.id().0, draft::kind(of), Kept::read(&open.id(), of).version, met, kept)
    };
    (way(Access::External), way(Access::Internal))
}
