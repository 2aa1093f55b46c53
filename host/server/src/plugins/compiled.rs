//! Machine code of components, kept beside the data: compiling takes seconds, reading a file does not.
//!
//! Whoever may write to this folder may as well replace the program: what is read here runs unchecked. It is made for
//! its owner only, and can be thrown away at any time.

use anyhow::Context;
use desk::model::Setback;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, LazyLock, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use wasmtime::{Engine, component::Component};

/// Bytes of the checksum at a file's end.
const SUM: usize = 32;

/// Seconds of computing that one plugin may take to compile.
const SECONDS: u64 = 120;
/// Bytes of memory meanwhile.
const MEMORY: u64 = 3 << 30;
/// Bytes of code that comes out, and of what the compiler says besides.
const MOST_CODE: u64 = 256 << 20;
const MOST_WORDS: u64 = 64 << 10;

/// How long code that this process has looked at is at hand for whoever wants it next, as after looking at a file comes
/// installing it. What runs holds its own.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// How long code is kept whose file is nobody's: of what somebody looked at and did not install, or of an engine before this.
const UNCLAIMED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Code that this process has looked at lately.
struct Known {
    place: Arc<Mutex<Option<Component>>>,
    since: Instant,
}

impl Known {
    fn new() -> Self {
        Self { place: Arc::default(), since: Instant::now() }
    }
}

fn known() -> MutexGuard<'static, HashMap<String, Known>> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Known>>> = LazyLock::new(Mutex::default);
    KNOWN.lock().unwrap_or_else(|lost| lost.into_inner())
}

/// Where compiled plugins are kept, and who compiles.
#[derive(Clone, Debug)]
pub struct Compiler {
    folder: PathBuf,
    /// The program to start for it. Compiling is where hostile code meets most of our own: in a process by itself it can
    /// take no more than its share. Without one, it happens here.
    program: Option<PathBuf>,
}

impl Compiler {
    /// Keeps code in a folder that holds nothing else. Compiles in a child when this program is `saker`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let ours =
            std::env::current_exe().ok().filter(|program| program.file_stem().is_some_and(|name| name == "saker"));
        Self { folder: folder.into(), program: ours }
    }

    /// The same, with a program that does what [`compile_here`] does.
    pub fn with(folder: impl Into<PathBuf>, program: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), program: Some(program.into()) }
    }

    /// The component of a file: from this process, else from the folder, else compiled and put there.
    ///
    /// # Errors
    /// For bytes that are no component of this engine's kind, or that take too long to compile. A folder that can't be
    /// read or written only costs time.
    pub fn component(&self, engine: &Engine, hash: &str, bytes: &[u8]) -> anyhow::Result<Component> {
        // Whoever wants the same waits for one compiler; others do not wait.
        let place = {
            let mut known = known();
            known.retain(|_, known| known.since.elapsed() < REMEMBERED);
            known.entry(hash.to_owned()).or_insert_with(Known::new).place.clone()
        };
        let mut place = place.lock().unwrap_or_else(|lost| lost.into_inner());
        if let Some(component) = &*place {
            return Ok(component.clone());
        }
        let path = self.path(engine, hash);
        let component = match kept(engine, &path) {
            Some(component) => component,
            None => {
                if Engine::detect_precompiled(bytes).is_some() {
                    anyhow::bail!("it is machine code already; only components are taken");
                }
                let code = self.compile(engine, bytes)?;
                let component = match keep(&path, &code) {
                    Ok(()) => kept(engine, &path),
                    Err(why) => {
                        tracing::warn!(folder = %self.folder.display(), %why, "compiled plugins can't be kept; the next start compiles again");
                        None
                    }
                };
                match component {
                    Some(component) => component,
                    // SAFETY: this engine, or one of the same kind in our own child, has just made the code.
                    None => unsafe { Component::deserialize(engine, &code)? },
                }
            }
        };
        *place = Some(component.clone());
        Ok(component)
    }

    /// Nobody will want the code of this file again.
    pub fn forget(&self, engine: &Engine, hash: &str) {
        known().remove(hash);
        let _ = std::fs::remove_file(self.path(engine, hash));
    }

    /// Takes away old code that is of none of these files. Where that fails there is only more on the disk.
    pub fn shed(&self, engine: &Engine, files: &[String]) {
        let claimed: HashSet<PathBuf> = files.iter().map(|file| self.path(engine, file)).collect();
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let old = entry.metadata().and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
            if path.extension().is_some_and(|ending| ending == "cwasm")
                && !claimed.contains(&path)
                && old.is_some_and(|age| age > UNCLAIMED)
            {
                let _ = std::fs::remove_file(path);
            }
        }
    }

    fn path(&self, engine: &Engine, hash: &str) -> PathBuf {
        self.folder.join(format!("{hash}-{:016x}.cwasm", kind_of(engine)))
    }

    fn compile(&self, engine: &Engine, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
        let Some(program) = &self.program else { return Ok(engine.precompile_component(bytes)?) };
        let mut child = Command::new(program)
            .arg("compile-plugin")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("the compiler could not be started")?;
        let mut stdin = child.stdin.take().context("the compiler does not listen")?;
        let whole = bytes.to_vec();
        // Written by another thread: the child may answer before it has read everything.
        let writer = std::thread::spawn(move || stdin.write_all(&whole));
        let stderr = child.stderr.take().context("the compiler says nothing")?;
        let said = std::thread::spawn(move || {
            let mut words = vec![];
            stderr.take(MOST_WORDS).read_to_end(&mut words).map(|_| words)
        });
        let mut code = vec![];
        let stdout = child.stdout.take().context("the compiler gives nothing")?;
        let read = stdout.take(MOST_CODE + 1).read_to_end(&mut code);
        let too_much = code.len() as u64 > MOST_CODE;
        if too_much || read.is_err() {
            let _ = child.kill();
        }
        let status = child.wait()?;
        let _ = writer.join();
        let words = said.join().ok().and_then(Result::ok).unwrap_or_default();
        anyhow::ensure!(!too_much, Setback::TooLargeToCompile);
        read?;
        if status.success() {
            return Ok(code);
        }
        let words = String::from_utf8_lossy(&words);
        let words = super::tidy::line(words.trim_start_matches("Error: "), 300);
        // Ended by the system, or by itself when it got no more memory: whatever it said then is no word about the plugin.
        anyhow::ensure!(status.code().is_some() && !words.is_empty(), Setback::TooLargeToCompile);
        anyhow::bail!(Setback::NotCompiled.about(words))
    }
}

