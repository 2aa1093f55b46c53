//! What plugins did, gathered here and written down every few seconds: a call must not wait for a disk, and a thousand
//! calls a second must not be a thousand writes.

use desk::{
    Desk,
    plugin::{Deed, Departure, Line},
};
use std::sync::{Arc, Mutex};

/// Entries that wait at most; what comes beyond is counted and lost.
const MOST: usize = 10_000;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Notebook(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    deeds: Vec<Deed>,
    lines: Vec<Line>,
    departures: Vec<Departure>,
    lost: usize,
}

impl Notebook {
    pub fn deed(&self, deed: Deed) {
        self.add(|pages| &mut pages.deeds, deed);
    }

    pub fn line(&self, mut line: Line) {
        if line.at == 0 {
            line.at = now();
        }
        self.add(|pages| &mut pages.lines, line);
    }

    pub fn departure(&self, departure: Departure) {
        self.add(|pages| &mut pages.departures, departure);
    }

    fn add<T>(&self, page: impl FnOnce(&mut Pages) -> &mut Vec<T>, entry: T) {
        let mut pages = self.0.lock().unwrap_or_else(|lost| lost.into_inner());
        let page = page(&mut pages);
        if page.len() < MOST {
            page.push(entry);
        } else {
            pages.lost += 1;
        }
    }

    /// Takes the lines out, for whoever shows them at once.
    pub fn lines(&self) -> Vec<Line> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(|lost| lost.into_inner()).lines)
    }

    /// Writes everything down.
    pub async fn write_down(&self, desk: &Desk) {
        let pages = std::mem::take(&mut *self.0.lock().unwrap_or_else(|lost| lost.into_inner()));
        if pages.lost > 0 {
            tracing::warn!(lost = pages.lost, "plugins did more than could be written down");
        }
        if let Err(why) = desk.note_plugin_use(&pages.deeds, &pages.lines, &pages.departures).await {
            tracing::warn!(%why, "what plugins did could not be written down");
        }
    }
}

/// Unix microseconds.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_micros() as i64)
}
