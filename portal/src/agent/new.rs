//! A new request by hand: while somebody is on the line, or as a letter to a customer who has not asked. Who first, few fields,
//! Ctrl+Enter. Section 3.1, D2, PHO-1.

mod form;

use self::form::Form;
use super::{
    autosave::Autosave,
    browser, calls,
    command::Command,
    context::{CallerTickets, PersonCard},
    custom::Answers,
    draft::Kept,
    here::{Here, here},
    nav::NavButton,
    place::ticket_address,
    recipients::addresses,
};
use crate::{Fault, ui::Icon, visitor::words};
use desk::{Error, Why, model::*};
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const DRAFT: &str = "saker.phone";
/// Where the server's version of it is kept.
const VERSION: &str = "saker.phone.version";
/// Where a letter to a customer is begun.
pub const LETTER: &str = "/desk/new?way=letter";

/// How the customer and we come together. CRE-7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    #[default]
    Phone,
    Letter,
}

/// What has been filled in so far. Kept in this browser until it is saved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Call {
    way: Way,
    /// Number, name or address, as typed.
    who: String,
    person: Option<Person>,
    /// For somebody who is not known yet.
    name: String,
    email: String,
    phone: String,
    title: String,
    text: String,
    category: Option<CategoryId>,
    priority: Option<PriorityId>,
    kind: Option<RequestTypeId>,
    fields: FieldValues,
    nobody: bool,
    confirm: bool,
    /// Of a letter: addresses as typed, what goes along, and whether the request is closed with it.
    cc: String,
    bcc: String,
    files: Vec<Upload>,
    close: bool,
    key: String,
    /// The call in the caller log that it is about.
    call: Option<PhoneCallId>,
}

impl Call {
    /// Whom a letter goes to; nothing where nobody with an address is named.
    fn address(&self) -> Option<String> {
        let known = self.person.as_ref().map(|person| person.emails.first().cloned());
        known.unwrap_or_else(|| Some(self.email.trim().to_owned()).filter(|address| !address.is_empty()))
    }

    fn letter(&self) -> Draft {
        let recipients = Recipients {
            to: self.address().into_iter().collect(),
            cc: addresses(&self.cc),
            bcc: addresses(&self.bcc),
            apart: false,
        };
        Draft {
            text: self.text.clone(),
            access: Access::External,
            close: self.close,
            files: self.files.clone(),
            recipients: Some(recipients),
            ..Draft::default()
        }
    }

    /// `seconds` is how long it has taken.
    fn request(mut self, seconds: u32) -> NewTicket {
        let letter = (self.way == Way::Letter).then(|| self.letter());
        if letter.is_some() {
            self.text.clear();
            self.confirm = false;
            // CRE-2: an address alone makes no contact.
            if self.name.trim().is_empty() {
                self.email.clear();
                self.phone.clear();
            }
        }
        let new_person = NewPerson { name: self.name, email: self.email, phone: self.phone };
        let unknown = self.person.is_none() && new_person != NewPerson::default();
        let internal = self.person.is_none() && !unknown && letter.is_none();
        NewTicket {
            title: self.title,
            text: self.text,
            person: self.person.map(|person| person.id),
            new_person: unknown.then_some(new_person),
            category: self.category,
            priority: self.priority,
            owner: if self.nobody { NewOwner::Nobody } else { NewOwner::Me },
            origin: match (internal, &letter) {
                (true, _) => Origin::Internal,
                (false, Some(_)) => Origin::Email,
                (false, None) => Origin::Phone,
            },
            // As the house has it, where there is somebody who could see it.
            access: internal.then_some(Access::Internal),
            confirm: self.confirm && !internal,
            kind: self.kind,
            fields: self.fields,
            letter,
            key: self.key,
            seconds: i64::from(seconds),
            call: self.call,
            ..NewTicket::default()
        }
    }

    fn is_empty(&self) -> bool {
        [&self.who, &self.title, &self.text, &self.name].into_iter().all(|text| text.trim().is_empty())
    }
}

