//! A folder that is looked into for plugins. Whoever runs the machine puts a file there; on the plugins' page an
//! administrator says yes to it, as to what comes with the program. What is installed already is replaced by itself by a
//! newer version in there, as [`desk::Desk::renew_plugins`] allows.

use desk::{Desk, outside::Offered};
use package::Package;
use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
    time::{Duration, SystemTime},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// From one look to the next.
const PAUSE: Duration = Duration::from_secs(2);
/// Larger ones are no plugins.
const LARGEST: u64 = 64 << 20;
/// More than these are not looked at.
const MOST: usize = 500;

/// When a file was written, and how large it is: what shows that it is another.
type Mark = (SystemTime, u64);

/// What lay there at the last look; nothing stands for what is no plugin.
type Known = BTreeMap<PathBuf, (Mark, Option<Arc<Offered>>)>;

pub struct Folder {
    path: PathBuf,
    known: RwLock<Known>,
}

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self { path, known: RwLock::default() }
    }

    /// What lay there at the last look.
    pub fn offered(&self) -> Vec<Arc<Offered>> {
        let known = self.known.read().unwrap_or_else(|lost| lost.into_inner());
        known.values().filter_map(|(_, plugin)| plugin.clone()).collect()
    }

    /// Looks again, and opens what changed; whether anything did. Blocks.
    fn look(&self) -> bool {
        let there = files(&self.path);
        let mut known = self.known.write().unwrap_or_else(|lost| lost.into_inner());
        let before = known.len();
        known.retain(|path, (mark, _)| there.get(path) == Some(mark));
        let mut changed = known.len() != before;
        for (path, mark) in there {
            if let Entry::Vacant(new) = known.entry(path) {
                let plugin = open(new.key());
                new.insert((mark, plugin));
                changed = true;
            }
        }
        changed
    }

    /// Looks every two seconds, until told to stop.
    pub async fn watch(self: Arc<Self>, desk: Desk, stop: CancellationToken) {
        loop {
            let folder = self.clone();
            let changed = tokio::task::spawn_blocking(move || folder.look()).await.unwrap_or_default();
            if changed && let Err(error) = desk.renew_plugins().await {
                warn!(%error, "plugins in the folder could not be installed");
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Mark> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let marked = entries.flatten().filter_map(|entry| {
        let (path, about) = (entry.path(), entry.metadata().ok()?);
        let plugin = about.is_file() && path.extension().is_some_and(|ending| ending == "wasm");
        plugin.then_some((path, (about.modified().ok()?, about.len())))
    });
    marked.take(MOST).collect()
}

/// None for what is no plugin, which is told once.
fn open(path: &Path) -> Option<Arc<Offered>> {
    let told = path.display();
    if fs::metadata(path).ok()?.len() > LARGEST {
        warn!("{told} is too large for a plugin");
        return None;
    }
    let file = fs::read(path).inspect_err(|error| warn!(%error, "{told} can't be read")).ok()?;
    // One that is still being written is looked at again when it has grown.
    let package = Package::open(&file).inspect_err(|trouble| warn!("{told} is no plugin: {trouble}")).ok()?;
    info!("{told} offers {} {}", package.manifest.id, package.manifest.version);
    Some(Arc::new(Offered { package, file: Cow::Owned(file), aside: true }))
}
