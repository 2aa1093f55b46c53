//! Running: a desk of its own beside the plugin, which takes each change of it at once.

use super::{build, bytes, language, said::say, world};
use crate::{config::DemoConfig, demo, run::Saker};
use anyhow::{Result, anyhow, ensure};
use clap::Parser;
use desk::{
    Error, Why,
    clock::Clock,
    model::{Actor, Install, LinesAsked, NewChannel, Plugin, PluginId, PluginKind},
};
use portal::words::Words;
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Between two looks at the files and the log.
const PAUSE: Duration = Duration::from_millis(400);
/// What tools make, and what is fetched: their changes are no changes of the plugin.
const MADE: [&str; 6] = ["target", "node_modules", "__pycache__", "typings", "build", "dist"];

/// Runs a desk with example data in `data`, with the plugin in `folder` installed, until somebody stops it. It is built and
/// installed again whenever a file of it changes; what does not build is told, and the version before goes on. `inside` lets it
/// call servers of this machine and this house, without TLS too: a stand-in for its remote.
pub async fn run(folder: &Path, data: &Path, port: u16, inside: bool, world: Option<String>) -> Result<()> {
    ensure!(folder.join("plugin.toml").is_file(), "There is no plugin.toml in {}.", folder.display());
    demo::log("warn");
    let port = port.to_string();
    let line = ["saker", "--port", &port, "--smtp-port", "0", "--lmtp-port", "0", "--data"].map(OsStr::new);
    let inside = inside.then_some(OsStr::new("--webhooks-inside"));
    let line = Line::parse_from(line.into_iter().chain([data.as_os_str()]).chain(inside));
    let saker = Saker::start(&line.demo.config, true, Clock::real()).await?;
    let mut bench = Bench {
        admin: demo::furnished(&saker.desk).await?,
        saker,
        folder: folder.to_owned(),
        data: fs::canonicalize(data)?,
        world,
        heard: None,
    };
    demo::print(&bench.saker, false).await?;
    tokio::select! {
        () = bench.keep_up() => {}
        () = demo::until_told() => {}
    }
    bench.saker.stop().await;
    Ok(())
}

/// What a demo is told in the command line.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    demo: DemoConfig,
}

/// The desk, and what is tried on it.
struct Bench {
    saker: Saker,
    admin: Actor,
    folder: PathBuf,
    /// Where the desk lies; it may be in the plugin's folder.
    data: PathBuf,
    /// Of the contract, where its author chose one.
    world: Option<String>,
    /// The plugin that runs, and the last line of its log that was told.
    heard: Option<(PluginId, String)>,
}

impl Bench {
    async fn keep_up(&mut self) {
        let mut seen = None;
        loop {
            let now = files(&self.folder, &self.data);
            if seen.as_ref() != Some(&now) {
                // As it was before it is built: what is saved meanwhile is built after it.
                seen = Some(now);
                if let Err(error) = self.renew().await {
                    say!("{error:#}");
                }
            }
            if let Err(error) = self.tell_log().await {
                say!("{error:#}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Builds, and installs in place of what runs.
    async fn renew(&mut self) -> Result<()> {
        let (folder, world) = (self.folder.clone(), self.world.clone());
        say!("Building …");
        let build = move || build::build(&folder, None, None, world.as_deref());
        let file = tokio::task::spawn_blocking(build).await??;
        let plugin = self.install(bytes(&file)?).await?;
        say!("{} {} runs.", plugin.name.en, plugin.version);
        if plugin.kinds.contains(&PluginKind::Channel) {
            self.tell_accounts(&plugin).await?;
        }
        if self.heard.as_ref().is_none_or(|(id, _)| *id != plugin.id) {
            self.heard = Some((plugin.id, String::new()));
        }
        Ok(())
    }

    /// With everything that it wants: it is its author's desk.
    async fn install(&self, file: Vec<u8>) -> Result<Plugin> {
        let desk = &self.saker.desk;
        let sheet = desk.look_at_plugin(&self.admin, file).await.map_err(in_words)?;
        let granted = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
        let install = Install { file: sheet.file, granted, unsigned: true };
        desk.install_plugin(&self.admin, install).await.map_err(in_words)
    }

    /// Where the remote calls; an account is made where none is there and its form asks for nothing.
    async fn tell_accounts(&self, plugin: &Plugin) -> Result<()> {
        let desk = &self.saker.desk;
        let base = desk.public_url();
        let mut accounts = desk.channels(&self.admin).await?;
        accounts.retain(|account| account.plugin == plugin.id);
        if accounts.is_empty() {
            let new = NewChannel { name: plugin.name.en.clone(), ..NewChannel::default() };
            match desk.add_channel(&self.admin, &plugin.id, new).await {
                Ok(account) => accounts.push(account),
                Err(Error::Invalid { .. }) => {
                    say!("  It needs settings: {base}/desk/admin/channels/new/{}", plugin.id);
                }
                Err(error) => return Err(error.into()),
            }
        }
        for account in accounts {
            say!("  {}: {base}/desk/admin/channels/{}", account.name, account.id);
            if let Some(hook) = account.hook_url {
                say!("    is called at {hook}");
            }
        }
        Ok(())
    }

    /// What the plugin said since, and which of its calls failed.
    async fn tell_log(&mut self) -> Result<()> {
        let Some((id, last)) = &mut self.heard else { return Ok(()) };
        let lines = self.saker.desk.plugin_lines(&self.admin, id, LinesAsked::default()).await?;
        // The newest comes first.
        let new: Vec<_> = lines.into_iter().take_while(|line| line.id > *last).collect();
        for line in new.into_iter().rev() {
            say!("  {:<5} {}", line.level, line.words);
            *last = line.id;
        }
        Ok(())
    }
}

/// What everybody is told, and behind it what only the file's author understands.
fn in_words(error: Error) -> anyhow::Error {
    let said = Words::new(language()).error(&error);
    match error {
        Error::Invalid { why: Why::Unfit { words, flaw: Some(_) }, .. } => anyhow!(words).context(said),
        _ => anyhow!(said),
    }
}

/// Every file of a plugin, and when it was changed. What the desk writes into `data` is none.
fn files(folder: &Path, data: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || MADE.contains(&&*name) || name.ends_with(".wasm") || name == world::FILE {
                continue;
            }
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() {
                if fs::canonicalize(entry.path()).is_ok_and(|folder| folder != data) {
                    folders.push(entry.path());
                }
            } else if let Ok(changed) = about.modified() {
                found.insert(entry.path(), changed);
            }
        }
    }
    found
}