#[component]
pub fn NewTicketPage() -> impl IntoView {
    let (here, w) = (here(), words());
    let query = use_query_map();
    let given = query.with_untracked(|query| query.get("phone")).unwrap_or_default();
    let rings = query.with_untracked(|query| query.get("call")).map(PhoneCallId);
    let asked_way = Memo::new(move |_| query.with(|query| query.get("way")).is_some_and(|way| way == "letter"));
    let way = if asked_way.get_untracked() { Way::Letter } else { Way::Phone };
    let call = RwSignal::new(Call { phone: given.clone(), who: given, call: rings, way, ..Call::default() });
    let answers = Answers::new(FieldValues::new());
    let callers = RwSignal::new(None::<Vec<Caller>>);
    let saved = RwSignal::new(None::<Opened>);
    let seconds = RwSignal::new(0_u32);
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<(String, String)>);

    let go_on = move |mut kept: Call| {
        // What the address asks for comes before what was begun.
        if asked_way.get_untracked() {
            kept.way = Way::Letter;
        }
        answers.values.set(kept.fields.clone());
        call.set(kept);
    };
    // D2 step 3: what was begun on another device is here as well, unless something else was begun here.
    let elsewhere = StoredValue::new(false);
    let met = move |there: desk::model::Kept| {
        match serde_json::from_str(&there.body) {
            Ok(begun) if call.try_with_untracked(Call::is_empty) == Some(true) => go_on(begun),
            // Two calls at once: the one here stays here, the other one there.
            Ok(_) => {
                elsewhere.try_set_value(true);
            }
            Err(_) => {}
        }
        None
    };
    let kept = |version: i64, _: Option<&str>| browser::store(VERSION, Some(&version.to_string()));
    let everywhere = Autosave::new("new".to_owned(), "phone", 0, met, kept);
    Effect::new(move |_| {
        let kept = browser::stored(DRAFT).and_then(|kept| serde_json::from_str::<Call>(&kept).ok());
        if let Some(kept) = kept.filter(|_| call.with_untracked(|call| call.who.is_empty())) {
            go_on(kept);
            everywhere
                .goes_on_from(browser::stored(VERSION).and_then(|version| version.parse().ok()).unwrap_or_default());
        }
        everywhere.look();
        browser::show("who", true);
    });
    on_cleanup(move || everywhere.now());
    // Asked for again while the page is open.
    Effect::new(move |before: Option<bool>| {
        let asked = asked_way.get();
        if before.is_some_and(|before| before != asked) {
            call.update(|call| call.way = if asked { Way::Letter } else { Way::Phone });
            browser::show("who", true);
        }
        asked
    });
    // Another call is to be registered while the page is open: what was written about this one is not thrown away.
    let asked_call = Memo::new(move |_| query.with(|query| (query.get("phone"), query.get("call"))));
    Effect::new(move |before: Option<(Option<String>, Option<String>)>| {
        let asked = asked_call.get();
        let (number, rings) = asked.clone();
        if before.is_some_and(|before| before != asked) && (number.is_some() || rings.is_some()) {
            call.update(|call| {
                if call.title.trim().is_empty() && call.text.trim().is_empty() {
                    let who = number.unwrap_or_default();
                    *call = Call { phone: who.clone(), who, call: rings.map(PhoneCallId), ..Call::default() };
                }
            });
            browser::show("who", true);
        }
        asked
    });
    answers.follow(move || {
        call.with(|call| {
            (call.kind.clone().or_else(|| usual_type(here)), call.category.clone().or_else(|| first_category(here)))
        })
    });
    Effect::new(move |_| {
        let values = answers.values.get();
        if call.with_untracked(|call| call.fields != values) {
            call.update(|call| call.fields = values);
        }
    });
    Effect::new(move |_| {
        let text = call.with(|call| (!call.is_empty()).then(|| serde_json::to_string(call).ok()).flatten());
        if saved.with_untracked(Option::is_none) {
            browser::store(DRAFT, text.as_deref());
            if !elsewhere.get_value() {
                everywhere.later(text);
            }
        }
    });
    look_up(call, callers);

    let navigate = use_navigate();
    let go = Callback::new(move |address: String| navigate(&address, NavigateOptions::default()));
    let save = move |()| {
        if busy.get_untracked() || saved.with_untracked(Option::is_some) {
            return;
        }
        wrong.set(None);
        call.update(|call| {
            if call.key.is_empty() {
                call.key = browser::fresh_key();
            }
            // What the field shows is what is meant.
            call.category = call.category.take().or_else(|| first_category(here));
        });
        answers.wrong.set(None);
        let mut filled = call.get_untracked();
        filled.fields = answers.asked();
        if filled.way == Way::Letter && filled.address().is_none() {
            browser::show(if filled.person.is_none() && !filled.who.trim().is_empty() { "email" } else { "who" }, true);
            return wrong.set(Some(("who".to_owned(), w.why(&Why::NotAnAddress))));
        }
        let (way, close) = (filled.way, filled.close);
        let request = filled.request(seconds.get_untracked());
        let line = everywhere.line();
        busy.set(true);
        spawn_local(async move {
            match calls::register_ticket(request).await {
                Ok((opened, hold)) => {
                    if let Some(line) = line {
                        line.forget();
                    }
                    browser::store(DRAFT, None);
                    saved.try_set(Some(opened.clone()));
                    if way == Way::Letter {
                        tell_sent(here, &opened, hold, close);
                        go.run(ticket_address(opened.number));
                    } else {
                        browser::show("saved", true);
                    }
                    here.look_again();
                }
                Err(Fault::Desk(Error::Invalid { field, why })) => {
                    let why = w.why(&why);
                    // What no field shows is told above them.
                    if browser::is_there(&field) {
                        browser::show(&field, true);
                        answers.wrong.try_set(Some((field.clone(), why.clone())));
                        wrong.try_set(Some((field, why)));
                    } else {
                        wrong.try_set(Some((String::new(), format!("{} {why}", w.text_is_safe()))));
                    }
                }
                Err(fault) => {
                    wrong.try_set(Some((String::new(), format!("{} {}", w.text_is_safe(), w.fault(&fault)))));
                    here.refused(&fault);
                }
            }
            busy.try_set(false);
        });
    };
    let keys = move |key: ev::KeyboardEvent| {
        if key.key() == "Enter" && (key.ctrl_key() || key.meta_key()) {
            key.prevent_default();
            if key.shift_key() {
                call.update(|call| call.close = call.way == Way::Letter);
            }
            save(());
        }
    };
    let again = move |_| {
        saved.set(None);
        callers.set(None);
        call.set(Call::default());
        answers.values.set(FieldValues::new());
        browser::show("who", true);
    };
    let put_here = Callback::new(move |row: TicketRow| {
        let (text, key) = call.with_untracked(|call| (call.text.clone(), browser::fresh_key()));
        if !text.trim().is_empty() {
            // It waits in that request's comment field, marked as not sent.
            Kept { text, key, ..Kept::default() }.keep(&row.id, Access::Internal);
            browser::store(DRAFT, None);
            everywhere.later(None);
        }
        go.run(ticket_address(row.number));
    });
    let tickets = move || {
        call.with(|call| call.person.as_ref().map(|person| person.id.clone())).and_then(|id| {
            callers.with(|callers| {
                callers.as_ref()?.iter().find(|caller| caller.person.id == id).map(|caller| caller.tickets.clone())
            })
        })
    };
    let is_letter = Memo::new(move |_| call.with(|call| call.way == Way::Letter));
    let title = move || if is_letter.get() { w.new_letter() } else { w.new_from_phone() };
    view! {
        <Title text=move || w.page_title(title())/>
        <section class="pane p-thread" aria-label=title on:keydown=keys>
            <div class="head head-line"><NavButton/><h1 class="grow clip big">{title}</h1><Timer seconds/></div>
            <Show when=move || saved.with(Option::is_none) fallback=move || view! {
                <div class="scroll saved" id="saved" tabindex="-1" role="status">
                    {move || saved.get().map(|opened| view! {
                        <p class="t2">{w.saved_as()}</p><p class="saved-number">"#"{opened.number}</p><p class="t2">{w.read_it_out()}</p>
                        <div class="flex wrap">
                            <a class="btn btn-primary" href=ticket_address(opened.number)>{w.open_ticket()}</a>
                            <button type="button" class="btn" on:click=again>{w.next_call()}</button>
                        </div>
                    })}
                </div>
            }>
                <div class="scroll"><Form call callers answers wrong/></div>
                <div class="actions">
                    <button type="button" class="btn btn-primary" aria-busy=move || busy.get().then_some("true") on:click=move |_| save(())>
                        {move || if is_letter.get() { w.send_words(call.with(|call| call.close)) } else { w.save_ticket() }}<span class="keys"><kbd>"Ctrl"</kbd><kbd>"↵"</kbd></span>
                    </button>
                    <Show when=move || is_letter.get()>
                        <label class="check-row"><input class="check" type="checkbox" prop:checked=move || call.with(|call| call.close)
                            on:change=move |turned| { let on = event_target_checked(&turned); call.update(|call| call.close = on) }/><span>{w.close_with_it()}</span></label>
                    </Show>
                    <span class="grow"></span>
                    <span class="sm t3 hide-phone">{move || (!is_letter.get()).then(|| w.number_shown_large())}</span>
                </div>
            </Show>
        </section>
        <aside class="pane ctx" aria-label=move || if is_letter.get() { w.customer() } else { w.who_calls() }>
            <div class="head head-line"><h2>{w.one_of_these()}</h2></div>
            <div class="scroll">
                {move || call.with(|call| call.person.clone()).map(|person| view! { <section class="ctx-sec"><PersonCard person/></section> })}
                {move || match tickets() {
                    Some(rows) if !rows.is_empty() => view! { <CallerTickets rows on_here=put_here/> }.into_any(),
                    _ => view! { <p class="ctx-sec sm t3">{move || if is_letter.get() { w.customers_tickets_here() } else { w.callers_tickets_here() }}</p> }.into_any(),
                }}
            </div>
        </aside>
    }
    .into_any()
}

