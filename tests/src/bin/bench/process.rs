//! The built program, as an administrator runs it.

use anyhow::{Context, Result, ensure};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A Saker in a process of its own.
pub struct Process {
    child: Child,
    pub pages: SocketAddr,
    pub smtp: SocketAddr,
    /// A link by which the first agent signs in once.
    pub link: String,
    /// From the start of the process to the line that says where it listens.
    pub took: Duration,
}

impl Process {
    /// Starts the demo on free ports, on a folder that may hold an earlier one.
    pub async fn start(data: &Path, cache: Option<&Path>, requests: u32) -> Result<Process> {
        let port = free_port()?;
        let mut command = Command::new(program()?);
        command
            .args(["demo", "--json", "--smtp-port", "0", "--lmtp-port", "0", "--port", &port.to_string()])
            .args(["--requests", &requests.to_string(), "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if let Some(cache) = cache {
            command.arg("--cache").arg(cache);
        }
        let began = Instant::now();
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        loop {
            let line = lines.next_line().await?.context("Saker stopped before it was ready")?;
            let Ok(facts) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
            let text = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
            let link = facts["agents"][0]["link"].as_str().unwrap_or_default().to_owned();
            return Ok(Process {
                child,
                pages: SocketAddr::from(([127, 0, 0, 1], port)),
                smtp: text("smtp").replace("localhost", "127.0.0.1").parse()?,
                link: link.rsplit('/').next().unwrap_or_default().to_owned(),
                took: began.elapsed(),
            });
        }
    }

    /// See [`memory`].
    pub fn memory(&self) -> Result<(u64, u64)> {
        memory(self.child.id().context("it ended")?)
    }

    /// Asks it to stop, as a service's owner does.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().context("it ended")?.to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await?;
        ensure!(asked.success(), "it could not be stopped");
        self.child.wait().await?;
        Ok(())
    }
}

/// Bytes of memory that a process really has (`VmRSS`), and of these the ones that belong to no file (`RssAnon`).
pub fn memory(process: u32) -> Result<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kilobytes = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let all = kilobytes("VmRSS:").context("no VmRSS")?;
    Ok((all * 1024, kilobytes("RssAnon:").context("no RssAnon")? * 1024))
}

/// Beside this program.
fn program() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("saker");
    ensure!(path.is_file(), "{} is missing: say \"cargo xtask bench\", which builds it", path.display());
    Ok(path)
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
