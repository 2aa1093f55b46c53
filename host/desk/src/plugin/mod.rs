//! Plugins: which are installed, what they may, and what they did.
//!
//! The desk keeps files, grants and accounts; the host behind [`crate::outside::Outside`] runs the code. A plugin is never
//! told of rows, and never waited for inside a write.

mod breaker;
mod finding;
mod install;
mod ledger;
mod mind;
mod opinion;
mod reaction;
mod shipped;
mod state;
mod trace;

pub use finding::Found;
pub use ledger::{Deed, Departure, Doings, Line};
pub(crate) use mind::asked;
pub use mind::{Glimpse, Mind};
pub use opinion::Label;
pub use reaction::{Happening, Proposal};
pub use state::{Expect, Kept, Refusal};

use crate::{Desk, Error, Result, Why, access::administrator, db::word, model::*};
use package::{Interface, Manifest, Misfit, wants};

/// A plugin that should run on this desk, as the host needs to know it.
#[derive(Clone, Debug)]
pub struct Running {
    pub id: PluginId,
    /// Its file among the blobs.
    pub hash: String,
    pub manifest: Manifest,
    pub exports: Vec<Interface>,
    pub granted: Vec<Want>,
    /// It failed again and again, and this is one more try.
    pub on_trial: bool,
}

/// What a plugin's form does not take, under the name of what it was given in: the first of it.
pub(crate) fn misfit(given: &str, misfits: Vec<Misfit>) -> Error {
    match misfits.into_iter().next() {
        Some(Misfit::Missing(name)) => Error::invalid(&format!("{given}.{name}"), Why::Missing),
        Some(Misfit::Wrong(name) | Misfit::Unknown(name)) => {
            Error::invalid(&format!("{given}.{name}"), Why::NotAChoice)
        }
        None => Error::invalid(given, Why::NotAChoice),
    }
}

#[derive(sqlx::FromRow)]
struct PluginRow {
    id: PluginId,
    hash: String,
    previous: Option<String>,
    publisher: Option<String>,
    granted: String,
    off_at: Option<i64>,
    tripped_at: Option<i64>,
    tripped_why: Option<String>,
    retry_at: Option<i64>,
    picture: Option<String>,
    installed_at: i64,
    changed_at: i64,
    accounts: i64,
    unread: i64,
}

/// Installed plugins `p`, with what stands behind.
macro_rules! plugin_rows {
    ($tail:literal) => {
        concat!(
            "select p.id, p.hash, p.previous, p.publisher, p.granted, p.off_at, p.tripped_at, p.tripped_why,
                    p.retry_at, v.picture, p.installed_at, p.changed_at,
                    (select count(*) from channel c where c.plugin_id = p.id) as accounts,
                    (select count(*) from hook_call h join channel c on c.account_id = h.account_id
                     where c.plugin_id = p.id and h.aside = 'failed') as unread
             from plugin p join plugin_version v on v.plugin_id = p.id and v.hash = p.hash ",
            $tail
        )
    };
}

impl PluginRow {
    fn state(&self) -> PluginState {
        match (self.off_at, self.tripped_at) {
            (Some(_), _) => PluginState::Off,
            (None, Some(_)) => PluginState::Tripped,
            (None, None) => PluginState::On,
        }
    }
}

impl Desk {
    /// What is installed, by id. For administrators.
    pub async fn plugins(&self, actor: &Actor) -> Result<Vec<Plugin>> {
        administrator(actor)?;
        let rows: Vec<PluginRow> = sqlx::query_as(plugin_rows!("order by p.id")).fetch_all(self.read()).await?;
        let mut plugins = Vec::with_capacity(rows.len());
        for row in rows {
            plugins.push(self.plugin_card(row).await?);
        }
        Ok(plugins)
    }

    /// # Errors
    /// [`Error::NotFound`] for what is not installed.
    pub async fn plugin(&self, actor: &Actor, id: &PluginId) -> Result<Plugin> {
        administrator(actor)?;
        let row = self.plugin_row(id).await?;
        self.plugin_card(row).await
    }

    /// The names of plugins that switched themselves off and wait for another try; for whoever is no administrator, none.
    pub async fn tripped_plugins(&self, actor: &Actor) -> Result<Vec<Words>> {
        if administrator(actor).is_err() {
            return Ok(vec![]);
        }
        let manifests: Vec<String> = sqlx::query_scalar(
            "select v.manifest from plugin p join plugin_version v on v.plugin_id = p.id and v.hash = p.hash
             where p.tripped_at is not null and p.off_at is null order by p.id",
        )
        .fetch_all(self.read())
        .await?;
        manifests.iter().map(|json| Ok(serde_json::from_str::<Manifest>(json)?.name)).collect()
    }

    async fn plugin_row(&self, id: &PluginId) -> Result<PluginRow> {
        Ok(sqlx::query_as(plugin_rows!("where p.id = $1")).bind(id.clone()).fetch_one(self.read()).await?)
    }

