//! A plugin that was built once runs for ever. `tests/museum` keeps files as they were built with each released contract; every
//! one is installed, granted what it wants, and called at all its doors as if it came today, with something to see for it.

mod channels;
mod contract;
mod mails;
mod minds;

use crate::plugins::{id, install};
use anyhow::{Context, Result, ensure};
use desk::{Error, model::*};
use package::Package;
use serde_json::Value;
use server::author;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tests::{company::Company, house::House};

/// Ids that a story calls. A file of another one is no part of the promise until there is a story for it.
const CALLED: [&str; 10] = [
    "com.example.bottle",
    "com.example.lantern",
    "com.example.parrot",
    "com.example.postcard",
    "com.example.signpost",
    "saker.attention",
    "saker.email",
    "saker.form",
    "saker.keywords",
    "saker.register",
];

/// Files of one ending in the museum's folders, oldest contract first.
fn kept(ending: &str) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("museum"))? {
        let folder = entry?.path();
        if folder.is_dir() {
            for entry in fs::read_dir(folder)? {
                files.push(entry?.path());
            }
        }
    }
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    files.sort();
    Ok(files)
}

/// The same with the ids of the plugins in them.
fn plugins() -> Result<Vec<(PathBuf, String)>> {
    let id = |file: PathBuf| Ok((file.clone(), Package::open(&fs::read(&file)?)?.manifest.id));
    kept("wasm")?.into_iter().map(id).collect()
}

/// A house in which a file of the museum runs, and a company for it to talk to.
struct Piece {
    house: House,
    eva: Actor,
    ane: Actor,
    company: Company,
    plugin: PluginId,
}

/// Each file of a plugin, in a house of its own, with a story.
async fn each(plugin: &str, story: impl AsyncFn(&Piece) -> Result<()>) -> Result<()> {
    let files: Vec<_> = plugins()?.into_iter().filter(|(_, id)| id == plugin).collect();
    ensure!(!files.is_empty(), "{plugin} is not in the museum");
    for (path, _) in files {
        let told = async {
            let piece = Piece::open(&fs::read(&path)?).await?;
            story(&piece).await?;
            piece.house.close().await;
            anyhow::Ok(())
        };
        told.await.with_context(|| path.display().to_string())?;
    }
    Ok(())
}

impl Piece {
    /// Installs it in place of what comes with Saker under its name.
    async fn open(file: &[u8]) -> Result<Self> {
        let house = House::open_with(&["--webhooks-inside"]).await?;
        let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
        let plugin = id(&Package::open(file)?.manifest.id);
        match house.desk.remove_plugin(&eva, &plugin).await {
            Ok(()) | Err(Error::NotFound) => {}
            Err(why) => return Err(why.into()),
        }
        let there = install(&house, &eva, file.to_vec()).await?;
        ensure!(there.state == PluginState::On && there.wants.iter().all(|wanted| wanted.granted), "{there:?}");
        let sheet = house.desk.look_at_plugin(&eva, file.to_vec()).await?;
        let runs = house.desk.running_plugins().await?.into_iter().find(|running| running.id == plugin);
        ensure!(runs.is_some_and(|running| running.hash == sheet.file), "another file runs");
        Ok(Self { house, eva, ane, company: Company::open().await?, plugin })
    }

    /// Gives a channel an account, and looks whether that works.
    async fn account(&self, settings: Value, secrets: &[(&str, &str)]) -> Result<(Channel, String)> {
        let secrets = secrets.iter().map(|(name, secret)| ((*name).to_owned(), (*secret).to_owned()));
        let new = NewChannel {
            name: "Kundene".to_owned(),
            settings: serde_json::from_value(settings)?,
            secrets: secrets.collect(),
            ..NewChannel::default()
        };
        let desk = &self.house.desk;
        let channel = desk.add_channel(&self.eva, &self.plugin, new).await?;
        desk.check_channel(&self.eva, &channel.id).await?;
        let channel = desk.connect_channel(&self.eva, &channel.id).await?;
        let hook = channel.hook_url.clone().unwrap_or_default();
        Ok((channel, hook))
    }

    /// Fills in the settings of one that has no accounts.
    async fn settings(&self, settings: Value) -> Result<(), Error> {
        let settings = serde_json::from_value(settings).map_err(|_| Error::NotFound)?;
        let new = PluginSettings { settings, ..PluginSettings::default() };
        self.house.desk.save_plugin_settings(&self.eva, &self.plugin, new).await
    }

    /// The only request, once nothing is left to do.
    async fn ticket(&self) -> Result<Ticket> {
        self.house.rest().await?;
        self.house.only(&self.eva, List::Latest).await
    }

    async fn reply(&self, ticket: &Ticket, text: &str, files: Vec<Upload>) -> Result<()> {
        let (text, key) = (text.to_owned(), text.to_owned());
        let draft = Draft { text, key, access: Access::External, files, ..Draft::default() };
        self.house.desk.reply(&self.ane, &ticket.id, draft).await?;
        self.house.rest().await
    }

    /// It was called at these doors and said no at none of them, and no call of it failed at any.
    async fn was_called_at(&self, doors: &[&str]) -> Result<()> {
        let desk = &self.house.desk;
        let calls = until(async || {
            let hours = desk.plugin_hours(&self.eva, &self.plugin, 1).await?;
            let all = doors.iter().all(|door| hours.iter().any(|hour| hour.door == *door && hour.calls > 0));
            Ok(all.then_some(hours))
        });
        let hours = calls.await.with_context(|| format!("at {doors:?}"))?;
        let well = |hour: &PluginHour| hour.failures == 0 && (hour.errors == 0 || !doors.contains(&hour.door.as_str()));
        ensure!(hours.iter().all(well), "{hours:?}");
        Ok(())
    }
}

/// What comes about within half a minute.
async fn until<T>(look: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
    for _ in 0..300 {
        if let Some(there) = look().await? {
            return Ok(there);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("it did not come about")
}

fn mail(subject: &str, text: &str) -> String {
    format!("From: Kari <kari@fjord.no>\r\nSubject: {subject}\r\n\r\n{text}\r\n")
}

#[test]
fn every_file_is_called_by_a_story() -> Result<()> {
    let kept: BTreeSet<String> = plugins()?.into_iter().map(|(_, id)| id).collect();
    let called: BTreeSet<String> = CALLED.iter().map(|id| (*id).to_owned()).collect();
    ensure!(kept == called, "{:?}", kept.symmetric_difference(&called));
    Ok(())
}

/// Also what no story has a reason to ask for: who it is, a sample, what was sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_built_with_an_old_contract_stands_what_every_plugin_must() -> Result<()> {
    for (path, _) in plugins()? {
        let (mut all, mut failed) = (0, vec![]);
        author::put_through(&fs::read(&path)?, None, &mut |pace| {
            all += 1;
            failed.extend(pace.failed.as_ref().map(|why| format!("{}: {why}", pace.what)));
        })
        .await
        .with_context(|| path.display().to_string())?;
        ensure!(all > 2 && failed.is_empty(), "{}: {failed:#?}", path.display());
    }
    Ok(())
}
