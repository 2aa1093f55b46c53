//! What has to be on the machine: looks for it, and gets it where that is possible.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Pages and plugins are both compiled for it.
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A C compiler and linker (SQLite and the TLS code are C), and Rust's library for the browser and for plugins.
pub fn to_build() -> Result<()> {
    if program("cc").is_none() {
        bail!("A C compiler is missing: install it (Debian: apt-get install build-essential) and run this again.");
    }
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot.context("rustc is missing: install Rust 1.95 or newer from rustup.rs and run this again.")?;
    let library = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim()).join("lib/rustlib");
    if !library.join(WASM_TARGET).is_dir() {
        println!("Rust's library for {WASM_TARGET} is missing; rustup fetches it now.");
        let added = Command::new("rustup").args(["target", "add", WASM_TARGET]).status();
        if !added.is_ok_and(|status| status.success()) {
            bail!(
                "Rust's library for {WASM_TARGET} is missing: run \"rustup target add {WASM_TARGET}\", then this again."
            );
        }
    }
    Ok(())
}

/// A Debian package that tests use.
struct Package {
    name: &'static str,
    why: &'static str,
    present: fn() -> bool,
}

const FOR_POSTGRES: [Package; 1] = [Package {
    name: "postgresql",
    why: "every story runs on PostgreSQL too",
    present: || postgres_programs().is_some(),
}];

const FOR_MAIL: [Package; 1] = [Package {
    name: "dovecot-imapd",
    why: "mail is fetched from a real IMAP server",
    present: || program("dovecot").is_some(),
}];

const FOR_API: [Package; 1] = [Package {
    name: "python3-venv",
    why: "the API is called by its document, with schemathesis",
    present: has_ensurepip,
}];

const FOR_PLUGINS: [Package; 3] = [
    Package { name: "nodejs", why: "a plugin is written in JavaScript", present: || program("node").is_some() },
    Package { name: "npm", why: "it fetches that plugin's compiler", present: || program("npm").is_some() },
    Package { name: "python3-venv", why: "a plugin is written in Python", present: has_ensurepip },
];

const FOR_BROWSER: [Package; 4] = [
    Package {
        name: "chromium",
        why: "the pages are used in a real browser",
        present: || program("chromium").is_some(),
    },
    Package {
        name: "fonts-noto-core",
        why: "names come in many scripts",
        present: || Path::new("/usr/share/fonts/truetype/noto").is_dir(),
    },
    Package { name: "nodejs", why: "it drives the browser", present: || program("node").is_some() },
    Package { name: "npm", why: "it fetches the browser's driver", present: || program("npm").is_some() },
];

/// The server programs of PostgreSQL.
pub fn to_test_postgres() -> Result<()> {
    install(&FOR_POSTGRES)
}

/// A mail server to fetch from.
pub fn to_test_mail() -> Result<()> {
    install(&FOR_MAIL)
}

/// A browser, fonts, and what drives it; then the packages of tests/browser.
pub fn to_test_browser(root: &Path) -> Result<()> {
    install(&FOR_BROWSER)?;
    node_packages(&root.join("tests/browser"))
}

/// A Python with the packages of tests/api, as they are pinned there.
pub fn to_test_api(root: &Path) -> Result<PathBuf> {
    install(&FOR_API)?;
    python_packages(&root.join("tests/api/requirements.txt"), &target(root).join("python"))
}

/// Where the tools of the languages come from that plugins are written in.
pub fn to_test_plugins() -> Result<()> {
    install(&FOR_PLUGINS)
}

/// What cargo builds, and what else is worth keeping from one run to the next.
pub fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// A Python of its own in `folder`, with the packages that a requirements file pins. It is made anew when the pins change,
/// and when the folder was moved: its programs name the place where they were made.
pub fn python_packages(pins: &Path, folder: &Path) -> Result<PathBuf> {
    let (python, kept) = (folder.join("bin/python"), folder.join("requirements.txt"));
    let pinned = fs::read_to_string(pins).with_context(|| format!("{} cannot be read.", pins.display()))?;
    let wanted = format!("# {}\n{pinned}", folder.display());
    if python.is_file() && fs::read_to_string(&kept).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    println!("Fetching the packages of {}.", pins.display());
    let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder).status();
    let filled = made.is_ok_and(|status| status.success())
        && Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(pins)
            .status()
            .is_ok_and(|status| status.success());
    if !filled {
        bail!("The packages of {} could not be fetched: look at the network, then run this again.", pins.display());
    }
    fs::write(&kept, wanted).with_context(|| format!("{} cannot be written.", kept.display()))?;
    Ok(python)
}

fn has_ensurepip() -> bool {
    let asked = Command::new("python3").args(["-c", "import ensurepip, venv"]).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

fn install(packages: &[Package]) -> Result<()> {
    let missing: Vec<&Package> = packages.iter().filter(|package| !(package.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for package in &missing {
        println!("Installing {}: {}.", package.name, package.why);
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let by_hand = || {
        format!(
            "Some packages for the tests are missing: run \"sudo apt-get install {}\", then this again.",
            names.join(" ")
        )
    };
    if program("apt-get").is_none() {
        bail!(
            "The tests need {} and this is not Debian: install them your way, then run this again.",
            names.join(", ")
        );
    }
    for words in [&["update"][..], &["install", "--yes", "--no-install-recommends"][..]] {
        let mut get = as_root("apt-get").with_context(by_hand)?;
        get.args(["-qq", "-o", "DPkg::Lock::Timeout=600"]).args(words).env("DEBIAN_FRONTEND", "noninteractive");
        if words[0] == "install" {
            get.args(&names);
        }
        if !get.stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
            bail!("{}", by_hand());
        }
    }
    Ok(())
}

/// The packages that a lock file names, as it names them.
pub fn node_packages(folder: &Path) -> Result<()> {
    let time = |file: &str| fs::metadata(folder.join(file)).and_then(|about| about.modified()).ok();
    if time("node_modules/.package-lock.json").is_some_and(|installed| Some(installed) >= time("package-lock.json")) {
        return Ok(());
    }
    println!("Fetching the packages of {}.", folder.display());
    let done = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .status();
    if !done.is_ok_and(|status| status.success()) {
        bail!("The packages of {} could not be fetched: look at the network, then run this again.", folder.display());
    }
    Ok(())
}

/// Where `initdb` and `postgres` are: the newest that Debian has installed, or the ones on the path.
pub fn postgres_programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let mut installed: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    installed.sort_by_key(version);
    installed
        .into_iter()
        .rev()
        .map(|path| path.join("bin"))
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .or_else(|| program("initdb").and_then(|path| path.parent().map(PathBuf::from)))
}

/// A program on the path, or in the folders where Debian keeps servers.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The process's user number, read from where the kernel shows it. Zero is root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}

fn as_root(name: &str) -> Option<Command> {
    if is_root() {
        return Some(Command::new(name));
    }
    let asks_nothing = Command::new("sudo").args(["-n", "true"]).stderr(Stdio::null()).status();
    asks_nothing.is_ok_and(|status| status.success()).then(|| {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "--preserve-env=DEBIAN_FRONTEND", name]);
        sudo
    })
}
