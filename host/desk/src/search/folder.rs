//! The index's files. They are not flushed to the disk one by one as tantivy's own directory does: a commit would wait
//! some fifteen times for the disk on which the database writes. The index can be made again from the database, so
//! it is enough to notice when a power cut may have hurt it, and to look at every byte then.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite, WatchCallback,
    WatchHandle, WritePtr,
    error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError},
};

/// Says under which boot of the machine the files were last written, or that they have reached the disk.
const MARK: &str = "boot";
const SETTLED: &str = "settled";

/// A folder of files that survive the end of the process, but perhaps not that of the machine.
#[derive(Clone, Debug)]
pub struct Folder {
    mapped: MmapDirectory,
    root: PathBuf,
}

impl Folder {
    pub fn open(root: &Path) -> Result<Folder, OpenDirectoryError> {
        Ok(Folder { mapped: MmapDirectory::open(root)?, root: root.to_owned() })
    }
}

/// Whether the files may have lost what was last written to them: the machine has been started since.
pub fn is_doubtful(folder: &Path) -> bool {
    let mark = fs::read_to_string(folder.join(MARK)).unwrap_or_default();
    mark != SETTLED && (mark.is_empty() || mark != boot())
}

/// Says that files will be written from now on. This must be on the disk before they are.
pub fn unsettle(folder: &Path) -> io::Result<()> {
    let mut file = File::create(folder.join(MARK))?;
    file.write_all(boot().as_bytes())?;
    file.sync_all()
}

/// Brings everything to the disk and says so.
pub fn settle(folder: &Path) -> io::Result<()> {
    rustix::fs::syncfs(File::open(folder)?)?;
    fs::write(folder.join(MARK), SETTLED)
}

/// Changes whenever the machine starts. Empty where nobody knows; then every opening is doubtful.
fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

impl Directory for Folder {
    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let file =
            OpenOptions::new().write(true).create_new(true).open(self.root.join(path)).map_err(|cause| match cause
                .kind()
            {
                io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
                _ => OpenWriteError::wrap_io_error(cause, path.to_owned()),
            })?;
        Ok(BufWriter::new(Box::new(Unflushed(file))))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let draft = self.root.join(format!(".{}.draft", uuid::Uuid::now_v7().simple()));
        fs::write(&draft, data)?;
        fs::rename(&draft, self.root.join(path))
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.mapped.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}

/// A file that is done when it is written.
struct Unflushed(File);

impl Write for Unflushed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Unflushed {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        Ok(())
    }
}
