//! Machine code of components, kept beside the data: compiling takes seconds, reading a file does not.
//!
//! Whoever may write to this folder may as well replace the program: what is read here runs unchecked. It is made for
//! its owner only, and can be thrown away at any time.

use anyhow::Context;
use sha2::{Digest, Sha256};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::Mutex,
};
use wasmtime::{Engine, component::Component};

/// Bytes of the checksum at a file's end.
const SUM: usize = 32;

/// The component of these bytes: from this process, else from the folder, else compiled and put there.
///
/// # Errors
/// For bytes that are no component of this engine's kind. A folder that can't be read or written only costs time.
pub fn component(engine: &Engine, bytes: &[u8], folder: &Path) -> anyhow::Result<Component> {
    static KNOWN: Mutex<Vec<(String, Component)>> = Mutex::new(Vec::new());
    let name = desk::blob::hex(&Sha256::digest(bytes));
    let mut known = KNOWN.lock().unwrap_or_else(|lost| lost.into_inner());
    if let Some((_, component)) = known.iter().find(|(known, _)| *known == name) {
        return Ok(component.clone());
    }
    let path = folder.join(format!("{name}-{:016x}.cwasm", kind_of(engine)));
    let component = match kept(engine, &path) {
        Some(component) => component,
        None => {
            let code = engine.precompile_component(bytes)?;
            if let Err(why) = keep(&path, &code) {
                tracing::warn!(folder = %folder.display(), %why, "compiled plugins can't be kept; the next start compiles again");
            }
            // SAFETY: this engine has just made the code.
            unsafe { Component::deserialize(engine, &code)? }
        }
    };
    known.push((name, component.clone()));
    Ok(component)
}

/// Version, target and settings of the engine: code made by another one gets another name.
fn kind_of(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// Code that was put here whole. Anything else, such as a file that a power cut left half-written, is compiled anew.
fn kept(engine: &Engine, path: &Path) -> Option<Component> {
    let file = std::fs::read(path).ok()?;
    let (code, sum) = file.split_at_checked(file.len().checked_sub(SUM)?)?;
    if Sha256::digest(code)[..] != *sum {
        tracing::warn!(file = %path.display(), "a compiled plugin is damaged; compiling it again");
        return None;
    }
    // SAFETY: `keep` wrote it, from this kind of engine, and the checksum says that it is whole.
    match unsafe { Component::deserialize(engine, code) } {
        Ok(component) => Some(component),
        Err(why) => {
            tracing::info!(%why, "a compiled plugin is of another kind; compiling it again");
            None
        }
    }
}

/// Appears whole or not at all, since another process may start at this moment.
fn keep(path: &Path, code: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().context("no folder")?;
    let mut maker = std::fs::DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker.create(folder)?;
    // One writer a process: whoever compiles holds the lock of what is known.
    let draft = folder.join(format!(".{}", std::process::id()));
    let mut file = code.to_vec();
    file.extend_from_slice(&Sha256::digest(code));
    let written = std::fs::write(&draft, file).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    Ok(written?)
}

#[cfg(test)]
mod tests {
    use super::{component, kept, kind_of};
    use crate::plugins::engine::engine;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn code_is_kept_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine().unwrap();
        component(&engine, EMPTY, folder.path()).unwrap();
        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        assert!(file.to_string_lossy().ends_with(&format!("{:016x}.cwasm", kind_of(&engine))));
        assert!(kept(&engine, &file).is_some());

        let whole = std::fs::read(&file).unwrap();
        for broken in [&whole[..whole.len() / 2], &[], &[0; 40]] {
            std::fs::write(&file, broken).unwrap();
            assert!(kept(&engine, &file).is_none());
        }
        assert!(component(&engine, b"\0asm nonsense", folder.path()).is_err());
    }
}
