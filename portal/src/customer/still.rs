//! The server's side of [`live`](super): a page on paper does not move.

use desk::model::{CustomerTicket, MessageId};
use leptos::{ev, html, prelude::*};

pub fn once() -> RwSignal<bool> {
    RwSignal::new(false)
}

pub fn submit_once(_: &ev::SubmitEvent, _: RwSignal<bool>) {}

pub fn chosen_files(_: NodeRef<html::Input>) -> Vec<(String, i64)> {
    Vec::new()
}

pub fn grow(_: &ev::Event) {}

pub fn wear(_: &str) -> bool {
    false
}

pub fn keep_draft(_: NodeRef<html::Textarea>, _: &CustomerTicket) {}

pub fn follow(_: RwSignal<CustomerTicket>, _: String) -> RwSignal<Option<MessageId>> {
    RwSignal::new(None)
}
