//! What the module adds to a page that already works: nothing is sent twice, drafts survive, answers appear by themselves.

use super::{calls::load_ticket, posted::CUSTOM};
use crate::visitor::live_address;
use desk::model::{CustomerTicket, FieldValues, MessageId, event::Change};
use leptos::{ev, html, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventSource, HtmlElement, HtmlInputElement, MessageEvent, Storage};

/// Whether this page's form is on its way. Coming back to a page with the browser's back button frees it again.
pub fn once() -> RwSignal<bool> {
    let sending = RwSignal::new(false);
    let shown = window_event_listener_untyped("pageshow", move |_| sending.set(false));
    on_cleanup(move || shown.remove());
    sending
}

/// Lets the first submit through and stops the others.
pub fn submit_once(event: &ev::SubmitEvent, sending: RwSignal<bool>) {
    if sending.get_untracked() {
        event.prevent_default();
    } else {
        sending.set(true);
    }
}

/// Names and sizes in bytes of what is chosen now.
pub fn chosen_files(input: NodeRef<html::Input>) -> Vec<(String, i64)> {
    let files = input.get_untracked().and_then(|input| input.files());
    files.map_or_else(Vec::new, |files| {
        (0..files.length()).filter_map(|place| files.get(place)).map(|file| (file.name(), file.size() as i64)).collect()
    })
}

/// The radio button that is on now, among those of a name.
pub fn picked(name: &str) -> Option<String> {
    let on = document().query_selector(&format!("input[type=radio][name={name}]:checked")).ok().flatten()?;
    on.dyn_into::<HtmlInputElement>().ok().map(|input| input.value())
}

/// Notes what a custom field holds now, after a key or a click in it.
pub fn note_typed(event: &ev::Event, typed: RwSignal<FieldValues>) {
    let Some(control) = event.target() else { return };
    let read = |name: &str| js_sys::Reflect::get(&control, &JsValue::from_str(name)).ok();
    let text = |name: &str| read(name).and_then(|value| value.as_string()).unwrap_or_default();
    let (name, value) = (text("name"), text("value"));
    let Some(key) = name.strip_prefix(CUSTOM).and_then(|rest| rest.strip_prefix('.')) else { return };
    typed.update(|typed| {
        let held = typed.entry(key.to_owned()).or_default();
        if text("type") != "checkbox" {
            *held = vec![value];
            return;
        }
        held.retain(|other| *other != value);
        if read("checked").is_some_and(|on| on.is_truthy()) {
            held.push(value);
        }
    });
}

/// Makes a text field as high as its text.
pub fn grow(event: &ev::Event) {
    if let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
        fit(&field);
    }
}

fn fit(field: &HtmlElement) {
    if field.scroll_height() > field.client_height() {
        let _ = field.set_attribute("style", &format!("block-size: {}px", field.scroll_height() + 2));
    }
}

/// Changes the page's colours at once and remembers the choice for a year. False where that did not work: then the form is posted.
pub fn wear(theme: &str) -> bool {
    let Some(html) = document().document_element() else {
        return false;
    };
    let changed = match theme {
        "system" => html.remove_attribute("data-theme"),
        _ => html.set_attribute("data-theme", theme),
    };
    let (value, seconds) = if theme == "system" { ("", 0) } else { (theme, 31_536_000) };
    let cookie = format!("theme={value}; path=/; max-age={seconds}; samesite=lax");
    changed.is_ok()
        && js_sys::Reflect::set(&document(), &JsValue::from_str("cookie"), &JsValue::from_str(&cookie)).unwrap_or(false)
}

/// Where the number of the request is noted that an answer was just sent on.
const SENT_ON: &str = "saker:answer:sent";

fn answer_on(number: &str) -> String {
    format!("saker:answer:{number}")
}

/// Notes that the answer on a request was sent: it may turn up on another one.
pub fn note_sent(number: i64) {
    if let Some(tab) = tab() {
        let _ = tab.set_item(SENT_ON, &number.to_string());
    }
}

/// Drops the draft of what was just sent, where it is among what was said.
fn drop_sent(store: &Storage, said: &[String]) {
    let Some(tab) = tab() else { return };
    let Ok(Some(number)) = tab.get_item(SENT_ON) else { return };
    let _ = tab.remove_item(SENT_ON);
    let place = answer_on(&number);
    if store.get_item(&place).ok().flatten().is_some_and(|draft| said.contains(&plain(&draft))) {
        let _ = store.remove_item(&place);
    }
}

