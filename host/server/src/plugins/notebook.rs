//! What plugins did, gathered here and written down every few seconds: a call must not wait for a disk, and a thousand
//! calls a second must not be a thousand writes.

use desk::{
    Desk,
    model::PluginId,
    plugin::{Deed, Departure, Doings, Line},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// Entries of a kind that wait at most.
const MOST: usize = 10_000;
/// What each plugin has room for, whatever others did: a flood of theirs is no reason to keep it from the net.
const OWN: usize = 500;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Notebook(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    deeds: Page<Deed>,
    failures: Page<Deed>,
    lines: Page<Line>,
    departures: Page<Departure>,
    /// How many did not get in.
    lost: usize,
}

/// Entries of one kind, and how many of them are each plugin's.
struct Page<T> {
    entries: Vec<T>,
    of: BTreeMap<PluginId, usize>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { entries: vec![], of: BTreeMap::new() }
    }
}

impl<T> Page<T> {
    /// A plugin has a share of its own. Beyond that it gets no more room than it leaves free: one that floods keeps half of the
    /// page from the others, and never all of it.
    fn has_room(&self, plugin: &PluginId) -> bool {
        self.of.get(plugin).copied().unwrap_or(0) < MOST.saturating_sub(self.entries.len()).max(OWN)
    }

    /// How many are lost by it: one where there is no room.
    fn add(&mut self, plugin: PluginId, entry: T) -> usize {
        let fits = self.has_room(&plugin);
        if fits {
            self.push(plugin, entry);
        }
        usize::from(!fits)
    }

    fn push(&mut self, plugin: PluginId, entry: T) {
        *self.of.entry(plugin).or_default() += 1;
        self.entries.push(entry);
    }
}

impl Notebook {
    pub fn deed(&self, deed: Deed) {
        self.pages().deed(deed);
    }

    pub fn line(&self, mut line: Line) {
        if line.at == 0 {
            line.at = now();
        }
        self.pages().line(line);
    }

    /// What left stands in the ledger, always: whoever lets something leave asks [`Self::has_room`] before. What did not leave
    /// stands there where there is room.
    pub fn departure(&self, departure: Departure) {
        let mut pages = self.pages();
        if departure.sent > 0 {
            pages.departures.push(departure.plugin.clone(), departure);
        } else {
            pages.lost += pages.departures.add(departure.plugin.clone(), departure);
        }
    }

    /// Whether a plugin may let something leave: there is room to say so.
    pub fn has_room(&self, plugin: &PluginId) -> bool {
        self.pages().departures.has_room(plugin)
    }

    /// Takes the lines out, for whoever shows them at once.
    pub fn lines(&self) -> Vec<Line> {
        std::mem::take(&mut self.pages().lines).entries
    }

    /// Writes everything down. What can't be written now waits for the next time.
    pub async fn write_down(&self, desk: &Desk) {
        let Pages { deeds, failures, lines, departures, lost } = std::mem::take(&mut *self.pages());
        if lost > 0 {
            tracing::warn!(lost, "plugins did more than could be written down");
        }
        let mut doings = Doings {
            deeds: deeds.entries,
            failures: failures.entries,
            lines: lines.entries,
            departures: departures.entries,
        };
        if let Err(why) = desk.note_plugin_use(&mut doings).await {
            tracing::warn!(%why, "what plugins did can't be written down now");
            self.pages().put_back(doings);
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(|lost| lost.into_inner())
    }
}

impl Pages {
    fn deed(&mut self, mut deed: Deed) {
        if deed.failed || deed.error {
            self.lost += self.failures.add(deed.plugin.clone(), deed.clone());
            deed.record = None;
        }
        self.lost += self.deeds.add(deed.plugin.clone(), deed);
    }

    fn line(&mut self, line: Line) {
        self.lost += self.lines.add(line.plugin.clone(), line);
    }

    /// Before what came meanwhile.
    fn put_back(&mut self, old: Doings) {
        let new = std::mem::take(self);
        self.lost = new.lost;
        for deed in old.deeds.into_iter().chain(new.deeds.entries) {
            self.lost += self.deeds.add(deed.plugin.clone(), deed);
        }
        for deed in old.failures.into_iter().chain(new.failures.entries) {
            self.lost += self.failures.add(deed.plugin.clone(), deed);
        }
        old.lines.into_iter().chain(new.lines.entries).for_each(|line| self.line(line));
        for departure in old.departures.into_iter().chain(new.departures.entries) {
            self.departures.push(departure.plugin.clone(), departure);
        }
    }
}

/// Unix microseconds.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_micros() as i64)
}

#[cfg(test)]
mod tests {
    use super::{Departure, Doings, MOST, Notebook, OWN};
    use desk::{model::PluginId, plugin::Line};

    fn line(plugin: &str, words: usize) -> Line {
        Line { plugin: PluginId(plugin.to_owned()), account: None, at: 1, level: "info", words: words.to_string() }
    }

    #[test]
    fn one_that_floods_keeps_no_other_out_and_what_was_not_written_stays_in_its_order() {
        let notebook = Notebook::default();
        (0..3 * MOST).for_each(|number| notebook.line(line("loud", number)));
        (0..100).for_each(|number| notebook.line(line("calm", number)));
        let lines = notebook.lines();
        let of = |plugin: &str| lines.iter().filter(|line| line.plugin.0 == plugin).count();
        assert_eq!((of("loud"), of("calm")), (MOST / 2, 100));
        notebook.line(line("calm", 2));
        notebook.pages().put_back(Doings { lines: vec![line("calm", 0), line("calm", 1)], ..Doings::default() });
        assert_eq!(notebook.lines(), [line("calm", 0), line("calm", 1), line("calm", 2)]);
    }

    #[test]
    fn however_many_flood_each_has_room_of_its_own_and_what_left_is_written_down() {
        let notebook = Notebook::default();
        let departure = |plugin: &str, sent: u64| Departure {
            plugin: PluginId(plugin.to_owned()),
            account: None,
            at: 1,
            method: "GET".to_owned(),
            host: String::new(),
            path: String::new(),
            headers: String::new(),
            status: None,
            sent,
            received: 0,
            micros: 0,
            decision: String::new(),
        };
        for plugin in 0..20 {
            (0..MOST).for_each(|_| notebook.departure(departure(&format!("loud{plugin}"), 0)));
        }
        assert!(notebook.pages().departures.entries.len() <= MOST + 20 * OWN);
        assert!(!notebook.has_room(&PluginId("loud0".to_owned())));
        assert!(notebook.has_room(&PluginId("calm".to_owned())));
        let before = notebook.pages().departures.entries.len();
        notebook.departure(departure("loud0", 7));
        assert_eq!(notebook.pages().departures.entries.len(), before + 1);
    }
}