fn first_category(here: Here) -> Option<CategoryId> {
    here.choices.with_value(|choices| choices.categories.first().map(|first| first.id.clone()))
}

fn usual_type(here: Here) -> Option<RequestTypeId> {
    here.choices.with_value(|choices| choices.types.iter().find(|kind| kind.default).map(|kind| kind.id.clone()))
}

/// Says that the letter is on its way; as long as it waits it can be called back, and is written on in its request.
fn tell_sent(here: Here, opened: &Opened, hold: i64, close: bool) {
    let w = here.words;
    let said = if close { w.letter_sent_and_closed() } else { w.letter_sent() };
    let (Ok(hold @ 1..), Some(message)) = (u64::try_from(hold), opened.message.clone()) else {
        return here.toasts.done(said);
    };
    let ticket = opened.id.clone();
    here.toasts.offer_for(Duration::from_secs(hold), said, w.undo(), move || {
        let (ticket, message) = (ticket.clone(), message.clone());
        spawn_local(async move {
            match calls::call_back(ticket.clone(), message).await {
                Ok(draft) => {
                    let mut kept = Kept::read(&ticket, Access::External);
                    kept.take_back(draft);
                    kept.keep(&ticket, Access::External);
                    here.look_again();
                    here.command(Command::Reply);
                }
                Err(fault) => here.refused(&fault),
            }
        });
    });
}