    async fn plugin_card(&self, row: PluginRow) -> Result<Plugin> {
        let version = self.plugin_version(&row.id, &row.hash).await?;
        let granted: Vec<Want> = serde_json::from_str(&row.granted)?;
        let previous = match &row.previous {
            Some(hash) => Some(self.plugin_version(&row.id, hash).await?.manifest.version),
            None => None,
        };
        let wants: Vec<Wanted> = version
            .wants()
            .into_iter()
            .map(|want| {
                // What was installed before there was this line has it all the same.
                let takes = matches!(want, Want::Take { .. });
                let wanted = wanted(want, &granted, &version.manifest);
                Wanted { granted: wanted.granted || takes, ..wanted }
            })
            .collect();
        let manifest = version.manifest;
        Ok(Plugin {
            state: row.state(),
            why: row.tripped_why,
            retry_at: row.retry_at,
            picture: row.picture.is_some(),
            wants,
            id: row.id,
            name: manifest.name,
            summary: manifest.summary,
            version: manifest.version,
            author: manifest.author,
            licence: manifest.licence,
            website: manifest.website,
            kinds: manifest.kind,
            publisher: row.publisher,
            previous,
            accounts: row.accounts as u32,
            unread: row.unread as u32,
            installed_at: row.installed_at,
            changed_at: row.changed_at,
        })
    }

    pub(crate) async fn plugin_version(&self, id: &PluginId, hash: &str) -> Result<Version> {
        let (manifest, exports): (String, String) =
            sqlx::query_as("select manifest, exports from plugin_version where plugin_id = $1 and hash = $2")
                .bind(id.clone())
                .bind(hash.to_owned())
                .fetch_one(self.read())
                .await?;
        Ok(Version { manifest: serde_json::from_str(&manifest)?, exports: interfaces(&exports)? })
    }

    /// The manifest of the version that is installed.
    pub(crate) async fn manifest(&self, id: &PluginId) -> Result<Manifest> {
        let json: String = sqlx::query_scalar(
            "select v.manifest from plugin p join plugin_version v on v.plugin_id = p.id and v.hash = p.hash where p.id = $1",
        )
        .bind(id.clone())
        .fetch_one(self.read())
        .await?;
        Ok(serde_json::from_str(&json)?)
    }

    /// Its picture: media type and bytes; also of one that comes with the program and is not installed. Nothing secret:
    /// every agent may see it.
    pub async fn plugin_picture(&self, id: &PluginId) -> Result<(String, Vec<u8>)> {
        let Some(row) = self.plugin_row_if_there(id).await? else { return self.shipped_picture(id) };
        let file = self.blobs().get(&row.hash).await?;
        let package = package::Package::open(&file).map_err(Error::internal)?;
        package.picture.map(|picture| (picture.mime.to_owned(), picture.bytes)).ok_or(Error::NotFound)
    }

    /// Files that may run now or later: every version that is installed, and what comes with the program.
    pub async fn plugin_files(&self) -> Result<Vec<String>> {
        let files = sqlx::query_scalar("select hash from plugin_version union select hash from shipped");
        Ok(files.fetch_all(self.read()).await?)
    }

    /// What the host should run now. One that failed again and again is tried anew when its pause is over.
    pub async fn running_plugins(&self) -> Result<Vec<Running>> {
        let rows: Vec<(PluginId, String, String, String, String, Option<i64>)> = sqlx::query_as(
            "select p.id, p.hash, p.granted, v.manifest, v.exports, p.tripped_at from plugin p
             join plugin_version v on v.plugin_id = p.id and v.hash = p.hash
             where p.off_at is null and (p.tripped_at is null or p.retry_at <= $1) order by p.installed_at, p.id",
        )
        .bind(self.clock().now())
        .fetch_all(self.read())
        .await?;
        let running = |(id, hash, granted, manifest, exports, tripped): (_, _, String, String, String, Option<i64>)| {
            Ok(Running {
                id,
                hash,
                manifest: serde_json::from_str(&manifest)?,
                exports: interfaces(&exports)?,
                granted: serde_json::from_str(&granted)?,
                on_trial: tripped.is_some(),
            })
        };
        rows.into_iter().map(running).collect()
    }
}

/// A version of a plugin that was installed.
pub(crate) struct Version {
    pub manifest: Manifest,
    exports: Vec<Interface>,
}

impl Version {
    pub fn wants(&self) -> Vec<Want> {
        wants(&self.manifest, &self.exports)
    }
}

/// What a version exports, as its row keeps it.
fn interfaces(row: &str) -> Result<Vec<Interface>> {
    row.split_whitespace().map(|name| word::<Exported>(name).map(|it| it.0)).collect()
}

/// An interface, as its row spells it.
struct Exported(Interface);

impl std::str::FromStr for Exported {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Interface::named(text).map(Self).ok_or_else(|| format!("not an interface: {text}"))
    }
}

fn wanted(want: Want, granted: &[Want], manifest: &Manifest) -> Wanted {
    Wanted {
        granted: granted.contains(&want),
        needed: want.is_needed(manifest),
        grave: want.is_grave(),
        names: want.names(manifest),
        why: want.why(manifest),
        want,
    }
}
