//! One run a folder: two would overwrite each other's files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::error::FileError;

/// Holds an output folder while a run writes into it. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    _file: File,
}

/// Why a folder cannot be had.
#[derive(Debug)]
pub enum LockError {
    /// Another process writes into it: its number, if it could be read.
    InUse(Option<u32>),
    /// The lock file cannot be made.
    Output(FileError),
}

impl FolderLock {
    /// Takes the folder, which must exist.
    ///
    /// # Errors
    /// Another process has it, or nothing can be written into it.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(".carom.lock");
        let fail = |e| LockError::Output(FileError { path: path.clone(), source: e });
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                drop(file.read_to_string(&mut text));
                return Err(LockError::InUse(text.trim().parse().ok()));
            }
            // A file system without locks: better a run without one than no run.
            Err(TryLockError::Error(_)) => {}
        }
        let tell = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())
        };
        tell(&mut file).map_err(fail)?;
        Ok(Self { path, _file: file })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Removed while still locked, so that nobody locks a file that is about to go.
        drop(std::fs::remove_file(&self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_had_by_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = FolderLock::take(dir.path()).unwrap();
        match FolderLock::take(dir.path()) {
            Err(LockError::InUse(pid)) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        drop(first);
        drop(FolderLock::take(dir.path()).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