/// Asks for the caller a moment after the last key, and takes the only one there is.
fn look_up(call: RwSignal<Call>, callers: RwSignal<Option<Vec<Caller>>>) {
    let who = Memo::new(move |_| call.with(|call| call.who.trim().to_owned()));
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let query = who.get();
        asked.update_value(|asked| *asked += 1);
        let this = asked.get_value();
        if query.chars().count() < 3 {
            callers.set(None);
            return;
        }
        set_timeout(
            move || {
                if asked.try_get_value() != Some(this) {
                    return;
                }
                spawn_local(async move {
                    let Ok(found) = calls::find_callers(query.clone()).await else {
                        return;
                    };
                    if asked.try_get_value() != Some(this) {
                        return;
                    }
                    let only = (found.len() == 1 && looks_like_a_number(&query)).then(|| found[0].person.clone());
                    callers.set(Some(found));
                    if let Some(person) = only {
                        call.update(|call| call.person = Some(person));
                    }
                });
            },
            Duration::from_millis(150),
        );
    });
}

fn looks_like_a_number(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 5 && !text.chars().any(char::is_alphabetic)
}

/// How long the call has lasted. Can be paused. CRE-5.
#[component]
fn Timer(seconds: RwSignal<u32>) -> impl IntoView {
    let w = words();
    let running = RwSignal::new(true);
    Effect::new(move |_| {
        let tick = set_interval_with_handle(
            move || {
                if running.try_get_untracked() == Some(true) {
                    seconds.update(|seconds| *seconds += 1)
                }
            },
            Duration::from_secs(1),
        );
        on_cleanup(move || {
            if let Ok(tick) = tick {
                tick.clear();
            }
        });
    });
    view! {
        <span class="timer" role="timer" aria-label=w.time_spent()>
            <i class="rec" class:is-paused=move || !running.get()></i>
            <span class="num">{move || format!("{:02}:{:02}", seconds.get() / 60, seconds.get() % 60)}</span>
            <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=move || if running.get() { w.pause() } else { w.go_on() } on:click=move |_| running.update(|running| *running = !*running)>
                {move || view! { <Icon name=if running.get() { "pause" } else { "play" }/> }}
            </button>
        </span>
    }
    .into_any()
}
