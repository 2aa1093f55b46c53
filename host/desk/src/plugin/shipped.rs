//! What comes with the program. Some of it is installed the first time this desk sees it, because nothing works without;
//! the rest is offered: it lies ready, and an administrator installs it as they would a file of anybody's.

use super::install::{opened, unfit};
use crate::{Desk, Error, Result, access::administrator, blob::hex, model::*, outside::Offered};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// The publisher of what came with the program.
pub(super) const SHIPPED: &str = "shipped";

/// Whether a plugin that comes with the program is there without being asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shipping {
    Installed,
    Offered,
}

impl Desk {
    /// What comes with the program: `installed` is there the first time this desk sees it, `offered` only when somebody
    /// installs it. A newer program replaces both. What an administrator removed stays away.
    pub async fn ship_plugins(
        &self,
        installed: Vec<Cow<'static, [u8]>>,
        offered: Vec<Cow<'static, [u8]>>,
    ) -> Result<()> {
        let known: Vec<(PluginId, String)> =
            sqlx::query_as("select plugin_id, hash from shipped").fetch_all(self.read()).await?;
        let offered = offered.into_iter().map(|file| (file, Shipping::Offered));
        for (file, how) in installed.into_iter().map(|file| (file, Shipping::Installed)).chain(offered) {
            // Only what is new is looked through: every start comes by here.
            let hash = hex(&Sha256::digest(&file));
            if known.iter().any(|(_, known)| *known == hash) {
                continue;
            }
            let (package, file) = opened(file.into_owned()).await?;
            let id = PluginId(package.manifest.id.clone());
            let granted = match self.plugin_row_if_there(&id).await? {
                Some(row) if row.publisher.as_deref() != Some(SHIPPED) || row.hash == hash => None,
                Some(row) => {
                    let there = self.plugin_version(&id, &row.hash).await?;
                    // Another node runs a newer program, and brought it.
                    if there.manifest.is_newer_than(&package.manifest) {
                        continue;
                    }
                    let (wanted, before) = (package.wants(), there.wants());
                    let granted: Vec<Want> = serde_json::from_str(&row.granted)?;
                    match how {
                        Shipping::Installed => Some(not_refused(&wanted, &before, &granted)),
                        Shipping::Offered => still_granted(&wanted, &before, &granted),
                    }
                }
                None if how == Shipping::Offered || known.iter().any(|(known, _)| *known == id) => None,
                None => Some(package.wants()),
            };
            if let Some(granted) = granted {
                let size = file.len();
                self.blobs().put(file).await?;
                self.outside().try_plugin(&hash).await.map_err(|why| unfit(Flaw::Trial, &why.words))?;
                self.put_plugin(&Actor::System, &package, size, &granted, Some(SHIPPED)).await?;
            }
            let mut write = self.write().await?;
            sqlx::query(
                "insert into shipped (plugin_id, hash) values ($1, $2)
                 on conflict (plugin_id) do update set hash = excluded.hash",
            )
            .bind(id)
            .bind(package.hash)
            .execute(write.sql())
            .await?;
            write.commit().await?;
        }
        self.outside().load_plugins(self).await;
        Ok(())
    }

    /// What lies in the folder for plugins replaces what is installed where it is no older, signed by the same key, and wants
    /// nothing that nobody was asked for. All else waits for an administrator.
    pub async fn renew_plugins(&self) -> Result<()> {
        for offered in self.newest_offered().into_values().filter(|offered| offered.aside) {
            let package = &offered.package;
            let id = PluginId(package.manifest.id.clone());
            let Some(row) = self.plugin_row_if_there(&id).await? else { continue };
            let key = package.publisher.map(|key| key.to_string());
            // What somebody went back from stays where it is.
            let left = row.previous.as_ref() == Some(&package.hash);
            if row.hash == package.hash || left || key.is_none() || key != row.publisher {
                continue;
            }
            if self.check_publisher(Some(&row), package, false).await.is_err() {
                continue;
            }
            let before = self.plugin_version(&id, &row.hash).await?;
            let granted: Vec<Want> = serde_json::from_str(&row.granted)?;
            let wanted = still_granted(&package.wants(), &before.wants(), &granted);
            let Some(granted) = wanted.filter(|_| !before.manifest.is_newer_than(&package.manifest)) else { continue };
            self.blobs().put(offered.file.to_vec()).await?;
            if let Err(why) = self.outside().try_plugin(&package.hash).await {
                tracing::warn!(plugin = id.0, why = why.words, "a newer version can't run");
                continue;
            }
            self.put_plugin(&Actor::System, package, offered.file.len(), &granted, None).await?;
        }
        Ok(())
    }