/// Keeps an unsent answer in this browser until it is among the messages.
pub fn keep_draft(paper: NodeRef<html::Textarea>, ticket: &CustomerTicket) {
    let place = answer_on(&ticket.number.to_string());
    let said: Vec<String> = ticket.messages.iter().map(|message| plain(&message.text)).collect();
    Effect::new(move |_| {
        let (Some(field), Some(store)) = (paper.get(), storage()) else {
            return;
        };
        drop_sent(&store, &said);
        if let Ok(Some(draft)) = store.get_item(&place) {
            if said.contains(&plain(&draft)) {
                let _ = store.remove_item(&place);
            } else if field.value().is_empty() {
                field.set_value(&draft);
                fit(&field);
            }
        }
        let (keep, written) = (place.clone(), field.clone());
        let save = Closure::<dyn FnMut()>::new(move || {
            let text = written.value();
            let _ = if text.trim().is_empty() { store.remove_item(&keep) } else { store.set_item(&keep, &text) };
        });
        let _ = field.add_event_listener_with_callback("input", save.as_ref().unchecked_ref());
        save.forget();
    });
}

/// A text without what a journey may change: line ends and outer space.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// What this tab alone remembers, until it is closed.
fn tab() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// Where this tab keeps a field of a new request.
fn new_request(field: &str) -> String {
    format!("saker:new:{field}")
}

/// Keeps what is written in a field of a new request until it is sent: the page is drawn anew when another language is chosen.
pub fn keep_new<E>(name: &'static str, field: NodeRef<E>)
where
    E: html::ElementType,
    E::Output: JsCast + Clone + 'static,
{
    let place = new_request(name);
    Effect::new(move |_| {
        let (Some(field), Some(store)) = (field.get(), tab()) else {
            return;
        };
        let field: HtmlElement = field.unchecked_into();
        let value = JsValue::from_str("value");
        let read =
            move |field: &HtmlElement| js_sys::Reflect::get(field, &value).ok().and_then(|value| value.as_string());
        if let Ok(Some(draft)) = store.get_item(&place)
            && read(&field).is_some_and(|text| text.is_empty())
        {
            let _ = js_sys::Reflect::set(&field, &JsValue::from_str("value"), &JsValue::from_str(&draft));
            fit(&field);
        }
        let (keep, written) = (place.clone(), field.clone());
        let save = Closure::<dyn FnMut()>::new(move || {
            let text = read(&written).unwrap_or_default();
            let _ = if text.trim().is_empty() { store.remove_item(&keep) } else { store.set_item(&keep, &text) };
        });
        let _ = field.add_event_listener_with_callback("input", save.as_ref().unchecked_ref());
        save.forget();
    });
}

/// A new request was sent: nothing of it is kept here any more.
pub fn forget_new(names: &'static [&'static str]) {
    Effect::new(move |_| {
        if let Some(tab) = tab() {
            names.iter().for_each(|name| drop(tab.remove_item(&new_request(name))));
        }
    });
}

/// Listens for changes of this request, and loads it again when there is one.
/// The signal that comes back names the newest answer that came in while the page was open.
pub fn follow(current: RwSignal<CustomerTicket>, key: String) -> RwSignal<Option<MessageId>> {
    let fresh = RwSignal::new(None);
    Effect::new(move |_| {
        let (id, number) = current.with_untracked(|ticket| (ticket.id.clone(), ticket.number));
        let mut address = live_address();
        if !key.is_empty() {
            let link = if address.contains('?') { '&' } else { '?' };
            address = format!("{address}{link}number={number}&key={key}");
        }
        let Ok(stream) = EventSource::new(&address) else {
            return;
        };
        let key = key.clone();
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(change) = event.data().as_string().and_then(|text| serde_json::from_str::<Change>(&text).ok())
            else {
                return;
            };
            if change.ticket.as_ref() == Some(&id) {
                spawn_local(refresh(current, fresh, key.clone()));
            }
        });
        let _ = stream.add_event_listener_with_callback("change", heard.as_ref().unchecked_ref());
        let kept = StoredValue::new_local((stream, heard));
        on_cleanup(move || {
            let _ = kept.try_with_value(|(stream, _)| stream.close());
        });
    });
    fresh
}

async fn refresh(current: RwSignal<CustomerTicket>, fresh: RwSignal<Option<MessageId>>, key: String) {
    let Some(number) = current.try_with_untracked(|ticket| ticket.number) else {
        return;
    };
    let Ok(sheet) = load_ticket(number, key).await else {
        return;
    };
    let known = current.try_with_untracked(|ticket| ticket.messages.len()).unwrap_or_default();
    let newest = sheet.ticket.messages.last().filter(|message| message.author.staff).map(|message| message.id.clone());
    if sheet.ticket.messages.len() > known && newest.is_some() {
        let _ = fresh.try_set(newest);
    }
    let _ = current.try_set(sheet.ticket);
}
