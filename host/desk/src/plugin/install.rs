//! A plugin comes, is replaced, goes back, is switched, and goes.
//!
//! What an administrator grants is a line of the sheet. A newer version shows which lines are new, and the old one runs on
//! until somebody has answered.

use super::{PluginRow, shipped::SHIPPED, wanted};
use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    db::{Fact, Write},
    model::*,
};
use package::{Manifest, Package};
use serde_json::Value;

/// Versions of one plugin that are kept.
const KEPT_VERSIONS: i64 = 5;

impl Desk {
    /// Looks a file through and runs its description once, under limits. Nothing is installed.
    ///
    /// # Errors
    /// For the field `file`, with what is wrong in a sentence.
    pub async fn look_at_plugin(&self, actor: &Actor, file: Vec<u8>) -> Result<PluginSheet> {
        administrator(actor)?;
        let (package, file) = opened(file).await?;
        let id = PluginId(package.manifest.id.clone());
        let before = self.plugin_row_if_there(&id).await?;
        self.check_publisher(before.as_ref(), &package, true).await?;
        let hash = self.blobs().put(file).await?;
        self.loosen_plugin_file(&hash).await?;
        self.outside().try_plugin(&hash).await.map_err(|why| unfit(Flaw::Trial, &why.words))?;
        self.sheet_of(package, before).await
    }

    /// The sheet of a file that was looked at, again.
    ///
    /// # Errors
    /// [`Error::NotFound`] once the file was let go: an hour after it was looked at, unless it is installed.
    pub async fn plugin_sheet(&self, actor: &Actor, file: &str) -> Result<PluginSheet> {
        administrator(actor)?;
        let file = self.blobs().get(file).await?;
        // Anything else among the blobs is nobody's sheet.
        let (package, _) = opened(file).await.map_err(|_| Error::NotFound)?;
        let before = self.plugin_row_if_there(&PluginId(package.manifest.id.clone())).await?;
        self.check_publisher(before.as_ref(), &package, true).await?;
        self.sheet_of(package, before).await
    }

    async fn sheet_of(&self, package: Package, before: Option<PluginRow>) -> Result<PluginSheet> {
        let id = PluginId(package.manifest.id.clone());
        let granted: Vec<Want> = match &before {
            Some(row) => serde_json::from_str(&row.granted)?,
            None => vec![],
        };
        let installed = match &before {
            Some(row) => Some(self.plugin_version(&id, &row.hash).await?.manifest.version),
            None => None,
        };
        let publisher = self.publisher_of(&package).await?;
        let asked = package.wants();
        let manifest = package.manifest;
        Ok(PluginSheet {
            file: package.hash,
            id,
            wants: asked.into_iter().map(|want| wanted(want, &granted, &manifest)).collect(),
            name: manifest.name,
            summary: manifest.summary,
            version: manifest.version,
            author: manifest.author,
            licence: manifest.licence,
            website: manifest.website,
            kinds: manifest.kind,
            publisher,
            installed,
        })
    }

    /// Installs a file that was looked at, or replaces the version that is there; calls that are under way end with the
    /// version they began with.
    ///
    /// # Errors
    /// [`Why::Needed`] for `granted` without what the plugin is of no use without; [`Why::Unsigned`] and
    /// [`Why::OtherPublisher`] for `file`.
    pub async fn install_plugin(&self, actor: &Actor, install: Install) -> Result<Plugin> {
        administrator(actor)?;
        let file = self.blobs().get(&install.file).await.map_err(|_| Error::invalid("file", Why::NotAChoice))?;
        let (package, file) = opened(file).await?;
        let id = PluginId(package.manifest.id.clone());
        let before = self.plugin_row_if_there(&id).await?;
        self.check_publisher(before.as_ref(), &package, install.unsigned).await?;
        let wants = package.wants();
        if let Some(stranger) = install.granted.iter().position(|want| !wants.contains(want)) {
            return Err(Error::invalid(&format!("granted[{stranger}]"), Why::NotAChoice));
        }
        if wants.iter().any(|want| want.is_needed(&package.manifest) && !install.granted.contains(want)) {
            return Err(Error::invalid("granted", Why::Needed));
        }
        self.outside().try_plugin(&install.file).await.map_err(|why| unfit(Flaw::Trial, &why.words))?;
        self.put_plugin(actor, &package, file.len(), &install.granted, None).await?;
        self.plugin(actor, &id).await
    }

