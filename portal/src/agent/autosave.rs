//! The same half-written text on every device: a moment after the last key it lies on the server too. SAV-1, C-17.

use super::calls;
use desk::model::Kept;
use leptos::{prelude::*, task::spawn_local};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// After the last key.
const PAUSE: Duration = Duration::from_millis(1_200);

/// One text's way to the server. Cheap to copy, and gone with its screen; what is on its way then arrives all the same.
#[derive(Clone, Copy)]
pub struct Autosave(StoredValue<Arc<Line>>);

/// What is on its way to the server, and what becomes of it.
pub struct Line {
    place: String,
    kind: &'static str,
    state: Mutex<State>,
    met: Box<Met>,
    kept: Box<HandedOver>,
}

/// Called with what another device kept meanwhile: nothing of it has been overwritten. Answers what is to be handed over now, if
/// more is here.
type Met = dyn Fn(Kept) -> Option<String> + Send + Sync;
/// Called with the version that the server has now, and the text that it has in it.
type HandedOver = dyn Fn(i64, Option<&str>) + Send + Sync;

#[derive(Default)]
struct State {
    /// What has not been handed over yet; `None` inside is a text that is no more.
    waiting: Option<Option<String>>,
    keys: u32,
    busy: bool,
    /// The text was sent while it was on its way here.
    sent: bool,
    version: i64,
}

impl Autosave {
    /// Of the text that was read with `version`; 0 where the server has none.
    pub fn new(
        place: String,
        kind: &'static str,
        version: i64,
        met: impl Fn(Kept) -> Option<String> + Send + Sync + 'static,
        kept: impl Fn(i64, Option<&str>) + Send + Sync + 'static,
    ) -> Self {
        let state = Mutex::new(State { version, ..State::default() });
        Self(StoredValue::new(Arc::new(Line { place, kind, state, met: Box::new(met), kept: Box::new(kept) })))
    }

    /// What goes on when the screen is gone; nothing where it is gone already.
    pub fn line(self) -> Option<Arc<Line>> {
        self.0.try_get_value()
    }

    /// The text here goes on from this version of the server's.
    pub fn goes_on_from(self, version: i64) {
        if let Some(line) = self.line() {
            line.state().version = version;
        }
    }

    /// Looks what the server has. `met` is called when that is newer than what is here.
    pub fn look(self) {
        let Some(line) = self.line() else { return };
        spawn_local(async move {
            if let Ok(there) = calls::read_draft(line.place.clone(), line.kind.to_owned()).await {
                line.meet(there);
                line.now();
            }
        });
    }

    /// Hands the text over a moment after the last call.
    pub fn later(self, body: Option<String>) {
        let Some(line) = self.line() else { return };
        let this = {
            let mut state = line.state();
            state.waiting = Some(body);
            state.keys += 1;
            state.keys
        };
        set_timeout(
            move || {
                if line.state().keys == this {
                    line.now();
                }
            },
            PAUSE,
        );
    }

    /// Hands over what waits.
    pub fn now(self) {
        if let Some(line) = self.line() {
            line.now();
        }
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meet(&self, there: Option<Kept>) {
        // Gone there: sent or thrown away on another device.
        let there = there.unwrap_or_default();
        {
            let mut state = self.state();
            if there.version <= state.version && (there.version > 0 || state.version == 0) {
                return;
            }
            state.version = there.version;
        }
        if let Some(body) = (self.met)(there) {
            self.state().waiting = Some(Some(body));
        }
    }

    /// Hands over what waits. One at a time: what comes meanwhile goes after it.
    fn now(self: Arc<Self>) {
        let (body, version) = {
            let mut state = self.state();
            if state.busy {
                return;
            }
            let Some(body) = state.waiting.take() else { return };
            state.busy = true;
            (body, state.version)
        };
        spawn_local(async move {
            let again = self.hand_over(body, version).await;
            self.state().busy = false;
            if again {
                self.now();
            }
        });
    }

    /// Whether what came meanwhile can follow at once.
    async fn hand_over(&self, body: Option<String>, version: i64) -> bool {
        let (place, kind) = (self.place.clone(), self.kind.to_owned());
        let answer = match &body {
            Some(body) => calls::save_draft(place.clone(), kind.clone(), body.clone(), version).await,
            None if version == 0 => Ok(Some(0)),
            None => calls::drop_draft(place.clone(), kind.clone()).await.map(|()| Some(0)),
        };
        // It may have come there after what was sent.
        if std::mem::take(&mut self.state().sent) {
            calls::drop_draft(place, kind).await.ok();
            return true;
        }
        match answer {
            Ok(Some(version)) => {
                self.state().version = version;
                (self.kept)(version, body.as_deref());
                true
            }
            Ok(None) => match calls::read_draft(place, kind).await {
                Ok(there) => {
                    self.meet(there);
                    true
                }
                Err(_) => false,
            },
            // It lies in this browser all the same, and is handed over with the next key.
            Err(_) => false,
        }
    }

    /// The text was sent: nothing of it is handed over any more, and what came to the server while it was sent is nothing
    /// half-written.
    pub fn forget(self: Arc<Self>) {
        {
            let mut state = self.state();
            state.waiting = None;
            state.keys += 1;
            state.version = 0;
            if state.busy {
                state.sent = true;
                return;
            }
            state.busy = true;
        }
        spawn_local(async move {
            calls::drop_draft(self.place.clone(), self.kind.to_owned()).await.ok();
            self.state().busy = false;
            self.now();
        });
    }
}
