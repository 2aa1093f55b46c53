//! The plugins that run now. Replacing them is putting another list in place: a call keeps the plugin it began with.

use super::loaded::Loaded;
use desk::{
    model::{PluginId, Setback},
    outside::Unreadable,
};
use package::Kind;
use std::sync::{Arc, RwLock};

/// Cheap to clone; all clones show the same.
#[derive(Clone, Default)]
pub struct Shelf(Arc<RwLock<Arc<[Arc<Loaded>]>>>);

impl Shelf {
    /// What runs now, in the order of installation.
    pub fn all(&self) -> Arc<[Arc<Loaded>]> {
        self.0.read().unwrap_or_else(|lost| lost.into_inner()).clone()
    }

    pub fn put(&self, plugins: Vec<Arc<Loaded>>) {
        *self.0.write().unwrap_or_else(|lost| lost.into_inner()) = plugins.into();
    }

    /// # Errors
    /// Not now: it may be switched on again.
    pub fn get(&self, id: &PluginId) -> Result<Arc<Loaded>, Unreadable> {
        let all = self.all();
        let found = all.iter().find(|plugin| plugin.id == *id).cloned();
        found.ok_or_else(|| Unreadable::not_now(Setback::NotRunning.about(id)))
    }

    /// The first of a kind.
    ///
    /// # Errors
    /// Not now: one may be installed.
    pub fn first(&self, kind: Kind) -> Result<Arc<Loaded>, Unreadable> {
        let found = self.all().iter().find(|plugin| plugin.is(kind)).cloned();
        found.ok_or_else(|| Unreadable::not_now(Setback::NothingRuns.as_str()))
    }
}