    /// Back to the version before, with what was granted while it ran: but for what was taken away since, which it does not
    /// get back by this.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none.
    pub async fn roll_back_plugin(&self, actor: &Actor, id: &PluginId) -> Result<Plugin> {
        administrator(actor)?;
        let row = self.plugin_row(id).await?;
        let previous = row.previous.ok_or(Error::NotFound)?;
        let (older, newer) = (self.plugin_version(id, &previous).await?, self.plugin_version(id, &row.hash).await?);
        let (now_runs, before) = (&older.manifest.version, &newer.manifest.version);
        let had: String = sqlx::query_scalar("select granted from plugin_version where plugin_id = $1 and hash = $2")
            .bind(id.clone())
            .bind(previous.clone())
            .fetch_one(self.read())
            .await?;
        let (had, has): (Vec<Want>, Vec<Want>) = (serde_json::from_str(&had)?, serde_json::from_str(&row.granted)?);
        let (may, asked) = (older.wants(), newer.wants());
        // Both versions may have lines that the other does not know.
        let granted: Vec<Want> =
            may.into_iter().filter(|want| has.contains(want) || had.contains(want) && !asked.contains(want)).collect();
        let granted = serde_json::to_string(&granted)?;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query(
            "update plugin set hash = $2, previous = $3, changed_at = $4, granted = $5, tripped_at = null, tripped_why = null,
                    tripped_door = null, retry_at = null, trips = 0 where id = $1",
        )
        .bind(id.clone())
        .bind(previous)
        .bind(row.hash)
        .bind(now)
        .bind(granted)
        .execute(write.sql())
        .await?;
        write.resume_all(id).await?;
        write
            .note_plugin(actor, EventKind::PluginInstalled, id, Some(before), Some(&format!("{id} {now_runs}")))
            .await?;
        self.commit(write).await?;
        self.outside().load_plugins(self).await;
        self.read_failed_again(id).await?;
        self.plugin(actor, id).await
    }

    /// Switches a plugin off or on. Off, what it has to do waits; on, one that had failed begins anew.
    pub async fn switch_plugin(&self, actor: &Actor, id: &PluginId, on: bool) -> Result<Plugin> {
        administrator(actor)?;
        let name = self.manifest(id).await?.name.en;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query(
            "update plugin set off_at = case when $2 = 1 then null else coalesce(off_at, $3) end, changed_at = $3,
                    tripped_at = null, tripped_why = null, tripped_door = null, retry_at = null, trips = 0 where id = $1",
        )
        .bind(id.clone())
        .bind(i64::from(on))
        .bind(now)
        .execute(write.sql())
        .await?;
        if on {
            write.resume_all(id).await?;
        }
        write.note_plugin(actor, EventKind::PluginChanged, id, None, Some(&name)).await?;
        self.commit(write).await?;
        self.outside().load_plugins(self).await;
        if on {
            self.read_failed_again(id).await?;
        }
        self.plugin(actor, id).await
    }

    /// Changes what is granted.
    ///
    /// # Errors
    /// As [`Self::install_plugin`].
    pub async fn grant(&self, actor: &Actor, id: &PluginId, granted: Vec<Want>) -> Result<Plugin> {
        let row = self.plugin_row(id).await?;
        self.install_plugin(actor, Install { file: row.hash, granted, unsigned: true }).await
    }

