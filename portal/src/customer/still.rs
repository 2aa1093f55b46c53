//! The server's side of [`live`](super): a page on paper does not move.

use desk::model::{CustomerTicket, FieldValues, MessageId};
use leptos::{ev, html, prelude::*};

pub fn once() -> RwSignal<bool> {
    RwSignal::new(false)
}

pub fn submit_once(_: &ev::SubmitEvent, _: RwSignal<bool>) {}

pub fn chosen_files(_: NodeRef<html::Input>) -> Vec<(String, i64)> {
    Vec::new()
}

pub fn grow(_: &ev::Event) {}

pub fn picked(_: &str) -> Option<String> {
    None
}

pub fn note_typed(_: &ev::Event, _: RwSignal<FieldValues>) {}

pub fn wear(_: &str) -> bool {
    false
}

pub fn keep_draft(_: NodeRef<html::Textarea>, _: &CustomerTicket) {}

pub fn note_sent(_: i64) {}

pub fn keep_new<E>(_: &'static str, _: NodeRef<E>)
where
    E: html::ElementType,
    E::Output: 'static,
{
}

pub fn forget_new(_: &'static [&'static str]) {}

pub fn follow(_: RwSignal<CustomerTicket>, _: String) -> RwSignal<Option<MessageId>> {
    RwSignal::new(None)
}
