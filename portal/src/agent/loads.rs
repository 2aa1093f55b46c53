//! What the pages of the workspace are drawn from.
//!
//! Made with the frame and not with a page: the server calls a closure once to look for what is to be loaded and once more
//! to draw, and what is made in it would be loaded twice, drawn from the one and handed on to the browser from the other.

use super::{
    caller_log::{self, CallerLog},
    calls,
    here::Here,
    place::{Page, Place},
};
use crate::Fault;
use desk::model::{Hits, List, Sift, Ticket, TicketPage};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Each is nothing where no page shows it.
#[derive(Clone, Copy)]
pub struct Loads {
    pub list: Memo<List>,
    pub rows: Resource<Result<Option<TicketPage>, Fault>>,
    pub ticket: Resource<Result<Option<Ticket>, Fault>>,
    pub query: Memo<String>,
    /// What of the hits is wanted.
    pub sift: RwSignal<Sift>,
    pub hits: Resource<Result<Option<Hits>, Fault>>,
    pub calls: Resource<Result<Option<CallerLog>, Fault>>,
}

impl Loads {
    /// To be called once by the frame.
    pub fn new(here: Here, place: Memo<Place>) -> Self {
        let list = Memo::new(move |_| match place.get() {
            Place::List { list, .. } => list,
            _ => here.list.get_untracked(),
        });
        let rows = Resource::new(
            move || (place.get().page() == Page::Lists).then(|| list.get()),
            |list| async move {
                match list {
                    Some(list) => calls::load_list(list, None).await.map(Some),
                    None => Ok(None),
                }
            },
        );
        let ticket = Resource::new(
            move || place.get().number(),
            |number| async move {
                match number {
                    Some(number) => calls::load_ticket(number).await.map(Some),
                    None => Ok(None),
                }
            },
        );
        let params = use_query_map();
        let query = Memo::new(move |_| match place.get().page() {
            Page::Search => params.with(|params| params.get("q").unwrap_or_default()),
            _ => String::new(),
        });
        let sift = RwSignal::new(Sift::default());
        let hits = Resource::new(
            move || (query.get(), sift.get()),
            |(query, sift)| async move {
                if query.trim().is_empty() { Ok(None) } else { calls::search_tickets(query, sift).await.map(Some) }
            },
        );
        let calls = Resource::new(
            move || place.get().page() == Page::Calls,
            |shown| async move {
                match shown {
                    true => caller_log::load().await.map(Some),
                    false => Ok(None),
                }
            },
        );
        Self { list, rows, ticket, query, sift, hits, calls }
    }
}

/// What the page around this component is drawn from.
pub fn loads() -> Loads {
    expect_context::<Loads>()
}