    /// Removes a plugin and everything of it: files, memory, log, ledger. Its accounts must be gone before.
    ///
    /// # Errors
    /// [`Why::InUse`] with the number of accounts.
    pub async fn remove_plugin(&self, actor: &Actor, id: &PluginId) -> Result<()> {
        administrator(actor)?;
        let row = self.plugin_row(id).await?;
        if row.accounts > 0 {
            return Err(Error::invalid("plugin", Why::InUse { times: row.accounts as u32 }));
        }
        let version = self.plugin_version(id, &row.hash).await?.manifest.version;
        let mut write = self.write().await?;
        let files: Vec<String> = sqlx::query_scalar("select hash from plugin_version where plugin_id = $1")
            .bind(id.clone())
            .fetch_all(write.sql())
            .await?;
        for sql in [
            "delete from plugin_state where plugin_id = $1",
            "delete from plugin_memory where plugin_id = $1",
            "delete from plugin_line where plugin_id = $1",
            "delete from plugin_hour where plugin_id = $1",
            "delete from plugin_call where plugin_id = $1",
            "delete from egress where plugin_id = $1",
            "delete from opinion where plugin_id = $1",
            "delete from finding where plugin_id = $1",
            "delete from finding_asked where plugin_id = $1",
            "delete from reaction where plugin_id = $1",
            "delete from plugin_version where plugin_id = $1",
            "delete from plugin where id = $1",
        ] {
            sqlx::query(sql).bind(id.clone()).execute(write.sql()).await?;
        }
        write.loosen(&files).await?;
        write.note_plugin(actor, EventKind::PluginRemoved, id, Some(&format!("{id} {version}")), None).await?;
        self.commit(write).await?;
        self.outside().load_plugins(self).await;
        self.forget_plugin_code(&files).await?;
        self.sweep(files).await
    }

    /// Machine code made of files goes with them; what comes with the program stays as ready as its file.
    async fn forget_plugin_code(&self, files: &[String]) -> Result<()> {
        let ours: Vec<String> = sqlx::query_scalar("select hash from shipped").fetch_all(self.read()).await?;
        let gone: Vec<String> = files.iter().filter(|file| !ours.contains(file)).cloned().collect();
        self.outside().forget_plugin_code(&gone);
        Ok(())
    }

    /// Publishers whose plugins are taken; empty is everybody's.
    pub async fn pinned_publishers(&self, actor: &Actor) -> Result<Vec<PinnedPublisher>> {
        administrator(actor)?;
        let rows: Vec<(String, String)> =
            sqlx::query_as("select key, name from publisher order by name, key").fetch_all(self.read()).await?;
        Ok(rows.into_iter().map(|(key, name)| PinnedPublisher { key, name }).collect())
    }

    /// From now on only pinned publishers' plugins are taken. What is installed stays.
    pub async fn pin_publisher(&self, actor: &Actor, pinned: PinnedPublisher) -> Result<()> {
        administrator(actor)?;
        let key = package::Publisher::parse(&pinned.key).ok_or_else(|| Error::invalid("key", Why::NotAChoice))?;
        let name = crate::person::shorten(&pinned.name, 100);
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query(
            "insert into publisher (key, name, added_at) values ($1, $2, $3) on conflict (key) do update set name = excluded.name",
        )
        .bind(key.to_string())
        .bind(name.clone())
        .bind(now)
        .execute(write.sql())
        .await?;
        write
            .record(actor, Cause::Person, EventKind::SettingsChanged, Fact { new: Some(&name), ..Fact::default() })
            .await?;
        self.commit(write).await
    }