/// The child's side of [`Compiler`]: a component comes in, code goes out, and more than its share it does not get.
///
/// # Errors
/// For bytes that are no component.
pub fn compile_here() -> anyhow::Result<()> {
    compile_within(SECONDS, MEMORY)
}

/// The same with another share: seconds of computing and bytes of memory.
///
/// # Errors
/// As [`compile_here`].
pub fn compile_within(seconds: u64, memory: u64) -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let most = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Cpu, most(seconds))?;
    setrlimit(Resource::Data, most(memory))?;
    setrlimit(Resource::Core, most(0))?;
    let mut bytes = vec![];
    std::io::stdin().read_to_end(&mut bytes)?;
    let code = super::engine::engine()?.precompile_component(&bytes)?;
    std::io::stdout().write_all(&code)?;
    Ok(())
}

/// Version, target and settings of the engine: code made by another one gets another name.
fn kind_of(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// Code that was put here whole. Anything else, such as a file that a power cut left half-written, is compiled anew.
///
/// The file stays where it is and its pages come into memory as they are used, shared with whoever runs the same: a plugin
/// that is never called costs next to nothing. Files here are replaced and never written over, so what is mapped stays.
fn kept(engine: &Engine, path: &Path) -> Option<Component> {
    if !is_whole(path).ok()? {
        tracing::warn!(file = %path.display(), "a compiled plugin is damaged; compiling it again");
        return None;
    }
    // SAFETY: `keep` wrote it, from this kind of engine, and the checksum says that it is whole. What follows the code in
    // the file belongs to none of its sections.
    match unsafe { Component::deserialize_file(engine, path) } {
        Ok(component) => Some(component),
        Err(why) => {
            tracing::info!(%why, "a compiled plugin is of another kind; compiling it again");
            None
        }
    }
}

/// Whether a file ends with the checksum of what is before it.
fn is_whole(path: &Path) -> std::io::Result<bool> {
    let mut file = std::fs::File::open(path)?;
    let Some(size) = file.metadata()?.len().checked_sub(SUM as u64) else { return Ok(false) };
    let mut digest = Sha256::new();
    std::io::copy(&mut (&mut file).take(size), &mut digest)?;
    let mut sum = [0; SUM];
    file.read_exact(&mut sum)?;
    Ok(digest.finalize()[..] == sum)
}

/// Appears whole or not at all, since another process may start at this moment.
fn keep(path: &Path, code: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().context("no folder")?;
    let mut maker = std::fs::DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker.create(folder)?;
    let name = path.file_name().context("no name")?.to_string_lossy();
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let write = || {
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(code)?;
        file.write_all(&Sha256::digest(code))?;
        std::fs::rename(&draft, path)
    };
    let written = write();
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    Ok(written?)
}

#[cfg(test)]
mod tests {
    use super::{Compiler, kept, kind_of};
    use crate::plugins::engine::engine;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[cfg(unix)]
    #[test]
    fn code_that_has_no_end_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("endless");
        std::fs::write(&program, "#!/bin/sh\nhead -c 300000000 /dev/zero\n").unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let compiler = Compiler::with(folder.path().join("code"), program);
        let why = compiler.component(&engine().unwrap(), "empty", EMPTY).unwrap_err();
        assert_eq!(why.to_string(), desk::model::Setback::TooLargeToCompile.to_string());
        assert!(!folder.path().join("code").exists());
    }

    #[test]
    fn code_is_kept_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine().unwrap();
        let compiler = Compiler::new(folder.path());
        compiler.component(&engine, "empty", EMPTY).unwrap();
        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        assert!(file.to_string_lossy().ends_with(&format!("{:016x}.cwasm", kind_of(&engine))));
        assert!(kept(&engine, &file).is_some());

        let whole = std::fs::read(&file).unwrap();
        for broken in [&whole[..whole.len() / 2], &[], &[0; 40]] {
            std::fs::write(&file, broken).unwrap();
            assert!(kept(&engine, &file).is_none());
        }
        assert!(compiler.component(&engine, "nonsense", b"\0asm nonsense").is_err());

        std::fs::write(&file, &whole).unwrap();
        // What nobody installed goes, but not at once.
        let touched = |days: u64| {
            let at = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 24 * 60 * 60);
            std::fs::File::options().write(true).open(&file).unwrap().set_modified(at).unwrap();
            file.clone()
        };
        let stays = |days: u64, claimed: &[String]| {
            let file = touched(days);
            compiler.shed(&engine, claimed);
            file.exists()
        };
        assert!(stays(6, &[]) && stays(8, &["empty".to_owned()]));
        assert!(!stays(8, &[]));

        std::fs::write(&file, &whole).unwrap();
        compiler.forget(&engine, "empty");
        assert!(!file.exists() && !super::known().contains_key("empty"));
    }
}
