//! At most one run writes into an output folder at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::error::FileError;

/// The name of the lock file in the folder.
const NAME: &str = ".carom.lock";

/// The largest number of attempts to lock the file. An attempt fails if another process removes the lock file after we
/// have opened it and before we have locked it. A run ends each time this happens, so more than two or three failures
/// in a row are not expected.
const MAX_TRIES: usize = 100;

/// Holds an output folder while a run writes into it. The operating system releases it when the process ends, however it
/// ends.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    file: File,
}

/// Why a folder cannot be locked.
#[derive(Debug)]
pub enum LockError {
    /// Another process writes into it; its process id, if it could be read.
    InUse(Option<u32>),
    /// The lock file cannot be created, or something else has its name.
    File(FileError),
}

impl FolderLock {
    /// Locks a folder, which must exist.
    ///
    /// # Errors
    /// Another process holds the lock, nothing can be written into the folder, or the name of the lock file belongs to
    /// a symbolic link or to anything else that no run has created.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(NAME);
        for _ in 0..MAX_TRIES {
            if let Some(lock) = Self::attempt(&path)? {
                return Ok(lock);
            }
        }
        Err(LockError::InUse(None))
    }

    /// `None` if the file was removed by its former owner before it was locked.
    fn attempt(path: &Path) -> Result<Option<Self>, LockError> {
        let fail = |e| LockError::File(FileError::new(path, e));
        let Some(mut file) = open(path).map_err(fail)? else { return Ok(None) };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                drop(file.read_to_string(&mut text));
                return Err(LockError::InUse(text.trim().parse().ok()));
            }
            // A file system without locks: a run without a lock is better than no run.
            Err(TryLockError::Error(_)) => {}
        }
        // The former owner removes the file and then unlocks it. A process that opened the file before that now holds
        // the lock of a file without a name, while the next process creates a new file and locks that one.
        if !has_name(&file, path) {
            return Ok(None);
        }
        let write_id = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())
        };
        write_id(&mut file).map_err(fail)?;
        Ok(Some(Self { path: path.to_owned(), file }))
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // The file is removed while it is still locked; `attempt` relies on this order.
        if has_name(&self.file, &self.path) {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Opens or creates the lock file; never through a symbolic link, so that no file outside the folder is written. `None`
/// if it was removed in between.
fn open(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.clone().create_new(true).open(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
        made => return made.map(Some),
    }
    let gone = |e: io::Error| if e.kind() == ErrorKind::NotFound { Ok(None) } else { Err(e) };
    match fs::symlink_metadata(path) {
        Ok(found) if is_ours(&found) => options.open(path).map_or_else(gone, |file| Ok(Some(file))),
        Ok(_) => {
            Err(io::Error::other("this name is reserved for the lock file of the folder, and something else has it"))
        }
        Err(e) => gone(e),
    }
}

/// Whether a run may have created this file: a regular file with one name and room for no more than a process id.
fn is_ours(found: &fs::Metadata) -> bool {
    #[cfg(unix)]
    let one_name = std::os::unix::fs::MetadataExt::nlink(found) <= 1;
    #[cfg(not(unix))]
    let one_name = true;
    /// The largest number of digits of a process id.
    const MAX_DIGITS: u64 = 20;
    found.is_file() && one_name && found.len() <= MAX_DIGITS
}

/// Whether the open file is the one that has this name now, not through a symbolic link.
#[cfg(unix)]
fn has_name(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().is_ok_and(|ours| fs::symlink_metadata(path).is_ok_and(|named| same(&ours, &named)))
}

/// On other systems an open file cannot be removed.
#[cfg(not(unix))]
fn has_name(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_by_one_run_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = FolderLock::take(dir.path()).unwrap();
        match FolderLock::take(dir.path()) {
            Err(LockError::InUse(pid)) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        drop(first);
        drop(FolderLock::take(dir.path()).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    /// The order of events that would let two runs hold one folder: a run opens the lock file, its owner removes it and
    /// ends, and the run locks the file that it has open.
    #[cfg(unix)]
    #[test]
    fn the_lock_of_a_removed_file_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NAME);
        let owner = FolderLock::take(dir.path()).unwrap();
        let waiting = open(&path).unwrap().expect("the owner's file");
        drop(owner);
        assert!(!has_name(&waiting, &path));
        let next = FolderLock::take(dir.path()).unwrap();
        waiting.try_lock().expect("no other lock on this file");
        assert!(!has_name(&waiting, &path));
        assert!(has_name(&next.file, &path));
    }

    /// Several threads lock and unlock one folder; no two hold it at the same time.
    #[test]
    fn no_two_threads_hold_one_folder() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let (inside, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while turns.load(Ordering::SeqCst) < 300 {
                        let Ok(lock) = FolderLock::take(dir.path()) else { continue };
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        turns.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, victim) = (dir.path().join("out"), dir.path().join("victim"));
        fs::create_dir(&folder).unwrap();
        for text in ["precious", "7"] {
            fs::write(&victim, text).unwrap();
            std::os::unix::fs::symlink("../victim", folder.join(NAME)).unwrap();
            assert!(matches!(FolderLock::take(&folder), Err(LockError::File(_))));
            fs::remove_file(folder.join(NAME)).unwrap();
            fs::hard_link(&victim, folder.join(NAME)).unwrap();
            assert!(matches!(FolderLock::take(&folder), Err(LockError::File(_))));
            fs::remove_file(folder.join(NAME)).unwrap();
            assert_eq!(fs::read_to_string(&victim).unwrap(), text);
        }
        // A link to nothing is not followed either.
        std::os::unix::fs::symlink("../none", folder.join(NAME)).unwrap();
        assert!(matches!(FolderLock::take(&folder), Err(LockError::File(_))));
        assert!(!dir.path().join("none").exists());
    }

    #[test]
    fn the_file_of_a_killed_run_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NAME), "4294967295").unwrap();
        drop(FolderLock::take(dir.path()).unwrap());
    }
}
