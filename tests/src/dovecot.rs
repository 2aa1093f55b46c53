//! A real IMAP server for the stories about fetching: Debian's `dovecot-imapd`, on loopback, in a
//! folder of its own. User `help`, password `secret`.

use anyhow::{Context, Result, bail, ensure};
use desk::mailbox::Imap;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant, SystemTime},
};

const PROGRAM: &str = "/usr/sbin/dovecot";

/// Stops and cleans up when dropped.
pub struct Dovecot {
    dir: tempfile::TempDir,
    port: u16,
    owner: Owner,
    running: Option<Child>,
}

/// Who the mail files belong to: Dovecot serves none that are root's.
#[derive(Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
    by_root: bool,
}

impl Dovecot {
    /// Starts with an empty INBOX, and waits until it answers.
    ///
    /// # Errors
    /// When the package is missing (it says which), or the server does not come up (with its log).
    pub fn start() -> Result<Self> {
        Self::start_with("")
    }

    /// As a server that never learned IDLE.
    ///
    /// # Errors
    /// As [`Dovecot::start`].
    pub fn start_without_idle() -> Result<Self> {
        Self::start_with("imap_capability = IMAP4rev1\n")
    }

    fn start_with(more: &str) -> Result<Self> {
        ensure!(
            Path::new(PROGRAM).exists(),
            "This story needs a real IMAP server: install the Debian package dovecot-imapd (apt-get install -y dovecot-imapd)."
        );
        let me = fs::metadata("/proc/self")?.uid();
        let owner = match me {
            0 => Owner { uid: 65_534, gid: 65_534, by_root: true },
            uid => Owner { uid, gid: fs::metadata("/proc/self")?.gid(), by_root: false },
        };
        let dir = tempfile::tempdir()?;
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut dovecot = Dovecot { dir, port, owner, running: None };
        for folder in ["mail", "mail/cur", "mail/new", "mail/tmp", "home"] {
            let path = dovecot.dir.path().join(folder);
            fs::create_dir(&path)?;
            dovecot.give(&path)?;
        }
        fs::write(dovecot.config(), dovecot.settings(more))?;
        dovecot.resume()?;
        Ok(dovecot)
    }

    fn settings(&self, more: &str) -> String {
        let (dir, port) = (self.dir.path().display(), self.port);
        let Owner { uid, gid, by_root } = self.owner;
        // Without root there is nobody else to be, and nowhere to be locked in.
        let alone = if by_root {
            String::new()
        } else {
            format!(
                "default_internal_user = #{uid}\ndefault_login_user = #{uid}\ndefault_internal_group = #{gid}\nservice anvil {{\n  chroot =\n}}\n"
            )
        };
        format!(
            "base_dir = {dir}/run\nstate_dir = {dir}/state\nlog_path = {dir}/log\nprotocols = imap\nlisten = 127.0.0.1\nssl = no\n\
             disable_plaintext_auth = no\nmail_location = maildir:{dir}/mail\nfirst_valid_uid = 1\n{alone}{more}\
             passdb {{\n  driver = static\n  args = password=secret\n}}\n\
             userdb {{\n  driver = static\n  args = uid={uid} gid={gid} home={dir}/home\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {port}\n  }}\n  inet_listener imaps {{\n    port = 0\n  }}\n}}\n"
        )
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("dovecot.conf")
    }

    fn give(&self, path: &Path) -> Result<()> {
        if self.owner.by_root {
            chown(path, Some(self.owner.uid), Some(self.owner.gid))?;
        }
        Ok(())
    }

    /// How to reach it.
    pub fn imap(&self) -> Imap {
        Imap {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: false,
            user: "help".to_owned(),
            password: "secret".to_owned(),
            folder: "INBOX".to_owned(),
        }
    }

    /// Lays a mail into INBOX, as a mail server would. `age` before now is its INTERNALDATE.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn receive(&self, raw: &[u8], age: Duration) -> Result<()> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Maildir names sort by time, and Dovecot numbers them in that order.
        let name = format!("{:010}.story.{}", 1_700_000_000 + COUNT.fetch_add(1, Ordering::Relaxed), self.port);
        let draft = self.dir.path().join("mail/tmp").join(&name);
        fs::write(&draft, raw)?;
        fs::File::options().write(true).open(&draft)?.set_modified(SystemTime::now() - age)?;
        self.give(&draft)?;
        fs::rename(&draft, self.dir.path().join("mail/new").join(name))?;
        Ok(())
    }

    /// The flags of all mails, in the letters of Maildir: empty for one that nobody touched.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn flags(&self) -> Result<Vec<String>> {
        let mut flags = Vec::new();
        for folder in ["mail/new", "mail/cur"] {
            for file in fs::read_dir(self.dir.path().join(folder))? {
                let name = file?.file_name().to_string_lossy().into_owned();
                flags.push(name.split_once(":2,").map_or("", |(_, flags)| flags).to_owned());
            }
        }
        Ok(flags)
    }

    /// Who is signed in now, as its log tells it: how many sessions.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn sessions(&self) -> Result<usize> {
        let log = fs::read_to_string(self.dir.path().join("log"))?;
        let begun = log.lines().filter(|line| line.contains("imap-login: ") && line.contains("Login: user=")).count();
        let ended = log.lines().filter(|line| line.contains("imap(help)") && line.contains("isconnected")).count();
        Ok(begun.saturating_sub(ended))
    }

    /// Ends the server and every connection.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = Command::new(PROGRAM).arg("-c").arg(self.config()).arg("stop").stderr(Stdio::null()).status();
            let _ = child.wait();
        }
    }

    /// Starts again after [`Dovecot::stop`].
    ///
    /// # Errors
    /// As [`Dovecot::start`].
    pub fn resume(&mut self) -> Result<()> {
        let child = Command::new(PROGRAM).arg("-F").arg("-c").arg(self.config()).stderr(Stdio::null()).spawn();
        self.running = Some(child.context("dovecot does not start")?);
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if begin.elapsed() > Duration::from_secs(20) {
                let log = fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
                bail!("dovecot does not answer:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Gives INBOX another UIDVALIDITY and every mail another UID, as a move to a new server does.
    ///
    /// # Errors
    /// As [`Dovecot::start`].
    pub fn renumber(&mut self) -> Result<()> {
        self.stop();
        // Its children need a moment to end, and it takes the time in seconds for the new one.
        std::thread::sleep(Duration::from_millis(1_100));
        let mail = self.dir.path().join("mail");
        for file in fs::read_dir(&mail)? {
            let path = file?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("dovecot")) {
                fs::remove_file(path)?;
            }
        }
        self.resume()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}
