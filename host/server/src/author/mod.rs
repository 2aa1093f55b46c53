//! `saker plugin`: everything that an author of plugins needs, in the program that will run them.

mod build;
mod calls;
mod inspect;
mod install;
mod kit;
mod new;
mod run;
mod said;
mod scratch;
mod world;

pub use kit::{Pace, put_through};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use desk::model::Language;
use package::{Flaw, KeyFile, Package};
use portal::words::Words;
use said::say;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// `saker plugin VERB`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a folder with a working plugin to begin from
    New {
        /// Lower-case letters, digits and -
        name: String,
        #[arg(long, value_enum, default_value_t = Tongue::Rust)]
        lang: Tongue,
        #[arg(long, value_enum, default_value_t = Beginning::Channel)]
        kind: Beginning,
        /// Reverse DNS before the name, such as com.example
        #[arg(long, default_value = "com.example")]
        namespace: String,
    },
    /// Build the plugin in a folder into one file
    Build {
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Sign with this key
        #[arg(long)]
        key: Option<PathBuf>,
        /// Where the file goes; NAME.wasm in the folder when left out
        #[arg(long)]
        out: Option<PathBuf>,
        /// The world of wit/ that it is built for, or one of your own there; by plugin.toml and the code when left out
        #[arg(long)]
        world: Option<String>,
    },
    /// Put a component and its plugin.toml together into one file, whatever made the component
    Pack {
        component: PathBuf,
        #[arg(long, default_value = "plugin.toml")]
        manifest: PathBuf,
        #[arg(long)]
        picture: Option<PathBuf>,
        #[arg(long)]
        key: Option<PathBuf>,
        #[arg(long)]
        out: PathBuf,
    },
    /// Make a key that signs plugins; keep it where nobody else reads it
    Key {
        /// The file to write
        file: PathBuf,
    },
    /// Sign a file
    Sign {
        file: PathBuf,
        #[arg(long)]
        key: PathBuf,
    },
    /// Say in plain words what a file is and what it wants
    Inspect { file: PathBuf },
    /// Put a file through its paces: what every plugin must stand, and the recorded calls in a folder
    Test {
        file: PathBuf,
        /// Recorded calls, as JSON: what went in, what the host answered, what must come out
        #[arg(long)]
        calls: Option<PathBuf>,
    },
    /// Run a scratch Saker with the plugin in a folder; every change of it is built and installed at once
    Run {
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Port for the pages; 0 takes a free one
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Folder for its database and files; .saker in the plugin's folder when left out, so that accounts stay
        #[arg(long)]
        data: Option<PathBuf>,
        /// Let it call servers of this machine and house, without TLS too, at addresses that stand in its settings
        #[arg(long, env = "SAKER_WEBHOOKS_INSIDE")]
        webhooks_inside: bool,
        /// As for build
        #[arg(long)]
        world: Option<String>,
    },
    /// Do a recorded call again, such as one that failed on a server
    Replay { file: PathBuf, call: PathBuf },
    /// Install a file on a server, or replace the version that is there
    Install {
        file: PathBuf,
        /// Where it runs
        #[arg(long, env = "SAKER_URL", default_value = "http://localhost:8080")]
        url: String,
        /// An API key of an administrator with the scope admin
        #[arg(long, env = "SAKER_KEY", hide_env_values = true)]
        key: String,
        /// Grant everything it wants, without asking
        #[arg(long)]
        grant_all: bool,
        /// Take a file that nobody signed
        #[arg(long)]
        unsigned: bool,
    },
}

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tongue {
    Rust,
    Js,
    Python,
}

/// What there is an example of in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Beginning {
    /// A channel that is called by its remote
    Channel,
    /// A channel that asks its remote, with files, memory and setting up
    Poll,
    /// A reply template
    Template,
    /// Suggestions of what a request is about
    Classify,
    /// What is known elsewhere about whoever asks
    Enrich,
    /// Events answered with actions
    Automate,
}

/// Does what was said.
///
/// # Errors
/// One sentence that says what to do.
pub async fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::New { name, lang, kind, namespace } => new::make(&name, lang, kind, &namespace),
        Verb::Build { folder, key, out, world } => {
            let out = build::build(&folder, key.as_deref(), out.as_deref(), world.as_deref())?;
            say!("{}", out.display());
            inspect::tell(&fs::read(&out)?)
        }
        Verb::Pack { component, manifest, picture, key, out } => {
            let manifest = package::Manifest::from_toml(&text(&manifest)?)?;
            let picture = picture.as_deref().map(bytes).transpose()?;
            let key = key.as_deref().map(key_of).transpose()?;
            let file = package::pack(&bytes(&component)?, &manifest, picture.as_deref(), key.as_ref())?;
            write(&out, &file)?;
            inspect::tell(&file)
        }
        Verb::Key { file } => make_key(&file),
        Verb::Sign { file, key } => {
            let whole = bytes(&file)?;
            let package = opened(&whole)?;
            let picture = package.picture.as_ref().map(|picture| picture.bytes.as_slice());
            write(&file, &package::pack(&whole, &package.manifest, picture, Some(&key_of(&key)?))?)?;
            say!("Signed by {}.", key_of(&key)?.publisher());
            Ok(())
        }
        Verb::Inspect { file } => inspect::tell(&bytes(&file)?),
        Verb::Test { file, calls } => kit::test(&bytes(&file)?, calls.as_deref()).await,
        Verb::Run { folder, port, data, webhooks_inside, world } => {
            let data = data.unwrap_or_else(|| folder.join(".saker"));
            run::run(&folder, &data, port, webhooks_inside, world).await
        }
        Verb::Replay { file, call } => kit::replay(&bytes(&file)?, &text(&call)?).await,
        Verb::Install { file, url, key, grant_all, unsigned } => {
            install::install(&bytes(&file)?, &url, &key, grant_all, unsigned).await
        }
    }
}

fn make_key(file: &Path) -> Result<()> {
    use std::io::Write;
    if file.exists() {
        bail!("{} is there already; a key that is overwritten is lost.", file.display());
    }
    let key = KeyFile::fresh()?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut made = options.open(file).with_context(|| format!("{} can't be written.", file.display()))?;
    made.write_all(key.text().as_bytes())?;
    say!("The public half, for whoever wants to pin it:\n{}", key.publisher());
    Ok(())
}

fn key_of(file: &Path) -> Result<KeyFile> {
    Ok(KeyFile::parse(&text(file)?)?)
}

/// A file, looked through. Whoever hands in what is no plugin at all hears that, and no compiler's words.
fn opened(file: &[u8]) -> Result<Package> {
    Package::open(file).map_err(|trouble| match trouble.flaw {
        Flaw::NoPlugin if !file.starts_with(b"\0asm") => anyhow!(Words::new(language()).flaw(Flaw::NoPlugin)),
        _ => trouble.into(),
    })
}

fn bytes(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("{} can't be read.", file.display()))
}

fn text(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} can't be read.", file.display()))
}

/// Whole or not at all: somebody may be reading it.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let draft = file.with_extension("wasm.new");
    fs::write(&draft, bytes)
        .and_then(|()| fs::rename(&draft, file))
        .with_context(|| format!("{} can't be written.", file.display()))
}

/// The language of this terminal.
fn language() -> Language {
    let tag = std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).unwrap_or_default();
    Language::from_tag(tag.split(['_', '.']).next().unwrap_or_default()).unwrap_or(Language::En)
}