    pub async fn unpin_publisher(&self, actor: &Actor, key: &str) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let gone =
            sqlx::query("delete from publisher where key = $1").bind(key.to_owned()).execute(write.sql()).await?;
        if gone.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    pub(super) async fn plugin_row_if_there(&self, id: &PluginId) -> Result<Option<PluginRow>> {
        match self.plugin_row(id).await {
            Ok(row) => Ok(Some(row)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Trust on first use: who signed the first version of an id signs all of them. What came with the program needs no
    /// signature, and nobody else may take its place with one.
    pub(super) async fn check_publisher(
        &self,
        before: Option<&PluginRow>,
        package: &Package,
        unsigned: bool,
    ) -> Result<()> {
        let key = package.publisher.map(|key| key.to_string());
        if self.came_with_us(package).await? {
            return Ok(());
        }
        if let Some(row) = before
            && row.hash != package.hash
            && row.publisher.is_some()
            && row.publisher != key
        {
            return Err(Error::invalid("file", Why::OtherPublisher));
        }
        if before.is_some_and(|row| row.hash == package.hash) {
            return Ok(());
        }
        let pinned: Vec<String> = sqlx::query_scalar("select key from publisher").fetch_all(self.read()).await?;
        match key {
            None if !unsigned || !pinned.is_empty() => Err(Error::invalid("file", Why::Unsigned)),
            Some(key) if !pinned.is_empty() && !pinned.contains(&key) => {
                Err(Error::invalid("file", Why::OtherPublisher))
            }
            _ => Ok(()),
        }
    }

    async fn came_with_us(&self, package: &Package) -> Result<bool> {
        let ours: Option<String> = sqlx::query_scalar("select hash from shipped where plugin_id = $1 and hash = $2")
            .bind(package.manifest.id.clone())
            .bind(package.hash.clone())
            .fetch_optional(self.read())
            .await?;
        Ok(ours.is_some())
    }

    /// Whose a file is: the key that signed it, or that it came with the program.
    async fn publisher_of(&self, package: &Package) -> Result<Option<String>> {
        Ok(match self.came_with_us(package).await? {
            true => Some(SHIPPED.to_owned()),
            false => package.publisher.map(|key| key.to_string()),
        })
    }

    /// A file that was only looked at goes by itself, unless it is installed.
    async fn loosen_plugin_file(&self, hash: &str) -> Result<()> {
        let mut write = self.write().await?;
        write.loosen(&[hash.to_owned()]).await?;
        write.commit().await
    }

    pub(super) async fn put_plugin(
        &self,
        actor: &Actor,
        package: &Package,
        size: usize,
        granted: &[Want],
        publisher: Option<&str>,
    ) -> Result<()> {
        self.blobs().flush().await?;
        let id = PluginId(package.manifest.id.clone());
        let granted = serde_json::to_string(granted)?;
        let publisher = match publisher {
            Some(publisher) => Some(publisher.to_owned()),
            None => self.publisher_of(package).await?,
        };
        let mut write = self.write().await?;
        let now = write.now;
        let before: Option<String> = sqlx::query_scalar(
            "select v.version from plugin p join plugin_version v on v.plugin_id = p.id and v.hash = p.hash where p.id = $1",
        )
        .bind(id.clone())
        .fetch_optional(write.sql())
        .await?;
        write.keep_addresses(&id, &package.manifest).await?;
        sqlx::query(
            "insert into plugin (id, hash, publisher, granted, installed_at, changed_at) values ($1, $2, $3, $4, $5, $5)
             on conflict (id) do update set
               previous = case when plugin.hash = excluded.hash then plugin.previous else plugin.hash end,
               hash = excluded.hash, granted = excluded.granted, changed_at = excluded.changed_at,
               publisher = coalesce(plugin.publisher, excluded.publisher),
               tripped_at = null, tripped_why = null, tripped_door = null, retry_at = null, trips = 0",
        )
        .bind(id.clone())
        .bind(package.hash.clone())
        .bind(publisher)
        .bind(granted.clone())
        .bind(now)
        .execute(write.sql())
        .await?;
        write.keep_version(&id, package, size, granted).await?;
        write.wake_refused(&id).await?;
        write.resume_all(&id).await?;
        let files = write.forget_old_versions(&id).await?;
        write.loosen(&files).await?;
        let named = format!("{id} {}", package.manifest.version);
        write.note_plugin(actor, EventKind::PluginInstalled, &id, before.as_deref(), Some(&named)).await?;
        self.commit(write).await?;
        self.outside().load_plugins(self).await;
        self.forget_plugin_code(&files).await?;
        self.sweep(files).await?;
        self.read_failed_again(&id).await.map(drop)
    }
}

impl Write {
    /// Where a plugin may send data by a setting that nobody filled in stays what it was, or nowhere: a newer version proposes
    /// another address to whoever looks at the form, and moves nobody there without a word.
    async fn keep_addresses(&mut self, id: &PluginId, newer: &Manifest) -> Result<()> {
        let older: Option<String> = sqlx::query_scalar(
            "select v.manifest from plugin p join plugin_version v on v.plugin_id = p.id and v.hash = p.hash where p.id = $1",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some(older) = older else { return Ok(()) };
        let older: Manifest = serde_json::from_str(&older)?;
        let form = package::Form::of(&older.settings).map_err(Error::internal)?;
        // What is new among the lines of the sheet is asked for.
        let there = newer.net.hosts.iter().filter(|host| older.net.hosts.contains(host));
        let named = there.filter_map(|host| host.strip_prefix("{{")?.strip_suffix("}}"));
        let addresses: Vec<(&str, Value)> = named
            .map(|name| (name, form.setting(name).map(|setting| setting.default.clone()).unwrap_or_default()))
            .collect();
        if addresses.is_empty() {
            return Ok(());
        }
        let accounts: Vec<(String, String)> =
            sqlx::query_as("select account_id, settings from channel where plugin_id = $1")
                .bind(id.clone())
                .fetch_all(self.sql())
                .await?;
        for (account, settings) in accounts {
            if let Some(settings) = with(&settings, &addresses)? {
                sqlx::query("update channel set settings = $2 where account_id = $1")
                    .bind(account)
                    .bind(settings)
                    .execute(self.sql())
                    .await?;
            }
        }
        let own: Option<String> = sqlx::query_scalar("select settings from plugin where id = $1")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?;
        if let Some(settings) = own.map(|own| with(&own, &addresses)).transpose()?.flatten() {
            sqlx::query("update plugin set settings = $2 where id = $1")
                .bind(id.clone())
                .bind(settings)
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// Accounts that stopped because their plugin might not be called, or not look, are no longer stopped by it.
    async fn wake_refused(&mut self, id: &PluginId) -> Result<()> {
        sqlx::query(
            "update channel set paused_at = null, paused_why = null
             where plugin_id = $1 and paused_why in ($2, $3)",
        )
        .bind(id.clone())
        .bind(Setback::MayNotBeCalled.as_str())
        .bind(Setback::MayNotLook.as_str())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn keep_version(&mut self, id: &PluginId, package: &Package, size: usize, granted: String) -> Result<()> {
        let exports: Vec<&str> = package.exports.iter().map(|interface| interface.name()).collect();
        let now = self.now;
        sqlx::query(
            "insert into plugin_version (plugin_id, hash, version, manifest, exports, picture, size, added_at, granted)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (plugin_id, hash) do update set added_at = excluded.added_at, granted = excluded.granted",
        )
        .bind(id.clone())
        .bind(package.hash.clone())
        .bind(package.manifest.version.clone())
        .bind(serde_json::to_string(&package.manifest)?)
        .bind(exports.join(" "))
        .bind(package.picture.as_ref().map(|picture| picture.mime.to_owned()))
        .bind(size as i64)
        .bind(now)
        .bind(granted)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// The files of versions that nobody will go back to.
    async fn forget_old_versions(&mut self, id: &PluginId) -> Result<Vec<String>> {
        let old: Vec<String> = sqlx::query_scalar(
            "select v.hash from plugin_version v join plugin p on p.id = v.plugin_id
             where v.plugin_id = $1 and v.hash <> p.hash and v.hash <> coalesce(p.previous, '')
             order by v.added_at desc limit 100 offset $2",
        )
        .bind(id.clone())
        .bind(KEPT_VERSIONS - 2)
        .fetch_all(self.sql())
        .await?;
        for hash in &old {
            sqlx::query("delete from plugin_version where plugin_id = $1 and hash = $2")
                .bind(id.clone())
                .bind(hash.clone())
                .execute(self.sql())
                .await?;
        }
        Ok(old)
    }

    pub(crate) async fn note_plugin(
        &mut self,
        actor: &Actor,
        kind: EventKind,
        id: &PluginId,
        old: Option<&str>,
        new: Option<&str>,
    ) -> Result<()> {
        let cause = if matches!(actor, Actor::System) { Cause::Clock } else { Cause::Person };
        self.record(actor, cause, kind, Fact { old, new, data: Some(id.0.clone()), ..Fact::default() }).await?;
        Ok(())
    }
}

/// Settings with these where nothing is; none where nothing was missing.
fn with(settings: &str, more: &[(&str, Value)]) -> Result<Option<String>> {
    let mut settings: serde_json::Map<String, Value> = serde_json::from_str(settings)?;
    let before = settings.len();
    for (name, value) in more {
        settings.entry(*name).or_insert_with(|| value.clone());
    }
    Ok(if settings.len() > before { Some(serde_json::to_string(&settings)?) } else { None })
}

/// Looking through some megabytes of somebody else's code takes its time: not on a thread that others wait for.
pub(super) async fn opened(file: Vec<u8>) -> Result<(Package, Vec<u8>)> {
    let looked = tokio::task::spawn_blocking(move || Package::open(&file).map(|package| (package, file)));
    looked.await.map_err(Error::internal)?.map_err(|trouble| unfit(trouble.flaw, &trouble.words))
}

pub(super) fn unfit(flaw: Flaw, words: &str) -> Error {
    Error::invalid("file", Why::Unfit { words: words.to_owned(), flaw: Some(flaw) })
}
