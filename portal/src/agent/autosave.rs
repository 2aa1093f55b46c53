//! The same half-written text on every device: a moment after the last key it lies on the server too. SAV-1, C-17.

use super::calls;
use desk::model::Kept;
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

/// After the last key.
const PAUSE: Duration = Duration::from_millis(1_200);

/// One text's way to the server. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Autosave {
    place: StoredValue<String>,
    kind: &'static str,
    /// What has not been handed over yet; `None` inside is a text that is no more.
    waiting: StoredValue<Option<Option<String>>>,
    keys: StoredValue<u32>,
    busy: StoredValue<bool>,
    /// Sent while it was on its way.
    sent: StoredValue<bool>,
    version: StoredValue<i64>,
    /// Called with what another device kept meanwhile: nothing of it has been overwritten. Answers what is to be handed over
    /// now, if more is here.
    met: Callback<Kept, Option<String>>,
    /// Called with the version that the server has now, and whether it has all of the text.
    kept: Callback<(i64, bool)>,
}

impl Autosave {
    /// Of the text that was read with `version`; 0 where the server has none.
    pub fn new(
        place: String,
        kind: &'static str,
        version: i64,
        met: Callback<Kept, Option<String>>,
        kept: Callback<(i64, bool)>,
    ) -> Self {
        Self {
            place: StoredValue::new(place),
            kind,
            waiting: StoredValue::new(None),
            keys: StoredValue::new(0),
            busy: StoredValue::new(false),
            sent: StoredValue::new(false),
            version: StoredValue::new(version),
            met,
            kept,
        }
    }

    /// The text here goes on from this version of the server's.
    pub fn goes_on_from(self, version: i64) {
        self.version.set_value(version);
    }

    /// Looks what the server has. `met` is called when that is newer than what is here.
    pub fn look(self) {
        let (place, kind) = (self.place.get_value(), self.kind);
        spawn_local(async move {
            if let Ok(there) = calls::read_draft(place, kind.to_owned()).await {
                self.meet(there);
                self.now();
            }
        });
    }

    fn meet(self, there: Option<Kept>) {
        let here = self.version.try_get_value().unwrap_or(i64::MAX);
        // Gone there: sent or thrown away on another device.
        let there = there.unwrap_or_default();
        if there.version > here || there.version == 0 && here > 0 && here < i64::MAX {
            self.version.set_value(there.version);
            if let Some(Some(body)) = self.met.try_run(there) {
                self.waiting.set_value(Some(Some(body)));
            }
        }
    }

    /// Hands the text over a moment after the last call.
    pub fn later(self, body: Option<String>) {
        self.waiting.set_value(Some(body));
        self.keys.update_value(|keys| *keys += 1);
        let this = self.keys.get_value();
        set_timeout(
            move || {
                if self.keys.try_get_value() == Some(this) {
                    self.now();
                }
            },
            PAUSE,
        );
    }

    /// Hands over what waits. One at a time: what comes meanwhile goes after it.
    pub fn now(self) {
        if self.busy.try_get_value() != Some(false) {
            return;
        }
        let Some(body) = self.waiting.try_update_value(Option::take).flatten() else { return };
        self.busy.set_value(true);
        let (place, kind, version) = (self.place.get_value(), self.kind.to_owned(), self.version.get_value());
        spawn_local(async move {
            let answer = match &body {
                Some(body) => calls::save_draft(place.clone(), kind.clone(), body.clone(), version).await,
                None if version == 0 => Ok(Some(0)),
                None => calls::drop_draft(place.clone(), kind.clone()).await.map(|()| Some(0)),
            };
            let mut again = false;
            match answer {
                // It may have come there after what was sent.
                _ if self.sent.try_get_value() == Some(true) => {
                    calls::drop_draft(place, kind).await.ok();
                    self.sent.try_set_value(false);
                    again = true;
                }
                Ok(Some(version)) => {
                    self.version.try_set_value(version);
                    self.kept.try_run((version, self.waiting.try_with_value(Option::is_none) == Some(true)));
                    again = true;
                }
                Ok(None) => {
                    if let Ok(there) = calls::read_draft(place, kind).await {
                        self.meet(there);
                        again = true;
                    }
                }
                // It lies in this browser all the same, and is handed over with the next key.
                Err(_) => {}
            }
            self.busy.try_set_value(false);
            if again {
                self.now();
            }
        });
    }

    /// The text was sent: nothing of it is handed over any more, and what came to the server while it was sent is nothing
    /// half-written.
    pub fn forget(self) {
        self.waiting.try_set_value(None);
        self.keys.try_update_value(|keys| *keys += 1);
        self.version.try_set_value(0);
        if self.busy.try_get_value() != Some(false) {
            self.sent.try_set_value(true);
            return;
        }
        self.busy.set_value(true);
        let (place, kind) = (self.place.get_value(), self.kind.to_owned());
        spawn_local(async move {
            calls::drop_draft(place, kind).await.ok();
            self.busy.try_set_value(false);
            self.now();
        });
    }
}