    /// What comes with the program or lies in the folder for plugins, and runs only where somebody installs it, by name. For
    /// administrators.
    pub async fn shipped_plugins(&self, actor: &Actor) -> Result<Vec<ShippedPlugin>> {
        administrator(actor)?;
        let mut shipped = vec![];
        for offered in self.newest_offered().into_values() {
            let package = &offered.package;
            let id = PluginId(package.manifest.id.clone());
            let installed = match self.plugin_row_if_there(&id).await? {
                Some(row) => Some((self.plugin_version(&id, &row.hash).await?.manifest, row.hash == package.hash)),
                None => None,
            };
            let manifest = package.manifest.clone();
            // In the folder an older one may be left behind.
            let newer = installed
                .as_ref()
                .is_some_and(|(there, same)| !(*same || offered.aside && there.is_newer_than(&manifest)));
            shipped.push(ShippedPlugin {
                id,
                name: manifest.name,
                summary: manifest.summary,
                version: manifest.version,
                author: manifest.author,
                licence: manifest.licence,
                kinds: manifest.kind,
                newer,
                installed: installed.map(|(manifest, _)| manifest.version),
                aside: offered.aside,
                picture: package.picture.is_some(),
            });
        }
        shipped.sort_by(|a, b| a.name.en.cmp(&b.name.en));
        Ok(shipped)
    }

    /// Looks at a plugin that comes with the program, as if its file had been handed in: [`Desk::install_plugin`] takes the
    /// sheet's file.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that does not come with it.
    pub async fn look_at_shipped_plugin(&self, actor: &Actor, id: &PluginId) -> Result<PluginSheet> {
        administrator(actor)?;
        let file = self.offered_plugin(id)?.file.to_vec();
        self.look_at_plugin(actor, file).await
    }

    /// The picture of a plugin that comes with the program, installed or not: media type and bytes.
    pub(super) fn shipped_picture(&self, id: &PluginId) -> Result<(String, Vec<u8>)> {
        let offered = self.offered_plugin(id)?;
        let picture = offered.package.picture.as_ref().ok_or(Error::NotFound)?;
        Ok((picture.mime.to_owned(), picture.bytes.clone()))
    }

    fn offered_plugin(&self, id: &PluginId) -> Result<Arc<Offered>> {
        self.newest_offered().remove(&id.0).ok_or(Error::NotFound)
    }

    /// By their ids. Of those that lie there in several versions, the newest.
    fn newest_offered(&self) -> BTreeMap<String, Arc<Offered>> {
        let mut newest: BTreeMap<String, Arc<Offered>> = BTreeMap::new();
        for offered in self.outside().offered() {
            let manifest = &offered.package.manifest;
            let newer = |there: &Arc<Offered>| manifest.is_newer_than(&there.package.manifest);
            if newest.get(&manifest.id).is_none_or(newer) {
                newest.insert(manifest.id.clone(), offered);
            }
        }
        newest
    }
}

/// What stays granted when a newer program brings a newer version: nothing that was refused, and no version at all that wants
/// what nobody was asked for.
fn still_granted(wants: &[Want], before: &[Want], granted: &[Want]) -> Option<Vec<Want>> {
    wants.iter().all(|want| before.contains(want)).then(|| not_refused(wants, before, granted))
}

/// What is granted to a newer version of what is there from the start: all that it wants but what was taken away from it, as
/// nothing works without.
fn not_refused(wants: &[Want], before: &[Want], granted: &[Want]) -> Vec<Want> {
    wants.iter().filter(|want| granted.contains(want) || !before.contains(want)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{not_refused, still_granted};
    use crate::model::Want;

    #[test]
    fn a_newer_version_gets_what_was_granted_and_nothing_that_nobody_was_asked_for() {
        let reach = |host: &str| Want::Reach { host: host.to_owned() };
        let before = [Want::Receive, reach("https://a.example"), reach("https://b.example")];
        let granted = [Want::Receive, reach("https://a.example")];
        assert_eq!(still_granted(&before, &before, &granted), Some(granted.to_vec()));
        assert_eq!(still_granted(&[Want::Receive], &before, &granted), Some(vec![Want::Receive]));
        assert_eq!(still_granted(&[Want::Receive, Want::Send], &before, &granted), None);
    }
    #[test]
    fn what_was_taken_away_from_what_is_there_from_the_start_stays_away() {
        let before = [Want::Receive, Want::Send];
        let wants = [Want::Receive, Want::Send, Want::ShowPages];
        assert_eq!(not_refused(&wants, &before, &[Want::Receive]), [Want::Receive, Want::ShowPages]);
    }
}
