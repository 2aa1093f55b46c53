//! How often the database is asked, and for how much: what a story proves without a clock.
//!
//! The driver tells of every statement; those of one piece of work are known by the span that it is done in, whichever
//! thread they run on.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Mutex, Once, PoisonError},
};
use tracing::{
    Event, Instrument, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, filter::filter_fn, layer::Context, prelude::*, registry::LookupSpan};

/// What one piece of work asked of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub statements: u64,
    /// Rows that came back.
    pub rows: u64,
}

static ASKED: Mutex<Option<HashMap<u64, Asked>>> = Mutex::new(None);
static LISTENING: Once = Once::new();
const SPAN: &str = "counted";

/// Does the work, and says what it asked.
pub async fn counted<T>(work: impl Future<Output = T>) -> (T, Asked) {
    LISTENING.call_once(|| {
        let wanted = filter_fn(|about| about.target() == "sqlx::query" || about.name() == SPAN);
        let listener = tracing_subscriber::registry().with(Counter.with_filter(wanted));
        tracing::subscriber::set_global_default(listener).expect("nobody else listens in these stories");
    });
    let span = tracing::info_span!("counted");
    let id = span.id().expect("it is listened to").into_u64();
    with(|asked| asked.insert(id, Asked::default()));
    let done = work.instrument(span).await;
    (done, with(|asked| asked.remove(&id)).unwrap_or_default())
}

fn with<T>(look: impl FnOnce(&mut HashMap<u64, Asked>) -> T) -> T {
    look(ASKED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

struct Counter;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Counter {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(scope) = context.event_scope(event) else { return };
        let mut rows = Rows(0);
        event.record(&mut rows);
        for span in scope.filter(|span| span.name() == SPAN) {
            with(|asked| {
                if let Some(asked) = asked.get_mut(&span.id().into_u64()) {
                    asked.statements += 1;
                    asked.rows += rows.0;
                }
            });
        }
    }
}

struct Rows(u64);

impl Visit for Rows {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.0 = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
