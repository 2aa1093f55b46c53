//! What is known before the start. Everything an administrator changes later is a row, edited in the workspace.

use crate::{
    author, hook,
    http::remote::Proxies,
    mail::deliver::{Credentials, Relay, Tls},
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use desk::model::Scope;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// A self-hosted help desk.
#[derive(Debug, Parser)]
#[command(name = "saker", version, about = "A self-hosted help desk")]
pub struct Command {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the help desk
    Serve(Config),
    /// Run it with example data; mail that leaves is kept on a page instead of being sent
    Demo(DemoConfig),
    /// Make, build, test, sign and install plugins
    Plugin {
        #[command(subcommand)]
        verb: author::Verb,
    },
    /// Compile a component from standard input, under limits; for Saker itself
    #[command(hide = true)]
    CompilePlugin,
    /// Make an administrator, and print a link to sign in with; for who works here already, only the link
    Invite {
        #[command(flatten)]
        config: Config,
        #[arg(long)]
        name: String,
        #[arg(long)]
        email: String,
    },
    /// Make an API key that acts as somebody who works here, and print it: it is shown this once
    Key {
        #[command(flatten)]
        config: Config,
        /// Whose rights it has
        #[arg(long)]
        email: String,
        /// What it is for
        #[arg(long)]
        name: String,
        /// read, write, admin, or one area: requests:read, people:write, webhooks:read, settings:write …
        #[arg(long, required = true, value_delimiter = ',')]
        scope: Vec<Scope>,
        /// Days until it opens nothing any more; left out, it stays until it is revoked
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..=3_650))]
        days: Option<i64>,
    },
}

#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Folder for the database, files and index, of this process alone
    #[arg(long, env = "SAKER_DATA", default_value = "saker-data")]
    pub data: PathBuf,
    /// Folder for mails and files; one in the data folder when left out. All who run on one database share it
    #[arg(long, env = "SAKER_FILES")]
    pub files: Option<PathBuf>,
    /// File with the secret that signs private links; one in the data folder when left out, made on the first start. All who
    /// run on one database have the same
    #[arg(long, env = "SAKER_SECRET_FILE")]
    pub secret_file: Option<PathBuf>,
    /// Go on with these files and this secret, though the database was first opened with others that are lost
    #[arg(long)]
    pub adopt: bool,
    /// Folder for what can be made again, such as compiled plugins; one in the data folder when left out
    #[arg(long, env = "SAKER_CACHE")]
    pub cache: Option<PathBuf>,
    /// Folder that is looked into for plugins: administrators are offered what lies there
    #[arg(long, env = "SAKER_PLUGINS")]
    pub plugins: Option<PathBuf>,
    /// sqlite:FILE or postgres://USER@HOST/NAME; a file in the data folder when left out
    #[arg(long, env = "SAKER_DATABASE")]
    pub database: Option<String>,
    /// Address for the pages
    #[arg(long, env = "SAKER_BIND", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,
    /// Port for the pages
    #[arg(long, env = "SAKER_PORT", default_value_t = 8080)]
    pub port: u16,
    /// Where customers reach the portal, such as https://help.example.com
    #[arg(long, env = "SAKER_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Proxies in front, as addresses or networks with commas between: only they are believed when they say, in
    /// X-Forwarded-For, where a call came from. None of them may hand on what its own caller wrote there without adding to it.
    /// "none" believes nobody
    #[arg(long, env = "SAKER_PROXY", default_value = "127.0.0.0/8,::1")]
    pub proxy: Proxies,
    /// Port for mail by SMTP; 0 takes a free one
    #[arg(long, env = "SAKER_SMTP_PORT", default_value_t = 2525)]
    pub smtp_port: u16,
    /// Port for mail by LMTP; 0 takes a free one
    #[arg(long, env = "SAKER_LMTP_PORT", default_value_t = 2424)]
    pub lmtp_port: u16,
    /// Server that takes outgoing mail, as HOST or HOST:PORT
    #[arg(long, env = "SAKER_RELAY")]
    pub relay: Option<String>,
    /// How the line to the relay is protected
    #[arg(long, env = "SAKER_RELAY_TLS", value_enum, default_value_t = RelayTls::Starttls)]
    pub relay_tls: RelayTls,
    #[arg(long, env = "SAKER_RELAY_USER")]
    pub relay_user: Option<String>,
    #[arg(long, env = "SAKER_RELAY_PASSWORD", hide_env_values = true)]
    pub relay_password: Option<String>,
    /// Let webhooks lead to private addresses too, and without TLS
    #[arg(long, env = "SAKER_WEBHOOKS_INSIDE")]
    pub webhooks_inside: bool,
    /// What is written to the log, such as info or server=debug
    #[arg(long, env = "SAKER_LOG", default_value = "info")]
    pub log: String,
}

#[derive(Clone, Debug, Args)]
pub struct DemoConfig {
    #[command(flatten)]
    pub config: Config,
    /// Print the addresses as one line of JSON
    #[arg(long)]
    pub json: bool,
    /// Requests to make up, so that lists are long
    #[arg(long, default_value_t = 0)]
    pub requests: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RelayTls {
    None,
    Starttls,
    Implicit,
}

impl Config {
    pub fn pages(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }

    pub fn smtp(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.smtp_port)
    }

    pub fn lmtp(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.lmtp_port)
    }

    pub fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("saker.db").display()))
    }

    /// Where the database lies, if it is a file.
    pub fn database_file(&self) -> Option<PathBuf> {
        let url = self.database_url();
        let path = url.strip_prefix("sqlite:")?;
        let path = path.split('?').next().unwrap_or_default();
        Some(path.strip_prefix("//").unwrap_or(path).into())
    }

    pub fn files(&self) -> PathBuf {
        self.files.clone().unwrap_or_else(|| self.data.join("blobs"))
    }

    pub fn secret_file(&self) -> PathBuf {
        self.secret_file.clone().unwrap_or_else(|| self.data.join("secret"))
    }

    /// Machine code of plugins, by the hash of what it was made from.
    pub fn compiled_plugins(&self) -> PathBuf {
        let cache = self.cache.clone();
        cache.unwrap_or_else(|| self.data.join("cache")).join("plugins")
    }

    pub fn hooks(&self) -> hook::Reach {
        if self.webhooks_inside { hook::Reach::Anywhere } else { hook::Reach::Public }
    }

    /// Where outgoing mail goes; none when no relay is set.
    pub fn relay(&self) -> Option<Relay> {
        let text = self.relay.as_deref()?;
        let (host, port) = match text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
            Some((host, port)) => (host.to_owned(), port),
            None => (text.to_owned(), if matches!(self.relay_tls, RelayTls::Implicit) { 465 } else { 587 }),
        };
        let credentials = match (&self.relay_user, &self.relay_password) {
            (Some(user), Some(password)) => Some(Credentials { user: user.clone(), password: password.clone() }),
            _ => None,
        };
        let tls = match self.relay_tls {
            RelayTls::None => Tls::None,
            RelayTls::Starttls => Tls::StartTls,
            RelayTls::Implicit => Tls::Implicit,
        };
        Some(Relay { host, port, tls, credentials })
    }
}
