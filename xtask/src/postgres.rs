//! A PostgreSQL of the tests' own, in a folder that goes away with it.

use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::need;

const START: Duration = Duration::from_secs(60);

/// A running server; stopped and removed when dropped.
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    server: Option<Child>,
    port: u16,
}

impl Postgres {
    /// Makes a cluster in C order, as production has it, and starts it on a free port of 127.0.0.1.
    pub fn start() -> Result<Postgres> {
        let programs = need::postgres_programs()
            .context("PostgreSQL is missing: run \"sudo apt-get install postgresql\", then this again.")?;
        let folder = std::env::temp_dir().join(format!("saker-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).context("The temporary folder cannot be written; look at its rights.")?;
        // It refuses to run as root.
        let owner = if need::is_root() { Some(somebody()?) } else { None };
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).context("The temporary folder cannot be given away.")?;
        }
        let port = free_port()?;
        let mut postgres = Postgres { folder, programs, owner, server: None, port };
        postgres.make()?;
        postgres.run()?;
        Ok(postgres)
    }

    /// The address for `SAKER_TEST_DATABASE`. Each test makes its own database there.
    pub fn url(&self) -> String {
        format!("postgres://saker@127.0.0.1:{}/postgres", self.port)
    }

    fn make(&self) -> Result<()> {
        let made = self
            .program("initdb")
            .args(["--username=saker", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(self.data())
            .stdout(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            bail!("PostgreSQL could not make its files in {}: the reason is above.", self.folder.display());
        }
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        // A test database need not outlive a power cut.
        let settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400"];
        let log = fs::File::create(self.log()).context("The log of PostgreSQL cannot be written.")?;
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.data()).arg("-k").arg(&self.folder).arg("-p").arg(self.port.to_string());
        server.args(["-h", "127.0.0.1"]).args(settings.iter().flat_map(|setting| ["-c", setting]));
        let server = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        self.server = Some(server.context("PostgreSQL does not start; is it installed completely?")?);
        let ready = self.data().join("postmaster.pid");
        let begun = Instant::now();
        while !fs::read_to_string(&ready).is_ok_and(|text| text.contains("ready")) {
            let fell = self.server.as_mut().is_some_and(|server| !matches!(server.try_wait(), Ok(None)));
            if fell || begun.elapsed() > START {
                bail!("PostgreSQL does not start: {}", fs::read_to_string(self.log()).unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.folder);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let asked = self.program("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(self.data()).output();
            if !asked.is_ok_and(|output| output.status.success()) {
                let _ = server.kill();
            }
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The numbers of the user `postgres`, or of `nobody`.
fn somebody() -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read.")?;
    let find = |wanted: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(wanted))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .context("There is no user \"postgres\" or \"nobody\" to run PostgreSQL as.")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("No port is free on 127.0.0.1.")?;
    Ok(listener.local_addr().context("The free port has no number.")?.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_server_starts_and_leaves_nothing() -> Result<()> {
        if need::postgres_programs().is_none() {
            return Ok(());
        }
        let postgres = Postgres::start()?;
        let (port, folder) = (postgres.port, postgres.folder.clone());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(postgres);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!folder.exists());
        Ok(())
    }
}
